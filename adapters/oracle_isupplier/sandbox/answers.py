"""What the pages' door answers with: pages, redirections, files, and the framework's own pages for trouble."""

from __future__ import annotations

from pathlib import Path

from gateway.standin.messages import Answer

from .layout import bare_page
from .tenant import OA, Tenant
from .texts import say

HTML = "text/html; charset=UTF-8"
FRESH = (("Cache-Control", "no-store"),)
LASTING = (("Cache-Control", "max-age=3600"),)
FOLDER = Path(__file__).parent
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


def html(text: str, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """A page."""
    return Answer(status, text.encode(), HTML, FRESH + headers)


def redirect(url: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """Somewhere else."""
    return Answer(302, b"", HTML, (("Location", url), *FRESH, *headers))


def file_at(path: str) -> Answer:
    """A script or a picture."""
    if path.startswith("/OA_HTML/cabo/images/"):
        return Answer(200, PIXEL, "image/gif", LASTING)
    name = {"/OA_HTML/login.js": "login.js"}.get(path, "uix.js" if "/cabo/jsLibs/" in path else "")
    if not name:
        return html(bare_page("Not Found", "Not Found", ["The requested page was not found."]), 404)
    return Answer(200, (FOLDER / name).read_bytes(), "text/javascript; charset=UTF-8", LASTING)


def home_link(tenant: Tenant) -> list[tuple[str, str]]:
    """The way out of a page of trouble."""
    return [("Home", f"{tenant.prefix}{OA}?OAFunc=OAHOMEPAGE")]


def stale_page(tenant: Tenant) -> Answer:
    """A post of an earlier view (facts 4.10)."""
    return html(bare_page("Error", "Error", [say("stale")], home_link(tenant)))


def mac_page(tenant: Tenant) -> Answer:
    """A changed address (facts 4.10; the words are ours)."""
    leads = home_link(tenant) if tenant.knobs.flag("back_to_home_after_mac_error") else []
    return html(bare_page("Error", "Error", [say("mac")], leads))


def error_page(tenant: Tenant) -> Answer:
    """The unexpected exception (facts 4.10, memory)."""
    lines = [say("unexpected"), "Click here for exception details"]
    return html(bare_page("Error Page", "Error Page", lines), int(tenant.knobs.text("error_page_status")))

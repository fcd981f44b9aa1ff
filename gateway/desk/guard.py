"""Who may see a page, and what browsers are told to forbid.

Every page but the sign-in and the style sheet wants a session; a page says which role it wants at least (`seen_by`,
`ordered_by`), and what changes anything wants the form's proof beside the cookie. Headers follow the OWASP secure
headers project: no script or style but our own files, no frames of ours elsewhere, nothing kept by caches.
"""

from collections.abc import Callable
from typing import Annotated

import structlog
from fastapi import Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import identity
from gateway.house import House
from gateway.identity import Visitor
from gateway.secrets import scrub
from gateway.settings import Settings
from gateway.store.database import DatabaseTrouble
from gateway.store.people import Role
from gateway.web.limits import BodyLimit, Refusal

log = structlog.get_logger("clearbill.desk")

_STRANGERS_BYTES = 16_384  # enough for a name and a password
OPEN_AT_FIRST = frozenset({"/password", "/sign-out"})
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


class NotSignedIn(Exception):
    """The page wants a session, and there is none any more or never was one."""


class PasswordFirst(Exception):
    """The visitor came in with a password for the first sign-in, and has not chosen one yet."""


class NotAllowed(Exception):
    """The visitor's role does not reach, or the form is not one of ours; the message says which."""


def is_secure(settings: Settings) -> bool:
    """Whether cookies are for HTTPS only."""
    if settings.desk.secure_cookies == "auto":
        return settings.host not in _LOOPBACK or settings.public_url.startswith("https:")
    return settings.desk.secure_cookies == "always"


def cookie_name(settings: Settings, purpose: str) -> str:
    """`__Host-` ties a cookie to this host and to HTTPS (RFC 6265bis, section 4.1.3.2)."""
    return f"{'__Host-' if is_secure(settings) else ''}clearbill-{purpose}"


class Guard:
    """ASGI middleware: finds out who comes, limits what may be sent, and adds the headers."""

    def __init__(self, app: ASGIApp, house: House, too_large: Refusal) -> None:
        self._house = house
        self._cookie = cookie_name(house.settings, "session")
        self._for_strangers = BodyLimit(app, _STRANGERS_BYTES, too_large)
        self._for_visitors = BodyLimit(app, house.settings.max_upload_mb * 1_000_000, too_large)
        self._headers = dict(_HEADERS)
        if is_secure(house.settings):
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on with its visitor in `request.state`."""
        if scope["type"] != "http":
            await self._for_strangers(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        token = HTTPConnection(scope).cookies.get(self._cookie, "")
        try:
            # What a page's script asks for by itself is nobody's use of the session: it ends as if nobody had asked.
            known = identity.whose_session if scope["path"].startswith("/live/") else identity.visitor_of
            visitor = await run_in_threadpool(known, self._house, token) if token else None
        except DatabaseTrouble as fault:
            log.error("database_trouble", path=scope["path"], error=scrub(str(fault)))
            await _NO_DATABASE(scope, receive, told)
            return
        scope.setdefault("state", {}).update(visitor=visitor, token=token)
        await (self._for_visitors if visitor else self._for_strangers)(scope, receive, told)


_NO_DATABASE = PlainTextResponse(
    "The database does not answer; nothing was changed. Try again.", status_code=503, headers={"Retry-After": "10"}
)


def seen_by(least: Role) -> Callable[[Request], Visitor]:
    """For pages: the visitor, if the role reaches. The page raises NotSignedIn, NotAllowed."""

    def visitor(request: Request) -> Visitor:
        return _visitor(request, least)

    return visitor


def ordered_by(least: Role) -> Callable[[Request, str], Visitor]:
    """For what changes something: as `seen_by`, and the form must be one of this session's."""

    def visitor(request: Request, csrf: Annotated[str, Form()] = "") -> Visitor:
        found = _visitor(request, least)
        own_form(request, csrf, found.csrf)
        return found

    return visitor


def own_form(request: Request, given: str, wanted: str) -> None:
    """Raises NotAllowed for a form that this site did not make for this browser."""
    came_from = request.headers.get("sec-fetch-site", "same-origin")
    if not identity.same(given, wanted) or came_from not in ("same-origin", "none"):
        raise NotAllowed("The form is not one that this session was given; nothing was done. Open the page again.")


def _visitor(request: Request, least: Role) -> Visitor:
    found: Visitor | None = request.state.visitor
    if found is None:
        raise NotSignedIn
    if found.must_change and request.url.path not in OPEN_AT_FIRST:
        raise PasswordFirst
    if not found.role.reaches(least):
        raise NotAllowed(f"This asks for the role {least.value}; you are {found.role.value}. Nothing was done.")
    return found

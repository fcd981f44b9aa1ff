"""A packet's bytes: saved as they are, or looked at without a chance to run.

A PDF or picture is shown only when its first bytes say that it is one, under a policy of its own that forbids whatever
is in it everything; all else is text, escaped, on a page of ours. Nothing a portal or supplier sent is ever handed to
a browser as HTML, SVG or XML.
"""

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from gateway.desk.guard import seen_by
from gateway.desk.packet_page import packet_at
from gateway.desk.pages import Pages
from gateway.errors import NotFound
from gateway.identity import Visitor
from gateway.secrets import scrub_bytes
from gateway.store import packet_files
from gateway.store.database import Tx, blob
from gateway.store.packet_files import PacketFile
from gateway.store.people import Role

MOST_TEXT = 200_000
"""Bytes of a text that are shown; the rest is in the file."""

_FIRST_BYTES = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
)
# The browser's own viewer of PDFs is an embedded object and brings its style with it; it does not work in a sandbox.
PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
PICTURE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'self'"


def shown_as(content: bytes) -> str:
    """The media type as which bytes may be shown in place; "" for what is shown as text."""
    return next((kind for first, kind in _FIRST_BYTES if content.startswith(first)), "")


def add_files(desk: FastAPI, pages: Pages) -> None:
    """The doors `/packets/{packet_id}/files/{sha256}` and `/packets/{packet_id}/view/{sha256}`."""
    house = pages.house

    @desk.get("/packets/{packet_id}/files/{sha256}")
    def save(packet_id: str, sha256: str, visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))]) -> Response:
        with house.database.read() as tx:
            file, content = _kept(tx, packet_id, sha256)
        name = quote(file.name, safe="")
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Content-Security-Policy": PICTURE_POLICY,
        }
        return Response(content, media_type="application/octet-stream", headers=headers)

    @desk.get("/packets/{packet_id}/view/{sha256}")
    def view(
        request: Request, packet_id: str, sha256: str, visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))]
    ) -> Response:
        with house.database.read() as tx:
            record = packet_at(tx, packet_id)
            file, content = _kept(tx, packet_id, sha256)
        if kind := shown_as(content):
            policy = PDF_POLICY if kind == "application/pdf" else PICTURE_POLICY
            framed = {"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"}
            return Response(content, media_type=kind, headers={**framed, "Content-Disposition": "inline"})
        text = content[:MOST_TEXT].decode("utf-8", "replace")
        return pages.show(request, "text.html", record=record, file=file, text=text, size=len(content), most=MOST_TEXT)


def _kept(tx: Tx, packet_id: str, sha256: str) -> tuple[PacketFile, bytes]:
    """A piece of this packet, without any secret in it. Raises NotFound."""
    file = packet_files.find(tx, packet_at(tx, packet_id).id, sha256) if sha256 else None
    if file is None:
        raise NotFound("this packet has no such file.")
    content = blob(tx, sha256)
    return file, content if shown_as(content) else scrub_bytes(content)

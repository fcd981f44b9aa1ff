"""Bytes kept beside no packet, looked at without a chance to run, or saved, as `gateway.desk.files` does it."""

from dataclasses import dataclass, field
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

from gateway.desk.files import MOST_TEXT, PDF_POLICY, PICTURE_POLICY, shown_as
from gateway.desk.pages import Pages


@dataclass(frozen=True, slots=True)
class KeptBytes:
    """What is shown: its name, its bytes without secrets, and where it was found (address, and that in words)."""

    name: str
    content: bytes = field(repr=False)
    back: str
    found_at: str


def answer_with(pages: Pages, request: Request, kept: KeptBytes, save: str) -> Response:
    """The bytes in place, as text on a page of ours, or, with `save`, as a file."""
    if save:
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(kept.name, safe='')}",
            "Content-Security-Policy": PICTURE_POLICY,
        }
        return Response(kept.content, media_type="application/octet-stream", headers=headers)
    if kind := shown_as(kept.content):
        policy = PDF_POLICY if kind == "application/pdf" else PICTURE_POLICY
        framed = {"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"}
        return Response(kept.content, media_type=kind, headers={**framed, "Content-Disposition": "inline"})
    text = kept.content[:MOST_TEXT].decode("utf-8", "replace")
    return pages.show(request, "kept.html", kept=kept, text=text, size=len(kept.content), most=MOST_TEXT)

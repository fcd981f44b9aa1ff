"""Whether a made PDF still shows what its sources showed: as many pages, the same text on each, of the same size."""

import io
from collections.abc import Sequence

from pypdf import PageObject, PdfReader

from checklists.planned import PDF
from gateway.paperwork.limits import LeftAlone
from gateway.paperwork.message import Source

Shown = tuple[str, float, float, int]
"""A page's text without blanks, its size in points and how it is turned."""


def shown(content: bytes) -> list[Shown]:
    """What each page shows."""
    return [_of(page) for page in PdfReader(io.BytesIO(content)).pages]


def _of(page: PageObject) -> Shown:
    try:
        text = "".join(page.extract_text().split())
    except Exception as fault:  # odd text makes a reader raise anything, and must do so before and after alike
        text = type(fault).__name__
    return text, float(page.cropbox.width), float(page.cropbox.height), page.rotation


def prove(before: bytes, parts: Sequence[bytes]) -> None:
    """Raises LeftAlone where the parts together do not show what the PDF showed before."""
    if list(parts) != [before] and [page for part in parts for page in shown(part)] != shown(before):
        raise LeftAlone(_OTHER)


def prove_joined(sources: Sequence[Source], counts: Sequence[int], joined: bytes) -> None:
    """Raises LeftAlone where a PDF does not show what its sources show; `counts`: how many pages each of them gave. A
    picture's page shows nothing that could be compared."""
    pages = shown(joined) if [joined] != [content for _, content in sources] else []
    for (media_type, content), count in zip(sources, counts, strict=True):
        own, pages = pages[:count], pages[count:]
        if own and media_type == PDF and own != shown(content):
            raise LeftAlone(_OTHER)


_OTHER = "showed other pages or other text after it was worked on"

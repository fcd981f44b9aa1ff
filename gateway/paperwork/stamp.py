"""Page numbers, printed in a strip that is added below each page, so that nothing on the page is covered."""

import io
from collections.abc import Sequence

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, RectangleObject

from gateway.paperwork.limits import LeftAlone
from gateway.paperwork.pages import stream, written

STRIP = 14.0
"""Points of height that a page grows by."""
_FONT = "/ClearbillStamp"
_SIZE = 8
_MARGIN = 18.0


def stamped(content: bytes, stamps: Sequence[str]) -> bytes:
    """The PDF with a line below each page: `stamps` has one for each page, with {page} and {pages} to be filled in.

    Raises LeftAlone for what the font cannot write, or a page that is turned askew."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    font = writer._add_object(_font())
    for page, (number, words) in zip(writer.pages, enumerate(stamps, start=1), strict=True):
        filled = words.replace("{page}", str(number)).replace("{pages}", str(len(stamps)))
        _put_below(writer, page, font, filled)
    return written(writer)


def _font() -> DictionaryObject:
    """One of the standard fonts that every viewer has (ISO 32000-2, 9.6.2.2)."""
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
            NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
        }
    )


def _put_below(writer: PdfWriter, page: PageObject, font: object, words: str) -> None:
    """The stamp is drawn first, on a clean slate; what the page drew before is held within its old bounds, since a
    wider page may show what lay beyond its edge."""
    left, bottom, right, top = shown_of(page)
    turn = page.rotation % 360
    if turn == 0:
        strip, matrix = (left, bottom - STRIP, right, top), (1, 0, 0, 1, left + _MARGIN, bottom - STRIP + 4)
    elif turn == 90:
        strip, matrix = (left, bottom, right + STRIP, top), (0, 1, -1, 0, right + STRIP - 4, bottom + _MARGIN)
    elif turn == 180:
        strip, matrix = (left, bottom, right, top + STRIP), (-1, 0, 0, -1, right - _MARGIN, top + STRIP - 4)
    elif turn == 270:
        strip, matrix = (left - STRIP, bottom, right, top), (0, -1, 1, 0, left - STRIP + 4, top - _MARGIN)
    else:
        raise LeftAlone("has a page that is turned askew")
    placed = " ".join(f"{value:.2f}" for value in matrix)
    drawn = f"q BT {_FONT} {_SIZE} Tf {placed} Tm {_text(words)} Tj ET Q\n".encode("ascii")
    kept = f"q {left:.2f} {bottom:.2f} {right - left:.2f} {top - bottom:.2f} re W n\n".encode()
    old = page.get("/Contents")
    inner = old.get_object() if old is not None else None
    parts = list(inner) if isinstance(inner, ArrayObject) else [old] if inner is not None else []
    before, after = writer._add_object(stream(drawn + kept)), writer._add_object(stream(b"\nQ"))
    page[NameObject("/Contents")] = ArrayObject([before, *parts, after])
    _add_font(page, font)
    box = RectangleObject(strip)
    for name in ("/MediaBox", "/CropBox"):
        page[NameObject(name)] = box if name == "/CropBox" else _around(page.mediabox, strip)
    for name in ("/TrimBox", "/BleedBox", "/ArtBox"):
        page.pop(NameObject(name), None)  # print shops' edges, which would cut the strip off


def shown_of(page: PageObject) -> tuple[float, float, float, float]:
    """The edges of what a page shows: left, bottom, right, top, in its own units (ISO 32000-2, 14.11.2)."""
    crop, media = _edges(page.cropbox), _edges(page.mediabox)
    left, bottom = max(crop[0], media[0]), max(crop[1], media[1])
    right, top = min(crop[2], media[2]), min(crop[3], media[3])
    return (left, bottom, right, top) if left < right and bottom < top else media


def _edges(box: RectangleObject) -> tuple[float, float, float, float]:
    left, right = sorted((float(box.left), float(box.right)))
    bottom, top = sorted((float(box.bottom), float(box.top)))
    return left, bottom, right, top


def _around(one: RectangleObject, other: tuple[float, ...]) -> RectangleObject:
    edges = _edges(one)
    low = [min(a, b) for a, b in zip(edges[:2], other[:2], strict=True)]
    return RectangleObject((*low, *(max(a, b) for a, b in zip(edges[2:], other[2:], strict=True))))


def _text(words: str) -> str:
    """A text as a hexadecimal string (ISO 32000-2, 7.3.4.3)."""
    try:
        return f"<{words.encode('cp1252').hex()}>"
    except UnicodeEncodeError:
        raise LeftAlone(f"would be stamped {words[:60]!r}, which the stamp's font cannot write") from None


def _add_font(page: PageObject, font: object) -> None:
    """The page gets resources of its own, so that pages which share theirs are not written over."""
    old = page.get("/Resources")
    resources = DictionaryObject(old.get_object() if old is not None else {})
    fonts = resources.get("/Font")
    own = DictionaryObject(fonts.get_object() if fonts is not None else {})
    own[NameObject(_FONT)] = font
    resources[NameObject("/Font")] = own
    page[NameObject("/Resources")] = resources

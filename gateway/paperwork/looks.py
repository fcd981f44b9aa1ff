"""What must be known of a paper's bytes before a plan may count on rewriting them.

A changed file voids a signature and a claim to PDF/A, and loses layers, forms and files that a PDF carries: such papers
are left alone, and so is what cannot be read at all.
"""

import io
import re
from typing import Any

from pypdf import PdfReader
from pypdf.generic import DictionaryObject, StreamObject

from checklists.planned import PDF, PaperLook
from gateway.paperwork.limits import MAX_PAGES, LeftAlone
from gateway.paperwork.pictures import opened

_MAX_XMP = 1_000_000
_ARCHIVED = ("pdfaid", "http://www.aiim.org/pdfa/ns/id/")


def look(media_type: str, content: bytes) -> PaperLook:
    """What a paper's bytes show; one that cannot be read is to be left alone."""
    try:
        return _pdf(content) if media_type == PDF else _picture(content)
    except LeftAlone as fault:
        return PaperLook(0, str(fault))
    except Exception as fault:  # a hostile file makes a reader raise anything; each of them says the same of the file
        return PaperLook(0, f"cannot be read ({type(fault).__name__})")


def _picture(content: bytes) -> PaperLook:
    picture = opened(content)
    return PaperLook(getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1)


def _pdf(content: bytes) -> PaperLook:
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted:
        raise LeftAlone("is encrypted")
    root = reader.root_object
    _leave_signed(root, content)
    _leave_archived(root)
    _leave_with_more_than_pages(root)
    pages = len(reader.pages)
    if not 0 < pages <= MAX_PAGES:
        raise LeftAlone(f"has {pages} pages, and more than {MAX_PAGES} are not worked on")
    for page in reader.pages:
        _leave_fields(page)
    return PaperLook(pages)


def _below(place: Any, name: str) -> Any:
    value = place.get(name) if isinstance(place, DictionaryObject) else None
    return None if value is None else value.get_object()


def _leave_signed(root: DictionaryObject, content: bytes) -> None:
    """A signature covers byte ranges of the file (ISO 32000-2, 12.8.1), which stand in it unpacked."""
    if b"/ByteRange" in content or _below(root, "/Perms"):
        raise LeftAlone("carries a filled signature field, which a changed file would void")
    form = _below(root, "/AcroForm")
    if _below(form, "/Fields") or _below(form, "/XFA"):
        raise LeftAlone("is a form with fields, whose contents could be lost in a changed file")


def _leave_fields(page: DictionaryObject) -> None:
    """Fields that no form of the document lists are shown by viewers all the same."""
    for annotation in _below(page, "/Annots") or ():
        if _below(annotation.get_object(), "/Subtype") == "/Widget":
            raise LeftAlone("is a form with fields, whose contents could be lost in a changed file")


def _leave_archived(root: DictionaryObject) -> None:
    """PDF/A names itself in the document's XMP metadata and its output intent (ISO 19005-1, 6.7.11 and 6.2.2)."""
    for intent in _below(root, "/OutputIntents") or ():
        if "/GTS_PDFA" in str(_below(intent.get_object(), "/S")):
            raise LeftAlone("claims to be PDF/A, which a changed file would no longer be")
    metadata = _below(root, "/Metadata")
    if not isinstance(metadata, StreamObject):
        return
    told = metadata.get_data()
    if len(told) > _MAX_XMP:
        raise LeftAlone("has more metadata than any paper needs")
    if any(mark.encode(spelling) in told for mark in _ARCHIVED for spelling in ("utf-8", "utf-16-be", "utf-16-le")):
        part = re.search(rb"pdfaid:part(?:>|=[\"'])\s*(\d)", told)
        claim = f"PDF/A-{part[1].decode()}" if part else "PDF/A"
        raise LeftAlone(f"claims to be {claim}, which a changed file would no longer be")


_MORE = {
    "/OCProperties": "has layers, and what is hidden could become visible in a changed file",
    "/Collection": "is a portfolio of other files",
    "/AF": "carries other files, which could be lost in a changed file",
}


def _leave_with_more_than_pages(root: DictionaryObject) -> None:
    for name, why in _MORE.items():
        if _below(root, name) is not None:
            raise LeftAlone(why)
    if _below(_below(root, "/Names"), "/EmbeddedFiles") is not None:
        raise LeftAlone(_MORE["/AF"])

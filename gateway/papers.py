"""A first look at a paper's bytes: is it what it says it is, and can anybody open it?

Hostile files are expected. Nothing here writes, runs or fetches anything; containers are measured before they are
opened.
"""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from types import MappingProxyType

from pypdf.errors import DependencyError

from gateway.errors import Problem
from gateway.pdf_reading import LimitedReader, TakesTooLong

MAX_PAGES = 2_000
MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 200


def look_at(name: str, media_type: str, content: bytes) -> Problem | None:
    """What is wrong with a document's bytes, named for the one who sent it; None when nothing is."""
    where = f"documents[{name}]"
    if not content:
        return Problem(where, "the file is empty (0 bytes).", "Attach the file again.")
    looked = _LOOKS.get(media_type)
    if looked is None:
        return Problem(where, f"the media type {media_type} is not taken.", f"Use one of: {', '.join(sorted(_LOOKS))}.")
    fault = looked(content)
    return Problem(where, f"the file {fault}.", "Export or scan it again and attach the new file.") if fault else None


def _pdf(content: bytes) -> str:
    if not content.startswith(b"%PDF-"):
        return "says it is a PDF but does not begin like one"
    if b"%%EOF" not in content[-2048:]:
        return "is a truncated PDF: its end is missing"
    try:
        reader = LimitedReader(content)
        if reader.is_encrypted:
            return "is an encrypted PDF, which no portal can show"
        pages = len(reader.pages)
    except DependencyError:  # pypdf wants a package to undo an encryption that we refuse anyway
        return "is an encrypted PDF, which no portal can show"
    except TakesTooLong:
        return "is a PDF that takes too long to read"
    except Exception as fault:  # a hostile file makes a reader raise anything; each of them says the same of the file
        return f"is a damaged PDF ({type(fault).__name__})"
    if not 0 < pages <= MAX_PAGES:
        return f"is a PDF with {pages} pages; it must have 1 to {MAX_PAGES}"
    return ""


def _begins(*marks: bytes) -> Callable[[bytes], str]:
    def look(content: bytes) -> str:
        return "" if content.startswith(marks) else "does not begin like a file of its media type"

    return look


def _text(content: bytes) -> str:
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        return f"is not UTF-8 text (byte {fault.start})"
    return "holds binary data instead of text" if "\x00" in decoded else ""


def _json(content: bytes) -> str:
    if fault := _text(content):
        return fault
    try:
        json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as fault:
        return f"is not JSON ({type(fault).__name__})"
    return ""


def _office(content: bytes) -> str:
    return zip_fault(content) or ""


def zip_fault(content: bytes) -> str:
    """What is wrong with a ZIP by its table of contents alone ("" = nothing): damage, encryption, bombs."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, EOFError, NotImplementedError):
        return "is a damaged ZIP container"
    if any(entry.flag_bits & 1 for entry in entries):
        return "is an encrypted ZIP container"
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(len(content), 1):
        return f"would unpack to {unpacked} bytes, which is more than any paper needs"
    return ""


_LOOKS: Mapping[str, Callable[[bytes], str]] = MappingProxyType(
    {
        "application/pdf": _pdf,
        "image/png": _begins(b"\x89PNG\r\n\x1a\n"),
        "image/jpeg": _begins(b"\xff\xd8\xff"),
        "image/tiff": _begins(b"II*\x00", b"MM\x00*"),
        "image/gif": _begins(b"GIF87a", b"GIF89a"),
        "text/plain": _text,
        "text/csv": _text,
        "application/json": _json,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _office,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _office,
    }
)

MEDIA_TYPES = tuple(sorted(_LOOKS))

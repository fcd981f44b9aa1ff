"""A PDF that is too large, cut between pages into as few parts as keep the limit."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from pypdf import PdfReader, PdfWriter

from gateway.paperwork.limits import LeftAlone
from gateway.paperwork.pages import written


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its bytes, its first and its last page, counted from 1."""

    content: bytes
    first: int
    last: int


def split(content: bytes, most: int) -> Iterator[Part]:
    """Parts of at most so many bytes, each with as many pages as fit. Raises LeftAlone where one page is too large."""
    reader = PdfReader(io.BytesIO(content))
    count, first = len(reader.pages), 0
    while first < count:
        part = _longest(reader, first, count, most)
        yield part
        first = part.last


def _longest(reader: PdfReader, first: int, count: int, most: int) -> Part:
    """The part from page `first` (from 0) that has the most pages and is not too large."""
    found: Part | None = None
    low, high = first + 1, count
    while low <= high:
        last = (low + high) // 2
        made = _cut(reader, first, last)
        if len(made) <= most:
            found, low = Part(made, first + 1, last), last + 1
        else:
            high = last - 1
    if found is None:
        raise LeftAlone(f"has a page ({first + 1}) that is too large by itself")
    return found


def _cut(reader: PdfReader, first: int, last: int) -> bytes:
    writer = PdfWriter()
    writer.append(reader, pages=(first, last), import_outline=False)
    return written(writer)

"""Papers as the pages of one PDF, and PDFs as bytes: equal pages make equal bytes, for no clock or chance gets in."""

import io
from collections.abc import Iterable, Sequence

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    StreamObject,
)

from checklists.planned import PDF
from gateway.paperwork.message import Source
from gateway.paperwork.pictures import Frame, frames_of


def joined(sources: Sequence[Source]) -> tuple[bytes, tuple[int, ...]]:
    """One PDF with the pages of all sources in order, and how many pages each of them gave. Raises LeftAlone."""
    if len(sources) == 1 and sources[0][0] == PDF:
        return sources[0][1], (len(PdfReader(io.BytesIO(sources[0][1])).pages),)
    writer, counts = PdfWriter(), []
    for media_type, content in sources:
        before = len(writer.pages)
        if media_type == PDF:
            writer.append(io.BytesIO(content), import_outline=False)
        else:
            for frame in frames_of(content):
                _add_picture(writer, frame)
        counts.append(len(writer.pages) - before)
    return written(writer), tuple(counts)


def written(writer: PdfWriter) -> bytes:
    """The document's bytes, without objects that nothing on its pages leads to."""
    first = io.BytesIO()
    writer.write(first)
    kept = PdfWriter(clone_from=PdfReader(first))
    kept.pdf_header = "%PDF-1.7"  # whatever the sources were, nothing newer is in them that this would not cover
    last = io.BytesIO()
    kept.write(last)
    return last.getvalue()


def stream(data: bytes, **entries: object) -> StreamObject:
    """A stream of bytes as they are, with these entries in its dictionary."""
    made = DecodedStreamObject()
    made.set_data(data)
    for name, value in entries.items():
        made[NameObject(f"/{name}")] = value
    return made


def numbers(values: Iterable[float]) -> ArrayObject:
    """Numbers as a PDF array."""
    return ArrayObject(FloatObject(value) for value in values)


def _add_picture(writer: PdfWriter, frame: Frame) -> None:
    page = writer.add_blank_page(*frame.page)
    picture = stream(
        frame.data,
        Type=NameObject("/XObject"),
        Subtype=NameObject("/Image"),
        Width=NumberObject(frame.width),
        Height=NumberObject(frame.height),
        ColorSpace=NameObject("/DeviceGray" if frame.gray else "/DeviceRGB"),
        BitsPerComponent=NumberObject(frame.bits),
        Filter=NameObject(frame.filter),
    )
    shown = " ".join(f"{value:.2f}" for value in frame.matrix)
    resources = DictionaryObject()
    resources[NameObject("/XObject")] = DictionaryObject({NameObject("/Im0"): writer._add_object(picture)})
    page[NameObject("/Resources")] = resources
    page[NameObject("/Contents")] = writer._add_object(stream(f"q {shown} cm /Im0 Do Q".encode()))

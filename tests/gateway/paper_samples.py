"""Papers for tests of the planner: pages that say which they are, pictures, and the kinds that must be left alone."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject
from reportlab.pdfgen.canvas import Canvas

from checklists.checklist import Checklist
from gateway.packet import Packet, packet_from
from gateway.paperwork.pages import stream
from tests.checklists.packets import packet_values

PDF = "application/pdf"


def text_pdf(*pages: str, size: tuple[float, float] = (612, 792)) -> bytes:
    """A PDF with one line of text on each page."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=1)
    for words in pages:
        canvas.drawString(72, size[1] - 72, words)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def picture(form: str = "JPEG", size: tuple[int, int] = (85, 110), mode: str = "RGB", **how: Any) -> bytes:
    """A picture with a run of colours, so that its corners differ."""
    shades = Image.linear_gradient("L").resize(size)
    out = io.BytesIO()
    shades.convert(mode).save(out, form, **how)
    return out.getvalue()


def noise(size: tuple[int, int], **how: Any) -> bytes:
    """A JPEG that does not pack well, as a scan of handwriting on rough paper."""
    out = io.BytesIO()
    Image.effect_noise(size, 80).save(out, "JPEG", quality=92, **how)
    return out.getvalue()


def texts_of(content: bytes) -> list[str]:
    """The text of each page, blanks taken together."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]


def changed(content: bytes, root: Mapping[str, Any]) -> bytes:
    """The PDF with these entries in its catalogue."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    for name, value in root.items():
        made = value(writer) if callable(value) else value
        writer.root_object[NameObject(name)] = made
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _metadata(writer: PdfWriter) -> Any:
    xmp = b'<rdf:Description xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>2</pdfaid:part>'
    return writer._add_object(stream(xmp, Type=NameObject("/Metadata"), Subtype=NameObject("/XML")))


def _form(writer: PdfWriter, value: bool) -> Any:
    field = DictionaryObject({NameObject("/FT"): NameObject("/Sig"), NameObject("/T"): TextStringObject("Foreman")})
    if value:
        signature = DictionaryObject({NameObject("/Type"): NameObject("/Sig"), NameObject("/ByteRange"): ArrayObject()})
        field[NameObject("/V")] = writer._add_object(signature)
    return DictionaryObject({NameObject("/Fields"): ArrayObject([writer._add_object(field)])})


def archived() -> bytes:
    """A PDF that claims to be PDF/A-2."""
    return changed(text_pdf("kept for ever"), {"/Metadata": _metadata})


def archived_by_intent() -> bytes:
    """A PDF whose output intent alone claims PDF/A."""
    intent = DictionaryObject({NameObject("/S"): NameObject("/GTS_PDFA1")})
    return changed(text_pdf("kept"), {"/OutputIntents": ArrayObject([intent])})


def signed() -> bytes:
    """A PDF with a filled signature field."""
    return changed(text_pdf("signed"), {"/AcroForm": lambda writer: _form(writer, True)})


def form() -> bytes:
    """A PDF with a field that nobody has filled."""
    return changed(text_pdf("to be signed"), {"/AcroForm": lambda writer: _form(writer, False)})


def layered() -> bytes:
    """A PDF with layers that can be hidden."""
    return changed(text_pdf("shown"), {"/OCProperties": DictionaryObject()})


def with_file() -> bytes:
    """A PDF that carries another file."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(text_pdf("with a file"))))
    writer.add_attachment("costs.csv", b"a,b")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


Paper = tuple[str, str, str, bytes, str]
"""Kind, name, media type, bytes, time sheet number."""


def packet_with(*papers: Paper) -> tuple[Packet, Mapping[str, bytes]]:
    """The right packet with these papers, and their bytes by SHA-256."""
    values = packet_values()
    values["documents"] = [
        {
            "kind": kind,
            "name": name,
            "media_type": media_type,
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
            "timesheet_id": sheet,
        }
        for kind, name, media_type, content, sheet in papers
    ]
    return packet_from(values), {hashlib.sha256(content).hexdigest(): content for *_, content, _ in papers}


def sheets(*contents: bytes) -> Sequence[Paper]:
    """Time sheets TS-1, TS-2, ... as PDFs."""
    return [("timesheet", f"sheet{n}.pdf", PDF, one, f"TS-{n}") for n, one in enumerate(contents, start=1)]


def client(may: Sequence[str] = (), files: Mapping[str, Any] | None = None, **settings: Any) -> Checklist:
    """A client whose plan may do these things; `files`: what it asks of time sheets; `plan`: more of `paper_plan`."""
    plan = {"may": list(may), **settings.pop("plan", {})}
    documents = [{"kind": "timesheet", "files": files}] if files is not None else []
    named = {"client": "test-utility", "name": "Test Utility", "account": "test-coupa"}
    return Checklist.model_validate({**named, "documents": documents, "paper_plan": plan, **settings})

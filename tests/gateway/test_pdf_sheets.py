"""Time sheets that are PDFs: what is read in them, and that nothing is guessed where it cannot be read."""

import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)
from reportlab.pdfgen.canvas import Canvas

from checklists.checklist import Checklist
from checklists.readings import SheetReading
from gateway import pdf_reading, pdf_sheets
from gateway.demo.papers import SheetRow, TimeSheet, time_sheet
from gateway.packet import PayCode, Period
from gateway.pdf_sheets import sheet_from_pdf
from tests.gateway import hostile_papers

LAYOUT = {
    "number": r"^Time sheet  (?P<timesheet>\S+)$",
    "period": r"^Week  (?P<start>\S+) to (?P<end>\S+)$",
    "row": r"^(?P<worker>.+?)  (?P<classification>.+?)  (?P<pay_code>ST|OT|DT|XT)  .*?(?P<hours>[\d.,]+)$",
    "total": r"(?P<pay_code>ST|OT|DT|XT) (?P<hours>[\d.]+) h\b",
}
WEEK = date(2026, 3, 1)


def client(**layout: Any) -> Checklist:
    settings = {"read": True, "layout": LAYOUT | layout} if layout != {"none": True} else {"read": True}
    return Checklist.model_validate({"client": "river", "name": "River", "account": "river", "timesheets": settings})


def crew_sheet(workers: int = 3, **changes: Any) -> bytes:
    rows = tuple(
        SheetRow(
            f"W-{n:03}", f"Worker {n:03}", "Journeyman Lineman", code, (Decimal(0), *[Decimal(each)] * 5, Decimal(0))
        )
        for n in range(1, workers + 1)
        for code, each in (("ST", "8"), ("OT", "1.5"))
    )
    fields: dict[str, Any] = {"sheet_id": "TS-0412", "firm": "Firm", "client": "River", "order": "", "crew": "Crew 7"}
    return time_sheet(TimeSheet(**{**fields, "week": WEEK, "rows": rows, **changes}))


def page_of(*lines: str) -> bytes:
    """A page with these lines, columns marked by | in them."""
    out = io.BytesIO()
    page = Canvas(out, invariant=True)
    for height, line in enumerate(lines):
        for column, cell in enumerate(line.split("|")):
            page.drawString(40 + 90 * column, 780 - 14 * height, cell)
    page.save()
    return out.getvalue()


SHEET = ("Time sheet|TS-1", "Week|2026-03-02 to 2026-03-08", "A. Worker|Lineman|ST|40.0", "Total ST 40.0 h")


def test_the_hours_of_a_crews_week_are_read_to_the_decimal() -> None:
    reading = sheet_from_pdf(crew_sheet(), client(), "TS-0412")
    assert (reading.number, reading.period) == ("TS-0412", Period(start=WEEK, end=WEEK + timedelta(days=6)))
    assert (reading.hours_known, reading.why_not, reading.signature) == (True, "", "unseen")
    assert [(one.worker, one.classification, one.pay_code, one.hours) for one in reading.shifts[:2]] == [
        ("Worker 001", "Journeyman Lineman", PayCode.straight, Decimal(40)),
        ("Worker 001", "Journeyman Lineman", PayCode.overtime, Decimal("7.5")),
    ]
    assert len(reading.shifts) == 6


def test_a_sheet_of_several_pages_is_read_whole() -> None:
    content = crew_sheet(workers=40)
    assert len(PdfReader(io.BytesIO(content)).pages) > 1
    assert len(sheet_from_pdf(content, client(), "TS-0412").shifts) == 80


def test_rows_may_give_the_day_in_the_clients_own_way() -> None:
    lines = ("03/02/2026|A. Worker|Lineman|Regular|8.0", "Hours of the week 8.0")
    layout = {
        "number": None,
        "period": None,
        "row": r"^(?P<day>[\d/]+)  (?P<worker>.+?)  (?P<classification>.+?)  (?P<pay_code>\w+)  (?P<hours>[\d.]+)$",
        "total": r"^Hours of the week (?P<hours>[\d.]+)$",
        "date_format": "%m/%d/%Y",
    }
    reading = sheet_from_pdf(page_of(*lines), client(**layout), "")
    assert [(one.day, one.hours, one.pay_code) for one in reading.shifts] == [
        (date(2026, 3, 2), Decimal(8), PayCode.straight)
    ]


UNPROVED: dict[str, tuple[tuple[str, ...], str]] = {
    "a sum that does not agree": (
        (*SHEET[:3], "Total ST 41.0 h"),
        "rows add up to 40 ST hours, and the sum it prints is 41",
    ),
    "a sum of another kind": ((*SHEET[:3], "Total OT 40.0 h"), "the sum it prints is"),
    "no sum": (SHEET[:3], "prints no sum of hours"),
    "a row that was not understood": ((*SHEET[:3], "B. Worker, Lineman, ST, 8.0", "Total ST 48.0 h"), "is 48"),
    "hours of an unknown kind": ((*SHEET[:2], "A. Worker|Lineman|XT|40.0", "Total XT 40.0 h"), "kind 'XT'"),
    "hours that are no number": ((*SHEET[:2], "A. Worker|Lineman|ST|4,0.0", "Total ST 40.0 h"), "where hours should"),
    "a period of no days": ((SHEET[0], "Week|2026-03-02 to soon", *SHEET[2:]), "'soon' where a day should"),
    "a period that ends first": ((SHEET[0], "Week|2026-03-08 to 2026-03-02", *SHEET[2:]), "before it starts"),
}


@pytest.mark.parametrize("case", UNPROVED)
def test_hours_that_are_not_proved_are_unread_with_the_reason(case: str) -> None:
    lines, why = UNPROVED[case]
    reading = sheet_from_pdf(page_of(*lines), client(), "TS-1")
    assert why in reading.why_not
    assert (reading.hours_known, reading.shifts) == (False, ())


def test_a_day_outside_the_sheets_own_period_is_unread() -> None:
    row = r"^(?P<day>[\d-]+)  (?P<worker>.+?)  (?P<classification>.+?)  (?P<pay_code>ST)  (?P<hours>[\d.]+)$"
    lines = (*SHEET[:2], "2026-03-09|A. Worker|Lineman|ST|8.0", "Total ST 8.0 h")
    assert "outside its period" in sheet_from_pdf(page_of(*lines), client(row=row), "TS-1").why_not


def test_the_sheets_proof_is_read_where_the_rows_are_right() -> None:
    assert sheet_from_pdf(page_of(*SHEET), client(), "TS-1").hours_known


@pytest.mark.parametrize(("number", "seen"), [("TS-0412", True), ("TS - 0412", True), ("TS-9", False), ("", True)])
def test_the_number_of_the_packet_is_looked_for_in_the_text(number: str, seen: bool) -> None:
    assert sheet_from_pdf(crew_sheet(), client(none=True), number).number_seen is seen


def test_without_a_layout_hours_are_not_read_and_it_is_said() -> None:
    reading = sheet_from_pdf(crew_sheet(), client(none=True), "TS-0412")
    assert reading == SheetReading(why_not="how its rows of hours read is not set for this client")


def test_a_scan_is_said_to_be_unread() -> None:
    reading = sheet_from_pdf(hostile_papers.pdf(), client(), "TS-0412")
    assert reading == SheetReading(why_not="page 1 shows no text, as a scan does")


# --- signature fields ---------------------------------------------------------------------------------------------


def with_fields(*values: dict[str, str] | None, nested: bool = False) -> bytes:
    """The crew's sheet with signature fields: filled ones with these entries, None for an empty one."""
    writer = PdfWriter(clone_from=io.BytesIO(crew_sheet()))
    fields = ArrayObject()
    for number, value in enumerate(values):
        field = DictionaryObject(
            {NameObject("/FT"): NameObject("/Sig"), NameObject("/T"): TextStringObject(f"signature{number}")}
        )
        if value is not None:
            entries = {NameObject(key): TextStringObject(text) for key, text in value.items()}
            field[NameObject("/V")] = writer._add_object(DictionaryObject(entries))
        fields.append(writer._add_object(field))
    if nested:
        fields = ArrayObject([writer._add_object(DictionaryObject({NameObject("/Kids"): fields}))])
    form = DictionaryObject({NameObject("/Fields"): writer._add_object(fields)})
    writer.root_object[NameObject("/AcroForm")] = writer._add_object(form)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


FILLED = {"/Contents": "seal", "/Name": "R.  Foreman", "/M": "D:20260309170000Z"}


@pytest.mark.parametrize("nested", [False, True])
def test_a_filled_signature_field_names_signer_and_day(nested: bool) -> None:
    reading = sheet_from_pdf(with_fields(FILLED, nested=nested), client(), "TS-0412")
    assert (reading.signature, reading.signed_by, reading.signed_on) == ("signed", "R. Foreman", date(2026, 3, 9))
    assert reading.hours_known


@pytest.mark.parametrize("fields", [(None,), (FILLED, None), ({"/Name": "R. Foreman"},)])
def test_an_empty_signature_field_means_unsigned(fields: tuple[dict[str, str] | None, ...]) -> None:
    reading = sheet_from_pdf(with_fields(*fields), client(), "TS-0412")
    assert (reading.signature, reading.signed_by, reading.signed_on) == ("unsigned", "", None)


def test_of_two_signatures_the_last_day_counts_and_a_strange_date_is_none() -> None:
    later, strange = {**FILLED, "/M": "D:20260311"}, {**FILLED, "/M": "D:20269999"}
    assert sheet_from_pdf(with_fields(FILLED, later), client(), "").signed_on == date(2026, 3, 11)
    assert sheet_from_pdf(with_fields(strange), client(), "").signed_on is None


# --- hostile files ------------------------------------------------------------------------------------------------


def with_form_in_itself() -> bytes:
    """A page that draws a form which draws itself, twice each time."""
    writer = PdfWriter(clone_from=io.BytesIO(hostile_papers.pdf()))
    form = DecodedStreamObject()
    form.set_data(b"/X Do /X Do BT (again) Tj ET")
    form.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Form")})
    form[NameObject("/BBox")] = ArrayObject([NumberObject(0), NumberObject(0), NumberObject(9), NumberObject(9)])
    place = writer._add_object(form)
    resources = DictionaryObject({NameObject("/XObject"): DictionaryObject({NameObject("/X"): place})})
    form[NameObject("/Resources")] = resources
    return _drawing(writer, b"/X Do", resources)


def _drawing(writer: PdfWriter, instructions: bytes, resources: DictionaryObject | None = None) -> bytes:
    content = DecodedStreamObject()
    content.set_data(instructions)
    page = writer.pages[0]
    page[NameObject("/Contents")] = writer._add_object(content.flate_encode())
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    named = DictionaryObject({NameObject(key): NameObject(value) for key, value in font.items()})
    fonts = DictionaryObject({NameObject("/F1"): named})
    page[NameObject("/Resources")] = resources or DictionaryObject({NameObject("/Font"): fonts})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def drawn(instructions: bytes) -> bytes:
    return _drawing(PdfWriter(clone_from=io.BytesIO(hostile_papers.pdf())), instructions)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "not a PDF": (lambda: b"%PDF-1.7\n nothing", "cannot be read"),
    "encrypted": (hostile_papers.encrypted_pdf, "cannot be read"),
    "pages in a ring": (hostile_papers.pdf_with_pages_in_a_ring, ""),
    "countless pages": (hostile_papers.pdf_with_countless_pages, ""),
    "too many pages": (lambda: hostile_papers.pdf(pdf_sheets.MAX_PAGES + 1), "more than 50 pages"),
    "a form in itself": (with_form_in_itself, ""),
    "megabytes of instructions": (lambda: drawn(b" " * (5 * 1024 * 1024)), "more than 4 MB of instructions"),
    "countless operators": (lambda: drawn(b"q Q " * 150_000), "drawing steps"),
    "countless packed objects": (lambda: hostile_papers.pdf_with_packed_fields(51), "in more than 50 streams"),
    "objects packed in one place": (lambda: hostile_papers.pdf_with_packed_fields(2), "share one place"),
    "objects packed one in another": (
        lambda: hostile_papers.pdf_with_packed_fields(50, 10_000, apart=1),
        "more than 4 MB of instructions",
    ),
    "fields it does not have": (lambda: hostile_papers.pdf_with_fields_it_does_not_have(400, 9_000_000), ""),
    "text without end": (lambda: drawn(b"BT /F1 9 Tf (" + b"x" * 250_000 + b") Tj ET"), "characters"),
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_pdf_is_unread_and_not_more(case: str) -> None:
    made, why = HOSTILE[case]
    reading = sheet_from_pdf(made(), client(), "TS-0412")
    assert why in reading.why_not
    assert reading.why_not
    assert not reading.hours_known


def test_a_pdf_that_must_be_mended_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_reading, "MOST_SECONDS", 0.5)
    reading = sheet_from_pdf(hostile_papers.pdf_with_misplaced_objects(380, 9_000_000), client(), "TS-0412")
    assert reading.why_not == "reading it takes too long"


def test_instructions_packed_in_a_slow_way_are_not_undone() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(hostile_papers.pdf()))
    content = DecodedStreamObject()
    content.set_data(b"\x80")
    content[NameObject("/Filter")] = NameObject("/RunLengthDecode")
    writer.pages[0][NameObject("/Contents")] = writer._add_object(content)
    out = io.BytesIO()
    writer.write(out)
    assert "packed in a way that is not read" in sheet_from_pdf(out.getvalue(), client(), "").why_not


def test_a_file_that_is_too_large_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_sheets, "MAX_BYTES", 100)
    monkeypatch.setattr(pdf_sheets, "PdfReader", None)
    assert sheet_from_pdf(with_fields(FILLED), client(), "TS-0412") == SheetReading(
        why_not="the file has more than 0 MB"
    )


def test_objects_packed_as_writers_pack_them_are_read() -> None:
    one = hostile_papers.pdf_with_packed_fields(1)
    assert "how its rows" in sheet_from_pdf(one, client(none=True), "").why_not

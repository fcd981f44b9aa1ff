"""Papers of a field-services firm as real PDFs: time sheets, invoices, acceptance forms, receipts, mileage logs.

Each function takes plain facts and answers the bytes of one small PDF. The same facts give the same bytes: no clock, no
random document id (reportlab's `invariant`). Pages are US Letter; hours, miles and money are printed as billed.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import landscape, letter
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

INK = HexColor(0x1C2733)
FAINT = HexColor(0x8A96A3)
SHADE = HexColor(0xE9EEF3)
PEN = HexColor(0x1B3A8C)
MARGIN = 42.0  # points
ROW = 15.0
SIGNATURE_ROOM = 150.0  # what totals and signature take at the foot of a time sheet
DAY_NAMES = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One worker's hours of one pay code, for the seven days from the week's Sunday."""

    worker_id: str
    worker_name: str
    classification: str
    pay_code: str
    hours: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        """Hours of the week."""
        return sum(self.hours, Decimal(0))


@dataclass(frozen=True, slots=True)
class TimeSheet:
    """A crew's week. `week` is its Sunday; `signed_by` is empty while nobody has signed."""

    sheet_id: str
    firm: str
    client: str
    order: str
    crew: str
    week: date
    rows: tuple[SheetRow, ...]
    signed_by: str = ""
    signed_on: date | None = None


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """What an invoice shows. `lines` are (number, PO line, description, quantity, unit, price, amount), all as text."""

    title: str
    number: str
    issued_on: date
    seller: Sequence[str]
    buyer: Sequence[str]
    facts: Sequence[tuple[str, str]]
    lines: Sequence[Sequence[str]]
    totals: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Purchase:
    """One thing bought for the job; `amount` in US dollars."""

    seller: str
    bought_on: date
    what: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Trip:
    """One drive, in whole miles."""

    driven_on: date
    route: str
    miles: Decimal


@dataclass(frozen=True, slots=True)
class Column:
    """A table column: heading, width in points, and whether its cells stand at the right."""

    heading: str
    width: float
    right: bool = False


def time_sheet(sheet: TimeSheet) -> bytes:
    """A weekly time sheet: one row per worker and pay code, a column per day, the foreman's signature. Landscape."""

    def draw(page: Canvas, top: float) -> None:
        facts = (
            ("Time sheet", sheet.sheet_id),
            ("Client", sheet.client),
            ("Purchase order", sheet.order or "see agreement"),
            ("Crew", sheet.crew),
            ("Week", f"{sheet.week} to {sheet.week + timedelta(days=6)}"),
        )
        below = _facts(page, facts, top)
        below = _table(page, _sheet_columns(sheet.week), _sheet_rows(sheet), below - 10, landscape(letter)[1])
        if below < SIGNATURE_ROOM:
            page.showPage()
            below = landscape(letter)[1] - MARGIN
        _hour_totals(page, sheet, below - 16)
        _signature(page, "Foreman: hours are right and complete", sheet.signed_by, sheet.signed_on, 84)

    return _paper(landscape(letter), sheet.firm, "Weekly time sheet", sheet.sheet_id, draw)


def invoice_paper(invoice: InvoicePage) -> bytes:
    """The invoice a person reads; its lines run over as many pages as they need."""

    def draw(page: Canvas, top: float) -> None:
        left, right = _block(page, invoice.seller, MARGIN, top), _block(page, ["Bill to", *invoice.buyer], 320, top)
        facts = (("Number", invoice.number), ("Date", str(invoice.issued_on)), *invoice.facts)
        below = _facts(page, facts, min(left, right) - 8)
        below = _table(page, _INVOICE_COLUMNS, invoice.lines, below - 10, letter[1])
        if below < MARGIN + 14 * len(invoice.totals) + 20:
            page.showPage()
            below = letter[1] - MARGIN
        _totals(page, invoice.totals, below - 18)

    return _paper(letter, invoice.seller[0], invoice.title, invoice.number, draw)


def acceptance_form(
    firm: str, client: str, number: str, work: str, week: date, signed_by: str, signed_on: date | None
) -> bytes:
    """The client's acceptance of a week's work; `signed_by` empty leaves the signature blank."""

    def draw(page: Canvas, top: float) -> None:
        below = _facts(page, (("Client", client), ("Invoice", number), ("Work done", work)), top)
        text = (
            f"The work named above, done in the week from {week} to {week + timedelta(days=6)},",
            "was inspected and is accepted as complete for billing.",
        )
        _block(page, text, MARGIN, below - 14)
        _signature(page, "Client's inspector", signed_by, signed_on, below - 120)

    return _paper(letter, firm, "Work acceptance form", number, draw)


def receipt(purchase: Purchase, number: str) -> bytes:
    """A till receipt on a narrow slip."""

    def draw(page: Canvas, top: float) -> None:
        rows = [("Date", str(purchase.bought_on)), (purchase.what, _money(purchase.amount))]
        rows += [("TOTAL USD", _money(purchase.amount)), ("Paid", "company card")]
        for index, (name, value) in enumerate(rows):
            page.setFont("Courier-Bold" if name.startswith("TOTAL") else "Courier", 9)
            page.drawString(18, top - 16 * index, name)
            page.drawRightString(222, top - 16 * index, value)

    return _paper((240, 190), purchase.seller, "Receipt", number, draw, margin=18)


def mileage_log(firm: str, crew: str, number: str, trips: Sequence[Trip]) -> bytes:
    """The drives of a week; the last row is their sum, in miles."""

    def draw(page: Canvas, top: float) -> None:
        below = _facts(page, (("Crew", crew), ("Invoice", number)), top)
        rows = [(str(trip.driven_on), trip.route, str(trip.miles)) for trip in trips]
        total = str(sum((trip.miles for trip in trips), Decimal(0)))
        columns = (Column("Day", 90), Column("From and to", 330), Column("Miles", 100, right=True))
        _table(page, columns, [*rows, ("", "Total", total)], below - 10, letter[1])

    return _paper(letter, firm, "Mileage log", number, draw)


# --- drawing ------------------------------------------------------------------------------------------------------

_INVOICE_COLUMNS = (
    Column("#", 24, right=True),
    Column("PO line", 40, right=True),
    Column("Description", 236),
    Column("Quantity", 54, right=True),
    Column("Unit", 36),
    Column("Price", 62, right=True),
    Column("Amount", 76, right=True),
)


def _paper(
    size: tuple[float, float],
    firm: str,
    title: str,
    number: str,
    draw: Callable[[Canvas, float], None],
    margin: float = MARGIN,
) -> bytes:
    """A page with the firm and the title on top; `draw` gets the page and the height below the heading, in points."""
    target = io.BytesIO()
    page = Canvas(target, pagesize=size, invariant=1, pageCompression=1)
    page.setTitle(f"{title} {number}")
    page.setAuthor(firm)
    top = size[1] - margin
    page.setFillColor(INK)
    page.setFont("Helvetica-Bold", 9 if margin < MARGIN else 15)
    page.drawString(margin, top - 6, firm)
    page.setFont("Helvetica", 8 if margin < MARGIN else 11)
    page.drawRightString(size[0] - margin, top - 6, title)
    page.setStrokeColor(INK)
    page.line(margin, top - 14, size[0] - margin, top - 14)
    draw(page, top - 34)
    page.save()
    return target.getvalue()


def _facts(page: Canvas, facts: Sequence[tuple[str, str]], top: float) -> float:
    """Name and value pairs, one below the other; answers the height below them."""
    for index, (name, value) in enumerate(facts):
        _say(page, name, MARGIN, top - 13 * index, FAINT)
        _say(page, value, MARGIN + 96, top - 13 * index)
    return top - 13 * len(facts)


def _block(page: Canvas, lines: Sequence[str], left: float, top: float) -> float:
    for index, text in enumerate(lines):
        _say(page, text, left, top - 12 * index)
    return top - 12 * len(lines)


def _say(page: Canvas, text: str, left: float, height: float, colour: Color = INK, font: str = "Helvetica") -> None:
    page.setFont(font, 9)
    page.setFillColor(colour)
    page.drawString(left, height, text)


def _table(
    page: Canvas, columns: Sequence[Column], rows: Sequence[Sequence[str]], top: float, page_height: float
) -> float:
    """A table with its heading on every page; answers the height below it."""
    height = _table_heading(page, columns, top)
    for row in rows:
        if height < MARGIN + ROW:
            page.showPage()
            height = _table_heading(page, columns, page_height - MARGIN - ROW)
        _table_row(page, columns, row, height, "Helvetica")
        page.setStrokeColor(SHADE)
        page.line(MARGIN, height - 4, MARGIN + sum(column.width for column in columns), height - 4)
        height -= ROW
    return height


def _table_heading(page: Canvas, columns: Sequence[Column], height: float) -> float:
    page.setFillColor(SHADE)
    page.rect(MARGIN, height - 4, sum(column.width for column in columns), ROW, stroke=0, fill=1)
    _table_row(page, columns, [column.heading for column in columns], height, "Helvetica-Bold")
    return height - ROW


def _table_row(page: Canvas, columns: Sequence[Column], cells: Sequence[str], height: float, font: str) -> None:
    page.setFont(font, 8.5)
    page.setFillColor(INK)
    left = MARGIN
    for column, cell in zip(columns, cells, strict=True):
        if column.right:
            page.drawRightString(left + column.width - 4, height, cell)
        else:
            page.drawString(left + 4, height, _fitted(cell, column.width - 8, font))
        left += column.width


def _fitted(text: str, width: float, font: str) -> str:
    """The text, cut with an ellipsis where it is wider than its column."""
    if stringWidth(text, font, 8.5) <= width:
        return text
    while text and stringWidth(text + "...", font, 8.5) > width:
        text = text[:-1]
    return text + "..."


def _sheet_columns(week: date) -> tuple[Column, ...]:
    days = [
        Column(f"{name} {(week + timedelta(days=index)).day}", 48, right=True) for index, name in enumerate(DAY_NAMES)
    ]
    return (
        Column("Worker", 120),
        Column("Classification", 150),
        Column("Pay", 40),
        *days,
        Column("Total", 62, right=True),
    )


def _sheet_rows(sheet: TimeSheet) -> list[tuple[str, ...]]:
    return [
        (row.worker_name, row.classification, row.pay_code, *map(_hours, row.hours), _hours(row.total))
        for row in sheet.rows
    ]


def _hour_totals(page: Canvas, sheet: TimeSheet, height: float) -> None:
    sums = dict.fromkeys(("ST", "OT", "DT"), Decimal(0))
    for row in sheet.rows:
        sums[row.pay_code] += row.total
    words = "   ".join(f"{code} {hours:.1f} h" for code, hours in sums.items())
    _say(page, f"Total   {words}", MARGIN, height, font="Helvetica-Bold")


def _totals(page: Canvas, totals: Sequence[tuple[str, str]], top: float) -> None:
    for index, (name, value) in enumerate(totals):
        page.setFont("Helvetica-Bold" if index == len(totals) - 1 else "Helvetica", 9)
        page.setFillColor(INK)
        page.drawRightString(480, top - 14 * index, name)
        page.drawRightString(566, top - 14 * index, value)


def _signature(page: Canvas, what: str, signed_by: str, signed_on: date | None, height: float) -> None:
    """A signature block: a pen stroke, name and day above the lines when signed, the bare lines when not."""
    page.setStrokeColor(FAINT)
    page.line(MARGIN, height, MARGIN + 200, height)
    page.line(MARGIN + 230, height, MARGIN + 330, height)
    _say(page, what, MARGIN, height - 12, FAINT)
    _say(page, "Date", MARGIN + 230, height - 12, FAINT)
    if not signed_by:
        return
    _pen_stroke(page, signed_by, MARGIN + 12, height + 6)
    _say(page, f"Signed: {signed_by}", MARGIN, height - 24)
    if signed_on:
        _say(page, str(signed_on), MARGIN + 234, height + 5, PEN, "Helvetica-Oblique")


def _pen_stroke(page: Canvas, name: str, left: float, height: float) -> None:
    """Loops as a pen makes them; their heights come from the name's letters, so every signer writes differently."""
    page.setStrokeColor(PEN)
    page.setLineWidth(1.2)
    stroke = page.beginPath()
    stroke.moveTo(left, height)
    for index, character in enumerate(name[:12]):
        rise, x = 6 + ord(character) * 7 % 15, left + 11 * index
        stroke.curveTo(x + 3, height + rise, x + 10, height + rise, x + 7, height - 2)
        stroke.curveTo(x + 6, height - 5, x + 9, height - 3, x + 11, height + 2)
    page.drawPath(stroke, stroke=1, fill=0)
    page.setLineWidth(1)


def _hours(hours: Decimal) -> str:
    return f"{hours:.1f}" if hours else ""


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"

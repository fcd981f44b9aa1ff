"""Sheets of typed cells, and their writers: terminal, CSV, XLSX.

Texts in a sheet come from portals and packets and are not trusted: they never become a formula, a terminal command or
markup.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.table import Table

Cell = str | int | float | Decimal | datetime | None
Form = Literal["text", "count", "share", "money", "seconds", "time"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in files, its heading for readers, and what its cells are."""

    name: str
    heading: str
    form: Form = "text"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report as rows of typed cells: shares 0 to 1, durations in seconds, times aware UTC; None is unknown."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


# --- writers ------------------------------------------------------------------------------------------------------

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_MOST_COLUMNS_ACROSS = 12
_LONGEST_ON_SCREEN = 160


def as_csv(sheet: Sheet) -> bytes:
    """RFC 4180, UTF-8, header first. Numbers are plain, times ISO 8601; a text that a spreadsheet would take for a
    formula gets an apostrophe in front (OWASP, CSV Injection)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(column.name for column in sheet.columns)
    for row in sheet.rows:
        writer.writerow(_csv_cell(cell) for cell in row)
    return out.getvalue().encode("utf-8")


def as_xlsx(sheet: Sheet) -> bytes:
    """A workbook of one sheet: numbers and times are typed, the header row stands still, texts are never formulas."""
    # Slow to import, and only this one writer needs it.
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    page = book.active
    page.title = sheet.title
    for index, column in enumerate(sheet.columns, start=1):
        head = page.cell(row=1, column=index)
        head.value, head.data_type, head.font = column.heading, "s", Font(bold=True)
        page.column_dimensions[get_column_letter(index)].width = 60 if column.name == "example" else 18
    for line, row in enumerate(sheet.rows, start=2):
        for index, (column, cell) in enumerate(zip(sheet.columns, row, strict=True), start=1):
            place = page.cell(row=line, column=index)
            if isinstance(cell, str):
                # Set after the value: openpyxl takes "=..." for a formula and "#N/A" for an error.
                place.value = _readable(cell)
                place.data_type = "s"
            elif cell is not None:
                place.value = cell.astimezone(UTC).replace(tzinfo=None) if isinstance(cell, datetime) else cell
                place.number_format = _XLSX_FORMATS[column.form]
    page.freeze_panes = "A2"
    page.auto_filter.ref = page.dimensions
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


_XLSX_FORMATS: Mapping[Form, str] = {
    "text": "General",
    "count": "#,##0",
    "share": "0.0%",
    "money": "#,##0.00##",
    "seconds": "#,##0.0",
    "time": "yyyy-mm-dd hh:mm:ss",
}


def as_rich(sheet: Sheet) -> "Table":
    """A table for the terminal; one that is too wide is turned, a line for each column."""
    # Imported here so that programs without a terminal do not pay for it.
    from rich.table import Table
    from rich.text import Text

    shown = [[on_screen(cell, column) for column, cell in zip(sheet.columns, row, strict=True)] for row in sheet.rows]
    heads = [column.heading for column in sheet.columns]
    numbers = [column.form not in ("text", "time") for column in sheet.columns]
    if len(heads) > _MOST_COLUMNS_ACROSS:
        keyed = sheet.columns[0].form == "text"
        first, labels = (heads[0], [row[0] for row in shown]) if keyed else ("Figure", [""] * len(shown))
        start = 1 if keyed else 0
        shown = [[heads[at], *(row[at] for row in shown)] for at in range(start, len(heads))]
        heads, numbers = [first, *labels], [False, *([True] * len(labels))]
    table = Table(title=sheet.title)
    for head, is_number in zip(heads, numbers, strict=True):
        table.add_column(Text(head), justify="right" if is_number else "left")
    for row in shown:
        table.add_row(*(Text(cell) for cell in row))
    return table


# --- cells --------------------------------------------------------------------------------------------------------

_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def _readable(text: str) -> str:
    """`text` without what acts instead of being read: control characters but line ends, and turns of direction."""
    kept = (mark if mark == "\n" or unicodedata.category(mark) not in ("Cc", "Cs") else " " for mark in text)
    return _BIDI.sub("", "".join(kept))


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        text = _readable(cell)
        return f"'{text}" if _FORMULA.match(cell) or _FORMULA.match(text) else text
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return "" if cell is None else format(cell, "f") if isinstance(cell, Decimal) else str(cell)


def on_screen(cell: Cell, column: Column) -> str:
    """A cell for reading: shares as per cent, durations in their units, times in UTC, long texts cut."""
    if cell is None:
        return "–"
    if isinstance(cell, str):
        text = " ".join(_readable(cell).split())
        return text if len(text) <= _LONGEST_ON_SCREEN else f"{text[: _LONGEST_ON_SCREEN - 1]}…"
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    match column.form:
        case "share":
            return f"{cell:.1%}"
        case "money":
            return f"{cell:,.2f}"
        case "seconds":
            return duration(float(cell))
    return f"{cell:,}"


def duration(seconds: float) -> str:
    """Seconds in the two largest units that say something: "3 d 4 h", "12 min 5 s", "0.4 s"."""
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    days, hours, minutes = whole // 86_400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {whole % 60} s"

"""Rows of the table of findings for what time sheets, rate cards and the history of orders prove."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from checklists.readings import SheetReading, Shift
from gateway.packet import PayCode, Period
from tests.checklists.packets import CREDIT_NOTE, SHEET, Spoil, all_of, put
from tests.checklists.rows import Row

PAPER = "0" * 64
OTHER_PAPER = "1" * 64
WEEK = Period(start=date(2026, 3, 2), end=date(2026, 3, 8))


def shifts(
    hours: str = "8",
    days: tuple[int, ...] = (2, 3, 4, 5, 6),
    worker: str = "W-014",
    pay_code: PayCode = PayCode.straight,
) -> tuple[Shift, ...]:
    """The same hours on each of these days of March 2026."""
    return tuple(Shift(worker, "Lineman", pay_code, Decimal(hours), date(2026, 3, day)) for day in days)


SIGNED = SheetReading(
    number=SHEET,
    period=WEEK,
    signature="signed",
    signed_by="Foreman",
    signed_on=date(2026, 3, 9),
    shifts=shifts(),
    hours_known=True,
)
"""The right packet's time sheet, as read: a worker's forty hours from Monday to Friday."""


def sheet(**changes: Any) -> dict[str, Any]:
    """Facts with the time sheet as read, changed."""
    return {"sheets": {PAPER: replace(SIGNED, **changes)}}


READ: dict[str, Any] = {"timesheets": {"read": True}}

UNREAD = sheet(why_not="page 1 shows no text, as a scan does", shifts=(), hours_known=False)

SECOND_SHEET = put(
    "/documents/0",
    {
        "kind": "timesheet",
        "name": "TU-1001_sheet2.pdf",
        "media_type": "application/pdf",
        "sha256": OTHER_PAPER,
        "size": 1,
        "timesheet_id": "TS-0413",
        "signed_by": "Foreman",
        "period": {"start": "2026-03-02", "end": "2026-03-08"},
    },
)

TWO_SPANS = all_of(
    put("/invoice/lines/0/quantity", "24"),
    put("/invoice/lines/0/period", {"start": "2026-03-02", "end": "2026-03-04"}),
)


def second_line(quantity: str, start: int, end: int, **changes: Any) -> Spoil:
    """The labour line once more, for other days of March 2026."""

    def spoil(values: dict[str, Any]) -> None:
        lines = values["invoice"]["lines"]
        period = {"start": f"2026-03-{start:02}", "end": f"2026-03-{end:02}"}
        lines.append(lines[0] | {"number": 11, "quantity": quantity, "period": period} | changes)

    return spoil


def _days(*spoils: Spoil, says: tuple[str, ...] = (), path: str = "/invoice/lines/0/period", **row: Any) -> Row:
    return Row("CB-TS-04", path, says, all_of(*spoils), settings=READ, **row)


SHEET_ROWS = (
    Row(
        "CB-TS-01",
        "/documents/1",
        ("Time sheet TS-0412 (TU-1001_sheet.pdf)", "page 1 shows no text"),
        settings=READ,
        facts=UNREAD,
        good_facts=sheet(),
    ),
    Row(
        "CB-TS-01",
        "/documents/1",
        ("page 1 shows no text",),
        settings=READ,
        good_settings={"timesheets": {"read": True, "unread": "ignore"}},
        facts=UNREAD,
    ),
    Row(
        "CB-TS-02",
        "/documents/1",
        ("TU-1001_sheet.pdf", "entries.1.hours: wrong"),
        settings=READ,
        facts={"sheets": {PAPER: SheetReading(faults=("entries.1.hours: wrong",))}},
        good_facts=sheet(),
    ),
    Row(
        "CB-TS-03",
        "/documents/1/timesheet_id",
        ("attached as time sheet TS-0412", "its own number is TS-0499"),
        settings=READ,
        facts=sheet(number="TS-0499", shifts=(), hours_known=False),
        good_facts=sheet(),
    ),
    Row(
        "CB-TS-03",
        "/documents/1/timesheet_id",
        ("TS-0412", "nowhere in its text"),
        settings=READ,
        facts=sheet(number="", number_seen=False),
        good_facts=sheet(number="", number_seen=True),
    ),
    Row(
        "CB-TS-03",
        "/documents/1/timesheet_id",
        ("its own number is TS-0499",),
        good=put("/documents/1/timesheet_id", ""),
        settings=READ,
        facts=sheet(number="TS-0499"),
    ),
    _days(
        says=("Line 10 (Worker 014, Lineman ST", "40 hours", "2026-03-02 to 2026-03-08", "TS-0412", "shows 32"),
        facts=sheet(shifts=(*shifts(days=(2, 3, 4, 5)), *shifts(days=(9,)))),
        good_facts=sheet(),
    ),
    _days(
        TWO_SPANS,
        second_line("16", 7, 8),
        says=("Line 11", "16 hours", "2026-03-07 to 2026-03-08", "shows 0"),
        path="/invoice/lines/3/period",
        good=all_of(TWO_SPANS, second_line("16", 5, 6)),
        facts=sheet(),
    ),
    _days(
        TWO_SPANS,
        second_line("16", 4, 5),
        says=("Line 10", "Line 11", "40 hours", "2026-03-02 to 2026-03-05", "shows 32"),
        good=all_of(TWO_SPANS, second_line("16", 4, 6)),
        facts=sheet(),
    ),
    _days(
        put("/invoice/lines/0/unit", "HR"),
        says=("shows 32",),
        good=all_of(put("/invoice/lines/0/unit", "DAY"), put("/invoice/lines/1/unit", "HUR")),
        facts=sheet(shifts=(*shifts(days=(2, 3, 4, 5)), *shifts(days=(9,)))),
    ),
    _days(
        says=("shows 32",),
        good=put("/invoice/lines/0/labour/timesheet_id", ""),
        facts=sheet(shifts=(*shifts(days=(2, 3, 4, 5)), *shifts(days=(9,)))),
    ),
    _days(
        says=("shows 32",),
        good=put("/invoice/lines/0/period", None),
        facts=sheet(shifts=(*shifts(days=(2, 3, 4, 5)), *shifts(days=(9,)))),
    ),
    _days(
        says=("shows 32",),
        good=CREDIT_NOTE,
        facts=sheet(shifts=(*shifts(days=(2, 3, 4, 5)), *shifts(days=(9,)))),
    ),
    _days(
        says=("shows 32",),
        facts=sheet(shifts=(*shifts(days=(2, 3, 4, 5)), *shifts(days=(9,)))),
        good_facts=sheet(shifts=(*shifts(days=(2, 3, 4, 5)), Shift("W-014", "Lineman", PayCode.straight, Decimal(8)))),
    ),
    _days(
        put("/documents/1/timesheet_id", ""),
        says=("shows 32",),
        facts=sheet(shifts=(*shifts(days=(2, 3, 4, 5)), *shifts(days=(9,)))),
        good_facts=sheet(shifts=(*shifts(days=(2, 3, 4, 5)), *shifts("9", days=(9,)))),  # the sum differs already
    ),
    _days(
        says=("shows 32",),
        facts=sheet(number="", shifts=(*shifts(days=(2, 3, 4, 5)), *shifts(days=(9,)))),
        good_facts={"sheets": {OTHER_PAPER: replace(SIGNED, shifts=(*shifts(days=(2, 3, 4, 5)), *shifts(days=(9,))))}},
    ),
    _days(
        says=("shows 32",),
        facts=sheet(shifts=(*shifts(days=(2, 3, 4, 5), worker="worker  014"), *shifts(days=(9,)))),
        good_facts=sheet(shifts=shifts(worker="worker  014")),
    ),
    Row(
        "CB-TS-05",
        "/documents/0/hours",
        ("W-014 has 25 hours on 2026-03-02", "TS-0413", "TS-0412", "at most 24"),
        SECOND_SHEET,
        SECOND_SHEET,
        settings=READ,
        facts={"sheets": {PAPER: SIGNED, OTHER_PAPER: replace(SIGNED, number="TS-0413", shifts=shifts("17", (2,)))}},
        good_facts={
            "sheets": {PAPER: SIGNED, OTHER_PAPER: replace(SIGNED, number="TS-0413", shifts=shifts("16", (2,)))}
        },
    ),
    Row(
        "CB-TS-05",
        "/documents/1/hours",
        ("W-014 has 16.5 hours on 2026-03-03", "at most 16"),
        settings={"timesheets": {"read": True, "max_hours_a_day": 16}},
        facts=sheet(shifts=(*shifts(), *shifts("8.5", (3,), "Worker 014", PayCode.overtime))),
        good_facts=sheet(shifts=(*shifts(), *shifts("8.5", (3,), "Worker 015"))),
    ),
    Row(
        "CB-TS-05",
        "/documents/1/hours",
        ("at most 16",),
        settings={"timesheets": {"read": True, "max_hours_a_day": 16}},
        facts=sheet(shifts=shifts("20", (2,))),
        good_facts=sheet(shifts=(Shift("W-014", "Lineman", PayCode.straight, Decimal(40)),)),
    ),
    Row(
        "CB-TS-06",
        "/documents/1/signed_on",
        ("signed on 2026-03-05", "hours on 2026-03-06"),
        settings=READ,
        facts=sheet(signed_on=date(2026, 3, 5)),
        good_facts=sheet(signed_on=date(2026, 3, 6)),
    ),
    Row(
        "CB-TS-06",
        "/documents/1/signed_on",
        ("signed on 2026-03-05",),
        settings=READ,
        facts=sheet(signed_on=date(2026, 3, 5), shifts=(*shifts(), *shifts("0", (7,)))),
        good_facts=sheet(signed_on=date(2026, 3, 6), shifts=(*shifts(), *shifts("0", (7,)))),
    ),
    Row(
        "CB-TS-06",
        "/documents/1/signed_on",
        ("signed on 2026-03-02",),
        settings=READ,
        facts=sheet(signed_on=date(2026, 3, 2)),
        good_facts=sheet(signed_on=date(2026, 3, 1)),  # before the whole sheet: another finding
    ),
    Row(
        "CB-TS-06",
        "/documents/1/signed_on",
        ("signed on 2026-03-01",),
        settings=READ,
        facts=sheet(signed_on=date(2026, 3, 1), period=None),
        good_facts=sheet(signed_on=None),
    ),
    Row(
        "CB-TS-06",
        "/documents/1/signed_on",
        ("signed on 2026-03-05",),
        settings=READ,
        facts=sheet(signed_on=date(2026, 3, 5)),
        good_facts=sheet(signed_on=date(2026, 3, 5), shifts=()),
    ),
)

EVIDENCE_ROWS = SHEET_ROWS

"""Rows of the table of findings for what time sheets, rate cards and the history of orders prove."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from checklists.facts import Billed
from checklists.readings import SheetReading, Shift, put_together
from gateway.order import LineTerms, OrderLine, OrderState
from gateway.packet import OrderLineKind, PayCode, Period
from gateway.verdict import ReasonCode
from tests.checklists.packets import CREDIT_NOTE, ORDER, SETTINGS, SHEET, Spoil, all_of, order, order_lines, put
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
    worked=put_together(shifts()),
    hours_known=True,
)
"""The right packet's time sheet, as read: a worker's forty hours from Monday to Friday."""


def signed(**changes: Any) -> SheetReading:
    """The right packet's time sheet, as read, changed; `shifts` are its hours one by one."""
    if "shifts" in changes:
        changes["worked"] = put_together(changes.pop("shifts"))
    return replace(SIGNED, **changes)


def sheet(**changes: Any) -> dict[str, Any]:
    """Facts with the time sheet as read, changed."""
    return {"sheets": {PAPER: signed(**changes)}}


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
        put("/invoice/lines/0/quantity", "24"),
        second_line("16", 9, 10),
        says=("Line 10", "24 hours", "shows 40"),
        good=all_of(put("/invoice/lines/0/quantity", "40"), second_line("0", 9, 10)),
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
        good_facts={"sheets": {OTHER_PAPER: signed(shifts=(*shifts(days=(2, 3, 4, 5)), *shifts(days=(9,))))}},
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
        facts={"sheets": {PAPER: SIGNED, OTHER_PAPER: signed(number="TS-0413", shifts=shifts("17", (2,)))}},
        good_facts={"sheets": {PAPER: SIGNED, OTHER_PAPER: signed(number="TS-0413", shifts=shifts("16", (2,)))}},
    ),
    Row(
        "CB-TS-05",
        "/documents/1/hours",
        ("W-014 has 25 hours on 2026-03-02 by time sheet TS-0412 (TU-1001_sheet.pdf);",),
        SECOND_SHEET,
        settings=READ,
        facts={
            "sheets": {
                PAPER: signed(shifts=(*shifts(), *shifts("17", (2,), pay_code=PayCode.overtime))),
                OTHER_PAPER: signed(shifts=(*shifts("17", (2,), "W-020"), *shifts("8", (9,)))),
            }
        },
        good_facts=sheet(),
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

LINEMAN = {"classification": "Lineman", "ST": "95.00"}
OVERTIME = all_of(put("/invoice/lines/0/labour/pay_code", "OT"), put("/documents/1/hours/0/pay_code", "OT"))


def card(*labour: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Settings with a rate card; the right packet's lineman at its own rate unless others are given."""
    return {"rate_card": {"labour": list(labour) or [LINEMAN], **settings}}


def items(*rows: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Settings with a rate card that lists no labour."""
    return {"rate_card": {"items": list(rows), **settings}}


def _rate(code: str, settings: dict[str, Any], path: str, *says: str, **row: Any) -> Row:
    return Row(code, f"/invoice/lines/0/{path}", says, settings=settings, **row)


MILES = {"kind": "mileage", "unit": "SMI", "rate": "0.70"}
UNTIL_MARCH_3 = {**LINEMAN, "valid_to": "2026-03-03"}
FROM_MARCH_4 = {**LINEMAN, "valid_from": "2026-03-04", "ST": "97"}
TIERED = {**LINEMAN, "tiers": [{"above": "30", "ST": "90.00"}]}
NO_PERIODS = all_of(put("/invoice/lines/0/period", None), put("/invoice/period", None))
THIRTY_AND_TEN = all_of(put("/invoice/lines/0/quantity", "30"), second_line("10", 2, 8, unit_price="90.00"))

RATE_ROWS = (
    _rate(
        "CB-RATE-01",
        card({**LINEMAN, "ST": "94.50"}),
        "unit_price",
        "Line 10 (Worker 014",
        "billed at 95.00 USD;",
        "Test Utility has 94.50 USD per HUR.",
        good=put("/invoice/lines/0/unit_price", "94.5"),
    ),
    _rate(
        "CB-RATE-01",
        card({**LINEMAN, "ST": "94.50"}),
        "unit_price",
        "billed at 95.00 USD",
        good_settings=card({**LINEMAN, "ST": "94.50"}, differs="ignore"),
    ),
    _rate("CB-RATE-01", card({**LINEMAN, "ST": "94.50"}), "unit_price", good=CREDIT_NOTE),
    _rate(
        "CB-RATE-01",
        card({**LINEMAN, "ST": "94.50"}, currency="USD"),
        "unit_price",
        good=put("/invoice/lines/0/unit_price", "94.50"),
    ),
    _rate(
        "CB-RATE-01",
        card({**LINEMAN, "ST": "94.50", "valid_from": "2026-01-01"}),
        "unit_price",
        "94.50 USD per HUR since 2026-01-01",
        bad=all_of(put("/invoice/lines/0/price_base_quantity", "100"), put("/invoice/lines/0/unit_price", "9500")),
        good=all_of(put("/invoice/lines/0/price_base_quantity", "100"), put("/invoice/lines/0/unit_price", "9450")),
    ),
    _rate(
        "CB-RATE-01",
        card({**LINEMAN, "ST": "94.50"}),
        "unit_price",
        "billed at 9,500.00 USD for 100",
        bad=all_of(put("/invoice/lines/0/price_base_quantity", "100"), put("/invoice/lines/0/unit_price", "9500")),
        good=put("/invoice/lines/0/unit_price", "94.50"),
    ),
    _rate(
        "CB-RATE-01",
        card(UNTIL_MARCH_3, FROM_MARCH_4),
        "unit_price",
        "97.00 USD per HUR since 2026-03-04",
        bad=put("/invoice/lines/0/period", {"start": "2026-03-04", "end": "2026-03-04"}),
        good=put("/invoice/lines/0/period", {"start": "2026-03-03", "end": "2026-03-03"}),
    ),
    _rate(
        "CB-RATE-01",
        card(multipliers={"OT": "1.5"}, escalations=[{"day": "2026-02-01", "percent": "2.5"}]),
        "unit_price",
        "146.07 USD",  # 95.00 x 1.025 = 97.375, by the half up 97.38; that x 1.5 = 146.07
        bad=OVERTIME,
        good=all_of(OVERTIME, put("/invoice/lines/0/unit_price", "146.07")),
    ),
    Row(
        "CB-RATE-01",
        "/invoice/lines/1/unit_price",
        ("Line 20", "0.70 USD", "0.67 USD per SMI"),
        good=put("/invoice/lines/1/unit_price", "0.67"),
        settings=items({**MILES, "rate": "0.67"}),
        reason=ReasonCode.price_mismatch,
    ),
    _rate(
        "CB-RATE-02",
        card({**LINEMAN, "classification": "Foreman"}),
        "labour/classification",
        "Line 10",
        "no rate for ST hours of a Lineman",
        good=put("/invoice/lines/0/labour/classification", "foreman "[:7]),
    ),
    _rate(
        "CB-RATE-02",
        card(),
        "labour/classification",
        "no rate for OT hours of a Lineman",
        bad=OVERTIME,
        good_settings=card({**LINEMAN, "OT": "142.50"}),
    ),
    _rate(
        "CB-RATE-02",
        card(),
        "labour/classification",
        bad=OVERTIME,
        good=OVERTIME,
        good_settings=card(unlisted="ignore"),
    ),
    Row(
        "CB-RATE-02",
        "/invoice/lines/1/description",
        ("Line 20", "no rate for mileage of this name"),
        put("/invoice/lines/1/description", "Crew trucks"),
        settings=items({**MILES, "item": "Crew truck"}),
    ),
    _rate(
        "CB-RATE-03",
        card(UNTIL_MARCH_3, FROM_MARCH_4),
        "period",
        "from 2026-03-02 to 2026-03-08",
        "changed on 2026-03-04",
        good_settings=card(UNTIL_MARCH_3, {**FROM_MARCH_4, "ST": "95"}),
    ),
    _rate(
        "CB-RATE-03",
        card({**LINEMAN, "valid_to": "2026-03-06"}, {**LINEMAN, "valid_from": "2026-03-07", "ST": "97"}),
        "period",
        "changed on 2026-03-07",
        facts=sheet(shifts=(*shifts(days=(2, 3, 4, 5)), *shifts(days=(7,)))),
        good_facts=sheet(),  # the sheet shows no hours after the change
    ),
    _rate(
        "CB-RATE-03",
        card(UNTIL_MARCH_3, FROM_MARCH_4),
        "period",
        "changed on 2026-03-04",
        bad=put("/invoice/lines/0/period", None),
        good=all_of(
            put("/invoice/lines/0/period", None), put("/invoice/period", {"start": "2026-03-04", "end": "2026-03-08"})
        ),
    ),
    _rate(
        "CB-RATE-03",
        card(UNTIL_MARCH_3, FROM_MARCH_4),
        "period",
        "changed on 2026-03-04",
        facts=sheet(shifts=(*shifts(days=(2, 3, 4, 5)), Shift("W-014", "Lineman", PayCode.straight, Decimal(8)))),
        good_facts=sheet(shifts=shifts("20", (2, 3))),
    ),
    _rate(
        "CB-RATE-03",
        card(UNTIL_MARCH_3, FROM_MARCH_4),
        "period",
        "changed on 2026-03-04",
        bad=put("/invoice/period", {"start": "2026-03-04", "end": "2026-03-08"}),
        good=put("/invoice/lines/0/period", {"start": "2026-03-02", "end": "2026-03-03"}),
    ),
    Row(
        "CB-RATE-03",
        "/invoice/lines/1/period",
        ("Line 20", "changed on 2026-03-04"),
        settings=items({**MILES, "valid_to": "2026-03-03"}, {**MILES, "valid_from": "2026-03-04", "rate": "0.72"}),
        good_settings=items(MILES),
    ),
    _rate(
        "CB-RATE-04",
        card(UNTIL_MARCH_3),
        "period",
        "from 2026-03-02 to 2026-03-08",
        "rates for to 2026-03-03",
        good=put("/invoice/lines/0/period", {"start": "2026-03-02", "end": "2026-03-03"}),
    ),
    _rate("CB-RATE-04", card(UNTIL_MARCH_3), "period", good_settings=card(UNTIL_MARCH_3, unlisted="ignore")),
    _rate(
        "CB-RATE-04",
        card(UNTIL_MARCH_3, {**FROM_MARCH_4, "valid_from": "2026-03-05"}),
        "period",
        "to 2026-03-03 and from 2026-03-05.",
        good_settings=card(UNTIL_MARCH_3, FROM_MARCH_4),
    ),
    _rate(
        "CB-RATE-04",
        card({**LINEMAN, "valid_from": "2026-03-03"}),
        "period",
        "rates for from 2026-03-03",
        good_settings=card({**LINEMAN, "valid_from": "2026-03-02", "valid_to": "2026-03-08"}),
    ),
    _rate(
        "CB-RATE-05",
        card(),
        "unit",
        "billed in DAY",
        "a rate for HUR",
        bad=put("/invoice/lines/0/unit", "DAY"),
        good=put("/invoice/lines/0/unit", "HR"),
    ),
    _rate(
        "CB-RATE-06",
        card(TIERED),
        "unit_price",
        "Line 10",
        "40 HUR at 95 and 0 HUR at 90",
        "it is 30 HUR at 95 and 10 HUR at 90",
        good=THIRTY_AND_TEN,
    ),
    _rate(
        "CB-RATE-06",
        card(TIERED),
        "unit_price",
        "30 HUR at 95 and 11 HUR at 90",
        bad=all_of(
            put("/invoice/lines/0/quantity", "29"),
            second_line("12", 2, 8, unit_price="90.00"),
            second_line("0", 2, 8, number=12),
        ),
        good=put("/invoice/lines/0/quantity", "20"),
    ),
    _rate("CB-RATE-06", card(TIERED), "unit_price", good_settings=card(TIERED, differs="ignore")),
    _rate("CB-RATE-06", card(TIERED), "unit_price", good=put("/invoice/lines/0/unit_price", "91")),
    _rate(
        "CB-RATE-06",
        card(TIERED),
        "unit_price",
        good=put("/invoice/lines/0/quantity", "-40"),
        good_settings=card(LINEMAN),
    ),
    Row(
        "CB-RATE-07",
        "/invoice/currency",
        ("in USD", "is in CAD"),
        settings=card(currency="CAD"),
        good_settings=card(currency="USD"),
    ),
    Row("CB-RATE-07", "/invoice/currency", ("is in CAD",), settings=card(currency="CAD"), good=CREDIT_NOTE),
    Row(
        "CB-RATE-07",
        "/invoice/currency",
        ("is in CAD",),
        settings=card(currency="CAD"),
        good_settings={"rate_card": {"currency": "CAD"}},
    ),
    _rate(
        "CB-RATE-08",
        card(UNTIL_MARCH_3, FROM_MARCH_4),
        "period",
        "days of the work are not stated",
        "to 2026-03-03 and from 2026-03-04",
        bad=NO_PERIODS,
        good=NO_PERIODS,
        good_settings=card(),
    ),
)

ST_40 = {"rate_card": {"weekly_caps": [{"pay_codes": ["ST"], "hours": "40"}]}}
TWO_WEEKS = put("/invoice/lines/0/period", {"start": "2026-03-02", "end": "2026-03-14"})
TWO_WEEKS_OF_SHEETS = sheet(period=Period(start=date(2026, 3, 2), end=date(2026, 3, 14)))


def _cap(*says: str, **row: Any) -> Row:
    row = {"settings": ST_40, **row}
    return Row("CB-CAP-01", "/invoice/lines/0/quantity", says, **row)


def miles(**limits: str) -> dict[str, Any]:
    return items({**MILES, **limits})


def per_diem(days: str, start: int = 2, end: int = 8) -> Spoil:
    """Days away, instead of the miles."""
    period = {"start": f"2026-03-{start:02}", "end": f"2026-03-{end:02}"}
    changes = {"kind": "per_diem", "unit": "DAY", "quantity": days, "period": period}
    return all_of(*(put(f"/invoice/lines/1/{name}", value) for name, value in changes.items()))


AWAY = items({"kind": "per_diem", "unit": "DAY", "rate": "165", "per_worker_day": "1"})
IN_PAIRS = all_of(
    put("/invoice/lines/1/quantity", "60"),
    put("/invoice/lines/2", {
        "number": 30, "kind": "mileage", "description": "crew  TRUCK", "quantity": "61", "unit": "SMI",
        "unit_price": "0.70", "net_amount": "42.70", "order": {"line": 2}, "tax": {"category": "S", "rate": "6"},
        "period": {"start": "2026-03-02", "end": "2026-03-08"},
    }),
)  # fmt: skip

CAP_ROWS = (
    _cap(
        "Line 10",
        "40.5 ST hours of W-014 in the week from 2026-03-02 to 2026-03-08",
        "Test Utility takes at most 40",
        bad=put("/invoice/lines/0/quantity", "40.5"),
    ),
    _cap(
        bad=put("/invoice/lines/0/quantity", "40.5"), good=all_of(put("/invoice/lines/0/quantity", "40.5"), CREDIT_NOTE)
    ),
    _cap(
        bad=put("/invoice/lines/0/quantity", "40.5"),
        good=all_of(put("/invoice/lines/0/quantity", "40.5"), put("/invoice/lines/0/unit", "DAY")),
    ),
    _cap(
        "40.5",
        bad=all_of(
            put("/invoice/lines/0/quantity", "40.5"),
            put("/invoice/lines/0/unit", "HR"),
            put("/invoice/lines/1/unit", "HUR"),
        ),
        good=all_of(put("/invoice/lines/0/quantity", "40.5"), OVERTIME),
    ),
    _cap(
        "40.5 hours of W-014",
        settings={"rate_card": {"weekly_caps": [{"hours": "40"}]}},
        bad=all_of(put("/invoice/lines/0/quantity", "40.5"), OVERTIME),
        good=OVERTIME,
    ),
    _cap(
        "from 2026-03-01 to 2026-03-07",
        settings={"rate_card": {"weekly_caps": [{"hours": "40"}], "week_starts": "sunday"}},
        bad=all_of(
            put("/invoice/lines/0/quantity", "41"),
            put("/invoice/lines/0/period", {"start": "2026-03-02", "end": "2026-03-07"}),
        ),
        good=put("/invoice/lines/0/quantity", "41"),  # its seven days lie in two weeks that begin on Sunday
    ),
    _cap(
        "the 2 weeks from 2026-03-02 to 2026-03-15",
        "at most 80",
        bad=all_of(TWO_WEEKS, put("/invoice/lines/0/quantity", "81")),
        good=all_of(TWO_WEEKS, put("/invoice/lines/0/quantity", "80")),
    ),
    _cap(
        "48 ST hours of W-014 in the week from 2026-03-02 to 2026-03-08",
        bad=all_of(TWO_WEEKS, put("/invoice/lines/0/quantity", "56")),
        good=all_of(TWO_WEEKS, put("/invoice/lines/0/quantity", "57")),  # not what the sheet shows: told elsewhere
        facts=sheet(shifts=shifts(days=(2, 3, 4, 5, 6, 7, 9))),
    ),
    _cap(
        "48 ST hours",
        bad=all_of(TWO_WEEKS, put("/invoice/lines/0/quantity", "56")),
        good=all_of(TWO_WEEKS, put("/invoice/lines/0/quantity", "56")),
        facts=sheet(shifts=shifts(days=(2, 3, 4, 5, 6, 7, 9))),
        good_facts={},
    ),
    _cap(
        "42 ST hours",
        "week from 2026-03-02",
        bad=put("/invoice/lines/0/quantity", "42"),
        facts=sheet(shifts=(*shifts("7", days=(2, 3, 4, 5, 6)), *shifts("7", days=(9,)))),
        good=all_of(put("/invoice/lines/0/quantity", "57"), NO_PERIODS),
    ),
    _cap(
        "Lines 10 and 11",
        "48 ST hours",
        bad=second_line("8", 8, 8),
        good=second_line("8", 9, 9),
    ),
    Row(
        "CB-CAP-02",
        "/invoice/lines/1/quantity",
        ("Line 20", "120 SMI in 7 days from 2026-03-02 to 2026-03-08", "at most 119 SMI"),
        settings=miles(max_per_day="17"),
        good_settings=miles(max_per_day="17.5"),
    ),
    Row(
        "CB-CAP-02",
        "/invoice/lines/1/quantity",
        ("120 SMI in 1 day from 2026-03-02",),
        put("/invoice/lines/1/period", {"start": "2026-03-02", "end": "2026-03-02"}),
        settings=miles(max_per_day="100"),
    ),
    Row(
        "CB-CAP-02",
        "/invoice/lines/1/quantity",
        ("Lines 20 and 30", "121 SMI in the week from 2026-03-02 to 2026-03-08", "at most 120 SMI"),
        IN_PAIRS,
        all_of(IN_PAIRS, put("/invoice/lines/2/part_number", "T-9")),
        settings=miles(max_per_week="120"),
    ),
    Row("CB-CAP-02", "/invoice/lines/1/quantity", (), settings=miles(max_per_week="119"), good=CREDIT_NOTE),
    Row(
        "CB-CAP-02",
        "/invoice/lines/1/quantity",
        (),
        good=put("/invoice/lines/1/unit", "KMT"),
        settings=miles(max_per_week="119"),
    ),
    Row(
        "CB-CAP-02",
        "/invoice/lines/1/quantity",
        (),
        good=put("/invoice/lines/1/kind", "goods"),
        settings=miles(max_per_week="119"),
    ),
    Row(
        "CB-CAP-03",
        "/invoice/lines/1/quantity",
        ("Line 20: 6 DAY for 2026-03-02 to 2026-03-08", "5 days of work between them", "takes 1 DAY for each"),
        per_diem("6"),
        per_diem("5"),
        settings=AWAY,
        facts=sheet(),
    ),
    Row(
        "CB-CAP-03",
        "/invoice/lines/1/quantity",
        ("8 DAY", "7 days of work"),
        per_diem("8"),
        per_diem("7"),
        settings=AWAY,
    ),
    Row(
        "CB-CAP-03",
        "/invoice/lines/1/quantity",
        ("2 DAY", "1 day of work"),
        per_diem("2", 6, 8),
        per_diem("2", 5, 8),
        settings=AWAY,
        facts=sheet(),
    ),
    Row(
        "CB-CAP-03",
        "/invoice/lines/1/quantity",
        ("8 DAY", "7 days of work"),
        per_diem("8"),
        per_diem("7"),
        settings=AWAY,
        facts=sheet(shifts=(*shifts(days=(2,)), Shift("W-014", "Lineman", PayCode.straight, Decimal(8)))),
    ),
    Row(
        "CB-CAP-03",
        "/invoice/lines/1/quantity",
        ("7 DAY", "0 days of work"),
        all_of(per_diem("7"), NO_PERIODS),
        per_diem("7"),
        settings=AWAY,
    ),
    Row(
        "CB-CAP-03",
        "/invoice/lines/1/quantity",
        ("4 DAY", "3 days of work"),
        all_of(per_diem("4"), put("/invoice/lines/0/period/end", "2026-03-04")),
        all_of(per_diem("7"), put("/invoice/lines/0/period", None)),
        settings=AWAY,
    ),
    Row(  # two lines of one worker share a day, which counts once
        "CB-CAP-03",
        "/invoice/lines/1/quantity",
        ("5 DAY", "4 days of work"),
        all_of(per_diem("5"), put("/invoice/lines/0/period/end", "2026-03-04"), second_line("8", 4, 5)),
        all_of(per_diem("4"), put("/invoice/lines/0/period/end", "2026-03-04"), second_line("8", 4, 5)),
        settings=AWAY,
    ),
    Row(  # nobody worked on the days between two lines
        "CB-CAP-03",
        "/invoice/lines/1/quantity",
        ("4 DAY", "3 days of work"),
        all_of(per_diem("4"), put("/invoice/lines/0/period/end", "2026-03-03"), second_line("8", 6, 6)),
        all_of(per_diem("3"), put("/invoice/lines/0/period/end", "2026-03-03"), second_line("8", 6, 6)),
        settings=AWAY,
    ),
    Row("CB-CAP-03", "/invoice/lines/1/quantity", (), per_diem("8"), all_of(per_diem("8"), CREDIT_NOTE), settings=AWAY),
    Row(
        "CB-CAP-03",
        "/invoice/lines/1/quantity",
        (),
        per_diem("8"),
        per_diem("8"),
        settings=AWAY,
        good_settings=items({"kind": "per_diem", "unit": "DAY", "rate": "165", "max_per_week": "9"}),
    ),
)


def on_order(**changes: Any) -> dict[str, Any]:
    """Facts with the order changed."""
    return {"orders": {ORDER: order(**changes)}}


def on_line(**terms: Any) -> dict[str, Any]:
    """Facts with the terms of the order's labour line."""
    return on_order(lines=order_lines(terms=LineTerms(**terms)))


def ruled(**orders: Any) -> dict[str, Any]:
    return {"orders": {**SETTINGS["orders"], **orders}}


ORDER_PATH = "/invoice/orders/0/number"
TO_SITE = put("/invoice/ship_to", {"name": "Yard", "code": "SUB-17"})
GOODS = all_of(put("/invoice/lines/0/kind", "goods"), put("/invoice/lines/0/labour", None))

ORDER_ROWS = (
    Row(
        "CB-PO-20",
        ORDER_PATH,
        ("4500012345 ended on 2026-03-11", "today is 2026-03-12"),
        facts=on_order(valid_to=date(2026, 3, 11)),
        good_facts=on_order(valid_to=date(2026, 3, 12)),
    ),
    Row(
        "CB-PO-20",
        ORDER_PATH,
        facts=on_order(valid_to=date(2026, 3, 11)),
        good_facts=on_order(valid_to=date(2026, 3, 11), state=OrderState.closed),  # that is told instead
    ),
    Row(
        "CB-PO-20",
        ORDER_PATH,
        facts=on_order(valid_to=date(2026, 3, 11)),
        good_facts={"orders": {ORDER: None}},
    ),
    Row(
        "CB-PO-20",
        ORDER_PATH,
        facts=on_order(valid_to=date(2026, 3, 11)),
        good_facts=on_order(),
    ),
    Row(
        "CB-PO-20",
        ORDER_PATH,
        facts=on_order(valid_to=date(2026, 3, 11)),
        good_settings=ruled(expired="ignore"),
    ),
    Row(
        "CB-PO-21",
        "/invoice/ship_to/code",
        ("site SUB-17", "order 4500012345 for SUB-18"),
        TO_SITE,
        TO_SITE,
        facts=on_order(site="SUB-18"),
        good_facts=on_order(site="sub-17"),
    ),
    Row(
        "CB-PO-21",
        "/invoice/ship_to/code",
        bad=TO_SITE,
        good=TO_SITE,
        facts=on_order(site="SUB-18"),
        good_facts=on_order(),
    ),
    Row("CB-PO-21", "/invoice/ship_to/code", bad=TO_SITE, facts=on_order(site="SUB-18")),
    Row(
        "CB-PO-21",
        "/invoice/ship_to/code",
        bad=TO_SITE,
        good=put("/invoice/ship_to", {"name": "Yard"}),
        facts=on_order(site="SUB-18"),
    ),
    Row(
        "CB-PO-21",
        "/invoice/ship_to/code",
        bad=TO_SITE,
        good=TO_SITE,
        facts=on_order(site="SUB-18"),
        good_settings=ruled(site_differs="ignore"),
    ),
    Row(
        "CB-PO-21",
        "/invoice/ship_to/code",
        bad=TO_SITE,
        good=TO_SITE,
        facts=on_order(site="SUB-18"),
        good_facts={"orders": {}},
    ),
    Row(
        "CB-PO-22",
        "/invoice/lines/0/period",
        ("Line 10", "2026-03-02 to 2026-03-08", "line 1 is for work until 2026-03-07"),
        facts=on_line(end=date(2026, 3, 7)),
        good_facts=on_line(end=date(2026, 3, 8)),
    ),
    Row(  # where the whole order is over, that is told alone
        "CB-PO-22",
        "/invoice/lines/0/period",
        facts=on_line(end=date(2026, 3, 7)),
        good_facts=on_order(lines=order_lines(terms=LineTerms(end=date(2026, 3, 7))), valid_to=date(2026, 3, 7)),
    ),
    Row(
        "CB-PO-22",
        "/invoice/lines/0/period",
        ("for work from 2026-03-03.",),
        facts=on_line(start=date(2026, 3, 3)),
        good_facts=on_line(start=date(2026, 3, 2)),
    ),
    Row(
        "CB-PO-22",
        "/invoice/lines/0/period",
        ("for work from 2026-03-01 until 2026-03-07.",),
        put("/invoice/lines/0/period", None),
        NO_PERIODS,
        facts=on_line(start=date(2026, 3, 1), end=date(2026, 3, 7)),
    ),
    Row(
        "CB-PO-22",
        "/invoice/lines/0/period",
        bad=put("/invoice/period", None),
        facts=on_line(end=date(2026, 3, 7)),
        good_settings=ruled(outside_validity="ignore"),
    ),
    Row(
        "CB-PO-24",
        "/invoice/lines/0/kind",
        ("Line 10 bills goods on order 4500012345 line 1, which is for services",),
        GOODS,
        GOODS,
        facts=on_line(is_service=True),
        good_facts=on_line(is_service=False),
    ),
    Row("CB-PO-24", "/invoice/lines/0/kind", bad=GOODS, facts=on_line(is_service=True)),
)


def forecast(weeks: int | None = 2) -> dict[str, Any]:
    return ruled(runs_out_within_weeks=weeks)


def billed(*before: tuple[date, int, str], **changes: Any) -> dict[str, Any]:
    """Facts with what was billed on the order before, of an invoice that was made the day before it is looked at."""
    billed_before = {ORDER: tuple(Billed(on, n, Decimal(of)) for on, n, of in before)}
    return {**on_order(**changes), "made_on": date(2026, 3, 11), "billed_before": billed_before}


def _runs_out(*says: str, **row: Any) -> Row:
    return Row("CB-PO-23", ORDER_PATH, says, **{"settings": forecast(), **row})


FORTNIGHT_AGO = (date(2026, 2, 25), 1, "9000")
ROOMY = OrderLine(4, OrderLineKind.amount, amount=Decimal(90_000))
LINE_OF_NINE_WEEKS = order_lines(quantity=Decimal(400), amount=Decimal(41_000))[0]
LINE_ONE_OPEN = {"lines": order_lines(quantity=None, price=None, amount=None)}

FORECAST_ROWS = (
    _runs_out(
        "After this invoice 3,800.00 USD are left on line 1 of purchase order 4500012345",
        "at 1,900.00 USD a week, as billed since 2026-02-25",
        "in 2 weeks, about 2026-03-25",
        facts=billed(FORTNIGHT_AGO),
        good_facts=billed(FORTNIGHT_AGO, lines=order_lines(quantity=Decimal(410), amount=Decimal(38_950))),
    ),
    _runs_out(facts=billed(FORTNIGHT_AGO), good_settings=forecast(None)),
    _runs_out(facts=billed(FORTNIGHT_AGO), good_settings=forecast(1)),
    _runs_out(facts=billed(FORTNIGHT_AGO), good=CREDIT_NOTE),
    _runs_out(
        "at 3,800.00 USD a week",
        "it runs out in 1 week, about 2026-03-18",
        facts=billed((date(2026, 3, 4), 1, "1")),
        good_facts=billed((date(2026, 3, 5), 1, "1")),  # less than a week makes no rate
    ),
    _runs_out(facts=billed(FORTNIGHT_AGO), good_facts=billed()),
    _runs_out(
        "left on line 1",
        facts=billed(FORTNIGHT_AGO, (date(2026, 3, 1), 1, "4000"), lines=(LINE_OF_NINE_WEEKS, ROOMY)),
        good_facts=billed(FORTNIGHT_AGO, (date(2026, 3, 1), 4, "4000"), lines=(LINE_OF_NINE_WEEKS, ROOMY)),
    ),
    Row(
        "CB-PO-23",
        "/invoice/orders/1/number",
        ("line 1 of purchase order 4500012345",),
        all_of(
            put("/invoice/orders", [{"number": "4500099999"}, {"number": ORDER}]),
            *(put(f"/invoice/lines/{at}/order/number", ORDER) for at in range(3)),
        ),
        settings=forecast(),
        good_settings=forecast(None),
        facts=billed(FORTNIGHT_AGO),
    ),
    _runs_out(
        "at 3,900.00 USD a week",
        "in less than a week",
        facts=billed(
            FORTNIGHT_AGO,
            (date(2026, 3, 1), 1, "4000"),
            lines=order_lines(quantity=Decimal(365), amount=Decimal(34_675)),
        ),
        good_facts=billed(
            FORTNIGHT_AGO, (date(2026, 3, 1), 2, "1"), lines=order_lines(quantity=Decimal(430), amount=Decimal(40_850))
        ),
    ),
    _runs_out(
        "are left on purchase order 4500012345; at 1,969.62 USD a week",
        "in 1 week, about 2026-03-24",
        facts=billed(FORTNIGHT_AGO, total=Decimal("42000"), **LINE_ONE_OPEN),
        good_facts=billed(FORTNIGHT_AGO, **LINE_ONE_OPEN),
    ),
    _runs_out(
        "0.00 USD are left on line 1",
        "less than a week, about 2026-03-11",
        facts=billed(FORTNIGHT_AGO, lines=order_lines(quantity=Decimal(360), amount=Decimal(34_200))),
        good_facts=billed(FORTNIGHT_AGO, lines=(order_lines(quantity=Decimal(359), amount=Decimal(34_105))[0], ROOMY)),
    ),
    _runs_out(
        "1,900.00 USD a week",
        facts=billed(FORTNIGHT_AGO),
        good=all_of(*(put(f"/invoice/lines/{at}/net_amount", "0") for at in range(3))),
    ),
)

EVIDENCE_ROWS = (*SHEET_ROWS, *RATE_ROWS, *CAP_ROWS, *ORDER_ROWS, *FORECAST_ROWS)

"""Every finding by table: a packet that has the trouble, and its twin that has not."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from checklists.check import check
from checklists.codes import RULES, Severity
from checklists.facts import InFlight
from checklists.finding import Finding, found
from gateway.order import LineTerms, OrderState, OrderVersion, Rate
from gateway.packet import OrderLineKind
from gateway.verdict import Actor, ReasonCode
from tests.checklists.evidence_rows import EVIDENCE_ROWS
from tests.checklists.packets import (
    CREDIT_NOTE,
    ORDER,
    SETTINGS,
    SHEET,
    TAX_BY_LINE,
    Spoil,
    all_of,
    checklist,
    facts,
    order,
    order_lines,
    packet,
    put,
)
from tests.checklists.rows import Row
from tests.checklists.section_rows import SECTION_ROWS


def register(**changes: Any) -> dict[str, Any]:
    """Facts with the order changed."""
    return {"orders": {ORDER: order(**changes)}}


VERSIONS: dict[str, Any] = {
    "payload_id": "po.v2@buyer",
    "stated_date": "2026-02-05T08:00:00-06:00",
    "earlier": (OrderVersion("po.v1@buyer", "2026-01-05T08:00:00-06:00"),),
}


def first_line(**changes: Any) -> dict[str, Any]:
    """Facts with the order's labour line changed."""
    return register(lines=order_lines(**changes))


def line_by(numbers: int) -> Spoil:
    """As many lines more, at no cost."""

    def spoil(values: dict[str, Any]) -> None:
        lines = values["invoice"]["lines"]
        for number in range(numbers):
            lines.append(lines[1] | {"number": 100 + number, "quantity": "0", "net_amount": "0"})

    return spoil


CHARGE = {"kind": "charge", "purpose": "shipping", "amount": "85.00", "reason": "Freight"}
BY_LINE = {"tax": {"level": "line"}}
TOTALS = "/invoice/totals"
LABOUR = {
    "labour": {
        "time_card_required": True,
        "time_card_form": {"pattern": r"TS-\d{4}", "says": "TS- and four digits", "example": "TS-0412"},
        "pay_codes": ["ST", "OT"],
    }
}

ROWS = (
    Row("CB-SUM-01", "/invoice/currency", ("XTS",), put("/invoice/currency", "XTS"), settings={"form": {}}),
    Row(
        "CB-SUM-02", "/invoice/lines/1/net_amount", ("84.001 USD", "0.01"), put("/invoice/lines/1/net_amount", "84.001")
    ),
    Row(
        "CB-SUM-03",
        "/invoice/lines/0/net_amount",
        ("Line 10", "40 HUR x 95.00 USD", "3,800.00 USD", "3,800.01 USD"),
        put("/invoice/lines/0/net_amount", "3800.01"),
    ),
    Row("CB-SUM-04", f"{TOTALS}/line_net", ("3,939.25 USD", "3,939.26 USD"), put(f"{TOTALS}/line_net", "3939.26")),
    Row("CB-SUM-05", f"{TOTALS}/allowances", ("1.00 USD", "0.00 USD"), put(f"{TOTALS}/allowances", "1")),
    Row("CB-SUM-06", f"{TOTALS}/charges", ("1.00 USD", "0.00 USD"), put(f"{TOTALS}/charges", "1")),
    Row("CB-SUM-07", f"{TOTALS}/tax_exclusive", ("3,900.00 USD",), put(f"{TOTALS}/tax_exclusive", "3900")),
    Row("CB-SUM-08", f"{TOTALS}/tax", ("236.36 USD", "236.35 USD"), put(f"{TOTALS}/tax", "236.35")),
    Row("CB-SUM-09", f"{TOTALS}/tax_inclusive", ("4,175.61 USD",), put(f"{TOTALS}/tax_inclusive", "4175.60")),
    Row("CB-SUM-10", f"{TOTALS}/payable", ("difference 0.39 USD",), put(f"{TOTALS}/payable", "4176.00")),
    Row(
        "CB-SUM-11",
        "/invoice/tax_breakdown/0/tax_amount",
        ("6%", "236.36 USD", "236.40 USD"),
        put("/invoice/tax_breakdown/0/tax_amount", "236.40"),
    ),
    Row(
        "CB-SUM-12",
        "/invoice/tax_breakdown/0/taxable_amount",
        ("3,939.25 USD", "3,939.00 USD"),
        put("/invoice/tax_breakdown/0/taxable_amount", "3939.00"),
    ),
    Row(
        "CB-SUM-13",
        "/invoice/lines/1/tax",
        ("Line 20", "category E at 0%"),
        put("/invoice/lines/1/tax", {"category": "E"}),
    ),
    Row("CB-SUM-14", f"{TOTALS}/tax", ("228.00 USD", "2 of 3"), put("/invoice/lines/0/tax/amount", "228"), TAX_BY_LINE),
    Row(
        "CB-SUM-15",
        "/invoice/lines/1/tax/amount",
        ("Line 20", "5.04 USD", "5.05 USD"),
        all_of(TAX_BY_LINE, put("/invoice/lines/1/tax/amount", "5.05"), put("/invoice/lines/2/tax/amount", "3.31")),
        TAX_BY_LINE,
    ),
    Row(
        "CB-NUM-01", "/invoice/number", ("TU-1001", "packet P-7"), facts={"number_used_by": "packet P-7"}, good_facts={}
    ),
    Row("CB-NUM-02", "/invoice/number", ("INV-1", "TU- and digits"), put("/invoice/number", "INV-1")),
    Row("CB-NUM-03", "/invoice/number", ("13 characters", "12"), put("/invoice/number", "TU-1234567890")),
    Row("CB-DATE-01", "/invoice/issued_on", ("2026-03-13", "2026-03-12"), put("/invoice/issued_on", "2026-03-13")),
    Row(
        "CB-DATE-02",
        "/invoice/issued_on",
        ("31 days ago", "2026-02-10"),
        put("/invoice/issued_on", "2026-02-09"),
        put("/invoice/issued_on", "2026-02-10"),
    ),
    Row(
        "CB-DATE-03",
        "/invoice/period",
        ("2026-03-08", "61 days ago", "60 days"),
        facts={"today": date(2026, 5, 8)},
        good_facts={"today": date(2026, 5, 7)},
    ),
    Row(
        "CB-DATE-04",
        "/invoice/lines/0/period",
        ("Lines 10, 20 and 30", ORDER, "2026-01-01 to 2026-03-07"),
        facts=register(valid_from=date(2026, 1, 1), valid_to=date(2026, 3, 7)),
        good_facts=register(valid_from=date(2026, 3, 2), valid_to=date(2026, 3, 8)),
    ),
    Row(
        "CB-PO-01",
        "/invoice/orders",
        ("Lines 10, 20 and 30",),
        all_of(put("/invoice/orders", []), *(put(f"/invoice/lines/{at}/order", None) for at in range(3))),
    ),
    Row(
        "CB-PO-02",
        "/invoice/orders/0/number",
        ("PO 4500012345", "45 and eight digits"),
        put("/invoice/orders/0/number", "PO 4500012345"),
    ),
    Row("CB-PO-03", "/invoice/orders/0/number", (ORDER,), facts={"orders": {ORDER: None}}, good_facts={"orders": {}}),
    Row(
        "CB-PO-04",
        "/invoice/orders/0/number",
        (ORDER, "closed", '"soft_closed"'),
        facts=register(state=OrderState.closed, portal_state="soft_closed"),
        good_facts={},
    ),
    Row("CB-PO-05", "/invoice/orders/0/number", ("hold",), facts=register(state=OrderState.stopped), good_facts={}),
    Row(
        "CB-PO-06", "/invoice/orders/0/number", ("not known",), facts=register(state=OrderState.unknown), good_facts={}
    ),
    Row("CB-PO-07", "/invoice/lines/1/order/line", ("Line 20", ORDER), put("/invoice/lines/1/order/line", None)),
    Row(
        "CB-PO-08",
        "/invoice/lines/1/order/line",
        ("Line 20", "line 9", ORDER),
        put("/invoice/lines/1/order/line", 9),
    ),
    Row(
        "CB-PO-09", "/invoice/lines/0/order/line", ("closed",), facts=first_line(state=OrderState.closed), good_facts={}
    ),
    Row(
        "CB-PO-10",
        "/invoice/lines/1/order/kind",
        ("Line 20", "by amount", "by quantity"),
        put("/invoice/lines/1/order/kind", "amount"),
        put("/invoice/lines/1/order/kind", "quantity"),
    ),
    Row("CB-PO-11", "/invoice/lines/0/unit", ("Line 10", "HUR", "DAY"), facts=first_line(unit="DAY"), good_facts={}),
    Row(
        "CB-NUM-04",
        "/invoice/number",
        ("TU-1001_B", "'_'", "A-Z0-9-"),
        put("/invoice/number", "TU-1001_B"),
        settings={"number": {"characters": "A-Z0-9-"}},
    ),
    Row(
        "CB-NUM-05",
        "/invoice/number",
        ("TU-1001", "failed"),
        settings={"number": {"after_failed": "suffix", "after_rejected": "same"}},
        facts={"number_ended_as": "failed", "numbers_used": ("TU-1001",)},
        good_facts={"number_ended_as": "rejected", "numbers_used": ("TU-1001",)},
    ),
    Row(
        "CB-PO-17",
        "/invoice/orders/0/payload_id",
        ("po.v1@buyer", "replaced by po.v2@buyer"),
        put("/invoice/orders/0/payload_id", "po.v1@buyer"),
        put("/invoice/orders/0/payload_id", "po.v2@buyer"),
        facts=register(**VERSIONS),
    ),
    Row(
        "CB-PO-17",
        "/invoice/orders/0/stated_date",
        ("2026-01-05T08:00:00-06:00",),
        put("/invoice/orders/0/stated_date", "2026-01-05T08:00:00-06:00"),
        put("/invoice/orders/0/stated_date", "2026-02-05T08:00:00-06:00"),
        facts=register(**VERSIONS),
    ),
    Row(
        "CB-PO-18",
        "/invoice/orders/0/payload_id",
        ("po.v3@buyer", "po.v2@buyer"),
        put("/invoice/orders/0/payload_id", "po.v3@buyer"),
        facts=register(**VERSIONS),
    ),
    Row(
        "CB-PO-19",
        "/invoice/orders/0",
        (ORDER, "exact date"),
        good=put("/invoice/orders/0/stated_date", "2026-02-05T08:00:00-06:00"),
        settings={"orders": {"named_by": "version"}},
        facts=register(),
    ),
    Row(
        "CB-PO-19",
        "/invoice/orders/0",
        (ORDER,),
        settings={"orders": {"named_by": "version"}},
        facts={},
        good_facts=register(**VERSIONS),
    ),
    Row("CB-PO-12", "/invoice/currency", ("USD", "CAD"), facts=register(currency="CAD"), good_facts={}),
    Row(
        "CB-PO-13",
        "/invoice/lines/0/unit_price",
        ("Line 10", "95.00 USD", "94.50 USD per HUR"),
        facts=first_line(price=Decimal("94.5")),
        good_facts={},
        reason=ReasonCode.rate_mismatch,
    ),
    Row(
        "CB-PO-14",
        "/invoice/lines/2/net_amount",
        ("ordered 5,000.00", "invoiced 4,000.00", "on the way 950.00", "this invoice 55.25", "short by 5.25 USD"),
        facts={"in_flight": {ORDER: InFlight(Decimal(950), {3: Decimal(950)})}},
        good_facts={"in_flight": {ORDER: InFlight(Decimal("944.75"), {3: Decimal("944.75")})}},
    ),
    Row(
        "CB-PO-15",
        "/invoice/lines/0/quantity",
        ("ordered 400 HUR", "invoiced 320", "on the way 40.5 HUR", "this invoice 40 HUR", "short by 0.5 HUR"),
        facts={"in_flight": {ORDER: InFlight(Decimal(0), {}, {1: Decimal("40.5")})}},
        good_facts={"in_flight": {ORDER: InFlight(Decimal(0), {}, {1: Decimal(40)})}},
    ),
    Row(
        "CB-PO-16",
        "/invoice/orders/0/number",
        ("as a whole", "ordered 44,400.00", "on the way 6,060.76", "short by 0.01 USD"),
        facts={"in_flight": {ORDER: InFlight(Decimal("6060.76"))}},
        good_facts={"in_flight": {ORDER: InFlight(Decimal("6060.75"))}},
    ),
    Row(
        "CB-CON-01",
        "/invoice/lines/1",
        ("Line 20", "contract"),
        all_of(put("/invoice/lines/1/order", None), put("/invoice/lines/1/contract_number", "MSA-7")),
    ),
    Row(
        "CB-CON-02",
        "/invoice/contract_number",
        ("Contract 77", "MSA- and digits"),
        put("/invoice/contract_number", "77"),
        put("/invoice/contract_number", "MSA-77"),
    ),
    Row("CB-FLD-01", "/invoice/buyer_reference", ("the region", "approver"), put("/invoice/buyer_reference", "")),
    Row("CB-CUR-01", "/invoice/currency", ("EUR", "USD"), put("/invoice/currency", "EUR")),
    Row("CB-UNIT-01", "/invoice/lines/0/unit", ("Line 10", "HR"), put("/invoice/lines/0/unit", "HR")),
    Row(
        "CB-DEC-01",
        "/invoice/lines/1/unit_price",
        ("Line 20", "3 decimals", "0.7001"),
        put("/invoice/lines/1/unit_price", "0.7001"),
        put("/invoice/lines/1/unit_price", "0.70000"),
    ),
    Row("CB-DEC-02", "/invoice/lines/0/quantity", ("39.999",), put("/invoice/lines/0/quantity", "39.999")),
    Row("CB-TXT-01", "/invoice/lines/0/description", ("41 characters",), put("/invoice/lines/0/description", "x" * 41)),
    Row("CB-TXT-02", "/invoice/lines/2/description", ("Line 30", "'<'"), put("/invoice/lines/2/description", "a < b")),
    Row(
        "CB-PAY-01", "/invoice/payment_terms/net_days", ("net 30", "net 45"), put("/invoice/payment_terms/net_days", 30)
    ),
    Row(
        "CB-PAY-02",
        "/invoice/payment_terms",
        ("No payment term",),
        put("/invoice/payment_terms", None),
        settings={"payment": {"required": True}},
    ),
    Row("CB-BIL-01", "/invoice/bill_to", ("Plant Accounting",), put("/invoice/bill_to", {"name": "Plant Accounting"})),
    Row(
        "CB-CHG-01",
        "/invoice/adjustments/0",
        ("Shipping charge", "85.00 USD", "Freight", "only discount"),
        put("/invoice/adjustments", [CHARGE]),
        put("/invoice/adjustments", [CHARGE | {"kind": "allowance", "purpose": "discount"}]),
    ),
    Row("CB-LIN-01", "/invoice/lines", ("4 lines", "takes 3"), line_by(1)),
    Row("CB-TAX-01", "/invoice/lines/0/tax/code", ("Line 10", "OH-7"), put("/invoice/lines/0/tax/code", "OH-7")),
    Row("CB-TAX-02", "/invoice/lines/0/tax", ("Lines 10, 20 and 30",), good=TAX_BY_LINE, settings=BY_LINE),
    Row(
        "CB-CRN-01",
        "/invoice/preceding",
        ("which invoice",),
        all_of(CREDIT_NOTE, put("/invoice/preceding", None)),
        CREDIT_NOTE,
    ),
    Row("CB-CRN-02", "/invoice/type", ("no credit notes",), CREDIT_NOTE, settings={"credit_notes": {"allowed": False}}),
    Row(
        "CB-CRN-03",
        "/invoice/credit_reason",
        ("reason",),
        all_of(CREDIT_NOTE, put("/invoice/credit_reason", "")),
        CREDIT_NOTE,
    ),
    Row(
        "CB-CRN-04",
        "/invoice/preceding/number",
        ("TU-0990", "Test Utility"),
        CREDIT_NOTE,
        all_of(CREDIT_NOTE, put("/invoice/preceding/reference", "sent-1")),
        settings={"credit_notes": {"original_required": True}},
        facts={"original": ""},
    ),
    Row(
        "CB-LAB-01",
        "/invoice/lines/0/labour/timesheet_id",
        ("Line 10", "no time card"),
        put("/invoice/lines/0/labour/timesheet_id", ""),
        settings=LABOUR,
    ),
    Row(
        "CB-LAB-02",
        "/invoice/lines/0/labour/timesheet_id",
        ("Line 10", "time card 412", "TS- and four digits"),
        put("/invoice/lines/0/labour/timesheet_id", "412"),
        settings=LABOUR,
    ),
    Row(
        "CB-LAB-03",
        "/invoice/lines/0/labour/pay_code",
        ("Line 10", "DT hours", "OT and ST are agreed"),
        put("/invoice/lines/0/labour/pay_code", "DT"),
        put("/invoice/lines/0/labour/pay_code", "OT"),
        settings=LABOUR,
    ),
    Row("CB-DOC-01", "/documents", ("invoice PDF",), put("/documents/0", None)),
    Row("CB-DOC-02", "/documents", ("Line 10", f"time sheet {SHEET}"), put("/documents/1", None)),
    Row("CB-DOC-03", "/documents/1/signed_by", (SHEET, "not signed"), put("/documents/1/signed_by", "")),
    Row(
        "CB-DOC-04",
        "/documents/1/signed_on",
        ("2026-03-01", "2026-03-02"),
        put("/documents/1/signed_on", "2026-03-01"),
        put("/documents/1/signed_on", "2026-03-06"),
    ),
    Row(
        "CB-DOC-05",
        "/invoice/lines/0/period",
        ("Line 10", "2026-03-08 is not covered"),
        put("/documents/1/period/end", "2026-03-07"),
        put("/documents/1/period/end", "2026-03-09"),
    ),
    Row(
        "CB-DOC-06",
        "/invoice/lines/0/quantity",
        ("Line 10", "Worker 014", "40 hours", "shows 38", "2 too many"),
        put("/documents/1/hours/0/hours", "38"),
    ),
    Row("CB-DOC-07", "/invoice/lines/0/quantity", ("4 left unbilled",), put("/documents/1/hours/0/hours", "44")),
    Row("CB-DOC-08", "/documents/1/period", (SHEET,), put("/documents/1/period", None)),
    Row(
        "CB-ATT-01",
        "/documents",
        ("3 files", "takes 2"),
        settings={"attachments": {"max_count": 2}},
        good=all_of(put("/documents/2", None)),
    ),
    Row(
        "CB-ATT-02",
        "/documents/0/size",
        ("2.1 MB", "2 MB"),
        put("/documents/0/size", 2_100_000),
        put("/documents/0/size", 2_000_000),
    ),
    Row(
        "CB-ATT-03",
        "/documents",
        ("4.6 MB", "4.5 MB"),
        all_of(*(put(f"/documents/{at}/size", 1_520_000) for at in range(3))),
        all_of(*(put(f"/documents/{at}/size", 1_500_000) for at in range(3))),
    ),
    Row("CB-ATT-04", "/documents", ("1.1 MB", "1 MB"), put("/documents/0/size", 1_000_000)),
    Row("CB-ATT-05", "/documents/0/media_type", ("image/tiff",), put("/documents/0/media_type", "image/tiff")),
    Row("CB-ATT-06", "/documents/0/name", ("scan.pdf",), put("/documents/0/name", "scan.pdf")),
    *EVIDENCE_ROWS,
    *SECTION_ROWS,
)


def of_code(code: str, all_found: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in all_found if finding.code == code]


def test_the_table_has_every_code_there_is() -> None:
    assert {row.code for row in ROWS} == set(RULES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_the_trouble_is_found_where_it_is_and_said_in_words(row: Row) -> None:
    first = of_code(row.code, check(packet(row.bad), checklist(row.settings), facts(**row.facts)))[0]
    assert first.path == row.path
    for words in row.says:
        assert words in first.sentence
    assert first.sentence.endswith(".")
    assert first.cure.endswith(".")
    rule = RULES[row.code]
    assert (first.severity, first.reason) == (rule.severity, row.reason or rule.reason)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_its_twin_without_the_trouble_is_left_alone(row: Row) -> None:
    twin = check(packet(row.good), checklist(row.settings_of_twin), facts(**row.facts_of_twin))
    assert of_code(row.code, twin) == []


def test_a_rate_that_is_too_fine_or_not_the_orders_is_a_matter_of_rates() -> None:
    fine = put("/invoice/lines/0/unit_price", "95.0001")
    found_now = check(packet(fine), checklist(), facts())
    assert {finding.reason for finding in of_code("CB-DEC-01", found_now)} == {ReasonCode.rate_mismatch}
    miles = check(packet(put("/invoice/lines/1/unit_price", "0.7001")), checklist(), facts())
    assert {finding.reason for finding in miles} >= {ReasonCode.price_mismatch}


HOURLY = LineTerms(rates=(Rate(Decimal("95"), "HUR", "payCode", "Regular"), Rate(Decimal("142.50"), "HUR", "", "OT")))


def test_an_hour_costs_the_rate_of_its_pay_code_where_the_order_has_one() -> None:
    known = first_line(price=Decimal("50"), terms=HOURLY)
    overtime = all_of(put("/invoice/lines/0/labour/pay_code", "OT"), put("/documents/1/hours/0/pay_code", "OT"))
    assert of_code("CB-PO-13", check(packet(), checklist(), facts(**known))) == []
    (wrong,) = of_code("CB-PO-13", check(packet(overtime), checklist(), facts(**known)))
    assert "142.50 USD per HUR" in wrong.sentence
    assert (wrong.reason, wrong.severity) == (ReasonCode.rate_mismatch, Severity.stop)


def test_hours_of_a_pay_code_that_the_order_does_not_price_are_told_apart() -> None:
    known = first_line(terms=HOURLY)
    double = all_of(put("/invoice/lines/0/labour/pay_code", "DT"), put("/documents/1/hours/0/pay_code", "DT"))
    (finding,) = check(packet(double), checklist(), facts(**known))
    assert (finding.code, finding.path, finding.reason) == (
        "CB-LAB-03",
        "/invoice/lines/0/labour/pay_code",
        ReasonCode.rate_mismatch,
    )
    assert "rates for OT and Regular" in finding.sentence
    warned = checklist({"orders": {**SETTINGS["orders"], "rate_differs": "warn"}})
    assert [one.severity for one in check(packet(double), warned, facts(**known))] == [Severity.warn]
    ignored = checklist({"orders": {**SETTINGS["orders"], "rate_differs": "ignore"}})
    assert check(packet(double), ignored, facts(**known)) == ()


def test_a_client_may_have_a_word_of_its_own_for_a_pay_code() -> None:
    known = first_line(terms=LineTerms(rates=(Rate(Decimal("95"), "HUR", "payCode", "Normal"),)))
    own = checklist({"labour": {"pay_code_words": {"ST": "normal"}}})
    assert check(packet(), own, facts(**known)) == ()
    assert [one.code for one in check(packet(), checklist(), facts(**known))] == ["CB-LAB-03"]


@pytest.mark.parametrize(("says", "severities"), [("stop", [Severity.stop]), ("warn", [Severity.warn]), ("ignore", [])])
def test_how_grave_work_outside_an_order_is_the_client_says(says: str, severities: list[Severity]) -> None:
    rules = checklist({"orders": {**SETTINGS["orders"], "outside_validity": says}})
    known = facts(**register(valid_to=date(2026, 3, 7)))
    found_now = of_code("CB-DATE-04", check(packet(), rules, known))
    assert [finding.severity for finding in found_now] == severities
    assert all("until 2026-03-07" in finding.sentence for finding in found_now)


def test_hours_and_credits_are_asked_for_nothing_where_the_client_says_nothing() -> None:
    silent = all_of(put("/invoice/lines/0/labour/timesheet_id", ""), put("/documents/1/timesheet_id", ""))
    assert check(packet(silent), checklist(), facts()) == ()
    assert check(packet(CREDIT_NOTE), checklist(), facts(original="")) == ()


LUMP_PAPERS = {"documents": [{"kind": "receipt", "for_lines": ["expense"], "for_lump_sums": True}]}


def test_a_lump_sum_needs_its_papers_however_it_is_told() -> None:
    def lines_without(*spoils: Spoil, **known: Any) -> list[str]:
        found_now = check(packet(*spoils), checklist(LUMP_PAPERS), facts(**known))
        return [finding.sentence for finding in of_code("CB-DOC-01", found_now)]

    by_register = put("/invoice/lines/2/order/kind", None)
    in_its_unit = all_of(put("/invoice/lines/2/order", None), put("/invoice/lines/2/unit", "LS"))
    by_quantity = put("/invoice/lines/2/order/kind", "quantity")
    with_receipt = put("/documents/0/kind", "receipt")
    for told in (all_of(), by_register, in_its_unit):
        assert lines_without(told) == [
            "Line 30: expense as a lump sum billed without receipt; Test Utility requires one."
        ]
        assert lines_without(told, with_receipt) == []
    assert lines_without(by_register, orders={}) == lines_without(by_quantity) == []


def test_papers_for_any_lump_sum_are_asked_for_only_where_one_is_billed() -> None:
    rules = checklist({"documents": [{"kind": "receipt", "for_lump_sums": True}]})
    (finding,) = of_code("CB-DOC-01", check(packet(), rules, facts()))
    assert finding.sentence.startswith("Line 30: a lump sum billed without receipt")
    assert finding.who_acts is Actor.field
    assert check(packet(put("/invoice/lines/2/order/kind", "quantity")), rules, facts(orders={})) == ()


def test_hours_that_differ_wait_for_whom_the_rule_names() -> None:
    field_first = [{**rule, "who_acts": "field"} for rule in SETTINGS["documents"] if rule["kind"] == "timesheet"]
    less = put("/documents/1/hours/0/hours", "38")
    (finding,) = check(packet(less), checklist({"documents": field_first}), facts())
    assert (finding.code, finding.who_acts) == ("CB-DOC-06", Actor.field)
    (usual,) = check(packet(less), checklist(), facts())
    assert usual.who_acts is Actor.us


def test_a_right_packet_has_no_findings_at_all() -> None:
    assert check(packet(), checklist(), facts()) == ()


def test_a_right_credit_note_has_no_findings_either() -> None:
    assert check(packet(CREDIT_NOTE), checklist(), facts()) == ()


def test_a_checklist_without_rules_asks_for_nothing_but_right_sums_and_an_order() -> None:
    bare = {name: SETTINGS[name] for name in ("client", "name", "account")}
    no_rules = type(checklist()).model_validate(bare)
    assert check(packet(), no_rules, facts(orders={})) == ()


def test_a_finding_of_an_unlisted_code_cannot_be_made() -> None:
    with pytest.raises(KeyError):
        found("CB-XXX-01", "", "", "")


# --- what nobody can know is not claimed --------------------------------------------------------------------------


def test_without_a_register_nothing_is_claimed_of_an_order() -> None:
    assert check(packet(), checklist(), facts(orders={}, in_flight={ORDER: InFlight(Decimal(10**6))})) == ()


def test_an_order_worth_nothing_known_has_no_balance() -> None:
    blank = order_lines(quantity=None, price=None, amount=None, invoiced_quantity=None, invoiced_amount=None)
    known = facts(orders={ORDER: order(lines=blank)}, in_flight={ORDER: InFlight(Decimal(10**6))})
    assert check(packet(), checklist(), known) == ()


def test_what_the_portal_does_not_count_is_said_and_not_assumed() -> None:
    small = order_lines(quantity=Decimal(39), invoiced_quantity=None, invoiced_amount=None)
    (finding,) = check(packet(), checklist(), facts(orders={ORDER: order(lines=small)}))
    assert finding.code == "CB-PO-15"
    assert "what is invoiced the portal does not tell" in finding.sentence
    assert "short by 1 HUR" in finding.sentence


def test_a_sheet_without_a_number_may_be_the_one_a_line_names() -> None:
    nameless = all_of(put("/documents/1/timesheet_id", ""), put("/documents/1/hours", []))
    assert check(packet(nameless), checklist(), facts()) == ()


def test_a_sheet_whose_hours_are_not_given_is_not_held_against_the_bill() -> None:
    assert check(packet(put("/documents/1/hours", [])), checklist(), facts()) == ()


def test_a_line_that_does_not_say_how_it_counts_goes_by_the_order() -> None:
    silent = put("/invoice/lines/2/order/kind", None)
    assert check(packet(silent), checklist(), facts()) == ()
    kinds = facts().order_line_kinds
    assert kinds[(ORDER, 3)] is OrderLineKind.amount
    assert kinds[(ORDER, 1)] is OrderLineKind.quantity


# --- orders and balances ------------------------------------------------------------------------------------------


def test_of_two_short_reckonings_of_one_line_only_the_quantity_is_told() -> None:
    full = facts(
        orders={ORDER: order(lines=order_lines(invoiced_quantity=Decimal(400), invoiced_amount=Decimal(38_000)))}
    )
    assert [finding.code for finding in check(packet(), checklist(), full)] == ["CB-PO-15"]


def test_an_order_that_is_closed_is_told_once_and_its_lines_not_at_all() -> None:
    closed = facts(
        orders={ORDER: order(state=OrderState.closed, lines=order_lines(state=OrderState.closed, unit="DAY"))}
    )
    (finding,) = check(packet(), checklist(), closed)
    assert (finding.code, finding.who_acts) == ("CB-PO-04", Actor.client_ap)


def test_a_neighbour_billed_over_its_worth_takes_no_room_from_the_other_lines() -> None:
    over = order_lines(quantity=None, amount=Decimal(38_000), invoiced_amount=Decimal(30_400))
    lump = over[2].__class__(
        9, OrderLineKind.amount, "Earlier", "", "", None, None, Decimal(100), None, Decimal(60_000)
    )
    assert check(packet(), checklist(), facts(orders={ORDER: order(lines=(*over, lump))})) == ()


def test_a_credit_note_takes_nothing_from_the_balance() -> None:
    full = order_lines(invoiced_quantity=Decimal(400), invoiced_amount=Decimal(38_000))
    assert check(packet(CREDIT_NOTE), checklist(), facts(orders={ORDER: order(lines=full)})) == ()


def test_lines_on_one_order_line_are_reckoned_together() -> None:
    both = all_of(put("/invoice/lines/1/order/line", 3), put("/invoice/lines/1/order/kind", "amount"))
    lumps = order_lines()
    tight = (*lumps[:2], lumps[2].__class__(3, OrderLineKind.amount, "Expenses", amount=Decimal(139)))
    (finding,) = check(packet(both), checklist(), facts(orders={ORDER: order(lines=tight)}))
    assert finding.code == "CB-PO-14"
    assert "Lines 20 and 30" in finding.sentence
    assert "short by 0.25 USD" in finding.sentence


def test_a_damaged_order_number_names_the_order_that_the_register_holds() -> None:
    known = facts(orders={"4500012345": order()})
    (finding,) = check(packet(put("/invoice/orders/0/number", "12345")), checklist(), known)
    assert finding.code == "CB-PO-02"
    assert finding.reason is ReasonCode.po_unknown
    assert "The order register holds 4500012345" in finding.cure


def test_a_damaged_order_number_that_no_register_confirms_is_only_guessed_at() -> None:
    (finding,) = check(packet(put("/invoice/orders/0/number", "12345")), checklist(), facts(orders={}))
    assert finding.cure.startswith("Perhaps 4500012345 is meant")


def test_an_unknown_order_of_the_wrong_form_is_told_once() -> None:
    (finding,) = check(packet(put("/invoice/orders/0/number", "77-A")), checklist(), facts(orders={"77-A": None}))
    assert finding.code == "CB-PO-02"


@pytest.mark.parametrize(
    ("setting", "severities"), [("stop", [Severity.stop]), ("warn", [Severity.warn]), ("ignore", [])]
)
def test_the_clients_setting_says_how_grave_another_price_is(setting: str, severities: list[Severity]) -> None:
    rules = checklist({"orders": {"rate_differs": setting}})
    found_now = check(packet(), rules, facts(orders={ORDER: order(lines=order_lines(price=Decimal(94)))}))
    assert [finding.severity for finding in of_code("CB-PO-13", found_now)] == severities


def test_a_price_for_a_hundred_is_the_orders_price_a_hundred_times() -> None:
    per_hundred = all_of(put("/invoice/lines/0/unit_price", "9500"), put("/invoice/lines/0/price_base_quantity", "100"))
    assert check(packet(per_hundred), checklist(), facts()) == ()


def test_contract_work_passes_where_the_client_takes_it() -> None:
    on_contract = all_of(
        put("/invoice/orders", []),
        put("/invoice/contract_number", "MSA-7"),
        *(put(f"/invoice/lines/{at}/order", None) for at in range(3)),
    )
    assert check(packet(on_contract), checklist({"orders": {"contract_allowed": True}}), facts()) == ()


def test_a_unit_the_client_never_takes_is_told_once_for_all_its_lines_with_the_right_spelling() -> None:
    wrong = all_of(*(put(f"/invoice/lines/{at}/unit", "HR") for at in (0, 1)))
    (finding,) = check(packet(wrong), checklist(), facts())
    assert "Lines 10 and 20" in finding.sentence
    assert finding.cure == "Write HUR instead of HR."


# --- papers -------------------------------------------------------------------------------------------------------


def test_a_sheet_that_a_line_names_and_the_packet_lacks_is_named() -> None:
    other = all_of(put("/invoice/lines/0/labour/timesheet_id", "TS-0413"))
    (finding,) = of_code("CB-DOC-02", check(packet(other), checklist(), facts()))
    assert "TS-0413" in finding.sentence
    assert finding.path == "/invoice/lines/0/labour/timesheet_id"
    assert (finding.who_acts, finding.reason) == (Actor.field, ReasonCode.timesheet_missing)


def test_two_sheets_of_one_number_together_cover_the_week_and_its_hours() -> None:
    def in_two(values: dict[str, Any]) -> None:
        first = values["documents"][1]
        second = first | {"name": "TU-1001_sheet2.pdf", "period": {"start": "2026-03-05", "end": "2026-03-08"}}
        first["period"] = {"start": "2026-03-02", "end": "2026-03-04"}
        second["hours"] = [first["hours"][0] | {"hours": "16", "classification": "LINEMAN"}]
        first["hours"] = [first["hours"][0] | {"hours": "24"}]
        values["documents"].append(second)

    assert check(packet(in_two), checklist(), facts()) == ()


def test_a_worker_on_the_sheet_whom_nobody_bills_is_shown_to_a_person() -> None:
    another = {"worker_id": "W-015", "classification": "Groundman", "pay_code": "OT", "hours": "3"}

    def add(values: dict[str, Any]) -> None:
        values["documents"][1]["hours"].append(another)

    (finding,) = check(packet(add), checklist(), facts())
    assert (finding.code, finding.path, finding.stops) == ("CB-DOC-07", "/documents/1/hours", False)
    assert "W-015, Groundman OT: none is billed" in finding.sentence


def test_an_unsigned_form_waits_for_the_field_and_is_an_attachment_trouble() -> None:
    (finding,) = check(packet(put("/documents/2/signed_by", "")), checklist(), facts())
    assert (finding.who_acts, finding.reason) == (Actor.field, ReasonCode.attachment_unacceptable)


def test_a_receipt_is_asked_for_only_above_the_limit() -> None:
    dear = all_of(
        put("/invoice/lines/2/unit_price", "75.01"),
        put("/invoice/lines/2/net_amount", "75.01"),
    )
    (finding,) = of_code("CB-DOC-01", check(packet(dear), checklist(), facts()))
    assert "expense billed above 75.00 USD without receipt" in finding.sentence


def test_a_receipt_is_not_asked_for_at_the_limit() -> None:
    at_limit = all_of(put("/invoice/lines/2/unit_price", "75.00"), put("/invoice/lines/2/net_amount", "75.00"))
    assert of_code("CB-DOC-01", check(packet(at_limit), checklist(), facts())) == []


def test_a_short_sheet_within_a_long_one_takes_no_days_away() -> None:
    def add_a_short_one(values: dict[str, Any]) -> None:
        days = {"start": "2026-03-03", "end": "2026-03-04"}
        values["documents"].append(values["documents"][2] | {"name": "TU-1001_day.pdf", "period": days})

    assert check(packet(add_a_short_one), checklist(), facts()) == ()


def test_an_old_credit_note_needs_no_papers_and_is_not_late() -> None:
    bare = all_of(CREDIT_NOTE, put("/documents", []), put("/invoice/issued_on", "2026-06-01"))
    assert check(packet(bare), checklist(), facts(today=date(2026, 6, 2))) == ()


def test_a_paper_rule_may_ask_credit_notes_too() -> None:
    rules = checklist({"documents": [{"kind": "invoice_pdf", "on_credit_notes": True}]})
    (finding,) = check(packet(CREDIT_NOTE, put("/documents", [])), rules, facts())
    assert finding.code == "CB-DOC-01"


def test_a_rule_for_a_paper_may_name_who_supplies_it() -> None:
    rules = checklist({"documents": [{"kind": "acceptance_form", "who_acts": "client_ap"}]})
    (finding,) = check(packet(put("/documents/2", None)), rules, facts())
    assert finding.who_acts is Actor.client_ap


# --- fields -------------------------------------------------------------------------------------------------------


def test_a_field_is_asked_of_lines_of_its_kinds_alone() -> None:
    field_rule = {"field": "/invoice/lines/*/labour/timesheet_id", "called": "the sheet", "kinds": ["labour"]}
    rules = checklist({"required_fields": [field_rule], "documents": []})
    assert check(packet(), rules, facts()) == ()
    (finding,) = check(packet(put("/invoice/lines/0/labour/timesheet_id", "")), rules, facts())
    assert finding.path == "/invoice/lines/0/labour/timesheet_id"
    assert finding.sentence.startswith("Line 10: the sheet is empty")


def test_a_field_below_something_absent_is_empty() -> None:
    rules = checklist({"required_fields": [{"field": "BT-60", "called": "the remit-to code"}]})
    (finding,) = check(packet(), rules, facts())
    assert finding.path == "/invoice/remit_to/code"


def test_a_custom_field_must_have_its_form() -> None:
    form = {"pattern": r"WO-\d{3}", "says": "WO- and three digits", "example": "WO-123"}
    rules = checklist({"required_custom_fields": [{"name": "Work order", "form": form}]})
    assert check(packet(), rules, facts()) == ()
    (finding,) = check(packet(put("/invoice/custom_fields/0/value", "778")), rules, facts())
    assert "'778'" in finding.sentence
    assert finding.code == "CB-FLD-01"


def test_a_custom_field_of_lines_names_the_lines_without_it() -> None:
    rules = checklist({"required_custom_fields": [{"name": "Cost code", "on": "lines"}]})
    one = put("/invoice/lines/1/custom_fields", [{"name": "Cost code", "value": "17"}])
    (finding,) = check(packet(one), rules, facts())
    assert finding.sentence.startswith("Lines 10 and 30: the field Cost code is empty")
    assert finding.path == "/invoice/lines/0/custom_fields"


def test_a_custom_field_that_the_checklist_adds_itself_is_not_asked_of_the_packet() -> None:
    form = {"custom_fields": {"Region": "4"}}
    rules = checklist({"required_custom_fields": [{"name": "Region"}], "form": form})
    assert check(packet(), rules, facts()) == ()

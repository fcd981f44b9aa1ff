"""The demonstration's scenario: repeatable, right to the cent, and holding every trouble it promises."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from checklists.arithmetic import sums
from gateway.demo.clients import CLIENTS, rate_card
from gateway.demo.orders import PAY_WORDS
from gateway.demo.packets import Case, Scenario, Step, generate
from gateway.packet import DocumentKind, LineKind, Packet, packet_from

NAMES = frozenset(
    [
        "po_prefix",
        "po_unknown",
        "po_closed",
        "po_balance",
        "po_line_kind",
        "unit_hr",
        "bill_to",
        "extra_charges",
        "payment_term",
        "duplicate_number",
        "timesheet_unsigned",
        "timesheet_missing",
        "hours_mismatch",
        "wrong_sum",
        "lost_answer",
        "portal_500",
        "portal_502",
        "slow",
        "disputed_price",
        "disputed_quantity",
        "disputed_papers",
        "rejected_then_fixed",
        "rejected_then_proposed",
        "not_enabled_403",
        "too_many_lines_413",
        "document_invalid_406",
        "unknown_status_word",
        "over_tolerance_hold",
        "not_received",
        "contract_backed",
        "credit_note",
        "several_pos",
        "sign_in_401",
        "hours_over_card",
        "card_not_approved",
        "card_not_named",
        "pay_code_unknown",
        "credit_hours",
        "rate_too_fine",
        "rate_not_ordered",
        "order_run_out",
        "order_cancelled",
        "order_replaced",
        "lump_unbacked",
        "tax_id_missing",
        "queried",
        "rejected_in_words",
        "erp_failed",
    ]
)
CENT = Decimal("0.01")


@pytest.fixture(scope="module", params=[1, 20261121])
def scenario(request: pytest.FixtureRequest) -> Scenario:
    return generate(request.param)


def packets_of(scenario: Scenario) -> Iterator[tuple[Case, Packet]]:
    return ((case, packet_from(case.packet_json)) for case in scenario.cases)


def only(scenario: Scenario, trouble: str) -> list[tuple[Case, Packet]]:
    return [(case, packet) for case, packet in packets_of(scenario) if case.trouble == trouble]


def test_the_same_arguments_give_the_same_bytes() -> None:
    one, other = generate(7), generate(7)
    assert one.orders == other.orders
    assert one.portals == other.portals
    for left, right in zip(one.cases, other.cases, strict=True):
        assert left == right


def test_another_seed_gives_another_scenario() -> None:
    assert generate(7).cases[0].packet_json != generate(8).cases[0].packet_json


def test_every_trouble_is_there_and_the_order_ones_come_several_times(scenario: Scenario) -> None:
    counts = Counter(case.trouble for case in scenario.cases)
    assert set(counts) == NAMES | {""}
    assert all(counts[name] >= 2 for name in NAMES if name.startswith("po_"))
    assert len(scenario.cases) == 100


def test_at_least_thirty_packets_go_over_the_network_of_many_buyers(scenario: Scenario) -> None:
    networked = [case for case in scenario.cases if CLIENTS[case.client].product == "ariba"]
    assert len(networked) >= 30
    assert {case.client for case in networked} == {"summit-ridge-electric", "blue-mesa-power"}


def test_a_large_scenario_has_a_quarter_of_troubled_packets() -> None:
    scenario = generate(3, 400)
    assert len(scenario.cases) == 400
    assert sum(1 for case in scenario.cases if case.trouble) == 100


def test_too_small_a_scenario_is_refused() -> None:
    with pytest.raises(ValueError, match="count must be at least"):
        generate(1, 20)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        generate(1, now=datetime(2026, 11, 20))  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize("days", range(7))
def test_weeks_end_before_the_invoice_date_on_any_day_of_the_week(days: int) -> None:
    now = datetime(2027, 2, 1, 0, 30, tzinfo=UTC) + timedelta(days=days)
    for case, packet in packets_of(generate(2, now=now)):
        period = packet.invoice.period
        assert period is not None
        assert period.start.strftime("%a") == "Sun"
        assert period.end < packet.invoice.issued_on < now.date()
        if case.trouble != "too_many_lines_413":
            assert period.end >= now.date() - timedelta(days=16)


def test_everything_adds_up_except_the_wrong_sum(scenario: Scenario) -> None:
    for case, packet in packets_of(scenario):
        findings = sums(packet.invoice)
        assert bool(findings) == (case.trouble == "wrong_sum"), (case.source_id, findings)


def test_every_line_is_quantity_times_price_without_rounding_and_tax_is_to_the_cent(scenario: Scenario) -> None:
    for _, packet in packets_of(scenario):
        invoice = packet.invoice
        assert all(line.quantity * line.unit_price == line.net_amount for line in invoice.lines)
        assert sum(line.net_amount for line in invoice.lines) == invoice.totals.line_net
        for row in invoice.tax_breakdown:
            assert row.tax_amount == (row.taxable_amount * row.rate / 100).quantize(CENT, ROUND_HALF_UP)
        by_line = [line.tax.amount for line in invoice.lines if line.tax and line.tax.amount is not None]
        if packet.client == "cedar-valley-electric":
            assert sum(by_line) == invoice.totals.tax
        else:
            assert not by_line


def test_documents_are_the_files_and_all_of_them_open(scenario: Scenario) -> None:
    for case, packet in packets_of(scenario):
        assert {document.name for document in packet.documents} == set(case.files)
        for document in packet.documents:
            content = case.files[document.name]
            assert document.size == len(content) < 40_000
            assert len(PdfReader(BytesIO(content)).pages) >= 1


def test_numbers_and_source_ids_are_used_once_but_for_the_duplicate(scenario: Scenario) -> None:
    assert len({case.source_id for case in scenario.cases}) == len(scenario.cases)
    numbers = Counter((packet.client, packet.invoice.number) for _, packet in packets_of(scenario))
    ((case, duplicate),) = only(scenario, "duplicate_number")
    assert [key for key, count in numbers.items() if count > 1] == [(duplicate.client, duplicate.invoice.number)]
    assert numbers[duplicate.client, duplicate.invoice.number] == 2
    earlier = next(packet for _, packet in packets_of(scenario) if packet.source_id == case.after)
    assert earlier.invoice.number == duplicate.invoice.number


def test_what_a_packet_comes_after_is_handed_in_before_and_accepted(scenario: Scenario) -> None:
    seen: dict[str, Case] = {}
    for case in scenario.cases:
        if case.after:
            assert seen[case.after].client == case.client
            assert not seen[case.after].trouble
        seen[case.source_id] = case
    assert {case.trouble for case in scenario.cases[-3:]} == {"not_enabled_403", "sign_in_401"}
    assert [case.last for case in scenario.cases].count(True) == 3


def test_clean_lines_match_their_order_line_in_price_unit_and_kind(scenario: Scenario) -> None:
    for case, packet in packets_of(scenario):
        if case.trouble:
            continue
        ordered = {
            order["number"]: {line["line"]: line for line in order["lines"]} for order in scenario.orders[case.client]
        }
        for line in packet.invoice.lines:
            assert line.order is not None
            assert line.order.line is not None
            row = ordered[packet.invoice.order_number_of(line)][line.order.line]
            assert row["uom"] == line.unit
            assert row["part_number"] == line.part_number
            if row["type"] == "quantity":
                assert Decimal(row["price"]) == line.unit_price
            else:
                assert line.kind in (LineKind.expense, LineKind.goods)


def overdrawn(scenario: Scenario) -> dict[str, set[str]]:
    """Orders with a line that is billed beyond what is ordered, and the troubles of the packets that bill it."""
    billed: dict[tuple[str, str, int], Decimal] = defaultdict(Decimal)
    troubles: dict[tuple[str, str], set[str]] = defaultdict(set)
    lumps = {(key, item.line) for key, client in CLIENTS.items() for item in rate_card(client) if item.lump}
    for case, packet in packets_of(scenario):
        sign = -1 if packet.invoice.is_credit_note else 1
        for line in packet.invoice.lines:
            if line.order and line.order.line:
                place = (case.client, packet.invoice.order_number_of(line), line.order.line)
                weight = line.net_amount if (case.client, line.order.line) in lumps else line.quantity
                billed[place] += sign * weight
                troubles[place[:2]].add(case.trouble)
    found: dict[str, set[str]] = {}
    for client, orders in scenario.orders.items():
        for order in orders:
            for row in order["lines"]:
                limit = Decimal(row["amount"] if row["type"] == "amount" else row["quantity"])
                if billed[client, order["number"], row["line"]] + Decimal(row.get("invoiced", "0")) > limit:
                    found[order["number"]] = troubles[client, order["number"]]
    return found


def test_orders_are_large_enough_except_where_the_balance_is_the_trouble(scenario: Scenario) -> None:
    found = overdrawn(scenario)
    assert len(found) == len(only(scenario, "po_balance")) == 3
    assert all(
        "po_balance" in troubles and troubles <= {"po_balance", "", "credit_note"} for troubles in found.values()
    )


def test_order_amounts_follow_from_quantity_and_price(scenario: Scenario) -> None:
    for orders in scenario.orders.values():
        assert len({order["number"] for order in orders}) == len(orders)
        for row in (row for order in orders for row in order["lines"]):
            assert Decimal(row["amount"]) == Decimal(row["quantity"]) * Decimal(row["price"])


def test_order_numbers_are_spoilt_as_told(scenario: Scenario) -> None:
    known = {key: {order["number"] for order in orders} for key, orders in scenario.orders.items()}
    for case, packet in only(scenario, "po_prefix"):
        printed = packet.invoice.orders[0].number
        assert printed not in known[case.client]
        assert len([number for number in known[case.client] if number in (printed.zfill(10), f"45{printed}")]) == 1
    for case, packet in only(scenario, "po_unknown"):
        printed = packet.invoice.orders[0].number
        assert printed not in known[case.client]
        assert any(sorted(number) == sorted(printed) for number in known[case.client])


def test_papers_tell_the_trouble_they_are_made_for(scenario: Scenario) -> None:
    for case, packet in packets_of(scenario):
        sheets = [document for document in packet.documents if document.kind is DocumentKind.timesheet]
        labour = [line for line in packet.invoice.lines if line.labour]
        shown = sum((row.hours for sheet in sheets for row in sheet.hours), Decimal(0))
        billed = sum((line.quantity for line in labour), Decimal(0))
        assert bool(sheets) == (
            bool(labour) and case.trouble != "timesheet_missing" and not packet.invoice.is_credit_note
        )
        assert all(bool(sheet.signed_by) != (case.trouble == "timesheet_unsigned") for sheet in sheets)
        if sheets:
            assert billed - shown == (2 if case.trouble == "hours_mismatch" else 0)


def test_codes_parties_and_charges_are_spoilt_as_told(scenario: Scenario) -> None:
    for case, packet in packets_of(scenario):
        invoice = packet.invoice
        assert any(line.unit == "HR" for line in invoice.lines) == (case.trouble == "unit_hr")
        assert (invoice.bill_to is not None) == (case.trouble == "bill_to")
        assert (invoice.totals.charges > 0) == (case.trouble == "extra_charges")
        assert (len(invoice.orders) > 1) == (case.trouble == "several_pos")
        assert (not invoice.orders) == (case.trouble == "contract_backed")
        assert invoice.is_credit_note == (case.trouble in ("credit_note", "credit_hours"))
        assert (len(invoice.lines) > 60) == (case.trouble == "too_many_lines_413")


def test_a_network_of_buyers_knows_every_week_by_its_time_card(scenario: Scenario) -> None:
    for case, packet in packets_of(scenario):
        cards = {card["id"]: card for card in scenario.time_cards[case.client]}
        billed: dict[str, Decimal] = defaultdict(Decimal)
        for line in packet.invoice.lines:
            if line.labour and CLIENTS[case.client].product == "ariba":
                billed[line.labour.timesheet_id] += line.quantity
        assert not (cards and CLIENTS[case.client].product != "ariba")
        if case.trouble in ("card_not_named", "credit_hours", "hours_over_card"):
            continue
        for name, hours in billed.items():
            assert sum(map(Decimal, cards[name]["hours"].values())) == hours, case.trouble
            assert (cards[name].get("status") == "submitted") == (case.trouble == "card_not_approved")


def test_rates_have_the_pay_codes_of_their_lines(scenario: Scenario) -> None:
    for client in CLIENTS.values():
        codes = {item.part_number: item.pay_code for item in rate_card(client)}
        assert {code for code in codes.values() if code} == set(client.pay_codes)
        for order in scenario.orders[client.key]:
            for line in order["lines"]:
                rates = {PAY_WORDS[codes[line["part_number"]]]: line["price"]} if codes[line["part_number"]] else None
                assert line.get("rates") == (rates if client.product == "ariba" else None)


def test_every_packet_has_an_end_and_a_sentence(scenario: Scenario) -> None:
    for case in scenario.cases:
        assert case.told.endswith(".")
        assert (case.expected_end == "refused_at_intake") == (case.trouble == "wrong_sum")
        assert (case.buyer == "approves") == (case.expected_end == "accepted")
        assert case.expected_correction is None or case.expected_end == "accepted"
        if not case.trouble:
            assert (case.expected_end, case.portal_script) == ("accepted", ())


def test_steps_become_control_requests() -> None:
    assert Step("fault", {"kind": "slow"}, "before_sending").request("X") == ("/_sandbox/faults", {"kind": "slow"})
    assert Step("order", {}, "after_receipt", "HG-1/close").request("X")[0] == "/_sandbox/orders/HG-1/close"
    assert (
        Step("status", {"status": "on_hold"}, "after_receipt").request("A/1 b")[0]
        == "/_sandbox/invoices/A%2F1%20b/status"
    )


def test_a_change_order_keeps_part_numbers_and_replaces_line_numbers(scenario: Scenario) -> None:
    ((case, packet),) = only(scenario, "rejected_then_fixed")
    order = next(order for order in scenario.orders[case.client] if order["number"] == packet.invoice.orders[0].number)
    (renumbered,) = case.portal_script[0].body["orders"]
    assert [line["part_number"] for line in renumbered["lines"]] == [line["part_number"] for line in order["lines"]]
    assert not {line["line"] for line in renumbered["lines"]} & {line["line"] for line in order["lines"]}


def test_the_invoice_date_is_the_day_before_the_packets_are_made() -> None:
    packet = packet_from(generate(5, now=datetime(2026, 12, 3, 9, tzinfo=UTC)).cases[0].packet_json)
    assert packet.invoice.issued_on == date(2026, 12, 2)
    assert packet.generated_at == datetime(2026, 12, 3, 9, tzinfo=UTC)

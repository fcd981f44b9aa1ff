"""The utility's time-and-materials scenarios, billed by hand: what the network says, and how the mended ones end."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from adapters.ariba.sandbox import Portal
from adapters.ariba.sandbox.scenarios import ORDER, ORDER_NUMBER, RULE_SET, SCENARIOS, Bill, Scenario
from gateway.verdict import ReasonCode

from .sandbox_papers import block, fetched, invoice, labour, lump_sum, money, order_reference, post, update_of

PAPER = "<Comments><Attachment><URL>cid:receipt@x</URL></Attachment></Comments>"


def line(number: int, bill: Bill) -> str:
    """One line of a scenario, as hand-written cXML."""
    if bill.amount:
        return lump_sum(number, bill.amount, str(bill.order_line), PAPER if bill.document else "")
    subtotal = total((bill,))
    if not bill.pay_code:
        return (
            f'<InvoiceDetailItem invoiceLineNumber="{number}" quantity="{bill.quantity}">'
            f"<UnitOfMeasure>{bill.unit}</UnitOfMeasure>{money('UnitPrice', bill.rate)}"
            f'<InvoiceDetailItemReference lineNumber="{bill.order_line}"/>{money("SubtotalAmount", subtotal)}'
            "</InvoiceDetailItem>"
        )
    start, end = (f"{day}T00:00:00-06:00" for day in bill.week)
    return labour(
        number, hours=bill.quantity, rate=bill.rate, unit=bill.unit, pay_code=bill.pay_code, time_card=bill.time_card,
        po_line=str(bill.order_line), start=start, end=end, subtotal=subtotal,
    )  # fmt: skip


def total(bills: tuple[Bill, ...]) -> str:
    """What the lines come to."""
    amounts = [Decimal(each.amount) if each.amount else Decimal(each.quantity) * Decimal(each.rate) for each in bills]
    return str(sum(amounts, Decimal(0)).quantize(Decimal("0.01")))


def document(
    portal: Portal,
    scenario: Scenario,
    bills: tuple[Bill, ...],
    number: str,
    *,
    payload: str = "",
    order_payload: str = "",
) -> bytes:
    """The invoice or credit memo."""
    reference = order_reference(ORDER_NUMBER, order_payload or str(ORDER["payload_id"]))
    credit = scenario.credits and number != "ORIGINAL"
    original = "ORIGINAL@supplier.example" if scenario.names_original else "nobody@supplier.example"
    return invoice(
        number,
        blocks=block(*(line(count, each) for count, each in enumerate(bills, 1)), order=reference),
        total=total(bills),
        payload=payload,
        buyer=portal.account()["buyer_identity"],
        attributes='purpose="lineLevelCreditMemo"' if credit else "",
        header=f'<DocumentReference payloadID="{original}"/>' if credit else "",
    )


@pytest.fixture
def utility(portal: Portal) -> Portal:
    """The sandbox with the utility's rules and order; the order of the other tests is left out."""
    portal.reset()
    portal.rules(RULE_SET)
    portal.orders([ORDER])
    return portal


def play(utility: Portal, client: httpx.Client, scenario: Scenario) -> None:
    """Everything up to the first transmission, and that."""
    utility.time_cards(scenario.time_cards)
    if scenario.credits:
        post(client, document(utility, scenario, scenario.credits, "ORIGINAL"))
    for path, body in scenario.before:
        assert client.post(f"/_sandbox/{path}", json=body).status_code == 200
    post(client, document(utility, scenario, scenario.lines, "INV-1"))


@pytest.mark.parametrize("key", SCENARIOS)
def test_a_scenario_is_met_with_what_it_names(key: str, utility: Portal, client: httpx.Client) -> None:
    scenario = SCENARIOS[key]
    play(utility, client, scenario)
    held = utility.documents()[-1]
    assert [error.split(":")[0] for error in held["errors"]] == list(scenario.codes)
    assert held["exceptions"] == list(scenario.exceptions)
    refused = bool(scenario.codes or scenario.exceptions)
    assert held["status"] == ("rejected" if refused else "sent")
    assert refused == (scenario.ends != "accepted")
    if refused:
        assert scenario.reason in set(ReasonCode)
        last = update_of(fetched(client)[-1])
        assert (last["type"], last["reference"]) == ("rejected", "INV-1@supplier.example")
        assert (last["code"], last["partial"]) == (("500", None) if scenario.codes else ("200", "0.00"))
        assert len(last["comments"]) == (len(scenario.codes) or 1)


def test_hours_with_the_right_unit_are_accepted_under_the_same_number(utility: Portal, client: httpx.Client) -> None:
    scenario = SCENARIOS["hr_instead_of_hur"]
    play(utility, client, scenario)
    mended = document(utility, scenario, (Bill(quantity="40", rate="98.50"),), "INV-1", payload="mended")
    post(client, mended)
    assert [each["routing_status"] for each in utility.documents()] == ["obsoleted", "acknowledged"]


def test_zeros_left_out_of_a_rate_are_accepted(utility: Portal, client: httpx.Client) -> None:
    scenario = SCENARIOS["four_decimals_on_paper_only"]
    play(utility, client, scenario)
    mended = document(utility, scenario, (Bill(quantity="40", rate="98.50"),), "INV-1", payload="mended")
    post(client, mended)
    assert utility.documents()[-1]["routing_status"] == "acknowledged"


def test_the_newer_version_of_a_replaced_order_is_accepted(utility: Portal, client: httpx.Client) -> None:
    scenario = SCENARIOS["order_replaced_before_billing"]
    play(utility, client, scenario)
    (order,) = client.get("/_sandbox/orders").json()["orders"]
    assert order["version"] == 2
    mended = document(utility, scenario, scenario.lines, "INV-1", payload="mended", order_payload=order["payload_id"])
    post(client, mended)
    assert utility.documents()[-1]["routing_status"] == "acknowledged"


def test_a_clerk_names_every_exception_in_one_text(utility: Portal, client: httpx.Client) -> None:
    scenario = SCENARIOS["hours_over_the_approved_sheet"]
    bills = (*scenario.lines, *SCENARIOS["lump_sum_without_papers"].lines[1:])
    utility.time_cards(scenario.time_cards)
    post(client, document(utility, scenario, bills, "INV-1"))
    (text,) = (text for _, text in update_of(fetched(client)[-1])["comments"])
    assert "line 1 bills 44 hours, approved time sheet TC-2026-46 has 40" in text
    assert "line 2 bills a lump sum without any supporting document" in text


def test_a_clerk_may_hold_an_invoice_instead(utility: Portal, client: httpx.Client) -> None:
    utility.rules(clerk="holds")
    play(utility, client, SCENARIOS["hours_over_the_approved_sheet"])
    (held,) = utility.documents()
    assert (held["status"], held["exceptions"]) == ("processing", ["Time Sheet Hours Variance"])


def test_hours_within_the_tolerance_match(utility: Portal, client: httpx.Client) -> None:
    utility.rules(hours_tolerance=4)
    play(utility, client, SCENARIOS["hours_over_the_approved_sheet"])
    assert utility.documents()[-1]["exceptions"] == []


def test_hours_billed_twice_on_one_time_card_are_found(utility: Portal, client: httpx.Client) -> None:
    scenario = SCENARIOS["a_good_week"]
    play(utility, client, scenario)
    post(client, document(utility, scenario, scenario.lines[:1], "INV-2"))
    assert utility.documents()[-1]["exceptions"] == ["Time Sheet Hours Variance"]
    utility.says("INV-1", "canceled")
    post(client, document(utility, scenario, scenario.lines[:1], "INV-3"))
    assert utility.documents()[-1]["exceptions"] == []


def test_a_credit_frees_the_hours_it_gives_back(utility: Portal, client: httpx.Client) -> None:
    scenario = SCENARIOS["credit_for_hours_billed_too_much"]
    play(utility, client, scenario)
    (order,) = client.get("/_sandbox/orders").json()["orders"]
    assert order["lines"][0]["invoiced_quantity"] == "36"
    post(client, document(utility, SCENARIOS["a_good_week"], (Bill(quantity="4", rate="98.50"),), "INV-2"))
    assert utility.documents()[-1]["exceptions"] == []

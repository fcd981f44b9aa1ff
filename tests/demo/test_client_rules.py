"""The sample checklists meet the scenario: clean packets pass, and what a check can see is seen for its reason."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import checklists
from checklists.check import check
from checklists.facts import Facts
from checklists.finding import Finding
from checklists.library import load_folder
from gateway.demo.packets import DEFAULT_NOW, Case, Scenario, generate
from gateway.order import Order, OrderLine, OrderState
from gateway.packet import OrderLineKind, packet_from
from gateway.verdict import ReasonCode

SEEN_BEFORE_SENDING = {
    "po_prefix": set(),  # a matter of form: the reason is the checklist's to name
    "po_unknown": {ReasonCode.po_unknown},
    "unit_hr": {ReasonCode.unit_mismatch},
    "extra_charges": {ReasonCode.charges_not_permitted},
    "timesheet_unsigned": {ReasonCode.timesheet_unsigned},
    "timesheet_missing": {ReasonCode.timesheet_missing},
    "hours_mismatch": {ReasonCode.hours_mismatch},
    "wrong_sum": {ReasonCode.sum_mismatch},
}


class Register(dict[str, Order | None]):
    """A complete order register: it knows of every other number that there is no such order."""

    def __contains__(self, number: object) -> bool:
        return True

    def __missing__(self, number: str) -> None:
        return None

    def get(self, number: str, default: Any = None) -> Any:
        return super().get(number)


def order_from(given: Mapping[str, Any]) -> Order:
    state = OrderState.open if given["status"] == "issued" else OrderState.closed
    lines = tuple(line_from(row) for row in given["lines"])
    return Order(given["number"], state, given["currency"], lines, payload_id=given.get("payload_id", ""))


def line_from(row: Mapping[str, Any]) -> OrderLine:
    by_quantity, invoiced = row["type"] == "quantity", Decimal(row.get("invoiced", "0"))
    return OrderLine(
        number=row["line"],
        kind=OrderLineKind(row["type"]),
        description=row["description"],
        part_number=row["part_number"],
        unit=row["uom"] if by_quantity else "",
        quantity=Decimal(row["quantity"]) if by_quantity else None,
        price=Decimal(row["price"]) if by_quantity else None,
        amount=Decimal(row["amount"]),
        invoiced_quantity=invoiced if by_quantity else None,
        invoiced_amount=invoiced * Decimal(row["price"]) if by_quantity else invoiced,
    )


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return generate(5)


@pytest.fixture(scope="module")
def findings(scenario: Scenario) -> list[tuple[Case, tuple[Finding, ...]]]:
    rules = load_folder(Path(checklists.__file__).parent / "clients").on(DEFAULT_NOW.date())
    registers = {
        key: Register({row["number"]: order_from(row) for row in rows}) for key, rows in scenario.orders.items()
    }
    return [
        (
            case,
            check(
                packet_from(case.packet_json),
                rules[case.client],
                Facts(today=DEFAULT_NOW.date(), orders=registers[case.client]),
            ),
        )
        for case in scenario.cases
    ]


def test_clean_packets_have_no_finding(findings: list[tuple[Case, tuple[Finding, ...]]]) -> None:
    assert [(case.source_id, found) for case, found in findings if not case.trouble and found] == []


@pytest.mark.parametrize("trouble", SEEN_BEFORE_SENDING)
def test_what_a_check_can_see_is_seen(findings: list[tuple[Case, tuple[Finding, ...]]], trouble: str) -> None:
    cases = [found for case, found in findings if case.trouble == trouble]
    assert cases
    for found in cases:
        assert found
        assert {finding.reason for finding in found} >= SEEN_BEFORE_SENDING[trouble]


def test_faults_of_the_portal_show_nothing_before_sending(findings: list[tuple[Case, tuple[Finding, ...]]]) -> None:
    wire = {"lost_answer", "portal_500", "portal_502", "slow", "sign_in_401", "not_enabled_403"}
    wire |= {"rejected_then_fixed", "rejected_then_proposed"}
    for case, found in findings:
        assert not (case.trouble in wire and found), (case.trouble, found)


def test_packets_that_are_to_be_accepted_are_stopped_only_where_a_correction_is_expected(
    findings: list[tuple[Case, tuple[Finding, ...]]],
) -> None:
    for case, found in findings:
        if case.expected_end == "accepted" and found:
            assert case.expected_correction, (case.trouble, found)

"""The sandbox's T&M scenarios through the whole house: each ends as its comment in the sandbox says.

Twice: with a checklist that knows what the utility asks, so that the trouble is prevented before anything is sent; and
with one that asks for nothing, so that the utility's own answer comes back over HTTP and is handled.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.ariba.sandbox.scenarios import SCENARIOS, Scenario
from gateway.verdict import Actor, Stage
from tests.cxml_documents import faults_of, stored
from tests.scenarios.utility import Utility, open_utility
from tests.scenarios.weeks import PAY_CODES, invoice_of

RETRIES = {"number": {"after_failed": "same", "after_rejected": "suffix"}}  # as the network lets a number return
KNOWS_NOTHING: Mapping[str, Any] = {
    **RETRIES,
    "orders": {"rate_differs": "ignore", "outside_validity": "ignore"},
    "units": {"mapping": {"HR": "HUR"}},
    "corrections": {"from_words": True},
}
KNOWS_EVERYTHING: Mapping[str, Any] = {
    **RETRIES,
    "orders": {
        "form": {"pattern": r"\d{9}", "says": "nine digits", "example": "450001234"},
        "named_by": "version",
        "rate_differs": "stop",
        "outside_validity": "stop",
    },
    "labour": {"time_card_required": True, "pay_codes": ["ST", "OT"]},
    "documents": [
        {"kind": "timesheet", "for_lines": ["labour"], "signed": True, "hours_match": True, "who_acts": "field"},
        {"kind": "receipt", "for_lines": ["goods"], "for_lump_sums": True},
    ],
    "form": {"price_decimals": 3, "quantity_decimals": 2, "currencies": ["USD"]},
    "units": {"allowed": ["HUR", "SMI", "LS"], "mapping": {"HR": "HUR"}},
    "credit_notes": {"reason_required": True, "original_required": True},
}


NO_ORDERS = {"orders_from": "none"}  # then the register says nothing, and only the portal can


@dataclass(frozen=True)
class End:
    """How a scenario ends: what was sent, what it was corrected by, and before whom it stands with which reasons.

    `findings` are the checklist's codes where that stopped it; `says` is a part of the next step, `told` of the
    portal's own words."""

    sent: int = 1
    rules: tuple[str, ...] = ()
    who: Actor = Actor.nobody
    reasons: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    says: str = ""
    told: str = ""


PREVENTED: Mapping[str, End] = {
    "a_good_week": End(),
    "hours_over_the_approved_sheet": End(
        0, who=Actor.field, reasons=("hours_mismatch",), findings=("CB-DOC-06",), says="a corrected and signed sheet"
    ),
    "rate_not_in_the_order": End(
        0, who=Actor.us, reasons=("rate_mismatch",), findings=("CB-PO-13",), says="bill the order's rate"
    ),
    "hr_instead_of_hur": End(1, ("unit_mapping",)),
    "time_card_id_missing": End(
        0,
        who=Actor.field,
        reasons=("timesheet_missing",),
        findings=("CB-LAB-01",),
        says="Get the number of the approved",
    ),
    "time_card_not_approved": End(  # nobody signed it, so it is not among the papers
        0, who=Actor.field, reasons=("timesheet_missing",), findings=("CB-DOC-02",), says="time sheet TC-2026-46"
    ),
    "four_decimal_rate": End(
        0,
        who=Actor.us,
        reasons=("rate_mismatch", "rate_mismatch"),
        findings=("CB-PO-13", "CB-DEC-01"),
        says="at most 3 decimals",
    ),
    "four_decimals_on_paper_only": End(),  # the zeros are left out in writing: nothing is refused
    "pay_code_unknown": End(
        0,
        who=Actor.us,
        reasons=("rate_mismatch", "rate_mismatch"),
        findings=("CB-LAB-03", "CB-LAB-03"),
        says="Have a rate for DT agreed",
    ),
    "period_outside_the_order": End(
        0,
        who=Actor.client_ap,
        reasons=("date_out_of_window",),
        findings=("CB-DATE-04",),
        says="prolong order",
    ),
    "order_replaced_before_billing": End(1, ("po_reference",)),
    "order_cancelled_before_billing": End(  # what came of the order is that it takes no invoices any more
        0,
        who=Actor.client_ap,
        reasons=("po_closed", "po_obsolete"),
        findings=("CB-PO-04", "CB-PO-17"),
        says="name the order that follows it",
    ),
    "lump_sum_without_papers": End(
        0,
        who=Actor.field,
        reasons=("attachment_missing",),
        findings=("CB-DOC-01",),
        says="Get the receipt",
    ),
    "lump_sum_with_papers": End(),
    "credit_for_hours_billed_too_much": End(),
    "credit_without_its_original": End(
        0, who=Actor.us, reasons=("original_missing",), findings=("CB-CRN-04",), says="which invoice billed this"
    ),
}


FREE_TEXT = "Comment: [MDC] Your invoice was rejected by accounts payable because "
TOLD: Mapping[str, End] = {
    "a_good_week": End(),
    "hours_over_the_approved_sheet": End(
        who=Actor.field,
        reasons=("hours_mismatch",),
        says="Reconcile the billed hours",
        told=f"{FREE_TEXT}line 1 bills 44 hours, approved time sheet TC-2026-46 has 40",
    ),
    "rate_not_in_the_order": End(
        who=Actor.us,
        reasons=("rate_mismatch",),
        says="Compare the rate with the rate card",
        told="SANDBOX-RATE: Line 1: rate 101.25 is not the rate 98.50",
    ),
    "hr_instead_of_hur": End(2, ("unit_mapping",)),
    "time_card_id_missing": End(
        who=Actor.field, reasons=("timesheet_missing",), says="missing time sheet", told="a time card is required"
    ),
    "time_card_not_approved": End(
        who=Actor.field,
        reasons=("timesheet_missing",),
        says="missing time sheet",
        told=f"{FREE_TEXT}no approved",
    ),
    "four_decimal_rate": End(
        who=Actor.us,
        reasons=("price_mismatch", "rate_mismatch"),
        says="Compare the rate with the rate card",
        told="unit price 98.5125 has more than 3 decimals",
    ),
    "four_decimals_on_paper_only": End(),  # the zeros are left out in writing: nothing is refused
    "pay_code_unknown": End(
        who=Actor.us,
        reasons=("rate_mismatch",),
        says="Compare the rate with the rate card",
        told="pay code Doubletime is not on the purchase order",
    ),
    "period_outside_the_order": End(
        who=Actor.us,
        reasons=("date_out_of_window",),
        says="with the client",
        told="the service period is outside the validity of purchase order 450001234",
    ),
    "order_replaced_before_billing": End(2, ("po_reference",)),
    "order_cancelled_before_billing": End(
        who=Actor.client_ap,
        reasons=("po_obsolete",),
        says="Ask the client for the present version",
        told="INV-13: Order reference 450001234 is an obsolete, duplicate, or replaced order.",
    ),
    "lump_sum_without_papers": End(
        who=Actor.field,
        reasons=("attachment_missing",),
        says="Supply the missing paper",
        told=f"{FREE_TEXT}line 2 bills a lump sum without any supporting document",
    ),
    "lump_sum_with_papers": End(),
    "credit_for_hours_billed_too_much": End(),
    "credit_without_its_original": End(
        who=Actor.us,
        reasons=("original_missing",),
        says="Name the invoice that this credit note credits",
        told="SANDBOX-CREDIT-ORIGINAL: The invoice that is credited is missing or unknown.",
    ),
}


def test_every_scenario_has_its_end_in_both_tables() -> None:
    assert SCENARIOS.keys() == PREVENTED.keys() == TOLD.keys()


def sheet_hours(scenario: Scenario) -> dict[str, str] | None:
    """What the crew's signed time sheet shows: the hours that the utility has approved; none if it has not."""
    card = scenario.time_cards[0]
    if card.get("status") == "submitted":
        return None
    return {PAY_CODES[word]: hours for word, hours in card["hours"].items()}


@pytest.mark.parametrize("key", SCENARIOS)
def test_a_trouble_that_the_checklist_knows_is_prevented_or_mended_before_sending(
    key: str, sqlite_url: str, tmp_path: Path
) -> None:
    scenario = SCENARIOS[key]
    with open_utility(sqlite_url, tmp_path, KNOWS_EVERYTHING) as utility:
        utility.set_up(scenario)
        utility.happens(scenario)
        utility.read_orders()
        packet_id = utility.run(invoice_of(scenario, sheet_hours=sheet_hours(scenario)))
        check_end(utility, packet_id, scenario, PREVENTED[key])


@pytest.mark.parametrize("key", SCENARIOS)
def test_a_trouble_that_the_portal_tells_of_is_mended_or_put_before_a_person_with_its_reason(
    key: str, sqlite_url: str, tmp_path: Path
) -> None:
    scenario = SCENARIOS[key]
    with open_utility(sqlite_url, tmp_path, KNOWS_NOTHING, {} if scenario.before else NO_ORDERS) as utility:
        utility.set_up(scenario)
        utility.happens(scenario)
        packet_id = utility.run(invoice_of(scenario, original_document="unknown-1@ridgeline.example"))
        check_end(utility, packet_id, scenario, TOLD[key])


def check_end(utility: Utility, packet_id: str, scenario: Scenario, end: End) -> None:
    """The packet stands where the table says, and that is what the sandbox's comment asks for."""
    record, documents = utility.record(packet_id), utility.documents(packet_id)
    assert record.stage is (Stage.held if end.reasons else Stage.accepted), record.why
    assert (len(documents), utility.rules_used(packet_id)) == (end.sent, end.rules)
    assert tuple(why["code"] for why in record.why) == end.reasons
    assert tuple(why["finding"] for why in record.why if why.get("finding")) == end.findings
    assert record.who_acts is end.who
    assert end.says in record.action
    assert end.told in " ".join(why["portal_text"] for why in record.why)
    assert bool(end.reasons) == (scenario.ends == "person")
    assert scenario.reason in end.reasons or scenario.ends != "person"
    faults = {fault for body in stored(utility.house).values() for fault in faults_of(body)}
    assert {fault for fault in faults if "HR" not in fault} == set(), "what is sent is valid, but for the slip itself"

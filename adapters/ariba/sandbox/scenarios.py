"""Time and materials billed to a utility: the cases of facts 10, each with how it must end.

Neutral data: whoever plays a scenario puts `ORDER`, its time cards and the rule set by the control API, bills `lines`
in the way of the house under test, and does the `before` steps after the order was learnt, before the invoice leaves.
`codes` are what the network says of the first try, `exceptions` what the buyer's matching finds in it.

`ends` is "accepted" (nothing stands in the way), "corrected" (refused, mended by a licensed correction, accepted) or
"person" (somebody must decide, since money, hours, rates or evidence are in question). `reason` names the trouble.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

RULE_SET = "utility"
ORDER_NUMBER = "450001234"
ORDER: dict[str, Any] = {
    "number": ORDER_NUMBER,
    "date": "2026-01-05T09:00:00-06:00",
    "payload_id": "po-450001234-v1@utility.example",
    "currency": "USD",
    "valid_from": "2026-01-01T00:00:00-06:00",
    "valid_to": "2026-12-31T23:59:59-06:00",
    "lines": [
        {
            "line": 1,
            "type": "quantity",
            "description": "Lineman, storm restoration",
            "quantity": "2000",
            "uom": "HUR",
            "price": "98.50",
            "rates": {"Regular": "98.50", "Overtime": "147.75"},
        },
        {"line": 2, "type": "amount", "description": "Materials", "amount": "25000.00"},
        {"line": 3, "type": "quantity", "description": "Mileage", "quantity": "9000", "uom": "SMI", "price": "0.67"},
    ],
}
TIME_CARD: dict[str, Any] = {
    "id": "TC-2026-46",
    "order": ORDER_NUMBER,
    "worker": "W-014",
    "hours": {"Regular": "40", "Overtime": "6"},
}
WEEK = ("2026-11-09", "2026-11-15")


@dataclass(frozen=True, slots=True)
class Bill:
    """One line billed. Hours and miles have quantity and rate, a lump sum its amount; money in USD."""

    order_line: int = 1
    quantity: str = ""
    unit: str = "HUR"
    rate: str = ""
    amount: str = ""
    pay_code: str = "Regular"
    time_card: str = "TC-2026-46"
    week: tuple[str, str] = WEEK
    document: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """One case. `credits`: the lines of an earlier, accepted invoice that this one credits."""

    title: str
    lines: tuple[Bill, ...]
    ends: Literal["accepted", "corrected", "person"]
    reason: str = ""
    codes: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    before: tuple[tuple[str, dict[str, Any]], ...] = ()
    credits: tuple[Bill, ...] = ()
    names_original: bool = True
    time_cards: tuple[dict[str, Any], ...] = field(default=(TIME_CARD,))


REGULAR = Bill(quantity="40", rate="98.50")
OVERTIME = Bill(quantity="6", rate="147.75", pay_code="Overtime")
MILES = Bill(order_line=3, quantity="120", unit="SMI", rate="0.67", pay_code="", time_card="")

SCENARIOS: dict[str, Scenario] = {
    # Ends accepted: hours as approved, rates as ordered, inside the order's validity.
    "a_good_week": Scenario("Forty hours, six of overtime and the truck", (REGULAR, OVERTIME, MILES), "accepted"),
    # Ends before a person (the field): 44 hours billed, 40 approved, and hours are never changed by a machine. The
    # network lets it through; the buyer's matching finds it and a clerk rejects it in free text.
    "hours_over_the_approved_sheet": Scenario(
        "More hours than the approved time card has",
        (Bill(quantity="44", rate="98.50"),),
        "person",
        "hours_mismatch",
        exceptions=("Time Sheet Hours Variance",),
    ),
    # Ends before a person: 101.25 is on no line of the order; a rate is never changed by a machine.
    "rate_not_in_the_order": Scenario(
        "A rate that the order does not have",
        (Bill(quantity="40", rate="101.25"),),
        "person",
        "rate_mismatch",
        codes=("SANDBOX-RATE",),
    ),
    # Ends corrected: HR is a slip of writing for HUR, the unit of the order's line; hours and rate stay.
    "hr_instead_of_hur": Scenario(
        "HR where the code of an hour is HUR",
        (Bill(quantity="40", rate="98.50", unit="HR"),),
        "corrected",
        "unit_mismatch",
        codes=("SANDBOX-UNIT-CODE", "SANDBOX-UNIT"),
    ),
    # Ends before a person (the field): only the crew's office knows which card the hours are on.
    "time_card_id_missing": Scenario(
        "Hours without a time card id",
        (Bill(quantity="40", rate="98.50", time_card=""),),
        "person",
        "timesheet_missing",
        codes=("SANDBOX-TIME-CARD",),
    ),
    # Ends before a person (the field): the card named does not exist, or nobody approved it; the clerk says so.
    "time_card_not_approved": Scenario(
        "Hours on a time card that nobody approved",
        (Bill(quantity="40", rate="98.50"),),
        "person",
        "timesheet_missing",
        exceptions=("Unmatched Time Sheet",),
        time_cards=({**TIME_CARD, "status": "submitted"},),
    ),
    # Ends before a person: the utility takes three decimals, and cutting the fourth changes a rate.
    "four_decimal_rate": Scenario(
        "A rate with four decimals that matter",
        (Bill(quantity="40", rate="98.5125"),),
        "person",
        "rate_mismatch",
        codes=("SANDBOX-PRICE-DECIMALS", "SANDBOX-RATE"),
    ),
    # Ends corrected: the last two decimals are zeros, and leaving them out changes nothing.
    "four_decimals_on_paper_only": Scenario(
        "A rate written with zeros behind it",
        (Bill(quantity="40", rate="98.5000"),),
        "corrected",
        "rate_mismatch",
        codes=("SANDBOX-PRICE-DECIMALS",),
    ),
    # Ends before a person: double time was never agreed on this order; somebody must ask for it or bill overtime.
    "pay_code_unknown": Scenario(
        "Double time where the order has regular and overtime",
        (REGULAR, Bill(quantity="6", rate="197.00", pay_code="Doubletime")),
        "person",
        "rate_mismatch",
        codes=("SANDBOX-PAY-CODE",),
        time_cards=({**TIME_CARD, "hours": {"Regular": "40", "Doubletime": "6"}},),
    ),
    # Ends before a person: the week lies behind the order's last day; the buyer must prolong it or name another order.
    "period_outside_the_order": Scenario(
        "A week after the order has run out",
        (Bill(quantity="40", rate="98.50", week=("2027-01-04", "2027-01-10")),),
        "person",
        "date_out_of_window",
        codes=("SANDBOX-PERIOD",),
    ),
    # Ends corrected: a new version of the order came between approval and billing. It has the same lines at the same
    # rates, so the reference to it (payloadID, date) is all that changes.
    "order_replaced_before_billing": Scenario(
        "The order was replaced after the hours were approved",
        (REGULAR,),
        "corrected",
        "po_obsolete",
        codes=("INV-13",),
        before=((f"orders/{ORDER_NUMBER}/replace", {}),),
    ),
    # Ends before a person: the order was cancelled and nothing took its place; the buyer must say what to bill against.
    "order_cancelled_before_billing": Scenario(
        "The order was cancelled after the hours were approved",
        (REGULAR,),
        "person",
        "po_obsolete",
        codes=("INV-13",),
        before=((f"orders/{ORDER_NUMBER}/cancel", {}),),
    ),
    # Ends before a person (the field): somebody must find the receipts; the clerk's words say what is missing.
    "lump_sum_without_papers": Scenario(
        "Materials as a lump sum with nothing behind it",
        (REGULAR, Bill(order_line=2, unit="", amount="1250.00", pay_code="", time_card="")),
        "person",
        "attachment_missing",
        exceptions=("Missing Documentation",),
    ),
    # Ends accepted: the same with a receipt attached.
    "lump_sum_with_papers": Scenario(
        "Materials as a lump sum with the receipt attached",
        (REGULAR, Bill(order_line=2, unit="", amount="1250.00", pay_code="", time_card="", document=True)),
        "accepted",
    ),
    # Ends accepted: four hours too many were billed and paid for; they go back as a line-level credit memo that names
    # the invoice they were on.
    "credit_for_hours_billed_too_much": Scenario(
        "A credit memo for four hours",
        (Bill(quantity="-4", rate="98.50"),),
        "accepted",
        credits=(REGULAR,),
    ),
    # Ends before a person: a credit that names no invoice the utility has; which one is not to be guessed.
    "credit_without_its_original": Scenario(
        "A credit memo that names no known invoice",
        (Bill(quantity="-4", rate="98.50"),),
        "person",
        "original_missing",
        codes=("SANDBOX-CREDIT-ORIGINAL",),
        credits=(REGULAR,),
        names_original=False,
    ),
}

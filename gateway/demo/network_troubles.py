"""What goes wrong with time and materials on a network of many buyers, as `troubles` does it for a buyer's own portal.

The network takes every document and says later what it is worth: its own rules first, then the buyer's matching of
hours with approved time cards, then the buyer's people. So what is not found before sending mostly comes back in words.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from gateway.demo.clients import BLUE_MESA, SUMMIT_RIDGE, Client, hourly
from gateway.demo.desk import Desk
from gateway.demo.drafts import Draft
from gateway.demo.troubles import (
    LOST,
    Trouble,
    disputed,
    faulty,
    first,
    held,
    refused,
    several_orders,
    sign_in_refused,
    unit_hr,
    with_status,
)
from gateway.demo.weeks import Entry

# --- hours --------------------------------------------------------------------------------------------------------


def hours_over_card(desk: Desk) -> Draft:
    """Our papers agree with our bill; the client approved fewer hours."""
    draft = desk.usual(BLUE_MESA)
    week = draft.weeks[0]
    billed = sum((row.total for row in week.rows if row.pay_code == "ST"), Decimal(0))
    draft.approved = {"hours": {"Regular": str(billed - 4), "Overtime": "400"}}
    draft.told = f"{billed} h are billed on time card {week.sheet_id}; the client approved {billed - 4}."
    return held(draft)


def card_not_approved(desk: Desk) -> Draft:
    """The client has the time card and has not looked at it."""
    draft = desk.usual(SUMMIT_RIDGE)
    draft.approved = {"status": "submitted"}
    draft.told = f"Nobody at the client has approved time card {draft.weeks[0].sheet_id} yet."
    return held(draft)


def card_not_named(desk: Desk) -> Draft:
    """Hours without the id of their time card."""
    draft = desk.usual(SUMMIT_RIDGE)
    for entry in draft.entries:
        entry.sheet_id = ""
    draft.told = "The labour lines do not say which time card they are on."
    return held(draft)


def pay_code_unknown(desk: Desk) -> Draft:
    """Double time, of which neither order nor agreement knows."""
    draft = desk.usual(BLUE_MESA)
    entry = first(draft, "labour")
    item, week = entry.item, draft.weeks[0]
    entry.item = replace(item, pay_code="DT", price=hourly(BLUE_MESA, item.classification, "DT"))
    week.rows[0] = replace(week.rows[0], pay_code="DT")
    draft.told = f"{entry.quantity} h of double time are billed; straight time and overtime are agreed."
    return held(draft)


def credit_hours(desk: Desk) -> Draft:
    """Four hours of an earlier invoice go back, by a credit memo that names it."""
    earlier = desk.first_clean[BLUE_MESA.key]
    hours = first(earlier, "labour")
    back = Entry(hours.item, Decimal(4), hours.order, hours.worker, hours.sheet_id)
    draft = desk.draft(BLUE_MESA, earlier.weeks, [back])
    draft.extra = {
        "type": "381",
        "preceding": {"number": earlier.number, "issued_on": str(earlier.issued_on)},
        "credit_reason": "Four hours billed too many",
    }
    draft.after = earlier.source_id
    draft.told = f"A credit memo takes back four hours of invoice {earlier.number}."
    return draft


# --- rates, orders, papers ----------------------------------------------------------------------------------------


def rate_too_fine(desk: Desk) -> Draft:
    """A fourth decimal that matters: the client takes three, and cutting it off changes the rate."""
    draft = desk.usual(SUMMIT_RIDGE)
    return held(_at_another_rate(draft, Decimal("0.0025"), "has four decimals; the client takes three"))


def rate_not_ordered(desk: Desk) -> Draft:
    """Next year's rate card, this year's order."""
    draft = desk.usual(BLUE_MESA)
    return held(_at_another_rate(draft, Decimal("1.20"), "is not the order's"))


def _at_another_rate(draft: Draft, more: Decimal, what: str) -> Draft:
    entry = first(draft, "labour")
    entry.item = replace(entry.item, price=entry.item.price + more)
    draft.told = f"The rate of {entry.item.price} for the {entry.item.classification} {what}."
    return draft


def order_run_out(desk: Desk) -> Draft:
    """The work was done after the order's last day."""
    order = desk.book.open(SUMMIT_RIDGE)
    draft = desk.week_on(order)
    last = draft.weeks[0].start - timedelta(days=2)
    order.terms["valid_to"] = f"{last}T23:59:59-06:00"
    draft.told = f"Purchase order {order.number} ran out on {last}, before the week that is billed."
    return held(draft)


def order_replaced(desk: Desk) -> Draft:
    """A new version of the order, with the same lines, after our invoicing system noted the one before."""
    order = desk.book.open(SUMMIT_RIDGE)
    draft = desk.week_on(order)
    noted = order.as_json()["payload_id"]

    def spoil(invoice: dict[str, Any]) -> None:
        invoice["orders"] = [{**invoice["orders"][0], "payload_id": noted}]

    draft.spoil = spoil
    draft.script.append(("order", {}, "before_sending", f"{order.number}/replace"))
    draft.told = f"The buyer replaced purchase order {order.number}; our invoice names the version before."
    draft.correction = "po_reference"
    return draft


def order_cancelled(desk: Desk) -> Draft:
    """The order is gone when the invoice comes, and nothing took its place."""
    order = desk.book.open(BLUE_MESA)
    draft = desk.week_on(order)
    draft.script.append(("order", {}, "before_sending", f"{order.number}/cancel"))
    draft.told = f"The buyer cancelled purchase order {order.number} after the hours were approved."
    return held(draft)


def lump_unbacked(desk: Desk) -> Draft:
    """Materials as one amount, and no paper behind it."""
    draft = desk.usual(SUMMIT_RIDGE)
    draft.with_receipts = False
    draft.told = "Materials are billed as a lump sum, and nobody has added the delivery ticket."
    return held(draft)


# --- what the buyer's side says -----------------------------------------------------------------------------------


def erp_failed(desk: Desk) -> Draft:
    """The buyer's system failed, which its gateway tells as a cancellation."""
    draft = with_status(
        desk, BLUE_MESA, "canceled", "Document could not be posted in the receiving system.", code="423"
    )
    draft.told = 'The buyer\'s system fails, and its gateway says "canceled" where nobody cancelled anything.'
    return held(draft)


def rejected_in_words(client: Client) -> Callable[[Desk], Draft]:
    """A clerk's letter with two complaints in it."""

    def make(desk: Desk) -> Draft:
        words = (
            "Comment: [MDC] Your invoice was rejected by accounts payable. The rate of the foreman does not agree with "
            "the rate card. The receipts for the lodging are missing. Please correct and resubmit under a new "
            "number. For questions write to ap@example.com."
        )
        draft = with_status(desk, client, "rejected", words)
        draft.told = "The buyer rejects it in free text, with two complaints at once."
        return held(draft)

    return make


def word_unknown(desk: Desk) -> Draft:
    """A status that the network has not published."""
    draft = with_status(desk, SUMMIT_RIDGE, "parked")
    draft.told = 'The network tells of a status nobody has seen: "parked".'
    return held(draft)


NETWORK_TROUBLES: tuple[Trouble, ...] = (
    Trouble("unit_hr", unit_hr(SUMMIT_RIDGE)),
    Trouble("several_pos", several_orders(BLUE_MESA)),
    Trouble("hours_over_card", hours_over_card),
    Trouble("card_not_approved", card_not_approved),
    Trouble("card_not_named", card_not_named),
    Trouble("pay_code_unknown", pay_code_unknown),
    Trouble("credit_hours", credit_hours, repeatable=False),
    Trouble("rate_too_fine", rate_too_fine),
    Trouble("rate_not_ordered", rate_not_ordered),
    Trouble("order_run_out", order_run_out),
    Trouble("order_replaced", order_replaced),
    Trouble("order_cancelled", order_cancelled),
    Trouble("lump_unbacked", lump_unbacked),
    Trouble("lost_answer", faulty(SUMMIT_RIDGE, LOST, {"kind": "lost_answer"})),
    Trouble(
        "portal_502",
        faulty(BLUE_MESA, "The network takes it, but its gateway answers HTTP 502.", {"kind": "http_502"}),
    ),
    Trouble(
        "tax_id_missing",
        refused(BLUE_MESA, "The network does not find our tax number in the invoice.", "INV-98"),
    ),
    Trouble(
        "queried",
        disputed(SUMMIT_RIDGE, "The buyer asks which crew worked.", "CREW", "Which crew worked on Wednesday?"),
    ),
    Trouble("rejected_in_words", rejected_in_words(SUMMIT_RIDGE)),
    Trouble("erp_failed", erp_failed),
    Trouble("unknown_status_word", word_unknown),
    Trouble("sign_in_401", sign_in_refused(SUMMIT_RIDGE), repeatable=False, last=True),
)

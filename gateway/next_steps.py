"""Who must act on a trouble, and what to do: the sentence a billing coordinator reads when a packet stops.

One row for each reason; a test holds the table against `ReasonCode`. What is said here is about the trouble itself, for
whatever portal; the portal's own words always stand beside it.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from gateway.verdict import Actor, Reason, ReasonCode


class NextStep(NamedTuple):
    """Who acts, and what to do."""

    who: Actor
    action: str


_R = ReasonCode
NEXT_STEPS: Mapping[ReasonCode, NextStep] = MappingProxyType(
    {
        _R.duplicate_number: NextStep(
            Actor.us,
            "The portal already holds this invoice number. Compare the invoice there with this one: if it is ours, "
            "record it as sent; if not, send under a new number.",
        ),
        _R.number_format: NextStep(Actor.us, "Give the invoice a number in the form the client takes."),
        _R.date_out_of_window: NextStep(
            Actor.us, "Agree the invoice date with the client, or date it within the window."
        ),
        _R.po_missing: NextStep(Actor.us, "Find the purchase order for this work and add its number."),
        _R.po_unknown: NextStep(
            Actor.us,
            "Check the purchase order number with the project manager; if it is right, ask the client's buyer to send "
            "the order to us through the portal.",
        ),
        _R.po_not_ours: NextStep(
            Actor.us, "The order belongs to another supplier or entity. Check the number and who it was issued to."
        ),
        _R.po_closed: NextStep(Actor.client_ap, "Ask the client to reopen the purchase order or issue a new one."),
        _R.po_obsolete: NextStep(Actor.client_ap, "Ask the client for the present version of the purchase order."),
        _R.po_balance: NextStep(Actor.client_ap, "Ask the client to raise the purchase order before this is billed."),
        _R.po_line_unknown: NextStep(Actor.us, "Find the right purchase order line, or ask the client to add one."),
        _R.po_line_kind: NextStep(
            Actor.us, "Bill the line as the purchase order line counts: by quantity and price, or by amount."
        ),
        _R.contract_unknown: NextStep(Actor.us, "Check the contract number with the client."),
        _R.price_mismatch: NextStep(
            Actor.us, "Compare the price with the purchase order; correct the invoice or agree a change order."
        ),
        _R.quantity_mismatch: NextStep(
            Actor.us, "Compare the quantities with the time sheets and the order; correct them or agree a change."
        ),
        _R.unit_mismatch: NextStep(Actor.us, "Use the unit of measure of the purchase order line."),
        _R.currency_mismatch: NextStep(Actor.us, "Bill in the currency of the purchase order."),
        _R.sum_mismatch: NextStep(Actor.us, "Correct the sums in the invoicing system and hand the packet over again."),
        _R.hours_mismatch: NextStep(Actor.field, "Reconcile the billed hours with the signed time sheets."),
        _R.rate_mismatch: NextStep(Actor.us, "Compare the rate with the rate card in force on the day of the work."),
        _R.tax_mismatch: NextStep(Actor.us, "Use a tax code and rate that the client has set up for us."),
        _R.tax_id_missing: NextStep(Actor.us, "Add our tax registration number to the invoice."),
        _R.charges_not_permitted: NextStep(
            Actor.us, "The client takes no extra charges. Bill them on an order line of their own, or take them off."
        ),
        _R.payment_term_missing: NextStep(
            Actor.client_ap, "Ask the client to set our payment term on the supplier record in the portal."
        ),
        _R.bill_to_mismatch: NextStep(
            Actor.us, "Leave the bill-to party out, or write it exactly as the portal has it."
        ),
        _R.remit_to_unknown: NextStep(Actor.us, "Use a remit-to code that is set up at the portal."),
        _R.attachment_missing: NextStep(Actor.field, "Supply the missing paper."),
        _R.attachment_unacceptable: NextStep(Actor.us, "Replace the paper by one within the client's limits."),
        _R.timesheet_missing: NextStep(Actor.field, "Supply the missing time sheet."),
        _R.timesheet_unsigned: NextStep(Actor.field, "Have the time sheet signed and supply it again."),
        _R.not_received: NextStep(Actor.client_ap, "Ask the client to book the receipt of the work."),
        _R.original_missing: NextStep(
            Actor.us, "Name the invoice that this credit note credits, as the portal knows it."
        ),
        _R.credit_not_permitted: NextStep(Actor.us, "Agree with the client how credits are to be sent."),
        _R.text_unacceptable: NextStep(Actor.us, "Simplify the description."),
        _R.too_many_lines: NextStep(Actor.us, "Split the invoice into several, each with its own number."),
        _R.field_missing: NextStep(Actor.us, "Supply the missing field."),
        _R.document_invalid: NextStep(
            Actor.us,
            "The portal could not read the document. Report this to whoever maintains Clearbill; do not resend.",
        ),
        _R.sign_in_refused: NextStep(
            Actor.portal_admin, "Have the account's credentials checked, then resume the account."
        ),
        _R.not_enabled: NextStep(
            Actor.portal_admin,
            "Ask the client's administrator of the portal to enable us for electronic invoices, then check again.",
        ),
        _R.replaced: NextStep(
            Actor.us,
            "Another document took this invoice's place at the portal, and it was not sent from here. Find it there: "
            "if it is ours, record it as sent with its reference; if not, ask the client.",
        ),
        _R.portal_fault: NextStep(
            Actor.us, "The portal failed repeatedly. Look at the invoice there before sending again."
        ),
        _R.other: NextStep(Actor.us, "Read the portal's words and decide."),
    }
)


def next_step(reasons: Sequence[Reason], who_acts: Actor = Actor.nobody) -> NextStep:
    """What to do about these reasons. Whom the portal's answer points at (`who_acts`) wins over the table."""
    steps = [NEXT_STEPS[reason.code] for reason in reasons] or [NEXT_STEPS[ReasonCode.other]]
    action = " ".join(dict.fromkeys(step.action for step in steps))
    return NextStep(steps[0].who if who_acts is Actor.nobody else who_acts, action)

"""Every sentence the sandbox says, with its mark: `confirmed` and `memory` are the facts', `invented` is ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Mark = Literal["confirmed", "memory", "invented"]


@dataclass(frozen=True, slots=True)
class Text:
    """`words` may hold places for `str.format`."""

    words: str
    mark: Mark


TEXTS: dict[str, Text] = {
    # Sign-in (facts 2.3)
    "wrong_password": Text(
        "Login failed. Please verify your login information or contact the system administrator.", "confirmed"
    ),
    "wrong_password_retry": Text("Login failed. Please retry your login", "confirmed"),
    "locked": Text("Your account has been locked. Please contact your system administrator.", "invented"),
    "expired": Text("Your password has expired. Please enter a new password.", "invented"),
    "expired_label": Text("Re-enter New Password", "confirmed"),
    "totp": Text("Enter the verification code from your authenticator.", "invented"),
    "totp_label": Text("Verification Code", "invented"),
    "totp_wrong": Text("The verification code is not valid.", "invented"),
    # Framework (facts 4.2, 4.6, 4.8, 4.10)
    "session_expired": Text("Your session has expired. Please log in again.", "invented"),
    # The first sentence was read; how it goes on is ours.
    "stale": Text("You are trying to access a page that is no longer active. Use the menu to continue.", "confirmed"),
    "state_loss": Text(
        "FND_STATE_LOSS_ERROR: the application module oracle.apps.pos.invoice.server.PosInvoiceAM has already been"
        " released.",
        "confirmed",
    ),
    "mac": Text(
        "The requested page cannot be shown: the parameters of its address failed a security check.", "invented"
    ),
    "unexpected": Text(
        "You have encountered an unexpected error. Please contact the System Administrator for assistance.", "memory"
    ),
    "maintenance": Text("The system is currently unavailable due to scheduled maintenance.", "invented"),
    "dirty": Text("You have unsaved changes on this page. Do you want to leave it?", "invented"),
    "no_results": Text("No results found.", "confirmed"),
    "no_search": Text("No search conducted.", "confirmed"),
    "required": Text("{label}: A value must be entered.", "memory"),
    "not_a_date": Text("{label}: {value} is not a date. Enter it as in {example}.", "invented"),
    "not_a_number": Text("{label}: {value} is not a number.", "invented"),
    "not_in_list": Text("{label}: {value} is not in the list of values.", "invented"),
    "criterion": Text("Enter at least one search criterion.", "invented"),
    # Create Invoice: rules are the facts' (6.1, 9.1), most words are not
    "nothing_ticked": Text("Select at least one purchase order shipment.", "invented"),
    "nothing_added": Text("Add at least one purchase order shipment to the invoice.", "invented"),
    "other_currency": Text("All purchase orders on an invoice must have the same currency.", "invented"),
    "other_organization": Text("All purchase orders on an invoice must belong to the same organization.", "invented"),
    "already_added": Text("{place} is already on this invoice.", "invented"),
    "duplicate": Text("Invoice number {number} already exists for this supplier.", "memory"),
    "number_too_long": Text("Invoice number {number} is longer than {limit} characters.", "invented"),
    "over_billing": Text("Quantity invoiced cannot exceed the quantity available. ({place})", "memory"),
    "below_zero": Text("Quantity billed cannot become less than zero. ({place})", "invented"),
    "no_quantity": Text("Enter a quantity to invoice for at least one item.", "invented"),
    "type_and_sign": Text("The amount of a {type} invoice cannot be {sign}.", "invented"),
    "mixed_signs": Text("Positive and negative quantities cannot be on one invoice.", "invented"),
    "future_date": Text("Invoice date {value} is not in an open period.", "invented"),
    "not_pay_site": Text("{value} is not a pay site.", "invented"),
    "order_not_open": Text("Purchase order {order} is not open for invoicing.", "invented"),
    "tax_step_required": Text("Complete the tax step before you submit the invoice.", "invented"),
    "on_order_limit": Text("The invoice exceeds what the purchase order allows.", "invented"),
    "file_missing": Text("{label}: A value must be entered.", "memory"),
    "file_too_large": Text("The file exceeds the limit of {limit} KB.", "invented"),
    "file_type": Text("Files of this type cannot be attached: {name}.", "invented"),
    "attached": Text(
        "Attachment {title} has been added successfully but not committed; it would be committed when you commit"
        " the rest of the current transaction.",
        "memory",
    ),
    "saved": Text("Invoice {number} has been saved.", "invented"),
    "deleted": Text("Invoice {number} has been deleted.", "invented"),
    "delete_question": Text("Are you sure you want to delete invoice {number}?", "invented"),
    "submit_question": Text("Are you sure you want to submit this invoice?", "invented"),
    "submitted": Text(
        "Invoice {number} has been submitted to {organization}. Please use the invoice number to query its status.",
        "memory",
    ),
    "submitted_number_only": Text("Invoice {number} has been submitted.", "invented"),
    "submitted_without_number": Text("The invoice has been submitted.", "invented"),
    "surprise": Text("Your buyer has published a new notice. Please read it.", "invented"),
}

REFUSALS = (
    "duplicate",
    "over_billing",
    "below_zero",
    "order_not_open",
    "future_date",
    "not_pay_site",
    "type_and_sign",
    "number_too_long",
    "tax_step_required",
    "unexpected",
)
"""What `rejects` and `POST /_sandbox/refusals` may say at Submit."""

SAMPLES: Mapping[str, str] = {
    "number": "INV-0",
    "limit": "50",
    "place": "PO 450001234, line 1, shipment 1",
    "type": "Standard",
    "sign": "negative",
    "value": "01-Jan-2020",
    "order": "450001234",
    "organization": "Operations",
    "label": "Invoice Number",
}
"""What fills a refusal that is not about anything in particular."""


def say(key: str, **values: object) -> str:
    """A text with its places filled."""
    return TEXTS[key].words.format_map({**SAMPLES, **values})

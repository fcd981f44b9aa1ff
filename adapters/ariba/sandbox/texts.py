"""Every sentence the sandbox says in the network's or a buyer's name, with how well it is founded.

Marks: `documented` = read in a document and quoted; `partial` = the code and the meaning are documented, the wording is
ours; `placeholder` = invented here. Codes that begin with `SANDBOX-` are this sandbox's own: the network has real ones
for most of them, whose numbers are not public, so none is made up. Sources: facts section 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["documented", "partial", "placeholder"]


@dataclass(frozen=True, slots=True)
class NetworkText:
    """One validation error as a status update's Comments carries it: `CODE: words`. `words` is a format string."""

    code: str
    words: str
    mark: Mark

    def filled(self, **values: object) -> str:
        """The whole comment."""
        return f"{self.code}: {self.words.format(**values)}"


def _own(code: str, words: str) -> NetworkText:
    return NetworkText(f"SANDBOX-{code}", words, "placeholder")


NETWORK: dict[str, NetworkText] = {
    "duplicate": NetworkText(
        "INVOICE_DUPLICATE",
        "An invoice with the same ID was already received. If this invoice is not a duplicate, resubmit it under a "
        "different ID.",
        "partial",
    ),
    "no_id": NetworkText("INVOICE_NO_ID", "The invoice number is blank.", "partial"),
    "shipping_in_line": NetworkText(
        "SHIPPING_IN_LINE_ERROR", "Shipping is stated at line level, but the header has shipping as well.", "partial"
    ),
    "summary_and_detail": NetworkText(
        "SUMMARY_AND_DETAIL", "The header says summary invoice, but InvoiceDetailOrder is present.", "partial"
    ),
    "detail_and_summary": NetworkText(
        "DETAIL_AND_SUMMARY", "The header says detail invoice, but InvoiceDetailHeaderOrder is present.", "partial"
    ),
    "role_in_shipping": NetworkText(
        "INV_ROLE_IN_SHIPPING", "Contact role {role} in InvoiceDetailShipping is invalid.", "partial"
    ),
    "role_in_partner": NetworkText(
        "INV_ROLE_IN_PARTNER", "Contact role {role} in InvoicePartner is invalid.", "partial"
    ),
    "network_error": NetworkText("ANERR", "A network error occurred.", "partial"),
    "order_obsolete": NetworkText(
        "INV-13", "Order reference {order} is an obsolete, duplicate, or replaced order.", "documented"
    ),
    "order_external": NetworkText(
        "INV-15", "This customer does not accept invoices for orders sent outside of Ariba SN.", "documented"
    ),
    "supplier_tax_id": NetworkText("INV-98", "Your Tax ID value is missing.", "documented"),
    "non_po_pricing": NetworkText("INV-143", "Cannot create a non-PO invoice with pricing details.", "documented"),
    # Ours from here on.
    "invoices_not_allowed": _own("INVOICES", "This customer does not accept invoices."),
    "subcontractor": _own("SUBCONTRACTOR", "This customer does not accept invoices from subcontractors."),
    "non_po": _own("NON-PO", "This customer does not accept invoices without a purchase order."),
    "order_number_form": _own(
        "PO-NUMBER", "Purchase order number {order} does not have the form this customer requires."
    ),
    "order_closed": _own("PO-CLOSED", "Purchase order {order} is closed for invoicing."),
    "order_line": _own("PO-LINE", "Line {line}: the purchase order has no line {order_line}."),
    "new_line": _own("NEW-LINE", "Line {line}: lines that are not on the purchase order are not allowed."),
    "line_match": _own("LINE-MATCH", "Line {line}: a purchase order line number is required."),
    "unit": _own("UNIT", "Line {line}: unit of measure {unit} does not match {expected} on the purchase order."),
    "unit_code": _own("UNIT-CODE", "Line {line}: {unit} is not a UN/CEFACT unit code."),
    "currency": _own("CURRENCY", "Currency {currency} does not match {expected} on the purchase order."),
    "price": _own("PRICE", "Line {line}: unit price {price} is above {expected} on the purchase order."),
    "rate": _own("RATE", "Line {line}: rate {price} is not the rate {expected} of the purchase order."),
    "pay_code": _own("PAY-CODE", "Line {line}: pay code {pay_code} is not on the purchase order."),
    "quantity": _own("QUANTITY", "Line {line}: quantity {quantity} is above the open quantity {expected}."),
    "amount": _own("AMOUNT", "Line {line}: amount {amount} is above the open amount {expected}."),
    "period": _own("PERIOD", "Line {line}: the service period is outside the validity of purchase order {order}."),
    "backdated": _own("BACKDATED", "The invoice date is more than {days} days in the past."),
    "future": _own("FUTURE-DATE", "The invoice date is in the future."),
    "date": _own("DATE", "{field} is not a date with a time zone."),
    "number_form": _own("NUMBER-FORM", "Invoice number {number} does not have the form this customer requires."),
    "number_long": _own("NUMBER-LENGTH", "Invoice number {number} is longer than {most} characters."),
    "not_numeric": _own("NUMBER", "Line {line}: {field} is not a number."),
    "line_numbers": _own("LINE-NUMBERS", "Invoice line number {line} occurs more than once."),
    "sum": _own("SUM", "{field} is {stated}, the lines give {expected}."),
    "line_sum": _own("LINE-SUM", "Line {line}: subtotal {stated} is not quantity times price ({expected})."),
    "sign": _own("SIGN", "The amount due does not have the sign that purpose {purpose} requires."),
    "price_decimals": _own("PRICE-DECIMALS", "Line {line}: unit price {price} has more than {most} decimals."),
    "quantity_decimals": _own("QUANTITY-DECIMALS", "Line {line}: quantity {quantity} has more than {most} decimals."),
    "line_tax": _own("LINE-TAX", "Tax must be stated on every line."),
    "header_tax": _own("HEADER-TAX", "Tax must be stated in the summary, not on lines."),
    "tax_category": _own("TAX-CATEGORY", "A tax category is missing."),
    "buyer_tax_id": _own("BUYER-TAX-ID", "The customer's tax ID is missing."),
    "partner": _own("PARTNER", "The address of role {role} is missing."),
    "confirmation": _own("CONFIRMATION", "Purchase order {order} has not been confirmed."),
    "ship_notice": _own("SHIP-NOTICE", "There is no ship notice for purchase order {order}."),
    "receipt": _own("RECEIPT", "Purchase order {order} has not been received."),
    "service_sheet": _own("SERVICE-SHEET", "Line {line}: an approved service entry sheet is required."),
    "time_card": _own("TIME-CARD", "Line {line}: a time card is required."),
    "header_credit": _own("HEADER-CREDIT", "This customer does not accept credit memos at header level."),
    "line_credit": _own("LINE-CREDIT", "This customer does not accept line-item credit memos."),
    "credit_original": _own("CREDIT-ORIGINAL", "The invoice that is credited is missing or unknown."),
    "credit_too_high": _own("CREDIT-AMOUNT", "Line {line}: the credit is higher than what was invoiced."),
    "negative_line": _own(
        "NEGATIVE-LINE", "Line {line}: credits must come as credit memos against the original invoice."
    ),
    "reason": _own("REASON", "A reason is required for a credit memo."),
    "cancel": _own("CANCEL", "Invoice {number} cannot be canceled."),
    "cancel_unknown": _own("CANCEL-UNKNOWN", "The invoice to cancel is unknown."),
    "attachment": _own("ATTACHMENT", "An attachment is required."),
    "attachment_type": _own("ATTACHMENT-TYPE", "Attachment {name} is of a type this customer does not accept."),
    "attachment_size": _own("ATTACHMENT-SIZE", "The attachments are larger than {most} MB."),
    "comment": _own("COMMENT", "Line {line}: a comment is required where the invoice differs from the purchase order."),
    "signature": _own("SIGNATURE", "This customer requires digitally signed invoices."),
}


@dataclass(frozen=True, slots=True)
class CxmlText:
    """One synchronous answer: code and text attribute (cXML facts 3), and words that are ours unless marked."""

    code: str
    text: str
    words: str
    mark: Mark = "placeholder"


CXML: dict[str, CxmlText] = {
    "accepted_200": CxmlText("200", "OK", "", "documented"),
    "accepted_201": CxmlText("201", "Accepted", "", "documented"),
    "no_content": CxmlText("204", "No Content", "", "documented"),
    "nothing_pending": CxmlText("200", "OK", "Nothing is pending."),
    "unreadable": CxmlText("400", "Bad Request", "The request is not a cXML request: {reason}."),
    "unauthorized": CxmlText("401", "Unauthorized", "The Sender credential was not recognized."),
    "no_relationship": CxmlText("403", "Forbidden", "There is no trading relationship with {buyer}."),
    "not_integrated": CxmlText("403", "Forbidden", "This account may not send documents by cXML."),
    "mixed_modes": CxmlText("403", "Forbidden", "deploymentMode {mode} does not go with account {account}."),
    "unparsable": CxmlText("406", "Not Acceptable", "The document could not be parsed: {reason}."),
    "invalid": CxmlText("406", "Not Acceptable", "The document is not valid: {reason}"),
    "expectation": CxmlText("417", "Expectation Failed", "{reason}"),
    "not_implemented": CxmlText("450", "Not Implemented", "{what} is not supported."),
    "scripted_400": CxmlText("400", "Bad Request", "The request was refused."),
    "scripted_409": CxmlText("409", "Conflict", "The document's state forbids the request."),
    "scripted_412": CxmlText("412", "Precondition Failed", "A precondition was not met."),
    "scripted_417": CxmlText("417", "Expectation Failed", "A condition of the request was not met."),
    "scripted_475": CxmlText("475", "Signature Required", "The document must be signed."),
    "scripted_500": CxmlText("500", "Internal Server Error", "The server could not complete the request."),
    "scripted_503": CxmlText("503", "URL not Available", "The request could not be served."),
    "scripted_550": CxmlText("550", "Unable to reach cXML server", "The next server could not be reached."),
    "scripted_551": CxmlText("551", "Unable to forward request", "The request could not be forwarded."),
    "scripted_560": CxmlText("560", "Temporary server error", "The network is being maintained."),
}

# What `rejects(kind)` answers on the spot for a bare cXML code.
BY_CODE = {
    "401": "unauthorized", "403": "no_relationship", "406": "invalid", "450": "not_implemented",
    **{key.removeprefix("scripted_"): key for key in CXML if key.startswith("scripted_")},
}  # fmt: skip

# A clerk's words; every one is invented in the manner of what was read (long, several causes, a contact at the end).
BUYER_REJECTION = (
    "Comment: [MDC] This invoice cannot be processed. Please check the details against the purchase order and the "
    "signed time sheets and submit a corrected invoice. Questions: accounts.payable@buyer.example."
)
CLERK: dict[str, str] = {
    "Unmatched Line": "line {line} could not be matched to a line of the purchase order",
    "Unmatched Time Sheet": "no approved time sheet {time_card} was found for line {line}",
    "Quantity Variance": "line {line} bills {quantity} but only {expected} were accepted",
    "Time Sheet Hours Variance": "line {line} bills {quantity} hours, approved time sheet {time_card} has {expected}",
    "Missing Documentation": "line {line} bills a lump sum without any supporting document or receipt",
}
CLERK_OPENING = "Comment: [MDC] Your invoice was rejected by accounts payable because "
CLERK_CLOSING = (
    ". Please correct this with your project contact and send a new invoice. Do not reply to this message; write to "
    "accounts.payable@buyer.example."
)


def clerk_words(found: list[tuple[str, dict[str, object]]]) -> str:
    """One free text for all exceptions found, as a clerk would write it."""
    return CLERK_OPENING + "; and because ".join(CLERK[name].format(**values) for name, values in found) + CLERK_CLOSING


def kinds() -> list[str]:
    """What `rejects(kind)` and `POST /_sandbox/refusals` take: keys and codes of network texts, and cXML codes."""
    return sorted({*NETWORK, *(text.code for text in NETWORK.values()), *BY_CODE})


def network_key(kind: str) -> str | None:
    """The key of a network text by key or code."""
    return kind if kind in NETWORK else next((key for key, text in NETWORK.items() if text.code == kind), None)

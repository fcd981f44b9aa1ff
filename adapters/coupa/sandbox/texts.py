"""Every sentence the sandbox says in Coupa's name, with how well it is founded.

Marks: `documented` = read in Coupa's pages and quoted exactly; `partial` = headline or meaning documented, the rest
ours; `placeholder` = invented here, because no public source shows Coupa's words. No test may take the last two
for Coupa's behaviour. Sections refer to the Coupa facts the sandbox was written from (see README).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gateway.standin.tokens import ERRORS

Mark = Literal["documented", "partial", "placeholder"]

DOCUMENT = "Invalid attributes in document."
REFERENCE = "Invalid order/document reference."


@dataclass(frozen=True, slots=True)
class Text:
    """One answer: cXML status code, its text attribute, the words (a format string), and the mark."""

    code: int
    attribute: str
    words: str
    mark: Mark


TEXTS: dict[str, Text] = {
    "success": Text(200, "OK", "Successful - invoice id: {id}", "documented"),
    "invalid_credentials": Text(401, "Unauthorized", "Invalid credentials", "documented"),
    "bad_credentials": Text(401, "Unauthorized", "Invalid credentials. Bad credentials", "documented"),
    "not_allowed": Text(403, "Forbidden", "cXML invoicing not allowed for supplier", "partial"),
    "unparsable": Text(406, "Not Acceptable", "Could not parse cXML document.", "documented"),
    "dtd": Text(
        406, "Not Acceptable", "Request did not validate successfully with DTD. ({first}) [{all}]", "documented"
    ),
    "too_large": Text(413, "Request Entity Too Large", "Request Entity Too Large", "documented"),
    "order_not_found": Text(
        417, "Expectation Failed", REFERENCE + " Could not find order header {order}, order line {line}", "partial"
    ),
    "order_not_found_by_number": Text(
        417, "Expectation Failed", REFERENCE + " Unable to find order with PO Number {order}", "partial"
    ),
    "order_of_other_supplier": Text(
        417,
        "Expectation Failed",
        REFERENCE + " Order header {order} does not belong to supplier {supplier}",
        "documented",
    ),
    "order_line_not_found": Text(
        417, "Expectation Failed", REFERENCE + " Could not find order line {line} of order header {order}", "partial"
    ),
    "charges_not_permitted": Text(
        417, "Expectation Failed", DOCUMENT + " Extra shipping/handling/misc charges are not permitted", "documented"
    ),
    "validation_failed": Text(417, "Expectation Failed", DOCUMENT + " [Validation failed: {messages}]", "documented"),
    "unsupported_version": Text(450, "Not Implemented", "cXML version of document is not supported", "partial"),
    "unsupported_characteristic": Text(450, "Not Implemented", "characteristic of request is not supported", "partial"),
    "unexpected": Text(500, "Internal Server Error", "Unexpected server error.", "documented"),
    "could_not_create": Text(500, "Internal Server Error", "server could not create invoice", "partial"),
    "not_configured": Text(500, "Internal Server Error", "server not configured to parse request", "partial"),
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """A model rule's words: messages for the header and for one line; REST uses the header's words."""

    header: tuple[str, ...]
    line: tuple[str, ...] = ()
    mark: Mark = "placeholder"


COMPLAINTS: dict[str, Complaint] = {
    "line_type": Complaint(
        ("Invoice lines order line must be the same type as invoice line", "Invoice Lines is invalid"),
        ("PO Line must be the same type as invoice line",),
        "documented",
    ),
    "payment_term_missing": Complaint(("Payment Term Must be present on invoice",), mark="documented"),
    # Coupa documents the cause (number already used for this supplier, 417) but not the sentence.
    "duplicate_number": Complaint(("Invoice number has already been taken",), mark="partial"),
    "number_blank": Complaint(("Invoice number can't be blank",)),
    "number_too_long": Complaint(("Invoice number is too long (maximum is 40 characters)",)),
    "date_blank": Complaint(("Invoice date can't be blank",)),
    "lines_blank": Complaint(("Invoice lines can't be blank",)),
    "number_not_numeric": Complaint(("Invoice Lines is invalid",), ("Amount is not a number",)),
    "currency_differs": Complaint(("Currency must match the purchase order's currency",), ("Currency is invalid",)),
    "currency_invalid": Complaint(("Currency is invalid",)),
    "uom_differs": Complaint(("Invoice Lines is invalid",), ("Uom must match the purchase order line",)),
    "order_not_invoiceable": Complaint(("Invoice Lines is invalid",), ("PO is not open for invoicing",)),
    "order_invoice_stopped": Complaint(("Invoice Lines is invalid",), ("PO is stopped for invoicing",)),
    "order_line_closed": Complaint(("Invoice Lines is invalid",), ("PO Line is closed for invoicing",)),
    "unbacked": Complaint(("Invoice Lines is invalid",), ("Invoice line must be backed by a PO or contract",)),
    "bill_to": Complaint(("Bill to address does not match",)),
    "negative_both": Complaint(("Invoice Lines is invalid",), ("Quantity and price can't both be negative",)),
    "line_arithmetic": Complaint(("Invoice Lines is invalid",), ("Line total does not equal quantity times price",)),
    "total_differs": Complaint(("Supplier total does not match the calculated total",)),
    "part_number_blank": Complaint(("Invoice Lines is invalid",), ("Supplier part number can't be blank",)),
    "too_many_attachments": Complaint(("Attachments are too many",)),
    "attachments_too_big": Complaint(("Attachments are too large",)),
    "attachment_unresolved": Complaint(("Attachment could not be found in the request",)),
    "image_scan_required": Complaint(("Image scan can't be blank",)),
    "tax_mismatch": Complaint(("Tax code is invalid",)),
    "supplier_blank": Complaint(("Supplier can't be blank",)),
    "credit_original_missing": Complaint(("Original invoice number is invalid",)),
    "description_too_long": Complaint(
        ("Invoice Lines is invalid",), ("Description is too long (maximum is 1550 characters)",)
    ),
    "description_blank": Complaint(("Invoice Lines is invalid",), ("Description can't be blank",)),
}

REST_TEXTS: dict[str, tuple[str, Mark]] = {
    "no_results": ("No results match your search criteria.", "documented"),
    "not_found": ("Resource not found", "placeholder"),
    "unauthorized": ("Unauthorized: access token is missing, invalid or expired", "placeholder"),
    "forbidden": ("Insufficient scope: {scope}", "placeholder"),
    "throttled": ("Rate limit exceeded", "placeholder"),
    "bad_query": ("Invalid query: {reason}", "placeholder"),
    "bad_body": ("Request body could not be read: {reason}", "placeholder"),
    "wrong_state": ("Invoice in status {status} can't be changed by {action}", "placeholder"),
    "dispute_reason": ("Dispute reason is invalid", "placeholder"),
    "comment_blank": ("Comment can't be blank", "placeholder"),
    "file_blank": ("File can't be blank", "placeholder"),
    "not_new": ("Only invoices in status new can be deleted", "placeholder"),
    "no_file": ("Attachment does not have a file attached", "documented"),
    **{code: (words, "placeholder") for code, words in ERRORS.items()},
}


@dataclass(eq=False)
class Refusal(Exception):
    """The instance says no: the key of a text, and what fills its gaps."""

    key: str
    values: dict[str, str] = field(default_factory=dict)

    def text(self) -> tuple[Text, str]:
        """The text's record and its words with the gaps filled."""
        text = TEXTS[self.key]
        return text, text.words.format(**self.values)


@dataclass(eq=False)
class ModelRefusal(Exception):
    """Model rules that failed: pairs of complaint key and invoice line number (0 = header)."""

    failures: tuple[tuple[str, int], ...]

    def messages(self) -> list[str]:
        """Header words, each once: what REST shows."""
        return list(dict.fromkeys(word for key, _ in self.failures for word in COMPLAINTS[key].header))

    def text(self) -> tuple[Text, str]:
        """The 417 text, composed in the documented shape (facts 2.4, "Shape to parse")."""
        text = TEXTS["validation_failed"]
        return text, text.words.format(messages=self._sentence())

    def _sentence(self) -> str:
        header = ", ".join(self.messages())
        # Coupa's payment term text runs straight into "Invoice header", the line type text does not.
        gap = "" if {key for key, _ in self.failures} == {"payment_term_missing"} else " "
        lines: dict[int, list[str]] = {}
        for key, number in self.failures:
            if number and COMPLAINTS[key].line:
                lines.setdefault(number, []).extend(COMPLAINTS[key].line)
        tail = "".join(f" Invoice line {number}: {', '.join(words)}" for number, words in lines.items())
        return f"{header}{gap}Invoice header: {header}{tail}"


def kinds() -> list[str]:
    """Every key a scripted refusal may name."""
    return sorted([key for key in TEXTS if key not in ("success", "validation_failed")] + list(COMPLAINTS))


def scripted(kind: str, values: dict[str, str]) -> Refusal | ModelRefusal:
    """The refusal for a key of either table, or for a bare cXML code such as "417" (its first documented text)."""
    if kind in COMPLAINTS:
        return ModelRefusal(((kind, 1 if COMPLAINTS[kind].line else 0),))
    if kind.isdigit():
        kind = next((key for key, text in TEXTS.items() if str(text.code) == kind and key != "success"), kind)
    if kind not in TEXTS or kind in ("success", "validation_failed"):
        raise KeyError(kind)
    return Refusal(kind, {"order": "", "line": "", "supplier": "", "first": "", "all": "", "id": ""} | values)

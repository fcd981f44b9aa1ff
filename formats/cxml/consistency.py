"""Whether the parts of an InvoiceDetailRequest agree about what kind of document it is.

Sources: InvoiceDetail.dtd, its comments on purpose, operation and the indicators; the network's structural refusals
(Ariba facts, section 5: SUMMARY_AND_DETAIL, DETAIL_AND_SUMMARY, INV_ROLE_IN_SHIPPING, INV_ROLE_IN_PARTNER,
INVOICE_NO_ID).
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from lxml import etree

_HEADER = "InvoiceDetailRequestHeader"
_LINES = ("InvoiceDetailItem", "InvoiceDetailServiceItem", "InvoiceDetailOrderSummary")
_INDICATED = {
    "isTaxInLine": "Tax",
    "isSpecialHandlingInLine": "InvoiceDetailLineSpecialHandling",
    "isShippingInLine": "InvoiceDetailLineShipping",
    "isDiscountInLine": "InvoiceDetailDiscount",
    "isAccountingInLine": "Distribution",
}
"""Switch in InvoiceDetailLineIndicator -> what a line states for itself under it, and a receiver ignores without it."""

_SHIPPING_ROLES = frozenset({"shipFrom", "shipTo", "carrierCorporate"})


def purpose_faults(invoice: etree._Element) -> Iterator[str]:
    """Number, purpose, operation and signs. A creditMemo that has lines is not judged by its signs: Coupa asks for
    positive ones (Coupa facts, credit notes)."""
    header = invoice.find(_HEADER)
    if header is None:
        return
    if not (header.get("invoiceID") or "").strip():
        yield "the invoice has no number"
    purpose, original = header.get("purpose") or "standard", header.find("DocumentReference")
    if original is None and header.get("operation") == "delete":
        yield "it takes back a document and names none (DocumentReference)"
    if original is None and purpose == "lineLevelCreditMemo":
        yield "a line-level credit memo names no invoice that it credits (DocumentReference)"
    judged = purpose == "lineLevelCreditMemo" or (purpose == "creditMemo" and _is_header_invoice(header))
    if judged and _is_positive(invoice.findtext("InvoiceDetailSummary/DueAmount/Money")):
        yield f"DueAmount: a {purpose} owes to the buyer, so it is never positive"
    if purpose == "lineLevelCreditMemo":
        for line in invoice.iter(*_LINES):
            if _is_positive(line.findtext("SubtotalAmount/Money")):
                yield f"line {line.get('invoiceLineNumber')}: the amounts of a {purpose} are never positive"


def _is_positive(text: str | None) -> bool:
    try:
        return Decimal(text or "0") > 0
    except InvalidOperation:
        return False


def indicator_faults(invoice: etree._Element) -> Iterator[str]:
    """Switches that say one thing, and blocks and lines that are another."""
    header = invoice.find(_HEADER)
    if header is None:
        return
    if _is_header_invoice(header) and invoice.find("InvoiceDetailOrder") is not None:
        yield "isHeaderInvoice is set, but there are lines (InvoiceDetailOrder)"
    if not _is_header_invoice(header) and invoice.find("InvoiceDetailHeaderOrder") is not None:
        yield "isHeaderInvoice is not set, but there is an InvoiceDetailHeaderOrder"
    switches = header.find("InvoiceDetailLineIndicator")
    unset = {name: tag for name, tag in _INDICATED.items() if switches is None or switches.get(name) is None}
    for line in invoice.iter(*_LINES):
        for switch, tag in unset.items():
            if line.find(tag) is not None:
                yield f"line {line.get('invoiceLineNumber')} states {tag}, which is ignored without {switch}"


def _is_header_invoice(header: etree._Element) -> bool:
    return header.find("InvoiceDetailHeaderIndicator[@isHeaderInvoice]") is not None


def role_faults(invoice: etree._Element) -> Iterator[str]:
    """Ship-from and ship-to belong to shipping, everybody else to the partners."""
    for contact in invoice.iterfind(f"{_HEADER}/InvoicePartner/Contact"):
        if contact.get("role") in _SHIPPING_ROLES or not contact.get("role"):
            yield f"an InvoicePartner has the role {contact.get('role')!r}, which is none of a partner"
    for contact in invoice.iterfind(".//InvoiceDetailShipping/Contact"):
        if contact.get("role") not in _SHIPPING_ROLES:
            yield f"InvoiceDetailShipping names the role {contact.get('role')!r}, which is none of a shipment"

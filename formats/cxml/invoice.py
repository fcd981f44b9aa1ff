"""The InvoiceDetailRequest: header, one block per order, summary; always in the order of the document type."""

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from formats.cxml.backing import Backing, blocks_of, put_backing
from formats.cxml.charges import ZERO, subtotal_of
from formats.cxml.draft import Draft
from formats.cxml.extensions import put_header_fields, put_image_scan
from formats.cxml.figures import invoice_instant, noon
from formats.cxml.lines import put_line
from formats.cxml.parties import put_partners, put_shipping
from formats.cxml.summary import put_summary
from formats.cxml.wording import header_comment, line_description
from formats.cxml.xml import put, put_money, put_text
from gateway.adapter import Stamp
from gateway.errors import CannotExpress
from gateway.packet import Invoice, Line, OrderReference, plain_decimal


@dataclass(frozen=True, slots=True)
class Papers:
    """`cid:` addresses of the papers that travel with the document: the invoice's own picture, and all others."""

    image_scan: str = ""
    attachments: Sequence[str] = ()


def put_request(request: etree._Element, draft: Draft, stamp: Stamp, papers: Papers) -> None:
    """The whole invoice into an empty Request. Raises CannotExpress."""
    _must_owe_the_buyer(draft)
    detail = put(request, "InvoiceDetailRequest")
    _put_header(detail, draft, stamp, papers)
    for backing, lines in blocks_of(draft).items():
        if draft.credit and draft.credit.level == "header":
            _put_header_order(detail, backing, lines, draft)
            continue
        order = put(detail, "InvoiceDetailOrder")
        put_backing(order, backing, draft)
        for line in lines:
            put_line(order, line, draft)
    put_summary(detail, draft)


def _must_owe_the_buyer(draft: Draft) -> None:
    """A credit memo written with negative figures may hold no figure that the buyer would owe (InvoiceDetail.dtd,
    DueAmount and purpose). A negative standard invoice may. Raises CannotExpress."""
    style, invoice = draft.credit, draft.invoice
    if style is None or style.purpose == "standard" or style.sign > 0:
        return
    if invoice.totals.payable < 0:
        raise CannotExpress("cXML", "/invoice/totals/payable", "a credit memo cannot leave an amount to be paid")
    for line in invoice.lines:
        if style.purpose == "lineLevelCreditMemo" and subtotal_of(line) < 0:
            message = "a line-level credit memo has no place for a line that charges something"
            raise CannotExpress("cXML", f"{draft.path(line)}/net_amount", message)


def _put_header(detail: etree._Element, draft: Draft, stamp: Stamp, papers: Papers) -> None:
    invoice, dialect = draft.invoice, draft.dialect
    header = put(
        detail,
        "InvoiceDetailRequestHeader",
        invoiceID=invoice.number,
        purpose=draft.credit.purpose if draft.credit else "standard",
        operation="delete" if draft.cancels else "new",
        invoiceDate=invoice_instant(invoice.issued_on, stamp.built_at),
    )
    is_header_invoice = draft.credit is not None and draft.credit.level == "header"
    put(header, "InvoiceDetailHeaderIndicator", **({"isHeaderInvoice": "yes"} if is_header_invoice else {}))
    put(header, "InvoiceDetailLineIndicator", **({} if is_header_invoice else _line_indicators(draft)))
    put_partners(header, invoice, dialect)
    _put_original(header, draft)
    if (invoice.ship_from or invoice.ship_to) and _ships_at_header(draft):
        put_shipping(header, invoice, dialect)
    _put_payment_terms(header, invoice)
    if (
        invoice.due_on
        and draft.may_hold("InvoiceDetailRequestHeader", "PaymentInformation")
        and "due_on" not in dialect.extrinsics
    ):
        put(header, "PaymentInformation", paymentNetDueDate=noon(invoice.due_on))
    if invoice.period:
        put(header, "Period", startDate=noon(invoice.period.start), endDate=noon(invoice.period.end))
    _put_comments(header, draft, papers)
    _put_extrinsics(header, draft, papers)


def _ships_at_header(draft: Draft) -> bool:
    return draft.dialect.header_shipping == "always" or "isShippingInLine" not in _line_indicators(draft)


def _line_indicators(draft: Draft) -> dict[str, str]:
    """What lines state for themselves; a receiver ignores line data whose indicator is absent (InvoiceDetail.dtd)."""
    lines = draft.invoice.lines
    purposes = {adjustment.purpose for line in lines for adjustment in line.adjustments}
    stated = {
        "isTaxInLine": draft.tax_in_lines,
        "isSpecialHandlingInLine": "handling" in purposes,
        "isShippingInLine": "shipping" in purposes,
        "isDiscountInLine": "discount" in purposes,
        "isAccountingInLine": any(line.accounting_code for line in lines),
    }
    return {name: "yes" for name, is_stated in stated.items() if is_stated}


def _put_original(header: etree._Element, draft: Draft) -> None:
    """The document taken back, or the refused one whose place this takes, else the credited invoice. Raises
    CannotExpress where the style of credit note cannot be written without one."""
    original, style = draft.invoice.preceding, draft.credit
    if draft.cancels:
        put(header, "DocumentReference", payloadID=draft.cancels)
        return
    if draft.resubmits and style is None and draft.dialect.names_refused:
        put(header, "DocumentReference", payloadID=draft.resubmits)
        return
    if style is None or style.original == "comment":
        return
    by_number = draft.dialect.original_id == "number"
    reference = (original.number if by_number else original.reference) if original else ""
    if reference:
        put(header, "DocumentReference", payloadID=reference)
    elif style.original == "required":
        missing = "the original invoice's number" if by_number else "the original document's id at the portal"
        where = "/invoice/preceding" + ("" if original is None else "/reference")
        raise CannotExpress("cXML", where, f"a credit note of this form needs {missing}")
    if original and not by_number:
        dated = {"invoiceDate": noon(original.issued_on)} if original.issued_on else {}
        put(header, "InvoiceIDInfo", invoiceID=original.number, **dated)


def _put_payment_terms(header: etree._Element, invoice: Invoice) -> None:
    """PaymentTerm only: Coupa reads the deprecated InvoiceDetailPaymentTerm as the tenant's first term (STD)."""
    terms = invoice.payment_terms
    if terms is None:
        return
    for discount in terms.discounts:
        _put_payment_term(header, discount.days, plain_decimal(discount.percent))
    if terms.net_days is not None:
        _put_payment_term(header, terms.net_days, "0" if terms.discounts else "")


def _put_payment_term(header: etree._Element, days: int, percent: str) -> None:
    term = put(header, "PaymentTerm", payInNumberOfDays=str(days))
    if percent:
        put(put(term, "Discount"), "DiscountPercent", percent=percent)


def _put_comments(header: etree._Element, draft: Draft, papers: Papers) -> None:
    """One Comments element: words first, then the papers."""
    cancelled = f"Cancelled: {draft.why}" if draft.why else ""
    words = "\n".join(filter(None, (cancelled, header_comment(draft.invoice, draft.dialect))))
    if not words and not papers.attachments:
        return
    comments = put_text(header, "Comments", words, draft.dialect.language)
    for url in papers.attachments:
        put(put(comments, "Attachment"), "URL", url)


def _put_extrinsics(header: etree._Element, draft: Draft, papers: Papers) -> None:
    invoice, dialect = draft.invoice, draft.dialect
    terms_code = draft.presentation.payment_term_code or (invoice.payment_terms.code if invoice.payment_terms else "")
    values = {
        "due_on": str(invoice.due_on) if invoice.due_on else "",
        "credit_reason": invoice.credit_reason,
        "payment_term_code": terms_code,
        "seller_tax_id": invoice.seller.vat_id or invoice.seller.tax_id,
        "buyer_tax_id": invoice.buyer.vat_id,
        "source_document": "ExternalPurchaseOrder" if any(map(_is_external, invoice.orders)) else "",
    }
    for key, value in values.items():
        if value and key in dialect.extrinsics:
            put(header, "Extrinsic", value, name=dialect.extrinsics[key])
    if papers.image_scan:
        put_image_scan(header, papers.image_scan, dialect)
    given = {field.name: field.value for field in invoice.custom_fields}
    put_header_fields(header, {**draft.presentation.custom_fields, **given}, dialect)


def _is_external(order: OrderReference) -> bool:
    """Whether the network never saw the order; it says of such an invoice that its source is an external order."""
    return order.channel == "elsewhere"


def _put_header_order(detail: etree._Element, backing: Backing, lines: Sequence[Line], draft: Draft) -> None:
    """A header invoice states one amount per order; its lines are told in the comments."""
    figures, language = draft.figures, draft.dialect.language
    for line in lines:
        if line.adjustments:
            where = f"{draft.path(line)}/adjustments"
            raise CannotExpress("cXML", where, "a header credit note has no lines to carry allowances or charges")
    order = put(detail, "InvoiceDetailHeaderOrder")
    put_backing(order, backing, draft)
    summary = put(order, "InvoiceDetailOrderSummary", invoiceLineNumber=str(lines[0].number))
    put_money(
        summary, "SubtotalAmount", figures.money(sum((line.net_amount for line in lines), ZERO)), figures.currency
    )
    told = [
        f"{line.number}: {line_description(line, draft.dialect)}: {plain_decimal(line.quantity)} {line.unit} at "
        f"{plain_decimal(line.unit_price)} = {plain_decimal(line.net_amount)}"
        for line in lines
    ]
    put_text(summary, "Comments", "\n".join(told), language)

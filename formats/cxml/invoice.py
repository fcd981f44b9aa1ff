"""The InvoiceDetailRequest: header, one block per order, summary; always in the order of the document type."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from lxml import etree

from formats.cxml.charges import ZERO, gross_of, subtotal_of, sums_by_place
from formats.cxml.draft import Draft
from formats.cxml.extensions import put_header_fields, put_image_scan
from formats.cxml.figures import invoice_instant, noon
from formats.cxml.lines import put_line
from formats.cxml.parties import put_partners, put_shipping
from formats.cxml.tax import header_details, put_tax
from formats.cxml.wording import header_comment, line_description
from formats.cxml.xml import put, put_money, put_text
from gateway.adapter import Stamp
from gateway.errors import CannotExpress
from gateway.packet import Invoice, Line, plain_decimal


@dataclass(frozen=True, slots=True)
class Backing:
    """What a line is billed against."""

    kind: Literal["order", "contract", "nothing"]
    number: str = ""


@dataclass(frozen=True, slots=True)
class Papers:
    """`cid:` addresses of the papers that travel with the document: the invoice's own picture, and all others."""

    image_scan: str = ""
    attachments: Sequence[str] = ()


def put_request(request: etree._Element, draft: Draft, stamp: Stamp, papers: Papers) -> None:
    """The whole invoice into an empty Request. Raises CannotExpress."""
    detail = put(request, "InvoiceDetailRequest")
    _put_header(detail, draft, stamp, papers)
    for backing, lines in blocks_of(draft.invoice).items():
        if draft.credit and draft.credit.level == "header":
            _put_header_order(detail, backing, lines, draft)
            continue
        order = put(detail, "InvoiceDetailOrder")
        _put_backing(order, backing, draft)
        for line in lines:
            put_line(order, line, draft)
    _put_summary(detail, draft)


def blocks_of(invoice: Invoice) -> dict[Backing, list[Line]]:
    """Lines by what backs them, in order of first use."""
    blocks: dict[Backing, list[Line]] = {}
    for line in invoice.lines:
        blocks.setdefault(_backing_of(line, invoice), []).append(line)
    return blocks


def _backing_of(line: Line, invoice: Invoice) -> Backing:
    order = invoice.order_number_of(line)
    if order:
        return Backing("order", order)
    contract = line.contract_number or invoice.contract_number
    return Backing("contract", contract) if contract else Backing("nothing")


def _put_header(detail: etree._Element, draft: Draft, stamp: Stamp, papers: Papers) -> None:
    invoice, dialect = draft.invoice, draft.dialect
    header = put(
        detail,
        "InvoiceDetailRequestHeader",
        invoiceID=invoice.number,
        purpose=draft.credit.purpose if draft.credit else "standard",
        operation="new",
        invoiceDate=invoice_instant(invoice.issued_on, stamp.built_at),
    )
    is_header_invoice = draft.credit is not None and draft.credit.level == "header"
    put(header, "InvoiceDetailHeaderIndicator", **({"isHeaderInvoice": "yes"} if is_header_invoice else {}))
    put(header, "InvoiceDetailLineIndicator", **({} if is_header_invoice else _line_indicators(draft)))
    put_partners(header, invoice, dialect)
    _put_original(header, draft)
    if invoice.ship_from or invoice.ship_to:
        put_shipping(header, invoice, dialect)
    _put_payment_terms(header, invoice)
    if invoice.period:
        put(header, "Period", startDate=noon(invoice.period.start), endDate=noon(invoice.period.end))
    _put_comments(header, draft, papers)
    _put_extrinsics(header, draft, papers)


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
    """The credited invoice. Raises CannotExpress where the style of credit note cannot be written without one."""
    original, style = draft.invoice.preceding, draft.credit
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
    words = header_comment(draft.invoice, draft.dialect)
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
    }
    for key, value in values.items():
        if value and key in dialect.extrinsics:
            put(header, "Extrinsic", value, name=dialect.extrinsics[key])
    if papers.image_scan:
        put_image_scan(header, papers.image_scan, dialect)
    given = {field.name: field.value for field in invoice.custom_fields}
    put_header_fields(header, {**draft.presentation.custom_fields, **given}, dialect)


def _put_backing(order: etree._Element, backing: Backing, draft: Draft) -> None:
    info, dialect = put(order, "InvoiceDetailOrderInfo"), draft.dialect
    if backing.kind == "order":
        _put_order_reference(info, backing.number, draft)
    elif backing.kind == "contract":
        by_payload = dialect.contract_number == "payload_id"
        agreement = put(info, "MasterAgreementReference" if by_payload else "MasterAgreementIDInfo")
        if by_payload:
            put(agreement, "DocumentReference", payloadID=backing.number)
        else:
            agreement.set("agreementID", backing.number)
    elif dialect.unbacked == "empty_agreement":
        put(put(info, "MasterAgreementReference"), "DocumentReference", payloadID="")
    else:
        put(info, "OrderIDInfo", orderID="")


def _put_order_reference(info: etree._Element, number: str, draft: Draft) -> None:
    dialect = draft.dialect
    order = next(order for order in draft.invoice.orders if order.number == number)
    reference = put(info, "OrderReference")
    if dialect.order_number in ("order_id", "both"):
        reference.set("orderID", number)
    if dialect.order_date == "when_known" and order.ordered_on:
        reference.set("orderDate", noon(order.ordered_on))
    put(reference, "DocumentReference", payloadID=order.payload_id if dialect.order_number == "order_id" else number)


def _put_header_order(detail: etree._Element, backing: Backing, lines: Sequence[Line], draft: Draft) -> None:
    """A header invoice states one amount per order; its lines are told in the comments."""
    figures, language = draft.figures, draft.dialect.language
    for line in lines:
        if line.adjustments:
            where = f"{draft.path(line)}/adjustments"
            raise CannotExpress("cXML", where, "a header credit note has no lines to carry allowances or charges")
    order = put(detail, "InvoiceDetailHeaderOrder")
    _put_backing(order, backing, draft)
    summary = put(order, "InvoiceDetailOrderSummary", invoiceLineNumber=str(lines[0].number))
    put_money(summary, "SubtotalAmount", figures.money(_sum(line.net_amount for line in lines)), figures.currency)
    told = [
        f"{line.number}: {line_description(line, draft.dialect)}: {plain_decimal(line.quantity)} {line.unit} at "
        f"{plain_decimal(line.unit_price)} = {plain_decimal(line.net_amount)}"
        for line in lines
    ]
    put_text(summary, "Comments", "\n".join(told), language)


def _put_summary(detail: etree._Element, draft: Draft) -> None:
    """The totals as the packet states them (BG-22), regrouped, never added up anew from the lines.

    With line allowances and charges the summary states them together with those of the header, so that NetAmount is
    always the amount with tax (BT-112) and DueAmount what is payable (BT-115)."""
    totals, figures, currency = draft.invoice.totals, draft.figures, draft.figures.currency
    if totals.rounding:
        raise CannotExpress("cXML", "/invoice/totals/rounding", "there is no element for a rounding of the total")
    sums = sums_by_place(draft.invoice.adjustments, draft.dialect.header_places, "/invoice/adjustments")
    line_adjustments = [adjustment for line in draft.invoice.lines for adjustment in line.adjustments]
    for place, amount in sums_by_place(line_adjustments, draft.dialect.line_places, "/invoice/lines").items():
        sums[place] = sums.get(place, ZERO) + amount
    subtotal = totals.line_net - _sum(line.net_amount - subtotal_of(line) for line in draft.invoice.lines)

    summary = put(detail, "InvoiceDetailSummary")
    put_money(summary, "SubtotalAmount", figures.money(subtotal), currency)
    put_tax(summary, totals.tax, header_details(draft), draft)
    for place in ("SpecialHandlingAmount", "ShippingAmount"):
        if place in sums:
            put_money(summary, place, figures.money(sums[place]), currency)
    put_money(summary, "GrossAmount", figures.money(gross_of(subtotal, totals.tax, sums)), currency)
    if "InvoiceDetailDiscount" in sums:
        put_money(summary, "InvoiceDetailDiscount", figures.money(sums["InvoiceDetailDiscount"]), currency)
    put_money(summary, "NetAmount", figures.money(totals.tax_inclusive), currency)
    if totals.paid:
        put_money(summary, "DepositAmount", figures.money(totals.paid), currency)
    put_money(summary, "DueAmount", figures.money(totals.payable), currency)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)

"""An InvoiceDetailRequest read into the network's terms (cXML facts 4). Lenient; what it cannot read it notes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from lxml import etree

from gateway.standin.reading import decimal, moment, text_at, whole

from .records import ZERO, Content, Line, OrderName, Partner

Fault = tuple[str, dict[str, object]]
PRODUCT = ("InvoiceDetailItem", "InvoiceDetailServiceItem")


def content_from(root: etree._Element, request: etree._Element) -> Content:
    """The invoice. Its `faults` say what is no number or no date."""
    reader = _Reader()
    header, summary = _child(request, "InvoiceDetailRequestHeader"), _child(request, "InvoiceDetailSummary")
    says, indicator = header.find("InvoiceDetailHeaderIndicator"), header.find("InvoiceDetailLineIndicator")
    tax_in_line = _flag(indicator, "isTaxInLine")
    original, named = header.find("DocumentReference"), header.find("InvoiceIDInfo")
    due = summary.find("DueAmount")
    return Content(
        number=header.get("invoiceID", "").strip(),
        date=reader.zoned(header.get("invoiceDate", ""), "invoiceDate"),
        purpose=header.get("purpose", "standard"),
        operation=header.get("operation", "new"),
        information_only=header.get("isInformationOnly") == "yes",
        says_header=_flag(says, "isHeaderInvoice"),
        has_details=request.find("InvoiceDetailOrder") is not None,
        has_header_orders=request.find("InvoiceDetailHeaderOrder") is not None,
        tax_in_line=tax_in_line,
        shipping_in_line=_flag(indicator, "isShippingInLine"),
        has_header_shipping=header.find("InvoiceDetailShipping") is not None
        or bool(reader.money(summary.find("ShippingAmount"), "ShippingAmount")),
        currency=_currency(summary, request),
        lines=tuple(_lines(request, reader)),
        subtotal=reader.money(summary.find("SubtotalAmount"), "SubtotalAmount"),
        tax=reader.money(summary.find("Tax"), "Tax"),
        tax_category=_category(summary.find("Tax")),
        charges=_charges(summary, reader),
        gross=reader.optional(summary.find("GrossAmount"), "GrossAmount"),
        net=reader.money(summary.find("NetAmount"), "NetAmount"),
        due=None if due is None else reader.money(due, "DueAmount"),
        original_payload=original.get("payloadID", "") if original is not None else "",
        original_number=named.get("invoiceID", "") if named is not None else "",
        partners=tuple(_partners(header.iterfind("InvoicePartner"))),
        shipping_roles=tuple(each.get("role", "") for each in header.iterfind("InvoiceDetailShipping/Contact")),
        extrinsics=_extrinsics(header),
        has_comment=_has_words(header.find("Comments")),
        header_attachments=sum(1 for _ in header.iterfind("Comments/Attachment")),
        signed=any(etree.QName(each).localname == "Signature" for each in root if isinstance(each.tag, str)),
        period=reader.period(header.find("Period")),
        faults=tuple(reader.faults),
    )


def attachment_urls(root: etree._Element) -> list[str]:
    """The URLs of all attachments named, in document order."""
    return [(url.text or "").strip() for attachment in root.iter("Attachment") for url in attachment.iter("URL")]


class _Reader:
    """Reads numbers and dates, and notes what is neither."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.line = 0

    def number(self, text: str | None, field: str) -> Decimal:
        try:
            return decimal(text)
        except ValueError:
            self.faults.append(("not_numeric", {"line": self.line, "field": field}))
            return ZERO

    def money(self, element: etree._Element | None, field: str) -> Decimal:
        return ZERO if element is None else self.number(element.findtext("Money"), field)

    def optional(self, element: etree._Element | None, field: str) -> Decimal | None:
        return None if element is None else self.money(element, field)

    def zoned(self, text: str, field: str) -> datetime | None:
        """A date with a time zone; the standard's datetime.tz is a rule the DTD cannot enforce."""
        found = moment(text)
        clock = text.strip().partition("T")[2]
        if found is None or not (clock.endswith("Z") or "+" in clock or "-" in clock):
            self.faults.append(("date", {"field": field}))
        return found

    def period(self, element: etree._Element | None) -> tuple[datetime, datetime] | None:
        if element is None:
            return None
        start = self.zoned(element.get("startDate", ""), "Period startDate")
        end = self.zoned(element.get("endDate", ""), "Period endDate")
        return (start, end) if start and end else None


def _lines(request: etree._Element, reader: _Reader) -> Iterator[Line]:
    for block in request.iterchildren("InvoiceDetailOrder"):
        order = _order_name(block.find("InvoiceDetailOrderInfo"))
        for item in block.iterchildren(*PRODUCT):
            yield _line(item, order, reader)
    for number, block in enumerate(request.iterchildren("InvoiceDetailHeaderOrder"), 1):
        summary = _child(block, "InvoiceDetailOrderSummary")
        reader.line = whole(summary.get("invoiceLineNumber")) or number
        yield Line(
            number=reader.line,
            kind="header",
            order=_order_name(block.find("InvoiceDetailOrderInfo")),
            order_line=None,
            quantity=None,
            unit="",
            price=None,
            subtotal=reader.money(summary.find("SubtotalAmount"), "SubtotalAmount"),
            period=reader.period(summary.find("Period")),
        )


def _line(item: etree._Element, order: OrderName, reader: _Reader) -> Line:
    goods = item.tag == "InvoiceDetailItem"
    reader.line = whole(item.get("invoiceLineNumber")) or 0
    reference = item.find("InvoiceDetailItemReference" if goods else "InvoiceDetailServiceItemReference")
    rate = item.find("UnitRate")
    priced = rate if rate is not None else item.find("UnitPrice")
    unit = text_at(rate, "UnitOfMeasure") or text_at(item, "UnitOfMeasure")
    quantity = item.get("quantity")
    price = reader.optional(priced, "UnitPrice")
    labour = item.find("InvoiceLaborDetail")
    pay_code = _pay_code(rate)
    sheet = _first(item, "ServiceEntryItemReference", "ServiceEntryItemIDInfo")
    stated = reader.optional(item.find("SubtotalAmount"), "SubtotalAmount")
    amount = reader.number(quantity, "quantity") if quantity is not None else None
    return Line(
        number=reader.line,
        kind="goods" if goods else "service",
        order=order,
        order_line=whole(reference.get("lineNumber")) if reference is not None else None,
        quantity=amount,
        unit=unit,
        price=price,
        subtotal=stated if stated is not None else ((price or ZERO) * (amount or ZERO)).quantize(Decimal("0.01")),
        has_tax=item.find("Tax") is not None,
        tax_category=_category(item.find("Tax")),
        price_text=text_at(priced, "Money"),
        quantity_text=(quantity or "").strip(),
        has_price_basis=next(item.iter("PriceBasisQuantity"), None) is not None,
        ad_hoc=item.get("isAdHoc") == "yes",
        period=reader.period(item.find("Period")),
        labour=labour is not None or bool(pay_code),
        pay_code=pay_code,
        time_card=_time_card(labour),
        sheet=sheet.get("serviceEntryID", "") if sheet is not None else "",
        sheet_line=whole(sheet.get("serviceLineNumber")) if sheet is not None else None,
        has_comment=_has_words(item.find("Comments")),
        attachments=sum(1 for _ in item.iter("Attachment")),
    )


def _order_name(info: etree._Element | None) -> OrderName:
    """The order in the standard's order of preference; an empty OrderIDInfo is how the network writes "no order"."""
    if info is None:
        return OrderName("none")
    reference, by_id = info.find("OrderReference"), info.find("OrderIDInfo")
    if reference is not None:
        payload = reference.find("DocumentReference")
        return OrderName(
            "reference",
            reference.get("orderID", "").strip(),
            reference.get("orderDate", "").strip(),
            payload.get("payloadID", "").strip() if payload is not None else "",
        )
    if by_id is not None and by_id.get("orderID", "").strip():
        return OrderName("id", by_id.get("orderID", "").strip(), by_id.get("orderDate", "").strip())
    agreement = _first(info, "MasterAgreementReference", "MasterAgreementIDInfo")
    return OrderName("agreement" if agreement is not None else "none")


def _pay_code(rate: etree._Element | None) -> str:
    reference = None if rate is None else rate.find("TermReference")
    if reference is None or reference.get("termName", "").lower() != "paycode":
        return ""
    return reference.get("term", "").strip()


def _time_card(labour: etree._Element | None) -> str:
    detail = None if labour is None else labour.find("InvoiceTimeCardDetail")
    named = None if detail is None else _first(detail, "TimeCardReference", "TimeCardIDInfo")
    return named.get("timeCardID", "").strip() if named is not None else ""


def _charges(summary: etree._Element, reader: _Reader) -> Decimal:
    """What stands between subtotal plus tax and net: shipping, handling, charges, less allowances and discounts.

    Read from TotalAmountWithoutTax where it is stated, which says so in one figure.
    """
    without_tax = reader.optional(summary.find("TotalAmountWithoutTax"), "TotalAmountWithoutTax")
    if without_tax is not None:
        return without_tax - reader.money(summary.find("SubtotalAmount"), "SubtotalAmount")
    plus = [reader.money(summary.find(name), name) for name in ("SpecialHandlingAmount", "ShippingAmount")]
    discount = summary.find("InvoiceDetailDiscount")
    modifications = ZERO
    for each in summary.iterfind("InvoiceHeaderModifications/Modification"):
        modifications += reader.money(each.find("AdditionalCost"), "AdditionalCost")
        modifications -= reader.money(each.find("AdditionalDeduction/DeductionAmount"), "DeductionAmount")
    return sum(plus, ZERO) + modifications - reader.money(discount, "InvoiceDetailDiscount")


def _partners(found: Iterator[etree._Element]) -> Iterator[Partner]:
    for each in found:
        contact = each.find("Contact")
        if contact is not None:
            references = [*each.iterfind("IdReference"), *contact.iterfind("IdReference")]
            ids = {one.get("domain", "").lower(): one.get("identifier", "") for one in references}
            yield Partner(contact.get("role", ""), text_at(contact, "Name"), ids)


def _extrinsics(header: etree._Element) -> dict[str, str]:
    """By lower-case name: their spelling varies in case (facts 3)."""
    return {
        each.get("name", "").lower(): "".join(str(piece) for piece in each.itertext()).strip()
        for each in header.iterchildren("Extrinsic")
    }


def _currency(summary: etree._Element, request: etree._Element) -> str:
    stated = summary.find("NetAmount/Money")
    for money in (stated, *request.iter("Money")):
        if money is not None and money.get("currency"):
            return str(money.get("currency"))
    return ""


def _category(tax: etree._Element | None) -> str:
    detail = None if tax is None else tax.find("TaxDetail")
    return detail.get("category", "") if detail is not None else ""


def _has_words(comments: etree._Element | None) -> bool:
    """Whether there is a comment beyond an attachment."""
    if comments is None:
        return False
    return any((text or "").strip() for text in (comments.text, *(child.tail for child in comments)))


def _flag(element: etree._Element | None, name: str) -> bool:
    return element is not None and element.get(name) == "yes"


def _first(element: etree._Element, *names: str) -> etree._Element | None:
    return next((found for name in names if (found := element.find(name)) is not None), None)


def _child(element: etree._Element, name: str) -> etree._Element:
    found = element.find(name)
    return found if found is not None else etree.Element(name)

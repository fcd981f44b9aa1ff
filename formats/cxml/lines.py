"""One invoice line: goods by quantity (InvoiceDetailItem) or a service by amount (InvoiceDetailServiceItem)."""

from decimal import Decimal
from typing import Literal

from lxml import etree

from formats.cxml.charges import ZERO, gross_of, subtotal_of, sums_by_place
from formats.cxml.dialect import HeaderPlace
from formats.cxml.draft import Draft
from formats.cxml.extensions import put_custom_fields
from formats.cxml.figures import noon
from formats.cxml.parties import put_shipping
from formats.cxml.tax import line_amount, line_details, put_tax
from formats.cxml.wording import line_comment, line_description
from formats.cxml.xml import put, put_money, put_text
from gateway.errors import CannotExpress
from gateway.packet import Line, LineKind, OrderLineKind

Sums = dict[HeaderPlace, Decimal]


def put_line(order: etree._Element, line: Line, draft: Draft) -> None:
    """The line as the kind of line that its order line is. Raises CannotExpress."""
    (_put_service if is_service(line, draft) else _put_item)(order, line, draft)


def is_service(line: Line, draft: Draft) -> bool:
    """Whether the line is billed by amount: as the order line says, else as the dialect's rule has it."""
    if line.order and line.order.kind:
        return line.order.kind is OrderLineKind.amount
    return draft.dialect.service_lines == "all_but_goods" and line.kind is not LineKind.goods


def _put_item(order: etree._Element, line: Line, draft: Draft) -> None:
    figures, path = draft.figures, draft.path(line)
    item = put(
        order,
        "InvoiceDetailItem",
        invoiceLineNumber=str(line.number),
        quantity=figures.quantity(line.quantity, f"{path}/quantity"),
    )
    put(item, "UnitOfMeasure", line.unit)
    put_money(item, "UnitPrice", unit_price(line, draft), figures.currency)
    reference = put(item, "InvoiceDetailItemReference", lineNumber=_order_line(line, draft))
    _put_part(reference, line)
    put_text(reference, "Description", line_description(line, draft.dialect), draft.dialect.language)
    put_money(item, "SubtotalAmount", figures.money(subtotal_of(line)), figures.currency)
    _put_line_tax(item, line, draft)
    sums = sums_by_place(line.adjustments, draft.dialect.line_places, f"{path}/adjustments")
    _put_handling_and_shipping(item, sums, draft)
    _put_sums(item, line, sums, draft)
    _put_account(item, line, draft)
    _put_comment(item, line, draft, states="quantity")
    put_custom_fields(item, _custom_fields(line), draft.dialect)


def _put_service(order: etree._Element, line: Line, draft: Draft) -> None:
    figures, path, rate = draft.figures, draft.path(line), draft.dialect.service_rate
    item = put(order, "InvoiceDetailServiceItem", invoiceLineNumber=str(line.number))
    if rate != "comment":
        item.set("quantity", figures.quantity(line.quantity, f"{path}/quantity"))
    reference = put(item, "InvoiceDetailServiceItemReference")
    if line.order and line.order.line is not None:
        reference.set("lineNumber", str(line.order.line))
    _put_part(reference, line)
    put_text(reference, "Description", line_description(line, draft.dialect), draft.dialect.language)
    put_money(item, "SubtotalAmount", figures.money(subtotal_of(line)), figures.currency)
    if line.period:
        put(item, "Period", startDate=noon(line.period.start), endDate=noon(line.period.end))
    _put_rate(item, line, draft)
    _put_line_tax(item, line, draft)
    sums = sums_by_place(line.adjustments, draft.dialect.line_places, f"{path}/adjustments")
    if set(sums) - {"InvoiceDetailDiscount"}:
        raise CannotExpress(
            "cXML", f"{path}/adjustments", "a line billed by amount has no element for shipping or handling"
        )
    _put_sums(item, line, sums, draft)
    _put_account(item, line, draft)
    _put_comment(item, line, draft, states="quantity" if rate != "comment" else "amount")
    if line.labour and draft.dialect.labour == "labour_detail":
        _put_labour(item, line, draft)
    put_custom_fields(item, _custom_fields(line), draft.dialect)


def unit_price(line: Line, draft: Draft) -> str:
    """The price of one unit. cXML 1.2.020 has no PriceBasisQuantity, so a price per 100 is written per 1, exactly.

    Raises CannotExpress where that does not come out even."""
    path = f"{draft.path(line)}/unit_price"
    single = line.unit_price / line.price_base_quantity
    if single * line.price_base_quantity != line.unit_price or single.quantize(Decimal("1e-10")) != single:
        message = f"the price per {line.price_base_quantity} does not come out even for one unit"
        raise CannotExpress("cXML", path, message)
    return draft.figures.price(single, path)


def _order_line(line: Line, draft: Draft) -> str:
    """The order line billed. Where no order stands behind the line the document type still wants a number: its own."""
    if line.order and line.order.line is not None:
        return str(line.order.line)
    number = draft.invoice.order_number_of(line)
    if number:
        message = f"the line does not say which line of purchase order {number} it bills"
        raise CannotExpress("cXML", f"{draft.path(line)}/order/line", message)
    return str(line.number)


def _put_part(reference: etree._Element, line: Line) -> None:
    if line.part_number:
        put(put(reference, "ItemID"), "SupplierPartID", line.part_number)


def _put_rate(item: etree._Element, line: Line, draft: Draft) -> None:
    style = draft.dialect.service_rate
    if style == "comment":
        return
    holder = put(item, "UnitRate") if style == "unit_rate" else item
    if style == "unit_price":
        put(item, "UnitOfMeasure", line.unit)
        put_money(item, "UnitPrice", unit_price(line, draft), draft.figures.currency)
        return
    put(holder, "Money", unit_price(line, draft), currency=draft.figures.currency)
    put(holder, "UnitOfMeasure", line.unit)
    if line.labour and draft.dialect.labour == "labour_detail":
        put(holder, "TermReference", termName="payCode", term=str(line.labour.pay_code))


def _put_line_tax(item: etree._Element, line: Line, draft: Draft) -> None:
    if draft.tax_in_lines:
        put_tax(item, line_amount(line, draft), line_details(line, draft), draft)


def _put_handling_and_shipping(item: etree._Element, sums: Sums, draft: Draft) -> None:
    figures = draft.figures
    if "SpecialHandlingAmount" in sums:
        amount = figures.money(sums["SpecialHandlingAmount"])
        put_money(item, "InvoiceDetailLineSpecialHandling", amount, figures.currency)
    if "ShippingAmount" in sums:
        shipping = put(item, "InvoiceDetailLineShipping")
        put_shipping(shipping, draft.invoice, draft.dialect)
        put(shipping, "Money", figures.money(sums["ShippingAmount"]), currency=figures.currency)


def _put_sums(item: etree._Element, line: Line, sums: Sums, draft: Draft) -> None:
    """GrossAmount, discount and NetAmount, only where they say more than SubtotalAmount does."""
    if not sums:
        return
    figures = draft.figures
    gross = gross_of(subtotal_of(line), line_amount(line, draft), sums)
    discount = sums.get("InvoiceDetailDiscount", ZERO)
    put_money(item, "GrossAmount", figures.money(gross), figures.currency)
    if "InvoiceDetailDiscount" in sums:
        put_money(item, "InvoiceDetailDiscount", figures.money(discount), figures.currency)
    put_money(item, "NetAmount", figures.money(gross - discount), figures.currency)


def _put_account(item: etree._Element, line: Line, draft: Draft) -> None:
    """A suggestion to which of the buyer's accounts the line belongs (STD distributions)."""
    if not line.accounting_code:
        return
    language = draft.dialect.language
    distribution = put(item, "Distribution")
    accounting = put(distribution, "Accounting", name="DistributionCharge")
    segment = put(accounting, "AccountingSegment", id=line.accounting_code)
    put_text(segment, "Name", "Account", language)
    put_text(segment, "Description", line.accounting_code, language)
    put_money(distribution, "Charge", draft.figures.money(line.net_amount), draft.figures.currency)


def _put_comment(item: etree._Element, line: Line, draft: Draft, states: Literal["quantity", "amount"]) -> None:
    path = draft.path(line)
    comment = line_comment(
        line,
        draft.dialect,
        quantity="" if states == "quantity" else draft.figures.quantity(line.quantity, f"{path}/quantity"),
        price=draft.figures.price(line.unit_price, f"{path}/unit_price"),
        period_has_element=item.tag == "InvoiceDetailServiceItem",
    )
    if comment:
        put_text(item, "Comments", comment, draft.dialect.language)


def _put_labour(item: etree._Element, line: Line, draft: Draft) -> None:
    labour = line.labour
    if labour is None:
        return
    detail = put(item, "InvoiceLaborDetail")
    contractor = put(detail, "Contractor")
    put(contractor, "ContractorIdentifier", labour.worker_id, domain="supplierReferenceID")
    name = put(contractor, "Contact", role="contractor")
    put_text(name, "Name", labour.worker_name or labour.worker_id, draft.dialect.language)
    job = put(detail, "JobDescription")
    put_text(job, "Description", labour.classification, draft.dialect.language)
    if labour.timesheet_id:
        put(put(detail, "InvoiceTimeCardDetail"), "TimeCardIDInfo", timeCardID=labour.timesheet_id)


def _custom_fields(line: Line) -> dict[str, str]:
    return {field.name: field.value for field in line.custom_fields}

"""One invoice line: goods by quantity (InvoiceDetailItem) or a service by amount (InvoiceDetailServiceItem)."""

from collections.abc import Set
from decimal import Decimal
from typing import Literal

from lxml import etree

from formats.cxml.charges import ZERO, balance_of, gross_of, modifying, subtotal_of, sums_by_place
from formats.cxml.dialect import HeaderPlace
from formats.cxml.draft import Draft
from formats.cxml.extensions import put_custom_fields
from formats.cxml.figures import noon
from formats.cxml.labour import pay_code, put_labour_detail
from formats.cxml.modifications import put_modifications, put_totals
from formats.cxml.parties import put_shipping
from formats.cxml.tax import line_amount, line_details, put_tax
from formats.cxml.wording import Stated, described_labour, line_comment, line_description
from formats.cxml.xml import put, put_money, put_text
from gateway.errors import CannotExpress
from gateway.packet import Adjustment, Line, LineKind, OrderLineKind, plain_decimal

Sums = dict[HeaderPlace, Decimal]


def put_line(order: etree._Element, line: Line, draft: Draft) -> None:
    """The line as the kind of line that its order line is. Raises CannotExpress."""
    (_put_service if is_service(line, draft) else _put_item)(order, line, draft)


def element_of(line: Line, draft: Draft) -> str:
    """The element that a line is written as."""
    return "InvoiceDetailServiceItem" if is_service(line, draft) else "InvoiceDetailItem"


def is_service(line: Line, draft: Draft) -> bool:
    """Whether the line is a service: as the order line counts or as the line's own kind says, by the dialect's rule."""
    if draft.dialect.service_lines == "by_kind":
        return line.kind is not LineKind.goods
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
    put_money(item, "UnitPrice", unit_price(line, draft, item), figures.currency)
    _put_price_base(item, line, draft)
    reference = put(item, "InvoiceDetailItemReference", lineNumber=_order_line(line, draft))
    _put_part(reference, line, draft)
    described = described_labour(line, line.labour) if line.labour else line.description
    put_text(reference, "Description", described, draft.dialect.language)
    _put_service_entry(item, line, draft)
    put_money(item, "SubtotalAmount", figures.money(subtotal_of(line)), figures.currency)
    _put_line_tax(item, line, draft)
    places = draft.line_places(str(item.tag))
    sums = sums_by_place(line.adjustments, places, f"{path}/adjustments")
    _put_handling_and_shipping(item, sums, draft)
    _put_sums(item, line, sums, modifying(line.adjustments, places), draft)
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
    _put_part(reference, line, draft)
    put_text(reference, "Description", line_description(line, draft.dialect), draft.dialect.language)
    _put_service_entry(item, line, draft)
    put_money(item, "SubtotalAmount", figures.money(subtotal_of(line)), figures.currency)
    if line.period:
        put(item, "Period", startDate=noon(line.period.start), endDate=noon(line.period.end))
    _put_rate(item, line, draft)
    _put_line_tax(item, line, draft)
    places = draft.line_places(str(item.tag))
    sums = sums_by_place(line.adjustments, places, f"{path}/adjustments")
    if set(sums) - {"InvoiceDetailDiscount"}:
        raise CannotExpress(
            "cXML", f"{path}/adjustments", "a line billed by amount has no element for shipping or handling"
        )
    _put_sums(item, line, sums, modifying(line.adjustments, places), draft)
    _put_account(item, line, draft)
    _put_comment(item, line, draft, states="quantity" if rate != "comment" else "amount")
    if line.labour and draft.dialect.labour == "labour_detail":
        put_labour_detail(item, line.labour, draft)
    put_custom_fields(item, _custom_fields(line), draft.dialect)


def unit_price(line: Line, draft: Draft, holder: etree._Element) -> str:
    """The price as quoted, where PriceBasisQuantity says for how many, else the price of one unit, exactly.

    Raises CannotExpress where that does not come out even."""
    path = f"{draft.path(line)}/unit_price"
    if _states_price_base(line, draft, holder):
        return draft.figures.price(line.unit_price, path)
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


def _states_price_base(line: Line, draft: Draft, holder: etree._Element) -> bool:
    """Whether the price stands per so many units. Versions before 1.2.037 cannot say it, and without an order behind
    the line a network may refuse it (INV-143: pricing details on a non-PO invoice)."""
    quoted_for_more = line.price_base_quantity != 1 and draft.invoice.order_number_of(line) != ""
    return quoted_for_more and draft.may_hold(str(holder.tag), "PriceBasisQuantity")


def _put_price_base(holder: etree._Element, line: Line, draft: Draft) -> None:
    if _states_price_base(line, draft, holder):
        quantity = plain_decimal(line.price_base_quantity)
        put(put(holder, "PriceBasisQuantity", quantity=quantity, conversionFactor="1"), "UnitOfMeasure", line.unit)


def _put_part(reference: etree._Element, line: Line, draft: Draft) -> None:
    if not line.part_number:
        return
    item_id = put(reference, "ItemID")
    put(item_id, "SupplierPartID", line.part_number)
    if line.buyer_part_number and draft.may_hold("ItemID", "BuyerPartID"):
        put(item_id, "BuyerPartID", line.buyer_part_number)


def _put_service_entry(item: etree._Element, line: Line, draft: Draft) -> None:
    """The approved sheet's line: by the sheet's own document where that is known, else by its number."""
    entry = line.service_entry
    if entry is None or draft.dialect.service_entry == "comment":
        return
    tag = "ServiceEntryItemReference" if entry.payload_id else "ServiceEntryItemIDInfo"
    if not draft.may_hold(str(item.tag), tag):
        message = f"cXML {draft.dialect.version} has no element for a service entry sheet; write 1.2.037 or later"
        raise CannotExpress("cXML", f"{draft.path(line)}/service_entry", message)
    written = put(item, tag, serviceLineNumber=str(entry.line), serviceEntryID=entry.number)
    if entry.entered_on:
        written.set("serviceEntryDate", noon(entry.entered_on))
    if entry.payload_id:
        put(written, "DocumentReference", payloadID=entry.payload_id)


def _put_rate(item: etree._Element, line: Line, draft: Draft) -> None:
    style = draft.dialect.service_rate
    if style == "comment":
        return
    holder = put(item, "UnitRate") if style == "unit_rate" else item
    if style == "unit_price":
        put(item, "UnitOfMeasure", line.unit)
        put_money(item, "UnitPrice", unit_price(line, draft, item), draft.figures.currency)
        _put_price_base(item, line, draft)
        return
    put(holder, "Money", unit_price(line, draft, holder), currency=draft.figures.currency)
    put(holder, "UnitOfMeasure", line.unit)
    _put_price_base(holder, line, draft)
    if line.labour and draft.dialect.labour == "labour_detail":
        put(holder, "TermReference", termName="payCode", term=pay_code(line.labour, draft))


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


def _put_sums(item: etree._Element, line: Line, sums: Sums, modified: list[Adjustment], draft: Draft) -> None:
    """GrossAmount, discount, modifications and NetAmount, only where they say more than SubtotalAmount does."""
    if not sums and not modified:
        return
    figures = draft.figures
    gross = gross_of(subtotal_of(line), line_amount(line, draft), sums)
    discount = sums.get("InvoiceDetailDiscount", ZERO)
    put_money(item, "GrossAmount", figures.money(gross), figures.currency)
    if "InvoiceDetailDiscount" in sums:
        put_money(item, "InvoiceDetailDiscount", figures.money(discount), figures.currency)
    put_modifications(item, "InvoiceItemModifications", modified, draft)
    put_totals(item, modified, line.net_amount, draft)
    put_money(item, "NetAmount", figures.money(gross - discount + balance_of(modified)), figures.currency)


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
        quantity="" if states == "quantity" else draft.figures.quantity(line.quantity, f"{path}/quantity"),
        price=draft.figures.price(line.unit_price, f"{path}/unit_price"),
        stated=_stated_in(item, line, draft),
    )
    if comment:
        put_text(item, "Comments", comment, draft.dialect.language)


def _stated_in(item: etree._Element, line: Line, draft: Draft) -> Set[Stated]:
    """What the finished part of the line says in elements, or a labour line in its description."""
    described = line.labour is not None and (draft.dialect.labour == "description" or not is_service(line, draft))
    found: dict[Stated, bool] = {
        "period": described or item.find("Period") is not None,
        "price_base": next(item.iter("PriceBasisQuantity"), None) is not None,
        "buyer_part_number": next(item.iter("BuyerPartID"), None) is not None,
        "service_entry": draft.dialect.service_entry == "element",
    }
    return {name for name, is_stated in found.items() if is_stated}


def _custom_fields(line: Line) -> dict[str, str]:
    return {field.name: field.value for field in line.custom_fields}

"""An approved service entry sheet that becomes an invoice by itself, where the buyer wants that (facts 3)."""

from __future__ import annotations

from . import documents, lifecycle
from .network import Buyer, Network
from .records import ZERO, Content, Invoice, Line, OrderName, Sheet, SheetLine


def invoice_from_sheet(network: Network, buyer: Buyer, sheet: Sheet) -> Invoice | None:
    """The network makes the invoice, numbered like the sheet; it takes the same road as any other."""
    order = buyer.papers.current(sheet.order, sheet.mode)
    named = OrderName("reference", sheet.order, "", order.payload_id if order else "")
    lines = tuple(_line(each, named, sheet) for each in sheet.lines)
    total = sum((line.subtotal for line in lines), ZERO)
    content = Content(
        number=sheet.id, date=network.timeline.now(), purpose="standard", operation="new", information_only=False,
        says_header=False, has_details=True, has_header_orders=False, tax_in_line=False, shipping_in_line=False,
        has_header_shipping=False, currency=order.currency if order else "USD", lines=lines, subtotal=total, tax=ZERO,
        tax_category="", charges=ZERO, gross=None, net=total, due=total, original_payload="", original_number="",
        partners=(), shipping_roles=(), extrinsics={"isautoflip": "yes"}, has_comment=False, header_attachments=0,
        signed=False, period=None,
    )  # fmt: skip
    payload = documents.payload_id(network.stamp())
    return lifecycle.receive(network, buyer, sheet.supplier, sheet.mode, payload, content, (), "Autoflip")


def _line(entered: SheetLine, order: OrderName, sheet: Sheet) -> Line:
    return Line(
        number=entered.number, kind="service", order=order, order_line=entered.order_line, quantity=entered.quantity,
        unit=entered.unit, price=None, subtotal=entered.amount, sheet=sheet.id, sheet_line=entered.number,
    )  # fmt: skip

"""What the control API shows of invoices and orders."""

from __future__ import annotations

from decimal import Decimal

from .records import Invoice, Line, Order, Shipment
from .tenant import Tenant


def plain(number: Decimal | None) -> str | None:
    """A number as text, without grouping."""
    return None if number is None else format(number, "f")


def invoice_row(invoice: Invoice, tenant: Tenant) -> dict[str, object]:
    """An invoice as `/_sandbox/invoices` lists it."""
    return {
        "id": invoice.id,
        "number": invoice.number,
        "status": invoice.status,
        "type": invoice.type,
        "date": invoice.day.isoformat(),
        "total": plain(invoice.total),
        "currency": invoice.currency,
        "organization": invoice.organization,
        "remit_to": invoice.remit_to,
        "description": invoice.description,
        "orders": list(dict.fromkeys(line.place.order for line in invoice.lines)),
        "lines": [_line(line) for line in invoice.lines],
        "charges": [
            {"kind": each.kind, "amount": plain(each.amount), "description": each.description}
            for each in invoice.charges
        ],
        "taxes": [{"tax": each.tax, "rate": plain(each.rate), "amount": plain(each.amount)} for each in invoice.taxes],
        "attachments": [
            {
                "name": each.name,
                "title": each.title,
                "category": each.category,
                "media_type": each.media_type,
                "size": each.size,
                "sha256": each.sha256,
            }
            for each in invoice.attachments
        ],
        "submitted": invoice.submitted_at is not None,
        "visible": invoice.visible,
        "holds": [{"code": hold.code, "name": hold.name, "released": hold.released} for hold in invoice.holds],
        "payments": [
            {"number": each.number, "date": each.day.isoformat(), "amount": plain(each.amount)}
            for each in invoice.payments
        ],
        "payment_status": invoice.payment_status,
        "paid": invoice.payment_status == "Paid",
        "user": invoice.user,
        "buyer": tenant.config.name,
        "created_at": invoice.created_at.isoformat(),
        "updated_at": invoice.updated_at.isoformat(),
    }


def _line(line: Line) -> dict[str, object]:
    return {
        "order": line.place.order,
        "organization": line.place.organization,
        "line": line.place.line,
        "shipment": line.place.shipment,
        "description": line.description,
        "quantity": plain(line.quantity),
        "unit": line.unit,
        "price": plain(line.price),
        "amount": plain(line.amount),
    }


def order_row(order: Order) -> dict[str, object]:
    """An order as `/_sandbox/orders` lists it."""
    return {
        "number": order.shown,
        "organization": order.organization,
        "currency": order.currency,
        "status": order.status,
        "approved": order.approved,
        "revision": order.revision,
        "amount": plain(order.amount),
        "amount_billed": plain(order.amount_billed),
        "lines": [_shipment(each) for each in order.shipments],
    }


def _shipment(shipment: Shipment) -> dict[str, object]:
    return {
        "line": shipment.line,
        "shipment": shipment.shipment,
        "type": shipment.basis,
        "description": shipment.description,
        "uom": shipment.unit,
        "price": plain(shipment.price),
        "ordered": plain(shipment.ordered),
        "received": plain(shipment.received),
        "billed": plain(shipment.billed),
    }


def invoices(tenant: Tenant) -> list[dict[str, object]]:
    """Everything the tenant holds, saved ones included, by id."""
    with tenant.books.lock:
        return [invoice_row(each, tenant) for _, each in sorted(tenant.books.invoices.items())]

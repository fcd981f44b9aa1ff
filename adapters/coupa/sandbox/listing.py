"""Records as the control API lists them: flat objects, the same for every portal's sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .records import Invoice, Order
from .rendering import iso

if TYPE_CHECKING:
    from .instance import Instance


def control_invoice(invoice: Invoice, instance: Instance) -> dict[str, object]:
    """An invoice as `/_sandbox/invoices` lists it."""
    content = invoice.content
    return {
        "id": invoice.id,
        "number": content.number,
        "status": invoice.status,
        "document_kind": content.document_kind,
        "total": format(content.total, "f"),
        "currency": content.currency,
        "orders": content.orders,
        "client": instance.config.buyer_identity,
        "buyer": instance.name,
        "created_at": iso(invoice.created_at),
        "updated_at": iso(invoice.updated_at),
        "attachments": [
            {
                "name": each.name,
                "media_type": each.media_type,
                "size": each.size,
                "sha256": each.sha256,
                "kind": each.kind,
            }
            for each in invoice.attachments
        ],
        "submitted": invoice.submitted,
        "paid": invoice.paid,
        "channel": invoice.channel,
        "dispute_reason": invoice.dispute_reasons[0].code if invoice.dispute_reasons else None,
        "comments": [each.text for each in invoice.comments],
        "reference": content.payload_id or None,
    }


def control_order(order: Order) -> dict[str, object]:
    """An order as the control API shows it."""
    return {
        "number": order.number,
        "status": order.status,
        "currency": order.currency,
        "supplier": order.supplier,
        "invoice_stop": order.invoice_stop,
        "lines": [
            {
                "number": line.number,
                "type": line.kind,
                "quantity": None if line.quantity is None else format(line.quantity, "f"),
                "uom": line.uom,
                "price": format(line.price, "f"),
                "invoiced": format(line.invoiced, "f"),
                "received": format(line.received, "f"),
                "status": line.status,
            }
            for line in order.lines
        ],
    }

"""Records as the control API lists them: flat objects, the same for every portal's sandbox."""

from __future__ import annotations

from .deliveries import Message
from .network import Network
from .records import Invoice, Order, Sheet, TimeCard


def invoice_row(invoice: Invoice, network: Network) -> dict[str, object]:
    """An invoice. `id` is its document's payloadID: the network tells a supplier no other name of it."""
    content = invoice.content
    return {
        "id": invoice.payload_id,
        "record": invoice.id,
        "number": invoice.number,
        "status": invoice.status,
        "routing_status": invoice.routing,
        "document_kind": "credit_note" if content.is_credit else "invoice",
        "total": format(content.total, "f"),
        "currency": content.currency,
        "orders": content.orders,
        "client": network.buyers[invoice.buyer].anid(invoice.mode),
        "buyer": invoice.buyer,
        "mode": invoice.mode,
        "created_at": invoice.created_at.isoformat(),
        "updated_at": invoice.updated_at.isoformat(),
        "attachments": [
            {"name": each.name, "media_type": each.media_type, "size": each.size, "sha256": each.sha256}
            for each in invoice.files
        ],
        "submitted": True,
        "paid": invoice.status == "paid",
        "paid_amount": None if invoice.paid_amount is None else format(invoice.paid_amount, "f"),
        "channel": invoice.channel,
        "dispute_reason": invoice.query_code or None,
        "comments": [text for _, text in invoice.comments],
        "errors": list(invoice.errors),
        "exceptions": list(invoice.exceptions),
        "obsoleted_by": invoice.obsoleted_by or None,
        "history": [{"at": each.at.isoformat(), "who": each.who, "text": each.text} for each in invoice.history],
        "reference": invoice.payload_id,
    }


def order_row(order: Order) -> dict[str, object]:
    """An order in its newest version."""
    return {
        "number": order.number,
        "mode": order.mode,
        "state": order.state,
        "version": order.version,
        "payload_id": order.payload_id,
        "date": order.date.isoformat(),
        "currency": order.currency,
        "supplier": order.supplier.identity,
        "sent_through_network": order.sent,
        "confirmed": order.confirmed,
        "lines": [
            {
                "number": line.number,
                "type": line.kind,
                "quantity": None if line.quantity is None else format(line.quantity, "f"),
                "uom": line.unit,
                "price": None if line.price is None else format(line.price, "f"),
                "amount": format(line.amount, "f"),
                "rates": {code: format(rate, "f") for code, rate in line.rates.items()},
                "invoiced_quantity": format(line.invoiced_quantity, "f"),
                "invoiced_amount": format(line.invoiced_amount, "f"),
            }
            for line in order.lines
        ],
    }


def sheet_row(sheet: Sheet) -> dict[str, object]:
    """A service entry sheet."""
    lines = [{"line": each.number, "quantity": format(each.quantity, "f"), "uom": each.unit} for each in sheet.lines]
    return {"id": sheet.id, "order": sheet.order, "mode": sheet.mode, "status": sheet.status, "lines": lines}


def card_row(card: TimeCard) -> dict[str, object]:
    """A time card."""
    hours = {code: format(each, "f") for code, each in card.hours.items()}
    return {"id": card.id, "order": card.order, "mode": card.mode, "status": card.status, "hours": hours}


def message_row(message: Message) -> dict[str, object]:
    """A document to a supplier; no body, no secret."""
    return {
        "kind": message.kind,
        "payload_id": message.payload_id,
        "at": message.at.isoformat(),
        "supplier": message.supplier.anid(message.mode),
        "buyer": message.buyer,
        "about": message.about,
        "released": message.released,
        "pushed": message.pushed,
        "tries": message.tries,
    }

"""Records as Core REST shows them, in JSON and XML.

A tree is a dict with Coupa's dashed names and typed values; JSON writes decimals as strings and has no root, XML has a
root and type attributes (facts 3).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lxml import etree

from . import rules
from .records import Attachment, Comment, Invoice, InvoiceContent, InvoiceLine, Order, OrderLine
from .statuses import RELEASED

if TYPE_CHECKING:
    from .instance import Instance

Tree = dict[str, Any]
# Line ids live in the invoice's id range, so that they stay the same across edits.
LINES_PER_INVOICE = 100_000


def invoice_tree(invoice: Invoice, instance: Instance) -> Tree:
    """An `invoice-header`. Field names: facts 4.3."""
    content = invoice.content
    return {
        "id": invoice.id,
        "created-at": invoice.created_at,
        "updated-at": invoice.updated_at,
        "invoice-number": content.number,
        "invoice-date": content.invoice_date,
        "document-type": "Credit Note" if content.document_kind == "credit_note" else "Invoice",
        "status": invoice.status,
        "channel": invoice.channel,
        **_money_tree(content),
        **_party_tree(invoice, instance),
        "tax-code": {"code": found} if (found := rules.tax_code(content, instance.setup)) else None,
        "is-credit-note": content.document_kind == "credit_note",
        "original-invoice-number": content.original_number or None,
        "original-invoice-date": content.original_date,
        "credit-reason": content.credit_reason or None,
        "supplier-note": content.supplier_note or None,
        "dispute-method": invoice.dispute_method,
        "dispute-reasons": [
            {"id": each.id, "code": each.code, "description": each.description} for each in invoice.dispute_reasons
        ],
        "tolerance-failures": ", ".join(each.code for each in invoice.failed_tolerances)[:512] or None,
        "failed-tolerances": _tolerance_trees(invoice),
        "line-count": len(content.lines),
        "paid": invoice.paid,
        "exported": invoice.exported,
        "canceled": invoice.status == "voided",
        "abandon-reason": invoice.abandon_reason or None,
        "lock-version-key": invoice.lock_version,
        "attachments": [attachment_tree(each) for each in invoice.attachments],
        "invoice-lines": [_line_tree(line, invoice, instance) for line in content.lines],
    }


def _money_tree(content: InvoiceContent) -> Tree:
    return {
        "currency": {"code": content.currency},
        "line-level-taxation": content.line_level_taxation,
        "total-with-taxes": content.total,
        "gross-total": content.total,
        "supplier-total": content.supplier_total,
        "tax-amount": content.tax_total,
        "tax-rate": content.tax_rate,
        "shipping-amount": content.shipping,
        "handling-amount": content.handling,
        "misc-amount": content.misc,
    }


def _party_tree(invoice: Invoice, instance: Instance) -> Tree:
    supplier = next((each for each in instance.suppliers if each.id == invoice.supplier_id), None)
    if supplier is None:
        return {"supplier": {"id": None, "name": None, "number": None}, "payment-term": {"code": None}}
    term = rules.payment_term(invoice.content, supplier, instance.setup)
    return {
        "supplier": {"id": supplier.id, "name": supplier.name, "number": supplier.number},
        "payment-term": {"code": term},
    }


def _tolerance_trees(invoice: Invoice) -> list[Tree]:
    return [
        {
            "code": each.code,
            "failable-type": "InvoiceLine",
            "failable-id": line_id(invoice, each.line_number),
            "breach-amount": each.breach_amount,
            "breach-limit": each.breach_limit,
            "resolved": invoice.status != "on_hold" and invoice.status not in RELEASED,
        }
        for each in invoice.failed_tolerances
    ]


def line_id(invoice: Invoice, number: int) -> int:
    """The API's id of an invoice line."""
    return invoice.id * LINES_PER_INVOICE + number


def _line_tree(line: InvoiceLine, invoice: Invoice, instance: Instance) -> Tree:
    order = instance.setup.orders.get(line.order_number)
    ordered = order.line(line.order_line) if order else None
    taxed = line.tax_amount or line.tax_category
    return {
        "id": line_id(invoice, line.number),
        "line-num": line.number,
        "type": "InvoiceQuantityLine" if line.kind == "quantity" else "InvoiceAmountLine",
        "description": line.description,
        "quantity": line.quantity,
        "uom": {"code": line.uom} if line.uom else None,
        "price": line.price,
        "total": line.total,
        "order-header-num": line.order_number or None,
        "po-number": line.order_number or None,
        "order-line-num": line.order_line,
        "order-line-id": ordered.id if ordered else None,
        "contract": {"number": line.contract} if line.contract else None,
        "source-part-num": line.part_number or None,
        "tax-amount": line.tax_amount,
        "tax-lines": [{"type": "TaxLine", "amount": line.tax_amount, "rate": line.tax_rate}] if taxed else [],
    }


def attachment_tree(attachment: Attachment) -> Tree:
    """An attachment; its bytes are not offered again."""
    return {
        "id": attachment.id,
        "type": {"file": "file", "url": "url", "image_scan": "image_scan"}[attachment.kind],
        "intent": attachment.intent,
        "file-name": attachment.name,
        "content-type": attachment.media_type or None,
        "file-size": attachment.size,
        "url": attachment.url or None,
    }


def comment_tree(comment: Comment, invoice: Invoice) -> Tree:
    """A comment (facts 4.5)."""
    return {
        "id": comment.id,
        "comments": comment.text,
        "commentable-type": "InvoiceHeader",
        "commentable-id": invoice.id,
        "reason-code": comment.reason_code or None,
        "to-supplier": comment.to_supplier,
        "created-at": comment.created_at,
        "updated-at": comment.created_at,
        "created-by": {"login": comment.author},
    }


def order_tree(order: Order, instance: Instance) -> Tree:
    """A purchase order with its lines (facts 13)."""
    known = next((each for each in instance.suppliers if order.supplier in (each.name, each.number)), None)
    supplier = {"id": known.id, "name": known.name, "number": known.number} if known else {"name": order.supplier}
    return {
        "id": order.id,
        "created-at": order.created_at,
        "updated-at": order.updated_at,
        "po-number": order.number,
        "status": order.status,
        "invoice-stop": order.invoice_stop,
        "currency": {"code": order.currency},
        "supplier": supplier,
        "payment-term": {"code": order.payment_term} if order.payment_term else None,
        "total": sum((line.total for line in order.lines), Decimal(0)),
        "order-lines": [_order_line_tree(line, order) for line in order.lines],
    }


def _order_line_tree(line: OrderLine, order: Order) -> Tree:
    return {
        "id": line.id,
        "line-num": line.number,
        "type": "OrderQuantityLine" if line.kind == "quantity" else "OrderAmountLine",
        "description": line.description,
        "quantity": line.quantity,
        "uom": {"code": line.uom} if line.uom else None,
        "price": line.price,
        "total": line.total,
        "invoiced": line.invoiced,
        "received": line.received,
        "match-type": line.match_type or None,
        "status": line.status,
        "invoice-stop": line.invoice_stop,
        "source-part-num": line.part_number or None,
        "currency": {"code": order.currency},
        "order-header-number": order.number,
    }


# Trimming

Wanted = dict[str, "Wanted | None"]


def dashed(name: str) -> str:
    """Coupa's spelling of a field name."""
    return name.replace("_", "-")


def wanted_from(text: str) -> Wanted:
    """`fields=["id",{"supplier":["name"]}]` as a nested mapping. Raises `ValueError`."""
    return _wanted(json.loads(text), 0)


def _wanted(given: object, depth: int) -> Wanted:
    if not isinstance(given, list) or depth > 10:
        raise ValueError("fields must be a JSON list of names and {name: [names]}")
    wanted: Wanted = {}
    for each in given:
        if isinstance(each, str):
            wanted[dashed(each)] = None
        elif isinstance(each, dict):
            wanted.update({dashed(str(name)): _wanted(inner, depth + 1) for name, inner in each.items()})
        else:
            raise ValueError("fields must be a JSON list of names and {name: [names]}")
    return wanted


def trimmed(tree: Tree, wanted: Wanted | None) -> Tree:
    """Only the wanted fields; names the record has not are passed over."""
    if wanted is None:
        return tree
    return {name: _trimmed_value(tree[name], inner) for name, inner in wanted.items() if name in tree}


def _trimmed_value(value: Any, wanted: Wanted | None) -> Any:
    if isinstance(value, list):
        return [_trimmed_value(each, wanted) for each in value]
    return trimmed(value, wanted) if isinstance(value, dict) else value


def limited(tree: Tree) -> Tree:
    """`return_object=limited`: what identifies the record (which fields exactly is a guess)."""
    return {name: tree[name] for name in ("id", "invoice-number", "po-number", "status") if name in tree}


def shallow(tree: Tree) -> Tree:
    """`return_object=shallow`: associations cut down to their ids."""
    return {name: _id_only(value) for name, value in tree.items()}


def _id_only(value: Any) -> Any:
    if isinstance(value, list):
        return [_id_only(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {"id": value["id"]} if "id" in value else value


# Writing


def iso(moment: datetime) -> str:
    """A time as the API writes it: with zone, so that a `+` must be encoded when it comes back in a query."""
    return moment.astimezone(UTC).isoformat()


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return iso(value)
    raise TypeError(f"cannot write {type(value).__name__}")


def to_json(value: object) -> bytes:
    """JSON without root; decimals are strings."""
    return json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":")).encode()


def to_xml(value: Tree | list[Tree], root: str) -> bytes:
    """XML with a root; `root` is the singular name, a list gets the plural."""
    if isinstance(value, list):
        top = etree.Element(root + "s", type="array")
        for each in value:
            _append(top, root, each)
    else:
        top = etree.Element(root)
        for name, each in value.items():
            _append(top, name, each)
    return etree.tostring(top, xml_declaration=True, encoding="UTF-8")


def _append(parent: etree._Element, name: str, value: Any) -> None:
    element = etree.SubElement(parent, name)
    if isinstance(value, dict):
        for inner, each in value.items():
            _append(element, inner, each)
    elif isinstance(value, list):
        element.set("type", "array")
        for each in value:
            _append(element, name.removesuffix("s"), each)
    elif value is None:
        element.set("nil", "true")
    else:
        kind, text = _typed(value)
        if kind:
            element.set("type", kind)
        element.text = "".join(letter for letter in text if letter >= " " or letter in "\t\n\r")


def _typed(value: object) -> tuple[str, str]:
    if isinstance(value, bool):
        return "boolean", str(value).lower()
    if isinstance(value, int):
        return "integer", str(value)
    if isinstance(value, Decimal):
        return "decimal", format(value, "f")
    if isinstance(value, datetime):
        return "dateTime", iso(value)
    return "", str(value)

"""Request bodies of the Core REST door: JSON or XML into plain values, those into invoice content (facts 4.3, 4.4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from lxml import etree

from gateway.standin.messages import Request
from gateway.standin.multipart import parse_header
from gateway.standin.reading import decimal, moment

from .cxml_document import CENT
from .instance import Instance
from .records import ZERO, InvoiceContent, InvoiceLine, Supplier
from .rendering import LINES_PER_INVOICE, dashed
from .texts import ModelRefusal

EMPTY = InvoiceContent("", None, "invoice", "", ())
MONEY = {
    "shipping-amount": "shipping",
    "handling-amount": "handling",
    "misc-amount": "misc",
    "tax-amount": "tax_amount",
}
WORDS = {"invoice-number": "number", "credit-reason": "credit_reason", "supplier-note": "supplier_note"}
CHARGES = {"InvoiceShippingCharge": "shipping", "InvoiceHandlingCharge": "handling", "InvoiceMiscCharge": "misc"}


class BadBody(ValueError):
    """The body cannot be read; the words say where."""


def body_of(request: Request) -> dict[str, Any]:
    """The body's fields with dashed names; empty when there is no body. Raises `BadBody`."""
    if not request.body.strip():
        return {}
    media_type = parse_header(request.header("content-type"))[0]
    if "xml" in media_type:
        return _xml(request.body)
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadBody(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadBody("not a JSON object")
    found = _dashed(value, 0)
    inner = found.get("invoice-header")
    return inner if isinstance(inner, dict) else found


def _dashed(value: Any, depth: int) -> Any:
    if depth > 30:
        raise BadBody("nested too deeply")
    if isinstance(value, dict):
        return {dashed(str(name)): _dashed(inner, depth + 1) for name, inner in value.items()}
    return [_dashed(inner, depth + 1) for inner in value] if isinstance(value, list) else value


def _xml(body: bytes) -> dict[str, Any]:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise BadBody(f"not XML: {error.msg}") from None
    value = _xml_value(root, 0)
    return value if isinstance(value, dict) else {}


def _xml_value(element: etree._Element, depth: int) -> Any:
    if depth > 30:
        raise BadBody("nested too deeply")
    children = [child for child in element if isinstance(child.tag, str)]
    plural = str(element.tag)
    if element.get("type") == "array" or (children and all(str(child.tag) + "s" == plural for child in children)):
        return [_xml_value(child, depth + 1) for child in children]
    if children:
        return {dashed(str(child.tag)): _xml_value(child, depth + 1) for child in children}
    return None if element.get("nil") == "true" else (element.text or "").strip()


def supplier_from(body: Mapping[str, Any], instance: Instance) -> Supplier:
    """The supplier by id, number or name. Raises `ModelRefusal`."""
    named = body.get("supplier")
    values = named if isinstance(named, Mapping) else {"id": body.get("supplier-id")}
    for supplier in instance.suppliers:
        own = {"id": str(supplier.id), "number": supplier.number, "name": supplier.name}
        if any(values.get(key) is not None and str(values[key]) == own[key] for key in own):
            return supplier
    raise ModelRefusal((("supplier_blank", 0),))


def content_from(body: Mapping[str, Any], before: InvoiceContent, instance: Instance) -> InvoiceContent:
    """The content after the body's fields are put into it. Raises `BadBody` naming the field."""
    changes: dict[str, Any] = {name: _words(body, key) for key, name in WORDS.items() if key in body}
    changes |= {name: _number(body, key) for key, name in MONEY.items() if key in body}
    if "original-invoice-number" in body:
        changes["original_number"] = _words(body, "original-invoice-number")
    for key, name in (("invoice-date", "invoice_date"), ("original-invoice-date", "original_date")):
        if key in body:
            changes[name] = moment(_words(body, key))
    if "supplier-total" in body:
        changes["supplier_total"] = None if body["supplier-total"] in (None, "") else _number(body, "supplier-total")
    if "currency" in body:
        changes["currency"] = _code(body["currency"])
    if "payment-term" in body:
        changes["payment_term"] = _code(body["payment-term"])
    if "line-level-taxation" in body:
        changes["line_level_taxation"] = _flag(body["line-level-taxation"])
    if "is-credit-note" in body or "document-type" in body:
        credit = _flag(body.get("is-credit-note")) or str(body.get("document-type")).lower() == "credit note"
        changes["document_kind"] = "credit_note" if credit else "invoice"
    changes |= _tax(body) | _charges(body)
    content = replace(before, **changes)
    if "invoice-lines" in body:
        lines = _lines(body["invoice-lines"], before.lines, instance)
        content = replace(content, lines=tuple(replace(line, number=index) for index, line in enumerate(lines, 1)))
    return replace(content, lines=_on_contract(body, content.lines))


def _on_contract(body: Mapping[str, Any], lines: tuple[InvoiceLine, ...]) -> tuple[InvoiceLine, ...]:
    """Lines resting on the header's contract (field: facts 4.3; that it backs lines which name nothing is inferred)."""
    number = _contract(body)
    bare = [not (line.order_number or line.contract) for line in lines]
    return tuple(replace(line, contract=number) if one else line for line, one in zip(lines, bare, strict=True))


def _tax(body: Mapping[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "tax-lines" in body:
        rows = _list(body["tax-lines"], "tax-lines")
        changes["tax_amount"] = sum((_number(row, "amount") for row in rows), ZERO)
        body = rows[0] if rows else {}
        body = {"tax-code": body.get("tax-code"), "tax-rate": body.get("rate")}
    if body.get("tax-code") is not None:
        changes["tax_category"] = _code(body["tax-code"])
    if body.get("tax-rate") not in (None, ""):
        changes["tax_rate"] = _number(body, "tax-rate")
    return changes


def _charges(body: Mapping[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for row in _list(body.get("invoice-charges") or [], "invoice-charges"):
        name = CHARGES.get(str(row.get("type")))
        if name is None:
            raise BadBody(f"invoice-charges: type must be one of {', '.join(CHARGES)}")
        changes[name] = changes.get(name, ZERO) + _number(row, "total")
    return changes


def _lines(given: Any, before: tuple[InvoiceLine, ...], instance: Instance) -> tuple[InvoiceLine, ...]:
    """Lines with an `id` change that line, lines without one are added."""
    lines = {line.number: line for line in before}
    for row in _list(given, "invoice-lines"):
        number = int(_number(row, "id")) % LINES_PER_INVOICE if row.get("id") else max(lines, default=0) + 1
        if row.get("id") and number not in lines:
            raise BadBody(f"invoice-lines: the invoice has no line with id {row['id']}")
        lines[number] = _line(row, lines.get(number), instance)
    return tuple(lines.values())


def _line(row: Mapping[str, Any], before: InvoiceLine | None, instance: Instance) -> InvoiceLine:
    line = before or InvoiceLine(0, "quantity", "", None, None, ZERO, ZERO)
    changes: dict[str, Any] = {}
    if "type" in row:
        changes["kind"] = "amount" if row["type"] == "InvoiceAmountLine" else "quantity"
    for key, name in (("description", "description"), ("source-part-num", "part_number")):
        if key in row:
            changes[name] = _words(row, key)
    if row.get("quantity") not in (None, ""):
        changes["quantity"] = _number(row, "quantity").quantize(Decimal("0.000001"))
    if "price" in row:
        changes["price"] = _number(row, "price")
    if row.get("uom"):
        changes["uom"] = _code(row["uom"])
    if row.get("contract"):
        changes["contract"] = _contract(row)
    changes |= _order_link(row, instance)
    if "tax-lines" in row:
        tax = _tax(row)
        changes |= {key: tax[key] for key in ("tax_amount", "tax_category", "tax_rate") if key in tax}
    line = replace(line, **changes)
    if line.kind == "amount":
        return replace(line, quantity=None, uom=None, total=line.price)
    return replace(line, total=(line.price * (line.quantity or ZERO)).quantize(CENT))


def _contract(row: Mapping[str, Any]) -> str:
    """The contract's number, from an object or as bare text; "" where there is none."""
    given = row.get("contract") or ""
    return _words(given, "number") if isinstance(given, Mapping) else str(given)


def _order_link(row: Mapping[str, Any], instance: Instance) -> dict[str, Any]:
    """Either spelling of the PO link works (facts 4.4: the documents and the clients disagree)."""
    if row.get("order-line-id"):
        wanted = int(_number(row, "order-line-id"))
        for order in instance.setup.orders.values():
            for line in order.lines:
                if line.id == wanted:
                    return {"order_number": order.number, "order_line": line.number}
        raise BadBody(f"order-line-id {wanted} is no order line")
    changes: dict[str, Any] = {}
    number = row.get("order-header-num") or row.get("po-number")
    if number:
        changes["order_number"] = str(number)
    if row.get("order-line-num"):
        changes["order_line"] = int(_number(row, "order-line-num"))
    return changes


def _list(value: Any, name: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise BadBody(f"{name} must be a list of objects")
    return value


def _number(row: Mapping[str, Any], name: str) -> Decimal:
    try:
        return decimal(str(row.get(name) if row.get(name) is not None else ""))
    except ValueError:
        raise BadBody(f"{name} is not a number") from None


def _words(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()


def _code(value: Any) -> str:
    return _words(value, "code") or _words(value, "id") if isinstance(value, Mapping) else str(value or "")


def _flag(value: Any) -> bool:
    return value is True or str(value).lower() == "true"

"""`/api/…`: Core REST invoices, purchase orders and dispute reasons (facts 3 to 6)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote

from gateway.standin.messages import Answer, Request
from gateway.standin.multipart import MultipartError, Part, parse_header, parts_of
from gateway.standin.throttle import Throttle
from gateway.standin.tokens import Tokens

from .instance import Instance, WrongState
from .query import FAST, BadQuery, Rows, candidates, query_from
from .records import File, Invoice, InvoiceContent, Order
from .rendering import (
    Tree,
    attachment_tree,
    comment_tree,
    invoice_tree,
    order_tree,
)
from .rest_answers import RestError, error_answer, listed, shaped, text, written
from .rest_bodies import EMPTY, BadBody, body_of, content_from, supplier_from
from .texts import ModelRefusal, Refusal


class RestDoor:
    """Answers Core REST requests for one instance at a time; holds no state."""

    def answer(self, request: Request, path: str, instance: Instance, tokens: Tokens, throttle: Throttle) -> Answer:
        """JSON or XML by Accept; errors in the shapes of facts 5."""
        try:
            _check_rate(instance, throttle)
            segments = [unquote(piece) for piece in path.removeprefix("/api/").rstrip("/").split("/")]
            # Paths may end in the format, as in Rails.
            segments[-1] = segments[-1].removesuffix(".json").removesuffix(".xml")
            _check_token(request, segments, tokens)
            return self._route(request, segments, instance)
        except RestError as error:
            return error_answer(request, instance, error)
        except BadQuery as error:
            return error_answer(request, instance, RestError(400, text("bad_query", reason=str(error))))
        except (BadBody, MultipartError) as error:
            return error_answer(request, instance, RestError(400, text("bad_body", reason=str(error))))
        except WrongState as error:
            words = text("wrong_state", status=error.status, action=error.action)
            return error_answer(request, instance, RestError(400, words))
        except ModelRefusal as refusal:
            return error_answer(request, instance, RestError(400, *refusal.messages()))
        except Refusal as refusal:
            return error_answer(request, instance, RestError(400, refusal.text()[1]))

    def _route(self, request: Request, segments: list[str], instance: Instance) -> Answer:
        resource, rest = segments[0], segments[1:]
        if resource == "invoices":
            return _invoices(request, rest, instance)
        if resource == "purchase_orders" and request.method == "GET" and len(rest) <= 1:
            return _orders(request, rest, instance)
        if resource == "dispute_reasons" and request.method == "GET" and not rest:
            return written(request, 200, [_reason(each) for each in instance.dispute_reasons], "dispute-reason")
        raise RestError(404, text("not_found"))


def _reason(reason: Any) -> Tree:
    return {"id": reason.id, "code": reason.code, "description": reason.description, "active": reason.active}


def _check_rate(instance: Instance, throttle: Throttle) -> None:
    knobs = instance.knobs
    if knobs.flag("throttle") and not throttle.admits(knobs.number("throttle_rate"), knobs.number("throttle_burst")):
        raise RestError(429, text("throttled"))


def _check_token(request: Request, segments: list[str], tokens: Tokens) -> None:
    grant = tokens.grant_of(request)
    if grant is None:
        raise RestError(401, text("unauthorized"))
    scopes = _scopes(request.method, segments)
    if not scopes & grant.scopes:
        raise RestError(403, text("forbidden", scope=" or ".join(sorted(scopes))))


def _scopes(method: str, segments: list[str]) -> frozenset[str]:
    """Scopes of which one is needed (facts 3; that POST also works with `write` is a guess)."""
    if segments[0] == "purchase_orders":
        return frozenset({"core.purchase_order.read"})
    if method == "GET":
        return frozenset({"core.invoice.read"})
    if method == "DELETE":
        return frozenset({"core.invoice.delete"})
    create = {"core.invoice.create"} if method == "POST" and len(segments) == 1 else set()
    return frozenset({"core.invoice.write"} | create)


# Purchase orders


def _orders(request: Request, rest: list[str], instance: Instance) -> Answer:
    with instance.lock:
        orders = sorted(instance.setup.orders.values(), key=lambda order: order.id)
        if rest:
            order = next((each for each in orders if str(each.id) == rest[0]), None)
            if order is None:
                raise RestError(404, text("not_found"))
            tree = order_tree(order, instance)
            return written(request, 200, shaped(query_from(request.query, tree), [tree])[0], "order-header")
        query = query_from(request.query, _order_template(instance))
        rows: Rows[Order] = Rows(lambda order: order_tree(order, instance), {})
        page = rows.page(orders, query, unstable=instance.knobs.flag("unstable_sort"))
        trees = [order_tree(order, instance) for order in page]
    return listed(request, query, trees, "order-header")


def _order_template(instance: Instance) -> Tree:
    now = instance.now()
    return order_tree(Order(0, "", "", "", instance.suppliers[0].name, "", now, now, []), instance)


# Invoices


def _invoices(request: Request, rest: list[str], instance: Instance) -> Answer:
    if not rest:
        if request.method == "GET":
            return _invoice_list(request, instance)
        if request.method == "POST" and instance.knobs.flag("rest_create"):
            return _create(request, instance)
        raise RestError(404, text("not_found"))
    with instance.lock:
        invoice = instance.invoices.get(int(rest[0])) if rest[0].isdecimal() and len(rest[0]) < 18 else None
    if invoice is None or len(rest) > 2:
        raise RestError(404, text("not_found"))
    act = ACTIONS.get((request.method, rest[1] if len(rest) == 2 else ""))
    if act is None:
        raise RestError(404, text("not_found"))
    return act(request, invoice, instance)


def _template(instance: Instance) -> Tree:
    now = instance.now()
    return invoice_tree(Invoice(0, EMPTY, 0, "new", "", now, now), instance)


def _invoice_list(request: Request, instance: Instance) -> Answer:
    query = query_from(request.query, _template(instance))
    rows: Rows[Invoice] = Rows(lambda invoice: invoice_tree(invoice, instance), dict(FAST))
    with instance.lock:
        found = candidates(query, instance.invoices)
        page = rows.page(found, query, unstable=instance.knobs.flag("unstable_sort"))
        trees = [invoice_tree(invoice, instance) for invoice in page]
    return listed(request, query, trees, "invoice-header")


def _shown(request: Request, status: int, invoice: Invoice, instance: Instance) -> Answer:
    """One invoice, trimmed as the query asks; `exported` is a change, not a condition, on a single invoice."""
    options = [(name, value) for name, value in request.query if name in ("fields", "return_object")]
    query = query_from(options, {"id": 0})
    if query.return_object == "none" and request.method != "GET":
        return Answer(status, b"", "application/json; charset=utf-8")
    with instance.lock:
        tree = invoice_tree(invoice, instance)
    return written(request, status, shaped(query, [tree])[0], "invoice-header")


def _create(request: Request, instance: Instance) -> Answer:
    body = body_of(request)
    with instance.lock:
        supplier = supplier_from(body, instance)
        invoice = instance.draft(content_from(body, EMPTY, instance), supplier)
    return _shown(request, 201, invoice, instance)


def _get(request: Request, invoice: Invoice, instance: Instance) -> Answer:
    return _shown(request, 200, invoice, instance)


def _update(request: Request, invoice: Invoice, instance: Instance) -> Answer:
    exported = dict(request.query).get("exported")
    with instance.lock:
        if exported is not None:
            # A request of its own; other changes in it are dropped (facts 3, Export flag).
            invoice.exported = exported == "true"
        else:
            content: InvoiceContent = content_from(body_of(request), invoice.content, instance)
            instance.update(invoice, content)
    return _shown(request, 200, invoice, instance)


def _delete(request: Request, invoice: Invoice, instance: Instance) -> Answer:
    if invoice.status != "new":
        raise RestError(400, text("not_new"))
    instance.delete(invoice)
    return Answer(200, b"", "application/json; charset=utf-8")


def _plain(act: Callable[[Instance, Invoice], None]) -> Callable[[Request, Invoice, Instance], Answer]:
    def answer(request: Request, invoice: Invoice, instance: Instance) -> Answer:
        act(instance, invoice)
        return _shown(request, 200, invoice, instance)

    return answer


def _abandon(request: Request, invoice: Invoice, instance: Instance) -> Answer:
    instance.abandon(invoice, str(_fields(request).get("abandon-reason") or ""))
    return _shown(request, 200, invoice, instance)


def _dispute(request: Request, invoice: Invoice, instance: Instance) -> Answer:
    body = _fields(request)
    reason = body.get("dispute-reason")
    code = (
        str(reason.get("code") or "")
        if isinstance(reason, dict)
        else str(body.get("dispute-reason[code]") or reason or "")
    )
    words = body.get("comment") or body.get("comments")
    words = str(words.get("comments") or "") if isinstance(words, dict) else str(words or "")
    try:
        instance.dispute(invoice, code, words)
    except LookupError:
        raise RestError(400, text("dispute_reason")) from None
    return _shown(request, 200, invoice, instance)


def _fields(request: Request) -> dict[str, Any]:
    """Body fields, with query parameters of the same names in second place."""
    return {name.replace("_", "-"): value for name, value in request.query} | body_of(request)


# Papers and comments


def _image_scan(request: Request, invoice: Invoice, instance: Instance) -> Answer:
    part = next((each for each in _form_parts(request) if each.field == "file"), None)
    if part is None:
        raise RestError(400, text("file_blank"))
    instance.attach(invoice, _file(part, "Supplier", image_scan=True))
    return _shown(request, 200, invoice, instance)


def _form_parts(request: Request) -> list[Part]:
    content_type = request.header("content-type")
    return parts_of(request.body, content_type) if parse_header(content_type)[0] == "multipart/form-data" else []


def _file(part: Part, intent: str, *, image_scan: bool = False) -> File:
    digest = hashlib.sha256(part.body).hexdigest()
    return File(
        part.filename or "file", part.media_type, len(part.body), digest, "image_scan" if image_scan else "file", intent
    )


def _attachments(request: Request, invoice: Invoice, instance: Instance) -> Answer:
    papers = [attachment_tree(each) for each in invoice.attachments if each.kind != "image_scan"]
    return written(request, 200, papers, "attachment")


def _attach(request: Request, invoice: Invoice, instance: Instance) -> Answer:
    parts = {part.field: part for part in _form_parts(request)}
    values = {name: part.body.decode("utf-8", "replace") for name, part in parts.items() if name != "attachment[file]"}
    if not parts:
        read = parse_qs(request.body.decode("utf-8", "replace"))
        values = {name: found[0] for name, found in read.items()}
    intent = values.get("attachment[intent]", "Internal")
    if "attachment[file]" in parts:
        file = _file(parts["attachment[file]"], intent)
    elif values.get("attachment[url]"):
        url = values["attachment[url]"]
        file = File(url, "", 0, "", "url", intent, url)
    else:
        raise RestError(400, text("file_blank"))
    return written(request, 201, attachment_tree(instance.attach(invoice, file)), "attachment")


def _comments(request: Request, invoice: Invoice, instance: Instance) -> Answer:
    return written(request, 200, [comment_tree(each, invoice) for each in invoice.comments], "comment")


def _comment(request: Request, invoice: Invoice, instance: Instance) -> Answer:
    body = body_of(request)
    words = str(body.get("comments") or "").strip()
    if not words:
        raise RestError(400, text("comment_blank"))
    added = instance.comment(
        invoice,
        words,
        reason_code=str(body.get("reason-code") or ""),
        to_supplier=str(body.get("to-supplier", True)).lower() != "false",
        author="api",
    )
    return written(request, 201, comment_tree(added, invoice), "comment")


ACTIONS: dict[tuple[str, str], Callable[[Request, Invoice, Instance], Answer]] = {
    ("GET", ""): _get,
    ("PUT", ""): _update,
    ("PATCH", ""): _update,
    ("DELETE", ""): _delete,
    ("PUT", "submit"): _plain(lambda instance, invoice: instance.submit(invoice)),
    ("PUT", "void"): _plain(lambda instance, invoice: instance.void(invoice)),
    ("PUT", "abandon"): _abandon,
    ("PUT", "dispute"): _dispute,
    ("PUT", "withdraw_dispute"): _plain(lambda instance, invoice: instance.withdraw_dispute(invoice)),
    ("PUT", "revalidate_tolerances"): _plain(lambda instance, invoice: instance.revalidate_tolerances(invoice)),
    ("PUT", "image_scan"): _image_scan,
    ("GET", "attachments"): _attachments,
    ("POST", "attachments"): _attach,
    ("GET", "comments"): _comments,
    ("POST", "comments"): _comment,
}

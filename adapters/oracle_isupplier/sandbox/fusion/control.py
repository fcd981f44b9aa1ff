"""The control API of the Fusion part: the small language every portal's sandbox speaks, in JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from gateway.standin.messages import Answer, ControlError, Request, json_answer, json_object

from .records import Invoice, Order
from .seeding import seed
from .tenant import Tenant, standing
from .texts import TEXTS

if TYPE_CHECKING:
    from .site import FusionSite

ORDER_ACTIONS = ("close", "cancel", "open", "receive")
MAX_SEED = 1_000_000


class Control:
    """Answers control requests of one tenant."""

    def __init__(self, site: FusionSite) -> None:
        self._site = site
        self._tenant = site.tenant

    def answer(self, request: Request, path: str) -> Answer:
        """JSON always; errors as `{"error": words}`. `path` is what follows `/_sandbox/`."""
        segments = [unquote(piece) for piece in path.strip("/").split("/")]
        try:
            return json_answer(*self._act(request, segments))
        except ControlError as error:
            return json_answer(error.status, {"error": str(error)})
        except LookupError as error:
            return json_answer(404, {"error": f"not known: {error}"})
        except (ValueError, TypeError) as error:
            return json_answer(400, {"error": str(error)})

    def _act(self, request: Request, segments: list[str]) -> tuple[int, object]:
        tenant, site = self._tenant, self._site
        method, body = request.method, json_object(request.body)
        if segments[0] == "invoices" and len(segments) > 1:
            return _invoice(tenant, method, segments[1:], body)
        if segments[0] == "orders" and len(segments) == 3 and method == "POST":
            return _order_action(tenant, segments[1], segments[2])
        plain: dict[tuple[str, str], Callable[[], object]] = {
            ("GET", "health"): lambda: {"portal": "oracle_isupplier", "part": "fusion", "ok": True},
            ("GET", "invoices"): lambda: {"invoices": invoices(tenant)},
            ("GET", "received"): lambda: {"requests": site.received.as_json()},
            ("DELETE", "received"): lambda: _done(site.received.forget),
            ("GET", "faults"): lambda: {"faults": site.faults.as_json()},
            ("POST", "faults"): lambda: _done(lambda: site.faults.arm(body)),
            ("DELETE", "faults"): lambda: _done(site.faults.clear),
            ("GET", "orders"): lambda: {"orders": [_order(order) for order in tenant.orders.values()]},
            ("POST", "orders"): lambda: _put_orders(tenant, body),
            ("GET", "knobs"): tenant.knobs.as_json,
            ("POST", "knobs"): lambda: _done(lambda: tenant.knobs.change(body)),
            ("GET", "texts"): lambda: {key: asdict(text) for key, text in TEXTS.items()},
            ("POST", "refusals"): lambda: _refuse(tenant, body),
            ("DELETE", "refusals"): lambda: _done(tenant.accept_again),
            ("POST", "seed"): lambda: _seed(tenant, body),
            ("POST", "reset"): lambda: _done(site.reset),
        }
        act = plain.get((method, segments[0])) if len(segments) == 1 else None
        if act is None:
            there = ", ".join(sorted(f"{verb} {name}" for verb, name in plain))
            raise ControlError(404, f"no {method} /_sandbox/{'/'.join(segments)}; there are {there}")
        return 200, act()


def invoices(tenant: Tenant) -> list[dict[str, object]]:
    """Everything the tenant holds, by id: flat objects, the same for every portal's sandbox."""
    with tenant.lock:
        return [_listed(invoice) for invoice in tenant.invoices]


def _listed(invoice: Invoice) -> dict[str, object]:
    return {
        "id": invoice.id,
        "number": invoice.number,
        "status": standing(invoice),
        "validation_status": invoice.status,
        "approval_status": invoice.approval,
        "paid_status": invoice.paid,
        "document_kind": "credit_note" if invoice.invoice_type.lower().startswith("credit") else "invoice",
        "total": format(invoice.total, "f"),
        "currency": invoice.currency,
        "orders": list(dict.fromkeys(line.order_number for line in invoice.lines if line.order_number)),
        "buyer": invoice.business_unit,
        "created_at": invoice.created_at.isoformat(),
        "updated_at": invoice.updated_at.isoformat(),
        "lines": [
            {
                "number": line.number,
                "description": line.description,
                "amount": None if line.amount is None else format(line.amount, "f"),
                "order": line.order_number,
                "order_line": line.order_line,
            }
            for line in invoice.lines
        ],
        "attachments": [
            {"name": each.name, "media_type": each.media_type, "size": each.size, "sha256": each.sha256}
            for each in invoice.attachments
        ],
        "holds": [{"name": hold.name, "reason": hold.reason, "release": hold.release_name} for hold in invoice.holds],
        "submitted": invoice.submitted,
        "paid": invoice.paid == "Paid",
    }


def _order(order: Order) -> dict[str, object]:
    return {
        "number": order.number,
        "status": order.status,
        "currency": order.currency,
        "lines": [{"number": line.number, "billed": format(line.billed, "f")} for line in order.lines],
    }


def _done(act: Callable[[], object]) -> dict[str, bool]:
    act()
    return {"ok": True}


def _invoice(tenant: Tenant, method: str, segments: list[str], body: dict[str, Any]) -> tuple[int, object]:
    invoice = tenant.find(segments[0])
    if invoice is None:
        raise ControlError(404, f"no invoice with number or id {segments[0]!r}; GET /_sandbox/invoices lists them")
    if segments[1:] == [] and method == "GET":
        return 200, _listed(invoice)
    acts: dict[str, Callable[[], object]] = {
        "status": lambda: _status(tenant, invoice, body),
        "dispute": lambda: tenant.dispute(invoice, str(body.get("code") or "OTHER"), str(body.get("comment") or "")),
        "holds": lambda: tenant.hold(invoice, str(body.get("name") or "MANUAL"), str(body.get("reason") or "")),
        "release": lambda: tenant.release(invoice, str(body.get("name") or "")),
        "validate": lambda: tenant.validate(invoice),
    }
    act = acts.get("/".join(segments[1:])) if method == "POST" else None
    if act is None:
        raise ControlError(404, f"an invoice takes POST {', '.join(acts)}")
    act()
    return 200, _listed(invoice)


def _status(tenant: Tenant, invoice: Invoice, body: dict[str, Any]) -> None:
    word = body.get("status")
    if word is not None:
        if not isinstance(word, str) or not 0 < len(word) <= 50:
            raise ControlError(400, "status must be a word of up to 50 characters")
        tenant.says(invoice, word)
    approval, paid = body.get("approval"), body.get("paid")
    if word is None and approval is None and paid is None:
        raise ControlError(400, "send status, approval or paid")
    tenant.set_words(invoice, approval=_text(approval), paid="Paid" if paid is True else _text(paid))


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _put_orders(tenant: Tenant, body: dict[str, Any]) -> dict[str, object]:
    given = body.get("orders")
    if not isinstance(given, list) or not all(isinstance(order, dict) for order in given):
        raise ControlError(400, 'send {"orders": [{"number": …, "lines": [{"type": "quantity", "price": …}]}]}')
    return {"orders": [order.number for order in tenant.put_orders(given)]}


def _order_action(tenant: Tenant, number: str, action: str) -> tuple[int, object]:
    if action not in ORDER_ACTIONS:
        raise ControlError(404, f"an order takes {', '.join(ORDER_ACTIONS)}, not {action}")
    return 200, _order(tenant.change_order(number, action))


def _refuse(tenant: Tenant, body: dict[str, Any]) -> dict[str, bool]:
    times = body.get("times", 1)
    if not isinstance(times, int) or not 0 < times <= 1_000_000:
        raise ControlError(400, "times must be a whole number of 1 or more")
    if str(body.get("kind")).rpartition(":")[2] not in TEXTS:
        raise ControlError(400, f"kind must be one of {', '.join(TEXTS)}, or one of them after `submit:`")
    return _done(lambda: tenant.refuse_next(str(body["kind"]), times))


def _seed(tenant: Tenant, body: dict[str, Any]) -> dict[str, int]:
    number = body.get("invoices")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= MAX_SEED:
        raise ControlError(400, f"invoices must be a whole number from 1 to {MAX_SEED}")
    first, last = seed(tenant, number, str(body.get("status", "pending_approval")))
    return {"first_id": first, "last_id": last}

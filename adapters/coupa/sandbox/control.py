"""The control API, `/_sandbox/…`: the same small language for every portal's sandbox, in JSON.

Beyond it there are `refusals` (refuse the next submissions with a given text) and `texts` (every text with its mark).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from gateway.standin.messages import Answer, ControlError, Request, json_answer, json_object

from .instance import Instance, WrongState
from .listing import control_invoice, control_order
from .records import Invoice
from .seeding import seed
from .texts import COMPLAINTS, REST_TEXTS, TEXTS, kinds

if TYPE_CHECKING:
    from .site import Buyer, Place, Site

ORDER_ACTIONS = ("close", "cancel", "receive", "invoice_stop")
MAX_SEED = 1_000_000


class Control:
    """Answers control requests for the buyer a URL leads to."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def answer(self, request: Request, place: Place) -> Answer:
        """JSON always; errors as `{"error": words}`."""
        segments = [unquote(piece) for piece in place.path.removeprefix("/_sandbox/").rstrip("/").split("/")]
        try:
            return json_answer(*self._act(request, place.buyer, segments))
        except ControlError as error:
            return json_answer(error.status, {"error": str(error)})
        except WrongState as error:
            return json_answer(409, {"error": f"{error}; send force: true to set it all the same"})
        except (ValueError, TypeError, KeyError) as error:
            return json_answer(
                400, {"error": f"{error}" if isinstance(error, ValueError) else f"missing or wrong: {error}"}
            )

    def _act(self, request: Request, buyer: Buyer, segments: list[str]) -> tuple[int, object]:
        method, body = request.method, json_object(request.body)
        if segments[0] == "invoices" and len(segments) > 1:
            return _invoice(buyer.instance, method, segments[1:], body)
        if segments[0] == "orders" and len(segments) == 3 and method == "POST":
            return _order_action(buyer.instance, segments[1], segments[2])
        if segments == ["buyers"]:
            return self._buyers(method, body)
        plain: dict[tuple[str, str], Callable[[], tuple[int, object]]] = {
            ("GET", "health"): lambda: (200, {"portal": "coupa", "ok": True}),
            ("GET", "invoices"): lambda: (200, {"invoices": invoices(buyer.instance)}),
            ("GET", "received"): lambda: (200, {"requests": buyer.received.as_json()}),
            ("DELETE", "received"): lambda: _done(buyer.received.forget),
            ("GET", "faults"): lambda: (200, {"faults": buyer.faults.as_json()}),
            ("POST", "faults"): lambda: _done(lambda: buyer.faults.arm(body)),
            ("DELETE", "faults"): lambda: _done(buyer.faults.clear),
            ("POST", "orders"): lambda: _put_orders(buyer.instance, body),
            ("GET", "orders"): lambda: (200, {"orders": orders(buyer.instance)}),
            ("GET", "knobs"): lambda: (200, buyer.instance.knobs.as_json()),
            ("POST", "knobs"): lambda: _knobs(buyer.instance, body),
            ("GET", "texts"): lambda: (200, texts()),
            ("POST", "refusals"): lambda: _refuse(buyer.instance, body),
            ("DELETE", "refusals"): lambda: _done(buyer.instance.accept_again),
            ("POST", "seed"): lambda: _seed(buyer.instance, body),
            ("POST", "reset"): lambda: _done(buyer.reset),
        }
        act = plain.get((method, segments[0])) if len(segments) == 1 else None
        if act is None:
            there = sorted(f"{verb} {name}" for verb, name in plain)
            raise ControlError(404, f"no {method} /_sandbox/{'/'.join(segments)}; there are {', '.join(there)}")
        return act()

    def _buyers(self, method: str, body: dict[str, Any]) -> tuple[int, object]:
        if method == "POST":
            name = str(body.get("name", ""))
            self._site.add(name, body.get("config") or {})
            return 201, {"name": name, "prefix": f"/{name}"}
        return 200, {"buyers": [_described(name, buyer) for name, buyer in self._site.buyers.items()]}


def _described(name: str, buyer: Buyer) -> dict[str, object]:
    config = buyer.instance.config
    return {
        "name": name,
        "prefix": f"/{name}",
        "buyer_domain": config.buyer_domain,
        "buyer_identity": config.buyer_identity,
    }


def _done(act: Callable[[], object]) -> tuple[int, object]:
    act()
    return 200, {"ok": True}


def invoices(instance: Instance) -> list[dict[str, object]]:
    """Everything the instance holds, by id."""
    with instance.lock:
        return [control_invoice(invoice, instance) for invoice in instance.invoices]


def orders(instance: Instance) -> list[dict[str, object]]:
    """The purchase orders, by number."""
    with instance.lock:
        return [control_order(order) for _, order in sorted(instance.setup.orders.items())]


def texts() -> dict[str, object]:
    """Every text the sandbox may say, with its mark."""
    complaints = {key: asdict(complaint) for key, complaint in COMPLAINTS.items()}
    rest = {key: {"words": words, "mark": mark} for key, (words, mark) in REST_TEXTS.items()}
    return {"cxml": {key: asdict(text) for key, text in TEXTS.items()}, "model": complaints, "rest": rest}


def _found(instance: Instance, key: str) -> Invoice:
    invoice = instance.find(key)
    if invoice is None:
        raise ControlError(404, f"no invoice with number or id {key!r}; GET /_sandbox/invoices lists them")
    return invoice


def _invoice(instance: Instance, method: str, segments: list[str], body: dict[str, Any]) -> tuple[int, object]:
    invoice = _found(instance, segments[0])
    if len(segments) == 1 and method == "GET":
        return 200, control_invoice(invoice, instance)
    if len(segments) != 2 or method != "POST":
        raise ControlError(404, "an invoice takes POST status and POST dispute")
    if segments[1] == "dispute":
        _dispute(instance, invoice, body)
    elif segments[1] == "status":
        _status(instance, invoice, body)
    else:
        raise ControlError(404, "an invoice takes POST status and POST dispute")
    return 200, control_invoice(invoice, instance)


def _status(instance: Instance, invoice: Invoice, body: dict[str, Any]) -> None:
    status = body.get("status")
    if not isinstance(status, str) or not 0 < len(status) <= 50:
        raise ControlError(400, "status must be one of the portal's tokens, or any other token of up to 50 characters")
    with instance.lock:
        if status == "disputed" and body.get("code"):
            _dispute(instance, invoice, body)
        else:
            instance.advance(invoice, status, force=body.get("force") is True)
        if body.get("abandon_reason"):
            invoice.abandon_reason = str(body["abandon_reason"])
        if body.get("paid") is True:
            instance.pay(invoice)
        if body.get("comment") and status != "disputed":
            instance.comment(invoice, str(body["comment"]), author="buyer")


def _dispute(instance: Instance, invoice: Invoice, body: dict[str, Any]) -> None:
    code = str(body.get("code") or "")
    try:
        instance.dispute(invoice, code, str(body.get("comment") or ""))
    except LookupError:
        there = ", ".join(each.code for each in instance.dispute_reasons if each.active)
        raise ControlError(409, f"{code!r} is no active dispute reason of this buyer; there are {there}") from None


def _put_orders(instance: Instance, body: dict[str, Any]) -> tuple[int, object]:
    given = body.get("orders")
    if not isinstance(given, list) or not all(isinstance(order, dict) for order in given):
        raise ControlError(400, 'send {"orders": [{"number": …, "lines": [{"type": "quantity", "price": …}]}]}')
    return 200, {"orders": [order.number for order in instance.put_orders(given)]}


def _order_action(instance: Instance, number: str, action: str) -> tuple[int, object]:
    if action not in ORDER_ACTIONS:
        raise ControlError(404, f"an order takes {', '.join(ORDER_ACTIONS)}, not {action}")
    try:
        return 200, control_order(instance.change_order(number, action))
    except LookupError:
        raise ControlError(404, f"no order {number!r}; POST /_sandbox/orders puts orders") from None


def _knobs(instance: Instance, body: dict[str, Any]) -> tuple[int, object]:
    instance.knobs.change(body)
    return 200, instance.knobs.as_json()


def _refuse(instance: Instance, body: dict[str, Any]) -> tuple[int, object]:
    times = body.get("times", 1)
    if not isinstance(times, int) or not 0 < times <= 1_000_000:
        raise ControlError(400, "times must be a whole number of 1 or more")
    try:
        instance.refuse_next(str(body.get("kind")), times)
    except KeyError as error:
        raise ControlError(400, f"kind {error} is unknown; there are {', '.join(kinds())}") from None
    return 200, {"ok": True}


def _seed(instance: Instance, body: dict[str, Any]) -> tuple[int, object]:
    number = body.get("invoices")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= MAX_SEED:
        raise ControlError(400, f"invoices must be a whole number from 1 to {MAX_SEED}")
    first, last = seed(instance, number, str(body.get("status", "pending_approval")))
    return 200, {"first_id": first, "last_id": last}

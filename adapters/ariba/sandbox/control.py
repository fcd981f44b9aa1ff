"""The control API, `/_sandbox/…`: the same small language for every portal's sandbox, in JSON.

What only this portal has: `clock/step`, `deliver`, `updates`, `messages`, `rules`, `sheets`, `timecards`, `suppliers`,
`invoices/{…}/script` and `…/resubmit`, and `refusals` with `texts`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from gateway.standin.messages import Answer, ControlError, Request, json_answer, json_object

from . import lifecycle, orders_control, updates
from .lifecycle import WrongState
from .listing import invoice_row, message_row
from .network import Buyer, Network
from .records import Invoice
from .rulebook import RULE_SETS, whole_set
from .seeding import seed
from .texts import CLERK, CXML, NETWORK

if TYPE_CHECKING:
    from .site import Counter, Site

MAX_SEED = 1_000_000
Result = tuple[int, object]


class Control:
    """Answers control requests for the buyer a URL leads to."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._network = site.network

    def answer(self, request: Request, path: str, counter: Counter) -> Answer:
        """JSON always; errors as `{"error": words}`."""
        segments = [unquote(piece) for piece in path.removeprefix("/_sandbox/").rstrip("/").split("/")]
        try:
            return json_answer(*self._act(request, counter, segments))
        except ControlError as error:
            return json_answer(error.status, {"error": str(error)})
        except WrongState as error:
            return json_answer(409, {"error": f"{error}; send force: true to set it all the same"})
        except (ValueError, TypeError, KeyError, ArithmeticError) as error:
            words = f"{error}" if isinstance(error, ValueError) else f"missing or wrong: {error}"
            return json_answer(400, {"error": words})

    def _act(self, request: Request, counter: Counter, segments: list[str]) -> Result:
        method, body = request.method, json_object(request.body)
        buyer = self._network.buyers[counter.name]
        if segments[0] == "invoices" and len(segments) > 1:
            return self._invoice(buyer, method, segments[1:], body)
        if segments[0] in ("orders", "sheets", "timecards") and method in ("GET", "POST"):
            return orders_control.act(self._network, buyer, method, segments, dict(request.query) | body)
        if segments[0] == "suppliers":
            return _supplier(buyer, self._network, method, segments[1:], body)
        act = self._plain(counter, buyer, body).get((method, "/".join(segments)))
        if act is None:
            there = sorted(f"{verb} {name}" for verb, name in self._plain(counter, buyer, body))
            raise ControlError(404, f"no {method} /_sandbox/{'/'.join(segments)}; there are {', '.join(there)}")
        return act()

    def _plain(
        self, counter: Counter, buyer: Buyer, body: dict[str, Any]
    ) -> dict[tuple[str, str], Callable[[], Result]]:
        network = self._network
        return {
            ("GET", "health"): lambda: (200, {"portal": "ariba", "ok": True}),
            ("GET", "invoices"): lambda: (200, {"invoices": invoices(network, buyer.name)}),
            ("GET", "received"): lambda: (200, {"requests": counter.received.as_json()}),
            ("DELETE", "received"): lambda: done(counter.received.forget),
            ("GET", "faults"): lambda: (200, {"faults": counter.faults.as_json()}),
            ("POST", "faults"): lambda: done(lambda: counter.faults.arm(body)),
            ("DELETE", "faults"): lambda: done(counter.faults.clear),
            ("GET", "knobs"): lambda: (200, buyer.knobs.as_json()),
            ("POST", "knobs"): lambda: _knobs(network, buyer, body),
            ("GET", "rules"): lambda: (200, buyer.rules.as_json()),
            ("POST", "rules"): lambda: _rules(buyer, body),
            ("GET", "rule_sets"): lambda: (200, {"rule_sets": RULE_SETS}),
            ("GET", "texts"): lambda: (200, texts()),
            ("POST", "refusals"): lambda: _refuse(network, buyer, body),
            ("DELETE", "refusals"): lambda: done(buyer.refusals.clear),
            ("GET", "messages"): lambda: (200, {"messages": messages(network, buyer.name)}),
            ("POST", "deliver"): lambda: (200, {"delivered": updates.deliver(network, buyer, body)}),
            ("POST", "updates"): lambda: (200, message_row(updates.send(network, buyer, body))),
            ("GET", "clock"): lambda: (200, _clock(network)),
            ("POST", "clock/step"): lambda: _step(network, body),
            ("GET", "buyers"): lambda: (200, {"buyers": [_described(each) for each in network.buyers.values()]}),
            ("POST", "buyers"): lambda: self._add_buyer(body),
            ("POST", "seed"): lambda: _seed(network, buyer, body),
            ("POST", "reset"): lambda: done(lambda: self._site.reset(buyer.name)),
        }

    def _add_buyer(self, body: dict[str, Any]) -> Result:
        name = str(body.get("name", ""))
        self._site.add(name, body.get("config") or {})
        return 201, {"name": name, "prefix": f"/{name}"}

    def _invoice(self, buyer: Buyer, method: str, segments: list[str], body: dict[str, Any]) -> Result:
        network = self._network
        invoice = network.find(segments[0], buyer.name)
        if invoice is None:
            raise ControlError(404, f"no invoice {segments[0]!r} at {buyer.name}; GET /_sandbox/invoices lists them")
        if method == "POST" and segments[1:] == ["status"]:
            _status(network, invoice, body)
        elif method == "POST" and segments[1:] == ["dispute"]:
            lifecycle.dispute(network, invoice, str(body.get("code") or ""), str(body.get("comment") or ""))
        elif method == "POST" and segments[1:] == ["script"]:
            lifecycle.play(network, invoice, str(body.get("script")))
        elif method == "POST" and segments[1:] == ["resubmit"]:
            invoice = updates.resubmit(network, invoice, str(body.get("number") or ""))
        elif method != "GET" or segments[1:]:
            raise ControlError(404, "an invoice takes POST status, dispute, script and resubmit")
        return 200, invoice_row(invoice, network)


def done(act: Callable[[], object]) -> Result:
    """Do it and say so."""
    act()
    return 200, {"ok": True}


def invoices(network: Network, buyer: str) -> list[dict[str, object]]:
    """Everything the network holds for a buyer, in the order it came."""
    with network.lock:
        return [invoice_row(invoice, network) for invoice in network.invoices if invoice.buyer == buyer]


def messages(network: Network, buyer: str) -> list[dict[str, object]]:
    """Every document written to a supplier in a buyer's name."""
    return [message_row(each) for each in network.deliveries.everything() if each.buyer == buyer]


def texts() -> dict[str, object]:
    """Every text the sandbox may say, with its mark."""
    network = {key: asdict(text) for key, text in NETWORK.items()}
    return {"network": network, "cxml": {key: asdict(text) for key, text in CXML.items()}, "clerk": CLERK}


def _described(buyer: Buyer) -> dict[str, object]:
    return {
        "name": buyer.name,
        "prefix": f"/{buyer.name}",
        "buyer_domain": "NetworkID",
        "buyer_identity": buyer.config.buyer_identity,
        "suppliers": [each.identity for each in buyer.config.suppliers],
    }


def _status(network: Network, invoice: Invoice, body: Mapping[str, Any]) -> None:
    word = body.get("status")
    if not isinstance(word, str) or not 0 < len(word) <= 50:
        raise ControlError(400, "status must be one of the network's words, or any other of up to 50 characters")
    updates.set_status(network, invoice, word, body, force=body.get("force") is True)


def _knobs(network: Network, buyer: Buyer, body: dict[str, Any]) -> Result:
    buyer.knobs.change(body)
    network.timeline.wake()
    return 200, buyer.knobs.as_json()


def _rules(buyer: Buyer, body: dict[str, Any]) -> Result:
    change = dict(body)
    name = change.pop("rule_set", None)
    buyer.rules.change((whole_set(str(name)) if name else {}) | change)
    return 200, buyer.rules.as_json()


def _refuse(network: Network, buyer: Buyer, body: dict[str, Any]) -> Result:
    times = body.get("times", 1)
    if not isinstance(times, int) or not 0 < times <= MAX_SEED:
        raise ControlError(400, "times must be a whole number of 1 or more")
    return done(lambda: network.refuse_next(buyer, str(body.get("kind")), times))


def _clock(network: Network) -> dict[str, object]:
    return {"now": network.timeline.now().isoformat(), "waiting": network.timeline.waiting()}


def _step(network: Network, body: dict[str, Any]) -> Result:
    seconds = body.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < timedelta.max.days:
        raise ControlError(400, "seconds must be a number of 0 or more")
    network.timeline.step(float(seconds))
    return 200, _clock(network)


def _supplier(buyer: Buyer, network: Network, method: str, segments: list[str], body: dict[str, Any]) -> Result:
    rows = [updates.supplier_row(network, network.suppliers[each.identity]) for each in buyer.config.suppliers]
    if method == "GET" and not segments:
        return 200, {"suppliers": rows}
    if method != "POST" or len(segments) != 1:
        raise ControlError(404, "GET suppliers, or POST suppliers/{ANID} with delivery, push_url, push_secret")
    supplier = network.suppliers.get(segments[0].removesuffix("-T"))
    if supplier is None or all(each.identity != supplier.identity for each in buyer.config.suppliers):
        raise ControlError(404, f"buyer {buyer.name} has no supplier {segments[0]}")
    updates.reroute(supplier, body)
    return 200, updates.supplier_row(network, supplier)


def _seed(network: Network, buyer: Buyer, body: dict[str, Any]) -> Result:
    number = body.get("invoices")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= MAX_SEED:
        raise ControlError(400, f"invoices must be a whole number from 1 to {MAX_SEED}")
    first, last = seed(network, buyer, number, str(body.get("status", "processing")))
    return 200, {"first_id": first, "last_id": last}

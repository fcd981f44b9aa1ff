"""Orders, service entry sheets and time cards by the control API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.standin.messages import ControlError

from . import autoflip
from .configuration import card_from, sheet_from
from .listing import card_row, order_row, sheet_row
from .network import Buyer, Network
from .records import MODES, Mode, Order, Sheet, TimeCard

ORDER_ACTIONS = ("close", "cancel", "receive", "ship", "confirm", "reopen", "replace")
SHEET_ACTIONS = {"approve": "approved", "reject": "rejected"}
Result = tuple[int, object]


def act(network: Network, buyer: Buyer, method: str, segments: list[str], body: dict[str, Any]) -> Result:
    """`GET`/`POST orders|sheets|timecards`, `POST orders/{number}/{action}`, `POST sheets/{id}/approve|reject`."""
    what = segments[0]
    with network.lock:
        if method == "GET" and len(segments) == 1:
            return 200, {what: _rows(buyer, what, _mode(body))}
        if method == "POST" and len(segments) == 1:
            return 200, {what: _put(network, buyer, what, body)}
        if method == "POST" and len(segments) == 3 and what == "orders":
            return 200, order_row(change_order(network, buyer, segments[1], segments[2], _mode(body), body))
        if method == "POST" and len(segments) == 3:
            decide(network, buyer, what, segments[1], segments[2], _mode(body))
            return 200, {"ok": True}
    raise ControlError(404, f"{what} take GET, POST, and POST {what}/<id>/<action>")


def _mode(body: Mapping[str, Any]) -> Mode:
    return "test" if body.get("mode") == "test" else "production"


def _rows(buyer: Buyer, what: str, mode: Mode) -> list[dict[str, object]]:
    if what == "orders":
        return [order_row(order) for order in buyer.papers.all(mode)]
    if what == "sheets":
        return [sheet_row(each) for (kept, _), each in sorted(buyer.papers.sheets.items()) if kept == mode]
    return [card_row(each) for (kept, _), each in sorted(buyer.papers.cards.items()) if kept == mode]


def _put(network: Network, buyer: Buyer, what: str, body: Mapping[str, Any]) -> list[str]:
    given = body.get(what)
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise ControlError(400, f'send {{"{what}": [{{…}}]}}')
    if what == "orders":
        return list(dict.fromkeys(order.number for order in network.put_orders(buyer, given)))
    return [put_paper(network, buyer, what, each) for each in given]


def put_paper(network: Network, buyer: Buyer, what: str, given: Mapping[str, Any]) -> str:
    """Put a service entry sheet or a time card into both books, or the one it names; approved unless it says so."""
    supplier = network.supplier_named(buyer, given)
    name = ""
    for mode in MODES:
        if given.get("mode", mode) != mode:
            continue
        plain = {key: value for key, value in given.items() if key not in ("mode", "supplier")}
        if what == "sheets":
            sheet = sheet_from(plain, buyer.name, mode, supplier)
            buyer.papers.sheets[(mode, sheet.id)] = sheet
            name = sheet.id
        else:
            card = card_from(plain, buyer.name, mode, supplier)
            buyer.papers.cards[(mode, card.id)] = card
            name = card.id
    return name


def change_order(
    network: Network, buyer: Buyer, number: str, action: str, mode: Mode, body: Mapping[str, Any]
) -> Order:
    """Do something with an order. `replace` puts a new version with a new payloadID and date. Raises `ControlError`."""
    order = buyer.papers.current(number, mode)
    if order is None:
        raise ControlError(404, f"no order {number!r}; POST /_sandbox/orders puts orders")
    if action == "replace":
        return replace_order(network, buyer, order, body)
    if action not in ORDER_ACTIONS:
        raise ControlError(404, f"an order takes {', '.join(ORDER_ACTIONS)}, not {action}")
    if action == "close":
        order.state = "closed"
    elif action == "reopen":
        order.state = "open"
    elif action == "cancel":
        order.state = "obsolete"
        network.send_order(order, buyer, deleted=True)
    else:
        flag = {"receive": "received", "ship": "shipped", "confirm": "confirmed"}[action]
        setattr(order, flag, True)
    return order


def replace_order(network: Network, buyer: Buyer, order: Order, body: Mapping[str, Any]) -> Order:
    """A new version: the same lines unless others are given; the old one is obsolete from now on (INV-13)."""
    given: dict[str, Any] = {
        "number": order.number,
        "currency": order.currency,
        "supplier": order.supplier.identity,
        "mode": order.mode,
        "blanket": order.blanket,
        "sent_through_network": order.sent,
        "valid_from": order.valid_from.isoformat() if order.valid_from else None,
        "valid_to": order.valid_to.isoformat() if order.valid_to else None,
        "lines": [
            {
                "line": line.number,
                "type": line.kind,
                "description": line.description,
                "uom": line.unit,
                "quantity": None if line.quantity is None else str(line.quantity),
                "price": None if line.price is None else str(line.price),
                "amount": str(line.amount),
                "part_number": line.part_number,
                "service": line.service,
                "rates": {code: str(rate) for code, rate in line.rates.items()},
            }
            for line in order.lines
        ],
    }
    return network.put_orders(buyer, [given | {key: value for key, value in body.items() if key != "mode"}])[0]


def decide(network: Network, buyer: Buyer, what: str, name: str, action: str, mode: Mode) -> None:
    """Approve or reject a sheet or a time card, and tell its supplier. Raises `ControlError`."""
    kept: Mapping[tuple[Mode, str], Sheet | TimeCard] = buyer.papers.sheets if what == "sheets" else buyer.papers.cards
    paper = kept.get((mode, name))
    if paper is None or action not in SHEET_ACTIONS:
        raise ControlError(404, f"no {what} {name!r}, or no action {action}: there are approve and reject")
    paper.status = SHEET_ACTIONS[action]
    network.report_sheet(paper, "ServiceEntryRequest" if what == "sheets" else "TimeCardRequest")
    if isinstance(paper, Sheet) and action == "approve" and buyer.rules.flag("auto_generate_invoice_from_sheet"):
        autoflip.invoice_from_sheet(network, buyer, paper)

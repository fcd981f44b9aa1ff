"""The register of purchase orders, as the portals show them, and what our own invoices in flight take from them.

A packet's commitments are written when its document is built and removed when it comes back (refused, rejected,
changed, stopped): a row stands for exactly what is on its way or was accepted."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from checklists.facts import InFlight
from gateway.adapter import Order, OrderLine, OrderState
from gateway.packet import OrderLineKind
from gateway.store.database import Tx
from gateway.store.statements import filled, put, several
from gateway.store.tables import Money, Quantity, commitment, packet, purchase_order
from gateway.verdict import Stage


@dataclass
class _Drawn:
    total: Decimal = Decimal(0)
    amounts: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    quantities: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, line: int, amount: Decimal, quantity: Decimal) -> None:
        self.total += amount
        if line:
            self.amounts[line] += amount
            self.quantities[line] += quantity


def keep(tx: Tx, account: str, order: Order, seen_at: datetime) -> None:
    """Writes an order as it is now; an older state never replaces a newer one."""
    values = {
        "state": order.state.value,
        "portal_state": order.portal_state,
        "currency": order.currency,
        "ordered_on": order.ordered_on.isoformat() if order.ordered_on else "",
        "payload_id": order.payload_id,
        "updated_at": order.updated_at,
        "seen_at": seen_at,
        "lines": json.dumps([_line_json(line) for line in order.lines], sort_keys=True),
    }
    if put(tx, purchase_order, {"account": account, "number": order.number, **values}, unless=("account", "number")):
        return
    same = sa.and_(purchase_order.c.account == account, purchase_order.c.number == order.number)
    if order.updated_at is not None:
        same = sa.and_(
            same, sa.or_(purchase_order.c.updated_at.is_(None), purchase_order.c.updated_at <= order.updated_at)
        )
    tx.execute(purchase_order.update().where(same).values(**values))


def known(tx: Tx, account: str, numbers: Collection[str], *, lock: bool = False) -> Mapping[str, Order]:
    """The register's rows for these order numbers. `lock` makes others who draw on them wait, in one fixed order."""
    if not numbers:
        return {}
    statement = (_LOCKED if lock else _KNOWN)(len(numbers))
    rows = statement.all(tx, {"account": account, **filled(sorted(numbers))})
    return {row.number: _order_from(row) for row in rows}


def in_flight(
    tx: Tx, account: str, orders: Collection[str], apart_from: str, *, counts_submitted: bool, only_sent: bool
) -> Mapping[str, InFlight]:
    """What our other invoices take from these orders and the portal has not counted yet.

    Without `counts_submitted` the portal counts an invoice once it is accepted: everything on its way is in flight, and
    an accepted one stays so until the order was read again after its acceptance. With it, the portal counts what it
    has: only what it has not got, or got after the order was last read, is in flight. `only_sent` leaves out what is
    built and waits for its turn."""
    drawn = {number: _Drawn() for number in orders}
    if drawn:
        known = {
            "account": account,
            **filled(sorted(drawn)),
            "apart_from": apart_from,
            "not_yet_sent": Stage.built if only_sent else "",
        }
        statement = (_IN_FLIGHT_SUBMITTED if counts_submitted else _IN_FLIGHT_ACCEPTED)(len(drawn))
        for row in statement.all(tx, known):
            drawn[row.order_number].add(row.line, row.amount, row.quantity)
    return {number: InFlight(one.total, dict(one.amounts), dict(one.quantities)) for number, one in drawn.items()}


def count(tx: Tx, account: str) -> int:
    """How many orders the register holds for an account."""
    return int(
        tx.execute(
            sa.select(sa.func.count()).select_from(purchase_order).where(purchase_order.c.account == account)
        ).scalar_one()
    )


def _in_flight(orders: Sequence[sa.BindParameter[str]], *not_counted: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Sums by order line over what the portal does not count yet."""
    return (
        sa.select(
            commitment.c.order_number,
            commitment.c.line,
            sa.type_coerce(sa.func.sum(commitment.c.amount), Money).label("amount"),
            sa.type_coerce(sa.func.sum(commitment.c.quantity), Quantity).label("quantity"),
        )
        .join(packet, packet.c.id == commitment.c.packet_id)
        .join(
            purchase_order,
            sa.and_(
                purchase_order.c.account == commitment.c.account,
                purchase_order.c.number == commitment.c.order_number,
            ),
        )
        .where(
            commitment.c.account == sa.bindparam("account"),
            commitment.c.order_number.in_(orders),
            commitment.c.packet_id != sa.bindparam("apart_from"),
            packet.c.stage != sa.bindparam("not_yet_sent"),
            *not_counted,
        )
        .group_by(commitment.c.order_number, commitment.c.line)
    )


_ACCEPTED_SINCE = sa.or_(packet.c.stage != Stage.accepted, packet.c.accepted_at >= purchase_order.c.seen_at)
_GOT_SINCE = sa.or_(packet.c.stage != Stage.waiting, packet.c.stage_since >= purchase_order.c.seen_at)
_IN_FLIGHT_ACCEPTED = several(lambda orders: _in_flight(orders, _ACCEPTED_SINCE))
_IN_FLIGHT_SUBMITTED = several(lambda orders: _in_flight(orders, _ACCEPTED_SINCE, _GOT_SINCE))


def _numbered(numbers: Sequence[sa.BindParameter[str]]) -> sa.Select[Any]:
    return (
        sa.select(purchase_order)
        .where(purchase_order.c.account == sa.bindparam("account"), purchase_order.c.number.in_(numbers))
        .order_by(purchase_order.c.number)
    )


_KNOWN = several(_numbered)
_LOCKED = several(lambda numbers: _numbered(numbers).with_for_update())


def _line_json(line: OrderLine) -> dict[str, Any]:
    values = {name: getattr(line, name) for name in OrderLine.__dataclass_fields__}
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()}


def _order_from(row: Any) -> Order:
    return Order(
        number=row.number,
        state=OrderState(row.state),
        currency=row.currency,
        lines=_lines_from(row.lines),
        portal_state=row.portal_state,
        ordered_on=date.fromisoformat(row.ordered_on) if row.ordered_on else None,
        payload_id=row.payload_id,
        updated_at=row.updated_at,
    )


@lru_cache(maxsize=512)
def _lines_from(text: str) -> tuple[OrderLine, ...]:
    """An order's lines; the same few orders are looked at for every invoice on them."""
    lines = []
    for values in json.loads(text):
        for name in _DECIMALS:
            if values[name] is not None:
                values[name] = Decimal(values[name])
        values["kind"] = OrderLineKind(values["kind"])
        values["state"] = OrderState(values["state"])
        lines.append(OrderLine(**values))
    return tuple(lines)


_DECIMALS = ("quantity", "price", "amount", "invoiced_quantity", "invoiced_amount")

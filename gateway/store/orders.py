"""The register of purchase orders, as the portals show them, and what our own invoices in flight take from them.

A packet's commitments are written when its document is built and removed when it comes back (refused, rejected,
changed, stopped): a row stands for exactly what is on its way or was accepted."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from checklists.facts import Billed, InFlight
from gateway.errors import legible
from gateway.order import NO_TERMS, LineTerms, Order, OrderLine, OrderState, OrderVersion, Rate, UnreadOrder
from gateway.packet import OrderLineKind
from gateway.secrets import scrub_bytes
from gateway.store import accounts
from gateway.store.database import Tx, blob, keep_blob
from gateway.store.statements import change, filled, put, several
from gateway.store.tables import Money, Quantity, commitment, packet, purchase_order, unread_order
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
    """Takes an order into the register. An older version never takes the place of a newer one, whatever comes first; it
    is remembered, so that an invoice that names it is known to name a replaced version."""
    values = _values_of(order, seen_at)
    if put(tx, purchase_order, {"account": account, "number": order.number, **values}, unless=("account", "number")):
        _followed(tx, account, order.number, seen_at)
        return
    present = known(tx, account, [order.number], lock=True)[order.number]
    key = {"account": account, "number": order.number}
    if not order.is_later_than(present):
        change(tx, purchase_order, key, {"earlier": _earlier_text(present, present.earlier, order)})
        return
    change(tx, purchase_order, key, {**values, "earlier": _earlier_text(order, present.earlier, present)})
    _followed(tx, account, order.number, seen_at)


def _values_of(order: Order, seen_at: datetime) -> dict[str, Any]:
    terms = {name: _plain(getattr(order, name)) for name in _TERMS if getattr(order, name)}
    return {
        "state": order.state.value,
        "portal_state": order.portal_state,
        "currency": order.currency,
        "ordered_on": order.ordered_on.isoformat() if order.ordered_on else "",
        "payload_id": order.payload_id,
        "updated_at": order.updated_at,
        "seen_at": seen_at,
        "tells_invoiced": any(
            one.invoiced_amount is not None or one.invoiced_quantity is not None for one in order.lines
        ),
        "terms": json.dumps(terms, sort_keys=True),
        "earlier": _earlier_text(order, order.earlier),
        "lines": json.dumps([_line_json(line) for line in order.lines], sort_keys=True),
    }


def _earlier_text(order: Order, before: Iterable[OrderVersion], also: Order | None = None) -> str:
    """The versions before `order` as they are stored, each once, those of the same name as itself left out."""
    newest = [OrderVersion(also.payload_id, also.stated_date, also.updated_at)] if also and also.is_versioned else []
    itself = (order.payload_id, order.stated_date)
    found = {(one.payload_id, one.stated_date): one for one in (*newest, *before)}
    rows = [
        {
            "payload_id": one.payload_id,
            "stated_date": one.stated_date,
            "updated_at": one.updated_at.isoformat() if one.updated_at else "",
        }
        for name, one in found.items()
        if name != itself
    ]
    return json.dumps(rows[:_MOST_VERSIONS])


_MOST_VERSIONS = 50  # remembered of one order


def keep_unread(tx: Tx, account: str, unread: UnreadOrder, seen_at: datetime) -> None:
    """Keeps an order document that could not be read, and writes the event once. The caller has locked the account."""
    sha256 = keep_blob(tx, scrub_bytes(unread.raw))
    told = {"payload_id": legible(unread.payload_id), "number": legible(unread.number[:200]), "why": unread.why}
    row = {"account": account, "sha256": sha256, "seen_at": seen_at, **told}
    if put(tx, unread_order, row, unless=("account", "sha256")):
        accounts.tell(tx, account, seen_at, "order_unread", f"portal:{account}", {"document_sha256": sha256, **told})


def unread(tx: Tx, account: str, numbers: Collection[str] = ()) -> tuple[UnreadOrder, ...]:
    """Order documents that could not be read and were not followed by one that could; of these `numbers` only, where
    any are given. Oldest first."""
    wanted = [unread_order.c.number.in_(sorted(numbers))] if numbers else []
    rows = tx.execute(
        sa.select(unread_order)
        .where(unread_order.c.account == account, unread_order.c.followed_at.is_(None), *wanted)
        .order_by(unread_order.c.seen_at)
        .limit(100)
    )
    return tuple(UnreadOrder(row.payload_id, row.number, row.why, blob(tx, row.sha256)) for row in rows)


@dataclass(frozen=True, slots=True)
class UnreadDocument:
    """An order document that could not be read, as a list shows it; its bytes are a blob."""

    account: str
    sha256: str
    payload_id: str
    number: str
    why: str
    seen_at: datetime


def unread_page(tx: Tx, after: tuple[str, str], limit: int) -> tuple[UnreadDocument, ...]:
    """The next order documents of all accounts that could not be read and were not followed by one that could, by
    account and hash; `after`: those of the last one shown."""
    beyond = sa.or_(
        unread_order.c.account > after[0],
        sa.and_(unread_order.c.account == after[0], unread_order.c.sha256 > after[1]),
    )
    rows = tx.execute(
        sa.select(unread_order)
        .where(unread_order.c.followed_at.is_(None), beyond)
        .order_by(unread_order.c.account, unread_order.c.sha256)
        .limit(limit)
    )
    return tuple(_document_from(row) for row in rows)


def unread_document(tx: Tx, account: str, sha256: str) -> UnreadDocument | None:
    """One of them, also one that was followed by a version that could be read."""
    row = tx.execute(
        sa.select(unread_order).where(unread_order.c.account == account, unread_order.c.sha256 == sha256)
    ).first()
    return _document_from(row) if row else None


def _document_from(row: Any) -> UnreadDocument:
    return UnreadDocument(**{name: getattr(row, name) for name in UnreadDocument.__dataclass_fields__})


def _followed(tx: Tx, account: str, number: str, at: datetime) -> None:
    tx.execute(
        unread_order.update()
        .where(unread_order.c.account == account, unread_order.c.number == number, unread_order.c.followed_at.is_(None))
        .values(followed_at=at)
    )


def known(tx: Tx, account: str, numbers: Collection[str], *, lock: bool = False) -> Mapping[str, Order]:
    """The register's rows for these order numbers. `lock` makes others who draw on them wait, in one fixed order."""
    if not numbers:
        return {}
    statement = (_LOCKED if lock else _KNOWN)(len(numbers))
    rows = statement.all(tx, {"account": account, **filled(sorted(numbers))})
    return {row.number: _order_from(row) for row in rows}


def marks(tx: Tx, account: str, numbers: Collection[str]) -> Mapping[str, str]:
    """A hash of what the register holds of each of these orders: another one as soon as anything of it is another, or
    a document of it came that could not be read. Orders that are not known have none."""
    if not numbers:
        return {}
    rows = _KNOWN(len(numbers)).all(tx, {"account": account, **filled(sorted(numbers))})
    unread = tx.execute(
        sa.select(unread_order.c.number, sa.func.count().label("documents"))
        .where(unread_order.c.account == account, unread_order.c.number.in_(numbers))
        .group_by(unread_order.c.number)
    )
    found = {row.number: [getattr(row, name) for name in _MARKED] for row in rows}
    for row in unread:
        found.setdefault(row.number, []).append(row.documents)
    told = {number: json.dumps(values, default=str) for number, values in found.items()}
    return {number: hashlib.sha256(text.encode()).hexdigest()[:16] for number, text in told.items()}


_MARKED = ("state", "portal_state", "currency", "payload_id", "updated_at", "terms", "lines")
"""Whatever the portal says of an order; not when it was last read."""


def in_flight(
    tx: Tx, account: str, orders: Collection[str], apart_from: str, *, counts_submitted: bool, only_sent: bool
) -> Mapping[str, InFlight]:
    """What our other invoices take from these orders and the portal has not counted yet.

    Without `counts_submitted` the portal counts an invoice once it is accepted: everything on its way is in flight, and
    an accepted one stays so until the order was read again after its acceptance. With it, the portal counts what it
    has: only what it has not got, or got after the order was last read, is in flight. An order that tells of no line
    what is invoiced counts nothing, so everything of ours stays in flight. `only_sent` leaves out what is built and
    waits for its turn."""
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


def billed_before(
    tx: Tx, account: str, orders: Collection[str], apart_from: str, since: datetime, zone: tzinfo
) -> Mapping[str, tuple[Billed, ...]]:
    """What our other invoices that were generated `since` a moment bill on these orders, by order line and day as the
    zone has it. As with what is in flight, those that came back are not among them."""
    found: dict[str, dict[tuple[date, int], Decimal]] = {number: defaultdict(Decimal) for number in orders}
    if found:
        known = {"account": account, **filled(sorted(found)), "apart_from": apart_from, "since": since}
        for row in _BILLED(len(found)).all(tx, known):
            found[row.order_number][row.generated_at.astimezone(zone).date(), row.line] += row.amount
    return {
        number: tuple(Billed(day, line, amount) for (day, line), amount in sorted(by_day.items()))
        for number, by_day in found.items()
    }


def listed(tx: Tx, accounts: Collection[str], after: tuple[str, str], limit: int) -> tuple[tuple[str, Order], ...]:
    """(account, order) of the register by account and number, the next `limit` behind a place; ("", "") is the
    beginning."""
    account, number = after
    rows = tx.execute(
        sa.select(purchase_order)
        .where(
            purchase_order.c.account.in_(sorted(accounts)),
            sa.or_(
                purchase_order.c.account > account,
                sa.and_(purchase_order.c.account == account, purchase_order.c.number > number),
            ),
        )
        .order_by(purchase_order.c.account, purchase_order.c.number)
        .limit(limit)
    )
    return tuple((row.account, _order_from(row)) for row in rows)


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


def _billed(orders: Sequence[sa.BindParameter[str]]) -> sa.Select[Any]:
    return (
        sa.select(commitment.c.order_number, commitment.c.line, commitment.c.amount, packet.c.generated_at)
        .join(packet, packet.c.id == commitment.c.packet_id)
        .where(
            commitment.c.account == sa.bindparam("account"),
            commitment.c.order_number.in_(orders),
            commitment.c.packet_id != sa.bindparam("apart_from"),
            packet.c.generated_at >= sa.bindparam("since", type_=packet.c.generated_at.type),
        )
    )


_BILLED = several(_billed)
_COUNTS_NOTHING = purchase_order.c.tells_invoiced.is_(False)
_ACCEPTED_SINCE = sa.or_(
    packet.c.stage != Stage.accepted, packet.c.accepted_at >= purchase_order.c.seen_at, _COUNTS_NOTHING
)
_GOT_SINCE = sa.or_(packet.c.stage != Stage.waiting, packet.c.stage_since >= purchase_order.c.seen_at, _COUNTS_NOTHING)
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
    values = {name: _plain(getattr(line, name)) for name in OrderLine.__dataclass_fields__ if name != "terms"}
    if line.terms == NO_TERMS:
        return values
    terms = {name: _plain(getattr(line.terms, name)) for name in LineTerms.__dataclass_fields__ if name != "rates"}
    rates = [{name: _plain(getattr(rate, name)) for name in Rate.__dataclass_fields__} for rate in line.terms.rates]
    return {**values, "terms": {**terms, "rates": rates}}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | date) else value


def _order_from(row: Any) -> Order:
    terms = json.loads(row.terms)
    for name, kind in _TERMS.items():
        if name in terms:
            terms[name] = kind(terms[name])
    return Order(
        number=row.number,
        state=OrderState(row.state),
        currency=row.currency,
        lines=_lines_from(row.lines),
        portal_state=row.portal_state,
        ordered_on=date.fromisoformat(row.ordered_on) if row.ordered_on else None,
        payload_id=row.payload_id,
        updated_at=row.updated_at,
        earlier=() if row.earlier == "[]" else tuple(_version_from(value) for value in json.loads(row.earlier)),
        **terms,
    )


_TERMS: Mapping[str, Callable[[str], Any]] = {
    "stated_date": str,
    "operation": str,
    "replaces": str,
    "version": str,
    "contract_number": str,
    "site": str,
    "total": Decimal,
    "valid_from": date.fromisoformat,
    "valid_to": date.fromisoformat,
}


def _version_from(value: Mapping[str, str]) -> OrderVersion:
    at = value["updated_at"]
    return OrderVersion(value["payload_id"], value["stated_date"], datetime.fromisoformat(at) if at else None)


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
        values["terms"] = _terms_from(values["terms"]) if "terms" in values else NO_TERMS
        lines.append(OrderLine(**values))
    return tuple(lines)


def _terms_from(values: dict[str, Any]) -> LineTerms:
    days = {name: date.fromisoformat(values[name]) if values[name] else None for name in ("start", "end")}
    rates = tuple(Rate(**{**rate, "price": Decimal(rate["price"])}) for rate in values["rates"])
    return LineTerms(**{**values, **days, "rates": rates})


_DECIMALS = ("quantity", "price", "amount", "invoiced_quantity", "invoiced_amount")

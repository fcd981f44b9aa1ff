"""Documents that portals delivered, kept before anybody is told that they arrived, until each has found its place.

A row is never removed. `new`: a job will look at it; `waiting`: nothing that it speaks of is known here yet; `placed`:
it has landed, and where. Keeping the same document twice keeps one.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.adapter import Delivery
from gateway.errors import legible
from gateway.order import Order
from gateway.secrets import scrub
from gateway.store import statements
from gateway.store.database import Tx, blob, keep_blob
from gateway.store.statements import Prepared, put
from gateway.store.tables import delivery

NEW, WAITING, PLACED = "new", "waiting", "placed"
ORDER, WORD, OTHER = "order", "word", "other"


@dataclass(frozen=True, slots=True)
class Kept:
    """One delivered document. `holds` says what it brings (ORDER, WORD or OTHER), `told` its words for a person."""

    id: str
    account: str
    kind: str
    holds: str
    party: str
    number: str
    told: str
    received_at: datetime
    state: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Unplaced:
    """What one account was told and nothing here is known by: how many documents, and since when."""

    account: str
    number: int
    oldest: datetime


def keep(tx: Tx, account: str, what: Delivery, now: datetime) -> str:
    """Keeps a document; answers its id, or "" where it was kept before."""
    sha256 = hashlib.sha256(what.raw).hexdigest()
    notice, order = what.notice, what.order
    values = {
        "id": f"d{int(now.timestamp() * 1000):011x}{secrets.token_hex(8)}",
        "account": account,
        "sha256": sha256,
        "kind": legible(what.kind)[:80],
        "holds": ORDER if order is not None else WORD if notice is not None else OTHER,
        "party": legible(what.party)[:200],
        "reference": legible(notice.reference)[:120] if notice else "",
        "number": legible(notice.number if notice else order.number if order else "")[:200],
        "told": scrub(legible(_words_of(what)))[:500],
        "received_at": now,
        "tried_at": now,
    }
    if not put(tx, delivery, values, unless=("account", "sha256")):
        return ""
    keep_blob(tx, what.raw)
    return str(values["id"])


def load(tx: Tx, key: str) -> Kept | None:
    """One kept document."""
    row = _ONE.first(tx, {"id": key})
    return _kept_from(row) if row else None


def content(tx: Tx, kept: Kept) -> bytes:
    """The document itself."""
    return blob(tx, kept.sha256)


def mark_placed(tx: Tx, key: str, now: datetime, account: str, attempt_id: int | None) -> None:
    """It has landed at this account, on this transmission where it is a word about one."""
    values = {"state": PLACED, "placed_at": now, "placed_account": account, "attempt_id": attempt_id}
    statements.change(tx, delivery, {"id": key}, values)


def mark_waiting(tx: Tx, key: str, now: datetime) -> None:
    """Nothing that it speaks of is known yet, or the doubt about it must be settled first."""
    statements.change(tx, delivery, {"id": key}, {"state": WAITING, "tried_at": now})


def waiting_for(tx: Tx, reference: str, number: str) -> tuple[str, ...]:
    """Ids of documents that wait for a transmission under this reference, or under this number alone."""
    rows = _WAITING_FOR.all(tx, {"reference": reference}) + _WAITING_FOR_NUMBER.all(tx, {"number": number})
    return tuple(row.id for row in rows)


def names(tx: Tx, reference: str) -> bool:
    """Whether a word that names this reference is here and has not landed."""
    return _NAMES.first(tx, {"reference": reference}) is not None


def longest_untried(tx: Tx, limit: int) -> tuple[str, ...]:
    """Ids of waiting documents, the longest not looked at first."""
    rows = tx.execute(
        sa.select(delivery.c.id).where(delivery.c.state == WAITING).order_by(delivery.c.tried_at).limit(limit)
    )
    return tuple(rows.scalars())


def has_new_orders(tx: Tx, since: datetime) -> bool:
    """Whether a purchase order that came since is still on its way into the register."""
    return _NEW_ORDERS.first(tx, {"since": since}) is not None


def unplaced(tx: Tx) -> tuple[Unplaced, ...]:
    """What has found no place, by account."""
    rows = tx.execute(
        sa.select(
            delivery.c.account,
            sa.func.count().label("number"),
            sa.func.min(delivery.c.received_at).label("oldest"),
        )
        .where(_UNPLACED)
        .group_by(delivery.c.account)
        .order_by(delivery.c.account)
    )
    return tuple(Unplaced(row.account, row.number, row.oldest) for row in rows)


def unplaced_before(tx: Tx, moment: datetime, limit: int, account: str = "") -> tuple[Kept, ...]:
    """Documents that have had no place since before this moment, the oldest first; of one account where it is named."""
    of_account = [delivery.c.account == account] if account else []
    rows = tx.execute(
        sa.select(delivery)
        .where(_UNPLACED, delivery.c.received_at < moment, *of_account)
        .order_by(delivery.c.received_at, delivery.c.id)
        .limit(limit)
    )
    return tuple(_kept_from(row) for row in rows)


def unplaced_page(tx: Tx, account: str, after: tuple[datetime, str] | None, limit: int) -> tuple[Kept, ...]:
    """The next documents without a place, the oldest first; of one account where it is named. `after`: when the last
    one shown was received, and its id."""
    conditions = [_UNPLACED]
    if account:
        conditions.append(delivery.c.account == account)
    if after is not None:
        same = sa.and_(delivery.c.received_at == after[0], delivery.c.id > after[1])
        conditions.append(sa.or_(delivery.c.received_at > after[0], same))
    ordered = sa.select(delivery).where(*conditions).order_by(delivery.c.received_at, delivery.c.id)
    return tuple(_kept_from(row) for row in tx.execute(ordered.limit(limit)))


_UNPLACED = sa.or_(delivery.c.state == NEW, delivery.c.state == WAITING)


def _words_of(what: Delivery) -> str:
    """What a person is shown of it: the portal's own words."""
    if what.notice is not None:
        said = "; ".join(reason.portal_text for reason in what.notice.verdict.reasons)
        return f"{what.notice.verdict.portal_status}: {said}" if said else what.notice.verdict.portal_status
    if what.order is not None:
        state = what.order.portal_state if isinstance(what.order, Order) else what.order.why
        return f"purchase order {what.order.number} ({state})"
    return what.unread


def _kept_from(row: Any) -> Kept:
    return Kept(**{name: getattr(row, name) for name in Kept.__dataclass_fields__})


_ONE = Prepared(sa.select(delivery).where(delivery.c.id == sa.bindparam("id")))
_MOST = 200  # words that wait for one transmission; what is beyond is looked at in its turn
_WAITING = sa.select(delivery.c.id).where(delivery.c.state == WAITING).limit(_MOST)
_WAITING_FOR = Prepared(_WAITING.where(delivery.c.reference == sa.bindparam("reference")))
_WAITING_FOR_NUMBER = Prepared(_WAITING.where(delivery.c.number == sa.bindparam("number"), delivery.c.reference == ""))
_NAMES = Prepared(
    sa.select(delivery.c.id)
    .where(delivery.c.reference == sa.bindparam("reference"), delivery.c.state != PLACED)
    .limit(1)
)
_NEW_ORDERS = Prepared(
    sa.select(delivery.c.id)
    .where(delivery.c.state == NEW, delivery.c.holds == ORDER, delivery.c.received_at >= sa.bindparam("since"))
    .limit(1)
)

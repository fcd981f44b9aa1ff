"""The work list: held packets, the earliest deadline first, among equals the most money, a page at a time.

A page is read from where the one before it ended (keyset), so that the hundredth costs what the first does and nothing
is shown twice when something else is settled meanwhile.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from gateway.store.database import Tx
from gateway.store.packets import PacketRecord, record_from
from gateway.store.tables import packet
from gateway.verdict import Actor, Stage

NOBODY = "-"
"""As an owner: packets that nobody has taken."""

OVERDUE, TODAY, THIS_WEEK, LATER = "overdue", "today", "week", "later"
DUE = (OVERDUE, TODAY, THIS_WEEK, LATER)
"""The classes of deadlines, the most urgent first; each begins where the one before it ends."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; "" asks for all. `reason` is a code of `ReasonCode`, `owner` a name or NOBODY, `due` one of
    DUE, `words` stand in the number, the source id, what is to be done or what was said."""

    client: str = ""
    account: str = ""
    reason: str = ""
    owner: str = ""
    who: str = ""
    due: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Days:
    """Where deadlines part: this moment, the end of this day and of this week in the office's calendar."""

    now: datetime
    tonight: datetime
    sunday_night: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the last packet's deadline, amount and id."""

    act_by: datetime
    total: Decimal
    packet_id: str


@dataclass(frozen=True, slots=True)
class Sum:
    """How many packets of the list wait for one side, and their money in one currency."""

    who: Actor
    currency: str
    packets: int
    amount: Decimal


def page(tx: Tx, wanted: Wanted, days: Days, after: Place | None, limit: int) -> tuple[PacketRecord, ...]:
    """The next packets of the list, at most `limit`."""
    conditions = list(_conditions(wanted, days))
    if after is not None:
        conditions.append(_beyond(after))
    rows = tx.execute(
        sa.select(packet).where(*conditions).order_by(packet.c.act_by, packet.c.total.desc(), packet.c.id).limit(limit)
    )
    return tuple(record_from(row) for row in rows)


def sums(tx: Tx, wanted: Wanted, days: Days) -> tuple[Sum, ...]:
    """The whole list summed up by who must act and currency, the most packets first."""
    number = sa.func.count().label("packets")
    keys = (packet.c.who_acts, packet.c.currency)
    rows = tx.execute(
        sa.select(*keys, number, sa.func.sum(packet.c.total).label("amount"))
        .where(*_conditions(wanted, days))
        .group_by(*keys)
        .order_by(number.desc(), *keys)
    )
    return tuple(Sum(Actor(row.who_acts), row.currency, row.packets, row.amount) for row in rows)


def by_deadline(tx: Tx, wanted: Wanted, days: Days) -> Mapping[str, int]:
    """How many packets of the list there are in each class of DUE, whichever `wanted` asks for."""
    kinds = [sa.func.sum(sa.case((sa.and_(*_due(kind, days)), 1), else_=0)).label(kind) for kind in DUE]
    row = tx.execute(sa.select(*kinds).where(*_but_for_due(wanted))).one()
    return {kind: getattr(row, kind) or 0 for kind in DUE}


def came_since(tx: Tx, wanted: Wanted, days: Days, since: datetime, most: int) -> int:
    """How many packets of the list were put on it, or spoken of by their portal, after a moment; at most `most`."""
    fresh = sa.select(packet.c.id).where(*_conditions(wanted, days), packet.c.heard_at > since).limit(most)
    return int(tx.execute(sa.select(sa.func.count()).select_from(fresh.subquery())).scalar_one())


def by_client(tx: Tx) -> Mapping[str, int]:
    """How many packets wait for a person, by client."""
    rows = tx.execute(
        sa.select(packet.c.client, sa.func.count().label("packets"))
        .where(packet.c.stage == Stage.held)
        .group_by(packet.c.client)
    )
    return {row.client: row.packets for row in rows}


def owners(tx: Tx) -> tuple[str, ...]:
    """Everybody who has taken a packet that is held, by name."""
    rows = tx.execute(
        sa.select(packet.c.owner).where(packet.c.stage == Stage.held, packet.c.owner != "").distinct()
    ).scalars()
    return tuple(sorted(rows))


def _conditions(wanted: Wanted, days: Days) -> Iterator[sa.ColumnElement[bool]]:
    yield from _but_for_due(wanted)
    if wanted.due:
        yield from _due(wanted.due, days)


def _but_for_due(wanted: Wanted) -> Iterator[sa.ColumnElement[bool]]:
    yield packet.c.stage == Stage.held
    for name in ("client", "account"):
        if value := getattr(wanted, name):
            yield packet.c[name] == value
    if wanted.who:
        yield packet.c.who_acts == wanted.who
    if wanted.reason:  # as `packets.as_text` writes it; a portal's own quotation marks are escaped there
        yield packet.c.why.contains(f'"code": "{wanted.reason}"', autoescape=True)
    if wanted.owner:
        yield packet.c.owner == ("" if wanted.owner == NOBODY else wanted.owner)
    if wanted.words:
        where = (packet.c.invoice_number, packet.c.source_id, packet.c.action, packet.c.why)
        yield sa.or_(*(sa.func.lower(column).contains(wanted.words.lower(), autoescape=True) for column in where))


def _due(kind: str, days: Days) -> tuple[sa.ColumnElement[bool], ...]:
    begins = {TODAY: days.now, THIS_WEEK: days.tonight, LATER: days.sunday_night}
    ends = {OVERDUE: days.now, TODAY: days.tonight, THIS_WEEK: days.sunday_night}
    first = (packet.c.act_by >= begins[kind],) if kind in begins else ()
    return (*first, packet.c.act_by < ends[kind]) if kind in ends else first


def _beyond(after: Place) -> sa.ColumnElement[bool]:
    same_day = packet.c.act_by == after.act_by
    same_money = sa.and_(same_day, packet.c.total == after.total)
    return sa.and_(
        packet.c.act_by >= after.act_by,  # says no more than what follows, and the index can begin here
        sa.or_(
            packet.c.act_by > after.act_by,
            sa.and_(same_day, packet.c.total < after.total),
            sa.and_(same_money, packet.c.id > after.packet_id),
        ),
    )

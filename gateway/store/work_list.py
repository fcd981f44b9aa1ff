"""The work list: held packets, the earliest deadline first, among equals the most money, a page at a time.

A page is read from where the one before it ended (keyset), so that the hundredth costs what the first does and nothing
is shown twice when something else is settled meanwhile.
"""

from collections.abc import Iterator
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; "" asks for all. `reason` is a code of `ReasonCode`, `owner` a name or NOBODY."""

    client: str = ""
    account: str = ""
    reason: str = ""
    owner: str = ""
    who: str = ""


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


def page(tx: Tx, wanted: Wanted, after: Place | None, limit: int) -> tuple[PacketRecord, ...]:
    """The next packets of the list, at most `limit`."""
    conditions = list(_conditions(wanted))
    if after is not None:
        conditions.append(_beyond(after))
    rows = tx.execute(
        sa.select(packet).where(*conditions).order_by(packet.c.act_by, packet.c.total.desc(), packet.c.id).limit(limit)
    )
    return tuple(record_from(row) for row in rows)


def sums(tx: Tx, wanted: Wanted) -> tuple[Sum, ...]:
    """The whole list summed up by who must act and currency, the most packets first."""
    number = sa.func.count().label("packets")
    keys = (packet.c.who_acts, packet.c.currency)
    rows = tx.execute(
        sa.select(*keys, number, sa.func.sum(packet.c.total).label("amount"))
        .where(*_conditions(wanted))
        .group_by(*keys)
        .order_by(number.desc(), *keys)
    )
    return tuple(Sum(Actor(row.who_acts), row.currency, row.packets, row.amount) for row in rows)


def owners(tx: Tx) -> tuple[str, ...]:
    """Everybody who has taken a packet that is held, by name."""
    rows = tx.execute(
        sa.select(packet.c.owner).where(packet.c.stage == Stage.held, packet.c.owner != "").distinct()
    ).scalars()
    return tuple(sorted(rows))


def _conditions(wanted: Wanted) -> Iterator[sa.ColumnElement[bool]]:
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

"""The board a billing office looks at: how many packets are where, and what waits for whom, the most urgent first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from gateway.store.database import Tx
from gateway.store.tables import packet
from gateway.verdict import Actor, Stage


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for one side, in one currency. `earliest`: the first deadline among it."""

    who: Actor
    currency: str
    packets: int
    amount: Decimal
    earliest: datetime | None


def stages(tx: Tx, client: str = "") -> dict[Stage, int]:
    """How many packets are in each stage, in the pipeline's order; stages without any are left out."""
    rows = tx.execute(
        sa.select(packet.c.stage, sa.func.count().label("packets")).where(*_of(client)).group_by(packet.c.stage)
    )
    found: dict[str, int] = {row.stage: row.packets for row in rows}
    return {stage: found[stage] for stage in Stage if stage in found}


def waiting_for(tx: Tx, client: str = "") -> tuple[Waiting, ...]:
    """Held packets summed up by who must act and currency, the earliest deadline first."""
    earliest = sa.func.min(packet.c.act_by)
    rows = tx.execute(
        sa.select(
            packet.c.who_acts,
            packet.c.currency,
            sa.func.count().label("packets"),
            sa.func.sum(packet.c.total).label("amount"),
            earliest.label("earliest"),
        )
        .where(packet.c.stage == Stage.held, *_of(client))
        .group_by(packet.c.who_acts, packet.c.currency)
        .order_by(earliest.is_(None), earliest, packet.c.who_acts, packet.c.currency)
    )
    return tuple(Waiting(Actor(row.who_acts), row.currency, row.packets, row.amount, row.earliest) for row in rows)


def held(tx: Tx, client: str = "", limit: int = 20) -> tuple[str, ...]:
    """Ids of held packets: the earliest deadline first, among equals the most money."""
    rows = tx.execute(
        sa.select(packet.c.id)
        .where(packet.c.stage == Stage.held, *_of(client))
        .order_by(packet.c.act_by, packet.c.total.desc(), packet.c.id)  # by index; whatever is held has a deadline
        .limit(limit)
    )
    return tuple(rows.scalars())


def held_by_client(tx: Tx, clients: Collection[str]) -> dict[str, int]:
    """How many packets of each of these clients are before a person; those with none are left out."""
    rows = tx.execute(
        sa.select(packet.c.client, sa.func.count().label("packets"))
        .where(packet.c.stage == Stage.held, packet.c.client.in_(sorted(clients)))
        .group_by(packet.c.client)
    )
    return {row.client: row.packets for row in rows}


def _of(client: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (packet.c.client == client,) if client else ()

"""How things stand at this moment, for `gateway.exposition`: a few grouped look-ups, cheap enough for every scrape."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from gateway.store import figures
from gateway.store.database import Tx
from gateway.store.tables import attempt, packet, work
from gateway.verdict import FINAL_STAGES, Stage


@dataclass(frozen=True, slots=True)
class StageCount:
    """Packets of one account in one stage; `oldest` is the earliest `generated_at` of an open stage, else None."""

    account: str
    stage: str
    number: int
    oldest: datetime | None


def by_stage(tx: Tx) -> tuple[StageCount, ...]:
    """Packets by account and stage; final stages, which only grow, are counted without a look at the rows."""
    final = packet.c.stage.in_(sorted(FINAL_STAGES))
    still_open = packet.c.stage.in_(sorted(set(Stage) - FINAL_STAGES))
    keys: tuple[sa.ColumnElement[Any], ...] = (packet.c.account, packet.c.stage)
    no_time = sa.null().label("oldest")
    oldest = sa.func.min(packet.c.generated_at).label("oldest")
    found = []
    for condition, column in ((final, no_time), (still_open, oldest)):
        number = sa.func.count().label("number")
        rows = tx.execute(sa.select(*keys, number, column).where(condition).group_by(*keys))
        found += [StageCount(row.account, row.stage, row.number, row.oldest) for row in rows]
    return tuple(found)


def money_held(tx: Tx) -> dict[tuple[str, str, str], Decimal]:
    """What held invoices ask for, by account, client and currency; held credit notes are not set off."""
    keys = (packet.c.account, packet.c.client, packet.c.currency)
    total = sa.func.sum(packet.c.total).label("total")
    query = sa.select(*keys, total).where(packet.c.stage == Stage.held, packet.c.total > Decimal(0)).group_by(*keys)
    return {(row.account, row.client, row.currency): row.total for row in tx.execute(query)}


def silent(tx: Tx, now: datetime, limits: Mapping[str, timedelta]) -> dict[str, int]:
    """How many packets of each account are with the portal and were not heard of within its limit."""
    number = sa.func.count().label("number")
    query = sa.select(packet.c.account, number).where(figures.silent(now, limits)).group_by(packet.c.account)
    return dict.fromkeys(limits, 0) | {row.account: row.number for row in tx.execute(query)}


def attempts(tx: Tx) -> dict[tuple[str, str], int]:
    """Transmissions by account and outcome, as they stand now; what was entered by hand is none."""
    keys = (attempt.c.account, attempt.c.outcome)
    query = sa.select(*keys, sa.func.count().label("number")).where(attempt.c.by_hand == "")
    rows = tx.execute(query.group_by(*keys))
    return {(row.account, row.outcome): row.number for row in rows}


def overdue(tx: Tx, epoch: float) -> dict[str, float]:
    """Seconds since each account's earliest unclaimed job fell due, by account; accounts with none are left out."""
    first = sa.func.min(work.c.due_at).label("first")
    rows = tx.execute(
        sa.select(work.c.account, first).where(work.c.state == "ready", work.c.due_at < epoch).group_by(work.c.account)
    )
    return {row.account: epoch - row.first for row in rows}

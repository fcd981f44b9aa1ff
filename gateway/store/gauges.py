"""How things stand at this moment, for `gateway.exposition`: a few grouped look-ups, cheap enough for every scrape."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from gateway.store import figures
from gateway.store.database import Tx
from gateway.store.tables import attempt, packet, verdict, work
from gateway.verdict import FINAL_STAGES, Outcome, Stage


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


def held(tx: Tx) -> dict[tuple[str, str], int]:
    """Packets before a person, by account and who must act."""
    keys = (packet.c.account, packet.c.who_acts)
    query = sa.select(*keys, _NUMBER).where(packet.c.stage == Stage.held).group_by(*keys)
    return {(row.account, row.who_acts): row.number for row in tx.execute(query)}


def held_reasons(tx: Tx, limit: int) -> dict[str, int]:
    """The first reason of each held packet, as far as `limit` packets; "" where none is named."""
    query = sa.select(packet.c.why).where(packet.c.stage == Stage.held).limit(limit)
    found: Counter[str] = Counter()
    for why in tx.execute(query).scalars():
        found[next((str(one["code"]) for one in json.loads(why) if one.get("code")), "")] += 1
    return dict(found)


def late(tx: Tx, now: datetime) -> dict[str, int]:
    """Packets before a person whose deadline has passed, by account."""
    query = sa.select(packet.c.account, _NUMBER).where(packet.c.stage == Stage.held, packet.c.act_by < now)
    return {row.account: row.number for row in tx.execute(query.group_by(packet.c.account))}


def attempts(tx: Tx) -> dict[tuple[str, str], int]:
    """Transmissions by account and outcome, as they stand now."""
    keys = (attempt.c.account, attempt.c.outcome)
    rows = tx.execute(sa.select(*keys, _NUMBER).group_by(*keys))
    return {(row.account, row.outcome): row.number for row in rows}


def in_doubt_since(tx: Tx) -> dict[str, datetime]:
    """When the oldest transmission in doubt began, by account; accounts without one are left out."""
    first = sa.func.min(attempt.c.started_at).label("first")
    query = sa.select(attempt.c.account, first).where(attempt.c.outcome == Outcome.maybe_sent)
    return {row.account: row.first for row in tx.execute(query.group_by(attempt.c.account))}


def verdicts(tx: Tx) -> dict[str, int]:
    """What portals said, by status."""
    rows = tx.execute(sa.select(verdict.c.status, _NUMBER).group_by(verdict.c.status))
    return {row.status: row.number for row in rows}


def jobs(tx: Tx) -> dict[tuple[str, str, str], int]:
    """Jobs by account, kind and state."""
    keys = (work.c.account, work.c.kind, work.c.state)
    return {
        (row.account, row.kind, row.state): row.number for row in tx.execute(sa.select(*keys, _NUMBER).group_by(*keys))
    }


def overdue(tx: Tx, epoch: float) -> dict[tuple[str, str], float]:
    """Seconds since the earliest unclaimed job fell due, by account and kind; where there is none, nothing."""
    keys, first = (work.c.account, work.c.kind), sa.func.min(work.c.due_at).label("first")
    query = sa.select(*keys, first).where(work.c.state == "ready", work.c.due_at < epoch).group_by(*keys)
    return {(row.account, row.kind): epoch - row.first for row in tx.execute(query)}


def database_bytes(tx: Tx) -> int:
    """The size of the database on disk; of a SQLite file without its journal."""
    if tx.dialect.name == "sqlite":
        pages, size = (tx.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size"))
        return int(pages * size)
    return int(tx.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())


_NUMBER = sa.func.count().label("number")

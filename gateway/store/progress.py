"""How far what was handed over lately has come, how fast accounts send, and what portals said last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from gateway.store.database import Tx
from gateway.store.packets import id_from
from gateway.store.tables import attempt, packet, verdict
from gateway.verdict import Outcome, Stage

_MOST_ATTEMPTS = 2_000
"""The newest transmissions are enough to know a pace by; no more are looked at, however many there are."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many transmissions of an account have ended lately, and when the first of them did."""

    ended: int
    first: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """One verdict and the packet that it is about."""

    id: int
    packet_id: str
    invoice_number: str
    client: str
    status: str
    portal_status: str
    seen_at: datetime


def stages_since(tx: Tx, since: datetime) -> Mapping[tuple[str, str], Mapping[Stage, int]]:
    """(client, account) -> how many of the packets that were handed over since a moment stand in each stage."""
    keys = (packet.c.client, packet.c.account, packet.c.stage)
    rows = tx.execute(
        sa.select(*keys, sa.func.count().label("packets"))
        .where(packet.c.id >= id_from(since))  # ids sort by time
        # Grouped by what no index is sorted by: SQLite would read the whole index rather than the newest packets.
        .group_by(packet.c.client.concat(""), *keys)
        .order_by(*keys)
    )
    found: dict[tuple[str, str], dict[Stage, int]] = {}
    for row in rows:
        found.setdefault((row.client, row.account), {})[Stage(row.stage)] = row.packets
    return found


def paces(tx: Tx, since: datetime) -> Mapping[str, Pace]:
    """Account -> its pace since a moment; those that have sent nothing are left out."""
    columns = (attempt.c.account, attempt.c.finished_at, attempt.c.outcome)
    newest = sa.select(*columns).order_by(attempt.c.id.desc()).limit(_MOST_ATTEMPTS).subquery()
    rows = tx.execute(
        sa.select(newest.c.account, sa.func.count().label("ended"), sa.func.min(newest.c.finished_at).label("first"))
        .where(newest.c.finished_at >= since, newest.c.outcome != Outcome.not_sent)
        .group_by(newest.c.account)
    )
    return {row.account: Pace(row.ended, row.first) for row in rows}


def last_said(tx: Tx, limit: int) -> tuple[Said, ...]:
    """The verdicts that were heard last, the newest first."""
    rows = tx.execute(
        sa.select(
            *(verdict.c.id, verdict.c.packet_id, verdict.c.status, verdict.c.portal_status, verdict.c.seen_at),
            *(packet.c.invoice_number, packet.c.client),
        )
        .join(packet, packet.c.id == verdict.c.packet_id)
        .order_by(verdict.c.id.desc())
        .limit(limit)
    )
    return tuple(Said(**{name: getattr(row, name) for name in Said.__dataclass_fields__}) for row in rows)


def said_since(tx: Tx, verdict_id: int, most: int) -> int:
    """How many verdicts were heard after this one; at most `most`."""
    later = sa.select(verdict.c.id).where(verdict.c.id > verdict_id).limit(most)
    return int(tx.execute(sa.select(sa.func.count()).select_from(later.subquery())).scalar_one())

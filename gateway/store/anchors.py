"""Anchors: once a day one hash over all events that were written since the last, so that none can be cut off unseen.

A history's own chain tells when an event within it was changed or taken out, and not when its newest were cut off, or
all of it. An anchor covers events of every history by their place in the table (`id`); it is an event itself, of the
subject `anchors`, and so the anchors are a chain. What is not covered yet is what happened since: a day, and an hour.

    event anchors: {"first": id, "last": id, "events": how many, "sha256": over a line "id hash" for each, by id}

Whoever may write to the database as its owner can take the guard off the table and reckon every chain and anchor anew.
No key would prevent that, for the program that makes the hashes must be able to read it. What is left is a copy of an
anchor's hash where that person has no power: each is written to the log, and `clearbill audit verify --kept HASH` says
whether it still stands.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from gateway.store import events
from gateway.store.database import Tx
from gateway.store.tables import event

SUBJECT = "anchors"
EVERY = timedelta(hours=24)
_SETTLED = timedelta(hours=1)
"""An event takes its place before it can be seen: after so long none can come to stand before one that was covered."""
_AT_MOST = 50_000  # events under one anchor
_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Anchor:
    """What one anchor covers; `hash` is that of its own event, which covers all anchors before it."""

    n: int
    at: datetime
    first: int
    last: int
    events: int
    sha256: str
    hash: str


def latest(tx: Tx) -> Anchor | None:
    """The newest anchor."""
    query = sa.select(event).where(event.c.subject == SUBJECT).order_by(event.c.n.desc()).limit(1)
    row = tx.execute(query).first()
    return _anchor_from(row) if row else None


def every(tx: Tx) -> Iterator[Anchor]:
    """All anchors, first to last, some at a time."""
    after = 0
    while True:
        where = (event.c.subject == SUBJECT, event.c.n > after)
        rows = tx.execute(sa.select(event).where(*where).order_by(event.c.n).limit(_AT_ONCE)).all()
        if not rows:
            return
        yield from (_anchor_from(row) for row in rows)
        after = rows[-1].n


def to_cover(tx: Tx, before: Anchor | None, now: datetime) -> tuple[int, int] | None:
    """The first and last id that the next anchor is to cover; None where nothing is, or it is not time."""
    full = before is not None and before.events >= _AT_MOST
    if before is not None and not full and now - before.at < EVERY:
        return None
    after = before.last if before else 0
    settled = sa.select(event.c.id).where(event.c.at <= now - _SETTLED).order_by(event.c.id.desc()).limit(1)
    last = tx.execute(settled).scalar()
    if last is None or last <= after:
        return None
    beyond = sa.select(event.c.id).where(event.c.id > after).order_by(event.c.id)
    most = tx.execute(beyond.offset(_AT_MOST - 1).limit(1)).scalar()
    return after + 1, last if most is None else min(last, most)


def digest(tx: Tx, first: int, last: int) -> tuple[int, str]:
    """(how many events, SHA-256) of what stands between two ids, both included."""
    found, number, after = hashlib.sha256(), 0, first - 1
    while True:
        where = (event.c.id > after, event.c.id <= last)
        rows = tx.execute(sa.select(event.c.id, event.c.hash).where(*where).order_by(event.c.id).limit(_AT_ONCE)).all()
        if not rows:
            return number, found.hexdigest()
        found.update("".join(f"{row.id} {row.hash}\n" for row in rows).encode())
        number, after = number + len(rows), rows[-1].id


def drop(tx: Tx, before: Anchor | None, covered: tuple[int, int], what: tuple[int, str], now: datetime) -> str:
    """Writes the next anchor, unless another was written meanwhile; answers its event's hash, else ""."""
    last, _ = events.end_of(tx, SUBJECT)
    if last != (before.n if before else 0):
        return ""
    first, end = covered
    events.record(tx, SUBJECT, now, "anchored", "clearbill", first=first, last=end, events=what[0], sha256=what[1])
    return events.end_of(tx, SUBJECT)[1]


def uncovered(tx: Tx, after: Anchor | None) -> int:
    """How many events no anchor covers yet."""
    where = event.c.id > (after.last if after else 0)
    return int(tx.execute(sa.select(sa.func.count()).select_from(event).where(where)).scalar_one())


def _anchor_from(row: Any) -> Anchor:
    told = events.event_from(row).data
    numbers = {name: int(told.get(name, 0)) for name in ("first", "last", "events")}
    return Anchor(n=row.n, at=row.at, sha256=str(told.get("sha256", "")), hash=row.hash, **numbers)

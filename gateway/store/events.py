"""What happened, in order, for ever: append-only events, hash-chained for each subject.

A subject is a packet (its id), an account (`account:<key>`), a client (`client:<key>`), a user of the desk
(`person:<name>`), a program's token (`token:<name>`), a checklist or a proposal. Each event's hash covers the event and
the hash before it, so that a changed or missing event is found by `broken_link`. The database itself refuses updates
and deletions.

Whoever records events about a subject has locked that subject's row in the same transaction.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.secrets import scrub
from gateway.store.database import Tx
from gateway.store.statements import Prepared, add
from gateway.store.tables import event

FIRST = "0" * 64
_LAST = Prepared(
    sa.select(event.c.n, event.c.hash)
    .where(event.c.subject == sa.bindparam("subject"))
    .order_by(event.c.n.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `who` is a part of the program, `rule:<code>`, `portal:<account>` or a person's name."""

    subject: str
    n: int
    at: datetime
    kind: str
    who: str
    data: Mapping[str, Any]


def record(tx: Tx, subject: str, at: datetime, kind: str, who: str, **data: Any) -> None:
    """Appends one event to its subject's chain. `data` holds plain JSON values and never a secret."""
    last = _LAST.first(tx, {"subject": subject})
    n, previous = (last.n + 1, last.hash) if last else (1, FIRST)
    text = scrub(json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")))
    values = {
        "subject": subject,
        "n": n,
        "at": at,
        "kind": kind,
        "who": who,
        "data": text,
        "previous": previous,
        "hash": hash_of(subject, n, told_time(at), kind, who, text, previous),
    }
    add(tx, event, values)


def history(tx: Tx, subject: str) -> tuple[Event, ...]:
    """Everything that happened to a subject, oldest first."""
    rows = tx.execute(sa.select(event).where(event.c.subject == subject).order_by(event.c.n))
    return tuple(event_from(row) for row in rows)


def newest(tx: Tx, subject: str, limit: int, before: int | None = None) -> tuple[Event, ...]:
    """The last `limit` events of a subject, or the last before event number `before`; oldest first."""
    earlier = () if before is None else (event.c.n < before,)
    rows = tx.execute(
        sa.select(event).where(event.c.subject == subject, *earlier).order_by(event.c.n.desc()).limit(limit)
    ).all()
    return tuple(event_from(row) for row in reversed(rows))


def newest_of_kind(tx: Tx, subject: str, kind: str, limit: int) -> tuple[Event, ...]:
    """A subject's last events of one kind, the newest first."""
    rows = tx.execute(
        sa.select(event).where(event.c.subject == subject, event.c.kind == kind).order_by(event.c.n.desc()).limit(limit)
    )
    return tuple(event_from(row) for row in rows)


def broken_among(tx: Tx, shown: Sequence[Event]) -> int | None:
    """As `broken_link`, over events that follow one another and the one before them; the rest is `audit verify`'s."""
    if not shown:
        return None
    first, last = shown[0].n, shown[-1].n
    where = (event.c.subject == shown[0].subject, event.c.n >= first - 1, event.c.n <= last)
    rows = tx.execute(sa.select(event).where(*where).order_by(event.c.n)).all()
    return _first_break(rows, max(1, first - 1))


def event_from(row: Any) -> Event:
    """An event's row as a value."""
    return Event(row.subject, row.n, row.at, row.kind, row.who, json.loads(row.data))


def of_kind(tx: Tx, subject: str, kind: str) -> tuple[Event, ...]:
    """A subject's events of one kind, oldest first."""
    rows = tx.execute(sa.select(event).where(event.c.subject == subject, event.c.kind == kind).order_by(event.c.n))
    return tuple(event_from(row) for row in rows)


def last_of_kind(tx: Tx, subject: str, kind: str) -> Event | None:
    """A subject's last event of one kind."""
    row = tx.execute(
        sa.select(event).where(event.c.subject == subject, event.c.kind == kind).order_by(event.c.n.desc()).limit(1)
    ).first()
    return Event(row.subject, row.n, row.at, row.kind, row.who, json.loads(row.data)) if row else None


def subjects(tx: Tx, after: str, limit: int) -> tuple[str, ...]:
    """The next subjects that have events, by name; "" begins at the first."""
    rows = tx.execute(
        sa.select(event.c.subject).where(event.c.subject > after).distinct().order_by(event.c.subject).limit(limit)
    )
    return tuple(rows.scalars())


def end_of(tx: Tx, subject: str) -> tuple[int, str]:
    """(the last event's number, its hash) of a subject; (0, FIRST) of one without events."""
    last = _LAST.first(tx, {"subject": subject})
    return (last.n, last.hash) if last else (0, FIRST)


def broken_link(tx: Tx, subject: str) -> int | None:
    """The number of the first event whose hash, order or predecessor does not fit; None when the chain is whole."""
    rows = tx.execute(sa.select(event).where(event.c.subject == subject).order_by(event.c.n))
    return _first_break(rows, 1)


def _first_break(rows: Iterable[Any], expected: int) -> int | None:
    """The number of the first row that is not as it was written; the rows should begin with number `expected`."""
    previous = FIRST if expected == 1 else None
    for row in rows:
        whole = hash_of(row.subject, row.n, told_time(row.at), row.kind, row.who, row.data, row.previous)
        if row.n != expected or previous not in (None, row.previous) or row.hash != whole:
            return int(row.n)
        previous, expected = row.hash, expected + 1
    return None


def told_time(at: datetime) -> str:
    """An event's time as its hash has it."""
    return at.isoformat(timespec="microseconds")


def hash_of(subject: str, n: int, at: str, kind: str, who: str, data: str, previous: str) -> str:
    """SHA-256 in hex over an event's parts, UTF-8, with a unit separator (0x1F) between them, in this order: the hash
    before, subject, number, time as `told_time` writes it, kind, who, and `data` as the JSON text that is stored."""
    parts = (previous, subject, str(n), at, kind, who, data)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()

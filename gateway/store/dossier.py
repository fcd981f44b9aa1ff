"""All that is stored of one packet, as the tables have it: what an evidence pack is made of.

Rows are whole and unread: cells as their columns say, JSON columns as the text that is stored. Bytes are named by their
hashes and read one by one (`gateway.store.database.blob`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.store import events
from gateway.store.database import Tx
from gateway.store.packet_files import PacketFile
from gateway.store.tables import (
    asked_order,
    attempt,
    cancellation,
    checklist_file,
    delivery,
    event,
    packet,
    revision,
    verdict,
)

Row = Mapping[str, Any]
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it is stored, with its place in the chain; `data` is the JSON text that was hashed, `at` the time as
    `events.told_time` writes it."""

    subject: str
    n: int
    at: str
    kind: str
    who: str
    data: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """One packet. Revisions come without their bodies; `pictures` and `made` are files that its events name: what was
    seen at the portal, and papers made of its own. `events` is the number of the last event, `head` its hash."""

    packet: Row
    revisions: tuple[Row, ...]
    attempts: tuple[Row, ...]
    verdicts: tuple[Row, ...]
    cancellations: tuple[Row, ...]
    deliveries: tuple[Row, ...]
    asked: tuple[Row, ...]
    pictures: tuple[PacketFile, ...]
    made: tuple[PacketFile, ...]
    events: int
    head: str


def dossier(tx: Tx, packet_id: str) -> Dossier:
    """What is stored of a packet that there is; whoever asks has locked it, so that all of it is of one moment."""
    (found,) = _rows(tx, sa.select(packet).where(packet.c.id == packet_id))
    attempts = _rows(tx, sa.select(attempt).where(attempt.c.packet_id == packet_id).order_by(attempt.c.n))
    of_attempts = delivery.c.attempt_id.in_(sa.select(attempt.c.id).where(attempt.c.packet_id == packet_id))
    said = sa.select(verdict).where(verdict.c.packet_id == packet_id).order_by(verdict.c.id)
    taken_back = sa.select(cancellation).where(cancellation.c.packet_id == packet_id).order_by(cancellation.c.id)
    last, head = events.end_of(tx, packet_id)
    return Dossier(
        packet=found,
        revisions=_rows(tx, _REVISIONS.where(revision.c.packet_id == packet_id).order_by(revision.c.n)),
        attempts=attempts,
        verdicts=_rows(tx, said),
        cancellations=_rows(tx, taken_back),
        deliveries=_rows(tx, sa.select(delivery).where(of_attempts).order_by(delivery.c.received_at, delivery.c.id)),
        asked=_rows(tx, sa.select(asked_order).where(asked_order.c.packet_id == packet_id).order_by(asked_order.c.no)),
        pictures=tuple(_files_of(tx, packet_id, "evidence", "files")),
        made=tuple(_files_of(tx, packet_id, "built", "papers")),
        events=last,
        head=head,
    )


def body(tx: Tx, packet_id: str, n: int) -> str:
    """Revision `n` as it is stored: canonical JSON."""
    where = (revision.c.packet_id == packet_id, revision.c.n == n)
    return str(tx.execute(sa.select(revision.c.body).where(*where)).scalar_one())


def stored_events(tx: Tx, subject: str, last: int) -> Iterator[StoredEvent]:
    """A subject's events up to number `last`, some at a time."""
    after = 0
    while after < last:
        where = (event.c.subject == subject, event.c.n > after, event.c.n <= last)
        rows = tx.execute(sa.select(event).where(*where).order_by(event.c.n).limit(_AT_ONCE)).all()
        if not rows:
            return
        yield from (stored_event(row) for row in rows)
        after = rows[-1].n


def stored_event(row: Any) -> StoredEvent:
    """An event's row as a value."""
    at = events.told_time(row.at)
    return StoredEvent(row.subject, row.n, at, row.kind, row.who, row.data, row.previous, row.hash)


@dataclass(frozen=True, slots=True)
class TextInForce:
    """A checklist file's text that was in force from one moment on."""

    name: str
    since: datetime
    sha256: str


def checklists_between(tx: Tx, first: datetime, last: datetime) -> tuple[TextInForce, ...]:
    """Every text of every checklist file that was in force at some moment between the two, by name and time."""
    names = tx.execute(sa.select(checklist_file.c.name).order_by(checklist_file.c.name)).scalars().all()
    return tuple(one for name in names for one in _texts_between(tx, name, first, last))


def _texts_between(tx: Tx, name: str, first: datetime, last: datetime) -> list[TextInForce]:
    told = [one for one in events.history(tx, f"checklist:{name}") if one.at <= last]
    before = [one for one in told if one.at <= first][-1:]  # what was in force at the first moment
    after = [one for one in told if one.at > first]
    texts = (TextInForce(name, one.at, str(one.data.get("sha256", ""))) for one in (*before, *after))
    return [one for one in texts if one.sha256]


_REVISIONS = sa.select(*(column for column in revision.c if column is not revision.c.body))


def _rows(tx: Tx, query: sa.Select[Any]) -> tuple[Row, ...]:
    return tuple(dict(row) for row in tx.execute(query).mappings())


def _files_of(tx: Tx, packet_id: str, kind: str, name: str) -> Iterator[PacketFile]:
    for one in events.of_kind(tx, packet_id, kind):
        for file in one.data.get(name, ()):
            yield PacketFile(file["sha256"], file["name"], file["media_type"])

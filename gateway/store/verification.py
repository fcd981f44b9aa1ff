"""Looking over every history in the database, in bounded memory: is each event as it was written, does each packet's
row say what its last event says, and do the anchors still hold?"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from gateway.store import anchors, events
from gateway.store.database import Tx
from gateway.store.events import FIRST, hash_of, told_time
from gateway.store.tables import event, packet
from gateway.verdict import Stage

_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class History:
    """One subject's chain as far as it was read. `broken`: the number of the first event that is not as it was written,
    0 where the chain is whole; `stage`: the packet's stage that its last event with one names."""

    subject: str
    events: int
    head: str
    broken: int
    stage: str


def number_of_events(tx: Tx) -> int:
    """How many there are."""
    return int(tx.execute(sa.select(sa.func.count()).select_from(event)).scalar_one())


def history_of(tx: Tx, subject: str) -> History:
    """One subject's chain; of a subject without events one of none."""
    found = _Reading(subject)
    for row in tx.execute(sa.select(event).where(event.c.subject == subject).order_by(event.c.n)):
        found.read(row)
    return found.told()


def histories(tx: Tx) -> Iterator[History]:
    """Every subject's chain, in the database's own order of subjects."""
    reading: _Reading | None = None
    for row in _rows(tx):
        if reading is None or row.subject != reading.subject:
            if reading is not None:
                yield reading.told()
            reading = _Reading(row.subject)
        reading.read(row)
    if reading is not None:
        yield reading.told()


def packets_unlike_their_history(tx: Tx, whole: Mapping[str, History]) -> Iterator[tuple[str, str]]:
    """(packet, what is wrong) of those among these subjects whose row says another stage than their last event."""
    keys = list(whole)
    for begin in range(0, len(keys), 500):
        some = keys[begin : begin + 500]
        for row in tx.execute(sa.select(packet.c.id, packet.c.stage).where(packet.c.id.in_(some))):
            if row.stage != whole[row.id].stage and (says := _looked_at_again(tx, row.id)):
                yield row.id, says


def packets_without_history(tx: Tx) -> Iterator[str]:
    """Packets of which no first event is there."""
    first = sa.exists().where(event.c.subject == packet.c.id, event.c.n == 1).correlate(packet)
    yield from tx.execute(sa.select(packet.c.id).where(~first).order_by(packet.c.id).limit(_AT_ONCE)).scalars()


def broken_anchors(tx: Tx) -> Iterator[tuple[anchors.Anchor, str]]:
    """Each anchor, and what is wrong with what it covers ("" where it holds)."""
    expected = 1
    for one in anchors.every(tx):
        count, sha256 = anchors.digest(tx, one.first, one.last)
        says = ""
        if count != one.events:
            says = f"it covered {one.events} events, and {count} are there"
        elif sha256 != one.sha256 or one.first != expected:
            says = "the events it covers are others now"
        yield one, says
        expected = one.last + 1


@dataclass
class _Reading:
    """A chain while it is read."""

    subject: str
    events: int = 0
    head: str = FIRST
    broken: int = 0
    said: str = field(default="", repr=False)

    def read(self, row: Any) -> None:
        """The next event."""
        at = told_time(row.at)
        whole = hash_of(row.subject, row.n, at, row.kind, row.who, row.data, row.previous)
        fits = row.n == self.events + 1 and row.previous == self.head and row.hash == whole
        if not fits and not self.broken:
            self.broken = int(row.n)
        self.events, self.head = int(row.n), row.hash
        if '"stage":"' in row.data:
            self.said = row.data

    def told(self) -> History:
        """What was found."""
        return History(self.subject, self.events, self.head, self.broken, _stage_in(self.said))


def _stage_in(data: str) -> str:
    try:
        told = json.loads(data) if data else {}
    except ValueError:
        return ""  # the chain is broken there, which is told
    return str(told.get("stage", Stage.received.value)) if isinstance(told, dict) else ""


def _looked_at_again(tx: Tx, packet_id: str) -> str:
    """Whether a packet that seemed to differ does; it may have moved on between the two looks."""
    while True:
        before, _ = events.end_of(tx, packet_id)
        stage = tx.execute(sa.select(packet.c.stage).where(packet.c.id == packet_id)).scalar_one()
        found = history_of(tx, packet_id)
        if found.events == before:
            differs = stage != found.stage
            return f"is {stage}, and its last event says {found.stage}" if differs else ""


def _rows(tx: Tx) -> Iterator[Any]:
    """Every event by subject and number, some at a time."""
    query = sa.select(event).order_by(event.c.subject, event.c.n).limit(_AT_ONCE)
    rows = tx.execute(query).all()
    while rows:
        yield from rows
        last = rows[-1]
        beyond = sa.tuple_(event.c.subject, event.c.n) > sa.tuple_(sa.literal(last.subject), sa.literal(last.n))
        rows = tx.execute(query.where(beyond)).all()


class EndsDigest:
    """One hash over the ends of all histories, to be compared with the same of another day or of a copy."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, one: History) -> None:
        """The next history."""
        self._digest.update(f"{one.subject} {one.events} {one.head}\n".encode())

    def hexdigest(self) -> str:
        """The hash."""
        return self._digest.hexdigest()

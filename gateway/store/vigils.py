"""Packets that somebody has left until something changes: what was known then, and what has changed since.

A row holds only as long as its packet is held and has the deadline that the row names: whatever else happens to the
packet gives it another one, and the row means nothing any more."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.store import statements
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord
from gateway.store.tables import vigil
from gateway.verdict import Stage


@dataclass(frozen=True, slots=True)
class Vigil:
    """One packet's. `seen`: what was known, by what it was of; `news`: what changed since, "" while nothing has."""

    packet_id: str
    due: datetime
    was_due: datetime
    seen: Mapping[str, str]
    news: str

    def is_of(self, record: PacketRecord) -> bool:
        """Whether it still holds."""
        return record.stage is Stage.held and record.act_by == self.due


def keep(tx: Tx, packet_id: str, due: datetime, was_due: datetime, seen: Mapping[str, str]) -> None:
    """Begins a packet's, in the place of one that there was; the caller has locked the packet."""
    values = {"due": due, "was_due": was_due, "seen": json.dumps(seen, sort_keys=True), "news": ""}
    if not statements.put(tx, vigil, {"packet_id": packet_id, **values}, unless=("packet_id",)):
        statements.change(tx, vigil, {"packet_id": packet_id}, values)


def end(tx: Tx, packet_id: str, due: datetime, news: str) -> None:
    """Keeps what changed, and the deadline that the packet has from now on; the caller has locked the packet."""
    statements.change(tx, vigil, {"packet_id": packet_id}, {"due": due, "news": news})


def forget(tx: Tx, packet_id: str) -> None:
    """Takes away a row that means nothing any more; the caller has locked the packet."""
    statements.remove(tx, vigil, {"packet_id": packet_id})


def load(tx: Tx, packet_id: str) -> Vigil | None:
    """A packet's row, whether or not it still holds."""
    return of(tx, (packet_id,)).get(packet_id)


def of(tx: Tx, packet_ids: Collection[str]) -> Mapping[str, Vigil]:
    """The rows of these packets, by packet."""
    rows = tx.execute(sa.select(vigil).where(vigil.c.packet_id.in_(packet_ids)))
    return {row.packet_id: _vigil_from(row) for row in rows}


def after(tx: Tx, packet_id: str, limit: int) -> tuple[Vigil, ...]:
    """The next rows, by packet; "" begins at the first."""
    rows = tx.execute(sa.select(vigil).where(vigil.c.packet_id > packet_id).order_by(vigil.c.packet_id).limit(limit))
    return tuple(_vigil_from(row) for row in rows)


def _vigil_from(row: Any) -> Vigil:
    return Vigil(row.packet_id, row.due, row.was_due, json.loads(row.seen), row.news)

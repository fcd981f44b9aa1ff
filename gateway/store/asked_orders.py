"""Orders that one person has given and a second one must agree to, as rows.

An order is asked for about a packet in one state: its revision, its stage, the moment at which it came there or the
portal last said something, and how often it was transmitted. When any of these is another one, the order has lapsed;
the row may say so only later. What is to be done never changes once it is asked for.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from gateway.store import statements
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord, as_text, record_from
from gateway.store.statements import Prepared, add
from gateway.store.tables import asked_order, packet


class AskedState(StrEnum):
    """Where an order that was asked for stands."""

    open = "open"  # nobody has agreed or declined
    agreed = "agreed"  # carried out, in the same transaction
    declined = "declined"
    withdrawn = "withdrawn"  # by whoever had asked
    lapsed = "lapsed"  # the packet is no longer what it was about


@dataclass(frozen=True, slots=True)
class AskedOrder:
    """One order: what exactly, by whom, about which state, and what became of it. `changes`: the difference that it
    makes, for orders that change the packet."""

    no: int
    packet_id: str
    name: str
    what: Mapping[str, Any]
    changes: Sequence[Mapping[str, Any]]
    asked_by: str
    asked_at: datetime
    state: AskedState
    revision: int
    stage: str
    heard_at: datetime
    transmissions: int
    settled_by: str
    settled_at: datetime | None
    settled_why: str

    def is_about(self, record: PacketRecord) -> bool:
        """Whether the packet is still in the state about which it was asked for."""
        now = (record.id, record.revision, record.stage.value, record.heard_at, record.transmissions)
        return now == (self.packet_id, self.revision, self.stage, self.heard_at, self.transmissions)


def insert(
    tx: Tx,
    record: PacketRecord,
    name: str,
    what: Mapping[str, Any],
    changes: Sequence[Mapping[str, Any]],
    who: str,
    now: datetime,
) -> int:
    """Writes an order as open; answers its number. The caller has locked the packet and writes the event."""
    values = {
        "packet_id": record.id,
        "name": name,
        "what": as_text(dict(what)),
        "changes": as_text(list(changes)),
        "asked_by": who,
        "asked_at": now,
        "state": AskedState.open,
        "revision": record.revision,
        "stage": record.stage.value,
        "heard_at": record.heard_at,
        "transmissions": record.transmissions,
    }
    add(tx, asked_order, values)
    newest = open_of(tx, record.id)
    if newest is None:
        raise RuntimeError("an order was written and is not there")
    return newest.no


def load(tx: Tx, packet_id: str, no: int) -> AskedOrder | None:
    """One order of a packet. Whoever changes it has locked the packet before reading it."""
    row = _ONE.first(tx, {"packet_id": packet_id, "no": no})
    return _from(row) if row else None


def open_of(tx: Tx, packet_id: str) -> AskedOrder | None:
    """The order that waits for a second person, which may have lapsed unnoticed; a packet has one at most."""
    row = _OPEN.first(tx, {"packet_id": packet_id})
    return _from(row) if row else None


def settle(tx: Tx, asked: AskedOrder, state: AskedState, who: str, now: datetime, why: str = "") -> None:
    """Writes what became of an open order. The caller has locked the packet and writes the event."""
    values = {"state": state, "settled_by": who, "settled_at": now, "settled_why": why}
    statements.change(tx, asked_order, {"no": asked.no}, values)


def waiting(tx: Tx, after: int, limit: int) -> tuple[tuple[AskedOrder, PacketRecord], ...]:
    """Open orders that have not lapsed, with their packets, in the order in which they were asked for."""
    columns = (*asked_order.c, *packet.c)
    rows = tx.execute(
        sa.select(*(column.label(f"{column.table.name}_{column.name}") for column in columns))
        .join(packet, _STILL)
        .where(asked_order.c.state == AskedState.open, asked_order.c.no > after)
        .order_by(asked_order.c.no)
        .limit(limit)
    )
    return tuple((_from(_Part(row, asked_order)), record_from(_Part(row, packet))) for row in rows)


def number_waiting(tx: Tx) -> int:
    """How many orders wait for a second person."""
    found = sa.select(sa.func.count()).select_from(asked_order.join(packet, _STILL))
    return int(tx.execute(found.where(asked_order.c.state == AskedState.open)).scalar_one())


def among(tx: Tx, packet_ids: Collection[str]) -> frozenset[str]:
    """Which of these packets have an order that waits for a second person."""
    if not packet_ids:
        return frozenset()
    found = sa.select(asked_order.c.packet_id).join(packet, _STILL)
    rows = tx.execute(
        found.where(asked_order.c.state == AskedState.open, asked_order.c.packet_id.in_(list(packet_ids)))
    )
    return frozenset(rows.scalars())


class _Part:
    """One table's columns of a row that has two."""

    def __init__(self, row: sa.Row[Any], table: sa.Table) -> None:
        self._row, self._table = row, table

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, f"{self._table.name}_{name}")


def _from(row: Any) -> AskedOrder:
    values = {name: getattr(row, name) for name in AskedOrder.__dataclass_fields__}
    read = {"what": json.loads(row.what), "changes": json.loads(row.changes), "state": AskedState(row.state)}
    return AskedOrder(**values | read)


_STILL = sa.and_(
    asked_order.c.packet_id == packet.c.id,
    asked_order.c.revision == packet.c.revision,
    asked_order.c.stage == packet.c.stage,
    asked_order.c.heard_at == packet.c.heard_at,
    asked_order.c.transmissions == packet.c.transmissions,
)
_ONE = Prepared(
    sa.select(asked_order).where(
        asked_order.c.packet_id == sa.bindparam("packet_id"), asked_order.c.no == sa.bindparam("no")
    )
)
_OPEN = Prepared(
    sa.select(asked_order)
    .where(asked_order.c.packet_id == sa.bindparam("packet_id"), asked_order.c.state == AskedState.open)
    .order_by(asked_order.c.no.desc())
    .limit(1)
)

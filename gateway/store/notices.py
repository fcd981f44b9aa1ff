"""Notices: what each channel was told of and when, so that nobody is told twice and nothing is kept from anybody.

A notice is a row, committed before the first byte of it leaves, as `sending`: it may have gone. `sent` it has, `failed`
it has not, and then what it told of counts as untold again. A channel has one `sending` notice at most.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store import statements
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord, record_from
from gateway.store.statements import put
from gateway.store.tables import notice, notice_channel, notice_told, packet
from gateway.store.work_list import NOBODY, Sum
from gateway.verdict import Actor, Stage

SENDING, SENT, FAILED = "sending", "sent", "failed"


@dataclass(frozen=True, slots=True)
class Concern:
    """Which held packets a channel is told of; an empty part asks for all."""

    clients: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    who_acts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """How a channel is doing. `digest_for`: the set time up to which its digest is done with."""

    key: str
    digest_for: datetime | None
    urgent_at: datetime | None
    sent_at: datetime | None
    failures: int
    failing_since: datetime | None
    retry_at: datetime | None
    last_failure: str
    troubles: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """One notice. `told` is what it says, as `gateway.notices.bulletin` has it."""

    id: int
    channel: str
    kind: str
    message_id: str
    made_at: datetime
    told: Mapping[str, Any]
    outcome: str
    tries: int
    finished_at: datetime | None
    note: str


# --- channels -----------------------------------------------------------------------------------------------------


def channel(tx: Tx, key: str, *, lock: bool = False) -> ChannelRecord:
    """A channel's state; a new one's where it was never used. `lock` makes its row where there is none."""
    if lock:
        put(tx, notice_channel, {"key": key}, unless=("key",))
    query = sa.select(notice_channel).where(notice_channel.c.key == key)
    row = tx.execute(query.with_for_update() if lock else query).first()
    return _channel_from(row) if row else ChannelRecord(key, None, None, None, 0, None, None, "", {})


def channels(tx: Tx) -> tuple[ChannelRecord, ...]:
    """Every channel that was ever used, by key."""
    return tuple(_channel_from(row) for row in tx.execute(sa.select(notice_channel).order_by(notice_channel.c.key)))


def change_channel(tx: Tx, key: str, **values: Any) -> None:
    """Changes columns of a channel's row; the caller has locked it."""
    statements.change(tx, notice_channel, {"key": key}, values)


# --- notices ------------------------------------------------------------------------------------------------------


def begin(tx: Tx, key: str, kind: str, message_id: str, now: datetime) -> int:
    """A new notice, `sending` from its commit on; answers its id. The caller has locked the channel."""
    values = {"channel": key, "kind": kind, "message_id": message_id, "made_at": now, "told": "{}", "outcome": SENDING}
    return int(tx.execute(notice.insert().values(values).returning(notice.c.id)).scalar_one())


def keep_told(tx: Tx, notice_id: int, told: Mapping[str, Any]) -> None:
    """Keeps what a notice says."""
    statements.change(tx, notice, {"id": notice_id}, {"told": json.dumps(told, ensure_ascii=False)})


def outstanding(tx: Tx, key: str) -> NoticeRecord | None:
    """The channel's notice of which nobody knows whether it has gone."""
    row = tx.execute(sa.select(notice).where(notice.c.channel == key, notice.c.outcome == SENDING)).first()
    return _notice_from(row) if row else None


def load(tx: Tx, notice_id: int) -> NoticeRecord:
    """One notice that is known to be there."""
    return _notice_from(tx.execute(sa.select(notice).where(notice.c.id == notice_id)).one())


def latest(tx: Tx, key: str, limit: int) -> tuple[NoticeRecord, ...]:
    """A channel's last notices, the newest first."""
    query = sa.select(notice).where(notice.c.channel == key).order_by(notice.c.id.desc()).limit(limit)
    return tuple(_notice_from(row) for row in tx.execute(query))


def change(tx: Tx, notice_id: int, **values: Any) -> None:
    """Changes columns of a notice."""
    statements.change(tx, notice, {"id": notice_id}, values)


def by_outcome(tx: Tx) -> dict[tuple[str, str], int]:
    """How many notices there are by channel and outcome."""
    keys = (notice.c.channel, notice.c.outcome)
    rows = tx.execute(sa.select(*keys, sa.func.count().label("number")).group_by(*keys))
    return {(row.channel, row.outcome): row.number for row in rows}


# --- what they tell of --------------------------------------------------------------------------------------------


def is_anything_untold(tx: Tx, key: str, concern: Concern, horizon: datetime, kind: str) -> bool:
    """Whether there is a packet that `tell` would find."""
    return tx.execute(_untold(key, concern, horizon, kind, packet.c.id).limit(1)).first() is not None


def first_deadline(tx: Tx, key: str, concern: Concern, horizon: datetime) -> datetime | None:
    """The earliest deadline among urgent packets that the channel does not know as such."""
    query = _untold(key, concern, horizon, "urgent", packet.c.act_by).order_by(packet.c.act_by).limit(1)
    row = tx.execute(query).first()
    return row.act_by if row else None


def tell(tx: Tx, key: str, concern: Concern, horizon: datetime, kind: str, notice_id: int) -> None:
    """Marks as told by this notice what the channel does not know yet: packets that were held since, or are held and
    due before `horizon`; of the kind "urgent" the latter alone. One statement, so that the marks are the truth."""
    urgent_for = sa.case((packet.c.act_by < horizon, packet.c.act_by))
    columns = (
        sa.literal(key).label("channel"),
        packet.c.id,
        packet.c.stage_since,
        urgent_for,
        sa.literal(notice_id).label("notice_id"),
    )
    names = ["channel", "packet_id", "held_since", "urgent_for", "notice_id"]
    make = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    statement = make(notice_told).from_select(names, _untold(key, concern, horizon, kind, *columns))
    changed = {name: statement.excluded[name] for name in names[2:]}
    tx.execute(statement.on_conflict_do_update(index_elements=["channel", "packet_id"], set_=changed))


def counts(tx: Tx, notice_id: int) -> tuple[int, int]:
    """(packets that a notice tells of, how many of them are urgent)."""
    columns = (sa.func.count(), sa.func.count(notice_told.c.urgent_for))
    row = tx.execute(sa.select(*columns).where(notice_told.c.notice_id == notice_id)).one()
    return int(row[0]), int(row[1])


def told_first(tx: Tx, notice_id: int, limit: int) -> tuple[tuple[PacketRecord, bool], ...]:
    """The first packets that a notice tells of, as the work list orders them, each with whether it is urgent."""
    query = (
        sa.select(packet, notice_told.c.urgent_for)
        .join(notice_told, notice_told.c.packet_id == packet.c.id)
        .where(notice_told.c.notice_id == notice_id)
        .order_by(packet.c.act_by, packet.c.total.desc(), packet.c.id)
        .limit(limit)
    )
    return tuple((record_from(row), row.urgent_for is not None) for row in tx.execute(query))


def untell(tx: Tx, notice_id: int) -> None:
    """What a notice told of was not told after all."""
    tx.execute(notice_told.delete().where(notice_told.c.notice_id == notice_id))


def forget_settled(tx: Tx, key: str) -> None:
    """Marks of packets that wait for nobody any more are of no use."""
    held = sa.select(packet.c.id).where(packet.c.stage == Stage.held)
    tx.execute(notice_told.delete().where(notice_told.c.channel == key, notice_told.c.packet_id.not_in(held)))


def standing(tx: Tx, concern: Concern) -> tuple[Sum, ...]:
    """All held packets of a concern by who must act and currency, whether told of or not."""
    keys = (packet.c.who_acts, packet.c.currency)
    number, amount = sa.func.count().label("packets"), sa.func.sum(packet.c.total).label("amount")
    rows = tx.execute(sa.select(*keys, number, amount).where(*_conditions(concern)).group_by(*keys).order_by(*keys))
    return tuple(Sum(Actor(row.who_acts), row.currency, row.packets, row.amount) for row in rows)


def _untold(
    key: str, concern: Concern, horizon: datetime, kind: str, *columns: sa.ColumnElement[Any]
) -> sa.Select[Any]:
    known = sa.and_(notice_told.c.channel == key, notice_told.c.packet_id == packet.c.id)
    not_as_urgent = sa.or_(notice_told.c.urgent_for.is_(None), notice_told.c.urgent_for != packet.c.act_by)
    is_new = sa.or_(notice_told.c.packet_id.is_(None), notice_told.c.held_since != packet.c.stage_since)
    is_urgent = sa.and_(packet.c.act_by < horizon, sa.or_(is_new, not_as_urgent))
    wanted = is_urgent if kind == "urgent" else sa.or_(is_new, is_urgent)
    source = packet.outerjoin(notice_told, known)
    return sa.select(*columns).select_from(source).where(*_conditions(concern), wanted)


def _conditions(concern: Concern) -> Iterator[sa.ColumnElement[bool]]:
    yield packet.c.stage == Stage.held
    for column, values in (
        (packet.c.client, concern.clients),
        (packet.c.account, concern.accounts),
        (packet.c.who_acts, concern.who_acts),
        (packet.c.owner, tuple("" if name == NOBODY else name for name in concern.owners)),
    ):
        if values:
            yield column.in_(values)


def _channel_from(row: Any) -> ChannelRecord:
    values = {name: getattr(row, name) for name in ChannelRecord.__dataclass_fields__}
    return ChannelRecord(**values | {"troubles": json.loads(row.troubles)})


def _notice_from(row: Any) -> NoticeRecord:
    values = {name: getattr(row, name) for name in NoticeRecord.__dataclass_fields__}
    return NoticeRecord(**values | {"told": json.loads(row.told)})

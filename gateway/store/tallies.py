"""The figures kept ready for reports: one row of `tally` for each client, account and UTC day of `generated_at`.

A change of a packet, or of what belongs to it, marks the packet in `uncounted`: by triggers of the database, and thus
in the same transaction. `counted` counts the days of marked packets again, from the rows themselves, before anybody
reads: nothing that is read is older than the question, nothing is added twice, and a crash loses nothing. In the same
way `objected` holds what portals, buyers and checklists objected to, a row for each reason of each case.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.database import Database, Tx
from gateway.store.figures import Figures, Pile, recount, silent
from gateway.store.objections import Objection, from_checklists, from_portals
from gateway.store.tables import SPENT, TALLIED, objected, packet, tally, tally_part, uncounted
from gateway.verdict import Stage

By = Literal["client", "account", "day"]

_A_DAY = timedelta(days=1)
_MARKS_AT_ONCE = 5_000
_DAYS_AT_ONCE = 200
_PACKETS_AT_ONCE = 500
_COUNTING = 0x636F756E  # PostgreSQL's advisory lock of whoever counts
_RULE = "rule"
_STALE = sa.select(tally.c.id).where(tally.c.stale)
_LONGEST_WORDS = 400


@dataclass(frozen=True, slots=True)
class Scope:
    """Which packets are counted; "" and None leave a side open. `generated_at` from `since` to before `until`, both at
    the beginning of a UTC day."""

    client: str = ""
    account: str = ""
    since: datetime | None = None
    until: datetime | None = None


@contextmanager
def counted(database: Database) -> Iterator[Tx]:
    """A look at figures that leave out nothing that was committed before it began."""
    count_up(database)
    with database.read() as tx:
        yield tx


def count_up(database: Database) -> None:
    """Counts whatever changed until now."""
    for what, count_again in ((sa.select(uncounted.c.id), _take_marks), (_STALE, _count_days)):
        with database.read() as tx:
            behind = tx.execute(what.limit(1)).first() is not None
        while behind:
            with database.write() as tx:
                behind = count_again(tx)


def beginning_of_day(at: datetime) -> datetime:
    """The UTC midnight before an aware UTC time."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


# --- counting again -----------------------------------------------------------------------------------------------


def _take_marks(tx: Tx) -> bool:
    """Takes marks away, and marks instead the days that are to be counted again; says whether there may be more.

    Exactly the marks that were read are removed: one that is written meanwhile stays, whatever its number."""
    _alone(tx)
    first = sa.select(uncounted.c.id).order_by(uncounted.c.id).limit(_MARKS_AT_ONCE)
    taken = uncounted.delete().where(uncounted.c.id.in_(first)).returning(uncounted.c.packet_id)
    marks = tx.execute(taken).scalars().all()
    packet_ids = sorted(set(marks))
    for start in range(0, len(packet_ids), _PACKETS_AT_ONCE):
        some = packet_ids[start : start + _PACKETS_AT_ONCE]
        _mark_days(tx, some)
        _write_objections(tx, some)
    return len(marks) == _MARKS_AT_ONCE


def _count_days(tx: Tx) -> bool:
    """Counts stale days; says whether there may be more."""
    _alone(tx)
    ids = tx.execute(_STALE.limit(_DAYS_AT_ONCE)).scalars().all()
    if ids:
        found = recount(tx, ids)
        _write_tallies(tx, {key: found.get(key, Figures()) for key in ids})
    return len(ids) == _DAYS_AT_ONCE


def _alone(tx: Tx) -> None:
    """One process counts at a time, so that an older count never takes the place of a newer one."""
    if tx.dialect.name == "postgresql":
        tx.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_COUNTING})")


def _mark_days(tx: Tx, packet_ids: Sequence[str]) -> None:
    """Marks the tallies of these packets as stale; one that is not there yet is begun."""
    query = sa.select(packet.c.client, packet.c.account, packet.c.generated_at).where(packet.c.id.in_(packet_ids))
    days = {(row.client, row.account, beginning_of_day(row.generated_at)) for row in tx.execute(query)}
    if not days:
        return
    rows = [
        {"client": client, "account": account, "day": day, "day_after": day + _A_DAY, "stale": True}
        for client, account, day in sorted(days)
    ]
    insert = postgresql.insert(tally) if tx.dialect.name == "postgresql" else sqlite.insert(tally)
    tx.execute(insert.on_conflict_do_update(index_elements=["client", "account", "day"], set_={"stale": True}), rows)


def _write_tallies(tx: Tx, found: Mapping[int, Figures]) -> None:
    tx.execute(tally_part.delete().where(tally_part.c.tally_id.in_(list(found))))
    columns: dict[str, Any] = {name: sa.bindparam(name) for name in (*_COLUMNS, "oldest", "cycles")}
    one = tally.update().where(tally.c.id == sa.bindparam("key")).values(stale=False, **columns)
    tx.execute(one, [_row_from(key, figures) for key, figures in found.items()])
    if parts := [part for key, figures in found.items() for part in _parts_from(key, figures)]:
        tx.execute(tally_part.insert(), parts)


_COLUMNS = (*TALLIED, *(f"seconds_{name}" for name in SPENT))
_STAGES = tuple(stage.value for stage in Stage)
_PLAIN = tuple(name for name in TALLIED if name not in _STAGES)


def _row_from(key: int, figures: Figures) -> dict[str, Any]:
    plain = {name: getattr(figures, name) for name in _PLAIN}
    seconds = {f"seconds_{name}": spent for name, spent in figures.seconds.items()}
    cycles = figures.cycles.tobytes()
    return {"key": key, **plain, **figures.by_stage, **seconds, "oldest": figures.oldest, "cycles": cycles}


def _parts_from(key: int, figures: Figures) -> Iterator[dict[str, Any]]:
    for rule, number in figures.corrections.items():
        yield {"tally_id": key, "kind": _RULE, "part": rule, "number": number, "amount": Decimal(0)}
    for (stage, currency), pile in figures.open.items():
        yield {"tally_id": key, "kind": stage, "part": currency, "number": pile.number, "amount": pile.amount}


def _write_objections(tx: Tx, packet_ids: Sequence[str]) -> None:
    """Each reason of each case once, dated when it was first said."""
    tx.execute(objected.delete().where(objected.c.packet_id.in_(packet_ids)))
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for one in (*from_portals(tx, packet_ids), *from_checklists(tx, packet_ids)):
        key = (one.packet_id, one.kind, one.reason, one.case)
        row = rows.setdefault(key, _objection_row(one))
        if one.at < row["at"]:
            row |= {"at": one.at, "day": beginning_of_day(one.at)}
        row["last_said"] = max(row["last_said"], _said(one))
    if rows:
        tx.execute(objected.insert(), list(rows.values()))


def _objection_row(one: Objection) -> dict[str, Any]:
    return {
        "packet_id": one.packet_id,
        "kind": one.kind,
        "reason": one.reason,
        "case_id": one.case,
        "client": one.client,
        "account": one.account,
        "currency": one.currency,
        "total": one.total,
        "at": one.at,
        "day": beginning_of_day(one.at),
        "last_said": _said(one),
    }


def _said(one: Objection) -> str:
    """When and what, so that the greater of two texts is the later."""
    return f"{one.at.isoformat(timespec='microseconds')} {one.words[:_LONGEST_WORDS]}"


# --- reading ------------------------------------------------------------------------------------------------------

_Key = sa.ColumnElement[Any]


def count(
    tx: Tx, now: datetime, scope: Scope, by: By | None, silence: Mapping[str, timedelta]
) -> dict[str | datetime, Figures]:
    """The figures by key; without `by` those of all packets in scope, under the key ""."""
    key: _Key = (sa.literal_column("''", sa.String) if by is None else tally.c[by]).label("key")
    grouped = () if by is None else (tally.c[by],)
    where = _where(scope)
    found: defaultdict[str | datetime, Figures] = defaultdict(Figures)
    sums = (sa.func.sum(tally.c[name]).label(name) for name in _COLUMNS)
    oldest = sa.func.min(tally.c.oldest).label("oldest")
    for row in tx.execute(sa.select(key, *sums, oldest).where(*where).group_by(*grouped)):
        if row.packets:
            found[row.key] = _figures_from(row)
    for at, cycles in tx.execute(sa.select(key, tally.c.cycles).where(tally.c.accepted > 0, *where)):
        found[at].cycles.frombytes(cycles)
    parts = _parts(key, where).group_by(*grouped, tally_part.c.kind, tally_part.c.part)
    for at, kind, part, number, amount in tx.execute(parts):
        if kind == _RULE:
            found[at].corrections[part] = int(number)
        else:
            found[at].open[kind, part] = Pile(int(number), amount)
    _silent(tx, now, scope, by, silence, found)
    return dict(found)


def _parts(key: _Key, where: Sequence[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    return (
        sa.select(
            key,
            tally_part.c.kind,
            tally_part.c.part,
            sa.func.sum(tally_part.c.number).label("number"),
            sa.func.sum(tally_part.c.amount).label("amount"),
        )
        .join(tally, tally.c.id == tally_part.c.tally_id)
        .where(*where)
    )


def _figures_from(row: Any) -> Figures:
    plain: dict[str, Any] = {name: int(getattr(row, name)) for name in _PLAIN}
    return Figures(
        **plain,
        by_stage={stage: int(getattr(row, stage)) for stage in _STAGES},
        seconds={name: getattr(row, f"seconds_{name}") for name in SPENT},
        oldest=row.oldest,
    )


def _silent(
    tx: Tx,
    now: datetime,
    scope: Scope,
    by: By | None,
    silence: Mapping[str, timedelta],
    found: Mapping[str | datetime, Figures],
) -> None:
    """Time alone makes a packet silent, so that these are counted as they stand now."""
    conditions = [packet.c[name] == value for name in ("client", "account") if (value := getattr(scope, name))]
    if scope.since is not None:
        conditions.append(packet.c.generated_at >= scope.since)
    if scope.until is not None:
        conditions.append(packet.c.generated_at < scope.until)
    where = (silent(now, silence), *conditions)
    if by == "day":
        for at in tx.execute(sa.select(packet.c.generated_at).where(*where)).scalars() if silence else ():
            if beginning_of_day(at) in found:  # what came between two of these looks is counted with the next
                found[beginning_of_day(at)].silent += 1
        return
    key: _Key = (sa.literal_column("''", sa.String) if by is None else packet.c[by]).label("key")
    query = sa.select(key, sa.func.count().label("number")).where(*where)
    for row in tx.execute(query if by is None else query.group_by(packet.c[by])) if silence else ():
        if row.key in found:
            found[row.key].silent = row.number


def _where(scope: Scope) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if scope.client:
        conditions.append(tally.c.client == scope.client)
    if scope.account:
        conditions.append(tally.c.account == scope.account)
    if scope.since is not None:
        conditions.append(tally.c.day >= scope.since)
    if scope.until is not None:
        conditions.append(tally.c.day < scope.until)
    return conditions


@dataclass(frozen=True, slots=True)
class OpenPile:
    """Packets of one UTC day in one open stage and currency, and what those of them ask for that ask for some."""

    day: datetime
    stage: str
    currency: str
    number: int
    amount: Decimal


def open_by_day(tx: Tx, scope: Scope) -> tuple[OpenPile, ...]:
    """What is neither accepted nor stopped, by the day on which it was made."""
    where = (tally_part.c.kind != _RULE, *_where(scope))
    query = _parts(tally.c.day.label("key"), where).group_by(tally.c.day, tally_part.c.kind, tally_part.c.part)
    return tuple(
        OpenPile(day, kind, part, int(number), amount) for day, kind, part, number, amount in tx.execute(query)
    )


def together(parts: Sequence[Figures]) -> Figures:
    """Several sets of figures as one."""
    whole = Figures()
    for one in parts:
        for name in _PLAIN:
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
        for stage, number in one.by_stage.items():
            whole.by_stage[stage] += number
        for name, spent in one.seconds.items():
            whole.seconds[name] += spent
        whole.silent += one.silent
        whole.oldest = min((at for at in (whole.oldest, one.oldest) if at is not None), default=None)
        whole.cycles.extend(one.cycles)
        for rule, number in one.corrections.items():
            whole.corrections[rule] = whole.corrections.get(rule, 0) + number
        for where, pile in one.open.items():
            there = whole.open.setdefault(where, Pile())
            there.number, there.amount = there.number + pile.number, there.amount + pile.amount
    return whole

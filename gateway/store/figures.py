"""Counting packets for `gateway.metrics`: one scan of `packet`, and a few narrow look-ups beside it.

What is counted, and how a case in between is counted, stands in `gateway.metrics`.

Conditions that need another table ask a column of `packet` first, so that only the packets in question are looked up.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa

from gateway.store.database import Tx
from gateway.store.packets import BY_HAND
from gateway.store.tables import UtcTime, attempt, event, packet, revision, verdict
from gateway.verdict import FINAL_STAGES, Level, Outcome, Stage, Status

By = Literal["client", "account", "month"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which packets are counted; "" and None leave a side open. `generated_at` from `since` to before `until`."""

    client: str = ""
    account: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass
class Figures:
    """What was counted of one key. Pairs of a share: the first is part of the second. Times in seconds."""

    packets: int = 0
    by_stage: dict[str, int] = field(default_factory=lambda: {stage.value: 0 for stage in Stage})
    taken: int = 0
    transmitted: int = 0
    first_pass: int = 0
    decided: int = 0
    caught: int = 0
    looked_at: int = 0
    touchless: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    oldest: datetime | None = None
    silent: int = 0
    p50: float | None = None
    p90: float | None = None
    resubmissions: int = 0
    rejections: int = 0
    corrections: dict[str, int] = field(default_factory=dict)
    money_held: dict[str, Decimal] = field(default_factory=dict)


def count(tx: Tx, now: datetime, scope: Scope, by: By | None, silence: Mapping[str, timedelta]) -> dict[str, Figures]:
    """The figures by key; without `by` those of all packets in scope, under the key ""."""
    key = _key(tx, by)
    where = _where(scope)
    # Another transaction may add a key's first packet between two of these queries, hence the default.
    found: defaultdict[str, Figures] = defaultdict(Figures)
    for row in tx.execute(_grouped(_main_counts(key, now, silence).where(*where), key)):
        found[row.key] = _figures_from(row)
    for step in (_cycle_times, _resubmissions, _rejections, _corrections, _money_held):
        step(tx, key, where, found)
    return dict(found)


# --- conditions, each a part of a definition ----------------------------------------------------------------------

_TRANSMITTED = packet.c.first_outcome.not_in(("", BY_HAND))
_ACCEPTED = packet.c.stage == Stage.accepted
# Most packets are accepted: SQLite would look each of them up through the stage's index instead of reading on.
_ACCEPTED_UNINDEXED = packet.c.stage.concat("") == Stage.accepted
_OPEN = packet.c.stage.not_in(sorted(FINAL_STAGES))
_EVER_ACCEPTED = packet.c.accepted_at.is_not(None)

_earlier = attempt.alias("earlier")
_FIRST_RECEIPT = (
    sa.select(sa.func.min(_earlier.c.n))
    .where(_earlier.c.packet_id == packet.c.id, _earlier.c.outcome == Outcome.receipted)
    .correlate(packet)
    .scalar_subquery()
)
_TAKEN_BACK_BY_PORTAL = sa.and_(
    packet.c.contested,
    sa.exists()
    .where(
        verdict.c.packet_id == packet.c.id,
        verdict.c.level == Level.portal,
        verdict.c.status == Status.rejected,
        attempt.c.id == verdict.c.attempt_id,
        attempt.c.n == _FIRST_RECEIPT,
    )
    .correlate(packet),
)
_TAKEN_AT_ONCE = sa.and_(packet.c.first_outcome == Outcome.receipted, sa.not_(_TAKEN_BACK_BY_PORTAL))

_VOIDED_BY_ORDER = sa.exists().where(event.c.subject == packet.c.id, event.c.kind == "voided").correlate(packet)
_BUYER_SAID_NO = sa.and_(
    packet.c.contested,
    sa.exists()
    .where(
        verdict.c.packet_id == packet.c.id,
        verdict.c.level == Level.buyer,
        sa.or_(
            verdict.c.status == Status.rejected,
            sa.and_(verdict.c.status == Status.cancelled, sa.not_(_VOIDED_BY_ORDER)),
            sa.and_(verdict.c.status == Status.under_query, packet.c.status == Status.cancelled),
        ),
    )
    .correlate(packet),
)
_DECIDED = sa.or_(_EVER_ACCEPTED, _BUYER_SAID_NO)
_FIRST_PASS = sa.and_(
    _EVER_ACCEPTED,
    packet.c.first_outcome == Outcome.receipted,
    packet.c.revision == 1,
    sa.not_(packet.c.contested),
    sa.not_(packet.c.preflight_stopped),
)
_LOOKED_AT = sa.or_(
    packet.c.preflight_stopped,
    packet.c.first_sent_at.is_not(None),
    sa.exists().where(revision.c.packet_id == packet.c.id, revision.c.built_at.is_not(None)).correlate(packet),
)
_SAID_NO = (Status.rejected, Status.under_query)


def silent(now: datetime, silence: Mapping[str, timedelta]) -> sa.ColumnElement[bool]:
    """Packets with the portal of which nothing was heard within their account's limit."""
    if not silence:
        return sa.false()
    since = sa.case(
        {account: sa.literal(now - limit, UtcTime) for account, limit in silence.items()}, value=packet.c.account
    )
    return sa.and_(packet.c.stage == Stage.waiting, packet.c.heard_at < since)


# --- counting -----------------------------------------------------------------------------------------------------

_Key = sa.ColumnElement[str] | None
_Where = tuple[sa.ColumnElement[bool], ...]
_SPENT = ("person", "ours", "portal", "correction")


def _main_counts(key: _Key, now: datetime, silence: Mapping[str, timedelta]) -> sa.Select[Any]:
    columns: list[sa.ColumnElement[Any]] = [
        _named(key),
        sa.func.count().label("packets"),
        *(_count(packet.c.stage == stage).label(f"stage_{stage}") for stage in Stage),
        _count(_TRANSMITTED).label("transmitted"),
        _count(_TAKEN_AT_ONCE).label("taken"),
        _count(_DECIDED).label("decided"),
        _count(_FIRST_PASS).label("first_pass"),
        _count(_LOOKED_AT).label("looked_at"),
        _count(packet.c.preflight_stopped).label("caught"),
        _count(sa.and_(_ACCEPTED, sa.not_(packet.c.touched))).label("touchless"),
        *(sa.func.sum(sa.case((_ACCEPTED, packet.c[f"seconds_{name}"]), else_=0.0)).label(name) for name in _SPENT),
        sa.func.min(sa.case((_OPEN, packet.c.generated_at))).label("oldest"),
        _count(silent(now, silence)).label("silent"),
    ]
    return sa.select(*columns).select_from(packet)


def _figures_from(row: sa.Row[Any]) -> Figures:
    plain = ("packets", "taken", "transmitted", "first_pass", "decided", "caught", "looked_at", "touchless", "oldest")
    return Figures(
        **{name: getattr(row, name) for name in plain},
        silent=row.silent,
        by_stage={stage.value: getattr(row, f"stage_{stage}") for stage in Stage},
        seconds={name: getattr(row, name) or 0.0 for name in _SPENT},
    )


def _cycle_times(tx: Tx, key: _Key, where: _Where, found: defaultdict[str, Figures]) -> None:
    """Nearest-rank percentiles of accepted packets, all keys in one sorted pass."""
    window: dict[str, Any] = {} if key is None else {"partition_by": key}
    ranked = (
        sa.select(
            _named(key),
            packet.c.generated_at,
            packet.c.accepted_at,
            sa.func.row_number().over(**window, order_by=_span(tx)).label("place"),
            sa.func.count().over(**window).label("many"),
        )
        .where(_ACCEPTED_UNINDEXED, _EVER_ACCEPTED, *where)
        .subquery()
    )
    half = ranked.c.place == (ranked.c.many + 1) // 2
    most = ranked.c.place == (ranked.c.many * 9 + 9) // 10
    query = sa.select(ranked, half.label("is_half"), most.label("is_most")).where(sa.or_(half, most))
    for row in tx.execute(query):
        seconds = (row.accepted_at - row.generated_at).total_seconds()
        if row.is_half:
            found[row.key].p50 = seconds
        if row.is_most:
            found[row.key].p90 = seconds


def _resubmissions(tx: Tx, key: _Key, where: _Where, found: defaultdict[str, Figures]) -> None:
    """Transmissions that reached or may have reached the portal, but for each packet's first."""
    more = sa.func.count() - sa.func.count(packet.c.id.distinct())
    query = (
        _selected(_named(key), more.label("number"))
        .select_from(packet)
        .join(attempt, attempt.c.packet_id == packet.c.id)
        .where(packet.c.transmissions > 1, attempt.c.outcome != Outcome.not_sent, attempt.c.by_hand == "", *where)
    )
    for row in tx.execute(_grouped(query, key)):
        if row.number:
            found[row.key].resubmissions = row.number


def _rejections(tx: Tx, key: _Key, where: _Where, found: defaultdict[str, Figures]) -> None:
    """A transmission counts once as rejected and once as queried, however often the portal repeats itself."""
    once = (
        sa.select(_named(key), verdict.c.attempt_id, verdict.c.status)
        .select_from(verdict)
        .join(packet, packet.c.id == verdict.c.packet_id)
        .where(verdict.c.status.in_(_SAID_NO), *where)
        .distinct()
        .subquery()
    )
    for row in tx.execute(sa.select(once.c.key, sa.func.count().label("number")).group_by(once.c.key)):
        found[row.key].rejections = row.number


def _corrections(tx: Tx, key: _Key, where: _Where, found: defaultdict[str, Figures]) -> None:
    """Revisions that rules made; one made by two rules counts for each."""
    query = (
        _selected(_named(key), revision.c.rule, sa.func.count().label("number"))
        .select_from(packet)
        .join(revision, sa.and_(revision.c.packet_id == packet.c.id, revision.c.n > 1))
        .where(packet.c.revision > 1, revision.c.rule != "", *where)
    )
    for row in tx.execute(_grouped(query, key, revision.c.rule)):
        counts = found[row.key].corrections
        for rule in row.rule.split("+"):
            counts[rule] = counts.get(rule, 0) + row.number


def _money_held(tx: Tx, key: _Key, where: _Where, found: defaultdict[str, Figures]) -> None:
    """What held invoices ask for; a held credit note is not set off against them."""
    query = _selected(_named(key), packet.c.currency, sa.func.sum(packet.c.total).label("total")).where(
        packet.c.stage == Stage.held, packet.c.total > Decimal(0), *where
    )
    for row in tx.execute(_grouped(query, key, packet.c.currency)):
        found[row.key].money_held[row.currency] = row.total


# --- small pieces of SQL ------------------------------------------------------------------------------------------


def _selected(*columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return sa.select(*columns)


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.case((condition, 1)))


def _named(key: _Key) -> sa.Label[str]:
    return (sa.literal_column("''", sa.String) if key is None else key).label("key")


def _grouped(query: sa.Select[Any], key: _Key, *more: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return query.group_by(*([] if key is None else [key]), *more)


def _span(tx: Tx) -> sa.ColumnElement[Any]:
    """The cycle time as something to sort by; SQLite's is exact to the millisecond."""
    if tx.dialect.name == "sqlite":
        return sa.func.julianday(packet.c.accepted_at) - sa.func.julianday(packet.c.generated_at)
    return packet.c.accepted_at - packet.c.generated_at


def _key(tx: Tx, by: By | None) -> _Key:
    """What to group by. Formats are written out: as parameters they would make two different expressions of one."""
    if by is None:
        return None
    if by != "month":
        return packet.c[by]
    if tx.dialect.name == "sqlite":
        return sa.func.strftime(sa.literal_column("'%Y-%m'"), packet.c.generated_at, type_=sa.String)
    utc = sa.func.timezone(sa.literal_column("'UTC'"), packet.c.generated_at)
    return sa.func.to_char(utc, sa.literal_column("'YYYY-MM'"), type_=sa.String)


def _where(scope: Scope) -> _Where:
    conditions: list[sa.ColumnElement[bool]] = []
    if scope.client:
        conditions.append(packet.c.client == scope.client)
    if scope.account:
        conditions.append(packet.c.account == scope.account)
    if scope.since is not None:
        conditions.append(packet.c.generated_at >= scope.since)
    if scope.until is not None:
        conditions.append(packet.c.generated_at < scope.until)
    return tuple(conditions)

"""Counting packets for `gateway.metrics`: the packets of some rows of `tally`, from what is stored of them.

What is counted, and how a case in between is counted, stands in `gateway.metrics`; who asks for what, in
`gateway.store.tallies`. Conditions that need another table ask a column of `packet` first, so that only the packets in
question are looked up.
"""

from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from gateway.store.database import Tx
from gateway.store.packets import BY_HAND
from gateway.store.tables import SPENT, Money, attempt, event, packet, revision, tally, verdict
from gateway.verdict import FINAL_STAGES, Level, Outcome, Stage, Status


@dataclass
class Pile:
    """So many packets, and the money that those of them ask for that ask for some; credit notes are not set off."""

    number: int = 0
    amount: Decimal = Decimal(0)


@dataclass
class Figures:
    """What was counted. Pairs of a share: the first is part of the second. Times in seconds; `cycles` holds the cycle
    time of each accepted packet, in no order. `open` has each open stage's packets by currency."""

    packets: int = 0
    by_stage: dict[str, int] = field(default_factory=lambda: {stage.value: 0 for stage in Stage})
    taken: int = 0
    transmitted: int = 0
    first_pass: int = 0
    decided: int = 0
    caught: int = 0
    looked_at: int = 0
    touchless: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(SPENT, 0.0))
    oldest: datetime | None = None
    silent: int = 0
    cycles: "array[float]" = field(default_factory=lambda: array("d"))
    resubmissions: int = 0
    rejections: int = 0
    corrections: dict[str, int] = field(default_factory=dict)
    open: dict[tuple[str, str], Pile] = field(default_factory=dict)


# --- conditions, each a part of a definition ----------------------------------------------------------------------

# A packet's few verdicts and events are found by the packet: an index on a word that thousands share, which SQLite may
# prefer after ANALYZE, would read all of those for each packet.
_said = verdict.c.status.concat("")
_TRANSMITTED = packet.c.first_outcome.not_in(("", BY_HAND))
_ACCEPTED = packet.c.stage == Stage.accepted
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
        _said == Status.rejected,
        attempt.c.id == verdict.c.attempt_id,
        attempt.c.n == _FIRST_RECEIPT,
    )
    .correlate(packet),
)
_TAKEN_AT_ONCE = sa.and_(packet.c.first_outcome == Outcome.receipted, sa.not_(_TAKEN_BACK_BY_PORTAL))

_VOIDED_BY_ORDER = (
    sa.exists().where(event.c.subject == packet.c.id, event.c.kind.concat("") == "voided").correlate(packet)
)
_BUYER_SAID_NO = sa.and_(
    packet.c.contested,
    sa.exists()
    .where(
        verdict.c.packet_id == packet.c.id,
        verdict.c.level == Level.buyer,
        sa.or_(
            _said == Status.rejected,
            sa.and_(_said == Status.cancelled, sa.not_(_VOIDED_BY_ORDER)),
            sa.and_(_said == Status.under_query, packet.c.status == Status.cancelled),
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
    return sa.or_(
        sa.false(),
        *(
            sa.and_(packet.c.account == account, packet.c.stage == Stage.waiting, packet.c.heard_at < now - limit)
            for account, limit in silence.items()
        ),
    )


# --- counting -----------------------------------------------------------------------------------------------------

_OF_TALLY = sa.and_(
    packet.c.client == tally.c.client,
    packet.c.account == tally.c.account,
    packet.c.generated_at >= tally.c.day,
    packet.c.generated_at < tally.c.day_after,
)
_Where = sa.ColumnElement[bool]
_FROM = tally.join(packet, _OF_TALLY)


def recount(tx: Tx, ids: Sequence[int]) -> dict[int, Figures]:
    """The figures of these rows of `tally`, by id; a row without packets has none."""
    found: defaultdict[int, Figures] = defaultdict(Figures)
    these = tally.c.id.in_(ids)
    for row in tx.execute(MAIN_COUNTS.where(these)):
        found[row.key] = _figures_from(row)
    for step in (_cycle_times, _resubmissions, _rejections, _corrections, _open):
        step(tx, these, found)
    return dict(found)


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.case((condition, 1)))


_KEY = tally.c.id.label("key")
_NUMBER = sa.func.count().label("number")
MAIN_COUNTS = (
    sa.select(
        _KEY,
        sa.func.count().label("packets"),
        *(_count(packet.c.stage == stage).label(f"stage_{stage}") for stage in Stage),
        _count(_TRANSMITTED).label("transmitted"),
        _count(_TAKEN_AT_ONCE).label("taken"),
        _count(_DECIDED).label("decided"),
        _count(_FIRST_PASS).label("first_pass"),
        _count(_LOOKED_AT).label("looked_at"),
        _count(packet.c.preflight_stopped).label("caught"),
        _count(sa.and_(_ACCEPTED, sa.not_(packet.c.touched))).label("touchless"),
        *(sa.func.sum(sa.case((_ACCEPTED, packet.c[f"seconds_{name}"]), else_=0.0)).label(name) for name in SPENT),
        sa.func.min(sa.case((_OPEN, packet.c.generated_at))).label("oldest"),
    )
    .select_from(_FROM)
    .group_by(tally.c.id)
)


def _figures_from(row: Any) -> Figures:
    plain = ("packets", "taken", "transmitted", "first_pass", "decided", "caught", "looked_at", "touchless", "oldest")
    return Figures(
        **{name: getattr(row, name) for name in plain},
        by_stage={stage.value: getattr(row, f"stage_{stage}") for stage in Stage},
        seconds={name: getattr(row, name) or 0.0 for name in SPENT},
    )


def _cycle_times(tx: Tx, these: _Where, found: defaultdict[int, Figures]) -> None:
    query = (
        sa.select(_KEY, packet.c.generated_at, packet.c.accepted_at)
        .select_from(_FROM)
        .where(these, packet.c.stage == Stage.accepted, _EVER_ACCEPTED)
    )
    for row in tx.execute(query):
        found[row.key].cycles.append((row.accepted_at - row.generated_at).total_seconds())


def _resubmissions(tx: Tx, these: _Where, found: defaultdict[int, Figures]) -> None:
    """Transmissions that reached or may have reached the portal, but for each packet's first."""
    more = sa.func.count() - sa.func.count(packet.c.id.distinct())
    query = (
        sa.select(_KEY, more.label("number"))
        .select_from(_FROM.join(attempt, attempt.c.packet_id == packet.c.id))
        .where(these, packet.c.transmissions > 1, attempt.c.outcome != Outcome.not_sent, attempt.c.by_hand == "")
    )
    for row in tx.execute(query.group_by(tally.c.id)):
        found[row.key].resubmissions = row.number


def _rejections(tx: Tx, these: _Where, found: defaultdict[int, Figures]) -> None:
    """A transmission counts once as rejected and once as queried, however often the portal repeats itself."""
    once = (
        sa.select(_KEY, verdict.c.attempt_id, verdict.c.status)
        .select_from(_FROM.join(verdict, verdict.c.packet_id == packet.c.id))
        .where(these, _said.in_(_SAID_NO))
        .distinct()
        .subquery()
    )
    for row in tx.execute(sa.select(once.c.key, _NUMBER).group_by(once.c.key)):
        found[row.key].rejections = row.number


def _corrections(tx: Tx, these: _Where, found: defaultdict[int, Figures]) -> None:
    """Revisions that rules made; one made by two rules counts for each."""
    query = (
        sa.select(_KEY, revision.c.rule, _NUMBER)
        .select_from(_FROM.join(revision, sa.and_(revision.c.packet_id == packet.c.id, revision.c.n > 1)))
        .where(these, packet.c.revision > 1, revision.c.rule != "")
    )
    for row in tx.execute(query.group_by(tally.c.id, revision.c.rule)):
        counts = found[row.key].corrections
        for rule in row.rule.split("+"):
            counts[rule] = counts.get(rule, 0) + row.number


def _open(tx: Tx, these: _Where, found: defaultdict[int, Figures]) -> None:
    """Packets that are neither accepted nor stopped, by stage and currency, and what those of them ask for that do."""
    asked = sa.func.sum(sa.case((packet.c.total > Decimal(0), packet.c.total), else_=sa.literal(Decimal(0), Money)))
    query = (
        sa.select(_KEY, packet.c.stage, packet.c.currency, _NUMBER, sa.type_coerce(asked, Money).label("amount"))
        .select_from(_FROM)
        .where(these, _OPEN)
    )
    for row in tx.execute(query.group_by(tally.c.id, packet.c.stage, packet.c.currency)):
        found[row.key].open[row.stage, row.currency] = Pile(row.number, row.amount)

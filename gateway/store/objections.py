"""Every no and every question that a packet met: portals' and buyers' from `verdict`, our own checklist's from `event`.

`gateway.store.tallies` keeps them ready, and `told` and `by_day` count what it keeps.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa

from gateway.store.database import Tx
from gateway.store.tables import attempt, event, objected, packet, verdict
from gateway.verdict import Outcome, ReasonCode, Status

Kind = Literal["preflight", "refused", "rejected", "queried"]
"""Who objected, and when: our checklist or format; the portal on receipt; portal or buyer later; the buyer, asking."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason of one objection. `case` is what is counted once: the transmission, or for `preflight` the packet.

    `reason` is a ReasonCode's value, or the finding's own code where it has no common one. `words` are the portal's,
    unchanged, or the finding's sentence. `total` is the packet's present amount in `currency`."""

    kind: Kind
    packet_id: str
    case: str
    client: str
    account: str
    currency: str
    total: Decimal
    reason: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Period:
    """Which objections: first said from `since` to before `until`, of one client or account; None and "" leave a side
    open."""

    since: datetime | None = None
    until: datetime | None = None
    client: str = ""
    account: str = ""


# --- of some packets, from what is stored of them -----------------------------------------------------------------

_said = verdict.c.status.concat("")  # found by the packet, never by a word that thousands of verdicts share


def from_portals(tx: Tx, packet_ids: Sequence[str]) -> Iterator[Objection]:
    """What portals and buyers said of these packets."""
    query = (
        sa.select(
            verdict.c.packet_id,
            verdict.c.attempt_id,
            verdict.c.status,
            verdict.c.portal_status,
            verdict.c.reasons,
            verdict.c.seen_at.label("at"),
            attempt.c.account,
            attempt.c.outcome,
            packet.c.client,
            packet.c.currency,
            packet.c.total,
        )
        .join(attempt, attempt.c.id == verdict.c.attempt_id)
        .join(packet, packet.c.id == verdict.c.packet_id)
        .where(_said.in_((Status.rejected, Status.under_query)), verdict.c.packet_id.in_(packet_ids))
    )
    for row in tx.execute(query).all():
        kind: Kind = "queried" if row.status == Status.under_query else "rejected"
        if row.outcome == Outcome.refused:
            kind = "refused"
        for reason in json.loads(row.reasons) or [{"code": ReasonCode.other.value}]:
            words = reason.get("portal_text") or reason.get("portal_code") or row.portal_status
            yield _objection(row, kind, str(row.attempt_id), reason["code"], words)


def from_checklists(tx: Tx, packet_ids: Sequence[str]) -> Iterator[Objection]:
    """What our own checks stopped of these packets, or had corrected."""
    kind = event.c.kind.concat("")
    own = sa.or_(sa.and_(kind == "held", event.c.who.in_(("checklist", "format"))), kind == "corrected")
    query = (
        sa.select(
            event.c.subject.label("packet_id"),
            event.c.kind,
            event.c.data,
            event.c.at,
            packet.c.account,
            packet.c.client,
            packet.c.currency,
            packet.c.total,
        )
        .join(packet, packet.c.id == event.c.subject)
        .where(own, event.c.subject.in_(packet_ids))
    )
    for row in tx.execute(query):
        data = json.loads(row.data)
        if row.kind == "corrected" and "from" in data:
            continue  # out of `correcting`: mended for what the portal said, which `from_portals` tells
        for finding in data.get("why") or data.get("reasons") or ():
            words = finding.get("sentence") or data.get("says", "")
            yield _objection(row, "preflight", row.packet_id, finding["code"] or finding.get("finding", ""), words)


def _objection(row: Any, kind: Kind, case: str, reason: str, words: str) -> Objection:
    return Objection(kind, row.packet_id, case, row.client, row.account, row.currency, row.total, reason, words, row.at)


# --- of all packets, as they were counted -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """Objections alike in kind, currency and `keys` (the values of the columns asked for): how many cases, the present
    totals of their packets, each once, and the words of the last."""

    kind: Kind
    keys: tuple[str, ...]
    currency: str
    count: int
    money: Decimal
    words: str
    last_seen: datetime


def told(tx: Tx, period: Period, by: Collection[str]) -> tuple[Told, ...]:
    """What was objected to in a period, told apart by any of `reason`, `client`, `account`."""
    keys = tuple(objected.c[name] for name in by)
    same = (objected.c.kind, objected.c.currency, *keys)
    # A row is a reason of a case: where reasons are told apart, rows are cases.
    cases = sa.func.count() if "reason" in by else sa.func.count(objected.c.case_id.distinct())
    of_packet = (
        sa.select(
            *same,
            cases.label("cases"),
            sa.func.max(objected.c.total).label("total"),
            sa.func.max(objected.c.last_said).label("last_said"),
        )
        .where(*_within(period))
        .group_by(*same, objected.c.packet_id)
        .subquery()
    )
    known = (of_packet.c.kind, of_packet.c.currency, *(of_packet.c[name] for name in by))
    query = sa.select(
        *known,
        sa.func.sum(of_packet.c.cases).label("cases"),
        sa.func.sum(of_packet.c.total).label("money"),
        sa.func.max(of_packet.c.last_said).label("last_said"),
    ).group_by(*known)
    return tuple(_told_from(row, by) for row in tx.execute(query))


def _told_from(row: Any, by: Collection[str]) -> Told:
    at, _, words = row.last_said.partition(" ")
    keys = tuple(getattr(row, name) for name in by)
    return Told(row.kind, keys, row.currency, int(row.cases), row.money, words, datetime.fromisoformat(at))


def by_day(tx: Tx, period: Period) -> dict[tuple[datetime, Kind], int]:
    """How many objections were first said on each UTC day, by kind: each reason of each case once."""
    query = (
        sa.select(objected.c.day, objected.c.kind, sa.func.count().label("number"))
        .where(*_within(period))
        .group_by(objected.c.day, objected.c.kind)
    )
    return {(row.day, row.kind): row.number for row in tx.execute(query)}


def _within(period: Period) -> Iterator[sa.ColumnElement[bool]]:
    if period.since is not None:
        yield objected.c.at >= period.since
    if period.until is not None:
        yield objected.c.at < period.until
    if period.client:
        yield objected.c.client == period.client
    if period.account:
        yield objected.c.account == period.account

"""Every no and every question that a packet met: portals' and buyers' from `verdict`, our own checklist's from `event`.

Rows come ordered by packet and are read from the database as they are asked for, so that a long period costs time and
not memory.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa

from gateway.store.database import Tx
from gateway.store.tables import attempt, event, packet, verdict
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
    """Which objections: from `since` to before `until`, of one client or account; None and "" leave a side open."""

    since: datetime | None = None
    until: datetime | None = None
    client: str = ""
    account: str = ""


def from_portals(tx: Tx, period: Period) -> Iterator[Objection]:
    """What portals and buyers said, by when it was seen."""
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
        .where(verdict.c.status.in_((Status.rejected, Status.under_query)), *_within(period, verdict.c.seen_at))
        .order_by(verdict.c.packet_id, verdict.c.id)
    )
    for row in _streamed(tx, query):
        kind: Kind = "queried" if row.status == Status.under_query else "rejected"
        if row.outcome == Outcome.refused:
            kind = "refused"
        for reason in json.loads(row.reasons) or [{"code": ReasonCode.other.value}]:
            words = reason.get("portal_text") or reason.get("portal_code") or row.portal_status
            yield _objection(row, kind, str(row.attempt_id), reason["code"], words)


def from_checklists(tx: Tx, period: Period) -> Iterator[Objection]:
    """What our own checks stopped or had corrected, by when they did."""
    own = sa.or_(sa.and_(event.c.kind == "held", event.c.who.in_(("checklist", "format"))), event.c.kind == "corrected")
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
        .where(event.c.kind.in_(("held", "corrected")), own, *_within(period, event.c.at))
        .order_by(event.c.subject, event.c.n)
    )
    for row in _streamed(tx, query):
        data = json.loads(row.data)
        if row.kind == "corrected" and "from" in data:
            continue  # out of `correcting`: mended for what the portal said, which `from_portals` tells
        for finding in data.get("why") or data.get("reasons") or ():
            words = finding.get("sentence") or data.get("says", "")
            yield _objection(row, "preflight", row.packet_id, finding["code"] or finding.get("finding", ""), words)


def _objection(row: sa.Row[Any], kind: Kind, case: str, reason: str, words: str) -> Objection:
    return Objection(kind, row.packet_id, case, row.client, row.account, row.currency, row.total, reason, words, row.at)


def _within(period: Period, column: sa.Column[datetime]) -> Iterator[sa.ColumnElement[bool]]:
    if period.since is not None:
        yield column >= period.since
    if period.until is not None:
        yield column < period.until
    if period.client:
        yield packet.c.client == period.client
    if period.account:
        yield packet.c.account == period.account


def _streamed(tx: Tx, query: sa.Select[Any]) -> Iterable[sa.Row[Any]]:
    return tx.execute(query, execution_options={"stream_results": True, "yield_per": 500})

"""What was sent and how it ended, for asking a rule what it would have done."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from gateway.packet import Packet
from gateway.store.database import Tx
from gateway.store.tables import attempt, packet, revision, verdict
from gateway.verdict import Outcome, Status


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One transmission: what was sent, and how it ended. `refused`: portal or buyer said no; `accepted`: the buyer took
    this very transmission; neither while it is undecided."""

    packet_id: str
    client: str
    n: int
    content: Packet
    sent_at: datetime
    refused: bool
    accepted: bool
    reasons: tuple[str, ...]


def sent_since(tx: Tx, since: datetime, client: str = "") -> Iterator[PastAttempt]:
    """Every transmission that began since then and reached its portal, packet by packet, read as they are asked for."""
    query = (
        sa.select(
            attempt.c.id,
            attempt.c.packet_id,
            attempt.c.n,
            attempt.c.started_at,
            attempt.c.outcome,
            packet.c.client,
            packet.c.accepted_at,
            packet.c.transmissions,
            revision.c.body,
        )
        .join(packet, packet.c.id == attempt.c.packet_id)
        .join(revision, sa.and_(revision.c.packet_id == attempt.c.packet_id, revision.c.n == attempt.c.revision))
        .where(
            attempt.c.started_at >= since,
            attempt.c.by_hand == "",
            attempt.c.outcome.in_((Outcome.receipted.value, Outcome.refused.value)),
            *([packet.c.client == client] if client else []),
        )
        .order_by(attempt.c.packet_id, attempt.c.n)
    )
    said = _said_since(tx, since, client)
    for row in tx.execute(query, execution_options={"stream_results": True, "yield_per": 200}):
        statuses, reasons = said.get(row.id, (frozenset(), ()))
        refused = row.outcome == Outcome.refused or Status.rejected.value in statuses
        last = row.n == row.transmissions
        yield PastAttempt(
            row.packet_id,
            row.client,
            row.n,
            Packet.model_validate_json(row.body),
            row.started_at,
            refused,
            not refused and last and row.accepted_at is not None,
            reasons,
        )


def _said_since(tx: Tx, since: datetime, client: str) -> dict[int, tuple[frozenset[str], tuple[str, ...]]]:
    """Attempt -> (the statuses that were said of it, the codes of the reasons of every no)."""
    query = (
        sa.select(verdict.c.attempt_id, verdict.c.status, verdict.c.reasons)
        .join(attempt, attempt.c.id == verdict.c.attempt_id)
        .join(packet, packet.c.id == attempt.c.packet_id)
        .where(attempt.c.started_at >= since, *([packet.c.client == client] if client else []))
        .order_by(verdict.c.id)
    )
    found: dict[int, tuple[set[str], dict[str, None]]] = {}
    for row in tx.execute(query):
        statuses, reasons = found.setdefault(row.attempt_id, (set(), {}))
        statuses.add(row.status)
        if row.status == Status.rejected.value:
            reasons.update(dict.fromkeys(reason["code"] for reason in json.loads(row.reasons)))
    return {key: (frozenset(statuses), tuple(reasons)) for key, (statuses, reasons) in found.items()}

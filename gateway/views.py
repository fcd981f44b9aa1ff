"""A packet's state as plain JSON values: what the doors and the command line show, told once."""

import json
from typing import Any

from gateway.store import events, packets
from gateway.store.database import Tx
from gateway.store.packets import AttemptRecord, PacketRecord


def packet_summary(record: PacketRecord) -> dict[str, Any]:
    """Where a packet stands, in one row."""
    return {
        "id": record.id,
        "source_system": record.source_system,
        "source_id": record.source_id,
        "client": record.client,
        "account": record.account,
        "invoice_number": record.invoice_number,
        "total": str(record.total),
        "currency": record.currency,
        "stage": record.stage.value,
        "stage_since": record.stage_since.isoformat(),
        "status": record.status,
        "portal_status": record.portal_status,
        "who_acts": record.who_acts.value,
        "action": record.action,
        "act_by": record.act_by.isoformat() if record.act_by else None,
        "why": [dict(reason) for reason in record.why],
        "proposed": record.proposed.values() if record.proposed else None,
        "revision": record.revision,
        "generated_at": record.generated_at.isoformat(),
        "received_at": record.received_at.isoformat(),
        "accepted_at": record.accepted_at.isoformat() if record.accepted_at else None,
    }


def packet_view(tx: Tx, record: PacketRecord) -> dict[str, Any]:
    """A packet whole: its state, revisions with their differences, transmissions and time-line."""
    return {
        **packet_summary(record),
        "revisions": [
            {
                "n": row.n,
                "at": row.created_at.isoformat(),
                "author": row.author,
                "rule": row.rule,
                "reason": row.reason,
                "diff": json.loads(row.diff),
                "document_sha256": row.document_sha256,
            }
            for row in packets.revisions(tx, record.id)
        ],
        "attempts": [_attempt_view(attempt) for attempt in packets.attempts(tx, record.id)],
        "events": [
            {"n": event.n, "at": event.at.isoformat(), "kind": event.kind, "who": event.who, "data": dict(event.data)}
            for event in events.history(tx, record.id)
        ],
    }


def _attempt_view(attempt: AttemptRecord) -> dict[str, Any]:
    return {
        "n": attempt.n,
        "revision": attempt.revision,
        "invoice_number": attempt.invoice_number,
        "reference": attempt.reference,
        "document_sha256": attempt.document_sha256,
        "started_at": attempt.started_at.isoformat(),
        "finished_at": attempt.finished_at.isoformat() if attempt.finished_at else None,
        "outcome": attempt.outcome.value,
        "portal_reference": attempt.portal_reference,
        "note": attempt.note,
        "by_hand": attempt.by_hand,
    }

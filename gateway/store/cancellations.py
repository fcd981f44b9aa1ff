"""Documents that take an invoice back, as rows: written before their first byte leaves, in doubt until answered.

They are no transmissions of the invoice: a packet's attempts, and what they count, stay as they were.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.adapter import Document
from gateway.secrets import scrub, scrub_bytes
from gateway.store import statements
from gateway.store.database import Tx, keep_blob
from gateway.store.packets import AttemptRecord
from gateway.store.statements import Prepared, add
from gateway.store.tables import cancellation
from gateway.verdict import Outcome

OPEN = frozenset({Outcome.maybe_sent, Outcome.receipted})
"""The portal has it, or may have it: what became of the invoice is not known from this row."""


@dataclass(frozen=True, slots=True)
class CancellationRecord:
    """One document that takes back one transmission (`attempt_id`); `n` counts them from 1."""

    id: int
    packet_id: str
    attempt_id: int
    n: int
    account: str
    reference: str
    format: str
    content_type: str
    document_sha256: str
    tries: int
    started_at: datetime
    finished_at: datetime | None
    outcome: Outcome
    note: str


def begin(tx: Tx, of: AttemptRecord, n: int, reference: str, document: Document, now: datetime) -> CancellationRecord:
    """Writes a document before its first byte leaves: in doubt until the portal has answered."""
    values = {
        "packet_id": of.packet_id,
        "attempt_id": of.id,
        "n": n,
        "account": of.account,
        "reference": reference,
        "format": document.format,
        "content_type": document.content_type,
        "document_sha256": keep_blob(tx, document.body),
        "started_at": now,
        "outcome": Outcome.maybe_sent,
    }
    add(tx, cancellation, values)
    return of_attempt(tx, of.id)[-1]


def begin_again(tx: Tx, one: CancellationRecord, now: datetime) -> None:
    """The same bytes are about to leave once more."""
    values = {"outcome": Outcome.maybe_sent, "started_at": now, "finished_at": None, "tries": one.tries + 1}
    statements.change(tx, cancellation, {"id": one.id}, values)


def end(tx: Tx, one: CancellationRecord, outcome: Outcome, now: datetime, *, note: str = "", raw: bytes = b"") -> None:
    """Writes what became of a document."""
    values = {
        "outcome": outcome,
        "finished_at": now,
        "note": scrub(note),
        "raw_sha256": keep_blob(tx, scrub_bytes(raw)) if raw else None,
    }
    statements.change(tx, cancellation, {"id": one.id}, values)


def of_attempt(tx: Tx, attempt_id: int) -> tuple[CancellationRecord, ...]:
    """Everything that was sent to take a transmission back, first to last."""
    rows = tx.execute(sa.select(cancellation).where(cancellation.c.attempt_id == attempt_id).order_by(cancellation.c.n))
    return tuple(_record_from(row) for row in rows)


def told_of(tx: Tx, accounts: Collection[str], reference: str) -> CancellationRecord | None:
    """The document that bears this reference, at one of these accounts."""
    row = _BY_REFERENCE.first(tx, {"reference": reference}) if reference else None
    return _record_from(row) if row is not None and row.account in accounts else None


def _record_from(row: Any) -> CancellationRecord:
    values = {name: getattr(row, name) for name in CancellationRecord.__dataclass_fields__}
    return CancellationRecord(**values | {"outcome": Outcome(row.outcome)})


_BY_REFERENCE = Prepared(sa.select(cancellation).where(cancellation.c.reference == sa.bindparam("reference")))

"""Many rows at once, made by the database itself: what a million packets leave behind, without sending a million."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.store.database import Tx
from gateway.store.tables import attempt, packet, verdict, work
from gateway.verdict import Outcome, Stage, Status
from tests.bench.yard import ACCOUNT, CLIENT

Number = sa.ColumnElement[int]


def multiply(
    tx: Tx, table: sa.Table, count: int, same: Mapping[str, Any], own: Callable[[Number], Mapping[str, Any]]
) -> None:
    """Adds `count` rows: the columns of `same` are alike in all, those of `own` are made from the row's number."""
    first = sa.select(sa.literal(1).label("i")).cte("n", recursive=True)
    n = first.union_all(sa.select(first.c.i + 1).where(first.c.i < count))
    columns = {name: sa.literal(value, table.c[name].type) for name, value in same.items()}
    columns |= own(n.c.i)
    rows = sa.select(*(value.label(name) for name, value in columns.items())).select_from(n)
    tx.execute(table.insert().from_select(list(columns), rows))


def waiting_packets(tx: Tx, count: int, now: datetime, *, first_reference: int = 1, number: str = "SEED-") -> None:
    """Packets that the portal has, each with its receipted attempt; references count up from `first_reference`."""
    same = {"source_system": "bench", "content_sha256": "0" * 64, "client": CLIENT, "account": ACCOUNT}
    same |= {"generated_at": now, "received_at": now, "revision": 1, "currency": "USD", "total": 100}
    same |= {
        "stage": Stage.waiting,
        "stage_since": now,
        "heard_at": now,
        "transmissions": 1,
        "first_outcome": Outcome.receipted,
    }
    same |= {"status": Status.received, "first_sent_at": now}
    multiply(tx, packet, count, same, lambda i: {"id": _id(i), "source_id": _id(i), "invoice_number": _text(number, i)})
    sent = {"n": 1, "revision": 1, "account": ACCOUNT, "document_sha256": "0" * 64, "started_at": now}
    sent |= {"finished_at": now, "outcome": Outcome.receipted}
    multiply(
        tx,
        attempt,
        count,
        sent,
        lambda i: {
            "packet_id": _id(i),
            "invoice_number": _text(number, i),
            "reference": _id(i),
            "portal_reference": sa.cast(i + (first_reference - 1), sa.String),
        },
    )


def due_jobs(tx: Tx, count: int, epoch: float, *, accounts: int = 0) -> None:
    """A due job for each waiting packet: all of one account, or spread over as many accounts, each with its slot."""
    same = {"kind": "advance", "priority": 1, "max_attempts": 10}

    def line(i: Number) -> sa.ColumnElement[str]:
        return _text("account-", i % accounts) if accounts else sa.literal(ACCOUNT)

    multiply(
        tx,
        work,
        count,
        same,
        lambda i: {
            "packet_id": _id(i),
            "account": line(i),
            "due_at": epoch - 1000.0 + i / (count / 900.0),
            "dedupe": _text("advance:", i),
        },
    )


def verdicts(tx: Tx, count: int, every: int, now: datetime) -> None:
    """A rejection on each packet whose number divides by `every`."""
    reasons = '[{"code": "po_closed", "path": "", "portal_code": "", "portal_text": "Order is closed"}]'
    same = {"seen_at": now, "at": now, "level": "buyer", "status": Status.rejected, "portal_status": "disputed"}
    same |= {"who_acts": "us", "reasons": reasons}
    multiply(
        tx,
        verdict,
        count // every,
        same,
        lambda i: {"packet_id": _id(i * every), "attempt_id": i * every, "fingerprint": _id(i * every)},
    )


def _id(i: Number) -> sa.ColumnElement[str]:
    return sa.func.printf("p%019d", i)


def _text(before: str, i: Number) -> sa.ColumnElement[str]:
    return sa.literal(before) + sa.cast(i, sa.String)

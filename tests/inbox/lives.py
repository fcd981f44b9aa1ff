"""Many invoices at the network, each with a life of four status updates: what is pushed, and how each life must end.

There are six kinds of life; two invoices of one kind differ in nothing but their names, so that all of a kind must end
alike, whatever was repeated, lost or out of order.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from gateway.house import open_house
from gateway.inbox import keep
from gateway.packet import canonical_json
from gateway.settings import load
from gateway.store import tables
from gateway.store.database import Tx
from gateway.verdict import Outcome, Stage, Status
from gateway.worker import work_once
from tests.inbox.doors import AT, SECRET, later, request, status_update
from tests.packets import packet

BUYER, SUPPLIER, ACCOUNT = "AN01915000001", "AN02000000009", "pushed"
ASKED = {"comment": "Which crew was it?", "action": "Provide information"}
REFUSED = {"comment": "Please call us about this one."}
PROCESSING = {"type_": "processing"}
RECONCILED = {"type_": "reconciled"}
QUERIED = {"type_": "processing", **ASKED}
REJECTED = {"type_": "rejected", **REFUSED}
LIVES: tuple[tuple[Mapping[str, str], ...], ...] = (
    (PROCESSING, RECONCILED, {"type_": "paying"}, {"type_": "paid"}),
    (PROCESSING, REJECTED, PROCESSING, RECONCILED),
    (PROCESSING, QUERIED, PROCESSING, RECONCILED),
    (PROCESSING, QUERIED, PROCESSING, REJECTED),
    (PROCESSING, RECONCILED, PROCESSING, {"type_": "canceled"}),
    (PROCESSING, QUERIED, RECONCILED, REJECTED),
)
"""Oldest first, a minute between two."""

COMPARED = (
    "stage", "status", "portal_status", "who_acts", "action", "why", "revision", "tries", "tried", "first_outcome",
    "transmissions", "contested", "touched", "accepted_at",
)  # fmt: skip
"""What of a packet must be the same; times of ours are not."""

_BODY = canonical_json(packet("N-0")).decode()


def packet_id(n: int) -> str:
    return f"p{n:019d}"


def reference(n: int) -> str:
    return f"{packet_id(n)}.1@clearbill"


def fill(tx: Tx, count: int) -> None:
    """So many invoices that the network has taken."""
    begun = AT - timedelta(minutes=5)
    shared = {"source_system": "tests", "content_sha256": "0" * 64, "client": "buyer", "account": ACCOUNT}
    shared |= {"generated_at": begun, "received_at": begun, "revision": 1, "currency": "USD", "total": 100}
    shared |= {
        "stage": Stage.waiting,
        "stage_since": begun,
        "heard_at": begun,
        "transmissions": 1,
        "first_outcome": Outcome.receipted,
    }
    shared |= {"status": Status.received, "first_sent_at": begun}
    made = [packet_id(n) for n in range(count)]
    rows: list[dict[str, Any]] = [
        {**shared, "id": one, "source_id": one, "invoice_number": f"N-{n}"} for n, one in enumerate(made)
    ]
    tx.execute(sa.insert(tables.packet), rows)
    revision = {"n": 1, "created_at": begun, "author": "intake", "body": _BODY}
    tx.execute(sa.insert(tables.revision), [{**revision, "packet_id": one} for one in made])
    sent = {"n": 1, "revision": 1, "account": ACCOUNT, "document_sha256": "0" * 64, "started_at": begun}
    sent |= {"finished_at": begun, "outcome": Outcome.receipted}
    attempts = [
        {
            **sent,
            "packet_id": one,
            "invoice_number": f"N-{n}",
            "reference": reference(n),
            "portal_reference": reference(n),
        }
        for n, one in enumerate(made)
    ]
    tx.execute(sa.insert(tables.attempt), attempts)


def documents(n: int) -> list[bytes]:
    """The four updates of one invoice, oldest first."""
    return [
        request(
            status_update(number=f"N-{n}", reference=reference(n), **said),
            buyer=BUYER,
            supplier=SUPPLIER,
            payload=f"u-{n}-{place}@network",
            at=later(60 * place),
        )
        for place, said in enumerate(LIVES[n % len(LIVES)])
    ]


def ends(tx: Tx) -> dict[int, set[tuple[Any, ...]]]:
    """How the lives of each kind ended: the packet's state, and everything that was said of it."""
    said: dict[str, list[tuple[Any, ...]]] = {}
    verdict = tables.verdict.c
    columns = (verdict.packet_id, verdict.level, verdict.status, verdict.portal_status, verdict.at, verdict.reasons)
    for row in tx.execute(sa.select(*columns).order_by(verdict.at)):
        said.setdefault(row.packet_id, []).append(tuple(row)[1:])
    found: dict[int, set[tuple[Any, ...]]] = {}
    packet_ = tables.packet.c
    for row in tx.execute(sa.select(packet_.id, *(packet_[name] for name in COMPARED))):
        kind = int(row.id[1:]) % len(LIVES)
        found.setdefault(kind, set()).add((*tuple(row)[1:], *said.get(row.id, ())))
    return found


def settings_in(folder: Path, database: str, port: int) -> Path:
    """An installation with one account, to which everything is pushed."""
    folder.mkdir(exist_ok=True)
    (folder / "checklists").mkdir()
    (folder / "checklists" / "buyer.yaml").write_text(
        yaml.safe_dump({"client": "buyer", "name": "Buyer", "account": ACCOUNT}), "utf-8"
    )
    (folder / "secret").write_text(SECRET, "utf-8")
    account = {
        "portal": "ariba",
        "settings": {
            "url": "http://127.0.0.1:9/service/transaction/cxml.asp",
            "supplier_identity": SUPPLIER,
            "buyer_identity": BUYER,
            "delivery": "push",
        },
        "secrets": {"push_secret": f"file:{folder / 'secret'}"},
        "poll_seconds": 0,
        "orders_seconds": 0,
    }
    values: dict[str, Any] = {"database": database, "checklists": "checklists", "port": port, "workers": 4}
    path = folder / "clearbill.yaml"
    path.write_text(yaml.safe_dump({**values, "lease_seconds": 5, "accounts": {ACCOUNT: account}}), "utf-8")
    return path


def clean(folder: Path) -> dict[int, set[tuple[Any, ...]]]:
    """How two invoices of each kind end that hear everything once and in order."""
    config = settings_in(folder, f"sqlite:///{folder / 'clean.sqlite'}", 1)
    with open_house(load(config), upgrade=True) as house:
        with house.database.write() as tx:
            fill(tx, 2 * len(LIVES))
        adapter: Any = house.portals.adapter(ACCOUNT)
        for n in range(2 * len(LIVES)):
            for body in documents(n):
                with house.queue.write() as tx:
                    keep(house, tx, ACCOUNT, [adapter.read_push(body)])
                while work_once(house):
                    pass
        with house.database.read() as tx:
            return ends(tx)

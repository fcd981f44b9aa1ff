"""Drafts: what a person is making ready to hand over by hand, between looking at it and sending it.

A draft is no packet: nothing of the pipeline reads these tables, and its files are no blobs. It belongs to one person,
and ends when it is handed over or thrown away, with the person's sign-out, and after a day.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from gateway.store import statements
from gateway.store.database import Tx
from gateway.store.statements import add
from gateway.store.tables import draft, draft_file

Kind = Literal["form", "packet", "ubl"]
LIFETIME = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DraftFile:
    """One file of a draft. `n` names it within the draft and is never given again while others are there."""

    n: int
    name: str
    media_type: str
    kind: str
    size: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft; `packet_id` is the packet that it became, with nothing else kept then."""

    id: str
    person: str
    kind: Kind
    made_at: datetime
    content: str = field(repr=False)
    packet_id: str


def begin(tx: Tx, person: str, kind: Kind, content: str, now: datetime) -> str:
    """Writes a new draft; answers its id, which nobody can guess."""
    drop_old(tx, now)
    draft_id = f"d{secrets.token_hex(16)}"
    add(tx, draft, {"id": draft_id, "person": person, "kind": kind, "made_at": now, "content": content})
    return draft_id


def load(tx: Tx, draft_id: str, person: str, now: datetime, *, lock: bool = False) -> Draft | None:
    """A person's own draft, unless its day is over; nobody sees another's."""
    query = sa.select(draft).where(draft.c.id == draft_id, draft.c.person == person, draft.c.made_at > now - LIFETIME)
    row = tx.execute(query.with_for_update() if lock else query).first()
    return _draft_from(row) if row else None


def of(tx: Tx, person: str, now: datetime) -> tuple[Draft, ...]:
    """A person's drafts that were not handed over, the newest first."""
    rows = tx.execute(
        sa.select(draft)
        .where(draft.c.person == person, draft.c.packet_id == "", draft.c.made_at > now - LIFETIME)
        .order_by(draft.c.made_at.desc())
    )
    return tuple(_draft_from(row) for row in rows)


def change(tx: Tx, draft_id: str, content: str) -> None:
    """Puts other content into a draft; the caller has locked it."""
    statements.change(tx, draft, {"id": draft_id}, {"content": content})


def files(tx: Tx, draft_id: str) -> tuple[DraftFile, ...]:
    """A draft's files, in the order in which they came."""
    rows = tx.execute(sa.select(draft_file).where(draft_file.c.draft_id == draft_id).order_by(draft_file.c.n))
    return tuple(DraftFile(row.n, row.name, row.media_type, row.kind, row.size, row.content) for row in rows)


def names(tx: Tx, draft_id: str) -> tuple[DraftFile, ...]:
    """The same without their bytes, for whoever only lists them."""
    columns = [column for column in draft_file.c if column.name != "content"]
    rows = tx.execute(sa.select(*columns).where(draft_file.c.draft_id == draft_id).order_by(draft_file.c.n))
    return tuple(DraftFile(row.n, row.name, row.media_type, row.kind, row.size, b"") for row in rows)


def add_file(tx: Tx, draft_id: str, file: DraftFile) -> None:
    """Keeps one more file; the caller has locked the draft."""
    values = {name: getattr(file, name) for name in ("n", "name", "media_type", "kind", "size", "content")}
    add(tx, draft_file, {"draft_id": draft_id, **values})


def mark_file(tx: Tx, draft_id: str, n: int, kind: str) -> None:
    """Says what a file is."""
    statements.change(tx, draft_file, {"draft_id": draft_id, "n": n}, {"kind": kind})


def drop_files(tx: Tx, draft_id: str, numbers: Sequence[int]) -> None:
    """Throws files away."""
    for n in numbers:
        statements.remove(tx, draft_file, {"draft_id": draft_id, "n": n})


def handed_over(tx: Tx, draft_id: str, packet_id: str) -> None:
    """Keeps nothing of a draft but what it became, so that a second click finds it."""
    statements.remove(tx, draft_file, {"draft_id": draft_id})
    statements.change(tx, draft, {"id": draft_id}, {"packet_id": packet_id, "content": "{}"})


def drop(tx: Tx, draft_id: str) -> None:
    """Throws a draft away with its files."""
    statements.remove(tx, draft, {"id": draft_id})


def drop_of(tx: Tx, person: str) -> None:
    """Throws away whatever a person has not handed over."""
    statements.remove(tx, draft, {"person": person})


def drop_old(tx: Tx, now: datetime) -> None:
    """Throws away every draft whose day is over."""
    tx.execute(draft.delete().where(draft.c.made_at <= now - LIFETIME))


def _draft_from(row: sa.Row) -> Draft:  # type: ignore[type-arg]
    return Draft(row.id, row.person, row.kind, row.made_at, row.content, row.packet_id)

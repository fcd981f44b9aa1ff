"""The checklist files that were last found right, by name: what stays in force while a file is broken.

The text is a blob; each change is an event of the file's own chain, so that one can tell what was asked on any day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from gateway.store import events, statements
from gateway.store.database import Tx, blobs, keep_blob
from gateway.store.statements import Prepared, put
from gateway.store.tables import checklist_file

LONGEST_NAME = 60
"""Of a file's name, in characters: it is part of its events' subject."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file as it was last found right, and since when it has been so."""

    text: str
    since: datetime


_EVERY = Prepared(sa.select(checklist_file))
_LOCKED = Prepared(sa.select(checklist_file).where(checklist_file.c.name == sa.bindparam("name")).with_for_update())


def kept(tx: Tx) -> Mapping[str, KeptFile]:
    """Name -> what is kept of that file; what was taken out of force is not among them."""
    rows = [row for row in _EVERY.all(tx, {}) if row.sha256]
    texts = blobs(tx, list({row.sha256 for row in rows}))
    return {row.name: KeptFile(texts[row.sha256].decode(), row.since) for row in rows}


def removed(tx: Tx) -> Mapping[str, str]:
    """Name -> the text last found right of each file that was taken out of force and not put back."""
    last = {row.name: events.history(tx, f"checklist:{row.name}")[-1] for row in _EVERY.all(tx, {}) if not row.sha256}
    texts = blobs(tx, list({event.data["instead_of"] for event in last.values()}))
    return {name: texts[event.data["instead_of"]].decode() for name, event in last.items()}


def put_in_force(tx: Tx, name: str, text: str, now: datetime) -> None:
    """Keeps a file that was found right; the same text again changes nothing."""
    _change(tx, name, keep_blob(tx, text.encode()), now)


def take_out_of_force(tx: Tx, name: str, now: datetime) -> None:
    """Notes that somebody removed a file; its events and its bytes stay."""
    _change(tx, name, "", now)


def _change(tx: Tx, name: str, sha256: str, now: datetime) -> None:
    put(tx, checklist_file, {"name": name, "sha256": "", "since": now}, unless=("name",))
    row = _LOCKED.first(tx, {"name": name})
    if row.sha256 != sha256:
        statements.change(tx, checklist_file, {"name": name}, {"sha256": sha256, "since": now})
        kind = "checklist_in_force" if sha256 else "checklist_removed"
        events.record(tx, f"checklist:{name}", now, kind, "folder", sha256=sha256, instead_of=row.sha256)

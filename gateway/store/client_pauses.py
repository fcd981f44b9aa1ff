"""Clients of whom nothing is sent for a while because a person says so: who, since when, why.

The row is what senders and whoever pauses or resumes agree by: a sender keeps it (shared) until its transmission is
committed, so that after a pause nothing new begins; whoever resumes has it alone while the work that was set aside is
taken up again, so that none is set aside behind its back.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.store import events, statements
from gateway.store.database import Tx
from gateway.store.statements import Prepared, put
from gateway.store.tables import client_pause


@dataclass(frozen=True, slots=True)
class Pause:
    """A client that is paused: by whom, since when, and their reason."""

    client: str
    who: str
    since: datetime
    why: str


def of(tx: Tx, client: str) -> Pause | None:
    """The client's pause, as far as a look without waiting can tell; None where it is not paused."""
    return _pause_from(_ONE.first(tx, {"client": client}))


def every(tx: Tx) -> tuple[Pause, ...]:
    """All clients that are paused, by key."""
    return tuple(found for row in _PAUSED.all(tx, {}) if (found := _pause_from(row)))


def shared(tx: Tx, client: str) -> Pause | None:
    """As `of`; nobody pauses or resumes this client before the transaction ends."""
    row = _SHARED.first(tx, {"client": client})
    if row is None:  # the first transmission of this client: from now on there is something to agree by
        _ensure(tx, client)
        row = _SHARED.first(tx, {"client": client})
    return _pause_from(row)


def alone(tx: Tx, client: str) -> Pause | None:
    """As `of`, for whoever changes it: waits for senders, and keeps new ones waiting."""
    _ensure(tx, client)
    return _pause_from(_ALONE.first(tx, {"client": client}))


def begin(tx: Tx, client: str, who: str, why: str, now: datetime) -> None:
    """Pauses a client, with the event. The caller has it `alone`."""
    statements.change(tx, client_pause, {"client": client}, {"paused": True, "since": now, "who": who, "why": why})
    events.record(tx, f"client:{client}", now, "client_paused", who, why=why)


def end(tx: Tx, pause: Pause, who: str, why: str, now: datetime, waited: int) -> None:
    """Ends a pause, with the event; `waited`: how many pieces of work go on. The caller has it `alone`."""
    statements.change(tx, client_pause, {"client": pause.client}, {"paused": False})
    told = {"why": why, "waited": waited, "paused_by": pause.who, "since": pause.since.isoformat()}
    events.record(tx, f"client:{pause.client}", now, "client_resumed", who, **told)


def _ensure(tx: Tx, client: str) -> None:
    put(tx, client_pause, {"client": client}, unless=("client",))


def _pause_from(row: Any) -> Pause | None:
    if row is None or not row.paused:
        return None
    return Pause(row.client, row.who, row.since, row.why)


_OF_CLIENT = sa.select(client_pause).where(client_pause.c.client == sa.bindparam("client"))
_ONE = Prepared(_OF_CLIENT)
_SHARED = Prepared(_OF_CLIENT.with_for_update(read=True))
_ALONE = Prepared(_OF_CLIENT.with_for_update())
_PAUSED = Prepared(sa.select(client_pause).where(client_pause.c.paused.is_(True)).order_by(client_pause.c.client))

"""What corrections have taught: each that ended well, and the rules that were proposed from them.

A proposal's life is its own chain of events, `proposal:<id>`; the rows here say where it stands.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from gateway.store import events, statements
from gateway.store.database import Tx
from gateway.store.statements import Prepared, put
from gateway.store.tables import proposal, taught


class State(StrEnum):
    """Where a proposal stands."""

    open = "open"  # nobody has decided
    accepted = "accepted"  # carried out before the first transmission
    declined = "declined"  # not carried out, and not proposed again


@dataclass(frozen=True, slots=True)
class Lesson:
    """One correction of what a portal or buyer refused, after which the invoice was accepted."""

    packet_id: str
    rule: str
    client: str
    places: tuple[str, ...]  # JSON pointers, with * for positions
    at: datetime
    reasons: Sequence[Mapping[str, Any]]
    diff: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A correction rule of one client that may be carried out before anything is sent, in these places alone."""

    id: int
    client: str
    rule: str
    places: tuple[str, ...]
    state: State
    made_at: datetime
    decided_at: datetime | None
    decided_by: str


def keep_lesson(tx: Tx, lesson: Lesson) -> bool:
    """Keeps a lesson; False where it was known. The caller has locked the packet."""
    values = {
        "packet_id": lesson.packet_id,
        "rule": lesson.rule,
        "client": lesson.client,
        "places": _text(lesson.places),
        "at": lesson.at,
        "reasons": json.dumps(list(lesson.reasons), sort_keys=True),
        "diff": json.dumps(list(lesson.diff), sort_keys=True),
    }
    return put(tx, taught, values, unless=("packet_id", "rule"))


def lessons(tx: Tx, client: str, rule: str, places: Sequence[str]) -> tuple[Lesson, ...]:
    """Every lesson of one kind, the oldest first."""
    rows = _LESSONS.all(tx, {"client": client, "rule": rule, "places": _text(places)})
    return tuple(
        Lesson(
            row.packet_id,
            row.rule,
            row.client,
            tuple(json.loads(row.places)),
            row.at,
            json.loads(row.reasons),
            json.loads(row.diff),
        )
        for row in rows
    )


def propose(tx: Tx, client: str, rule: str, places: Sequence[str], now: datetime, **told: Any) -> None:
    """Adds an open proposal with its event, unless there is one of this kind, however it was decided."""
    key = {"client": client, "rule": rule, "places": _text(places)}
    if put(tx, proposal, {**key, "state": State.open, "made_at": now}, unless=("client", "rule", "places")):
        row = _OF_KIND.first(tx, key)
        events.record(
            tx,
            f"proposal:{row.id}",
            now,
            "correction_proposed",
            "learning",
            client=client,
            rule=rule,
            places=list(places),
            **told,
        )


def decide(tx: Tx, one: Proposal, state: State, who: str, why: str, now: datetime) -> None:
    """Writes a person's decision. The caller has loaded the proposal with `lock`."""
    values = {"state": state, "decided_at": now, "decided_by": who}
    statements.change(tx, proposal, {"id": one.id}, values)
    kind = "proposal_accepted" if state is State.accepted else "proposal_declined"
    events.record(tx, f"proposal:{one.id}", now, kind, who, before=one.state.value, why=why)


def every(tx: Tx) -> tuple[Proposal, ...]:
    """All proposals, the oldest first."""
    return tuple(_proposal_from(row) for row in _EVERY.all(tx, {}))


def how_many_open(tx: Tx) -> int:
    """How many proposals nobody has decided on."""
    found = sa.select(sa.func.count()).select_from(proposal).where(proposal.c.state == State.open.value)
    return int(tx.execute(found).scalar_one())


def page(tx: Tx, after: int, limit: int) -> tuple[Proposal, ...]:
    """The next proposals that nobody has decided about, by number."""
    rows = tx.execute(
        sa.select(proposal)
        .where(proposal.c.state == State.open.value, proposal.c.id > after)
        .order_by(proposal.c.id)
        .limit(limit)
    )
    return tuple(_proposal_from(row) for row in rows)


def of_client(tx: Tx, client: str) -> tuple[Proposal, ...]:
    """A client's proposals, however they were decided, the oldest first."""
    rows = tx.execute(sa.select(proposal).where(proposal.c.client == client).order_by(proposal.c.id))
    return tuple(_proposal_from(row) for row in rows)


def load(tx: Tx, proposal_id: int, *, lock: bool = False) -> Proposal | None:
    """One proposal."""
    row = (_LOCKED if lock else _ONE).first(tx, {"id": proposal_id})
    return _proposal_from(row) if row is not None else None


def accepted(tx: Tx, client: str) -> tuple[Proposal, ...]:
    """What a client's packets are corrected by before they are sent."""
    return tuple(_proposal_from(row) for row in _ACCEPTED.all(tx, {"client": client}))


_EVERY = Prepared(sa.select(proposal).order_by(proposal.c.id))
_ONE = Prepared(sa.select(proposal).where(proposal.c.id == sa.bindparam("id")))
_LOCKED = Prepared(sa.select(proposal).where(proposal.c.id == sa.bindparam("id")).with_for_update())
_ACCEPTED = Prepared(
    sa.select(proposal)
    .where(proposal.c.client == sa.bindparam("client"), proposal.c.state == State.accepted.value)
    .order_by(proposal.c.id)
)
_OF_KIND = Prepared(
    sa.select(proposal).where(
        proposal.c.client == sa.bindparam("client"),
        proposal.c.rule == sa.bindparam("rule"),
        proposal.c.places == sa.bindparam("places"),
    )
)
_LESSONS = Prepared(
    sa.select(taught)
    .where(
        taught.c.client == sa.bindparam("client"),
        taught.c.rule == sa.bindparam("rule"),
        taught.c.places == sa.bindparam("places"),
    )
    .order_by(taught.c.at, taught.c.packet_id)
)


def _text(places: Sequence[str]) -> str:
    return json.dumps(sorted(places))


def _proposal_from(row: Any) -> Proposal:
    return Proposal(
        row.id,
        row.client,
        row.rule,
        tuple(json.loads(row.places)),
        State(row.state),
        row.made_at,
        row.decided_at,
        row.decided_by,
    )

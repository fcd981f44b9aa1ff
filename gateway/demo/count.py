"""The reckoning: what Clearbill claims, held against the portals' own lists. Plain values in, findings out.

*Lost*: a packet that intake acknowledged and that is neither final, nor waiting at its portal, nor before a person; or
one that Clearbill says the portal has, while the portal does not hold its number under that reference. *Duplicate*: an
invoice number that a portal holds alive more than once, or a packet of which it holds more than one living invoice.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.demo.portal_control import Held
from gateway.verdict import Outcome, Stage


@dataclass(frozen=True, slots=True)
class Sent:
    """One transmission as Clearbill tells it."""

    number: str
    outcome: Outcome
    portal_reference: str


@dataclass(frozen=True, slots=True)
class Ours:
    """One acknowledged packet as Clearbill tells it. `stage` is None where the store does not know it.

    `before_a_person`: it cannot go on because its account is stopped, which a person has been shown."""

    source_id: str
    client: str
    stage: Stage | None
    sent: tuple[Sent, ...] = ()
    before_a_person: bool = False


_SETTLED = frozenset({Stage.accepted, Stage.stopped, Stage.waiting, Stage.held})
_APPROVED = frozenset({"approved", "booking_hold", "payable_adjustment", "paying", "paid"})


def lost(ours: Iterable[Ours], theirs: Mapping[str, Sequence[Held]]) -> list[str]:
    """A sentence for each lost packet."""
    found = []
    for one in ours:
        there = {(row.id, row.number) for row in theirs.get(one.client, ())}
        if one.stage is None:
            found.append(f"{one.source_id}: acknowledged, and the store does not know it")
        elif one.stage not in _SETTLED and not one.before_a_person:
            found.append(f"{one.source_id}: left in the stage {one.stage}")
        elif missing := [sent for sent in _claimed(one) if (sent.portal_reference, sent.number) not in there]:
            sent = missing[0]
            found.append(f"{one.source_id}: the portal holds no {sent.number} under {sent.portal_reference!r}")
        elif one.stage is Stage.accepted and not _claimed(one):
            found.append(f"{one.source_id}: called accepted without any receipt of the portal")
    return found


def duplicates(ours: Iterable[Ours], theirs: Mapping[str, Sequence[Held]]) -> list[str]:
    """A sentence for each double at a portal."""
    found = []
    for client, rows in theirs.items():
        for number, times in sorted(Counter(row.number for row in rows if row.alive).items()):
            if times > 1:
                found.append(f"{client} holds {number} {times} times")
    for one in ours:
        numbers = {sent.number for sent in one.sent if sent.outcome is not Outcome.refused}
        alive = sorted({row.number for row in theirs.get(one.client, ()) if row.alive and row.number in numbers})
        if len(alive) > 1:
            found.append(f"{one.client} holds {one.source_id} as {', '.join(alive)}")
    return found


def contradictions(ours: Iterable[Ours], theirs: Mapping[str, Sequence[Held]]) -> list[str]:
    """A sentence for each invoice of which the portal says another thing than Clearbill."""
    found = []
    known: dict[str, set[str]] = {client: set() for client in theirs}
    for one in ours:
        known.setdefault(one.client, set()).update(sent.number for sent in one.sent)
        rows = {row.id: row for row in theirs.get(one.client, ())}
        last = rows.get(_claimed(one)[-1].portal_reference) if _claimed(one) else None
        if last and (one.stage is Stage.accepted) != (last.status in _APPROVED):
            found.append(f"{one.source_id}: {one.stage} here, {last.status} at the portal")
    for client, rows_there in theirs.items():
        strangers = sorted({row.number for row in rows_there} - known[client])
        found += [f"{client} holds {number}, which was never sent" for number in strangers]
    return found


def _claimed(one: Ours) -> list[Sent]:
    """The transmissions of which Clearbill says that the portal has them."""
    return [sent for sent in one.sent if sent.outcome is Outcome.receipted]

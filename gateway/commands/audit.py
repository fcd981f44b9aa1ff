"""`audit verify`: whether every history is still as it was written.

Each event's hash covers the event and the hash before it: a change, a removal within a history and another order are
found. A history whose newest events were cut off is found by the packet's row, where that was not changed as well, and
by the anchors (`gateway.store.anchors`) once a day has passed. What happened since the last anchor, and whether all of
it was made anew by whoever rules over the database, is told only by what was kept elsewhere: therefore the last
anchor's hash is shown, and `--kept` asks for one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.commands.terminal import DONE, TROUBLE, Terminal
from gateway.errors import NotFound
from gateway.house import House
from gateway.store import anchors, verification
from gateway.store.database import Tx
from gateway.store.verification import History

_AT_ONCE = 500  # histories that are compared with their packets at a time
_MOST_TOLD = 50


@dataclass
class _Found:
    """What a look over everything found. `broken`: subject -> event; `faults`: what else, a sentence each."""

    histories: int = 0
    events: int = 0
    broken: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    anchors: int = 0
    last_anchor: str = ""
    uncovered: int = 0
    ends: str = ""

    @property
    def sentences(self) -> list[str]:
        """All of it for reading."""
        words = "was changed or removed after it was written."
        return [*(f"{subject}: event {n} {words}" for subject, n in self.broken.items()), *self.faults]


def verify(terminal: Terminal, which: str, kept: str = "") -> int:
    """Answers 3 where a history is not as it was written. Raises NotFound for a subject without events."""
    with terminal.house() as house:
        found = _one(house, which) if which else _everything(terminal, house)
        if kept and not which:
            _compare(house, kept, found)
    for sentence in found.sentences[:_MOST_TOLD]:
        terminal.show(sentence)
    if len(found.sentences) > _MOST_TOLD:
        terminal.show(f"... and {len(found.sentences) - _MOST_TOLD} more; --json lists them all.")
    terminal.show(
        f"Histories: {found.histories}; events: {found.events}; broken: {len(found.broken)}; other faults: "
        f"{len(found.faults)}. Ends: {found.ends}"
    )
    if not which:
        _tell_anchors(terminal, found)
    if found.sentences:
        terminal.tell("Ask who had access to the database, and compare it with a backup.")
    terminal.answer(_values(found))
    return TROUBLE if found.sentences else DONE


def _tell_anchors(terminal: Terminal, found: _Found) -> None:
    if not found.anchors:
        terminal.show("Anchors: none yet. A worker drops the first within an hour, over what is older than one.")
        return
    terminal.show(
        f"Anchors: {found.anchors}; events since the last: {found.uncovered}. Keep the last one's hash elsewhere: "
        f"{found.last_anchor}"
    )


def _values(found: _Found) -> dict[str, Any]:
    return {
        "histories": found.histories,
        "events": found.events,
        "broken": found.broken,
        "faults": found.faults,
        "ends_sha256": found.ends,
        "anchors": found.anchors,
        "last_anchor_sha256": found.last_anchor,
        "events_since": found.uncovered,
    }


def _one(house: House, subject: str) -> _Found:
    found, ends = _Found(), verification.EndsDigest()
    with house.database.read() as tx:
        one = verification.history_of(tx, subject)
        if not one.events:
            raise NotFound(f"nothing is known of {subject!r}; name a packet by its id, or account:KEY.")
        _note(found, one, ends)
        _note_packets(found, tx, {subject: one})
    found.ends = ends.hexdigest()
    return found


def _everything(terminal: Terminal, house: House) -> _Found:
    found, ends = _Found(), verification.EndsDigest()
    columns = (TextColumn("Checking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    screen = terminal.err
    with (
        Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress,
        house.database.read() as tx,
    ):
        task = progress.add_task("", total=verification.number_of_events(tx))
        some: dict[str, History] = {}
        for one in verification.histories(tx):
            _note(found, one, ends)
            some[one.subject] = one
            if len(some) >= _AT_ONCE:
                _note_packets(found, tx, some)
                some.clear()
                progress.update(task, completed=found.events)
        _note_packets(found, tx, some)
        gone = verification.packets_without_history(tx)
        found.faults += [f"{packet_id}: its history is not there any more." for packet_id in gone]
        _note_anchors(found, tx)
        found.uncovered = anchors.uncovered(tx, anchors.latest(tx))
    found.ends = ends.hexdigest()
    return found


def _note(found: _Found, one: History, ends: verification.EndsDigest) -> None:
    found.histories, found.events = found.histories + 1, found.events + one.events
    if one.broken:
        found.broken[one.subject] = one.broken
    ends.add(one)


def _note_packets(found: _Found, tx: Tx, some: Mapping[str, History]) -> None:
    unlike = verification.packets_unlike_their_history(tx, some)
    found.faults += [f"{packet_id}: it {says}. Its newest events may have been cut off." for packet_id, says in unlike]


def _note_anchors(found: _Found, tx: Tx) -> None:
    for anchor, says in verification.broken_anchors(tx):
        found.anchors, found.last_anchor = found.anchors + 1, anchor.hash
        if says:
            found.faults.append(f"anchor {anchor.n} of {anchor.at:%Y-%m-%d}: {says}.")


def _compare(house: House, kept: str, found: _Found) -> None:
    with house.database.read() as tx:
        known = any(one.hash == kept.strip().lower() for one in anchors.every(tx))
    if not known:
        found.faults.append(f"no anchor has the hash {kept}: the histories are not those that it was kept of.")

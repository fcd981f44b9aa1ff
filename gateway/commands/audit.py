"""`audit verify`: whether every history is still as it was written.

Each event's hash covers the event and the hash before it. A change, a removal within a history and another order are
found; a history whose last events were cut off is whole as far as it goes, and is found only beside an older copy:
therefore the number of events is told, and the hash over the ends of all histories, to be kept elsewhere.
"""

import hashlib
from collections.abc import Iterator

from gateway.commands.terminal import DONE, TROUBLE, Terminal
from gateway.errors import NotFound
from gateway.house import House
from gateway.store import events

_AT_ONCE = 500


def verify(terminal: Terminal, which: str) -> int:
    """Answers 3 where a history is not as it was written. Raises NotFound for a subject without events."""
    broken: dict[str, int] = {}
    histories = written = 0
    ends = hashlib.sha256()
    with terminal.house() as house:
        for subject in [which] if which else _subjects(house):
            with house.database.read() as tx:
                at = events.broken_link(tx, subject)
                count, last = events.end_of(tx, subject)
            if which and not count:
                raise NotFound(f"nothing is known of {which!r}; name a packet by its id, or account:KEY.")
            if at is not None:
                broken[subject] = at
                terminal.show(f"{subject}: event {at} was changed or removed after it was written.")
            histories, written = histories + 1, written + count
            ends.update(f"{subject} {count} {last}\n".encode())
    terminal.show(f"Histories: {histories}; events: {written}; broken: {len(broken)}. Ends: {ends.hexdigest()}")
    if broken:
        terminal.tell("Ask who had access to the database, and compare it with a backup.")
    terminal.answer({"histories": histories, "events": written, "broken": broken, "ends_sha256": ends.hexdigest()})
    return TROUBLE if broken else DONE


def _subjects(house: House) -> Iterator[str]:
    """Every subject, by name, some at a time."""
    last = ""
    while True:
        with house.database.read() as tx:
            some = events.subjects(tx, last, _AT_ONCE)
        if not some:
            return
        yield from some
        last = some[-1]

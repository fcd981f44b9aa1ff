"""How far lists have been read that cannot be asked for changes: a short print of every row, kept in the cursor.

What has the same print as last time is no news. Prints are of 64 bits: two rows of some ten thousand agree by chance
about once in ten million readings, and then a change is told one reading later, when the row changes again.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field


def print_of(words: str) -> str:
    """A row's print."""
    return hashlib.blake2b(words.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Position:
    """The prints of the rows told so far."""

    seen: frozenset[str] = field(default_factory=frozenset)

    def cursor(self) -> str:
        """As text."""
        return json.dumps(sorted(self.seen), separators=(",", ":"))


def position_from(cursor: str) -> Position:
    """Reads a cursor; an unreadable one starts over."""
    try:
        value = json.loads(cursor) if cursor else []
    except ValueError:
        return Position()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return Position()
    return Position(frozenset(value))


def after(told: Iterable[str]) -> Position:
    """The position behind these rows."""
    return Position(frozenset(print_of(words) for words in told))

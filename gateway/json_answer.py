"""JSON of any portal, read leniently: nothing here raises for what a portal sends.

What is no JSON, or nested deeper than any row of an honest portal, is None; so is a value that cannot be read.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

LONGEST_WORDS = 4_000  # what a person writes about an invoice runs to a few sentences

_DEEPEST = 40  # a row with associations of associations is about six deep
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def value_from(body: bytes, parse_float: Callable[[str], Any]) -> Any:
    """The JSON value, its numbers with a point as `parse_float` makes them of their text; None where it is none."""
    try:
        value = json.loads(body, parse_float=parse_float, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return None if _deeper_than(_DEEPEST, value) else value


def words_from(value: Any) -> str:
    """Words of the portal, unchanged but for characters that no page or database can hold."""
    if value is None or isinstance(value, list | Mapping):
        return ""
    return _UNPRINTABLE.sub("\ufffd", str(value)[:LONGEST_WORDS]).strip()


def id_from(value: Any) -> str:
    """An id, key or number as text; "" where there is none."""
    usable = isinstance(value, str | int) and not isinstance(value, bool)
    return _UNPRINTABLE.sub("\ufffd", str(value)) if usable and len(str(value)) <= 255 else ""


def instant_from(value: Any) -> datetime | None:
    """An aware UTC time; a date or time without a zone is UTC."""
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        if instant is None:
            return None
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _deeper_than(limit: int, value: Any) -> bool:
    """Whether lists and objects are nested deeper than that: whoever sends it wants us to stumble."""
    level = [value]
    for _ in range(limit):
        level = [part for holder in level for part in _parts(holder)]
        if not level:
            return False
    return True


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()

"""Knobs: one for each point that the facts about a portal leave open, so that an adapter can be tried both ways.

A knob is data: name, default, allowed values, and the open point it stands for. Each portal's table is its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation


@dataclass(frozen=True, slots=True)
class Knob:
    """`allowed` is a tuple of choices, or a type (`int`: 0 or more; `Decimal`: as text or number; `str`)."""

    default: object
    allowed: tuple[object, ...] | type
    meaning: str


BOOLEAN = (True, False)


class Knobs:
    """The values of one table of knobs. Writes replace the dict whole, so readers need no lock."""

    def __init__(self, table: Mapping[str, Knob], values: Mapping[str, object] | None = None) -> None:
        self._table = table
        self._initial = dict(values or {})
        self._values = {name: knob.default for name, knob in self._table.items()}
        self.change(self._initial)

    def change(self, values: Mapping[str, object]) -> None:
        """Set some knobs. Raises `ValueError` naming the knob and what it takes; then nothing is changed."""
        self._values = self._values | {name: _checked(self._table, name, value) for name, value in values.items()}

    def reset(self) -> None:
        """Back to the values of the start."""
        self._values = {name: knob.default for name, knob in self._table.items()}
        self.change(self._initial)

    def as_json(self) -> dict[str, object]:
        """All values, decimals as strings."""
        return {name: str(value) if isinstance(value, Decimal) else value for name, value in self._values.items()}

    def text(self, name: str) -> str:
        """A knob that holds a word."""
        return str(self._values[name])

    def flag(self, name: str) -> bool:
        """A knob that is on or off."""
        return self._values[name] is True

    def number(self, name: str) -> int:
        """A knob that counts."""
        value = self._values[name]
        if not isinstance(value, int):
            raise TypeError(f"knob {name} does not count anything")
        return value

    def decimal(self, name: str) -> Decimal:
        """A knob that measures."""
        return Decimal(str(self._values[name]))

    def words(self, name: str) -> frozenset[str]:
        """A knob that lists words, separated by commas."""
        return frozenset(word.strip() for word in self.text(name).split(",") if word.strip())


def _checked(table: Mapping[str, Knob], name: str, value: object) -> object:
    knob = table.get(name)
    if knob is None:
        raise ValueError(f"there is no knob {name!r}; GET /_sandbox/knobs lists them")
    if isinstance(knob.allowed, tuple):
        if not any(value is choice or (isinstance(choice, str) and value == choice) for choice in knob.allowed):
            raise ValueError(f"knob {name} takes one of {', '.join(map(str, knob.allowed))}, not {value!r}")
        return value
    if knob.allowed is int:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ValueError(f"knob {name} takes a whole number of 0 or more, not {value!r}")
        return value
    if knob.allowed is Decimal:
        return _decimal(name, value)
    if not isinstance(value, str):
        raise ValueError(f"knob {name} takes text, not {value!r}")
    return value


def _decimal(name: str, value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0:
        raise ValueError(f"knob {name} takes a number of 0 or more, not {value!r}")
    return number

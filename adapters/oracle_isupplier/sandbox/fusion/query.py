"""The list parameters: `q`, `fields`, `orderBy`, `limit`, `offset`, `onlyData`, `expand` (facts 11).

`q` is conditions joined by `;`. Values are bare, in single or in double quotes; operators beyond `=` are memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.standin.reading import moment

from .texts import Refused, text

PAGE = 25
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda shown, asked: shown == asked,
    "!=": lambda shown, asked: shown != asked,
    ">=": lambda shown, asked: shown >= asked,
    "<=": lambda shown, asked: shown <= asked,
    ">": lambda shown, asked: shown > asked,
    "<": lambda shown, asked: shown < asked,
}
_HEAD = re.compile(r"\s*(?P<name>[A-Za-z][A-Za-z0-9]*)\s*(?P<operator>>=|<=|!=|=|>|<)\s*")


@dataclass(frozen=True, slots=True)
class Condition:
    """One attribute against one value, as text."""

    name: str
    operator: str
    value: str

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Whether a row meets it. An empty attribute meets nothing but `!=`."""
        shown = row[self.name]
        if shown is None:
            return self.operator == "!="
        return _OPERATORS[self.operator](shown, _like(shown, self.value))


@dataclass(frozen=True, slots=True)
class Query:
    """A list request, read."""

    conditions: tuple[Condition, ...]
    fields: tuple[str, ...]
    order_by: tuple[tuple[str, bool], ...]  # name, descending
    limit: int
    offset: int
    only_data: bool
    expand: frozenset[str]

    def equal_to(self, name: str) -> str | None:
        """The value that an attribute must equal, when the query says so."""
        return next((each.value for each in self.conditions if each.name == name and each.operator == "="), None)


def query_from(parameters: Iterable[tuple[str, str]], names: Iterable[str], *, most: int, doubling: bool) -> Query:
    """Read a request's parameters; `names` are the attributes that may be named. Raises `Refused`."""
    given = dict(parameters)
    known = frozenset(names)
    q = given.get("q", "")
    conditions = tuple(_conditions(q, known, doubling))
    fields = tuple(name.strip() for name in given.get("fields", "").split(",") if name.strip())
    for name in fields:
        if name not in known:
            raise Refused(text("unknown_attribute", name=name))
    return Query(
        conditions,
        fields,
        tuple(_order(given.get("orderBy", ""), known)),
        min(_number(given.get("limit", str(PAGE))) or PAGE, most),
        _number(given.get("offset", "0")),
        given.get("onlyData", "false").lower() == "true",
        frozenset(name.strip() for name in given.get("expand", "").split(",") if name.strip()),
    )


def page(rows: list[Mapping[str, Any]], query: Query) -> tuple[list[Mapping[str, Any]], bool]:
    """The rows of one page and whether more follow; rows that meet the conditions already."""
    for name, descending in reversed(query.order_by):
        rows = sorted(rows, key=lambda row: (row[name] is not None, row[name]), reverse=descending)
    end = query.offset + query.limit
    return rows[query.offset : end], len(rows) > end


def _conditions(q: str, known: frozenset[str], doubling: bool) -> Iterable[Condition]:
    rest = q
    while rest.strip():
        head = _HEAD.match(rest)
        if head is None or head["name"] not in known:
            raise Refused(text("bad_query", q=q))
        value, rest = _value(rest[head.end() :], q, doubling)
        yield Condition(head["name"], head["operator"], value)


def _value(rest: str, q: str, doubling: bool) -> tuple[str, str]:
    """The value at the start of the text, and what follows its `;`. Raises `Refused`."""
    if rest[:1] not in ("'", '"'):
        value, _, after = rest.partition(";")
        if not value.strip():
            raise Refused(text("bad_query", q=q))
        return value.strip(), after
    quote = rest[0]
    inside = rf"(?:[^{quote}]|{quote}{quote})*" if doubling else f"[^{quote}]*"
    found = re.match(rf"{quote}({inside}){quote}\s*(?:;|$)", rest, re.DOTALL)
    if found is None:
        raise Refused(text("bad_query", q=q))
    return found[1].replace(quote * 2, quote) if doubling else found[1], rest[found.end() :]


def _order(words: str, known: frozenset[str]) -> Iterable[tuple[str, bool]]:
    for piece in filter(None, (part.strip() for part in words.split(","))):
        name, _, direction = piece.partition(":")
        if name not in known or direction not in ("", "asc", "desc"):
            raise Refused(text("unknown_attribute", name=piece))
        yield name, direction == "desc"


def _number(words: str) -> int:
    if not words.isdecimal() or len(words) > 12:
        raise Refused(text("bad_body", reason=f"{words[:20]!r} is not a number"))
    return int(words)


def _like(shown: Any, words: str) -> Any:
    """A value of q as the kind of thing the attribute holds. Raises `Refused`."""
    try:
        if isinstance(shown, datetime):
            return _moment(words)
        if isinstance(shown, date):
            return date.fromisoformat(words)
        if isinstance(shown, Decimal | int):
            number = Decimal(words)
            if not number.is_finite():
                raise ValueError(words)
            return number
    except (ValueError, InvalidOperation):
        raise Refused(text("bad_query", q=words)) from None
    return words


def _moment(words: str) -> datetime:
    found = moment(words)
    if found is None:
        raise ValueError(words)
    return found.astimezone(UTC)

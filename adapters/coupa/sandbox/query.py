"""Core REST queries: operators, paths, ordering and paging (facts 3), without looking at rows that cannot match.

`updated-at[gt]`, `id[gt]`, `invoice-number` and `status` start from the ledger's indexes; every condition is then
checked on what is left.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Generic, TypeVar

from gateway.standin.ledger import Ledger
from gateway.standin.reading import decimal, moment

from .records import Invoice
from .rendering import Tree, Wanted, dashed, wanted_from

PAGE = 50
OPERATORS = frozenset({
    "contains", "starts_with", "ends_with", "gt", "lt", "gt_or_eq", "lt_or_eq", "not_eq", "in", "not_in", "blank",
})  # fmt: skip
TEXT_OPERATORS = frozenset({"contains", "starts_with", "ends_with", "blank"})
KEY = re.compile(r"([A-Za-z][\w-]*)((?:\[[^\[\]]*\])*)")
ALIASES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("supplier-id",): ("supplier", "id"),
    ("supplier-name",): ("supplier", "name"),
}
OPTIONS = frozenset({"offset", "limit", "order-by", "dir", "fields", "return-object", "filter"})

Path = tuple[str, ...]
Row = TypeVar("Row")


class BadQuery(ValueError):
    """The query cannot be answered; the words say which parameter."""


@dataclass(slots=True)
class Condition:
    """One parameter: a path, an operator (`eq` when none was named) and its value or values."""

    path: Path
    operator: str
    words: tuple[str, ...]
    _read: dict[type, tuple[Any, ...]] = field(default_factory=dict)

    def values(self, kind: type) -> tuple[Any, ...]:
        """The given words as values of a row's type, read once. Raises `BadQuery`."""
        if kind not in self._read:
            self._read[kind] = tuple(self._value(word, kind) for word in self.words)
        return self._read[kind]

    def _value(self, word: str, kind: type) -> Any:
        try:
            if kind is bool:
                return {"true": True, "1": True, "false": False, "0": False}[word.lower()]
            if kind is int:
                return int(word)
            if kind is Decimal:
                return decimal(word)
        except (KeyError, ValueError):
            raise BadQuery(f"{'/'.join(self.path)} cannot be compared with {word!r}") from None
        return self._moment(word) if kind is datetime else word

    def _moment(self, word: str) -> datetime:
        # A blank where a zone's `+` was: the caller did not encode it (facts 3, Dates).
        found = None if re.search(r"\d \d\d:?\d\d$", word) else moment(word)
        if found is None:
            raise BadQuery(f"{'/'.join(self.path)}: {word!r} is not an ISO 8601 time; encode : and +")
        return found

    def holds(self, value: Any) -> bool:
        """Whether one value satisfies the condition."""
        if self.operator == "blank":
            wanted = self.words[0].lower() in ("true", "1", "")
            return (value is None or value == "") == wanted
        if value is None:
            return self.operator in ("not_eq", "not_in")
        return COMPARE[self.operator](value, self.values(type(value)))


COMPARE: dict[str, Callable[[Any, tuple[Any, ...]], bool]] = {
    "eq": lambda value, given: value in given,
    "in": lambda value, given: value in given,
    "not_eq": lambda value, given: value not in given,
    "not_in": lambda value, given: value not in given,
    "gt": lambda value, given: value > given[0],
    "lt": lambda value, given: value < given[0],
    "gt_or_eq": lambda value, given: value >= given[0],
    "lt_or_eq": lambda value, given: value <= given[0],
    "contains": lambda value, given: str(given[0]).lower() in str(value).lower(),
    "starts_with": lambda value, given: str(value).lower().startswith(str(given[0]).lower()),
    "ends_with": lambda value, given: str(value).lower().endswith(str(given[0]).lower()),
}


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query."""

    conditions: tuple[Condition, ...] = ()
    order_by: str = "id"
    descending: bool = False
    offset: int = 0
    limit: int = PAGE
    fields: Wanted | None = None
    return_object: str = ""


def query_from(parameters: Iterable[tuple[str, str]], template: Tree) -> Query:
    """Parse; `template` is a row's tree and says which fields there are. Raises `BadQuery`."""
    options: dict[str, str] = {}
    found: dict[tuple[Path, str], list[str]] = {}
    for key, value in parameters:
        if dashed(key) in OPTIONS:
            options[dashed(key)] = value
            continue
        path, operator = _path_and_operator(key, template)
        found.setdefault((path, operator), []).extend(value.split(",") if operator in ("in", "not_in") else [value])
    conditions = tuple(Condition(path, operator, tuple(words)) for (path, operator), words in found.items())
    order_by = dashed(options.get("order-by", "id"))
    if order_by not in template or isinstance(template[order_by], dict | list):
        raise BadQuery(f"order_by {order_by!r} is no field, or holds several")
    direction = options.get("dir", "asc").lower()
    if direction not in ("asc", "desc"):
        raise BadQuery("dir must be asc or desc")
    try:
        wanted = wanted_from(options["fields"]) if "fields" in options else None
    except (ValueError, RecursionError) as error:
        raise BadQuery(f"fields: {error}") from None
    return Query(
        conditions=conditions,
        order_by=order_by,
        descending=direction == "desc",
        offset=_whole(options, "offset", 0),
        limit=min(_whole(options, "limit", PAGE), PAGE),
        fields=wanted,
        return_object=options.get("return-object", ""),
    )


def _whole(options: dict[str, str], name: str, default: int) -> int:
    text = options.get(name, str(default))
    if not text.isdecimal() or len(text) > 12:
        raise BadQuery(f"{name} must be a whole number")
    return int(text)


def _path_and_operator(key: str, template: Tree) -> tuple[Path, str]:
    matched = KEY.fullmatch(key)
    if matched is None:
        raise BadQuery(f"parameter {key!r} cannot be read")
    segments = [dashed(segment) for segment in re.findall(r"\[([^\[\]]*)\]", matched.group(2)) if segment]
    operator = "eq"
    if segments and segments[-1].replace("-", "_") in OPERATORS:
        operator = segments.pop().replace("-", "_")
    path = (dashed(matched.group(1)), *segments)
    path = ALIASES.get(path, path)
    if path[0] not in template:
        raise BadQuery(f"there is no field {path[0]!r}")
    if len(path) == 1 and isinstance(template[path[0]], dict | list):
        raise BadQuery(f"{path[0]} needs one of its fields in brackets")
    if operator in TEXT_OPERATORS and path[-1].endswith(("-at", "-date")):
        raise BadQuery(f"{operator} does not go with the date {path[-1]}")
    return path, operator


def values_at(value: Any, path: Path) -> list[Any]:
    """What stands at a path; several values when it leads through lists, one None when it leads nowhere."""
    if isinstance(value, list):
        return [found for each in value for found in values_at(each, path)] or [None]
    if not path:
        return [value]
    return values_at(value.get(path[0]), path[1:]) if isinstance(value, dict) else [None]


FAST: dict[Path, Callable[[Invoice], Any]] = {
    ("id",): lambda invoice: invoice.id,
    ("status",): lambda invoice: invoice.status,
    ("created-at",): lambda invoice: invoice.created_at,
    ("updated-at",): lambda invoice: invoice.updated_at,
    ("invoice-number",): lambda invoice: invoice.content.number,
    ("invoice-date",): lambda invoice: invoice.content.invoice_date,
    ("supplier", "id"): lambda invoice: invoice.supplier_id,
    ("exported",): lambda invoice: invoice.exported,
    ("paid",): lambda invoice: invoice.paid,
}


@dataclass(frozen=True, slots=True)
class Rows(Generic[Row]):
    """How to read rows of one kind: the tree, and quick ways to some of its values."""

    tree: Callable[[Row], Tree]
    fast: dict[Path, Callable[[Row], Any]]

    def value(self, row: Row, path: Path) -> list[Any]:
        """The row's values at a path."""
        quick = self.fast.get(path)
        return [quick(row)] if quick else values_at(self.tree(row), path)

    def matches(self, row: Row, query: Query) -> bool:
        """Whether every condition holds for some value at its path."""
        return all(any(c.holds(value) for value in self.value(row, c.path)) for c in query.conditions)

    def page(self, rows: Iterable[Row], query: Query, *, unstable: bool) -> list[Row]:
        """The page asked for. `rows` come in rising id; sorted by id, nothing behind the page is looked at."""
        matching = (row for row in rows if self.matches(row, query))
        end = query.offset + query.limit
        if query.order_by == "id" and not query.descending:
            return list(islice(matching, query.offset, end))
        if query.order_by == "id":
            return list(matching)[::-1][query.offset : end]
        return self._sorted(matching, query, unstable=unstable)[query.offset : end]

    def _sorted(self, rows: Iterator[Row], query: Query, *, unstable: bool) -> list[Row]:
        def key(row: Row) -> tuple[bool, Any, int]:
            value = self.value(row, (query.order_by,))[0]
            # Ties come in any order and differ between requests: why paging must sort by id (facts 3).
            return value is not None, value if value is not None else 0, secrets.randbits(32) if unstable else 0

        return sorted(rows, key=key, reverse=query.descending)


def candidates(query: Query, ledger: Ledger[Invoice]) -> Iterable[Invoice]:
    """The smallest set of invoices an index offers for the query, in rising id."""
    best: tuple[int, Callable[[], Iterable[int]]] = (len(ledger), ledger.ids)
    for condition in query.conditions:
        offered = _offer(condition, ledger)
        if offered is not None and offered[0] < best[0]:
            best = offered
    return (invoice for invoice_id in best[1]() if (invoice := ledger.get(invoice_id)) is not None)


def _offer(condition: Condition, ledger: Ledger[Invoice]) -> tuple[int, Callable[[], Iterable[int]]] | None:
    path, operator = condition.path, condition.operator
    inclusive = operator == "gt_or_eq"
    if path == ("updated-at",) and operator in ("gt", "gt_or_eq"):
        since = condition.values(datetime)[0]
        return ledger.count_changed(since, inclusive=inclusive), lambda: ledger.changed(since, inclusive=inclusive)
    if path == ("id",) and operator in ("gt", "gt_or_eq"):
        above = condition.values(int)[0]
        return ledger.count_above(above, inclusive=inclusive), lambda: ledger.above(above, inclusive=inclusive)
    if path == ("id",) and operator in ("eq", "in"):
        ids = sorted(set(condition.values(int)))
        return len(ids), lambda: ids
    if path == ("invoice-number",) and operator in ("eq", "in"):
        return 1, lambda: ledger.ids_numbered(condition.words)
    if path == ("status",) and operator in ("eq", "in"):
        return ledger.count_in(condition.words), lambda: ledger.ids_in(condition.words)
    return None

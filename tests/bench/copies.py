"""A year's packets from the patterns of `tests.bench.stories`: every row as the product wrote it, under another id,
number, client and day, with its own chain of events. Documents and papers are shared by all packets of a pattern.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from gateway.store import events, tables
from tests.bench.pour import Pourer
from tests.bench.stories import ACCOUNT, CLIENT, LONG, OF_PACKET, Book, Told
from tests.packets import ORDER

ORDERS = 400
"""Purchase orders at each account."""
LONG_ONES = 3
_AT_ONCE = 1_000  # packets
_A_DAY = re.compile(r"\b20\d\d-\d\d-\d\d(?=\D|$)")
_BY_DATABASE = {"verdict": "id", "event": "id", "work": "id"}  # keys that it gives itself


@dataclass(frozen=True, slots=True)
class Home:
    """A client and the account that its invoices go through."""

    client: str
    account: str


@dataclass(frozen=True, slots=True)
class _Frame:
    """A pattern moved to another day: rows whose texts have `%(token)s` where a packet's own words stand."""

    told: Told
    rows: Mapping[str, Sequence[tuple[Any, ...]]]
    happened: Sequence[str]  # when each event was, as its hash has it
    began: datetime


def fill(pourer: Pourer, book: Book, count: int, homes: Sequence[Home], now: datetime) -> None:
    """Writes `count` packets over the year before `now`, and with them their bytes and the orders they bill."""
    pourer.pour("blob", ("sha256", "size", "content"), ((key, len(one), one) for key, one in book.blobs.items()))
    _orders(pourer, book, homes)
    attempts = 0
    made: dict[str, list[tuple[Any, ...]]] = {name: [] for name in OF_PACKET}
    every = (frame for frame, copies in _frames(book, count, now) for _ in range(copies))
    for serial, frame in enumerate(every, 1):
        _copy(frame, serial, homes[serial * serial % len(homes)], attempts, made)
        attempts += len(frame.rows["attempt"])
        if serial % _AT_ONCE == 0:
            _pour(pourer, made)
    _pour(pourer, made)
    pourer.end("attempt", "id", attempts)


def _pour(pourer: Pourer, made: Mapping[str, list[tuple[Any, ...]]]) -> None:
    for name, rows in made.items():
        pourer.pour(name, _columns(name), rows)
        rows.clear()


def _orders(pourer: Pourer, book: Book, homes: Sequence[Home]) -> None:
    columns = tuple(book.order)
    accounts = sorted({home.account for home in homes})
    rows = [
        tuple({**book.order, "account": account, "number": _order_number(n)}.values())
        for account in accounts
        for n in range(ORDERS)
    ]
    pourer.pour("purchase_order", columns, rows)


def _frames(book: Book, count: int, now: datetime) -> Iterator[tuple[_Frame, int]]:
    """Patterns by day, the oldest first, and how many packets each gives; together exactly `count`."""
    ordinary = [told for told in book.patterns if told.story is not LONG]
    everything = sum(told.story.share for told in ordinary)
    long_ones = min(LONG_ONES, count // 100) if any(told.story is LONG for told in book.patterns) else 0
    left = count - long_ones
    owed = {id(told): 0.0 for told in ordinary}
    for back in range(364, -1, -1):
        for told in ordinary:
            if back >= told.story.days:
                continue
            owed[id(told)] += count * told.story.share / everything / told.story.days
            copies = min(round(owed[id(told)]), left)
            if copies:
                owed[id(told)] -= copies
                left -= copies
                yield _frame(told, now, back), copies
    yield _frame(ordinary[0], now, 0), left
    for told in book.patterns:
        if told.story is LONG:
            yield _frame(told, now, 3), long_ones


def _frame(told: Told, now: datetime, back: int) -> _Frame:
    days = (now.date() - told.ended.date()).days - back - 1
    rows = {name: [_moved(told, name, row, days) for row in rows] for name, rows in told.rows.items()}
    moved = timedelta(days=days)
    happened = [(row["at"] + moved).isoformat(timespec="microseconds") for row in told.rows["event"]]
    return _Frame(told, rows, happened, told.rows["packet"][0]["received_at"] + moved)


def _moved(told: Told, name: str, row: Mapping[str, Any], days: int) -> tuple[Any, ...]:
    table = tables.metadata.tables[name]
    return tuple(_cell(told, table.c[column], row[column], days) for column in _columns(name))


def _cell(told: Told, column: sa.Column[Any], value: Any, days: int) -> Any:
    if isinstance(value, datetime):
        return value + timedelta(days=days)
    if column.name == "due_at":
        return value + 86_400.0 * days
    if not isinstance(value, str) or (column.name.endswith("sha256") and column.name != "content_sha256"):
        return value
    return _worded(told, str(value), days)


def _worded(told: Told, text: str, days: int) -> str:
    text = _A_DAY.sub(lambda found: (date.fromisoformat(found[0]) + timedelta(days=days)).isoformat(), text)
    text = text.replace("%", "%%")
    for words, token in (
        (told.packet_id, "id"),
        (told.number, "number"),
        (told.rows["packet"][0]["content_sha256"], "content"),
        (CLIENT, "client"),
        (ORDER, "order"),
    ):
        text = text.replace(words, f"%({token})s")
    text = re.sub(rf"\b{ACCOUNT}-(\d+)\b", r"%(account)s-%(serial)s-\1", text)  # the portal's own reference
    return re.sub(rf"\b{ACCOUNT}\b", "%(account)s", text)


def _copy(frame: _Frame, serial: int, home: Home, attempts: int, made: Mapping[str, list[tuple[Any, ...]]]) -> None:
    """One packet's rows, under its own words."""
    words = {
        "id": f"p{int(frame.began.timestamp() * 1000):011x}{serial:016x}",
        "number": f"NP-{1_000_000 + serial}",
        "client": home.client,
        "account": home.account,
        "serial": str(serial),
        "order": _order_number(serial % ORDERS),
        "content": "",
    }
    body = frame.rows["revision"][0][_columns("revision").index("body")] % words
    words["content"] = hashlib.sha256(body.encode()).hexdigest()
    old = {row["id"]: attempts + at for at, row in enumerate(frame.told.rows["attempt"], 1)}
    for name, rows in frame.rows.items():
        kept = [tuple(cell % words if type(cell) is str else cell for cell in row) for row in rows]
        if name in ("attempt", "verdict", "answer"):
            at = _columns(name).index("id" if name == "attempt" else "attempt_id")
            kept = [(*row[:at], old[row[at]], *row[at + 1 :]) for row in kept]
        made[name].extend(_chained(frame, kept) if name == "event" else kept)


def _chained(frame: _Frame, rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Events with the hashes of their own words."""
    previous = events.FIRST
    for (subject, n, at, kind, who, data, _, _), told in zip(rows, frame.happened, strict=True):
        hashed = events.hash_of(subject, n, told, kind, who, data, previous)
        yield subject, n, at, kind, who, data, previous, hashed
        previous = hashed


def _columns(name: str) -> tuple[str, ...]:
    table = tables.metadata.tables[name]
    return tuple(column.name for column in table.columns if column.name != _BY_DATABASE.get(name))


def _order_number(n: int) -> str:
    return f"45{n:08d}"

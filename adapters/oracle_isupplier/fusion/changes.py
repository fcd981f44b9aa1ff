"""Reading what changed, page by page, without losing a row that changes meanwhile.

`by_time`: a pass asks for what changed since a time, in the order of ids, never by offset: rows that move would slip
through. A row that changes behind the last id belongs to the next pass, so that pass asks from before this one began,
by the earlier of both clocks, less an overlap. `by_list`: every pass lists everything by offset, in the order of ids,
for tenants whose rows cannot be asked for by LastUpdateDate.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from adapters.oracle_isupplier.fusion.client import INVOICES, PAGE, Door, quoted, server_time
from adapters.oracle_isupplier.fusion.rows import Row
from gateway.errors import PortalUnavailable
from gateway.json_answer import id_from, instant_from

_WHAT = "polling invoices"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a pass stands. `then` is where the next pass asks from, None until this one had its first answer."""

    since: datetime | None
    after: int = 0  # by_time: the last id read; by_list: the rows read
    then: datetime | None = None

    def cursor(self) -> str:
        """The text a caller keeps."""
        values = {"since": _written(self.since), "after": self.after, "then": _written(self.then)}
        return json.dumps(values, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Changes:
    """One page: its rows, the cursor to go on with, whether the pass goes on, and since when it asked."""

    rows: Sequence[Row]
    cursor: str
    more: bool
    since: datetime | None


def changes(door: Door, cursor: str) -> Changes:
    """The page that the cursor asks for. Raises PortalUnavailable, SignInRefused."""
    position = _position_from(cursor, door.settings.poll_from)
    if door.settings.changes == "by_list":
        return _listed(door, position)
    query = [("q", _question(door, position)), ("orderBy", "InvoiceId:asc"), ("limit", str(PAGE))]
    rows, more, response = door.page(INVOICES, [*query, ("onlyData", "true")], _WHAT)
    after = _step(door, position, rows, response, more=more)
    return Changes(rows, after.cursor(), more, position.since)


def unit_condition(door: Door) -> str:
    """Keeps every list to the business unit of this account."""
    return f"BusinessUnit={quoted(door.settings.business_unit)}"


def since_condition(name: str, since: datetime) -> str:
    """A condition on a time."""
    return f"{name}>={quoted(_written(since))}"


def _question(door: Door, position: Position) -> str:
    conditions = [unit_condition(door)]
    if position.since is not None:
        conditions.append(since_condition("LastUpdateDate", position.since))
    if position.after:
        conditions.append(f"InvoiceId>{position.after}")
    return ";".join(conditions)


def _step(door: Door, position: Position, rows: Sequence[Row], response: httpx.Response, *, more: bool) -> Position:
    """The position after one page. Raises PortalUnavailable for a page that cannot be trusted."""
    now = door.now()
    overlap = timedelta(seconds=door.settings.poll_overlap_seconds)
    then = position.then or min(server_time(response) or now, now) - overlap
    ids = [_id_of(row, door) for row in rows]
    if any(later <= earlier for earlier, later in zip([position.after, *ids], ids, strict=False)):
        raise PortalUnavailable(
            door.at(_WHAT), "gave rows that are not in the order of their ids: a page could be lost"
        )
    if not more:
        return Position(then)
    if not ids:
        raise PortalUnavailable(door.at(_WHAT), "gave an empty page and says that more follow")
    return Position(position.since, ids[-1], then)


def _listed(door: Door, position: Position) -> Changes:
    query = [("q", unit_condition(door)), ("orderBy", "InvoiceId:asc"), ("limit", str(PAGE))]
    paging = [("offset", str(position.after)), ("onlyData", "true")]
    rows, more, _ = door.page(INVOICES, [*query, *paging], _WHAT)
    if more and not rows:
        raise PortalUnavailable(door.at(_WHAT), "gave an empty page and says that more follow")
    after = Position(None, position.after + len(rows) if more else 0)
    return Changes(rows, after.cursor(), more, None)


def _id_of(row: Row, door: Door) -> int:
    text = id_from(row.get("InvoiceId"))
    if not text.isdecimal() or len(text) > 18:
        raise PortalUnavailable(door.at(_WHAT), "gave a row without an InvoiceId")
    return int(text)


def _position_from(cursor: str, poll_from: datetime | None) -> Position:
    """The pass that a cursor describes; an empty or unreadable one starts from the beginning, which loses nothing."""
    try:
        values = json.loads(cursor) if cursor else {}
        since, after, then = values.get("since"), values.get("after", 0), values.get("then")
    except (ValueError, AttributeError, RecursionError):
        since, after, then = None, 0, None
    usable = isinstance(after, int) and not isinstance(after, bool) and after > 0
    return Position(instant_from(since) or poll_from, after if usable else 0, instant_from(then))


def _written(instant: datetime | None) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if instant else ""

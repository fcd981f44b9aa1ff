"""Reading what changed, page by page, without losing a row that changes meanwhile.

A pass asks for everything changed since a time, in the order of ids (offset paging loses and repeats rows, facts 3). A
row that changes behind the last id read belongs to the next pass, so the next pass asks from before this pass began, on
the server's clock, less an overlap for clocks that differ and for transactions that commit late. Rows then come twice
at most; the caller knows a repeated row by its content.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from adapters.coupa.client import PAGE, server_time
from adapters.coupa.rows import Row, field
from gateway.errors import PortalUnavailable
from gateway.json_answer import id_from, instant_from


@dataclass(frozen=True, slots=True)
class Keyset:
    """Where a pass stands: asks for rows changed after `since` with ids above `after`.

    `then` is where the next pass will ask from; None until this pass has had its first answer.
    """

    since: datetime | None
    after: int = 0
    then: datetime | None = None

    def query(self) -> list[tuple[str, str]]:
        """The list request's filters and order."""
        asked = [("order_by", "id"), ("dir", "asc"), ("limit", str(PAGE))]
        if self.since is not None:
            asked.append(("updated-at[gt]", _written(self.since)))
        if self.after:
            asked.append(("id[gt]", str(self.after)))
        return asked

    def cursor(self) -> str:
        """The text a caller keeps."""
        values = {
            "since": _written(self.since) if self.since else "",
            "after": self.after,
            "then": _written(self.then) if self.then else "",
        }
        return json.dumps(values, sort_keys=True)


def keyset_from(cursor: str, poll_from: datetime | None) -> Keyset:
    """The pass that a cursor describes; an empty or unreadable one starts from the beginning, which loses nothing."""
    try:
        values = json.loads(cursor) if cursor else {}
        since, after, then = values.get("since"), values.get("after", 0), values.get("then")
    except (ValueError, AttributeError, RecursionError):
        since, after, then = None, 0, None
    return Keyset(instant_from(since) or poll_from, after if isinstance(after, int) else 0, instant_from(then))


def step(
    keyset: Keyset, rows: Sequence[Row], response: httpx.Response, now: datetime, overlap: timedelta, where: str
) -> tuple[Keyset, bool]:
    """The position after one page, and whether the pass goes on. Raises PortalUnavailable for a page out of order.

    The earlier of the two clocks counts: a portal's wrong clock must not make us skip what is still to come.
    """
    then = keyset.then or min(server_time(response) or now, now) - overlap
    ids = [int(text) for text in (id_from(field(row, "id")) for row in rows) if text.isdecimal() and len(text) < 19]
    if any(later <= earlier for earlier, later in zip([keyset.after, *ids], ids, strict=False)):
        raise PortalUnavailable(where, "gave rows that are not in the order of their ids, so a page could be lost")
    if len(rows) < PAGE:
        return Keyset(then), False
    if not ids:
        raise PortalUnavailable(where, "gave a full page of rows without ids, so the next page cannot be asked for")
    return Keyset(keyset.since, ids[-1], then), True


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

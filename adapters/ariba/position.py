"""How far we have read: in the pending queue, where reading on gives up what was read; and in the look-up.

The queue forgets everything up to `lastReceivedTimestamp` (cXML facts 7), and whether documents of that very instant
go too is not known. So the newest instant read is not given up until a later one is there or a minute has passed; what
comes again is told by its payloadID. Only where a whole full page bears one instant must it be given up to get on.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from formats.cxml import Envelope, instant_from

MOST_REMEMBERED = 2_000
SETTLED = timedelta(seconds=60)  # by then the network has queued what bears this instant [our margin]


@dataclass(frozen=True, slots=True)
class QueuePosition:
    """`received_up_to`: may be forgotten by the network. `seen`: payloadIDs that may come again."""

    received_up_to: datetime | None = None
    seen: tuple[str, ...] = ()

    def cursor(self) -> str:
        """As the caller stores it."""
        at = "" if self.received_up_to is None else self.received_up_to.isoformat()
        return json.dumps({"up_to": at, "seen": list(self.seen)}, separators=(",", ":"))

    def after(self, page: Sequence[Envelope], most: int, answered_at: datetime) -> tuple["QueuePosition", bool]:
        """(the position behind this page, whether more waits). `most` documents make a page full; `answered_at` is the
        network's own time of the answer."""
        times = sorted({each.timestamp for each in page if each.timestamp is not None})
        full = len(page) >= most
        given_up = times if self._may_give_up_newest(page, times, full, answered_at) else times[:-1]
        later = [at for at in given_up if self.received_up_to is None or at > self.received_up_to]
        up_to = later[-1] if later else self.received_up_to
        # All of the page: in a queue out of order, documents older than what is given up may come again as well.
        came = [each.payload_id for each in page]
        seen = came if later else [*self.seen, *came]
        moved = QueuePosition(up_to, tuple(dict.fromkeys(filter(None, seen)))[-MOST_REMEMBERED:])
        return moved, full and moved != self

    def _may_give_up_newest(
        self, page: Sequence[Envelope], times: Sequence[datetime], full: bool, answered_at: datetime
    ) -> bool:
        """Once everything on the page came before: nothing of that instant is still to come, or it must make room."""
        again = all(each.payload_id in self.seen for each in page)
        return again and bool(times) and (full or times[-1] <= answered_at - SETTLED)


def queue_position_from(cursor: str) -> QueuePosition:
    """From a stored cursor; one that cannot be read gives up nothing and starts with what waits."""
    stored = _stored(cursor)
    at = stored.get("up_to")
    seen = stored.get("seen")
    up_to = instant_from(at) if isinstance(at, str) else None
    if not isinstance(seen, list) or not all(isinstance(one, str) for one in seen):
        return QueuePosition()
    return QueuePosition(up_to, tuple(seen))


@dataclass(frozen=True, slots=True)
class LookupPosition:
    """`since`: updatedAt to the letter from which rows are read. `seen`: rows told already, as they stood. `page`: the
    token of the next page while a pass is under way; `newest`: the latest updatedAt of that pass."""

    since: str = ""
    seen: tuple[str, ...] = ()
    page: str = ""
    newest: str = ""

    def cursor(self) -> str:
        """As the caller stores it."""
        value = {"since": self.since, "seen": list(self.seen), "page": self.page, "newest": self.newest}
        return json.dumps(value, separators=(",", ":"))

    def restarted(self) -> "LookupPosition":
        """The same pass from its first page on; what was told is remembered."""
        return LookupPosition(self.since, self.seen)

    def after(self, marks: Iterable[tuple[str, str]], page: str) -> "LookupPosition":
        """Behind a page of rows, each as (updatedAt, its mark)."""
        rows = list(marks)
        newest = max([self.newest, *(at for at, _ in rows)], key=_instant_of)
        held = [mark for at, mark in rows if at == newest]
        seen = tuple(dict.fromkeys([*self.seen, *held]))[-MOST_REMEMBERED:]
        if page:
            return LookupPosition(self.since, seen, page, newest)
        return LookupPosition(newest or self.since, seen)


def lookup_position_from(cursor: str) -> LookupPosition:
    """From a stored cursor; one that cannot be read starts over."""
    stored = _stored(cursor)
    found = [stored.get(name, "") for name in ("since", "page", "newest")]
    texts = [text for text in found if isinstance(text, str)]
    seen = stored.get("seen")
    if len(texts) != len(found) or not isinstance(seen, list):
        return LookupPosition()
    if texts[0] and instant_from(texts[0]) is None:
        return LookupPosition()
    return LookupPosition(texts[0], tuple(str(one) for one in seen), texts[1], texts[2])


def _instant_of(text: str) -> float:
    at = instant_from(text)
    return at.timestamp() if at else 0.0


def _stored(cursor: str) -> dict[str, object]:
    try:
        value = json.loads(cursor)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}

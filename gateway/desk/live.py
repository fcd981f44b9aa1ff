"""What is new since a page was made: small answers that the page's script asks for every few seconds.

Asked for, and not streamed: a question costs a few milliseconds of one thread and nothing in between, so that a hundred
open pages take no thread of the pool, no proxy holds anything back, and a shutdown waits for nobody. A question does
not count as use of the session, which ends as if nobody had asked (`gateway.desk.guard`). Nothing on a page is moved by
an answer: it says that there is something new, and the reader has it shown.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import JSONResponse, Response

from gateway.commands.telling import event_in_words, who_in_words
from gateway.commands.wording import Calendar
from gateway.desk.guard import seen_by
from gateway.desk.list_address import days_at, wanted_from
from gateway.desk.packet_page import packet_at
from gateway.desk.pages import Pages, fit_to_be_seen
from gateway.desk.progress import SPANS, lines_since
from gateway.errors import NotPossible
from gateway.identity import Visitor
from gateway.store import events
from gateway.store import progress as progress_rows
from gateway.store import work_list as rows
from gateway.store.people import Role

_MOST = 100
_EVENTS = 3

_Viewer = Annotated[Visitor, Depends(seen_by(Role.viewer))]


def add_live(desk: FastAPI, pages: Pages) -> None:
    """The doors `/live/list`, `/live/packets/{packet_id}` and `/live/progress`."""
    house = pages.house

    @desk.get("/live/list")
    def work_list(request: Request, visitor: _Viewer, since: str = "", count: str = "") -> Response:
        moment, wanted = _moment(since), wanted_from(request.query_params)
        with house.database.read() as tx:
            days = days_at(house.database.now(tx), house.settings.time_zone)
            came = rows.came_since(tx, wanted, days, moment, _MOST)
            by_deadline = rows.by_deadline(tx, wanted, days)
        present = by_deadline[wanted.due] if wanted.due else sum(by_deadline.values())
        if came:
            return _answer(f"{came if came < _MOST else f'{_MOST} or more'} new on this list")
        return _answer("Something of this list was settled meanwhile" if count not in ("", str(present)) else "")

    @desk.get("/live/packets/{packet_id}")
    def packet(packet_id: str, visitor: _Viewer, since: Annotated[int, Query(ge=0, le=10**9)] = 0) -> Response:
        with house.database.read() as tx:
            record = packet_at(tx, packet_id)
            happened = [one for one in events.newest(tx, record.id, _EVENTS) if one.n > since]
        told = " ".join(f"{who_in_words(one.who).capitalize()}: {event_in_words(one)}" for one in happened)
        return _answer(f"Since this page was made: {told}" if told else "")

    @desk.get("/live/progress")
    def progress(
        visitor: _Viewer, since: str = "day", said: Annotated[int, Query(ge=0, le=2**53)] = 0, lines: str = ""
    ) -> Response:
        with house.database.read() as tx:
            calendar = Calendar(house.settings.time_zone, house.database.now(tx))
            found = lines_since(house, tx, calendar.now, since if since in SPANS else "day")
            new = progress_rows.said_since(tx, said, _MOST)
        texts = {"made": calendar.exactly(calendar.now)}
        for one in found:
            texts |= {f"{one.key}:{name}": str(count) for name, count in one.counts.items()}
            texts |= {f"{one.key}:total": str(one.total), f"{one.key}:done": f"{one.done}/{one.total}"}
            texts[f"{one.key}:estimate"] = one.estimate
        words = [f"{new if new < _MOST else f'{_MOST} or more'} new from portals"] if new else []
        if lines not in ("", str(len(found))):
            words.append("More clients are under way")
        return _answer("; ".join(words), texts)


def _answer(words: str, texts: dict[str, str] | None = None) -> Response:
    told: dict[str, Any] = {"words": fit_to_be_seen(words)}
    if texts is not None:
        told["texts"] = texts
    return JSONResponse(told)


def _moment(text: str) -> datetime:
    """The moment at which a page was made. Raises NotPossible."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the first and last day have no room for an offset
        pass
    raise NotPossible("this is no moment; open the page again.")

"""Reports: tables and their pictures, to look at and as CSV, XLSX and PDF; counted by `gateway.report_parts`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, get_args
from urllib.parse import urlencode

import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from gateway.desk.guard import seen_by
from gateway.desk.pages import Pages
from gateway.errors import NotFound, NotPossible, legible
from gateway.house import House
from gateway.identity import Visitor
from gateway.metrics import By, counted
from gateway.pictures import NotDrawn, Theme, Width, as_svg, not_drawn
from gateway.report_parts import ORDERS_IN_FILE, ORDERS_IN_PDF, PARTS, About, Part, Question, part
from gateway.report_words import for_reading, is_detail
from gateway.sheets import as_csv, as_xlsx
from gateway.store.people import Role

log = structlog.get_logger("clearbill.desk")

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_WEEKS = 13
_MOST_ROWS = 25  # of a table on a page; the files have them all

TOPICS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "": ("Overview", ("figures", "first-pass", "pareto")),
    "rejections": ("Rejections", ("pareto", "trend", "rejections")),
    "time": ("Cycle time", ("cycle", "spent")),
    "ageing": ("Ageing", ("ageing",)),
    "orders": ("Purchase orders", ("orders",)),
}
"""Every page of reports: its name in the address, its heading, its parts."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, as it stands there; `since` and `until` None where it says nothing of a time."""

    client: str = ""
    account: str = ""
    since: str | None = None
    until: str | None = None
    by: str = ""
    after: str = ""

    def question(self, today: date) -> Question:
        """As a question; without a word about time, of the last 13 weeks. Raises NotPossible."""
        since, until = _day(self.since or ""), _day(self.until or "")
        if self.since is None and self.until is None:
            since = today - timedelta(weeks=_WEEKS, days=today.weekday())
        account, _, number = self.after.partition("|")
        return Question(self.client, self.account, since, until, self.by, (account, number))


def _asked(
    client: str = "",
    account: str = "",
    since: str | None = None,
    until: str | None = None,
    by: str = "",
    after: str = "",
) -> Asked:
    first, end = (None if value is None else legible(value) for value in (since, until))
    return Asked(legible(client), legible(account), first, end, legible(by), legible(after))


def _day(text: str) -> date | None:
    """Raises NotPossible."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise NotPossible(f"{text!r} is not a day; write it as 2026-11-01.") from None


_Viewer = Annotated[Visitor, Depends(seen_by(Role.viewer))]
_Wanted = Annotated[Asked, Depends(_asked)]


def add_reporting(desk: FastAPI, pages: Pages) -> None:
    """The doors `/reports`, `/reports/{name}` and `/reports/charts/{name}`."""
    house = pages.house

    @desk.get("/reports")
    def overview(request: Request, visitor: _Viewer, asked: _Wanted) -> Response:
        return _page(pages, request, "", asked)

    @desk.get("/reports/charts/{name}")
    def chart(name: str, visitor: _Viewer, asked: _Wanted, theme: str = "light", width: str = "wide") -> Response:
        wanted, _, ending = name.partition(".")
        if ending != "svg" or theme not in get_args(Theme) or width not in get_args(Width):
            raise NotFound("there is no such chart.")
        (found,), _ = _parts(house, asked, (wanted,))
        return _chart(found, theme, width)  # type: ignore[arg-type]

    @desk.get("/reports/{name}")
    def topic_or_file(request: Request, name: str, visitor: _Viewer, asked: _Wanted) -> Response:
        if name in TOPICS:
            return _page(pages, request, name, asked)
        wanted, _, ending = name.partition(".")
        if name == "report.pdf":
            return _pdf(house, asked)
        if wanted not in PARTS or ending not in ("csv", "xlsx"):
            raise NotFound(f"there is no such report; there are {', '.join(PARTS)}, each as .csv and .xlsx.")
        (found,), _ = _parts(house, asked, (wanted,), orders=ORDERS_IN_FILE)
        headers = {"Content-Disposition": f'attachment; filename="clearbill-{name}"'}
        if ending == "csv":
            return Response(as_csv(found.sheet), media_type="text/csv; charset=utf-8", headers=headers)
        return Response(as_xlsx(found.sheet), media_type=_XLSX, headers=headers)


def _page(pages: Pages, request: Request, topic: str, asked: Asked) -> Response:
    heading, names = TOPICS[topic]
    parts, about = _parts(pages.house, asked, names)
    query = _query(asked)
    # A list of orders begins anew on every other page.
    plain = _query(replace(asked, after=""))
    following = [urlencode({"after": "|".join(one.more)}) for one in parts if one.more is not None]
    return pages.show(
        request,
        "reports.html",
        topic=topic,
        heading=heading,
        topics={name: title for name, (title, _) in TOPICS.items()},
        asked=about.question,
        parts=parts,
        most=_MOST_ROWS,
        query=query,
        plain=plain,
        following=f"?{plain}&{following[0]}" if plain and following else f"?{following[0]}" if following else "",
        clients=pages.house.shelf.library.versions,
        accounts=sorted(pages.house.settings.accounts),
        breakdowns=("", *get_args(By)),
        for_reading=for_reading,
        is_detail=is_detail,
        counted_at=about.now,
    )


def _query(asked: Asked) -> str:
    given = {name: getattr(asked, name) for name in Asked.__dataclass_fields__}
    return urlencode({name: value for name, value in given.items() if value or (name in _TIMES and value is not None)})


_TIMES = ("since", "until")


def _parts(
    house: House, asked: Asked, names: tuple[str, ...], orders: int | None = None
) -> tuple[tuple[Part, ...], About]:
    """The parts that were asked for, all of the same moment. Raises NotFound, NotPossible."""
    with counted(house.database) as tx:
        now: datetime = house.database.now(tx)
        question = asked.question(now.date())
        about = About(house, tx, now, question if orders is None else replace(question, orders=orders))
        return tuple(part(name, about) for name in names), about


def _chart(found: Part, theme: Theme, width: Width) -> Response:
    """The picture; where it cannot be drawn, one that says so."""
    if found.picture is None:
        raise NotFound("there is nothing to draw.")
    headers = {"Content-Security-Policy": _PICTURE_POLICY}
    try:
        return Response(as_svg(found.picture, theme, width), media_type="image/svg+xml", headers=headers)
    except NotDrawn as fault:
        log.error("chart_not_drawn", chart=found.name, why=str(fault))
        return Response(not_drawn(theme), status_code=503, media_type="image/svg+xml", headers=headers)


def _pdf(house: House, asked: Asked) -> Response:
    from gateway.report_pdf import as_pdf  # slow to import, and only this one needs it

    names = tuple(dict.fromkeys(name for _, parts in TOPICS.values() for name in parts))
    parts, about = _parts(house, asked, names, orders=ORDERS_IN_PDF)
    headers = {"Content-Disposition": 'attachment; filename="clearbill-report.pdf"'}
    return Response(as_pdf(parts, about), media_type="application/pdf", headers=headers)

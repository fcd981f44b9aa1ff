"""Reports: what was refused and why, and the figures, on a page and as CSV and XLSX; counted by `gateway.reports`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, cast
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from gateway import metrics, reports
from gateway.desk.guard import seen_by
from gateway.desk.pages import Pages
from gateway.errors import NotFound, NotPossible, legible
from gateway.house import House
from gateway.identity import Visitor
from gateway.sheets import Sheet, as_csv, as_xlsx
from gateway.store.people import Role

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BREAKDOWNS = ("", "client", "account", "month")
_SHOWN = (
    *("packets", "accepted", "held", "portal_first_pass_rate", "buyer_first_pass_rate", "preflight_catch_rate"),
    *("cycle_time_p50_s", "cycle_time_p90_s", "seconds_person", "seconds_ours", "seconds_portal"),
    *("seconds_correction", "touchless_share", "resubmissions", "money_held"),
)
"""The figures of the page; the files have them all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is about: days count in the office's calendar, `until` is not counted itself."""

    client: str = ""
    account: str = ""
    since: str = ""
    until: str = ""
    by: str = ""


def _asked(client: str = "", account: str = "", since: str = "", until: str = "", by: str = "") -> Asked:
    asked = Asked(*(legible(value) for value in (client, account, since, until, by)))
    if asked.by not in _BREAKDOWNS:
        raise NotPossible(f"figures can be told apart by {', '.join(filter(None, _BREAKDOWNS))}.")
    return asked


def add_reporting(desk: FastAPI, pages: Pages) -> None:
    """The doors `/reports` and `/reports/{name}`."""
    house = pages.house

    @desk.get("/reports")
    def show(
        request: Request,
        visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))],
        asked: Annotated[Asked, Depends(_asked)],
    ) -> Response:
        return pages.show(
            request,
            "reports.html",
            asked=asked,
            query=request.url.query,
            clients=sorted(house.shelf.library.versions),
            accounts=sorted(house.settings.accounts),
            breakdowns=_BREAKDOWNS,
            rejections=_rejections(house, asked),
            figures=_figures(house, asked, _SHOWN),
            zone=house.settings.time_zone,
        )

    @desk.get("/reports/{name}")
    def save(
        name: str,
        visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))],
        asked: Annotated[Asked, Depends(_asked)],
    ) -> Response:
        kind, _, ending = name.partition(".")
        if kind not in ("rejections", "figures") or ending not in ("csv", "xlsx"):
            raise NotFound("there is no such report; there are rejections and figures, as .csv and .xlsx.")
        sheet = _rejections(house, asked) if kind == "rejections" else _figures(house, asked)
        headers = {"Content-Disposition": f'attachment; filename="clearbill-{kind}.{ending}"'}
        if ending == "csv":
            return Response(as_csv(sheet), media_type="text/csv; charset=utf-8", headers=headers)
        return Response(as_xlsx(sheet), media_type=_XLSX, headers=headers)


def _rejections(house: House, asked: Asked) -> Sheet:
    since, until = (_day(house, day) for day in (asked.since, asked.until))
    with metrics.counted(house.database) as tx:
        return reports.rejections_sheet(
            reports.rejections(tx, since=since, until=until, client=asked.client, account=asked.account)
        )


def _figures(house: House, asked: Asked, only: tuple[str, ...] = ()) -> Sheet:
    limits = metrics.silence_limits(house.settings)
    with metrics.counted(house.database) as tx:
        now = house.database.now(tx)
        found: Mapping[str, metrics.Metrics]
        if asked.by:
            by = cast(metrics.By, asked.by)
            found = metrics.breakdown(tx, now, by, client=asked.client, account=asked.account, silence=limits)
        else:
            found = {"": metrics.measure(tx, now, client=asked.client, account=asked.account, silence=limits)}
    return reports.metrics_sheet(found, by=asked.by, only=only)


def _day(house: House, text: str) -> datetime | None:
    """The beginning of a day in the office's calendar. Raises NotPossible."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(house.settings.time_zone))
    except ValueError:
        raise NotPossible(f"{text!r} is not a day; write it as 2026-11-01.") from None

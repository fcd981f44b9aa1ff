"""Clients: each one's checklist for reading, how its account stands, its versions, and orders to pause and resume it.

A coordinator may pause and resume: a client who rings to say "send nothing today" must not wait for anybody else, and
a pause loses nothing.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response

from checklists.checklist import Checklist
from checklists.fault import Fault
from gateway import pausing
from gateway.commands.wording import Calendar
from gateway.desk.checklist_reading import (
    RATE_COLUMNS,
    cut_off_in_words,
    days_in_words,
    differences,
    multipliers,
    procedure_in_parts,
    rates,
    rules_with_sources,
)
from gateway.desk.guard import ordered_by, seen_by
from gateway.desk.pages import Pages
from gateway.desk.proposing import of_client
from gateway.desk.standing import standing
from gateway.errors import NotFound, NotPossible, legible
from gateway.house import House
from gateway.identity import Visitor
from gateway.store import accounts, board, checklist_files, client_pauses, events
from gateway.store.database import Tx
from gateway.store.people import Role
from gateway.verdict import Stage

PAGE = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """What a client's page is asked to show: the version of a day, and the day of the version it is compared with."""

    day: str = ""
    against: str = ""


def add_clients(desk: FastAPI, pages: Pages) -> None:
    """The doors `/clients`, `/clients/{client}` and the orders about one."""
    house = pages.house

    @desk.get("/clients")
    def every(
        request: Request, visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))], after: str = ""
    ) -> Response:
        keys = [key for key in sorted(house.shelf.library.versions) if key > legible(after)][: PAGE + 1]
        with house.database.read() as tx:
            calendar = Calendar(house.settings.time_zone, house.database.now(tx))
            held = board.held_by_client(tx, keys[:PAGE])
            paused = {pause.client: pause for pause in client_pauses.every(tx)}
            states = {one.key: standing(house, one, calendar) for one in accounts.every(tx)}
        return pages.show(
            request,
            "clients.html",
            clients={key: house.find_checklist(key, calendar.now) for key in keys[:PAGE]},
            held=held,
            paused=paused,
            states=states,
            calendar=calendar,
            faults=[(fault, _in_force(house, fault)) for fault in house.shelf.faults],
            following=keys[PAGE - 1] if len(keys) > PAGE else "",
        )

    @desk.get("/clients/{client}")
    def one(
        request: Request,
        client: str,
        visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))],
        shown: Annotated[Shown, Depends()],
    ) -> Response:
        key = legible(client)
        house.known_client(key)
        with house.database.read() as tx:
            told = _everything(house, tx, key, shown)
        return pages.show(request, "client.html", **told)

    @desk.post("/clients/{client}/pause")
    def pause(
        client: str,
        visitor: Annotated[Visitor, Depends(ordered_by(Role.coordinator))],
        why: Annotated[str, Form()] = "",
    ) -> Response:
        pausing.pause_client(house, legible(client), visitor.name, why)
        return RedirectResponse(f"/clients/{client}", status_code=303)

    @desk.post("/clients/{client}/resume")
    def resume(
        client: str,
        visitor: Annotated[Visitor, Depends(ordered_by(Role.coordinator))],
        why: Annotated[str, Form()] = "",
        seen: Annotated[str, Form()] = "unseen",
    ) -> Response:
        pausing.resume_client(house, legible(client), visitor.name, why, seen=seen)
        return RedirectResponse(f"/clients/{client}", status_code=303)


def _everything(house: House, tx: Tx, key: str, shown: Shown) -> dict[str, Any]:
    """What a client's page tells, by the names that its template uses."""
    calendar = Calendar(house.settings.time_zone, house.database.now(tx))
    versions = house.shelf.library.versions[key]
    checklist = _version(versions, shown.day) if shown.day else house.find_checklist(key, calendar.now) or versions[-1]
    other = _version(versions, shown.against) if shown.against else None
    portal_files = {name: file.text for name, file in checklist_files.kept(tx).items()}
    stages = board.stages(tx, key)
    state = next((each for each in accounts.every(tx) if each.key == checklist.account), None)
    return {
        "checklist": checklist,
        "in_force": house.find_checklist(key, calendar.now),
        "calendar": calendar,
        "versions": [(one, days_in_words(one), _day_of(one)) for one in versions],
        "days": days_in_words(checklist),
        "other": other and days_in_words(other),
        "changes": differences(other, checklist) if other else (),
        "rules": rules_with_sources(checklist, portal_files),
        "rate_columns": RATE_COLUMNS,
        "rates": tuple(rates(checklist.rate_card)),
        "multipliers": multipliers(checklist.rate_card),
        "procedure": procedure_in_parts(checklist),
        "cut_off": cut_off_in_words(checklist),
        "next_cut_off": calendar.due(checklist.next_cut_off(calendar.now)),
        "state": standing(house, state, calendar) if state else None,
        "pause": client_pauses.of(tx, key),
        "ready": stages.get(Stage.built, 0),
        "held": stages.get(Stage.held, 0),
        "proposals": of_client(tx, key),
        "happened": events.newest(tx, f"client:{key}", 10)[::-1],
    }


def _version(versions: tuple[Checklist, ...], day: str) -> Checklist:
    """The version in force on a day, written as YYYY-MM-DD. Raises NotFound, NotPossible."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        raise NotPossible("name the day as year, month and day, such as 2026-11-30.") from None
    found = next((one for one in versions if one.is_in_force_on(wanted)), None)
    if found is None:
        raise NotFound(f"no version of this checklist is in force on {wanted}.")
    return found


def _day_of(one: Checklist) -> str:
    """A day on which this version is in force."""
    return (one.starts or one.ends or date.min).isoformat()


def _in_force(house: House, fault: Fault) -> str:
    """What holds while a file is broken."""
    with house.database.read() as tx:
        kept = checklist_files.kept(tx).get(fault.file)
        if kept is None:
            return "Nothing of this file is in force."
        calendar = Calendar(house.settings.time_zone, house.database.now(tx))
        return f"The version last found right, of {calendar.at(kept.since)}, stays in force."

"""The work list: everything that needs a person, what is due when, and what else is out of order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from gateway.commands.overview import account_state
from gateway.commands.wording import SHORT_ACTORS, Calendar
from gateway.decisions import state_key
from gateway.desk.agreeing import among
from gateway.desk.bulk_orders import BULK
from gateway.desk.guard import seen_by
from gateway.desk.list_address import days_at, place_from, place_of, query, wanted_from
from gateway.desk.onward import packet_address
from gateway.desk.pages import Pages, reason_name
from gateway.errors import legible
from gateway.house import House
from gateway.identity import Visitor
from gateway.news import left_in_words
from gateway.store import accounts, client_pauses, inbox, notices, packets, proposals, vigils
from gateway.store import work_list as rows
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord
from gateway.store.people import Role
from gateway.store.work_list import DUE, NOBODY, Days, Wanted
from gateway.verdict import ReasonCode

PAGE = 25
_CUT_OFFS = 6
DUE_WORDS: Mapping[str, str] = {"overdue": "overdue", "today": "due today", "week": "due this week", "later": "later"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What one filter offers: its name in the address, its label, and (value, words) of each option."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class Row:
    """A packet of the list: the address of its page, the state that is shown of it, and what is told beside it."""

    record: PacketRecord
    address: str
    state: str
    aside: str


@dataclass(frozen=True, slots=True)
class DueCount:
    """How many packets are due when, and the address of the list of those."""

    words: str
    packets: int
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class CutOffAhead:
    """A client's next cut-off, and how many of its packets wait for a person."""

    client: str
    name: str
    at: datetime
    packets: int


def add_work_list(desk: FastAPI, pages: Pages) -> None:
    """The doors `/` and `/find`."""
    house = pages.house

    @desk.get("/")
    def show(request: Request, visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))], after: str = "") -> Response:
        wanted, place = wanted_from(request.query_params), place_from(after)
        with house.database.read() as tx:
            now = house.database.now(tx)
            days = days_at(now, house.settings.time_zone)
            found = rows.page(tx, wanted, days, place, PAGE + 1)
            told = _told(house, tx, wanted, days, visitor) | among(tx, found[:PAGE])
            told["rows"] = _rows(tx, wanted, found[:PAGE])
        more = place_of(found[PAGE - 1]) if len(found) > PAGE else None
        return pages.show(
            request,
            "work_list.html",
            calendar=Calendar(house.settings.time_zone, now),
            wanted=wanted,
            filtered=wanted != Wanted(),
            listed=query(wanted),
            count=sum(one.packets for one in told["due"] if one.is_chosen or not wanted.due),
            first="/?" + query(wanted) if place else "",
            following="/?" + query(wanted, more) if more else "",
            orders=BULK if visitor.role.reaches(Role.coordinator) else (),
            **told,
        )

    @desk.get("/find")
    def find(request: Request, visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))], q: str = "") -> Response:
        words = legible(q.strip())
        with house.database.read() as tx:
            found = packets.find(tx, words) if words else ()
            calendar = Calendar(house.settings.time_zone, house.database.now(tx))
        if len(found) == 1:
            return RedirectResponse(f"/packets/{found[0].id}", status_code=303)
        return pages.show(request, "found.html", records=found, words=words, calendar=calendar)


def _told(house: House, tx: Tx, wanted: Wanted, days: Days, visitor: Visitor) -> dict[str, Any]:
    """What stands around the list: by the names that its template uses."""
    names = client_names(house, days.now)
    return {
        "names": names,
        "sums": rows.sums(tx, wanted, days),
        "due": _due(tx, wanted, days),
        "cut_offs": _cut_offs(house, tx, names, days.now),
        "choices": _choices(house, tx, wanted, visitor, names),
        "troubles": _troubles(house, tx, days.now, names),
    }


def _rows(tx: Tx, wanted: Wanted, found: tuple[PacketRecord, ...]) -> tuple[Row, ...]:
    left = vigils.of(tx, [record.id for record in found])
    return tuple(
        Row(record, packet_address(record, wanted), state_key(record), left_in_words(left.get(record.id), record))
        for record in found
    )


def client_names(house: House, now: datetime) -> dict[str, str]:
    """Each client's name as its checklist has it today; the key where there is none in force."""
    found = {key: house.find_checklist(key, now) for key in sorted(house.shelf.library.versions)}
    return {key: checklist.name if checklist else key for key, checklist in found.items()}


def _due(tx: Tx, wanted: Wanted, days: Days) -> tuple[DueCount, ...]:
    counted = rows.by_deadline(tx, wanted, days)
    filters = {name: getattr(wanted, name) for name in Wanted.__dataclass_fields__}
    return tuple(
        DueCount(
            DUE_WORDS[kind],
            counted[kind],
            "/?" + query(Wanted(**filters | {"due": kind})),
            is_chosen=kind == wanted.due,
        )
        for kind in DUE
    )


def _cut_offs(house: House, tx: Tx, names: Mapping[str, str], now: datetime) -> tuple[CutOffAhead, ...]:
    """The next cut-offs of clients of whom something waits for a person, the nearest first."""
    found = []
    for client, packets_held in rows.by_client(tx).items():
        checklist = house.find_checklist(client, now)
        at = checklist.next_cut_off(now) if checklist else None
        if at is not None:
            found.append(CutOffAhead(client, names.get(client, client), at, packets_held))
    return tuple(sorted(found, key=lambda one: (one.at, one.name))[:_CUT_OFFS])


def _choices(house: House, tx: Tx, wanted: Wanted, visitor: Visitor, names: Mapping[str, str]) -> tuple[Choice, ...]:
    reasons = sorted(((code.value, reason_name(code)) for code in ReasonCode), key=lambda option: option[1].lower())
    owners = [(NOBODY, "nobody"), (visitor.name, "me")]
    owners += [(name, name) for name in rows.owners(tx) if name != visitor.name]
    portals = tuple((key, key) for key in sorted(house.settings.accounts))
    sides = [(str(actor), words) for actor, words in SHORT_ACTORS.items() if words]
    return (
        Choice("client", "Client", tuple(names.items()), wanted.client),
        Choice("account", "Portal account", portals, wanted.account),
        Choice("reason", "Reason", tuple(reasons), wanted.reason),
        Choice("who", "Who acts", tuple(sides), wanted.who),
        Choice("owner", "Taken by", tuple(owners), wanted.owner),
        Choice("due", "Due", tuple(DUE_WORDS.items()), wanted.due),
    )


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is out of order beside the packets: a sentence, and the page where something can be done about it."""

    says: str
    address: str
    page: str


def _troubles(house: House, tx: Tx, now: datetime, names: Mapping[str, str]) -> tuple[Trouble, ...]:
    """What is out of order beside the packets."""
    told = []
    for pause in client_pauses.every(tx):
        name = names.get(pause.client, pause.client)
        says = f"Nothing of {name} is sent: paused by {pause.who}, because: {pause.why.rstrip('.')}."
        told.append(Trouble(says, f"/clients/{pause.client}", "See the client"))
    told += _account_troubles(house, tx, now)
    for channel in notices.channels(tx):
        if channel.key in house.settings.notices.channels and channel.failures:
            told.append(Trouble(f"Notices do not go out through {channel.key}: {channel.last_failure}", "", ""))
    if dead := house.queue.given_up(tx, ["", *house.settings.accounts]):
        told.append(Trouble(f"Work was given up after its last try: {dead}.", "/admin/queue", "See what and why"))
    if unplaced := sum(one.number for one in inbox.unplaced(tx)):
        says = f"Documents of portals that belong to no packet here: {unplaced}."
        told.append(Trouble(says, "/admin/unplaced", "Read them"))
    if taught := proposals.how_many_open(tx):
        says = f"Corrections that could be made without asking from now on: {taught}. An approver decides on them."
        told.append(Trouble(says, "/proposals", "See them"))
    return tuple(told)


def _account_troubles(house: House, tx: Tx, now: datetime) -> Iterator[Trouble]:
    """Accounts for which a person must act, one by one with what to do; those that are tried again, in one sentence."""
    tried_again = []
    for state in accounts.every(tx):
        word = account_state(state, now)
        if state.key not in house.settings.accounts or word == "working":
            continue
        if state.action or state.paused:
            says = f"Portal account {state.key} is {word}{': ' if state.action else ''}{state.action}"
            yield Trouble(says, f"/admin/accounts/{state.key}", "See the account")
        else:
            tried_again.append(state.key)
    if tried_again:
        says = f"These portal accounts do not work at the moment and are tried again: {', '.join(tried_again)}"
        yield Trouble(says, "/admin/accounts", "See the accounts")

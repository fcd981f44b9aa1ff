"""The work list: everything that needs a person, and what else is out of order."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from gateway.commands.overview import account_state
from gateway.commands.wording import SHORT_ACTORS, Calendar
from gateway.desk.agreeing import among
from gateway.desk.guard import seen_by
from gateway.desk.pages import Pages, reason_name
from gateway.errors import NotPossible, legible
from gateway.house import House
from gateway.identity import Visitor
from gateway.store import accounts, inbox, notices, packets, proposals
from gateway.store import work_list as rows
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord
from gateway.store.people import Role
from gateway.store.proposals import State
from gateway.store.work_list import NOBODY, Place, Wanted
from gateway.verdict import ReasonCode

PAGE = 25


@dataclass(frozen=True, slots=True)
class Choice:
    """What one filter offers: its name in the address, its label, and (value, words) of each option."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str


def add_work_list(desk: FastAPI, pages: Pages) -> None:
    """The doors `/` and `/find`."""
    house = pages.house

    @desk.get("/")
    def show(
        request: Request,
        visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))],
        client: str = "",
        account: str = "",
        reason: str = "",
        owner: str = "",
        who: str = "",
        after: str = "",
    ) -> Response:
        wanted = Wanted(*(legible(value) for value in (client, account, reason, owner, who)))
        place = _place_from(after)
        with house.database.read() as tx:
            found = rows.page(tx, wanted, place, PAGE + 1)
            calendar = Calendar(house.settings.time_zone, house.database.now(tx))
            told: dict[str, Any] = {
                "sums": rows.sums(tx, wanted),
                "choices": _choices(house, tx, wanted, visitor),
                "troubles": _troubles(house, tx, calendar.now),
                **among(tx, found[:PAGE]),
            }
        return pages.show(
            request,
            "work_list.html",
            records=found[:PAGE],
            names=_client_names(house),
            calendar=calendar,
            filtered=wanted != Wanted(),
            first="/?" + _query(wanted) if place else "",
            following=_following(wanted, found) if len(found) > PAGE else "",
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


def _client_names(house: House) -> dict[str, str]:
    """Each client's name as its checklist has it today; the key where there is none in force."""
    with house.database.read() as tx:
        today = house.database.now(tx)
    found = {key: house.find_checklist(key, today) for key in sorted(house.shelf.library.versions)}
    return {key: checklist.name if checklist else key for key, checklist in found.items()}


def _choices(house: House, tx: Tx, wanted: Wanted, visitor: Visitor) -> tuple[Choice, ...]:
    reasons = sorted(((code.value, reason_name(code)) for code in ReasonCode), key=lambda option: option[1].lower())
    owners = [(NOBODY, "nobody"), (visitor.name, "me")]
    owners += [(name, name) for name in rows.owners(tx) if name != visitor.name]
    portals = tuple((key, key) for key in sorted(house.settings.accounts))
    sides = [(str(actor), words) for actor, words in SHORT_ACTORS.items() if words]
    return (
        Choice("client", "Client", tuple(_client_names(house).items()), wanted.client),
        Choice("account", "Portal account", portals, wanted.account),
        Choice("reason", "Reason", tuple(reasons), wanted.reason),
        Choice("who", "Who acts", tuple(sides), wanted.who),
        Choice("owner", "Taken by", tuple(owners), wanted.owner),
    )


def _troubles(house: House, tx: Tx, now: datetime) -> tuple[str, ...]:
    """What is out of order beside the packets, a sentence each."""
    told = []
    for state in accounts.every(tx):
        word = account_state(state, now)
        if state.key in house.settings.accounts and word != "working":
            why = f": {state.action or state.last_failure}" if state.action or state.last_failure else ""
            told.append(f"Portal account {state.key} is {word}{why}")
    for channel in notices.channels(tx):
        if channel.key in house.settings.notices.channels and channel.failures:
            told.append(f"Notices do not go out through {channel.key}: {channel.last_failure}")
    if dead := sum(count for (_, state), count in house.queue.waiting(tx).items() if state == "dead"):
        told.append(f"Work given up after its last try: {dead}. `clearbill queue dead` lists it.")
    if unplaced := sum(one.number for one in inbox.unplaced(tx)):
        told.append(f"Documents of portals that found no place: {unplaced}. `clearbill queue unplaced` lists them.")
    if taught := sum(one.state is State.open for one in proposals.every(tx)):
        told.append(f"Corrections proposed as rules: {taught}. `clearbill proposals` shows them.")
    return tuple(told)


# --- from page to page --------------------------------------------------------------------------------------------


def _query(wanted: Wanted) -> str:
    return urlencode({name: value for name in Wanted.__dataclass_fields__ if (value := getattr(wanted, name))})


def _following(wanted: Wanted, found: tuple[PacketRecord, ...]) -> str:
    last = found[PAGE - 1]
    if last.act_by is None:
        raise RuntimeError(f"packet {last.id} is held without a date")
    place = f"{last.act_by.isoformat()}|{last.total}|{last.id}"
    return "/?" + "&".join(filter(None, (_query(wanted), urlencode({"after": place}))))


def _place_from(text: str) -> Place | None:
    """Where a page is to begin. Raises NotPossible for what no page of ours has said."""
    if not text:
        return None
    try:
        act_by, total, packet_id = legible(text).split("|")
        place = Place(datetime.fromisoformat(act_by), Decimal(total), packet_id)
        fits = place.act_by.tzinfo is not None and place.total.is_finite() and abs(place.total) < _MOST
        place = replace(place, act_by=place.act_by.astimezone(UTC))
    except (ValueError, InvalidOperation, OverflowError):  # the first and last day have no room for an offset
        fits = False
    if not fits:
        raise NotPossible("this part of the list cannot be found; begin at the first page.")
    return replace(place, total=place.total.quantize(_EXACT))


_MOST, _EXACT = Decimal(10) ** 14, Decimal("0.0001")

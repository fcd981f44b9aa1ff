"""What runs behind the pages and did not come to an end: work that was given up, what portals delivered that nothing
here is known by, purchase orders that could not be read."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from gateway import given_up
from gateway.commands.wording import Calendar
from gateway.desk.files import shown_as
from gateway.desk.guard import ordered_by, seen_by
from gateway.desk.kept import KeptBytes, answer_with
from gateway.desk.pages import Pages
from gateway.errors import NotFound, NotPossible, legible
from gateway.identity import Visitor
from gateway.secrets import scrub_bytes
from gateway.store import inbox, orders, packets
from gateway.store.database import Tx, blob
from gateway.store.packets import PacketRecord
from gateway.store.people import Role
from gateway.store.queue import DeadLetter

PAGE = 25
_KINDS = {
    "advance": "the next step of a packet",
    "poll": "reading the portal’s answers",
    "orders": "reading purchase orders",
    "void": "taking an invoice back at the portal",
    "watch": "looking after silence and deadlines",
    "ask": "asking how an invoice stands",
    "land": "finding the place of what a portal delivered",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One piece of work in words; `obstacle`: why it cannot be dropped, "" where it can."""

    one: DeadLetter
    what: str
    packet: PacketRecord | None
    obstacle: str


def add_given_up_work(desk: FastAPI, pages: Pages) -> None:
    """The doors `/admin/queue`, `/admin/unplaced` and `/admin/unread-orders`, and what can be ordered there."""
    _add_work(desk, pages)
    _add_unplaced(desk, pages)
    _add_unread_orders(desk, pages)


def _add_work(desk: FastAPI, pages: Pages) -> None:
    house = pages.house

    @desk.get("/admin/queue")
    def work(
        request: Request,
        visitor: Annotated[Visitor, Depends(seen_by(Role.coordinator))],
        account: str | None = None,
        after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    ) -> Response:
        wanted = None if account is None else legible(account)
        with house.database.read() as tx:
            lines = house.queue.lines(tx)
            found = house.queue.letters(tx, wanted, after, PAGE + 1)
            letters = [_letter(tx, one) for one in found[:PAGE]]
            calendar = Calendar(house.settings.time_zone, house.database.now(tx))
        query = {} if wanted is None else {"account": wanted}
        following = "?" + urlencode({**query, "after": found[PAGE - 1].id}) if len(found) > PAGE else ""
        told: dict[str, Any] = {"lines": sorted(lines.items()), "letters": letters, "account": wanted}
        return pages.show(request, "work.html", **told, following=following, calendar=calendar)

    @desk.post("/admin/queue/{job}/{order}")
    def decide(
        job: int,
        order: str,
        visitor: Annotated[Visitor, Depends(ordered_by(Role.admin))],
        why: Annotated[str, Form()] = "",
    ) -> Response:
        if order == "again":
            given_up.try_again(house, job, visitor.name, why)
        elif order == "drop":
            given_up.drop(house, job, visitor.name, why)
        else:
            raise NotPossible("this is no order that there is; nothing was done.")
        return RedirectResponse("/admin/queue", status_code=303)


def _letter(tx: Tx, one: DeadLetter) -> Letter:
    packet = packets.load(tx, one.packet_id) if one.packet_id else None
    return Letter(one, _KINDS.get(one.kind, one.kind), packet, given_up.depends_on(one, packet))


def _add_unplaced(desk: FastAPI, pages: Pages) -> None:
    house = pages.house

    @desk.get("/admin/unplaced")
    def unplaced(
        request: Request,
        visitor: Annotated[Visitor, Depends(seen_by(Role.coordinator))],
        account: str = "",
        after: str = "",
    ) -> Response:
        with house.database.read() as tx:
            found = inbox.unplaced_page(tx, legible(account), _place_from(after), PAGE + 1)
            counts = inbox.unplaced(tx)
            calendar = Calendar(house.settings.time_zone, house.database.now(tx))
        following = ""
        if len(found) > PAGE:
            last = found[PAGE - 1]
            following = "?" + urlencode({"account": account, "after": f"{last.received_at.isoformat()}|{last.id}"})
        told: dict[str, Any] = {"documents": found[:PAGE], "counts": counts, "account": account}
        told["following"] = following
        return pages.show(request, "unplaced.html", **told, calendar=calendar)

    @desk.get("/admin/unplaced/{key}")
    def document(
        request: Request, key: str, visitor: Annotated[Visitor, Depends(seen_by(Role.coordinator))], save: str = ""
    ) -> Response:
        with house.database.read() as tx:
            kept = inbox.load(tx, legible(key))
            if kept is None:
                raise NotFound("no such document was delivered.")
            content = _without_secrets(inbox.content(tx, kept))
        name = f"{kept.kind or 'document'} {kept.number}".strip()
        return answer_with(pages, request, KeptBytes(name, content, "/admin/unplaced", "what found no place"), save)


def _place_from(text: str) -> tuple[datetime, str] | None:
    """Where a page is to begin. Raises NotPossible for what no page of ours has said."""
    if not text:
        return None
    moment, _, key = legible(text).partition("|")
    try:
        at = datetime.fromisoformat(moment)
        fits = at.tzinfo is not None and bool(key)
        place = (at.astimezone(UTC), key)
    except (ValueError, OverflowError):
        fits = False
    if not fits:
        raise NotPossible("this part of the list cannot be found; begin at the first page.")
    return place


def _add_unread_orders(desk: FastAPI, pages: Pages) -> None:
    house = pages.house

    @desk.get("/admin/unread-orders")
    def unread(
        request: Request, visitor: Annotated[Visitor, Depends(seen_by(Role.coordinator))], after: str = ""
    ) -> Response:
        account, _, sha256 = legible(after).partition("|")
        with house.database.read() as tx:
            found = orders.unread_page(tx, (account, sha256), PAGE + 1)
            calendar = Calendar(house.settings.time_zone, house.database.now(tx))
        last = found[PAGE - 1] if len(found) > PAGE else None
        following = "?" + urlencode({"after": f"{last.account}|{last.sha256}"}) if last else ""
        told: dict[str, Any] = {"documents": found[:PAGE], "following": following, "calendar": calendar}
        return pages.show(request, "unread_orders.html", **told)

    @desk.get("/admin/unread-orders/{account}/{sha256}")
    def document(
        request: Request,
        account: str,
        sha256: str,
        visitor: Annotated[Visitor, Depends(seen_by(Role.coordinator))],
        save: str = "",
    ) -> Response:
        with house.database.read() as tx:
            found = orders.unread_document(tx, legible(account), legible(sha256))
            if found is None:
                raise NotFound("there is no such order document.")
            content = _without_secrets(blob(tx, found.sha256))
        name = f"purchase order {found.number}".strip()
        back = KeptBytes(name, content, "/admin/unread-orders", "orders that could not be read")
        return answer_with(pages, request, back, save)


def _without_secrets(content: bytes) -> bytes:
    return content if shown_as(content) else scrub_bytes(content)

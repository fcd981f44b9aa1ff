"""Orders that wait for a second person: their list, their place on a packet's page, and what may be said to them."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Form, Path, Query, Request
from fastapi.responses import Response

from gateway import asking
from gateway.commands.wording import Calendar
from gateway.desk.deciding import done
from gateway.desk.guard import ordered_by, seen_by
from gateway.desk.pages import Pages
from gateway.errors import NotPossible, legible
from gateway.four_eyes import needs_two
from gateway.house import House
from gateway.identity import Visitor
from gateway.store import asked_orders
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord
from gateway.store.people import Role

PAGE = 25
_LONGEST_REASON = 1000
_Number = Annotated[int, Path(ge=1, le=2**53)]

SAID = {
    "asked": "Nothing is done yet: it waits until an approver other than you agrees.",
    "agree": "You agreed, and it was carried out.",
    "decline": "You declined; nothing of it was done.",
    "withdraw": "Taken back; nothing of it was done.",
}
"""What is said after each step of an order for two."""


def add_agreeing(desk: FastAPI, pages: Pages) -> None:
    """The doors `/asked` and `/packets/{packet_id}/asked/{no}/...`."""
    house = pages.house
    may_agree = Annotated[Visitor, Depends(ordered_by(Role.approver))]

    @desk.get("/asked")
    def asked(
        request: Request,
        visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))],
        after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    ) -> Response:
        with house.database.read() as tx:
            found = asked_orders.waiting(tx, after, PAGE + 1)
            calendar = Calendar(house.settings.time_zone, house.database.now(tx))
        following = f"/asked?after={found[PAGE - 1][0].no}" if len(found) > PAGE else ""
        told: dict[str, Any] = {"rows": found[:PAGE], "following": following, "first": "/asked" if after else ""}
        return pages.show(request, "asked.html", calendar=calendar, **told)

    @desk.post("/packets/{packet_id}/asked/{no}/agree")
    def agree(packet_id: str, no: _Number, visitor: may_agree) -> Response:
        asking.agree(house, legible(packet_id), no, visitor.name)
        return done(house, visitor, legible(packet_id), "agree")

    @desk.post("/packets/{packet_id}/asked/{no}/decline")
    def decline(packet_id: str, no: _Number, visitor: may_agree, why: Annotated[str, Form()] = "") -> Response:
        if len(why) > _LONGEST_REASON:
            raise NotPossible(f"a reason has at most {_LONGEST_REASON} characters.")
        asking.decline(house, legible(packet_id), no, visitor.name, why)
        return done(house, visitor, legible(packet_id), "decline")

    @desk.post("/packets/{packet_id}/asked/{no}/withdraw")
    def withdraw(
        packet_id: str, no: _Number, visitor: Annotated[Visitor, Depends(ordered_by(Role.coordinator))]
    ) -> Response:
        asking.withdraw(house, legible(packet_id), no, visitor.name)
        return done(house, visitor, legible(packet_id), "withdraw")


def second_look(house: House, tx: Tx, record: PacketRecord) -> dict[str, Any]:
    """What a packet's page tells of orders for two, by the names that `four_eyes.html` uses."""
    asked = asked_orders.open_of(tx, record.id)
    return {
        "asked": asked if asked and asked.is_about(record) else None,
        "lapsed": asked if asked and not asked.is_about(record) else None,
        "needs_two": needs_two(house, (record.currency, record.total)),
    }


def among(tx: Tx, records: Sequence[PacketRecord]) -> dict[str, Any]:
    """What the work list tells of orders for two, by the names that `four_eyes_note.html` and `..._mark.html` use."""
    return {
        "asked_for": asked_orders.among(tx, tuple(record.id for record in records)),
        "number_asked": asked_orders.number_waiting(tx),
    }

"""Orders about one packet, from its page: through `gateway.decisions` and `gateway.arrangements`, as on a terminal.

Each bears the name of whoever is signed in, and is about the state that the page showed and no other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, File, Form, UploadFile
from fastapi.responses import RedirectResponse, Response

from gateway import arrangements, decisions
from gateway.asking import ordered
from gateway.desk.confirming import sealed
from gateway.desk.guard import ordered_by
from gateway.desk.list_address import LONGEST
from gateway.desk.pages import Pages
from gateway.errors import NotPossible, legible
from gateway.house import House
from gateway.identity import Visitor
from gateway.packet import canonical_json, json_from
from gateway.store import packets
from gateway.store.people import Role

_NINE = time(9, 0)


@dataclass(frozen=True, slots=True)
class Order:
    """What a form said: who orders, about which state of which packet, and its fields by name."""

    who: str
    packet_id: str
    looked_at: str
    fields: Mapping[str, str]
    paper: tuple[str, str, bytes] | None = None  # name, media type, bytes

    @property
    def why(self) -> str:
        return self.fields["why"]

    def must(self, name: str, words: str) -> str:
        """A field that must be filled in. Raises NotPossible."""
        if not self.fields[name]:
            raise NotPossible(words)
        return self.fields[name]


def add_deciding(desk: FastAPI, pages: Pages) -> None:
    """The door `/packets/{packet_id}/decide`."""
    house = pages.house

    @desk.post("/packets/{packet_id}/decide")
    def decide(
        packet_id: str,
        visitor: Annotated[Visitor, Depends(ordered_by(Role.coordinator))],
        order: Annotated[str, Form()] = "",
        looked_at: Annotated[str, Form()] = "",
        proposal: Annotated[str, Form()] = "",
        why: Annotated[str, Form()] = "",
        reference: Annotated[str, Form()] = "",
        until: Annotated[str, Form()] = "",
        number: Annotated[str, Form()] = "",
        owner: Annotated[str, Form()] = "",
        was: Annotated[str, Form()] = "",
        text: Annotated[str, Form()] = "",
        kind: Annotated[str, Form()] = "",
        listed: Annotated[str, Form(alias="list")] = "",
        paper: Annotated[UploadFile | None, File()] = None,
    ) -> Response:
        named = {"proposal": proposal, "why": why, "reference": reference, "until": until, "number": number}
        named |= {"owner": owner, "was": was, "text": text, "kind": kind}
        # Browsers send every end of a line as CR LF, and count it as one character.
        named = {name: legible(value.replace("\r\n", "\n").strip()) for name, value in named.items()}
        if any(len(value) > arrangements.LONGEST_COMMENT for value in named.values()):
            raise NotPossible(f"nothing here may have more than {arrangements.LONGEST_COMMENT} characters.")
        given = Order(
            visitor.name,
            legible(packet_id),
            looked_at or "unseen",
            named,
            _paper(paper),
        )
        carry_out = ORDERS.get(order)
        if carry_out is None:
            raise NotPossible("this is no order that there is; nothing was done.")
        was_done = ordered(house, lambda: carry_out(house, given))
        return done(house, visitor, given.packet_id, order if was_done else "asked", listed)


def done(house: House, visitor: Visitor, packet_id: str, order: str, listed: str = "") -> Response:
    """Leads back to the packet's page, which says what was done; `listed`: the list that it was reached from."""
    with house.database.read() as tx:
        told = {"done": sealed(visitor, packet_id, order, house.database.now(tx))}
    if listed:
        told["list"] = listed[:LONGEST]
    return RedirectResponse(f"/packets/{quote(packet_id, safe='')}?{urlencode(told)}", status_code=303)


def _paper(sent: UploadFile | None) -> tuple[str, str, bytes] | None:
    if sent is None or not sent.filename:
        return None
    return sent.filename, sent.content_type or "application/octet-stream", sent.file.read()


# --- one for each order -------------------------------------------------------------------------------------------


def _correct(house: House, order: Order) -> None:
    seen = order.must("proposal", "say which proposed correction is meant; look at the packet again.")
    decisions.correct(house, order.packet_id, order.who, order.why, seen=seen)


def _check_again(house: House, order: Order) -> None:
    decisions.check_again(house, order.packet_id, order.who, order.why, looked_at=order.looked_at)


def _sent_as(house: House, order: Order) -> None:
    decisions.sent_as(
        house, order.packet_id, order.fields["reference"], order.who, order.why, looked_at=order.looked_at
    )


def _not_sent(house: House, order: Order) -> None:
    decisions.not_sent(house, order.packet_id, order.who, order.why, looked_at=order.looked_at)


def _wait(house: House, order: Order) -> None:
    decisions.wait(house, order.packet_id, order.who, order.why, looked_at=order.looked_at)


def _stop(house: House, order: Order) -> None:
    decisions.stop(house, order.packet_id, order.who, order.why, looked_at=order.looked_at)


def _void(house: House, order: Order) -> None:
    decisions.void(house, order.packet_id, order.who, order.why, looked_at=order.looked_at)


def _credit(house: House, order: Order) -> None:
    number = order.must("number", "give the credit note a number of its own.")
    why = order.must("why", "say what is credited for; clients ask for the reason.")
    decisions.credit(house, order.packet_id, number, order.who, why, looked_at=order.looked_at)


def nine_on(text: str, time_zone: str) -> datetime:
    """Nine in the morning of the day that a form names, in the office's calendar. Raises NotPossible."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day, made an instant below
    except ValueError:
        raise NotPossible("name the day as year, month and day, such as 2026-11-30.") from None
    return datetime.combine(day, _NINE, ZoneInfo(time_zone))


def _put_off(house: House, order: Order) -> None:
    until = nine_on(order.fields["until"], house.settings.time_zone)
    arrangements.put_off(house, order.packet_id, until, order.who, order.why, looked_at=order.looked_at)


def _leave(house: House, order: Order) -> None:
    until = nine_on(order.fields["until"], house.settings.time_zone)
    arrangements.leave(house, order.packet_id, until, order.who, order.why, looked_at=order.looked_at)


def _take(house: House, order: Order) -> None:
    arrangements.take(house, order.packet_id, order.fields["owner"], order.who, was=order.fields["was"])


def _comment(house: House, order: Order) -> None:
    arrangements.comment(house, order.packet_id, order.fields["text"], order.who)


def _attach(house: House, order: Order) -> None:
    if order.paper is None:
        raise NotPossible("choose the file that is to be attached.")
    name, media_type, content = order.paper
    with house.database.read() as tx:
        record = packets.load(tx, order.packet_id)
        if record is None:
            raise NotPossible("there is no such packet.")
        handed: Any = json_from(canonical_json(packets.body(tx, record.id, record.revision)))
    handed.setdefault("documents", []).append({"kind": order.fields["kind"], "name": name, "media_type": media_type})
    why = order.why or f"attached {name}"
    decisions.amend(house, order.packet_id, handed, {name: content}, order.who, why, looked_at=order.looked_at)


ORDERS: Mapping[str, Callable[[House, Order], None]] = {
    "correct": _correct,
    "check_again": _check_again,
    "attach": _attach,
    "sent_as": _sent_as,
    "by_hand": _sent_as,
    "not_sent": _not_sent,
    "wait": _wait,
    "put_off": _put_off,
    "leave": _leave,
    "void": _void,
    "credit": _credit,
    "stop": _stop,
    "take": _take,
    "comment": _comment,
}

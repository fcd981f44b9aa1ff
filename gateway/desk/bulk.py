"""Orders about many packets: a page that says beforehand what will happen to which, and the doing, one by one.

Each packet is decided about in a transaction of its own, bound to the state that was seen. An order that is sent twice
finds every packet moved on (a comment: kept before), so nothing is done twice, and what was done is told for each.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

import structlog
from fastapi import Depends, FastAPI, Form, Request
from fastapi.responses import Response

from gateway import arrangements
from gateway.asking import ordered
from gateway.desk.bulk_orders import BY_NAME, Affected, BulkOrder, Given, chosen_from, kinds_of, sorted_out
from gateway.desk.guard import ordered_by
from gateway.desk.list_address import LONGEST
from gateway.desk.pages import Pages, reason_name
from gateway.errors import ClearbillError, NotPossible, Refused, legible
from gateway.house import House
from gateway.identity import Visitor
from gateway.secrets import scrub
from gateway.store import people
from gateway.store.database import DatabaseTrouble
from gateway.store.packets import PacketRecord
from gateway.store.people import Role

log = structlog.get_logger("clearbill.desk")


@dataclass(frozen=True, slots=True)
class Group:
    """Packets to which the same will be done: `name` of the kind of correction, and their money by currency."""

    name: str
    affected: tuple[Affected, ...]
    totals: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the order for one packet: `why` is "" where it was carried out, or a second person was `asked`."""

    packet_id: str
    record: PacketRecord | None
    why: str
    asked: bool = False


def add_bulk(desk: FastAPI, pages: Pages) -> None:
    """The doors `/bulk`, which only shows, and `/bulk/do`."""
    house = pages.house

    @desk.post("/bulk")
    def show(
        request: Request,
        visitor: Annotated[Visitor, Depends(ordered_by(Role.coordinator))],
        order: Annotated[str, Form()] = "",
        chosen: Annotated[Sequence[str], Form()] = (),
        listed: Annotated[str, Form(alias="list")] = "",
    ) -> Response:
        wanted = _order(order)
        with house.database.read() as tx:
            affected, left_out = sorted_out(tx, wanted, chosen_from(chosen))
            names = people.names(tx)
        return pages.show(
            request,
            "bulk.html",
            order=wanted,
            groups=_groups(affected),
            left_out=left_out,
            people=names,
            once=secrets.token_hex(8),
            listed=listed[:LONGEST],
        )

    @desk.post("/bulk/do")
    def do(
        request: Request,
        visitor: Annotated[Visitor, Depends(ordered_by(Role.coordinator))],
        order: Annotated[str, Form()] = "",
        chosen: Annotated[Sequence[str], Form()] = (),
        listed: Annotated[str, Form(alias="list")] = "",
        once: Annotated[str, Form()] = "",
        owner: Annotated[str, Form()] = "",
        until: Annotated[str, Form()] = "",
        why: Annotated[str, Form()] = "",
        text: Annotated[str, Form()] = "",
    ) -> Response:
        typed = {"owner": owner, "until": until, "why": why, "text": text}
        fields = {name: legible(value.replace("\r\n", "\n").strip()) for name, value in typed.items()}
        if any(len(value) > arrangements.LONGEST_COMMENT for value in fields.values()):
            raise NotPossible(f"nothing here may have more than {arrangements.LONGEST_COMMENT} characters.")
        wanted = _order(order)
        outcomes = carried_out(house, wanted, Given(visitor.name, fields, legible(once)[:40]), chosen)
        return pages.show(request, "bulk_done.html", order=wanted, outcomes=outcomes, listed=listed[:LONGEST])


def _order(name: str) -> BulkOrder:
    found = BY_NAME.get(name)
    if found is None:
        raise NotPossible("this cannot be ordered for several packets at once; nothing was done.")
    return found


def _groups(affected: Sequence[Affected]) -> list[Group]:
    """One for each kind of correction, the largest first; of any other order there is one."""
    found = []
    for kind, those in kinds_of(affected).items():
        totals: dict[str, Decimal] = {}
        for one in those:
            totals[one.record.currency] = totals.get(one.record.currency, Decimal(0)) + one.record.total
        found.append(Group(", ".join(map(reason_name, kind)), tuple(those), totals))
    return sorted(found, key=lambda group: -len(group.affected))


def carried_out(house: House, order: BulkOrder, given: Given, values: Sequence[str]) -> list[Outcome]:
    """Carries an order out packet by packet, and tells what became of each. Raises NotPossible for what is no order
    about one kind of correction; nothing was done then."""
    chosen = chosen_from(values)
    with house.database.read() as tx:
        affected, left_out = sorted_out(tx, order, chosen)
    if len(kinds_of(affected)) > 1:
        raise NotPossible("these are corrections of several kinds; accept them kind by kind. Nothing was done.")
    outcomes = [Outcome(one.packet_id, one.record, one.why) for one in left_out]
    return [_carried_out(house, order, given, one) for one in affected] + outcomes


def _carried_out(house: House, order: BulkOrder, given: Given, one: Affected) -> Outcome:
    try:
        asked = not ordered(house, lambda: order.carry_out(house, given, one.chosen))
    except DatabaseTrouble as fault:
        log.error("database_trouble", packet=one.record.id, order=order.order, error=scrub(str(fault)))
        return Outcome(one.record.id, one.record, "the database did not answer; look at the packet")
    except ClearbillError as fault:
        if not isinstance(fault, Refused):
            log.error("order_failed", packet=one.record.id, order=order.order, error=scrub(str(fault)))
        return Outcome(one.record.id, one.record, str(fault))
    return Outcome(one.record.id, one.record, "", asked)

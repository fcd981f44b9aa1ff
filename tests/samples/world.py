"""What a sample checklist is asked of: a packet, its time sheets, the orders and the day, as data, and what it answers.

`right.json` holds a client's right packet and the world around it; `cases.yaml` holds small spoils of it, in the
operations of JSON Patch (RFC 6902; `times` repeats one). Numbers are text, as in packets.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from checklists.check import check
from checklists.checklist import Checklist
from checklists.facts import Billed, Facts, InFlight
from gateway.order import LineTerms, Order, OrderLine, OrderState, OrderVersion
from gateway.packet import OrderLineKind, Packet, packet_from
from gateway.timesheets import contents, read_sheets

World = dict[str, Any]
Patch = Sequence[Mapping[str, Any]]


def patched(world: World, patch: Patch) -> World:
    """The world after these changes."""
    changed = deepcopy(world)
    for one in patch:
        for time in range(int(one.get("times", 1))):
            for path in _paths(changed, one["path"]):
                _apply(changed, {**one, "path": path}, time)
    return changed


def _paths(world: World, path: str) -> list[str]:
    """The path, or for `lines/*` one for every line."""
    before, every, after = path.partition("/lines/*")
    return [f"{before}/lines/{at}{after}" for at in range(len(_value(world, f"{before}/lines")))] if every else [path]


def _apply(world: World, one: Mapping[str, Any], time: int) -> None:
    place, last = _found(world, one["path"])
    match one["op"]:
        case "remove":
            del place[last]
        case "replace":
            assert last in place if isinstance(place, dict) else last < len(place), f"nothing stands at {one['path']}"
            place[last] = deepcopy(one["value"])
        case "add" | "copy":
            value = deepcopy(_value(world, one["from"]) if one["op"] == "copy" else one["value"])
            if one["op"] == "copy":
                _name_anew(value, time)
            if isinstance(place, list):
                place.insert(last, value)
            else:
                place[last] = value
        case other:
            raise ValueError(f"{other!r} is no operation")


def _name_anew(value: Any, time: int) -> None:
    """A copied line has a number of its own, a copied paper a file of its own."""
    if isinstance(value, dict) and "quantity" in value:
        value["number"] = 1000 + time
    elif isinstance(value, dict) and "media_type" in value:
        value["name"] = f"{time}-{value['name']}"
    elif isinstance(value, dict) and "number" in value:
        value["number"] = str(1000 + time)


def _found(world: World, path: str) -> tuple[Any, Any]:
    *way, last = [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
    place: Any = world
    for step in way:
        place = place[_step(place, step)]
    return place, _step(place, last)


def _step(place: Any, step: str) -> Any:
    """A key, a position (`-`: the end), the first paper of a kind, or `*`: the only entry of a mapping."""
    if isinstance(place, dict):
        return next(iter(place)) if step == "*" else step
    if step == "-":
        return len(place)
    return int(step) if step.isdigit() else next(at for at, one in enumerate(place) if one["kind"] == step)


def _value(world: World, path: str) -> Any:
    place, last = _found(world, path)
    return place[last]


# --- asking -------------------------------------------------------------------------------------------------------


def packet_in(world: World) -> Packet:
    """The packet, its time sheets' files with the facts of their bytes."""
    values = deepcopy(world["packet"])
    for document in values["documents"]:
        if document["name"] in world["sheets"]:
            document["sha256"] = hashlib.sha256(_bytes(world, document["name"])).hexdigest()
    return packet_from(values)


def _bytes(world: World, name: str) -> bytes:
    return json.dumps(world["sheets"].get(name, {})).encode()


def facts_in(world: World, packet: Packet, checklist: Checklist) -> Facts:
    """What lies outside the packet."""
    files = {document.name: _bytes(world, document.name) for document in packet.documents}
    told = world.get("facts", {})
    return Facts(
        today=date.fromisoformat(world["today"]),
        made_on=packet.generated_at.date(),
        orders={one["number"]: order_from(one) for one in world["orders"]} | dict.fromkeys(world.get("unknown", ())),
        in_flight={key: InFlight(Decimal(total)) for key, total in told.get("in_flight", {}).items()},
        number_used_by=told.get("number_used_by", ""),
        number_ended_as=told.get("number_ended_as", ""),
        numbers_used=tuple(told.get("numbers_used", ())),
        original=told.get("original"),
        sheets=read_sheets(packet, checklist, contents(packet, files)),
        billed_before={key: tuple(_billed(row) for row in rows) for key, rows in told.get("billed", {}).items()},
    )


def _billed(row: Mapping[str, Any]) -> Billed:
    return Billed(date.fromisoformat(row["day"]), int(row["line"]), Decimal(row["amount"]))


def order_from(given: Mapping[str, Any]) -> Order:
    """A row of the order register."""
    days: dict[str, Any] = {
        name: date.fromisoformat(given[name]) for name in ("valid_from", "valid_to") if given.get(name)
    }
    return Order(
        number=given["number"],
        state=OrderState(given["state"]),
        currency=given["currency"],
        lines=tuple(_order_line(row) for row in given["lines"]),
        payload_id=given.get("payload_id", ""),
        earlier=tuple(OrderVersion(row["payload_id"]) for row in given.get("earlier", ())),
        site=given.get("site", ""),
        **days,
    )


def _order_line(row: Mapping[str, Any]) -> OrderLine:
    amounts = ("quantity", "price", "amount", "invoiced_quantity", "invoiced_amount")
    return OrderLine(
        number=row["number"],
        kind=OrderLineKind(row["kind"]),
        description=row.get("description", ""),
        part_number=row.get("part_number", ""),
        unit=row.get("unit", ""),
        state=OrderState(row.get("state", "open")),
        terms=LineTerms(end=date.fromisoformat(row["end"]) if row.get("end") else None),
        **{name: Decimal(row[name]) if name in row else None for name in amounts},
    )


def answers(checklist: Checklist, world: World, ask: Mapping[str, Any]) -> tuple[Any, ...]:
    """What the checklist says: its findings, or what is asked of it besides (`ask`, one question)."""
    if not ask:
        packet = packet_in(world)
        found = check(packet, checklist, facts_in(world, packet, checklist))
        return tuple((one.code, one.severity.value, one.who_acts.value, one.path, one.sentence) for one in found)
    ((question, about),) = ask.items()
    return _QUESTIONS[question](checklist, about)


def _second_number(checklist: Checklist, about: Sequence[Any]) -> tuple[Any, ...]:
    number, ended_as, *used = about
    try:
        return (
            checklist.number.for_second_try(number, ended_as, used or [number]),
            checklist.number.rule_after(ended_as),
        )
    except ValueError as fault:
        return (str(fault),)


def _cut_off(checklist: Checklist, about: str) -> tuple[Any, ...]:
    coming = checklist.next_cut_off(datetime.fromisoformat(about))
    return (coming.isoformat() if coming else "",)


def _working_days(checklist: Checklist, about: Sequence[Any]) -> tuple[Any, ...]:
    moment, days = about
    return (checklist.calendar.working_days_after(datetime.fromisoformat(moment), days).isoformat(),)


_QUESTIONS: Mapping[str, Callable[[Checklist, Any], tuple[Any, ...]]] = {
    "second_number": _second_number,
    "candidates": lambda checklist, about: checklist.orders.candidates(about),
    "cut_off": _cut_off,
    "working_days": _working_days,
    "contacts": lambda checklist, about: tuple((one.role, one.acts_for, one.email) for one in checklist.contacts),
    "escalation": lambda checklist, about: tuple((one.after_days, one.role) for one in checklist.escalation),
    "units": lambda checklist, about: tuple(sorted(checklist.units.mapping.items())),
    "pay_code_words": lambda checklist, about: tuple(sorted(checklist.labour.words_for(about))),
    "may_change": lambda checklist, about: (checklist.corrections.permits(about[0], about[1:]),),
    "from_words": lambda checklist, about: (checklist.corrections.from_words,),
    "written_with": lambda checklist, about: (str(getattr(checklist.presentation, about)),),
    "in_force": lambda checklist, about: (checklist.is_in_force_on(date.fromisoformat(about)),),
}

"""Editing a held packet: its fields as a form, what would change shown first, then `gateway.decisions.amend`.

Sums are checked as at the intake; the checklist sees the new revision before the portal does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import Response

from gateway import decisions
from gateway.asking import ordered
from gateway.changes import difference
from gateway.commands.telling import changes_in_words
from gateway.commands.wording import place
from gateway.desk.deciding import done
from gateway.desk.guard import ordered_by, seen_by
from gateway.desk.packet_page import packet_at
from gateway.desk.pages import Pages, fit_to_be_seen
from gateway.desk.sheet import LINES, sheet_of
from gateway.errors import NotPossible, PacketRefused, legible
from gateway.four_eyes import needs_two
from gateway.identity import Visitor
from gateway.intake import check_hand_over
from gateway.packet import Packet, canonical_json, json_from
from gateway.store import packets
from gateway.store.database import Tx, blobs
from gateway.store.packets import PacketRecord
from gateway.store.people import Role

_OFTEN_MISSING = (
    *("/invoice/due_on", "/invoice/contract_number", "/invoice/buyer_reference", "/invoice/note"),
    *("/invoice/orders/0/number", "/invoice/period/start", "/invoice/period/end", "/invoice/payment_terms/code"),
)
_OF_LINES = ("description", "quantity", "unit", "unit_price", "net_amount", "order/number", "order/line")
_WHOLE_NUMBERS = ("/order/line", "/net_days")


@dataclass(frozen=True, slots=True)
class Box:
    """One field of the form: its pointer, its name in words, what stands in it, what is said against it."""

    pointer: str
    name: str
    value: str
    said: tuple[str, ...] = ()

    @property
    def part(self) -> str:
        """The part of the invoice that it belongs to: a party, a line, or the invoice itself."""
        first = self.name.split(", ")[0]
        return first if first in _PARTIES or self.pointer.startswith("/invoice/lines/") else "the invoice"


_PARTIES = ("buyer", "remit to", "seller")


async def _typed(request: Request) -> Mapping[str, str]:
    """Every text of the form by its name."""
    form = await request.form()
    texts = {name: value for name, value in form.items() if isinstance(value, str)}
    # Browsers send every end of a line as CR LF (HTML, "multipart/form-data" and "urlencoded" algorithms).
    return {name: legible(value.replace("\r\n", "\n").strip()) for name, value in texts.items()}


def add_editing(desk: FastAPI, pages: Pages) -> None:
    """The door `/packets/{packet_id}/edit`."""
    house = pages.house

    @desk.get("/packets/{packet_id}/edit")
    def edit(
        request: Request,
        packet_id: str,
        visitor: Annotated[Visitor, Depends(seen_by(Role.coordinator))],
        line: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
        listed: Annotated[str, Query(alias="list")] = "",
    ) -> Response:
        with house.database.read() as tx:
            record = packet_at(tx, packet_id)
            decisions.may_be_amended(tx, record)
            packet = packets.body(tx, record.id, record.revision)
        boxes = _boxes(packet, record, line // LINES * LINES, {})
        return _form(pages, request, record, packet, boxes, line, (), listed=listed)

    @desk.post("/packets/{packet_id}/edit")
    def change(
        request: Request,
        packet_id: str,
        visitor: Annotated[Visitor, Depends(ordered_by(Role.coordinator))],
        typed: Annotated[Mapping[str, str], Depends(_typed)],
    ) -> Response:
        with house.database.read() as tx:
            record = packet_at(tx, packet_id)
            decisions.as_seen(record, typed.get("looked_at") or "unseen")
            decisions.may_be_amended(tx, record)
            before = packets.body(tx, record.id, record.revision)
            papers = _papers(tx, before)
        line = _number_in(typed.get("line", "")) or 0
        handed = _changed(before, _boxes(before, record, line, {}), typed)
        try:
            after = check_hand_over(house, handed, papers)
            changes = changes_in_words(difference(before, after))
            if not changes:
                raise NotPossible("nothing differs from the present revision; change something, or go back.")
            if typed.get("sure") != record.content_sha256:
                told: dict[str, Any] = {"changes": changes, "typed": typed, "sure": record.content_sha256}
                amounts = ((one.invoice.currency, one.invoice.totals.payable) for one in (before, after))
                told["needs_two"] = needs_two(house, *amounts)
                return pages.show(request, "edit_sure.html", record=record, why=typed.get("why", ""), **told)
            why, looked_at = typed.get("why", ""), typed["looked_at"]
            was_done = ordered(
                house,
                lambda: decisions.amend(house, record.id, handed, {}, visitor.name, why, looked_at=looked_at),
            )
        except PacketRefused as refused:
            boxes = _boxes(before, record, line, typed)
            problems = tuple(map(str, refused.problems))
            return _form(pages, request, record, before, boxes, line, problems, 409, typed.get("list", ""))
        return done(house, visitor, record.id, "edit" if was_done else "asked", typed.get("list", ""))


def _form(
    pages: Pages,
    request: Request,
    record: PacketRecord,
    packet: Packet,
    boxes: tuple[Box, ...],
    line: int,
    problems: tuple[str, ...],
    status: int = 200,
    listed: str = "",
) -> Response:
    told: dict[str, Any] = {
        "parts_of_it": _by_part(boxes),
        "line": line // LINES * LINES,
        "count": len(packet.invoice.lines),
        "problems": problems,
        "listed": listed,
    }
    return pages.show(request, "edit.html", status, record=record, looked_at=decisions.state_key(record), **told)


def _papers(tx: Tx, packet: Packet) -> Mapping[str, bytes]:
    kept = blobs(tx, tuple(dict.fromkeys(one.sha256 for one in packet.documents)))
    return {one.name: kept[one.sha256] for one in packet.documents}


def _by_part(boxes: tuple[Box, ...]) -> Mapping[str, list[tuple[int, Box]]]:
    """The fields by the part of the invoice that they belong to, each with a number of its own in the form."""
    found: dict[str, list[tuple[int, Box]]] = {"the invoice": []}
    for number, box in enumerate(boxes, 1):
        found.setdefault(box.part, []).append((number, box))
    return found


def _boxes(packet: Packet, record: PacketRecord, first: int, typed: Mapping[str, str]) -> tuple[Box, ...]:
    """The form's fields for the invoice and its lines from `first` on, with what was typed in before.

    What a page does not show as it is cannot be typed there either: it would come back changed, and nobody meant it."""
    sheet = sheet_of(packet, record.why, first)
    boxes = [Box(one.pointer, one.name, one.value, one.said) for one in sheet.fields]
    present = {box.pointer for box in boxes}
    boxes += [Box(pointer, place(pointer), "") for pointer in _OFTEN_MISSING if pointer not in present]
    values = json_from(canonical_json(packet))
    for n, row in enumerate(sheet.lines, first):
        for at, field in enumerate(_OF_LINES):
            pointer = f"/invoice/lines/{n}/{field}"
            boxes.append(Box(pointer, place(pointer), _value(values, pointer), row.said if at == 0 else ()))
    return tuple(
        Box(box.pointer, box.name, typed.get(box.pointer, box.value), box.said)
        for box in boxes
        if fit_to_be_seen(box.value) == box.value
    )


def _value(values: Any, pointer: str) -> str:
    for step in pointer.split("/")[1:]:
        values = values[int(step)] if isinstance(values, list) else values.get(step, {})
    return "" if values == {} else str(values)


def _changed(packet: Packet, boxes: tuple[Box, ...], typed: Mapping[str, str]) -> Any:
    """The packet's JSON with what was typed; only fields that the form has can be reached."""
    values: Any = json_from(canonical_json(packet))
    for box in boxes:
        text = typed.get(box.pointer, box.value)
        if text.strip() != box.value.strip():
            _put(values, box.pointer, text)
    return values


def _put(values: Any, pointer: str, text: str) -> None:
    """Sets a field, or takes it away where nothing was typed; whatever holds it is made where it is missing."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    for at, step in enumerate(steps[:-1]):
        if isinstance(values, list):
            if int(step) == len(values):
                values.append({})
            values = values[int(step)]
        else:
            values = values.setdefault(step, [] if steps[at + 1].isdecimal() else {})
    last = steps[-1]
    if not text:
        values.pop(last, None)
    else:
        number = _number_in(text) if pointer.endswith(_WHOLE_NUMBERS) else None
        values[last] = text if number is None else number


def _number_in(text: str) -> int | None:
    """A whole number of a length that anybody means."""
    return int(text) if text.isdecimal() and len(text) <= 9 else None

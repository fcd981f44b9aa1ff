"""Two revisions of a packet side by side: every field that differs, by its name, as it stood in each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import Response

from gateway.changes import difference
from gateway.commands.wording import Calendar, place
from gateway.desk.guard import seen_by
from gateway.desk.packet_page import packet_at
from gateway.desk.pages import Pages
from gateway.errors import NotFound
from gateway.identity import Visitor
from gateway.packet import Packet
from gateway.store import packets
from gateway.store.people import Role

MOST = 500
"""The most fields that are shown; an invoice may have thousands of lines."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs: its name in words, and what stood in it; "" where it was not there."""

    name: str
    before: str
    after: str


def add_comparing(desk: FastAPI, pages: Pages) -> None:
    """The door `/packets/{packet_id}/compare`."""
    house = pages.house

    @desk.get("/packets/{packet_id}/compare")
    def compare(
        request: Request,
        packet_id: str,
        visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))],
        first: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
        second: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    ) -> Response:
        with house.database.read() as tx:
            record = packet_at(tx, packet_id)
            newer = second or record.revision
            older = first or max(1, newer - 1)
            if max(older, newer) > record.revision:
                raise NotFound(f"this packet has no revision {max(older, newer)}; its last one is {record.revision}.")
            found = differences(*(packets.body(tx, record.id, n) for n in (older, newer)))
            calendar = Calendar(house.settings.time_zone, house.database.now(tx))
        told: dict[str, Any] = {"older": older, "newer": newer, "found": found[:MOST], "more": len(found) - MOST}
        return pages.show(request, "compare.html", record=record, calendar=calendar, **told)


def differences(before: Packet, after: Packet) -> tuple[Difference, ...]:
    """Every field that differs; of a line or paper that came or went all that it holds."""
    found = []
    for change in difference(before, after):
        sides = [dict(_leaves(change["path"], change[side])) if side in change else {} for side in ("was", "value")]
        for pointer in dict.fromkeys((*sides[0], *sides[1])):
            old, new = (side.get(pointer, "") for side in sides)
            found.append(Difference(place(pointer), old, new))
    return tuple(found)


def _leaves(pointer: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(f"{pointer}/{index}", inner)
    elif value not in ("", None):
        yield pointer, str(value)

"""A packet's page: the invoice beside the portal's own words, what to do, what was sent, and all that happened."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import Response

from checklists.checklist import Checklist
from gateway.adapter import Ability
from gateway.commands.telling import changes_in_words
from gateway.commands.wording import Calendar
from gateway.decisions import credit_note_of, state_key
from gateway.desk.agreeing import SAID, second_look
from gateway.desk.confirming import order_in
from gateway.desk.guard import seen_by
from gateway.desk.offers import CORRECT, DONE, Situation, offers
from gateway.desk.onward import onward
from gateway.desk.pages import Pages
from gateway.desk.sheet import LINES, sheet_of
from gateway.errors import NotFound, SettingWrong, legible
from gateway.house import House
from gateway.identity import Visitor
from gateway.packet import DocumentKind
from gateway.store import client_pauses, events, packet_files, packets, people
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord
from gateway.store.people import Role
from gateway.verdict import FINAL_STAGES, Verdict

EVENTS = 100
"""The most events on one page, the newest first asked for."""


@dataclass(frozen=True, slots=True)
class Word:
    """One thing that the portal said: of which transmission, when it was heard, and the answer it stood in."""

    attempt: int
    verdict: Verdict
    seen_at: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision and what it changed, in words."""

    n: int
    at: datetime
    author: str
    reason: str
    changes: tuple[str, ...]


def add_packet_page(desk: FastAPI, pages: Pages) -> None:
    """The door `/packets/{packet_id}`."""
    house = pages.house

    @desk.get("/packets/{packet_id}")
    def show(
        request: Request,
        packet_id: str,
        visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))],
        done: str = "",
        line: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
        before: Annotated[int | None, Query(ge=1, le=1_000_000_000)] = None,
        listed: Annotated[str, Query(alias="list")] = "",
    ) -> Response:
        with house.database.read() as tx:
            record = packet_at(tx, packet_id)
            told = everything(house, tx, record, line, before)
            now = told["calendar"].now
            told["done"] = (DONE | SAID).get(order_in(done, visitor, record.id, now), "")
            told |= {"listed": listed, "onward": None}
            if listed or told["done"]:
                told["onward"] = onward(tx, house.settings.time_zone, now, record, listed)
            if visitor.role.reaches(Role.coordinator):
                told |= orders(house, tx, record)
        return pages.show(request, "packet.html", **told)


def packet_at(tx: Tx, packet_id: str) -> PacketRecord:
    """The packet that an address names. Raises NotFound."""
    record = packets.load(tx, legible(packet_id))
    if record is None:
        raise NotFound("there is no packet with this id.")
    return record


def everything(house: House, tx: Tx, record: PacketRecord, line: int, before: int | None) -> dict[str, Any]:
    """What the packet's page tells: by the names that its template uses."""
    checklist = house.find_checklist(record.client, record.generated_at)
    packet = packets.body(tx, record.id, record.revision)
    happened = events.newest(tx, record.id, EVENTS, before)
    return {
        "record": record,
        "calendar": Calendar(house.settings.time_zone, house.database.now(tx)),
        "client": checklist.name if checklist else record.client,
        "contact": _contact(record, checklist),
        "sheet": sheet_of(packet, record.why, line // LINES * LINES),
        "words": _words(tx, record),
        "attempts": packets.attempts(tx, record.id),
        "answers": packet_files.answers(tx, record.id).attempts,
        "revisions": _revisions(tx, record),
        "events": happened,
        "earlier": happened[0].n if happened and happened[0].n > 1 else 0,
        "pause": client_pauses.of(tx, record.client) if record.stage not in FINAL_STAGES else None,
        "broken": events.broken_among(tx, happened),
        "offers": (),
        "editable": False,
        "proposed": None,
        **second_look(house, tx, record),
    }


def orders(house: House, tx: Tx, record: PacketRecord) -> dict[str, Any]:
    """What may be ordered now, and what the forms need."""
    credited = credit_note_of(tx, record.id) is not None
    now = Situation(record, packets.attempts(tx, record.id), _abilities(house, record.account), credited)
    return {
        "offers": offers(now),
        "looked_at": state_key(record),
        "editable": now.may_go_again,
        "proposed": record.proposed if CORRECT.when(now) else None,
        "correct": CORRECT,
        "changes": changes_in_words(record.proposed.patch) if record.proposed else (),
        "people": people.names(tx),
        "kinds": [kind.value for kind in DocumentKind],
    }


def _abilities(house: House, account: str) -> Collection[Ability]:
    """What can be done at the account's portal; nothing where the account is not set up, which is told elsewhere."""
    try:
        return house.portals.adapter(account).abilities
    except (SettingWrong, NotFound):
        return ()


def _contact(record: PacketRecord, checklist: Checklist | None) -> str:
    contact = checklist.contact_for(record.who_acts) if checklist else None
    if contact is None:
        return ""
    return ", ".join(filter(None, (contact.role, contact.email, contact.phone)))


def _words(tx: Tx, record: PacketRecord) -> tuple[Word, ...]:
    """What the portal said, the newest first."""
    numbers = {one.id: one.n for one in packets.attempts(tx, record.id)}
    kept = packet_files.answers(tx, record.id).verdicts
    said = zip(packets.verdicts(tx, record.id), kept, strict=False)  # another may have come between the two looks
    return tuple(Word(numbers.get(one, 0), verdict, at, sha256) for (one, verdict, at), sha256 in said)[::-1]


def _revisions(tx: Tx, record: PacketRecord) -> tuple[Revision, ...]:
    """Every revision after the first, the newest first."""
    rows = packets.revisions(tx, record.id)[:0:-1]
    return tuple(
        Revision(row.n, row.created_at, row.author, row.reason, tuple(changes_in_words(json.loads(row.diff))))
        for row in rows
    )

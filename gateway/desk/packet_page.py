"""A packet's page: the invoice beside the portal's own words, what to do, what was sent, and all that happened."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
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
from gateway.news import left_in_words
from gateway.packet import DocumentKind
from gateway.store import client_pauses, events, packet_files, packets, people, vigils
from gateway.store.database import Tx
from gateway.store.packets import AttemptRecord, PacketRecord, Word
from gateway.store.people import Role
from gateway.verdict import FINAL_STAGES

EVENTS = 100
"""The most events on one page, the newest first asked for."""


REVISIONS = 10
"""The most changes on one page; any two revisions can be compared."""
WORDS = 25
"""The most words of the portal on one page; the earlier ones stand in the time-line."""
PICTURES = 8
"""The most pictures of a driven portal on one page; the earlier ones stand in the time-line."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of what was seen at a driven portal: when, and at which transmission (0: at none)."""

    name: str
    sha256: str
    at: datetime
    attempt: int


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
    words, attempts = packets.last_words(tx, record.id, WORDS + 1), packets.attempts(tx, record.id)
    answers = packet_files.answers_to(tx, record.id)
    return {
        "record": record,
        "calendar": Calendar(house.settings.time_zone, house.database.now(tx)),
        "client": checklist.name if checklist else record.client,
        "contact": _contact(record, checklist),
        "sheet": sheet_of(packet, record.why, line // LINES * LINES),
        "words": words[:WORDS],
        "more_words": len(words) > WORDS,
        "attempts": attempts,
        "answers": answers,
        "payloads": payloads(happened, attempts, answers, words),
        "pictures": _pictures(tx, record.id),
        "revisions": _revisions(tx, record),
        "events": happened,
        "left": left_in_words(vigils.load(tx, record.id), record),
        "newest": happened[-1].n if happened and before is None else 0,
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


def _revisions(tx: Tx, record: PacketRecord) -> tuple[Revision, ...]:
    """The last revisions after the first, the newest first."""
    rows = (row for row in packets.newest_revisions(tx, record.id, REVISIONS) if row.n > 1)
    return tuple(
        Revision(row.n, row.created_at, row.author, row.reason, tuple(changes_in_words(json.loads(row.diff))))
        for row in rows
    )


def _pictures(tx: Tx, packet_id: str) -> tuple[Picture, ...]:
    """What was seen at a driven portal last, the newest first."""
    return tuple(
        Picture(one["name"], one["sha256"], event.at, event.data.get("attempt", 0))
        for event in events.newest_of_kind(tx, packet_id, "evidence", PICTURES)
        for one in event.data.get("files", ())
        if one["media_type"] in _PICTURES
    )[:PICTURES]


_PICTURES = ("image/png", "image/jpeg", "image/gif")
_OF_ANSWERS = ("waiting", "rejected", "refused", "in_doubt", "not_sent", "answered")


def payloads(
    happened: Sequence[events.Event],
    attempts: Sequence[AttemptRecord],
    answers: Mapping[int, str],
    words: Sequence[Word],
) -> Mapping[int, tuple[tuple[str, str], ...]]:
    """The bytes behind each event, by its number: (what they are, their hash)."""
    sent = {one.n: one.document_sha256 for one in attempts}
    return {event.n: tuple(_behind(event, sent, answers, words)) for event in happened}


def _behind(
    event: events.Event, sent: Mapping[int, str], answers: Mapping[int, str], words: Sequence[Word]
) -> Iterator[tuple[str, str]]:
    n, said = event.data.get("attempt", 0), (event.data.get("status"), event.data.get("portal_status"))
    if event.kind == "sending" and n in sent:
        yield "What was sent", sent[n]
    if event.kind in _OF_ANSWERS and answers.get(n):
        yield "What was answered", answers[n]
    for word in words:  # the newest first: the one that was heard last before the event is the one that it tells of
        told = (word.verdict.status.value, word.verdict.portal_status[:200])
        if word.sha256 and word.attempt == n and told == said and word.seen_at <= event.at:
            yield "What the portal said", word.sha256
            return

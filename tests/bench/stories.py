"""What may become of a packet, told by the product itself: each story is played once through the whole pipeline against
a portal in memory, and the rows that it leaves behind are a pattern for as many packets as a bench wants.

`told(folder)` plays them all on a scratch database; `Rows` are one packet's rows by table, as the database gave them.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pypdf import PdfWriter

from gateway import arrangements, decisions
from gateway.intake import accept
from gateway.packet import canonical_json, json_from
from gateway.store import packets, people, tables
from gateway.store.people import Role
from gateway.verdict import Actor, ReasonCode, Stage, Status
from tests.gateway.fake_portal import FakePortal
from tests.gateway.stage import BEGIN, CLIENTS, Clock, Scene, handed, open_scene, order
from tests.packets import labour, mileage

CLIENT, ACCOUNT, NUMBER = "example-power", "north", "PATTERN-{0}-NUMBER"
PEOPLE = ("alex", "jordan", "sam")
HOUR, DAY = 3_600.0, 86_400.0

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
OF_PACKET: Mapping[str, str] = {
    "packet": "id",
    "revision": "packet_id",
    "attempt": "packet_id",
    "verdict": "packet_id",
    "answer": "",  # by its attempt
    "event": "subject",
    "number_use": "packet_id",
    "commitment": "packet_id",
    "work": "packet_id",
}
"""The tables that hold something of a packet, in the order in which they can be filled, and the column that says of
which."""


@dataclass(frozen=True, slots=True)
class Story:
    """One way that a packet may go: of a thousand packets so many go it, begun in the last so many days."""

    name: str
    share: float
    play: Callable[[Scene, str], None]
    days: int = 365


@dataclass(frozen=True, slots=True)
class Told:
    """A story's pattern: the packet's id and number in it, when it ended, and its rows."""

    story: Story
    packet_id: str
    number: str
    ended: datetime
    rows: Rows


@dataclass(frozen=True, slots=True)
class Book:
    """Every pattern; the bytes that they name, by hash; and the order that all of them bill."""

    patterns: tuple[Told, ...]
    blobs: Mapping[str, bytes]
    order: Mapping[str, Any]


# --- how it may go ------------------------------------------------------------------------------------------------


def _submitted(scene: Scene, number: str, **changes: Any) -> str:
    hours = str(16 + 7 * int(number.split("-")[1]) % 29)  # weeks differ
    whole = handed(number, **{"lines": [labour(hours=hours), mileage()], **changes})
    whole["generated_at"] = scene.clock.now.isoformat()
    names = ("timesheet-lineman.pdf", "acceptance-form.pdf")
    kinds = ("timesheet", "acceptance_form")
    whole["documents"] = [
        {"kind": kind, "name": name, "media_type": "application/pdf"} for kind, name in zip(kinds, names, strict=True)
    ]
    packet_id = accept(scene.house, whole, {name: a_paper(name) for name in names}).packet_id
    scene.later(90)
    return packet_id


@cache
def a_paper(title: str) -> bytes:
    """A PDF of one empty page."""
    writer, made = PdfWriter(), io.BytesIO()
    writer.add_blank_page(612, 792)
    writer.add_metadata({"/Title": title})
    writer.write(made)
    return made.getvalue()


def _accepted(scene: Scene, number: str) -> None:
    scene.later(4 * DAY)
    scene.says(number, Status.accepted, word="Approved")
    scene.later(9 * DAY)
    scene.says(number, Status.paid, word="Paid")


def _clean(scene: Scene, number: str) -> None:
    _submitted(scene, number)
    scene.later(HOUR)
    scene.says(number, Status.in_process, word="Pending approval")
    _accepted(scene, number)


def _corrected(scene: Scene, number: str) -> None:
    """The portal asks for another spelling of the units, and gets it without a person."""
    scene.portal.next_time(FakePortal.refuses(ReasonCode.unit_mismatch, path="/invoice/lines/0/unit", text="Unit HR?"))
    _submitted(scene, number, lines=[labour(unit="HR"), mileage()])
    scene.much_later(3)
    _settled(scene, number)


def _settled(scene: Scene, number: str) -> None:
    """By a person, where the house could not."""
    packet_id = _id_of(scene, number)
    if scene.stage(packet_id) is Stage.held:
        scene.later(HOUR)
        decisions.check_again(scene.house, packet_id, "alex", "the client says it is right")
        scene.later(90)
    _accepted(scene, scene.record(packet_id).invoice_number)


def _queried(scene: Scene, number: str) -> None:
    packet_id = _submitted(scene, number)
    scene.later(2 * DAY)
    scene.says(number, Status.under_query, ReasonCode.hours_mismatch, word="Disputed", text="Hours differ on line 1")
    scene.later(HOUR)
    arrangements.take(scene.house, packet_id, "alex", "alex")
    arrangements.comment(scene.house, packet_id, "The foreman confirms the hours; told the client so.", "alex")
    decisions.wait(scene.house, packet_id, "alex", "the client looks again")
    _accepted(scene, number)


def _sent_again(scene: Scene, number: str) -> None:
    _submitted(scene, number)
    scene.later(DAY)
    scene.says(number, Status.rejected, ReasonCode.not_received, word="Rejected", text="Receipt is missing")
    scene.later(90)
    _settled(scene, number)


def _stopped(scene: Scene, number: str) -> None:
    packet_id = _submitted(scene, number)
    scene.later(DAY)
    scene.says(number, Status.rejected, ReasonCode.po_closed, word="Rejected", text="Order is closed")
    scene.later(2 * DAY)
    decisions.stop(scene.house, packet_id, "jordan", "billed on another order")


def _waiting(scene: Scene, number: str) -> None:
    _submitted(scene, number)
    scene.later(HOUR)
    scene.says(number, Status.in_process, word="Pending approval")


def _just_in(scene: Scene, number: str) -> None:
    accept(scene.house, {**handed(number), "generated_at": scene.clock.now.isoformat()}, {})


def _refused(code: ReasonCode, text: str, path: str = "", *, owner: str = "") -> Callable[[Scene, str], None]:
    def play(scene: Scene, number: str) -> None:
        packet_id = _submitted(scene, number)
        scene.later(DAY)
        scene.says(number, Status.rejected, code, word="Rejected", text=text)
        scene.much_later(2)
        if owner:
            arrangements.take(scene.house, packet_id, owner, owner)
        assert scene.stage(packet_id) is Stage.held, f"{code} is not held"

    return play


def _asked_for(code: ReasonCode, text: str, who: Actor) -> Callable[[Scene, str], None]:
    def play(scene: Scene, number: str) -> None:
        packet_id = _submitted(scene, number)
        scene.later(DAY)
        scene.says(number, Status.under_query, code, word="Disputed", text=text, who=who)
        assert scene.stage(packet_id) is Stage.held, f"{code} is not held"

    return play


def _in_doubt(scene: Scene, number: str) -> None:
    """The answer is lost, and what the portal shows does not fit."""
    scene.portal.next_time(scene.portal.loses_the_answer)
    scene.portal.find_says = lambda asked: tuple(
        scene.portal.found(one) for one in scene.portal.ledger if one.number == asked for _ in range(2)
    )
    packet_id = _submitted(scene, number)
    scene.much_later(3)
    scene.portal.find_says = None
    assert scene.stage(packet_id) is Stage.held, scene.stage(packet_id)


def _stopped_by_the_checklist(scene: Scene, number: str) -> None:
    packet_id = _submitted(scene, number, orders=[{"number": "77-4"}])
    assert scene.stage(packet_id) is Stage.held, scene.stage(packet_id)


def _long(scene: Scene, number: str) -> None:
    """Refused and amended forty times, 300 lines, and talked about until 500 things have happened."""
    lines = [labour(n, hours=f"{n % 9 + 1}") for n in range(1, 301)]
    packet_id = _submitted(scene, number, lines=lines)
    for turn in range(1, 40):
        scene.later(HOUR)
        last = scene.record(packet_id).invoice_number
        scene.says(last, Status.rejected, ReasonCode.other, word="Rejected", text=f"Look again, please ({turn})")
        scene.later(600)
        record = scene.record(packet_id)
        assert record.stage is Stage.held, record.stage
        arrangements.comment(scene.house, packet_id, f"Asked the client for the {turn}. time what is meant.", "alex")
        with scene.house.database.read() as tx:
            whole: Any = json_from(canonical_json(packets.body(tx, packet_id, record.revision)))
        whole["invoice"]["note"] = f"As agreed by telephone, {turn}"
        whole["invoice"]["number"] = f"{number[:32]}-{turn}"
        decisions.amend(scene.house, packet_id, whole, {}, "alex", f"note, {turn}")
        scene.later(90)
    scene.says(scene.record(packet_id).invoice_number, Status.rejected, ReasonCode.other, text="No.")
    scene.later(600)
    for turn in range(500 - len(scene.events(packet_id))):
        scene.clock.passes(60)
        arrangements.comment(scene.house, packet_id, f"Told for the record, {turn}.", "sam")
    assert len(scene.events(packet_id)) >= 500
    assert scene.record(packet_id).revision >= 40


_R = ReasonCode
STORIES = (
    Story("clean", 812, _clean),
    Story("corrected", 45, _corrected),
    Story("queried", 30, _queried),
    Story("sent again", 25, _sent_again),
    Story("stopped", 20, _stopped),
    Story("waiting", 45, _waiting, 30),
    Story("just in", 2, _just_in, 1),
    Story("po_closed", 3, _refused(_R.po_closed, "Order is closed"), 40),
    Story("po_balance", 2, _refused(_R.po_balance, "Exceeds the order's balance", owner="alex"), 40),
    Story("not_received", 2, _refused(_R.not_received, "Receipt is missing", owner="jordan"), 40),
    Story("tax", 2, _refused(_R.tax_mismatch, "Tax code US-0 is inactive"), 40),
    Story("price", 2, _refused(_R.price_mismatch, "Price differs from the order"), 40),
    Story("other", 2, _refused(_R.other, "See attached letter"), 40),
    Story("hours", 3, _asked_for(_R.hours_mismatch, "Hours differ on line 1", Actor.field), 40),
    Story("papers", 2, _asked_for(_R.timesheet_unsigned, "Signature?", Actor.field), 40),
    Story("switch", 1, _asked_for(_R.not_enabled, "Invoicing is not enabled", Actor.portal_admin), 40),
    Story("in doubt", 1, _in_doubt, 40),
    Story("checklist", 1, _stopped_by_the_checklist, 40),
)
LONG = Story("long", 0, _long, 40)
TIMES = 3
"""How often each is played, over other hours."""


# --- playing them -------------------------------------------------------------------------------------------------


def told(folder: Path, stories: Sequence[Story] = (*(STORIES * TIMES), LONG)) -> Book:
    """Stories, played in a new house in this folder."""
    url, clients = f"sqlite:///{folder / 'stories.db'}", {CLIENT: CLIENTS[CLIENT]}
    with open_scene(url, folder, clients=clients, clock=Clock()) as scene:
        with scene.house.database.write() as tx:
            for name in PEOPLE:
                people.insert(tx, name, Role.coordinator, "no password fits", BEGIN)
        scene.portal.orders_are(order(hours="1000000"))
        scene.read_orders()
        patterns = tuple(_pattern(scene, story, index) for index, story in enumerate(stories))
        with scene.house.database.read() as tx:
            blobs = {row.sha256: bytes(row.content) for row in tx.execute(sa.select(tables.blob))}
            (billed,) = tx.execute(sa.select(tables.purchase_order)).mappings().all()
    return Book(patterns, blobs, dict(billed))


def _pattern(scene: Scene, story: Story, index: int) -> Told:
    number = NUMBER.format(index)
    story.play(scene, number)
    packet_id = _id_of(scene, number)
    return Told(story, packet_id, number, scene.clock.now, _rows(scene, packet_id))


def _id_of(scene: Scene, number: str) -> str:
    with scene.house.database.read() as tx:
        query = sa.select(tables.packet.c.id).where(tables.packet.c.source_id == f"tests/{number}")
        return str(tx.execute(query).scalar_one())


def _rows(scene: Scene, packet_id: str) -> Rows:
    found: dict[str, list[Mapping[str, Any]]] = {}
    with scene.house.database.read() as tx:
        for name, column in OF_PACKET.items():
            table = tables.metadata.tables[name]
            if column:
                where = table.c[column] == packet_id
            else:
                where = table.c.attempt_id.in_([row["id"] for row in found["attempt"]])
            query = sa.select(table).where(where).order_by(*table.primary_key.columns)
            found[name] = [dict(row._mapping) for row in tx.execute(query)]
    return found

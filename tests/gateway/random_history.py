"""A house with a past: packets handed in, sent, refused, lost, disputed, decided upon and accepted, at random.

Everything goes through the doors of the product (intake, worker, poll, decisions), so that the rows are those that it
writes. The same seed gives the same past.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway import decisions
from gateway.errors import NotPossible
from gateway.intake import accept
from gateway.packet import canonical_json, json_from
from gateway.store import packets
from gateway.store.packets import PacketRecord
from gateway.verdict import Level, Reason, ReasonCode, Stage, Status, Verdict
from tests.gateway.fake_portal import FakePortal, Kept
from tests.gateway.stage import NORTH, SOUTH, Scene, handed
from tests.packets import labour, materials

PERSON = "Ada Lovelace"
_DAY = 86_400.0
_NEXT = {
    Status.received: (Status.in_process, Status.in_process, Status.accepted, Status.under_query, Status.rejected),
    Status.in_process: (Status.accepted, Status.accepted, Status.under_query, Status.rejected, Status.cancelled),
    Status.under_query: (Status.in_process, Status.accepted, Status.rejected),
    Status.accepted: (Status.paid, Status.paid, Status.paid, Status.under_query),
}


@dataclass
class Handed:
    """What intake was given and events do not repeat."""

    generated_at: datetime
    total: Decimal
    currency: str


@dataclass
class Past:
    """The random walk over one scene."""

    scene: Scene
    random: random.Random
    handed: dict[str, Handed] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)  # numbers whose transmission broke off before arriving, once each

    def goes_on(self, steps: int) -> None:
        """So many things happen, one after the other."""
        for portal in self.scene.portals.values():
            portal.before_submit = self._answers(portal)
        what = (self._hands_over, self._portal_speaks, self._person_decides)
        for _ in range(steps):
            self.random.choice(what)()
            self.scene.later(self.random.choice((1.0, 70.0, 3600.0, _DAY)))

    # --- what may happen ------------------------------------------------------------------------------------------

    def _hands_over(self) -> None:
        number = f"INV-{len(self.handed) + 1:04}"
        client = self.random.choice(("example-power", "example-power", "southern-grid"))
        spoilt: dict[str, Any] = self.random.choice(
            (
                {},
                {},
                {},
                {"lines": [labour(unit="HR"), materials(2)]},  # example-power: corrected; southern-grid: sent so
                {"lines": [labour(description="Crew <night> shift")]},
                {"orders": [{"number": "99"}]},  # example-power: not its form
            )
        )
        given = handed(number, client=client, **spoilt)
        packet_id = accept(self.scene.house, given, {}).packet_id
        with self.scene.house.database.read() as tx:
            packet = packets.body(tx, packet_id, 1)
        invoice = packet.invoice
        self.handed[packet_id] = Handed(packet.generated_at, invoice.totals.payable, invoice.currency)

    def _answers(self, portal: FakePortal) -> Callable[..., None]:
        """Sets what the transmission that is arriving meets."""

        def before(document: Any) -> None:
            draw = self.random.random()
            if draw < 0.10:
                code = self.random.choice((ReasonCode.po_closed, ReasonCode.unit_mismatch, ReasonCode.other))
                portal.next_time(portal.refuses(code, text=f"{code}: no"))
            elif draw < 0.18:
                portal.next_time(portal.turns_away)
            elif draw < 0.26:
                portal.next_time(portal.loses_the_answer)
            elif draw < 0.34 and document.number not in self.lost:
                self.lost.add(document.number)
                portal.next_time(portal.breaks_off)
            elif draw < 0.38:
                portal.next_time(portal.wants_a_person)

        return before

    def _portal_speaks(self) -> None:
        key = self.random.choice((NORTH, SOUTH))
        portal = self.scene.portals[key]
        speakable = [one for one in portal.ledger if one.status in _NEXT]
        if not speakable:
            return
        for kept in self.random.sample(speakable, min(len(speakable), 3)):
            self._says(portal, kept)
        self.scene.poll(key)

    def _says(self, portal: FakePortal, kept: Kept) -> None:
        before = kept.status
        status = self.random.choice(_NEXT[before])
        codes = () if status in (Status.accepted, Status.paid, Status.in_process) else (ReasonCode.price_mismatch,)
        portal.says(kept.number, status, *codes, text="=Price is wrong")
        notice = portal.notices.pop()
        verdict = notice.verdict
        if before is Status.received and status is Status.rejected and self.random.random() < 0.5:
            verdict = Verdict(status, Level.portal, (Reason(ReasonCode.document_invalid),), at=verdict.at)
        told = type(notice)(notice.number, kept.portal_reference, verdict, raw=notice.raw)
        portal.notices += [told] * self.random.choice((1, 1, 2))  # portals repeat themselves

    def _person_decides(self) -> None:
        with self.scene.house.database.read() as tx:
            everything = [one for name in sorted(self.handed) if (one := packets.load(tx, name)) is not None]
        held = [one for one in everything if one.stage is Stage.held]
        sent = [one for one in everything if one.transmissions and one.stage in (Stage.waiting, Stage.accepted)]
        try:
            if sent and self.random.random() < 0.08:
                decisions.void(self.scene.house, self.random.choice(sent).id, PERSON, "billed twice")
            elif held:
                self._decides_on(self.random.choice(held))
        except NotPossible:
            return  # a person may ask for what cannot be done; nothing changes then

    def _decides_on(self, record: PacketRecord) -> None:
        house, number = self.scene.house, record.invoice_number
        at_portal = [one for one in self.scene.portals[record.account].ledger if one.number == number]
        in_doubt = bool(record.transmissions) and self.scene.outcomes(record.id)[-1] == "maybe_sent"
        if in_doubt and at_portal:
            decisions.sent_as(house, record.id, at_portal[-1].portal_reference, PERSON)
        elif in_doubt:
            decisions.not_sent(house, record.id, PERSON)
        else:
            ways = (self._check_again, self._wait, self._stop, self._amend)
            self.random.choice(ways)(record)

    def _check_again(self, record: PacketRecord) -> None:
        decisions.check_again(self.scene.house, record.id, PERSON)

    def _wait(self, record: PacketRecord) -> None:
        decisions.wait(self.scene.house, record.id, PERSON)

    def _stop(self, record: PacketRecord) -> None:
        decisions.stop(self.scene.house, record.id, PERSON, "not worth it")

    def _amend(self, record: PacketRecord) -> None:
        with self.scene.house.database.read() as tx:
            whole: Any = json_from(canonical_json(packets.body(tx, record.id, record.revision)))
        whole["invoice"]["number"] = f"{record.invoice_number}-A"
        whole["invoice"]["orders"] = [{"number": "4500012345"}]
        decisions.amend(self.scene.house, record.id, whole, {}, PERSON, "as agreed with the client")

"""A void by document: stored before it leaves, told truly when the answer is lost, never a word about the invoice."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway.adapter import Ability, Document, Notice, Presentation, Receipt, Stamp
from gateway.decisions import void
from gateway.errors import MaybeSent, NotPossible, NotSent, SignInRefused
from gateway.packet import Packet
from gateway.steps.watch import poll
from gateway.store import cancellations
from gateway.store.cancellations import CancellationRecord
from gateway.store.database import blob
from gateway.verdict import Actor, Level, Outcome, Reason, ReasonCode, Stage, Status, Verdict
from tests.gateway.fake_portal import FakeAdapter, FakePortal, refusal
from tests.gateway.stage import NORTH, SETTLING, Scene

Answer = Callable[[Document, str], Receipt]


class CancellingAdapter(FakeAdapter):
    """Takes an invoice back by a document, which names it by the portal's reference."""

    def __init__(self, portal: FakePortal) -> None:
        super().__init__(portal)
        self.portal = portal
        self.sent: list[tuple[str, bytes]] = []
        self.answers: list[Answer] = []

    @property
    def abilities(self) -> frozenset[Ability]:  # type: ignore[override]
        return frozenset({*self.portal.abilities, Ability.cancel} - {Ability.void})

    def cancellation(
        self, packet: Packet, presentation: Presentation, stamp: Stamp, cancels: str, why: str
    ) -> Document:
        body = {"reference": stamp.reference, "cancels": cancels, "why": why, "number": packet.invoice.number}
        invoice = packet.invoice
        content = json.dumps(body).encode()
        return Document("fake-void", "text/plain", content, invoice.number, invoice.totals.payable, invoice.currency)

    def submit(self, document: Document, reference: str) -> Receipt:
        if document.format != "fake-void":
            return super().submit(document, reference)
        self.sent.append((reference, document.body))
        answer = self.answers.pop(0) if self.answers else self.takes
        return answer(document, reference)

    def takes(self, document: Document, reference: str) -> Receipt:
        """Takes the document, and the invoice back; says no more than that it took the document."""
        cancels = json.loads(document.body)["cancels"]
        for kept in self.portal.ledger:
            if kept.portal_reference == cancels:
                kept.status = Status.cancelled
        return self.takes_and_leaves_it(document, reference)

    def takes_and_leaves_it(self, document: Document, reference: str) -> Receipt:
        return Receipt(Outcome.receipted, Verdict(Status.received, Level.portal, portal_status="201"), reference)

    def loses_the_answer(self, document: Document, reference: str) -> Receipt:
        self.takes(document, reference)
        raise MaybeSent("north", "the connection broke before an answer was read")

    def breaks_off(self, document: Document, reference: str) -> Receipt:
        raise MaybeSent("north", "the connection broke before an answer was read")

    def turns_away(self, document: Document, reference: str) -> Receipt:
        raise NotSent("north", "could not be reached")

    def refuses(self, document: Document, reference: str) -> Receipt:
        return refusal(ReasonCode.other, text="This invoice cannot be canceled.")

    def kills_us(self, document: Document, reference: str) -> Receipt:
        self.takes(document, reference)
        raise Killed

    def kills_us_first(self, document: Document, reference: str) -> Receipt:
        raise Killed


class Killed(BaseException):
    """As if the process had ended there: nothing is written any more."""


@pytest.fixture
def network(lite: Scene) -> CancellingAdapter:
    """The portal of the scene as one that takes documents to void."""
    return at_portal_of(lite)


def at_portal_of(scene: Scene) -> CancellingAdapter:
    adapter = CancellingAdapter(scene.portal)
    scene.house.portals._adapters[NORTH] = adapter  # type: ignore[attr-defined]
    return adapter


def rows(scene: Scene, packet_id: str) -> tuple[CancellationRecord, ...]:
    with scene.house.database.read() as tx:
        return cancellations.of_attempt(tx, scene.attempts(packet_id)[-1].id)


def ordered(scene: Scene, packet_id: str = "") -> str:
    """A waiting invoice that a person has ordered to be voided, and whatever is due then."""
    packet_id = packet_id or scene.sent()
    void(scene.house, packet_id, "Ann", "wrong client")
    scene.work()
    return packet_id


def test_the_document_is_stored_before_its_first_byte_and_names_what_it_takes_back(
    lite: Scene, network: CancellingAdapter
) -> None:
    seen: list[tuple[str, str, bytes]] = []

    def looks(document: Document, reference: str) -> Receipt:
        with lite.house.database.read() as tx:
            (row,) = cancellations.of_attempt(tx, attempt.id)
            seen.append((row.outcome.value, row.reference, blob(tx, row.document_sha256)))
        return network.takes(document, reference)

    packet_id = lite.sent()
    (attempt,) = lite.attempts(packet_id)
    network.answers.append(looks)
    ordered(lite, packet_id)
    ((outcome, reference, body),) = seen
    assert outcome == "maybe_sent"
    assert json.loads(body) == {
        "reference": reference, "cancels": attempt.portal_reference, "why": "wrong client", "number": "INV-1001"
    }  # fmt: skip
    assert reference != attempt.reference


def test_that_it_was_taken_claims_nothing_until_the_portal_says_cancelled(scene: Scene) -> None:
    network = at_portal_of(scene)
    packet_id = ordered(scene)
    assert (scene.stage(packet_id), rows(scene, packet_id)[0].outcome) == (Stage.waiting, Outcome.receipted)
    scene.clock.passes(5)
    scene.says("INV-1001", Status.cancelled)
    assert (scene.stage(packet_id), scene.record(packet_id).status) == (Stage.stopped, "cancelled")
    scene.much_later()
    assert (len(network.sent), scene.kinds(packet_id)[-1]) == (1, "voided")


@pytest.mark.parametrize("answer", ["takes", "loses_the_answer"])
def test_the_portal_is_asked_what_became_of_it(lite: Scene, network: CancellingAdapter, answer: str) -> None:
    network.answers.append(getattr(network, answer))
    packet_id = ordered(lite)
    assert lite.stage(packet_id) is Stage.waiting
    lite.later(SETTLING + 1)
    assert (lite.stage(packet_id), len(network.sent)) == (Stage.stopped, 1)


@pytest.mark.parametrize("answer", ["kills_us", "kills_us_first"])
def test_a_void_killed_in_between_is_settled_by_asking(scene: Scene, answer: str) -> None:
    network = at_portal_of(scene)
    network.answers.append(getattr(network, answer))
    packet_id = scene.sent()
    void(scene.house, packet_id, "Ann", "wrong client")
    with pytest.raises(Killed):
        scene.work()
    assert rows(scene, packet_id)[0].outcome is Outcome.maybe_sent
    for _ in range(3):
        scene.later(400)
    assert scene.stage(packet_id) is Stage.stopped
    assert len(set(network.sent)) == 1, "the same bytes under the same id, if at all"
    assert scene.portal.living == []


def test_what_broke_off_before_it_arrived_leaves_once_more_as_it_was(lite: Scene, network: CancellingAdapter) -> None:
    network.answers.append(network.breaks_off)
    packet_id = ordered(lite)
    lite.later(SETTLING + 1)
    lite.later(SETTLING + 1)
    assert lite.stage(packet_id) is Stage.stopped
    assert len(network.sent) == 2
    assert network.sent[0] == network.sent[1]
    assert [row.tries for row in rows(lite, packet_id)] == [2]


def test_what_cannot_be_handed_over_is_put_before_a_person(lite: Scene, network: CancellingAdapter) -> None:
    network.answers += [network.turns_away] * 3
    packet_id = ordered(lite)
    lite.much_later(4)
    assert (lite.stage(packet_id), len(network.sent), lite.portal.living) == (Stage.held, 3, ["INV-1001"])
    ordered(lite, packet_id)
    lite.later(SETTLING + 1)
    assert lite.stage(packet_id) is Stage.stopped, "a person may order it again"


def test_a_doubt_that_nobody_can_settle_is_a_persons(lite: Scene, network: CancellingAdapter) -> None:
    lite.portal.abilities.discard(Ability.find)
    network.answers.append(network.breaks_off)
    packet_id = ordered(lite)
    lite.much_later(3)
    record = lite.record(packet_id)
    assert (record.stage, len(network.sent)) == (Stage.held, 1)
    assert "not known" in record.action


def test_a_refusal_at_once_leaves_the_invoice_as_it_stands(lite: Scene, network: CancellingAdapter) -> None:
    network.answers.append(network.refuses)
    packet_id = ordered(lite)
    record = lite.record(packet_id)
    assert (record.stage, record.status, record.who_acts) == (Stage.held, "received", Actor.us)
    assert record.why[0]["portal_text"] == "This invoice cannot be canceled."
    lite.much_later(3)
    assert (len(network.sent), len(lite.portal.submissions)) == (1, 1)


def _no(lite: Scene, **address: str) -> None:
    """The portal says a late no, and it is read."""
    reasons = (Reason(ReasonCode.bill_to_mismatch, "", "X-1", "No."),)
    verdict = Verdict(Status.rejected, Level.portal, reasons, Actor.us, "rejected", lite.clock())
    notice = Notice(address.get("number", ""), address.get("reference", ""), verdict, address.get("reference", ""))
    lite.portal.notices.append(notice)
    lite.poll()


@pytest.mark.parametrize("named", ["void", "number", "invoice"])
def test_a_late_no_never_sends_the_invoice_again(lite: Scene, network: CancellingAdapter, named: str) -> None:
    """Whether it means the void or the invoice: a machine must not resubmit what a person took back."""
    network.answers.append(network.takes_and_leaves_it)
    packet_id = ordered(lite, lite.sent(bill_to={"name": "Example Power, Accounts Payable"}))
    (attempt,) = lite.attempts(packet_id)
    references = {"void": rows(lite, packet_id)[0].reference, "invoice": attempt.portal_reference}
    lite.clock.passes(5)
    _no(lite, number="INV-1001", **({"reference": references[named]} if named in references else {}))
    lite.much_later(3)
    record = lite.record(packet_id)
    assert (record.stage, record.who_acts, len(lite.portal.submissions)) == (Stage.held, Actor.us, 1)
    assert record.status == ("rejected" if named == "invoice" else "received")


def test_what_the_portal_took_and_did_nothing_about_is_put_before_a_person_after_a_day(
    lite: Scene, network: CancellingAdapter
) -> None:
    network.answers.append(network.takes_and_leaves_it)
    packet_id = ordered(lite)
    lite.much_later(3)
    assert lite.stage(packet_id) is Stage.waiting
    lite.later(24 * 3600)
    assert (lite.stage(packet_id), len(network.sent)) == (Stage.held, 1)


def test_a_refused_sign_in_stops_the_account(lite: Scene, network: CancellingAdapter) -> None:
    def refuses(document: Document, reference: str) -> Any:
        raise SignInRefused("north", "refused our credentials")

    network.answers.append(refuses)
    packet_id = ordered(lite)
    assert (lite.stage(packet_id), lite.account().paused) == (Stage.held, True)


def test_what_failed_at_the_portal_is_never_taken_back(lite: Scene, network: CancellingAdapter) -> None:
    packet_id = lite.sent()
    lite.clock.passes(60)
    lite.says("INV-1001", Status.rejected, ReasonCode.rate_mismatch, level=Level.portal)
    with pytest.raises(NotPossible):
        void(lite.house, packet_id, "Ann", "wrong client")
    assert network.sent == []


def test_a_no_between_the_order_and_its_document_leaves_nothing_to_take_back(
    lite: Scene, network: CancellingAdapter
) -> None:
    packet_id = lite.sent()
    lite.clock.passes(60)
    void(lite.house, packet_id, "Ann", "wrong client")
    lite.portal.says("INV-1001", Status.rejected, ReasonCode.rate_mismatch, level=Level.portal)
    assert not poll(lite.house, NORTH)
    lite.work()
    assert (lite.stage(packet_id), network.sent) == (Stage.held, [])

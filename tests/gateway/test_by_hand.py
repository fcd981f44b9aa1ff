"""What a person has entered at the portal herself: recorded as she says it, asked for, and never sent by us."""

from decimal import Decimal
from pathlib import Path

import pytest

from gateway.decisions import check_again, credit, not_sent, sent_as, stop, void
from gateway.errors import NotPossible
from gateway.metrics import counted, measure, silence_limits
from gateway.pack.checking import check
from gateway.store import packets
from gateway.verdict import Level, ReasonCode, Stage, Status
from tests.gateway.fake_portal import Kept
from tests.gateway.pack.conftest import saved
from tests.gateway.stage import SETTLING, Scene, order
from tests.gateway.test_decisions import held_by_checklist, held_cancelled, held_refused
from tests.packets import labour


def entered(scene: Scene, packet_id: str, reference: str = "P-77") -> None:
    """A person types the invoice in at the portal, and records it."""
    known(scene, packet_id, reference)
    sent_as(scene.house, packet_id, reference, "ann", "their upload was closed")


def known(scene: Scene, packet_id: str, reference: str) -> None:
    record = scene.record(packet_id)
    scene.portal.ledger.append(Kept(record.invoice_number, record.total, "USD", "", reference))


def figures(scene: Scene) -> dict[str, object]:
    with counted(scene.house.database) as tx:
        limits = silence_limits(scene.house.settings)
        return measure(tx, scene.house.database.now(tx), silence=limits).as_json()


def test_what_was_never_transmitted_is_recorded_and_then_followed_to_its_end(scene: Scene) -> None:
    packet_id = held_by_checklist(scene)
    entered(scene, packet_id)
    record, (attempt,) = scene.record(packet_id), scene.attempts(packet_id)
    assert (record.stage, record.status, record.portal_status) == (Stage.waiting, "received", "")
    assert (attempt.by_hand, attempt.portal_reference) == ("ann", "P-77")
    assert (attempt.reference, attempt.document_sha256) == ("", "")
    scene.work()
    assert scene.portal.asked == ["INV-1001"], "the portal is asked at once"
    scene.says("INV-1001", Status.accepted)
    assert scene.stage(packet_id) is Stage.accepted
    assert scene.portal.submissions == [], "nothing was sent"


def test_its_number_is_taken_and_its_order_drawn_on(lite: Scene) -> None:
    lite.portal.orders_are(order(hours="40"))
    lite.read_orders()
    first = lite.hand_over(issued_on="2026-12-24", lines=[labour(hours="40")])
    lite.work()
    entered(lite, first)
    same_number = lite.hand_over(source_id="another")
    same_order = lite.hand_over("INV-1002", lines=[labour(hours="40")])
    lite.work()
    assert {lite.stage(same_number), lite.stage(same_order)} == {Stage.held}
    with lite.house.database.read() as tx:
        assert packets.number_owner(tx, "north", "INV-1001") == first


def test_a_number_that_another_packet_has_cannot_be_recorded(lite: Scene) -> None:
    first = lite.sent()
    second = lite.hand_over(source_id="another")
    lite.work()
    with pytest.raises(NotPossible, match=first):
        sent_as(lite.house, second, "P-78", "ann")
    assert lite.attempts(second) == ()


def test_it_is_no_first_pass_of_ours_and_not_touchless(lite: Scene) -> None:
    by_hand = lite.hand_over(issued_on="2026-12-24")
    ours = lite.hand_over("INV-1002")
    lite.work()
    entered(lite, by_hand)
    lite.work()
    for number in ("INV-1001", "INV-1002"):
        lite.says(number, Status.accepted)
    assert lite.stage(ours) is lite.stage(by_hand) is Stage.accepted
    told = figures(lite)
    assert (told["portal_first_pass_rate"], told["buyer_first_pass_rate"]) == (1.0, 0.5)
    assert (told["touchless_share"], told["resubmissions"]) == (0.5, 0)


def test_what_we_send_after_it_is_not_taken_for_the_first(lite: Scene) -> None:
    packet_id = held_by_checklist(lite)
    entered(lite, packet_id)
    lite.work()
    lite.clock.passes(300 * 24 * 3600)
    lite.says("INV-1001", Status.rejected, ReasonCode.price_mismatch, level=Level.portal)
    check_again(lite.house, packet_id, "ann", "agreed on the telephone")
    lite.work()
    assert [one.by_hand for one in lite.attempts(packet_id)] == ["ann", ""]
    assert figures(lite)["portal_first_pass_rate"] is None
    assert figures(lite)["resubmissions"] == 0


@pytest.mark.parametrize("before", [held_refused, held_cancelled])
def test_what_the_portal_answered_before_stands_as_it_was(scene: Scene, before: object) -> None:
    packet_id = before(scene)  # type: ignore[operator]
    (was,) = scene.attempts(packet_id)
    entered(scene, packet_id)
    earlier, by_hand = scene.attempts(packet_id)
    assert earlier == was
    assert (by_hand.n, by_hand.portal_reference, by_hand.by_hand) == (2, "P-77", "ann")
    assert scene.record(packet_id).status == "received", "it lives now: nothing may send it once more"
    scene.work()
    scene.says("INV-1001", Status.accepted)
    assert scene.stage(packet_id) is Stage.accepted


def test_a_reference_that_the_portal_does_not_know_is_put_before_the_person(scene: Scene) -> None:
    packet_id = held_by_checklist(scene)
    known(scene, packet_id, "P-70")
    sent_as(scene.house, packet_id, "P-07", "ann")
    scene.work()
    assert scene.stage(packet_id) is Stage.waiting, "the portal's list may need a moment"
    scene.later(SETTLING + 1)
    record = scene.record(packet_id)
    assert record.stage is Stage.held
    assert "does not list invoice INV-1001 under P-07, as ann recorded it" in record.action
    assert "P-70" in record.action
    with pytest.raises(NotPossible, match="could double"):
        check_again(scene.house, packet_id, "ann")
    sent_as(scene.house, packet_id, "P-70", "ann", "the digits were turned round")
    scene.work()
    scene.says("INV-1001", Status.accepted)
    assert scene.stage(packet_id) is Stage.accepted
    assert [one.portal_reference for one in scene.attempts(packet_id)] == ["P-07", "P-70"]
    assert scene.portal.submissions == []


def test_what_the_portal_does_not_have_after_all_goes_the_usual_way(scene: Scene) -> None:
    packet_id = held_by_checklist(scene)
    sent_as(scene.house, packet_id, "P-77", "ann")
    scene.work()
    scene.later(SETTLING + 1)
    not_sent(scene.house, packet_id, "ann", "it was another client's invoice")
    record = scene.record(packet_id)
    assert (record.stage, record.status, record.first_outcome) == (Stage.received, "", "")
    scene.later(300 * 24 * 3600)
    assert [one.outcome.value for one in scene.attempts(packet_id)] == ["not_sent", "receipted"]
    assert scene.portal.living == ["INV-1001"]


def test_of_what_the_portal_has_spoken_nobody_can_say_that_it_is_not_there(lite: Scene) -> None:
    packet_id = held_by_checklist(lite)
    entered(lite, packet_id)
    lite.work()
    lite.says("INV-1001", Status.under_query, ReasonCode.price_mismatch)
    with pytest.raises(NotPossible, match="not in doubt"):
        not_sent(lite.house, packet_id, "ann")


def test_it_is_voided_where_it_was_entered_and_credited_from_here(lite: Scene) -> None:
    packet_id = held_by_checklist(lite)
    entered(lite, packet_id)
    lite.work()
    with pytest.raises(NotPossible, match="by hand"):
        void(lite.house, packet_id, "ann", "wrong client")
    note = lite.record(credit(lite.house, packet_id, "CN-1", "ann", "work not done").packet_id)
    assert note.total == -abs(lite.record(packet_id).total)
    assert note.total < Decimal(0)


def test_the_same_reference_is_not_recorded_twice(lite: Scene) -> None:
    packet_id = held_by_checklist(lite)
    sent_as(lite.house, packet_id, "P-77", "ann")
    lite.work()
    lite.later(SETTLING + 1)
    with pytest.raises(NotPossible, match="recorded already"):
        sent_as(lite.house, packet_id, " P-77 ", "ann")
    with pytest.raises(NotPossible, match="could double"):
        stop(lite.house, packet_id, "ann", "given up")


def test_its_evidence_is_whole_without_any_bytes_of_ours(lite: Scene, tmp_path: Path) -> None:
    packet_id = held_refused(lite)
    entered(lite, packet_id)
    lite.work()
    taken = saved(lite, packet_id, tmp_path / "pack.zip")
    assert taken.json("transmissions/002/about.json")["by_hand"] == "ann"
    assert check(taken.path).faults == []

"""Verdicts landing: late, twice, out of order, about another transmission, in words nobody knows."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from gateway.adapter import Document, Notice
from gateway.decisions import amend, check_again, not_sent
from gateway.errors import NotPossible
from gateway.steps.watch import poll
from gateway.store import packets
from gateway.verdict import Actor, Level, Reason, ReasonCode, Stage, Status, Verdict
from tests.gateway.stage import NORTH, SETTLING, Scene, handed


def test_a_verdict_that_comes_twice_changes_nothing(scene: Scene) -> None:
    packet_id = scene.sent()
    notice = scene.portal.says("INV-1001", Status.in_process)
    scene.poll()
    before = scene.kinds(packet_id)
    scene.portal.notices.append(notice)
    scene.poll()
    assert scene.kinds(packet_id) == before
    assert scene.record(packet_id).status == "in_process"


def test_a_verdict_older_than_the_last_is_kept_and_moves_nothing(scene: Scene) -> None:
    packet_id = scene.sent()
    now = scene.clock.now
    scene.says("INV-1001", Status.accepted, at=now + timedelta(hours=2))
    scene.says("INV-1001", Status.in_process, at=now + timedelta(hours=1))
    assert (scene.stage(packet_id), scene.record(packet_id).status) == (Stage.accepted, "accepted")
    assert scene.kinds(packet_id)[-1] == "verdict_late"


def test_a_late_rejection_does_not_take_a_newer_acceptance_back(lite: Scene) -> None:
    packet_id = lite.sent()
    now = lite.clock.now
    lite.says("INV-1001", Status.accepted, at=now + timedelta(hours=2))
    lite.says("INV-1001", Status.rejected, ReasonCode.other, at=now + timedelta(hours=1))
    assert lite.stage(packet_id) is Stage.accepted


def test_an_invoice_that_lives_after_all_draws_on_its_order_again(lite: Scene) -> None:
    packet_id = lite.sent()
    now = lite.clock.now
    assert lite.counts()["commitment"]
    lite.says("INV-1001", Status.rejected, ReasonCode.price_mismatch, at=now + timedelta(hours=1))
    assert (lite.stage(packet_id), lite.counts()["commitment"]) == (Stage.held, 0)
    lite.says("INV-1001", Status.in_process, at=now + timedelta(hours=2))
    assert (lite.stage(packet_id), bool(lite.counts()["commitment"])) == (Stage.waiting, True)


def test_acceptance_is_dated_by_the_portal(lite: Scene) -> None:
    packet_id = lite.sent()
    when = lite.clock.now + timedelta(minutes=5)
    lite.clock.passes(7200)
    lite.says("INV-1001", Status.accepted, at=when)
    lite.says("INV-1001", Status.paid, at=when + timedelta(days=9))
    record = lite.record(packet_id)
    assert (record.accepted_at, record.status, record.stage) == (when, "paid", Stage.accepted)


def test_an_unknown_word_is_shown_to_a_person_and_never_read_as_acceptance(scene: Scene) -> None:
    packet_id = scene.sent()
    scene.says("INV-1001", Status.unknown, word="Zwischengeparkt")
    record = scene.record(packet_id)
    assert (record.stage, record.status, record.who_acts) == (Stage.held, "unknown", Actor.us)
    assert "Zwischengeparkt" in record.action
    assert record.accepted_at is None


def test_a_known_word_after_an_unknown_one_goes_on_by_itself(lite: Scene) -> None:
    packet_id = lite.sent()
    lite.says("INV-1001", Status.unknown, word="Zwischengeparkt")
    lite.clock.passes(60)
    lite.says("INV-1001", Status.accepted)
    assert lite.stage(packet_id) is Stage.accepted


def test_an_unknown_word_after_acceptance_takes_nothing_back(lite: Scene) -> None:
    packet_id = lite.sent()
    lite.says("INV-1001", Status.accepted)
    lite.clock.passes(60)
    lite.says("INV-1001", Status.unknown, word="Zwischengeparkt")
    assert (lite.stage(packet_id), lite.record(packet_id).status) == (Stage.accepted, "accepted")


def test_a_dispute_is_held_with_the_portals_words_who_and_what(scene: Scene) -> None:
    packet_id = scene.sent()
    codes = (ReasonCode.hours_mismatch,)
    scene.says("INV-1001", Status.under_query, *codes, who=Actor.field, text="8 h, not 10 h on Tuesday")
    record = scene.record(packet_id)
    assert (record.stage, record.status, record.who_acts) == (Stage.held, "under_query", Actor.field)
    assert record.why[0]["portal_text"] == "8 h, not 10 h on Tuesday"
    assert "time sheets" in record.action
    assert record.contested


def test_a_dispute_that_the_client_settles_goes_on_by_itself(lite: Scene) -> None:
    packet_id = lite.sent()
    lite.says("INV-1001", Status.under_query, ReasonCode.price_mismatch)
    lite.clock.passes(3600)
    lite.says("INV-1001", Status.in_process)
    assert lite.stage(packet_id) is Stage.waiting
    lite.clock.passes(3600)
    lite.says("INV-1001", Status.accepted)
    assert lite.stage(packet_id) is Stage.accepted


def test_a_no_after_a_yes_is_a_persons(scene: Scene) -> None:
    packet_id = scene.sent()
    scene.says("INV-1001", Status.accepted)
    scene.clock.passes(60)
    scene.says("INV-1001", Status.rejected, ReasonCode.price_mismatch)
    record = scene.record(packet_id)
    assert (record.stage, record.status) == (Stage.held, "rejected")
    assert len(scene.portal.submissions) == 1


@pytest.mark.parametrize("word", [Status.accepted, Status.in_process, Status.rejected, Status.cancelled])
@pytest.mark.parametrize("timeless", [False, True])
def test_paid_stays_paid_whatever_is_said_later(lite: Scene, word: Status, timeless: bool) -> None:
    packet_id = lite.sent()
    lite.says("INV-1001", Status.paid, timeless=timeless)
    lite.clock.passes(60)
    lite.says("INV-1001", word, timeless=timeless)
    record = lite.record(packet_id)
    assert (record.stage, record.status) == (Stage.accepted, "paid")


def test_a_cancellation_that_nobody_here_ordered_is_held(scene: Scene) -> None:
    packet_id = scene.sent()
    scene.says("INV-1001", Status.cancelled)
    record = scene.record(packet_id)
    assert (record.stage, record.status) == (Stage.held, "cancelled")
    assert "not by us" in record.action
    assert len(scene.portal.submissions) == 1


def test_an_invoice_that_is_not_ours_is_passed_over(lite: Scene) -> None:
    packet_id = lite.sent()
    verdict = Verdict(Status.rejected, Level.buyer, at=lite.clock.now)
    lite.portal.notices.append(Notice("SOMEBODY-ELSES", "77", verdict))
    lite.portal.notices.append(Notice("INV-1001", "77", verdict))
    lite.poll()
    assert (lite.stage(packet_id), lite.account().notices_cursor) == (Stage.waiting, "2")


def test_a_notice_without_the_portals_reference_finds_its_invoice_by_number(lite: Scene) -> None:
    packet_id = lite.sent()
    lite.portal.notices.append(Notice("INV-1001", "", Verdict(Status.accepted, Level.buyer, at=lite.clock.now)))
    lite.poll()
    assert lite.stage(packet_id) is Stage.accepted


def test_a_list_is_read_to_its_end_page_by_page_and_never_twice(lite: Scene) -> None:
    lite.portal.page = 2
    ids = [lite.hand_over(f"INV-{n}") for n in range(7)]
    lite.work()
    for n in range(7):
        lite.portal.says(f"INV-{n}", Status.accepted)
    lite.poll()
    assert {lite.stage(one) for one in ids} == {Stage.accepted}
    assert lite.account().notices_cursor == "7"


def test_a_word_about_a_transmission_in_doubt_waits_until_the_doubt_is_settled(scene: Scene) -> None:
    """A list shows our number with another total: that is no receipt."""
    scene.portal.next_time(scene.portal.loses_the_answer)
    packet_id = scene.hand_over()
    scene.work()
    scene.portal.ledger[0].total += 1
    scene.says("INV-1001", Status.accepted)
    assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.sending, ["maybe_sent"])
    scene.later(SETTLING + 1)
    assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.held, ["maybe_sent"])


def test_a_word_that_overtakes_the_receipt_is_not_lost(scene: Scene) -> None:
    """The client approves within the second in which the portal answers us: the list is read before the receipt."""

    def approves_at_once(document: object, reference: str) -> object:
        receipt = scene.portal.takes(document, reference)  # type: ignore[arg-type]
        scene.clock.passes(1)
        scene.portal.says("INV-1001", Status.accepted)
        _read_list(scene)
        return receipt

    scene.portal.next_time(approves_at_once)  # type: ignore[arg-type]
    packet_id = scene.hand_over()
    scene.work()
    assert scene.outcomes(packet_id) == ["receipted"]
    scene.much_later(2)
    assert scene.stage(packet_id) is Stage.accepted


def _read_list(scene: Scene) -> None:
    assert not poll(scene.house, NORTH)


def test_a_replaced_transmission_that_comes_alive_is_put_before_a_person(scene: Scene) -> None:
    packet_id = scene.sent(lines=None)
    scene.says("INV-1001", Status.rejected, ReasonCode.payment_term_missing)
    _amend_to_a_second_transmission(scene, packet_id)
    first = scene.attempts(packet_id)[0]
    alive = Verdict(Status.in_process, Level.buyer, at=scene.clock.now + timedelta(hours=1))
    scene.portal.notices.append(Notice("INV-1001", first.portal_reference, alive))
    scene.poll()
    record = scene.record(packet_id)
    assert record.stage is Stage.held
    assert "Transmission 1" in record.action


def test_a_replaced_transmission_that_stays_dead_changes_nothing(lite: Scene) -> None:
    packet_id = lite.sent()
    lite.says("INV-1001", Status.rejected, ReasonCode.payment_term_missing)
    _amend_to_a_second_transmission(lite, packet_id)
    first = lite.attempts(packet_id)[0]
    dead = Verdict(Status.cancelled, Level.buyer, at=lite.clock.now + timedelta(hours=1))
    lite.portal.notices.append(Notice("INV-1001", first.portal_reference, dead))
    lite.poll()
    assert (lite.stage(packet_id), lite.kinds(packet_id)[-1]) == (Stage.waiting, "verdict_noted")


def _revived_while_its_successor_is_sent(scene: Scene, meanwhile: Callable[[str], None]) -> str:
    """The first transmission comes alive, and the list tells it, while the second is on its way."""
    packet_id = scene.sent()
    scene.says("INV-1001", Status.rejected, ReasonCode.payment_term_missing)
    first = scene.attempts(packet_id)[0]

    def revives(document: Document) -> None:
        alive = Verdict(Status.in_process, Level.buyer, at=scene.clock.now + timedelta(hours=1))
        scene.portal.notices.append(Notice("INV-1001", first.portal_reference, alive))
        _read_list(scene)
        meanwhile(packet_id)

    scene.portal.before_submit = revives
    amend(scene.house, packet_id, handed("INV-1001-B", source_id="tests/INV-1001"), {}, "Ann", "new number")
    scene.work()
    scene.portal.before_submit = None
    return packet_id


def test_an_answer_that_comes_while_a_person_is_asked_is_kept_and_the_stop_stands(scene: Scene) -> None:
    packet_id = _revived_while_its_successor_is_sent(scene, lambda packet_id: None)
    record = scene.record(packet_id)
    assert (record.stage, record.status) == (Stage.held, "received")
    assert "Transmission 1" in record.action
    assert (scene.outcomes(packet_id), scene.attempts(packet_id)[1].portal_reference) == (
        ["receipted", "receipted"],
        "north-2",
    )
    with pytest.raises(NotPossible, match="double"):
        check_again(scene.house, packet_id, "Ann")


def test_a_persons_word_during_a_transmission_leaves_the_packet_with_work(lite: Scene) -> None:
    """They said `not sent` a moment too early: the packet goes on, and the portal is asked before anything doubles."""
    packet_id = _revived_while_its_successor_is_sent(lite, lambda packet_id: not_sent(lite.house, packet_id, "Ann"))
    lite.much_later(3)
    assert lite.portal.living.count("INV-1001-B") == 1
    assert lite.stage(packet_id) is not Stage.received


def _amend_to_a_second_transmission(scene: Scene, packet_id: str) -> None:
    scene.work()
    assert scene.stage(packet_id) is Stage.held
    amend(scene.house, packet_id, handed("INV-1001-B", source_id="tests/INV-1001"), {}, "Ann", "new number")
    scene.work()
    assert (scene.stage(packet_id), len(scene.attempts(packet_id))) == (Stage.waiting, 2)


@pytest.mark.parametrize("text", ["nul \x00 here", "half a \ud83d pair", "x" * 10_000, "漢字 🙂\r\n\t"])
def test_any_words_of_a_portal_are_kept_and_never_stop_the_reading(scene: Scene, text: str) -> None:
    packet_id = scene.sent()
    other = scene.sent("INV-1002")
    scene.says("INV-1001", Status.under_query, ReasonCode.other, word=text, text=text)
    scene.says("INV-1002", Status.accepted)
    record = scene.record(packet_id)
    assert (record.stage, record.status) == (Stage.held, "under_query")
    assert record.why[0]["portal_text"][:4] == text[:4]
    assert scene.stage(other) is Stage.accepted


def test_any_words_of_a_portal_in_a_receipt_are_kept(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.refuses(ReasonCode.other, text="bad \x00 \ud83d bytes"))
    packet_id = scene.hand_over()
    scene.work()
    assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.held, ["refused"])


def test_every_verdict_is_kept_on_the_attempt_it_speaks_of(lite: Scene) -> None:
    packet_id = lite.sent()
    lite.clock.passes(60)
    lite.says("INV-1001", Status.under_query, ReasonCode.tax_mismatch, text="GB-20 is inactive")
    with lite.house.database.read() as tx:
        found = packets.verdicts(tx, packet_id)
    assert [verdict.status for _, verdict, _ in found] == [Status.received, Status.under_query]
    assert found[1][1].reasons == (Reason(ReasonCode.tax_mismatch, "", "", "GB-20 is inactive"),)
    assert {attempt_id for attempt_id, _, _ in found} == {lite.attempts(packet_id)[0].id}

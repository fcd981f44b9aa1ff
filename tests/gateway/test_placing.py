"""Which transmission a portal's word is about: by our reference, by the portal's, by number; and what a word proves."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.adapter import Ability, Notice
from gateway.decisions import amend
from gateway.steps.watch import poll
from gateway.verdict import Level, Reason, ReasonCode, Stage, Status, Verdict
from tests.gateway.fake_portal import refusal
from tests.gateway.stage import NORTH, SETTLING, SOUTH, Scene, handed, open_scene


@pytest.fixture
def scene(scene_url: str, tmp_path: Path) -> Iterator[Scene]:
    """A scene on each database."""
    with open_scene(scene_url, tmp_path) as opened:
        yield opened
        opened.look_over()


def word(scene: Scene, status: Status, *, seconds: float = 60, text: str = "", **address: str) -> Notice:
    """The portal's list tells this; `address` says of what. It is read at once."""
    reasons = (Reason(ReasonCode.other, "", "", text),) if text else ()
    verdict = Verdict(
        status, Level.buyer, reasons, portal_status=status.value, at=scene.clock.now + timedelta(seconds=seconds)
    )
    notice = Notice(
        address.get("number", ""), address.get("portal_reference", ""), verdict, address.get("reference", "")
    )
    scene.portal.notices.append(notice)
    assert not poll(scene.house, NORTH)
    return notice


def in_doubt_before_a_person(scene: Scene) -> str:
    """A packet whose answer was lost at a portal that cannot be asked."""
    scene.portal.abilities.discard(Ability.find)
    scene.portal.next_time(scene.portal.loses_the_answer)
    packet_id = scene.hand_over()
    scene.work()
    scene.later(SETTLING + 1)
    assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.held, ["maybe_sent"])
    return packet_id


def resubmitted_under_the_same_number(scene: Scene) -> tuple[str, Any, Any]:
    """A packet whose first transmission the portal's checks failed and whose second bears the same number."""
    packet_id = scene.sent()
    scene.says("INV-1001", Status.rejected, ReasonCode.price_mismatch, level=Level.portal)
    scene.portal.ledger[0].number = "taken off the books"
    scene.clock.passes(3600)
    amend(scene.house, packet_id, handed("INV-1001", source_id="tests/INV-1001", note="corrected"), {}, "Ann", "price")
    scene.work()
    first, second = scene.attempts(packet_id)
    assert (scene.stage(packet_id), first.invoice_number) == (Stage.waiting, second.invoice_number)
    return packet_id, first, second


def test_a_word_that_names_our_reference_settles_a_doubt_that_nobody_could(scene: Scene) -> None:
    packet_id = in_doubt_before_a_person(scene)
    reference = scene.attempts(packet_id)[0].reference
    word(scene, Status.in_process, reference=reference, portal_reference="P-7")
    (attempt,) = scene.attempts(packet_id)
    assert (scene.stage(packet_id), attempt.outcome, attempt.portal_reference) == (Stage.waiting, "receipted", "P-7")
    assert scene.record(packet_id).first_outcome == "receipted"
    assert scene.counts()["commitment"]


def test_a_rejection_that_names_our_reference_is_a_receipt_as_well(scene: Scene) -> None:
    packet_id = in_doubt_before_a_person(scene)
    reference = scene.attempts(packet_id)[0].reference
    word(scene, Status.rejected, text="No.", reference=reference, portal_reference=reference)
    scene.work()
    assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.held, ["receipted"])
    assert (scene.record(packet_id).status, scene.counts()["commitment"]) == ("rejected", 0)


def test_a_number_alone_settles_no_doubt(scene: Scene) -> None:
    packet_id = in_doubt_before_a_person(scene)
    word(scene, Status.accepted, number="INV-1001")
    word(scene, Status.accepted, number="INV-1001", portal_reference="P-7")
    assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.held, ["maybe_sent"])


def test_a_word_waits_for_the_answer_of_a_transmission_under_way(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.loses_the_answer)
    packet_id = scene.hand_over()
    scene.work()
    reference = scene.attempts(packet_id)[0].reference
    word(scene, Status.accepted, reference=reference, portal_reference=reference)
    assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.sending, ["maybe_sent"])


def test_what_proves_to_have_arrived_is_not_sent_again(scene: Scene) -> None:
    """It was thought not to have left, and waits for its next turn."""
    scene.portal.next_time(scene.portal.turns_away)
    packet_id = scene.hand_over()
    scene.work()
    assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.built, ["not_sent"])
    reference = scene.attempts(packet_id)[0].reference
    word(scene, Status.in_process, reference=reference, portal_reference="P-7")
    scene.much_later(3)
    assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.waiting, ["receipted"])
    assert len(scene.portal.submissions) == 1


def test_a_late_word_about_an_earlier_transmission_does_not_move_a_later_one_of_the_same_number(scene: Scene) -> None:
    packet_id, first, second = resubmitted_under_the_same_number(scene)
    word(scene, Status.rejected, text="Said twice", number="INV-1001", reference=first.reference)
    assert (scene.stage(packet_id), scene.kinds(packet_id)[-1]) == (Stage.waiting, "verdict_noted")
    word(scene, Status.accepted, number="INV-1001", reference=second.reference)
    assert scene.stage(packet_id) is Stage.accepted


def test_a_word_by_number_alone_is_about_the_transmission_of_its_time(scene: Scene) -> None:
    packet_id, _, _ = resubmitted_under_the_same_number(scene)
    word(scene, Status.rejected, seconds=-1800, text="Said late", number="INV-1001")
    assert (scene.stage(packet_id), scene.kinds(packet_id)[-1]) == (Stage.waiting, "verdict_noted")
    word(scene, Status.accepted, number="INV-1001")
    assert scene.stage(packet_id) is Stage.accepted


def test_a_word_older_than_every_transmission_of_its_number_is_about_none(scene: Scene) -> None:
    packet_id = scene.sent()
    word(scene, Status.rejected, seconds=-7200, text="Of last year", number="INV-1001")
    assert (scene.stage(packet_id), scene.record(packet_id).status) == (Stage.waiting, "received")


def test_a_rejection_said_again_does_not_pull_its_correction_back(scene: Scene) -> None:
    packet_id = scene.sent()
    scene.says("INV-1001", Status.rejected, ReasonCode.price_mismatch)
    reference = scene.attempts(packet_id)[0].reference
    amend(scene.house, packet_id, handed("INV-1001-B", source_id="tests/INV-1001"), {}, "Ann", "price")
    word(scene, Status.rejected, text="In other words", reference=reference)
    assert (scene.stage(packet_id), scene.kinds(packet_id)[-1]) == (Stage.received, "verdict_noted")
    scene.work()
    assert scene.stage(packet_id) is Stage.waiting


def test_another_accounts_reference_is_not_ours_to_speak_of(scene: Scene) -> None:
    packet_id = scene.sent("INV-2001", client="southern-grid")
    reference = scene.attempts(packet_id)[0].reference
    word(scene, Status.rejected, text="No.", reference=reference, number="INV-2001")
    assert (scene.stage(packet_id), scene.record(packet_id).account) == (Stage.waiting, SOUTH)


def test_a_word_about_a_draft_that_broken_tries_left_lands_on_the_one_that_finished_it(scene: Scene) -> None:
    packet_id = scene.sent()
    finished = scene.attempts(packet_id)[0].portal_reference
    scene.says("INV-1001", Status.rejected, ReasonCode.payment_term_missing)
    refused = replace(refusal(ReasonCode.other), portal_reference=finished)  # this one opened the same draft again
    scene.portal.next_time(lambda document, reference: refused)
    amend(scene.house, packet_id, handed("INV-1001-B", source_id="tests/INV-1001"), {}, "Ann", "new number")
    scene.work()
    assert {one.portal_reference for one in scene.attempts(packet_id)} == {finished}
    word(scene, Status.in_process, number="INV-1001", portal_reference=finished)
    assert scene.kinds(packet_id)[-1] == "held"
    assert "Transmission 1" in scene.record(packet_id).action

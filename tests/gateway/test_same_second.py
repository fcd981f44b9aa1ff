"""Portals date their words to the second, so two of them can carry one time; the portal's present word must win."""

from gateway.verdict import Stage, Status
from tests.gateway.stage import Scene


def test_a_word_read_before_the_answer_and_landed_after_it_does_not_stay(scene: Scene) -> None:
    packet_id = scene.sent()
    scene.says("INV-1001", Status.in_process, word="pending_approval")
    scene.says("INV-1001", Status.received, word="draft")  # read earlier, landed late, of the same second
    assert scene.record(packet_id).portal_status == "draft"
    scene.says("INV-1001", Status.in_process, word="pending_approval")
    assert (scene.record(packet_id).status, scene.record(packet_id).portal_status) == ("in_process", "pending_approval")


def test_a_hold_that_came_and_went_within_a_second_is_over(scene: Scene) -> None:
    packet_id = scene.sent()
    for word in ("pending_approval", "on_hold", "pending_approval"):
        scene.says("INV-1001", Status.in_process, word=word)
    assert scene.record(packet_id).portal_status == "pending_approval"


def test_a_dispute_withdrawn_within_a_second_no_longer_holds(scene: Scene) -> None:
    packet_id = scene.sent()
    scene.says("INV-1001", Status.in_process, word="pending_approval")
    scene.says("INV-1001", Status.under_query, word="disputed")
    assert scene.stage(packet_id) is Stage.held
    scene.says("INV-1001", Status.in_process, word="pending_approval")
    assert scene.stage(packet_id) is Stage.waiting


def test_the_same_word_read_again_and_again_writes_nothing(scene: Scene) -> None:
    packet_id = scene.sent()
    scene.says("INV-1001", Status.in_process, word="pending_approval")
    before = scene.counts()
    for _ in range(3):
        scene.says("INV-1001", Status.in_process, word="pending_approval")
    assert scene.counts() == before
    assert scene.stage(packet_id) is Stage.waiting


def test_an_older_word_read_again_changes_nothing(scene: Scene) -> None:
    packet_id = scene.sent()
    first = scene.portal.says("INV-1001", Status.in_process, word="on_hold")
    scene.poll()
    scene.clock.passes(5)
    scene.says("INV-1001", Status.in_process, word="pending_approval")
    scene.portal.notices.append(first)
    scene.poll()
    assert scene.record(packet_id).portal_status == "pending_approval"


def test_what_is_accepted_is_not_taken_back_by_an_equal_time(scene: Scene) -> None:
    packet_id = scene.sent()
    scene.says("INV-1001", Status.in_process, word="pending_approval")
    scene.says("INV-1001", Status.accepted, word="approved")
    before = scene.kinds(packet_id)
    scene.says("INV-1001", Status.in_process, word="pending_approval")
    assert scene.stage(packet_id) is Stage.accepted
    assert scene.kinds(packet_id) == before

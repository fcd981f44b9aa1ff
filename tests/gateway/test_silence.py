"""The watch: silence is asked about before anybody is bothered, and missed deadlines are told once."""

from gateway.adapter import Ability
from gateway.verdict import Actor, ReasonCode, Stage, Status
from tests.gateway.stage import Scene

_HOUR = 3600.0
_PATIENCE = 121 * _HOUR


def test_a_silent_invoice_is_asked_for_and_what_the_portal_says_lands(scene: Scene) -> None:
    packet_id = scene.sent()
    scene.portal.ledger[0].status = Status.accepted
    scene.clock.passes(_PATIENCE)
    scene.watch()
    assert scene.portal.asked == ["INV-1001"]
    assert scene.stage(packet_id) is Stage.accepted


def test_an_invoice_that_is_not_silent_yet_is_left_alone(lite: Scene) -> None:
    packet_id = lite.sent()
    lite.clock.passes(100 * _HOUR)
    lite.watch()
    assert (lite.portal.asked, lite.stage(packet_id)) == ([], Stage.waiting)


def test_a_word_of_the_portal_ends_the_silence(lite: Scene) -> None:
    lite.sent()
    lite.clock.passes(100 * _HOUR)
    lite.says("INV-1001", Status.in_process)
    lite.clock.passes(100 * _HOUR)
    lite.watch()
    assert lite.portal.asked == []


def test_silence_that_lasts_is_put_before_the_clients_accounts_payable(scene: Scene) -> None:
    packet_id = scene.sent()
    scene.clock.passes(_PATIENCE)
    kept = scene.portal.ledger[0]
    scene.portal.find_says = lambda number: (_as_before(scene, kept),)
    scene.watch()
    record = scene.record(packet_id)
    assert (record.stage, record.who_acts) == (Stage.held, Actor.client_ap)
    assert "5 days" in record.action


def _as_before(scene: Scene, kept: object) -> object:
    """What the portal said at the receipt, word for word."""
    from dataclasses import replace

    from gateway.store import packets

    with scene.house.database.read() as tx:
        (packet_id,) = (record.id for record in packets.listed(tx))
        verdict = packets.verdicts(tx, packet_id)[0][1]
    return replace(scene.portal.found(kept), verdict=verdict)  # type: ignore[arg-type]


def test_an_invoice_that_the_portal_no_longer_lists_is_put_before_a_person(scene: Scene) -> None:
    packet_id = scene.sent()
    scene.portal.ledger.clear()
    scene.clock.passes(_PATIENCE)
    scene.watch()
    assert scene.stage(packet_id) is Stage.held
    assert "no longer lists" in scene.record(packet_id).action


def test_another_invoice_under_the_number_is_not_taken_for_ours(lite: Scene) -> None:
    packet_id = lite.sent()
    lite.portal.ledger[0].portal_reference = "somebody-elses"
    lite.portal.ledger[0].status = Status.accepted
    lite.clock.passes(_PATIENCE)
    lite.watch()
    assert lite.stage(packet_id) is Stage.held


def test_a_portal_that_cannot_be_asked_leaves_silence_to_a_person(lite: Scene) -> None:
    packet_id = lite.sent()
    lite.portal.abilities.discard(Ability.find)
    lite.clock.passes(_PATIENCE)
    lite.watch()
    assert lite.stage(packet_id) is Stage.held


def test_a_portal_that_is_down_is_asked_again_at_the_next_round(lite: Scene) -> None:
    packet_id = lite.sent()
    lite.clock.passes(_PATIENCE)
    lite.portal.down = True
    lite.watch()
    assert lite.stage(packet_id) is Stage.waiting
    lite.portal.down = False
    lite.portal.ledger[0].status = Status.accepted
    lite.clock.passes(900)
    lite.watch()
    assert lite.stage(packet_id) is Stage.accepted


def test_a_missed_deadline_is_told_once(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.refuses(ReasonCode.rate_mismatch))
    packet_id = scene.hand_over()
    scene.work()
    scene.watch()
    assert not scene.record(packet_id).overdue
    scene.clock.passes(3 * 24 * _HOUR)
    scene.watch()
    scene.clock.passes(900)
    scene.watch()
    assert scene.record(packet_id).overdue
    assert scene.kinds(packet_id).count("overdue") == 1


def test_a_new_stop_has_a_new_deadline(lite: Scene) -> None:
    from gateway.decisions import check_again

    lite.portal.next_time(*[lite.portal.refuses(ReasonCode.rate_mismatch)] * 2)
    packet_id = lite.hand_over()
    lite.work()
    lite.clock.passes(3 * 24 * _HOUR)
    lite.watch()
    check_again(lite.house, packet_id, "Ann")
    lite.work()
    record = lite.record(packet_id)
    assert (record.stage, record.overdue) == (Stage.held, False)
    assert record.act_by is not None
    assert record.act_by > lite.clock.now

"""The watch: silence is asked about before anybody is bothered, and missed deadlines are told once."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from gateway.adapter import Ability
from gateway.patience import Patience, learned, patience
from gateway.store import answers, board, packets
from gateway.store.database import Tx
from gateway.verdict import Actor, Level, ReasonCode, Stage, Status
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
    """What the portal said last of the newest packet, word for word."""
    from dataclasses import replace

    from gateway.store import packets

    with scene.house.database.read() as tx:
        packet_id = max(record.id for record in packets.listed(tx))
        verdict = packets.verdicts(tx, packet_id)[-1][1]
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


# --- learned --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "wait", "learned_from"),
    [
        ([80.0] * 19, 120, 0),
        ([80.0] * 20, 80, 20),
        ([80.0] * 19 + [900.0], 80, 20),  # one that took for ever does not count
        ([80.0] * 18 + [90.0, 900.0], 90, 20),
        ([1.0] * 50, 72, 50),
        ([900.0] * 50, 360, 50),
    ],
    ids=["too few", "enough", "an outlier", "the 19th of 20", "never less than a weekend", "never over thrice as long"],
)
def test_what_is_waited_is_what_nearly_all_decisions_took(hours: list[float], wait: int, learned_from: int) -> None:
    found = learned([one * _HOUR for one in hours], timedelta(hours=120))
    assert found == Patience(timedelta(hours=wait), learned_from)


def test_silence_is_told_sooner_of_a_client_that_usually_decides_soon(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.patience.ENOUGH", 2)
    for number, status in (("INV-1", Status.accepted), ("INV-2", Status.rejected)):
        scene.sent(number)
        scene.clock.passes(80 * _HOUR)
        scene.says(number, status, ReasonCode.rate_mismatch)
        scene.says(number, Status.paid)  # its later words are no decision of their own
    with scene.house.database.read() as tx:
        assert answers.latest(tx, "example-power", "north") == (80 * _HOUR, 80 * _HOUR)
        assert patience(scene.house, tx, "southern-grid", "north").learned_from == 0
    packet_id = scene.sent("INV-3")
    kept = scene.portal.ledger[-1]
    scene.portal.find_says = lambda number: (_as_before(scene, kept),)
    scene.clock.passes(79 * _HOUR)
    scene.watch()
    assert scene.stage(packet_id) is Stage.waiting
    scene.clock.passes(2 * _HOUR)
    scene.watch()
    assert scene.stage(packet_id) is Stage.held
    assert "usually decides within 4 days" in scene.record(packet_id).action


def test_a_shorter_setting_stays_the_least_that_is_waited() -> None:
    assert learned([_HOUR] * 50, timedelta(hours=24)).wait == timedelta(hours=24)


def test_a_refusal_by_the_portals_own_checks_teaches_nothing_of_the_buyer(lite: Scene) -> None:
    lite.sent()
    lite.says("INV-1001", Status.rejected, ReasonCode.rate_mismatch, level=Level.portal)
    with lite.house.database.read() as tx:
        assert answers.latest(tx, "example-power", "north") == ()


def test_the_watch_and_the_work_list_read_by_index(lite: Scene) -> None:
    """However many packets there are: neither looks at more rows than it answers."""
    with lite.house.database.read() as tx:
        plans = [
            _plan(tx, lambda: packets.silent_since(tx, "north", "example-power", lite.clock(), 5)),
            _plan(tx, lambda: packets.clients_waiting(tx, "north")),
            _plan(tx, lambda: board.held(tx)),
            _plan(tx, lambda: board.held(tx, "example-power")),
            _plan(tx, lambda: answers.latest(tx, "example-power", "north")),
        ]
    for plan, index in zip(
        plans,
        ("ix_packet_heard", "ix_packet_heard", "ix_packet_deadline", "ix_packet_client_deadline", "ix_answer_of"),
        strict=True,
    ):
        assert f"INDEX {index} " in plan, plan
        assert "SCAN" not in plan, plan


def _plan(tx: Tx, ask: Callable[[], object]) -> str:
    """How SQLite answers the statement that `ask` runs."""
    said: list[str] = []
    raw = tx.connection.driver_connection
    assert raw is not None
    raw.set_trace_callback(said.append)
    try:
        ask()
    finally:
        raw.set_trace_callback(None)
    (statement,) = (one for one in said if one.lstrip().upper().startswith("SELECT"))
    return " ".join(str(row[3]) for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}"))

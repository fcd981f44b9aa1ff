"""What the pipeline promises between intake and the portal's first word: one sentence for each test."""

import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from gateway.adapter import Ability, Document, Found
from gateway.pipeline import PIPELINE
from gateway.store import packets
from gateway.verdict import FINAL_STAGES, Actor, Level, Outcome, ReasonCode, Stage, Status, Verdict
from gateway.worker import Workers, work_once
from tests.gateway.fake_portal import Kept
from tests.gateway.stage import NORTH, SETTLING, SOUTH, Scene, order
from tests.packets import labour, materials


def test_the_table_leads_only_to_stages_that_work_wait_or_end() -> None:
    resting = {Stage.waiting, Stage.held, *FINAL_STAGES}
    for stage, row in PIPELINE.items():
        assert row.leads_to <= resting | PIPELINE.keys(), stage
    assert not resting & PIPELINE.keys()


def test_a_clean_packet_reaches_the_portal_and_is_accepted(scene: Scene) -> None:
    packet_id = scene.sent()
    scene.says("INV-1001", Status.accepted)
    record = scene.record(packet_id)
    assert (record.stage, record.status, record.transmissions) == (Stage.accepted, "accepted", 1)
    assert scene.kinds(packet_id) == ["received", "built", "sending", "verdict", "accepted"]
    assert scene.outcomes(packet_id) == ["receipted"]


def test_the_bytes_that_leave_are_those_that_were_built_and_kept(lite: Scene) -> None:
    packet_id = lite.sent()
    with lite.house.database.read() as tx:
        built = packets.built_document(tx, packet_id, 1)
    assert lite.portal.ledger[0].body == built.content
    assert lite.attempts(packet_id)[0].document_sha256 == built.sha256


def test_the_transmission_is_on_the_disk_in_doubt_before_the_first_byte_leaves(scene: Scene) -> None:
    seen: list[tuple[Stage, list[str]]] = []
    packet_id = scene.hand_over()
    scene.portal.before_submit = lambda document: seen.append((scene.stage(packet_id), scene.outcomes(packet_id)))
    scene.work()
    assert seen == [(Stage.sending, ["maybe_sent"])]


def test_time_is_counted_where_it_was_spent(lite: Scene) -> None:
    packet_id = lite.hand_over()
    lite.later(30)
    lite.clock.passes(100)
    lite.says("INV-1001", Status.accepted)
    seconds = lite.record(packet_id).seconds
    assert (seconds["ours"], seconds["portal"]) == (30.0, 100.0)


# --- doubt --------------------------------------------------------------------------------------------------------


def test_a_lost_answer_is_looked_up_and_not_sent_again(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.loses_the_answer)
    packet_id = scene.hand_over()
    scene.work()
    assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.sending, ["maybe_sent"])
    scene.later(SETTLING + 1)
    assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.waiting, ["receipted"])
    assert len(scene.portal.submissions) == 1
    assert scene.attempts(packet_id)[0].portal_reference == "north-1"


def test_the_portal_is_not_asked_before_the_settling_margin_is_over(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.loses_the_answer)
    packet_id = scene.hand_over()
    scene.work()
    scene.later(SETTLING - 1)
    assert (scene.portal.asked, scene.stage(packet_id)) == ([], Stage.sending)
    scene.later(2)
    assert scene.portal.asked == ["INV-1001"]


def test_a_transmission_that_never_arrived_is_sent_again_under_the_same_reference(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.breaks_off)
    packet_id = scene.hand_over()
    scene.work()
    scene.much_later(3)
    assert scene.outcomes(packet_id) == ["not_sent", "receipted"]
    assert len(set(scene.portal.submissions)) == 1
    assert scene.portal.living == ["INV-1001"]


def test_three_transmissions_lost_in_a_row_are_put_before_a_person(scene: Scene) -> None:
    scene.portal.next_time(*[scene.portal.breaks_off] * 3)
    packet_id = scene.hand_over()
    scene.work()
    scene.much_later()
    record = scene.record(packet_id)
    assert (record.stage, record.who_acts, len(scene.portal.submissions)) == (Stage.held, Actor.us, 3)
    assert "purchase order" in record.action


def test_an_invoice_of_another_total_under_our_number_is_a_persons_to_judge(scene: Scene) -> None:
    def takes_another(document: Document, reference: str) -> None:
        total = document.total + Decimal("0.01")
        scene.portal.ledger.append(Kept(document.number, total, document.currency, reference, "x-1"))

    scene.portal.before_submit = lambda document: takes_another(document, "")
    scene.portal.next_time(scene.portal.breaks_off)
    packet_id = scene.hand_over()
    scene.work()
    scene.later(SETTLING + 1)
    record = scene.record(packet_id)
    assert (record.stage, scene.outcomes(packet_id)) == (Stage.held, ["maybe_sent"])
    assert "x-1" in str(record.why)
    assert len(scene.portal.submissions) == 1


@pytest.mark.parametrize("differs", ["currency", "number", "twice", "no total", "no reference"])
def test_only_one_exact_match_counts_as_sent(lite: Scene, differs: str) -> None:
    def found(number: str) -> tuple[Found, ...]:
        total = Decimal("4020.40")
        received = Verdict(Status.received, Level.portal)
        one = Found(number, "n-1", received, total, "USD")
        return {
            "currency": (replace(one, currency="CAD"),),
            "number": (replace(one, number=number.lower()),),
            "twice": (one, replace(one, portal_reference="n-2")),
            "no total": (replace(one, total=None),),
            "no reference": (replace(one, portal_reference=""),),
        }[differs]

    lite.portal.next_time(lite.portal.breaks_off)
    lite.portal.find_says = found
    packet_id = lite.hand_over()
    lite.work()
    lite.much_later(3)
    assert (lite.stage(packet_id), lite.outcomes(packet_id)) == (Stage.held, ["maybe_sent"])
    assert len(lite.portal.submissions) == 1


def test_a_draft_of_ours_is_finished_by_submitting_again(lite: Scene) -> None:
    lite.portal.next_time(lite.portal.loses_the_answer)
    packet_id = lite.hand_over()
    lite.work()
    draft = lite.portal.ledger.pop()
    lite.portal.find_says = lambda number: (lite.portal.found(replace_kept(draft)),) if not lite.portal.ledger else ()
    lite.much_later(2)
    assert (lite.stage(packet_id), lite.outcomes(packet_id)) == (Stage.waiting, ["not_sent", "receipted"])


def test_who_has_a_packet_put_before_them_is_told_of_the_draft_that_stands_there(lite: Scene) -> None:
    reference = "draft-7"
    lite.portal.find_says = lambda number: (
        Found(number, reference, Verdict(Status.received, Level.portal), None, "", complete=False),
    )
    lite.portal.next_time(*[lite.portal.breaks_off] * 3)
    packet_id = lite.hand_over()
    lite.work()
    lite.much_later(6)
    record = lite.record(packet_id)
    assert (record.stage, lite.outcomes(packet_id)) == (Stage.held, ["not_sent"] * 3)
    assert f"({reference})" in record.action
    assert {one.portal_reference for one in lite.attempts(packet_id)} == {reference}


def replace_kept(kept: Kept) -> Kept:
    return replace(kept, complete=False)


def test_a_portal_that_cannot_be_asked_leaves_doubt_to_a_person(scene: Scene) -> None:
    scene.portal.abilities.discard(Ability.find)
    scene.portal.next_time(scene.portal.loses_the_answer)
    packet_id = scene.hand_over()
    scene.work()
    scene.later(SETTLING + 1)
    record = scene.record(packet_id)
    assert (record.stage, scene.outcomes(packet_id)) == (Stage.held, ["maybe_sent"])
    assert "INV-1001" in record.action
    assert "not sent" in record.action


def test_a_portal_that_is_down_is_waited_for_and_asked_again(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.loses_the_answer)
    packet_id = scene.hand_over()
    scene.work()
    scene.portal.down = True
    scene.much_later(4)
    assert scene.stage(packet_id) is Stage.sending
    scene.portal.down = False
    scene.much_later(4)
    assert (scene.stage(packet_id), len(scene.portal.submissions)) == (Stage.waiting, 1)


def test_a_portal_that_cannot_be_asked_for_a_day_leaves_doubt_to_a_person(lite: Scene) -> None:
    lite.portal.next_time(lite.portal.loses_the_answer)
    packet_id = lite.hand_over()
    lite.work()
    lite.portal.down = True
    for _ in range(30):
        lite.later(3600)
    record = lite.record(packet_id)
    assert (record.stage, lite.outcomes(packet_id)) == (Stage.held, ["maybe_sent"])
    assert "day" in str(record.why)


def test_a_duplicate_refusal_after_doubt_is_settled_by_asking(scene: Scene) -> None:
    """The portal took the first try late: asked too early it had nothing, and refuses the second."""
    scene.portal.next_time(scene.portal.loses_the_answer)
    packet_id = scene.hand_over()
    scene.work()
    late = scene.portal.ledger.pop()
    scene.later(SETTLING + 1)
    scene.portal.ledger.append(late)
    scene.much_later(2)
    assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.waiting, ["not_sent", "receipted"])
    assert scene.attempts(packet_id)[1].portal_reference == "north-1"
    assert scene.portal.living == ["INV-1001"]


def test_a_duplicate_refusal_of_a_first_transmission_is_believed(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.refuses(ReasonCode.duplicate_number, text="already exists"))
    packet_id = scene.hand_over()
    scene.work()
    record = scene.record(packet_id)
    assert (record.stage, record.status, scene.portal.asked) == (Stage.held, "rejected", [])
    assert "already exists" in str(record.why)


def test_a_duplicate_refusal_that_nothing_at_the_portal_explains_goes_to_a_person(lite: Scene) -> None:
    portal = lite.portal
    portal.next_time(portal.breaks_off, portal.refuses(ReasonCode.duplicate_number))
    packet_id = lite.hand_over()
    lite.work()
    lite.much_later(3)
    assert (lite.stage(packet_id), lite.outcomes(packet_id)) == (Stage.held, ["not_sent", "refused"])


@pytest.mark.parametrize("answer", ["wants_a_person", "looks_different"])
def test_what_only_a_person_can_see_through_is_doubt_before_a_person(lite: Scene, answer: str) -> None:
    lite.portal.next_time(getattr(lite.portal, answer))
    packet_id = lite.hand_over()
    lite.work()
    assert (lite.stage(packet_id), lite.outcomes(packet_id)) == (Stage.held, ["maybe_sent"])


def test_an_adapter_that_breaks_in_the_middle_leaves_doubt_which_is_settled(scene: Scene) -> None:
    def breaks(document: Document, reference: str) -> None:
        scene.portal.takes(document, reference)
        raise ZeroDivisionError("a defect of ours")

    scene.portal.next_time(breaks)  # type: ignore[arg-type]
    packet_id = scene.hand_over()
    scene.work()
    assert scene.outcomes(packet_id) == ["maybe_sent"]
    scene.much_later(2)
    assert (scene.stage(packet_id), len(scene.portal.submissions)) == (Stage.waiting, 1)


def test_a_receipt_without_the_portals_reference_is_never_believed(scene: Scene) -> None:
    def takes_namelessly(document: Document, reference: str) -> object:
        return replace(scene.portal.takes(document, reference), portal_reference="")

    scene.portal.next_time(takes_namelessly)  # type: ignore[arg-type]
    packet_id = scene.hand_over()
    scene.work()
    assert scene.stage(packet_id) is Stage.sending
    scene.much_later(2)
    assert scene.attempts(packet_id)[0].portal_reference == "north-1"
    assert len(scene.portal.submissions) == 1


# --- not sent -----------------------------------------------------------------------------------------------------


def test_what_was_turned_away_is_sent_again_after_growing_pauses(scene: Scene) -> None:
    scene.portal.next_time(*[scene.portal.turns_away] * 4)
    packet_id = scene.hand_over()
    scene.work()
    when = [scene.clock.now]
    while scene.stage(packet_id) is not Stage.waiting:
        before = len(scene.portal.submissions)
        scene.later(0.5)
        if len(scene.portal.submissions) > before:
            when.append(scene.clock.now)
    pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(when)]
    assert pauses == sorted(pauses)
    assert pauses[-1] > pauses[0]
    assert scene.outcomes(packet_id) == ["not_sent"] * 4 + ["receipted"]


def test_the_portals_own_wish_when_to_come_back_is_respected(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.asks_to_come_back(90))
    packet_id = scene.hand_over()
    scene.work()
    scene.later(89)
    assert scene.stage(packet_id) is Stage.built
    scene.later(2)
    assert scene.stage(packet_id) is Stage.waiting


def test_twenty_refusals_at_the_door_in_a_row_are_put_before_a_person(lite: Scene) -> None:
    lite.portal.next_time(*[lite.portal.turns_away] * 30)
    packet_id = lite.hand_over()
    lite.work()
    lite.much_later(60, 1000)
    record = lite.record(packet_id)
    assert (record.stage, record.who_acts) == (Stage.held, Actor.portal_admin)
    assert len(lite.portal.submissions) == 20


def test_a_packet_that_cannot_be_expressed_never_leaves_and_names_the_field(lite: Scene) -> None:
    lite.portal.cannot_express = "/invoice/contract_number"
    packet_id = lite.hand_over()
    lite.work()
    record = lite.record(packet_id)
    assert (record.stage, lite.portal.submissions) == (Stage.held, [])
    assert record.why[0]["path"] == "/invoice/contract_number"


# --- accounts -----------------------------------------------------------------------------------------------------


def test_a_refused_sign_in_stops_its_account_and_no_other(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.does_not_know_us)
    first = scene.hand_over()
    second = scene.hand_over("INV-1002")
    elsewhere = scene.hand_over("SG-1", client="southern-grid")
    scene.work()
    scene.much_later()
    assert len(scene.portal.submissions) == 1
    assert [scene.stage(one) for one in (first, second)] == [Stage.built, Stage.built]
    assert scene.stage(elsewhere) is Stage.waiting
    assert scene.account().paused
    assert not scene.account(SOUTH).paused


def test_two_packets_of_one_client_use_one_portal_each_their_own_number(scene: Scene) -> None:
    ids = [scene.hand_over(f"INV-{n}") for n in range(5)]
    scene.work()
    assert [scene.stage(one) for one in ids] == [Stage.waiting] * 5
    assert sorted(scene.portal.living) == [f"INV-{n}" for n in range(5)]


# --- number and order balance -------------------------------------------------------------------------------------


def test_an_invoice_number_that_another_packet_used_is_held_and_names_it(scene: Scene) -> None:
    first = scene.sent()
    second = scene.hand_over(source_id="another")
    scene.work()
    record = scene.record(second)
    assert (record.stage, len(scene.portal.submissions)) == (Stage.held, 1)
    assert first in str(record.why)


def test_two_packets_under_one_number_racing_for_the_portal_are_sent_once(scene: Scene) -> None:
    ids = [scene.hand_over(source_id=f"race-{n}") for n in range(4)]
    _work_in_threads(scene, 4)
    stages = sorted(scene.stage(one) for one in ids)
    assert stages == [Stage.held] * 3 + [Stage.waiting]
    assert len(scene.portal.submissions) == 1


def test_the_same_number_at_another_clients_portal_is_another_invoice(lite: Scene) -> None:
    here = lite.sent()
    there = lite.hand_over(source_id="south", client="southern-grid")
    lite.work()
    assert [lite.stage(here), lite.stage(there)] == [Stage.waiting] * 2


def test_what_is_on_its_way_counts_against_the_order(scene: Scene) -> None:
    scene.portal.orders_are(order(hours="70"))
    scene.read_orders()
    first = scene.sent(lines=[labour(hours="40")])
    second = scene.hand_over("INV-1002", lines=[labour(hours="40")])
    scene.work()
    assert scene.stage(first) is Stage.waiting
    record = scene.record(second)
    assert (record.stage, record.who_acts) == (Stage.held, Actor.client_ap)
    assert "10" in record.action


def test_of_packets_racing_for_the_last_hours_exactly_one_is_sent(scene: Scene) -> None:
    scene.portal.orders_are(order(hours="40"))
    scene.read_orders()
    ids = [scene.hand_over(f"INV-{n}", lines=[labour(hours="40")]) for n in range(5)]
    _work_in_threads(scene, 5)
    assert sorted(scene.stage(one) for one in ids) == [Stage.held] * 4 + [Stage.waiting]
    assert len(scene.portal.submissions) == 1


def test_an_invoice_that_came_back_frees_the_order_for_the_next(scene: Scene) -> None:
    scene.portal.orders_are(order(hours="40"))
    scene.read_orders()
    scene.portal.next_time(scene.portal.refuses(ReasonCode.other))
    first = scene.hand_over(lines=[labour(hours="40")])
    scene.work()
    assert scene.stage(first) is Stage.held
    second = scene.hand_over("INV-1002", lines=[labour(hours="40")])
    scene.work()
    assert scene.stage(second) is Stage.waiting


def test_a_credit_note_draws_nothing_from_the_order(lite: Scene) -> None:
    lite.portal.orders_are(order(hours="40"))
    lite.read_orders()
    lite.sent(lines=[labour(hours="40")])
    credit = lite.hand_over("CN-1", lines=[labour(hours="40")], type="381", preceding={"number": "INV-1001"})
    lite.work()
    assert lite.stage(credit) is Stage.waiting


def test_an_order_that_was_read_complete_and_lacks_the_number_stops_the_packet(lite: Scene) -> None:
    lite.portal.orders_are(order("4500099999"))
    lite.read_orders()
    packet_id = lite.hand_over()
    lite.work()
    assert (lite.stage(packet_id), lite.portal.submissions) == (Stage.held, [])


def test_amounts_that_only_offset_each_other_do_not_break_the_pipeline(scene: Scene) -> None:
    huge = "999999999999999"
    lines = [materials(1, huge), materials(2, huge) | {"quantity": "-1", "net_amount": f"-{huge}"}, labour(3)]
    scene_id = None
    try:
        scene_id = scene.hand_over(lines=lines)
    except Exception as fault:  # refused at the door is as good as worked off
        assert type(fault).__name__ == "PacketRefused"  # noqa: PT017
    scene.work()
    if scene_id is not None:
        assert scene.stage(scene_id) is not Stage.received


# --- crashes and leases -------------------------------------------------------------------------------------------


def test_a_worker_that_died_while_sending_is_followed_by_one_that_asks(scene: Scene) -> None:
    class Killed(BaseException):
        """Stands for the process being gone."""

    def dies(document: Document, reference: str) -> None:
        scene.portal.takes(document, reference)
        raise Killed

    scene.portal.next_time(dies)  # type: ignore[arg-type]
    packet_id = scene.hand_over()
    with pytest.raises(Killed):
        scene.work()
    assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.sending, ["maybe_sent"])
    scene.much_later(2)
    assert (scene.stage(packet_id), len(scene.portal.submissions)) == (Stage.waiting, 1)


def test_a_worker_that_wakes_after_its_lease_sends_nothing(scene: Scene) -> None:
    """It held the job so long that another took it over, and comes back just before it would have sent."""
    packet_id = scene.hand_over()
    work_once(scene.house)
    assert scene.stage(packet_id) is Stage.built
    claim = scene.house.queue.claim(180.0)
    assert claim is not None
    scene.clock.passes(181)
    scene.work()
    assert len(scene.portal.submissions) == 1
    from gateway.pipeline import advance

    advance(scene.house, claim, claim.jobs[0])
    assert len(scene.portal.submissions) == 1


def test_a_clean_stop_lets_nothing_fall(scene: Scene) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def waits(document: Document) -> None:
        arrived.set()
        assert go_on.wait(20)

    scene.portal.before_submit = waits
    ids = [scene.hand_over(f"INV-{n}") for n in range(20)]
    workers = Workers(scene.house, 2)
    workers.start()
    assert arrived.wait(20)
    stopping = threading.Thread(target=workers.stop)
    stopping.start()
    go_on.set()
    stopping.join(20)
    assert not stopping.is_alive()
    assert Stage.sending not in {scene.stage(one) for one in ids}
    scene.look_over()
    scene.portal.before_submit = None
    scene.work()
    assert {scene.stage(one) for one in ids} == {Stage.waiting}
    assert len(scene.portal.submissions) == 20


def test_a_job_that_always_fails_ends_before_a_person(lite: Scene) -> None:
    def breaks(document: Document, reference: str) -> None:
        raise ZeroDivisionError("a defect of ours")

    lite.portal.next_time(*[breaks] * 50)  # type: ignore[list-item]
    lite.portal.find_says = breaks  # type: ignore[assignment]
    packet_id = lite.hand_over()
    lite.work()
    lite.much_later(30, 700)
    record = lite.record(packet_id)
    assert (record.stage, record.who_acts, lite.outcomes(packet_id)) == (Stage.held, Actor.us, ["maybe_sent"])
    with lite.house.database.read() as tx:
        assert len(lite.house.queue.dead_letters(tx)) == 1


def test_a_packet_that_moved_on_is_not_worked_twice(lite: Scene) -> None:
    packet_id = lite.sent()
    with lite.house.queue.write() as tx:
        lite.house.queue.enqueue(tx, "advance", NORTH, f"advance:{packet_id}", packet_id=packet_id)
    before = lite.kinds(packet_id)
    lite.work()
    assert (lite.kinds(packet_id), len(lite.portal.submissions)) == (before, 1)


def test_a_job_in_the_wrong_line_finds_its_way(lite: Scene) -> None:
    packet_id = lite.hand_over()
    work_once(lite.house)
    with lite.house.queue.write() as tx:
        lite.house.queue.enqueue(tx, "advance", "", f"strayed:{packet_id}", packet_id=packet_id)
    lite.work()
    assert (lite.stage(packet_id), len(lite.portal.submissions)) == (Stage.waiting, 1)


def test_every_transmission_carries_its_outcome_and_its_times(lite: Scene) -> None:
    lite.portal.next_time(lite.portal.turns_away)
    packet_id = lite.hand_over()
    lite.work()
    lite.later(10)
    first, second = lite.attempts(packet_id)
    assert (first.outcome, second.outcome) == (Outcome.not_sent, Outcome.receipted)
    assert second.finished_at is not None
    assert second.started_at - first.started_at == timedelta(seconds=10)


def _work_in_threads(scene: Scene, count: int) -> None:
    barrier = threading.Barrier(count)
    faults: list[BaseException] = []

    def run() -> None:
        barrier.wait(10)
        try:
            scene.work()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    scene.work()
    assert not faults

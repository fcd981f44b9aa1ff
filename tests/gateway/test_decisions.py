"""What a person may order, and where the answer is no because an invoice could be lost or doubled."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.adapter import Ability
from gateway.decisions import amend, check_again, credit, not_sent, sent_as, stop, void, wait
from gateway.errors import MaybeSent, NotPossible, NotSent, PacketRefused, SignInRefused
from gateway.store import events, packets
from gateway.verdict import Level, ReasonCode, Stage, Status, Verdict
from tests.gateway.stage import CLIENTS, SETTLING, Clock, Scene, handed, open_scene, order
from tests.packets import labour

Order = Callable[[Scene, str], None]

ORDERS: dict[str, Order] = {
    "check_again": lambda scene, packet_id: check_again(scene.house, packet_id, "Ann"),
    "sent_as": lambda scene, packet_id: sent_as(scene.house, packet_id, "P-7", "Ann"),
    "not_sent": lambda scene, packet_id: not_sent(scene.house, packet_id, "Ann"),
    "wait": lambda scene, packet_id: wait(scene.house, packet_id, "Ann"),
    "stop": lambda scene, packet_id: stop(scene.house, packet_id, "Ann", "not ours"),
    "amend": lambda scene, packet_id: _amend(scene, packet_id),
    "void": lambda scene, packet_id: void(scene.house, packet_id, "Ann", "wrong client"),
    "credit": lambda scene, packet_id: _credit(scene, packet_id),
}


def _amend(scene: Scene, packet_id: str, **changes: Any) -> None:
    changed = handed("INV-1001", note="amended", **changes)
    amend(scene.house, packet_id, changed, {}, "Ann", "as agreed")


def _credit(scene: Scene, packet_id: str) -> None:
    credit(scene.house, packet_id, "CN-1", "Ann", "work not done")


def held_in_doubt(scene: Scene) -> str:
    scene.portal.abilities.discard(Ability.find)
    scene.portal.next_time(scene.portal.loses_the_answer)
    packet_id = scene.hand_over()
    scene.work()
    scene.later(SETTLING + 1)
    assert scene.stage(packet_id) is Stage.held
    return packet_id


def held_by_checklist(scene: Scene) -> str:
    packet_id = scene.hand_over(issued_on="2026-12-24")
    scene.work()
    assert scene.stage(packet_id) is Stage.held
    return packet_id


def held_refused(scene: Scene) -> str:
    scene.portal.next_time(scene.portal.refuses(ReasonCode.rate_mismatch))
    packet_id = scene.hand_over()
    scene.work()
    assert scene.stage(packet_id) is Stage.held
    return packet_id


def held_alive(scene: Scene) -> str:
    packet_id = scene.sent()
    scene.says("INV-1001", Status.under_query, ReasonCode.price_mismatch)
    assert scene.stage(packet_id) is Stage.held
    return packet_id


def held_cancelled(scene: Scene) -> str:
    packet_id = scene.sent()
    scene.says("INV-1001", Status.cancelled)
    return packet_id


def waiting(scene: Scene) -> str:
    return scene.sent()


def accepted(scene: Scene) -> str:
    packet_id = scene.sent()
    scene.says("INV-1001", Status.accepted)
    return packet_id


def stopped(scene: Scene) -> str:
    packet_id = held_refused(scene)
    stop(scene.house, packet_id, "Ann", "not ours")
    return packet_id


SITUATIONS = (
    held_in_doubt,
    held_by_checklist,
    held_refused,
    held_alive,
    held_cancelled,
    waiting,
    accepted,
    stopped,
)
ALLOWED: dict[Callable[[Scene], str], set[str]] = {
    held_in_doubt: {"sent_as", "not_sent"},
    held_by_checklist: {"check_again", "sent_as", "stop", "amend"},
    held_refused: {"check_again", "sent_as", "stop", "amend"},
    held_alive: {"sent_as", "wait", "void", "credit"},
    held_cancelled: {"check_again", "sent_as", "wait", "stop", "amend"},
    waiting: {"void", "credit"},
    accepted: {"void", "credit"},
    stopped: set(),
}


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.__name__)
def test_only_what_can_neither_lose_nor_double_is_allowed(lite: Scene, situation: Callable[[Scene], str]) -> None:
    packet_id = situation(lite)
    before = lite.counts()
    for name in ORDERS.keys() - ALLOWED[situation]:
        with pytest.raises(NotPossible) as told:
            ORDERS[name](lite, packet_id)
        assert str(told.value), name
    assert lite.counts() == before


@pytest.mark.parametrize(
    ("situation", "order"),
    [(situation, order) for situation in SITUATIONS for order in sorted(ALLOWED[situation])],
    ids=lambda one: one if isinstance(one, str) else one.__name__,
)
def test_what_is_allowed_leaves_one_living_invoice_at_most(
    lite: Scene, situation: Callable[[Scene], str], order: str
) -> None:
    packet_id = situation(lite)
    if (situation, order) == (held_in_doubt, "not_sent"):
        lite.portal.ledger.clear()  # the person has looked, and it is so
    ORDERS[order](lite, packet_id)
    assert any(event.who == "Ann" for event in lite.events(packet_id))
    lite.much_later(4)
    ours = [number for number in lite.portal.living if not number.startswith("CN-")]
    assert ours in ([], ["INV-1001"])


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_an_unknown_packet_is_said_to_be_unknown(lite: Scene, name: str) -> None:
    with pytest.raises(NotPossible, match="p0"):
        ORDERS[name](lite, "p0")


def test_nothing_is_recorded_as_sent_without_the_portals_reference(lite: Scene) -> None:
    packet_id = held_in_doubt(lite)
    with pytest.raises(NotPossible, match="reference"):
        sent_as(lite.house, packet_id, "  ", "Ann")
    assert lite.outcomes(packet_id) == ["maybe_sent"]


def test_a_persons_word_settles_doubt_as_sent(scene: Scene) -> None:
    packet_id = held_in_doubt(scene)
    sent_as(scene.house, packet_id, "north-1", "Ann", "seen it")
    assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.waiting, ["receipted"])
    scene.says("INV-1001", Status.accepted)
    assert scene.stage(packet_id) is Stage.accepted
    assert len(scene.portal.submissions) == 1


def test_a_persons_word_settles_doubt_as_not_sent_and_it_goes_once(scene: Scene) -> None:
    packet_id = held_in_doubt(scene)
    scene.portal.ledger.clear()
    not_sent(scene.house, packet_id, "Ann", "nothing there")
    scene.work()
    assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.waiting, ["not_sent", "receipted"])
    assert scene.portal.living == ["INV-1001"]


def test_an_invoice_recorded_as_sent_draws_on_its_order_again(lite: Scene) -> None:
    lite.portal.orders_are(order(hours="40"))
    lite.read_orders()
    lite.portal.next_time(lite.portal.refuses(ReasonCode.duplicate_number))
    first = lite.hand_over(lines=[labour(hours="40")])
    lite.work()
    sent_as(lite.house, first, "north-9", "Ann", "it is ours")
    second = lite.hand_over("INV-1002", lines=[labour(hours="40")])
    lite.work()
    assert lite.stage(second) is Stage.held


def test_stopping_needs_a_reason_and_frees_what_never_arrived(scene: Scene) -> None:
    packet_id = held_refused(scene)
    with pytest.raises(NotPossible, match="why"):
        stop(scene.house, packet_id, "Ann", " ")
    stop(scene.house, packet_id, "Ann", "wrong job")
    assert scene.stage(packet_id) is Stage.stopped
    again = scene.hand_over(source_id="the right one")
    scene.work()
    assert scene.stage(again) is Stage.waiting


def test_a_number_that_the_portal_has_seen_is_not_freed_by_stopping(lite: Scene) -> None:
    packet_id = held_cancelled(lite)
    stop(lite.house, packet_id, "Ann", "cancelled by the client")
    again = lite.hand_over(source_id="another")
    lite.work()
    assert lite.stage(again) is Stage.held


def test_what_is_being_sent_cannot_be_stopped(lite: Scene) -> None:
    lite.portal.next_time(lite.portal.loses_the_answer)
    packet_id = lite.hand_over()
    lite.work()
    with pytest.raises(NotPossible, match="being sent"):
        stop(lite.house, packet_id, "Ann", "x")


def test_a_stopped_packet_is_not_sent_by_the_job_that_waited_for_it(lite: Scene) -> None:
    lite.portal.next_time(lite.portal.turns_away)
    packet_id = lite.hand_over()
    lite.work()
    assert lite.stage(packet_id) is Stage.built
    stop(lite.house, packet_id, "Ann", "changed our mind")
    lite.much_later(3)
    assert (lite.stage(packet_id), lite.portal.living) == (Stage.stopped, [])


# --- amending -----------------------------------------------------------------------------------------------------


def test_an_amendment_is_a_revision_with_its_difference_and_is_checked_anew(scene: Scene) -> None:
    packet_id = held_by_checklist(scene)
    amend(scene.house, packet_id, handed("INV-1001"), {}, "Ann", "the date was wrong")
    scene.work()
    record = scene.record(packet_id)
    assert (record.stage, record.revision, record.touched) == (Stage.waiting, 2, True)
    told = next(event for event in scene.events(packet_id) if event.kind == "amended")
    assert told.who == "Ann"
    assert [(one["path"], one["was"]) for one in told.data["diff"]] == [("/invoice/issued_on", "2026-12-24")]


def test_an_amendment_that_is_wrong_is_refused_whole(lite: Scene) -> None:
    packet_id = held_by_checklist(lite)
    before = lite.counts()
    wrong = handed("INV-1001")
    wrong["invoice"]["totals"]["payable"] = "1"
    with pytest.raises(PacketRefused):
        amend(lite.house, packet_id, wrong, {}, "Ann", "")
    for other in ({"client": "southern-grid"}, {"source_id": "x"}):
        with pytest.raises(NotPossible, match="cannot be amended"):
            amend(lite.house, packet_id, handed("INV-1001", **other), {}, "Ann", "")
    with pytest.raises(NotPossible, match="nothing differs"):
        amend(lite.house, packet_id, handed("INV-1001", issued_on="2026-12-24"), {}, "Ann", "")
    assert lite.counts() == before


def test_an_amended_packet_may_be_corrected_for_the_same_reason_again(lite: Scene) -> None:
    lite.portal.next_time(*[lite.portal.refuses(ReasonCode.bill_to_mismatch)] * 2)
    packet_id = lite.hand_over(bill_to={"name": "Accounts"})
    lite.work()
    assert lite.stage(packet_id) is Stage.held
    changed = handed("INV-1001", bill_to={"name": "Accounts Payable"}, note="seen")
    lite.portal.next_time(lite.portal.refuses(ReasonCode.bill_to_mismatch))
    amend(lite.house, packet_id, changed, {}, "Ann", "")
    lite.work()
    assert (lite.stage(packet_id), lite.record(packet_id).tries) == (Stage.waiting, 1)


# --- void and credit ----------------------------------------------------------------------------------------------


def test_an_ordered_void_ends_the_packet_once_the_portal_says_so(scene: Scene) -> None:
    packet_id = scene.sent()
    void(scene.house, packet_id, "Ann", "billed twice")
    assert scene.stage(packet_id) is Stage.waiting
    scene.work()
    record = scene.record(packet_id)
    assert (record.stage, record.status, scene.portal.living) == (Stage.stopped, "cancelled", [])
    assert scene.kinds(packet_id)[-2:] == ["void_ordered", "voided"]


def test_a_void_needs_a_reason_and_a_portal_that_can(lite: Scene) -> None:
    packet_id = lite.sent()
    with pytest.raises(NotPossible, match="why"):
        void(lite.house, packet_id, "Ann", "")
    lite.portal.abilities.discard(Ability.void)
    with pytest.raises(NotPossible, match="no way to void"):
        void(lite.house, packet_id, "Ann", "billed twice")


def test_a_void_that_the_portal_declines_is_put_before_a_person(lite: Scene) -> None:
    packet_id = accepted(lite)
    lite.portal.void_says = Verdict(Status.accepted, Level.portal, portal_status="Cannot void: approved " + "x" * 500)
    void(lite.house, packet_id, "Ann", "billed twice")
    lite.work()
    assert (lite.stage(packet_id), lite.portal.living) == (Stage.held, ["INV-1001"])


@pytest.mark.parametrize("fault", [MaybeSent, NotSent, SignInRefused])
def test_a_void_whose_answer_is_lost_is_put_before_a_person(lite: Scene, fault: type[Exception]) -> None:
    packet_id = lite.sent()
    lite.portal.void_says = fault("north", "broke off")  # type: ignore[call-arg]
    void(lite.house, packet_id, "Ann", "billed twice")
    lite.work()
    record = lite.record(packet_id)
    assert record.stage is Stage.held
    assert "not known" in record.action
    assert lite.account().paused is (fault is SignInRefused)


def test_the_portals_word_that_an_ordered_void_was_done_ends_the_packet(lite: Scene) -> None:
    """The answer was lost, and the list tells it later."""
    packet_id = lite.sent()
    lite.portal.void_says = MaybeSent("north", "broke off")
    void(lite.house, packet_id, "Ann", "billed twice")
    lite.work()
    lite.clock.passes(60)
    lite.says("INV-1001", Status.cancelled)
    record = lite.record(packet_id)
    assert "not by us" not in record.action
    assert record.status == "cancelled"


def test_a_long_word_of_the_portal_about_a_void_is_kept(scene: Scene) -> None:
    packet_id = scene.sent()
    scene.portal.void_says = Verdict(Status.cancelled, Level.portal, portal_status="Voided " + "x" * 500)
    void(scene.house, packet_id, "Ann", "billed twice")
    scene.work()
    assert scene.stage(packet_id) is Stage.stopped


def test_a_credit_note_credits_the_whole_invoice_under_its_own_number(scene: Scene) -> None:
    packet_id = accepted(scene)
    made = credit(scene.house, packet_id, "CN-1", "Ann", "work not done")
    scene.work()
    assert scene.stage(made.packet_id) is Stage.waiting
    with scene.house.database.read() as tx:
        note = packets.body(tx, made.packet_id, 1)
        original = packets.body(tx, packet_id, 1)
    assert note.invoice.is_credit_note
    assert note.invoice.preceding is not None
    assert note.invoice.preceding.number == "INV-1001"
    assert note.invoice.totals == original.invoice.totals
    assert scene.record(made.packet_id).total == -scene.record(packet_id).total


def test_an_invoice_is_not_credited_twice_under_one_number(lite: Scene) -> None:
    packet_id = accepted(lite)
    made = credit(lite.house, packet_id, "CN-1", "Ann", "work not done")
    lite.clock.passes(1)
    again = credit(lite.house, packet_id, "CN-1", "Ann", "work not done")
    assert (again.packet_id, again.repeated) == (made.packet_id, True)
    with lite.house.database.read() as tx:
        ordered = [event for event in events.history(tx, packet_id) if event.kind == "credit_ordered"]
    assert len(ordered) == 1, "one order, one event"


def test_an_invoice_is_credited_once_by_two_people_at_once(scene: Scene) -> None:
    packet_id = accepted(scene)
    gate, told = threading.Barrier(2), []

    def order(number: str) -> None:
        gate.wait(30)
        try:
            told.append(credit(scene.house, packet_id, number, "Ann", "work not done").packet_id)
        except NotPossible as fault:
            told.append(str(fault))

    both = [threading.Thread(target=order, args=(number,)) for number in ("CN-1", "CN-2")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(60)
    assert sum("would give the money back twice" in one for one in told) == 1, told
    scene.work()
    assert len([number for number in scene.portal.living if number.startswith("CN-")]) == 1


def test_what_is_credited_is_not_voided_as_well_nor_the_other_way_round(lite: Scene) -> None:
    packet_id = accepted(lite)
    void(lite.house, packet_id, "Ann", "billed twice")
    with pytest.raises(NotPossible, match="being voided"):
        credit(lite.house, packet_id, "CN-1", "Ann", "work not done")
    lite.portal.void_says = Verdict(Status.accepted, Level.portal, portal_status="Cannot void: approved")
    lite.work()
    made = credit(lite.house, packet_id, "CN-1", "Ann", "work not done")
    with pytest.raises(NotPossible, match="twice"):
        void(lite.house, packet_id, "Ann", "billed twice")
    stop(lite.house, made.packet_id, "Ann", "the wrong number")
    for number in ("CN-1", "CN-2"):
        again = credit(lite.house, packet_id, number, "Ann", "work not done")
        assert not again.repeated
        stop(lite.house, again.packet_id, "Ann", "the wrong number")
    void(lite.house, packet_id, "Ann", "billed twice")


def test_a_credit_note_is_dated_in_the_sellers_calendar(sqlite_url: str, tmp_path: Any) -> None:
    evening = Clock(datetime(2026, 3, 11, 1, 30, tzinfo=UTC))  # still the 10th in Chicago
    with open_scene(sqlite_url, tmp_path, clients=CLIENTS, clock=evening, time_zone="America/Chicago") as scene:
        packet_id = accepted(scene)
        made = credit(scene.house, packet_id, "CN-1", "Ann", "work not done")
        scene.work()
        assert scene.stage(made.packet_id) is Stage.waiting
        with scene.house.database.read() as tx:
            assert packets.body(tx, made.packet_id, 1).invoice.issued_on.isoformat() == "2026-03-10"
        scene.look_over()


def test_a_reference_that_no_portal_gives_is_not_kept(lite: Scene) -> None:
    with pytest.raises(NotPossible, match="more than 200 characters"):
        sent_as(lite.house, "any", "9" * 201, "Ann")

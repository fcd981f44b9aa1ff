"""Account health: what opens the breaker, what stops an account, and that neither touches another."""

import pytest

from gateway.adapter import Document
from gateway.errors import NotPossible
from gateway.health import FAILURES_THAT_OPEN, resume_account
from gateway.verdict import Actor, Stage
from tests.gateway.stage import NORTH, SOUTH, Scene


def _fail(scene: Scene, times: int) -> None:
    scene.portal.next_time(*[scene.portal.turns_away] * times)
    for n in range(times):
        scene.hand_over(f"BAD-{n}")
    scene.work()


def test_the_fifth_failure_in_a_row_opens_the_breaker_for_its_account_alone(scene: Scene) -> None:
    _fail(scene, FAILURES_THAT_OPEN)
    state = scene.account()
    assert (state.failures, state.open_until is not None) == (5, True)
    sent = len(scene.portal.submissions)
    kept_back = scene.hand_over("INV-1")
    elsewhere = scene.hand_over("SG-1", client="southern-grid")
    scene.later(10)
    assert len(scene.portal.submissions) == sent
    assert (scene.stage(kept_back), scene.stage(elsewhere)) == (Stage.built, Stage.waiting)
    scene.later(10)
    assert scene.stage(kept_back) is Stage.waiting
    assert scene.account(SOUTH).failures == 0


def test_four_failures_do_not_open_it(lite: Scene) -> None:
    _fail(lite, FAILURES_THAT_OPEN - 1)
    assert (lite.account().failures, lite.account().open_until) == (4, None)


def test_one_success_ends_the_row_of_failures(lite: Scene) -> None:
    _fail(lite, FAILURES_THAT_OPEN - 1)
    lite.sent()
    state = lite.account()
    assert (state.failures, state.failing_since, state.open_until) == (0, None, None)


def test_a_refusal_is_an_answer_and_no_failure(lite: Scene) -> None:
    from gateway.verdict import ReasonCode

    lite.portal.next_time(*[lite.portal.refuses(ReasonCode.rate_mismatch)] * 6)
    for n in range(6):
        lite.hand_over(f"BAD-{n}")
    lite.work()
    assert lite.account().failures == 0


def test_a_breaker_that_opens_again_stays_open_longer(lite: Scene) -> None:
    lite.portal.down = True
    pauses = []
    for _ in range(9):
        lite.poll()
        state = lite.account()
        if state.open_until is not None:
            pauses.append((state.open_until - lite.clock.now).total_seconds())
            lite.clock.passes(pauses[-1] + 1)
    assert pauses == sorted(pauses)
    assert pauses[-1] > pauses[0]


def test_failed_reads_count_and_a_sensible_answer_closes_the_breaker(lite: Scene) -> None:
    lite.portal.down = True
    for _ in range(FAILURES_THAT_OPEN):
        lite.poll()
        lite.clock.passes(60)
    assert lite.account().open_until is not None
    lite.portal.down = False
    lite.poll()
    assert lite.account().failures == 0
    assert "connection refused" in lite.account().last_failure


def test_the_breaker_is_an_event_of_its_account(lite: Scene) -> None:
    _fail(lite, FAILURES_THAT_OPEN)
    told = lite.events(f"account:{NORTH}")
    assert [event.kind for event in told] == ["breaker_opened"]
    assert told[0].data["failures"] == 5


@pytest.mark.parametrize("door", ["submit", "poll", "orders", "settle", "ask"])
def test_a_refused_sign_in_is_tried_once_and_stops_the_account(lite: Scene, door: str) -> None:
    packet_id = lite.sent() if door == "ask" else ""
    if door == "submit":
        lite.portal.next_time(lite.portal.does_not_know_us)
        lite.hand_over("A-1")
        lite.work()
    elif door == "settle":
        lite.portal.next_time(lite.portal.loses_the_answer)
        lite.hand_over("A-1")
        lite.work()
        lite.portal.refuses_sign_in = True
        lite.later(61)
    else:
        lite.portal.refuses_sign_in = True
        if door == "poll":
            lite.poll()
        elif door == "orders":
            lite.read_orders()
        else:
            lite.clock.passes(200 * 3600)
            lite.watch()
            assert lite.stage(packet_id) is Stage.waiting
    state = lite.account()
    assert (state.paused, state.who_acts) == (True, Actor.portal_admin)
    assert "then resume the account" in state.action
    asked = len(lite.portal.asked)
    lite.hand_over("A-2")
    lite.much_later(3)
    assert len(lite.portal.asked) == asked
    assert [kind for kind in lite.kinds(f"account:{NORTH}") if kind == "account_paused"] == ["account_paused"]


def test_a_person_resumes_the_account_and_everything_goes_on(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.does_not_know_us)
    ids = [scene.hand_over(f"INV-{n}") for n in range(3)]
    scene.work()
    scene.clock.passes(86_400)
    scene.work()
    resume_account(scene.house, NORTH, "Ann")
    scene.work()
    assert {scene.stage(one) for one in ids} == {Stage.waiting}
    assert not scene.account().paused
    assert scene.kinds(f"account:{NORTH}") == ["account_paused", "account_resumed"]
    assert len(scene.portal.living) == 3


def test_an_account_that_works_has_nothing_to_resume(lite: Scene) -> None:
    with pytest.raises(NotPossible, match="nothing to resume"):
        resume_account(lite.house, NORTH, "Ann")


def test_a_pause_outlives_the_answers_that_were_under_way(lite: Scene) -> None:
    """While one conversation is refused, another of the same account succeeds: the account stays stopped."""
    from gateway.health import pause_account

    def refused_elsewhere(document: Document) -> None:
        with lite.house.queue.write() as tx:
            pause_account(lite.house, tx, NORTH, "The password was refused.")

    lite.portal.before_submit = refused_elsewhere
    first = lite.hand_over("INV-1")
    lite.work()
    lite.portal.before_submit = None
    second = lite.hand_over("INV-2")
    lite.much_later(3)
    assert (lite.stage(first), lite.stage(second)) == (Stage.waiting, Stage.built)
    assert lite.account().paused

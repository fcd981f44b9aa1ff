"""Slots: how an account's pace, pauses and wake-ups hold whatever else happens."""

from gateway.store.queue import NEVER
from tests.queue.line import LEASE, Line, names

ACCOUNT = "northlight"


def test_an_idle_account_wakes_for_new_work(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    assert line.claim() is None  # the slot looks, finds nothing, and sleeps until it is woken
    line.put(ACCOUNT, "one")
    assert names(line.claim()) == ["one"]


def test_new_work_does_not_jump_the_spacing_of_the_rate(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "one")
    line.finish(line.taken(), spacing=10)
    line.put(ACCOUNT, "two")
    assert line.claim() is None
    line.clock.passes(9)
    line.put(ACCOUNT, "three")
    assert line.claim() is None
    line.clock.passes(2)
    assert len(names(line.claim())) == 1


def test_the_spacing_holds_also_after_the_slot_has_looked_in_vain(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "one")
    line.finish(line.taken(), spacing=10)
    assert line.claim() is None
    line.put(ACCOUNT, "two", delay=-100)
    assert line.claim() is None


def test_new_work_does_not_wake_a_slot_that_is_held_by_a_worker(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "one")
    line.taken()
    line.put(ACCOUNT, "two")
    line.clock.passes(LEASE - 1)
    assert line.claim() is None


def test_a_failure_in_the_future_is_found_again_without_another_wake_up(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "one")
    claim = line.taken()
    line.fail(claim, claim.jobs[0], delay=40)
    assert line.claim() is None
    line.clock.passes(41)
    assert names(line.claim()) == ["one"]


def test_an_open_breaker_keeps_idle_slots_from_being_claimed(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 2)
    line.put(ACCOUNT, "one")
    line.hold(ACCOUNT, 15)
    assert line.claim() is None
    line.clock.passes(16)
    assert names(line.claim()) == ["one"]


def test_new_work_does_not_jump_an_open_breaker(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 2)
    line.hold(ACCOUNT, 15)
    line.put(ACCOUNT, "one", delay=-100)
    assert line.claim() is None
    line.clock.passes(14)
    line.put(ACCOUNT, "two")
    assert line.claim() is None


def test_the_slot_whose_failure_opened_the_breaker_waits_as_well(line: Line) -> None:
    """The breaker is shorter than the lease: letting the slot go must not let the account go."""
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "one", "two")
    claim = line.taken(lease=180)
    with line.queue.write() as tx:
        line.queue.finish(tx, claim.jobs[0])
        line.queue.hold_account(tx, ACCOUNT, 15)
        line.queue.free(tx, claim)
    assert line.claim() is None
    line.clock.passes(14)
    line.put(ACCOUNT, "three")
    assert line.claim() is None
    line.clock.passes(2)
    assert line.claim() is not None


def test_slots_that_were_busy_when_the_breaker_opened_wait_when_they_are_done(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 2)
    line.put(ACCOUNT, "one", "two", "three")
    failing, other = line.taken(lease=180), line.taken(lease=180)
    with line.queue.write() as tx:
        line.queue.finish(tx, failing.jobs[0])
        line.queue.hold_account(tx, ACCOUNT, 60)
        line.queue.free(tx, failing)
    line.clock.passes(1)
    line.finish(other, spacing=0.5)
    line.clock.passes(1)
    assert line.claim() is None
    line.clock.passes(60)
    assert names(line.claim()) == ["three"]


def test_a_shorter_hold_does_not_cut_a_longer_one_short(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "one")
    line.hold(ACCOUNT, 100)
    line.hold(ACCOUNT, 10)
    line.clock.passes(50)
    assert line.claim() is None


def test_a_stopped_account_stays_stopped_until_a_person_releases_it(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "one")
    claim = line.taken()
    line.hold(ACCOUNT, NEVER)
    line.finish(claim)
    line.put(ACCOUNT, "two")
    line.clock.passes(10_000_000)
    assert line.claim() is None
    line.release(ACCOUNT)
    assert names(line.claim()) == ["two"]


def test_a_stopped_account_is_not_started_by_more_slots(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.hold(ACCOUNT, NEVER)
    line.put(ACCOUNT, "one")
    line.queue.open_slots(ACCOUNT, 4)
    assert line.claim() is None
    line.release(ACCOUNT)
    assert names(line.claim()) == ["one"]


def test_a_release_does_not_take_slots_from_workers(line: Line) -> None:
    """A worker in the middle of a call keeps its slot, so the account's concurrency holds."""
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "one", "two")
    running = line.taken()
    line.hold(ACCOUNT, 15)
    line.release(ACCOUNT)
    assert line.claim() is None
    line.finish(running)
    assert names(line.claim()) == ["two"]


def test_a_hold_of_one_account_does_not_touch_another(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.queue.open_slots("harbor", 1)
    line.put(ACCOUNT, "north")
    line.put("harbor", "harbor")
    line.hold(ACCOUNT, NEVER)
    assert names(line.claim()) == ["harbor"]
    assert line.claim() is None

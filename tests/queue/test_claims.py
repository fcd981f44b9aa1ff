"""Who gets a job, for how long, and who may end it."""

import pytest

from gateway.store.queue import BACKGROUND, DESK, NORMAL, URGENT, AccountHeld, Claim, LeaseLost
from tests.queue.line import LEASE, Line, names

ACCOUNT = "northlight"


def test_nothing_due_means_no_claim(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 2)
    assert line.claim() is None


def test_a_job_is_claimed_once(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 2)
    line.put(ACCOUNT, "one")
    assert names(line.claim()) == ["one"]
    assert line.claim() is None


def test_an_account_holds_no_more_jobs_than_it_has_slots(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 2)
    line.put(ACCOUNT, "one", "two", "three")
    held = [line.taken(), line.taken()]
    assert line.claim() is None
    line.finish(held[0])
    assert names(line.claim()) == ["three"]


def test_one_accounts_jobs_do_not_stand_in_the_way_of_anothers(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.queue.open_slots("harbor", 1)
    line.put(ACCOUNT, *(f"north {n}" for n in range(20)))
    line.put("harbor", "harbor 1")
    first, second = line.taken(), line.taken()
    assert {first.account, second.account} == {ACCOUNT, "harbor"}


def test_urgent_goes_before_normal_and_normal_before_background(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "background", priority=BACKGROUND)
    line.clock.passes(1)
    line.put(ACCOUNT, "normal", priority=NORMAL)
    line.clock.passes(1)
    line.put(ACCOUNT, "urgent", priority=URGENT)
    served = []
    for _ in range(3):
        claim = line.taken()
        served += names(claim)
        line.finish(claim)
    assert served == ["urgent", "normal", "background"]


def test_within_a_priority_the_longest_due_goes_first(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "later")
    line.put(ACCOUNT, "sooner", delay=-5)
    assert names(line.claim()) == ["sooner"]


def test_a_job_waits_until_it_is_due(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "in a minute", delay=60)
    assert line.claim() is None
    line.clock.passes(59)
    assert line.claim() is None
    line.clock.passes(2)
    assert names(line.claim()) == ["in a minute"]


def test_due_jobs_of_one_account_are_claimed_in_batches_and_never_with_anothers(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.queue.open_slots(DESK, 1)
    line.put(ACCOUNT, "a", "b", "c")
    line.put(DESK, "d", "e")
    claims = [line.taken(batch=2), line.taken(batch=2)]
    assert sorted(claim.account for claim in claims) == [DESK, ACCOUNT]
    assert [len(claim.jobs) for claim in claims] == [2, 2]


def test_a_batch_claimed_before_the_account_was_stopped_is_not_begun(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "a", "b")
    claim = line.taken(batch=2)
    assert not line.queue.is_held(claim)
    line.hold(ACCOUNT, 15)
    assert line.queue.is_held(claim)
    with pytest.raises(AccountHeld), line.queue.write() as tx:
        line.queue.holds(tx, claim, claim.jobs[1])


def test_a_batch_is_filled_by_priority(line: Line) -> None:
    line.queue.open_slots(DESK, 1)
    line.put(DESK, "low 1", "low 2", priority=BACKGROUND)
    line.put(DESK, "high", priority=URGENT)
    assert names(line.claim(batch=2))[0] == "high"


def test_the_same_work_is_queued_once(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    with line.queue.write() as tx:
        assert line.queue.enqueue(tx, "work", ACCOUNT, "same")
        assert not line.queue.enqueue(tx, "work", ACCOUNT, "same")
    line.put(ACCOUNT, "same")
    assert line.counts() == {(ACCOUNT, "ready"): 1}


def test_the_same_work_may_be_queued_again_in_the_transaction_that_finishes_it(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "poll")
    claim = line.taken()
    with line.queue.write() as tx:
        line.queue.finish(tx, claim.jobs[0])
        assert line.queue.enqueue(tx, "work", ACCOUNT, "poll")
        line.queue.free(tx, claim)
    assert names(line.claim()) == ["poll"]


def test_a_lease_that_runs_out_lets_another_worker_take_over(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "one")
    dead = line.taken()
    line.clock.passes(LEASE - 1)
    assert line.claim() is None
    line.clock.passes(2)
    heir = line.taken()
    assert names(heir) == names(dead)
    assert (heir.jobs[0].attempts, heir.jobs[0].fence) == (2, dead.jobs[0].fence + 1)


def test_a_late_finisher_is_refused_by_the_fence_and_its_result_does_not_stand(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "one")
    late = line.taken()
    line.clock.passes(LEASE + 1)
    heir = line.taken()
    with pytest.raises(LeaseLost):
        finish_and_ask_for(line, late, "what the late one wanted")
    line.finish(heir)
    assert line.counts() == {}


def finish_and_ask_for(line: Line, claim: Claim, name: str) -> None:
    """One transaction that asks for more work and then finishes what was claimed."""
    with line.queue.write() as tx:
        line.queue.enqueue(tx, "work", ACCOUNT, name)
        line.queue.finish(tx, claim.jobs[0])


def test_a_late_failure_is_refused_as_well(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "one")
    late = line.taken()
    line.clock.passes(LEASE + 1)
    line.taken()
    with pytest.raises(LeaseLost):
        line.fail(late, late.jobs[0])


def test_a_late_finisher_cannot_end_the_job_that_followed_its_own(line: Line) -> None:
    """The row that took the place of a finished one must never pass for it, by id and fence."""
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "advance")
    late = line.taken()
    line.clock.passes(LEASE + 1)
    heir = line.taken()
    with line.queue.write() as tx:
        line.queue.finish(tx, heir.jobs[0])
        line.queue.enqueue(tx, "work", ACCOUNT, "advance")
        line.queue.free(tx, heir)
    follower = line.taken()
    with pytest.raises(LeaseLost):
        line.finish(late)
    line.finish(follower)
    assert line.counts() == {}


def test_the_holder_of_a_lease_is_told_so_and_a_late_one_is_told_no(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "one")
    late = line.taken()
    with line.queue.write() as tx:
        line.queue.holds(tx, late, late.jobs[0])
    line.clock.passes(LEASE)
    with pytest.raises(LeaseLost), line.queue.write() as tx:
        line.queue.holds(tx, late, late.jobs[0])
    line.taken()
    with pytest.raises(LeaseLost), line.queue.write() as tx:
        line.queue.holds(tx, late, late.jobs[0])


def test_a_late_workers_slot_is_not_freed_under_its_heir(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "one")
    late = line.taken()
    line.clock.passes(LEASE + 1)
    line.taken()
    line.put(ACCOUNT, "two")
    with line.queue.write() as tx:
        line.queue.free(tx, late)
    assert line.claim() is None


def test_a_late_workers_job_is_not_given_back_under_its_heir(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 2)
    line.put(ACCOUNT, "one")
    late = line.taken()
    line.clock.passes(LEASE + 1)
    line.taken()
    with line.queue.write() as tx:
        line.queue.give_back(tx, late.jobs[0])
    assert line.claim() is None


def test_what_was_not_begun_is_given_back_at_once_and_not_counted(line: Line) -> None:
    line.queue.open_slots(DESK, 1)
    line.put(DESK, "a", "b")
    claim = line.taken(batch=2)
    with line.queue.write() as tx:
        line.queue.finish(tx, claim.jobs[0])
        line.queue.give_back(tx, claim.jobs[1])
        line.queue.free(tx, claim)
    again = line.taken(batch=2)
    assert names(again) == [claim.jobs[1].dedupe]
    assert again.jobs[0].attempts == 1


def test_a_job_rolled_back_was_never_there(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "done before")
    done = line.taken()
    line.finish(done)
    with pytest.raises(LeaseLost):
        finish_and_ask_for(line, done, "one")
    assert line.counts() == {}
    assert line.claim() is None


def test_jobs_are_added_only_where_slots_are_settled_afterwards(line: Line) -> None:
    with pytest.raises(RuntimeError), line.database.write() as tx:
        line.queue.enqueue(tx, "work", ACCOUNT, "one")


def test_fewer_slots_after_a_crash_do_not_strand_the_dead_workers_job(line: Line) -> None:
    """The setting was lowered while nothing ran: what the vanished slot had held is found all the same."""
    line.queue.open_slots(ACCOUNT, 2)
    line.put(ACCOUNT, "first")
    first = line.taken()
    assert line.claim() is None  # the other slot looks, finds nothing, and sleeps
    line.put(ACCOUNT, "second")
    second = line.taken()
    line.finish(first)
    assert line.claim() is None
    survivor = first if first.n == 0 else second
    assert survivor.account == ACCOUNT
    line.queue.open_slots(ACCOUNT, 1)
    line.clock.passes(LEASE + 1)
    assert names(line.claim()) == ["second"]

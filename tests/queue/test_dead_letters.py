"""Work that was given up: seen by a person, never lost, and brought back when it is asked for."""

from gateway.store.queue import DESK
from tests.queue.line import LEASE, Line, names

ACCOUNT = "northlight"


def dead(line: Line) -> list[str]:
    """The dead letters, by name."""
    with line.database.read() as tx:
        return [row.dedupe for row in line.queue.dead_letters(tx)]


def bury(line: Line, name: str) -> int:
    """A job that failed for the last time; answers its id."""
    line.put(ACCOUNT, name, max_attempts=1)
    claim = line.taken()
    assert line.fail(claim, claim.jobs[0])
    return claim.jobs[0].id


def test_a_job_that_failed_for_the_last_time_is_a_dead_letter_and_is_not_claimed(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "bad", max_attempts=2)
    for last in (False, True):
        claim = line.taken()
        assert line.fail(claim, claim.jobs[0]) is last
    line.clock.passes(10_000_000)
    assert line.claim() is None
    assert dead(line) == ["bad"]
    assert line.counts() == {(ACCOUNT, "dead"): 1}


def test_a_dead_letter_keeps_what_went_wrong(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    bury(line, "bad")
    with line.database.read() as tx:
        assert [row.last_error for row in line.queue.dead_letters(tx)] == ["it failed"]


def test_a_person_revives_a_dead_letter_with_all_its_tries(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    job = bury(line, "bad")
    assert line.claim() is None
    with line.queue.write() as tx:
        assert line.queue.revive(tx, job)
    claim = line.taken()
    assert names(claim) == ["bad"]
    assert claim.jobs[0].attempts == 1
    assert dead(line) == []


def test_only_a_dead_letter_is_revived(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "living")
    living = line.taken().jobs[0].id
    with line.queue.write() as tx:
        assert not line.queue.revive(tx, living)


def test_asking_for_the_same_work_again_brings_its_dead_letter_back(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    bury(line, "advance")
    line.put(ACCOUNT, "advance")
    assert names(line.claim()) == ["advance"]


def test_a_dead_letter_comes_back_in_the_line_where_it_is_asked_for(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.queue.open_slots(DESK, 1)
    bury(line, "advance")
    line.put(DESK, "advance")
    claim = line.taken()
    assert (claim.account, names(claim)) == (DESK, ["advance"])


def test_a_job_that_kills_its_worker_is_counted_at_each_claim(line: Line) -> None:
    line.queue.open_slots(ACCOUNT, 1)
    line.put(ACCOUNT, "deadly")
    for attempt in range(1, 4):
        assert line.taken().jobs[0].attempts == attempt
        line.clock.passes(LEASE + 1)


def test_a_job_that_killed_its_worker_is_claimed_alone_and_takes_no_neighbours_with_it(line: Line) -> None:
    line.queue.open_slots(DESK, 1)
    line.put(DESK, "deadly", delay=-2)
    line.put(DESK, "a", "b")
    assert len(names(line.claim(batch=8))) == 3
    line.clock.passes(LEASE + 1)
    line.put(DESK, "c", "d")
    seen = []
    for _ in range(4):
        claim = line.taken(batch=8)
        assert len(claim.jobs) == 1 or all(job.attempts == 1 for job in claim.jobs)
        seen += names(claim)
        line.finish(claim)
    assert sorted(seen) == ["a", "b", "c", "d", "deadly"]

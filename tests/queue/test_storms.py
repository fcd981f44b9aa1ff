"""Many at once: threads and processes on both databases, real clocks, real locks."""

import threading
from collections.abc import Callable
from multiprocessing import get_context
from random import Random

from tests.queue.line import Line, names
from tests.queue.storm import drain, most_at_once

CAPS = {"": 3, "northlight": 1, "harbor": 2, "cedar": 4}


def at_once(*works: Callable[[], None]) -> list[str]:
    """Runs them all at the same time; what went wrong."""
    faults: list[str] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        try:
            start.wait()
            work()
        except Exception as fault:
            faults.append(repr(fault))

    crew = [threading.Thread(target=run, args=(work,)) for work in works]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    return faults


def test_the_cap_of_an_account_holds_across_threads_and_processes(live: Line, database_url: str) -> None:
    for account, cap in CAPS.items():
        live.queue.open_slots(account, cap)
        live.put(account, *(f"{account}/{n}" for n in range(40)))
    context = get_context("forkserver")
    pipes = [context.Pipe(duplex=False) for _ in range(2)]
    crew = [context.Process(target=drain, args=(database_url, 6, ends)) for _, ends in pipes]
    for process in crew:
        process.start()
    answers = [receives.recv() for receives, _ in pipes]
    for process in crew:
        process.join()
    assert [fault for _, faults in answers for fault in faults] == []
    most = most_at_once([span for spans, _ in answers for span in spans])
    assert live.counts() == {}
    assert {account: most[account] <= cap for account, cap in CAPS.items()} == dict.fromkeys(CAPS, True), most


def test_no_wake_up_is_lost_between_those_who_look_in_vain_and_those_who_add(live: Line) -> None:
    """Each round the slot goes to sleep and is woken at the same moment; a lost wake-up would leave the job lying."""
    live.queue.open_slots("harbor", 1)
    for round_ in range(60):
        found: list[str] = []

        def look(found: list[str] = found) -> None:
            claim = live.claim()
            if claim is not None:
                found += names(claim)
                live.finish(claim)

        faults = at_once(look, look, lambda name=f"job {round_}": live.put("harbor", name))
        assert faults == []
        look()
        assert found == [f"job {round_}"], "the job was added and nobody was woken for it"


def test_a_job_added_by_many_at_once_is_there_once(live: Line) -> None:
    live.queue.open_slots("harbor", 1)
    added: list[bool] = []

    def add() -> None:
        with live.queue.write() as tx:
            added.append(live.queue.enqueue(tx, "work", "harbor", "same"))

    assert at_once(*[add] * 8) == []
    assert sorted(added) == [False] * 7 + [True]
    assert live.counts() == {("harbor", "ready"): 1}


def test_a_storm_of_mixed_transactions_knows_no_deadlock_and_drains(live: Line) -> None:
    """Finishing in one line, adding to others, holding and releasing accounts, in every order at the same time."""
    accounts = ["", "a", "b", "c"]
    for account in accounts:
        live.queue.open_slots(account, 3)
        live.put(account, *(f"{account}/{n}/0" for n in range(12)))

    def work(seed: int) -> Callable[[], None]:
        rng = Random(seed)

        def run() -> None:
            idle = 0
            while idle < 30:
                claim = live.claim(batch=3)
                if claim is None:
                    idle += 1
                    threading.Event().wait(0.005)
                    continue
                idle = 0
                with live.queue.write() as tx:
                    for job in claim.jobs:
                        live.queue.finish(tx, job)
                        who, n, hop = job.dedupe.split("/")
                        if int(hop) < 4:  # on to another line, as a packet goes
                            live.queue.enqueue(tx, "work", rng.choice(accounts), f"{who}/{n}/{int(hop) + 1}")
                        if rng.random() < 0.1:
                            live.queue.hold_account(tx, rng.choice(accounts), 0.02)
                        if rng.random() < 0.1:
                            live.queue.release_account(tx, rng.choice(accounts))
                    live.queue.free(tx, claim)

        return run

    assert at_once(*(work(seed) for seed in range(8))) == []
    assert live.counts() == {}

"""A process of its own that claims and finishes: `claim_and_finish(url, seconds)`, for caps across processes."""

import threading
import time
from collections import Counter
from multiprocessing.connection import Connection

from tests.queue.line import open_line

HELD_FOR = 0.002  # seconds between claim and finish, so that claims overlap


def drain(url: str, threads: int, ends: Connection) -> None:
    """Drains the queue with so many threads; sends (account, claimed at, done at) of every claim."""
    spans: list[tuple[str, float, float]] = []
    faults: list[str] = []
    with open_line(url) as line:

        def work() -> None:
            pause = threading.Event()
            idle = 0
            try:
                while idle < 20:
                    claim = line.claim(batch=2)
                    if claim is None:
                        idle += 1
                        pause.wait(0.01)
                        continue
                    idle = 0
                    begun = time.monotonic()
                    pause.wait(HELD_FOR)
                    spans.append((claim.account, begun, time.monotonic()))
                    line.finish(claim)
            except Exception as fault:
                faults.append(repr(fault))

        crew = [threading.Thread(target=work) for _ in range(threads)]
        for one in crew:
            one.start()
        for one in crew:
            one.join()
    ends.send((spans, faults))
    ends.close()


def most_at_once(spans: list[tuple[str, float, float]]) -> Counter[str]:
    """For each account, the most claims that were held at the same moment."""
    most: Counter[str] = Counter()
    now: Counter[str] = Counter()
    for _, step, account in sorted(
        [(begun, 1, account) for account, begun, _ in spans] + [(done, -1, account) for account, _, done in spans]
    ):
        now[account] += step
        most[account] = max(most[account], now[account])
    return most

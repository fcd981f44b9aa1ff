"""An empty house's queue and what tests do with it: put jobs in, claim, finish, on a clock that tests may move."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from gateway.store.database import Database
from gateway.store.queue import Claim, Job, Queue

LEASE = 30.0


class Clock:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def passes(self, seconds: float) -> None:
        """Time goes by."""
        self.seconds += seconds


class Line:
    """A database with its queue. `clock` is None where the database's own clock is used."""

    def __init__(self, database: Database, clock: Clock | None) -> None:
        self.database = database
        self.queue = Queue(database)
        self._clock = clock

    @property
    def clock(self) -> Clock:
        """The clock that the test moves."""
        assert self._clock is not None, "this line runs on the database's clock"
        return self._clock

    def put(self, account: str, *names: str, delay: float = 0.0, priority: int = 1, max_attempts: int = 10) -> None:
        """One job for each name, which is also what keeps it from being put twice."""
        with self.queue.write() as tx:
            for name in names:
                self.queue.enqueue(tx, "work", account, name, delay=delay, priority=priority, max_attempts=max_attempts)

    def claim(self, lease: float = LEASE, batch: int = 1) -> Claim | None:
        """What is due next."""
        return self.queue.claim(lease, batch)

    def taken(self, lease: float = LEASE, batch: int = 1) -> Claim:
        """What is due next, where something must be."""
        claim = self.claim(lease, batch)
        assert claim is not None
        return claim

    def finish(self, claim: Claim, spacing: float = 0.0) -> None:
        """Every job of the claim is done and its slot let go."""
        with self.queue.write() as tx:
            for job in claim.jobs:
                self.queue.finish(tx, job)
            self.queue.free(tx, claim, spacing)

    def fail(self, claim: Claim, job: Job, delay: float = 0.0) -> bool:
        """The job failed and its slot is let go; whether it is dead now."""
        with self.queue.write() as tx:
            dead = self.queue.fail(tx, job, "it failed", delay)
            self.queue.free(tx, claim)
        return dead

    def hold(self, account: str, seconds: float) -> None:
        """A breaker opens."""
        with self.queue.write() as tx:
            self.queue.hold_account(tx, account, seconds)

    def release(self, account: str) -> None:
        """A person lets it work again."""
        with self.queue.write() as tx:
            self.queue.release_account(tx, account)

    def counts(self) -> dict[tuple[str, str], int]:
        """How many jobs there are by account and state."""
        with self.database.read() as tx:
            return self.queue.waiting(tx)


def names(claim: Claim | None) -> list[str]:
    """What was claimed, by name."""
    return [job.dedupe for job in claim.jobs] if claim else []


@contextmanager
def open_line(url: str, clock: Clock | None = None) -> Iterator[Line]:
    """The queue of an empty database."""
    database = Database(url, clock, pool=20)
    try:
        database.upgrade()
        yield Line(database, clock)
    finally:
        database.close()

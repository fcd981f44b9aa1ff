"""Chance: strikes workers, supplier and portal at random moments, the same way for the same seed as far as clocks
allow, for so many seconds; then everything is let come to rest."""

import signal
import time
from random import Random
from threading import Event

from tests.crash.cast import Being
from tests.crash.world import CLIENTS, LEASE, World, stop

BEFORE = ("cut", "http_500", "http_503", "garbage")
FEWEST_KILLS = 3
AFTER = ("lost_answer", "cut_mid_answer", "http_502", "garbage_after_commit", "slow")


class Chance:
    """One run of mishaps."""

    def __init__(self, world: World, seed: int, packets: int, pace: float) -> None:
        self._world, self._random, self._packets, self._pace = world, Random(seed), packets, pace
        self._pause = Event()
        self._workers: list[Being] = []
        self._frozen: list[tuple[Being, float]] = []
        self._supplier: Being | None = None
        self.kills = 0

    def run(self, seconds: float, workers: int = 2) -> None:
        """Mishaps for so long; afterwards the portal is calm, all packets are handed in and the workers are well."""
        end = time.monotonic() + seconds
        self._workers = [self._world.worker() for _ in range(workers)]
        acts = (self._kill, self._kill, self._freeze, self._trouble, self._trouble, self._decide, self._kill_supplier)
        while time.monotonic() < end or self.kills < FEWEST_KILLS:
            self._keep_supplied()
            self._random.choice(acts)()
            self._wake(time.monotonic())
            self._pause.wait(self._random.uniform(0.05, 0.6))
        self._wake(float("inf"))
        self._world.calm()
        if self._supplier is not None:
            self._supplier.strike(signal.SIGKILL)
            self._supplier.ends()

    def stop(self) -> list[int | None]:
        """A clean stop of every worker; their exit codes."""
        return [stop(worker) for worker in self._workers]

    def _kill(self) -> None:
        """One worker dies outright and another takes its place."""
        index = self._random.randrange(len(self._workers))
        self._workers[index].strike(signal.SIGKILL)
        self._workers[index].ends()
        self._workers[index] = self._world.worker()
        self.kills += 1

    def _freeze(self) -> None:
        """One worker at a time stands still, sometimes for longer than its lease."""
        if not self._frozen:
            worker = self._random.choice(self._workers)
            worker.strike(signal.SIGSTOP)
            self._frozen.append((worker, time.monotonic() + self._random.choice((0.5, LEASE + 1))))

    def _wake(self, now: float) -> None:
        for worker, until in [pair for pair in self._frozen if pair[1] <= now]:
            worker.strike(signal.SIGCONT)
            self._frozen.remove((worker, until))

    def _trouble(self) -> None:
        kind = self._random.choice(BEFORE + AFTER)
        seconds = {"seconds": 0.3} if kind == "slow" else {}
        self._world.fault(self._random.choice(CLIENTS), kind, **seconds)

    def _decide(self) -> None:
        """The buyer approves or disputes something."""
        client = self._random.choice(CLIENTS)
        rows = [row for row in self._world.ask(client, "invoices")["invoices"] if row["status"] == "pending_approval"]
        for row in self._random.sample(rows, min(3, len(rows))):
            disputed = self._random.random() < 0.2
            told = {"status": "disputed", "code": "OTHER"} if disputed else {"status": "approved", "force": True}
            self._world.order(client, f"invoices/{row['number']}/status", told)

    def _kill_supplier(self) -> None:
        if self._supplier is not None:
            self._supplier.strike(signal.SIGKILL)
            self._supplier.ends()

    def _keep_supplied(self) -> None:
        if self._supplier is None or not self._supplier.lives():
            self._supplier = self._world.supplier(0, self._packets, pause=self._pace)

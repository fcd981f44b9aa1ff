"""Ten thousand status updates, a fifth of them twice, in any order, to a receiver that is killed now and again."""

import http.client
import queue
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.house import House, open_house
from gateway.settings import load
from gateway.store import tables
from gateway.worker import work_once
from tests.crash.cast import Being
from tests.inbox.lives import ACCOUNT, clean, documents, ends, fill, settings_in

FOUR_EACH = 4
SIZES = (100, pytest.param(2_500, marks=pytest.mark.soak))  # invoices: some hundred updates, and the ten thousand
PUSHERS = 8


class Pusher(threading.Thread):
    """Pushes documents until each is acknowledged, as a network does: what was not is pushed again."""

    def __init__(self, port: int, waiting: "queue.SimpleQueue[bytes]", acknowledged: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._port, self._waiting, self._acknowledged = port, waiting, acknowledged

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        pause = threading.Event()
        try:
            while True:
                body = self._waiting.get_nowait()
                try:
                    connection.request("POST", f"/cxml/{ACCOUNT}", body, {"Content-Type": "text/xml"})
                    answer = connection.getresponse().read()
                except (OSError, http.client.HTTPException):
                    answer = b""
                    connection.close()  # and it opens again by itself
                    pause.wait(0.02)
                if b'<Status code="200"' in answer:
                    self._acknowledged()
                else:
                    self._waiting.put(body)
        except queue.Empty:
            pass
        finally:
            connection.close()


class Receiver:
    """The process that receives, killed when so many documents were acknowledged, and started again."""

    def __init__(self, config: Path, updates: int) -> None:
        self._config = config
        self._count = 0
        self._kills = [updates // 5, updates // 2, updates * 4 // 5]
        self._lock = threading.Lock()
        self.killed = 0
        self.being = self._started()

    def acknowledged(self) -> None:
        """One more; this may be its last."""
        with self._lock:
            self._count += 1
            if self._kills and self._count >= self._kills[0]:
                self._kills.pop(0)
                self.killed += 1
                self.being.strike(signal.SIGKILL)
                self.being.ends()
                self.being = self._started()

    def _started(self) -> Being:
        return Being("receiver", ("--config", str(self._config)), {}, self._config.parent / "receiver.log")


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> tuple[Path, int]:
    """(the settings file of an installation without any row, the port of its doors)."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    return settings_in(tmp_path / "house", database_url, port), port


@pytest.mark.timeout(900)
@pytest.mark.parametrize("invoices", SIZES)
def test_they_leave_the_same_state_as_the_clean_sequence_and_none_is_lost(
    place: tuple[Path, int], tmp_path: Path, invoices: int
) -> None:
    config, port = place
    with open_house(load(config), upgrade=True) as house, house.database.write() as tx:
        fill(tx, invoices)
    updates = [one for n in range(invoices) for one in documents(n)]
    assert len(updates) == invoices * FOUR_EACH
    receiver = Receiver(config, len(updates))
    try:
        _push(_shuffled(updates), port, receiver.acknowledged)
    finally:
        receiver.being.strike(signal.SIGTERM)
        receiver.being.ends()
        receiver.being.bury()
    assert receiver.killed == 3
    with open_house(load(config)) as house:
        _settled(house)
        with house.database.read() as tx:
            states = tx.execute(sa.select(tables.delivery.c.state, sa.func.count()).group_by(tables.delivery.c.state))
            assert {row[0]: row[1] for row in states} == {"placed": len(updates)}
            found = ends(tx)
    assert found == clean(tmp_path / "clean")


def _shuffled(updates: Sequence[bytes]) -> list[bytes]:
    """A fifth of them twice, in any order."""
    dice = random.Random(7)
    sent = [*updates, *dice.sample(updates, len(updates) // 5)]
    dice.shuffle(sent)
    return sent


def _push(bodies: Sequence[bytes], port: int, acknowledged: Callable[[], None]) -> None:
    """Returns when every one was acknowledged."""
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    for body in bodies:
        waiting.put(body)
    crew = [Pusher(port, waiting, acknowledged) for _ in range(PUSHERS)]
    for pusher in crew:
        pusher.start()
    for pusher in crew:
        pusher.join()


def _settled(house: House, within: float = 300.0) -> None:
    """Works off what is left, with what killed workers had begun, once their lease is over."""
    end, pause = time.monotonic() + within, threading.Event()
    while True:
        while work_once(house):
            pass
        with house.database.read() as tx:
            left = house.queue.waiting(tx)
        if not left:
            return
        assert time.monotonic() < end, f"still to be done: {left}"
        pause.wait(0.1)

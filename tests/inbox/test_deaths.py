"""A worker is killed while it reads the queue that forgets what was read: nothing is lost, and nothing lands twice."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.steps.watch import poll
from gateway.store import events
from gateway.verdict import Stage
from tests.crash.cast import Being
from tests.crash.deaths import POINTS_OF_A_QUEUE
from tests.inbox.network import BUYERS, NORTH, Network, open_network

INVOICES = 5


@pytest.fixture
def network(database_url: str, tmp_path: Path) -> Iterator[Network]:
    """Pages of two documents, so that a reading takes several; leases that are soon over."""
    with open_network(database_url, tmp_path, max_messages=2, lease_seconds=5) as opened:
        yield opened


@pytest.mark.parametrize("point", POINTS_OF_A_QUEUE)
def test_a_reader_that_is_killed_loses_nothing(network: Network, tmp_path: Path, point: str) -> None:
    """Between reading and storing, within the storing, between storing and giving up, within a landing; each when it
    happens for the second time."""
    ids = [network.sent(f"INV-{n}", buyer) for n in range(INVOICES) for buyer in BUYERS]
    for n in range(INVOICES):
        for buyer in BUYERS:
            network.portal.says(f"INV-{n}", "approved", buyer=buyer)
    fate = f"{point}:2:kill"
    victim = Being(
        "worker", ("--config", str(tmp_path / "clearbill.yaml"), "--fate", fate), {}, tmp_path / "victim.log"
    )
    try:
        assert victim.ends(60) == -signal.SIGKILL, (tmp_path / "victim.log").read_text()
    finally:
        victim.bury()
    while poll(network.house, NORTH):
        pass
    _work_off(network)
    assert {network.record(one).stage for one in ids} == {Stage.accepted}
    assert network.unplaced() == {}
    with network.house.database.read() as tx:
        for one in ids:
            assert [event.kind for event in events.history(tx, one)].count("accepted") == 1
            assert events.broken_link(tx, one) is None


def _work_off(network: Network, within: float = 60.0) -> None:
    """Until nothing is left, also of what the dead had begun."""
    end, pause = time.monotonic() + within, threading.Event()
    while True:
        network.work()
        with network.house.database.read() as tx:
            left = [key for key in network.house.queue.waiting(tx) if key[0] == ""]
        if not left:
            return
        assert time.monotonic() < end, left
        pause.wait(0.1)

"""Bench 5: the door for pushes: how many status updates a second are stored and acknowledged, and how long one waits.

One `clearbill serve` with four workers on the default database, which land what comes at the same time; eight network
connections push. Figures to look at, without limits.
"""

import http.client
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from gateway.house import House, open_house
from gateway.settings import load
from tests.bench.result import Figure
from tests.bench.yard import ROOT
from tests.inbox.lives import ACCOUNT, documents, fill, settings_in

AT_A_TIME = 8


def push(folder: Path, *, quick: bool) -> list[Figure]:
    """5,000 status updates of 1,250 invoices."""
    invoices = 25 if quick else 1_250
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    config = settings_in(folder / "house", f"sqlite:///{folder / 'clearbill.sqlite'}", port)
    with open_house(load(config), upgrade=True) as house:
        with house.database.write() as tx:
            fill(tx, invoices)
        bodies = [body for n in range(invoices) for body in documents(n)]
        with _serving(config, port):
            began = time.perf_counter()
            waits = _pushed(bodies, port)
            pushed = time.perf_counter() - began
            _landed(house)
            landed = time.perf_counter() - began
    count = len(bodies)
    p99 = statistics.quantiles(waits, n=100)[98]
    told = f"p50 {1_000 * statistics.median(waits):.0f} ms; all landed at {count / landed:,.0f}/s"
    what = f"{count:,} status updates, {AT_A_TIME} at a time"
    return [
        Figure("push", f"{what}, acknowledged", count / pushed, "/s", None, told),
        Figure("push", f"{what}, p99 of the door", 1_000 * p99, "ms"),
    ]


@contextmanager
def _serving(config: Path, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "gateway.cli", "serve", "--config", str(config)]
    with (config.parent / "serve.log").open("wb") as told:
        process = subprocess.Popen(command, cwd=ROOT, stdout=told, stderr=told)
        try:
            deadline = time.monotonic() + 60
            while not _is_open(port):
                assert time.monotonic() < deadline, (config.parent / "serve.log").read_text()
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(60)


def _is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _pushed(bodies: Sequence[bytes], port: int) -> list[float]:
    """Seconds that each one waited for its acknowledgement."""

    def share(first: int) -> list[float]:
        waits = []
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for body in bodies[first::AT_A_TIME]:
            began = time.perf_counter()
            connection.request("POST", f"/cxml/{ACCOUNT}", body, {"Content-Type": "text/xml"})
            answer = connection.getresponse()
            assert b'<Status code="200"' in answer.read(), answer.status
            waits.append(time.perf_counter() - began)
        connection.close()
        return waits

    with ThreadPoolExecutor(AT_A_TIME) as crew:
        return [wait for waits in crew.map(share, range(AT_A_TIME)) for wait in waits]


def _landed(house: House) -> None:
    """Returns when no job is left."""
    while True:
        with house.database.read() as tx:
            if not house.queue.waiting(tx):
                return
        time.sleep(0.05)

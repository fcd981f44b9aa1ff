"""Bench 1: packets through the whole pipeline, against a bare loop that posts the same finished documents.

Ours is what a user of a machine with two processors runs: `clearbill worker` twice, each with four threads, on the
default database. Both send 8 at a time to the same sandbox process; ours and bare take turns, so that whatever else the
machine does meets both. Intake is not part of it and told by itself: packets are in the database, and the workers up,
when the clock starts; it stops when all wait for the portal's decision.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import sqlalchemy as sa

from gateway.adapter import Account, secret_mark
from gateway.connection import open_connection
from gateway.house import House, open_house
from gateway.intake import accept
from gateway.settings import load
from gateway.store import packets
from gateway.store.queue import DESK, NEVER
from gateway.store.tables import packet
from gateway.verdict import Stage
from gateway.worker import work_once
from tests.bench.result import Figure
from tests.bench.weeks import Weeks, weeks
from tests.bench.yard import ACCOUNT, BARE, CLIENT, ROOT, Yard, configure, open_yard

PROCESSES = 2
THREADS = 4
AT_A_TIME = PROCESSES * THREADS
MOST = 3.0
_LOOK_SECONDS = 0.02
_IDLE = 1.0  # seconds after which a worker without work has looked for it again


@dataclass(frozen=True, slots=True)
class _Part:
    """Seconds for one part of the packets: ours, bare, ours in processor time; and for taking them in."""

    count: int
    ours: float
    bare: float
    processor: float
    intake: float


def through(folder: Path, *, quick: bool) -> list[Figure]:
    """2,000 packets in two parts."""
    count, parts = (40, 2) if quick else (2_000, 2)
    made = weeks(datetime.now(UTC))
    with open_yard(folder, made.portal) as yard:
        for buyer in (CLIENT, BARE):
            yard.control(buyer, "POST", "orders", {"orders": made.orders(count)})
        config = configure(yard, folder, workers=THREADS)
        with open_house(load(config), upgrade=True) as house:
            with house.queue.write() as tx:
                house.queue.enqueue(tx, "orders", ACCOUNT, f"orders:{ACCOUNT}")
            while work_once(house):
                pass
            _hold(house)
            size = count // parts
            with _workers(config) as pids:
                found = [_part(house, yard, made, pids, number * size, size) for number in range(parts)]
        held = len(yard.control(CLIENT, "GET", "invoices")["invoices"])
    assert held == count, f"the portal holds {held} invoices, not {count}"
    return _figures(found, None if quick else MOST)


@contextmanager
def _workers(config: Path) -> Iterator[list[int]]:
    """`clearbill worker` in processes of their own, up and idle; ended cleanly on leaving."""
    command = [sys.executable, "-m", "gateway.cli", "worker", "--config", str(config)]
    with ExitStack() as stack, (config.parent / "workers.log").open("wb") as told:
        started = []
        for _ in range(PROCESSES):
            process = stack.enter_context(subprocess.Popen(command, cwd=ROOT, stdout=told, stderr=told))
            stack.callback(process.terminate)
            started.append(process.pid)
        log = config.parent / "workers.log"
        deadline = time.monotonic() + 60
        while log.read_bytes().count(b"working") < PROCESSES:
            assert time.monotonic() < deadline, f"the workers did not start: {log.read_text()}"
            time.sleep(_LOOK_SECONDS)
        yield started


def _part(house: House, yard: Yard, made: Weeks, pids: Sequence[int], first: int, count: int) -> _Part:
    began = time.perf_counter()
    taken = [accept(house, handed, files).packet_id for handed, files in made.packets(first, count)]
    intake = time.perf_counter() - began
    processor = _processor(pids)
    ours = _work(house, count)
    processor = _processor(pids) - processor
    _hold(house)
    bare = _post(yard, _documents(house, yard, taken))
    return _Part(count, ours, bare, processor, intake)


def _work(house: House, count: int) -> float:
    """Seconds from the word go until all that was taken in waits for the portal's decision."""
    before = _waiting(house)
    began = time.perf_counter()
    with house.queue.write() as tx:
        house.queue.release_account(tx, DESK)
    while _waiting(house) - before < count:
        time.sleep(_LOOK_SECONDS)
    return time.perf_counter() - began


def _hold(house: House) -> None:
    """Keeps the desk shut, so that packets can be taken in without being worked on, until `_work` opens it."""
    with house.queue.write() as tx:
        house.queue.hold_account(tx, DESK, NEVER)
    time.sleep(_IDLE)


def _processor(pids: Sequence[int]) -> float:
    """Seconds of processor time that these processes have used."""
    ticks = 0
    for pid in pids:
        values = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += int(values[11]) + int(values[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _waiting(house: House) -> int:
    """How many packets wait for the portal. Raises AssertionError when one needs a person: the bench is wrong then."""
    with house.database.read() as tx:
        rows = tx.execute(sa.select(packet.c.stage, sa.func.count().label("number")).group_by(packet.c.stage))
        found: dict[str, int] = {row.stage: row.number for row in rows}
    assert Stage.held not in found, f"packets were held: {found}"
    return found.get(Stage.waiting, 0)


def _documents(house: House, yard: Yard, taken: Sequence[str]) -> list[tuple[bytes, str]]:
    """The very bytes that left, with their content types."""
    mark, secret = secret_mark("shared_secret").encode(), yard.secrets["shared_secret"].encode()
    with house.database.read() as tx:
        built = [packets.built_document(tx, packet_id, 1) for packet_id in taken]
    return [(one.content.replace(mark, secret, 1), one.content_type) for one in built]


def _post(yard: Yard, documents: Sequence[tuple[bytes, str]]) -> float:
    """Seconds for posting finished documents with the settings of our own client, and nothing else."""
    account = Account(ACCOUNT, "coupa", {}, lambda name: yard.secrets[name])
    plain = open_connection(account)
    url = f"{yard.url}/{BARE}/cxml/invoices"
    limits = httpx.Limits(max_connections=2 * AT_A_TIME, max_keepalive_connections=2 * AT_A_TIME)
    with httpx.Client(limits=limits, timeout=plain.timeout, headers=plain.headers, trust_env=False) as http:

        def post(document: tuple[bytes, str]) -> str:
            return http.post(url, content=document[0], headers={"Content-Type": document[1]}).text

        began = time.perf_counter()
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            answers = list(pool.map(post, documents))
        took = time.perf_counter() - began
    plain.close()
    refused = [answer for answer in answers if "invoice id" not in answer]
    assert not refused, f"the bare loop was refused: {refused[0][:400]}"
    return took


def _figures(parts: Sequence[_Part], most: float | None) -> list[Figure]:
    count = sum(part.count for part in parts)
    ours, bare = (sum(getattr(part, name) for part in parts) for name in ("ours", "bare"))
    ratios = sorted(part.ours / part.bare for part in parts)
    told = f"{count / ours:,.0f}/s against {count / bare:,.0f}/s; parts {', '.join(f'{one:.2f}' for one in ratios)}"
    processor = 1_000 * sum(part.processor for part in parts) / count
    return [
        Figure(
            "through", f"{count:,} packets to waiting, 8 at a time, against bare posts", ours / bare, "x", most, told
        ),
        Figure("through", "processor time of a packet, portal apart", processor, "ms"),
        Figure("through", "intake of a packet with its papers", count / sum(part.intake for part in parts), "/s"),
    ]

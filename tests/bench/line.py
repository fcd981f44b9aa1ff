"""Bench 3: a long line costs a worker neither memory nor time: a thousand waiting packets against a million."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.house import open_house
from gateway.settings import Settings, settings_from
from gateway.store.queue import Queue
from gateway.worker import work_once
from tests.bench.bulk import due_jobs, waiting_packets
from tests.bench.result import Figure
from tests.bench.yard import ACCOUNT, OTHERS, ROOT

FATTER = 1.2
SLOWER = 2.0
_ON_ONE, _ON_MANY = "one account", "many accounts"
_CLAIMS = 60  # a short line of a thousand is to last for all rounds
_ROUNDS = 5
_LEASE = 60.0


@dataclass(frozen=True, slots=True)
class Found:
    """What a worker process found: its memory in megabytes, and the middle time of a claim in milliseconds."""

    rss_mb: float
    claim_ms: float


def line(folder: Path, *, quick: bool) -> list[Figure]:
    """Memory of a worker process and time of a claim, for one account and for one in a hundred packets."""
    short, long = (200, 4_000) if quick else (1_000, 1_000_000)
    fatter, slower = (None, None) if quick else (FATTER, SLOWER)
    figures = []
    for way, share in ((_ON_ONE, 0), (_ON_MANY, 100)):
        few, many = _both(folder, (short, long), share, rounds=1 if quick else _ROUNDS)
        told = f"{few.rss_mb:.0f} MB, {many.rss_mb:.0f} MB"
        size = f"{long:,} due jobs against {short:,}, {way}"
        figures.append(Figure("line", f"memory, {size}", many.rss_mb / few.rss_mb, "x", fatter, told))
        told = f"{few.claim_ms:.2f} ms, {many.claim_ms:.2f} ms"
        figures.append(Figure("line", f"claim, {size}", many.claim_ms / few.claim_ms, "x", slower, told))
    return figures


def _both(folder: Path, counts: tuple[int, int], share: int, rounds: int) -> tuple[Found, Found]:
    """The middle of what workers on a short and on a long line found, taking turns; `share`: packets of an account."""
    places = []
    for count in counts:
        place = folder / f"{count}-{share}"
        place.mkdir()
        _fill(_settings(place), count, count // share if share else 0)
        places.append(place)
    os.sync()  # what filling left to be written must not slow the commits that are measured
    found: list[list[Found]] = [[], []]
    for _ in range(rounds):
        for position, place in enumerate(places):
            found[position].append(_worker(place))
    for place in places:
        shutil.rmtree(place)
    few, many = (
        Found(statistics.median(one.rss_mb for one in each), statistics.median(one.claim_ms for one in each))
        for each in found
    )
    return few, many


def _settings(folder: Path) -> Settings:
    account = {"portal": "coupa", "settings": {"url": "http://127.0.0.1:9"}, "requests_per_second": 10_000}
    accounts = dict.fromkeys((ACCOUNT, *OTHERS), account)
    return settings_from({"accounts": accounts}, folder / "clearbill.yaml")


def _fill(settings: Settings, count: int, accounts: int) -> None:
    """Waiting packets, and for each a job that is due."""
    with open_house(settings, upgrade=True) as house:
        with house.database.write() as tx:
            waiting_packets(tx, count, datetime.now(UTC), number="NP-")
            due_jobs(tx, count, house.database.epoch(tx), accounts=accounts)
        queue = Queue(house.database)
        for number in range(accounts):
            queue.open_slots(f"account-{number}", 1)
        queue.open_slots(ACCOUNT, 4)


def _worker(folder: Path) -> Found:
    """What a process of its own found."""
    command = [sys.executable, "-m", "tests.bench.line", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return Found(**json.loads(done.stdout))


def main(argv: Sequence[str]) -> None:
    """The worker process: claims and finishes, works off as a worker does, then tells its memory and a claim's time."""
    with open_house(_settings(Path(argv[0]))) as house:
        took = []
        for _ in range(_CLAIMS):
            began = time.perf_counter()
            claim = house.queue.claim(_LEASE)
            took.append(time.perf_counter() - began)
            if claim is None:
                break
            with house.queue.write() as tx:
                for job in claim.jobs:
                    house.queue.finish(tx, job)
                house.queue.free(tx, claim)
        for _ in range(_CLAIMS // 3):
            if not work_once(house):
                break
        json.dump(asdict(Found(_resident(), 1_000 * statistics.median(took))), sys.stdout)


def _resident() -> float:
    """Megabytes of this process in memory now."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(row.split()[1]) for row in status if row.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    main(sys.argv[1:])

"""Bench 2: a poll costs what changed, not what is open: list requests and time with few and with many open invoices."""

import math
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from gateway.house import House, open_house
from gateway.settings import load
from gateway.store.queue import URGENT
from gateway.store.tables import packet
from gateway.verdict import Stage
from gateway.worker import work_once
from tests.bench.bulk import waiting_packets
from tests.bench.result import Figure
from tests.bench.weeks import weeks
from tests.bench.yard import ACCOUNT, CLIENT, Yard, configure, open_yard

CHANGED = 100
PAGE = 50  # the most rows Coupa gives for one list request
SLOWER = 1.5  # the most that a hundred times as many open invoices may do to a poll
_ROUNDS = 5
_OVERLAP = 2.0  # seconds; the least that an account may be set to


def polls(folder: Path, *, quick: bool) -> list[Figure]:
    """Polls with 1,000 and with 100,000 open invoices of which 100 changed."""
    few, many = (200, 2_000) if quick else (1_000, 100_000)
    found = {}
    for count in (few, many):
        place = folder / str(count)
        place.mkdir()
        found[count] = _with_open(place, count, 1 if quick else _ROUNDS)
    requests, seconds = found[many]
    told = f"{1_000 * found[few][1]:.0f} ms with {few:,} open, {1_000 * seconds:.0f} ms with {many:,}"
    most = 1 + math.ceil(CHANGED / PAGE)
    what = f"list requests, {many:,} open and {CHANGED} changed"
    ratio = seconds / found[few][1]
    return [
        Figure("polls", what, requests, "", most),
        Figure("polls", f"time, {many:,} open against {few:,}", ratio, "x", None if quick else SLOWER, told),
    ]


def _with_open(folder: Path, count: int, rounds: int) -> tuple[int, float]:
    """The most list requests and the middle number of seconds of polls that each find 100 changes."""
    now = datetime.now(UTC)
    with open_yard(folder, weeks(now).portal) as yard:
        seeded = yard.control(CLIENT, "POST", "seed", {"invoices": count})
        since = (now - timedelta(minutes=1)).isoformat()
        settings = load(configure(yard, folder, workers=4, poll_from=since, poll_overlap_seconds=_OVERLAP))
        with open_house(settings, upgrade=True) as house:
            with house.database.write() as tx:
                waiting_packets(tx, count, now, first_reference=seeded["first_id"])
            _poll(house, yard)  # signs in
            found = [_round(house, yard, number) for number in range(rounds)]
            assert _accepted(house) == rounds * CHANGED, "not every change landed"
    return max(requests for requests, _ in found), statistics.median(seconds for _, seconds in found)


def _round(house: House, yard: Yard, number: int) -> tuple[int, float]:
    for index in range(number * CHANGED + 1, (number + 1) * CHANGED + 1):
        yard.control(CLIENT, "POST", f"invoices/SEED-{index}/status", {"status": "approved", "force": True})
    time.sleep(_OVERLAP + 1.2)  # the next poll looks back so far, and must not find these changes again
    return _poll(house, yard)


def _poll(house: House, yard: Yard) -> tuple[int, float]:
    """List requests and seconds of one poll, worked as any job is."""
    yard.control(CLIENT, "DELETE", "received")
    with house.queue.write() as tx:
        house.queue.enqueue(tx, "poll", ACCOUNT, f"poll:{ACCOUNT}", priority=URGENT)
    began = time.perf_counter()
    while work_once(house):
        pass
    took = time.perf_counter() - began
    asked = yard.control(CLIENT, "GET", "received")["requests"]
    return sum(1 for one in asked if one["method"] == "GET" and "/api/invoices?" in one["path"]), took


def _accepted(house: House) -> int:
    with house.database.read() as tx:
        wanted = sa.select(sa.func.count()).select_from(packet).where(packet.c.stage == Stage.accepted)
        return int(tx.execute(wanted).scalar_one())

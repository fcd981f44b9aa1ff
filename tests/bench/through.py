"""Bench 1: packets through the whole pipeline, against a bare loop that posts the same finished documents.

Both send 8 at a time to the same process; ours and bare take turns, so that whatever else the machine does meets both.
Intake is not part of it (see `figures`): packets are in the database when the clock starts, and `waiting` when it stops.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import sqlalchemy as sa

from gateway.adapter import Account, secret_mark
from gateway.connection import open_connection
from gateway.house import House, open_house
from gateway.intake import accept
from gateway.store import packets
from gateway.store.tables import packet
from gateway.verdict import Stage
from gateway.worker import Workers, work_once
from tests.bench.result import Figure
from tests.bench.weeks import Weeks, weeks
from tests.bench.yard import ACCOUNT, BARE, CLIENT, Yard, open_yard, settings_for

AT_A_TIME = 8
MOST = 3.0
_LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class _Part:
    """Seconds for one part of the packets: ours, bare, ours in processor time; and for taking them in."""

    count: int
    ours: float
    bare: float
    processor: float
    intake: float


def through(folder: Path, *, quick: bool) -> list[Figure]:
    """2,000 packets in parts of 500; the middle ratio counts."""
    count, parts = (40, 2) if quick else (2_000, 4)
    made = weeks(datetime.now(UTC))
    with open_yard(folder, made.portal) as yard:
        for buyer in (CLIENT, BARE):
            yard.control(buyer, "POST", "orders", {"orders": made.orders(count)})
        with open_house(settings_for(yard, folder, workers=AT_A_TIME), upgrade=True) as house:
            with house.queue.write() as tx:
                house.queue.enqueue(tx, "orders", ACCOUNT, f"orders:{ACCOUNT}")
            while work_once(house):
                pass
            size = count // parts
            found = [_part(house, yard, made, number * size, size) for number in range(parts)]
        held = len(yard.control(CLIENT, "GET", "invoices")["invoices"])
    assert held == count, f"the portal holds {held} invoices, not {count}"
    return _figures(found)


def _part(house: House, yard: Yard, made: Weeks, first: int, count: int) -> _Part:
    taken, began = [], time.perf_counter()
    for handed, files in made.packets(first, count):
        taken.append(accept(house, handed, files).packet_id)
    intake = time.perf_counter() - began
    processor = time.process_time()
    ours = _work(house, count)
    processor = time.process_time() - processor
    bare = _post(yard, _documents(house, yard, taken))
    return _Part(count, ours, bare, processor, intake)


def _work(house: House, count: int) -> float:
    """Seconds until all that was taken in waits for the portal's decision."""
    before = _waiting(house)
    workers = Workers(house, AT_A_TIME)
    began = time.perf_counter()
    workers.start()
    while _waiting(house) - before < count:
        time.sleep(_LOOK_SECONDS)
    took = time.perf_counter() - began
    workers.stop()
    return took


def _waiting(house: House) -> int:
    """How many packets wait for the portal. Raises AssertionError when one needs a person: the bench is wrong then."""
    with house.database.read() as tx:
        found = dict(tx.execute(sa.select(packet.c.stage, sa.func.count()).group_by(packet.c.stage)).tuples().all())
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


def _figures(parts: Sequence[_Part]) -> list[Figure]:
    count = sum(part.count for part in parts)
    ours, bare = (sum(getattr(part, name) for part in parts) for name in ("ours", "bare"))
    ratios = sorted(part.ours / part.bare for part in parts)
    told = f"{count / ours:,.0f}/s against {count / bare:,.0f}/s; parts {', '.join(f'{one:.2f}' for one in ratios)}"
    processor = 1_000 * sum(part.processor for part in parts) / count
    return [
        Figure(
            "through", f"{count:,} packets to waiting, 8 at a time, against bare posts", ours / bare, "x", MOST, told
        ),
        Figure("through", "processor time of a packet, portal apart", processor, "ms"),
        Figure("through", "intake of a packet with its papers", count / sum(part.intake for part in parts), "/s"),
    ]

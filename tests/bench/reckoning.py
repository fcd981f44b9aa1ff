"""Bench 4: what reports cost over a year's work; figures to look at, without limits."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gateway.exposition import scrape
from gateway.house import open_house
from gateway.metrics import counted, measure
from gateway.reports import rejections
from gateway.settings import settings_from
from tests.bench.bulk import verdicts, waiting_packets
from tests.bench.result import Figure
from tests.bench.yard import ACCOUNT, OTHERS

_REJECTED_ONE_IN = 10


def reckoning(folder: Path, *, quick: bool) -> list[Figure]:
    """Rejection report, key figures and a scrape at 200,000 packets, one in ten rejected."""
    count = 2_000 if quick else 200_000
    account = {"portal": "coupa", "settings": {"url": "http://127.0.0.1:9"}}
    settings = settings_from({"accounts": dict.fromkeys((ACCOUNT, *OTHERS), account)}, folder / "clearbill.yaml")
    now = datetime.now(UTC)
    with open_house(settings, upgrade=True) as house:
        with house.database.write() as tx:
            waiting_packets(tx, count, now)
            verdicts(tx, count, _REJECTED_ONE_IN, now)
        with counted(house.database) as tx:
            report = _milliseconds(lambda: rejections(tx))
            figures = _milliseconds(lambda: measure(tx, now))
        scraped = _milliseconds(lambda: scrape(house))
    size = f"{count:,} packets"
    return [
        Figure("reckoning", f"rejections report, {size}", report, "ms"),
        Figure("reckoning", f"key figures, {size}", figures, "ms"),
        Figure("reckoning", f"a scrape of /metrics, {size}", scraped, "ms"),
    ]


def _milliseconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    assert act(), "there was nothing to reckon"
    return 1_000 * (time.perf_counter() - began)

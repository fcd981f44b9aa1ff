"""Figures for Prometheus, in its text format: how things stand in the database, and what this process did.

`gateway/monitoring/METRICS.md` lists every one; `gateway.monitoring.catalogue` names them. How things stand is asked of
the database at each scrape by a few look-ups over indexes; shares and cycle times, which need a look at every packet,
are reckoned every ten minutes, after a scrape was answered, and tell their age.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gateway.house import House
from gateway.metrics import silence_limits
from gateway.monitoring.families import family
from gateway.monitoring.figures import Figures
from gateway.monitoring.tally import DESK_LABEL, KINDS, OF_THIS_PROCESS, Tally, among, line
from gateway.store import accounts, client_pauses, gauges, inbox, notices
from gateway.store.database import Tx
from gateway.store.queue import DESK, NOTICES
from gateway.verdict import Status

__all__ = ["CONTENT_TYPE", "DESK_LABEL", "OF_THIS_PROCESS", "observe", "scrape"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""What `/metrics` answers with."""

observe = OF_THIS_PROCESS.observe
"""Given to `open_house(settings, observe=observe)`."""

_AT_THE_DESK = ("advance", "watch", "land", "news", "anchor")
_AT_A_PORTAL = ("advance", "poll", "orders", "void", "ask")
_STATES = ("ready", "aside", "dead")


def scrape(house: House, tally: Tally = OF_THIS_PROCESS, figures: Figures | None = None) -> bytes:
    """The text for `/metrics`, with the shares where `figures` are given. Raises what the database raises: without it
    there is nothing true to say."""
    registry = CollectorRegistry()
    registry.register(_AsFound((*_standing(house), *(figures.families() if figures else ()))))
    return generate_latest(registry) + generate_latest(tally.registry)


class _AsFound(Collector):
    def __init__(self, families: Iterable[GaugeMetricFamily]) -> None:
        self._families = tuple(families)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        return iter(self._families)


def _standing(house: House) -> list[GaugeMetricFamily]:
    began = time.perf_counter()
    with house.database.read() as tx:
        now = house.database.now(tx)
        states = accounts.every(tx)
        found = [
            *_packets(house, tx, now, states),
            *_attempts(tx, now, states),
            *_unplaced(tx, now, states),
            *_queue(house, tx, states),
            *_channels(house, tx, now),
            family("database_bytes", {(): gauges.database_bytes(tx)}),
        ]
        kind = tx.dialect.name
    return [
        *found,
        *_accounts(states, now),
        family("checklist_faults", {(): len(house.shelf.faults)}),
        family("build_info", {(_version(), kind): 1.0}),
        family("scrape_seconds", {(): time.perf_counter() - began}),
    ]


def _packets(
    house: House, tx: Tx, now: datetime, states: tuple[accounts.AccountRecord, ...]
) -> Iterator[GaugeMetricFamily]:
    stages = gauges.by_stage(tx)
    none = {(one.key,): 0.0 for one in states}
    yield family("packets", {(one.account, one.stage): one.number for one in stages})
    yield family("packets_held", gauges.held(tx))
    yield family("packets_overdue", none | {(key,): number for key, number in gauges.late(tx, now).items()})
    silent = gauges.silent(tx, now, silence_limits(house.settings))
    yield family("packets_silent", {(account,): number for account, number in silent.items()})
    yield family("oldest_undecided_seconds", _oldest(stages, now))
    yield family("money_held", {key: float(total) for key, total in gauges.money_held(tx).items()})
    yield family("clients_paused", {(): len(client_pauses.every(tx))})


def _attempts(tx: Tx, now: datetime, states: tuple[accounts.AccountRecord, ...]) -> Iterator[GaugeMetricFamily]:
    yield family("attempts", gauges.attempts(tx))
    since = gauges.in_doubt_since(tx)
    yield family("attempts_in_doubt_seconds", {(one.key,): _since(since.get(one.key), now) for one in states})
    said = {status.value: 0 for status in Status} | gauges.verdicts(tx)
    yield family("verdicts", {(status,): number for status, number in said.items()})


def _unplaced(tx: Tx, now: datetime, states: tuple[accounts.AccountRecord, ...]) -> Iterator[GaugeMetricFamily]:
    found = {one.account: one for one in inbox.unplaced(tx)}
    keys = sorted({*found, *(one.key for one in states)})
    yield family("deliveries_unplaced", {(key,): found[key].number if key in found else 0 for key in keys})
    oldest = {key: one.oldest for key, one in found.items()}
    yield family("deliveries_unplaced_seconds", {(key,): _since(oldest.get(key), now) for key in keys})


def _queue(house: House, tx: Tx, states: tuple[accounts.AccountRecord, ...]) -> Iterator[GaugeMetricFamily]:
    """Every line with every state, since an alarm needs a zero to rise from."""
    lines: dict[str, tuple[str, ...]] = {DESK: _AT_THE_DESK, **{one.key: _AT_A_PORTAL for one in states}}
    if house.settings.notices.channels:
        lines[NOTICES] = ("notices",)
    number = {(line(key), kind, state): 0.0 for key, kinds in lines.items() for kind in kinds for state in _STATES}
    for (account, kind, state), count in gauges.jobs(tx).items():
        label = (line(account), among(kind, KINDS), state)
        number[label] = number.get(label, 0.0) + count
    yield family("queue_jobs", number)
    late: dict[tuple[str, ...], float] = {}
    for (account, kind), seconds in gauges.overdue(tx, house.database.epoch(tx)).items():
        key = (line(account), among(kind, KINDS))
        late[key] = max(seconds, late.get(key, 0.0))
    yield family("queue_overdue_seconds", late)


def _channels(house: House, tx: Tx, now: datetime) -> Iterator[GaugeMetricFamily]:
    used = {one.key: one for one in notices.channels(tx)}
    found = {key: used.get(key) for key in house.settings.notices.channels}
    yield family("notice_failures", {(key,): one.failures if one else 0 for key, one in found.items()})
    since = {(key,): _since(one.failing_since if one else None, now) for key, one in found.items()}
    yield family("notice_failing_seconds", since)


def _accounts(states: tuple[accounts.AccountRecord, ...], now: datetime) -> Iterator[GaugeMetricFamily]:
    def of_each(values: Mapping[str, float]) -> dict[tuple[str, ...], float]:
        return {(key,): value for key, value in values.items()}

    yield family("account_paused", of_each({one.key: float(one.paused) for one in states}))
    is_open = {one.key: float(one.open_until is not None and one.open_until > now) for one in states}
    yield family("account_breaker_open", of_each(is_open))
    yield family("account_failures", of_each({one.key: one.failures for one in states}))
    yield family("account_failing_seconds", of_each({one.key: _since(one.failing_since, now) for one in states}))
    polled = {one.key: _since(one.polled_at, now) for one in states if one.polled_at is not None}
    yield family("account_polled_seconds", of_each(polled))


def _oldest(stages: Iterable[gauges.StageCount], now: datetime) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for one in stages:
        if one.oldest is not None:
            age = (now - one.oldest).total_seconds()
            found[(one.account,)] = max(age, found.get((one.account,), age))
    return found


def _since(then: datetime | None, now: datetime) -> float:
    return 0.0 if then is None else max(0.0, (now - then).total_seconds())


def _version() -> str:
    try:
        return version("clearbill")
    except PackageNotFoundError:  # run from a folder that was never installed
        return "unknown"

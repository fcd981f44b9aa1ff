"""Figures for Prometheus, in its text format: how things stand in the database, and what this process did at portals.

How things stand, gauges:

    clearbill_packets{account, stage}                        packets by stage
    clearbill_packets_silent{account}                        at the portal, not heard of within the silence limit
    clearbill_oldest_undecided_seconds{account}              age of the oldest that is neither accepted nor stopped
    clearbill_money_held{account, client, currency}          what held invoices ask for, in units of the currency
    clearbill_attempts{account, outcome}                     transmissions; those `maybe_sent` are in doubt
    clearbill_queue_jobs{account, state}                     jobs; those `dead` are dead letters and wait for a person
    clearbill_queue_overdue_seconds{account}                 since when the first job is due that nobody has claimed
    clearbill_deliveries_unplaced{account}                   delivered documents that nothing here is known by
    clearbill_deliveries_unplaced_seconds{account}           age of the oldest of them; 0 while there is none
    clearbill_account_paused{account}                        1 while the account waits for a person, else 0
    clearbill_account_failures{account}                      failures in a row; 0 while the portal answers
    clearbill_account_failing_seconds{account}               how long that row has lasted; 0 while there is none
    clearbill_account_polled_seconds{account}                since the account's changes were last read

What this process did at portals, counters and a histogram:

    clearbill_portal_requests_total{account, intent, status} requests by status class ("2xx"; "none": no answer)
    clearbill_portal_request_seconds{account, intent}        how long they took, answers read to their end
    clearbill_portal_sent_bytes_total{account}               bytes of request bodies
    clearbill_portal_received_bytes_total{account}           bytes of answers

Labels are bounded by the settings (accounts, clients, currencies) and by closed lists: never a packet's id, never a
text from outside. The queue's account "", our own desk, is shown as "_desk", a name that no account can have. Gauges
are asked of the database at each scrape and are the same from every process; counters belong to this process.
First-pass rates and cycle times are not here, since they need a look at every packet: see `gateway.metrics`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gateway.connection import Exchange
from gateway.house import House
from gateway.metrics import silence_limits
from gateway.store import accounts, gauges, inbox
from gateway.store.queue import DESK

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""What `/metrics` answers with."""

DESK_LABEL = "_desk"
_Labels = TypeVar("_Labels", bound=tuple[str, ...])
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Exchanges:
    """What one process did at portals. Its `observe` is the observer of `gateway.connection`; safe between threads."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._requests = Counter(
            "clearbill_portal_requests_total",
            "Requests to portals by status class.",
            ("account", "intent", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "clearbill_portal_request_seconds",
            "Seconds until an answer was read to its end.",
            ("account", "intent"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._sent = Counter(
            "clearbill_portal_sent_bytes_total", "Bytes of request bodies.", ("account",), registry=self.registry
        )
        self._received = Counter(
            "clearbill_portal_received_bytes_total", "Bytes of answers.", ("account",), registry=self.registry
        )

    def observe(self, exchange: Exchange) -> None:
        """Counts one exchange."""
        account, intent = exchange.account, exchange.intent
        self._requests.labels(account, intent, status_class(exchange.status)).inc()
        self._seconds.labels(account, intent).observe(exchange.seconds)
        self._sent.labels(account).inc(exchange.bytes_out)
        self._received.labels(account).inc(exchange.bytes_in)


OF_THIS_PROCESS = Exchanges()
observe = OF_THIS_PROCESS.observe
"""Given to `open_house(settings, observe=observe)`."""


def scrape(house: House, exchanges: Exchanges = OF_THIS_PROCESS) -> bytes:
    """The text for `/metrics`. Raises what the database raises: without it there is nothing true to say."""
    registry = CollectorRegistry()
    registry.register(_AsFound(_gauges(house)))
    return generate_latest(registry) + generate_latest(exchanges.registry)


def status_class(status: int) -> str:
    """ "2xx" and its like; "none" where no answer came, "other" for a number that HTTP does not know."""
    if status == 0:
        return "none"
    return f"{status // 100}xx" if 100 <= status < 600 else "other"


class _AsFound(Collector):
    def __init__(self, families: Iterable[GaugeMetricFamily]) -> None:
        self._families = tuple(families)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        return iter(self._families)


def _gauges(house: House) -> list[GaugeMetricFamily]:
    with house.database.read() as tx:
        now = house.database.now(tx)
        stages = gauges.by_stage(tx)
        silent = gauges.silent(tx, now, silence_limits(house.settings))
        money = gauges.money_held(tx)
        attempts = gauges.attempts(tx)
        jobs = house.queue.waiting(tx)
        overdue = gauges.overdue(tx, house.database.epoch(tx))
        states = accounts.every(tx)
        unplaced = {one.account: one for one in inbox.unplaced(tx)}
    return [
        _family(
            "clearbill_packets",
            "Packets by stage.",
            ("account", "stage"),
            {(one.account, one.stage): one.number for one in stages},
        ),
        _family(
            "clearbill_packets_silent",
            "Packets at the portal, not heard of within the silence limit.",
            ("account",),
            {(account,): number for account, number in silent.items()},
        ),
        _family(
            "clearbill_oldest_undecided_seconds",
            "Age of the oldest packet that is neither accepted nor stopped.",
            ("account",),
            _oldest(stages, now),
        ),
        _family(
            "clearbill_money_held",
            "What held invoices ask for, in units of the currency.",
            ("account", "client", "currency"),
            {key: float(total) for key, total in money.items()},
        ),
        _family("clearbill_attempts", "Transmissions by what became of them.", ("account", "outcome"), attempts),
        _family(
            "clearbill_queue_jobs",
            "Jobs by state; dead ones wait for a person.",
            ("account", "state"),
            {(_line(account), state): number for (account, state), number in _with_none_dead(jobs, states).items()},
        ),
        _family(
            "clearbill_queue_overdue_seconds",
            "Since when the first job has been due that nobody claimed.",
            ("account",),
            {(_line(account),): seconds for account, seconds in overdue.items()},
        ),
        *_unplaced_families(states, unplaced, now),
        *_account_families(states, now),
    ]


def _unplaced_families(
    states: Iterable[accounts.AccountRecord], unplaced: Mapping[str, inbox.Unplaced], now: datetime
) -> Iterator[GaugeMetricFamily]:
    none = {one.key: None for one in states}
    found = {**none, **unplaced}
    yield _family(
        "clearbill_deliveries_unplaced",
        "Delivered documents that nothing here is known by.",
        ("account",),
        {(key,): one.number if one else 0 for key, one in found.items()},
    )
    yield _family(
        "clearbill_deliveries_unplaced_seconds",
        "Age of the oldest of them.",
        ("account",),
        {(key,): _since(one.oldest if one else None, now) for key, one in found.items()},
    )


def _account_families(states: Iterable[accounts.AccountRecord], now: datetime) -> Iterator[GaugeMetricFamily]:
    states = tuple(states)
    yield _family(
        "clearbill_account_paused",
        "1 while a person must act before the account works again.",
        ("account",),
        {(one.key,): float(one.paused) for one in states},
    )
    yield _family(
        "clearbill_account_failures",
        "Failures in a row.",
        ("account",),
        {(one.key,): one.failures for one in states},
    )
    yield _family(
        "clearbill_account_failing_seconds",
        "How long the row of failures has lasted.",
        ("account",),
        {(one.key,): _since(one.failing_since, now) for one in states},
    )
    yield _family(
        "clearbill_account_polled_seconds",
        "Since the account's changes were last read.",
        ("account",),
        {(one.key,): _since(one.polled_at, now) for one in states if one.polled_at is not None},
    )


def _family(name: str, says: str, labels: tuple[str, ...], values: Mapping[_Labels, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=labels)
    for key in sorted(values):
        family.add_metric(key, values[key])
    return family


def _oldest(stages: Iterable[gauges.StageCount], now: datetime) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for one in stages:
        if one.oldest is not None:
            age = (now - one.oldest).total_seconds()
            found[(one.account,)] = max(age, found.get((one.account,), age))
    return found


def _with_none_dead(
    jobs: Mapping[tuple[str, str], int], states: Iterable[accounts.AccountRecord]
) -> dict[tuple[str, str], int]:
    """Every line with both states: an alarm needs a zero to rise from."""
    lines = {DESK, *(one.key for one in states), *(account for account, _ in jobs)}
    return {(line, state): 0 for line in lines for state in ("ready", "dead")} | dict(jobs)


def _line(account: str) -> str:
    return account or DESK_LABEL


def _since(then: datetime | None, now: datetime) -> float:
    return 0.0 if then is None else max(0.0, (now - then).total_seconds())

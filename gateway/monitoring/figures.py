"""Shares and cycle times for a scrape: they need a look at every packet, so they are reckoned now and then, and their
age is told with them."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import structlog
from prometheus_client.core import GaugeMetricFamily

from gateway.house import House
from gateway.metrics import Metrics, breakdown, counted
from gateway.monitoring.families import family
from gateway.monitoring.tally import among
from gateway.secrets import scrub
from gateway.store import gauges
from gateway.store.database import DatabaseTrouble
from gateway.verdict import ReasonCode

log = structlog.get_logger("clearbill.monitoring")

EVERY = timedelta(minutes=10)
_MOST_READ = 20_000  # held packets whose reasons are read; an office with more has another trouble
_REASONS = frozenset(code.value for code in ReasonCode)

Values = Mapping[str, Mapping[tuple[str, ...], float]]


class Figures:
    """The shares of one installation. Telling never waits for reckoning: what was reckoned last is told, with its age.
    Safe between threads: one reckons, whoever else would finds that it is being done."""

    def __init__(self, house: House, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._house = house
        self._monotonic = monotonic
        self._reckoning = threading.Lock()
        self._found: tuple[float, Values] | None = None

    def families(self) -> Iterator[GaugeMetricFamily]:
        """What is told of them; nothing before they were reckoned first."""
        found = self._found
        if found is None:
            return
        yield family("figures_age_seconds", {(): self._age(found)})
        for name, values in found[1].items():
            yield family(name, values)

    def renew(self) -> None:
        """Reckons them anew where they are old; to be called when nobody waits for it."""
        found = self._found
        if found is not None and self._age(found) <= EVERY.total_seconds():
            return
        if not self._reckoning.acquire(blocking=False):
            return
        try:
            began = self._monotonic()
            self._found = (began, _reckoned(self._house))
        except DatabaseTrouble as fault:
            log.error("database_trouble", path="/metrics", error=scrub(str(fault)))
        finally:
            self._reckoning.release()

    def _age(self, found: tuple[float, Values]) -> float:
        return self._monotonic() - found[0]


def _reckoned(house: House) -> Values:
    with counted(house.database) as tx:
        now = house.database.now(tx)
        ever = breakdown(tx, now, "account")
        month = breakdown(tx, now, "account", month=f"{now:%Y-%m}")
        reasons = gauges.held_reasons(tx, _MOST_READ)
    told: dict[str, dict[tuple[str, ...], float]] = {
        name: {}
        for name in (
            "first_pass_ratio",
            "first_pass_packets",
            "touchless_ratio",
            "cycle_time_seconds",
            "cycle_time_spent_seconds",
            "packets_held_by_reason",
        )
    }
    for period, found in (("ever", ever), ("month", month)):
        for account, metrics in found.items():
            _add(told, account, period, metrics)
    for code, number in reasons.items():
        label = (among(code, _REASONS) if code else "none",)
        told["packets_held_by_reason"][label] = told["packets_held_by_reason"].get(label, 0) + number
    return told


def _add(told: Mapping[str, dict[tuple[str, ...], float]], account: str, period: str, metrics: Metrics) -> None:
    for level, share in (("portal", metrics.portal_first_pass), ("buyer", metrics.buyer_first_pass)):
        told["first_pass_packets"][account, level, period] = share.of
        if share.rate is not None:
            told["first_pass_ratio"][account, level, period] = share.rate
    if metrics.touchless_share is not None:
        told["touchless_ratio"][account, period] = metrics.touchless_share
    for quantile, seconds in (("0.5", metrics.cycle_time_p50_s), ("0.9", metrics.cycle_time_p90_s)):
        if seconds is not None:
            told["cycle_time_seconds"][account, period, quantile] = seconds
    for where in ("person", "ours", "portal", "correction"):
        told["cycle_time_spent_seconds"][account, period, where] = getattr(metrics, f"seconds_{where}")

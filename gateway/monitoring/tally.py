"""What this process did, counted as it happens: exchanges with portals, jobs, notices, sign-ins.

Counting takes no database and fails nobody: what is not in a closed list is counted as `other`.
"""

from collections.abc import Collection
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

from gateway.connection import Exchange
from gateway.monitoring.catalogue import FAMILIES

disable_created_metrics()  # when a counter began, as a figure of its own for each: nobody asks, and it doubles them

OTHER = "other"
DESK_LABEL = "_desk"
KINDS = frozenset({"advance", "anchor", "ask", "land", "news", "notices", "orders", "poll", "void", "watch"})
"""Of jobs; a test holds them against the worker's table."""


class Tally:
    """The counts of one process; safe between threads. `observe` is the observer of `gateway.connection`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._metrics: dict[str, Any] = {}
        for family in FAMILIES.values():
            if family.kind == "counter":
                self._metrics[family.name] = Counter(family.name, family.says, family.labels, registry=self.registry)
            elif family.kind == "histogram":
                self._metrics[family.name] = Histogram(
                    family.name, family.says, family.labels, buckets=family.buckets, registry=self.registry
                )

    def observe(self, exchange: Exchange) -> None:
        """One exchange with a portal."""
        account, intent = exchange.account, exchange.intent
        self._of("portal_requests_total", account, intent, status_class(exchange.status)).inc()
        self._of("portal_request_seconds", account, intent).observe(exchange.seconds)
        self._of("portal_sent_bytes_total", account).inc(exchange.bytes_out)
        self._of("portal_received_bytes_total", account).inc(exchange.bytes_in)

    def job(self, account: str, kind: str, result: str, seconds: float, waited: float) -> None:
        """One job that was begun, how long it took, and how long it had been due."""
        kind = among(kind, KINDS)
        self._of("jobs_total", line(account), kind, result).inc()
        self._of("job_seconds", kind).observe(seconds)
        self._of("job_wait_seconds", kind).observe(max(0.0, waited))

    def notice(self, channel: str, result: str) -> None:
        """One try to send a notice."""
        self._of("notices_total", channel, result).inc()

    def sign_in(self, result: str) -> None:
        """One try to sign in."""
        self._of("sign_ins_total", result).inc()

    def _of(self, name: str, *labels: str) -> Any:
        return self._metrics[f"clearbill_{name}"].labels(*labels)


OF_THIS_PROCESS = Tally()


def among(value: str, known: Collection[str]) -> str:
    """The value where it is in a closed list, else `other`."""
    return value if value in known else OTHER


def line(account: str) -> str:
    """A line of the queue as a label."""
    return account or DESK_LABEL


def status_class(status: int) -> str:
    """ "2xx" and its like; "none" where no answer came, "other" for a number that HTTP does not know."""
    if status == 0:
        return "none"
    return f"{status // 100}xx" if 100 <= status < 600 else OTHER

"""Every figure that `/metrics` tells: its name, kind, labels and meaning. `METRICS.md` beside it is this table.

Names follow Prometheus' own rules (its documentation, "Metric and label naming"): base units in the name, `_total` for
what only grows. Labels are bounded by the settings (accounts, channels) and by closed lists: never a packet's id, a
text from outside, or a person. The lines of the queue that are no account's are called `_desk` and `_notices`, which no
account can be. Clients are not a label but for the money that they hold up: those of one account are told apart at the
desk.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["gauge", "counter", "histogram"]
Origin = Literal["database", "process"]


@dataclass(frozen=True, slots=True)
class Family:
    """One figure. `origin`: the same from every process, as the database has it, or each process' own count."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    says: str
    origin: Origin = "database"
    buckets: tuple[float, ...] = ()


_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_WAITS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0)


def _gauge(name: str, labels: str, says: str) -> Family:
    return Family(f"clearbill_{name}", "gauge", tuple(labels.split()), says)


def _counted(name: str, labels: str, says: str) -> Family:
    return Family(f"clearbill_{name}", "counter", tuple(labels.split()), says, "process")


def _timed(name: str, labels: str, says: str, buckets: tuple[float, ...] = _SECONDS) -> Family:
    return Family(f"clearbill_{name}", "histogram", tuple(labels.split()), says, "process", buckets)


SECTIONS: Mapping[str, tuple[Family, ...]] = MappingProxyType(
    {
        "Packets": (
            _gauge("packets", "account stage", "Packets by stage."),
            _gauge("packets_held", "account who", "Packets before a person, by who must act."),
            _gauge(
                "packets_held_by_reason",
                "reason",
                "Packets before a person, by their first reason; `none` where none is named. Renewed with the shares.",
            ),
            _gauge("packets_overdue", "account", "Packets before a person whose deadline has passed."),
            _gauge("packets_silent", "account", "Packets at the portal, not heard of within the silence limit."),
            _gauge(
                "oldest_undecided_seconds", "account", "Age of the oldest packet that is neither accepted nor stopped."
            ),
            _gauge("money_held", "account client currency", "What held invoices ask for, in units of the currency."),
            _gauge("clients_paused", "", "Clients of whom nothing is sent because a person says so."),
        ),
        "At the portals": (
            _gauge(
                "attempts", "account outcome", "Transmissions by what became of them; `maybe_sent` ones are in doubt."
            ),
            _gauge(
                "attempts_in_doubt_seconds",
                "account",
                "Age of the oldest transmission in doubt; 0 while there is none.",
            ),
            _gauge("verdicts", "status", "Answers that portals gave, by what they say of the invoice."),
            _gauge("deliveries_unplaced", "account", "Delivered documents that nothing here is known by."),
            _gauge("deliveries_unplaced_seconds", "account", "Age of the oldest of them; 0 while there is none."),
            _gauge("account_paused", "account", "1 while a person must act before the account works again, else 0."),
            _gauge("account_breaker_open", "account", "1 while the circuit breaker lets nothing through, else 0."),
            _gauge("account_failures", "account", "Failures in a row; 0 while the portal answers."),
            _gauge("account_failing_seconds", "account", "How long that row has lasted; 0 while there is none."),
            _gauge(
                "account_polled_seconds", "account", "Since the account's changes were last read; none before that."
            ),
            _counted(
                "portal_requests_total",
                "account intent status",
                'Requests to portals by status class ("2xx"; "none": no answer).',
            ),
            _timed("portal_request_seconds", "account intent", "Until an answer was read to its end."),
            _counted("portal_sent_bytes_total", "account", "Bytes of request bodies."),
            _counted("portal_received_bytes_total", "account", "Bytes of answers."),
        ),
        "The queue": (
            _gauge(
                "queue_jobs",
                "account kind state",
                "Jobs: `ready`, `aside` (their client is paused), or `dead`: given up, and waiting for a person.",
            ),
            _gauge(
                "queue_overdue_seconds",
                "account kind",
                "Since when the first job has been due that nobody claimed; none while there is none.",
            ),
            _counted(
                "jobs_total",
                "account kind result",
                "Jobs that were begun: `done`, `failed` (tried again), `dead` (given up), `held` (account or client is "
                "stopped), `lease_lost` (another worker took it over).",
            ),
            _timed("job_seconds", "kind", "How long jobs took.", (*_SECONDS, 300.0)),
            _timed("job_wait_seconds", "kind", "How long jobs had been due when a worker took them.", _WAITS),
        ),
        "Shares and cycle times": (
            _gauge(
                "first_pass_ratio",
                "account level period",
                "Portal and buyer first-pass rate (`level`), 0 to 1; none where nothing was decided. `period`: `ever`, "
                "or packets made in this UTC `month`. What is counted how is told in gateway/metrics.py.",
            ),
            _gauge("first_pass_packets", "account level period", "The packets that the ratio is a share of."),
            _gauge("touchless_ratio", "account period", "Share of accepted packets on which no person decided."),
            _gauge(
                "cycle_time_seconds",
                "account period quantile",
                "Acceptance cycle time of accepted packets; `quantile` 0.5 and 0.9.",
            ),
            _gauge(
                "cycle_time_spent_seconds",
                "account period where",
                "Of accepted packets, time spent before a `person`, in `ours`, at the `portal`, in `correction`.",
            ),
            _gauge(
                "figures_age_seconds",
                "",
                "How old the shares are; after a scrape they are renewed every ten minutes.",
            ),
        ),
        "People, checklists, installation": (
            _gauge("checklist_faults", "", "Faults in checklist files that are not in force because of them."),
            _counted(
                "sign_ins_total",
                "result",
                "Tries to sign in with a password: `came_in`, `refused`, `too_many` (not even looked at).",
            ),
            _counted(
                "notices_total",
                "channel result",
                "Notices: `sent`, `failed`, or in `doubt`: they go again, unchanged.",
            ),
            _gauge("notice_failures", "channel", "Failures in a row of a channel of notices."),
            _gauge("notice_failing_seconds", "channel", "How long that row has lasted; 0 while there is none."),
            _gauge("database_bytes", "", "Size of the database on disk."),
            _gauge("scrape_seconds", "", "How long the database was asked for all of this."),
            _gauge("build_info", "version database", "1; which release runs on which kind of database."),
        ),
    }
)
FAMILIES: Mapping[str, Family] = MappingProxyType({one.name: one for row in SECTIONS.values() for one in row})


def as_markdown() -> str:
    """The page `METRICS.md`."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield "# What `/metrics` tells"
    yield ""
    yield _PREFACE
    for section, families in SECTIONS.items():
        yield from ("", f"## {section}", "", "| name | kind | labels | says |", "|---|---|---|---|")
        for one in families:
            labels = ", ".join(f"`{label}`" for label in one.labels) or "-"
            own = " Each process counts its own." if one.origin == "process" else ""
            yield f"| `{one.name}` | {one.kind} | {labels} | {one.says}{own} |"


_PREFACE = """\
Made from `catalogue.py`; a test holds this page, the code, the dashboard and the alarms together.

`GET /metrics` wants a token: `clearbill token add prometheus --scope metrics:read`. Gauges
are asked of the database at each scrape and are the same from every process: take one of them, or `max by`. Counters
and histograms belong to the process that is asked and begin with it: `sum(rate(...))` over all. A process without doors
(`clearbill worker`) is not asked for any: what it does shows in the gauges.

Labels are bounded: accounts and channels by the settings, everything else by closed lists. An account that is a
stand-in or a test at its portal is an account like any other here; tell it apart by its name (the dashboard asks which
are meant)."""

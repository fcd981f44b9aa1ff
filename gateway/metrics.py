"""The figures Clearbill measures itself by, defined here once; pages, reports, the endpoint and the demo all read them
here. Everything is counted by the database: what this costs does not grow with memory, only with rows.

    measure     the figures of all packets, or of one client, account, or time
    breakdown   the same figures, one set for each client, account, month or week

Read them within `counted(database)`, which has them counted up to that moment. Days, weeks (from Monday) and months are
those of `generated_at` in UTC. A share of nothing is None, never 0 or 1. Times are seconds. The wording of
the definitions is that of the design, section 3 "Metrics"; what follows it says how a case in between is counted.

Where the figures come from: the columns of `packet` that `gateway.store.packets` keeps for this, and for what those do
not hold the rows of `attempt`, `verdict`, `revision` and the event `voided`; the SQL is in `gateway.store.figures`, and
`gateway.store.tallies` keeps its answers for each client, account and day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, get_args

from gateway.errors import NotPossible
from gateway.settings import Settings
from gateway.store.database import Tx
from gateway.store.figures import Figures
from gateway.store.tallies import Scope, beginning_of_day, count, counted, together
from gateway.verdict import Stage

__all__ = [
    "FIELDS",
    "NO_LIMITS",
    "By",
    "Metrics",
    "Share",
    "bounds_of_month",
    "breakdown",
    "counted",
    "key_of_day",
    "measure",
    "silence_limits",
]

By = Literal["client", "account", "month", "week"]
NO_LIMITS: Mapping[str, timedelta] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`; `rate` is None where there is nothing to divide by."""

    hits: int = 0
    of: int = 0

    @property
    def rate(self) -> float | None:
        """The share, 0 to 1; None of nothing."""
        return self.hits / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Metrics:
    """One set of figures. `by_stage` names every stage. Money is by currency."""

    packets: int
    by_stage: Mapping[str, int]
    portal_first_pass: Share
    buyer_first_pass: Share
    preflight_catch: Share
    touchless: Share
    cycle_time_p50_s: float | None
    cycle_time_p90_s: float | None
    seconds_person: float
    seconds_ours: float
    seconds_portal: float
    seconds_correction: float
    resubmissions: int
    rejections: int
    corrections: Mapping[str, int]
    money_held: Mapping[str, Decimal]
    oldest_undecided_s: float | None
    silent: int

    @property
    def accepted(self) -> int:
        """Packets that the buyer has accepted or paid and not taken back since."""
        return self.by_stage[Stage.accepted]

    @property
    def held(self) -> int:
        """Packets before a person."""
        return self.by_stage[Stage.held]

    @property
    def stopped(self) -> int:
        """Packets that a person ended, or that were voided by order."""
        return self.by_stage[Stage.stopped]

    @property
    def open(self) -> int:
        """Packets that still owe work or wait: neither accepted nor stopped."""
        return self.packets - self.accepted - self.stopped

    @property
    def portal_first_pass_rate(self) -> float | None:
        """Portal first-pass rate: of packets whose first transmitted attempt has an outcome, the share whose first
        attempt the portal took without refusal. An attempt in doubt stays in the denominator.

        An attempt that is known not to have reached the portal is no transmission, nor is what a person entered there
        by hand: a packet that first came to the portal that way is in neither number. A receipt that the portal's own
        checks take back later (a rejection at portal level) is a refusal.
        """
        return self.portal_first_pass.rate

    @property
    def buyer_first_pass_rate(self) -> float | None:
        """Buyer first-pass rate: of packets with a final buyer verdict, the share accepted on their first attempt,
        with no rejection, query or correction on the way.

        Final are acceptance, payment, rejection, and a cancellation that we did not order, or ordered after the buyer
        had queried the invoice: a rejected packet stays counted while it is being mended. A packet that the
        checklist stopped, whose content was changed, or that a person entered by hand, is no first pass.
        """
        return self.buyer_first_pass.rate

    @property
    def preflight_catch_rate(self) -> float | None:
        """Preflight catch rate: share of packets that a checklist stopped before the first transmission; never counted
        as first-pass success.

        Of the packets that a checklist has looked at; those that still wait for it are not in the denominator.
        """
        return self.preflight_catch.rate

    @property
    def touchless_share(self) -> float | None:
        """Touchless share: of accepted packets, those on which no person decided anything."""
        return self.touchless.rate

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values; amounts of money as text."""
        return {name: _plain(getattr(self, name)) for name in FIELDS}


FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "packets": "packets handed over",
        "by_stage": "packets by stage",
        "accepted": "accepted by the buyer",
        "held": "before a person",
        "stopped": "ended by a person, or voided",
        "open": "neither accepted nor stopped",
        "portal_first_pass_rate": "taken by the portal at the first transmission",
        "buyer_first_pass_rate": "accepted by the buyer with nothing on the way",
        "preflight_catch_rate": "stopped by the checklist before the first transmission",
        "cycle_time_p50_s": "acceptance cycle time, half are quicker",
        "cycle_time_p90_s": "acceptance cycle time, nine of ten are quicker",
        "seconds_person": "of accepted packets: waiting for a person",
        "seconds_ours": "of accepted packets: in our hands",
        "seconds_portal": "of accepted packets: at the portal",
        "seconds_correction": "of accepted packets: in correction",
        "resubmissions": "transmissions after a packet's first",
        "touchless_share": "of accepted packets, no person decided",
        "money_held": "money before a person, by currency",
        "oldest_undecided_s": "age of the oldest undecided packet",
        "silent": "at the portal and not heard of within the account's silence limit",
        "rejections": "refusals, rejections and queries",
        "corrections": "corrections by rule",
    }
)
"""Every figure by name, in the order in which it is shown, with a few words for its heading."""


def measure(
    tx: Tx,
    now: datetime,
    *,
    client: str = "",
    account: str = "",
    month: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    silence: Mapping[str, timedelta] = NO_LIMITS,
) -> Metrics:
    """The figures of all packets that match; `month` is "2026-11", `since` and `until` are beginnings of UTC days.
    `silence`: each account's limit.

    Raises NotPossible for a month that is none."""
    found = count(tx, now, _scope(client, account, month, since, until), None, silence)
    return _metrics_from(found.get("", Figures()), now)


def breakdown(
    tx: Tx,
    now: datetime,
    by: By = "client",
    *,
    client: str = "",
    account: str = "",
    month: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    silence: Mapping[str, timedelta] = NO_LIMITS,
) -> dict[str, Metrics]:
    """As `measure`, one set for each client, account, month or week that has packets, by key: a month is "2026-11", a
    week its Monday, "2026-11-16". Raises NotPossible."""
    if by not in get_args(By):
        raise NotPossible(f"figures can be broken down by {', '.join(get_args(By))}, not by {by!r}.")
    scope = _scope(client, account, month, since, until)
    if by in ("client", "account"):
        found = {str(key): one for key, one in count(tx, now, scope, by, silence).items()}  # type: ignore[arg-type]
    else:
        days = count(tx, now, scope, "day", silence)
        keys: dict[str, list[Figures]] = {}
        for day, one in days.items():
            keys.setdefault(key_of_day(day, by), []).append(one)  # type: ignore[arg-type]
        found = {key: together(parts) for key, parts in keys.items()}
    return {key: _metrics_from(found[key], now) for key in sorted(found)}


def key_of_day(day: datetime, by: str) -> str:
    """The month ("2026-11") of a day, or the Monday ("2026-11-16") of its week."""
    return f"{day:%Y-%m}" if by == "month" else f"{day - timedelta(days=day.weekday()):%Y-%m-%d}"


def silence_limits(settings: Settings) -> dict[str, timedelta]:
    """How long nothing may be heard of an invoice at each account's portal, as the settings say."""
    return {key: timedelta(hours=account.silence_hours) for key, account in settings.accounts.items()}


def bounds_of_month(month: str) -> tuple[datetime, datetime]:
    """The first instant of a UTC month ("2026-11") and that of the next. Raises NotPossible."""
    try:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
        return first, (first + timedelta(days=32)).replace(day=1)
    except (ValueError, OverflowError):
        raise NotPossible(f"{month!r} is not a month; write it as year and month, such as 2026-11.") from None


def _scope(client: str, account: str, month: str, since: datetime | None, until: datetime | None) -> Scope:
    for bound in (since, until):
        if bound is not None and bound != beginning_of_day(bound.astimezone(UTC)):
            raise NotPossible(f"figures are counted by whole days in UTC; {bound.isoformat()} is within one.")
    first, after = bounds_of_month(month) if month else (since, until)
    return Scope(client, account, first, after)


def _metrics_from(found: Figures, now: datetime) -> Metrics:
    times = sorted(found.cycles)
    held = {currency: pile.amount for (stage, currency), pile in found.open.items() if stage == Stage.held}
    return Metrics(
        packets=found.packets,
        by_stage=found.by_stage,
        portal_first_pass=Share(found.taken, found.transmitted),
        buyer_first_pass=Share(found.first_pass, found.decided),
        preflight_catch=Share(found.caught, found.looked_at),
        touchless=Share(found.touchless, found.by_stage[Stage.accepted]),
        cycle_time_p50_s=_percentile(times, 5),
        cycle_time_p90_s=_percentile(times, 9),
        **{f"seconds_{name}": spent for name, spent in found.seconds.items()},
        resubmissions=found.resubmissions,
        rejections=found.rejections,
        corrections=dict(sorted(found.corrections.items())),
        money_held={currency: amount for currency, amount in sorted(held.items()) if amount},
        oldest_undecided_s=None if found.oldest is None else (now - found.oldest).total_seconds(),
        silent=found.silent,
    )


def _percentile(times: Sequence[float], tenths: int) -> float | None:
    """The nearest rank: the shortest time within which so many tenths of all lie."""
    return times[-(-len(times) * tenths // 10) - 1] if times else None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    return str(value) if isinstance(value, Decimal) else value

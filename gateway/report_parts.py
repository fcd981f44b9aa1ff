"""The parts of a report: each a table, what its figures mean, and for some a picture of the same numbers.

Pages, files, the PDF and the command line are all made from `part(name, about)`, so that none can say anything else.

    figures      the figures of `gateway.metrics`, together or side by side
    first-pass   both first-pass rates over time
    pareto       objections by reason, client or account, the most frequent first
    trend        objections over time
    rejections   every reason of every client and account, in the portals' words
    cycle        acceptance cycle time over time
    spent        where that time went
    ageing       what is undecided, by age and by whom it waits for
    orders       purchase orders: what is used up and when they run out

Days, weeks (from Monday) and months are UTC. Packets belong to the day on which they were made (`generated_at`),
objections to the day on which they were first said.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, cast, get_args

from gateway import metrics, reports
from gateway.burn_down import BEGINNING, BurnDown, Place, burn_downs
from gateway.errors import NotFound, NotPossible
from gateway.house import House
from gateway.metrics import By, Metrics
from gateway.pictures import Form, Mark, Picture
from gateway.report_words import KINDS, reason_name
from gateway.reports import Rejections
from gateway.sheets import Cell, Column, Sheet, duration
from gateway.store import objections, tallies
from gateway.store.database import Tx
from gateway.store.objections import Period
from gateway.store.tallies import Scope
from gateway.verdict import Stage

Step = str  # "week" or "month"
_WEEKS_SHOWN = 26  # a longer time is told by months
MOST_BARS = 15
ORDERS_A_PAGE = 25
ORDERS_IN_FILE = 100_000
ORDERS_IN_PDF = 200


@dataclass(frozen=True, slots=True)
class Question:
    """What a report is about; "" and None ask for all. `until` is not counted itself. `by`: what figures are told apart
    by, of `client`, `account`, `month`, `week`; `after`: where the list of orders goes on."""

    client: str = ""
    account: str = ""
    since: date | None = None
    until: date | None = None
    by: str = ""
    after: Place = BEGINNING
    orders: int = ORDERS_A_PAGE


@dataclass(frozen=True, slots=True)
class About:
    """A question, and where it is answered: within `metrics.counted`."""

    house: House
    tx: Tx
    now: datetime
    question: Question
    _known: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def scope(self) -> dict[str, Any]:
        """For `metrics`: whose figures, and of which days."""
        one = self.question
        return {"client": one.client, "account": one.account, "since": _begins(one.since), "until": _begins(one.until)}

    @property
    def period(self) -> Period:
        """For objections."""
        one = self.question
        return Period(_begins(one.since), _begins(one.until), one.client, one.account)

    @property
    def step(self) -> Step:
        """Weeks or months, whichever was asked for or keeps a table short."""
        if self.question.by in ("week", "month"):
            return self.question.by
        since, until = self.question.since, self.question.until or self.now.date()
        return "week" if since is not None and until - since <= timedelta(weeks=_WEEKS_SHOWN) else "month"

    def measured(self, by: str) -> dict[str, Metrics]:
        """The figures side by side; together under the key "" without `by`."""
        limits = metrics.silence_limits(self.house.settings)
        if not by:
            return {"": metrics.measure(self.tx, self.now, **self.scope, silence=limits)}
        return metrics.breakdown(self.tx, self.now, cast(By, by), **self.scope, silence=limits)

    def over_time(self, by: str) -> dict[str, Metrics]:
        """As `measured`, without who is silent now, which no time before can tell; counted once for all parts."""
        if by not in self._known:
            self._known[by] = metrics.breakdown(self.tx, self.now, cast(By, by), **self.scope)
        found: dict[str, Metrics] = self._known[by]
        return found

    def rejections(self) -> tuple[Rejections, ...]:
        """Every reason of every client and account, counted once for all parts."""
        if "rejections" not in self._known:
            one = self.period
            self._known["rejections"] = reports.rejections(
                self.tx, since=one.since, until=one.until, client=one.client, account=one.account
            )
        found: tuple[Rejections, ...] = self._known["rejections"]
        return found


@dataclass(frozen=True, slots=True)
class Part:
    """`says`: what the figures mean, sentences. `more`: the place behind the last order, where there are more."""

    name: str
    title: str
    says: tuple[str, ...]
    sheet: Sheet
    picture: Picture | None = None
    more: Place | None = None


def part(name: str, about: About) -> Part:
    """One part. Raises NotFound for one that there is not, NotPossible for a question that has no answer."""
    if name not in PARTS:
        raise NotFound(f"there is no such report; there are {', '.join(PARTS)}.")
    question = about.question
    if question.by and question.by not in get_args(By):
        raise NotPossible(f"figures can be told apart by {', '.join(get_args(By))}.")
    if question.since and question.until and question.since >= question.until:
        raise NotPossible(f"there is no day from {question.since} to before {question.until}.")
    return PARTS[name](about)


def _begins(day: date | None) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)


# --- figures ------------------------------------------------------------------------------------------------------

_DEFINED = (
    "portal_first_pass_rate",
    "buyer_first_pass_rate",
    "preflight_catch_rate",
    "touchless_share",
)


def definition(name: str) -> str:
    """The first paragraph of a figure's definition, as `gateway.metrics` has it."""
    return " ".join((getattr(Metrics, name).__doc__ or "").split("\n\n")[0].split())


_CYCLE = (
    "Acceptance cycle time: generated_at to the buyer's acceptance (p50, p90), and where it went: waiting for a "
    "person, in our hands, at the portal, in correction."
)


def _figures(about: About) -> Part:
    sheet = reports.metrics_sheet(about.measured(about.question.by), by=about.question.by)
    return Part("figures", "Figures", (*(definition(name) for name in _DEFINED), _CYCLE), sheet)


def _first_pass(about: About) -> Part:
    """A share of nothing is shown as nothing."""
    found = about.over_time(about.step)
    columns = (
        Column(about.step, about.step.capitalize()),
        Column("packets", "Packets made", "count"),
        Column("portal_taken", "Taken by the portal at once", "count"),
        Column("portal_of", "Of those transmitted", "count"),
        Column("portal_first_pass_rate", "Portal first-pass rate", "share"),
        Column("buyer_accepted", "Accepted by the buyer at once", "count"),
        Column("buyer_of", "Of those decided", "count"),
        Column("buyer_first_pass_rate", "Buyer first-pass rate", "share"),
    )
    rows = tuple(
        (
            key,
            one.packets,
            *(one.portal_first_pass.hits, one.portal_first_pass.of, one.portal_first_pass_rate),
            *(one.buyer_first_pass.hits, one.buyer_first_pass.of, one.buyer_first_pass_rate),
        )
        for key, one in found.items()
    )
    lines = [("Portal", 4), ("Buyer", 7)]
    picture = _picture("lines", "First-pass rates", "Share", "share", rows, lines)
    says = tuple(definition(name) for name in _DEFINED[:2])
    return Part("first-pass", "First-pass rates over time", says, Sheet("First pass", columns, rows), picture)


# --- rejections ---------------------------------------------------------------------------------------------------

_PORTALS = ("refused", "rejected", "queried")
_COUNTED_ONCE = (
    "Each reason of a transmission counts once, on the day on which it was first said; what our checklist stopped or "
    "had corrected before sending counts once for each packet and reason."
)


def _pareto(about: About) -> Part:
    by = about.question.by if about.question.by in ("client", "account") else "reason"
    found = about.rejections()
    counts: dict[str, dict[str, int]] = {}
    for row in found:
        of_key = counts.setdefault(getattr(row, by), dict.fromkeys(KINDS, 0))
        of_key[row.kind] += row.count
    whole = sum(row.count for row in found if row.kind != "preflight")
    rows = tuple(_pareto_rows(counts, whole))
    columns = (
        Column(by, "Reason" if by == "reason" else _HEADINGS[by]),
        Column("count", "By portal and buyer", "count"),
        Column("share", "Share", "share"),
        Column("cumulative", "Share so far", "share"),
        *(Column(kind, words.capitalize(), "count") for kind, words in KINDS.items()),
    )
    words = reason_name if by == "reason" else str
    shown = [(words(str(row[0])), *row[1:]) for row in rows[:MOST_BARS]]
    bars = [(KINDS[kind], at) for at, kind in enumerate(KINDS, start=4)]
    picture = _picture("bars", "Objections", "Objections", "count", shown, bars, left_out=len(rows) - len(shown))
    title = "Why: the most frequent reasons" if by == "reason" else f"Objections by {_HEADINGS[by].lower()}"
    says = (_COUNTED_ONCE, "Shares are of what portals and buyers said.")
    return Part("pareto", title, says, Sheet("Pareto", columns, rows), picture)


_HEADINGS = {"client": "Client", "account": "Portal account"}


def _pareto_rows(counts: Mapping[str, Mapping[str, int]], whole: int) -> Iterator[tuple[Cell, ...]]:
    """The most frequent at portals first, then what only our checklist found."""
    said = {key: sum(of_key[kind] for kind in _PORTALS) for key, of_key in counts.items()}
    so_far = 0
    for key in sorted(counts, key=lambda one: (-said[one], -counts[one]["preflight"], one)):
        so_far += said[key]
        shares = (said[key] / whole, so_far / whole) if whole else (None, None)
        yield (key, said[key], *shares, *(counts[key][kind] for kind in KINDS))


def _trend(about: About) -> Part:
    found: dict[str, dict[str, int]] = {}
    days = objections.by_day(about.tx, about.period)
    for key in _keys_between((day for day, _ in days), about.step):
        found[key] = dict.fromkeys(KINDS, 0)
    for (day, kind), number in days.items():
        found[metrics.key_of_day(day, about.step)][kind] += number
    rows: tuple[tuple[Cell, ...], ...] = tuple((key, *of_key.values()) for key, of_key in found.items())
    columns = (
        Column(about.step, about.step.capitalize()),
        *(Column(kind, words.capitalize(), "count") for kind, words in KINDS.items()),
    )
    bars = [(words, at) for at, words in enumerate(KINDS.values(), start=1)]
    picture = _picture("columns", "Objections over time", "Objections", "count", rows, bars)
    return Part("trend", f"Objections by {about.step}", (_COUNTED_ONCE,), Sheet("Trend", columns, rows), picture)


def _keys_between(days: Iterable[datetime], step: Step) -> Iterator[str]:
    """Every week or month from the first day to the last, those in which nothing was said too."""
    known = sorted(days)
    day, last = (known[0], known[-1]) if known else (None, None)
    while day is not None and last is not None and day <= last:
        yield metrics.key_of_day(day, step)
        monday = day - timedelta(days=day.weekday())
        day = (
            monday + timedelta(weeks=1) if step == "week" else (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        )


def _rejections(about: About) -> Part:
    says = (_COUNTED_ONCE, "Money is the present total of the packets, each once; currencies are never added.")
    return Part(
        "rejections",
        "What was stopped, refused, rejected or queried",
        says,
        reports.rejections_sheet(about.rejections()),
    )


# --- time ---------------------------------------------------------------------------------------------------------

_DAY = 86_400.0


def _cycle(about: About) -> Part:
    by = about.question.by or about.step
    found = about.over_time(by)
    columns = (
        Column(by, by.capitalize()),
        Column("accepted", "Accepted", "count"),
        Column("cycle_time_p50_s", "Half are quicker than", "seconds"),
        Column("cycle_time_p90_s", "Nine of ten are quicker than", "seconds"),
    )
    rows = tuple((key, one.accepted, one.cycle_time_p50_s, one.cycle_time_p90_s) for key, one in found.items())
    form: Form = "bars" if by in _HEADINGS else "lines"
    lines = [("half are quicker (p50)", 2), ("nine of ten are quicker (p90)", 3)]
    shown = [(row[0], row[1], *(_in_days(cell) for cell in row[2:])) for row in rows[: _most(form)]]
    left_out = len(rows) - len(shown)
    picture = _picture(form, "Acceptance cycle time", "Days", "days", shown, lines, left_out=left_out)
    return Part("cycle", "Acceptance cycle time", (_CYCLE,), Sheet("Cycle time", columns, rows), picture)


_SPENT = {
    "person": "waiting for a person",
    "ours": "in our hands",
    "portal": "at the portal",
    "correction": "in correction",
}


def _spent(about: About) -> Part:
    by = about.question.by or about.step
    found = about.over_time(by)
    columns = (
        Column(by, by.capitalize()),
        Column("accepted", "Accepted", "count"),
        *(Column(f"each_{name}", words.capitalize(), "seconds") for name, words in _SPENT.items()),
    )
    rows = tuple(
        (key, one.accepted, *(getattr(one, f"seconds_{name}") / one.accepted for name in _SPENT))
        for key, one in found.items()
        if one.accepted
    )
    form: Form = "bars" if by in _HEADINGS else "columns"
    shown = [(*row[:2], *(_in_days(cell) for cell in row[2:])) for row in rows[: _most(form)]]
    bars = [(words, at) for at, words in enumerate(_SPENT.values(), start=2)]
    left_out = len(rows) - len(shown)
    picture = _picture(form, "Where the time went", "Days a packet", "days", shown, bars, left_out=left_out)
    says = ("For each accepted packet on average: how long it waited for whom, from its hand-over to its acceptance.",)
    return Part("spent", "Where the time went", says, Sheet("Time spent", columns, rows), picture)


def _in_days(cell: Cell) -> float | None:
    return float(cell) / _DAY if isinstance(cell, int | float) else None


def _most(form: Form) -> int | None:
    return MOST_BARS if form == "bars" else None


# --- ageing -------------------------------------------------------------------------------------------------------

BANDS = ((7, "0 to 7 days"), (14, "8 to 14 days"), (30, "15 to 30 days"), (60, "31 to 60 days"), (90, "61 to 90 days"))
_OLDER = "over 90 days"
_SIDES: Mapping[str, str] = MappingProxyType(
    {"person": "Before a person", "portal": "At the portal", "ours": "In our hands"}
)
_SIDE_OF: Mapping[str, str] = {Stage.held: "person", Stage.waiting: "portal", Stage.sending: "portal"}


def band_of(days: int) -> str:
    """The age band of so many days."""
    return next((words for most, words in BANDS if days <= most), _OLDER)


def _ageing(about: About) -> Part:
    today = tallies.beginning_of_day(about.now)
    bands = [words for _, words in BANDS] + [_OLDER]
    counts = {band: dict.fromkeys(_SIDES, 0) for band in bands}
    money: dict[str, dict[str, Decimal]] = {band: {} for band in bands}
    held: dict[str, dict[str, Decimal]] = {band: {} for band in bands}
    for one in tallies.open_by_day(about.tx, Scope(about.question.client, about.question.account)):
        band = band_of((today - one.day).days)
        counts[band][_SIDE_OF.get(one.stage, "ours")] += one.number
        for sums in (money, held) if one.stage == Stage.held else (money,):
            sums[band][one.currency] = sums[band].get(one.currency, Decimal(0)) + one.amount
    currencies = sorted({currency for of_band in money.values() for currency in of_band})
    columns = (
        Column("age", "Age"),
        Column("packets", "Undecided", "count"),
        *(Column(side, words, "count") for side, words in _SIDES.items()),
        *(Column(f"money.{one}", f"Money undecided: {one}", "money") for one in currencies),
        *(Column(f"money_held.{one}", f"Of it before a person: {one}", "money") for one in currencies),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            band,
            sum(counts[band].values()),
            *counts[band].values(),
            *(sums[band].get(one, Decimal(0)) for sums in (money, held) for one in currencies),
        )
        for band in bands
    )
    bars = [(words, at) for at, words in enumerate(_SIDES.values(), start=2)]
    picture = _picture("bars", "Undecided packets by age", "Packets", "count", rows, bars)
    says = (
        "Packets that are neither accepted nor stopped, as things stand now, by whole days (UTC) since they were made.",
        "Credit notes are counted and not set off against the money.",
    )
    return Part("ageing", "Age of what is undecided", says, Sheet("Ageing", columns, rows), picture)


# --- purchase orders ----------------------------------------------------------------------------------------------

_ORDERS = (
    Column("account", "Portal account"),
    Column("number", "Purchase order"),
    Column("state", "State"),
    Column("currency", "Currency"),
    Column("ordered", "Ordered", "money"),
    Column("invoiced", "Invoiced, as the portal counts", "money"),
    Column("on_the_way", "Ours on the way", "money"),
    Column("left", "Left", "money"),
    Column("weekly", "Billed a week, of late", "money"),
    Column("runs_out", "Runs out about"),
    Column("valid_to", "Valid to"),
)
_DRAWN = (("Invoiced", "invoiced"), ("Ours on the way", "on_the_way"), ("Left", "left"))


def _orders(about: About) -> Part:
    question = about.question
    found = burn_downs(about.house, about.tx, about.now, _accounts(about), question.after, question.orders + 1)
    shown = found[: question.orders]
    rows = tuple(tuple(_order_cell(one, column.name) for column in _ORDERS) for one in shown)
    more = (shown[-1].account, shown[-1].number) if len(found) > len(shown) else None
    says = (
        "Net amounts. Left is what is ordered less what is invoiced and less what of ours is on its way; where a "
        "portal does not tell what is invoiced, what others billed is not known and not in it.",
        "An order runs out at the rate at which we billed it in the last 13 weeks; nothing is forecast where we "
        "billed it on fewer than two days a week apart.",
    )
    return Part(
        "orders", "Purchase orders", says, Sheet("Purchase orders", _ORDERS, rows), _drawn(shown[:MOST_BARS]), more
    )


def _accounts(about: About) -> Sequence[str]:
    """Those asked for; a client's orders are those of the account that its packets go through."""
    accounts = set(about.house.settings.accounts)
    if about.question.account:
        accounts &= {about.question.account}
    if about.question.client:
        checklist = about.house.find_checklist(about.question.client)
        accounts &= {checklist.account} if checklist else set()
    return sorted(accounts)


def _order_cell(one: BurnDown, name: str) -> Cell:
    value = getattr(one, name)
    return value.isoformat() if isinstance(value, date) else cast(Cell, value)


def _drawn(shown: Sequence[BurnDown]) -> Picture | None:
    """Shares of what is ordered, since orders differ in size and currency."""
    rows: list[tuple[Any, ...]] = [
        (one.number, *(float((getattr(one, name) or Decimal(0)) / one.ordered) for _, name in _DRAWN))
        for one in shown
        if one.ordered
    ]
    bars = [(words, at) for at, (words, _) in enumerate(_DRAWN, start=1)]
    left_out = len(shown) - len(rows)
    return _picture("bars", "Shares of what is ordered", "Share", "share", rows, bars, left_out=left_out)


# --- pictures -----------------------------------------------------------------------------------------------------


def _picture(
    form: Form,
    title: str,
    axis: str,
    unit: str,
    rows: Sequence[Sequence[Any]],
    series: Sequence[tuple[str, int]],
    left_out: int = 0,
) -> Picture | None:
    """A picture of some columns of a table, by name and position; none of nothing."""
    marks = tuple(Mark(str(row[0]), name, float(row[at])) for row in rows for name, at in series if row[at] is not None)
    if not any(mark.value for mark in marks):
        return None
    return Picture(
        form, title, axis, unit, marks, _told(form, title, unit, marks, left_out), tuple(n for n, _ in series)
    )


def _told(form: Form, title: str, unit: str, marks: Sequence[Mark], left_out: int) -> str:
    """What the picture shows, for those who do not see it: the most of each series, where it ends, and where all
    numbers are."""
    series: dict[str, list[Mark]] = {}
    for mark in marks:
        series.setdefault(mark.series, []).append(mark)
    told = []
    for name, of_series in series.items():
        most, last = max(of_series, key=lambda mark: mark.value), of_series[-1]
        words = f"{name} at most {_value(most.value, unit)} ({most.category})"
        if form != "bars" and last is not most:
            words += f", last {_value(last.value, unit)} ({last.category})"
        told.append(words if most.value else f"{name} none")
    rest = f" {left_out} more rows are in the table alone." if left_out else ""
    return f"Chart: {title[:1].lower()}{title[1:]}. {'; '.join(told)}. The table has every number.{rest}"


def _value(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value:.0%}"
    return duration(value * _DAY) if unit == "days" else f"{value:,.0f}"


PARTS: Mapping[str, Callable[[About], Part]] = MappingProxyType(
    {
        "figures": _figures,
        "first-pass": _first_pass,
        "pareto": _pareto,
        "trend": _trend,
        "rejections": _rejections,
        "cycle": _cycle,
        "spent": _spent,
        "ageing": _ageing,
        "orders": _orders,
    }
)

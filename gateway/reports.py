"""Reports for people and spreadsheets: rejections by reason, client and account, and the figures of `gateway.metrics`.

A report is a `Sheet` of typed cells; `as_rich`, `as_csv` and `as_xlsx` (of `gateway.sheets`) write any sheet.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING

from gateway.errors import NotPossible
from gateway.metrics import FIELDS, Metrics
from gateway.secrets import scrub
from gateway.sheets import Cell, Column, Form, Sheet, as_csv, as_rich, as_xlsx
from gateway.store.database import Tx
from gateway.store.objections import Kind, Period, Told, told

if TYPE_CHECKING:
    from rich.table import Table

__all__ = [
    "DIMENSIONS",
    "Rejections",
    "as_csv",
    "as_rich",
    "as_xlsx",
    "metrics_sheet",
    "metrics_table",
    "rejections",
    "rejections_sheet",
    "rejections_table",
]

DIMENSIONS = ("reason", "client", "account")


# --- rejections ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rejections:
    """One row of the rejection report; a dimension that was not asked for is "".

    `kind`: `preflight` (our checklist, before sending), `refused` (by the portal on receipt), `rejected` (later),
    `queried` (the buyer asks or disputes). `count`: transmissions, for `preflight` packets, each once however often
    it was said again. `share`: of all counts of the same side (preflight, or portal and buyer), 0 to 1. `money`: the
    present totals of the packets, each once; never added across currencies, hence a row for each. `example`: the
    portal's own words, last seen at `last_seen`; for `preflight` the finding's sentence."""

    kind: Kind
    reason: str
    client: str
    account: str
    currency: str
    count: int
    share: float
    money: Decimal
    example: str
    last_seen: datetime


def rejections(
    tx: Tx,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    by: str | Collection[str] = DIMENSIONS,
    client: str = "",
    account: str = "",
) -> tuple[Rejections, ...]:
    """What was first refused, rejected, queried or stopped by us from `since` to before `until`, the most frequent
    first. Read within `gateway.metrics.counted(database)`.

    `by`: any of `reason`, `client`, `account`; `client` and `account` leave out all others'. Raises NotPossible."""
    wanted = {by} if isinstance(by, str) else set(by)
    if unknown := sorted(wanted - set(DIMENSIONS)):
        raise NotPossible(f"rejections can be told apart by {', '.join(DIMENSIONS)}, not by {', '.join(unknown)}.")
    names = tuple(name for name in DIMENSIONS if name in wanted)
    found = told(tx, Period(since, until, client, account), names)
    totals: dict[bool, int] = {}
    for one in found:
        totals[one.kind == "preflight"] = totals.get(one.kind == "preflight", 0) + one.count
    rows = [_row_from(one, names, totals[one.kind == "preflight"]) for one in found]
    return tuple(sorted(rows, key=_the_most_frequent_first))


def _the_most_frequent_first(row: Rejections) -> tuple[bool | int | str, ...]:
    return (row.kind == "preflight", -row.count, row.reason, row.client, row.account, row.kind, row.currency)


def _row_from(one: Told, names: Sequence[str], total: int) -> Rejections:
    return Rejections(
        kind=one.kind,
        **{"reason": "", "client": "", "account": "", **dict(zip(names, one.keys, strict=True))},
        currency=one.currency,
        count=one.count,
        share=one.count / total,
        money=one.money,
        example=scrub(one.words),
        last_seen=one.last_seen,
    )


# --- as sheets ---------------------------------------------------------------------------------------------------

_REJECTIONS = (
    Column("kind", "What happened"),
    Column("reason", "Reason"),
    Column("client", "Client"),
    Column("account", "Portal account"),
    Column("count", "Count", "count"),
    Column("share", "Share", "share"),
    Column("money", "Money", "money"),
    Column("currency", "Currency"),
    Column("example", "For example, in their words"),
    Column("last_seen", "Last seen (UTC)", "time"),
)

_FORMS: Mapping[str, Form] = {
    "portal_first_pass_rate": "share",
    "buyer_first_pass_rate": "share",
    "preflight_catch_rate": "share",
    "touchless_share": "share",
    "cycle_time_p50_s": "seconds",
    "cycle_time_p90_s": "seconds",
    "seconds_person": "seconds",
    "seconds_ours": "seconds",
    "seconds_portal": "seconds",
    "seconds_correction": "seconds",
    "oldest_undecided_s": "seconds",
    "money_held": "money",
}


def rejections_sheet(rows: Sequence[Rejections]) -> Sheet:
    """The rejection report; columns of dimensions that nobody asked for are left out."""
    unused = {name for name in DIMENSIONS if rows and not any(getattr(row, name) for row in rows)}
    columns = tuple(column for column in _REJECTIONS if column.name not in unused)
    return Sheet("Rejections", columns, tuple(tuple(getattr(row, c.name) for c in columns) for row in rows))


def metrics_sheet(figures: Mapping[str, Metrics], by: str = "", only: Collection[str] = ()) -> Sheet:
    """One row for each key of a breakdown (or one alone, without `by`); `only` names figures of `metrics.FIELDS`.

    A figure that has parts (stages, rules, currencies) becomes a column for each part: `money_held.USD`.
    Raises NotPossible for a figure that there is not."""
    if unknown := sorted(set(only) - set(FIELDS)):
        raise NotPossible(f"there is no figure {', '.join(unknown)}; there are: {', '.join(FIELDS)}.")
    key = (Column(by, by.capitalize()),) if by else ()
    names = [name for name in FIELDS if not only or name in only]
    columns = list(chain.from_iterable(_columns_of(name, figures.values()) for name in names))
    rows = []
    for label, metrics in figures.items():
        cells = [_cell(metrics, column) for column in columns]
        rows.append((label, *cells) if by else tuple(cells))
    return Sheet("Figures", (*key, *columns), tuple(rows))


def _columns_of(name: str, figures: Collection[Metrics]) -> Iterator[Column]:
    form, heading = _FORMS.get(name, "count"), _capital(FIELDS[name])
    parts = [getattr(metrics, name) for metrics in figures]
    if not any(isinstance(part, Mapping) for part in parts):
        yield Column(name, heading, form)
        return
    for part in dict.fromkeys(chain.from_iterable(parts)):
        yield Column(f"{name}.{part}", f"{heading}: {part}", form)


def _cell(metrics: Metrics, column: Column) -> Cell:
    name, _, part = column.name.partition(".")
    value = getattr(metrics, name)
    if not part:
        return value  # type: ignore[no-any-return]
    return value.get(part, Decimal(0) if column.form == "money" else 0)  # type: ignore[no-any-return]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def rejections_table(rows: Sequence[Rejections]) -> "Table":
    """The rejection report for the terminal."""
    return as_rich(rejections_sheet(rows))


def metrics_table(figures: Mapping[str, Metrics], by: str = "", only: Collection[str] = ()) -> "Table":
    """The figures for the terminal. Raises NotPossible."""
    return as_rich(metrics_sheet(figures, by, only))

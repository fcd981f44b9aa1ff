"""The section `rate_card` of a checklist: what is agreed for an hour, a mile, a day away or a machine, and since when.

A card is reckoned out once, when the file is read: for everything it lists, the spans of days in which one rate holds.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Annotated, Protocol, Self

from pydantic import Field, model_validator

from checklists.readings import spelt
from checklists.sections import WEEKDAYS, Gravity, Section, Weekday
from gateway.packet import Amount, CurrencyCode, Day, Line, LineKind, Name, PayCode, UnitCode

Rate = Annotated[Amount, Field(gt=0)]
Tiers = tuple[tuple[Decimal, Decimal], ...]
"""(from above so many hours of an invoice, the rate that holds there), lowest first; the first begins at 0."""


class Validity(Section):
    """Days on which something holds, both included; None: without end on that side."""

    valid_from: Day | None = None
    valid_to: Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError(f"ends ({self.valid_to}) before it starts ({self.valid_from})")
        return self


class Hourly(Section):
    """Rates of an hour by pay code; overtime and double time that are not given are reckoned by multipliers."""

    ST: Rate
    OT: Rate | None = None
    DT: Rate | None = None


class Tier(Hourly):
    """What hours cost above so many of one classification and pay code on one invoice."""

    above: Annotated[Amount, Field(gt=0)]


class LabourRate(Hourly, Validity):
    """One classification's rates. `multipliers` go before those of the card."""

    classification: Name
    multipliers: dict[PayCode, Rate] = Field(default_factory=dict)
    tiers: tuple[Tier, ...] = ()

    @model_validator(mode="after")
    def _tiers_rise(self) -> Self:
        marks = [tier.above for tier in self.tiers]
        if marks != sorted(set(marks)):
            raise ValueError("`tiers` must stand in rising order of `above`")
        return self


class ItemRate(Validity):
    """What one unit of something else than labour costs: mileage, per diem, equipment.

    `item`: the part number, or the words with which the line's description begins; "" for every line of the kind.
    `max_per_day`, `max_per_week`: most units of one thing; `per_worker_day`: most units for each worker and day worked.
    """

    kind: LineKind
    item: Annotated[str, Field(max_length=200)] = ""
    unit: UnitCode
    rate: Rate
    max_per_day: Annotated[Amount, Field(gt=0)] | None = None
    max_per_week: Annotated[Amount, Field(gt=0)] | None = None
    per_worker_day: Annotated[Amount, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _is_not_labour(self) -> Self:
        if self.kind is LineKind.labour:
            raise ValueError("labour is listed under `labour`, by classification")
        return self


class Escalation(Section):
    """From this day on, rates of these kinds that held before it rise by so many per cent (fall, if negative)."""

    day: Day
    percent: Annotated[Amount, Field(gt=-100, le=100)]
    kinds: tuple[LineKind, ...] = (LineKind.labour,)


class WeeklyCap(Section):
    """Most hours of one worker in a week, of these pay codes (empty: of all)."""

    hours: Annotated[Amount, Field(gt=0, le=168)]
    pay_codes: frozenset[PayCode] = frozenset()

    def counts(self, pay_code: PayCode) -> bool:
        """Whether hours of this pay code fall under the cap."""
        return not self.pay_codes or pay_code in self.pay_codes


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both included, on which what is listed has one rate. `rates` by pay code; an item has only ST."""

    start: date
    end: date
    rates: Mapping[PayCode, Tiers]
    unit: str


Spans = tuple[Span, ...]
"""All spans of one thing on the card, in order of days, none overlapping."""


def _begins(words: str, item: str) -> bool:
    """Whether the words begin with all of the item's own; every line begins with none."""
    return not item or (words.startswith(item) and not words[len(item) : len(item) + 1].isalnum())


_ALIKE = ("unit", "max_per_day", "max_per_week", "per_worker_day")
"""What the rows of one thing have in common, whatever their days."""


@lru_cache(maxsize=1024)
def _week_of(day: date, begins: Weekday) -> date:
    before = timedelta(days=(day.weekday() - WEEKDAYS.index(begins)) % 7)
    return day - min(before, day - date.min)  # the calendar's first week may lack its first days


class _Row(Protocol):
    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...


class RateCard(Section):
    """A client's agreed rates. `differs`, `unlisted`: how grave another rate is, and a thing that the card lacks.

    `decimals`: to which reckoned rates are rounded, half up, at each step. Only kinds that the card lists at all are
    looked at. `week_starts`: where a week begins for caps.
    """

    currency: CurrencyCode | None = None
    differs: Gravity = "stop"
    unlisted: Gravity = "stop"
    decimals: Annotated[int, Field(ge=0, le=6)] = 2
    week_starts: Weekday = "monday"
    multipliers: dict[PayCode, Rate] = Field(default_factory=dict)
    labour: tuple[LabourRate, ...] = ()
    items: tuple[ItemRate, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    weekly_caps: tuple[WeeklyCap, ...] = ()

    @model_validator(mode="after")
    def _has_one_rate_a_day(self) -> Self:
        by_item = {" ".join(key).strip(): spans for key, spans in self._item_spans.items()}
        for name, spans in [*self.labour_spans.items(), *by_item.items()]:
            for one, following in pairwise(spans):
                if following.start <= one.end:
                    raise ValueError(f"{name!r} has two rates on {following.start}")
        return self

    @model_validator(mode="after")
    def _has_one_rule_a_thing(self) -> Self:
        seen: dict[tuple[LineKind, str], ItemRate] = {}
        for row in self.items:
            first = seen.setdefault((row.kind, spelt(row.item)), row)
            if any(getattr(row, name) != getattr(first, name) for name in _ALIKE):
                raise ValueError(f"rows of {row.kind} {row.item!r} must be alike in unit and limits")
        return self

    @cached_property
    def labour_spans(self) -> Mapping[str, Spans]:
        """Classification, spelt alike -> its rates."""
        found: dict[str, list[Span]] = {}
        for row in self.labour:
            found.setdefault(spelt(row.classification), []).extend(
                Span(start, end, self._hourly(row, factors), "HUR")
                for start, end, factors in self._steps(row, LineKind.labour)
            )
        return {name: tuple(sorted(spans, key=lambda one: one.start)) for name, spans in found.items()}

    @cached_property
    def _item_spans(self) -> Mapping[tuple[LineKind, str], Spans]:
        found: dict[tuple[LineKind, str], list[Span]] = {}
        for row in self.items:
            found.setdefault((row.kind, spelt(row.item)), []).extend(
                Span(start, end, {PayCode.straight: ((Decimal(0), self._raised(row.rate, factors)),)}, row.unit)
                for start, end, factors in self._steps(row, row.kind)
            )
        return {key: tuple(sorted(spans, key=lambda one: one.start)) for key, spans in found.items()}

    @cached_property
    def kinds(self) -> frozenset[LineKind]:
        """The kinds of lines that the card rules."""
        return frozenset(row.kind for row in self.items) | ({LineKind.labour} if self.labour else frozenset())

    def item_for(self, line: Line) -> ItemRate | None:
        """The row that lists what a line bills: by part number, else by the longest words its description begins with.

        Rows of one thing with several validities are alike in everything but their rate; the first one is answered."""
        rows = [row for row in self.items if row.kind is line.kind]
        if len(rows) == 1 and not rows[0].item:
            return rows[0]
        words = spelt(line.description) if rows else ""
        best: ItemRate | None = None
        for row in rows:
            if row.item and row.item == line.part_number:
                return row
            if _begins(words, spelt(row.item)) and (best is None or len(row.item) > len(best.item)):
                best = row
        return best

    def spans_of_item(self, row: ItemRate) -> Spans:
        """All rates of what a row lists."""
        return self._item_spans[row.kind, spelt(row.item)]

    def week_of(self, day: date) -> date:
        """The first day of the week in which a day lies."""
        return _week_of(day, self.week_starts)

    def _steps(self, row: _Row, kind: LineKind) -> Iterator[tuple[date, date, tuple[Decimal, ...]]]:
        """First and last day, and what the rate was multiplied by until then, one factor for each rise."""
        start, end = row.valid_from or date.min, row.valid_to or date.max
        rises = [one for one in self.escalations if kind in one.kinds and start < one.day <= end]
        factors: tuple[Decimal, ...] = ()
        for rise in sorted(rises, key=lambda one: one.day):
            if start < rise.day:
                yield start, rise.day - timedelta(days=1), factors
            start, factors = rise.day, (*factors, 1 + rise.percent / 100)
        yield start, end, factors

    def _raised(self, rate: Decimal, factors: Iterable[Decimal]) -> Decimal:
        for factor in factors:
            rate = self._rounded(rate * factor)
        return rate

    def _rounded(self, rate: Decimal) -> Decimal:
        try:
            return rate.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)
        except InvalidOperation:
            raise ValueError(f"its rates and multipliers make {rate:.3e}, more than can be reckoned") from None

    def _hourly(self, row: LabourRate, factors: tuple[Decimal, ...]) -> Mapping[PayCode, Tiers]:
        levels: list[tuple[Decimal, Hourly]] = [(Decimal(0), row), *((tier.above, tier) for tier in row.tiers)]
        rates: dict[PayCode, Tiers] = {}
        for code in PayCode:
            tiers = [(above, self._rate(level, row, code, factors)) for above, level in levels]
            known = tuple((above, rate) for above, rate in tiers if rate is not None)
            if len(known) == len(tiers):
                rates[code] = known
        return rates

    def _rate(self, level: Hourly, row: LabourRate, code: PayCode, factors: tuple[Decimal, ...]) -> Decimal | None:
        given: Decimal | None = getattr(level, code)
        if given is not None:
            return self._raised(given, factors)
        multiplier = row.multipliers.get(code, self.multipliers.get(code))
        return None if multiplier is None else self._rounded(self._raised(level.ST, factors) * multiplier)

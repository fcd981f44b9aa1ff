"""Checks of how much may be billed at all: hours of a worker in a week, units of a thing in a day or week, and units
for each day that somebody worked (per diem)."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding, found
from checklists.rate_card import ItemRate, RateCard, WeeklyCap
from checklists.readings import spelt
from checklists.wording import counted, line_path, lines_label, listed, title
from checklists.worked import Shown, dated, key_of, spans
from gateway.packet import Invoice, Labour, Line, Packet, PayCode, Period, plain_decimal

_NONE = Decimal(0)

Weeks = tuple[date, int]
"""First day of the first week, and how many weeks: more than one where nobody says in which of them it was."""

Present = Mapping[str, list[tuple[date, date]]]
"""Worker -> first and last day of each stretch of days worked; no day is in two of them."""


def weekly_hours(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """No worker has more hours in a week than is agreed. Where a line spans several weeks and no sheet tells its days,
    only what is sure is told: more than all those weeks together may hold."""
    if not packet.invoice.is_credit_note:
        hours = _Hours(packet, checklist, facts)
        for cap in checklist.rate_card.weekly_caps:
            yield from _over_cap(packet, checklist, hours, cap)


class _Hours:
    """The hours that are billed, by worker and weeks; put together when they are first asked for."""

    def __init__(self, packet: Packet, checklist: Checklist, facts: Facts) -> None:
        self._invoice = packet.invoice
        self._checklist = checklist
        self._sheets = Shown(packet, facts)

    @cached_property
    def rows(self) -> list[tuple[tuple[str, Weeks], PayCode, int, Decimal]]:
        """(worker and weeks, pay code, the line's place, hours)."""
        card, unit_of = self._checklist.rate_card, self._checklist.units.mapping
        return [
            ((labour.worker_id, weeks), labour.pay_code, at, hours)
            for at, line in enumerate(self._invoice.lines)
            if unit_of.get(line.unit, line.unit) == "HUR" and (labour := line.labour)
            for weeks, hours in _by_week(line, labour, self._invoice, card, self._sheets)
        ]


def _over_cap(packet: Packet, checklist: Checklist, hours: _Hours, cap: WeeklyCap) -> Iterator[Finding]:
    invoice = packet.invoice
    worked: dict[tuple[str, Weeks], dict[int, Decimal]] = {}
    for key, pay_code, at, of_line in hours.rows:
        if cap.counts(pay_code):
            by_line = worked.setdefault(key, {})
            by_line[at] = by_line.get(at, _NONE) + of_line
    for (worker, (week, count)), by_line in worked.items():
        total = sum(by_line.values(), _NONE)
        if total > cap.hours * count:
            what = f"{listed(sorted(cap.pay_codes))} hours" if cap.pay_codes else "hours"
            yield found(
                "CB-CAP-01",
                line_path(next(iter(by_line)), "quantity"),
                f"{_at(invoice, list(by_line))}: {plain_decimal(total)} {what} of {worker} in "
                f"{_in_words(week, count)}; "
                f"{checklist.name} takes at most {plain_decimal(cap.hours * count)}.",
                "Bill what is above under the pay code that is agreed for it, or have it approved first.",
            )


def _by_week(
    line: Line, labour: Labour, invoice: Invoice, card: RateCard, sheets: Shown
) -> Iterator[tuple[Weeks, Decimal]]:
    """The hours of a line by week: by the days of its sheet where that shows these very hours, else by its period."""
    period = line.period or invoice.period
    if period is None:
        return
    weeks = _weeks(period, card)
    if weeks[1] == 1:
        yield weeks, line.quantity
        return
    known = sheets.get(key_of(labour))
    days = dated(known[1], period) if known else None
    if days and sum((hours for _, hours in days), _NONE) == line.quantity:
        for day, hours in days:
            yield (card.week_of(day), 1), hours
    else:
        yield weeks, line.quantity


def _weeks(period: Period, card: RateCard) -> Weeks:
    first, last = card.week_of(period.start), card.week_of(period.end)
    return first, (last - first).days // 7 + 1


def _in_words(week: date, count: int) -> str:
    last = week + min(timedelta(days=7 * count - 1), date.max - week)
    return f"the {'week' if count == 1 else f'{count} weeks'} from {week} to {last}"


# --- things -------------------------------------------------------------------------------------------------------


def items(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Units of one thing in a day and in a week, and units for each worker and day worked."""
    card, invoice = checklist.rate_card, packet.invoice
    if invoice.is_credit_note:
        return
    things: dict[int, tuple[ItemRate, list[int]]] = {}
    for at, line in enumerate(invoice.lines):
        row = card.item_for(line)
        if row is not None and checklist.units.mapping.get(line.unit, line.unit) == row.unit:
            things.setdefault(id(row), (row, []))[1].append(at)
    for row, positions in things.values():
        for one in _things(invoice, positions):
            yield from _over_time(invoice, checklist, row, one)
        if row.per_worker_day is not None:
            yield from _for_workers(packet, checklist, _present(packet, facts), row, row.per_worker_day, positions)


def _things(invoice: Invoice, positions: list[int]) -> Iterator[list[int]]:
    """Lines that bill one and the same thing, told by its part number and description."""
    found_: dict[tuple[str, str], list[int]] = {}
    for at in positions:
        line = invoice.lines[at]
        found_.setdefault((line.part_number, spelt(line.description)), []).append(at)
    yield from found_.values()


def _over_time(invoice: Invoice, checklist: Checklist, row: ItemRate, positions: list[int]) -> Iterator[Finding]:
    card = checklist.rate_card
    for start, end, spanned in spans(invoice, positions):
        billed = _billed(invoice, spanned)
        days = (end - start).days + 1
        week, weeks = _weeks(Period.model_construct(start=start, end=end), card)
        for most, times, when in (
            (row.max_per_day, days, f"{days} day{'' if days == 1 else 's'} from {start} to {end}"),
            (row.max_per_week, weeks, _in_words(week, weeks)),
        ):
            if most is not None and billed > most * times:
                yield found(
                    "CB-CAP-02",
                    line_path(spanned[0], "quantity"),
                    f"{_at(invoice, spanned)}: {counted(billed, row.unit)} in {when}; {checklist.name} takes at most "
                    f"{counted(most * times, row.unit)}.",
                    "Bill what is agreed, or have what is above approved first.",
                )


def _for_workers(
    packet: Packet,
    checklist: Checklist,
    present: Present,
    row: ItemRate,
    each: Decimal,
    positions: list[int],
) -> Iterator[Finding]:
    invoice = packet.invoice
    for start, end, spanned in spans(invoice, positions):
        billed = _billed(invoice, spanned)
        count = _days_within(present, start, end)
        if billed > each * count:
            yield found(
                "CB-CAP-03",
                line_path(spanned[0], "quantity"),
                f"{_at(invoice, spanned)}: {counted(billed, row.unit)} for {start} to {end}, in which the workers have "
                f"{count} day{'' if count == 1 else 's'} of work between them; {checklist.name} takes "
                f"{counted(each, row.unit)} for each.",
                f"{title(row.kind.replace('_', ' '))} is billed for days worked: compare with the time sheets.",
            )


def _present(packet: Packet, facts: Facts) -> Present:
    """Every day worked: by the sheets; of a labour line whose days no sheet tells, all its days."""
    sheets, invoice = Shown(packet, facts).by_key, packet.invoice
    worked: dict[str, list[tuple[date, date]]] = {}
    told = set()
    for key, (_, shown_days) in sheets.items():
        days = dated(shown_days, None)
        if days is not None:
            told.add(key)
            worked.setdefault(key[1], []).extend((day, day) for day, _ in days)
    for line in invoice.lines:
        period = line.period or invoice.period
        if period and line.labour and key_of(line.labour) not in told:
            worked.setdefault(line.labour.worker_id, []).append((period.start, period.end))
    return {worker: _apart(stretches) for worker, stretches in worked.items()}


def _apart(stretches: list[tuple[date, date]]) -> list[tuple[date, date]]:
    """The same days in stretches that do not overlap, in order."""
    found_: list[tuple[date, date]] = []
    for start, end in sorted(stretches):
        if found_ and start <= found_[-1][1]:
            found_[-1] = found_[-1][0], max(end, found_[-1][1])
        else:
            found_.append((start, end))
    return found_


def _days_within(present: Present, start: date, end: date) -> int:
    """Days of work of all workers within these; counted and never listed: a period may be as long as the calendar."""
    shared = ((min(end, last) - max(start, first)).days + 1 for worked in present.values() for first, last in worked)
    return sum(days for days in shared if days > 0)


def _billed(invoice: Invoice, positions: list[int]) -> Decimal:
    return sum((invoice.lines[at].quantity for at in positions), _NONE)


def _at(invoice: Invoice, positions: list[int]) -> str:
    return lines_label([invoice.lines[at] for at in positions])

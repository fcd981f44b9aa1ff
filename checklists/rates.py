"""Checks of billed rates against the client's rate card, as it is in force on the days on which the work was done.

A credit note may credit a difference and is not held against the card.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from checklists.checklist import Checklist
from checklists.codes import Severity
from checklists.facts import Facts
from checklists.finding import Finding, found
from checklists.rate_card import RateCard, Span, Spans, Tiers
from checklists.readings import spelt
from checklists.sections import SEVERITIES
from checklists.wording import counted, line_label, line_path, lines_label, listed, money
from checklists.worked import Shown, dated, key_of
from gateway.packet import Line, LineKind, Packet, PayCode, Period, plain_decimal
from gateway.verdict import ReasonCode


@dataclass(frozen=True, slots=True)
class _Rated:
    """A line, its place from 0, the tiers of rates that the card has for its days, and the one of these rates at which
    it is billed; None where it is none of them."""

    at: int
    line: Line
    span: Span
    tiers: Tiers
    rate: Decimal | None


def rates(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Every line of a kind that the card lists has the card's rate, in the card's unit."""
    card, invoice = checklist.rate_card, packet.invoice
    severity = SEVERITIES.get(card.differs)
    if invoice.is_credit_note or not card.kinds or severity is None:
        return
    if card.currency not in (None, invoice.currency):
        yield found(
            "CB-RATE-07",
            "/invoice/currency",
            f"The invoice is in {invoice.currency}; the rate card of {checklist.name} is in {card.currency}.",
            f"Bill in {card.currency}, or have rates in {invoice.currency} agreed.",
        )
        return
    sheets = Shown(packet, facts)
    rated: list[_Rated] = []
    for at, line in enumerate(invoice.lines):
        if line.kind in card.kinds:
            one = _on_card(at, line, packet, checklist, sheets)
            if isinstance(one, Finding):
                yield from _unless_ignored(one, card)
            else:
                rated.append(one)
    yield from _prices(rated, packet, checklist, severity)
    yield from _tiers(rated, checklist, severity)


_AS_UNLISTED = frozenset({"CB-RATE-02", "CB-RATE-04"})


def _unless_ignored(finding: Finding, card: RateCard) -> Iterator[Finding]:
    if finding.code not in _AS_UNLISTED:
        yield finding
    elif severity := SEVERITIES.get(card.unlisted):
        yield replace(finding, severity=severity)


# --- what the card has --------------------------------------------------------------------------------------------


def _on_card(at: int, line: Line, packet: Packet, checklist: Checklist, sheets: Shown) -> _Rated | Finding:
    """The rates in force for a line, or why there are none."""
    card = checklist.rate_card
    spans, pay_code = _listed(card, line)
    if not spans:
        return _unlisted(at, line, checklist)
    unit = checklist.units.mapping.get(line.unit, line.unit)
    if unit != spans[0].unit:
        return found(
            "CB-RATE-05",
            line_path(at, "unit"),
            f"{line_label(line)}: billed in {line.unit}; the rate card has a rate for {spans[0].unit}.",
            f"Bill in {spans[0].unit}; quantity and price change with the unit.",
        )
    span = _span_around(line.period, spans) or _span_of(at, line, packet, spans, pay_code, sheets)
    if isinstance(span, Finding):
        return span
    if pay_code not in span.rates:
        return _unlisted(at, line, checklist)
    return _Rated(at, line, span, span.rates[pay_code], _rate_billed(line, span.rates[pay_code]))


def _listed(card: RateCard, line: Line) -> tuple[Spans, PayCode]:
    if line.labour:
        return card.labour_spans.get(spelt(line.labour.classification), ()), line.labour.pay_code
    row = card.item_for(line)
    return (card.spans_of_item(row) if row else ()), PayCode.straight


def _unlisted(at: int, line: Line, checklist: Checklist) -> Finding:
    one = line.labour
    what = f"{one.pay_code} hours of a {one.classification}" if one else f"{line.kind.replace('_', ' ')} of this name"
    return found(
        "CB-RATE-02",
        line_path(at, "labour/classification" if one else "description"),
        f"{line_label(line)}: the rate card of {checklist.name} has no rate for {what}.",
        "Write the name as the card has it, or have a rate agreed before this is billed.",
    )


def _span_around(period: Period | None, spans: Spans) -> Span | None:
    """The span that holds all days of a line, whichever of them were worked: nearly always there is one."""
    return next((one for one in spans if period and one.start <= period.start and period.end <= one.end), None)


def _span_of(at: int, line: Line, packet: Packet, spans: Spans, pay_code: PayCode, sheets: Shown) -> Span | Finding:
    """The one span of rates in which all days of a line lie."""
    days = _days(line, packet, sheets)
    if not days:
        if len(spans) == 1:
            return spans[0]
        return found(
            "CB-RATE-08",
            line_path(at, "period"),
            f"{line_label(line)}: the days of the work are not stated, and the rate card has rates for "
            f"{listed(_days_in_words(span) for span in spans)}.",
            "State the first and last day of the work on the line, so that its rate can be checked.",
        )
    first, last = min(start for start, _ in days), max(end for _, end in days)
    if not all(_in_force(start, end, spans) for start, end in days):
        return found(
            "CB-RATE-04",
            line_path(at, "period"),
            f"{line_label(line)}: the work was done from {first} to {last}; the rate card has rates for "
            f"{listed(_days_in_words(span) for span in spans)}.",
            "Have the rates for these days agreed and the card brought up to date before this is billed.",
        )
    touched = [span for span in spans if any(start <= span.end and span.start <= end for start, end in days)]
    if len({span.rates.get(pay_code) for span in touched}) > 1:
        return found(
            "CB-RATE-03",
            line_path(at, "period"),
            f"{line_label(line)}: the work was done from {first} to {last}, and the rate changed on "
            f"{touched[1].start}.",
            f"Bill the days before {touched[1].start} and those after on lines of their own.",
        )
    return touched[0]


def _days(line: Line, packet: Packet, sheets: Shown) -> list[tuple[date, date]]:
    """First and last day of each stretch of work: the days with hours by the line's sheet, else the days billed."""
    period: Period | None = line.period or packet.invoice.period
    known = sheets.get(key_of(line.labour)) if line.labour else None
    by_sheet = dated(known[1], line.period) if known else None
    if by_sheet:
        return [(day, day) for day, _ in by_sheet]
    return [(period.start, period.end)] if period else []


def _in_force(first: date, last: date, spans: Spans) -> bool:
    """Whether the spans hold every one of these days."""
    day = first
    for span in spans:
        if span.start <= day <= span.end:
            if span.end >= last:
                return True
            day = span.end + timedelta(days=1)
    return False


def _days_in_words(span: Span) -> str:
    start = "" if span.start == date.min else f"from {span.start}"
    end = "" if span.end == date.max else f"to {span.end}"
    return f"{start} {end}".strip()


# --- what is billed -----------------------------------------------------------------------------------------------


def _prices(rated: list[_Rated], packet: Packet, checklist: Checklist, severity: Severity) -> Iterator[Finding]:
    currency = packet.invoice.currency
    for one in rated:
        line, base = one.line, one.line.price_base_quantity
        if one.rate is not None:
            continue
        agreed = listed(money(rate, currency) for _, rate in one.tiers)
        per = "" if base == 1 else f" for {plain_decimal(base)}"
        yield found(
            "CB-RATE-01",
            line_path(one.at, "unit_price"),
            f"{line_label(line)}: billed at {money(line.unit_price, currency)}{per}; the rate card of "
            f"{checklist.name} has {agreed} per {one.span.unit}{_since(one)}.",
            "Bill the agreed rate, or have the card changed before this is sent.",
            severity=severity,
            reason=None if line.kind is LineKind.labour else ReasonCode.price_mismatch,
        )


def _since(one: _Rated) -> str:
    return "" if one.span.start == date.min else f" since {one.span.start}"


def _tiers(rated: list[_Rated], checklist: Checklist, severity: Severity) -> Iterator[Finding]:
    """Of hours with tiers, as many are billed at each rate as the card says. Lines at no rate of the card are told
    already, and then the rest is not reckoned."""
    groups: dict[int, list[_Rated]] = {}
    for one in rated:
        groups.setdefault(id(one.tiers), []).append(one)  # the card has one such value for a span and pay code
    for members in groups.values():
        billed = dict.fromkeys((rate for _, rate in members[0].tiers), Decimal(0))
        at_rates = [one.rate for one in members if one.rate is not None]
        if len(at_rates) < len(members):
            continue
        for one, rate in zip(members, at_rates, strict=True):
            billed[rate] += one.line.quantity
        due = _allotted(members[0].tiers, sum(billed.values(), Decimal(0)))
        if billed != due:
            lines = [one.line for one in members]
            yield found(
                "CB-RATE-06",
                line_path(members[0].at, "unit_price"),
                f"{lines_label(lines)}: {_by_rate(billed)}; by the tiers of the rate card it is {_by_rate(due)}.",
                f"Bill the hours by the tiers that {checklist.name} has agreed.",
                severity=severity,
            )


def _rate_billed(line: Line, tiers: Tiers) -> Decimal | None:
    base, price = line.price_base_quantity, line.unit_price
    return next((rate for _, rate in tiers if (rate if base == _ONE else rate * base) == price), None)


_ONE = Decimal(1)


def _allotted(tiers: Tiers, hours: Decimal) -> dict[Decimal, Decimal]:
    """Rate -> how many of so many hours it is paid for."""
    due: dict[Decimal, Decimal] = {}
    for number, (above, rate) in enumerate(tiers):
        until = tiers[number + 1][0] if number + 1 < len(tiers) else hours
        here = min(hours, until) - above
        due[rate] = due.get(rate, Decimal(0)) + (max(here, Decimal(0)) if above else here)
    return due


def _by_rate(hours: dict[Decimal, Decimal]) -> str:
    return listed(f"{counted(count, 'HUR')} at {plain_decimal(rate)}" for rate, count in hours.items())

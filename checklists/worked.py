"""On which days the work of a line was done: as the time sheets show it where they were read, else as the line says."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from checklists.facts import Facts
from checklists.readings import Shift, spelt, worker_ids
from gateway.packet import DocumentKind, Invoice, Labour, Packet, PayCode, Period, SupportingDocument

Key = tuple[str, str, str, PayCode]
"""Sheet, worker id, classification (spelt alike), pay code."""

Shown = Mapping[Key, tuple[SupportingDocument, list[Shift]]]
"""What the sheets show whose hours are known in full, with the paper."""


def key_of(one: Labour) -> Key:
    """Under which a labour line's hours stand on its sheet."""
    return one.timesheet_id, one.worker_id, spelt(one.classification), one.pay_code


def shown(packet: Packet, facts: Facts) -> Shown:
    """The hours of all sheets that were read, by sheet, worker, classification and pay code."""
    if not facts.sheets:
        return {}
    names = worker_ids(packet.invoice)
    found: dict[Key, tuple[SupportingDocument, list[Shift]]] = {}
    for paper in packet.documents:
        reading = facts.sheets.get(paper.sha256) if paper.kind is DocumentKind.timesheet else None
        if reading is None:
            continue
        sheet = paper.timesheet_id or reading.number
        for shift in reading.shifts:
            worker = names.get(spelt(shift.worker), shift.worker)
            key = (sheet, worker, spelt(shift.classification), shift.pay_code)
            found.setdefault(key, (paper, []))[1].append(shift)
    return found


def dated(shifts: Iterable[Shift], within: Period | None) -> list[tuple[date, Decimal]] | None:
    """The days with hours among them, `within` a period where one is given; None where some hours have no day."""
    days: list[tuple[date, Decimal]] = []
    for shift in shifts:
        if shift.hours and shift.day is None:
            return None
        if shift.hours and shift.day and (within is None or within.start <= shift.day <= within.end):
            days.append((shift.day, shift.hours))
    return days


def spans(invoice: Invoice, positions: Iterable[int]) -> Iterator[tuple[date, date, list[int]]]:
    """First and last day of these lines' periods (else the invoice's), those that overlap taken together; what has no
    period is left out."""
    stated = ((at, invoice.lines[at].period or invoice.period) for at in positions)
    periods = sorted((period.start, period.end, at) for at, period in stated if period)
    spanned: list[int] = []
    start = end = date.min
    for first, last, at in periods:
        if spanned and first > end:
            yield start, end, spanned
            spanned = []
        if not spanned:
            start = end = first
        end = max(end, last)
        spanned.append(at)
    if spanned:
        yield start, end, spanned

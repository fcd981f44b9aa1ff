"""On which days the work of a line was done: as the time sheets show it where they were read, else as the line says."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property

from checklists.facts import Facts
from checklists.readings import Days, spelt, worker_ids
from gateway.packet import DocumentKind, Invoice, Labour, Packet, PayCode, Period, SupportingDocument

Key = tuple[str, str, str, PayCode]
"""Sheet, worker id, classification (spelt alike), pay code."""


def key_of(one: Labour) -> Key:
    """Under which a labour line's hours stand on its sheet."""
    return one.timesheet_id, one.worker_id, spelt(one.classification), one.pay_code


class Shown:
    """What a packet's sheets show whose hours are known in full; put together when it is first asked for."""

    def __init__(self, packet: Packet, facts: Facts) -> None:
        self._packet = packet
        self._facts = facts

    def get(self, key: Key) -> tuple[SupportingDocument, Days] | None:
        """The paper and the days on which it shows these hours; None where no sheet does."""
        return self.by_key.get(key)

    @cached_property
    def by_key(self) -> Mapping[Key, tuple[SupportingDocument, Days]]:
        """All of it, by sheet, worker, classification and pay code."""
        names = worker_ids(self._packet.invoice)
        found: dict[Key, tuple[SupportingDocument, Days]] = {}
        for paper in self._packet.documents:
            reading = self._facts.sheets.get(paper.sha256) if paper.kind is DocumentKind.timesheet else None
            if reading is None:
                continue
            sheet = paper.timesheet_id or reading.number
            for (worker, classification, pay_code), days in reading.worked.items():
                key = (sheet, names.get(spelt(worker), worker), spelt(classification), pay_code)
                before = found.get(key)
                found[key] = (paper, days) if before is None else (before[0], before[1] + days)
        return found


def dated(worked: Days, within: Period | None) -> list[tuple[date, Decimal]] | None:
    """The days with hours among them, `within` a period where one is given; None where some hours have no day."""
    days: list[tuple[date, Decimal]] = []
    for day, hours in worked:
        if hours and day is None:
            return None
        if hours and day and (within is None or within.start <= day <= within.end):
            days.append((day, hours))
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

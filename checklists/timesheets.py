"""Checks of time sheets by what was read in them: legible, the right one, signed in time, and the right days.

Whether a sheet is signed, covers the days that are billed and shows the hours that are billed is asked in `papers`,
which takes what was read for what the packet states.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding, found
from checklists.readings import SheetReading, spelt, worker_ids
from checklists.sections import SEVERITIES
from checklists.wording import line_label, line_path, listed, paper_name, title
from checklists.worked import Key, Shown, key_of, spans
from gateway.packet import DocumentKind, Invoice, Line, Packet, SupportingDocument, plain_decimal

Read = tuple[int, SupportingDocument, SheetReading]
"""A time sheet's place in the packet from 0, what the packet states of it, and what was read in it."""

_HOURS = "HUR"
_NONE = Decimal(0)


def _read(packet: Packet, facts: Facts) -> Iterator[Read]:
    for at, paper in enumerate(packet.documents):
        if paper.kind is DocumentKind.timesheet and paper.sha256 in facts.sheets:
            yield at, paper, facts.sheets[paper.sha256]


# --- the paper ----------------------------------------------------------------------------------------------------


def legible(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Every sheet could be read in full; data that breaks its form is never used in part."""
    severity = SEVERITIES.get(checklist.timesheets.unread)
    for at, paper, reading in _read(packet, facts):
        if reading.faults:
            yield found(
                "CB-TS-02",
                f"/documents/{at}",
                f"{title(paper_name(paper))} is not a time sheet in the agreed form: {listed(reading.faults)}.",
                "Have the sheet exported again in the form of checklists/README.md, and replace the file.",
            )
        elif reading.why_not and severity:
            yield found(
                "CB-TS-01",
                f"/documents/{at}",
                f"{title(paper_name(paper))} was not read in full: {reading.why_not}.",
                "Compare the sheet with the hours that are billed by eye, or attach it as data.",
                severity=severity,
            )


def numbers(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """A sheet carries the number that the packet gives it."""
    for at, paper, reading in _read(packet, facts):
        stated = paper.timesheet_id
        if not stated or (reading.number == stated if reading.number else reading.number_seen):
            continue
        shows = f"its own number is {reading.number}" if reading.number else "that number stands nowhere in its text"
        yield found(
            "CB-TS-03",
            f"/documents/{at}/timesheet_id",
            f"{paper.name} is attached as time sheet {stated}, but {shows}.",
            f"Attach time sheet {stated}, or correct the number in the packet and on its lines.",
        )


def signed_in_time(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Nobody signs for hours that are still to be worked. (A day before the whole sheet is told as CB-DOC-04.)"""
    for at, paper, reading in _read(packet, facts):
        days = [day for days_of in reading.worked.values() for day, hours in days_of if day and hours]
        signed_on = reading.signed_on
        if not days or signed_on is None or (reading.period and signed_on < reading.period.start):
            continue
        if signed_on < max(days):
            yield found(
                "CB-TS-06",
                f"/documents/{at}/signed_on",
                f"{title(paper_name(paper))} was signed on {signed_on}, but shows hours on {max(days)}.",
                "Have it signed again now that the hours are worked, and replace the file.",
            )


# --- the days -----------------------------------------------------------------------------------------------------


def days(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Hours are billed for the days on which the sheet shows them. Where already their sum differs, that is told
    alone (CB-DOC-06, CB-DOC-07)."""
    if packet.invoice.is_credit_note:
        return
    sheets = Shown(packet, facts).by_key
    for key, positions in _billed(packet.invoice, checklist).items():
        if key not in sheets:
            continue
        paper, shown_days = sheets[key]
        lines = [packet.invoice.lines[at] for at in positions]
        worked = [(day, hours) for day, hours in shown_days if day]
        if any(line.period is None for line in lines) or _is_plain(lines, worked):
            continue
        if _sum(line.quantity for line in lines) == _sum(hours for _, hours in worked):
            yield from _elsewhere(packet.invoice, positions, paper, worked)


def _is_plain(lines: list[Line], worked: list[tuple[date, Decimal]]) -> bool:
    """Whether there is one line and its days hold all that were worked, as nearly always: then nothing can be amiss."""
    period = lines[0].period
    return len(lines) == 1 and period is not None and all(period.start <= day <= period.end for day, _ in worked)


def _billed(invoice: Invoice, checklist: Checklist) -> Mapping[Key, list[int]]:
    """Places of the lines that bill hours, by whose hours they are and the sheet they name."""
    billed: dict[Key, list[int]] = {}
    for at, line in enumerate(invoice.lines):
        if line.labour and checklist.units.mapping.get(line.unit, line.unit) == _HOURS:
            billed.setdefault(key_of(line.labour), []).append(at)
    return billed


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, _NONE)


def _elsewhere(
    invoice: Invoice, positions: list[int], paper: SupportingDocument, worked: list[tuple[date, Decimal]]
) -> Iterator[Finding]:
    for start, end, spanned in spans(invoice, positions):
        lines = [invoice.lines[at] for at in spanned]
        billed = _sum(line.quantity for line in lines)
        seen = _sum(hours for day, hours in worked if start <= day <= end)
        if billed != seen:
            yield found(
                "CB-TS-04",
                line_path(spanned[0], "period"),
                f"{listed(map(line_label, lines))}: {plain_decimal(billed)} hours are billed for {start} to "
                f"{end}, for which {paper_name(paper)} shows {plain_decimal(seen)}.",
                "Bill the hours on the days on which they were worked.",
            )


def long_days(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """No worker has more hours on a day than the client takes, all sheets together."""
    most, names = checklist.timesheets.max_hours_a_day, worker_ids(packet.invoice)
    worked: dict[tuple[str, date | None], Decimal] = {}
    for _, _, reading in _read(packet, facts):
        for (name, _, _), days_of in reading.worked.items():
            who = names.get(spelt(name), name)
            for day, hours in days_of:
                before = worked.get((who, day))
                worked[who, day] = hours if before is None else before + hours
    for (who, day), hours in worked.items():
        if hours > most and day is not None:
            papers = dict(_papers_with(who, day, names, packet, facts))
            yield found(
                "CB-TS-05",
                f"/documents/{next(iter(papers))}/hours",
                f"{who} has {plain_decimal(hours)} hours on {day} by "
                f"{listed(paper_name(paper) for paper in papers.values())}; {checklist.name} takes at most "
                f"{plain_decimal(most)}.",
                "Find the sheet with the wrong hours, and have it corrected and signed again by the crew.",
            )


def _papers_with(
    who: str, day: date, names: Mapping[str, str], packet: Packet, facts: Facts
) -> Iterator[tuple[int, SupportingDocument]]:
    """The sheets that show hours of a worker on a day, with their places."""
    for at, paper, reading in _read(packet, facts):
        for (name, _, _), days_of in reading.worked.items():
            if names.get(spelt(name), name) == who and day in [one for one, _ in days_of]:
                yield at, paper

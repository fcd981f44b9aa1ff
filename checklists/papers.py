"""Checks of the papers that prove an invoice: there, signed, covering the days billed, showing the hours billed."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding, found
from checklists.readings import hours_of, sheets_as_read, spelt, worker_ids
from checklists.sections import DocumentRule
from checklists.wording import KINDS, lines_label, listed, money, paper_name, title
from gateway.packet import (
    DocumentKind,
    Invoice,
    Line,
    LineKind,
    OrderLineKind,
    Packet,
    PayCode,
    Period,
    SupportingDocument,
    plain_decimal,
)
from gateway.verdict import Actor, ReasonCode

_FROM_THE_FIELD = frozenset(
    {
        DocumentKind.timesheet,
        DocumentKind.acceptance_form,
        DocumentKind.receipt,
        DocumentKind.mileage_log,
        DocumentKind.equipment_log,
    }
)
_HOURS = "HUR"
_LUMP_SUM = "LS"  # UN/ECE Recommendation 20

Placed = tuple[int, SupportingDocument]
"""A document with its position in the packet, from 0."""


def papers(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Every paper rule of the client, in the order of its file."""
    for rule in checklist.documents:
        lines = _lines_of(rule, packet.invoice, facts)
        if not _applies(rule, packet.invoice, lines):
            continue
        there = _papers_of(rule, packet, checklist, facts)
        if not there:
            yield _missing(rule, packet.invoice, lines, checklist)
            continue
        if rule.kind is DocumentKind.timesheet:
            yield from _sheets_named_but_missing(packet.invoice, lines, there)
        if rule.signed:
            yield from _signatures(rule, there)
        if rule.covers_period:
            yield from _days(rule, packet.invoice, lines, there)
        if rule.hours_match:
            yield from _hours(rule, packet.invoice, checklist, facts, there)


def _papers_of(rule: DocumentRule, packet: Packet, checklist: Checklist, facts: Facts) -> list[Placed]:
    if rule.kind is DocumentKind.timesheet:
        return sheets_as_read(packet, facts.sheets, only_shown=checklist.timesheets.signature == "shown")
    return [(at, one) for at, one in enumerate(packet.documents) if one.kind is rule.kind]


def _lines_of(rule: DocumentRule, invoice: Invoice, facts: Facts) -> list[Line]:
    return [
        line
        for line in invoice.lines
        if (not rule.for_lines or line.kind in rule.for_lines)
        and (not rule.for_lump_sums or _is_lump_sum(line, invoice, facts))
        and (rule.over is None or abs(line.net_amount) > rule.over)
    ]


def _is_lump_sum(line: Line, invoice: Invoice, facts: Facts) -> bool:
    """Billed as one sum: in the unit for it, or on an order line that counts by amount, as the line itself or the
    register says."""
    if line.unit == _LUMP_SUM or line.order is None:
        return line.unit == _LUMP_SUM
    number = invoice.order_number_of(line)
    kind = line.order.kind or facts.order_line_kinds.get((number, line.order.line or 0))
    return kind is OrderLineKind.amount


def _applies(rule: DocumentRule, invoice: Invoice, lines: list[Line]) -> bool:
    if invoice.is_credit_note and not rule.on_credit_notes:
        return False
    return bool(lines) or not (rule.for_lines or rule.for_lump_sums or rule.over is not None)


def _position_of(invoice: Invoice, line: Line) -> int:
    return next(at for at, one in enumerate(invoice.lines) if one is line)


def _who(rule: DocumentRule) -> Actor:
    return rule.who_acts or (Actor.field if rule.kind in _FROM_THE_FIELD else Actor.us)


# --- there at all -------------------------------------------------------------------------------------------------


def _missing(rule: DocumentRule, invoice: Invoice, lines: list[Line], checklist: Checklist) -> Finding:
    kind = KINDS[rule.kind]
    of_lines = rule.for_lines or rule.for_lump_sums
    for_what = f"{lines_label(lines)}: {_billed(rule, invoice)} without" if of_lines else "The packet has no"
    sheets = rule.kind is DocumentKind.timesheet
    names = sorted({line.labour.timesheet_id for line in lines if line.labour and line.labour.timesheet_id})
    wanted = f"{kind} {listed(names)}" if sheets and names else kind
    return found(
        "CB-DOC-02" if sheets else "CB-DOC-01",
        "/documents",
        f"{for_what} {wanted}; {checklist.name} requires one.",
        f"Get the {wanted} from the {'crew' if _who(rule) is Actor.field else 'billing office'} and add it.",
        who_acts=_who(rule),
    )


def _billed(rule: DocumentRule, invoice: Invoice) -> str:
    kinds = listed(kind.replace("_", " ") for kind in rule.for_lines)
    kinds = f"{kinds} as a lump sum".strip() if kinds and rule.for_lump_sums else kinds or "a lump sum"
    return f"{kinds} billed" + (f" above {money(rule.over, invoice.currency)}" if rule.over is not None else "")


def _sheets_named_but_missing(invoice: Invoice, lines: list[Line], sheets: list[Placed]) -> Iterator[Finding]:
    """Lines name a sheet that no paper carries. A sheet without an id may be any, so then nothing is claimed."""
    ids = {sheet.timesheet_id for _, sheet in sheets}
    if "" in ids:
        return
    wanted: dict[str, list[Line]] = {}
    for line in lines:
        if line.labour and line.labour.timesheet_id and line.labour.timesheet_id not in ids:
            wanted.setdefault(line.labour.timesheet_id, []).append(line)
    for name, without in wanted.items():
        yield found(
            "CB-DOC-02",
            f"/invoice/lines/{_position_of(invoice, without[0])}/labour/timesheet_id",
            f"{lines_label(without)}: billed from time sheet {name}, which is not in the packet "
            f"({listed(sorted(ids))} {'is' if len(ids) == 1 else 'are'}).",
            f"Get time sheet {name} from the crew and add it, or correct the number on the line.",
        )


# --- signatures ---------------------------------------------------------------------------------------------------


def _signatures(rule: DocumentRule, there: Iterable[Placed]) -> Iterator[Finding]:
    sheets = rule.kind is DocumentKind.timesheet
    reason = ReasonCode.timesheet_unsigned if sheets else ReasonCode.attachment_unacceptable
    for position, paper in there:
        if not paper.signed_by:
            yield found(
                "CB-DOC-03",
                f"/documents/{position}/signed_by",
                f"{title(paper_name(paper))} is not signed{_days_in_words(paper.period)}.",
                "Have the client's representative on the job sign it, and replace the file.",
                who_acts=_who(rule),
                reason=reason,
            )
        elif paper.signed_on and paper.period and paper.signed_on < paper.period.start:
            yield found(
                "CB-DOC-04",
                f"/documents/{position}/signed_on",
                f"{title(paper_name(paper))} was signed on {paper.signed_on}, before its first day, "
                f"{paper.period.start}.",
                "Look at the paper: correct the date in the packet, or have it signed anew.",
                who_acts=_who(rule),
                reason=reason,
            )


def _days_in_words(period: Period | None) -> str:
    return f" ({period.start} to {period.end})" if period else ""


# --- days ---------------------------------------------------------------------------------------------------------


def _days(rule: DocumentRule, invoice: Invoice, lines: list[Line], there: list[Placed]) -> Iterator[Finding]:
    """Days of a line are looked for on its own sheet; days of the whole invoice on all papers of the kind."""
    for position, paper in there:
        if paper.period is None:
            yield found(
                "CB-DOC-08",
                f"/documents/{position}/period",
                f"Which days {paper_name(paper)} covers is not stated.",
                "State the first and last day of the paper in the packet, so that it can be checked.",
            )
    for period, sheet, billed in _spans(invoice, lines):
        own = [paper for _, paper in there if paper.timesheet_id == sheet] if sheet else []
        papers_of = own or [paper for _, paper in there]
        if any(paper.period is None for paper in papers_of):
            continue
        gap = _first_gap(period, [paper.period for paper in papers_of if paper.period])
        if gap:
            yield _uncovered(rule, invoice, billed, period, gap, papers_of)


def _spans(invoice: Invoice, lines: list[Line]) -> Iterator[tuple[Period, str, list[Line]]]:
    """Every distinct period that is billed, with the sheet it should stand on ("" = any) and its lines."""
    spans: dict[tuple[date, date, str], tuple[Period, list[Line]]] = {}
    whole = False
    for line in lines:
        if line.period is None:
            whole = True
            continue
        sheet = line.labour.timesheet_id if line.labour else ""
        spans.setdefault((line.period.start, line.period.end, sheet), (line.period, []))[1].append(line)
    for (_, _, sheet), (period, billed) in spans.items():
        yield period, sheet, billed
    if invoice.period and (whole or not lines):
        yield invoice.period, "", []


def _first_gap(period: Period, covered: list[Period]) -> date | None:
    """The first day of `period` that none of the others holds."""
    day = period.start
    for one in sorted(covered, key=lambda each: each.start):
        if one.start > day:
            break
        if one.end >= period.end:
            return None
        day = max(day, one.end + timedelta(days=1))
    return day


def _uncovered(
    rule: DocumentRule,
    invoice: Invoice,
    billed: list[Line],
    period: Period,
    gap: date,
    papers_of: list[SupportingDocument],
) -> Finding:
    sheets = rule.kind is DocumentKind.timesheet
    held = listed(f"{paper_name(paper)}{_days_in_words(paper.period)}" for paper in papers_of)
    where = f"{lines_label(billed)}: billed for" if billed else "The invoice bills"
    path = f"/invoice/lines/{_position_of(invoice, billed[0])}/period" if billed else "/invoice/period"
    return found(
        "CB-DOC-05",
        path,
        f"{where} {period.start} to {period.end}, but {gap} is not covered by {held}.",
        f"Get the {KINDS[rule.kind]} for {gap} from the crew, or bill only the days that are covered.",
        who_acts=_who(rule),
        reason=ReasonCode.timesheet_missing if sheets else ReasonCode.attachment_missing,
    )


# --- hours --------------------------------------------------------------------------------------------------------

Worked = tuple[str, str, PayCode]
"""Worker id, classification (spelt alike), pay code."""


def _hours(
    rule: DocumentRule, invoice: Invoice, checklist: Checklist, facts: Facts, there: list[Placed]
) -> Iterator[Finding]:
    """Hours billed from a sheet against the hours it shows, for every sheet whose hours are known in full."""
    sheets = _hours_shown(there, invoice, facts)
    only = next(iter(sheets)) if len(there) == 1 and sheets else None
    billed = _hours_billed(invoice, checklist, only)
    for name, (position, paper, shown) in sheets.items():
        on_sheet = billed.get(name, {})
        for worked in {**on_sheet, **shown}:
            hours, lines = on_sheet.get(worked, (Decimal(0), []))
            seen = shown.get(worked, Decimal(0))
            if hours != seen:
                yield _hours_differ(rule, invoice, facts, paper, position, worked, hours, seen, lines)


def _hours_shown(
    there: list[Placed], invoice: Invoice, facts: Facts
) -> dict[str, tuple[int, SupportingDocument, dict[Worked, Decimal]]]:
    """Sheet id -> where it is and its hours; a sheet of which one part shows no hours is left out."""
    sheets: dict[str, tuple[int, SupportingDocument, dict[Worked, Decimal]]] = {}
    names = worker_ids(invoice)
    hours = {position: hours_of(paper, facts.sheets, names) for position, paper in there}
    unknown = {paper.timesheet_id for position, paper in there if not hours[position]}
    for position, paper in there:
        if paper.timesheet_id in unknown or (not paper.timesheet_id and len(there) > 1):
            continue
        shown = sheets.setdefault(paper.timesheet_id, (position, paper, {}))[2]
        for (worker, classification, pay_code), count in hours[position]:
            key = (worker, spelt(classification), pay_code)
            before = shown.get(key)
            shown[key] = count if before is None else before + count
    return sheets


def _hours_billed(
    invoice: Invoice, checklist: Checklist, only: str | None
) -> dict[str, dict[Worked, tuple[Decimal, list[Line]]]]:
    """Sheet id -> hours billed from it. Lines that name no sheet count to the only one there is."""
    billed: dict[str, dict[Worked, tuple[Decimal, list[Line]]]] = {}
    for line in invoice.lines:
        if line.kind is not LineKind.labour or line.labour is None:
            continue
        if checklist.units.mapping.get(line.unit, line.unit) != _HOURS:
            continue
        sheet = line.labour.timesheet_id or only
        if only == "":
            sheet = ""
        if sheet is not None:
            key = (line.labour.worker_id, spelt(line.labour.classification), line.labour.pay_code)
            hours, lines = billed.setdefault(sheet, {}).get(key, (Decimal(0), []))
            lines.append(line)
            billed[sheet][key] = (hours + line.quantity, lines)
    return billed


def _hours_differ(
    rule: DocumentRule,
    invoice: Invoice,
    facts: Facts,
    paper: SupportingDocument,
    position: int,
    worked: Worked,
    hours: Decimal,
    seen: Decimal,
    lines: list[Line],
) -> Finding:
    worker, classification, pay_code = worked
    if lines and lines[0].labour:
        classification = lines[0].labour.classification
        worker = lines[0].labour.worker_name or worker
    else:
        rows = (name for (_, name, _), _ in hours_of(paper, facts.sheets, {}) if spelt(name) == classification)
        classification = next(rows, classification)
    where = f"{lines_label(lines)}: " if lines else ""
    more = hours > seen
    shows = f"shows {plain_decimal(seen)}" if seen else "shows none"
    bills = f"{plain_decimal(hours)} hours are billed" if hours else "none is billed"
    gap = plain_decimal(abs(hours - seen))
    return found(
        "CB-DOC-06" if more else "CB-DOC-07",
        f"/invoice/lines/{_position_of(invoice, lines[0])}/quantity" if lines else f"/documents/{position}/hours",
        f"{where}{worker}, {classification} {pay_code}: {bills}, {paper_name(paper)} {shows} "
        f"({gap} {'too many' if more else 'left unbilled'}).",
        "Bill the hours on the sheet, or get a corrected and signed sheet from the crew."
        if more
        else "Check whether these hours are billed elsewhere; if not, bill them before the window closes.",
        who_acts=rule.who_acts,
    )

"""Checks of how and when a client is billed: its calendar, cost codes, wording, rounding, what stands by itself."""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

from checklists.billing_rules import LONGEST, CostCodes
from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding, found
from checklists.wording import line_path, lines_label, listed, money
from gateway.currency import minor_units
from gateway.packet import Invoice, Line, LineKind, Packet

_EXACT = Context(prec=90)
_ROUNDINGS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}


def days(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Quiet days of the client, and how many days an invoice of its cycle covers."""
    calendar, invoice = checklist.calendar, packet.invoice
    if quiet := calendar.quiet_on(facts.today):
        yield found(
            "CB-DATE-05",
            "/invoice",
            f"{checklist.name} takes in no invoices until {quiet.ends}: {quiet.why}.",
            f"It is sent all the same; look whether it was taken in after {quiet.ends}.",
        )
    covered = _days_covered(invoice) if calendar.cycle and not invoice.is_credit_note else None
    if calendar.cycle is None or covered is None:
        return
    count = (covered[1] - covered[0]).days + 1
    if count > LONGEST[calendar.cycle]:
        yield found(
            "CB-DATE-06",
            "/invoice/period",
            f"The invoice covers {count} days, {covered[0]} to {covered[1]}; {checklist.name} is billed "
            f"{calendar.cycle}, at most {LONGEST[calendar.cycle]} days at a time.",
            "Bill each period of the cycle on an invoice of its own.",
        )


def _days_covered(invoice: Invoice) -> tuple[date, date] | None:
    periods = [line.period for line in invoice.lines if line.period] + ([invoice.period] if invoice.period else [])
    return (min(one.start for one in periods), max(one.end for one in periods)) if periods else None


def cost_codes(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """The client's accounting codes: there where they are asked for, and of the right form."""
    rules, lines = checklist.cost_codes, packet.invoice.lines
    if rules == CostCodes():
        return
    missing = [at for at, line in enumerate(lines) if line.kind in rules.required_on and not line.accounting_code]
    if missing:
        yield found(
            "CB-COST-01",
            line_path(missing[0], "accounting_code"),
            f"{lines_label([lines[at] for at in missing])}: no cost code; {checklist.name} asks for one.",
            "Enter the client's cost code on each of these lines.",
        )
    for at, line in enumerate(lines):
        code = line.accounting_code
        if not code or ((not rules.allowed or code in rules.allowed) and (not rules.form or rules.form.fits(code))):
            continue
        right = f"like {rules.form.example}" if rules.form else f"one of {listed(sorted(rules.allowed))}"
        yield found(
            "CB-COST-02",
            line_path(at, "accounting_code"),
            f"Line {line.number}: {checklist.name} does not know the cost code {code}.",
            f"Use a code {right}.",
        )


def descriptions(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """How descriptions of lines of a kind must look."""
    for rule in checklist.text.descriptions:
        for at, line in enumerate(packet.invoice.lines):
            if (not rule.kinds or line.kind in rule.kinds) and not rule.form.fits(line.description):
                yield found(
                    "CB-TXT-03",
                    line_path(at, "description"),
                    f"Line {line.number}: the description has not the form {checklist.name} takes: {rule.form.says}.",
                    f"Write it like {rule.form.example!r}.",
                )


def rounding(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """How the client rounds a line that lies exactly between two cents; both ways are in use (BT-131)."""
    rule, invoice = checklist.form.line_rounding, packet.invoice
    places = minor_units(invoice.currency)
    if rule == "either" or places is None:
        return
    for at, line in enumerate(invoice.lines):
        right = _rounded(line, places, _ROUNDINGS[rule])
        other = _rounded(line, places, next(way for name, way in _ROUNDINGS.items() if name != rule))
        if right != other == line.net_amount:
            yield found(
                "CB-DEC-03",
                line_path(at, "net_amount"),
                f"Line {line.number}: {money(line.net_amount, invoice.currency)} is rounded otherwise than "
                f"{checklist.name} does ({rule.replace('_', ' ')}: {money(right, invoice.currency)}).",
                "Round it in the invoicing system as the client does and hand the packet over again.",
            )


def _rounded(line: Line, places: int, way: str) -> Decimal:
    exact = _EXACT.divide(_EXACT.multiply(line.quantity, line.unit_price), line.price_base_quantity)
    extra = sum((one.amount if one.kind == "charge" else -one.amount for one in line.adjustments), Decimal(0))
    return exact.quantize(Decimal(1).scaleb(-places), way, _EXACT) + extra


def splitting(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """What the client wants on invoices of their own."""
    rules, invoice = checklist.splitting, packet.invoice
    several = {
        "purchase orders": sorted({one.number for one in invoice.orders}) if rules.one_order else [],
        "time sheets": _sheets(invoice) if rules.one_time_sheet else [],
        "months": _months(invoice) if rules.one_month else [],
        "kinds that are billed apart": _groups(invoice, rules.apart),
    }
    for what, found_there in several.items():
        if len(found_there) > 1:
            yield found(
                "CB-SPL-01",
                "/invoice/lines",
                f"The invoice mixes {what}: {listed(found_there)}; {checklist.name} takes one to an invoice.",
                "Bill each on an invoice of its own.",
            )
    if rules.max_total is not None and invoice.totals.tax_exclusive > rules.max_total:
        yield found(
            "CB-SPL-01",
            "/invoice/totals/tax_exclusive",
            f"The invoice comes to {money(invoice.totals.tax_exclusive, invoice.currency)} before tax; "
            f"{checklist.name} takes {money(rules.max_total, invoice.currency)} an invoice.",
            "Bill it on several invoices.",
        )


def _sheets(invoice: Invoice) -> list[str]:
    return sorted({line.labour.timesheet_id for line in invoice.lines if line.labour and line.labour.timesheet_id})


def _months(invoice: Invoice) -> list[str]:
    ends = [day for line in invoice.lines if line.period for day in (line.period.start, line.period.end)]
    if not ends and invoice.period:
        ends = [invoice.period.start, invoice.period.end]
    return sorted({f"{day:%Y-%m}" for day in ends})


def _groups(invoice: Invoice, apart: tuple[tuple[LineKind, ...], ...]) -> list[str]:
    billed = {line.kind for line in invoice.lines}
    return [listed(kind.value.replace("_", " ") for kind in group) for group in apart if billed & set(group)]

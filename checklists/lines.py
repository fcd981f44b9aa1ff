"""Checks of invoice lines by themselves: units, decimals, texts, tax. A fault that runs through lines is told once."""

from collections.abc import Iterator
from decimal import Decimal

from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding, found
from checklists.wording import line_path, lines_label, listed
from gateway.packet import Invoice, Line, LineTax, Packet, TaxBreakdown, plain_decimal
from gateway.verdict import ReasonCode


def _at(invoice: Invoice, positions: list[int]) -> str:
    return lines_label([invoice.lines[position] for position in positions])


def units(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Units against those the client takes; a known other spelling is named in the cure."""
    allowed = checklist.units.allowed
    strange: dict[str, list[int]] = {}
    for position, line in enumerate(packet.invoice.lines):
        if allowed and line.unit not in allowed:
            strange.setdefault(line.unit, []).append(position)
    for unit, positions in strange.items():
        better = checklist.units.mapping.get(unit)
        yield found(
            "CB-UNIT-01",
            line_path(positions[0], "unit"),
            f"{_at(packet.invoice, positions)}: {checklist.name} does not take the unit {unit}.",
            f"Write {better} instead of {unit}." if better else f"Use one of {listed(sorted(allowed))}.",
        )


def _exceeds(value: Decimal, decimals: int | None) -> bool:
    """Whether the value needs more decimals than the limit; trailing zeros do not count."""
    if decimals is None:
        return False
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and -exponent > decimals and bool(value % Decimal(1).scaleb(-decimals))


def decimals(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Decimals of prices and quantities; what does not fit is never rounded here."""
    form, invoice = checklist.form, packet.invoice
    for code, field, most in (
        ("CB-DEC-01", "unit_price", form.price_decimals),
        ("CB-DEC-02", "quantity", form.quantity_decimals),
    ):
        over = [at for at, line in enumerate(invoice.lines) if _exceeds(getattr(line, field), most)]
        if over:
            name = "unit price" if field == "unit_price" else "quantity"
            rates = field == "unit_price" and all(invoice.lines[at].labour for at in over)
            worst = plain_decimal(getattr(invoice.lines[over[0]], field))
            yield found(
                code,
                line_path(over[0], field),
                f"{_at(invoice, over)}: the {name} has more than the {most} decimals {checklist.name} takes ({worst}).",
                f"Bill with at most {most} decimals in the {name}; its amount must still be right to the cent.",
                reason=ReasonCode.rate_mismatch if rates else None,
            )


def texts(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Length and characters of descriptions, and characters of notes."""
    rules, invoice = checklist.text, packet.invoice
    longest = rules.description_max_length
    for position, line in enumerate(invoice.lines):
        if longest is not None and len(line.description) > longest:
            yield found(
                "CB-TXT-01",
                line_path(position, "description"),
                f"Line {line.number}: the description has {len(line.description)} characters; {checklist.name} takes "
                f"{longest}.",
                "Shorten the description.",
            )
    if rules.forbidden:
        yield from _forbidden(invoice, checklist)


def _forbidden(invoice: Invoice, checklist: Checklist) -> Iterator[Finding]:
    marks = sorted(set(checklist.text.forbidden))
    if any(mark in invoice.note for mark in marks):
        yield _holds(marks, invoice.note, "/invoice/note", "The note of the invoice", checklist)
    for position, line in enumerate(invoice.lines):
        for field, text in (("description", line.description), ("note", line.note)):
            for mark in marks:
                if mark in text:
                    yield _holds(marks, text, line_path(position, field), f"Line {line.number}: the {field}", checklist)
                    break


def _holds(marks: list[str], text: str, path: str, where: str, checklist: Checklist) -> Finding:
    bad = listed(repr(mark) for mark in marks if mark in text)
    return found("CB-TXT-02", path, f"{where} holds {bad}, which {checklist.name} cannot take.", "Write it without.")


def tax(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Tax codes and categories the client has, and tax by line where the client wants it there."""
    strange: dict[tuple[str, str], list[str]] = {}
    for path, where, stated in _taxes(packet.invoice):
        for word, value, known in (
            ("code", stated.code, checklist.tax.codes),
            ("category", stated.category, checklist.tax.categories),
        ):
            if value and known and value not in known:
                strange.setdefault((word, value), []).extend((f"{path}/{word}", where))
    for (word, value), places in strange.items():
        known = checklist.tax.codes if word == "code" else checklist.tax.categories
        yield found(
            "CB-TAX-01",
            places[0],
            f"{listed(dict.fromkeys(places[1::2]))}: {checklist.name} has no tax {word} {value}.",
            f"Use one of {listed(sorted(known))}.",
        )
    if checklist.tax.level == "line":
        yield from _tax_by_line(packet.invoice, checklist)


def _taxes(invoice: Invoice) -> Iterator[tuple[str, str, LineTax | TaxBreakdown]]:
    for position, line in enumerate(invoice.lines):
        if line.tax:
            yield line_path(position, "tax"), f"Line {line.number}", line.tax
    for position, adjustment in enumerate(invoice.adjustments):
        if adjustment.tax:
            yield f"/invoice/adjustments/{position}/tax", f"Charge or allowance {position + 1}", adjustment.tax
    for position, row in enumerate(invoice.tax_breakdown):
        yield f"/invoice/tax_breakdown/{position}", f"Tax breakdown row {position + 1}", row


def _tax_by_line(invoice: Invoice, checklist: Checklist) -> Iterator[Finding]:
    def states_none(line: Line) -> bool:
        return line.tax is not None and line.tax.amount is None and line.tax.rate != 0

    silent = [position for position, line in enumerate(invoice.lines) if states_none(line)]
    if not silent and invoice.totals.tax and all(line.tax is None for line in invoice.lines):
        silent = list(range(len(invoice.lines)))
    if silent:
        yield found(
            "CB-TAX-02",
            line_path(silent[0], "tax"),
            f"{_at(invoice, silent)}: no tax amount is stated; {checklist.name} wants tax by line.",
            "State category, rate and tax amount on every taxed line.",
        )

"""The buyer's own matching after the network let an invoice through (facts 5): exceptions that wait for a clerk.

Named in the order of the buyer's application: Unmatched Line, Unmatched Time Sheet, Quantity Variance, Time Sheet Hours
Variance. `Missing Documentation` is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from .orders import Papers
from .records import ZERO, Exceptional, Invoice, Line
from .rulebook import Rules

LUMP_SUM_UNITS = frozenset({"LS", "LO", "ACT"})


def exceptions_of(invoice: Invoice, rules: Rules, papers: Papers) -> list[Exceptional]:
    """Everything a clerk would be shown."""
    if invoice.content.is_credit:
        return []
    checks: tuple[Callable[[Line], Iterator[Exceptional]], ...] = (
        lambda line: _line(line, invoice, papers),
        lambda line: _time_sheet(line, invoice, rules, papers),
        lambda line: _sheet_quantity(line, invoice, rules, papers),
        lambda line: _lump_sum(line, invoice, rules, papers),
    )
    found = [each for check in checks for line in invoice.content.lines for each in check(line)]
    return found + list(_hours(invoice, rules, papers))


def _exception(name: str, **values: object) -> Exceptional:
    return Exceptional(name, tuple(values.items()))


def _line(line: Line, invoice: Invoice, papers: Papers) -> Iterator[Exceptional]:
    order = papers.named(line.order, invoice.mode, invoice.supplier)
    if line.kind != "header" and order is not None and order.line(line.order_line) is None:
        yield _exception("Unmatched Line", line=line.number)


def _time_sheet(line: Line, invoice: Invoice, rules: Rules, papers: Papers) -> Iterator[Exceptional]:
    if not rules.flag("match_time_sheets") or not line.labour or not line.time_card:
        return
    card = papers.cards.get((invoice.mode, line.time_card))
    if card is None or card.status != "approved" or card.supplier is not invoice.supplier:
        yield _exception("Unmatched Time Sheet", line=line.number, time_card=line.time_card)


def _sheet_quantity(line: Line, invoice: Invoice, rules: Rules, papers: Papers) -> Iterator[Exceptional]:
    """Against an approved service entry sheet."""
    if not rules.flag("match_time_sheets") or not line.sheet:
        return
    sheet = papers.sheets.get((invoice.mode, line.sheet))
    if sheet is None or sheet.status != "approved":
        yield _exception("Unmatched Time Sheet", line=line.number, time_card=line.sheet)
        return
    entered = next((each for each in sheet.lines if each.number == line.sheet_line), None)
    approved = entered.quantity if entered else ZERO
    if (line.quantity or ZERO) > approved + rules.decimal("hours_tolerance"):
        yield _exception("Quantity Variance", line=line.number, quantity=line.quantity, expected=approved)


def _hours(invoice: Invoice, rules: Rules, papers: Papers) -> Iterator[Exceptional]:
    """Hours by time card and pay code, with what other live invoices bill on the same card."""
    if not rules.flag("match_time_sheets"):
        return
    billed: dict[tuple[str, str], tuple[Line, Decimal]] = {}
    for line in invoice.content.lines:
        if line.labour and line.time_card:
            key = (line.time_card, line.pay_code)
            billed[key] = (line, billed.get(key, (line, ZERO))[1] + (line.quantity or ZERO))
    for (card_id, pay_code), (line, hours) in billed.items():
        card = papers.cards.get((invoice.mode, card_id))
        if card is None or card.status != "approved":
            continue
        approved = card.hours.get(pay_code, ZERO) if pay_code else sum(card.hours.values(), ZERO)
        # This invoice is counted already.
        total = max(papers.billed_hours(invoice.mode, card_id, pay_code), hours)
        if total > approved + rules.decimal("hours_tolerance"):
            yield _exception(
                "Time Sheet Hours Variance", line=line.number, quantity=hours, expected=approved, time_card=card_id
            )


def _lump_sum(line: Line, invoice: Invoice, rules: Rules, papers: Papers) -> Iterator[Exceptional]:
    if not rules.flag("lump_sum_needs_document") or line.labour:
        return
    found = papers.line_of(line, invoice.mode, invoice.supplier)
    lump = line.unit in LUMP_SUM_UNITS or (found is not None and found[1].kind == "amount")
    if lump and not line.attachments and not invoice.content.header_attachments:
        yield _exception("Missing Documentation", line=line.number)

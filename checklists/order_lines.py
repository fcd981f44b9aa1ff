"""Checks of each invoice line against the order line it bills: named, there, open, of the same kind, unit and price."""

from collections.abc import Iterator
from decimal import Decimal

from checklists.checklist import Checklist
from checklists.codes import Severity
from checklists.facts import Facts
from checklists.finding import Finding, found
from checklists.orders import NOT_INVOICEABLE, takes_invoices
from checklists.sections import SEVERITIES
from checklists.wording import line_label, line_path, lines_label, listed, money
from gateway.order import Order, OrderLine
from gateway.packet import Invoice, Line, OrderLineKind, Packet, plain_decimal
from gateway.verdict import ReasonCode

Matched = tuple[int, Line, str, OrderLine]
"""Position of an invoice line from 0, the line, its order's number, and the order line that it bills."""


def named(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Lines on an order say which order line they bill."""
    if not checklist.orders.line_required:
        return
    silent: dict[str, list[int]] = {}
    for position, line in enumerate(packet.invoice.lines):
        number = packet.invoice.order_number_of(line)
        if number and (line.order is None or line.order.line is None):
            silent.setdefault(number, []).append(position)
    for number, positions in silent.items():
        yield found(
            "CB-PO-07",
            line_path(positions[0], "order/line"),
            f"{_at(packet.invoice, positions)}: which line of purchase order {number} is billed is not said.",
            f"Add the order line number. {_choices(facts.orders.get(number))}".rstrip(),
        )


def there(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """The order lines that are billed exist."""
    numbers = {
        number: ({row.number for row in order.lines}, _choices(order))
        for number, order in facts.orders.items()
        if order is not None and takes_invoices(order)
    }
    for position, line in enumerate(packet.invoice.lines):
        number = packet.invoice.order_number_of(line)
        wanted = line.order.line if line.order else None
        if wanted is None or number not in numbers:
            continue
        there_are, choices = numbers[number]
        if wanted not in there_are:
            yield found(
                "CB-PO-08",
                line_path(position, "order/line"),
                f"{line_label(line)} bills line {wanted} of purchase order {number}, which has no such line.",
                f"Choose the order line that covers this work. {choices}".rstrip(),
            )


def _choices(order: Order | None) -> str:
    if order is None or not order.lines:
        return ""
    rows = (f"{row.number} ({row.description})" if row.description else str(row.number) for row in order.lines)
    return f"Order {order.number} has line{'' if len(order.lines) == 1 else 's'} {listed(rows)}."


def _at(invoice: Invoice, positions: list[int]) -> str:
    return lines_label([invoice.lines[position] for position in positions])


def matched(invoice: Invoice, facts: Facts) -> Iterator[Matched]:
    """The lines whose order line the register knows, on orders that take invoices."""
    known = {number: rows for number, rows in facts.order_rows.items() if takes_invoices(facts.orders[number])}
    for position, line in enumerate(invoice.lines):
        number = invoice.order_number_of(line)
        row = known[number].get(line.order.line or 0) if line.order and number in known else None
        if row is not None:
            yield position, line, number, row


def _where(line: Line, number: str, row: OrderLine) -> str:
    return f"{line_label(line)} on order {number} line {row.number}"


def open_lines(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """The order lines that are billed take invoices."""
    for position, line, number, row in matched(packet.invoice, facts):
        if row.state in NOT_INVOICEABLE:
            _, words, _ = NOT_INVOICEABLE[row.state]
            yield found(
                "CB-PO-09",
                line_path(position, "order/line"),
                f"{_where(line, number, row)}: this order line {words}.",
                f"Ask the buyer at {checklist.name} to open it, or bill the line that follows it.",
            )


def kinds(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """A line that says how it counts says the same as the order. One that says nothing goes by the order."""
    for position, line, number, row in matched(packet.invoice, facts):
        stated = line.order.kind if line.order else None
        if stated is not None and stated is not row.kind:
            yield found(
                "CB-PO-10",
                line_path(position, "order/kind"),
                f"{_where(line, number, row)} is billed by {stated}, but the order counts this line by {row.kind}.",
                f"Bill it by {row.kind}: the invoice line must be of the same kind as the order line.",
            )


def units(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Units are the order lines' own. A unit that the client does not take at all is told by `lines.units` alone."""
    invoice, allowed = packet.invoice, checklist.units.allowed
    differing: dict[tuple[str, str, str], list[int]] = {}
    for position, line, number, row in matched(invoice, facts):
        taken = not allowed or line.unit in allowed
        if taken and row.kind is OrderLineKind.quantity and row.unit and row.unit != line.unit:
            differing.setdefault((number, line.unit, row.unit), []).append(position)
    for (number, billed, ordered), positions in differing.items():
        yield found(
            "CB-PO-11",
            line_path(positions[0], "unit"),
            f"{_at(invoice, positions)} on order {number}: billed in {billed}, but the order says {ordered}.",
            f"Bill in {ordered}, as the order does; if the measure is another, quantity and price change with it.",
        )


def prices(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Prices on quantity lines are the order's, to the letter; the client's setting says how grave a difference is.

    Where the order line has rates by pay code, an hour costs the rate of its own."""
    severity = SEVERITIES.get(checklist.orders.rate_differs)
    if severity is None:
        return
    currency = packet.invoice.currency
    for position, line, number, row in matched(packet.invoice, facts):
        if row.kind is not OrderLineKind.quantity:
            continue
        rates = _pay_rates(row) if line.labour else {}
        if line.labour and rates:
            agreed = [rates[word] for word in sorted(checklist.labour.words_for(line.labour.pay_code)) if word in rates]
            if not agreed:
                yield _no_rate(position, line, number, row, severity)
                continue
        else:
            agreed = [] if row.price is None else [row.price]
        if agreed and line.unit_price not in [price * line.price_base_quantity for price in agreed]:
            per = "" if line.price_base_quantity == 1 else f" per {plain_decimal(line.price_base_quantity)}"
            yield found(
                "CB-PO-13",
                line_path(position, "unit_price"),
                f"{_where(line, number, row)}: the price is {money(line.unit_price, currency)}{per}, but the order "
                f"says {money(agreed[0], currency)} per {row.unit or 'unit'}.",
                "Compare with the rate card: bill the order's rate, or have the order changed before sending.",
                severity=severity,
                reason=ReasonCode.rate_mismatch if line.labour else None,
            )


def _pay_rates(row: OrderLine) -> dict[str, Decimal]:
    """The order line's rates by pay code, in small letters."""
    return {rate.term.casefold(): rate.price for rate in row.terms.rates if rate.term}


def _no_rate(position: int, line: Line, number: str, row: OrderLine, severity: Severity) -> Finding:
    code = line.labour.pay_code if line.labour else ""
    return found(
        "CB-LAB-03",
        line_path(position, "labour/pay_code"),
        f"{_where(line, number, row)}: {code} hours are billed; the order has rates for "
        f"{listed(sorted(rate.term for rate in row.terms.rates if rate.term))}.",
        f"Have a rate for {code} agreed and ordered before this is sent, or bill the hours as agreed.",
        severity=severity,
    )

"""Checks that an invoice fits into what is left on its purchase orders, net of our own invoices in flight.

Left = ordered - invoiced (as the portal counts) - in flight (ours, not yet counted there). Where the portal does not
tell what is invoiced, only what is ordered and in flight is held against the invoice: then a shortage is still sure,
and its absence is not claimed. Amounts are net, before tax, in the order's currency.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from checklists.checklist import Checklist
from checklists.facts import Facts, InFlight
from checklists.finding import Finding, found
from checklists.orders import takes_invoices
from checklists.wording import counted, line_path, lines_label, money
from gateway.order import Order, OrderLine
from gateway.packet import Invoice, OrderLineKind, Packet

_NONE = Decimal(0)


@dataclass(slots=True)
class _Billed:
    """What this invoice bills on one order, or on one line of it. `units` holds every unit that is used."""

    amount: Decimal = _NONE
    quantity: Decimal = _NONE
    units: set[str] = field(default_factory=set)
    positions: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Sum:
    """One reckoning: what is ordered and what is taken from it; `invoiced` None = the portal does not tell."""

    ordered: Decimal
    invoiced: Decimal | None
    in_flight: Decimal
    now: Decimal

    @property
    def short_by(self) -> Decimal:
        return (self.invoiced or _NONE) + self.in_flight + self.now - self.ordered


@dataclass(frozen=True, slots=True)
class Room:
    """What an order line, or an order as a whole (`line` None), has left after this invoice, which takes `now` of it.
    Net amounts in the order's currency; `left` is below nothing where the invoice takes too much."""

    line: OrderLine | None
    now: Decimal
    left: Decimal


def balances(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Amounts and quantities within each order line, else within the order as a whole. Credit notes take nothing."""
    invoice = packet.invoice
    for order, by_line, in_flight in _drawn_on(invoice, facts):
        short = list(_short_lines(invoice, order, by_line, in_flight))
        yield from short or _short_order(invoice, order, by_line, in_flight)


def rooms(invoice: Invoice, facts: Facts) -> Iterator[tuple[Order, list[Room]]]:
    """Each order that is billed, and what is left of it and of its lines billed here, where that is known."""
    for order, by_line, in_flight in _drawn_on(invoice, facts):
        sums = [(row, _amount_sum(row, by_line[row.number], in_flight)) for row in order.lines if row.number in by_line]
        whole: tuple[OrderLine | None, _Sum | None] = (None, _order_sum(order, by_line, in_flight))
        yield order, [Room(row, one.now, -one.short_by) for row, one in (*sums, whole) if one is not None]


def _drawn_on(invoice: Invoice, facts: Facts) -> Iterator[tuple[Order, dict[int | None, _Billed], InFlight]]:
    """The orders from which the invoice takes, with what it takes and what our others on their way take."""
    if invoice.is_credit_note:
        return
    for number, by_line in _billed_on(invoice).items():
        order = facts.orders.get(number)
        if order is not None and takes_invoices(order) and order.currency in ("", invoice.currency):
            yield order, by_line, facts.in_flight_on(number)


def _billed_on(invoice: Invoice) -> dict[str, dict[int | None, _Billed]]:
    """Order number -> order line (None: not said) -> what is billed there."""
    billed: dict[str, dict[int | None, _Billed]] = {}
    for position, line in enumerate(invoice.lines):
        number = invoice.order_number_of(line)
        if number:
            one = billed.setdefault(number, {}).setdefault(line.order.line if line.order else None, _Billed())
            one.amount += line.net_amount
            one.quantity += line.quantity
            one.units.add(line.unit)
            one.positions.append(position)
    return billed


def _short_lines(
    invoice: Invoice, order: Order, by_line: dict[int | None, _Billed], in_flight: InFlight
) -> Iterator[Finding]:
    for row in order.lines:
        billed = by_line.get(row.number)
        if billed is None:
            continue
        by_quantity = _quantity_sum(row, billed, in_flight)
        if by_quantity and by_quantity.short_by > 0:
            yield _quantity_finding(invoice, order, row, billed, by_quantity)
            continue
        by_amount = _amount_sum(row, billed, in_flight)
        if by_amount and by_amount.short_by > 0:
            yield _amount_finding(invoice, order, row, billed, by_amount)


def _quantity_sum(row: OrderLine, billed: _Billed, in_flight: InFlight) -> _Sum | None:
    """Quantities count only on a quantity line and in one unit, the order's own."""
    if row.kind is not OrderLineKind.quantity or row.quantity is None or billed.units - {row.unit}:
        return None
    taken = in_flight.quantities.get(row.number, _NONE)
    return _Sum(row.quantity, row.invoiced_quantity, taken, billed.quantity)


def _amount_sum(row: OrderLine, billed: _Billed, in_flight: InFlight) -> _Sum | None:
    ordered = amount_of(row)
    if ordered is None:
        return None
    return _Sum(ordered, row.invoiced_amount, in_flight.amounts.get(row.number, _NONE), billed.amount)


def amount_of(row: OrderLine) -> Decimal | None:
    """What an order line is worth: its amount, else quantity x price; None where neither is known."""
    if row.amount is not None:
        return row.amount
    return None if row.quantity is None or row.price is None else row.quantity * row.price


def _line_words(invoice: Invoice, order: Order, row: OrderLine, billed: _Billed) -> str:
    lines = lines_label([invoice.lines[position] for position in billed.positions])
    what = f" ({row.description})" if row.description else ""
    return f"{lines} on order {order.number} line {row.number}{what}"


def _reckoning(ordered: str, invoiced: str | None, in_flight: str, now: str, short: str) -> str:
    known = f"invoiced {invoiced}" if invoiced is not None else "what is invoiced the portal does not tell"
    return (
        f"ordered {ordered}, {known}, our other invoices on the way {in_flight}, this invoice {now}: short by {short}."
    )


def _quantity_finding(invoice: Invoice, order: Order, row: OrderLine, billed: _Billed, reckoned: _Sum) -> Finding:
    def say(quantity: Decimal) -> str:
        return counted(quantity, row.unit)

    invoiced = None if reckoned.invoiced is None else say(reckoned.invoiced)
    short = say(reckoned.short_by)
    words = _reckoning(say(reckoned.ordered), invoiced, say(reckoned.in_flight), say(reckoned.now), short)
    return found(
        "CB-PO-15",
        line_path(billed.positions[0], "quantity"),
        f"{_line_words(invoice, order, row, billed)}: {words}",
        f"Ask the client's buyer to raise order {order.number} line {row.number} by at least {short}.",
    )


def _amount_finding(invoice: Invoice, order: Order, row: OrderLine, billed: _Billed, reckoned: _Sum) -> Finding:
    short = money(reckoned.short_by, invoice.currency)
    return found(
        "CB-PO-14",
        line_path(billed.positions[0], "net_amount"),
        f"{_line_words(invoice, order, row, billed)}: {_in_money(reckoned, invoice.currency)}",
        f"Ask the client's buyer to raise order {order.number} line {row.number} by at least {short}.",
    )


def _in_money(reckoned: _Sum, currency: str) -> str:
    invoiced = None if reckoned.invoiced is None else money(reckoned.invoiced, currency)
    return _reckoning(
        money(reckoned.ordered, currency),
        invoiced,
        money(reckoned.in_flight, currency),
        money(reckoned.now, currency),
        money(reckoned.short_by, currency),
    )


def _short_order(
    invoice: Invoice, order: Order, by_line: dict[int | None, _Billed], in_flight: InFlight
) -> Iterator[Finding]:
    reckoned = _order_sum(order, by_line, in_flight)
    if reckoned and reckoned.short_by > 0:
        position = next(at for at, one in enumerate(invoice.orders) if one.number == order.number)
        yield found(
            "CB-PO-16",
            f"/invoice/orders/{position}/number",
            f"Purchase order {order.number} as a whole: {_in_money(reckoned, invoice.currency)}",
            f"Ask the client's buyer to raise order {order.number} by at least "
            f"{money(reckoned.short_by, invoice.currency)}.",
        )


def _order_sum(order: Order, by_line: dict[int | None, _Billed], in_flight: InFlight) -> _Sum | None:
    """The order as a whole."""
    worth, told = worth_of(order)
    if worth is None:
        return None
    return _Sum(worth, told, in_flight.total, sum((billed.amount for billed in by_line.values()), _NONE))


def worth_of(order: Order) -> tuple[Decimal | None, Decimal | None]:
    """(what an order is worth as a whole, what of it the portal says is invoiced), None where that is not known: by its
    lines where the worth of each is known, else by the total that its header states."""
    amounts = [amount_of(row) for row in order.lines]
    ordered = [amount for amount in amounts if amount is not None]
    worth = sum(ordered, _NONE) if ordered and len(ordered) == len(amounts) else order.total
    # A line billed over its worth (within a tolerance) takes no room from its neighbours.
    told = [
        row.invoiced_amount if amount is None else min(row.invoiced_amount, amount)
        for row, amount in zip(order.lines, amounts, strict=True)
        if row.invoiced_amount is not None
    ]
    return worth, sum(told, _NONE) if told else None

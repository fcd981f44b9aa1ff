"""An invoice against its purchase orders: references, prices, quantities, rates, sequence (facts 3, 5, 7)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from .orders import Papers
from .records import ZERO, Failure, Invoice, Line, Order, OrderLine, failure
from .rulebook import Rules

CENT = Decimal("0.01")


def failures_of(invoice: Invoice, rules: Rules, papers: Papers) -> Iterator[Failure]:
    """Every broken rule that concerns orders, order by order and line by line."""
    running: dict[int, tuple[Decimal, Decimal]] = {}
    seen: set[str] = set()
    for line in invoice.content.lines:
        order = papers.named(line.order, invoice.mode, invoice.supplier)
        missing = list(_reference(line, order, invoice, rules))
        yield from missing
        if order is None or missing:
            continue
        if order.number not in seen:
            seen.add(order.number)
            yield from _order(order, invoice, rules)
        if line.kind != "header":
            yield from _line(line, order, invoice, rules, running)


def _reference(line: Line, order: Order | None, invoice: Invoice, rules: Rules) -> Iterator[Failure]:
    """No order, an order this customer does not take, or one that is gone."""
    name = line.order
    if name.kind == "agreement":
        return
    if name.kind == "none" or (not name.number and not name.payload_id):
        if line.has_price_basis:
            yield failure("non_po_pricing")
        if not rules.flag("allow_non_po"):
            yield failure("non_po")
        return
    if not rules.matches("order_number_pattern", name.number):
        yield failure("order_number_form", order=name.number)
    elif order is None or not order.sent or (rules.flag("require_po_payload_or_date") and not _exact(line)):
        if not rules.flag("allow_external_po"):
            yield failure("order_external")
    elif order.state == "obsolete":
        yield failure("order_obsolete", order=name.number)
    elif order.state == "closed" and not invoice.content.is_credit:
        yield failure("order_closed", order=name.number)


def _exact(line: Line) -> bool:
    return bool(line.order.payload_id or line.order.date)


def _order(order: Order, invoice: Invoice, rules: Rules) -> Iterator[Failure]:
    if rules.flag("currency_must_match") and invoice.content.currency != order.currency:
        yield failure("currency", currency=invoice.content.currency, expected=order.currency)
    for rule, key, done in (
        ("require_confirmation_first", "confirmation", order.confirmed),
        ("require_ship_notice_first", "ship_notice", order.shipped),
        ("require_receipt_first", "receipt", order.received),
    ):
        if rules.flag(rule) and not done:
            yield failure(key, order=order.number)


def _line(
    line: Line, order: Order, invoice: Invoice, rules: Rules, running: dict[int, tuple[Decimal, Decimal]]
) -> Iterator[Failure]:
    if rules.flag("period_within_order"):
        yield from _period(line, order, invoice)
    ordered = order.line(line.order_line)
    yield from _labour(line, ordered, rules)
    if ordered is None:
        yield from _unmatched(line, rules)
        return
    if invoice.content.is_credit:
        return
    if ordered.kind == "quantity":
        unit_fits = not ordered.unit or line.unit == ordered.unit
        if rules.flag("unit_of_measure_must_match") and not unit_fits:
            yield failure("unit", line=line.number, unit=line.unit, expected=ordered.unit)
        yield from _price(line, ordered, rules)
    yield from _open(line, ordered, rules, running)
    yield from _change(line, ordered, rules)


def _unmatched(line: Line, rules: Rules) -> Iterator[Failure]:
    if line.ad_hoc or line.order_line is None:
        if not rules.flag("allow_new_lines"):
            required = line.order_line is None and not line.ad_hoc and rules.flag("require_po_line_match")
            yield failure("line_match" if required else "new_line", line=line.number)
    elif rules.flag("require_po_line_match"):
        yield failure("order_line", line=line.number, order_line=line.order_line)


def _period(line: Line, order: Order, invoice: Invoice) -> Iterator[Failure]:
    period = line.period or invoice.content.period
    if period is None:
        return
    early = order.valid_from is not None and period[0] < order.valid_from
    late = order.valid_to is not None and period[1] > order.valid_to
    if early or late:
        yield failure("period", line=line.number, order=order.number)


def _labour(line: Line, ordered: OrderLine | None, rules: Rules) -> Iterator[Failure]:
    """Hours are labour where the invoice says so, or where the order prices them by pay code; a truck's are not."""
    labour = line.labour or (ordered is not None and bool(ordered.rates))
    if rules.flag("require_time_sheet") and labour and not line.time_card:
        yield failure("time_card", line=line.number)
    if rules.flag("require_service_sheet") and line.kind == "service" and not line.sheet:
        yield failure("service_sheet", line=line.number)


def _price(line: Line, ordered: OrderLine, rules: Rules) -> Iterator[Failure]:
    """Rates by pay code where the order has them, else the line's price."""
    if line.pay_code and ordered.rates and line.pay_code not in ordered.rates:
        if rules.flag("pay_code_must_be_known"):
            yield failure("pay_code", line=line.number, pay_code=line.pay_code)
        return
    agreed = ordered.rates.get(line.pay_code, ordered.price)
    if agreed is None or line.price is None:
        return
    if rules.flag("rate_must_match") and (line.labour or ordered.rates):
        if line.price != agreed:
            yield failure("rate", line=line.number, price=line.price, expected=agreed)
    elif not rules.flag("allow_price_change") and line.price > agreed * (
        1 + rules.decimal("price_tolerance_pct") / 100
    ):
        yield failure("price", line=line.number, price=line.price, expected=agreed)


def _open(
    line: Line, ordered: OrderLine, rules: Rules, running: dict[int, tuple[Decimal, Decimal]]
) -> Iterator[Failure]:
    """What the order line has left, this invoice's earlier lines included."""
    quantity, amount = running.get(id(ordered), (ordered.invoiced_quantity, ordered.invoiced_amount))
    quantity, amount = quantity + (line.quantity or ZERO), amount + line.subtotal
    running[id(ordered)] = quantity, amount
    if ordered.kind == "quantity" and ordered.quantity is not None:
        most = ordered.quantity * (1 + rules.decimal("quantity_tolerance_pct") / 100)
        if quantity > most and not rules.flag("allow_quantity_over"):
            left = ordered.quantity - quantity + (line.quantity or ZERO)
            yield failure("quantity", line=line.number, quantity=line.quantity, expected=left)
    elif ordered.kind == "amount":
        most = ordered.amount * (1 + rules.decimal("amount_tolerance_pct") / 100)
        if amount > most:
            yield failure(
                "amount", line=line.number, amount=line.subtotal, expected=ordered.amount - amount + line.subtotal
            )


def _change(line: Line, ordered: OrderLine, rules: Rules) -> Iterator[Failure]:
    differs = line.price is not None and ordered.price is not None and not line.pay_code and line.price != ordered.price
    if rules.flag("comments_required_on_change") and differs and not line.has_comment:
        yield failure("comment", line=line.number)

"""Charges beside the lines where the client wants them on an order line: moved, amount for amount."""

from collections.abc import Sequence
from decimal import Decimal

from gateway.corrections.limits import CHARGES
from gateway.corrections.rule import Context, Rule, with_invoice
from gateway.order import Order, OrderLine, OrderState
from gateway.packet import Adjustment, Invoice, Line, LineKind, LineOrder, OrderLineKind, Packet
from gateway.verdict import Reason, ReasonCode


def _charges_as_lines(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Every charge that the client does not take beside the lines, as a line on the only open line of the order that is
    meant for it; None where one of them has no such line. Amounts, tax and totals stay."""
    invoice = packet.invoice
    refused = context.checklist.charges
    moving = [one for one in invoice.adjustments if refused.permitted is None or not refused.permits(one)]
    order = context.orders.get(invoice.orders[0].number) if len(invoice.orders) == 1 else None
    last = max(line.number for line in invoice.lines)
    if not moving or order is None or order.state is not OrderState.open or last + len(moving) > _HIGHEST:
        return None
    lines = list(invoice.lines)
    for number, charge in enumerate(moving, last + 1):
        row = _order_line_for(charge, order, context) if charge.kind == "charge" else None
        if row is None:
            return None
        lines.append(_line(charge, row, number))
    return _moved(packet, invoice, moving, lines)


_HIGHEST = 999_999  # of a line's numbers (`gateway.packet.Line`)


def _moved(packet: Packet, invoice: Invoice, moving: Sequence[Adjustment], lines: Sequence[Line]) -> Packet:
    amount = sum((one.amount for one in moving), Decimal(0))
    sums = {"line_net": invoice.totals.line_net + amount, "charges": invoice.totals.charges - amount}
    left = tuple(one for one in invoice.adjustments if not any(one is moved for moved in moving))
    totals = invoice.totals.model_copy(update=sums)
    return with_invoice(packet, lines=tuple(lines), adjustments=left, totals=totals)


def _order_line_for(charge: Adjustment, order: Order, context: Context) -> OrderLine | None:
    """The only open line of the order whose description names such a charge, and that takes it as a lump sum."""
    called = {str(purpose): words for purpose, words in context.checklist.charges.called.items()}
    words = called.get(charge.purpose, "" if charge.purpose == "other" else charge.purpose).casefold()
    fitting = [
        one
        for one in order.lines
        if words
        and words in one.description.casefold()
        and one.state is OrderState.open
        and (one.kind is OrderLineKind.amount or one.price in (None, charge.amount))
    ]
    return fitting[0] if len(fitting) == 1 else None


def _line(charge: Adjustment, row: OrderLine, number: int) -> Line:
    return Line(
        number=number,
        kind=LineKind.service,
        description=charge.reason or row.description,
        quantity=Decimal(1),
        unit=row.unit or "C62",
        unit_price=charge.amount,
        net_amount=charge.amount,
        order=LineOrder(line=row.number, kind=row.kind),
        tax=charge.tax,
    )


RULES: tuple[Rule, ...] = (
    Rule(
        code=CHARGES,
        serves=frozenset({ReasonCode.charges_not_permitted}),
        licence=("/invoice/adjustments", "/invoice/lines/*", "/invoice/totals/line_net", "/invoice/totals/charges"),
        says="Charges beside the lines are billed on the purchase order line for them; every amount, the tax and the "
        "totals are as they were.",
        source="Coupa 417 'Extra shipping/handling/misc charges are not permitted'; client's checklist, charges",
        apply=_charges_as_lines,
        by_word=True,
    ),
)

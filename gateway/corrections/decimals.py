"""Prices and quantities with more decimals than the client takes.

Zeros at the end are never written (`gateway.packet.plain_decimal`), so what is left here changes a value: a person's,
also where the line's amount stays the same to the cent.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from gateway.corrections.rule import Context, Rule, with_invoice
from gateway.currency import minor_units
from gateway.packet import Line, Packet
from gateway.verdict import Reason, ReasonCode


def _rounded_values(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Prices and quantities rounded half up to the client's decimals; None where a line's amount would change."""
    form, places = context.checklist.form, minor_units(packet.invoice.currency)
    if places is None:
        return None
    cent = Decimal(1).scaleb(-places)
    lines = []
    for line in packet.invoice.lines:
        values = {
            "unit_price": _to(form.price_decimals, line.unit_price),
            "quantity": _to(form.quantity_decimals, line.quantity),
        }
        rounded = line.model_copy(update=values)
        if _amount(rounded, cent) != _amount(line, cent):
            return None
        lines.append(rounded)
    return with_invoice(packet, lines=tuple(lines))


def _to(most: int | None, value: Decimal) -> Decimal:
    return value if most is None else value.quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP)


def _amount(line: Line, cent: Decimal) -> Decimal:
    return (line.quantity * line.unit_price / line.price_base_quantity).quantize(cent, ROUND_HALF_UP)


RULES: tuple[Rule, ...] = (
    Rule(
        code="decimals",
        serves=frozenset({ReasonCode.price_mismatch, ReasonCode.quantity_mismatch, ReasonCode.rate_mismatch}),
        licence=("/invoice/lines/*/unit_price", "/invoice/lines/*/quantity"),
        says="Prices and quantities are rounded to the decimals that the client takes; every line's amount stays the "
        "same to the cent.",
        source="client's checklist, form.price_decimals and form.quantity_decimals; Coupa, precision of units",
        apply=_rounded_values,
        person="a price or quantity is another one then, and no machine changes those",
    ),
)

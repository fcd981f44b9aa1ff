"""Lines that stand wrongly on their purchase order: another line, or counted the other way."""

from collections.abc import Sequence

from gateway.corrections.rule import Context, Rule, with_invoice
from gateway.order import Order, OrderLine, OrderState
from gateway.packet import Line, LineKind, LineOrder, OrderLineKind, Packet
from gateway.verdict import Reason, ReasonCode


def _order_line_by_part(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Lines whose order line is gone (a change order renumbered it), where exactly one line has the same part
    number."""
    lines = []
    for line in packet.invoice.lines:
        order = context.orders.get(packet.invoice.order_number_of(line))
        if order is None or line.order is None or not line.part_number:
            lines.append(line)
            continue
        present = next((one for one in order.lines if one.number == line.order.line), None)
        same = [one for one in order.lines if one.part_number == line.part_number and one.state is OrderState.open]
        stands = present is not None and present.state is OrderState.open and present.part_number == line.part_number
        if stands or len(same) != 1:
            lines.append(line)
        else:
            changed = line.order.model_copy(update={"line": same[0].number, "kind": same[0].kind})
            lines.append(line.model_copy(update={"order": changed}))
    return with_invoice(packet, lines=tuple(lines))


def _order_line_by_description(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Lines whose order line is gone, closed or not said, where exactly one open line of the order has the same
    description (letter case and blanks apart) and, where both say it, the same unit."""
    lines = []
    for line in packet.invoice.lines:
        order = context.orders.get(packet.invoice.order_number_of(line))
        found = _same_words(line, order) if order is not None and order.state is OrderState.open else None
        if found is None:
            lines.append(line)
        else:
            named = line.order or LineOrder()
            changed = named.model_copy(update={"line": found.number, "kind": found.kind})
            lines.append(line.model_copy(update={"order": changed}))
    return with_invoice(packet, lines=tuple(lines))


def _same_words(line: Line, order: Order) -> OrderLine | None:
    """The one open line of an order that a line means; None where it stands on an open one, or none or several do."""
    open_ones = [one for one in order.lines if one.state is OrderState.open]
    if line.order is not None and any(one.number == line.order.line for one in open_ones):
        return None
    words = _folded(line.description)
    same = [one for one in open_ones if _folded(one.description) == words and one.unit in ("", line.unit)]
    return same[0] if len(same) == 1 else None


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _line_kind(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Goods that are billed on an order line for services become a service."""
    lines = []
    for line in packet.invoice.lines:
        order = context.orders.get(packet.invoice.order_number_of(line))
        number = line.order.line if line.order else None
        row = next((one for one in order.lines if one.number == number), None) if order else None
        wrong = row is not None and row.terms.is_service and line.kind is LineKind.goods
        lines.append(line.model_copy(update={"kind": LineKind.service}) if wrong else line)
    return with_invoice(packet, lines=tuple(lines))


def _order_line_kind(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Lines billed the way their order line counts: as the register says, else the other way where the portal named
    the line."""
    named = {reason.path for reason in reasons} - {""}
    lines = []
    for index, line in enumerate(packet.invoice.lines):
        kind = _kind_in_register(packet, index, context)
        present = line.order.kind if line.order else None
        if f"/invoice/lines/{index}" not in named and named and present is None:
            kind = None  # it says nothing of its own, and nobody objects: it is written as the register says
        elif kind is None and f"/invoice/lines/{index}" in named:
            kind = OrderLineKind.quantity if present is OrderLineKind.amount else OrderLineKind.amount
        if kind is None or line.order is None or line.order.kind is kind:
            lines.append(line)
        else:
            lines.append(line.model_copy(update={"order": line.order.model_copy(update={"kind": kind})}))
    return with_invoice(packet, lines=tuple(lines))


def _kind_in_register(packet: Packet, index: int, context: Context) -> OrderLineKind | None:
    line = packet.invoice.lines[index]
    order = context.orders.get(packet.invoice.order_number_of(line))
    wanted: LineOrder | None = line.order
    if order is None or wanted is None or wanted.line is None:
        return None
    return next((one.kind for one in order.lines if one.number == wanted.line), None)


RULES: tuple[Rule, ...] = (
    Rule(
        code="po_line",
        serves=frozenset({ReasonCode.po_line_unknown, ReasonCode.po_obsolete}),
        licence=("/invoice/lines/*/order/line", "/invoice/lines/*/order/kind"),
        says="Lines point at the order line that now carries their part number.",
        source="Coupa 417 'Invalid order/document reference' (line absent); order register",
        apply=_order_line_by_part,
    ),
    Rule(
        code="po_line_description",
        serves=frozenset({ReasonCode.po_line_unknown, ReasonCode.po_obsolete}),
        licence=("/invoice/lines/*/order",),
        says="Lines point at the only open line of their purchase order with the same description.",
        source="Coupa 417 'Invalid order/document reference' (line absent); order register",
        apply=_order_line_by_description,
    ),
    Rule(
        code="po_line_kind",
        serves=frozenset({ReasonCode.po_line_kind}),
        licence=("/invoice/lines/*/order/kind",),
        says="Lines are billed the way their purchase order lines count (by quantity, or by amount).",
        source="Coupa 'PO Line must be the same type as invoice line'",
        apply=_order_line_kind,
    ),
    Rule(
        code="line_kind",
        serves=frozenset({ReasonCode.po_line_kind}),
        licence=("/invoice/lines/*/kind",),
        says="Goods on purchase order lines for services are billed as services.",
        source="cXML 1.2, InvoiceDetailItem and InvoiceDetailServiceItem; order register (LaborDetail)",
        apply=_line_kind,
        person="what a line bills is another thing then, and rates and papers hang on it",
    ),
)

"""Purchase orders that are named wrongly: a damaged number, a version that was replaced."""

import re
from collections.abc import Sequence

from gateway.corrections.rule import Context, Rule, with_invoice
from gateway.order import OrderState, VersionState
from gateway.packet import Packet
from gateway.verdict import Reason, ReasonCode


def _restored_order_number(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """An order number that lost its prefix or zeros, where the register knows exactly one order it can be."""
    renamed: dict[str, str] = {}
    for order in packet.invoice.orders:
        if context.orders.get(order.number) is not None:
            continue
        found = [
            number
            for number in context.checklist.orders.candidates(order.number)
            if number in context.candidates and context.candidates[number].state is OrderState.open
        ]
        if len(found) == 1:
            renamed[order.number] = found[0]
    orders = tuple(
        order.model_copy(update={"number": renamed.get(order.number, order.number)}) for order in packet.invoice.orders
    )
    if not renamed or len({order.number for order in orders}) < len(orders):
        return None  # two spellings of one order: what the invoice means by each is a person's to say
    lines = tuple(
        line.model_copy(update={"order": line.order.model_copy(update={"number": renamed[line.order.number]})})
        if line.order and line.order.number in renamed
        else line
        for line in packet.invoice.lines
    )
    return with_invoice(packet, orders=orders, lines=lines)


def _present_order_version(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Orders named by the present version of the register: the document's own id and its date to the letter.

    Only where every order that the reasons name is open and was named otherwise: what was refused under its present
    version is the buyer's to mend."""
    changed = {
        reference.number: reference.model_copy(
            update={"payload_id": order.payload_id, "stated_date": order.stated_date, "ordered_on": order.ordered_on}
        )
        for reference in packet.invoice.orders
        if (order := context.orders.get(reference.number)) is not None
        and order.is_versioned
        and order.state is OrderState.open
        and order.version_state(reference.payload_id, reference.stated_date) is not VersionState.current
    }
    if not changed or _orders_named(packet, reasons) - changed.keys():
        return None
    orders = tuple(changed.get(reference.number, reference) for reference in packet.invoice.orders)
    return with_invoice(packet, orders=orders)


def _orders_named(packet: Packet, reasons: Sequence[Reason]) -> set[str]:
    """The packet's orders that the portal's words, or a reason's place, name."""
    words = " ".join(reason.portal_text for reason in reasons)
    paths = [reason.path + "/" for reason in reasons]
    return {
        order.number
        for position, order in enumerate(packet.invoice.orders)
        if re.search(rf"(?<!\w){re.escape(order.number)}(?!\w)", words)
        or any(path.startswith(f"/invoice/orders/{position}/") for path in paths)
    }


RULES: tuple[Rule, ...] = (
    Rule(
        code="po_format",
        serves=frozenset({ReasonCode.po_unknown, ReasonCode.po_not_ours, ReasonCode.po_missing}),
        licence=("/invoice/orders/*/number", "/invoice/lines/*/order/number"),
        says="The purchase order number got its lost prefix or zeros back, as the order register has it.",
        source="Coupa refusals 417 'order header not found'; client's checklist, orders.form",
        apply=_restored_order_number,
    ),
    Rule(
        code="po_reference",
        serves=frozenset({ReasonCode.po_obsolete, ReasonCode.po_unknown}),
        licence=("/invoice/orders/*/payload_id", "/invoice/orders/*/stated_date", "/invoice/orders/*/ordered_on"),
        says="Purchase orders are named by their present version, as the order register has it.",
        source="Ariba INV-13 and INV-15 (KB0392737): payloadID, or orderDate copied to the letter; order register",
        apply=_present_order_version,
    ),
)

"""The number that a second try carries."""

from collections.abc import Sequence

from gateway.corrections.rule import Context, Rule, with_invoice
from gateway.packet import Packet
from gateway.verdict import Reason


def _suffixed_number(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """The next number in the client's suffix series: the portal keeps the refused invoice under the old one."""
    try:
        number = context.checklist.number.next_number(packet.invoice.number, context.numbers_used)
    except ValueError:
        return None
    return with_invoice(packet, number=number)


NUMBER_SUFFIX = Rule(
    code="number_suffix",
    serves=frozenset(),
    licence=("/invoice/number",),
    says="Sent under the next number of the client's suffix series, since the refused invoice keeps its own.",
    source="client's checklist, number.after_failed and number.after_rejected; Ariba, section 6 (KB 134103)",
    apply=_suffixed_number,
)

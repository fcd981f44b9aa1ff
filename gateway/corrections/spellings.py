"""What is right and only spelt otherwise than the client spells it: units, payment terms, a bill-to copy."""

from collections.abc import Sequence

from gateway.corrections.rule import Context, Rule, with_invoice
from gateway.packet import Packet
from gateway.verdict import Reason, ReasonCode


def _mapped_units(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Units in the client's spelling of the same unit (HR for the hour becomes HUR)."""
    mapping = context.checklist.units.mapping
    lines = tuple(
        line.model_copy(update={"unit": mapping[line.unit]}) if line.unit in mapping else line
        for line in packet.invoice.lines
    )
    return with_invoice(packet, lines=lines)


def _without_bill_to(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """The optional bill-to copy left out: the portal takes it from the order."""
    return with_invoice(packet, bill_to=None) if packet.invoice.bill_to else None


def _payment_term_code(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """The client's own code for the agreed term, where the invoice names the term without it."""
    code, terms = context.checklist.payment.code, packet.invoice.payment_terms
    if not code or terms is None or terms.code == code:
        return None
    return with_invoice(packet, payment_terms=terms.model_copy(update={"code": code}))


RULES: tuple[Rule, ...] = (
    Rule(
        code="unit_mapping",
        serves=frozenset({ReasonCode.unit_mismatch}),
        licence=("/invoice/lines/*/unit",),
        says="The unit of measure is written as the client writes it.",
        source="client's checklist, units.mapping; UN/ECE Recommendation 20",
        apply=_mapped_units,
    ),
    Rule(
        code="bill_to",
        serves=frozenset({ReasonCode.bill_to_mismatch}),
        licence=("/invoice/bill_to",),
        says="The bill-to party is left out; the portal takes it from the purchase order.",
        source="Coupa, compliant invoicing, bill-to: leave it out unless it matches exactly",
        apply=_without_bill_to,
    ),
    Rule(
        code="payment_term_code",
        serves=frozenset({ReasonCode.payment_term_missing}),
        licence=("/invoice/payment_terms/code",),
        says="The agreed payment term is named by the client's own code.",
        source="Coupa, payment terms: header extrinsic PaymentTermCode",
        apply=_payment_term_code,
    ),
)

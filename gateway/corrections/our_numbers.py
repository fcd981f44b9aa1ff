"""What we are known by: our tax numbers, and the code of the account that we are paid to. Never bank details."""

from collections.abc import Sequence

from gateway.corrections.rule import Context, Rule, with_invoice
from gateway.packet import Packet, Party
from gateway.verdict import Reason, ReasonCode


def _our_tax_numbers(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Our tax numbers as the checklist states them for this client."""
    ours, seller = context.checklist.ours, packet.invoice.seller
    numbers = {"vat_id": ours.vat_id or seller.vat_id, "tax_id": ours.tax_id or seller.tax_id}
    return with_invoice(packet, seller=seller.model_copy(update=numbers))


def _our_remit_to_code(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """The remit-to named by the code that the checklist states; its name and address stay. Never where it bears
    another name than ours: who is paid in our place (a factor, a bank) is not to lose the money by a code."""
    code, remit_to = context.checklist.ours.remit_to_code, packet.invoice.remit_to
    if not code or remit_to is None or remit_to.name.casefold() != packet.invoice.seller.name.casefold():
        return None
    return with_invoice(packet, remit_to=remit_to.model_copy(update={"code": code}))


def _our_remit_to(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """A remit-to where the invoice has none: the seller itself, under the code that the checklist states."""
    code = context.checklist.ours.remit_to_code
    if not code or packet.invoice.remit_to is not None:
        return None
    return with_invoice(packet, remit_to=Party(name=packet.invoice.seller.name, code=code))


RULES: tuple[Rule, ...] = (
    Rule(
        code="tax_id",
        serves=frozenset({ReasonCode.tax_id_missing}),
        licence=("/invoice/seller/vat_id", "/invoice/seller/tax_id"),
        says="Our tax number is stated as the client's checklist has it.",
        source="client's checklist, ours; Ariba INV-98 'Your Tax ID value is missing.' (KB 161207)",
        apply=_our_tax_numbers,
    ),
    Rule(
        code="remit_to_code",
        serves=frozenset({ReasonCode.remit_to_unknown}),
        licence=("/invoice/remit_to/code",),
        says="The remit-to is named by the code that the client has for it.",
        source="client's checklist, ours; Coupa, compliant invoicing, remit-to: the code wins over any address",
        apply=_our_remit_to_code,
    ),
    Rule(
        code="remit_to_party",
        serves=frozenset({ReasonCode.remit_to_unknown}),
        licence=("/invoice/remit_to",),
        says="A remit-to is stated: us, under the code that the client has for our account.",
        source="client's checklist, ours; Coupa, compliant invoicing, remit-to",
        apply=_our_remit_to,
        person="a party is added to the invoice",
    ),
)

"""Descriptions that a client's system does not take."""

import re
from collections.abc import Sequence

from gateway.corrections.rule import Context, Rule, with_invoice
from gateway.packet import Packet
from gateway.verdict import Reason, ReasonCode


def _cleaned_text(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Descriptions without the characters the client's system stumbles over, white space folded."""
    forbidden = context.checklist.text.forbidden
    if not forbidden:
        return None
    pattern = re.compile("[" + re.escape(forbidden) + "]")
    lines = tuple(
        line.model_copy(update={"description": cleaned})
        if (cleaned := " ".join(pattern.sub(" ", line.description).split())) and pattern.search(line.description)
        else line
        for line in packet.invoice.lines
    )
    return with_invoice(packet, lines=lines)


RULES: tuple[Rule, ...] = (
    Rule(
        code="text_cleanup",
        serves=frozenset({ReasonCode.text_unacceptable}),
        licence=("/invoice/lines/*/description",),
        says="Characters that the client's system cannot take were removed from descriptions.",
        source="client's checklist, text.forbidden",
        apply=_cleaned_text,
    ),
)

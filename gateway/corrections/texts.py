"""Descriptions that a client's system does not take."""

import re
from collections.abc import Sequence

from gateway.corrections.rule import Context, Rule, with_invoice
from gateway.packet import Packet
from gateway.verdict import Reason, ReasonCode


def _cleaned_text(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Descriptions and notes without the characters the client's system stumbles over, white space folded."""
    forbidden = context.checklist.text.forbidden
    if not forbidden:
        return None
    pattern = re.compile("[" + re.escape(forbidden) + "]")

    def cleaned(text: str) -> str:
        return " ".join(pattern.sub(" ", text).split()) if pattern.search(text) else text

    lines = tuple(
        line.model_copy(
            update={"description": cleaned(line.description) or line.description, "note": cleaned(line.note)}
        )
        for line in packet.invoice.lines
    )
    return with_invoice(packet, lines=lines, note=cleaned(packet.invoice.note))


def _shortened_text(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Descriptions cut at the end of a word, so that they and three dots fit into the client's length."""
    rules = context.checklist.text
    longest = rules.description_max_length
    if longest is None:
        return None
    more = "" if "." in rules.forbidden else "..."
    lines = tuple(
        line.model_copy(update={"description": _cut(line.description, longest - len(more)) + more})
        if len(line.description) > longest
        else line
        for line in packet.invoice.lines
    )
    return with_invoice(packet, lines=lines)


def _cut(text: str, room: int) -> str:
    """The words of a text that fit into so many characters; a first word that does not is cut itself."""
    head = text[: room + 1]
    words = head.split()
    whole = head if head[-1].isspace() or len(words) < 2 else head[: -len(words[-1])]
    return whole[:room].rstrip(" \n\t,;:-")


RULES: tuple[Rule, ...] = (
    Rule(
        code="text_cleanup",
        serves=frozenset({ReasonCode.text_unacceptable}),
        licence=("/invoice/lines/*/description", "/invoice/lines/*/note", "/invoice/note"),
        says="Characters that the client's system cannot take were removed from descriptions and notes.",
        source="client's checklist, text.forbidden",
        apply=_cleaned_text,
    ),
    Rule(
        code="text_length",
        serves=frozenset({ReasonCode.text_unacceptable}),
        licence=("/invoice/lines/*/description",),
        says="Descriptions were shortened to the client's length; what they say at their end is left out.",
        source="client's checklist, text.description_max_length; Coupa REST: description, at most 1550",
        apply=_shortened_text,
        by_word=True,
    ),
)

"""Papers that a client does not take as they are."""

import re
from collections.abc import Sequence

from gateway.corrections.rule import Context, Rule
from gateway.packet import Packet
from gateway.verdict import Reason, ReasonCode


def _renamed_papers(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """File names with the characters replaced that the client's rule does not take; bytes stay as they are."""
    form = context.checklist.attachments.name_form
    if form is None:
        return None
    documents = []
    for document in packet.documents:
        name = re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9._-]", "_", document.name))
        fits = form.fits(document.name) or not form.fits(name)
        documents.append(document if fits else document.model_copy(update={"name": name}))
    if len({document.name.casefold() for document in documents}) != len(documents):
        return None
    return packet.model_copy(update={"documents": tuple(documents)})


RULES: tuple[Rule, ...] = (
    Rule(
        code="paper_names",
        serves=frozenset({ReasonCode.attachment_unacceptable}),
        licence=("/documents/*/name",),
        says="Papers were renamed to file names that the client takes; their contents are unchanged.",
        source="client's checklist, attachments.name_form",
        apply=_renamed_papers,
    ),
)

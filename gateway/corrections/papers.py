"""Papers that a client does not take as they are."""

import re
from collections.abc import Sequence

from gateway.corrections.rule import Context, Rule
from gateway.packet import DocumentKind, Packet
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


def _papers_put_back(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Papers of the kinds that are asked for and not there, as an earlier revision of this very packet had them."""
    missing = _missing_kinds(packet, reasons, context)
    back = [document for document in context.papers_before if document.kind in missing]
    names = [document.name.casefold() for document in (*packet.documents, *back)]
    if not back or len(set(names)) != len(names):
        return None
    return packet.model_copy(update={"documents": (*packet.documents, *back)})


def _paper_kind_by_name(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """The one paper of no kind whose file name says that it is what is asked for: `Receipt 12.pdf` as a receipt."""
    missing = _missing_kinds(packet, reasons, context)
    known = {document.kind for document in packet.documents}
    documents = list(packet.documents)
    for kind in sorted(missing - known):
        words = kind.value.replace("_", "")
        alike = [
            at
            for at, document in enumerate(documents)
            if document.kind is DocumentKind.other and words in re.sub(r"[^a-z]", "", document.name.casefold())
        ]
        if len(alike) == 1:
            documents[alike[0]] = documents[alike[0]].model_copy(update={"kind": kind})
    return packet.model_copy(update={"documents": tuple(documents)})


def _missing_kinds(packet: Packet, reasons: Sequence[Reason], context: Context) -> set[DocumentKind]:
    """Kinds of paper that the client asks for and the packet has none of; a time sheet where one is said to miss."""
    asked = {rule.kind for rule in context.checklist.documents}
    if any(reason.code is ReasonCode.timesheet_missing for reason in reasons):
        asked.add(DocumentKind.timesheet)
    return asked - {document.kind for document in packet.documents}


_MISSING = frozenset({ReasonCode.attachment_missing, ReasonCode.timesheet_missing})

RULES: tuple[Rule, ...] = (
    Rule(
        code="paper_names",
        serves=frozenset({ReasonCode.attachment_unacceptable}),
        licence=("/documents/*/name",),
        says="Papers were renamed to file names that the client takes; their contents are unchanged.",
        source="client's checklist, attachments.name_form",
        apply=_renamed_papers,
    ),
    Rule(
        code="paper_put_back",
        serves=_MISSING,
        licence=("/documents",),
        says="Papers that an earlier revision of this packet had are put back.",
        source="client's checklist, documents; this packet's earlier revisions",
        apply=_papers_put_back,
        person="why the paper was taken out of the packet is not known here",
    ),
    Rule(
        code="paper_kind",
        serves=_MISSING,
        licence=("/documents/*/kind",),
        says="A paper without a kind is taken for the kind that its file name says.",
        source="client's checklist, documents; the paper's file name",
        apply=_paper_kind_by_name,
        person="only somebody who has seen the paper can say what it proves",
    ),
)

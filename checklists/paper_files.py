"""Checks of the files that carry papers of a kind: names, types, sizes, how many, one for each sheet, their order."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding, found
from checklists.sections import AttachmentRules, DocumentRule, PaperFiles
from checklists.sent_papers import SentPaper, as_they_came
from checklists.wording import KINDS, listed, megabytes
from gateway.packet import DocumentKind, Packet, SupportingDocument


def files(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """The files of each kind of paper, as far as there are any: that a paper is missing is another finding."""
    sent = (facts.papers or as_they_came(packet)).papers
    for rule in checklist.documents:
        there = [(paper.sources[0], paper.document) for paper in sent if paper.document.kind is rule.kind]
        if rule.files is None or not there:
            continue
        for at, document in there:
            yield from _one(rule.files, at, document, checklist.name)
        yield from _together(rule, rule.files, packet, len(there), checklist.name)
    yield from _order(sent, checklist)


def _one(rules: PaperFiles, at: int, document: SupportingDocument, client: str) -> Iterator[Finding]:
    kind = KINDS[document.kind]
    if rules.name_form and not rules.name_form.fits(document.name):
        yield found(
            "CB-ATT-07",
            f"/documents/{at}/name",
            f"The file name {document.name} has not the form {client} takes for a {kind}: {rules.name_form.says}.",
            f"Name it like {rules.name_form.example}.",
        )
    if rules.media_types and document.media_type not in rules.media_types:
        yield found(
            "CB-ATT-08",
            f"/documents/{at}/media_type",
            f"{document.name} is {document.media_type}; {client} takes a {kind} as "
            f"{listed(sorted(rules.media_types))}.",
            "Convert it.",
        )
    if rules.max_mb is not None and document.size > AttachmentRules.bytes_of(rules.max_mb):
        yield found(
            "CB-ATT-09",
            f"/documents/{at}/size",
            f"{document.name} has {megabytes(document.size)}; {client} takes {rules.max_mb} MB for a {kind}.",
            "Save it smaller, for example scanned in grey at 150 dots an inch.",
        )


def _together(rule: DocumentRule, files: PaperFiles, packet: Packet, count: int, client: str) -> Iterator[Finding]:
    kind = KINDS[rule.kind]
    too_many = files.at_most is not None and count > files.at_most
    if count < files.at_least or too_many:
        wanted = f"at most {files.at_most}" if too_many else f"at least {files.at_least}"
        yield found(
            "CB-ATT-10",
            "/documents",
            f"The packet has {count} of the kind {kind}; {client} takes {wanted}.",
            "Merge them into one PDF." if too_many else "Attach those that are missing.",
        )
    sheets = {line.labour.timesheet_id for line in packet.invoice.lines if line.labour and line.labour.timesheet_id}
    if files.apart and rule.kind is DocumentKind.timesheet and count < len(sheets):
        yield found(
            "CB-ATT-11",
            "/documents",
            f"{len(sheets)} time sheets are billed and {count} files hold them; {client} takes each in its own.",
            "Split the file: one time sheet to a file.",
        )


def _order(sent: Sequence[SentPaper], checklist: Checklist) -> Iterator[Finding]:
    order = checklist.attachments.order
    ranks = [(order.index(one.document.kind), one) for one in sent if one.document.kind in order]
    wrong = next((one for (before, _), (rank, one) in pairwise(ranks) if rank < before), None)
    if wrong is not None:
        yield found(
            "CB-ATT-12",
            f"/documents/{wrong.sources[0]}",
            f"{wrong.document.name} stands too late; {checklist.name} wants papers in this order: "
            f"{listed(KINDS[kind] for kind in order)}.",
            "Hand the papers over in that order.",
        )

"""Checks of files as they will be sent: how many, how large, which types, how they are named."""

from collections.abc import Iterator, Sequence

from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding, Severity, found
from checklists.sections import AttachmentRules
from checklists.sent_papers import as_they_came
from checklists.wording import listed, megabytes
from gateway.packet import Packet, SupportingDocument


def attachments(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """The packet's files against the client's limits. Megabytes are 1,000,000 bytes."""
    rules, client = checklist.attachments, checklist.name
    sent = (facts.papers or as_they_came(packet)).papers
    yield from _together([paper.document for paper in sent], rules, client)
    for paper in sent:
        document, path = paper.document, f"/documents/{paper.sources[0]}"
        if rules.max_mb_each is not None and document.size > rules.bytes_of(rules.max_mb_each):
            yield found(
                "CB-ATT-02",
                f"{path}/size",
                f"{document.name} has {megabytes(document.size)}; {client} takes {rules.max_mb_each} MB a file.",
                "Save it smaller, for example scanned in grey at 150 dots an inch.",
            )
        if rules.media_types and document.media_type not in rules.media_types:
            yield found(
                "CB-ATT-05",
                f"{path}/media_type",
                f"{document.name} is {document.media_type}; {client} takes {listed(sorted(rules.media_types))}.",
                "Convert it, most simply to PDF.",
            )
        if rules.name_form and not rules.name_form.fits(document.name):
            yield found(
                "CB-ATT-06",
                f"{path}/name",
                f"The file name {document.name} has not the form {client} takes: {rules.name_form.says}.",
                f"Name it like {rules.name_form.example}.",
            )


def not_planned(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """What the client's plan asks of papers and must not, or could not, be done to them."""
    for refusal in facts.papers.refusals if facts.papers else ():
        names = listed(packet.documents[at].name for at in refusal.sources)
        yield found(
            "CB-ATT-13",
            f"/documents/{refusal.sources[0]}",
            f"{names} {refusal.why}, so the plan for {checklist.name} ({refusal.step}) was not carried out on it.",
            refusal.cure,
            severity=None if refusal.stops else Severity.warn,
        )


def _together(sent: Sequence[SupportingDocument], rules: AttachmentRules, client: str) -> Iterator[Finding]:
    count, total = len(sent), sum(document.size for document in sent)
    if rules.max_count is not None and count > rules.max_count:
        yield found(
            "CB-ATT-01",
            "/documents",
            f"The packet has {count} files; {client} takes {rules.max_count}.",
            "Merge papers of one kind into one PDF.",
        )
    if rules.max_mb_total is not None and total > rules.bytes_of(rules.max_mb_total):
        yield found(
            "CB-ATT-03",
            "/documents",
            f"The files together have {megabytes(total)}; {client} takes {rules.max_mb_total} MB an invoice.",
            "Save the largest files smaller, or bill on two invoices.",
        )
    elif rules.advised_mb_total is not None and total > rules.bytes_of(rules.advised_mb_total):
        yield found(
            "CB-ATT-04",
            "/documents",
            f"The files together have {megabytes(total)}; {client} advises at most {rules.advised_mb_total} MB.",
            "It is sent as it is; smaller scans pass more surely.",
        )

"""The papers of a packet as they will be sent: the client's plan, carried out on copies.

The papers that came are never changed. What is made of them depends on nothing but their bytes and the plan, so that a
packet which is prepared again, after a crash too, sends the same bytes; they are kept before anything is sent.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from checklists.checklist import Checklist
from checklists.paper_plan import CURES, plan
from checklists.paper_steps import PaperStep
from checklists.planned import PDF, PICTURES, PaperLook, Plan, PlannedPaper, numbered, parted
from checklists.sent_papers import Refusal, SentPaper, SentPapers, as_they_came
from gateway.adapter import File
from gateway.packet import Packet, SupportingDocument
from gateway.paperwork.apart import PATIENCE, looks_at, made_of

ContentOf = Callable[[str], bytes]
"""A paper's bytes by its SHA-256."""


@dataclass(frozen=True, slots=True)
class PapersToSend:
    """Papers as they leave; `made`: SHA-256 -> bytes of those that were not among the packet's own."""

    sent: SentPapers
    made: Mapping[str, bytes] = field(default_factory=dict)


def papers_to_send(packet: Packet, checklist: Checklist, content_of: ContentOf) -> PapersToSend:
    """What becomes of a packet's papers by its client's plan."""
    if not checklist.paper_plan.may or not packet.documents:
        return PapersToSend(as_they_came(packet))
    until = time.monotonic() + PATIENCE
    return carry_out(plan_for(packet, checklist, content_of, until), packet, content_of, until)


def plan_for(packet: Packet, checklist: Checklist, content_of: ContentOf, until: float) -> Plan:
    """The plan, made with a look at the papers where it would rewrite any."""
    first = plan(packet, checklist, {})
    return plan(packet, checklist, _looks(packet, content_of, until)) if first.rewrites else first


def _looks(packet: Packet, content_of: ContentOf, until: float) -> Mapping[str, PaperLook]:
    types = {one.sha256: one.media_type for one in packet.documents if one.media_type in {PDF, *PICTURES}}
    looks = looks_at([(media_type, content_of(sha256)) for sha256, media_type in types.items()], until)
    return dict(zip(types, looks, strict=True))


def carry_out(planned: Plan, packet: Packet, content_of: ContentOf, until: float) -> PapersToSend:
    """The papers made as planned. What cannot be made, also for want of time (`until`, by `time.monotonic`), leaves as
    it came, and is told with the reason."""
    refusals = list(planned.refusals)
    sent: list[SentPaper] = []
    made: dict[str, bytes] = {}
    for paper in planned.papers:
        sources = [packet.documents[at] for at in paper.sources]
        if not paper.rewrites:
            sent.append(SentPaper(_document(paper, sources, sources[0].sha256, sources[0].size), paper.sources))
            continue
        result = made_of(paper, [(one.media_type, content_of(one.sha256)) for one in sources], until)
        if not result.parts:
            # One that was to be redacted must not leave as it came, whatever else stood against it.
            step = PaperStep.redact if PaperStep.redact in paper.steps else result.step
            refusals.append(Refusal(paper.sources, step, result.why, CURES[step]))
            sent += [SentPaper(packet.documents[at], (at,)) for at in paper.sources]
        for part, (content, done) in enumerate(zip(result.parts, result.done, strict=True), start=1):
            sha256 = hashlib.sha256(content).hexdigest()
            came = sha256 == sources[0].sha256
            if not came:
                made[sha256] = content
            document = _document(paper, sources, sha256, len(content), part, len(result.parts))
            sent.append(SentPaper(document, paper.sources, () if came else done))
    return PapersToSend(SentPapers(tuple(_named_apart(sent)), tuple(refusals)), made)


_SHARED = ("timesheet_id", "signed_by", "signed_on", "period")


def _document(
    paper: PlannedPaper, sources: Sequence[SupportingDocument], sha256: str, size: int, part: int = 1, parts: int = 1
) -> SupportingDocument:
    """What is known of a paper that was made: what its sources have in common, and of hours nothing but its own."""
    first = sources[0]
    known: dict[str, Any] = {
        name: getattr(first, name)
        for name in _SHARED
        if all(getattr(one, name) == getattr(first, name) for one in sources)
    }
    if len(sources) == parts == 1:
        known["hours"] = first.hours
    kept = sha256 == first.sha256
    return SupportingDocument(
        kind=paper.kind,
        name=paper.name(part, parts),
        media_type=first.media_type if kept else paper.media_type,
        sha256=sha256,
        size=size,
        **known,
    )


def _named_apart(sent: Sequence[SentPaper]) -> Iterator[SentPaper]:
    """No two papers leave under one name: a later one gets a number behind its own."""
    taken: set[str] = set()
    for paper in sent:
        name, n = paper.document.name, 1
        stem, extension = parted(name)
        while name.casefold() in taken:
            n += 1
            name = f"{numbered(stem, n, extension)}{extension}"
        taken.add(name.casefold())
        document = paper.document if n == 1 else paper.document.model_copy(update={"name": name})
        yield SentPaper(document, paper.sources, paper.done)


def files_from(papers: PapersToSend, content_of: ContentOf) -> tuple[File, ...]:
    """The papers with their bytes, in the order in which they leave."""
    return tuple(
        File(
            one.document.name,
            one.document.media_type,
            one.document.kind.value,
            papers.made.get(one.document.sha256) or content_of(one.document.sha256),
            one.document.sha256,
        )
        for one in papers.sent.papers
    )


def changes_told(packet: Packet, sent: SentPapers) -> list[dict[str, Any]]:
    """The papers as they leave, for the packet's story; nothing where all leave as they came."""
    return [] if sent.papers == as_they_came(packet).papers else papers_told(packet, sent)


def papers_told(packet: Packet, sent: SentPapers) -> list[dict[str, Any]]:
    """The papers as they leave as JSON has them: what each was made of, by hash, and what was done."""
    return [
        {
            "name": paper.document.name,
            "media_type": paper.document.media_type,
            "sha256": paper.document.sha256,
            "size": paper.document.size,
            "made_of": [
                {"name": came.name, "sha256": came.sha256, "size": came.size}
                for came in (packet.documents[at] for at in paper.sources)
            ],
            "done": list(paper.done),
        }
        for paper in sent.papers
    ]

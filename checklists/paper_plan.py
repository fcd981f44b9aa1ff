"""From a client's limits and a packet's papers to a plan: what is to be done to copies of them, and what must not be.

A plan is a value: making it opens nothing and changes nothing. What stands in the papers' bytes comes as `looks`.
Limits are those of the sections `attachments` and `documents`; `paper_plan` says what may be done to keep them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from checklists.checklist import Checklist
from checklists.paper_steps import PaperStep
from checklists.planned import JPEG, LONGEST_NAME, PDF, PICTURES, PaperLook, Plan, PlannedPaper, numbered, parted
from checklists.sections import AttachmentRules, PaperFiles
from checklists.sent_papers import Refusal
from gateway.packet import DocumentKind, Packet, SupportingDocument

_EXTENSIONS = {PDF: ".pdf", JPEG: ".jpg", "image/png": ".png", "image/tiff": ".tif", "image/gif": ".gif"}


def plan(packet: Packet, checklist: Checklist, looks: Mapping[str, PaperLook]) -> Plan:
    """What this client's limits make of these papers. `looks`: SHA-256 -> what was seen; without one a paper is taken
    to be plain, so that a plan made without looks says which papers are worth looking at."""
    draft = _Draft(packet, checklist, looks)
    for step in (
        draft.redact,
        draft.convert,
        draft.merge_kinds,
        draft.merge_for_count,
        draft.stamp,
        draft.limit,
        draft.order,
    ):
        step()
    return Plan(tuple(draft.named()), tuple(draft.refusals))


class _Draft:
    """A plan in the making: each step takes the papers as the one before left them."""

    def __init__(self, packet: Packet, checklist: Checklist, looks: Mapping[str, PaperLook]) -> None:
        self._packet = packet
        self._looks = looks
        self._limits = checklist.attachments
        self._rules = checklist.paper_plan
        self._of_kind = _files_by_kind(checklist)
        self.papers = [self._as_it_came(at, one) for at, one in enumerate(packet.documents)]
        self.refusals: list[Refusal] = []

    # --- what is there --------------------------------------------------------------------------------------------

    def _as_it_came(self, at: int, document: SupportingDocument) -> PlannedPaper:
        names = parted(document.name)
        return PlannedPaper(document.kind, (at,), document.media_type, *names, least_dpi=self._rules.least_dpi)

    def _may(self, step: PaperStep) -> bool:
        return step in self._rules.may

    def _takes(self, kind: DocumentKind, media_type: str) -> bool:
        asked = [self._limits.media_types, *(files.media_types for files in self._of_kind.get(kind, ()))]
        return all(media_type in types for types in asked if types)

    def _why_not(self, at: int, step: PaperStep) -> str:
        """Why this must not be done to a paper, as words that follow its name; "" where it may."""
        document = self._packet.documents[at]
        if document.media_type not in {PDF, *PICTURES}:
            return f"is {document.media_type}, which has no pages of its own"
        if document.media_type != PDF and step is not PaperStep.compress and not self._may(PaperStep.convert):
            return "is a picture, and this client's plan converts none"
        look = self._looks.get(document.sha256)
        return look.why_not if look else ""

    def _refused(self, paper: PlannedPaper, step: PaperStep) -> bool:
        """Whether any source forbids this step; each that does is told."""
        told = False
        for at in paper.sources:
            if why := self._why_not(at, step):
                self.refusals.append(Refusal((at,), step, why, CURES[step]))
                told = True
        return told

    def _as_pdf(self, paper: PlannedPaper) -> PlannedPaper:
        if paper.media_type == PDF:
            return paper
        return replace(paper, media_type=PDF, extension=".pdf", steps=paper.steps | {PaperStep.convert})

    # --- the steps ------------------------------------------------------------------------------------------------

    def redact(self) -> None:
        """What must not leave is taken out of each paper of its kind; one of which that cannot be done is told."""
        for at, paper in enumerate(self.papers):
            template = self._rules.template_for(paper.kind)
            if template is None:
                continue
            if paper.media_type == PDF and not self._refused(paper, PaperStep.redact):
                steps = paper.steps | {PaperStep.redact}
                self.papers[at] = replace(paper, steps=steps, redacting=template.redacting)
            elif paper.media_type != PDF:
                why = f"is {paper.media_type}, and a template redacts only PDFs with text"
                self.refusals.append(Refusal(paper.sources, PaperStep.redact, why, CURES[PaperStep.redact]))

    def convert(self) -> None:
        """Pictures of a type that is not taken become PDFs, where PDF is."""
        for at, paper in enumerate(self.papers):
            wanted = paper.media_type in PICTURES and not self._takes(paper.kind, paper.media_type)
            can = self._may(PaperStep.convert) and self._takes(paper.kind, PDF)
            if wanted and can and not self._refused(paper, PaperStep.convert):
                self.papers[at] = self._as_pdf(paper)

    def merge_kinds(self) -> None:
        """Kinds of which there are more files than the client takes become one file each."""
        for kind, asked in self._of_kind.items():
            most = min((files.at_most for files in asked if files.at_most is not None), default=None)
            there = [paper for paper in self.papers if paper.kind is kind]
            if most is not None and len(there) > most and self._can_merge(kind):
                self._merge(kind)

    def merge_for_count(self) -> None:
        """Where there are more files than the client takes in all, the kind with the most files is merged first."""
        most = self._limits.max_count
        while most is not None and len(self.papers) > most:
            counts = {kind: 0 for kind in dict.fromkeys(paper.kind for paper in self.papers) if self._can_merge(kind)}
            for paper in self.papers:
                if paper.kind in counts:
                    counts[paper.kind] += 1
            largest = max(counts, key=lambda kind: counts[kind], default=None)
            if largest is None or counts[largest] < 2 or not self._merge(largest):
                return

    def _can_merge(self, kind: DocumentKind) -> bool:
        asked = self._of_kind.get(kind, ())
        apart = any(files.apart or files.at_least > 1 for files in asked)
        return self._may(PaperStep.merge) and not apart and self._takes(kind, PDF)

    def _merge(self, kind: DocumentKind) -> bool:
        """Puts all papers of a kind into one, where the first of them stood."""
        there = [paper for paper in self.papers if paper.kind is kind]
        refused = [self._refused(paper, PaperStep.merge) for paper in there]  # each one that refuses is told
        if any(refused):
            return False
        first = self._as_pdf(there[0])
        steps = frozenset[PaperStep]().union({PaperStep.merge}, *(self._as_pdf(one).steps for one in there))
        sources = tuple(at for one in there for at in one.sources)
        template = next((one.redacting for one in there if one.redacting is not None), None)
        merged = replace(first, sources=sources, steps=steps, stem=self._plain_stem(kind), redacting=template)
        self.papers[self.papers.index(there[0])] = merged
        self.papers = [paper for paper in self.papers if paper is merged or paper.kind is not kind]
        return True

    def stamp(self) -> None:
        """Pages of the kinds that the client wants numbered are numbered; what has no pages is left alone."""
        for at, paper in enumerate(self.papers):
            template = self._rules.stamps.get(paper.kind)
            if template is None or paper.media_type not in {PDF, *PICTURES} or not self._takes(paper.kind, PDF):
                continue
            if not self._refused(paper, PaperStep.stamp):
                stamps = tuple(self._filled(template, paper.kind, (source,)) for source in paper.sources)
                made = self._as_pdf(paper)
                self.papers[at] = replace(made, steps=made.steps | {PaperStep.stamp}, stamps=stamps)

    def limit(self) -> None:
        """Papers that are, or may become, larger than the client takes are made smaller, then cut."""
        shares = self._shares()
        for at, paper in enumerate(self.papers):
            limit, share = self._most_bytes(paper.kind), shares.get(at)
            least = min((size for size in (limit, share) if size is not None), default=None)
            if least is None or not (paper.rewrites or self._size(paper) > least):
                continue
            steps = self._shrinking(paper, cut=limit is not None)
            first = PaperStep.compress if PaperStep.compress in steps else PaperStep.split
            if not steps or self._refused(paper, first):
                continue
            made = paper if paper.media_type in {PDF, JPEG} else self._as_pdf(paper)
            self.papers[at] = replace(made, steps=made.steps | steps, most_bytes=limit, aim_bytes=share)

    def _shrinking(self, paper: PlannedPaper, *, cut: bool) -> frozenset[PaperStep]:
        """What may make this paper smaller; its pages are cut apart only for the sake of a limit for each file."""
        can_be_pdf = paper.media_type in PICTURES and self._may(PaperStep.convert) and self._takes(paper.kind, PDF)
        found = set()
        if self._may(PaperStep.compress) and (paper.media_type in {PDF, JPEG} or can_be_pdf):
            found.add(PaperStep.compress)
        alone = any(files.at_most == 1 for files in self._of_kind.get(paper.kind, ()))
        if cut and self._may(PaperStep.split) and not alone and paper.media_type == PDF:
            found.add(PaperStep.split)
        return frozenset(found)

    def _size(self, paper: PlannedPaper) -> int:
        return sum(self._packet.documents[at].size for at in paper.sources)

    def _most_bytes(self, kind: DocumentKind) -> int | None:
        asked = [self._limits.max_mb_each, *(files.max_mb for files in self._of_kind.get(kind, ()))]
        return min((AttachmentRules.bytes_of(size) for size in asked if size is not None), default=None)

    def _shares(self) -> Mapping[int, int]:
        """Paper -> its share, by size, of what all papers together may have; empty where they keep that limit."""
        if self._limits.max_mb_total is None or not self._may(PaperStep.compress):
            return {}
        most = AttachmentRules.bytes_of(self._limits.max_mb_total)
        sizes = {at: self._size(paper) for at, paper in enumerate(self.papers)}
        if sum(sizes.values()) <= most:
            return {}
        soft = {at: sizes[at] for at, paper in enumerate(self.papers) if self._gives_way(paper)}
        left = most - (sum(sizes.values()) - sum(soft.values()))
        return {at: max(left, 0) * size // sum(soft.values()) for at, size in soft.items()}

    def _gives_way(self, paper: PlannedPaper) -> bool:
        """Whether this paper may be made smaller."""
        steps = self._shrinking(paper, cut=False)
        return bool(steps) and not any(self._why_not(at, PaperStep.compress) for at in paper.sources)

    def order(self) -> None:
        """Kinds that the client orders change places among themselves; others stay where they are."""
        ranks = {kind: rank for rank, kind in enumerate(self._limits.order)}
        places = [at for at, paper in enumerate(self.papers) if paper.kind in ranks]
        if self._may(PaperStep.order):
            ordered = sorted((self.papers[at] for at in places), key=lambda paper: ranks[paper.kind])
            for at, paper in zip(places, ordered, strict=True):
                self.papers[at] = paper

    # --- names ----------------------------------------------------------------------------------------------------

    def named(self) -> Iterator[PlannedPaper]:
        """The papers with the names that they get: by the client's pattern, else their own; no two alike."""
        counts: dict[DocumentKind, int] = {}
        taken: set[str] = set()
        for paper in self.papers:
            counts[paper.kind] = n = counts.get(paper.kind, 0) + 1
            template = self._rules.names.get(paper.kind)
            wanted, extension = paper.stem, paper.extension
            if template is not None:
                wanted = self._filled(template, paper.kind, paper.sources, plain=True).replace("{n}", str(n))[:150]
                extension = _EXTENSIONS.get(paper.media_type, extension)
            stem = next(one for one in _tries(wanted, extension) if f"{one}{extension}".casefold() not in taken)
            taken.add(f"{stem}{extension}".casefold())
            renamed = {PaperStep.rename} if template and f"{stem}{extension}" != self._own_name(paper) else set()
            yield replace(paper, stem=stem, extension=extension, steps=paper.steps | renamed)

    def _own_name(self, paper: PlannedPaper) -> str:
        return self._packet.documents[paper.sources[0]].name if len(paper.sources) == 1 else ""

    def _plain_stem(self, kind: DocumentKind) -> str:
        return _plain(f"{self._packet.invoice.number}_{kind.value}")

    def _filled(self, template: str, kind: DocumentKind, sources: tuple[int, ...], *, plain: bool = False) -> str:
        """A pattern with what is known of these papers; {n}, {part}, {page} and {pages} are left standing."""
        sheets = list(dict.fromkeys(sheet for at in sources if (sheet := self._packet.documents[at].timesheet_id)))
        sheet = sheets[0] if len(sheets) == 1 else f"{sheets[0]}-{sheets[-1]}" if sheets else ""
        values = {"{kind}": kind.value, "{invoice}": self._packet.invoice.number, "{timesheet}": sheet}
        made = re.sub(r"\{(?:kind|invoice|timesheet)\}", lambda found: _fit(values[found[0]], plain), template)
        return made or kind.value


def _files_by_kind(checklist: Checklist) -> Mapping[DocumentKind, tuple[PaperFiles, ...]]:
    found: dict[DocumentKind, tuple[PaperFiles, ...]] = {}
    for rule in checklist.documents:
        if rule.files is not None:
            found[rule.kind] = (*found.get(rule.kind, ()), rule.files)
    return found


def _fit(value: str, plain: bool) -> str:
    """A value for a file name, or for a stamp, where braces would be read as places."""
    return _plain(value) if plain else value.replace("{", "(").replace("}", ")")


def _plain(value: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "_", value)[:60]


def _tries(stem: str, extension: str) -> Iterator[str]:
    yield stem[: LONGEST_NAME - len(extension)]
    for n in range(2, 1000):
        yield numbered(stem, n, extension)


CURES: Mapping[PaperStep, str] = {
    PaperStep.redact: "Make the paper anew without what is internal, and replace the file.",
    PaperStep.convert: "Save it as a PDF by hand, look at it, and replace the file.",
    PaperStep.merge: "Merge the papers by hand where that is right, or get them as plain PDFs, and replace the files.",
    PaperStep.stamp: "Get the paper without what stands against it, or agree with the client to leave it unstamped.",
    PaperStep.compress: "Save it smaller by hand, for example scanned in grey at 150 dots an inch.",
    PaperStep.split: "Split it by hand where that is right, and replace the file.",
}

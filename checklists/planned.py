"""What a plan for papers is made of: what was seen in them, and what is to be done to copies of them. Values alone."""

from dataclasses import dataclass

from checklists.paper_steps import PaperStep
from checklists.sent_papers import Refusal
from gateway.packet import DocumentKind

PDF, JPEG = "application/pdf", "image/jpeg"
PICTURES = frozenset({JPEG, "image/png", "image/tiff", "image/gif"})
_REWRITING = frozenset(PaperStep) - {PaperStep.order, PaperStep.rename}

LONGEST_NAME = 200  # as `gateway.packet.FileName` has it
_LONGEST_EXTENSION = 10


def parted(name: str) -> tuple[str, str]:
    """A file name's stem and its extension with the point; what is too long for an extension belongs to the stem."""
    stem, dot, extension = name.rpartition(".")
    return (stem, dot + extension) if stem and len(extension) <= _LONGEST_EXTENSION else (name, "")


def numbered(stem: str, n: int, extension: str) -> str:
    """A file name's stem with a number behind it, cut so that the whole name is none too long."""
    return f"{stem[: LONGEST_NAME - len(extension) - len(str(n)) - 1]}-{n}"


@dataclass(frozen=True, slots=True)
class PaperLook:
    """What was seen in a paper's bytes: how many pages it has, and why no machine may rewrite it ("": it may)."""

    pages: int = 1
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Redacting:
    """A template: the page's size (across, up) and regions (left, top, right, bottom) of it in points, regions from the
    upper left corner of the page as it is shown; `heading` must stand in them on each page."""

    page: tuple[float, float]
    regions: tuple[tuple[float, float, float, float], ...]
    heading: str


@dataclass(frozen=True, slots=True)
class PlannedPaper:
    """One paper that is to leave. `sources`: positions of the packet's papers, in the order of their pages.

    `stem`: the file's name without extension; {part} stands for the number of a part. `stamps`: for each source what is
    printed below its pages, with {page} and {pages}. `most_bytes` must be kept, `aim_bytes` is aimed at (its share of
    what all papers together may have); compressing and splitting are done only where it is larger.
    """

    kind: DocumentKind
    sources: tuple[int, ...]
    media_type: str
    stem: str
    extension: str
    steps: frozenset[PaperStep] = frozenset()
    stamps: tuple[str, ...] = ()
    most_bytes: int | None = None
    aim_bytes: int | None = None
    least_dpi: int = 150
    redacting: Redacting | None = None

    @property
    def rewrites(self) -> bool:
        """Whether its bytes may become others than those that came."""
        return bool(self.steps & _REWRITING)

    def name(self, part: int = 1, parts: int = 1) -> str:
        """The file name of one of its parts, counted from 1."""
        stem = self.stem.replace("{part}", str(part))
        counted = stem if parts == 1 or "{part}" in self.stem else numbered(stem, part, self.extension)
        return f"{counted}{self.extension}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done to copies of a packet's papers, in the order in which they leave."""

    papers: tuple[PlannedPaper, ...]
    refusals: tuple[Refusal, ...] = ()

    @property
    def rewrites(self) -> bool:
        """Whether any paper's bytes may change."""
        return any(paper.rewrites for paper in self.papers)

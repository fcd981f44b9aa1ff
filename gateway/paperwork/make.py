"""One planned paper, made: bytes in, the bytes of its parts out, with what was done in words."""

from collections.abc import Sequence

from checklists.paper_steps import PaperStep
from checklists.planned import JPEG, PDF, PlannedPaper
from checklists.wording import megabytes
from gateway.paperwork.limits import LeftAlone
from gateway.paperwork.message import Made, Source
from gateway.paperwork.pages import joined
from gateway.paperwork.proof import prove, prove_joined
from gateway.paperwork.redact import redacted
from gateway.paperwork.shrink import shrunk_jpeg, shrunk_pdf
from gateway.paperwork.split import Part, split
from gateway.paperwork.stamp import stamped


def make(paper: PlannedPaper, sources: Sequence[Source]) -> Made:
    """Carries out what is planned for a paper. The same sources and plan make the same bytes."""
    step = PaperStep.merge if PaperStep.merge in paper.steps else PaperStep.convert
    try:
        if paper.media_type == JPEG:
            step = PaperStep.compress
            return _fitting_jpeg(paper, sources[0][1])
        if paper.redacting is not None:
            step = PaperStep.redact
            sources = [(media_type, redacted(content, paper.redacting)) for media_type, content in sources]
            step = PaperStep.merge if PaperStep.merge in paper.steps else PaperStep.convert
        content, counts = joined(sources)
        prove_joined(sources, counts, content)
        done = list(_told(paper, sources, counts))
        if PaperStep.stamp in paper.steps:
            step = PaperStep.stamp
            content = stamped(content, [words for words, n in zip(paper.stamps, counts, strict=True) for _ in range(n)])
            done.append("page numbers added below each page")
        step = PaperStep.compress
        smaller, how = _compressed(paper, content)
        if paper.most_bytes is None or len(smaller) <= paper.most_bytes:
            made = Made((smaller,), ((*done, *how),))
        else:
            step = PaperStep.split if PaperStep.split in paper.steps else PaperStep.compress
            made = _cut(paper, smaller, (*done, *how), paper.most_bytes)
        prove(content, made.parts)
        return made
    except LeftAlone as fault:
        return Made(step=step, why=str(fault))
    except Exception as fault:  # a hostile file makes a reader raise anything; each of them says the same of the file
        return Made(step=step, why=f"could not be worked on ({type(fault).__name__})")


def _told(paper: PlannedPaper, sources: Sequence[Source], counts: Sequence[int]) -> list[str]:
    told = []
    if paper.redacting is not None:
        told.append(f"took out what stood in {len(paper.redacting.regions)} region(s) of each page")
    pictures = sum(1 for media_type, _ in sources if media_type != PDF)
    if pictures:
        told.append("made a PDF of a picture" if pictures == 1 else f"made PDFs of {pictures} pictures")
    if PaperStep.merge in paper.steps:
        told.append(f"merged {len(sources)} papers into one of {sum(counts)} pages")
    return told


def _least(paper: PlannedPaper) -> int | None:
    return min((size for size in (paper.most_bytes, paper.aim_bytes) if size is not None), default=None)


def _compressed(paper: PlannedPaper, content: bytes) -> tuple[bytes, tuple[str, ...]]:
    most = _least(paper)
    if PaperStep.compress not in paper.steps or most is None or len(content) <= most:
        return content, ()
    smaller = shrunk_pdf(content, most, paper.least_dpi)
    if not smaller.how:
        return content, ()
    return smaller.content, (_how(smaller.how, len(content), len(smaller.content)),)


def _fitting_jpeg(paper: PlannedPaper, content: bytes) -> Made:
    most = _least(paper)
    smaller = shrunk_jpeg(content, len(content) if most is None else most, paper.least_dpi)
    if paper.most_bytes is not None and len(smaller.content) > paper.most_bytes:
        raise LeftAlone(_still(len(smaller.content), paper))
    return Made((smaller.content,), ((_how(smaller.how, len(content), len(smaller.content)),),))


def _cut(paper: PlannedPaper, content: bytes, done: tuple[str, ...], most: int) -> Made:
    if PaperStep.split not in paper.steps:
        raise LeftAlone(_still(len(content), paper))
    parts: list[Part] = list(split(content, most))
    of = len(parts)
    told = tuple(
        (*done, f"part {n} of {of}: pages {part.first} to {part.last}") for n, part in enumerate(parts, start=1)
    )
    return Made(tuple(part.content for part in parts), told)


def _how(words: str, before: int, after: int) -> str:
    return f"{words} ({megabytes(before)} became {megabytes(after)})"


def _still(size: int, paper: PlannedPaper) -> str:
    return f"still has {megabytes(size)} with pictures of {paper.least_dpi} dots an inch"

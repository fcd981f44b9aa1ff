"""Asks the process that works on papers, and says what became of it when it does not answer."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import structlog

from checklists.paper_steps import PaperStep
from checklists.planned import PaperLook, PlannedPaper
from gateway.paperwork.message import Made, Source, packed, paper_as_json, unpacked

PATIENCE = 120.0
"""Seconds on the clock for all papers of a packet: less than the lease of the job that prepares it."""
_NEEDED = ("LD_LIBRARY_PATH",)
"""Of the environment: where the interpreter's own libraries may be."""
_BEYOND = "could not be worked on within the limits of time and memory"


log = structlog.get_logger("clearbill.papers")


class _NoAnswer(Exception):
    """The process ended, or was ended, without an answer."""


def looks_at(papers: Sequence[Source], until: float) -> tuple[PaperLook, ...]:
    """What is seen in each of these papers (media type, bytes). `until`: when patience ends, by `time.monotonic`."""
    try:
        told, _ = _asked({"what": "look"}, papers, until)
        looks = tuple(PaperLook(int(pages), str(why)) for pages, why in told["looks"])
    except (_NoAnswer, ValueError, KeyError, TypeError):
        looks = ()
    if len(looks) == len(papers):
        return looks
    return (PaperLook(0, _BEYOND),) if len(papers) == 1 else _looks_one_by_one(papers, until)


def _looks_one_by_one(papers: Sequence[Source], until: float) -> tuple[PaperLook, ...]:
    """So that one paper does not speak for all; after two that give no answer the rest is not tried."""
    looks: list[PaperLook] = []
    for paper in papers:
        failed = sum(1 for look in looks if look.why_not == _BEYOND)
        looks += looks_at([paper], until) if failed < 2 else (PaperLook(0, _BEYOND),)
    return tuple(looks)


def made_of(paper: PlannedPaper, sources: Sequence[Source], until: float) -> Made:
    """One planned paper, made of its sources. `until`: as in `looks_at`."""
    try:
        told, parts = _asked({"what": "make", "paper": paper_as_json(paper)}, sources, until)
        done = tuple(tuple(str(one) for one in each) for each in told["done"])
        return Made(tuple(parts), done, PaperStep(told["step"]), str(told["why"]))
    except (_NoAnswer, ValueError, KeyError, TypeError):
        return Made(step=min(paper.steps, key=list(PaperStep).index), why=_BEYOND)


def _asked(question: dict[str, Any], papers: Sequence[Source], until: float) -> tuple[dict[str, Any], list[bytes]]:
    left = until - time.monotonic()
    if left <= 0:
        raise _NoAnswer
    message = packed({**question, "types": [media_type for media_type, _ in papers]}, [one for _, one in papers])
    # -P: no file that happens to lie in the working folder is taken for a part of the program.
    command = [sys.executable, "-P", "-m", "gateway.paperwork.child"]
    environment = {name: os.environ[name] for name in _NEEDED if name in os.environ}  # no secret of ours goes along
    environment["PYTHONPATH"] = os.pathsep.join(place or os.getcwd() for place in sys.path)
    try:
        ran = subprocess.run(command, input=message, capture_output=True, env=environment, timeout=left)  # noqa: S603 - our own module
    except subprocess.TimeoutExpired:
        log.warning("papers_took_too_long", seconds=round(left))
        raise _NoAnswer from None
    if ran.returncode != 0:
        last = ran.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        log.warning("papers_process_failed", returncode=ran.returncode, last=last[:200])
        raise _NoAnswer
    return unpacked(ran.stdout)

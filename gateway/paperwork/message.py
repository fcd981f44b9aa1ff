"""What goes between us and the process that works on papers: JSON and the bytes of papers, one after the other."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from checklists.paper_steps import PaperStep
from checklists.planned import PlannedPaper, Redacting
from gateway.packet import DocumentKind

Source = tuple[str, bytes]
"""Media type and bytes of a paper."""

_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Made:
    """What was made of one or several papers. Several parts: the paper was cut between pages.

    `done`: what was done, in words, for each part. No parts: `why` says what stood against it, in words that follow the
    papers' names, and `step` what was being done."""

    parts: tuple[bytes, ...] = ()
    done: tuple[tuple[str, ...], ...] = ()
    step: PaperStep = PaperStep.convert
    why: str = ""


def packed(told: dict[str, Any], contents: Sequence[bytes]) -> bytes:
    """Eight bytes with the length of the JSON, the JSON, and all contents; their sizes stand in the JSON."""
    head = json.dumps({**told, "sizes": [len(content) for content in contents]}).encode()
    return b"".join((len(head).to_bytes(_LENGTH, "big"), head, *contents))


def unpacked(message: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The reverse of `packed`. Raises ValueError for anything else."""
    end = _LENGTH + int.from_bytes(message[:_LENGTH], "big")
    told = json.loads(message[_LENGTH:end])
    if not isinstance(told, dict) or len(message) != end + sum(told["sizes"]):
        raise ValueError("the message is not whole")
    contents = []
    for size in told["sizes"]:
        contents.append(message[end : end + size])
        end += size
    return told, contents


def paper_as_json(paper: PlannedPaper) -> dict[str, Any]:
    """A planned paper as JSON has it."""
    return {**asdict(paper), "steps": sorted(paper.steps)}


def paper_from(told: dict[str, Any]) -> PlannedPaper:
    """The reverse of `paper_as_json`."""
    template = told["redacting"]
    if template is not None:
        template = Redacting(
            tuple(template["page"]), tuple(tuple(one) for one in template["regions"]), template["heading"]
        )
    return PlannedPaper(
        **{
            **told,
            "kind": DocumentKind(told["kind"]),
            "sources": tuple(told["sources"]),
            "steps": frozenset(PaperStep(step) for step in told["steps"]),
            "stamps": tuple(told["stamps"]),
            "redacting": template,
        }
    )

"""How well the rules read the labelled texts: precision and recall for each code and over all.

python -m tests.gateway.buyer_words.measure             # both halves, as a table
python -m tests.gateway.buyer_words.measure --errors    # and what the training half has wrong
"""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.buyer_words import read
from gateway.verdict import ReasonCode

HERE = Path(__file__).parent
HALVES = ("training", "kept_apart")


@dataclass(frozen=True)
class Labelled:
    """A text and the codes that a careful coordinator would name for it."""

    codes: frozenset[ReasonCode]
    text: str


@dataclass(frozen=True)
class Score:
    """Counts of codes: named rightly, named wrongly, not named."""

    right: int
    wrong: int
    left: int

    @property
    def precision(self) -> float:
        """The share of named codes that are right; 1 where none was named."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """The share of codes to be named that were; 1 where there were none."""
        return self.right / (self.right + self.left) if self.right + self.left else 1.0


def labelled(half: str) -> tuple[Labelled, ...]:
    """The texts of one half, in the file's order."""
    found = []
    for line in (HERE / f"{half}.txt").read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            codes, text = line.split("::", 1)
            named = [ReasonCode(code.strip()) for code in codes.split(",") if code.strip() != "-"]
            found.append(Labelled(frozenset(named), text.strip().replace("\\n", "\n")))
    return tuple(found)


def named(text: str) -> frozenset[ReasonCode]:
    return frozenset(finding.code for finding in read(text))


def scores(texts: Iterable[Labelled]) -> Mapping[ReasonCode, Score]:
    """A score for each code that was labelled or named."""
    right, wrong, left = Counter[ReasonCode](), Counter[ReasonCode](), Counter[ReasonCode]()
    for one in texts:
        found = named(one.text)
        right.update(found & one.codes)
        wrong.update(found - one.codes)
        left.update(one.codes - found)
    met = [code for code in ReasonCode if right[code] + wrong[code] + left[code]]
    return {code: Score(right[code], wrong[code], left[code]) for code in met}


def micro(of: Mapping[ReasonCode, Score]) -> Score:
    """All codes' counts together."""
    return Score(*(sum(getattr(one, name) for one in of.values()) for name in ("right", "wrong", "left")))


def macro(of: Mapping[ReasonCode, Score]) -> tuple[float, float]:
    """The mean of the codes' precision, and of their recall: a rare code weighs as much as a usual one."""
    return sum(one.precision for one in of.values()) / len(of), sum(one.recall for one in of.values()) / len(of)


def table() -> str:
    """Both halves, as Markdown."""
    halves = {half: scores(labelled(half)) for half in HALVES}
    rows = [
        "| reason | training: texts | precision | recall | kept apart: texts | precision | recall |",
        "|---" * 7 + "|",
    ]
    for code in ReasonCode:
        cells = [_cells(of.get(code)) for of in halves.values()]
        if any(code in of for of in halves.values()):
            rows.append(f"| `{code}` | {' | '.join(cells)} |")
    rows.append(f"| **all, micro** | {' | '.join(_cells(micro(of)) for of in halves.values())} |")
    means = [" | ".join(["", *(f"{value:.2f}" for value in macro(of))]) for of in halves.values()]
    rows.append(f"| **all, macro** | {' | '.join(means)} |")
    whole = [[named(one.text) == one.codes for one in labelled(half)] for half in HALVES]
    shares = [f"{len(same)} | {sum(same) / len(same):.2f} | " for same in whole]
    rows.append(f"| texts read exactly (share) | {' | '.join(shares)} |")
    return "\n".join(rows)


def _cells(score: Score | None) -> str:
    if score is None:
        return "0 | | "
    return f"{score.right + score.left} | {score.precision:.2f} | {score.recall:.2f}"


def errors(half: str) -> list[str]:
    """What is read otherwise than labelled."""
    told = []
    for one in labelled(half):
        found = read(one.text)
        codes = {finding.code for finding in found}
        if codes != one.codes:
            by = ", ".join(f"{finding.code} by {finding.rule} ({finding.words})" for finding in found)
            told.append(f"{sorted(one.codes)}: {one.text[:100]!r}\n    read: {by or 'nothing'}")
    return told


if __name__ == "__main__":
    if "--errors" in sys.argv:
        print("\n".join(errors("training")))
    print(table())

"""Patterns as the rules write them.

A pattern is words in a row: `a|b` either of them, `dup*` a word that may go on, `too_large` two words as one, `<n>` a
number, `{field}` any of a named group, `..` up to three words between, `...` up to six, `^` the beginning of the
sentence. What stands between never denies (`not`, `no`) and never crosses a pause or a turn (a comma, `but`): "PO is
not closed" is not `po ... closed`. A pattern looks at each word a bounded number of times, so that matching takes time
linear in the text.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DENIALS = ("not", "no", "never", "without", "neither", "nor", "nothing")
PAUSE, TURN = ",", "/"  # a comma or the like; `but`, a semicolon or the like

_MOST_BETWEEN = {"..": 3, "...": 6}
_BETWEEN = rf"(?: (?!(?:{'|'.join(DENIALS)}|[{TURN}{PAUSE}])(?: |$))[^ ]+)"
_SPECIAL = re.compile(r"[^\w|*<>{}^.,'&/-]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern ready for use. A sentence that holds none of `needs` cannot meet it (empty: unknown)."""

    written: str
    expression: re.Pattern[str]
    needs: frozenset[str]

    def may_meet(self, held: frozenset[str]) -> bool:
        """Whether a sentence of these words is worth looking through."""
        return not self.needs or not self.needs.isdisjoint(held)


def compiled(pattern: str, groups: Mapping[str, Sequence[str]]) -> Pattern:
    """The expression for a pattern, over words parted by single spaces. Raises ValueError where it is none."""
    steps = pattern.removeprefix("^").split()
    if not steps or steps[0] in _MOST_BETWEEN or steps[-1] in _MOST_BETWEEN or _SPECIAL.search("".join(steps)):
        raise ValueError(f"{pattern!r} is not a pattern")
    written, lead = "", ""
    for step in steps:
        if step in _MOST_BETWEEN:
            lead = f"{_BETWEEN}{{0,{_MOST_BETWEEN[step]}}}? "
        else:
            written += lead + _word(step, groups)
            lead = " "
    before = "^" if pattern.startswith("^") else "(?<![^ ])"
    return Pattern(pattern, re.compile(f"{before}{written}(?![^ ])"), _needs(steps))


def _needs(steps: Sequence[str]) -> frozenset[str]:
    """The words of the step with the fewest alternatives, among those of whole words."""
    plain = [step.split("|") for step in steps if step not in _MOST_BETWEEN and not re.search(r"[*<{_]", step)]
    return frozenset(min(plain, key=len, default=()))


def _word(step: str, groups: Mapping[str, Sequence[str]]) -> str:
    if step.startswith("{"):
        either = [re.escape(spelling) for spelling in groups[step.strip("{}")]]
    else:
        either = [_spelled(word) for word in step.split("|")]
    return f"(?:{'|'.join(either)})"


def _spelled(word: str) -> str:
    if not word or "*" in word[:-1]:
        raise ValueError(f"{word!r} is not a word of a pattern")
    if word == "<n>":
        return r"\d[^ ]*"
    spelled = re.escape(word.rstrip("*").replace("_", " "))
    return spelled + "[^ ]*" if word.endswith("*") else spelled


def first_match(pattern: Pattern, words: str) -> re.Match[str] | None:
    """Where a pattern is met and not denied just before: "not a duplicate", "no issue with the rate"."""
    return next((met for met in pattern.expression.finditer(words) if not _denied(words, met.start())), None)


_REFUSALS = re.compile(r"(?:accept|approv|process|pa(?:y|id)|post|able|releas)")
_LOOKS_BACK = 3  # words


def _denied(words: str, start: int) -> bool:
    """Whether a denial stands close before. "Not processed: duplicate" and "cannot pay" deny no trouble."""
    before = words[max(0, start - 200) : start].replace(PAUSE, TURN).rpartition(TURN)[2].split()[-_LOOKS_BACK:]
    for place, word in enumerate(before):
        after = before[place + 1] if place + 1 < len(before) else ""
        if word in DENIALS and not _REFUSALS.match(after):
            return True
    return False

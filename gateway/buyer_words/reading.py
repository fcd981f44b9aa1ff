"""Reading: from a text to what it says of an invoice, each finding with the rule that read it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.buyer_words.passages import sentences
from gateway.buyer_words.patterns import PAUSE, TURN, Pattern, first_match
from gateway.buyer_words.rulebook import Rule, Rulebook, rulebook
from gateway.verdict import ReasonCode

_MOST_GENERAL = 2  # more sentences on all invoices are instructions, whatever the reason was
_MOST_LINES = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One trouble that a text names. `path` is a JSON pointer into the packet, or empty; `words`: those met, folded."""

    code: ReasonCode
    path: str
    rule: str
    words: str


def read(text: str, book: Rulebook | None = None) -> tuple[Finding, ...]:
    """What a text says, in the order of the rules; nothing where no rule knows it. The order of sentences is no matter.

    Sentences on all invoices ("All invoices must carry a PO number") count where the text says nothing else and is
    short; questions, contacts and signatures never."""
    book = book or rulebook()
    told = [one for one in map(_Sentence, sentences(text, book.wording)) if not _meets(book.nothing, one)]
    general = [one for one in told if _meets(book.general, one)]
    specific = [one for one in told if one not in general]
    findings = _unique(_all(specific, book.rules))
    if not findings and len(general) <= _MOST_GENERAL:
        findings = _unique(_all(general, book.rules))
    return findings


class _Sentence:
    """A folded sentence and the words that it holds."""

    def __init__(self, words: str) -> None:
        self.words = words
        self.held = frozenset(words.split(" "))


def _meets(patterns: Iterable[Pattern], sentence: _Sentence) -> bool:
    return any(one.may_meet(sentence.held) and one.expression.search(sentence.words) for one in patterns)


def _all(told: Sequence[_Sentence], rules: Iterable[Rule]) -> Iterator[Finding]:
    for rule in rules:
        for sentence in told:
            yield from _found(rule, sentence)


def _found(rule: Rule, sentence: _Sentence) -> Iterator[Finding]:
    possible = (pattern for pattern in rule.any if pattern.may_meet(sentence.held))
    met = next((met for pattern in possible if (met := first_match(pattern, sentence.words))), None)
    if met is None or _meets(rule.unless, sentence):
        return
    lines = _lines_named(sentence.words, met) if rule.line else ()
    for path in [f"/invoice/lines/{line - 1}" for line in lines] or [rule.path]:
        yield Finding(rule.reason, path, rule.id, met[0])


def _unique(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding for each code and place, in a fixed order; a place that is named wins over none."""
    first: dict[tuple[ReasonCode, str], Finding] = {}
    for one in sorted(found, key=lambda one: (one.rule, one.path, one.words)):
        first.setdefault((one.code, one.path), one)
    placed = {code for code, path in first if path}
    return tuple(one for one in first.values() if one.path or one.code not in placed)


# --- lines ----------------------------------------------------------------------------------------------------------

_LINES = re.compile(
    r"(?<![^ ])(?<!po )(?:line|lines|item|items|ln)(?: number)?((?: (?:\d{1,4}|and|to|,|through))+)(?![^ ])"
)


def _lines_named(sentence: str, met: re.Match[str]) -> tuple[int, ...]:
    """Invoice lines that the words around a match name: in its own clause, else in the sentence if only one place does.

    A line of the purchase order ("PO line 40", "line 40 of the PO") is none of the invoice."""
    start = max(sentence.rfind(f" {mark} ", 0, met.start()) for mark in (PAUSE, TURN))
    ends = [sentence.find(f" {mark} ", met.end()) for mark in (PAUSE, TURN)]
    end = min([place for place in ends if place >= 0], default=len(sentence))
    near = list(_LINES.finditer(sentence, max(start, 0), end))
    if not near:
        everywhere = list(_LINES.finditer(sentence))
        near = everywhere if len(everywhere) == 1 else []
    named: set[int] = set()
    for mention in near:
        if not re.match(r" (?:of|on|in) po", sentence[mention.end() :]):
            named |= _numbers(mention[1].split())
    return tuple(sorted(named))[:_MOST_LINES]


def _numbers(words: Sequence[str]) -> set[int]:
    """`2 and 4`, `2 to 5`: the lines meant. A range that runs backwards or far is its two ends."""
    numbers: set[int] = set()
    for place, word in enumerate(words):
        if word.isdigit() and int(word):
            before = words[place - 2] if place > 1 and words[place - 1] in ("to", "through") else ""
            first = int(before) if before.isdigit() else int(word)
            numbers |= set(range(first, int(word) + 1)) if 0 < int(word) - first <= _MOST_LINES else {int(word)}
    return numbers

"""A text as the rules see it: sentences of plain words, without mark-up, quoted mail, addresses and fillers."""

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.buyer_words.patterns import PAUSE, TURN

MOST_CHARACTERS = 8_000  # several hundred words are usual (facts Ariba 4); what is longer is a document, not a reason
_LONGEST_WORD = 40

_BREAKS = re.compile(r"<\s*/?\s*(?:br|p|li|ul|ol|div|tr|td|table|h[1-6])\b[^<>]{0,200}>", re.IGNORECASE)
_TAGS = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_QUOTED_MAIL = re.compile(r"(?m)^[ \t]*>.*$")
_ADDRESSES = re.compile(r"(?:https?://|www\.)\S+|[^\s@<>]{1,64}@[^\s@<>]{1,255}")
_PREFIX = re.compile(r"\A\s*(?:comments?\s*:)?\s*(?:\[[^\[\]]{1,20}\])?\s*", re.IGNORECASE)
_CODE = re.compile(r"\A\s*[A-Z][A-Z0-9]*(?:[_-][A-Z0-9]+)+\s*(?:\(\d{1,4}\))?\s*:\s")
_NUMBER_SIGN = re.compile(r"#(?=\s|\d|$)|\b(?:no|nr|num)\.?(?=\s{0,3}#?\d)|\b(?:no|nr|num)\.(?=\s)", re.IGNORECASE)
_ABBREVIATION = re.compile(r"\b(inv|qty|approx|ref|acct|dept|p\.o|incl|vs)\.(?=\s)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)|\n\s*\n|\n(?=\s*(?:[-*•]|\d{1,2}[.)]|[^\Wa-z]))")
_LIST_NUMBER = re.compile(r"\A\s*(?:\d{1,2}[.)]|[-*•]+)\s+")
_TOKEN = re.compile(r"[^\W_]+(?:[.,/&'][^\W_]+)*|[,:()–—;]|(?<=\s)-(?=\s)")
_TURNS = frozenset(
    {"but", "however", "although", "though", "whereas", "except", "aber", "pero", "mais", ";", "–", "—", "-"}
)
_PAUSES = frozenset({",", ":", "(", ")"})
_SHORT = {"cannot": "cannot", "can't": "cannot", "won't": "not", "ain't": "not"}


@dataclass(frozen=True, slots=True)
class Wording:
    """How words are folded: spellings read as one, and fillers left out. Made once by `wording_from`."""

    spellings: re.Pattern[str]
    read_as: Mapping[str, str]
    left_out: frozenset[str]


def wording_from(words: Mapping[str, list[str]], left_out: list[str]) -> Wording:
    """The rules' tables made ready. A spelling is folded like the text it is to be found in."""
    fillers = frozenset(left_out)
    read_as: dict[str, str] = {}
    for name, spellings in words.items():
        for spelling in (name.replace("-", " "), *spellings):
            read_as.setdefault(" ".join(_tokens(spelling, fillers)), name)
    read_as.pop("", None)
    longest_first = sorted(read_as, key=lambda spelling: (-len(spelling.split()), spelling))
    either = "|".join(re.escape(spelling) for spelling in longest_first)
    return Wording(re.compile(rf"(?<![^ ])(?:{either})(?![^ ])"), read_as, fillers)


def sentences(text: str, wording: Wording) -> Iterator[str]:
    """Each sentence of a text as words parted by single spaces; pauses and turns are words of their own.

    A sentence stands for itself: what it says does not hang on those around it."""
    for sentence in _SENTENCE_END.split(_plain(text)):
        sentence = _CODE.sub("", _PREFIX.sub("", _LIST_NUMBER.sub("", sentence), count=1), count=1)
        tokens = _tokens(sentence, wording.left_out)
        folded = wording.spellings.sub(lambda met: wording.read_as[met[0]], " ".join(tokens))
        if folded:
            yield folded


def _plain(text: str) -> str:
    text = html.unescape(text[:MOST_CHARACTERS])
    text = _TAGS.sub(" ", _BREAKS.sub("\n", text))
    text = _QUOTED_MAIL.sub("\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _NUMBER_SIGN.sub(" number ", _ADDRESSES.sub(" ", text))
    return _ABBREVIATION.sub(r"\1", text)


def _tokens(text: str, left_out: frozenset[str]) -> list[str]:
    found = []
    for token in _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold().replace("’", "'")):
        word = _word(token)
        if word not in left_out:
            found.append(word)
    return found


def _word(token: str) -> str:
    if token in _TURNS:
        return TURN
    if token in _PAUSES:
        return PAUSE
    if token in _SHORT:
        return _SHORT[token]
    return "not" if token.endswith("n't") else token[:_LONGEST_WORD]

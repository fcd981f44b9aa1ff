"""The rules as a value: read once from `rules.yaml`, every fault told with its rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from gateway.buyer_words.passages import Wording, wording_from
from gateway.buyer_words.patterns import Pattern, compiled
from gateway.verdict import ReasonCode

RULES_FILE = Path(__file__).with_name("rules.yaml")

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the former many times as fast, where libyaml is

Words = Annotated[str, Field(min_length=1)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _RuleRow(_Row):
    id: Annotated[str, Field(pattern=r"^CBW-\d{3}$")]
    reason: ReasonCode
    any: Annotated[list[Words], Field(min_length=1)]
    unless: list[Words] = []
    path: str = ""
    line: bool = False
    example: Words
    not_for: Annotated[list[Words], Field(min_length=1)]
    source: Words


class _Passages(_Row):
    nothing: list[Words]
    general: list[Words]


class _File(_Row):
    words: dict[str, list[Words]]
    left_out: list[Words]
    passages: _Passages
    rules: list[_RuleRow]
    groups: dict[str, list[Words]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the reason that its patterns name in a sentence, unless the sentence meets one of `unless`.

    `path` is the place in the packet that the reason speaks of, `line`: it may name invoice lines."""

    id: str
    reason: ReasonCode
    any: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    path: str
    line: bool
    example: str
    not_for: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules in their order, how words are folded, and which sentences say nothing or nothing of one invoice."""

    wording: Wording
    rules: tuple[Rule, ...]
    nothing: tuple[Pattern, ...]
    general: tuple[Pattern, ...]


@cache
def rulebook() -> Rulebook:
    """The product's own rules."""
    return rulebook_from(RULES_FILE.read_text("utf-8"))


def rulebook_from(text: str) -> Rulebook:
    """A rule file's text as rules. Raises ValueError (pydantic's for a wrong field) that names what is wrong."""
    file = _File.model_validate(yaml.load(text, Loader=_LOADER))  # noqa: S506 - a safe loader
    ids = [row.id for row in file.rules]
    if repeated := {one for one in ids if ids.count(one) > 1}:
        raise ValueError(f"ids stand twice: {', '.join(sorted(repeated))}")
    return Rulebook(
        wording_from(file.words, file.left_out),
        tuple(_rule(row, file.groups) for row in file.rules),
        _all_compiled(file.passages.nothing, file.groups),
        _all_compiled(file.passages.general, file.groups),
    )


def _rule(row: _RuleRow, groups: Mapping[str, list[str]]) -> Rule:
    met, silenced = _all_compiled(row.any, groups), _all_compiled(row.unless, groups)
    return Rule(row.id, row.reason, met, silenced, row.path, row.line, row.example, tuple(row.not_for), row.source)


def _all_compiled(patterns: list[str], groups: Mapping[str, list[str]]) -> tuple[Pattern, ...]:
    return tuple(compiled(pattern, groups) for pattern in patterns)

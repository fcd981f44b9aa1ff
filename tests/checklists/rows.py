"""One row of a table of findings: the trouble, and its twin without it."""

from dataclasses import dataclass, field
from typing import Any

from gateway.verdict import ReasonCode
from tests.checklists.packets import Spoil


@dataclass(frozen=True)
class Row:
    """`bad` (or the settings, or the facts) makes the finding at `path`; `good` under the same settings makes none."""

    code: str
    path: str
    says: tuple[str, ...] = ()
    bad: Spoil = field(default=lambda values: None)
    good: Spoil = field(default=lambda values: None)
    settings: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    good_settings: dict[str, Any] | None = None
    good_facts: dict[str, Any] | None = None
    reason: ReasonCode | None = None  # where it is another than the rule's usual one

    @property
    def settings_of_twin(self) -> dict[str, Any]:
        return self.settings if self.good_settings is None else self.good_settings

    @property
    def facts_of_twin(self) -> dict[str, Any]:
        return self.facts if self.good_facts is None else self.good_facts

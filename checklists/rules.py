"""A client's own rules: conditions in CEL with a code, a sentence, a cure and whoever must act.

A rule speaks of the whole invoice, or of each line or paper (`each`). `when` says whom it concerns; what it concerns
must satisfy `require`. A rule that cannot be evaluated for a packet stops it: no rule passes in silence
(`checklists.client_rules`).
"""

import re
from datetime import date
from functools import cached_property, reduce
from operator import or_
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from checklists.codes import Severity
from checklists.conditions import Condition, Mentioned, condition_from
from checklists.sections import Day, Section
from gateway.packet import Name
from gateway.verdict import Actor, ReasonCode

NAMES = ("packet", "invoice", "documents", "client", "today", "line", "document")
"""What a condition may speak of. `packet` is without its invoice and papers; `line` and `document` are there in a rule
for each of them, where `invoice` is without its lines."""


def _condition(source: object) -> Condition:
    return source if isinstance(source, Condition) else condition_from(source, NAMES)


CelCondition = Annotated[
    Condition,
    PlainValidator(_condition),
    PlainSerializer(lambda condition: condition.source, return_type=str),
    WithJsonSchema({"type": "string", "description": "A condition in CEL.", "maxLength": 1000}),
]
RuleCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,15}(-[A-Z0-9]{1,16}){1,4}$")]
_OURS = "CB-"


class ClientRule(Section):
    """One rule. `from` and `to`: the first and the last day on which a packet must be made to be held to it. `reason`:
    the trouble in the portals' common vocabulary, by which a correction is looked for; without one a stop waits for a
    person."""

    merges_by: ClassVar[str] = "code"

    code: RuleCode
    each: Literal["invoice", "line", "document"] = "invoice"
    when: CelCondition | None = None
    require: CelCondition
    severity: Severity = Severity.stop
    sentence: Name
    cure: Name
    who_acts: Actor = Actor.us
    source: Name
    reason: ReasonCode | None = None
    starts: Day | None = Field(default=None, alias="from")
    ends: Day | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _stands_by_itself(self) -> Self:
        if self.code.startswith(_OURS):
            raise ValueError(f"the code {self.code!r} looks like one of Clearbill's own; begin it otherwise")
        for condition in self._conditions:
            absent = condition.names & _NOT_WITH[self.each]
            if absent:
                raise ValueError(f"`{min(absent)}` is not there in a rule for each {self.each}")
            if self.each != "invoice" and re.search(r"\binvoice\s*\.\s*lines\b", condition.source):
                raise ValueError(f"`invoice.lines` is not there in a rule for each {self.each}")
        return self

    @cached_property
    def names(self) -> frozenset[str]:
        """What its conditions speak of."""
        return frozenset().union(*(condition.names for condition in self._conditions))

    @cached_property
    def mentioned(self) -> Mentioned | None:
        """The fields that its conditions name; None where they want everything."""
        told = [condition.mentioned for condition in self._conditions]
        return None if None in told else reduce(or_, (one for one in told if one is not None))

    @property
    def _conditions(self) -> tuple[Condition, ...]:
        return (self.when, self.require) if self.when else (self.require,)

    def is_in_force_on(self, day: date) -> bool:
        """Whether a packet made on this day is held to it."""
        return (self.starts is None or self.starts <= day) and (self.ends is None or day <= self.ends)

    def is_broken_in(self, around: Any) -> bool:
        """Whether it concerns these values (`conditions.surroundings`) and they do not satisfy it. Raises
        ConditionFailed."""
        return (self.when is None or self.when.holds_in(around)) and not self.require.holds_in(around)


def _one_of_each_code_at_a_time(rules: tuple[ClientRule, ...]) -> tuple[ClientRule, ...]:
    for position, rule in enumerate(rules):
        for other in rules[:position]:
            apart = (rule.ends and other.starts and rule.ends < other.starts) or (
                other.ends and rule.starts and other.ends < rule.starts
            )
            if rule.code == other.code and not apart:
                raise ValueError(f"two rules have the code {rule.code!r} on the same days")
    return rules


ClientRules = Annotated[tuple[ClientRule, ...], AfterValidator(_one_of_each_code_at_a_time)]
"""A client's rules; two of one code, the later taking over from the earlier, are never in force together."""

_NOT_WITH = {
    "invoice": frozenset({"line", "document"}),
    "line": frozenset({"document"}),
    "document": frozenset({"line"}),
}

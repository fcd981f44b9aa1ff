"""What a checklist found: a code, a place, a sentence for the billing coordinator, and the next step."""

from dataclasses import dataclass

from checklists.codes import RULES, Severity
from gateway.verdict import Actor, ReasonCode

__all__ = ["Finding", "Severity", "found"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or may be wrong, with a packet.

    `code` is stable (README.md). `path` is a JSON pointer into the packet; where one fault runs through several lines
    it points at the first and the sentence names them all. `sentence` says what was found where, and what was
    expected; `cure` is the next step for `who_acts`. `reason` is the trouble in the portals' common vocabulary, by
    which a correction is looked for; None where there is nothing to correct.
    """

    code: str
    path: str
    sentence: str
    severity: Severity
    who_acts: Actor
    cure: str
    reason: ReasonCode | None

    @property
    def stops(self) -> bool:
        """Whether the packet must not be sent as it is."""
        return self.severity is Severity.stop


def found(
    code: str,
    path: str,
    sentence: str,
    cure: str,
    *,
    severity: Severity | None = None,
    who_acts: Actor | None = None,
    reason: ReasonCode | None = None,
) -> Finding:
    """A finding of a listed code; severity, actor and reason are the rule's own unless given. KeyError if unlisted."""
    rule = RULES[code]
    return Finding(
        code, path, sentence, severity or rule.severity, who_acts or rule.who_acts, cure, reason or rule.reason
    )

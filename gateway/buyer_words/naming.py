"""What an adapter could only call `other`, named from its words: the same verdict with reasons that say who acts."""

import re
from collections.abc import Iterator
from dataclasses import replace

from gateway.buyer_words.reading import read
from gateway.next_steps import NEXT_STEPS
from gateway.verdict import Actor, Reason, ReasonCode, Status, Verdict

_TELL_TROUBLES = frozenset({Status.rejected, Status.under_query, Status.cancelled, Status.in_process})
_SPEAKING_CODE = re.compile(r"[A-Za-z]{2,}(?:[ _-][A-Za-z]{2,})*")  # INCORRECT_QUANTITY; a number says nothing


def named(verdict: Verdict) -> Verdict:
    """The verdict with its `other` reasons named from their words as far as rules know them; everything else as it was.

    The portal's status, codes and words stay. Where an adapter found no more to say than "us" because it knew no
    reason, and all that was read points at one side, that side acts."""
    if verdict.status not in _TELL_TROUBLES or all(reason.code is not ReasonCode.other for reason in verdict.reasons):
        return verdict
    reasons = tuple(dict.fromkeys(one for reason in verdict.reasons for one in _named(reason)))
    return replace(verdict, reasons=reasons, who_acts=_who_acts(verdict.who_acts, reasons))


def _named(reason: Reason) -> Iterator[Reason]:
    found = read(reason.portal_text) if reason.code is ReasonCode.other else ()
    if not found and reason.code is ReasonCode.other and _SPEAKING_CODE.fullmatch(reason.portal_code):
        code = reason.portal_code.replace("_", " ")
        found = read(code) or read(f"{code} {reason.portal_text}")  # TIMESHEET, "Unsigned": a heading and the rest
    for one in found:
        yield replace(reason, code=one.code, path=reason.path or one.path, read_by=one.rule)
    if not found:
        yield reason


def _who_acts(told: Actor, reasons: tuple[Reason, ...]) -> Actor:
    sides = {NEXT_STEPS[reason.code].who for reason in reasons}
    if told is not Actor.us or len(sides) > 1 or not all(reason.read_by for reason in reasons):
        return told
    return sides.pop()

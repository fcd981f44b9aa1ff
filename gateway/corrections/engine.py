"""Tries the rules on a packet that was refused, and lets nothing pass that goes beyond a licence.

What a machine may not do itself, and a rule still knows, is proposed to a person (`propose`).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from gateway.changes import covered, difference, places, touched
from gateway.corrections.limits import beyond_a_machine
from gateway.corrections.numbers import NUMBER_SUFFIX
from gateway.corrections.rule import Context, Correction, LicenceBroken, Proposal, Rule
from gateway.corrections.rulebook import RULES
from gateway.errors import PacketRefused
from gateway.packet import Packet, canonical_json, packet_from
from gateway.verdict import Reason, ReasonCode


def correct(packet: Packet, reasons: Sequence[Reason], context: Context) -> Correction | None:
    """The packet mended for all of these reasons, or None where a person must decide. Raises LicenceBroken."""
    mended = _mended(packet, reasons, context, _may_be_done_unasked)
    if not mended.used or mended.unserved:
        return None
    for _, before, changed in mended.steps:
        _within_reach(before, changed, context)
    after, used = mended.packet, mended.used
    if context.ended_as:
        after, used = _with_number_for_a_second_try(after, used, context)
        if not used:
            return None
    return _correction(packet, after, used)


def correct_ahead(packet: Packet, asked: Sequence[tuple[str, Sequence[str]]], context: Context) -> Correction | None:
    """The packet mended before anybody has refused it, by the rules asked for, each in its places alone; None where
    there is nothing to mend. The licences are those of `correct`. Raises LicenceBroken."""
    mended, used = packet, []
    for code, where in asked:
        rule = next((one for one in RULES if one.code == code), None)
        if rule is None or rule.after_a_no:
            continue  # of another version of the program, whose proposals stay as they are
        changed = _made_by(rule, mended, (Reason(min(rule.serves), _NOWHERE),), context)
        if changed is None or not covered(difference(mended, changed), where):
            continue
        if _may_be_done_unasked(rule, mended, changed, context):
            _within_licence(rule, mended, changed)
            _within_reach(mended, changed, context)
            mended = changed
            used.append(rule)
    return _correction(packet, mended, used) if used else None


def propose(packet: Packet, reasons: Sequence[Reason], context: Context) -> Proposal | None:
    """What rules know to change for these reasons, whoever may order it, and why a person must; None where no rule
    knows anything. It may leave some of the reasons to be settled by hand. Raises LicenceBroken."""
    mended = _mended(packet, reasons, context, _for_a_person)
    if not mended.used:
        return None
    needs = list(_why_a_person(mended, context))
    after, used = mended.packet, mended.used
    after_refusal = context.checklist.number.rule_after(context.ended_as)
    if context.ended_as and after_refusal == "person":
        needs.append(f"the client leaves the number of a second try to a person, and it stays {after.invoice.number}")
    if context.ended_as and after_refusal == "suffix":
        numbered = NUMBER_SUFFIX.apply(after, (), context)
        if numbered is None:
            needs.append("the client's suffix series gives no next number")
        else:
            after, used = numbered, [*used, NUMBER_SUFFIX]
    made = _correction(packet, after, used)
    return Proposal(made.rules, made.patch, made.says, tuple(dict.fromkeys(needs)))


# --- one rule after the other -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Mended:
    """A packet after the rules that changed it, each step with the packets before and after it; `unserved`: reasons
    that none of them serves."""

    packet: Packet
    steps: tuple[tuple[Rule, Packet, Packet], ...]
    unserved: frozenset[ReasonCode]

    @property
    def used(self) -> list[Rule]:
        return [rule for rule, _, _ in self.steps]


_May = Callable[[Rule, Packet, Packet, Context], bool]


def _mended(packet: Packet, reasons: Sequence[Reason], context: Context, may: _May) -> _Mended:
    """Every rule that serves one of the reasons is tried, for two may each mend a part of one trouble."""
    wanted = frozenset(reason.code for reason in reasons)
    steps: list[tuple[Rule, Packet, Packet]] = []
    for rule in RULES:
        if not rule.serves & wanted:
            continue
        changed = _made_by(rule, packet, [reason for reason in reasons if reason.code in rule.serves], context)
        if changed is None or not may(rule, packet, changed, context):
            continue
        _within_licence(rule, packet, changed)
        steps.append((rule, packet, changed))
        packet = changed
    served = frozenset(code for rule, _, _ in steps for code in rule.serves)
    return _Mended(packet, tuple(steps), wanted - served)


def _made_by(rule: Rule, packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """The packet as a rule would have it; None where it changes nothing, or what comes out would be no packet: the
    register's own words (a unit, a description) may be such as no invoice can hold."""
    try:
        changed = rule.apply(packet, reasons, context)
        if changed is None or changed == packet:
            return None
        packet_from(json.loads(canonical_json(changed)))
    except (PacketRefused, ValidationError):
        return None
    return changed


def _may_be_done_unasked(rule: Rule, before: Packet, after: Packet, context: Context) -> bool:
    licence = context.checklist.corrections
    if rule.person or (rule.by_word and not licence.names(rule.code)):
        return False
    return licence.permits(rule.code, touched(difference(before, after)))


def _for_a_person(rule: Rule, before: Packet, after: Packet, context: Context) -> bool:
    return True


def _within_licence(rule: Rule, before: Packet, after: Packet) -> None:
    patch = difference(before, after)
    if not covered(patch, rule.licence):
        raise LicenceBroken(f"{rule.code} changed places beyond its licence: {', '.join(places(patch))}")


def _within_reach(before: Packet, after: Packet, context: Context) -> None:
    if forbidden := beyond_a_machine(before, after, context.checklist):
        raise LicenceBroken(f"what no machine may change was touched: {', '.join(forbidden)}")


def _why_a_person(mended: _Mended, context: Context) -> Iterator[str]:
    """Each rule's own cause first, then what is left."""
    for rule, before, after in mended.steps:
        if rule.person:
            yield rule.person
        elif rule.by_word and not context.checklist.corrections.names(rule.code):
            yield f"{context.checklist.name} has not agreed to have it done without asking ({rule.code})"
        elif not _may_be_done_unasked(rule, before, after, context):
            yield f"the licence of {context.checklist.name} does not let it be done without asking ({rule.code})"
    if mended.unserved:
        left = ", ".join(sorted(code.value.replace("_", " ") for code in mended.unserved))
        yield f"it does not settle everything ({left} is left to you)"


_NOWHERE = "/"
"""A place that no packet has: nobody has objected to any line yet."""


def _with_number_for_a_second_try(packet: Packet, used: list[Rule], context: Context) -> tuple[Packet, list[Rule]]:
    """The packet under the number that the client's reuse rule asks for; no rules left where a person must decide."""
    numbers = context.checklist.number
    rule = numbers.rule_after(context.ended_as)
    if rule == "same":
        return packet, used
    if rule == "person" or not context.checklist.corrections.permits(NUMBER_SUFFIX.code, ["/invoice/number"]):
        return packet, []
    changed = NUMBER_SUFFIX.apply(packet, (), context)
    return (changed, [*used, NUMBER_SUFFIX]) if changed else (packet, [])


def _correction(before: Packet, after: Packet, used: Sequence[Rule]) -> Correction:
    codes = tuple(rule.code for rule in used)
    return Correction(after, codes, difference(before, after), " ".join(rule.says for rule in used))

"""Tries the rules on a packet that was refused, and lets nothing pass that goes beyond a licence."""

from collections.abc import Sequence

from gateway.changes import covered, difference, out_of_reach, places
from gateway.corrections.numbers import NUMBER_SUFFIX
from gateway.corrections.rule import Context, Correction, LicenceBroken, Rule
from gateway.corrections.rulebook import RULES
from gateway.packet import Packet
from gateway.verdict import Reason


def correct(packet: Packet, reasons: Sequence[Reason], context: Context) -> Correction | None:
    """The packet mended for all of these reasons, or None where a person must decide. Raises LicenceBroken."""
    unserved = {reason.code for reason in reasons}
    mended, used = packet, []
    for rule in RULES:
        if not rule.serves & unserved:
            continue
        mine = [reason for reason in reasons if reason.code in rule.serves]
        changed = rule.apply(mended, mine, context)
        if changed is None or changed == mended:
            continue
        if not context.checklist.corrections.permits(rule.code, places(difference(mended, changed))):
            continue
        mended = changed
        used.append(rule)
        unserved -= rule.serves
    if not used or unserved:
        return None
    if context.ended_as:
        mended, used = _with_number_for_a_second_try(mended, used, context)
        if not used:
            return None
    return _checked(packet, mended, used)


def correct_ahead(packet: Packet, asked: Sequence[tuple[str, Sequence[str]]], context: Context) -> Correction | None:
    """The packet mended before anybody has refused it, by the rules asked for, each in its places alone; None where
    there is nothing to mend. The licences are those of `correct`. Raises LicenceBroken."""
    mended, used = packet, []
    for code, where in asked:
        rule = next((one for one in RULES if one.code == code), None)
        if rule is None:
            continue  # of another version of the program, whose proposals stay as they are
        changed = rule.apply(mended, (Reason(min(rule.serves), _NOWHERE),), context)
        if changed is None or changed == mended:
            continue
        patch = difference(mended, changed)
        if covered(patch, where) and context.checklist.corrections.permits(rule.code, places(patch)):
            mended = changed
            used.append(rule)
    return _checked(packet, mended, used) if used else None


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


def _checked(before: Packet, after: Packet, used: Sequence[Rule]) -> Correction:
    patch = difference(before, after)
    codes = tuple(rule.code for rule in used)
    if forbidden := out_of_reach(patch):
        raise LicenceBroken(f"{', '.join(codes)} touched {', '.join(forbidden)}")
    if not covered(patch, [place for rule in used for place in rule.licence]):
        raise LicenceBroken(f"{', '.join(codes)} changed places beyond their licence: {', '.join(places(patch))}")
    return Correction(after, codes, patch, " ".join(rule.says for rule in used))

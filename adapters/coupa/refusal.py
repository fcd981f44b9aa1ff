"""Coupa's refusals taken apart: one answer may name several troubles, some of them with the invoice line.

The shape (facts 2.4): `<headline> [Validation failed: <model messages> Invoice header: <messages> Invoice line <n>:
<messages>]`, messages separated by commas, blanks before the section names sometimes missing.
"""

import re
from collections.abc import Iterable, Iterator

from adapters.coupa.mapping import CODES, ECHO, UNKNOWN_REFUSAL, FixClass, rule_for, rule_of
from gateway.verdict import Actor, Level, Reason, ReasonCode, Status, Verdict

_BODY = re.compile(r"\[\s*Validation failed:", re.IGNORECASE)
_SECTION = re.compile(r"Invoice header:|Invoice line\s*(?P<line>\w{1,6})\s*:", re.IGNORECASE)


def reasons_from(code: int | None, words: str) -> tuple[Reason, ...]:
    """The troubles that one refusal names, each with its own words unchanged; always at least one.

    `path` assumes that Coupa counts lines as the document lists them, which for an invoice over several orders is
    order by order.
    """
    body = _BODY.search(words)
    if code in CODES or not body:
        return (_reason(code, words, ""),)
    found = list(_sections(code, words[body.end() :].rstrip().removesuffix("]")))
    kept = _once_each(found)
    if len(kept) == 1:  # one trouble: the sentence stays whole
        return (Reason(kept[0].code, kept[0].path, kept[0].portal_code, words),)
    return kept or (_reason(code, words, ""),)


def refused(code: int | None, words: Iterable[str]) -> Verdict:
    """The portal's own checks said no."""
    reasons = _once_each([reason for text in words for reason in reasons_from(code, text)])
    actors = {rule_of(reason).who_acts for reason in reasons}
    who = actors.pop() if len(actors) == 1 else Actor.us
    return Verdict(Status.rejected, Level.portal, reasons, who, portal_status=str(code or ""))


def fix_class(reason: Reason) -> FixClass:
    """What one reason calls for (facts 14); words of people that no rule knows are between people."""
    rule = rule_of(reason)
    return FixClass.business if rule is UNKNOWN_REFUSAL and not reason.portal_code.isdigit() else rule.fix


def _reason(code: int | None, words: str, path: str) -> Reason:
    return Reason(rule_for(code, words).reason, path, str(code or ""), words)


def _sections(code: int | None, messages: str) -> Iterator[Reason]:
    start, path = 0, ""
    for mark in _SECTION.finditer(messages):
        yield from _messages(code, messages[start : mark.start()], path)
        number = mark["line"] or ""
        path = f"/invoice/lines/{int(number) - 1}" if number.isdecimal() and int(number) > 0 else ""
        start = mark.end()
    yield from _messages(code, messages[start:], path)


def _messages(code: int | None, text: str, path: str) -> Iterator[Reason]:
    """Splits at commas where a known message begins or ends; unknown words keep their own commas."""
    unknown = ""
    for piece in text.split(","):
        if ECHO.fullmatch(piece):
            continue
        reason = _reason(code, piece.strip(), path)
        if reason.code is ReasonCode.other:
            unknown = f"{unknown},{piece}" if unknown else piece
            continue
        if unknown.strip():
            yield _reason(code, unknown.strip(), path)
        unknown = ""
        yield reason
    if unknown.strip():
        yield _reason(code, unknown.strip(), path)


def _once_each(reasons: list[Reason]) -> tuple[Reason, ...]:
    """The model's messages repeat those of header and lines: the one that names a line is the one to keep."""
    placed = {reason.code for reason in reasons if reason.path}
    kept: dict[tuple[str, str, str], Reason] = {}
    for reason in reasons:
        if reason.code is not ReasonCode.other and reason.code in placed and not reason.path:
            continue
        words = reason.portal_text if reason.code is ReasonCode.other else ""
        kept.setdefault((reason.code, reason.path, words), reason)
    return tuple(kept.values())

"""A client's checklist for reading: each rule with its source, the rate card as a table, two versions compared.

Where a rule comes from is found by what it says: the sentence that a client's file without a word of its own would
bring as well is the portal's, and the one that every checklist begins with is usual.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from checklists.checklist import Checklist
from checklists.fault import ChecklistBroken
from checklists.library import PORTALS, library_from
from checklists.rate_card import Hourly, RateCard
from gateway.commands.rules import rules_in_words
from gateway.packet import plain_decimal

_SILENT = "client: {client}\nname: {client}\naccount: {client}\n"
_NOBODY = "a-client-that-says-nothing"


class Source(StrEnum):
    """Whose rule it is."""

    client = "this client"
    portal = "the portal, of all its clients"
    usual = "usual"


@dataclass(frozen=True, slots=True)
class Told:
    """One rule in words and whose it is."""

    words: str
    source: Source


@dataclass(frozen=True, slots=True)
class Change:
    """What differs under one subject: sentences that went and that came."""

    subject: str
    gone: tuple[str, ...]
    come: tuple[str, ...]


def rules_with_sources(one: Checklist, portal_files: Mapping[str, str]) -> tuple[tuple[str, tuple[Told, ...]], ...]:
    """(subject, its rules) as `rules_in_words`; `portal_files`: name -> text of the portals' files in force."""
    usual = _sentences(_silent("", (), one.starts or date.max))
    files = tuple(sorted((name, text) for name, text in portal_files.items() if name.startswith(PORTALS)))
    portal = _sentences(_silent(one.inherits, files, one.starts or one.ends)) if one.inherits else frozenset()

    def source(words: str) -> Source:
        if words in usual:
            return Source.usual
        return Source.portal if words in portal else Source.client

    return tuple(
        (subject, tuple(Told(words, source(words)) for words in told)) for subject, told in rules_in_words(one)
    )


@lru_cache(maxsize=64)
def _silent(inherits: str, files: tuple[tuple[str, str], ...], day: date | None) -> Checklist | None:
    """The checklist of a client who says nothing: the defaults, over the portal's file where one is named."""
    text = _SILENT.format(client=_NOBODY) + (f"inherits: {inherits}\n" if inherits else "")
    try:
        versions = library_from({**dict(files), f"{_NOBODY}.yaml": text}).versions[_NOBODY]
    except ChecklistBroken:  # a portal's file that was kept right by an earlier release, and is so no more
        return None
    return next((each for each in versions if day is None or each.is_in_force_on(day)), None)


def _sentences(one: Checklist | None) -> frozenset[str]:
    return frozenset(words for _, told in rules_in_words(one) for words in told) if one else frozenset()


# --- versions -----------------------------------------------------------------------------------------------------


def days_in_words(one: Checklist) -> str:
    """`from 2026-01-01 to 2026-06-30`."""
    since = f"from {one.starts}" if one.starts else "from the beginning"
    return f"{since} to {one.ends}" if one.ends else f"{since} on"


def differences(before: Checklist, after: Checklist) -> tuple[Change, ...]:
    """What the later version says otherwise, subject by subject."""
    old, new = (_everything(one) for one in (before, after))
    found = []
    for subject in [*old, *(name for name in new if name not in old)]:
        was, now = old.get(subject, ()), new.get(subject, ())
        gone = tuple(words for words in was if words not in now)
        come = tuple(words for words in now if words not in was)
        if gone or come:
            found.append(Change(subject, gone, come))
    return tuple(found)


def _everything(one: Checklist) -> dict[str, tuple[str, ...]]:
    """All that a version says, as lines by subject."""
    contacts = tuple(f"{each.role}: {each.email} {each.phone}".strip() for each in one.contacts)
    steps = tuple(f"After {each.after_days} working days: {each.role}." for each in one.escalation)
    whole = {"Name and account": (one.name, f"sent by account {one.account}"), "Whom to write to": contacts}
    whole |= {"Escalation": steps, "Cut-off": tuple(filter(None, (cut_off_in_words(one),)))}
    whole |= {"Procedure": tuple(line for line in one.procedure.splitlines() if line.strip())}
    whole |= {"Rate card": tuple(", ".join(filter(None, row)) for row in rates(one.rate_card))}
    return whole | dict(rules_in_words(one))


_ITEM = re.compile(r"(?:\d{1,3}[.)]|[-*])\s+")


def procedure_in_parts(one: Checklist) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The procedure's headings, lists and paragraphs as Markdown writes them: (`heading`, `numbered`, `list` or `text`,
    lines). Everything else of Markdown stays as it is written: what a file says is text here and never markup."""
    parts: list[tuple[str, list[str]]] = []
    begins = True
    for line in (each.strip() for each in one.procedure.splitlines()):
        kind = "heading" if line.startswith("#") else "text"
        if item := _ITEM.match(line):
            kind = "numbered" if line[0].isdigit() else "list"
            line = line[item.end() :]
        if not line:
            begins = True
            continue
        if kind == "heading":
            parts.append((kind, [line.lstrip("#").strip()]))
        elif kind != "text" and parts and parts[-1][0] == kind:
            parts[-1][1].append(line)
        elif kind == "text" and not begins and parts and parts[-1][0] != "heading":
            parts[-1][1][-1] += f" {line}"
        else:
            parts.append((kind, [line]))
        begins = False
    return tuple((kind, tuple(lines)) for kind, lines in parts)


def cut_off_in_words(one: Checklist) -> str:
    """`Thursday 17:00 America/New_York`; "" where there is none."""
    if one.cut_off is None:
        return ""
    return f"{one.cut_off.weekday.capitalize()} {one.cut_off.hour:%H:%M} {one.cut_off.time_zone}"


# --- the rate card ------------------------------------------------------------------------------------------------

RATE_COLUMNS = ("What", "Straight time or each", "Overtime", "Double time", "Unit", "Days")


def rates(card: RateCard) -> Iterator[tuple[str, ...]]:
    """One row for each rate that the card lists, by RATE_COLUMNS."""
    for row in card.labour:
        days = _days(row.valid_from, row.valid_to)
        yield (row.classification, *_hourly(row), "hour", days)
        for tier in row.tiers:
            yield (f"{row.classification}, above {plain_decimal(tier.above)} hours", *_hourly(tier), "hour", days)
    for item in card.items:
        what = " ".join(filter(None, (item.kind.replace("_", " "), item.item)))
        yield (what, plain_decimal(item.rate), "", "", item.unit, _days(item.valid_from, item.valid_to))


def multipliers(card: RateCard) -> str:
    """What overtime and double time cost where the card lists no rate of their own; "" where it says nothing."""
    return ", ".join(
        f"{code} {plain_decimal(factor)} times the straight rate" for code, factor in card.multipliers.items()
    )


def _hourly(row: Hourly) -> tuple[str, str, str]:
    straight, *others = (plain_decimal(one) if one is not None else "" for one in (row.ST, row.OT, row.DT))
    return straight, others[0], others[1]


def _days(since: date | None, until: date | None) -> str:
    return " ".join(filter(None, (f"from {since}" if since else "", f"to {until}" if until else "")))

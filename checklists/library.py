"""Checklist files, read and put together: clients' files, their versions, and the portals' that they inherit.

A library is made of texts by name: `northlight.yaml` is a client's file, `portals/coupa.yaml` a portal's. Whatever is
wrong with any of them raises ChecklistBroken with every fault. Reading asks no clock: which version holds is asked by
day.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import ValidationError

from checklists.checklist import Checklist, PortalChecklist, Requirements
from checklists.fault import ChecklistBroken, Fault
from checklists.inheritance import laid_over, section_in, setting_names
from checklists.rules import ClientRule, ClientRules
from checklists.sections import Section
from checklists.source import MAX_CHARACTERS, Place, Source, Unreadable, dotted, source_from

PORTALS = "portals/"
_SHIPPED = Path(__file__).parent / "portals"
_MOST_BYTES = 4 * MAX_CHARACTERS  # UTF-8 takes four bytes a character at most
_Model = TypeVar("_Model", bound=Section)
_Dated = TypeVar("_Dated", bound=Requirements)


@dataclass(frozen=True, slots=True)
class Library:
    """Every client's checklists, by day. `versions` are in order of time and never in force together."""

    versions: Mapping[str, tuple[Checklist, ...]]

    def find(self, client: str, day: date) -> Checklist | None:
        """The version that a packet made on this day is held to; None where there is none."""
        return next((one for one in self.versions.get(client, ()) if one.is_in_force_on(day)), None)

    def on(self, day: date) -> Mapping[str, Checklist]:
        """Client key -> the version in force on a day, for the clients that have one."""
        found = ((client, self.find(client, day)) for client in self.versions)
        return MappingProxyType({client: one for client, one in found if one is not None})


def load_folder(path: Path) -> Library:
    """The library of a folder of clients' files. Raises ChecklistBroken with all files' faults."""
    return library_from(texts_of(path))


def texts_of(path: Path) -> Mapping[str, str]:
    """Name -> text of a folder's `*.yaml`, those in its folder `portals`, and the portal files that Clearbill brings,
    where the folder has none of that name. Raises ChecklistBroken where one cannot be read."""
    texts, faults = readable_texts(path)
    if faults:
        raise ChecklistBroken(faults)
    return texts


def readable_texts(path: Path) -> tuple[Mapping[str, str], tuple[Fault, ...]]:
    """As `texts_of`, with the faults of files that cannot be read beside those that can."""
    if not path.is_dir():
        fault = Fault(str(path), 1, "", "is not a folder.", "Name the folder that holds the clients' YAML files.")
        return {}, (fault,)
    texts: dict[str, str] = {}
    faults: list[Fault] = []
    for name, file in files_of(path).items():
        try:
            texts[name] = text_of(file, name)
        except ChecklistBroken as broken:
            faults.extend(broken.faults)
    return texts, tuple(faults)


def files_of(path: Path) -> Mapping[str, Path]:
    """Name -> file, in the order in which they are read; see `texts_of`."""
    found = {f"{PORTALS}{file.name}": file for file in sorted(_SHIPPED.glob("*.yaml"))}
    found |= {f"{PORTALS}{file.name}": file for file in sorted((path / PORTALS).glob("*.yaml"))}
    found |= {file.name: file for file in sorted(path.glob("*.yaml"))}
    return found


def text_of(file: Path, name: str) -> str:
    """The text of one file. Raises ChecklistBroken."""
    try:
        with file.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            message = f"is longer than {MAX_CHARACTERS} characters."
            raise ChecklistBroken((Fault(name, 1, "", message, "A checklist is a page or two."),))
        return content.decode("utf-8-sig")
    except OSError as fault:
        why = fault.strerror or "unreadable"
        raise ChecklistBroken((Fault(name, 1, "", f"cannot be read: {why}.", "Check the path."),)) from None
    except UnicodeDecodeError:
        raise ChecklistBroken((Fault(name, 1, "", "is not UTF-8 text.", "Save it as UTF-8."),)) from None


def rules_from(text: str, name: str) -> tuple[ClientRule, ...]:
    """The rules of a text that is one rule, or `rules:` with several. Raises ChecklistBroken."""
    source, faults = _source_of(text, name), list[Fault]()
    values = source.values if isinstance(source.values, dict) else {}
    whole = values if set(values) == {"rules"} else {"rules": [values]}
    spots = source.spots if whole is values else {("rules", 0, *place): spot for place, spot in source.spots.items()}
    found = _validated(_Rules, Source(name, whole, spots), faults)
    if found is None:
        raise ChecklistBroken(faults)
    return found.rules


class _Rules(Section):
    rules: ClientRules


def library_from(texts: Mapping[str, str]) -> Library:
    """The library that these files make together. Raises ChecklistBroken with the faults of all of them."""
    faults: list[Fault] = []
    sources: dict[str, Source] = {}
    for name, text in texts.items():
        try:
            sources[name] = _source_of(text, name)
        except ChecklistBroken as broken:
            faults.extend(broken.faults)
    portals = _portals(sources, faults)
    versions: dict[str, list[tuple[Checklist, Source]]] = {}
    for source in (one for name, one in sources.items() if not name.startswith(PORTALS)):
        for checklist in _versions_of(source, portals, faults):
            versions.setdefault(checklist.client, []).append((checklist, source))
    faults.extend(_overlaps(versions, "client"))
    if faults:
        order = {name: position for position, name in enumerate(texts)}
        raise ChecklistBroken(sorted(faults, key=lambda fault: (order[fault.file], fault.line)))
    return Library(MappingProxyType({client: _in_order(found) for client, found in versions.items()}))


def _source_of(text: str, name: str) -> Source:
    try:
        source = source_from(text, name)
    except Unreadable as fault:
        raise ChecklistBroken((Fault(name, fault.line, fault.field, fault.message, fault.cure),)) from None
    if not isinstance(source.values, dict):
        raise ChecklistBroken((Fault(name, 1, "", "must be a mapping of settings.", "Start from a sample."),))
    return source


def _portals(sources: Mapping[str, Source], faults: list[Fault]) -> dict[str, list[tuple[PortalChecklist, Source]]]:
    """Portal key -> its versions."""
    found: dict[str, list[tuple[PortalChecklist, Source]]] = {}
    for source in (one for name, one in sources.items() if name.startswith(PORTALS)):
        portal = _validated(PortalChecklist, source, faults)
        if portal is not None:
            found.setdefault(portal.portal, []).append((portal, source))
        elif isinstance(source.values, dict):
            found.setdefault(str(source.values.get("portal")), [])  # its clients are not to blame
    faults.extend(_overlaps(found, "portal"))
    return found


def _versions_of(
    source: Source, portals: Mapping[str, list[tuple[PortalChecklist, Source]]], faults: list[Fault]
) -> Iterator[Checklist]:
    """A client's file as it stands over each version of its portal's that is in force while it is."""
    values = source.values
    wanted = values.get("inherits") if isinstance(values, dict) else None
    if not isinstance(wanted, str):
        checklist = _validated(Checklist, source, faults)
        if checklist is not None:
            yield checklist
        return
    if wanted not in portals:
        cure = f"There are: {', '.join(sorted(portals))}." if portals else "There is none in the folder `portals`."
        spot = source.spot_of(("inherits",))
        faults.append(Fault(*spot, "inherits", f"there is no portal file for {wanted!r}.", cure))
        return
    own = _days_of(source, faults)
    if own is None:
        return
    periods = [(_shared(own, (portal.starts, portal.ends)), below) for portal, below in portals[wanted]]
    if periods and not any(period for period, _ in periods):
        message = f"no version of the portal file for {wanted!r} is in force on the days of this one."
        faults.append(Fault(*source.spot_of(("inherits",)), "inherits", message, "Give the portal file those days."))
    for period, below in periods:
        if period is not None:
            yield from _over(below, source, period, faults)


_Days = tuple[date | None, date | None]


def _days_of(source: Source, faults: list[Fault]) -> _Days | None:
    """The days on which a client's file is in force; None where they are wrong, which is told."""
    values = source.values if isinstance(source.values, dict) else {}
    days = {key: value for key, value in values.items() if key in ("from", "to")}
    checked = _validated(Requirements, Source(source.file, days, source.spots), faults)
    return (checked.starts, checked.ends) if checked is not None else None


def _shared(one: _Days, other: _Days) -> _Days | None:
    """The days that two periods have in common."""
    starts = max((day for day in (one[0], other[0]) if day), default=None)
    ends = min((day for day in (one[1], other[1]) if day), default=None)
    return None if starts and ends and ends < starts else (starts, ends)


_OF_THE_PORTAL = ("portal", "name", "from", "to")


def _over(below: Source, source: Source, period: _Days, faults: list[Fault]) -> Iterator[Checklist]:
    values = below.values if isinstance(below.values, dict) else {}
    asked = {key: value for key, value in values.items() if key not in _OF_THE_PORTAL}
    merged = laid_over(Source(below.file, asked, below.spots), source, Checklist)
    checklist = _validated(Checklist, merged, faults)
    if checklist is not None:
        yield checklist.model_copy(update={"starts": period[0], "ends": period[1]})


def _validated(model: type[_Model], source: Source, faults: list[Fault]) -> _Model | None:
    try:
        return model.model_validate(source.values)
    except ValidationError as found:
        faults.extend(faults_from(found, source, model))
        return None
    except (ArithmeticError, RecursionError, re.error) as fault:  # what no check foresaw must not stop other files
        message = f"cannot be taken in: {fault or type(fault).__name__}."
        faults.append(Fault(*source.spot_of(()), "", message, "Take back what was last changed in it."))
        return None


# --- versions -----------------------------------------------------------------------------------------------------


def _in_order(found: list[tuple[Checklist, Source]]) -> tuple[Checklist, ...]:
    return tuple(sorted((one for one, _ in found), key=lambda one: one.starts or date.min))


def _overlaps(found: Mapping[str, list[tuple[_Dated, Source]]], called: str) -> Iterator[Fault]:
    """Two files of one client, or of one portal, that are in force on the same day."""
    for key, versions in found.items():
        in_turn = sorted(versions, key=lambda pair: pair[0].starts or date.min)  # of the same day, as they are read
        for position, (later, source) in enumerate(in_turn):
            for earlier, other in in_turn[:position]:
                days = _shared((later.starts, later.ends), (earlier.starts, earlier.ends))
                if days is None or other is source:
                    continue
                since = f"from {days[0]} on" if days[0] else "from the beginning"
                spot = source.spot_of(("from",) if later.starts else (called,))
                message = f"the {called} {key!r} is already described in {other.file}, {since}."
                yield Fault(
                    *spot, "from" if later.starts else called, message, _apart(later, earlier, other.file), other.file
                )


def _apart(later: Requirements, earlier: Requirements, other: str) -> str:
    if later.starts and (earlier.starts is None or earlier.starts < later.starts):
        return f"End {other} with `to: {later.starts - timedelta(days=1)}`."
    return "Keep one file, or give each its days with `from` and `to`."


# --- faults -------------------------------------------------------------------------------------------------------

_CURES = {
    "extra_forbidden": "Check the spelling; {near} takes: {known}.",
    "missing": "Add it.",
    "bool_parsing": "Write true or false.",
    "bool_type": "Write true or false.",
}


def faults_from(found: ValidationError, source: Source, model: type[Section]) -> list[Fault]:
    """What a model objects to, each at its line, in the order of the lines."""
    faults = []
    for one in found.errors(include_url=False, include_context=False, include_input=False):
        place: Place = tuple(one["loc"])
        if place and place[-1] == "[key]":
            place = place[:-1]
        message = one["msg"].removeprefix("Value error, ").rstrip(".") + "."
        message = message[:1].lower() + message[1:]
        if one["type"] == "extra_forbidden":
            message = "is not a setting of a checklist."
        near, known = _section_at(place[:-1], model)
        cure = _CURES.get(one["type"], "Correct it.").format(near=near, known=", ".join(known))
        faults.append(Fault(*source.spot_of(place), dotted(place), message, cure))
    return sorted(faults, key=lambda fault: fault.line)


def _section_at(place: Place, model: type[Section]) -> tuple[str, list[str]]:
    """The name of the section at a place, and the settings it takes."""
    for part in place:
        known = setting_names(model)
        if isinstance(part, str) and part in known:
            model = section_in(known[part]) or model
    return (f"`{dotted(place)}`" if place else "a checklist"), sorted(setting_names(model))

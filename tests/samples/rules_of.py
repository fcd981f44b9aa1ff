"""The rules of a checklist file, one by one, and the same file without one of them.

A rule is a setting that can be left out: a limit, a form, an entry of a list, a condition of such an entry. Its name is
its place in the file, with the entries of lists by their own names: `/documents/timesheet/signed`.
"""

from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import checklists
from checklists.checklist import Checklist
from checklists.inheritance import laid_over
from checklists.source import source_from

FOLDER = Path(checklists.__file__).parent
SAMPLES = FOLDER / "samples"
NAMES = ("kind", "field", "code", "role", "after_days", "name")
"""The setting by which an entry of a list is told from the others: the first of these that it has; else its number."""

ALWAYS_TRUE = "true"
OF_FILES = {"client", "name", "account", "inherits", "procedure"}
OF_ENTRIES = {"called", "why", "sentence", "cure", "source", "email", "phone", "classification", *NAMES}
"""What names a file or an entry, or is only told to people: nothing is decided by it alone."""

Values = dict[str, Any]


def values_of(client: str) -> Values:
    """A sample's settings, laid over its portal's."""
    above = source_from((SAMPLES / f"{client}.yaml").read_text(encoding="utf-8"), client)
    own: Any = above.values
    portal = own.get("inherits")
    if portal:
        below = source_from((FOLDER / "portals" / f"{portal}.yaml").read_text(encoding="utf-8"), portal)
        own = laid_over(below, above, Checklist).values
        own.pop("portal")
    values: Values = deepcopy(own)
    return values


def rules_of(values: Values) -> list[str]:
    """Every rule that can be left out of a file with the file still being one. What says only what holds anyway is
    none."""
    whole = Checklist.model_validate(values).model_dump_json()
    left = ((rule, without(values, rule)) for rule in _places(values, "", OF_FILES))
    return [rule for rule, rest in left if rest is not None and rest.model_dump_json() != whole]


def _places(values: Mapping[str, Any], path: str, told_only: Collection[str] = ()) -> Iterator[str]:
    for key, value in values.items():
        if key in told_only:
            continue
        here = f"{path}/{key}"
        if isinstance(value, dict) and "pattern" not in value:
            if here == "/cut_off":  # three of its settings go together
                yield here
            yield from _places(value, here)
        elif isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
            for position, entry in enumerate(value):
                yield f"{here}/{_name(entry, position)}"
                yield from _places(entry, f"{here}/{_name(entry, position)}", OF_ENTRIES)
        else:
            yield here


def _name(entry: Mapping[str, Any], position: int) -> str:
    word = next((entry[name] for name in NAMES if name in entry and _tells_apart(entry, name)), position)
    return str(word).replace("/", "~1")


def _tells_apart(entry: Mapping[str, Any], name: str) -> bool:
    """A rate card has many rows of one kind: they go by their numbers."""
    return not (name == "kind" and "rate" in entry)


def without(values: Values, rule: str) -> Checklist | None:
    """The checklist with this rule left out; None where the file would not be one any more. The condition of a rule of
    the client's own is left out by letting it hold always."""
    left = deepcopy(values)
    place: Any = left
    *way, last = rule[1:].split("/")
    for step in way:
        place = place[_position(place, step)] if isinstance(place, list) else place[step]
    if last == "require":
        place[last] = ALWAYS_TRUE
    elif isinstance(place, list):
        del place[_position(place, last)]
    else:
        del place[last]
    try:
        return Checklist.model_validate(left)
    except ValidationError:
        return None


def _position(entries: list[Any], name: str) -> int:
    return next(at for at, entry in enumerate(entries) if _name(entry, at) == name)

"""YAML text into plain values, with the line on which each of them stands.

A small, strict YAML: mappings, lists, text, whole numbers, true, false and null. Numbers with a point stay text (they
become exact decimals later), `no`, `on` and dates stay text too, and a number with leading zeros keeps them: client
and unit codes are full of such values. Anchors, aliases and tags are refused, and so is a key that stands twice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_CHARACTERS = 512 * 1024
MAX_DEPTH = 20

Place = tuple[str | int, ...]
"""Keys and list positions from the top of the file to a value."""


class Unreadable(Exception):
    """The text is not the YAML described above; `line` counts from 1."""

    def __init__(self, line: int, field: str, message: str, cure: str) -> None:
        self.line = line
        self.field = field
        self.message = message
        self.cure = cure
        super().__init__(f"line {line}: {message}")


class Spot(NamedTuple):
    """Where something is written."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Source:
    """What a file says, or two files of which one inherits the other. `spots` holds, for each place, where its key or
    list mark stands."""

    file: str
    values: object
    spots: Mapping[Place, Spot]

    def spot_of(self, place: Place) -> Spot:
        """Where a place stands, or the nearest thing around it that is written; the file's first line at worst."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.spots:
                return self.spots[place[:length]]
        return Spot(self.file, 1)


class _StrictLoader(yaml.SafeLoader):
    """Composes nodes only; what a scalar means is decided here, not by YAML 1.1's many spellings."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the shape PyYAML prescribes

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable(event.start_mark.line + 1, "", "uses an anchor or alias (& or *).", "Write it out.")
        return super().compose_node(parent, index)


for _tag, _pattern, _first in (
    ("bool", "true|false", "tf"),
    ("int", "-?(?:0|[1-9][0-9]{0,17})", "-0123456789"),
    ("null", "~|null|", ["~", "n", ""]),
):
    _StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


def source_from(text: str, file: str = "") -> Source:
    """Reads one YAML document. Raises Unreadable."""
    if len(text) > MAX_CHARACTERS:
        raise Unreadable(1, "", f"is longer than {MAX_CHARACTERS} characters.", "A checklist is a page or two.")
    try:
        node = _StrictLoader(text).get_single_node()
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line = mark.line + 1 if mark else 1
        raise Unreadable(line, "", f"is not YAML: {fault.problem}.", "Check indents, colons and quotes.") from None
    except yaml.YAMLError as fault:
        raise Unreadable(1, "", f"is not YAML: {str(fault).splitlines()[0]}.", "Save it as plain UTF-8 text.") from None
    except RecursionError:
        raise Unreadable(1, "", "is nested too deeply.", "A checklist has three or four levels.") from None
    if node is None:
        raise Unreadable(1, "", "is empty.", "Copy a sample from checklists/clients and change it.")
    lines: dict[Place, int] = {}
    values = _value(node, (), lines)
    return Source(file, values, {place: Spot(file, line) for place, line in lines.items()})


def _value(node: Node, place: Place, lines: dict[Place, int]) -> object:
    if len(place) > MAX_DEPTH:
        raise Unreadable(node.start_mark.line + 1, dotted(place), "is nested too deeply.", "Flatten it.")
    if isinstance(node, MappingNode) and node.tag == "tag:yaml.org,2002:map":
        return _mapping(node, place, lines)
    if isinstance(node, SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
        return _sequence(node, place, lines)
    if isinstance(node, ScalarNode):
        return _scalar(node, place)
    raise Unreadable(node.start_mark.line + 1, dotted(place), f"carries the tag {node.tag}.", "Remove the tag.")


def _mapping(node: MappingNode, place: Place, lines: dict[Place, int]) -> dict[str, object]:
    content: dict[str, object] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode):
            raise Unreadable(line, dotted(place), "has a key that is not text.", "Use a plain name as key.")
        key = str(key_node.value)
        if key in content:
            raise Unreadable(line, dotted((*place, key)), "stands twice.", "Keep one of the two.")
        lines[(*place, key)] = line
        content[key] = _value(value_node, (*place, key), lines)
    return content


def _sequence(node: SequenceNode, place: Place, lines: dict[Place, int]) -> list[object]:
    content = []
    for position, item in enumerate(node.value):
        lines[(*place, position)] = item.start_mark.line + 1
        content.append(_value(item, (*place, position), lines))
    return content


def _scalar(node: ScalarNode, place: Place) -> object:
    text = str(node.value)
    match node.tag:
        case "tag:yaml.org,2002:str":
            return text
        case "tag:yaml.org,2002:int":
            return int(text)
        case "tag:yaml.org,2002:bool":
            return text == "true"
        case "tag:yaml.org,2002:null":
            return None
    raise Unreadable(node.start_mark.line + 1, dotted(place), f"carries the tag {node.tag}.", "Remove the tag.")


def dotted(place: Place) -> str:
    """A place as people write it: `documents[2].kind`."""
    text = ""
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text

"""A client's file laid over its portal's.

Settings of a section are laid over one by one, at every depth. A list of entries that carry a name of their own
(`Section.merges_by`: papers by kind, contacts by role, rules by code) keeps the portal's entries and adds the client's;
where both have entries of one name, only the client's stand. Any other list, and any plain value, is the client's
alone. `null` takes away what the portal says.
"""

from typing import Any

from checklists.sections import Section
from checklists.source import Place, Source, Spot


def laid_over(below: Source, above: Source, model: type[Section]) -> Source:
    """What both files say together, each value still knowing the file and line it comes from."""
    merge = _Merge(below, above)
    values = merge.mapping(below.values, above.values, model, (), (), ()) if isinstance(below.values, dict) else {}
    return Source(above.file, values, merge.spots)


def section_in(annotation: object) -> type[Section] | None:
    """The section that a setting of this type holds, once or as the entries of a list."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    parts = getattr(annotation, "__args__", ())
    return next((inner for inner in map(section_in, parts) if inner), None)


def setting_names(model: type[Section]) -> dict[str, object]:
    """The settings of a section as files name them, each with its type."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


class _Merge:
    """One merge of two files. Places come as three: in the file below, in the file above, and in what is made."""

    def __init__(self, below: Source, above: Source) -> None:
        self.below = below
        self.above = above
        self.spots: dict[Place, Spot] = {}

    def mapping(
        self, low: Any, high: Any, model: type[Section] | None, low_at: Place, high_at: Place, at: Place
    ) -> dict[str, Any]:
        known = setting_names(model) if model else {}
        made: dict[str, Any] = {}
        for key in dict.fromkeys([*low, *high]):
            inner = section_in(known.get(key))
            here = (*at, key)
            if key not in high:
                made[key] = self._taken(self.below, low[key], (*low_at, key), here)
            elif high[key] is None and key in low:
                continue
            elif isinstance(low.get(key), dict) and isinstance(high[key], dict):
                self.spots[here] = self.above.spot_of((*high_at, key))
                made[key] = self.mapping(low[key], high[key], inner, (*low_at, key), (*high_at, key), here)
            elif inner and inner.merges_by and isinstance(low.get(key), list) and isinstance(high[key], list):
                self.spots[here] = self.above.spot_of((*high_at, key))
                name = inner.merges_by
                made[key] = self._entries(low[key], high[key], name, (*low_at, key), (*high_at, key), here)
            else:
                made[key] = self._taken(self.above, high[key], (*high_at, key), here)
        return made

    def _entries(
        self, low: list[Any], high: list[Any], name: str, low_at: Place, high_at: Place, at: Place
    ) -> list[Any]:
        renewed = [entry[name] for entry in high if isinstance(entry, dict) and name in entry]
        kept = [
            (self.below, entry, (*low_at, position))
            for position, entry in enumerate(low)
            if not (isinstance(entry, dict) and entry.get(name) in renewed)
        ]
        added = [(self.above, entry, (*high_at, position)) for position, entry in enumerate(high)]
        return [
            self._taken(source, entry, place, (*at, position))
            for position, (source, entry, place) in enumerate([*kept, *added])
        ]

    def _taken(self, source: Source, value: Any, place: Place, at: Place) -> Any:
        """A value of one file as it is, with the spots of all that it holds."""
        self.spots[at] = source.spot_of(place)
        if isinstance(value, dict):
            for key, inner in value.items():
                self._taken(source, inner, (*place, key), (*at, key))
        elif isinstance(value, list):
            for position, inner in enumerate(value):
                self._taken(source, inner, (*place, position), (*at, position))
        return value

"""The JSON Schema (draft 2020-12) of checklist files, for editors: made from the very models that read them.

A schema cannot say everything that the models ask (that an example fits its pattern, say): `clearbill checklist check`
does. Where a client inherits, every setting may also be `null`, which takes away what its portal says.
"""

from typing import Any, Literal

from checklists.checklist import Checklist, PortalChecklist

_TITLES = {"client": "Clearbill checklist of a client", "portal": "Clearbill checklist of a portal"}


def checklist_schema(of: Literal["client", "portal"] = "client") -> dict[str, Any]:
    """The schema of a client's file, or of a portal's."""
    model = Checklist if of == "client" else PortalChecklist
    schema = model.model_json_schema(mode="validation")
    if of == "client":
        for section in (schema, *schema.get("$defs", {}).values()):
            _may_take_away(section)
        _may_be_partial(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": _TITLES[of]}


def _may_be_partial(schema: dict[str, Any]) -> None:
    """A section that the portal's file may complete need not be complete here; entries of lists are whole."""
    for asked in schema["properties"].values():
        for way in (asked, *asked.get("anyOf", ())):
            if "$ref" in way:
                schema["$defs"][way["$ref"].rsplit("/", 1)[-1]].pop("required", None)


def _may_take_away(section: dict[str, Any]) -> None:
    """Every setting that need not be there may be null."""
    properties = section.get("properties", {})
    for name, asked in properties.items():
        if name in section.get("required", ()) or asked.get("default", "") is None:
            continue
        told = {key: asked[key] for key in ("default", "description", "title") if key in asked}
        rest = {key: value for key, value in asked.items() if key not in told}
        properties[name] = {**told, "anyOf": [*rest.pop("anyOf", [rest] if rest else []), {"type": "null"}]}

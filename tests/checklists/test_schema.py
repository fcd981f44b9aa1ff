"""The schema for editors says what the models say."""

from pathlib import Path
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator

import checklists
from checklists.checklist import Checklist, PortalChecklist
from checklists.inheritance import section_in, setting_names
from checklists.schema import checklist_schema
from checklists.sections import Section
from checklists.source import source_from
from tests.checklists.folders import CLIENT


def _sections(model: type[Section], seen: set[type[Section]]) -> set[type[Section]]:
    seen.add(model)
    for annotation in setting_names(model).values():
        inner = section_in(annotation)
        if inner and inner not in seen:
            _sections(inner, seen)
    return seen


def test_every_setting_of_every_section_is_in_the_schema_and_nothing_else_may_be() -> None:
    schema = checklist_schema()
    for section in _sections(Checklist, set()) - {Checklist}:
        told = schema["$defs"][section.__name__]
        assert set(told["properties"]) == set(setting_names(section))
        assert told["additionalProperties"] is False
    assert set(schema["properties"]) == set(setting_names(Checklist))
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["client", "name", "account"]


def test_a_portals_file_has_a_schema_of_its_own() -> None:
    schema = checklist_schema("portal")
    assert set(schema["properties"]) == set(setting_names(PortalChecklist))
    assert schema["required"] == ["portal", "name"]


@pytest.mark.parametrize(("section", "setting"), [("TextRules", "forbidden"), ("FormRules", "currencies")])
def test_a_client_may_take_away_any_setting(section: str, setting: str) -> None:
    def takes_null(asked: dict[str, Any]) -> bool:
        return {"type": "null"} in asked.get("anyOf", ())

    assert takes_null(checklist_schema()["$defs"][section]["properties"][setting])
    assert not takes_null(checklist_schema("portal")["$defs"][section]["properties"][setting])


def test_what_a_portal_may_complete_need_not_be_complete() -> None:
    assert "required" not in checklist_schema()["$defs"]["CutOff"]
    assert checklist_schema("portal")["$defs"]["CutOff"]["required"] == ["weekday", "hour", "time_zone"]
    assert checklist_schema()["$defs"]["Contact"]["required"] == ["role", "acts_for", "email"]


def test_a_time_of_day_has_no_seconds_and_a_day_is_a_date() -> None:
    schema = checklist_schema()
    assert schema["$defs"]["CutOff"]["properties"]["hour"]["pattern"] == "^([01][0-9]|2[0-3]):[0-5][0-9]$"
    assert {"type": "string", "format": "date"} in schema["properties"]["from"]["anyOf"]


SAMPLES = Path(checklists.__file__).parent


def _told_by_schema(text: str, of: Literal["client", "portal"] = "client") -> list[str]:
    """The places of everything that a validator says, also of what it tried within `anyOf`."""
    told = list(Draft202012Validator(checklist_schema(of)).iter_errors(source_from(text).values))
    for one in told:
        told.extend(one.context or ())
    return [one.json_path for one in told]


@pytest.mark.parametrize("file", sorted((SAMPLES / "clients").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_sample_clients_satisfy_the_schema(file: Path) -> None:
    Draft202012Validator.check_schema(checklist_schema())
    assert _told_by_schema(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", sorted((SAMPLES / "portals").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_portals_files_satisfy_theirs(file: Path) -> None:
    assert _told_by_schema(file.read_text(encoding="utf-8"), "portal") == []


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ("tax: {levle: line}\n", "$.tax"),
        ("tax: {level: page}\n", "$.tax.level"),
        ("documents: [{kind: napkin}]\n", "$.documents[0].kind"),
        ("contacts: [{role: ap}]\n", "$.contacts[0]"),
        ("form: {max_lines: many}\n", "$.form.max_lines"),
        ("rules: [{code: A-1, require: 'true'}]\n", "$.rules[0]"),
    ],
)
def test_an_editor_sees_what_the_models_would_refuse(more: str, where: str) -> None:
    assert where in _told_by_schema(CLIENT + more)

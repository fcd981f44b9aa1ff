"""The sample library: every rule of every sample has a packet that it stops and one that it lets pass, and a sample
that loses a rule is noticed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from checklists.checklist import Checklist
from checklists.library import load_folder
from tests.samples.rules_of import SAMPLES, rules_of, values_of, without
from tests.samples.world import Patch, World, answers, patched

pytestmark = pytest.mark.timeout(900)  # seconds of a busy machine; it takes two of an idle one
HERE = Path(__file__).parent
CLIENTS = sorted(path.stem for path in SAMPLES.glob("*.yaml"))


@dataclass(frozen=True)
class Case:
    """One change of a client's right packet and the world around it, and what the rule makes of it."""

    rule: str
    finds: str = ""
    passes: str = ""
    ask: Mapping[str, Any] = field(default_factory=dict)
    change: Patch = ()

    def told_of(self, checklist: Checklist, right: World) -> tuple[Any, ...]:
        """What the checklist answers, of what this case is about."""
        told = answers(checklist, patched(right, self.change), self.ask)
        about = self.finds or self.passes
        return tuple(one for one in told if one[0] == about) if about and not about_all(self) else told


def about_all(case: Case) -> bool:
    """A rule that makes its finding come in other words, or another finding in its place, is looked at as a whole."""
    return bool(case.ask) or bool(case.passes)


def cases_of(client: str, rules: list[str]) -> list[Case]:
    """The client's own cases and those that serve all, by the rules that it has; its own come before those of all."""
    shared = yaml.safe_load((HERE / "cases.yaml").read_text(encoding="utf-8"))
    own = yaml.safe_load((HERE / client / "cases.yaml").read_text(encoding="utf-8"))
    changes = {**shared["changes"], **own.get("changes", {})}
    found = [_case(row, changes) for row in own["cases"]]
    mine = {case.rule for case in found}
    for row in shared["cases"]:
        for rule in rules:
            if rule not in mine and fnmatchcase(rule, row["rule"]):
                found.append(_case({**row, "rule": rule}, changes))
    return found


def _case(row: Mapping[str, Any], changes: Mapping[str, Any]) -> Case:
    named = changes[row["and"]] if "and" in row else []
    rest = {name: value for name, value in row.items() if name not in ("and", "change")}
    return Case(**rest, change=(*named, *row.get("change", ())))


@dataclass(frozen=True)
class Sample:
    """One client: its settings, its right packet, its rules and their cases."""

    values: dict[str, Any]
    checklist: Checklist
    right: World
    rules: list[str]
    cases: list[Case]


@pytest.fixture(scope="module", params=CLIENTS)
def sample(request: pytest.FixtureRequest) -> Sample:
    client = request.param
    values = values_of(client)
    right = json.loads((HERE / client / "right.json").read_text(encoding="utf-8"))
    rules = rules_of(values)
    return Sample(values, Checklist.model_validate(values), right, rules, cases_of(client, rules))


def test_the_samples_are_a_library_that_can_be_read_and_name_nobody() -> None:
    library = load_folder(SAMPLES)
    assert sorted(library.versions) == CLIENTS
    for client, (checklist,) in library.versions.items():
        assert checklist == Checklist.model_validate(values_of(client))
        assert all(contact.email.endswith(".example") for contact in checklist.contacts)
        assert {step.role for step in checklist.escalation} <= {contact.role for contact in checklist.contacts}
        assert {contact.acts_for.value for contact in checklist.contacts} == {
            "us",
            "field",
            "client_ap",
            "portal_admin",
        }


def test_the_right_packet_passes_without_a_finding(sample: Sample) -> None:
    assert answers(sample.checklist, sample.right, {}) == ()


def test_every_rule_has_a_case_and_every_case_a_rule(sample: Sample) -> None:
    with_cases = {case.rule for case in sample.cases}
    assert set(sample.rules) - with_cases == set()
    assert with_cases - set(sample.rules) == set()


def test_what_breaks_a_rule_is_found_and_what_it_leaves_alone_passes(sample: Sample) -> None:
    wrong = []
    for case in sample.cases:
        told = {one[0] for one in case.told_of(sample.checklist, sample.right)} if not case.ask else set()
        if (case.finds and case.finds not in told) or (case.passes and case.passes in told):
            wrong.append(f"{case.rule}: told {sorted(told)}, {case.finds or 'not ' + case.passes} expected")
    assert not wrong, "\n".join(wrong)


def test_a_sample_that_loses_a_rule_fails_one_of_its_cases(sample: Sample) -> None:
    unnoticed = []
    for rule in sample.rules:
        left = without(sample.values, rule)
        assert left is not None
        cases = [case for case in sample.cases if case.rule == rule]
        if all(case.told_of(left, sample.right) == case.told_of(sample.checklist, sample.right) for case in cases):
            unnoticed.append(rule)
    assert not unnoticed, "\n".join(unnoticed)

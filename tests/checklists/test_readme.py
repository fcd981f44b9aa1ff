"""The reader's table of findings and settings is the product's own."""

import re
from pathlib import Path

import checklists
from checklists.checklist import Checklist
from checklists.codes import RULES, Severity
from checklists.inheritance import setting_names
from gateway.verdict import Actor

FOLDER = Path(checklists.__file__).parent
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_every_finding_stands_in_the_readme_as_it_is() -> None:
    rows = re.findall(r"^\| (CB-[A-Z]+-\d\d) \| (.+?) \| (\w+) \| (\w+) \| (.+?) \|$", README, re.MULTILINE)
    assert rows == [(rule.code, rule.meaning, rule.severity, rule.who_acts, rule.source) for rule in RULES.values()]


def test_every_setting_stands_in_the_readme() -> None:
    unnamed = [name for name in setting_names(Checklist) if f"`{name}`" not in README]
    assert unnamed == []


def test_every_code_in_the_checks_is_listed_and_every_listed_code_is_used() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py") if path.name != "codes.py")
    assert set(re.findall(r'"(CB-[A-Z]+-\d\d)"', sources)) == set(RULES)


def test_codes_are_numbered_without_gaps_and_say_who_acts() -> None:
    series: dict[str, list[int]] = {}
    for rule in RULES.values():
        name, number = rule.code.rsplit("-", 1)
        series.setdefault(name, []).append(int(number))
        assert rule.who_acts is not Actor.nobody
        assert rule.severity in Severity
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in series.values())

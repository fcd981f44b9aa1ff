"""What a rule would have done with what was sent: told with the packets, and counted by how they ended."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from gateway.cli import app
from gateway.store.past import sent_since
from gateway.verdict import ReasonCode, Status
from tests.gateway.stage import BEGIN, CLIENTS, Clock, Scene, open_scene

RULE = {
    "code": "EP-NOTE-01",
    "require": 'invoice.note != "double"',
    "sentence": "the note says double",
    "cure": "Take it out.",
    "source": "a letter",
}


def history(scene: Scene) -> dict[str, str]:
    """Four invoices, two of them noted: one of each kind refused, one of each accepted; and one that is undecided."""
    made = {}
    for number, note, good in (
        ("INV-1", "double", False),
        ("INV-2", "", False),
        ("INV-3", "double", True),
        ("INV-4", "", True),
    ):
        if not good:
            scene.portal.next_time(scene.portal.refuses(ReasonCode.other))
        made[number] = scene.hand_over(number, note=note)
        scene.work()
        if good:
            scene.says(number, Status.accepted)
    made["INV-5"] = scene.sent("INV-5", note="double")
    return made


def clients(*rules: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return {**CLIENTS, "southern-grid": {**CLIENTS["southern-grid"], "rules": list(rules)}}


def asked(folder: Path, url: str, *words: str) -> Any:
    config = folder / "clearbill.yaml"
    content = {"database": url, "checklists": "checklists", "accounts": {}}
    for key in ("north", "south"):
        content["accounts"][key] = {"portal": "coupa"}
    config.write_text(yaml.safe_dump(content))
    ran = CliRunner().invoke(app, ["checklist", "backtest", *words, "--json", "--config", str(config)])
    return json.loads(ran.stdout) if ran.exit_code == 0 else ran


def test_a_rule_is_told_what_it_would_have_caught_and_what_good_it_would_have_stopped(
    database_url: str, tmp_path: Path
) -> None:
    with open_scene(database_url, tmp_path, clock=Clock()) as scene:
        made = history(scene)
    (tmp_path / "rule.yaml").write_text(yaml.safe_dump(RULE))
    (told,) = asked(tmp_path, database_url, str(tmp_path / "rule.yaml"), "--since", "2026-03-01")["rules"]
    assert (told["would_have_caught"], told["refused"]) == (1, 2)
    assert (told["would_have_stopped_good"], told["accepted"]) == (1, 2)
    assert (told["undecided_found"], told["undecided"]) == (1, 1)
    assert (told["caught"], told["stopped_good"]) == ([made["INV-1"]], [made["INV-3"]])
    assert told["could_not_be_evaluated"] == 0


def test_what_was_sent_before_the_day_is_not_asked(sqlite_url: str, tmp_path: Path) -> None:
    with open_scene(sqlite_url, tmp_path, clock=Clock()) as scene:
        history(scene)
        with scene.house.database.read() as tx:
            assert len(list(sent_since(tx, BEGIN))) == 5
            assert list(sent_since(tx, BEGIN + timedelta(days=1))) == []
            assert list(sent_since(tx, BEGIN, "southern-grid")) == []


def test_a_rule_in_force_is_named_by_its_code_and_asked_of_its_own_clients(sqlite_url: str, tmp_path: Path) -> None:
    with open_scene(sqlite_url, tmp_path, clock=Clock(), clients=clients(RULE)) as scene:
        history(scene)
    (told,) = asked(tmp_path, sqlite_url, "EP-NOTE-01", "--since", "2026-03-01")["rules"]
    assert (told["refused"], told["accepted"], told["undecided"]) == (0, 0, 0)
    assert asked(tmp_path, sqlite_url, "EP-NOTE-02", "--since", "2026-03-01").exit_code == 1


def test_what_a_rule_cannot_be_asked_of_counts_as_stopped_and_is_said(sqlite_url: str, tmp_path: Path) -> None:
    with open_scene(sqlite_url, tmp_path, clock=Clock()) as scene:
        history(scene)
    broken = {**RULE, "require": 'invoice.remit_to.code != "x"'}
    (tmp_path / "rule.yaml").write_text(yaml.safe_dump({"rules": [broken]}))
    (told,) = asked(tmp_path, sqlite_url, str(tmp_path / "rule.yaml"), "--since", "2026-03-01")["rules"]
    assert (told["could_not_be_evaluated"], told["would_have_caught"], told["would_have_stopped_good"]) == (5, 2, 2)


@pytest.mark.parametrize(
    ("text", "says"), [("code: x\n", "rules[1].code"), ("rules: [{}]\n", "rules[1]"), ("[", "YAML")]
)
def test_a_rule_that_is_none_is_refused_with_its_line(sqlite_url: str, tmp_path: Path, text: str, says: str) -> None:
    with open_scene(sqlite_url, tmp_path, clock=Clock()):
        pass
    (tmp_path / "rule.yaml").write_text(text)
    ran = asked(tmp_path, sqlite_url, str(tmp_path / "rule.yaml"), "--since", "2026-03-01")
    assert ran.exit_code == 3
    assert says in ran.stderr
    assert "rule.yaml, line" in ran.stderr

"""The dashboard and the alarms speak of figures that exist, say what to do, and ring when they should."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from gateway import monitoring
from gateway.exposition import scrape
from gateway.health import account_failed, pause_account
from gateway.monitoring.catalogue import FAMILIES
from gateway.monitoring.tally import Tally
from tests.gateway.stage import NORTH, Scene

FOLDER = Path(monitoring.__file__).parent
PROMTOOL = shutil.which("promtool")
RULES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
BOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))

_NAME = re.compile(r"\b(clearbill_\w+)(?:\{([^}]*)\})?")
_BY = re.compile(r"\b(?:by|on) \(([\w, ]*)\)")
_SIMPLE = re.compile(r"max(?: by \(([\w, ]+)\))? ?\((clearbill_\w+)(?:\{(\w+)=\"(\w+)\"\})?\) (>|==) (\d+)")


def expressions() -> Iterator[tuple[str, str]]:
    """Every expression with its place: alarms, panels, and what the board's variables ask for."""
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in BOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
    for variable in BOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["definition"]


def family_of(name: str) -> str:
    """A histogram is asked for by its parts."""
    return name if name in FAMILIES else re.sub(r"_(bucket|sum|count)$", "", name)


@pytest.mark.parametrize(("place", "expression"), list(expressions()))
def test_an_expression_speaks_of_what_is_told(place: str, expression: str) -> None:
    names = _NAME.findall(expression)
    assert names
    labels = {"le"}
    for name, selectors in names:
        family = FAMILIES[family_of(name)]
        labels |= set(family.labels)
        for selector in filter(None, re.split(r",\s*(?=\w+[=!])", selectors)):
            label = re.match(r"\w+", selector)
            assert label
            assert label[0] in family.labels, f"{name} has no label {label[0]}"
        grows = re.search(rf"(rate|increase)\({name}", expression)
        assert bool(grows) is (family.kind != "gauge"), f"{name} is a {family.kind}"
    for group in _BY.findall(expression):
        assert set(group.split(", ")) <= labels
    for opening, closing in ("()", "{}", "[]"):
        assert expression.count(opening) == expression.count(closing)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alarm_says_how_grave_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"]["summary"].endswith(".")
    assert rule["annotations"]["runbook"].rstrip().endswith(".")
    used = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
    kept = {label for group in re.findall(r"by \(([\w, ]*)\)", rule["expr"]) for label in group.split(", ")}
    assert used <= kept, "a label that the expression drops would be empty"
    grows = re.search(r"(increase|delta)\(", rule["expr"])
    assert grows or "for" in rule, "what stands for a moment only rings nobody"


def test_the_board_can_be_imported_and_asks_for_its_source() -> None:
    names = [variable["name"] for variable in BOARD["templating"]["list"]]
    assert names == ["datasource", "account"]
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(ids) == len(set(ids))
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"
            assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])


def test_every_figure_that_stands_for_trouble_has_an_alarm() -> None:
    alarmed = {family_of(name) for rule in RULES for name, _ in _NAME.findall(rule["expr"])}
    assert alarmed >= {
        "clearbill_account_paused",
        "clearbill_attempts_in_doubt_seconds",
        "clearbill_queue_jobs",
        "clearbill_queue_overdue_seconds",
        "clearbill_packets_overdue",
        "clearbill_packets_silent",
        "clearbill_checklist_faults",
        "clearbill_notice_failing_seconds",
        "clearbill_deliveries_unplaced_seconds",
    }


# --- do they ring? ------------------------------------------------------------------------------------------------


def ringing(scene: Scene) -> set[str]:
    """Alarms of the plain form `max by (...) (figure) > number` that hold at this moment, without their patience."""
    text = scrape(scene.house, Tally()).decode()
    samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    found = set()
    for rule in RULES:
        plain = _SIMPLE.match(rule["expr"])
        if plain is None:
            continue
        _, name, label, value, compare, limit = plain.groups()
        values = [one.value for one in samples if one.name == name and (not label or one.labels[label] == value)]
        if values and (max(values) > float(limit) if compare == ">" else max(values) == float(limit)):
            found.add(rule["alert"])
    return found


def test_a_house_that_works_rings_nobody(lite: Scene) -> None:
    lite.sent("A-1")
    lite.poll()
    assert ringing(lite) == set()


def test_troubles_ring(lite: Scene) -> None:
    lite.sent("A-1")
    lite.poll()
    lite.hand_over("A-2", orders=[{"number": "99"}])
    lite.work()
    lite.portal.next_time(lite.portal.loses_the_answer)
    lite.hand_over("A-3")
    with lite.house.queue.write() as tx:
        lite.house.queue.enqueue(tx, "no such work", "", "strange", max_attempts=1)
    lite.work()
    with lite.house.queue.write() as tx:
        for _ in range(6):
            account_failed(lite.house, tx, NORTH, "It answers nothing.", None)
        pause_account(lite.house, tx, NORTH, "It refused us.")
    lite.clock.passes(6 * 86_400)
    assert ringing(lite) == {
        "ClearbillAccountStopped",
        "ClearbillAccountFailing",
        "ClearbillDeadLetters",
        "ClearbillInDoubt",
        "ClearbillNotPolled",
        "ClearbillOverdue",
        "ClearbillQueueStuck",
        "ClearbillSilent",
    }


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool on this machine")
def test_prometheus_itself_understands_the_alarms(tmp_path: Path) -> None:
    assert PROMTOOL is not None
    subprocess.run([PROMTOOL, "check", "rules", str(FOLDER / "alerts.yaml")], check=True, capture_output=True)
    (tmp_path / "alerts.yaml").write_bytes((FOLDER / "alerts.yaml").read_bytes())
    stopped = {"eval_time": "10m", "alertname": "ClearbillAccountStopped", "exp_alerts": [_expected()]}
    stuck = {"eval_time": "40m", "alertname": "ClearbillQueueStuck", "exp_alerts": []}
    series = [
        {"series": 'clearbill_account_paused{account="north", instance="a"}', "values": "1x60"},
        {"series": 'clearbill_account_paused{account="north", instance="b"}', "values": "1x60"},
        {"series": 'clearbill_queue_overdue_seconds{account="north", kind="poll"}', "values": "5000x60"},
    ]
    told = {
        "rule_files": ["alerts.yaml"],
        "tests": [{"interval": "1m", "input_series": series, "alert_rule_test": [stopped, stuck]}],
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(told), "utf-8")
    ran = subprocess.run([PROMTOOL, "test", "rules", str(tmp_path / "test.yaml")], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def _expected() -> dict[str, Any]:
    (rule,) = (one for one in RULES if one["alert"] == "ClearbillAccountStopped")
    annotations = {name: text.replace("{{ $labels.account }}", "north") for name, text in rule["annotations"].items()}
    return {"exp_labels": {"severity": "critical", "account": "north"}, "exp_annotations": annotations}


def test_what_prometheus_is_told_is_well_formed(lite: Scene) -> None:
    if PROMTOOL is None:
        pytest.skip("no promtool on this machine")
    ran = subprocess.run([PROMTOOL, "check", "metrics"], input=scrape(lite.house, Tally()), capture_output=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr

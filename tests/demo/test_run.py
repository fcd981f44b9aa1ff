"""The demonstration as a newcomer starts it: it ends well, says so in figures, and leaves nothing running."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from gateway.adapter import Ability
from gateway.browser import SETTING as BROWSER
from gateway.demo.by_browser import PLAN
from gateway.demo.clients import BLUE_MESA, CLIENTS, COPPER_CREEK, HARBOR_GRID
from gateway.demo.packets import TROUBLES
from gateway.demo.run import demo
from gateway.house import open_house
from gateway.settings import load
from gateway.store import packets
from gateway.verdict import Stage
from tests.cxml_documents import faults_of, stored

ROOT = Path(__file__).parent.parent.parent
FEWEST = len(TROUBLES) + len(CLIENTS)
BUYERS = {client.buyer_id or client.key for client in CLIENTS.values() if client is not HARBOR_GRID}  # it has REST
PRODUCTS = {client.product for client in CLIENTS.values()}
pytestmark = pytest.mark.timeout(300)


@contextmanager
def started(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A demonstration in a process of its own, once its portals listen."""
    # A shell that starts tests in the background has Ctrl-C ignored; the person whom this stands for has not.
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    code += "from pathlib import Path; from gateway.demo.run import demo; "
    code += "sys.exit(demo(json=True, folder=Path(sys.argv[1])))"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), BROWSER: "none"},  # these are about the portals
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 60
        while not all((folder / f"{product}.port").exists() for product in PRODUCTS):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "the portals did not start"
            time.sleep(0.05)
        try:
            yield process
        finally:
            process.kill()


def portals_answer(folder: Path) -> bool:
    """Whether any of them still does."""
    return any(_answers((folder / f"{product}.port").read_text(encoding="ascii").strip()) for product in PRODUCTS)


def _answers(port: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/_sandbox/health").is_success
    except httpx.TransportError:
        return False


def test_a_whole_demonstration_ends_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a browser, which it says loudly."""
    monkeypatch.setenv(BROWSER, "none")
    folder = tmp_path / "demo"
    code = demo(seed=5, packets=FEWEST, json=True, folder=folder)
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert (found["unexpected"], found["lost_packets"], found["duplicate_invoices"]) == ([], [], [])
    assert code == 0
    assert (found["lost"], found["duplicates_at_portal"]) == (0, 0)
    assert found["handed_over"] == FEWEST == found["packets"] + found["refused_at_intake"]
    assert found["accepted"] + found["held"] + found["stopped"] == found["packets"]
    assert {trouble.name for trouble in TROUBLES} | {"clean"} == set(found["by_trouble"])
    assert {"bill_to", "number_suffix", "po_format", "po_line", "po_line_kind", "po_reference", "unit_mapping"} == set(
        found["corrections"]
    )
    for rate in ("portal_first_pass_rate", "buyer_first_pass_rate", "preflight_catch_rate"):
        assert 0 < found[rate] < 1
    assert found["cycle_time_p50_s"] > 0
    assert not portals_answer(folder)
    secrets = [path.read_text(encoding="utf-8").strip() for path in (folder / "secrets").iterdir()]
    log = (folder / "clearbill.log").read_text(encoding="utf-8")
    assert not any(secret in text for secret in secrets for text in (log, shown.out, shown.err))
    assert f"NO BROWSER, so that {COPPER_CREEK.name}" in " ".join(shown.err.split())
    check_documents_and_pushes(folder)


@pytest.mark.driven
def test_a_demonstration_with_a_browser_ends_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    code = demo(seed=6, packets=FEWEST, json=True, folder=folder)
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert (found["unexpected"], found["lost_packets"], found["duplicate_invoices"]) == ([], [], [])
    assert code == 0
    assert found["handed_over"] == FEWEST + len(PLAN)
    assert {trouble or "clean" for trouble, _ in PLAN} <= set(found["by_trouble"])
    with open_house(load(folder / "clearbill.yaml")) as house, house.database.read() as tx:
        driven = [one for one in packets.listed(tx, limit=1000) if one.client == COPPER_CREEK.key]
    assert Counter(one.stage for one in driven) == {Stage.accepted: len(PLAN) - 3, Stage.held: 3}
    (password,) = (path for path in (folder / "secrets").iterdir() if path.name.endswith(".password"))
    secret = password.read_text(encoding="utf-8").strip()
    assert secret not in (folder / "clearbill.log").read_text(encoding="utf-8") + shown.out + shown.err


def check_documents_and_pushes(folder: Path) -> None:
    """Everything that was written for either portal is valid by our own checks and by the official document types;
    and one client's verdicts have come by push alone."""
    with open_house(load(folder / "clearbill.yaml")) as house:
        documents = stored(house)
        adapter = house.portals.adapter(house.checklist(BLUE_MESA.key).account)
        with house.database.read() as tx:
            pushed = [one for one in packets.listed(tx, limit=1000) if one.client == BLUE_MESA.key]
    assert {name for body in documents.values() for name in BUYERS if name.encode() in body} == BUYERS
    assert {fault for body in documents.values() for fault in faults_of(body)} == set()
    assert Ability.push in adapter.abilities
    assert Ability.poll not in adapter.abilities, "what is accepted there was pushed"
    assert [one.stage for one in pushed].count(Stage.accepted) >= 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.soak)])
def test_an_interrupted_demonstration_ends_everything_it_started(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "demo"
    with started(folder) as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "Interrupted" in err
    assert not portals_answer(folder)


def test_portals_die_with_a_demonstration_that_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with started(folder) as process:
        process.kill()
        process.wait()
    deadline = time.monotonic() + 30
    while portals_answer(folder):
        assert time.monotonic() < deadline, "the portals outlived the demonstration"
        time.sleep(0.05)


def test_a_count_without_room_for_every_trouble_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo(packets=3, folder=tmp_path / "demo") == 1
    shown = capsys.readouterr()
    assert f"at least {FEWEST}" in " ".join(shown.err.split())
    assert shown.out == ""
    assert not (tmp_path / "demo").exists()


def test_a_folder_that_is_not_ours_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    assert demo(folder=tmp_path) == 1
    assert "left alone" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]

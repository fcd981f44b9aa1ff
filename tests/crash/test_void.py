"""A worker is killed while it takes an invoice back by a document: it is voided once, and the house knows it."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import yaml

from adapters.ariba.sandbox import Portal
from gateway.decisions import void
from gateway.house import House, open_house
from gateway.intake import accept
from gateway.packet import canonical_json
from gateway.settings import load
from gateway.store import cancellations, packets
from gateway.verdict import Stage
from gateway.worker import work_once
from tests.crash.cast import Being
from tests.crash.deaths import POINTS_OF_A_VOID
from tests.packets import ORDER_AT_PORTAL, packet

CLIENT = "river-power"
_WITHIN = 120.0  # seconds, spent only where something is wrong


@pytest.fixture
def portal() -> Iterator[Portal]:
    with Portal() as portal:
        portal.knobs(throttle=False)
        portal.orders([ORDER_AT_PORTAL])
        yield portal


@pytest.fixture
def config(
    portal: Portal, tmp_path: Path, request: pytest.FixtureRequest, database: str, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The settings of a house that sends through the network."""
    account = dict(portal.account())
    named = {name: f"CRASH_VOID_{name.upper()}" for name in account["secrets"]}
    for name, value in account.pop("secrets").items():
        monkeypatch.setenv(named[name], value)
    (tmp_path / "checklists").mkdir()
    checklist = {"client": CLIENT, "name": CLIENT, "account": CLIENT}
    (tmp_path / "checklists" / f"{CLIENT}.yaml").write_text(yaml.safe_dump(checklist), "utf-8")
    opened = {
        "portal": "ariba",
        "settings": {**account, "delivery": "lookup", "orders_from": "none"},
        "secrets": {name: f"env:{variable}" for name, variable in named.items()},
        "settling_seconds": 0.3,
        "poll_seconds": 3600,
        "requests_per_second": 2000,
    }
    url = request.getfixturevalue(f"{database}_url")
    values = {"database": url, "checklists": "checklists", "lease_seconds": 5.0, "accounts": {CLIENT: opened}}
    path = tmp_path / "clearbill.yaml"
    path.write_text(yaml.safe_dump(values), "utf-8")
    return path


def worker(config: Path, fate: str) -> Being:
    secrets = {name: value for name, value in os.environ.items() if name.startswith("CRASH_VOID_")}
    options = ("--config", str(config), "--alone", "--fate", fate)
    return Being("worker", options, secrets, config.parent / "worker.log")


def works_until(house: House, packet_id: str, stage: Stage) -> None:
    """This process works until the packet is there."""
    pause, waited = Event(), 0.0
    while waited < _WITHIN:
        while work_once(house):
            pass
        with house.database.read() as tx:
            record = packets.load(tx, packet_id)
        assert record is not None
        if record.stage is stage:
            return
        pause.wait(0.2)
        waited += 0.2
    pytest.fail(f"the packet is {record.stage} after {_WITHIN} s")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("point", "database"),
    [*((point, "sqlite") for point in POINTS_OF_A_VOID), (POINTS_OF_A_VOID[-1], "postgresql")],
)
def test_a_void_killed_in_between_is_done_once_and_known(portal: Portal, config: Path, point: str) -> None:
    values: Any = json.loads(canonical_json(packet()))
    values |= {"client": CLIENT, "source_id": "void"}
    with open_house(load(config), upgrade=True) as house:
        packet_id = accept(house, values, {}).packet_id
        works_until(house, packet_id, Stage.waiting)
        void(house, packet_id, "a person", "billed twice")
        doomed = worker(config, f"{point}:1:kill")
        try:
            assert doomed.ends(_WITHIN) == -signal.SIGKILL, (config.parent / "worker.log").read_text("utf-8")
        finally:
            doomed.bury()
        works_until(house, packet_id, Stage.stopped)
        with house.database.read() as tx:
            (attempt,) = packets.attempts(tx, packet_id)
            assert len(cancellations.of_attempt(tx, attempt.id)) == 1
    assert [held["status"] for held in portal.documents()] == ["canceled"]

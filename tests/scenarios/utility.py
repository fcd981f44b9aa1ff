"""A whole house billing the sandbox's utility over HTTP: intake, checklist, cXML, submission, verdict, correction."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import yaml

from adapters.ariba.sandbox import Portal
from adapters.ariba.sandbox.scenarios import ORDER, RULE_SET, Scenario
from gateway.adapter import Ability
from gateway.house import House, open_house
from gateway.intake import accept
from gateway.settings import settings_from
from gateway.store import events, packets
from gateway.store.packets import PacketRecord
from gateway.worker import work_once
from tests.scenarios.weeks import CLIENT, ORIGINAL, Handed, original_of

ACCOUNT = "river-ariba"


class Clock:
    """Stands until pauses of ours are to end."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Utility:
    """The house, the network's stand-in and the time between them."""

    house: House
    portal: Portal
    clock: Clock
    control: httpx.Client

    def set_up(self, scenario: Scenario) -> None:
        """Order and time cards as the utility has them, learnt by the house; and the invoice that is credited."""
        self.portal.time_cards(scenario.time_cards)
        if Ability.orders in self.house.portals.adapter(ACCOUNT).abilities:
            self.read_orders()
        if scenario.credits:
            self.run(original_of(scenario))
            self.portal.says(ORIGINAL, "approved")
            self.poll()

    def happens(self, scenario: Scenario) -> None:
        """What the utility does between the approval of hours and the invoice."""
        for path, body in scenario.before:
            self.control.post(f"/_sandbox/{path}", json=body).raise_for_status()

    def run(self, handed: Handed) -> str:
        """Hands a packet over and lets house and portal go on until both are at rest; answers its id."""
        packet_id = accept(self.house, handed.values, handed.files).packet_id
        for _ in range(4):
            self._work()
            self.poll()
        return packet_id

    def poll(self) -> None:
        """Reads the supplier's queue."""
        self._ring("poll")

    def read_orders(self) -> None:
        """Brings the order register up to date."""
        self._ring("orders")

    def _ring(self, kind: str) -> None:
        with self.house.queue.write() as tx:
            self.house.queue.enqueue(tx, kind, ACCOUNT, f"{kind}:{ACCOUNT}")
        self._work()

    def _work(self) -> None:
        """Everything that is due, and what falls due a moment later."""
        for _ in range(3):
            while work_once(self.house):
                pass
            self.clock.now += timedelta(seconds=2)

    # --- seeing

    def record(self, packet_id: str) -> PacketRecord:
        with self.house.database.read() as tx:
            record = packets.load(tx, packet_id)
        assert record is not None
        return record

    def documents(self, packet_id: str) -> list[bytes]:
        """Every document that was sent of a packet, first to last."""
        with self.house.database.read() as tx:
            sent = packets.attempts(tx, packet_id)
            return [packets.built_document(tx, packet_id, one.revision).content for one in sent]

    def history(self, packet_id: str) -> list[events.Event]:
        with self.house.database.read() as tx:
            return list(events.history(tx, packet_id))

    def rules_used(self, packet_id: str) -> tuple[str, ...]:
        """The corrections made, in their order."""
        corrected = [event for event in self.history(packet_id) if event.kind == "corrected"]
        return tuple(rule for event in corrected for rule in event.data["rules"])


@contextmanager
def open_utility(
    url: str, folder: Path, checklist: Mapping[str, Any], account: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[Utility]:
    """A house on an empty database with one client whose checklist says so much; and the utility, which approves what
    it has nothing against. `account`: settings of the account that are other than usual."""
    clock = Clock()
    with Portal() as portal, httpx.Client(base_url=portal.url, trust_env=False) as control:
        portal.rules(RULE_SET)
        portal.orders([ORDER])
        portal.knobs(script="approve", throttle=False)
        settings = settings_from(_settings(url, folder, portal, checklist, account), folder / "clearbill.yaml")
        with open_house(settings, clock=clock, upgrade=True) as house:
            yield Utility(house, portal, clock, control)


def _settings(
    url: str, folder: Path, portal: Portal, checklist: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, Any]:
    (folder / "checklists").mkdir()
    described = {"client": CLIENT, "name": "River Utility", "account": ACCOUNT, **checklist}
    (folder / "checklists" / f"{CLIENT}.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    account = portal.account()
    secrets = account.pop("secrets")
    references = {}
    for name, value in secrets.items():
        (folder / name).write_text(value, encoding="utf-8")
        (folder / name).chmod(0o600)
        references[name] = f"file:{folder / name}"
    described_account = {
        "portal": "ariba",
        "settings": {**account, "delivery": "pending", **changes},
        "secrets": references,
        "settling_seconds": 0,
        "requests_per_second": 10_000,
    }
    return {"database": url, "checklists": "checklists", "accounts": {ACCOUNT: described_account}}

"""The whole house at the stand-in: intake, queue, pipeline, store and a browser of its own; time goes by when told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gateway.health import resume_account
from gateway.house import House, open_house
from gateway.intake import accept
from gateway.packet import canonical_json
from gateway.settings import Settings
from gateway.store import accounts, events, packets
from gateway.store.database import blob
from gateway.verdict import Outcome, Stage, Verdict
from gateway.worker import work_once
from tests.adapters.oracle_isupplier.ebs.conftest import Office
from tests.gateway.stage import Clock, house_settings
from tests.packets import packet

ACCOUNT = "isupplier"
# Until a packet that is in doubt is asked for: an invoice may be pressed, answered and shown as late as this.
SETTLED = {"press_within_seconds": 300, "submit_seconds": 60, "visible_after_seconds": 0}


@dataclass
class Billing:
    """One supplier's house and the portal it bills through."""

    office: Office
    house: House
    clock: Clock

    def hand_over(self, number: str) -> str:
        """A packet of one invoice is accepted; answers its id."""
        return accept(self.house, json.loads(canonical_json(packet(number))), {}).packet_id

    def work(self) -> None:
        """Works off what is due, and what that makes due a moment later."""
        for _ in range(3):
            work_all(self.house)
            self.clock.passes(2)

    def later(self) -> None:
        """Long enough for doubts to be settled and pauses to end."""
        self.clock.passes(sum(SETTLED.values()) + 600)
        self.work()

    def poll(self) -> None:
        """Reads what changed at the portal."""
        with self.house.queue.write() as tx:
            self.house.queue.enqueue(tx, "poll", ACCOUNT, f"poll:{ACCOUNT}")
        self.work()

    def stage(self, packet_id: str) -> Stage:
        with self.house.database.read() as tx:
            record = packets.load(tx, packet_id)
        assert record is not None
        return record.stage

    def outcomes(self, packet_id: str) -> list[Outcome]:
        """Of every attempt, the oldest first."""
        with self.house.database.read() as tx:
            return [one.outcome for one in packets.attempts(tx, packet_id)]

    def verdicts(self, packet_id: str) -> list[Verdict]:
        with self.house.database.read() as tx:
            return [verdict for _, verdict, _ in packets.verdicts(tx, packet_id)]

    def is_stopped(self) -> bool:
        """Whether the account waits for a person."""
        with self.house.database.read() as tx:
            return accounts.load(tx, ACCOUNT).paused

    def resume(self) -> None:
        """A person has looked and lets the account go on."""
        resume_account(self.house, ACCOUNT, "a person")

    def pictures(self, packet_id: str) -> list[bytes]:
        """Every picture that is kept of it."""
        return [content for name, content in self.evidence(packet_id) if name.endswith(".jpeg")]

    def evidence(self, subject: str) -> list[tuple[str, bytes]]:
        """What is kept of a packet, or of `account:KEY`: names and bytes."""
        with self.house.database.read() as tx:
            told = [event for event in events.history(tx, subject) if event.kind == "evidence"]
            return [(file["name"], blob(tx, file["sha256"])) for event in told for file in event.data["files"]]

    def armed(self) -> int:
        """How many of the portal's faults have not struck yet."""
        answer = httpx.get(f"{self.office.portal.url}/{self.office.buyer}/_sandbox/faults", trust_env=False)
        return len(answer.raise_for_status().json()["faults"])


def work_all(house: House) -> None:
    """Until nothing is due."""
    while work_once(house):
        pass


@contextmanager
def open_billing(office: Office, database: str, folder: Path) -> Iterator[Billing]:
    """A new house whose one client is billed at this office's portal."""
    clock = Clock()
    with open_house(settings_of(office, database, folder), clock=clock, upgrade=True) as house:
        yield Billing(office, house, clock)


def settings_of(office: Office, database: str, folder: Path) -> Settings:
    """Settings with the secrets in files."""
    named = {}
    for name, value in office.secrets.items():
        (folder / name).write_text(value, encoding="utf-8")
        named[name] = f"file:{folder / name}"
    account: dict[str, Any] = {
        "portal": "oracle_isupplier",
        "concurrency": 1,
        "settings": {**office.settings, **SETTLED, "canary": True},
        "secrets": named,
    }
    clients = {"example-power": {"account": ACCOUNT}}
    return house_settings(database, folder, clients, {ACCOUNT: account}, lease_seconds=600)

"""A whole house that bills two buyers through one supplier's account on the network's stand-in, over real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from adapters.ariba.sandbox import Portal
from gateway.house import House, open_house
from gateway.intake import accept
from gateway.packet import canonical_json, json_from
from gateway.settings import Settings, load
from gateway.store import inbox, packets
from gateway.store.packets import AttemptRecord, PacketRecord
from gateway.worker import work_once
from tests.packets import ORDER_AT_PORTAL, packet

NORTH, SOUTH = "north", "south"
BUYERS = (NORTH, SOUTH)


@dataclass
class Network:
    """The house and the network it speaks to."""

    house: House
    portal: Portal

    def hand_over(self, number: str = "INV-1001", buyer: str = NORTH, **changes: Any) -> str:
        """A packet for one of the buyers; answers its id."""
        whole: Any = json_from(canonical_json(packet(number, **changes)))
        whole["client"], whole["source_id"] = buyer, f"tests/{buyer}/{number}"
        return accept(self.house, whole, {}).packet_id

    def sent(self, number: str = "INV-1001", buyer: str = NORTH) -> str:
        """A packet that the network has taken."""
        packet_id = self.hand_over(number, buyer)
        self.work()
        assert self.record(packet_id).transmissions == 1, self.record(packet_id)
        return packet_id

    def work(self) -> None:
        """Works off what is due."""
        while work_once(self.house):
            pass

    def ring(self, kind: str, account: str) -> None:
        """A timer rings, and what it orders is done."""
        with self.house.queue.write() as tx:
            self.house.queue.enqueue(tx, kind, account, f"{kind}:{account}")
        self.work()

    def poll(self, account: str = NORTH) -> None:
        """The queue is read, or the list."""
        self.ring("poll", account)

    def record(self, packet_id: str) -> PacketRecord:
        with self.house.database.read() as tx:
            record = packets.load(tx, packet_id)
        assert record is not None
        return record

    def attempt(self, packet_id: str) -> AttemptRecord:
        """The newest transmission."""
        with self.house.database.read() as tx:
            return packets.attempts(tx, packet_id)[-1]

    def unplaced(self) -> dict[str, int]:
        """How many delivered documents have found no place, by the account they came through."""
        with self.house.database.read() as tx:
            return {one.account: one.number for one in inbox.unplaced(tx)}


def network_settings(portal: Portal, url: str, folder: Path, *, lease_seconds: float = 180, **changes: Any) -> Settings:
    """Settings for both buyers; `changes` are laid over each account's portal settings."""
    checklists = folder / "checklists"
    checklists.mkdir(exist_ok=True)
    accounts: dict[str, Any] = {}
    for buyer in BUYERS:
        (checklists / f"{buyer}.yaml").write_text(
            yaml.safe_dump({"client": buyer, "name": buyer.title(), "account": buyer}), encoding="utf-8"
        )
        account = portal.account(buyer)
        named = {}
        for name, value in account.pop("secrets").items():
            path = folder / f"{buyer}-{name}"
            path.write_text(value, encoding="utf-8")
            named[name] = f"file:{path}"
        accounts[buyer] = {
            "portal": "ariba",
            "settings": account | changes,
            "secrets": named,
            "requests_per_second": 10_000,
            "settling_seconds": 0,
        }
    values = {
        "database": url,
        "checklists": "checklists",
        "accounts": accounts,
        "workers": 4,
        "lease_seconds": lease_seconds,
    }
    config = folder / "clearbill.yaml"
    config.write_text(yaml.safe_dump(values), encoding="utf-8")
    return load(config)


def portal_of_two_buyers(**supplier: Any) -> Portal:
    """The network with two buyers of one supplier, which have the same order open."""
    same = {"identity": "AN02000000042", **supplier}
    portal = Portal({"buyers": {buyer: {"supplier": same} for buyer in BUYERS}})
    portal.knobs(throttle=False)
    for buyer in BUYERS:
        portal.orders([ORDER_AT_PORTAL], buyer=buyer)
    return portal


@contextmanager
def open_network(url: str, folder: Path, **changes: Any) -> Iterator[Network]:
    """A new house with its orders read."""
    with (
        portal_of_two_buyers() as portal,
        open_house(network_settings(portal, url, folder, **changes), upgrade=True) as house,
    ):
        network = Network(house, portal)
        for buyer in BUYERS:
            network.ring("orders", buyer)
        yield network

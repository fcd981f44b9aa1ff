"""A stage for the core: a whole house on either database, portals in memory, and a clock that the test moves.

Every scene is looked over when its test is over: no event chain is broken, nobody is asked to act without who, what and
by when, and every packet that owes work has its job.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from gateway.adapter import Ability
from gateway.house import House, open_house
from gateway.intake import accept
from gateway.order import Order, OrderLine, OrderState
from gateway.packet import OrderLineKind, canonical_json, json_from
from gateway.pipeline import PIPELINE
from gateway.settings import Settings, settings_from
from gateway.store import accounts, events, packets, tables
from gateway.store.packets import AttemptRecord, PacketRecord
from gateway.verdict import Actor, Outcome, Stage, Status
from gateway.worker import work_once
from tests.gateway.fake_portal import FakePortal, FakePortals
from tests.packets import ORDER
from tests.packets import packet as small_packet

NORTH, SOUTH = "north", "south"
BEGIN = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
SETTLING = 60.0
CLIENTS: Mapping[str, Mapping[str, Any]] = {
    "example-power": {
        "account": NORTH,
        "number": {"after_rejected": "suffix", "suffix": "-R{n}"},
        "orders": {"form": {"pattern": r"45\d{8}", "says": "45 and eight digits", "example": ORDER}, "prefix": "45"},
        "text": {"forbidden": "<>"},
        "units": {"mapping": {"HR": "HUR"}},
        "payment": {"code": "NET30"},
    },
    "southern-grid": {"account": SOUTH},
}


class Clock:
    """Stands until a test moves it."""

    def __init__(self, now: datetime = BEGIN) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Scene:
    """One house at work, its portals and its time."""

    house: House
    portals: dict[str, FakePortal]
    clock: Clock

    @property
    def portal(self) -> FakePortal:
        """The portal of the client that tests use unless they say otherwise."""
        return self.portals[NORTH]

    # --- doing ----------------------------------------------------------------------------------------------------

    def hand_over(self, number: str = "INV-1001", **changes: Any) -> str:
        """A packet of one T&M week is accepted; answers its id. `client` and `source_id` are the packet's own."""
        return accept(self.house, handed(number, **changes), {}).packet_id

    def sent(self, number: str = "INV-1001", **changes: Any) -> str:
        """A packet that the portal has taken."""
        packet_id = self.hand_over(number, **changes)
        self.work()
        assert self.record(packet_id).stage is Stage.waiting
        return packet_id

    def work(self) -> None:
        """Works off everything that is due now."""
        while work_once(self.house):
            pass

    def later(self, seconds: float) -> None:
        """Time goes by, and whatever falls due is worked off."""
        self.clock.passes(seconds)
        self.work()

    def much_later(self, steps: int = 12, seconds: float = 400.0) -> None:
        """Long enough for every pause of ours to end several times."""
        for _ in range(steps):
            self.later(seconds)

    def poll(self, account: str = NORTH) -> None:
        """Reads what changed at the portal."""
        self.ring("poll", account)

    def read_orders(self, account: str = NORTH) -> None:
        """Brings the order register up to date."""
        self.portals[account].abilities.add(Ability.orders)
        self.ring("orders", account)

    def watch(self) -> None:
        """The watch over silence and deadlines makes its round, and its questions are asked."""
        self.ring("watch", "")

    def says(self, number: str, status: Status, *codes: Any, **how: Any) -> None:
        """The portal says something, and it is read."""
        self.portal.says(number, status, *codes, **how)
        self.poll()

    def ring(self, kind: str, account: str) -> None:
        """A timer rings, and what it orders is done."""
        with self.house.queue.write() as tx:
            self.house.queue.enqueue(tx, kind, account, f"{kind}:{account}")
        self.work()

    # --- seeing ---------------------------------------------------------------------------------------------------

    def record(self, packet_id: str) -> PacketRecord:
        with self.house.database.read() as tx:
            record = packets.load(tx, packet_id)
        assert record is not None
        return record

    def stage(self, packet_id: str) -> Stage:
        return self.record(packet_id).stage

    def attempts(self, packet_id: str) -> tuple[AttemptRecord, ...]:
        with self.house.database.read() as tx:
            return packets.attempts(tx, packet_id)

    def outcomes(self, packet_id: str) -> list[str]:
        return [attempt.outcome.value for attempt in self.attempts(packet_id)]

    def events(self, subject: str) -> list[events.Event]:
        with self.house.database.read() as tx:
            return list(events.history(tx, subject))

    def kinds(self, subject: str) -> list[str]:
        return [event.kind for event in self.events(subject)]

    def account(self, key: str = NORTH) -> accounts.AccountRecord:
        with self.house.database.read() as tx:
            return accounts.load(tx, key)

    def counts(self) -> dict[str, int]:
        """Rows of every table: two of these are equal when nothing was stored in between."""
        with self.house.database.read() as tx:
            return {
                table.name: int(tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
                for table in tables.metadata.sorted_tables
            }

    # --- what must always be true ---------------------------------------------------------------------------------

    def look_over(self) -> None:
        """Raises AssertionError where a promise that holds at any time is broken."""
        with self.house.database.read() as tx:
            everything = packets.listed(tx, limit=100_000)
            for (subject,) in tx.execute(sa.select(tables.event.c.subject).distinct()):
                assert events.broken_link(tx, subject) is None, f"the events of {subject} are broken"
            due = set(tx.execute(sa.select(tables.work.c.packet_id).where(tables.work.c.kind == "advance")).scalars())
            doubtful = tx.execute(
                sa.select(tables.attempt).where(
                    tables.attempt.c.outcome == Outcome.receipted, tables.attempt.c.portal_reference == ""
                )
            ).all()
        assert not doubtful, "recorded as sent without the portal's reference"
        for record in everything:
            if record.stage is Stage.held:
                assert record.who_acts is not Actor.nobody, f"{record.id} is held and nobody is to act"
                assert record.action.strip(), f"{record.id} is held without a next step"
                assert record.act_by is not None, f"{record.id} is held without a date"
            else:
                assert (record.who_acts, record.action) == (Actor.nobody, "")
            if record.stage in PIPELINE:
                assert record.id in due, f"{record.id} is {record.stage} and nobody works on it"


@contextmanager
def open_scene(
    url: str,
    folder: Path,
    *,
    clients: Mapping[str, Mapping[str, Any]] = CLIENTS,
    clock: Clock | None = None,
    account_changes: Mapping[str, Mapping[str, Any]] | None = None,
    **settings: Any,
) -> Iterator[Scene]:
    """A new house with these clients and one portal in memory for each of their accounts."""
    clock = clock or Clock()
    described = house_settings(url, folder, clients, account_changes or {}, **settings)
    portals = {key: FakePortal(key, clock) for key in described.accounts}
    with open_house(described, clock=clock, upgrade=True) as house:
        staged = dataclasses.replace(house, portals=FakePortals(portals))  # type: ignore[arg-type]
        yield Scene(staged, portals, clock)


def house_settings(
    url: str,
    folder: Path,
    clients: Mapping[str, Mapping[str, Any]] = CLIENTS,
    account_changes: Mapping[str, Mapping[str, Any]] | None = None,
    **settings: Any,
) -> Settings:
    """Settings with a checklist file for each client and an account for each that they name."""
    checklists = folder / "checklists"
    checklists.mkdir(exist_ok=True)
    for client, rules in clients.items():
        described = {"client": client, "name": client.title(), **rules}
        (checklists / f"{client}.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    keys = sorted({str(rules["account"]) for rules in clients.values()})
    usual = {"portal": "coupa", "settling_seconds": SETTLING, "requests_per_second": 10_000}
    described_accounts = {key: {**usual, **(account_changes or {}).get(key, {})} for key in keys}
    content = {"database": url, "checklists": "checklists", "accounts": described_accounts, "workers": 4, **settings}
    return settings_from(content, folder / "clearbill.yaml")


def handed(number: str = "INV-1001", *, client: str = "example-power", source_id: str = "", **changes: Any) -> Any:
    """A packet of one T&M week as an invoicing system hands it over; `changes` replace fields of the invoice."""
    lines = changes.pop("lines", None)
    whole: Any = json_from(canonical_json(small_packet(number, lines, **changes)))
    whole["client"] = client
    whole["source_id"] = source_id or f"tests/{number}"
    return whole


def order(number: str = ORDER, hours: str = "10000", **changes: Any) -> Order:
    """The purchase order that `tests.packets` bills, with so many hours on its labour line."""
    lines = (
        OrderLine(1, OrderLineKind.quantity, "Lineman", "", "HUR", Decimal(hours), Decimal("98.5"), None),
        OrderLine(2, OrderLineKind.quantity, "Mileage", "", "SMI", Decimal(90000), Decimal("0.67"), None),
        OrderLine(3, OrderLineKind.amount, "Materials", amount=Decimal(500000)),
    )
    values: dict[str, Any] = {"state": OrderState.open, "currency": "USD", "lines": lines, "portal_state": "issued"}
    return Order(number=number, **{**values, **changes})

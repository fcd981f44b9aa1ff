"""The office of the quarter: a whole house with real settings, the buyers' stand-ins as processes, and a clock that is
set by hand.

Two offices differ in their checklists alone. `BARE` clients' files name the account and how the client's documents are
written, and ask for nothing; no order register is read, and nothing may be corrected. `CHECKED` clients have their
samples from `checklists/clients`, completed by what the demonstration leaves out on purpose.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import httpx
import yaml

from gateway.demo.accounts import account_settings
from gateway.demo.clients import CLIENTS, HARBOR_GRID, SUMMIT_RIDGE
from gateway.demo.packets import Scenario
from gateway.demo.portal_control import PortalControl
from gateway.demo.stands import portals_running
from gateway.house import House, open_house
from gateway.settings import SAMPLE_CHECKLISTS, load
from gateway.worker import work_once
from tests.quarter.draw import Quarter

Kind = Literal["bare", "checked"]

COMPLETED: Mapping[str, Mapping[str, Any]] = {
    "blue-mesa-power": {"required_fields": [{"field": "BT-32", "called": "our tax number"}]},
}
"""What a coordinator of these clients would have written, and the samples of the demonstration leave out. Time sheets
come as data here, and are opened."""

RULES: Mapping[str, Mapping[str, Any]] = {
    "northlight-power": {},
    "cedar-valley-electric": {},
    "harbor-grid": {"knobs": {"max_attachments": 10}},
    "summit-ridge-electric": {
        "rules": {"invoice_number_pattern": r"SR-\d{4,8}(-R\d{1,2})?", "attachment_extensions": "pdf,json"}
    },
    "blue-mesa-power": {"rules": {"attachment_extensions": "pdf,json"}},
}
"""What the buyers demand beyond their set-up of the demonstration, in the stand-ins' own terms."""


class Clock:
    """Stands until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Office:
    """The house, its portals, and the time."""

    kind: Kind
    house: House
    portal: PortalControl
    clock: Clock
    control: httpx.Client
    stands: Mapping[str, str]

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(self.house.settings.accounts)

    def turn_to(self, moment: datetime) -> None:
        """It is that time, unless it is later already; on the network too."""
        self.clock.now = max(self.clock.now, moment)
        clock = f"{self.stands[SUMMIT_RIDGE.key]}/_sandbox/clock"
        told = datetime.fromisoformat(self.control.get(clock).raise_for_status().json()["now"])
        ahead = max((self.clock.now - told).total_seconds(), 0.0)
        self.control.post(f"{clock}/step", json={"seconds": ahead}).raise_for_status()

    def attached(self, client: str, number: str) -> list[dict[str, Any]]:
        """The papers that a portal has with an invoice."""
        row = self.control.get(self._invoice(client, number)).raise_for_status().json()
        found: list[dict[str, Any]] = row["attachments"]
        return found

    def send_back(self, client: str, number: str, words: str) -> None:
        """The buyer rejects an invoice."""
        said = {"status": "rejected", "comment": words}
        self.control.post(f"{self._invoice(client, number)}/status", json=said).raise_for_status()

    def _invoice(self, client: str, number: str) -> str:
        return f"{self.stands[client]}/_sandbox/invoices/{quote(number, safe='')}"

    def work(self) -> None:
        """Everything that is due, and what falls due a moment later."""
        for _ in range(3):
            while work_once(self.house):
                pass
            self.clock.now += timedelta(seconds=2)

    def ring(self, kind: Literal["poll", "orders"]) -> None:
        """Has every portal asked, as the timers do."""
        with self.house.queue.write() as tx:
            for account in self.accounts:
                self.house.queue.enqueue(tx, kind, account, f"{kind}:{account}")
        self.work()


@contextmanager
def open_office(kind: Kind, quarter: Quarter, folder: Path, now: datetime) -> Iterator[Office]:
    """An office on an empty database, its buyers with their orders and time cards."""
    clock = Clock(now)
    with ExitStack() as stack:
        stands = stack.enter_context(portals_running(folder, Scenario((), {}, _buyers(kind))))
        portal = stack.enter_context(closing(PortalControl(stands)))
        for client in CLIENTS:
            portal.put_orders(client, quarter.orders[client])
            if quarter.time_cards[client]:
                portal.put_time_cards(client, quarter.time_cards[client])
        settings = load(_written(kind, folder, stands))
        house = stack.enter_context(open_house(settings, clock=clock))
        control = stack.enter_context(httpx.Client(timeout=60.0, trust_env=False))
        yield Office(kind, house, portal, clock, control, stands)


def _buyers(kind: Kind) -> dict[str, dict[str, Any]]:
    buyers: dict[str, dict[str, Any]] = {}
    for key, client in CLIENTS.items():
        described = deepcopy(dict(client.portal))
        for name, values in RULES[key].items():
            described[name] = {**described.get(name, {}), **values}
        knobs: dict[str, Any] = {"throttle": False}
        if client.product == "ariba" and kind == "bare":
            knobs["orders_delivered"] = False
        buyers[key] = {**described, "knobs": {**described.get("knobs", {}), **knobs}}
    return buyers


def _written(kind: Kind, folder: Path, stands: Mapping[str, str]) -> Path:
    accounts: dict[str, Any] = {}
    (folder / "checklists").mkdir()
    for key in CLIENTS:
        sample = yaml.safe_load((SAMPLE_CHECKLISTS / f"{key}.yaml").read_text(encoding="utf-8"))
        file = _bare(sample) if kind == "bare" else _completed(sample, COMPLETED.get(key, {}))
        (folder / "checklists" / f"{key}.yaml").write_text(yaml.safe_dump(file, sort_keys=False), encoding="utf-8")
        accounts[sample["account"]] = _account(kind, folder, stands[key], key)
    content = {
        "database": "sqlite:///clearbill.db",
        "checklists": "checklists",
        "time_zone": "America/New_York",
        "workers": 1,
        "accounts": accounts,
    }
    path = folder / "clearbill.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def _bare(sample: Mapping[str, Any]) -> dict[str, Any]:
    """Who, where, and how documents are written. Second numbers are the portal's affair and stay as they are."""
    kept = {name: sample[name] for name in ("client", "name", "account")}
    series = {name: sample["number"][name] for name in ("after_failed", "suffix") if name in sample["number"]}
    return {**kept, "number": series, "tax": {"level": sample["tax"]["level"]}, "corrections": {"allowed": []}} | {
        "orders": {
            "required": False,
            "line_required": False,
            "contract_allowed": True,
            **dict.fromkeys(("rate_differs", "outside_validity", "expired", "site_differs"), "ignore"),
        }
    }


def _completed(sample: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    added = {name: [*sample.get(name, []), *values] for name, values in more.items()}
    attachments = sample["attachments"]
    taken = [*attachments["media_types"], "application/json"]
    return {**sample, **added, "attachments": {**attachments, "media_types": taken}, "timesheets": {"read": True}}


def _account(kind: Kind, folder: Path, stand: str, key: str) -> dict[str, Any]:
    """The demonstration's account; without a reading of orders where nothing is checked."""
    client = replace(CLIENTS[key])
    account = account_settings(folder, stand, key)
    account |= {"requests_per_second": 10_000, "settling_seconds": 0, "concurrency": 1}
    own: dict[str, Any] = account["settings"]
    if client.product == "ariba":
        own |= {"delivery": "pending", "orders_from": "pending" if kind == "checked" else "none"}
    elif kind == "bare":
        writes = ["core.invoice.write", "core.invoice.create"] if client.key == HARBOR_GRID.key else []
        own["scopes"] = ["core.invoice.read", *writes]
    return account

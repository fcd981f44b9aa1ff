"""The crash suite's world: a house on disk, a portal in a process of its own, workers and a supplier to be killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import yaml

from adapters.coupa.sandbox import Portal
from gateway.health import resume_account
from gateway.house import House, open_house
from gateway.settings import load
from gateway.store import accounts
from gateway.worker import work_once
from tests.crash.cast import Being
from tests.crash.checks import unsettled
from tests.crash.handing_in import acknowledged
from tests.crash.papers import BILL_TO, HILL, ORDER, RIVER

ROOT = Path(__file__).parents[2]
CLIENTS = (RIVER, HILL)
LEASE = 5.0
_CHECKLIST = """
client: {client}
name: {client}
account: {client}
contacts: [{{role: accounts payable, acts_for: client_ap, email: ap@{client}.example}}]
"""


class World:
    """One run: where everything lies and how to start, strike and ask it."""

    def __init__(self, folder: Path, database: str, url: str, secrets: dict[str, str], stack: ExitStack) -> None:
        self.folder, self.database, self.url = folder, database, url
        self.config, self.journal = folder / "clearbill.yaml", folder / "journal"
        self._secrets = secrets
        self._stack = stack
        self._started = 0
        self._control = stack.enter_context(httpx.Client(base_url=url, trust_env=False, timeout=30))

    # --- processes

    def worker(self, fate: str = "", threads: int = 3) -> Being:
        """A worker process, on its way up."""
        return self._start("worker", "--threads", str(threads), *(("--fate", fate) if fate else ()))

    def sleeper(self, point: str) -> Being:
        """A worker with one thread, frozen at that point. (With more, another might freeze holding SQLite's one write
        lock, and nobody could go on.)"""
        being = self._start("worker", "--alone", "--fate", f"{point}:1:stop")
        being.begun()
        frozen(being)
        return being

    def supplier(self, first: int, last: int, *, fate: str = "", pause: float = 0.0) -> Being:
        """A process that hands packets in, on its way up."""
        span = ("--first", str(first), "--last", str(last), "--pause", str(pause))
        return self._start("handing_in", "--journal", str(self.journal), *span, *(("--fate", fate) if fate else ()))

    def hand_in(self, first: int, last: int) -> None:
        """Hands packets in and waits until all are acknowledged."""
        assert self.supplier(first, last).ends(60) == 0, self.said()

    def _start(self, module: str, *options: str) -> Being:
        self._started += 1
        log = self.folder / f"{self._started:03d}-{module}.log"
        being = Being(module, ("--config", str(self.config), *options), self._secrets, log)
        self._stack.callback(being.bury)
        return being

    def said(self) -> str:
        """What the processes complained of, the newest last."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"== {log.name}\n{text}" for log in logs if (text := log.read_text("utf-8")[-3000:]))

    # --- the portal

    def ask(self, client: str, path: str) -> Any:
        """One look by the portal's control door."""
        answer = self._control.get(f"/{client}/_sandbox/{path}")
        return answer.raise_for_status().json()

    def order(self, client: str, path: str, body: dict[str, Any]) -> None:
        """One order by the portal's control door."""
        self._control.post(f"/{client}/_sandbox/{path}", json=body).raise_for_status()

    def fault(self, client: str, kind: str, **values: Any) -> None:
        """The portal does this to the next submission."""
        self.order(client, "faults", {"kind": kind, "door": "submit", "times": 1, **values})

    def calm(self) -> None:
        """No more faults."""
        for client in CLIENTS:
            self._control.delete(f"/{client}/_sandbox/faults").raise_for_status()

    def at_portal(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that each client's portal holds."""
        return {client: self.ask(client, "invoices")["invoices"] for client in CLIENTS}

    # --- the house

    @contextmanager
    def house(self) -> Iterator[House]:
        """The house as a bystander sees it; nothing works in it."""
        with open_house(load(self.config)) as house:
            yield house

    def acknowledged(self) -> dict[str, str]:
        """What the supplier was told: packet ids by source id."""
        return acknowledged(self.journal)

    def settle_down(self, house: House, within: float = 60.0) -> None:
        """Waits until nothing is under way any more, resuming accounts as a person would."""
        end = time.monotonic() + within
        pause = Event()
        while left := unsettled(house, self.at_portal()):
            assert time.monotonic() < end, f"still under way after {within} s: {left}\n{self.said()}"
            resume(house)
            pause.wait(0.2)


def resume(house: House) -> None:
    """A person lets accounts go on whose breaker opened."""
    with house.database.read() as tx:
        stopped = [one.key for one in accounts.every(tx) if one.open_until is not None]
    for key in stopped:
        resume_account(house, key, "a person")


def stop(being: Being) -> int | None:
    """A clean stop, not before it has begun; answers the exit code."""
    being.begun()
    being.strike(signal.SIGTERM)
    return being.ends()


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


@contextmanager
def open_world(folder: Path, database: str) -> Iterator[World]:
    """A portal with two clients' instances, their orders read, and an empty house."""
    buyers = {client: _buyer() for client in CLIENTS}
    (folder / "portal.json").write_text(json.dumps({"buyers": buyers}), "utf-8")
    with ExitStack() as stack:
        url = _started_portal(folder, stack)
        secrets = _write_settings(folder, database, url, buyers)
        os.environ.update(secrets)
        stack.callback(lambda: [os.environ.pop(name) for name in secrets])
        with open_house(load(folder / "clearbill.yaml"), upgrade=True) as house:
            with house.queue.write() as tx:
                for client in CLIENTS:
                    house.queue.enqueue(tx, "orders", client, f"orders:{client}")
            while work_once(house):
                pass
        yield World(folder, database, url, secrets, stack)


def _buyer() -> dict[str, Any]:
    return {"orders": [ORDER], "bill_to_name": BILL_TO, "knobs": {"throttle": False}}


def _started_portal(folder: Path, stack: ExitStack) -> str:
    process = subprocess.Popen(
        [sys.executable, "-m", "adapters.coupa.sandbox", "--config", str(folder / "portal.json")],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    stack.callback(_end, process)
    assert process.stdout is not None
    return process.stdout.readline().decode().split()[-1]


def _write_settings(folder: Path, database: str, url: str, buyers: dict[str, Any]) -> dict[str, str]:
    """The settings file and checklists; answers the secrets for the environment."""
    checklists = folder / "checklists"
    checklists.mkdir()
    secrets: dict[str, str] = {}
    opened: dict[str, Any] = {}
    with Portal({"buyers": buyers}) as twin:  # knows what an account needs to connect
        for client in CLIENTS:
            (checklists / f"{client}.yaml").write_text(_CHECKLIST.format(client=client), "utf-8")
            account = twin.account(client)
            prefix = f"CRASH_{client}_".replace("-", "_").upper()
            named = {name: f"{prefix}{name.upper()}" for name in account["secrets"]}
            secrets |= {named[name]: value for name, value in account.pop("secrets").items()}
            account |= {"url": f"{url}/{client}", "csp_url": f"{url}/csp", "token_delay_seconds": 0}
            account["transport"] = "rest" if client == HILL else "cxml"
            opened[client] = {
                "portal": "coupa",
                "settings": account,
                "secrets": {name: f"env:{variable}" for name, variable in named.items()},
                "concurrency": 12,
                "requests_per_second": 2000,
                "settling_seconds": 0.3,
                "poll_seconds": 1,
            }
    values = {
        "database": database,
        "checklists": "checklists",
        "workers": 12,
        "lease_seconds": LEASE,
        "accounts": opened,
    }
    (folder / "clearbill.yaml").write_text(yaml.safe_dump(values), "utf-8")
    return secrets


def frozen(being: Being, within: float = 20.0) -> None:
    """Waits until it has stopped in its tracks."""
    end, pause = time.monotonic() + within, Event()
    while Path(f"/proc/{being.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < end, f"process {being.pid} did not freeze"
        assert being.lives(), f"process {being.pid} is gone"
        pause.wait(0.02)

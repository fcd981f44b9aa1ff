"""A small billing office for tests of the command line: a settings file, one client, one portal's stand-in on HTTP.

`office.run("status", "--json")` types a command as a user would and answers what came back.
"""

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import yaml
from typer.testing import CliRunner

from adapters.coupa.sandbox import Portal
from gateway.cli import app
from gateway.house import House, open_house
from gateway.packet import canonical_json
from gateway.settings import load
from gateway.store import accounts
from gateway.worker import work_once
from tests.packets import ORDER_AT_PORTAL, packet

ACCOUNT, CLIENT = "example-coupa", "example-power"
CHECKLIST: dict[str, Any] = {
    "client": CLIENT,
    "name": "Example Power",
    "account": ACCOUNT,
    "contacts": [
        {"role": "accounts payable", "acts_for": "client_ap", "email": "ap@power.example", "phone": "+1 555 0199"},
        {"role": "billing lead", "acts_for": "us", "email": "billing@line.example"},
    ],
    "procedure": "## Weekly\n\n1. One invoice a week.\n",
    "orders": {
        "form": {"pattern": r"45\d{8}", "says": "45 and eight digits", "example": "4500012345"},
        "prefix": "45",
    },
    "cut_off": {"weekday": "friday", "hour": "17:00", "time_zone": "America/Chicago"},
}


@dataclass(frozen=True)
class Ran:
    """A command that was typed: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as exactly one JSON value."""
        return json.loads(self.out)


@dataclass
class Office:
    """One installation on disk, and the portal it sends to."""

    folder: Path
    portal: Portal

    @property
    def config(self) -> Path:
        return self.folder / "clearbill.yaml"

    def run(self, *words: object, columns: int = 100) -> Ran:
        """Types `clearbill WORDS --config ...`."""
        typed = [*(str(word) for word in words), "--config", str(self.config)]
        ran = CliRunner().invoke(app, typed, env={"COLUMNS": str(columns), "CLEARBILL_USER": "Robin"})
        return Ran(ran.exit_code, ran.stdout, ran.stderr)

    def write(self, number: str = "INV-1001", spoil: Callable[[dict[str, Any]], None] | None = None, **of: Any) -> Path:
        """A packet's file, ready to be handed over; `spoil` changes its JSON first."""
        values = json.loads(canonical_json(packet(number, **of)))
        if spoil:
            spoil(values)
        path = self.folder / f"{number}.json"
        path.write_text(json.dumps(values))
        return path

    def submitted(self, number: str = "INV-1001", **of: Any) -> str:
        """A packet that was handed over by the command; answers its id."""
        ran = self.run("submit", self.write(number, **of), "--json")
        assert ran.code == 0, ran.err
        return str(ran.json["files"][0]["packet"])

    def settings(self, **changes: Any) -> None:
        """Changes the settings file."""
        self.config.write_text(yaml.safe_dump({**yaml.safe_load(self.config.read_text()), **changes}))

    @contextmanager
    def house(self) -> Iterator[House]:
        """The installation, open beside the commands."""
        with open_house(load(self.config)) as house:
            yield house

    def works(self, *kinds: str) -> None:
        """A worker passes by until nothing is left to do; then jobs of these kinds (poll, orders) are rung for."""
        with self.house() as house:
            _work_off(house)
            with house.queue.write() as tx:
                for kind in kinds:
                    house.queue.enqueue(tx, kind, ACCOUNT, f"{kind}:{ACCOUNT}")
            _work_off(house)


def _work_off(house: House) -> None:
    """Works until no job is left but those given up and those of a stopped account; what is due soon is waited for."""
    for _ in range(500):
        while work_once(house):
            pass
        with house.database.read() as tx:
            waiting = {account for account, state in house.queue.waiting(tx) if state == "ready"}
            if all(account and accounts.load(tx, account).paused for account in waiting):
                return
        Event().wait(0.01)


@contextmanager
def open_office(folder: Path) -> Iterator[Office]:
    """A fresh installation in a folder."""
    with Portal() as portal:
        portal.orders([ORDER_AT_PORTAL])
        account = portal.account()
        (folder / "secrets").mkdir()
        secrets = {}
        for name, value in account.pop("secrets").items():
            file = folder / "secrets" / name
            file.write_text(f"{value}\n")
            file.chmod(0o600)
            secrets[name] = f"file:{file}"
        (folder / "checklists").mkdir()
        (folder / "checklists" / "example-power.yaml").write_text(yaml.safe_dump(CHECKLIST))
        settings = {
            "database": "sqlite:///clearbill.db",
            "checklists": "checklists",
            "time_zone": "America/Chicago",
            "accounts": {
                ACCOUNT: {
                    "portal": "coupa",
                    "settings": {**account, "token_delay_seconds": 0},
                    "secrets": secrets,
                    "settling_seconds": 0,
                    "requests_per_second": 1000,
                }
            },
        }
        (folder / "clearbill.yaml").write_text(yaml.safe_dump(settings))
        yield Office(folder, portal)


def zipped(path: Path, files: dict[str, bytes | str], **how: Any) -> Path:
    """A ZIP with these files."""
    with zipfile.ZipFile(path, "w", **how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path

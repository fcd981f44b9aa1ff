"""The yard that benches run in: a portal's stand-in as a process of its own, and an installation that sends to it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from adapters.coupa.sandbox import Portal

ROOT = Path(__file__).parents[2]
CLIENT = "northlight-power"
ACCOUNT = "northlight-coupa"
OTHERS = ("cedar-valley-coupa", "harbor-grid-coupa")
BARE = "bare"  # the same buyer once more, for documents that were sent before


@dataclass(frozen=True)
class Yard:
    """A sandbox that listens at `url`, with one buyer for the pipeline and the same again for the bare loop."""

    url: str
    account: Mapping[str, Any]
    secrets: Mapping[str, str]
    pid: int

    def control(self, buyer: str, method: str, what: str, body: object = None) -> Any:
        """Asks the sandbox's control API; its JSON."""
        with httpx.Client(trust_env=False, timeout=300) as http:
            answer = http.request(method, f"{self.url}/{buyer}/_sandbox/{what}", json=body)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def open_yard(folder: Path, portal: Mapping[str, Any]) -> Iterator[Yard]:
    """Starts the sandbox with the buyer as the scenario sets it up, its throttle off; ends it on leaving."""
    knobs = {**portal.get("knobs", {}), "throttle": False}
    with Portal() as template:
        template.add_buyer(CLIENT, dict(portal))
        account = template.account(CLIENT)
    twin = {**portal, "buyer_identity": account["buyer_identity"], "knobs": knobs}
    buyers = {CLIENT: {**portal, "knobs": knobs}, BARE: twin}
    with standing("coupa", folder, {"buyers": buyers}) as (url, pid):
        secrets = account.pop("secrets")
        yield Yard(url, {**account, "url": f"{url}/{CLIENT}"}, secrets, pid)


@contextmanager
def standing(product: str, folder: Path, config: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """A product's sandbox as a process of its own; answers where it listens and its id, and ends it on leaving."""
    written, portfile = folder / f"{product}.json", folder / f"{product}.port"
    written.write_text(json.dumps(config, default=str))
    command = [sys.executable, "-m", f"adapters.{product}.sandbox", "--portfile", str(portfile)]
    with subprocess.Popen(
        [*command, "--config", str(written), "--until-stdin-ends"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()  # says that it listens
        try:
            yield f"http://127.0.0.1:{portfile.read_text().strip()}", process.pid
        finally:
            process.stdin.close()  # and it ends
            process.wait(timeout=30)


def configure(yard: Yard, folder: Path, *, workers: int, **account: Any) -> Path:
    """Writes the settings of an installation on the default database that sends through `yard`, its rate no hindrance,
    and puts the secrets that they name into the environment."""
    os.environ.update({f"BENCH_{name.upper()}": value for name, value in yard.secrets.items()})
    secrets = {name: f"env:BENCH_{name.upper()}" for name in yard.secrets}
    settings = {**yard.account, "token_delay_seconds": 0.0, **account}
    one = {"portal": "coupa", "settings": settings, "secrets": secrets, "poll_seconds": 0, "orders_seconds": 0}
    full = {**one, "requests_per_second": 10_000, "concurrency": 8}
    path = folder / "clearbill.yaml"
    path.write_text(
        yaml.safe_dump({"accounts": {ACCOUNT: full, **{name: {**one} for name in OTHERS}}, "workers": workers})
    )
    return path

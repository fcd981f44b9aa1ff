"""The portals' stand-ins of the demonstration: each product's in a process of its own, one buyer for each client."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from json import dumps
from pathlib import Path

import adapters
from gateway.demo.accounts import made_up_secrets, secret_file, stand_config
from gateway.demo.clients import EVERY_CLIENT, Product
from gateway.demo.packets import Scenario
from gateway.errors import NotPossible

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


@contextmanager
def portals_running(folder: Path, scenario: Scenario) -> Iterator[Mapping[str, str]]:
    """All stand-ins; answers where each client's is found, and ends them at the end.

    Raises NotPossible with its own words where one does not start."""
    made_up = {client: made_up_secrets(client) for client in scenario.portals}
    _keep_secrets(folder, made_up)
    products = list(dict.fromkeys(EVERY_CLIENT[client].product for client in scenario.portals))
    stands: dict[str, str] = {}
    with ExitStack() as stack:
        processes = []
        for product in products:
            there = {key: set_up for key, set_up in scenario.portals.items() if EVERY_CLIENT[key].product == product}
            _write_private(folder / f"{product}.json", dumps(stand_config(there, made_up), indent=2))
            processes.append((product, there, stack.enter_context(_running(folder, product))))
        for product, there, process in processes:
            port = _port_from(folder, product, process)
            stands |= {key: f"http://127.0.0.1:{port}/{key}" for key in there}
        yield stands


@contextmanager
def _running(folder: Path, product: Product) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", f"adapters.{product}.sandbox", "--port", "0"]
    command += ["--portfile", str(folder / f"{product}.port"), "--config", str(folder / f"{product}.json")]
    command += ["--until-stdin-ends"]
    root = str(Path(adapters.__file__).resolve().parent.parent)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}
    with (folder / f"{product}.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.PIPE,  # ends with us, however we end
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,  # Ctrl-C is for us: the portals go last
        )
    try:
        yield process
    finally:
        _end(process)


def _port_from(folder: Path, product: Product, process: "subprocess.Popen[bytes]") -> int:
    """The port, once the stand-in listens on it."""
    deadline, pause = time.monotonic() + _START_SECONDS, threading.Event()
    port_file = folder / f"{product}.port"
    while not port_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            said = (folder / f"{product}.log").read_text(encoding="utf-8", errors="replace").strip()
            raise NotPossible(f"the stand-in for {product} did not start: {said[-2000:] or 'it said nothing'}")
        pause.wait(0.02)
    return int(port_file.read_text(encoding="ascii"))


def _end(process: "subprocess.Popen[bytes]") -> None:
    with process:  # closes the pipe and waits
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _keep_secrets(folder: Path, made_up: Mapping[str, Mapping[str, str]]) -> None:
    (folder / "secrets").mkdir(mode=0o700)
    for client, values in made_up.items():
        for name, value in values.items():
            _write_private(secret_file(folder, client, name), f"{value}\n")


def _write_private(path: Path, text: str) -> None:
    """A file that nobody else may read, from its first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)

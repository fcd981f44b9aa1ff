"""The demonstration's set: a folder of its own, real settings in it, and the portals as a process of their own.

Everything the demonstration makes stands in one folder: `clearbill.yaml`, the three clients' checklists, the database,
the secrets (made up for this run, readable by the owner alone) and both logs. A folder is emptied only when the marker
says that a demonstration made it.
"""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from json import dumps
from pathlib import Path
from typing import Any

import structlog
import yaml

import adapters
from checklists.checklist import load_folder
from gateway.demo.clients import CLIENTS, HARBOR_GRID, SELLER
from gateway.demo.packets import Scenario
from gateway.errors import NotPossible
from gateway.settings import SAMPLE_CHECKLISTS

MARKER = ".clearbill-demo"
_MARKED = "Made by `clearbill demo`, which empties this folder at its next run. Copy what you want to keep.\n"
_SUPPLIER_IDENTITY = "ridgeline-demo"
_SUPPLIER_ID = 101
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_SCOPES = ("core.invoice.read", "core.invoice.write", "core.invoice.create", "core.purchase_order.read")


# --- the folder ---------------------------------------------------------------------------------------------------


@contextmanager
def fresh_folder(wanted: Path) -> Iterator[Path]:
    """An empty folder with the marker in it, ours alone until the end. Raises NotPossible for anything else's folder
    and while another demonstration is playing in it."""
    folder = wanted.absolute()
    _refuse_what_is_not_ours(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        marker = (folder / MARKER).open("a", encoding="utf-8")
    except OSError as fault:
        raise NotPossible(f"{folder} cannot be made ({fault.strerror}). Name another folder with --folder.") from None
    with marker:
        try:
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            message = f"another demonstration is playing in {folder}. Wait for its end, or name another with --folder."
            raise NotPossible(message) from None
        _empty(folder)
        marker.truncate(0)
        marker.write(_MARKED)
        marker.flush()
        yield folder


def _refuse_what_is_not_ours(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise NotPossible(f"{folder} is not a folder. Name another with --folder.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        message = f"{folder} holds something that no demonstration made, so it is left alone. Name another folder"
        raise NotPossible(f"{message} with --folder, or empty it yourself.")


def _empty(folder: Path) -> None:
    for child in folder.iterdir():
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child)
        elif child.name != MARKER:
            child.unlink()


def _write_private(path: Path, text: str) -> None:
    """A file that nobody else may read, from its first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


# --- the portals --------------------------------------------------------------------------------------------------


@contextmanager
def portals_running(folder: Path, scenario: Scenario) -> Iterator[str]:
    """The sandbox with one buyer for each client, in a process of its own; answers its URL and ends it at the end.

    Raises NotPossible with its own words where it does not start."""
    made_up = {client: _made_up_secrets() for client in scenario.portals}
    _keep_secrets(folder, made_up)
    buyers = {client: _buyer(client, set_up, made_up[client]) for client, set_up in scenario.portals.items()}
    config, port_file = folder / "portal.json", folder / "portal.port"
    _write_private(config, dumps({"buyers": buyers}, indent=2))
    command = [sys.executable, "-m", "adapters.coupa.sandbox", "--port", "0"]
    command += ["--portfile", str(port_file), "--config", str(config), "--until-stdin-ends"]
    root = str(Path(adapters.__file__).resolve().parent.parent)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}
    with (folder / "portal.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.PIPE,  # ends with us, however we end
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,  # Ctrl-C is for us: the portals go last
        )
    try:
        yield f"http://127.0.0.1:{_port_from(port_file, process, folder)}"
    finally:
        _end(process)


def _port_from(port_file: Path, process: "subprocess.Popen[bytes]", folder: Path) -> int:
    """The port, once the sandbox listens on it."""
    deadline, pause = time.monotonic() + _START_SECONDS, threading.Event()
    while not port_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            said = (folder / "portal.log").read_text(encoding="utf-8", errors="replace").strip()
            raise NotPossible(f"the portals' stand-in did not start: {said[-2000:] or 'it said nothing'}")
        pause.wait(0.02)
    return int(port_file.read_text(encoding="ascii"))


def _end(process: "subprocess.Popen[bytes]") -> None:
    with process:  # closes the pipe and waits
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _made_up_secrets() -> dict[str, str]:
    names = ("shared_secret", "client_id", "client_secret")
    return {name: f"demo-{secrets.token_hex(12)}" for name in names}


def _keep_secrets(folder: Path, made_up: Mapping[str, Mapping[str, str]]) -> None:
    (folder / "secrets").mkdir(mode=0o700)
    for client, values in made_up.items():
        for name, value in values.items():
            _write_private(_secret_file(folder, client, name), f"{value}\n")


def _secret_file(folder: Path, client: str, name: str) -> Path:
    return folder / "secrets" / f"{client}.{name}"


def _buyer(client: str, set_up: Mapping[str, Any], made_up: Mapping[str, str]) -> dict[str, Any]:
    """One buyer's configuration of the sandbox: the scenario's rules, and who may sign in."""
    return {
        **set_up,
        "buyer_domain": "NetworkID",
        "buyer_identity": client,
        "supplier": {
            "id": _SUPPLIER_ID,
            "name": SELLER["name"],
            "number": SELLER["code"],
            "domain": "DUNS",
            "identity": _SUPPLIER_IDENTITY,
            "shared_secret": made_up["shared_secret"],
            "payment_term": f"Net {CLIENTS[client].net_days}",
        },
        "client_id": made_up["client_id"],
        "client_secret": made_up["client_secret"],
    }


# --- our own settings ---------------------------------------------------------------------------------------------


def write_settings(folder: Path, portals: str) -> Path:
    """Writes `clearbill.yaml` with the three accounts, and copies the checklists beside it; answers its path."""
    shutil.copytree(SAMPLE_CHECKLISTS, folder / "checklists")
    of_client = {key: checklist.account for key, checklist in load_folder(SAMPLE_CHECKLISTS).items()}
    content = {
        "database": "sqlite:///clearbill.db",
        "checklists": "checklists",
        "time_zone": "America/New_York",
        "workers": 4,
        "lease_seconds": 60,
        "accounts": {of_client[client]: _account(folder, portals, client) for client in CLIENTS},
    }
    path = folder / "clearbill.yaml"
    words = "# Settings of the demonstration. The portals behind these addresses run only while it plays.\n"
    path.write_text(words + yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def _account(folder: Path, portals: str, client: str) -> dict[str, Any]:
    """One account as `clearbill.yaml` has it. Harbor Grid is billed by REST, the others by cXML."""
    by_rest = client == HARBOR_GRID.key
    names = ("client_id", "client_secret") if by_rest else ("shared_secret", "client_id", "client_secret")
    return {
        "portal": "coupa",
        "concurrency": 4,
        "requests_per_second": 20,
        "settling_seconds": 0.5,
        "order_balance_counts": "submitted",
        "settings": {
            "url": f"{portals}/{client}",
            "transport": "rest" if by_rest else "cxml",
            "status_source": "core_rest",
            "supplier_domain": "DUNS",
            "supplier_identity": _SUPPLIER_IDENTITY,
            "supplier_id": _SUPPLIER_ID,
            "supplier_name": SELLER["name"],
            "buyer_domain": "NetworkID",
            "buyer_identity": client,
            "scopes": list(_SCOPES),
            "token_delay_seconds": 0,
            "poll_overlap_seconds": 5,
        },
        "secrets": {name: f"file:{_secret_file(folder, client, name)}" for name in names},
    }


# --- around the play ----------------------------------------------------------------------------------------------


@contextmanager
def log_kept(path: Path) -> Iterator[list[str]]:
    """The program's own log goes to a file while the demonstration plays, one JSON object a line.

    Answers a list to which the name of every error is added: there should be none."""
    before = structlog.get_config()
    errors: list[str] = []

    def noted(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if name in ("error", "critical", "exception"):
            errors.append(f"{event.get('event')}: {event.get('error', '')}")
        return event

    with path.open("w", encoding="utf-8") as file:
        structlog.configure(
            processors=[
                noted,
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(),
            ],
            logger_factory=structlog.WriteLoggerFactory(file=file),
        )
        try:
            yield errors
        finally:
            structlog.configure(**before)


@contextmanager
def told_to_stop_like_ctrl_c() -> Iterator[None]:
    """SIGTERM and a closed terminal end the demonstration as Ctrl-C does: everything it started is ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt

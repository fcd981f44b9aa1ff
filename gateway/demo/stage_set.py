"""The demonstration's set: a folder of its own, with real settings in it.

Everything the demonstration makes stands in one folder: `clearbill.yaml`, the clients' checklists, the database, the
secrets (made up for this run, readable by the owner alone) and all logs. A folder is emptied only when the marker says
that a demonstration made it.
"""

import fcntl
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
import yaml

from checklists.library import load_folder
from gateway.demo.accounts import account_settings
from gateway.demo.clients import EVERY_CLIENT
from gateway.errors import NotPossible
from gateway.settings import SAMPLE_CHECKLISTS

MARKER = ".clearbill-demo"
_MARKED = "Made by `clearbill demo`, which empties this folder at its next run. Copy what you want to keep.\n"


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


# --- our own settings ---------------------------------------------------------------------------------------------


def write_settings(folder: Path, stands: Mapping[str, str]) -> Path:
    """Writes `clearbill.yaml` with an account for each client, and copies the checklists beside it; answers its path.

    `stands`: where each client's portal is found."""
    shutil.copytree(SAMPLE_CHECKLISTS, folder / "checklists")
    for absent in EVERY_CLIENT.keys() - stands.keys():
        (folder / "checklists" / f"{absent}.yaml").unlink()
    of_client = {key: versions[-1].account for key, versions in load_folder(SAMPLE_CHECKLISTS).versions.items()}
    content = {
        "database": "sqlite:///clearbill.db",
        "checklists": "checklists",
        "time_zone": "America/New_York",
        "workers": 4,
        "lease_seconds": 60,
        "accounts": {of_client[key]: account_settings(folder, stands[key], key) for key in stands},
    }
    path = folder / "clearbill.yaml"
    words = "# Settings of the demonstration. The portals behind these addresses run only while it plays.\n"
    path.write_text(words + yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


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
def told_to_stop_like_ctrl_c() -> Iterator[Callable[[], None]]:
    """SIGTERM and a closed terminal end the demonstration as Ctrl-C does: everything it started is ended.

    Answers what loops call at each turn: it raises KeyboardInterrupt where the first one was lost, as one is that is
    raised while the garbage collector calls back."""
    told = threading.Event()

    def interrupt(number: int, frame: object) -> None:
        told.set()
        raise KeyboardInterrupt

    def look() -> None:
        if told.is_set():
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield look
        return
    numbers = [signal.SIGTERM, signal.SIGHUP]
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell has it ignored in the background
        numbers.append(signal.SIGINT)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield look
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""What keeps running until it is stopped: `serve`, `worker`, `sandbox`; and the demonstration."""

import signal
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

import adapters
from gateway.commands.terminal import DONE, Terminal, log_to_standard_error
from gateway.errors import NotFound, NotPossible


def serve(terminal: Terminal) -> None:
    """Doors, inbox, timers and workers, until SIGINT or SIGTERM."""
    settings = terminal.settings()
    log_to_standard_error("info")
    from gateway import runtime  # brings the web server with it

    at = f"http://{settings.host}:{settings.port}"
    terminal.tell(f"Clearbill serves at {at} with {settings.workers} workers. Ctrl-C stops it cleanly.")
    terminal.tell(f"The coordinators' pages are at {at}/; `clearbill user add NAME --role admin` makes the first user.")
    runtime.serve(settings)
    terminal.tell("Stopped; nothing was left half done.")
    terminal.answer({"stopped": True, "served": at})


def work(terminal: Terminal) -> None:
    """Timers and workers, until SIGINT or SIGTERM."""
    settings = terminal.settings()
    log_to_standard_error("info")
    from gateway import runtime

    terminal.tell(f"Clearbill works with {settings.workers} workers. Ctrl-C stops it cleanly.")
    runtime.work(settings)
    terminal.tell("Stopped; nothing was left half done.")
    terminal.answer({"stopped": True, "workers": settings.workers})


def demo(terminal: Terminal, seed: int, packets: int, folder: Path | None) -> int:
    """The demonstration; it makes an installation of its own and shows its own progress."""
    from gateway.demo.run import demo as show

    return show(seed=seed, packets=packets, json=terminal.json, folder=folder) or DONE


def sandbox(terminal: Terminal, portal: str, port: int) -> None:
    """A portal's stand-in, until SIGINT or SIGTERM. Raises NotFound, NotPossible."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with _opened(portal, port) as stand_in:
        account = stand_in.account()
        terminal.answer({"portal": portal, "url": stand_in.url, "account": account})
        terminal.show(f"The {portal} sandbox listens at {stand_in.url}")
        terminal.tell("It keeps nothing when it ends. Ctrl-C ends it.")
        if not terminal.json:
            _show_account(terminal, portal, account)
        stop.wait()


def _opened(portal: str, port: int) -> Any:
    """The stand-in, open, as a context manager with `url` and `account()`."""
    known = adapters.keys()
    if portal not in known:
        raise NotFound(f"there is no portal {portal!r}; the portals are: {', '.join(known) or 'none'}.")
    try:
        return import_module(f"adapters.{portal}.sandbox").Portal(port=port)
    except OSError as fault:
        words = fault.strerror or type(fault).__name__
        raise NotPossible(f"port {port} cannot be used ({words}). Choose another with --port, or 0.") from None


def _show_account(terminal: Terminal, portal: str, account: dict[str, Any]) -> None:
    """What to write into the settings to use it. Its secrets are invented and open nothing else."""
    settings = {name: value for name, value in account.items() if name != "secrets"}
    secrets = {name: f"env:SANDBOX_{name.upper()}" for name in account.get("secrets", {})}
    wanted = {"accounts": {f"{portal}-sandbox": {"portal": portal, "settings": settings, "secrets": secrets}}}
    terminal.tell("\nTo send to it, put this into clearbill.yaml (and name the account in a checklist):\n")
    terminal.tell_exactly(yaml.safe_dump(wanted, sort_keys=False))
    terminal.tell("and this into the environment (these secrets are invented and open nothing else):\n")
    for name, value in account.get("secrets", {}).items():
        terminal.tell_exactly(f"export SANDBOX_{name.upper()}='{value}'")

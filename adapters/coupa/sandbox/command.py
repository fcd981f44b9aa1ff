"""`python -m adapters.coupa.sandbox`: the sandbox as a process of its own."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .portal import Portal


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; prints the URL, writes the port to a file when asked. Exit code 0."""
    parser = argparse.ArgumentParser(prog="python -m adapters.coupa.sandbox", description="A local stand-in for Coupa.")
    parser.add_argument("--port", type=int, default=0, help="loopback port; 0 = a free one (default)")
    parser.add_argument("--portfile", type=Path, help="write the port number to this file once it listens")
    parser.add_argument("--config", type=Path, help='JSON: {"default": {…}, "buyers": {name: {…}}}')
    parser.add_argument("--dtds", type=Path, help="directory of official DTDs, <version>/InvoiceDetail.dtd")
    parser.add_argument("--until-stdin-ends", action="store_true", help="stop as well when standard input ends")
    options = parser.parse_args(argv)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if options.until_stdin_ends:  # whoever started it and dies takes it along
        threading.Thread(target=_wait_for_the_end_of_stdin, args=(stop,), daemon=True).start()
    try:
        portal = Portal(_config(options.config), port=options.port, dtd_directory=options.dtds)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"The Coupa sandbox cannot start: {error}\n")
        return 2
    with portal:
        if options.portfile:
            _write(options.portfile, portal.url.rpartition(":")[2])
        sys.stdout.write(f"Coupa sandbox at {portal.url}\n")
        sys.stdout.flush()
        stop.wait()
    return 0


def _wait_for_the_end_of_stdin(stop: threading.Event) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    stop.set()


def _config(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    value = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError(f"{path}: the configuration must be a JSON object")
    return value


def _write(path: Path, text: str) -> None:
    """All at once, so that a reader never sees half a number."""
    part = path.with_name(path.name + ".part")
    part.write_text(text + "\n", encoding="ascii")
    os.replace(part, path)

"""A sandbox as a process of its own: `python -m adapters.<portal>.sandbox`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol


class Standing(Protocol):
    """A running stand-in; leaving it ends it."""

    @property
    def url(self) -> str: ...
    def __enter__(self) -> Standing: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Opening(Protocol):
    """How a stand-in is started. Raises `OSError`, `ValueError`."""

    def __call__(self, config: dict[str, Any], /, *, port: int, dtd_directory: Path | None) -> Standing: ...


def serve(portal: str, name: str, opening: Opening, argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; prints the URL, writes the port to a file when asked. Exit code 0, 2 = no start.

    `portal` is the folder's name, `name` how people call it.
    """
    options = _options(portal, name).parse_args(argv)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if options.until_stdin_ends:  # whoever started it and dies takes it along
        threading.Thread(target=_wait_for_the_end_of_stdin, args=(stop,), daemon=True).start()
    try:
        standing = opening(_config(options.config), port=options.port, dtd_directory=options.dtds)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"The {name} sandbox cannot start: {error}\n")
        return 2
    with standing:
        if options.portfile:
            _write(options.portfile, standing.url.rpartition(":")[2])
        sys.stdout.write(f"{name} sandbox at {standing.url}\n")
        sys.stdout.flush()
        stop.wait()
    return 0


def _options(portal: str, name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m adapters.{portal}.sandbox", description=f"A local stand-in for {name}."
    )
    parser.add_argument("--port", type=int, default=0, help="loopback port; 0 = a free one (default)")
    parser.add_argument("--portfile", type=Path, help="write the port number to this file once it listens")
    parser.add_argument("--config", type=Path, help='JSON: {"default": {…}, "buyers": {name: {…}}}')
    parser.add_argument("--dtds", type=Path, help="directory of official DTDs, <version>/InvoiceDetail.dtd")
    parser.add_argument("--until-stdin-ends", action="store_true", help="stop as well when standard input ends")
    return parser


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

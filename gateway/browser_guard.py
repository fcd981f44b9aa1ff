"""What a page may take of the machine's memory and of our time: what passes the limit is ended from outside.

A portal's page is hostile input like any other, and 50 MB of it without an end swell to many gigabytes in the process
that draws them. No limit of the browser's own holds there, so that the processes are watched from outside while
work is being done, as Linux tells of them; elsewhere memory is not watched.

Time is watched everywhere: asking a page that spins, or one whose portal never answers a post, waits without end (its
text, its title, a script without a limit). When the whole work has taken too long the browser itself is ended, which
every waiting call hears.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from playwright.sync_api import Browser

log = structlog.get_logger("clearbill.browser")

MOST_MEGABYTES = 1500  # a page of a portal takes some 60; one that shows ten thousand rows some 300
MOST_SECONDS = 900.0  # of one piece of work; an invoice of many pages takes a few minutes
_LOOK_SECONDS = 0.2
_PROCESSES = Path("/proc")


class Guard:
    """Watches one browser and the processes that draw its pages. `ended` counts those that took too much memory,
    `late` tells that the browser itself was ended for the time it took."""

    def __init__(
        self, program: Browser, most_megabytes: float = MOST_MEGABYTES, most_seconds: float = MOST_SECONDS
    ) -> None:
        self.most_megabytes = most_megabytes
        self.most_seconds = most_seconds
        self.ended = 0
        self.late = False
        self._browser = _process_of(program)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While this lasts, and `most_seconds` at the longest."""
        done = threading.Event()
        thread = threading.Thread(target=self._watch, args=(done,), name="browser-guard", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _watch(self, done: threading.Event) -> None:
        until = time.monotonic() + self.most_seconds
        while not done.wait(_LOOK_SECONDS):
            if time.monotonic() > until:
                log.warning("browser_ended", most_seconds=self.most_seconds)
                self.late = True
                _end(self._browser)
                return
            for pid in processes_below(self._browser):
                if _draws(pid) and megabytes_of(pid) > self.most_megabytes:
                    log.warning("browser_page_ended", most_megabytes=self.most_megabytes)
                    self.ended += 1
                    _end(pid)


def processes_below(pid: int) -> Iterator[int]:
    """All processes that this one started, and those below them; none where the system does not tell."""
    try:
        for task in (_PROCESSES / str(pid) / "task").iterdir():
            for child in map(int, (task / "children").read_text(encoding="ascii").split()):
                yield child
                yield from processes_below(child)
    except (FileNotFoundError, ProcessLookupError):
        return  # ended in between


def megabytes_of(pid: int) -> float:
    """What a process has in memory now, shared pages included; 0 for one that has ended."""
    try:
        pages = int((_PROCESSES / str(pid) / "statm").read_text(encoding="ascii").split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def _draws(pid: int) -> bool:
    try:
        return b"--type=renderer" in (_PROCESSES / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        log.debug("browser_page_gone")


def _process_of(program: Browser) -> int:
    """The browser's own process, as the browser tells."""
    session = program.new_browser_cdp_session()
    told = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return int(next(one["id"] for one in told if one["type"] == "browser"))

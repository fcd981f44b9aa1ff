"""What a page may take of the machine's memory: the process that draws it is ended when it passes the limit.

A portal's page is hostile input like any other, and 50 MB of it without an end swell to many gigabytes in the process
that draws them. No limit of the browser's own holds there, so that the processes are watched from outside while
work is being done, as Linux tells of them; elsewhere nothing is watched.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from playwright.sync_api import Browser

log = structlog.get_logger("clearbill.browser")

MOST_MEGABYTES = 1500  # a page of a portal takes some 60; one that shows ten thousand rows some 300
_LOOK_SECONDS = 0.2
_PROCESSES = Path("/proc")


class Guard:
    """Watches the processes that draw one browser's pages. `ended` counts those that it had to end."""

    def __init__(self, program: Browser, most_megabytes: float = MOST_MEGABYTES) -> None:
        self.most_megabytes = most_megabytes
        self.ended = 0
        self._browser = _process_of(program)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While this lasts."""
        done = threading.Event()
        thread = threading.Thread(target=self._watch, args=(done,), name="browser-guard", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _watch(self, done: threading.Event) -> None:
        while not done.wait(_LOOK_SECONDS):
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

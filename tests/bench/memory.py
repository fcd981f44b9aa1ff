"""Memory of a process and of everything it started, as Linux counts it."""

import os
from pathlib import Path

from gateway.browser_guard import processes_below


def megabytes_of_tree(*, without: int) -> float:
    """Proportional set size (pages that processes share are counted once) of this process and all below it, but for
    the process `without`."""
    tree = {os.getpid(), *processes_below(os.getpid())} - {without}
    return sum(map(_proportional, tree)) / 1024


def _proportional(pid: int) -> int:
    """Kilobytes; 0 for one that has just ended."""
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(row.split()[1]) for row in rows if row.startswith("Pss:")), 0)

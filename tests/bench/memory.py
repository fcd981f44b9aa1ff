"""Memory of a process and of everything it started, as Linux counts it."""

import os
from collections.abc import Iterator
from pathlib import Path

PROCESSES = Path("/proc")


def megabytes_of_tree(*, without: int) -> float:
    """Proportional set size (pages that processes share are counted once) of this process and all below it, but for
    the process `without` and what is below that."""
    return sum(_proportional(pid) for pid in _tree(os.getpid(), without)) / 1024


def _tree(root: int, without: int) -> Iterator[int]:
    yield root
    for task in (PROCESSES / str(root) / "task").iterdir():
        for child in (task / "children").read_text(encoding="ascii").split():
            if int(child) != without:
                yield from _tree(int(child), without)


def _proportional(pid: int) -> int:
    """Kilobytes; 0 for one that has just ended."""
    try:
        rows = (PROCESSES / str(pid) / "smaps_rollup").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(row.split()[1]) for row in rows if row.startswith("Pss:")), 0)

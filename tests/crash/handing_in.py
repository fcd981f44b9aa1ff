"""A supplier's system that hands packets in and notes each acknowledgement.

It knows nothing but its journal: whatever has no line there is handed in (again), under the same source id.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

from gateway.house import open_house
from gateway.intake import accept
from gateway.settings import load
from tests.crash import deaths
from tests.crash.papers import hand_over


def main(given: Sequence[str], begun: Callable[[], None]) -> int:
    """Hands in packets `first` to `last`; exit code 0 when all are acknowledged."""
    options = _options(given)
    noted = set(acknowledged(options.journal))
    if options.fate:
        point, passing, how = options.fate.split(":")
        deaths.arm(point, int(passing), how)
    pace = Event()
    with open_house(load(options.config)) as house, options.journal.open("a", encoding="ascii") as journal:
        begun()
        for n in range(options.first, options.last):
            values, files = hand_over(n)
            if values["source_id"] in noted:
                continue
            answer = accept(house, values, files)
            journal.write(f"{values['source_id']} {answer.packet_id}\n")
            journal.flush()
            os.fsync(journal.fileno())
            pace.wait(options.pause)
    return 0


def acknowledged(journal: Path) -> dict[str, str]:
    """Source ids and the packet ids they were answered with; half a last line is none."""
    lines = journal.read_text(encoding="ascii").splitlines(keepends=True) if journal.exists() else []
    pairs = [line.split() for line in lines if line.endswith("\n")]
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def _options(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--last", type=int, required=True)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--fate", default="")
    return parser.parse_args(given)

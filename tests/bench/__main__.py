"""Runs the benches and prints one table; the exit code is 1 when a limit was missed."""

import argparse
import logging
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import structlog
from rich.console import Console

from tests.bench.desk import KEPT, desk
from tests.bench.flat import flat
from tests.bench.isupplier import isupplier
from tests.bench.line import line
from tests.bench.polls import polls
from tests.bench.preflight import preflight
from tests.bench.push import push
from tests.bench.reckoning import reckoning
from tests.bench.result import Figure, show
from tests.bench.through import through

Bench = Callable[..., list[Figure]]
BENCHES: Mapping[str, Bench] = {
    "through": through,
    "polls": polls,
    "line": line,
    "reckoning": reckoning,
    "desk": desk,
    "push": push,
    "preflight": preflight,
    "isupplier": isupplier,
    "flat": flat,
}


def main(argv: Sequence[str] | None = None) -> int:
    """The benches named, or all. 0 = every limit kept, 1 = one was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Speed and size, as ratios in one run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHES)}; default: all")
    parser.add_argument("--quick", action="store_true", help="small numbers: shows that the benches work, not how fast")
    of_desk = parser.add_argument_group("desk")
    of_desk.add_argument("--packets", type=int, default=200_000, help="how many the database holds")
    of_desk.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    of_desk.add_argument("--keep", type=Path, default=KEPT, help=f"keeps the filled database; default: {KEPT}")
    options = parser.parse_args(argv)
    if unknown := set(options.names) - set(BENCHES):
        parser.error(f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    over = {"count": options.packets, "database": options.database, "keep": options.keep}
    benches = {**BENCHES, "desk": partial(desk, **over)}
    figures: list[Figure] = []
    told = Console(stderr=True)
    for name in options.names or BENCHES:
        with told.status(f"{name} ..."), tempfile.TemporaryDirectory(prefix="clearbill-bench-") as folder:
            figures += benches[name](Path(folder), quick=options.quick)
    show(figures, Console(width=None if sys.stdout.isatty() else 150))
    return 1 if any(figure.missed for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())

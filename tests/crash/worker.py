"""A worker process: `--config FILE [--fate POINT:N:kill|stop]`: workers and timers until SIGTERM."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from gateway.house import open_house
from gateway.schedule import Schedule
from gateway.settings import load
from gateway.worker import Workers
from tests.crash import deaths


def main(given: Sequence[str], begun: Callable[[], None]) -> int:
    """Works until told to stop; calls `begun` when it does."""
    options = _options(given)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings = load(options.config)
    if options.fate:
        point, passing, how = options.fate.split(":")
        deaths.arm(point, int(passing), how)
    with open_house(settings) as house:
        workers, schedule = Workers(house, 1 if options.alone else options.threads), Schedule(house)
        workers.start()
        if not options.alone:
            schedule.start()
        begun()
        while not stop.wait(0.2):  # a signal that another thread received is handled when this one next awakes
            pass
        if not options.alone:
            schedule.stop()
        workers.stop()
    return 0


def _options(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="one thread and no timers")
    parser.add_argument("--fate", default="", help="POINT:N:kill|stop, the N-th time the point is passed")
    return parser.parse_args(given)

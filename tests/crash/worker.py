"""`python -m tests.crash.worker --config FILE [--fate POINT:N:kill|stop]`: workers and timers until SIGTERM."""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

import structlog

from gateway.house import open_house
from gateway.schedule import Schedule
from gateway.settings import load
from gateway.worker import Workers
from tests.crash import deaths


def main() -> int:
    """Works until told to stop; says `ready` on standard output when it has begun."""
    options = _options()
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
        workers, schedule = Workers(house, options.threads), Schedule(house)
        workers.start()
        schedule.start()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        stop.wait()
        schedule.stop()
        workers.stop()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=3)
    parser.add_argument("--fate", default="", help="POINT:N:kill|stop, the N-th time the point is passed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

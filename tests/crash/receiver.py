"""A receiver process: `--config FILE`: the doors, timers and workers, as `clearbill serve` runs them."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from gateway.runtime import serve
from gateway.settings import load


def main(given: Sequence[str], begun: Callable[[], None]) -> int:
    """Serves until told to stop; whoever asks must try until the doors are open."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    options = parser.parse_args(given)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    begun()
    serve(load(options.config))
    return 0

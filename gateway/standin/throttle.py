"""A rate limit for a door."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Throttle:
    """A token bucket."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._level: float | None = None
        self._last = 0.0

    def admits(self, rate: int, burst: int) -> bool:
        """Whether one more request may pass at `rate` per second with that burst."""
        with self._lock:
            now = self._clock()
            level = burst if self._level is None else min(float(burst), self._level + (now - self._last) * rate)
            self._last = now
            self._level = level - 1 if level >= 1 else level
            return level >= 1

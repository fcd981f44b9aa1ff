"""Tries at the sign-in, counted by name and by address, in a memory that cannot grow without end."""

import threading
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

WINDOW_SECONDS = 900.0
MOST_TRIES: Mapping[str, int] = MappingProxyType({"pair": 5, "name": 50, "address": 50})
"""Wrong tries in a window: for one name from one address, for a name from anywhere, for an address with any names.

A stranger elsewhere cannot keep somebody out with five wrong passwords; fifty at one name are somebody guessing."""

_MOST_KEPT = 10_000
_Key = tuple[str, str]


class Throttle:
    """Counts within windows of a quarter of an hour. Each process counts for itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tries: dict[_Key, tuple[int, float]] = {}

    def may_try(self, name: str, address: str) -> float:
        """Counts one try and answers 0, or the seconds to wait; what must wait is not counted."""
        now = self._clock()
        keys = _keys(name, address)
        with self._lock:
            for key in keys:
                count, since = self._tries.get(key, (0, now))
                if now - since < WINDOW_SECONDS and count >= MOST_TRIES[key[0]]:
                    return WINDOW_SECONDS - (now - since)
            for key in keys:
                count, since = self._tries.pop(key, (0, now))
                self._tries[key] = (count + 1, since) if now - since < WINDOW_SECONDS else (1, now)
            while len(self._tries) > _MOST_KEPT:
                del self._tries[next(iter(self._tries))]  # the one that was quiet longest
        return 0.0

    def came_in(self, name: str, address: str) -> None:
        """Takes back the try that succeeded, and the wrong ones of this person from there."""
        with self._lock:
            for key in _keys(name, address):
                count, since = self._tries.get(key, (0, 0.0))
                if key[0] == "pair" or count <= 1:
                    self._tries.pop(key, None)
                else:
                    self._tries[key] = (count - 1, since)


def _keys(name: str, address: str) -> tuple[_Key, ...]:
    """A try without a name, whose password another house asks for, counts for its address alone."""
    if not name:
        return (("address", address),)
    return (("pair", f"{address} {name}"), ("name", name), ("address", address))

"""What is to happen later: a clock that can be stepped, and actions at their time."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count


def utc_now() -> datetime:
    """The clock unless another is given."""
    return datetime.now(UTC)


class Timeline:
    """Actions by due time. They run in a thread of the timeline, or in the thread that steps the clock.

    `stepped` answers whether time passes by steps alone. An action with no delay runs at once, in its caller's thread.
    """

    def __init__(self, stepped: Callable[[], bool], clock: Callable[[], datetime] = utc_now) -> None:
        self._stepped = stepped
        self._clock = clock
        self._offset = timedelta(0)
        self._stood_still_at: datetime | None = None
        self._changed = threading.Condition()
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = count()
        self._running = 0
        self._closed = False
        self._thread: threading.Thread | None = None

    def now(self) -> datetime:
        """The network's time: the clock's, standing still while it is stepped, and what it was stepped ahead."""
        with self._changed:
            if not self._stepped():
                self._stood_still_at = None
                return self._clock() + self._offset
            if self._stood_still_at is None:
                self._stood_still_at = self._clock()
            return self._stood_still_at + self._offset

    def after(self, seconds: Decimal, action: Callable[[], None]) -> None:
        """Do something in so many seconds; at once when it is none."""
        if seconds <= 0:
            action()
            return
        with self._changed:
            due = self.now() + timedelta(seconds=float(seconds))
            heapq.heappush(self._due, (due, next(self._numbers), action))
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="ariba-sandbox-timeline", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def step(self, seconds: float) -> None:
        """Move the clock ahead and do what falls due, in order; what that brings about in the same span as well."""
        with self._changed:
            end = self.now() + timedelta(seconds=seconds)
        while True:
            with self._changed:
                if not self._due or self._due[0][0] > end:
                    self._offset += max(end - self.now(), timedelta(0))
                    return
                due, _, action = heapq.heappop(self._due)
                self._offset += max(due - self.now(), timedelta(0))
            action()

    def waiting(self) -> int:
        """How many actions are to come or under way."""
        with self._changed:
            return len(self._due) + self._running

    def wake(self) -> None:
        """Whether time passes by itself may have changed: look again."""
        with self._changed:
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget what was to come, and the steps."""
        with self._changed:
            self._due.clear()
            self._offset = timedelta(0)
            self._stood_still_at = None
            self._changed.notify_all()

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._due.clear()
            self._changed.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                wait = self._wait()
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
                _, _, action = heapq.heappop(self._due)
                self._running += 1
            try:
                action()
            finally:
                with self._changed:
                    self._running -= 1

    def _wait(self) -> float | None:
        """Seconds until the next action; None = until something changes."""
        if self._stepped() or not self._due:
            return None
        return (self._due[0][0] - self.now()).total_seconds()

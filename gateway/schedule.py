"""Timers: alarm clocks that only ring. A tick inserts a job with its dedupe key; the database decides what is done.

Every process may run its own timers: whoever rings second finds the job there and adds nothing.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from gateway.house import House
from gateway.store.database import DatabaseTrouble
from gateway.store.queue import DESK, NOTICES, URGENT

log = structlog.get_logger("clearbill.schedule")

_LOOK_EVERY = 2.0  # seconds between two looks whether a checklist file changed
_ANCHOR_EVERY = 3600.0  # seconds between two looks whether the day's anchor is due
_WATCH_EVERY = 900.0  # seconds between two looks for silent portals and missed deadlines
_NEWS_EVERY = 30.0  # seconds between two looks for what is new of packets that were left until something changes
_NOTICES_EVERY = 60.0  # seconds between two looks whether somebody is to be told of something


class Schedule:
    """The timers of one process: polls and order reading for each account, the watch over silence and deadlines,
    and a look at each channel of notices."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._timers = BackgroundScheduler(timezone=UTC)
        for key, settings in house.settings.accounts.items():
            self._every(settings.orders_seconds, partial(self._ring, "orders", key))
            self._every(settings.poll_seconds, partial(self._ring, "poll", key))
        self._every(_LOOK_EVERY, self._look_at_checklists)
        self._every(_WATCH_EVERY, partial(self._ring, "watch", DESK))
        self._every(_ANCHOR_EVERY, partial(self._ring, "anchor", DESK))
        self._every(_NEWS_EVERY, partial(self._ring, "news", DESK))
        for channel in house.settings.notices.channels:
            self._every(_NOTICES_EVERY, partial(self._ring, "notices", NOTICES, channel))

    def start(self) -> None:
        """Begins; every timer rings once at once, so that a start never waits for a first interval."""
        self._timers.start()

    def stop(self) -> None:
        """Stops ringing; waits for a ring under way."""
        self._timers.shutdown(wait=True)

    def _every(self, seconds: float, ring: Callable[[], None]) -> None:
        if seconds > 0:
            soon = datetime.now(UTC) + timedelta(milliseconds=50)
            trigger = IntervalTrigger(seconds=max(1, round(seconds)), timezone=UTC)
            self._timers.add_job(ring, trigger, next_run_time=soon, coalesce=True, max_instances=1)

    def _look_at_checklists(self) -> None:
        try:
            self._house.shelf.look()
        except (
            Exception
        ) as fault:  # the timer goes on, and the next look may succeed: a file is put right, a disk is back
            log.error("checklists_not_looked_at", error=type(fault).__name__, why=str(fault)[:300])

    def _ring(self, kind: str, account: str, about: str = "") -> None:
        try:
            with self._house.queue.write() as tx:
                # Urgent: a long line of invoices must not keep the answers to earlier ones waiting.
                self._house.queue.enqueue(tx, kind, account, f"{kind}:{about or account}", priority=URGENT)
        except DatabaseTrouble as fault:
            log.error("timer_could_not_ring", kind=kind, account=account, error=type(fault).__name__)

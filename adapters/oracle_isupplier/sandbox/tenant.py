"""One tenant: its set-up, books, sessions, look, and what is armed against it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from gateway.standin.faults import Faults
from gateway.standin.received import Received

from .books import Books, utc_now
from .configuration import Config
from .doors import DOORS, PAGE_KINDS, USUAL_DOORS
from .knobs import Knobs
from .look import Look
from .profiles import Profile
from .signing import Desk, Session
from .texts import REFUSALS

APPLICATION = "177"
OA = "/OA_HTML/OA.jsp"


class Delays:
    """How long answers were held back, for benchmarks: the sum of what the portal itself took."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """One answer was held back so long."""
        self.count += 1
        self.seconds += seconds


class Tenant:
    """One buyer's E-Business Suite. `prefix` is the first part of its URLs, empty for the default."""

    def __init__(self, config: Config, prefix: str, clock: Callable[[], datetime] = utc_now) -> None:
        self.config = config
        self._clock = clock
        self.prefix = prefix
        self.knobs = Knobs(config.knobs)
        self.lock = threading.RLock()
        self.faults = Faults(DOORS)
        self.page_faults = Faults(DOORS, PAGE_KINDS)
        self.received = Received()
        self.stopping = threading.Event()
        self._start()

    def _start(self) -> None:
        self.profile: Profile = self.config.profile
        self.look = Look(self.knobs, self.config.seed)
        self.books = Books(self.config, self.knobs, self._clock)
        self.desk = Desk(self.config.fresh_users(), self.knobs, self.books.now)
        self.delays = Delays()
        self._refusals: list[str] = []

    def reset(self) -> None:
        """As at the start."""
        with self.lock:
            self.faults.clear()
            self.page_faults.clear()
            self.received.forget()
            self.knobs.reset()
            self._start()

    def look_again(self) -> None:
        """Ids, classes and seals as after a patch and restart; every session ends."""
        with self.lock:
            self.look = Look(self.knobs, None)
            self.desk.end_all()

    # What is armed

    def arm(self, given: Mapping[str, Any]) -> None:
        """Arm a fault of either sort; some mean one door unless told another. Raises `ValueError`."""
        kind = given.get("kind")
        faults = self.page_faults if kind in PAGE_KINDS else self.faults
        faults.arm({"door": USUAL_DOORS.get(str(kind), "any"), **given})

    def refuse_next(self, kind: str, times: int) -> None:
        """Refuse the next submissions with that text. Raises `KeyError`."""
        if kind not in REFUSALS:
            raise KeyError(kind)
        self._refusals.extend([kind] * times)

    def next_refusal(self) -> str:
        """The refusal that hits this submission, or nothing."""
        return self._refusals.pop(0) if self._refusals else ""

    def clear_faults(self) -> None:
        """Clear faults of either sort."""
        self.faults.clear()
        self.page_faults.clear()

    def accept_again(self) -> None:
        """Clear faults and refusals."""
        self.clear_faults()
        self._refusals.clear()

    # Addresses

    def url_of(self, session: Session, path: str, **values: object) -> str:
        """The sealed address of a page (facts 4.3)."""
        query = {
            "page": path,
            "_ri": APPLICATION,
            "_ti": str(session.transaction),
            **{name: str(value) for name, value in values.items()},
            "retainAM": "Y",
            "addBreadCrumb": "Y",
            "oapc": str(session.posts),
            "OAMC": "79928_91_0",
            "menu": "Y",
            "oaMenuLevel": "4",
        }
        return self.sealed(OA, query)

    def sealed(self, target: str, query: Mapping[str, str]) -> str:
        """An address below this tenant, its query sealed."""
        text = urlencode(query)
        return f"{self.prefix}{target}?{text}&{urlencode({'oas': self.look.seal(text)})}"

    def is_sealed(self, query: str) -> bool:
        """Whether a query string is as it was sealed."""
        text, _, seal = query.rpartition("&oas=")
        return bool(text) and self.look.is_sealed(text, seal)

"""The log of what came to the doors: no bodies, no secrets."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime


@dataclass(slots=True)
class Entry:
    """One request; `status` is the HTTP status answered, None while open and when the answer was cut."""

    n: int
    at: str
    method: str
    path: str
    status: int | None
    door: str
    size: int
    sha256: str | None


class Received:
    """Entries in order of arrival."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._count = 0

    def add(self, method: str, target: str, door: str, body: bytes | None) -> Entry:
        """Log a request; `body` None = not read."""
        at = datetime.now(UTC).isoformat()
        digest = None if body is None else hashlib.sha256(body).hexdigest()
        with self._lock:
            self._count += 1
            entry = Entry(self._count, at, method, target, None, door, len(body or b""), digest)
            self._entries.append(entry)
        return entry

    def forget(self) -> None:
        """Empty the log; numbers start again at 1."""
        with self._lock:
            self._entries, self._count = [], 0

    def as_json(self) -> list[dict[str, object]]:
        """All entries."""
        with self._lock:
            return [asdict(entry) for entry in self._entries]

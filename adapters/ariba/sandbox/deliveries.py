"""How documents reach a supplier: a pending queue that is polled, and pushes with retries (facts 4; cXML facts 7)."""

from __future__ import annotations

import http.client
import queue
import random
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import count
from urllib.parse import urlsplit

from gateway.standin.reading import document_from

from . import documents
from .knobs import Knobs
from .records import Mode, Supplier
from .timeline import Timeline

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(slots=True)
class Message:
    """One document to a supplier. `body` writes it, with the supplier's secret for a push and without for the queue."""

    kind: str
    payload_id: str
    at: datetime
    supplier: Supplier
    mode: Mode
    buyer: str
    about: str
    body: Callable[[str | None], str] = field(repr=False)
    released: bool = False
    pushed: str = ""
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A document in a queue; the same one may stand there twice."""

    number: int
    message: Message


class Mailbox:
    """One account's pending queue.

    `waiting` by kind of document; what was handed out stays in `handed` until it is acknowledged, and comes again.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Entry]] = {}
        self._handed: list[Entry] = []
        self._numbers = count()

    def put(self, message: Message) -> None:
        """Queue a document."""
        self._waiting.setdefault(message.kind, deque()).append(Entry(next(self._numbers), message))

    def __len__(self) -> int:
        """How many are not yet acknowledged."""
        return len(self._handed) + sum(len(each) for each in self._waiting.values())

    def take(self, kinds: frozenset[str], most: int) -> list[Message]:
        """The next documents of those kinds, in the order they were queued."""
        again = [entry for entry in self._handed if entry.message.kind in kinds]
        queues = [self._waiting[kind] for kind in sorted(kinds) if self._waiting.get(kind)]
        while queues and len(again) < most:
            first = min(queues, key=lambda each: each[0].number)
            entry = first.popleft()
            self._handed.append(entry)
            again.append(entry)
            queues = [each for each in queues if each]
        return [entry.message for entry in sorted(again, key=lambda each: each.number)[:most]]

    def acknowledge(self, last: datetime, how: str) -> None:
        """What `lastReceivedTimestamp` deletes, by the knob of that name."""
        self._handed = [
            each for each in self._handed if each.message.at > last or (how == "older" and each.message.at == last)
        ]
        if how == "through":
            for kind, entries in self._waiting.items():
                self._waiting[kind] = deque(each for each in entries if each.message.at > last)


class Deliveries:
    """All mailboxes and the thread that pushes. Guarded by a lock of its own."""

    def __init__(self, knobs: Callable[[], Knobs], timeline: Timeline) -> None:
        self._knobs, self._timeline = knobs, timeline
        self._lock = threading.RLock()
        self._boxes: dict[tuple[str, Mode], Mailbox] = {}
        self._written: list[Message] = []
        self._outgoing: queue.Queue[Message | None] = queue.Queue()
        self._thread: threading.Thread | None = None

    def box(self, supplier: Supplier, mode: Mode) -> Mailbox:
        """The mailbox of an account."""
        return self._boxes.setdefault((supplier.identity, mode), Mailbox())

    def clear(self) -> None:
        """Forget everything; what is being pushed is not called back."""
        with self._lock:
            self._boxes.clear()
            self._written.clear()

    def everything(self) -> list[Message]:
        """Every document ever written, in the order it was."""
        with self._lock:
            return list(self._written)

    def waiting(self, supplier: Supplier, mode: Mode) -> int:
        """How many documents are in an account's pending queue."""
        with self._lock:
            return len(self.box(supplier, mode))

    def send(self, messages: Iterable[Message]) -> None:
        """Write documents to their mailboxes, and let them out unless the knob holds them."""
        at_once = self._knobs().text("deliver") == "at_once"
        with self._lock:
            for message in messages:
                self._written.append(message)
                if at_once:
                    self._release(message)

    def pending(
        self, supplier: Supplier, mode: Mode, kinds: frozenset[str], most: int, last: datetime | None
    ) -> list[str]:
        """What a GetPendingRequest gets."""
        with self._lock:
            box = self.box(supplier, mode)
            if last is not None:
                box.acknowledge(last, self._knobs().text("pending_acknowledged"))
            return [message.body(None) for message in box.take(kinds, most)]

    def deliver(self, chosen: Callable[[Message], bool], *, repeat: float, shuffle: int | None, again: bool) -> int:
        """Let held documents out, or all chosen ones `again`; a share is repeated, the order shuffled by a seed.

        `repeat` 0.2 = every document goes out once, a fifth of them twice; 2 = each three times.
        """
        with self._lock:
            found = [each for each in self._written if chosen(each)]
            batch = found if again else [each for each in found if not each.released]
            dice = random.Random(shuffle)  # noqa: S311 - repeatable on purpose
            whole, share = divmod(repeat, 1)
            batch = [each for each in batch for _ in range(1 + int(whole) + (dice.random() < share))]
            if shuffle is not None:
                dice.shuffle(batch)
            for message in batch:
                self._release(message)
            return len(batch)

    def _release(self, message: Message) -> None:
        message.released = True
        supplier = message.supplier
        if supplier.delivery in ("pending", "both"):
            self.box(supplier, message.mode).put(message)
        if supplier.delivery in ("push", "both") and supplier.push_url:
            message.tries = 0
            self._post(message)

    def _post(self, message: Message) -> None:
        with self._lock:
            message.pushed = "waiting"
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ariba-sandbox-push", daemon=True)
                self._thread.start()
        self._outgoing.put(message)

    def wait_until_pushed(self) -> None:
        """Wait until nothing is on its way; retries that are due later are not waited for."""
        self._outgoing.join()

    def close(self) -> None:
        """End the thread."""
        if self._thread is not None:
            self._outgoing.put(None)
            self._thread.join(timeout=30)

    def _run(self) -> None:
        wire = Wire()
        while (message := self._outgoing.get()) is not None:
            try:
                self._push(wire, message)
            finally:
                self._outgoing.task_done()
        wire.close()
        self._outgoing.task_done()

    def _push(self, wire: Wire, message: Message) -> None:
        knobs = self._knobs()
        supplier = message.supplier
        message.tries += 1
        body = documents.whole(message.body(supplier.push_secret or supplier.shared_secret))
        if wire.post(supplier.push_url, body, float(knobs.decimal("push_timeout"))):
            message.pushed = "acknowledged"
        elif message.tries >= knobs.number("push_tries"):
            message.pushed = "given up"
        else:
            message.pushed = "retrying"
            delay = knobs.decimal("push_retry_delay") * Decimal(2) ** (message.tries - 1)
            self._timeline.after(max(delay, Decimal("0.001")), lambda: self._post(message))


class Wire:
    """One kept connection to a supplier's door."""

    def __init__(self) -> None:
        self._at = ""
        self._connection: http.client.HTTPConnection | None = None

    def post(self, url: str, body: bytes, timeout: float) -> bool:
        """Whether a cXML answer came that is a 2xx (facts 4: any 2xx acknowledges); its code counts, not HTTP's."""
        address = urlsplit(url)
        if self._connection is None or self._at != address.netloc:
            self.close()
            self._at = address.netloc
            self._connection = http.client.HTTPConnection(address.netloc, timeout=timeout)
        path = (address.path or "/") + (f"?{address.query}" if address.query else "")
        try:
            self._connection.request("POST", path, body, {"Content-Type": "text/xml; charset=UTF-8"})
            answer = self._connection.getresponse()
            return _acknowledges(answer.read(1_000_000))
        except (OSError, http.client.HTTPException):
            self.close()
            return False

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _acknowledges(body: bytes) -> bool:
    try:
        status = document_from(body).find("Response/Status")
    except ValueError:
        return False
    return status is not None and status.get("code", "").startswith("2")


def checked_push_url(url: str) -> str:
    """The URL. Raises `ValueError` unless it is plain HTTP on this machine: a sandbox calls nobody else."""
    address = urlsplit(url)
    if address.scheme != "http" or address.hostname not in LOOPBACK:
        raise ValueError(f"push_url must be http:// on this machine, not {url!r}")
    return url

"""Where a process of the crash suite may die or freeze: named points on the way of a job, reached without any hook in
the product, by laying a thin skin around its public functions in this process alone.

`arm("after_the_answer", 2, "kill")` kills the process outright (SIGKILL) when that point is passed for the second time;
"stop" freezes it (SIGSTOP) until somebody continues it.
"""

import functools
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore._backends.sync as wire

import gateway.inbox
import gateway.notices.herald
import gateway.steps.watch
import gateway.store.events
import gateway.worker
from adapters.ariba.adapter import Adapter as Network
from adapters.coupa.adapter import Adapter
from gateway.store import cancellations, packets
from gateway.store.queue import DESK, Queue

_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
_here = threading.local()


class Fate:
    """Counts passings of the one armed point, and strikes."""

    def __init__(self, point: str, passing: int, how: str) -> None:
        self._point, self._left, self._signal = point, passing, _SIGNALS[how]
        self._lock = threading.Lock()

    def passes(self, point: str) -> None:
        """A thread passes a point."""
        if point != self._point:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                # To this very thread, so that it does not get a step further while another takes the blow.
                signal.pthread_kill(threading.get_ident(), self._signal)


def arm(point: str, passing: int, how: str) -> None:
    """Lays the skins. Raises KeyError for a point that does not exist."""
    fate = Fate(point, passing, how)
    _POINTS[point](fate)


def _around(owner: Any, name: str, *, before: str = "", after: str = "") -> Callable[[Fate], None]:
    """A point at the entrance or the exit of a function."""

    def lay(fate: Fate) -> None:
        inner = getattr(owner, name)

        @functools.wraps(inner)
        def skin(*given: Any, **named: Any) -> Any:
            if before:
                fate.passes(before)
            answer = inner(*given, **named)
            if after:
                fate.passes(after)
            return answer

        setattr(owner, name, skin)

    return lay


def _after_claim(point: str, at_desk: bool) -> Callable[[Fate], None]:
    def lay(fate: Fate) -> None:
        inner = Queue.claim

        def skin(queue: Queue, *given: Any, **named: Any) -> Any:
            claim = inner(queue, *given, **named)
            if claim is not None and (claim.account == DESK) is at_desk:
                fate.passes(point)
            return claim

        Queue.claim = skin  # type: ignore[method-assign]

    return lay


def _around_a_commit(before: str = "", after: str = "", *, of: str) -> Callable[[Fate], None]:
    """Just before, or just after, the commit of a transaction in which a job was finished (or added)."""

    def lay(fate: Fate) -> None:
        marked, settle, write = getattr(Queue, of), Queue._settle_slots, Queue.write

        def mark(queue: Queue, *given: Any, **named: Any) -> Any:
            _here.marked = True
            return marked(queue, *given, **named)

        def settled(queue: Queue, *given: Any) -> None:
            settle(queue, *given)
            if before and getattr(_here, "marked", False):
                fate.passes(before)

        @contextmanager
        def written(queue: Queue) -> Iterator[Any]:
            _here.marked = False
            with write(queue) as tx:
                yield tx
            if after and _here.marked:
                fate.passes(after)

        setattr(Queue, of, mark)
        Queue._settle_slots = settled  # type: ignore[method-assign]
        Queue.write = written  # type: ignore[method-assign]

    return lay


def _within_a_batch(fate: Fate) -> None:
    inner = gateway.worker._work

    def skin(house: Any, claim: Any, job: Any, *rest: Any) -> None:
        if job is not claim.jobs[0]:
            fate.passes("within_a_batch")
        inner(house, claim, job, *rest)

    gateway.worker._work = skin


def _on_the_wire(point: str, verb: str, chunk: int) -> Callable[[Fate], None]:
    """After so many pieces of a submission went out (`write`), or before its answer comes in (`read`)."""

    def lay(fate: Fate) -> None:
        submit, write, read = Adapter.submit, wire.SyncStream.write, wire.SyncStream.read

        def submitting(adapter: Adapter, *given: Any) -> Any:
            _here.pieces = 0
            try:
                return submit(adapter, *given)
            finally:
                _here.pieces = None

        def writing(stream: Any, buffer: bytes, timeout: float | None = None) -> None:
            write(stream, buffer, timeout)
            if getattr(_here, "pieces", None) is not None:
                _here.pieces += 1
                if verb == "write" and _here.pieces == chunk:
                    fate.passes(point)

        def reading(stream: Any, most: int, timeout: float | None = None) -> bytes:
            if verb == "read" and getattr(_here, "pieces", None):
                fate.passes(point)
            answer: bytes = read(stream, most, timeout)
            return answer

        Adapter.submit = submitting  # type: ignore[method-assign]
        wire.SyncStream.write = writing
        wire.SyncStream.read = reading

    return lay


_POINTS: dict[str, Callable[[Fate], None]] = {
    # the queue
    "before_a_claim": _around(Queue, "claim", before="before_a_claim"),
    "after_a_claim_at_the_desk": _after_claim("after_a_claim_at_the_desk", at_desk=True),
    "after_a_claim_at_a_portal": _after_claim("after_a_claim_at_a_portal", at_desk=False),
    "within_a_batch": _within_a_batch,
    "before_finishing": _around(Queue, "finish", before="before_finishing"),
    "between_finishing_and_the_result": _around(Queue, "finish", after="between_finishing_and_the_result"),
    "before_the_commit_of_a_result": _around_a_commit(before="before_the_commit_of_a_result", of="finish"),
    "after_the_commit_of_a_result": _around_a_commit(after="after_the_commit_of_a_result", of="finish"),
    # checking, building, correcting
    "after_the_document": _around(Adapter, "render", after="after_the_document"),
    "within_a_correction": _around(packets, "add_revision", after="within_a_correction"),
    # sending
    "before_the_commit_of_sending": _around(packets, "begin_attempt", after="before_the_commit_of_sending"),
    "before_the_first_byte": _around(Adapter, "submit", before="before_the_first_byte"),
    "after_the_first_bytes": _on_the_wire("after_the_first_bytes", "write", 1),
    "before_the_answer": _on_the_wire("before_the_answer", "read", 0),
    "after_the_answer": _around(Adapter, "submit", after="after_the_answer"),
    "within_the_receipt": _around(packets, "end_attempt", after="within_the_receipt"),
    # settling and landing
    "before_asking": _around(Adapter, "find", before="before_asking"),
    "after_asking": _around(Adapter, "find", after="after_asking"),
    "after_a_poll": _around(Adapter, "poll", after="after_a_poll"),
    "within_a_landing": _around(packets, "add_verdict", after="within_a_landing"),
    "within_an_event": _around(gateway.store.events, "record", after="within_an_event"),
    # reading a queue, which gives up what was read
    "before_reading_of_a_queue": _around(Network, "poll", before="before_reading_of_a_queue"),
    "after_reading_of_a_queue": _around(Network, "poll", after="after_reading_of_a_queue"),
    "within_the_keeping_of_a_queue": _around(gateway.steps.watch, "keep", after="within_the_keeping_of_a_queue"),
    "within_a_landing_of_a_queue": _around(gateway.inbox, "place", after="within_a_landing_of_a_queue"),
    # taking an invoice back by a document
    "before_the_commit_of_a_void": _around(cancellations, "begin", after="before_the_commit_of_a_void"),
    "before_the_first_byte_of_a_void": _around(Network, "submit", before="before_the_first_byte_of_a_void"),
    "after_the_answer_of_a_void": _around(cancellations, "end", before="after_the_answer_of_a_void"),
    # a client that is paused
    "before_the_commit_of_a_pause": _around_a_commit(before="before_the_commit_of_a_pause", of="set_aside"),
    "after_the_commit_of_a_pause": _around_a_commit(after="after_the_commit_of_a_pause", of="set_aside"),
    # telling people
    "before_the_commit_of_a_notice": _around(gateway.notices.herald, "bulletin", after="before_the_commit_of_a_notice"),
    "before_the_first_byte_of_a_notice": _around(
        gateway.notices.herald, "send", before="before_the_first_byte_of_a_notice"
    ),
    "after_the_answer_of_a_notice": _around(gateway.notices.herald, "send", after="after_the_answer_of_a_notice"),
    "before_recording_of_a_notice": _around(gateway.notices.herald, "_record", after="before_recording_of_a_notice"),
    # intake
    "before_the_commit_of_intake": _around_a_commit(before="before_the_commit_of_intake", of="enqueue"),
    "after_the_commit_of_intake": _around_a_commit(after="after_the_commit_of_intake", of="enqueue"),
}

_OF_OTHERS = ("of_intake", "of_a_queue", "of_a_void", "of_a_pause", "of_a_notice")
POINTS_OF_A_WORKER = tuple(name for name in _POINTS if not name.endswith(_OF_OTHERS))
POINTS_OF_A_QUEUE = tuple(name for name in _POINTS if name.endswith("of_a_queue"))
POINTS_OF_A_PAUSE = tuple(name for name in _POINTS if name.endswith("of_a_pause"))
POINTS_OF_A_VOID = tuple(name for name in _POINTS if name.endswith("of_a_void"))
POINTS_OF_A_NOTICE = tuple(name for name in _POINTS if name.endswith("of_a_notice"))
POINTS_OF_INTAKE = tuple(name for name in _POINTS if name.endswith("of_intake"))

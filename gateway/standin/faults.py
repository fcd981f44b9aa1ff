"""Faults on order: which request is hit, and what becomes of it.

A fault is armed by the control API or the `Portal` menu and taken by the server as a request's head arrives.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

# Decided before anything is read or committed.
BEFORE = frozenset({"cut", "http_500", "http_503", "http_429", "garbage", "huge", "hostile_xml", "refuse_password"})
# The door does its work first; then the answer is lost, spoilt or late.
AFTER = frozenset({"lost_answer", "cut_mid_answer", "http_502", "slow", "garbage_after_commit"})
KINDS = BEFORE | AFTER
GARBAGE = b"\x00\xff\xfe{<not> any of it: \x80\x81 ]]> </p"
HUGE_CHUNK = b"<a>0123456789abcdef</a>" * 2048
HUGE_SIZE = 50 * 1024 * 1024
HOSTILE_XML = (
    b'<?xml version="1.0"?>\n<!DOCTYPE cXML [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + level, b"&%c;" % (97 + level) * 10) for level in range(9))
    + b'<!ENTITY file SYSTEM "file:///etc/hostname">]>\n'
    + b'<cXML payloadID="&j;" timestamp=""><Response><Status code="200" text="OK">&j;&file;</Status></Response></cXML>'
)


@dataclass(slots=True)
class Fault:
    """`times` left (None = until deleted); each `every`-th matching request is hit after the first `after`."""

    kind: str
    door: str
    times: int | None
    every: int
    after: int
    seconds: float
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Doors:
    """The doors of one portal that a fault may name, beside `any`.

    `wider` says whether a door that is a group (`submit`) holds the door and method of a request.
    """

    names: frozenset[str]
    wider: Callable[[str, str, str], bool]

    def matches(self, fault: Fault, door: str, method: str) -> bool:
        """Whether a request at that door is one the fault counts."""
        return fault.door in ("any", door) or self.wider(fault.door, door, method)


def fault_from(given: Mapping[str, Any], doors: Doors, kinds: frozenset[str] = KINDS) -> Fault:
    """Read a fault of the control API, one of `kinds`. Raises `ValueError` naming the key."""
    if unknown := set(given) - {"kind", "door", "times", "every", "after", "seconds"}:
        raise ValueError(
            f"a fault has no {', '.join(sorted(unknown))}; it has kind, door, times, every, after, seconds"
        )
    if given.get("kind") not in kinds:
        raise ValueError(f"kind must be one of {', '.join(sorted(kinds))}, not {given.get('kind')!r}")
    if given.get("door", "any") not in doors.names | {"any"}:
        raise ValueError(f"door must be one of any, {', '.join(sorted(doors.names))}, not {given.get('door')!r}")
    numbers = {"times": 1, "every": 1, "after": 0, "seconds": 1}
    for name, default in numbers.items():
        value = given.get(name, default)
        whole = isinstance(value, int) or (name == "seconds" and isinstance(value, float))
        if isinstance(value, bool) or not whole or not value >= (1 if name == "every" else 0) or value > 1e9:
            raise ValueError(f"{name} must be a number of {1 if name == 'every' else 0} or more, not {value!r}")
    times = int(given.get("times", 1))
    return Fault(
        kind=str(given["kind"]),
        door=str(given.get("door", "any")),
        times=times or None,
        every=int(given.get("every", 1)),
        after=int(given.get("after", 0)),
        seconds=float(given.get("seconds", 1)),
    )


class Faults:
    """The faults armed for one buyer or portal, in the order they came. `kinds`: those it may hold."""

    def __init__(self, doors: Doors, kinds: frozenset[str] = KINDS) -> None:
        self._doors = doors
        self._kinds = kinds
        self._lock = threading.Lock()
        self._armed: list[Fault] = []

    def arm(self, given: Mapping[str, Any]) -> None:
        """Add a fault of the control API. Raises `ValueError` naming the key."""
        fault = fault_from(given, self._doors, self._kinds)
        with self._lock:
            self._armed.append(fault)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._armed.clear()

    def as_json(self) -> list[dict[str, object]]:
        """What is armed; `times` 0 = until deleted."""
        with self._lock:
            return [
                {
                    "kind": f.kind,
                    "door": f.door,
                    "times": f.times or 0,
                    "every": f.every,
                    "after": f.after,
                    "seconds": f.seconds,
                }
                for f in self._armed
            ]

    def take(self, door: str, method: str) -> Fault | None:
        """The fault that hits this request, if any; every matching fault counts the request."""
        if not self._armed:
            return None
        with self._lock:
            hit: Fault | None = None
            for fault in self._armed:
                if self._doors.matches(fault, door, method):
                    fault.seen += 1
                    beyond = fault.seen - fault.after
                    if hit is None and beyond > 0 and beyond % fault.every == 0:
                        hit = fault
            if hit is not None and hit.times is not None:
                hit.times -= 1
                if hit.times == 0:
                    self._armed.remove(hit)
            return hit

"""Where a URL leads: the network's one cXML URL, its token and REST doors, and the control API.

`/{buyer}/…` is the same network; the prefix only says whose faults and whose log a request belongs to. Without it a
document belongs to the buyer it is addressed to, everything else to the buyer `default`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gateway.standin.faults import Faults
from gateway.standin.messages import Answer, Request
from gateway.standin.received import Received
from gateway.standin.tokens import refused_password as token_refused

from .configuration import config_from
from .control import Control
from .cxml_door import CERTIFICATE_PATH, PATH, CxmlDoor, door_and_buyer
from .doors import CXML, DOOR_OF, DOORS
from .network import DEFAULT, Network
from .rest_door import PREFIX, TOKEN_PATH, RestDoor, unauthorized
from .validation import Validators

RESERVED = frozenset({"service", "certservice", "api", "v2", "_sandbox"})


@dataclass(slots=True)
class Counter:
    """What belongs to a buyer's requests rather than to the books."""

    name: str
    faults: Faults = field(default_factory=lambda: Faults(DOORS))
    received: Received = field(default_factory=Received)

    def reset(self) -> None:
        """As at the start."""
        self.faults.clear()
        self.received.forget()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes. Until its body is read, a cXML request's door is `document`."""

    counter: Counter
    door: str
    path: str
    prefixed: bool
    undecided: bool = False

    @property
    def faults(self) -> Faults:
        """The faults that may hit it."""
        return self.counter.faults

    @property
    def received(self) -> Received:
        """The log it is written to."""
        return self.counter.received

    @property
    def spoilt_type(self) -> str:
        """What a spoilt answer says it is."""
        return "text/xml" if self.door in CXML else "application/json"


class Site:
    """The network behind the socket."""

    name = "ariba"
    banner = "AribaSandbox"

    def __init__(self, config: Mapping[str, Any] | None = None, dtd_directory: Path | None = None) -> None:
        given = dict(config or {})
        self._lock = threading.Lock()
        self.network = Network()
        self.url = ""
        self.counters: dict[str, Counter] = {}
        self.add(DEFAULT, given.get(DEFAULT) or {})
        self._cxml = CxmlDoor(self.network, Validators(dtd_directory))
        self._rest = RestDoor(self.network)
        self._control = Control(self)
        for name, values in (given.get("buyers") or {}).items():
            self.add(name, values)

    def add(self, name: str, values: Mapping[str, Any]) -> None:
        """Set up a buyer. Raises `ValueError` for a bad name or configuration."""
        if name in RESERVED or not name or any(letter in name for letter in "/?#% "):
            raise ValueError(f"{name!r} cannot be a buyer's name: it becomes the first part of its URLs")
        self.network.add(config_from(name, values))
        with self._lock:
            self.counters = self.counters | {name: Counter(name)}

    def reset(self, name: str) -> None:
        """A buyer as at the start; `default` takes the whole network with it."""
        self.network.reset(name)
        for counter in [*self.counters.values()] if name == DEFAULT else [self.counters[name]]:
            counter.reset()
        if name == DEFAULT:
            self._rest.forget()

    def place(self, path: str) -> Place:
        """Where a path leads, as far as the path tells."""
        first, _, rest = path.removeprefix("/").partition("/")
        prefixed = first in self.counters and first not in RESERVED
        counter = self.counters[first if prefixed else DEFAULT]
        inner = "/" + rest if prefixed else path
        door = _door(inner)
        return Place(counter, door, inner, prefixed, undecided=door == "document")

    def inside(self, request: Request, place: Place) -> Place:
        """The door by the request's element, and without a prefix the buyer by its To."""
        name, buyer = door_and_buyer(request, self.network)
        counter = place.counter if place.prefixed else self.counters[buyer]
        return replace(place, door=DOOR_OF.get(name, "document"), counter=counter)

    def answer(self, request: Request, place: Place) -> Answer:
        """What the door answers."""
        if place.door in CXML:
            base = self.url + (f"/{place.counter.name}" if place.prefixed else "") + place.path
            return self._cxml.answer(request, base, certificate=place.path == CERTIFICATE_PATH)
        if place.door == "token":
            return self._rest.token(request)
        if place.door == "rest":
            return self._rest.answer(request, place.path)
        return Answer(404, b"Not Found", "text/html; charset=utf-8")

    def control(self, request: Request, place: Place) -> Answer:
        """What the control API answers."""
        return self._control.answer(request, place.path, place.counter)

    def refused_password(self, request: Request, place: Place) -> Answer:
        """How the door words a wrong password."""
        if place.door in CXML:
            return self._cxml.refused_password()
        return token_refused() if place.door == "token" else unauthorized()


def _door(path: str) -> str:
    if path in (PATH, CERTIFICATE_PATH):
        return "document"
    if path == TOKEN_PATH:
        return "token"
    if path.startswith(PREFIX):
        return "rest"
    return "control" if path.startswith("/_sandbox/") else "none"

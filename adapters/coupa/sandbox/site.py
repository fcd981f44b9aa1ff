"""All buyers of one sandbox server, and which door of which buyer a URL leads to.

`/{buyer}/…` is that buyer's instance, an unprefixed path the buyer `default`, `/csp/…` the Supplier Portal for all.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.standin.faults import Faults
from gateway.standin.messages import Answer, Request
from gateway.standin.received import Received
from gateway.standin.throttle import Throttle
from gateway.standin.tokens import Client, Tokens
from gateway.standin.tokens import refused_password as token_refused

from .configuration import config_from
from .control import Control
from .csp_door import CSP_CLIENT, CspDoor
from .cxml_door import CxmlDoor
from .cxml_door import refused_password as cxml_refused
from .doors import DOORS
from .instance import Instance
from .records import Credentials
from .rest_answers import refused_password as rest_refused
from .rest_door import RestDoor
from .validation import Validators

DEFAULT = "default"
RESERVED = frozenset({"api", "cxml", "oauth2", "csp", "_sandbox"})


@dataclass(slots=True)
class Buyer:
    """One buyer's instance with what belongs to its doors rather than to its books."""

    instance: Instance
    tokens: Tokens
    throttle: Throttle = field(default_factory=Throttle)
    faults: Faults = field(default_factory=lambda: Faults(DOORS))
    received: Received = field(default_factory=Received)

    def reset(self) -> None:
        """As at the start."""
        self.faults.clear()
        self.received.forget()
        self.tokens.forget()
        self.instance.reset()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes: a buyer, one of its doors, and the path after the prefix."""

    buyer: Buyer
    door: str
    path: str
    prefixed: bool

    @property
    def faults(self) -> Faults:
        """The faults that may hit it."""
        return self.buyer.faults

    @property
    def received(self) -> Received:
        """The log it is written to."""
        return self.buyer.received

    @property
    def spoilt_type(self) -> str:
        """What a spoilt answer says it is."""
        return "text/xml" if self.door == "cxml" else "application/json"

    @property
    def undecided(self) -> bool:
        """Never: here the URL alone tells the door."""
        return False


class Site:
    """The buyers and the doors."""

    name = "coupa"
    banner = "CoupaSandbox"

    def __init__(self, config: Mapping[str, Any] | None = None, dtd_directory: Path | None = None) -> None:
        given = dict(config or {})
        self._lock = threading.Lock()
        self._cxml = CxmlDoor(Validators(dtd_directory))
        self._rest = RestDoor()
        self._csp_client = Client(*CSP_CLIENT)
        self.buyers: dict[str, Buyer] = {}
        self.add(DEFAULT, given.get(DEFAULT) or {})
        self.csp = Buyer(self.buyers[DEFAULT].instance, Tokens(self._csp_client))
        self._csp_door = CspDoor()
        self._control = Control(self)
        for name, values in (given.get("buyers") or {}).items():
            self.add(name, values)

    def add(self, name: str, values: Mapping[str, Any]) -> Buyer:
        """Set up a buyer. Raises `ValueError` for a bad name or configuration."""
        if name in RESERVED or not name or any(letter in name for letter in "/?#% "):
            raise ValueError(f"{name!r} cannot be a buyer's name: it becomes the first part of its URLs")
        config = config_from(name, values)
        buyer = Buyer(Instance(config), Tokens(Client(config.client_id, config.client_secret, config.scopes)))
        with self._lock:
            if name in self.buyers:
                raise ValueError(f"there is a buyer {name} already")
            self.buyers = self.buyers | {name: buyer}
        return buyer

    def place(self, path: str) -> Place:
        """Where a path leads."""
        first, _, rest = path.removeprefix("/").partition("/")
        if first == "csp":
            return Place(self.csp, _csp_door(rest), "/" + rest, True)
        if first in self.buyers and first not in RESERVED:
            return Place(self.buyers[first], _door("/" + rest), "/" + rest, True)
        return Place(self.buyers[DEFAULT], _door(path), path, False)

    def inside(self, request: Request, place: Place) -> Place:
        """The same place: the URL told it all."""
        return place

    def control(self, request: Request, place: Place) -> Answer:
        """What the control API answers."""
        return self._control.answer(request, place)

    def answer(self, request: Request, place: Place) -> Answer:
        """What the door answers."""
        buyer = place.buyer
        if place.door == "cxml":
            return self._cxml.answer(request, buyer.instance, lambda to: self._addressed(to, place))
        if place.door == "token":
            knobs = buyer.instance.knobs
            return buyer.tokens.answer(
                request, knobs.number("token_seconds"), knobs.number("token_activation_ms") / 1000
            )
        if place.door == "csp":
            instances = [each.instance for each in self.buyers.values()]
            return self._csp_door.answer(request, place.path, instances, buyer.tokens)
        if place.door == "rest":
            return self._rest.answer(request, place.path, buyer.instance, buyer.tokens, buyer.throttle)
        return Answer(404, b"The page you were looking for doesn't exist.", "text/html; charset=utf-8")

    def _addressed(self, credentials: Credentials, place: Place) -> Instance:
        """The buyer a document is for: the URL's, or without one the buyer its To names."""
        if not place.prefixed:
            for buyer in self.buyers.values():
                if buyer.instance.is_addressed(credentials):
                    return buyer.instance
        return place.buyer.instance

    def refused_password(self, request: Request, place: Place) -> Answer:
        """How the door words a wrong password."""
        if place.door == "cxml":
            return cxml_refused(place.buyer.instance)
        return token_refused() if place.door == "token" else rest_refused(request)


def _door(path: str) -> str:
    if path.rstrip("/") == "/cxml/invoices":
        return "cxml"
    if path in ("/oauth2/token", "/oauth2/access_tokens"):
        return "token"
    if path.startswith("/api/"):
        return "rest"
    return "control" if path.startswith("/_sandbox/") else "none"


def _csp_door(rest: str) -> str:
    if rest == "oauth2/token":
        return "token"
    if rest.startswith("api/v1/"):
        return "csp"
    return "control" if rest.startswith("_sandbox/") else "none"

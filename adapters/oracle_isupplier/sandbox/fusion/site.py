"""The Fusion part behind the socket: on a server of its own, or mounted on another stand-in's server.

Whoever mounts it asks `place(path)` first and, where that is a `Place` of this module, hands the request to this site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.standin.faults import Doors, Faults
from gateway.standin.messages import Answer, Request, json_answer
from gateway.standin.received import Received
from gateway.standin.tokens import Client, Tokens
from gateway.standin.tokens import refused_password as token_refused

from .answers import refusal
from .configuration import config_from
from .control import Control
from .door import RestDoor
from .tenant import Tenant
from .texts import text

PREFIX = "/fusion"  # of the control API where another stand-in owns /_sandbox/
SCOPE = "urn:opc:resource:consumer::all"


def _wider(group: str, door: str, method: str) -> bool:
    """`submit` = whatever may create or change something."""
    return group == "submit" and door == "rest" and method != "GET"


DOORS = Doors(frozenset({"rest", "token", "submit"}), _wider)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes: the door, and for the control API what follows `/_sandbox/`."""

    site: FusionSite
    door: str
    path: str

    @property
    def faults(self) -> Faults:
        """The faults that may hit it."""
        return self.site.faults

    @property
    def received(self) -> Received:
        """The log it is written to."""
        return self.site.received

    @property
    def spoilt_type(self) -> str:
        """What a spoilt answer says it is."""
        return "application/json"

    @property
    def undecided(self) -> bool:
        """Never: the URL alone tells the door."""
        return False


class FusionSite:
    """One tenant and its doors."""

    name = "fusion"
    banner = "FusionSandbox"

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self.tenant = Tenant(config_from(config or {}))
        self.faults = Faults(DOORS)
        self.received = Received()
        settings = self.tenant.config
        self._tokens = Tokens(Client(settings.client_id, settings.client_secret, (SCOPE,)))
        self._door = RestDoor(self.tenant, self._tokens)
        self._control = Control(self)

    def reset(self) -> None:
        """As at the start."""
        self.faults.clear()
        self.received.forget()
        self._tokens.forget()
        self.tenant.reset()

    def forget_tokens(self) -> None:
        """As when the identity domain ended every session."""
        self._tokens.forget()

    def mounted(self, path: str) -> Place | None:
        """The place of a path on a shared server, None for a path of somebody else's."""
        if path.startswith((f"{PREFIX}/_sandbox/", "/fscmRestApi/", "/oauth2/")):
            return self.place(path.removeprefix(PREFIX))
        return None

    def place(self, path: str) -> Place:
        """Where a path leads on a server of its own."""
        if path.startswith("/_sandbox/"):
            return Place(self, "control", path.removeprefix("/_sandbox/"))
        if path.startswith("/fscmRestApi/"):
            return Place(self, "rest", path)
        return Place(self, "token" if path == "/oauth2/v1/token" else "none", path)

    def inside(self, request: Request, place: Place) -> Place:
        """The same place: the URL told it all."""
        return place

    def answer(self, request: Request, place: Place) -> Answer:
        """What the door answers."""
        if place.door == "token":
            return self._tokens.answer(request, self.tenant.knobs.number("token_seconds"))
        if place.door == "rest":
            return self._door.answer(request)
        return Answer(404, b"Not Found", "text/plain")

    def control(self, request: Request, place: Place) -> Answer:
        """What the control API answers."""
        if (request.method, place.path) == ("GET", "account"):
            return json_answer(200, account_of(self, f"http://{request.header('host')}"))
        return self._control.answer(request, place.path)

    def refused_password(self, request: Request, place: Place) -> Answer:
        """How the door words a wrong password."""
        return token_refused() if place.door == "token" else refusal(request, [text("unauthorized")], self.tenant.knobs)


def account_of(site: FusionSite, url: str) -> dict[str, Any]:
    """What an account needs to connect to that tenant at that address."""
    config = site.tenant.config
    return {
        "transport": "fusion",
        "url": url,
        "business_unit": config.business_units[0],
        "supplier": config.supplier,
        "supplier_site": config.supplier_site,
        "holds": True,
        "token_url": f"{url}/oauth2/v1/token",
        "scope": SCOPE,
        "secrets": {
            "user": config.user,
            "password": config.password,
            "client_id": config.client_id,
            "client_secret": config.client_secret,
        },
    }

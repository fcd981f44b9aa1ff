"""All tenants of one sandbox server, and which door of which tenant a URL leads to.

`/{tenant}/OA_HTML/…` is that tenant's suite, an unprefixed path the tenant `default`. Fusion's REST is beside them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.standin.faults import Faults
from gateway.standin.messages import Answer, Request
from gateway.standin.received import Received

from .books import utc_now
from .configuration import config_from
from .control import Control
from .fusion import FusionSite
from .fusion import Place as FusionPlace
from .pages_door import PagesDoor
from .tenant import Tenant

DEFAULT = "default"
RESERVED = frozenset({"OA_HTML", "_sandbox", "fusion", "fscmRestApi", "oauth2"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes: a tenant, one of its doors, and the path after the prefix."""

    tenant: Tenant
    door: str
    path: str
    undecided: bool = False

    @property
    def faults(self) -> Faults:
        """The faults that may hit it."""
        return self.tenant.faults

    @property
    def received(self) -> Received:
        """The log it is written to."""
        return self.tenant.received

    @property
    def spoilt_type(self) -> str:
        """What a spoilt answer says it is."""
        return "text/html"


class Site:
    """The tenants and their doors."""

    name = "oracle-isupplier"
    banner = "Oracle-Application-Server (stand-in)"

    def __init__(self, config: Mapping[str, Any] | None = None, clock: Callable[[], datetime] = utc_now) -> None:
        given = dict(config or {})
        self._clock = clock
        self._lock = threading.Lock()
        self._pages = PagesDoor()
        self.fusion = FusionSite(given.get("fusion") or {})
        self.stopping = threading.Event()
        self.tenants: dict[str, Tenant] = {}
        self.add(DEFAULT, given.get(DEFAULT) or {})
        for name, values in (given.get("buyers") or {}).items():
            self.add(name, values)
        self._control = Control(self)

    def add(self, name: str, values: Mapping[str, Any]) -> Tenant:
        """Set up a tenant. Raises `ValueError` for a bad name or configuration."""
        if name in RESERVED or not name or any(letter in name for letter in "/?#% "):
            raise ValueError(f"{name!r} cannot be a buyer's name: it becomes the first part of its URLs")
        tenant = Tenant(config_from(name, values), "" if name == DEFAULT else f"/{name}", self._clock)
        with self._lock:
            if name in self.tenants:
                raise ValueError(f"there is a buyer {name} already")
            self.tenants = self.tenants | {name: tenant}
        return tenant

    def place(self, path: str) -> Place | FusionPlace:
        """Where a path leads; for pages the rest of the request tells which door it is."""
        if mounted := self.fusion.mounted(path):
            return mounted
        first, _, rest = path.removeprefix("/").partition("/")
        named = first in self.tenants and first not in RESERVED
        tenant = self.tenants[first] if named else self.tenants[DEFAULT]
        inner = f"/{rest}" if named else path
        if inner.startswith("/_sandbox/"):
            return Place(tenant, "control", inner)
        return Place(tenant, "none", inner, undecided=inner.startswith("/OA_HTML/"))

    def inside(self, request: Request, place: Place | FusionPlace) -> Place | FusionPlace:
        """The place once the request is known."""
        if isinstance(place, FusionPlace):
            return self.fusion.inside(request, place)
        with place.tenant.lock:
            return Place(place.tenant, self._pages.door_of(request, place.tenant), place.path, place.undecided)

    def answer(self, request: Request, place: Place | FusionPlace) -> Answer:
        """What the door answers, after the portal has taken its time."""
        if isinstance(place, FusionPlace):
            return self.fusion.answer(request, place)
        tenant = place.tenant
        fault = tenant.page_faults.take(place.door, request.method) if place.door != "none" else None
        with tenant.lock:
            answer = self._pages.answer(request, tenant, place.door, fault)
            seconds = self._delay(tenant, place.door, request)
            if fault is not None and fault.kind == "slow_ppr" and place.door == "ppr":
                seconds += fault.seconds
            if seconds:
                tenant.delays.add(seconds)
        if seconds:
            self.stopping.wait(seconds)
        return answer

    def _delay(self, tenant: Tenant, door: str, request: Request) -> float:
        knobs = tenant.knobs
        if door == "ppr":
            low, high = float(knobs.decimal("ppr_delay_from")), float(knobs.decimal("ppr_delay_to"))
            return tenant.look.between(low, high)
        whole = door in ("page", "post", "submit") or (door == "login" and not request.path.endswith("Login.jsp"))
        return float(knobs.decimal("page_delay")) if whole else 0.0

    def control(self, request: Request, place: Place | FusionPlace) -> Answer:
        """What the control API answers."""
        if isinstance(place, FusionPlace):
            return self.fusion.control(request, place)
        return self._control.answer(request, place.tenant, place.path)

    def refused_password(self, request: Request, place: Place | FusionPlace) -> Answer:
        """How the door words a wrong password."""
        if isinstance(place, FusionPlace):
            return self.fusion.refused_password(request, place)
        return self._pages.refused_password(request, place.tenant)

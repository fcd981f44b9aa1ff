"""One adapter at work against its portal's stand-in, as the contract suite uses it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import httpx
import pytest

import adapters
from gateway.adapter import Account, Adapter, Browser, Document, Notice, Receipt
from gateway.connection import Limits, open_connection
from tests.contract.variants import Variant
from tests.packets import ORDER_AT_PORTAL, PLAIN, STAMP, packet, paper

LIMITS = Limits(connect=2, read=5, total=8, answer_bytes=2_000_000)
NUMBER = "INV-1001"


def stand_in(key: str, module: str = "sandbox") -> Any:
    """A running stand-in for a portal; a folder without one fails at once."""
    try:
        portal = import_module(f"adapters.{key}.{module}").Portal
    except (ImportError, AttributeError) as fault:
        pytest.fail(f"adapters/{key} has no stand-in: adapters.{key}.{module}.Portal is needed ({fault})")
    return portal()


class Recorder(httpx.BaseTransport):
    """Keeps the credentials that pass by, so that a test knows what must not be seen anywhere else."""

    def __init__(self) -> None:
        self.inner = httpx.HTTPTransport()
        self.credentials: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme in ("Bearer", "Basic"):
            self.credentials.add(value)
        return self.inner.handle_request(request)

    def close(self) -> None:
        self.inner.close()


@dataclass
class Desk:
    """The portal's stand-in, the account that connects to it, and the adapter between them."""

    portal: Any
    key: str
    variant: Variant
    browser: Browser | None = None  # for portals that are driven
    secrets: dict[str, str] = field(default_factory=dict)
    recorder: Recorder = field(default_factory=Recorder)

    def __post_init__(self) -> None:
        settings = dict(self.portal.account())
        self.secrets = settings.pop("secrets")
        if "status_source" in self.variant.settings:
            settings.pop("status", None)
        settings.update(self.variant.settings)
        self.account = Account("contract", self.key, settings, self.secrets.__getitem__)
        self.http = open_connection(self.account, limits=LIMITS, inner=self.recorder)
        self.adapter = self.another_adapter()
        if self.variant.knobs:
            self.portal.knobs(**self.variant.knobs)
        self.portal.orders([ORDER_AT_PORTAL])

    def another_adapter(self) -> Adapter:
        """As after a restart: nothing remembered."""
        handed = {"browser": self.browser} if adapters.drives_a_browser(self.key) else {}
        adapter: Adapter = adapters.load(self.key)(self.account, self.http, **handed)
        return adapter

    def document(self, number: str = NUMBER, **changes: Any) -> Document:
        """One invoice with a time sheet and its own PDF, rendered for this account."""
        files = [paper(), paper("invoice.pdf", "invoice_pdf")]
        return self.adapter.render(packet(number, **changes), files, PLAIN, STAMP)

    def submit(self, number: str = NUMBER, **changes: Any) -> Receipt:
        return self.adapter.submit(self.document(number, **changes), STAMP.reference)

    def there(self, number: str = NUMBER) -> list[dict[str, Any]]:
        """What the portal holds under a number, drafts included."""
        return [held for held in self.portal.documents() if held["number"] == number]

    def submitted(self, number: str = NUMBER) -> list[dict[str, Any]]:
        """What the portal holds under a number as submitted."""
        return [held for held in self.there(number) if held["submitted"]]

    def asked(self) -> list[dict[str, Any]]:
        """The requests that reached the portal where statuses are read."""
        requests: list[dict[str, Any]] = self.portal.requests(**self.variant.reading)
        return requests

    def sign_ins(self, *, reading: bool = False) -> int:
        """How often our credentials were shown: with every request, or at a door of its own."""
        door = self.variant.signing_in
        asked = self.asked() if reading else self.portal.requests()
        return sum(1 for one in asked if not door or (one["door"], one["method"]) == (door, "POST"))

    def whole_pass(self, cursor: str) -> tuple[list[Notice], str]:
        """All pages of one pass."""
        notices: list[Notice] = []
        more = True
        while more:
            page = self.adapter.poll(cursor)
            notices += page.notices
            cursor, more = page.cursor, page.more
        return notices, cursor

    def close(self) -> None:
        self.http.close()
        self.portal.close()


def desks() -> Iterator[tuple[str, str]]:
    """Every portal with each of its variants, by name."""
    from tests.contract.variants import variants_of

    for key in adapters.keys():  # noqa: SIM118 - a function of the package, not a mapping
        for name in variants_of(key):
            yield key, name

"""One browser for all tests of the road, and an office at each of the stand-in's three tenants."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from adapters.oracle_isupplier.adapter import Adapter
from adapters.oracle_isupplier.sandbox import Portal
from gateway.adapter import Account, Document, Receipt
from gateway.connection import open_connection
from gateway.driven import AccountBrowser
from tests.packets import ORDER_AT_PORTAL, PLAIN, STAMP, packet, paper

SETTINGS: Mapping[str, Any] = MappingProxyType(
    {"currency": "USD", "window_days": 1000, "page_seconds": 30, "submit_seconds": 30, "canary": False}
)
PROFILES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "plain": {},
        "harbor": {
            "labels": {
                "view_invoices": "View Invoice",
                "invoice_number": "Supplier Invoice No.",
                "saved_number": "Supplier Invoice No.",
                "invoice_date": "Date of Invoice",
                "remit_to": "Pay Site",
            },
            "columns": {"po": "Order Number", "quantity": "Qty to Bill", "invoice": "Invoice No."},
        },
        "prairie": {"labels": {"description": "Comments"}},
    }
)


@dataclass
class Office:
    """Our side and the portal's of one tenant."""

    portal: Portal
    buyer: str
    browser: AccountBrowser
    settings: dict[str, Any]
    secrets: dict[str, str]

    def adapter(self, **settings: Any) -> Adapter:
        """An adapter that has not signed in yet."""
        account = Account("isupplier", "oracle_isupplier", {**self.settings, **settings}, self.secrets.__getitem__)
        http = open_connection(account)
        http.close()
        return Adapter(account, http, browser=self.browser, now=lambda: datetime.now(UTC))

    def document(self, adapter: Adapter, number: str, **changes: Any) -> Document:
        return adapter.render(packet(number, **changes), [paper()], PLAIN, STAMP)

    def submit(self, number: str = "INV-1", **changes: Any) -> Receipt:
        adapter = self.adapter()
        return adapter.submit(self.document(adapter, number, **changes), STAMP.reference)

    def there(self, number: str = "INV-1") -> list[dict[str, Any]]:
        """What the portal holds under a number."""
        return [one for one in self.portal.documents(buyer=self.buyer) if one["number"] == number]

    def presses(self) -> int:
        """How often Submit reached the portal."""
        return sum(1 for one in self.portal.requests(buyer=self.buyer) if one["door"] == "submit")

    def sign_ins(self) -> int:
        """How often a password was shown."""
        asked = self.portal.requests(buyer=self.buyer)
        return sum(1 for one in asked if (one["door"], one["method"]) == ("login", "POST"))


@pytest.fixture(scope="session")
def driven() -> Iterator[AccountBrowser]:
    browser = AccountBrowser(Account("isupplier", "oracle_isupplier", {}, lambda name: ""))
    yield browser
    browser.close()


@pytest.fixture
def open_office(driven: AccountBrowser) -> Iterator[Callable[..., Office]]:
    """`open_office("harbor")`: that tenant of a fresh stand-in, with the common order."""
    opened: list[Portal] = []

    def at(profile: str = "plain", **tenant: Any) -> Office:
        portal = Portal({"buyers": {profile: tenant}})
        opened.append(portal)
        portal.orders([ORDER_AT_PORTAL], buyer=profile)
        settings = portal.account(profile)
        secrets = settings.pop("secrets")
        return Office(portal, profile, driven, {**settings, **SETTINGS, "profile": PROFILES[profile]}, secrets)

    yield at
    for portal in opened:
        portal.close()


@pytest.fixture
def office(open_office: Callable[..., Office]) -> Office:
    return open_office("plain")

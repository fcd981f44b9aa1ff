"""The verbs at Oracle's supplier portals, by whichever of two roads the account's `transport` names.

`ebs`: the iSupplier pages of E-Business Suite, driven in a browser (`ebs.Road`). `fusion`: the REST resource of Fusion
Cloud's Supplier Portal (`fusion.Road`). A road has the verbs of `gateway.adapter.Adapter`; only the chosen one is
imported, so that an API account never loads a browser.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import httpx

from gateway.adapter import (
    Account,
    Browser,
    Document,
    File,
    Found,
    Notices,
    Presentation,
    Receipt,
    Stamp,
    least_settling,
)
from gateway.adapter import Adapter as Road
from gateway.errors import SettingWrong
from gateway.order import Orders
from gateway.packet import Packet
from gateway.verdict import Verdict

TRANSPORTS = ("ebs", "fusion")
Clock = Callable[[], datetime]


class Adapter:
    """One supplier at one buyer."""

    def __init__(
        self, account: Account, http: httpx.Client, *, browser: Browser | None = None, now: Clock | None = None
    ) -> None:
        self._road = _road(account, http, browser, now or _utc_now)
        self.abilities = self._road.abilities
        self.least_settling_seconds = least_settling(self._road)

    def render(self, packet: Packet, files: Sequence[File], presentation: Presentation, stamp: Stamp) -> Document:
        """The exact document. Raises CannotExpress."""
        return self._road.render(packet, files, presentation, stamp)

    def submit(self, document: Document, reference: str) -> Receipt:
        """Hands the document over once."""
        return self._road.submit(document, reference)

    def find(self, number: str) -> tuple[Found, ...]:
        """Everything the portal holds under exactly this number."""
        return self._road.find(number)

    def poll(self, cursor: str) -> Notices:
        """Changes since `cursor`."""
        return self._road.poll(cursor)

    def orders(self, cursor: str) -> Orders:
        """Purchase orders changed since `cursor`."""
        return self._road.orders(cursor)

    def void(self, portal_reference: str, why: str) -> Verdict:
        """Takes an invoice back, where the road has a way."""
        return self._road.void(portal_reference, why)

    def check(self) -> str:
        """Signs in and reads; one sentence."""
        return self._road.check()


def _road(account: Account, http: httpx.Client, browser: Browser | None, now: Clock) -> Road:
    transport = account.settings.get("transport", "ebs")
    if transport == "ebs":
        from adapters.oracle_isupplier.ebs import Road as Pages

        if browser is None:
            raise SettingWrong("transport", "is ebs, which needs a browser, and this account was opened without one")
        return Pages(account, browser, now)
    if transport == "fusion":
        from adapters.oracle_isupplier.fusion import Road as Rest

        return Rest(account, http, now)
    raise SettingWrong("transport", f"must be one of {', '.join(TRANSPORTS)}, not {transport!r}")


def _utc_now() -> datetime:
    return datetime.now(UTC)

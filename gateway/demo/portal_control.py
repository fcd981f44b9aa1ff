"""What happens at the portals, ordered through the sandbox's control API, and the portals' own list of invoices."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx

from gateway.demo.clients import EVERY_CLIENT
from gateway.demo.packets import Case, Step

_ENDED = frozenset({"rejected", "voided", "abandoned", "invalid", "failed", "canceled", "cancelled"})


class PortalRefusedOrder(Exception):
    """The stand-in could not do what the scenario asks of it; its own words."""


@dataclass(frozen=True, slots=True)
class Held:
    """One invoice as the portal itself lists it, its status in small letters. `id` is what the portal tells a supplier
    of it: iSupplier's pages know an invoice by its number alone. `alive`: it is neither rejected nor taken back."""

    id: str
    number: str
    status: str
    total: Decimal

    @property
    def alive(self) -> bool:
        """Whether it may still be paid."""
        return self.status not in _ENDED


class PortalControl:
    """The control API of every buyer; `stands` is where each client's is found. Close it at the end."""

    def __init__(self, stands: Mapping[str, str]) -> None:
        self._stands = stands
        self._http = httpx.Client(timeout=30.0, trust_env=False)

    def close(self) -> None:
        """Ends the connection."""
        self._http.close()

    def put_orders(self, client: str, orders: tuple[dict[str, Any], ...]) -> None:
        """Puts purchase orders at a buyer."""
        self._post(client, "/_sandbox/orders", {"orders": list(orders)})

    def put_time_cards(self, client: str, cards: tuple[dict[str, Any], ...]) -> None:
        """Puts the hours that a buyer has approved."""
        self._post(client, "/_sandbox/timecards", {"timecards": list(cards)})

    def push_to(self, client: str, supplier_id: str, url: str) -> None:
        """Has a network push from now on what it has to tell a supplier."""
        self._post(client, f"/_sandbox/suppliers/{supplier_id}", {"delivery": "push", "push_url": url})

    def perform(self, case: Case, step: Step, number: str) -> None:
        """Does one step of a case's script; `number` is the invoice's number as it was last sent."""
        path, body = step.request(number)
        self._post(case.client, path, body)

    def approve(self, client: str, number: str) -> None:
        """The buyer approves an invoice."""
        self._post(client, f"/_sandbox/invoices/{quote(number, safe='')}/status", {"status": "approved"})

    def invoices(self, client: str) -> tuple[Held, ...]:
        """Everything the portal holds for a buyer, in the order of its coming."""
        answer = self._http.get(f"{self._stands[client]}/_sandbox/invoices")
        answer.raise_for_status()
        rows = answer.json()["invoices"]
        told = "number" if EVERY_CLIENT[client].product == "oracle_isupplier" else "id"
        return tuple(
            Held(str(row[told]), str(row["number"]), str(row["status"]).lower(), Decimal(str(row["total"])))
            for row in rows
        )

    def _post(self, client: str, path: str, body: Mapping[str, Any]) -> None:
        answer = self._http.post(f"{self._stands[client]}{path}", json=dict(body))
        if answer.is_error:
            raise PortalRefusedOrder(f"POST /{client}{path} answered {answer.status_code}: {answer.text[:500]}")

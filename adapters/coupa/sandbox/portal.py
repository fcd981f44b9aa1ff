"""`Portal`: the sandbox in this process, with the menu every stand-in portal offers to tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from gateway.standin.faults import Faults
from gateway.standin.menu import Menu
from gateway.standin.server import Server

from . import control
from .csp_door import CSP_CLIENT
from .records import Invoice
from .seeding import seed
from .site import DEFAULT, Buyer, Site


class Portal(Menu):
    """A Coupa sandbox on a free loopback port; close it, or use it as a context manager.

    `config` is what `--config` reads: `{"default": {...}, "buyers": {name: {...}}}`. Every menu entry takes `buyer`,
    the name of a buyer's instance. What the menu arms stays until it is used up or `accepts()` clears it.
    """

    def __init__(
        self, config: Mapping[str, Any] | None = None, *, port: int = 0, dtd_directory: Path | None = None
    ) -> None:
        self._site = Site(config, dtd_directory)
        self._server = Server(self._site, port)

    def __enter__(self) -> Portal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def account(self, buyer: str = DEFAULT) -> dict[str, Any]:
        """What an account needs to connect to that buyer."""
        config = self._buyer(buyer).instance.config
        supplier = config.suppliers[0]
        return {
            "url": self.url if buyer == DEFAULT else f"{self.url}/{buyer}",
            "transport": "cxml",
            "status": "core_rest",
            "supplier_domain": supplier.domain,
            "supplier_identity": supplier.identity,
            "supplier_id": supplier.id,
            "supplier_name": supplier.name,
            "buyer_domain": config.buyer_domain,
            "buyer_identity": config.buyer_identity,
            "scopes": list(config.scopes),
            "csp_url": f"{self.url}/csp",
            "csp_instance_url": f"https://{buyer}.coupa.invalid",
            "secrets": {
                "shared_secret": supplier.shared_secret,
                "client_id": config.client_id,
                "client_secret": config.client_secret,
                "csp_client_id": CSP_CLIENT[0],
                "csp_client_secret": CSP_CLIENT[1],
            },
        }

    # Set-up

    def add_buyer(self, name: str, config: Mapping[str, Any] | None = None) -> None:
        """Set up another buyer's instance at `/{name}`."""
        self._site.add(name, config or {})

    def orders(self, orders: Iterable[Mapping[str, Any]], *, buyer: str = DEFAULT) -> None:
        """Put purchase orders."""
        self._buyer(buyer).instance.put_orders(orders)

    def order(self, number: str, action: str, *, buyer: str = DEFAULT) -> None:
        """close, cancel, receive or invoice_stop an order."""
        self._buyer(buyer).instance.change_order(number, action)

    def knobs(self, *, buyer: str = DEFAULT, **values: object) -> None:
        """Change knobs."""
        self._buyer(buyer).instance.knobs.change(values)

    def seed(self, number: int, status: str = "pending_approval", *, buyer: str = DEFAULT) -> None:
        """Open many invoices at once."""
        seed(self._buyer(buyer).instance, number, status)

    def reset(self, *, buyer: str = DEFAULT) -> None:
        """As at the start."""
        self._buyer(buyer).reset()

    # The menu: how the next submissions go

    def accepts(self, *, buyer: str = DEFAULT) -> None:
        """Clear faults and scripted refusals."""
        place = self._buyer(buyer)
        place.faults.clear()
        place.instance.accept_again()

    def rejects(self, code: str, *, times: int = 1, buyer: str = DEFAULT) -> None:
        """Refuse the next submissions: a text's key (`order_not_found`, …) or a cXML code ("417")."""
        self._buyer(buyer).instance.refuse_next(code, times)

    def refuses(self, kind: str, *, times: int = 1, buyer: str = DEFAULT) -> None:
        """The same under its other name."""
        self.rejects(kind, times=times, buyer=buyer)

    # The menu: what becomes of an invoice

    def says(self, number: str, word: str, *, buyer: str = DEFAULT) -> None:
        """Set the status, any word, whatever the graph says."""
        self._buyer(buyer).instance.advance(self._invoice(number, buyer), word, force=True)

    def disputes(
        self, number: str, code: str = "INCORRECT_QUANTITY", comment: str = "", *, buyer: str = DEFAULT
    ) -> None:
        """Dispute with a reason, which is set up for the tenant when it is new."""
        instance = self._buyer(buyer).instance
        instance.add_dispute_reason(code)
        instance.dispute(self._invoice(number, buyer), code, comment)

    def pays(self, number: str, *, buyer: str = DEFAULT) -> None:
        """Mark as paid."""
        self._buyer(buyer).instance.pay(self._invoice(number, buyer))

    # Looking

    def documents(self, *, buyer: str = DEFAULT) -> list[dict[str, Any]]:
        """What the portal holds, as `GET /_sandbox/invoices` lists it."""
        return control.invoices(self._buyer(buyer).instance)

    def requests(self, *, buyer: str = DEFAULT) -> list[dict[str, Any]]:
        """What came to the doors, as `GET /_sandbox/received` lists it."""
        return self._buyer(buyer).received.as_json()

    def _faults(self, buyer: str) -> Faults:
        return self._buyer(buyer).faults

    def _buyer(self, name: str) -> Buyer:
        return self._site.csp if name == "csp" else self._site.buyers[name]

    def _invoice(self, number: str, buyer: str) -> Invoice:
        invoice = self._buyer(buyer).instance.find(number)
        if invoice is None:
            raise LookupError(f"the sandbox has no invoice {number!r} at buyer {buyer}")
        return invoice

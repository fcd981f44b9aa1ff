"""`Portal`: the Fusion sandbox in this process, with the menu every stand-in portal offers to tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from gateway.standin.faults import Faults
from gateway.standin.menu import DEFAULT, Menu
from gateway.standin.server import Server

from . import control
from .records import Invoice
from .seeding import seed
from .site import FusionSite, account_of


class Portal(Menu):
    """A Fusion tenant on a free loopback port; close it, or use it as a context manager.

    `config`: see `configuration.Config`. There is one tenant, so `buyer` is accepted and always the default.
    """

    def __init__(
        self, config: Mapping[str, Any] | None = None, *, port: int = 0, dtd_directory: Path | None = None
    ) -> None:
        self.site = FusionSite(config)
        self._server = Server(self.site, port)
        self._tenant = self.site.tenant

    def __enter__(self) -> Portal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def account(self, buyer: str = DEFAULT) -> dict[str, Any]:
        """What an account needs to connect."""
        return account_of(self.site, self.url)

    # Set-up

    def orders(self, orders: Iterable[Mapping[str, Any]], *, buyer: str = DEFAULT) -> None:
        """Put purchase orders."""
        self._tenant.put_orders(orders)

    def order(self, number: str, action: str, *, buyer: str = DEFAULT) -> None:
        """close, cancel, open or receive an order."""
        self._tenant.change_order(number, action)

    def knobs(self, *, buyer: str = DEFAULT, **values: object) -> None:
        """Change knobs."""
        self._tenant.knobs.change(values)

    def seed(self, number: int, status: str = "pending_approval", *, buyer: str = DEFAULT) -> None:
        """Open many invoices at once."""
        seed(self._tenant, number, status)

    def reset(self, *, buyer: str = DEFAULT) -> None:
        """As at the start."""
        self.site.reset()

    # The menu: how the next submissions go

    def accepts(self, *, buyer: str = DEFAULT) -> None:
        """Clear faults and scripted refusals."""
        self.site.faults.clear()
        self._tenant.accept_again()

    def rejects(self, code: str, *, times: int = 1, buyer: str = DEFAULT) -> None:
        """Refuse the next creations with a text's key; `submit:key` refuses the next submitInvoice."""
        self._tenant.refuse_next(code, times)

    def refuses(self, kind: str, *, times: int = 1, buyer: str = DEFAULT) -> None:
        """The same under its other name."""
        self.rejects(kind, times=times)

    # The menu: what becomes of an invoice

    def says(self, number: str, word: str, *, buyer: str = DEFAULT) -> None:
        """A word every stand-in knows, or any other word as validation status."""
        self._tenant.says(self._invoice(number), word)

    def words(self, number: str, *, approval: str | None = None, paid: str | None = None) -> None:
        """Set the approval or the payment status alone."""
        self._tenant.set_words(self._invoice(number), approval=approval, paid=paid)

    def disputes(
        self, number: str, code: str = "INCORRECT_QUANTITY", comment: str = "", *, buyer: str = DEFAULT
    ) -> None:
        """Put a hold on it."""
        self._tenant.dispute(self._invoice(number), code, comment)

    def holds(self, number: str, *names: str, reason: str = "") -> None:
        """Put holds of these names on it."""
        for name in names:
            self._tenant.hold(self._invoice(number), name, reason)

    def releases(self, number: str, name: str) -> None:
        """Release the holds of that name."""
        self._tenant.release(self._invoice(number), name)

    def validates(self, number: str) -> None:
        """Payables validation: match against the order."""
        self._tenant.validate(self._invoice(number))

    def pays(self, number: str, *, buyer: str = DEFAULT) -> None:
        """Mark as paid."""
        self._tenant.set_words(self._invoice(number), paid="Paid")

    # Looking

    def documents(self, *, buyer: str = DEFAULT) -> list[dict[str, Any]]:
        """What the portal holds, as `GET /_sandbox/invoices` lists it."""
        return control.invoices(self._tenant)

    def requests(self, *, buyer: str = DEFAULT) -> list[dict[str, Any]]:
        """What came to the doors, as `GET /_sandbox/received` lists it."""
        return self.site.received.as_json()

    def _faults(self, buyer: str) -> Faults:
        return self.site.faults

    def _invoice(self, number: str) -> Invoice:
        invoice = self._tenant.find(number)
        if invoice is None:
            raise LookupError(f"the sandbox has no invoice {number!r}")
        return invoice

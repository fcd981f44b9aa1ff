"""`Portal`: the sandbox in this process, with the menu every stand-in portal offers to tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from gateway.standin.faults import Faults
from gateway.standin.menu import Menu
from gateway.standin.server import Server

from . import control, listing
from .books import utc_now
from .fusion import account_of
from .records import Invoice
from .seeding import seed
from .site import DEFAULT, Site
from .tenant import Tenant


class Portal(Menu):
    """An E-Business Suite sandbox on a free loopback port; close it, or use it as a context manager.

    `config` is what `--config` reads: `{"default": {...}, "buyers": {name: {...}}, "fusion": {...}}`. Every menu entry
    takes `buyer`, the name of a tenant. What the menu arms stays until it is used up or `accepts()` clears it. Pages
    have no DTD; `dtd_directory` is there because every stand-in has it.
    """

    def __init__(
        self,
        config: Mapping[str, Any] | None = None,
        *,
        port: int = 0,
        dtd_directory: Path | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._site = Site(config, clock)
        self._server = Server(self._site, port)

    def __enter__(self) -> Portal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End what waits, every connection, and give the port back."""
        self._site.stopping.set()
        super().close()

    def account(self, buyer: str = DEFAULT) -> dict[str, Any]:
        """What an account needs to sign in at that tenant; "fusion" is the Fusion tenant beside them."""
        if buyer == "fusion":
            return account_of(self._site.fusion, self.url)
        tenant = self._buyer(buyer)
        user = next(iter(tenant.desk.users.values()))
        secrets = {"password": user.password}
        if user.totp_secret:
            secrets["totp_seed"] = user.totp_secret
        return {
            "url": self.url + tenant.prefix,
            "transport": "ebs",
            "user": user.name,
            "profile": tenant.profile.name,
            "responsibility": tenant.profile.responsibility,
            "organization": tenant.config.organization,
            "secrets": secrets,
        }

    # Set-up

    def add_buyer(self, name: str, config: Mapping[str, Any] | None = None) -> None:
        """Set up another tenant at `/{name}`."""
        self._site.add(name, config or {})

    def orders(self, orders: Iterable[Mapping[str, Any]], *, buyer: str = DEFAULT) -> None:
        """Put purchase orders."""
        self._buyer(buyer).books.put_orders(orders)

    def order(self, number: str, action: str, *, buyer: str = DEFAULT, **values: object) -> None:
        """close, finally_close, cancel, reopen, receive, approve or unapprove an order."""
        self._buyer(buyer).books.change_order(number, action, **values)

    def knobs(self, *, buyer: str = DEFAULT, **values: object) -> None:
        """Change knobs."""
        self._buyer(buyer).knobs.change(values)

    def user(self, *, buyer: str = DEFAULT, **values: object) -> None:
        """Change the tenant's first user: expired, locked, totp_secret, password."""
        user = next(iter(self._buyer(buyer).desk.users.values()))
        for name, value in values.items():
            setattr(user, name, value)

    def seed(self, number: int, status: str = "In-Process", *, buyer: str = DEFAULT) -> None:
        """Submit many invoices at once."""
        seed(self._buyer(buyer).books, number, status)

    def reset(self, *, buyer: str = DEFAULT) -> None:
        """As at the start."""
        self._buyer(buyer).reset()

    # The menu: how the next submissions go

    def fault(self, kind: str, *, buyer: str = DEFAULT, **values: object) -> None:
        """Arm any fault of the control API, those of driven pages included."""
        self._buyer(buyer).arm({"kind": kind, **values})

    def accepts(self, *, buyer: str = DEFAULT) -> None:
        """Clear faults and scripted refusals."""
        self._buyer(buyer).accept_again()

    def rejects(self, code: str, *, times: int = 1, buyer: str = DEFAULT) -> None:
        """Refuse the next submissions with the text of that key (`duplicate`, …)."""
        self._buyer(buyer).refuse_next(code, times)

    def refuses(self, kind: str, *, times: int = 1, buyer: str = DEFAULT) -> None:
        """The same under its other name."""
        self.rejects(kind, times=times, buyer=buyer)

    # The menu: what becomes of an invoice

    def says(self, number: str, word: str, *, buyer: str = DEFAULT) -> None:
        """Set the status the supplier sees: one of the portal's, or any word."""
        self._buyer(buyer).books.say(self._invoice(number, buyer), word)

    def disputes(self, number: str, code: str = "QTY REC", comment: str = "", *, buyer: str = DEFAULT) -> None:
        """Put a hold; a code that Payables does not know is buyer-defined."""
        invoice = self._invoice(number, buyer)
        invoice.comment = comment or invoice.comment
        self._buyer(buyer).books.hold(invoice, code)

    def holds(self, number: str, *codes: str, buyer: str = DEFAULT) -> None:
        """Put several holds, in that order."""
        self._buyer(buyer).books.hold_all(self._invoice(number, buyer), codes)

    def releases(self, number: str, code: str = "", *, buyer: str = DEFAULT) -> None:
        """Release one hold, or all."""
        self._buyer(buyer).books.release(self._invoice(number, buyer), code)

    def pays(self, number: str, *, buyer: str = DEFAULT) -> None:
        """Pay what is open."""
        self._buyer(buyer).books.pay(self._invoice(number, buyer))

    def ends_sessions(self, *, buyer: str = DEFAULT) -> None:
        """Whoever is signed in is so no longer."""
        self._buyer(buyer).desk.end_all()

    # Looking

    def documents(self, *, buyer: str = DEFAULT) -> list[dict[str, Any]]:
        """What the portal holds, saved invoices included, as `GET /_sandbox/invoices` lists it."""
        return listing.invoices(self._buyer(buyer))

    def requests(self, *, buyer: str = DEFAULT) -> list[dict[str, Any]]:
        """What came to the doors, as `GET /_sandbox/received` lists it."""
        return self._buyer(buyer).received.as_json()

    def look(self, buyer: str = DEFAULT) -> dict[str, Any]:
        """Labels, columns and the rest of a tenant's profile, as `GET /_sandbox/profile` shows it."""
        return control.profile_row(self._buyer(buyer))

    def delays(self, *, buyer: str = DEFAULT) -> tuple[int, float]:
        """How many answers were held back, and for how many seconds together."""
        delays = self._buyer(buyer).delays
        return delays.count, delays.seconds

    def _faults(self, buyer: str) -> Faults:
        return self._buyer(buyer).faults

    def _buyer(self, name: str) -> Tenant:
        return self._site.tenants[name]

    def _invoice(self, number: str, buyer: str) -> Invoice:
        numbered = self._buyer(buyer).books.numbered(number)
        if not numbered:
            raise LookupError(f"the sandbox has no invoice {number!r} at buyer {buyer}")
        return numbered[-1]

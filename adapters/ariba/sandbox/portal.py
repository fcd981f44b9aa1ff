"""`Portal`: the sandbox in this process, with the menu every stand-in portal offers to tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from gateway.standin.faults import Faults
from gateway.standin.menu import Menu
from gateway.standin.server import Server

from . import control, lifecycle, orders_control, updates
from .cxml_door import PATH
from .documents import NETWORK_ANID
from .network import DEFAULT, Buyer
from .records import Invoice, Mode
from .rest_door import ENVIRONMENTS, PREFIX, TOKEN_PATH
from .rulebook import whole_set
from .scripts import Step
from .seeding import seed
from .site import Counter, Site


class Portal(Menu):
    """A sandbox of the network on a free loopback port; close it, or use it as a context manager.

    `config` is what `--config` reads: `{"default": {...}, "buyers": {name: {...}}}`. Every menu entry takes `buyer`,
    the name of a buyer. What the menu arms stays until it is used up or `accepts()` clears it.
    """

    def __init__(
        self, config: Mapping[str, Any] | None = None, *, port: int = 0, dtd_directory: Path | None = None
    ) -> None:
        self._site = Site(config, dtd_directory)
        self._server = Server(self._site, port)
        self._site.url = self._server.url

    def __enter__(self) -> Portal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every connection and thread, and give the port back."""
        super().close()
        self._site.network.close()

    def account(self, buyer: str = DEFAULT, *, mode: Mode = "production") -> dict[str, Any]:
        """What an account needs to connect: one supplier-buyer pair, in its production or test account."""
        there = self._buyer(buyer)
        supplier = self._site.network.suppliers[there.config.suppliers[0].identity]
        base = self.url if buyer == DEFAULT else f"{self.url}/{buyer}"
        environment = next(name for name, each in ENVIRONMENTS.items() if each == mode)
        pushed = supplier.delivery in ("push", "both")
        polled = supplier.delivery in ("pending", "both")
        return {
            "url": base + PATH,
            "network_domain": "NetworkID",
            "network_identity": NETWORK_ANID,
            "supplier_domain": "NetworkID",
            "supplier_identity": supplier.anid(mode),
            "supplier_name": supplier.name,
            "buyer_domain": "NetworkID",
            "buyer_identity": there.anid(mode),
            "deployment_mode": mode,
            "abilities": [
                *(["pending_queue"] if polled else []),
                *(["push"] if pushed else []),
                "profile",
                "rest",
                "orders",
            ],
            "token_url": base + TOKEN_PATH,
            "rest_url": f"{base}{PREFIX}{environment}/invoices",
            "secrets": {
                "shared_secret": supplier.shared_secret,
                "push_secret": supplier.push_secret,
                "client_id": supplier.client_id,
                "client_secret": supplier.client_secret,
                "api_key": supplier.api_key,
            },
        }

    # Set-up

    def add_buyer(self, name: str, config: Mapping[str, Any] | None = None) -> None:
        """Set up another buyer on the network."""
        self._site.add(name, config or {})

    def orders(self, orders: Iterable[Mapping[str, Any]], *, buyer: str = DEFAULT) -> None:
        """Put purchase orders."""
        self._site.network.put_orders(self._buyer(buyer), list(orders))

    def order(
        self, number: str, action: str, *, buyer: str = DEFAULT, mode: Mode = "production", **values: Any
    ) -> None:
        """close, reopen, cancel, receive, ship, confirm or replace an order."""
        network = self._site.network
        with network.lock:
            orders_control.change_order(network, self._buyer(buyer), number, action, mode, values)

    def sheets(self, sheets: Iterable[Mapping[str, Any]], *, buyer: str = DEFAULT) -> None:
        """Put service entry sheets, approved unless they say otherwise."""
        self._papers("sheets", sheets, buyer)

    def time_cards(self, cards: Iterable[Mapping[str, Any]], *, buyer: str = DEFAULT) -> None:
        """Put time cards, approved unless they say otherwise."""
        self._papers("timecards", cards, buyer)

    def _papers(self, what: str, given: Iterable[Mapping[str, Any]], buyer: str) -> None:
        network = self._site.network
        with network.lock:
            for each in given:
                orders_control.put_paper(network, self._buyer(buyer), what, each)

    def knobs(self, *, buyer: str = DEFAULT, **values: object) -> None:
        """Change knobs."""
        self._buyer(buyer).knobs.change(values)
        self._site.network.timeline.wake()

    def rules(self, rule_set: str = "", *, buyer: str = DEFAULT, **values: object) -> None:
        """Take a rule set, and change rules."""
        self._buyer(buyer).rules.change((whole_set(rule_set) if rule_set else {}) | values)

    def pushes_to(self, url: str, *, delivery: str = "push", buyer: str = DEFAULT) -> None:
        """Push the first supplier's documents to a URL on this machine; `delivery` both = queue them as well."""
        supplier = self._site.network.suppliers[self._buyer(buyer).config.suppliers[0].identity]
        updates.reroute(supplier, {"delivery": delivery, "push_url": url})

    def seed(self, number: int, status: str = "processing", *, buyer: str = DEFAULT) -> None:
        """Open many invoices at once."""
        seed(self._site.network, self._buyer(buyer), number, status)

    def reset(self, *, buyer: str = DEFAULT) -> None:
        """As at the start."""
        self._site.reset(buyer)

    # The menu: how the next submissions go

    def accepts(self, *, buyer: str = DEFAULT) -> None:
        """Clear faults and scripted refusals."""
        self._counter(buyer).faults.clear()
        self._buyer(buyer).refusals.clear()

    def rejects(self, code: str, *, times: int = 1, buyer: str = DEFAULT) -> None:
        """Refuse the next invoices: a network text's key or code (`INV-13`, later), or a cXML code ("417", at once)."""
        self._site.network.refuse_next(self._buyer(buyer), code, times)

    def refuses(self, kind: str, *, times: int = 1, buyer: str = DEFAULT) -> None:
        """The same under its other name."""
        self.rejects(kind, times=times, buyer=buyer)

    # The menu: what becomes of an invoice

    def says(self, number: str, word: str, *, buyer: str = DEFAULT, **values: Any) -> None:
        """Set the status, any word, whatever it was before; `values` as `POST …/status` takes them."""
        updates.set_status(self._site.network, self._invoice(number, buyer), word, values, force=True)

    def disputes(
        self, number: str, code: str = "INCORRECT_QUANTITY", comment: str = "", *, buyer: str = DEFAULT
    ) -> None:
        """Ask the supplier: still processing, with typed Comments and the action to provide information."""
        lifecycle.dispute(self._site.network, self._invoice(number, buyer), code, comment)

    def pays(self, number: str, *, buyer: str = DEFAULT) -> None:
        """Report the payment."""
        lifecycle.advance(self._site.network, self._invoice(number, buyer), "paid", Step("paid"), force=True)

    def plays(self, number: str, script: str, *, buyer: str = DEFAULT) -> None:
        """Let the buyer act by one of the scripts."""
        lifecycle.play(self._site.network, self._invoice(number, buyer), script)

    def resubmits(self, number: str, new_number: str = "", *, buyer: str = DEFAULT) -> None:
        """Edit & Resubmit by a person in the portal."""
        updates.resubmit(self._site.network, self._invoice(number, buyer), new_number)

    def sends_update(self, *, buyer: str = DEFAULT, **values: Any) -> None:
        """A status update that changes nothing in the books, as `POST /_sandbox/updates` takes it."""
        updates.send(self._site.network, self._buyer(buyer), values)

    def delivers(self, *, buyer: str = DEFAULT, **values: Any) -> int:
        """Let held documents out, repeated or shuffled, as `POST /_sandbox/deliver` takes it."""
        return updates.deliver(self._site.network, self._buyer(buyer), values)

    def steps(self, seconds: float) -> None:
        """Move the clock ahead and let happen what falls due."""
        self._site.network.timeline.step(seconds)

    def waits_until_pushed(self) -> None:
        """Wait until every document that is on its way has been tried."""
        self._site.network.deliveries.wait_until_pushed()

    # Looking

    def documents(self, *, buyer: str = DEFAULT) -> list[dict[str, Any]]:
        """What the portal holds, as `GET /_sandbox/invoices` lists it."""
        return control.invoices(self._site.network, buyer)

    def messages(self, *, buyer: str = DEFAULT) -> list[dict[str, Any]]:
        """What was written to the supplier, as `GET /_sandbox/messages` lists it."""
        return control.messages(self._site.network, buyer)

    def requests(self, *, buyer: str = DEFAULT) -> list[dict[str, Any]]:
        """What came to the doors, as `GET /_sandbox/received` lists it."""
        return self._counter(buyer).received.as_json()

    def _faults(self, buyer: str) -> Faults:
        return self._counter(buyer).faults

    def _counter(self, name: str) -> Counter:
        return self._site.counters[name]

    def _buyer(self, name: str) -> Buyer:
        return self._site.network.buyers[name]

    def _invoice(self, number: str, buyer: str) -> Invoice:
        invoice = self._site.network.find(number, buyer)
        if invoice is None:
            raise LookupError(f"the sandbox has no invoice {number!r} at buyer {buyer}")
        return invoice

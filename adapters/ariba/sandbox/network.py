"""The network's books: accounts, invoices, orders, mailboxes. Changed here and in `lifecycle.py`, under one lock."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from gateway.standin.ledger import Ledger

from . import documents
from .configuration import Config, order_from
from .deliveries import Deliveries, Message
from .documents import Addressed, Update
from .knobs import Knobs
from .orders import Papers
from .records import MODES, Invoice, Mode, Order, Sheet, Supplier, TimeCard
from .rulebook import Rules
from .texts import BY_CODE, kinds, network_key
from .timeline import Timeline, utc_now

DEFAULT = "default"


@dataclass(slots=True)
class Buyer:
    """A buyer on the network: who it is, what it demands, what invoices are matched against."""

    config: Config
    knobs: Knobs
    rules: Rules
    papers: Papers = field(default_factory=Papers)
    refusals: deque[str] = field(default_factory=deque)

    @property
    def name(self) -> str:
        """The name the control API knows it by."""
        return self.config.name

    def anid(self, mode: Mode) -> str:
        """The ANID of the account or its test twin."""
        return self.config.buyer_identity + ("-T" if mode == "test" else "")


class Network:
    """All accounts and all documents of one sandbox."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self.lock = threading.RLock()
        self.buyers: dict[str, Buyer] = {}
        self.suppliers: dict[str, Supplier] = {}
        self.timeline = Timeline(lambda: self.knobs.text("clock") == "stepped", clock)
        self.deliveries = Deliveries(lambda: self.knobs, self.timeline)
        self._last = datetime(1970, 1, 1, tzinfo=UTC)
        self._forget()

    def _forget(self) -> None:
        self.invoices: Ledger[Invoice] = Ledger()
        self.answered: dict[tuple[str, Mode, str], tuple[str, str]] = {}
        self._by_payload: dict[tuple[str, Mode, str], Invoice] = {}
        self._ids = count(1001)

    @property
    def knobs(self) -> Knobs:
        """What concerns the network as a whole."""
        return self.buyers[DEFAULT].knobs

    def add(self, config: Config) -> Buyer:
        """Set up a buyer and the accounts of its suppliers. Raises `ValueError` for a name or an ANID in use."""
        with self.lock:
            if config.name in self.buyers:
                raise ValueError(f"there is a buyer {config.name} already")
            if any(each.config.buyer_identity == config.buyer_identity for each in self.buyers.values()):
                raise ValueError(f"there is an account {config.buyer_identity} already")
            for supplier in config.suppliers:
                self._open(supplier)
            buyer = self._fresh(config)
            self.buyers[config.name] = buyer
            self.put_orders(buyer, config.orders)
            return buyer

    def _open(self, supplier: Supplier) -> None:
        """An account that is there already must be the same one."""
        there = self.suppliers.setdefault(supplier.identity, supplier)
        if there.shared_secret != supplier.shared_secret:
            raise ValueError(f"account {supplier.identity} exists with another shared secret")

    def _fresh(self, config: Config) -> Buyer:
        return Buyer(config, Knobs(config.knobs), Rules(config.rules))

    def reset(self, name: str) -> None:
        """A buyer as at the start. Invoices, mailboxes and the clock are the network's: `default` takes all with it."""
        with self.lock:
            if name == DEFAULT:
                self.timeline.clear()
                self.deliveries.clear()
                self._forget()
            names = list(self.buyers) if name == DEFAULT else [name]
            for each in [invoice for invoice in self.invoices if invoice.buyer in names]:
                self.invoices.remove(each)
                self._by_payload.pop((each.supplier.identity, each.mode, each.payload_id), None)
            for each_name in names:
                buyer = self._fresh(self.buyers[each_name].config)
                self.buyers[each_name] = buyer
                self.put_orders(buyer, buyer.config.orders)

    def close(self) -> None:
        """End the threads."""
        self.timeline.close()
        self.deliveries.close()

    def stamp(self) -> datetime:
        """The time of a new document: later than every one before it, unless documents are dated to the second."""
        with self.lock:
            now = self.timeline.now()
            if self.knobs.text("timestamp_resolution") == "second":
                last = self._last + timedelta(microseconds=999_999)  # rounded up, so that time never goes back
                self._last = max(now.replace(microsecond=0), last.replace(microsecond=0))
            else:
                at = now.replace(microsecond=now.microsecond // 1000 * 1000)
                self._last = max(at, self._last + timedelta(milliseconds=1))
            return self._last

    # Invoices

    def next_id(self) -> int:
        """The number of a new invoice record."""
        return next(self._ids)

    def keep(self, invoice: Invoice) -> None:
        """Take in a new invoice."""
        with self.lock:
            self.invoices.add(invoice)
            self._by_payload[(invoice.supplier.identity, invoice.mode, invoice.payload_id)] = invoice

    def keep_all(self, invoices: list[Invoice]) -> None:
        """Take in many."""
        with self.lock:
            self.invoices.add_all(invoices)
            for each in invoices:
                self._by_payload[(each.supplier.identity, each.mode, each.payload_id)] = each

    def by_payload(self, supplier: Supplier, mode: Mode, payload_id: str) -> Invoice | None:
        """The invoice that came in a document of that payloadID."""
        return self._by_payload.get((supplier.identity, mode, payload_id))

    def numbered(self, invoice: Invoice) -> list[Invoice]:
        """The other invoices of the same number between the same parties, oldest first."""
        return [
            other
            for other in self.invoices.numbered(invoice.number)
            if other is not invoice and self._same_parties(other, invoice)
        ]

    def _same_parties(self, one: Invoice, other: Invoice) -> bool:
        return (one.supplier, one.buyer, one.mode) == (other.supplier, other.buyer, other.mode)

    def find(self, key: str, buyer: str) -> Invoice | None:
        """The newest invoice of a buyer with that number, payloadID or record number."""
        with self.lock:
            found = [each for each in self.invoices.numbered(key) if each.buyer == buyer]
            if not found:
                found = [each for each in self._by_payload.values() if each.payload_id == key and each.buyer == buyer]
            by_id = self.invoices.get(int(key)) if not found and key.isdecimal() else None
            return found[-1] if found else (by_id if by_id is not None and by_id.buyer == buyer else None)

    # Documents to suppliers

    def tell(self, invoice: Invoice, update: Update) -> Message:
        """Send a status update about an invoice to its supplier."""
        return self.send(invoice.supplier, invoice.mode, self.buyers[invoice.buyer], update, invoice.number)

    def send(
        self, supplier: Supplier, mode: Mode, buyer: Buyer, update: Update, about: str, *, at: datetime | None = None
    ) -> Message:
        """Send a status update."""
        if buyer.knobs.flag("gateway_suffix"):
            update = documents.with_suffix(update, buyer.anid(mode))
        return self._post(
            "StatusUpdateRequest", lambda: documents.status_update(update), supplier, mode, buyer, about, at, update
        )

    def _post(
        self,
        kind: str,
        body: Callable[[], str],
        supplier: Supplier,
        mode: Mode,
        buyer: Buyer,
        about: str,
        at: datetime | None,
        update: Update | None = None,
        payload: str = "",
    ) -> Message:
        moment = at or self.stamp()
        to = Addressed(
            payload_id=payload or documents.payload_id(moment),
            at=documents.stamp(moment),
            buyer=buyer.anid(mode),
            supplier=supplier,
            mode=mode,
            vendor=buyer.config.vendor_number,
            agent=update.agent if update else "Buyer 14s2",
            from_network=update is not None and update.from_network,
        )
        message = Message(
            kind, to.payload_id, moment, supplier, mode, buyer.name, about,
            lambda secret: documents.request(to, body(), secret),
        )  # fmt: skip
        self.deliveries.send((message,))
        return message

    # Orders, sheets, time cards

    def put_orders(self, buyer: Buyer, given: list[Mapping[str, Any]]) -> list[Order]:
        """Put orders, in both the production and the test books unless they name one. Raises `ValueError`."""
        with self.lock:
            orders = [
                order_from(each, buyer.name, mode, self.supplier_named(buyer, each), self.timeline.now())
                for each in given
                for mode in MODES
                if each.get("mode", mode) == mode
            ]
            for order in orders:
                buyer.papers.put(order)
                self.send_order(order, buyer)
            return orders

    def send_order(self, order: Order, buyer: Buyer, *, deleted: bool = False) -> None:
        """Let the supplier know of an order, as far as it goes through the network at all."""
        if order.sent and buyer.knobs.flag("orders_delivered"):
            text = documents.order_request(order, deleted=deleted)
            own = "" if deleted else order.payload_id
            self._post("OrderRequest", lambda: text, order.supplier, order.mode, buyer, order.number, None, payload=own)

    def supplier_named(self, buyer: Buyer, given: Mapping[str, Any]) -> Supplier:
        """The supplier an order or sheet is for: the one named, else the buyer's first. Raises `ValueError`."""
        wanted = given.get("supplier")
        for each in buyer.config.suppliers:
            if wanted in (None, each.identity, each.name):
                return self.suppliers[each.identity]
        raise ValueError(f"buyer {buyer.name} has no supplier {wanted!r}")

    def report_sheet(self, sheet: Sheet | TimeCard, kind: str) -> None:
        """Tell the supplier what became of a sheet or a time card."""
        buyer = self.buyers[sheet.buyer]
        reference = sheet.payload_id if isinstance(sheet, Sheet) else None
        update = Update(sheet.status, reference=reference, number=sheet.id, document=kind)
        self.send(sheet.supplier, sheet.mode, buyer, update, sheet.id)

    # Scripted refusals

    def refuse_next(self, buyer: Buyer, kind: str, times: int = 1) -> None:
        """Refuse the next invoices to a buyer. Raises `ValueError` for an unknown kind."""
        if kind not in BY_CODE and network_key(kind) is None:
            raise ValueError(f"kind {kind!r} is unknown; there are {', '.join(kinds())}")
        with self.lock:
            buyer.refusals.extend([kind] * times)

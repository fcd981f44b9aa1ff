"""What the buyer's Payables and Purchasing hold for one tenant: orders, invoices, holds, payments.

Pages ask and tell here; nothing here knows HTML. Every public method takes the lock itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from .configuration import Config, number, order_from
from .holds import HOLDS, RELEASES
from .knobs import Knobs
from .records import ZERO, Hold, Invoice, InvoiceType, Order, Payment, Place, Shipment

ORDER_ACTIONS = ("close", "finally_close", "cancel", "reopen", "receive", "unapprove", "approve")
ORDER_WORDS = {"open": "Open", "closed": "Closed", "finally_closed": "Finally Closed", "cancelled": "Cancelled"}
INVOICEABLE = ("open",)
TERMS = timedelta(days=30)


def utc_now() -> datetime:
    """The clock unless another is given."""
    return datetime.now(UTC)


class Books:
    """Orders and invoices of one tenant."""

    def __init__(self, config: Config, knobs: Knobs, clock: Callable[[], datetime] = utc_now) -> None:
        self.config = config
        self.knobs = knobs
        self.lock = threading.RLock()
        self.orders: dict[tuple[str, str], Order] = {}
        self.invoices: dict[int, Invoice] = {}
        self._clock = clock
        self._next = 100_001
        self._numbered: dict[str, list[int]] = {}
        self._payment = 70_001
        self.put_orders(config.orders)

    def now(self) -> datetime:
        """The buyer's time."""
        return self._clock()

    def today(self) -> date:
        """The buyer's day, taken in UTC."""
        return self._clock().date()

    # Orders

    def put_orders(self, given: Iterable[Mapping[str, Any]]) -> list[Order]:
        """Set orders, replacing those with the same organization and number. Raises `ValueError`."""
        orders = [order_from(each, self.config, self.today()) for each in given]
        with self.lock:
            for order in orders:
                order.changed_at = self.now()
                self.orders[order.key] = order
        return orders

    def change_order(self, shown: str, action: str, **values: object) -> list[Order]:
        """Do something to all orders with that number. Raises `LookupError`, `ValueError`."""
        if action not in ORDER_ACTIONS:
            raise ValueError(f"an order takes {', '.join(ORDER_ACTIONS)}, not {action}")
        with self.lock:
            found = [order for order in self.orders.values() if shown in (order.shown, order.number)]
            if not found:
                raise LookupError(shown)
            for order in found:
                self._change(order, action, values)
            return found

    def _change(self, order: Order, action: str, values: Mapping[str, object]) -> None:
        states = {"close": "closed", "finally_close": "finally_closed", "cancel": "cancelled", "reopen": "open"}
        if action in states:
            order.status = states[action]
        elif action == "receive":
            for shipment in order.shipments:
                if values.get("line") in (None, shipment.line):
                    given = values.get("quantity")
                    shipment.received = shipment.ordered if given is None else number(given, "quantity")
        else:
            order.approved = action == "approve"
        order.revision += 1
        order.changed_at = self.now()

    def shipment_at(self, place: Place) -> tuple[Order, Shipment] | None:
        """An order's shipment, or None."""
        order = self.orders.get((place.organization, place.order))
        if order is None:
            return None
        for shipment in order.shipments:
            if (shipment.line, shipment.shipment) == (place.line, place.shipment):
                return order, shipment
        return None

    def offered(self, wanted: Callable[[Order], bool], exact: str) -> list[tuple[Order, Shipment]]:
        """Shipments that may be invoiced, of the orders wanted; `exact` is the order number asked for (facts 6.1)."""
        with self.lock:
            return [
                (order, shipment)
                for _, order in sorted(self.orders.items())
                if wanted(order) and order.status in INVOICEABLE and order.approved
                for shipment in order.shipments
                if self._may_be_invoiced(shipment, exact in (order.shown, order.number))
            ]

    def _may_be_invoiced(self, shipment: Shipment, by_number: bool) -> bool:
        if shipment.price_break or not shipment.approved:
            return False
        if shipment.open <= 0:
            billed = self.knobs.text("fully_billed")
            return billed == "offered" or (billed == "by_number" and by_number)
        return self.available(shipment) > 0 or not self.knobs.flag("only_received")

    def available(self, shipment: Shipment) -> Decimal:
        """What may still be billed: ordered, or with `only_received` received, less billed."""
        if self.knobs.flag("only_received"):
            return (ZERO if shipment.received is None else shipment.received) - shipment.billed
        return shipment.open

    # Invoices

    def numbered(self, invoice_number: str) -> list[Invoice]:
        """Everything under a number, to the letter (facts 9.1), oldest first."""
        with self.lock:
            return [self.invoices[each] for each in self._numbered.get(invoice_number, ())]

    def number_is_taken(self, invoice_number: str, *, by_other_than: int | None) -> bool:
        """Whether another invoice has that number; saved ones count unless the knob says otherwise."""
        drafts = self.knobs.flag("draft_number_counts")
        return any(each.id != by_other_than and (drafts or each.submitted_at) for each in self.numbered(invoice_number))

    def open_invoice(
        self, invoice_number: str, day: date, kind: InvoiceType, currency: str, organization: str, user: str
    ) -> Invoice:
        """Start to keep an invoice, not submitted."""
        with self.lock:
            now = self.now()
            made = Invoice(
                self._next, invoice_number, day, kind, currency, organization, user, created_at=now, updated_at=now
            )
            self._next += 1
            self.invoices[made.id] = made
            self._numbered.setdefault(invoice_number, []).append(made.id)
            return made

    def renumber(self, invoice: Invoice, invoice_number: str) -> None:
        """Give a saved invoice another number."""
        with self.lock:
            self._numbered[invoice.number].remove(invoice.id)
            invoice.number = invoice_number
            self._numbered.setdefault(invoice_number, []).append(invoice.id)

    def delete(self, invoice: Invoice) -> None:
        """Forget a saved invoice; its number is free again."""
        with self.lock:
            del self.invoices[invoice.id]
            self._numbered[invoice.number].remove(invoice.id)

    def submit(self, invoice: Invoice) -> None:
        """From now on it is Payables'. Quantities count as billed; over-billing holds are put (facts 7.3)."""
        with self.lock:
            now = self.now()
            invoice.submitted_at = invoice.updated_at = now
            invoice.due = invoice.day + TERMS
            held = self.knobs.text("visibility") == "held"
            invoice.visible = not held and self.knobs.decimal("visible_after") == 0
            self._bill(invoice, 1)
            for code in self._over_billing(invoice):
                self.hold(invoice, code)

    def _bill(self, invoice: Invoice, sign: int) -> None:
        for line in invoice.lines:
            found = self.shipment_at(line.place)
            if found:
                found[1].billed += sign * (line.amount if line.quantity is None else line.quantity)
                found[0].changed_at = self.now()

    def _over_billing(self, invoice: Invoice) -> list[str]:
        codes: list[str] = []
        for line in invoice.lines:
            found = self.shipment_at(line.place)
            if found and found[1].open < 0:
                codes.append("AMT ORD" if found[1].basis == "amount" else "QTY ORD")
        return list(dict.fromkeys(codes))

    def shown(self) -> list[Invoice]:
        """What View Invoices may list, newest first."""
        with self.lock:
            after = timedelta(seconds=float(self.knobs.decimal("visible_after")))
            held = self.knobs.text("visibility") == "held"
            for each in self.invoices.values():
                if each.submitted_at and not each.visible and not held and self.now() >= each.submitted_at + after:
                    each.visible = True
            drafts = self.knobs.flag("drafts_in_view")
            listed = [each for each in self.invoices.values() if (each.visible if each.submitted_at else drafts)]
            return sorted(listed, key=lambda each: each.id, reverse=True)

    def drafts(self) -> list[Invoice]:
        """Saved and not submitted, oldest first."""
        with self.lock:
            return [each for each in self.invoices.values() if each.submitted_at is None]

    # What becomes of them

    def touch(self, invoice: Invoice) -> None:
        """It has changed."""
        invoice.updated_at = self.now()

    def hold(self, invoice: Invoice, code: str, name: str = "") -> None:
        """Put a hold; a code not known is buyer-defined and shown as it is."""
        with self.lock:
            invoice.holds.append(Hold(code, name or HOLDS.get(code, code), self.now()))
            self.touch(invoice)

    def hold_all(self, invoice: Invoice, codes: Iterable[str]) -> None:
        """Put several holds, in that order."""
        for code in codes:
            self.hold(invoice, code)

    def release(self, invoice: Invoice, code: str = "", how: str = RELEASES[0]) -> int:
        """Release the holds with that code, or all; answers how many there were."""
        with self.lock:
            found = [hold for hold in invoice.on_hold if code in ("", hold.code, hold.name)]
            for hold in found:
                hold.released = how
            self.touch(invoice)
            return len(found)

    def cancel(self, invoice: Invoice) -> None:
        """Cancelled by Payables: quantities return to the order, the number stays taken (facts 8)."""
        with self.lock:
            if not invoice.cancelled and invoice.submitted_at:
                self._bill(invoice, -1)
            invoice.cancelled = True
            self.touch(invoice)

    def pay(self, invoice: Invoice, amount: Decimal | None = None) -> Payment:
        """Pay what is open, or so much of it; paying implies approval."""
        with self.lock:
            paid = Payment(str(self._payment), self.today(), invoice.total - invoice.paid if amount is None else amount)
            self._payment += 1
            invoice.approved = True
            invoice.payments.append(paid)
            self.touch(invoice)
            return paid

    def say(self, invoice: Invoice, word: str, comment: str = "") -> None:
        """Set the status the supplier sees: one of the portal's, reached as Payables would, or any word at all."""
        with self.lock:
            invoice.word = ""
            invoice.comment = comment or invoice.comment
            known = word.casefold().replace(" ", "-").replace("_", "-")
            if known == "approved":
                self.release(invoice, how="Invoice Quick Released")
                invoice.approved, invoice.rejected = True, False
            elif known == "in-process":
                self.release(invoice)
                invoice.approved = invoice.rejected = False
            elif known == "cancelled":
                self.cancel(invoice)
            elif known == "rejected":
                invoice.rejected = True
            elif known == "on-hold":
                self.hold(invoice, "QTY REC")
            elif known == "paid":
                self.pay(invoice)
            else:
                invoice.word = word
            self.touch(invoice)

"""One Fusion tenant's books: invoices of one supplier, from the saved draft to payment."""

from __future__ import annotations

import base64
import binascii
import copy
import hashlib
import mimetypes
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from gateway.standin.ledger import Ledger

from .configuration import Config, order_from
from .knobs import Knobs
from .records import ZERO, Attachment, Hold, Invoice, Line, Order
from .rules import dearer, header_complaints, line_complaints, measure, over_billed, over_received, submit_complaints
from .texts import CANCELLED, SUBMITTED, TAXED, Refused, Text, scripted, text

FIRST_ID = 300_000_100_000_000  # Fusion's keys have fifteen digits

_CHANGEABLE = (
    *("number", "business_unit", "supplier", "supplier_site", "invoice_type", "invoice_date", "currency"),
    *("description", "control_amount", "lines"),
)

# What the control API's words for a dispute become here: a hold's display name (facts 7.3).
HOLD_OF_DISPUTE = {"INCORRECT_QUANTITY": "Qty Ord", "INCORRECT_PRICE": "Price", "NOT_RECEIVED": "Qty Rec"}


class Tenant:
    """Everything below `lock`; times come from `now`."""

    def __init__(self, config: Config, now: Callable[[], datetime] | None = None) -> None:
        self.config = config
        self.now = now or (lambda: datetime.now(UTC))
        self.lock = threading.RLock()
        self.knobs = Knobs(config.knobs)
        self.reset()

    def reset(self) -> None:
        """As at the start."""
        with self.lock:
            self.knobs.reset()
            self.invoices: Ledger[Invoice] = Ledger()
            self.orders: dict[str, Order] = {}
            self._last = FIRST_ID
            self._refusals: dict[str, list[str]] = {}
            self.put_orders(self.config.orders)

    def next_id(self) -> int:
        """The next key of any table."""
        self._last += 1
        return self._last

    # --- what the REST door does

    def create(self, invoice: Invoice) -> Invoice:
        """Save a new invoice. Raises `Refused`; then nothing is saved."""
        self._refuse_if_scripted()
        self._check_saved(invoice)
        self.invoices.add(invoice)
        return invoice

    def change(self, invoice: Invoice, change: Callable[[Invoice], None]) -> None:
        """Change a saved invoice. Raises `Refused`; then it stands as before."""
        self._must_be_open(invoice)
        changed = copy.deepcopy(invoice)
        change(changed)
        self._check_saved(changed)
        before = invoice.number
        for name in _CHANGEABLE:
            setattr(invoice, name, getattr(changed, name))
        if invoice.number != before:
            self.invoices.renumbered(invoice, before)
        invoice.tax = ZERO  # reckoned anew when asked
        self._touch(invoice)

    def delete(self, invoice: Invoice) -> None:
        """Forget a saved invoice; not once order lines were saved (facts 12). Raises `Refused`."""
        matched = any(line.order_number for line in invoice.lines)
        if invoice.submitted or (matched and not self.knobs.flag("delete_with_order_lines")):
            raise Refused(text("not_deletable"))
        self.invoices.remove(invoice)

    def attach(self, invoice: Invoice, name: str, title: str, category: str, encoded: str) -> Attachment:
        """Add a paper, its bytes in base 64. Raises `Refused`."""
        try:
            content = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise Refused(text("bad_body", reason="FileContents is not base 64")) from None
        if not name or not content:
            raise Refused(text("value_missing"))
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        digest = hashlib.sha256(content).hexdigest()
        paper = Attachment(self.next_id(), name, kind, len(content), digest, category, title)
        invoice.attachments.append(paper)
        self._touch(invoice)
        return paper

    def submit(self, invoice: Invoice) -> str:
        """Hand over a saved invoice: the words of the confirmation. Raises `Refused`."""
        self._must_be_open(invoice)
        self._refuse_if_scripted("submit")
        if self.knobs.flag("tax_at_submit"):
            self._tax(invoice)
        complaints: list[Text] = []
        if self.knobs.text("checks") == "submit":
            complaints += self._complaints(invoice)
        complaints += submit_complaints(invoice, self.knobs)
        if complaints:
            raise Refused(*complaints)
        invoice.approval = self.knobs.text("approval_after_submit")
        self.invoices.set_status(invoice, self.knobs.text("status_after_submit"))
        self._touch(invoice)
        return SUBMITTED.format(number=invoice.number)

    def cancel(self, invoice: Invoice) -> str:
        """Cancel: amounts become zero, the number stays taken (facts 12). Raises `Refused`."""
        if invoice.canceled_on is not None:
            raise Refused(text("already_cancelled", number=invoice.number))
        invoice.canceled_on = self.now().date()
        self.invoices.set_status(invoice, "Cancelled")
        self._touch(invoice)
        return CANCELLED.format(number=invoice.number)

    def calculate_tax(self, invoice: Invoice) -> str:
        """Reckon the tax of lines that have a tax classification. Raises `Refused`."""
        self._must_be_open(invoice)
        self._tax(invoice)
        self._touch(invoice)
        return TAXED.format(number=invoice.number)

    # --- what the buyer does, by the control API or the menu

    def put_orders(self, orders: Iterable[Mapping[str, Any]]) -> list[Order]:
        """Add or replace purchase orders. Raises `ValueError`."""
        with self.lock:
            put = [order_from(given) for given in orders]
            self.orders.update({order.number: order for order in put})
            return put

    def change_order(self, number: str, action: str) -> Order:
        """`close`, `cancel`, `open` or `receive` (all that is ordered). Raises `LookupError`."""
        with self.lock:
            order = self.orders.get(number)
            if order is None:
                raise LookupError(f"no order {number!r}")
            if action == "receive":
                for line in order.lines:
                    line.received = line.price if line.quantity is None else line.quantity
            else:
                order.status = {"close": "closed", "cancel": "canceled", "open": "issued"}[action]
            return order

    def validate(self, invoice: Invoice) -> None:
        """Payables validation: holds where order and invoice do not match, else "Validated"."""
        with self.lock:
            for line in invoice.lines:
                self._match(invoice, line)
            held = bool(invoice.open_holds)
            self.invoices.set_status(invoice, "Needs Revalidation" if held else "Validated")
            self._touch(invoice)

    def hold(self, invoice: Invoice, name: str, reason: str = "", *, held_by: str = "Payables") -> Hold:
        """Place one hold; several may stand on one invoice."""
        with self.lock:
            placed = Hold(self.next_id(), name, reason, self.now(), held_by)
            invoice.holds.append(placed)
            if invoice.status == "Validated":
                self.invoices.set_status(invoice, "Needs Revalidation")
            if self.knobs.flag("holds_touch_invoice"):
                self._touch(invoice)
            return placed

    def release(self, invoice: Invoice, name: str, release_name: str = "Holds Quick Release") -> None:
        """Release every hold of that name."""
        with self.lock:
            for hold in invoice.open_holds:
                if hold.name == name:
                    hold.release_name = release_name
            if not invoice.open_holds and invoice.status == "Needs Revalidation":
                self.invoices.set_status(invoice, "Validated")
            if self.knobs.flag("holds_touch_invoice"):
                self._touch(invoice)

    def dispute(self, invoice: Invoice, code: str, comment: str) -> None:
        """A dispute in this portal's own terms: a hold, and validation no longer passed."""
        with self.lock:
            self.invoices.set_status(invoice, "Needs Revalidation")
            self.hold(invoice, HOLD_OF_DISPUTE.get(code, code), comment or "Placed by Accounts Payable.")
            self._touch(invoice)

    def says(self, invoice: Invoice, word: str) -> None:
        """The words every stand-in knows, else that very word as validation status."""
        with self.lock:
            status, approval, paid = STANDINGS.get(word, (word, invoice.approval, invoice.paid))
            if status == "Cancelled" and invoice.canceled_on is None:
                invoice.canceled_on = self.now().date()
            invoice.approval, invoice.paid = approval, paid
            self.invoices.set_status(invoice, status)
            self._touch(invoice)

    def set_words(self, invoice: Invoice, *, approval: str | None = None, paid: str | None = None) -> None:
        """Set the approval or the payment status alone."""
        with self.lock:
            invoice.approval = invoice.approval if approval is None else approval
            invoice.paid = invoice.paid if paid is None else paid
            self._touch(invoice)

    def refuse_next(self, key: str, times: int = 1) -> None:
        """Refuse the next creations with that text (`submit:key`: the next submitInvoice). Raises `KeyError`."""
        step, _, name = key.rpartition(":")
        scripted(name)
        with self.lock:
            self._refusals.setdefault(step or "create", []).extend([name] * times)

    def accept_again(self) -> None:
        """Forget scripted refusals."""
        with self.lock:
            self._refusals = {}

    def find(self, key: str) -> Invoice | None:
        """An invoice by number, else by id."""
        with self.lock:
            numbered = self.invoices.numbered(key)
            if numbered:
                return numbered[-1]
            return self.invoices.get(int(key)) if key.isdecimal() and len(key) < 18 else None

    # --- pieces

    def _complaints(self, invoice: Invoice) -> list[Text]:
        taken = [other for other in self.invoices.numbered(invoice.number) if other.id != invoice.id]
        found = list(header_complaints(invoice, taken, self.config.business_units))
        return found + list(line_complaints(invoice, self.orders, self.knobs))

    def _check_saved(self, invoice: Invoice) -> None:
        complaints = self._complaints(invoice) if self.knobs.text("checks") == "save" else []
        if complaints:
            raise Refused(*complaints)

    def _refuse_if_scripted(self, step: str = "create") -> None:
        waiting = self._refusals.get(step)
        if waiting:
            raise Refused(scripted(waiting.pop(0)))

    def _must_be_open(self, invoice: Invoice) -> None:
        if invoice.submitted:
            raise Refused(text("already_submitted", number=invoice.number))

    def _tax(self, invoice: Invoice) -> None:
        taxed = sum((line.amount or ZERO for line in invoice.lines if line.tax_code), ZERO)
        share = self.knobs.decimal("tax_percent") / 100
        invoice.tax = (taxed * share).quantize(Decimal("0.01"), ROUND_HALF_UP)

    def _match(self, invoice: Invoice, line: Line) -> None:
        order = self.orders.get(line.order_number)
        ordered = order.line(line.order_line) if order else None
        if ordered is None:
            return
        standing = {hold.name for hold in invoice.open_holds}
        for name, broken in (
            ("Qty Ord" if ordered.quantity is not None else "Amt Ord", over_billed(line, ordered)),
            ("Qty Rec" if ordered.quantity is not None else "Amt Rec", over_received(line, ordered)),
            ("Price", self.knobs.text("price_from_order") == "hold" and dearer(line, ordered)),
        ):
            if broken and name not in standing:
                self.hold(invoice, name, f"Line {line.number}", held_by="System")
        if not invoice.open_holds:
            ordered.billed += measure(line, ordered)

    def _touch(self, invoice: Invoice) -> None:
        invoice.version += 1
        self.invoices.touch(invoice, self.now())


# Validation, approval, payment status for the words that every stand-in knows.
STANDINGS: dict[str, tuple[str, str, str]] = {
    "draft": ("Incomplete", "Required", "Unpaid"),
    "pending_approval": ("Not Validated", "Required", "Unpaid"),
    "in_approval": ("Validated", "Initiated", "Unpaid"),
    "approved": ("Validated", "Workflow approved", "Unpaid"),
    "rejected": ("Validated", "Rejected", "Unpaid"),
    "paid": ("Validated", "Workflow approved", "Paid"),
    "cancelled": ("Cancelled", "Required", "Unpaid"),
}


def standing(invoice: Invoice) -> str:
    """The stand-ins' common word for where an invoice stands, else its validation status."""
    words = (invoice.status, invoice.approval, invoice.paid)
    return next((name for name, each in STANDINGS.items() if each == words), invoice.status)

"""One buyer's Coupa instance: the state behind all doors, changed only here and only under one lock.

Doors read documents and requests outside the lock and hand over finished content; what happens inside is short.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

from gateway.standin.ledger import Ledger

from . import rules
from .configuration import Config, order_from
from .records import (
    Attachment,
    Comment,
    Credentials,
    DisputeReason,
    File,
    Invoice,
    InvoiceContent,
    Order,
    Supplier,
)
from .statuses import APPROVED, DISPUTABLE, EDITABLE, NOT_SUBMITTED, RELEASED, STATUSES, may_follow
from .texts import ModelRefusal, Refusal, scripted


class WrongState(Exception):
    """The invoice's status does not allow that action."""

    def __init__(self, invoice: Invoice, action: str) -> None:
        super().__init__(f"invoice {invoice.content.number} is {invoice.status}; {action} is not possible then")
        self.status, self.action = invoice.status, action


def utc_now() -> datetime:
    """The clock unless another is given."""
    return datetime.now(UTC)


class Instance:
    """Suppliers, orders, invoices and knobs of one buyer."""

    def __init__(self, config: Config, clock: Callable[[], datetime] = utc_now) -> None:
        self.config = config
        self.lock = threading.RLock()
        self._clock = clock
        self._last = datetime.min.replace(tzinfo=UTC)
        self.reset()

    @property
    def name(self) -> str:
        """The buyer's name: its URL prefix."""
        return self.config.name

    def reset(self) -> None:
        """Everything as it was at the start; ids go on from where they start."""
        with self.lock:
            self.setup = self.config.setup()
            self.knobs = self.setup.knobs
            self.suppliers = list(self.config.suppliers)
            self.dispute_reasons = list(self.config.dispute_reasons)
            self.invoices: Ledger[Invoice] = Ledger()
            self._refusals: deque[str] = deque()
            self._invoice_ids, self._ids = count(1001), count(1)
            self.put_orders(self.config.orders)

    def now(self) -> datetime:
        """The instance's time, at its resolution and never going back."""
        moment = self._clock()
        if self.knobs.text("time_resolution") == "second":
            moment = moment.replace(microsecond=0)
        self._last = max(moment, self._last)
        return self._last

    # Who is asking

    def supplier_for(self, credentials: Credentials) -> Supplier:
        """The supplier a document comes from. Raises `Refusal` (401 in its two forms, 403; facts 2.1, 2.4)."""
        given = (credentials.from_domain.lower(), credentials.from_identity)
        supplier = next((each for each in self.suppliers if (each.domain.lower(), each.identity) == given), None)
        if supplier is None or not self.is_addressed(credentials):
            raise Refusal("invalid_credentials")
        # Without a configured secret Coupa works with the literal `none` (facts 2.1).
        if credentials.secret != (supplier.shared_secret or "none"):
            raise Refusal("bad_credentials")
        sender = (credentials.sender_domain.lower(), credentials.sender_identity)
        if self.knobs.flag("sender_must_be_supplier") and sender != given:
            raise Refusal("bad_credentials")
        if not supplier.allow_cxml_invoicing:
            raise Refusal("not_allowed")
        return supplier

    def is_addressed(self, credentials: Credentials) -> bool:
        """Whether the document's To names this buyer."""
        addressed = (credentials.to_domain.lower(), credentials.to_identity)
        return addressed == (self.config.buyer_domain.lower(), self.config.buyer_identity)

    # Creating

    def refuse_next(self, kind: str, times: int = 1) -> None:
        """Refuse the next submissions with a given text. Raises `KeyError` for an unknown kind."""
        scripted(kind, {})
        with self.lock:
            self._refusals.extend([kind] * times)

    def accept_again(self) -> None:
        """Forget scripted refusals."""
        with self.lock:
            self._refusals.clear()

    def _scripted_refusal(self, content: InvoiceContent, supplier: Supplier) -> None:
        if self._refusals:
            line = content.lines[0] if content.lines else None
            values = {"order": line.order_number if line else "", "supplier": supplier.name}
            raise scripted(self._refusals.popleft(), values | {"line": str(line.order_line or "") if line else ""})

    def create(self, content: InvoiceContent, supplier: Supplier, files: tuple[File, ...]) -> Invoice:
        """Create an invoice that came by cXML. Raises `Refusal` or `ModelRefusal`; then nothing was created."""
        with self.lock:
            self._scripted_refusal(content, supplier)
            self._check(content, supplier, files, None)
            invoice = self._add(content, supplier, "new", "cxml")
            self._attach(invoice, files)
            self._submit(invoice, supplier)
            return invoice

    def draft(self, content: InvoiceContent, supplier: Supplier) -> Invoice:
        """Create a draft that came by REST. Raises `ModelRefusal`."""
        with self.lock:
            self._scripted_refusal(content, supplier)
            failures = [("number_blank", 0)] if not content.number else []
            failures += [("number_too_long", 0)] if len(content.number) > 40 else []
            failures += self._number_failures(content, supplier, None)
            if failures:
                raise ModelRefusal(tuple(failures))
            return self._add(content, supplier, "draft", "api")

    def _check(
        self, content: InvoiceContent, supplier: Supplier, files: tuple[File, ...], invoice: Invoice | None
    ) -> None:
        """References, charges, credit rules, then all model rules at once; `invoice` is the record, if there is one."""
        rules.check_references(content, supplier, self.setup)
        rules.check_charges(content, self.setup)
        rules.check_credit(content, self._original_exists, self.setup)
        failures = self._number_failures(content, supplier, invoice)
        failures += [] if content.lines else [("lines_blank", 0)]
        try:
            rules.check_model(content, supplier, self.setup, files)
        except ModelRefusal as refusal:
            failures += refusal.failures
        if failures:
            raise ModelRefusal(tuple(failures))

    def _number_failures(
        self, content: InvoiceContent, supplier: Supplier, invoice: Invoice | None
    ) -> list[tuple[str, int]]:
        numbered = self.invoices.numbered(content.number)
        others = (other for other in numbered if other is not invoice and other.supplier_id == supplier.id)
        taken = rules.number_taken(content, others, self.knobs.text("number_reuse"))
        return [("duplicate_number", 0)] if taken else []

    def _original_exists(self, number: str) -> bool:
        if self.invoices.numbered(number):
            return True
        return any(number == other.content.payload_id for other in self.invoices)

    def _add(self, content: InvoiceContent, supplier: Supplier, status: str, channel: str) -> Invoice:
        now = self.now()
        invoice = Invoice(next(self._invoice_ids), content, supplier.id, status, channel, now, now)
        self.invoices.add(invoice)
        return invoice

    def _submit(self, invoice: Invoice, supplier: Supplier) -> None:
        invoice.failed_tolerances = rules.failed_tolerances(invoice.content, self.setup)
        status = rules.status_after_submit(invoice.content, supplier, self.setup, invoice.failed_tolerances)
        invoice.submitted = status not in NOT_SUBMITTED
        self._change(invoice, status)

    # Changing

    def _change(self, invoice: Invoice, status: str | None = None) -> None:
        """Every change of an invoice ends here: status, time, version and the orders' `invoiced`."""
        if status is not None and status != invoice.status:
            self.invoices.set_status(invoice, status)
        invoice.lock_version += 1
        self.invoices.touch(invoice, self.now())
        self._count(invoice, self._should_count(invoice))

    def _should_count(self, invoice: Invoice) -> bool:
        if self.knobs.text("order_invoiced_counts") == "approved":
            return invoice.status in APPROVED
        return invoice.status not in NOT_SUBMITTED | RELEASED

    def _count(self, invoice: Invoice, counted: bool) -> None:
        if counted == invoice.counted:
            return
        invoice.counted = counted
        direction = rules.sign(invoice.content) * (1 if counted else -1)
        for line in invoice.content.lines:
            order = self.setup.orders.get(line.order_number)
            ordered = order.line(line.order_line) if order else None
            if order and ordered:
                ordered.invoiced += rules.weight(line, direction)
                order.updated_at = self.now()

    def supplier_of(self, invoice: Invoice) -> Supplier:
        """The supplier whose invoice it is."""
        return next(each for each in self.suppliers if each.id == invoice.supplier_id)

    def submit(self, invoice: Invoice) -> None:
        """Submit a draft, or resubmit a disputed invoice. Raises `WrongState`, `Refusal`, `ModelRefusal`."""
        with self.lock:
            if invoice.status not in EDITABLE:
                raise WrongState(invoice, "submit")
            supplier = self.supplier_of(invoice)
            self._scripted_refusal(invoice.content, supplier)
            if self.knobs.flag("rest_enforce_validations"):
                files = tuple(File(a.name, a.media_type, a.size, a.sha256, a.kind) for a in invoice.attachments)
                self._check(invoice.content, supplier, files, invoice)
            self._count(invoice, False)
            self._submit(invoice, supplier)

    def update(self, invoice: Invoice, content: InvoiceContent) -> None:
        """Replace the content. Raises `WrongState` or `ModelRefusal`."""
        with self.lock:
            editable = invoice.status in EDITABLE and (invoice.status != "disputed" or self.knobs.flag("edit_disputed"))
            if not editable:
                raise WrongState(invoice, "update")
            failures = self._number_failures(content, self.supplier_of(invoice), invoice)
            if failures:
                raise ModelRefusal(tuple(failures))
            self._count(invoice, False)
            before, invoice.content = invoice.content.number, content
            if before != content.number:
                self.invoices.renumbered(invoice, before)
            self._change(invoice)

    def void(self, invoice: Invoice) -> None:
        """Void by the matrix of the role (facts 6.1). Raises `WrongState`."""
        with self.lock:
            if invoice.status not in self.knobs.words(f"void_{self.knobs.text('rest_role')}"):
                raise WrongState(invoice, "void")
            self._change(invoice, "voided")

    def abandon(self, invoice: Invoice, reason: str) -> None:
        """Give the invoice up. Raises `WrongState`."""
        with self.lock:
            if not may_follow(invoice.status, "abandoned") or invoice.status == "abandoned":
                raise WrongState(invoice, "abandon")
            invoice.abandon_reason = reason
            self._change(invoice, "abandoned")

    def dispute(self, invoice: Invoice, code: str, comment: str, *, method: str = "Manual") -> None:
        """Send the invoice back with a reason of the tenant. Raises `WrongState`, `LookupError` (reason)."""
        with self.lock:
            reason = next((each for each in self.dispute_reasons if each.code == code and each.active), None)
            if reason is None:
                raise LookupError(code)
            if invoice.status not in DISPUTABLE and invoice.status in STATUSES:
                raise WrongState(invoice, "dispute")
            invoice.dispute_reasons, invoice.dispute_method = (reason,), method
            if comment:
                self._add_comment(invoice, comment, code, to_supplier=True, author="buyer")
            self._change(invoice, "disputed")

    def add_dispute_reason(self, code: str) -> None:
        """Set up a dispute reason if the tenant has none of that code."""
        with self.lock:
            if all(each.code != code for each in self.dispute_reasons):
                number = max((each.id for each in self.dispute_reasons), default=0) + 1
                self.dispute_reasons.append(DisputeReason(number, code, code.replace("_", " ").capitalize()))

    def withdraw_dispute(self, invoice: Invoice) -> None:
        """Back to approval (facts 6.2). Raises `WrongState`."""
        with self.lock:
            if invoice.status != "disputed":
                raise WrongState(invoice, "withdraw_dispute")
            invoice.dispute_reasons = ()
            self._change(invoice, "pending_approval")

    def revalidate_tolerances(self, invoice: Invoice) -> None:
        """Check the tolerances again; what broke none any more leaves its hold. Raises `WrongState`."""
        with self.lock:
            if invoice.status != "on_hold":
                raise WrongState(invoice, "revalidate_tolerances")
            self._count(invoice, False)
            self._submit(invoice, self.supplier_of(invoice))

    def advance(self, invoice: Invoice, status: str, *, force: bool = False) -> None:
        """Set a status by the control API. Raises `WrongState` for a step the graph does not know."""
        with self.lock:
            if not force and not may_follow(invoice.status, status):
                raise WrongState(invoice, f"status {status}")
            if status != "disputed":
                invoice.dispute_reasons = ()
            if status not in NOT_SUBMITTED:
                invoice.submitted = True
            self._change(invoice, status)

    def pay(self, invoice: Invoice) -> None:
        """Mark as paid: a flag beside the status, not a status."""
        with self.lock:
            invoice.paid = True
            self._change(invoice)

    def delete(self, invoice: Invoice) -> None:
        """Delete, status new only (facts 4.1). Raises `WrongState`."""
        with self.lock:
            if invoice.status != "new":
                raise WrongState(invoice, "delete")
            self._count(invoice, False)
            self.invoices.remove(invoice)

    # Papers and comments

    def attach(self, invoice: Invoice, file: File) -> Attachment:
        """Add a paper; a new image scan takes the place of the old."""
        with self.lock:
            if file.kind == "image_scan":
                invoice.attachments = tuple(each for each in invoice.attachments if each.kind != "image_scan")
            added = self._attach(invoice, (file,))[0]
            self._change(invoice)
            return added

    def _attach(self, invoice: Invoice, files: Iterable[File]) -> tuple[Attachment, ...]:
        added = tuple(
            Attachment(next(self._ids), f.name, f.media_type, f.size, f.sha256, f.kind, f.intent, f.url) for f in files
        )
        invoice.attachments += added
        return added

    def comment(
        self, invoice: Invoice, text: str, *, reason_code: str = "", to_supplier: bool = True, author: str
    ) -> Comment:
        """Add a comment."""
        with self.lock:
            added = self._add_comment(invoice, text, reason_code, to_supplier=to_supplier, author=author)
            self._change(invoice)
            return added

    def _add_comment(self, invoice: Invoice, text: str, code: str, *, to_supplier: bool, author: str) -> Comment:
        comment = Comment(next(self._ids), text, self.now(), code, to_supplier, author)
        invoice.comments += (comment,)
        return comment

    # Orders

    def put_orders(self, orders: Iterable[Mapping[str, Any]]) -> list[Order]:
        """Put purchase orders; one of the same number is replaced. Raises `ValueError`; then none was put."""
        with self.lock:
            now, supplier = self.now(), self.suppliers[0].name
            read = [order_from(order, supplier, lambda: next(self._ids), now) for order in orders]
            self.setup.orders.update({order.number: order for order in read})
            return read

    def change_order(self, number: str, action: str) -> Order:
        """close, cancel, receive (all that is ordered) or invoice_stop. Raises `LookupError`, `ValueError`."""
        with self.lock:
            order = self.setup.orders.get(number)
            if order is None:
                raise LookupError(number)
            if action in ("close", "cancel"):
                order.status = {"close": "closed", "cancel": "cancelled"}[action]
            elif action == "invoice_stop":
                order.invoice_stop = True
            elif action == "receive":
                self._receive(order)
            else:
                raise ValueError(action)
            order.updated_at = self.now()
            return order

    def _receive(self, order: Order) -> None:
        for line in order.lines:
            line.received, line.status = line.ordered, "received"
        waiting = [self.invoices.get(found) for found in self.invoices.ids_in(["pending_receipt"])]
        for invoice in waiting:
            if invoice is None or order.number not in invoice.content.orders:
                continue
            supplier = self.supplier_of(invoice)
            if not rules.waits_for_receipt(invoice.content, supplier, self.setup, counted=invoice.counted):
                self._change(invoice, "pending_approval")

    # Finding and seeding

    def find(self, key: str) -> Invoice | None:
        """By invoice number (the newest of several), else by id."""
        with self.lock:
            numbered = self.invoices.numbered(key)
            if numbered:
                return numbered[-1]
            return self.invoices.get(int(key)) if key.isdecimal() and len(key) < 18 else None

    def open_many(self, contents: Iterable[tuple[InvoiceContent, datetime]], status: str) -> list[int]:
        """Open many invoices at once, unchecked, each last changed at its time; answers their ids."""
        submitted, supplier = status not in NOT_SUBMITTED, self.suppliers[0].id
        with self.lock:
            made = [
                Invoice(next(self._invoice_ids), content, supplier, status, "cxml", at, at, submitted=submitted)
                for content, at in contents
            ]
            self.invoices.add_all(made)
            return [invoice.id for invoice in made]

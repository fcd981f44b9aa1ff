"""What a buyer's Coupa instance holds: suppliers, purchase orders, invoices and what hangs on them.

Plain records without behaviour. Money is `Decimal` in the invoice's currency, times are aware UTC, quantities carry the
unit code of the document (UN/ECE Rec 20 where the supplier used it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

LineKind = Literal["quantity", "amount"]
DocumentKind = Literal["invoice", "credit_note"]

ZERO = Decimal(0)


@dataclass(slots=True)
class Supplier:
    """A supplier record of the buyer, with the fields that decide on cXML invoicing (facts 2.1, 13)."""

    id: int
    name: str
    number: str
    domain: str
    identity: str
    shared_secret: str = field(repr=False)
    allow_cxml_invoicing: bool = True
    payment_term: str = "Net 30"
    invoice_matching_level: str = "2-way"


@dataclass(slots=True)
class OrderLine:
    """One purchase order line; `invoiced` and `received` count units on quantity lines and money on amount lines."""

    id: int
    number: int
    kind: LineKind
    description: str
    quantity: Decimal | None
    uom: str | None
    price: Decimal
    status: str = "created"
    match_type: str = ""
    part_number: str = ""
    invoice_stop: bool = False
    invoiced: Decimal = ZERO
    received: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Ordered amount; an amount line's price is its total."""
        return self.price if self.quantity is None else self.price * self.quantity

    @property
    def ordered(self) -> Decimal:
        """What `invoiced` and `received` are compared with."""
        return self.total if self.kind == "amount" or self.quantity is None else self.quantity


@dataclass(slots=True)
class Order:
    """A purchase order as the buyer issued it."""

    id: int
    number: str
    status: str
    currency: str
    supplier: str
    payment_term: str
    created_at: datetime
    updated_at: datetime
    lines: list[OrderLine]
    invoice_stop: bool = False
    _by_number: dict[int | None, OrderLine] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Lines are fixed once the order stands; what changes on them is not their number."""
        self._by_number = {line.number: line for line in self.lines}

    def line(self, number: int | None) -> OrderLine | None:
        """The line with that PO line number, if the order has it."""
        return self._by_number.get(number)


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One invoice line as the document gave it; `total` is what the portal computes from it."""

    number: int
    kind: LineKind
    description: str
    quantity: Decimal | None
    uom: str | None
    price: Decimal
    total: Decimal
    stated_total: Decimal | None = None
    order_number: str = ""
    order_line: int | None = None
    contract: str = ""
    part_number: str = ""
    tax_amount: Decimal = ZERO
    tax_category: str = ""
    tax_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class InvoiceContent:
    """What the invoice document says. `supplier_total` is the supplier's control total, None when not stated."""

    number: str
    invoice_date: datetime | None
    document_kind: DocumentKind
    currency: str
    lines: tuple[InvoiceLine, ...]
    supplier_total: Decimal | None = None
    shipping: Decimal = ZERO
    handling: Decimal = ZERO
    misc: Decimal = ZERO
    tax_amount: Decimal = ZERO
    tax_category: str = ""
    tax_rate: Decimal | None = None
    line_level_taxation: bool = False
    payment_term: str = ""
    original_number: str = ""
    original_date: datetime | None = None
    credit_reason: str = ""
    supplier_note: str = ""
    payload_id: str = ""
    bill_to_name: str = ""
    remit_to_code: str = ""
    purpose: str = "standard"

    @property
    def lines_total(self) -> Decimal:
        """Sum of the line totals."""
        return sum((line.total for line in self.lines), ZERO)

    @property
    def tax_total(self) -> Decimal:
        """Header tax, or the sum of the lines' tax under line level taxation."""
        if self.line_level_taxation:
            return sum((line.tax_amount for line in self.lines), ZERO)
        return self.tax_amount

    @property
    def total(self) -> Decimal:
        """Lines, tax and header charges, as the portal computes them."""
        return self.lines_total + self.tax_total + self.shipping + self.handling + self.misc

    @property
    def orders(self) -> list[str]:
        """PO numbers the lines name, each once, in document order."""
        return list(dict.fromkeys(line.order_number for line in self.lines if line.order_number))


@dataclass(frozen=True, slots=True)
class Attachment:
    """A paper that came with an invoice; its bytes are not kept, only what identifies them."""

    id: int
    name: str
    media_type: str
    size: int
    sha256: str
    kind: Literal["file", "url", "image_scan"] = "file"
    intent: str = "Supplier"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on an invoice; dispute explanations arrive as such (facts 4.5)."""

    id: int
    text: str
    created_at: datetime
    reason_code: str = ""
    to_supplier: bool = True
    author: str = "buyer"


@dataclass(frozen=True, slots=True)
class DisputeReason:
    """A reason the tenant has set up (facts 6.2)."""

    id: int
    code: str
    description: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class FailedTolerance:
    """A tolerance the invoice broke (facts 13); amounts in the invoice currency or the line's unit."""

    code: str
    line_number: int
    breach_amount: Decimal
    breach_limit: Decimal


@dataclass(slots=True)
class Invoice:
    """One invoice record. Only `Instance` changes it, under its lock."""

    id: int
    content: InvoiceContent
    supplier_id: int
    status: str
    channel: str
    created_at: datetime
    updated_at: datetime
    submitted: bool = False
    attachments: tuple[Attachment, ...] = ()
    comments: tuple[Comment, ...] = ()
    dispute_reasons: tuple[DisputeReason, ...] = ()
    failed_tolerances: tuple[FailedTolerance, ...] = ()
    dispute_method: str | None = None
    abandon_reason: str = ""
    paid: bool = False
    exported: bool = False
    counted: bool = False
    lock_version: int = 0

    @property
    def number(self) -> str:
        """The supplier's invoice number."""
        return self.content.number


@dataclass(frozen=True, slots=True)
class File:
    """Bytes that came through a door, on their way to becoming an `Attachment`."""

    name: str
    media_type: str
    size: int
    sha256: str
    kind: Literal["file", "url", "image_scan"] = "file"
    intent: str = "Supplier"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who a cXML document says it is from and to. Domains compare without regard to case (cXML facts, section 2)."""

    from_domain: str
    from_identity: str
    to_domain: str
    to_identity: str
    sender_domain: str
    sender_identity: str
    secret: str = field(repr=False)


Config = Mapping[str, object]

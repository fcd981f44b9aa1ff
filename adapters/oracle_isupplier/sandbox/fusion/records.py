"""What the Fusion tenant holds. Plain records; only `Tenant` changes them, under its lock.

Money is `Decimal` in the invoice's currency (negative on credit memos), times are aware UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(slots=True)
class OrderLine:
    """One purchase order line; an amount line has no quantity and its price is its total."""

    number: int
    description: str
    quantity: Decimal | None
    uom: str
    price: Decimal
    billed: Decimal = ZERO  # in the line's own measure
    received: Decimal | None = None  # None: the order asks for no receipt


@dataclass(slots=True)
class Order:
    """A purchase order of this business unit."""

    number: str
    status: str
    currency: str
    lines: list[OrderLine]

    def line(self, number: int | None) -> OrderLine | None:
        """The line with that number."""
        return next((line for line in self.lines if line.number == number), None)


@dataclass(slots=True)
class Line:
    """One invoice line. `amount` as given, or quantity times price."""

    id: int
    number: int
    line_type: str
    description: str
    quantity: Decimal | None
    price: Decimal | None
    uom: str
    amount: Decimal | None
    order_number: str
    order_line: int | None
    schedule: str
    tax_code: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A paper; its bytes are not kept, only what identifies them."""

    id: int
    name: str
    media_type: str
    size: int
    sha256: str
    category: str
    title: str


@dataclass(slots=True)
class Hold:
    """A hold that somebody or the validation placed; released once `release_name` is set."""

    id: int
    name: str
    reason: str
    placed_at: datetime
    held_by: str
    release_name: str = ""


@dataclass(slots=True)
class Invoice:
    """One invoice. `status` is its validation status, the first of the three words that tell where it stands."""

    id: int
    number: str
    business_unit: str
    supplier: str
    supplier_site: str
    invoice_type: str
    invoice_date: date | None
    currency: str
    description: str
    control_amount: Decimal | None
    created_at: datetime
    updated_at: datetime
    status: str = "Incomplete"
    approval: str = "Required"
    paid: str = "Unpaid"
    canceled_on: date | None = None
    lines: list[Line] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    tax: Decimal = ZERO
    version: int = 1

    @property
    def submitted(self) -> bool:
        """Saved and handed over; "Incomplete" is saved only (facts 12)."""
        return self.status != "Incomplete"

    @property
    def total(self) -> Decimal:
        """Lines and tax; nothing once cancelled (facts 12: cancelling zeroes the amounts)."""
        if self.canceled_on is not None:
            return ZERO
        return sum((line.amount or ZERO for line in self.lines), self.tax)

    @property
    def open_holds(self) -> list[Hold]:
        """Holds not yet released."""
        return [hold for hold in self.holds if not hold.release_name]

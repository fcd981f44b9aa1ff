"""The portal's records. Money is in the document's currency, dates are days at the buyer, times aware UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

ZERO = Decimal(0)
CENT = Decimal("0.01")
InvoiceType = Literal["Standard", "Credit Memo"]


@dataclass(slots=True)
class User:
    """Who may sign in. `totp_secret` base32; empty = no second step."""

    name: str
    password: str = field(repr=False)
    totp_secret: str = field(default="", repr=False)
    expired: bool = False
    locked: bool = False
    failures: int = 0
    used_codes: set[int] = field(default_factory=set, repr=False)


@dataclass(frozen=True, slots=True)
class Site:
    """A supplier's site, offered as Remit To."""

    name: str
    address: str
    pay_site: bool = True


@dataclass(slots=True)
class Shipment:
    """What is invoiced: one shipment of one order line.

    For `basis` amount, `ordered`, `received` and `billed` are money and there is no unit. `price_break` shipments and
    unapproved ones are never invoiceable (facts 9.1).
    """

    line: int
    shipment: int
    description: str
    basis: Literal["quantity", "amount"]
    ordered: Decimal
    price: Decimal
    unit: str = ""
    item: str = ""
    received: Decimal | None = None
    billed: Decimal = ZERO
    ship_to: str = ""
    price_break: bool = False
    approved: bool = True

    @property
    def open(self) -> Decimal:
        """Ordered and not billed."""
        return self.ordered - self.billed

    @property
    def amount(self) -> Decimal:
        """Ordered, as money."""
        return self.ordered if self.basis == "amount" else (self.ordered * self.price).quantize(CENT)

    @property
    def amount_billed(self) -> Decimal:
        """Billed, as money."""
        return self.billed if self.basis == "amount" else (self.billed * self.price).quantize(CENT)


@dataclass(slots=True)
class Order:
    """A purchase order, or with `release` one release of a blanket agreement. Numbers repeat across organizations."""

    number: str
    organization: str
    currency: str
    day: date
    shipments: list[Shipment]
    buyer: str = "Lang, Robin"
    description: str = ""
    status: str = "open"
    approved: bool = True
    release: int | None = None
    revision: int = 0
    changed_at: datetime | None = None

    @property
    def shown(self) -> str:
        """As pages print it: blanket releases as `<PO>-<release>` (facts 7.2)."""
        return self.number if self.release is None else f"{self.number}-{self.release}"

    @property
    def amount(self) -> Decimal:
        """Ordered, all shipments."""
        return sum((each.amount for each in self.shipments), ZERO)

    @property
    def amount_billed(self) -> Decimal:
        """Billed, all shipments."""
        return sum((each.amount_billed for each in self.shipments), ZERO)

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it: organization and number."""
        return self.organization, self.shown


@dataclass(frozen=True, slots=True)
class Place:
    """One shipment of one order."""

    organization: str
    order: str
    line: int
    shipment: int


@dataclass(slots=True)
class Line:
    """One billed shipment. `quantity` None and `amount` given where the shipment is amount-based."""

    place: Place
    description: str
    unit: str
    price: Decimal
    quantity: Decimal | None
    amount: Decimal


@dataclass(slots=True)
class Charge:
    """A row of Shipping and Handling."""

    kind: str = "Freight"
    amount: Decimal | None = None
    description: str = ""


@dataclass(slots=True)
class Tax:
    """A row of Manage Tax; `rate` in percent."""

    regime: str
    tax: str
    jurisdiction: str
    status: str
    rate: Decimal | None
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document added to an invoice; its bytes are not kept."""

    name: str
    title: str
    description: str
    category: str
    media_type: str
    size: int
    sha256: str


@dataclass(slots=True)
class Hold:
    """A row of AP_HOLDS_ALL: `code` of lookup HOLD CODE, `name` as the supplier sees it."""

    code: str
    name: str
    placed_at: datetime
    released: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of an invoice."""

    number: str
    day: date
    amount: Decimal


@dataclass(slots=True)
class Invoice:
    """An invoice, saved or submitted. `word` overrides the status shown, whatever it is."""

    id: int
    number: str
    day: date
    type: InvoiceType
    currency: str
    organization: str
    user: str
    created_at: datetime
    updated_at: datetime
    remit_to: str = ""
    description: str = ""
    lines: list[Line] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    taxes: list[Tax] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    submitted_at: datetime | None = None
    visible: bool = True
    due: date | None = None
    approved: bool = False
    cancelled: bool = False
    rejected: bool = False
    word: str = ""
    comment: str = ""
    holds: list[Hold] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        """Items, charges and tax."""
        charges = sum((each.amount or ZERO for each in self.charges), ZERO)
        taxes = sum((each.amount or ZERO for each in self.taxes), ZERO)
        return sum((line.amount for line in self.lines), ZERO) + charges + taxes

    @property
    def paid(self) -> Decimal:
        """Paid so far."""
        return sum((payment.amount for payment in self.payments), ZERO)

    @property
    def on_hold(self) -> list[Hold]:
        """Holds not released, oldest first."""
        return [hold for hold in self.holds if not hold.released]

    @property
    def status(self) -> str:
        """The word the supplier sees (facts 7.2, memory)."""
        if self.word:
            return self.word
        if self.submitted_at is None:
            return "Unsubmitted"
        if self.cancelled or self.rejected:
            return "Cancelled" if self.cancelled else "Rejected"
        if self.on_hold:
            return "On-Hold"
        return "Approved" if self.approved else "In-Process"

    @property
    def payment_status(self) -> str:
        """Not Paid, Partially Paid, Paid (facts 7.2)."""
        if not self.payments:
            return "Not Paid"
        return "Paid" if abs(self.paid) >= abs(self.total) else "Partially Paid"

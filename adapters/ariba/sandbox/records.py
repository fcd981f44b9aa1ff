"""The network's records. Money is in the document's currency, times are aware UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

ZERO = Decimal(0)
Mode = Literal["production", "test"]
MODES: tuple[Mode, Mode] = ("production", "test")
TEST_SUFFIX = "-T"


@dataclass(frozen=True, slots=True)
class Credential:
    """A cXML credential; domains compare without regard to case."""

    domain: str
    identity: str
    secret: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class Supplier:
    """A supplier's account. `identity` is its production ANID; the test twin ends in -T and shares the rest.

    `certificate`: it signs in with a client certificate, on the door for that, and has no shared secret.
    `delivery`: how documents reach it. `enterprise` accounts have cXML and REST; standard ones the browser only.
    """

    identity: str
    name: str
    shared_secret: str = field(repr=False)
    duns: str = ""
    user_id: str = ""
    enterprise: bool = True
    certificate: bool = False
    subcontractor: bool = False
    delivery: Literal["pending", "push", "both"] = "pending"
    push_url: str = ""
    push_secret: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)

    def anid(self, mode: Mode) -> str:
        """The ANID of the account or its test twin."""
        return self.identity + (TEST_SUFFIX if mode == "test" else "")


@dataclass(frozen=True, slots=True)
class Partner:
    """An InvoicePartner, or a party of InvoiceDetailShipping. `ids` by lower-case domain."""

    role: str
    name: str
    ids: dict[str, str]


@dataclass(frozen=True, slots=True)
class OrderName:
    """How a block of lines names its order (facts 3). `kind` none = no order, agreement = a contract without order."""

    kind: Literal["reference", "id", "agreement", "none"]
    number: str = ""
    date: str = ""
    payload_id: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One invoice line. Texts as written stand beside numbers where their form matters."""

    number: int
    kind: Literal["goods", "service", "header"]
    order: OrderName
    order_line: int | None
    quantity: Decimal | None
    unit: str
    price: Decimal | None
    subtotal: Decimal
    has_tax: bool = False
    tax_category: str = ""
    price_text: str = ""
    quantity_text: str = ""
    has_price_basis: bool = False
    ad_hoc: bool = False
    period: tuple[datetime, datetime] | None = None
    labour: bool = False
    pay_code: str = ""
    time_card: str = ""
    sheet: str = ""
    sheet_line: int | None = None
    has_comment: bool = False
    attachments: int = 0


@dataclass(frozen=True, slots=True)
class Content:
    """An InvoiceDetailRequest as the network reads it. `faults`: what could not be read, as (text key, values)."""

    number: str
    date: datetime | None
    purpose: str
    operation: str
    information_only: bool
    says_header: bool
    has_details: bool
    has_header_orders: bool
    tax_in_line: bool
    shipping_in_line: bool
    has_header_shipping: bool
    currency: str
    lines: tuple[Line, ...]
    subtotal: Decimal
    tax: Decimal
    tax_category: str
    charges: Decimal
    gross: Decimal | None
    net: Decimal
    due: Decimal | None
    original_payload: str
    original_number: str
    partners: tuple[Partner, ...]
    shipping_roles: tuple[str, ...]
    extrinsics: dict[str, str]
    has_comment: bool
    header_attachments: int
    signed: bool
    period: tuple[datetime, datetime] | None
    faults: tuple[tuple[str, dict[str, object]], ...] = ()

    @property
    def total(self) -> Decimal:
        """What is asked for: DueAmount, else NetAmount."""
        return self.due if self.due is not None else self.net

    @property
    def is_credit(self) -> bool:
        """A credit memo of either kind."""
        return self.purpose in ("creditMemo", "lineLevelCreditMemo")

    @property
    def orders(self) -> list[str]:
        """The order numbers named, each once, in document order."""
        return list(dict.fromkeys(line.order.number for line in self.lines if line.order.number))


@dataclass(frozen=True, slots=True)
class File:
    """An attachment; its bytes are not kept."""

    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Story:
    """One row of an invoice's History tab."""

    at: datetime
    who: str
    text: str


@dataclass(slots=True)
class Invoice:
    """One invoice. `status` is the buyer's side (or any word a test sets), `routing` the network's (facts 4)."""

    id: int
    content: Content
    payload_id: str
    supplier: Supplier
    buyer: str
    mode: Mode
    status: str
    routing: str
    created_at: datetime
    updated_at: datetime
    files: tuple[File, ...] = ()
    history: list[Story] = field(default_factory=list)
    comments: tuple[tuple[str, str], ...] = ()
    errors: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    paid_amount: Decimal | None = None
    query_code: str = ""
    obsoleted_by: str = ""
    ended_as: str = ""
    counted: bool = False
    channel: str = "cXML"

    @property
    def number(self) -> str:
        """The supplier's invoice number."""
        return self.content.number


@dataclass(slots=True)
class OrderLine:
    """One order line. Quantity lines count units, amount lines money. `rates` by pay code (LaborDetail)."""

    number: int
    kind: Literal["quantity", "amount"]
    description: str
    unit: str
    quantity: Decimal | None
    price: Decimal | None
    amount: Decimal
    part_number: str = ""
    service: bool = False
    rates: dict[str, Decimal] = field(default_factory=dict)
    invoiced_quantity: Decimal = ZERO
    invoiced_amount: Decimal = ZERO


@dataclass(slots=True)
class Order:
    """A purchase order in one version; `date_text` is its orderDate to the letter, `replaces` the version before it.

    `state` obsolete: cancelled, or replaced by a newer version.
    """

    number: str
    buyer: str
    mode: Mode
    supplier: Supplier
    payload_id: str
    date: datetime
    date_text: str
    currency: str
    lines: tuple[OrderLine, ...]
    version: int = 1
    state: Literal["open", "closed", "obsolete"] = "open"
    sent: bool = True
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    blanket: bool = False
    confirmed: bool = False
    shipped: bool = False
    received: bool = False
    replaces: str = ""

    def line(self, number: int | None) -> OrderLine | None:
        """The line of that number."""
        return next((line for line in self.lines if line.number == number), None)


@dataclass(slots=True)
class SheetLine:
    """A line of a service entry sheet."""

    number: int
    order_line: int | None
    quantity: Decimal
    unit: str
    amount: Decimal


@dataclass(slots=True)
class Sheet:
    """A service entry sheet."""

    id: str
    order: str
    buyer: str
    mode: Mode
    supplier: Supplier
    payload_id: str
    lines: tuple[SheetLine, ...]
    status: str = "sent"


@dataclass(slots=True)
class TimeCard:
    """A time card: hours by pay code."""

    id: str
    order: str
    buyer: str
    mode: Mode
    supplier: Supplier
    worker: str
    hours: dict[str, Decimal]
    status: str = "submitted"
    period: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A broken rule of the network: a text key and its values."""

    key: str
    values: tuple[tuple[str, object], ...] = ()


def failure(key: str, **values: object) -> Failure:
    """A broken rule."""
    return Failure(key, tuple(values.items()))


@dataclass(frozen=True, slots=True)
class Exceptional:
    """A line-level exception of the buyer's matching (facts 5), with the values for the clerk's words."""

    name: str
    values: tuple[tuple[str, object], ...] = ()

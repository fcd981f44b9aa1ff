"""Purchase orders in our words, whatever the portal: lines, terms, and which version of an order is the present one.

A portal that sends orders as documents (cXML OrderRequest) sends a changed order as a whole new document with an id of
its own. The order register keeps the present version, and of the earlier ones what an invoice may name them by.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from gateway.packet import OrderLineKind


class OrderState(StrEnum):
    """May a purchase order be invoiced?"""

    open = "open"
    closed = "closed"
    stopped = "stopped"  # held, or invoicing stopped by the buyer
    unknown = "unknown"


class VersionState(StrEnum):
    """What a version of an order is worth that an invoice names."""

    current = "current"
    replaced = "replaced"  # a later version took its place
    closed = "closed"  # the present version, of an order that takes no invoices any more
    unknown = "unknown"  # not a version that the register has seen


@dataclass(frozen=True, slots=True)
class Rate:
    """A price agreed for a kind of hour (cXML UnitRate), in the order's currency for one `unit`.

    `term` is the rate's code, such as a pay code; `name` says what kind of code it is."""

    price: Decimal
    unit: str
    name: str = ""
    term: str = ""


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What an order line says beyond amounts: rates of labour, when the work may be done, what must come first."""

    rates: tuple[Rate, ...] = ()
    start: date | None = None
    end: date | None = None
    is_service: bool = False
    requires_service_entry: bool = False
    parent: int | None = None


NO_TERMS = LineTerms()


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of a purchase order. Amounts in the order's currency; `invoiced` as the portal counts it, None unknown.

    `amount` is the line's total; for quantity lines `quantity` x `price`.
    """

    number: int
    kind: OrderLineKind
    description: str = ""
    part_number: str = ""
    unit: str = ""
    quantity: Decimal | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    invoiced_quantity: Decimal | None = None
    invoiced_amount: Decimal | None = None
    state: OrderState = OrderState.open
    terms: LineTerms = NO_TERMS

    @property
    def open_quantity(self) -> Decimal | None:
        """What the portal has left to be invoiced, in the line's unit; None where it does not tell."""
        if self.quantity is None or self.invoiced_quantity is None:
            return None
        return self.quantity - self.invoiced_quantity

    @property
    def open_amount(self) -> Decimal | None:
        """As `open_quantity`, in the order's currency."""
        return None if self.amount is None or self.invoiced_amount is None else self.amount - self.invoiced_amount


@dataclass(frozen=True, slots=True)
class OrderVersion:
    """An earlier document of an order: its own id at the portal, and its date to the letter."""

    payload_id: str
    stated_date: str = ""
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A purchase order in its present version. `portal_state` is the portal's own word for its state.

    `payload_id`: the id of the order's own document. `stated_date`: the order's date as that document writes it, to the
    letter, for an invoice must repeat it so (Ariba facts, section 3). `operation`: what that document did, "new",
    "update" or "delete" ("" where the portal has no such documents); `replaces`: the id of the document it changes;
    `version`: the buyer's own number for it. `valid_from`, `valid_to`: when the order may be drawn on. `total`: as the
    header states it. `site`: the code of the place that the goods or the work go to. `earlier`: versions that this one
    has replaced, as far as the register has seen them.
    """

    number: str
    state: OrderState
    currency: str
    lines: tuple[OrderLine, ...]
    portal_state: str = ""
    ordered_on: date | None = None
    payload_id: str = ""
    updated_at: datetime | None = None
    stated_date: str = ""
    operation: Literal["", "new", "update", "delete"] = ""
    replaces: str = ""
    version: str = ""
    contract_number: str = ""
    total: Decimal | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    earlier: tuple[OrderVersion, ...] = ()
    site: str = ""

    @property
    def is_versioned(self) -> bool:
        """Whether an invoice can name a version of it: by its document's id, or by its date to the letter."""
        return bool(self.payload_id or self.stated_date)

    def version_state(self, payload_id: str, stated_date: str) -> VersionState:
        """What the version is worth that an invoice names so; the document's id wins over the date."""
        if (payload_id and payload_id == self.payload_id) or (
            not payload_id and stated_date and stated_date == self.stated_date
        ):
            return VersionState.closed if self.state is OrderState.closed else VersionState.current
        for one in self.earlier:
            if payload_id == one.payload_id if payload_id else stated_date and stated_date == one.stated_date:
                return VersionState.replaced
        return VersionState.replaced if payload_id and payload_id == self.replaces else VersionState.unknown

    def is_later_than(self, other: "Order") -> bool:
        """Whether this version takes the place of `other`: by what they say they replace, else by their times.

        A version without a time, or beside one without, counts as the later one: it was read later."""
        follows = self.replaces != "" and self.replaces == other.payload_id
        precedes = self.payload_id != "" and (
            self.payload_id == other.replaces or any(self.payload_id == one.payload_id for one in other.earlier)
        )
        if follows is not precedes:
            return follows
        return self.updated_at is None or other.updated_at is None or other.updated_at <= self.updated_at


@dataclass(frozen=True, slots=True)
class UnreadOrder:
    """An order document that could not be read: kept as it came, for a person. `why` says what is wrong with it."""

    payload_id: str
    number: str
    why: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Orders:
    """One page of orders that changed since the cursor. `unread`: documents that could not be read.

    `cursor` is opaque, stored by the caller in the transaction that stores the orders; `more`: ask again at once with
    this cursor."""

    orders: tuple[Order, ...]
    cursor: str
    more: bool = False
    unread: tuple[UnreadOrder, ...] = ()

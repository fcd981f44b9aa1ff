"""What a check needs to know beyond packet and checklist; the caller gathers it, so that a check asks nobody."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from checklists.readings import SheetReading
from checklists.sent_papers import SentPapers
from gateway.order import Order, OrderLine
from gateway.packet import OrderLineKind


@dataclass(frozen=True, slots=True)
class InFlight:
    """What our other invoices, sent or about to be sent, will take from one order and the portal has not counted yet.

    Net amounts before tax in the order's currency. `total` holds everything, also what names no order line;
    `amounts` and `quantities` go by order line number.
    """

    total: Decimal = Decimal(0)
    amounts: Mapping[int, Decimal] = field(default_factory=dict)
    quantities: Mapping[int, Decimal] = field(default_factory=dict)


NOTHING_IN_FLIGHT = InFlight()


@dataclass(frozen=True, slots=True)
class Billed:
    """What an earlier invoice of ours billed on an order line (0: on none), in the order's currency before tax, on the
    day (in the seller's calendar) it was generated."""

    on: date
    line: int
    amount: Decimal


@dataclass(frozen=True)
class Facts:
    """The state of the world for one check.

    `today`: the day in the seller's calendar; `made_on`: the day on which the packet was made, today unless given.
    `orders`: purchase order number -> the register's row; None: the register is complete and does not know it; no key:
    there is no register for this account, so nothing is claimed about the order.
    `in_flight`: purchase order number -> what our other invoices take; the packet being checked is not in it.
    `number_used_by`: the packet id or portal reference that already uses the invoice number; "" when none does.
    `number_ended_as`: how our last transmission under this number ended, where the portal took it: "failed" by the
    portal's own checks, "rejected" by the buyer, "" otherwise. `numbers_used`: this packet's numbers so far, in order.
    `original`: the portal's own id of the invoice that a credit note credits; "" when we sent none of its number, None
    when nobody looked.
    `sheets`: SHA-256 of a time sheet -> what was read in it; no key: it was not opened.
    `billed_before`: purchase order number -> what our earlier invoices billed on it lately, where the client asks for a
    forecast; those that came back are not among them.
    `papers`: the papers as they will be sent; None: as they came.
    """

    today: date
    orders: Mapping[str, Order | None] = field(default_factory=dict)
    in_flight: Mapping[str, InFlight] = field(default_factory=dict)
    number_used_by: str = ""
    number_ended_as: Literal["", "failed", "rejected"] = ""
    numbers_used: tuple[str, ...] = ()
    original: str | None = None
    sheets: Mapping[str, SheetReading] = field(default_factory=dict)
    made_on: date | None = None
    billed_before: Mapping[str, tuple[Billed, ...]] = field(default_factory=dict)
    papers: SentPapers | None = None

    @cached_property
    def order_rows(self) -> Mapping[str, Mapping[int, OrderLine]]:
        """Order number -> its lines by number, for every order the register knows; put together once."""
        known = ((number, order) for number, order in self.orders.items() if order is not None)
        return {number: {line.number: line for line in order.lines} for number, order in known}

    @property
    def day_made(self) -> date:
        """The day on which the packet was made, in the seller's calendar."""
        return self.made_on or self.today

    @property
    def order_line_kinds(self) -> Mapping[tuple[str, int], OrderLineKind]:
        """(order number, order line) -> how that line counts, for every order line the register knows."""
        return {
            (number, line.number): line.kind
            for number, order in self.orders.items()
            if order is not None
            for line in order.lines
        }

    def in_flight_on(self, order_number: str) -> InFlight:
        """What our other invoices take from this order; nothing when none is known."""
        return self.in_flight.get(order_number, NOTHING_IN_FLIGHT)

"""The purchase orders behind the demonstration's invoices, written from a rate card, large enough for what is billed.

An order's lines are the client's rate card; ordered quantities are a round figure with a quarter to spare over all that
the scenario bills on them, unless a line is fixed on purpose.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from gateway.demo.clients import Client, Item, rate_card

LEAST = {"HUR": Decimal(400), "DAY": Decimal(60), "SMI": Decimal(2000), "EA": Decimal(25000)}
SPARE = Decimal("1.25")
NUMBER_STEP = 37
PAY_WORDS = {"ST": "Regular", "OT": "Overtime", "DT": "Doubletime"}
"""Pay codes as a cXML order and time card name them."""


@dataclass(slots=True)
class PlannedOrder:
    """One purchase order in the making. `billed` is per line, in units (in dollars on lump lines, as these cost 1.00).

    `fixed` holds fields of a line that are set on purpose, by line number, in the form of the control API; `terms` the
    same for the order as a whole.
    """

    client: Client
    number: str
    ordered_on: date
    status: str = "issued"
    match_type: str = ""
    billed: dict[int, Decimal] = field(default_factory=dict)
    fixed: dict[int, dict[str, Any]] = field(default_factory=dict)
    terms: dict[str, Any] = field(default_factory=dict)
    items: tuple[Item, ...] = ()

    def __post_init__(self) -> None:
        self.items = rate_card(self.client)

    def bill(self, item: Item, quantity: Decimal) -> None:
        """Notes that an invoice bills so much on a line."""
        self.billed[item.line] = self.billed.get(item.line, Decimal(0)) + quantity

    def fix(self, line: int, **fields: Any) -> None:
        """Sets fields of one line on purpose, over what would be computed."""
        self.fixed.setdefault(line, {}).update(fields)

    def as_json(self) -> dict[str, Any]:
        """The order as `POST /_sandbox/orders` takes it; numbers as text."""
        lines = [self._line(item) for item in self.items]
        order = {"number": self.number, "status": self.status, "currency": "USD", "lines": lines}
        return order | self._as_document() | self.terms

    def _as_document(self) -> dict[str, Any]:
        """What a network's order says of itself: its document, its date, and when it may be drawn on (a year)."""
        if self.client.product != "ariba":
            return {}
        ends = self.ordered_on + timedelta(days=365)
        valid = {"valid_from": f"{self.ordered_on}T00:00:00-06:00", "valid_to": f"{ends}T23:59:59-06:00"}
        document = f"order-{self.number}-1@{self.client.key}.example"
        return {"payload_id": document, "date": f"{self.ordered_on}T09:00:00-06:00", **valid}

    def renumbered(self, offset: int) -> dict[str, Any]:
        """The order after a change order that ends every line and writes it anew as line `offset` + its number."""
        order = self.as_json()
        for line in order["lines"]:
            line["line"] = line["line_num"] = line["line"] + offset
        return order

    def _line(self, item: Item) -> dict[str, Any]:
        quantity = _round_up(self.billed.get(item.line, Decimal(0)) * SPARE, LEAST[item.unit])
        amount = quantity * item.price
        line: dict[str, Any] = {
            "line": item.line,
            "line_num": item.line,
            "type": "amount" if item.lump else "quantity",
            "description": item.description,
            "part_number": item.part_number,
            "uom": item.unit,
            "quantity": "1" if item.lump else str(quantity),
            "price": f"{amount:.2f}" if item.lump else str(item.price),
            "amount": f"{amount:.2f}",
        }
        if self.match_type:
            line["match_type"] = self.match_type
        if item.pay_code and self.client.product == "ariba":
            line["rates"] = {PAY_WORDS[item.pay_code]: str(item.price)}
        return line | self.fixed.get(item.line, {})


def _round_up(wanted: Decimal, step: Decimal) -> Decimal:
    steps = (wanted / step).to_integral_value(ROUND_CEILING)
    return max(steps, Decimal(1)) * step


class OrderBook:
    """All purchase orders of a scenario, each number used once per client.

    Running numbers step by 37, a prime: two neighbouring digits exchanged change a number by 9 x 10^k x d with d < 10,
    which 37 never divides, so a slip of the pen never meets another order.
    """

    def __init__(self, first_number: int, ordered_on: date) -> None:
        self._running, self._ordered_on = first_number, ordered_on
        self._orders: dict[tuple[str, str], PlannedOrder] = {}

    def open(self, client: Client) -> PlannedOrder:
        """A new order of that client."""
        self._running += NUMBER_STEP
        order = PlannedOrder(client, client.order_number(self._running), self._ordered_on)
        self._orders[client.key, order.number] = order
        return order

    def of(self, client: Client) -> Iterator[PlannedOrder]:
        """That client's orders, in the order of their making."""
        return (order for (key, _), order in self._orders.items() if key == client.key)

    def get(self, client: Client, number: str) -> PlannedOrder | None:
        """The order of that number, if the client has it."""
        return self._orders.get((client.key, number))

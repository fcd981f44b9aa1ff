"""A buyer's purchase orders in all versions, service entry sheets and time cards. The network's lock guards them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from gateway.standin.reading import moment

from .records import ZERO, Invoice, Line, Mode, Order, OrderLine, OrderName, Sheet, Supplier, TimeCard


class Papers:
    """What invoices are matched against."""

    def __init__(self) -> None:
        self._orders: dict[tuple[Mode, str], list[Order]] = {}
        self.sheets: dict[tuple[Mode, str], Sheet] = {}
        self.cards: dict[tuple[Mode, str], TimeCard] = {}
        self._billed_hours: dict[tuple[Mode, str, str], Decimal] = {}

    def put(self, order: Order) -> None:
        """A new order, or the next version of one: what was invoiced is carried over, the old version is obsolete."""
        versions = self._orders.setdefault((order.mode, order.number), [])
        if versions:
            order.version, order.replaces = versions[-1].version + 1, versions[-1].payload_id
            for line in order.lines:
                before = versions[-1].line(line.number)
                if before is not None:
                    line.invoiced_quantity, line.invoiced_amount = before.invoiced_quantity, before.invoiced_amount
            for each in versions:
                each.state = "obsolete"
        versions.append(order)

    def current(self, number: str, mode: Mode) -> Order | None:
        """The newest version of an order."""
        versions = self._orders.get((mode, number))
        return versions[-1] if versions else None

    def all(self, mode: Mode) -> Iterator[Order]:
        """The newest version of every order, by number."""
        for key in sorted(self._orders):
            if key[0] == mode:
                yield self._orders[key][-1]

    def named(self, name: OrderName, mode: Mode, supplier: Supplier) -> Order | None:
        """The version an invoice names (facts 3): by payloadID, else by number and exact date, else by number alone.

        None when nothing fits: a wrong payloadID or date is as good as an unknown order.
        """
        versions = [each for each in self._orders.get((mode, name.number), ()) if each.supplier is supplier]
        if not versions and name.payload_id:
            versions = [
                each
                for kept in self._orders.values()
                for each in kept
                if each.payload_id == name.payload_id and each.mode == mode and each.supplier is supplier
            ]
        if name.payload_id:
            return next((each for each in versions if each.payload_id == name.payload_id), None)
        if name.date:
            stated = moment(name.date)
            return next((each for each in reversed(versions) if each.date == stated), None)
        return versions[-1] if versions else None

    def line_of(self, line: Line, invoice_mode: Mode, supplier: Supplier) -> tuple[Order, OrderLine] | None:
        """The order and order line an invoice line bills."""
        order = self.named(line.order, invoice_mode, supplier)
        ordered = order.line(line.order_line) if order else None
        return (order, ordered) if order and ordered else None

    def count(self, invoice: Invoice, direction: int) -> None:
        """Add an invoice to what its order lines have been billed, or take it back (-1). Once each way."""
        if invoice.counted is (direction > 0):
            return
        invoice.counted = direction > 0
        for line in invoice.content.lines:
            sign = -1 if invoice.content.is_credit and line.subtotal > ZERO else 1
            if line.time_card:
                key = (invoice.mode, line.time_card, line.pay_code)
                self._billed_hours[key] = self._billed_hours.get(key, ZERO) + direction * sign * (line.quantity or ZERO)
            order = self.named(line.order, invoice.mode, invoice.supplier)
            current = self.current(order.number, invoice.mode) if order else None
            ordered = current.line(line.order_line) if current else None
            if ordered is not None:
                ordered.invoiced_amount += direction * sign * line.subtotal
                ordered.invoiced_quantity += direction * sign * (line.quantity or ZERO)

    def billed_hours(self, mode: Mode, time_card: str, pay_code: str) -> Decimal:
        """Hours that live invoices bill on a time card, under one pay code."""
        return self._billed_hours.get((mode, time_card, pay_code), ZERO)

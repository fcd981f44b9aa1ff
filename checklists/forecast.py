"""When an order will be used up, at the rate at which it was billed lately: told in time, so that it is prolonged.

The rate is what was billed after the first day on which we billed the order (within what the caller looked back), by
the weeks since that day, this invoice included. Fewer than two days of billing a week apart make no rate.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from checklists.balances import Room, rooms
from checklists.checklist import Checklist
from checklists.facts import Billed, Facts
from checklists.finding import Finding, found
from checklists.wording import money
from gateway.order import Order
from gateway.packet import Packet

_LEAST_DAYS = 7


@dataclass(frozen=True, slots=True)
class Pace:
    """So much was billed in so many days after `since`."""

    since: date
    days: int
    amount: Decimal

    def days_left(self, left: Decimal) -> int:
        """Whole days for which `left` lasts at this pace."""
        return int(left * self.days / self.amount)


def runs_out(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """One warning for each order of which the whole, or a line billed here, lasts no longer than the client allows."""
    weeks = checklist.orders.runs_out_within_weeks
    if weeks is None:
        return
    today = facts.day_made
    for order, left in rooms(packet.invoice, facts):
        lasting = [
            (pace.days_left(room.left), pace, room)
            for room in left
            if room.left >= 0 and (pace := pace_of(room, facts.billed_before.get(order.number, ()), today))
        ]
        soonest = min(lasting, key=lambda one: one[0], default=None)
        if soonest and soonest[0] <= 7 * weeks:
            yield _warning(packet, checklist, order, *soonest)


def pace_of(room: Room, before: Iterable[Billed], today: date) -> Pace | None:
    """How fast an order line, or the whole order, was billed of late; None where that cannot be said."""
    of_room = [one for one in before if room.line is None or one.line == room.line.number]
    since = min((one.on for one in of_room), default=today)
    days = (today - since).days
    amount = room.now + sum((one.amount for one in of_room if one.on > since), Decimal(0))
    return Pace(since, days, amount) if days >= _LEAST_DAYS and amount > 0 else None


def _warning(packet: Packet, checklist: Checklist, order: Order, days: int, pace: Pace, room: Room) -> Finding:
    currency = packet.invoice.currency
    position = next(at for at, one in enumerate(packet.invoice.orders) if one.number == order.number)
    what = (
        f"line {room.line.number} of purchase order {order.number}" if room.line else f"purchase order {order.number}"
    )
    weekly = (pace.amount * 7 / pace.days).quantize(Decimal("0.01"))
    ends = pace.since + timedelta(days=pace.days + days)
    return found(
        "CB-PO-23",
        f"/invoice/orders/{position}/number",
        f"After this invoice {money(room.left, currency)} are left on {what}; at {money(weekly, currency)} a week, as "
        f"billed since {pace.since}, it runs out in {_weeks(days)}, about {ends}.",
        f"Tell the buyer at {checklist.name} now, so that order {order.number} is raised or followed by another.",
    )


def _weeks(days: int) -> str:
    count = days // 7
    return "less than a week" if count == 0 else f"{count} week{'' if count == 1 else 's'}"

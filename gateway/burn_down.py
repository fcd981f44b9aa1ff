"""How purchase orders are used up: ordered, invoiced as the portal counts, ours on the way, left, and for how long.

The same sums as in the checks of an invoice (`checklists.balances`, `checklists.forecast`), with no invoice at hand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

from checklists.balances import Room, worth_of
from checklists.facts import Billed
from checklists.forecast import pace_of
from gateway.house import House
from gateway.order import Order
from gateway.store import orders
from gateway.store.database import Tx

_LOOKED_BACK = timedelta(weeks=13)
_NONE = Decimal(0)

Place = tuple[str, str]
"""Where a list of orders ended: the last one's account and number."""
BEGINNING: Place = ("", "")


@dataclass(frozen=True, slots=True)
class BurnDown:
    """One purchase order, net amounts in its currency; None where it is not known.

    `left` = ordered - invoiced - on the way; where the portal does not tell what is invoiced, everything of ours counts
    as on the way, and what others invoiced is not in it. `weekly` is what we billed a week of late, `runs_out` the day
    on which nothing is left at that rate; both are told only where we billed it on days a week apart."""

    account: str
    number: str
    state: str
    currency: str
    ordered: Decimal | None
    invoiced: Decimal | None
    on_the_way: Decimal
    left: Decimal | None
    weekly: Decimal | None
    runs_out: date | None
    valid_to: date | None


def burn_downs(
    house: House, tx: Tx, now: datetime, accounts: Sequence[str], after: Place, limit: int
) -> tuple[BurnDown, ...]:
    """The next `limit` orders of these accounts behind a place, by account and number."""
    found = orders.listed(tx, accounts, after, limit)
    told: list[BurnDown] = []
    for account, of_account in groupby(found, key=itemgetter(0)):
        told += _of_account(house, tx, now, account, [order for _, order in of_account])
    return tuple(told)


def _of_account(house: House, tx: Tx, now: datetime, account: str, known: Sequence[Order]) -> Iterator[BurnDown]:
    numbers = [order.number for order in known]
    zone = ZoneInfo(house.settings.time_zone)
    settings = house.settings.accounts.get(account)  # an account may have left the settings, and its orders not
    submitted = settings is not None and settings.order_balance_counts == "submitted"
    ours = orders.in_flight(tx, account, numbers, "", counts_submitted=submitted, only_sent=False)
    billed = orders.billed_before(tx, account, numbers, "", now - _LOOKED_BACK, zone)
    today = now.astimezone(zone).date()
    for order in known:
        yield _burn_down(account, order, ours[order.number].total, billed[order.number], today)


def _burn_down(account: str, order: Order, on_the_way: Decimal, billed: Sequence[Billed], today: date) -> BurnDown:
    ordered, invoiced = worth_of(order)
    left = None if ordered is None else ordered - (invoiced or _NONE) - on_the_way
    pace = pace_of(Room(None, _NONE, left or _NONE), billed, today)
    weekly = None if pace is None else (pace.amount * 7 / pace.days).quantize(Decimal("0.01"))
    runs_out = None
    if pace is not None and left is not None and left >= 0:
        runs_out = _day_after(today, pace.days_left(left))
    return BurnDown(
        account,
        order.number,
        order.state.value,
        order.currency,
        ordered,
        invoiced,
        on_the_way,
        left,
        weekly,
        runs_out,
        order.valid_to,
    )


def _day_after(today: date, days: int) -> date | None:
    """None for a day that no calendar has: then nothing runs out that anybody will see."""
    return today + timedelta(days=days) if days < _FOR_EVER else None


_FOR_EVER = 36_500

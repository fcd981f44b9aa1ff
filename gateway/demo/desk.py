"""The supplier's billing desk of the demonstration: numbers invoices, opens orders, and writes up crews' weeks."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from gateway.demo.clients import CLIENTS, Client
from gateway.demo.drafts import Draft
from gateway.demo.orders import OrderBook, PlannedOrder
from gateway.demo.weeks import Entry, Week, crew_week

BLANKET_ORDERS = 3
SATURDAY = 5  # datetime.weekday()


class Desk:
    """Makes drafts one after the other; everything it draws comes from `rng`, everything it dates from `now`."""

    def __init__(
        self,
        rng: Random,
        book: OrderBook,
        now: datetime,
        clients: Iterable[str] = CLIENTS,
        blanket_orders: int = BLANKET_ORDERS,
    ) -> None:
        self.rng, self.book = rng, book
        self.clean_made = 0
        self._blanket_orders = blanket_orders
        self.first_clean: dict[str, Draft] = {}
        self.turn_to(now)
        self._running = {key: rng.randrange(10_000, 90_000) for key in clients}
        self._sheets = rng.randrange(2_000, 8_000)
        self._blanket: dict[str, list[PlannedOrder]] = {key: [] for key in self._running}

    def turn_to(self, now: datetime) -> None:
        """From here on everything is dated from `now`."""
        self.issued_on = now.date() - timedelta(days=1)
        self._newest_sunday = self._sunday_of_newest_week()

    def _sunday_of_newest_week(self) -> date:
        """Start of the newest Sunday-to-Saturday week that ended at least a day before the invoice date."""
        saturday = self.issued_on - timedelta(days=1)
        saturday -= timedelta(days=(saturday.weekday() - SATURDAY) % 7)
        return saturday - timedelta(days=6)

    def clean(self, client: Client) -> Draft:
        """A week without trouble. Each client's first one has an order of its own, for others to refer to."""
        self.clean_made += 1
        if client.key not in self.first_clean:
            draft = self.first_clean[client.key] = self.week_on(self.book.open(client))
        else:
            draft = self.week_on(self._blanket_order(client))
        self.register(draft)
        return draft

    def usual(self, client: Client, size: int = 0) -> Draft:
        """A week on one of the client's blanket orders, for troubles that do not lie in the order."""
        return self.week_on(self._blanket_order(client), size)

    def week_on(self, order: PlannedOrder, size: int = 0) -> Draft:
        """One crew's week billed to that order; `size` workers (0: three to five)."""
        week = self.write_up(order.client, order.number, self.rng.randint(0, 1), size or self.rng.randint(3, 5))
        return self.draft(order.client, [week])

    def write_up(self, client: Client, order: str, weeks_back: int, size: int) -> Week:
        """A crew's week that ended so many weeks before the newest one."""
        self._sheets += 1
        start = self._newest_sunday - timedelta(weeks=weeks_back)
        return crew_week(self.rng, client, start, order, f"TS-{self._sheets}", size)

    def draft(self, client: Client, weeks: list[Week], entries: list[Entry] | None = None) -> Draft:
        """A draft with the client's next invoice number; bills all of the weeks unless told what."""
        self._running[client.key] += 1
        number = f"{client.prefix}-{self._running[client.key]}"
        billed = [entry for week in weeks for entry in week.entries] if entries is None else entries
        return Draft(client, number, f"RB-{number}", self.issued_on, weeks, billed)

    def register(self, draft: Draft) -> None:
        """Counts what the draft bills on its orders, so that these are written large enough."""
        for entry in draft.entries:
            order = self.book.get(draft.client, entry.order)
            if order and not draft.is_credit_note:
                order.bill(entry.item, entry.quantity)

    def cut_hours(self, week: Week, hours: int) -> None:
        """Takes hours off the first worker's Wednesday on the time sheet, but not off the bill."""
        row = week.rows[0]
        shorter = tuple(each - hours if day == 3 else each for day, each in enumerate(row.hours))
        week.rows[0] = replace(row, hours=shorter)

    def _blanket_order(self, client: Client) -> PlannedOrder:
        orders = self._blanket[client.key]
        if len(orders) < self._blanket_orders:
            orders.append(self.book.open(client))
            return orders[-1]
        return self.rng.choice(orders)

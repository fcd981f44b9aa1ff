"""A crew's week as it is worked: who was there, hours by day and pay code, equipment, miles, and what was bought.

What is drawn here becomes invoice entries and papers alike, so that hours on the time sheet and hours billed agree
unless a trouble sets them apart on purpose. Draws come from the scenario's own seeded generator.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from gateway.demo.clients import Client, Item, rate_card
from gateway.demo.papers import Purchase, SheetRow, Trip

HOUR_STEP = Decimal("0.5")
CREW_NAMES = (
    "Line crew 2",
    "Line crew 5",
    "Substation crew 1",
    "Relay test crew 3",
    "Storm crew 4",
    "Underground crew 6",
)
WORK = (
    "Reconductoring, feeder 12 to 14",
    "Pole replacement, northern district",
    "Substation breaker maintenance",
    "Relay testing, transfer scheme",
    "Storm restoration",
    "Underground cable replacement",
)
SHOPS = (
    ("Example Inn", "Lodging, crew"),
    ("Sample Fuel Stop", "Diesel"),
    ("Placeholder Rentals", "Light tower, one day"),
    ("Example Hardware", "Small consumables"),
)
ROUTES = ("Yard to substation", "Yard to feeder 12", "Laydown area to site", "Site to yard")


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker; `name` is as anonymous as the id, on purpose."""

    id: str
    name: str
    classification: str


@dataclass(slots=True)
class Entry:
    """One thing to bill: so much of an item. `order` is the true purchase order, "" for work on a contract.

    `kind` and `unit` are what our invoicing system writes; None and "" leave them to the order register and the item.
    `by_the_dollar`: a lump is written as so many pieces of one dollar instead of one piece at its full price.
    """

    item: Item
    quantity: Decimal
    order: str
    worker: Worker | None = None
    sheet_id: str = ""
    kind: str | None = None
    unit: str = ""
    by_the_dollar: bool = False

    @property
    def net(self) -> Decimal:
        """Quantity times price, exact; the rate cards make it whole cents."""
        return self.quantity * self.item.price


@dataclass(slots=True)
class Week:
    """One crew's week. `start` is its Sunday."""

    start: date
    crew: str
    work: str
    sheet_id: str
    rows: list[SheetRow]
    entries: list[Entry]
    trips: list[Trip] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)

    @property
    def end(self) -> date:
        """Its Saturday."""
        return self.start + timedelta(days=6)

    @property
    def foreman(self) -> str:
        """Who signs for the hours."""
        return f"{self.rows[0].worker_name}, foreman"


def crew_week(rng: Random, client: Client, start: date, order: str, sheet_id: str, size: int) -> Week:
    """A week of `size` workers, billed to one order: labour by worker and pay code first, then everything else."""
    crew = crew_of(rng, size)
    index = rng.randrange(len(CREW_NAMES))
    week = Week(start, CREW_NAMES[index], WORK[index], sheet_id, [], [])
    items = {item.part_number: item for item in rate_card(client)}
    storm = rng.random() < 0.25
    for worker in crew:
        _work(rng, client, week, worker, items.values(), order, storm=storm)
    _support(rng, week, items, order, len(crew))
    return week


def crew_of(rng: Random, size: int) -> list[Worker]:
    """A foreman, at least one journeyman, and whoever else there is."""
    others = ["Journeyman Lineman", "Equipment Operator", "Apprentice Lineman", "Groundman"]
    classes = ["Foreman", "Journeyman Lineman", *(rng.choice(others) for _ in range(size - 2))]
    numbers = sorted(rng.sample(range(1, 90), size))
    return [
        Worker(f"W{number:03d}", f"Worker {number:03d}", name) for number, name in zip(numbers, classes, strict=True)
    ]


def _work(
    rng: Random, client: Client, week: Week, worker: Worker, items: Iterable[Item], order: str, *, storm: bool
) -> None:
    """Five eight-hour days, overtime on some evenings and Saturday, double time on a storm's Sunday."""
    straight = [Decimal(0), *[Decimal(8)] * 5, Decimal(0)]
    overtime = [Decimal(0)] * 7
    for day in rng.sample(range(1, 6), rng.randint(0, 3)):
        overtime[day] = rng.randint(1, 8) * HOUR_STEP
    overtime[6] = Decimal(8) if storm else Decimal(0)
    double = [Decimal(10) if storm else Decimal(0), *[Decimal(0)] * 6]
    if "DT" not in client.pay_codes:  # then the storm's Sunday is overtime
        overtime, double = [a + b for a, b in zip(overtime, double, strict=True)], [Decimal(0)] * 7
    for code, hours in (("ST", straight), ("OT", overtime), ("DT", double)):
        if not any(hours):
            continue
        row = SheetRow(worker.id, worker.name, worker.classification, code, tuple(hours))
        item = next(each for each in items if (each.classification, each.pay_code) == (worker.classification, code))
        week.rows.append(row)
        week.entries.append(Entry(item, row.total, order, worker, week.sheet_id))


def _support(rng: Random, week: Week, items: Mapping[str, Item], order: str, heads: int) -> None:
    """Per diem, miles, equipment, test gear, materials and expenses of the week."""
    trips = [
        Trip(week.start + timedelta(days=day), rng.choice(ROUTES), Decimal(4 * rng.randint(6, 28)))
        for day in range(1, 6)
    ]
    week.trips = trips
    amounts: list[tuple[str, Decimal]] = [
        ("PD-01", Decimal(5 * heads)),
        ("MI-01", sum((trip.miles for trip in trips), Decimal(0))),
        ("EQ-BUCKET", rng.randint(40, 90) * HOUR_STEP),
    ]
    if rng.random() < 0.4:
        amounts.append(("EQ-DIGGER", rng.randint(8, 40) * HOUR_STEP))
    if rng.random() < 0.4:
        amounts.append(("EQ-TEST", Decimal(rng.randint(1, 5))))
    if "MAT-01" in items:
        amounts.append(("MAT-01", rng.randint(2000, 24000) * Decimal("0.20")))
    if rng.random() < 0.6:
        week.purchases = [_purchase(rng, week.start) for _ in range(rng.randint(1, 2))]
        amounts.append(("EX-01", sum((each.amount for each in week.purchases), Decimal(0))))
    week.entries += [Entry(items[part], quantity, order) for part, quantity in amounts]


def _purchase(rng: Random, start: date) -> Purchase:
    shop, what = rng.choice(SHOPS)
    return Purchase(shop, start + timedelta(days=rng.randint(1, 5)), what, Decimal(rng.randint(1800, 62000)) / 100)

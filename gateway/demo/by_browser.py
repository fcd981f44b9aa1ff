"""The demonstration's client whose portal has no API: a few packets of small crews, sent by a driven browser.

It comes beside the others, for a browser may be missing; its packets are drawn from a seed of their own, so that the
others are the same with and without it.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from random import Random
from types import MappingProxyType

from gateway.demo.clients import COPPER_CREEK
from gateway.demo.desk import Desk
from gateway.demo.drafts import Draft
from gateway.demo.orders import OrderBook
from gateway.demo.packets import ORDERED_BEFORE, Scenario, case_of
from gateway.demo.troubles import held
from gateway.demo.weeks import Entry

CREW = 2  # workers: every page takes its time, and nobody wants to wait


def clean(desk: Desk) -> Draft:
    """Nothing is wrong with it."""
    return desk.usual(COPPER_CREEK, CREW)


def zeros_lost(desk: Desk) -> Draft:
    """A spreadsheet took the order number for a number; the checklist knows how long it is."""
    draft = desk.usual(COPPER_CREEK, CREW)
    true = draft.entries[0].order
    draft.printed_orders[true] = true.lstrip("0")
    draft.told = f"The order number lost its leading zeros: {true.lstrip('0')} instead of {true}."
    draft.correction = "po_format"
    return draft


def order_closed_late(desk: Desk) -> Draft:
    """The buyer closes the order after it was read: the wizard offers none of its lines any more."""
    order = desk.book.open(COPPER_CREEK)
    draft = desk.week_on(order, CREW)
    draft.script.append(("order", {}, "before_sending", f"{order.number}/close"))
    draft.told = f"The buyer closed purchase order {order.number} just before the invoice came."
    return held(draft)


def put_on_hold(desk: Desk) -> Draft:
    """Payables' matching finds more billed than received: the client must book the receipt."""
    draft = desk.usual(COPPER_CREEK, CREW)
    draft.script.append(("hold", {"codes": ["QTY REC"]}, "after_receipt", ""))
    draft.told = "The portal's matching finds no receipt for what is billed and puts the invoice on hold."
    return held(draft)


def price_held(desk: Desk) -> Draft:
    """Two holds at once, of which the list shows one: the details tell both, and one of them is ours."""
    draft = desk.usual(COPPER_CREEK, CREW)
    draft.script.append(("hold", {"codes": ["PRICE", "QTY REC"]}, "after_receipt", ""))
    draft.told = "Two holds stand on one invoice, for its price and for a receipt that is missing."
    return held(draft)


def credit_memo(desk: Desk) -> Draft:
    """Miles of the first invoice go back, as an invoice with a negative quantity."""
    earlier = desk.first_clean[COPPER_CREEK.key]
    miles = next(entry for entry in earlier.entries if entry.item.part_number == "MI-01")
    draft = desk.draft(COPPER_CREEK, earlier.weeks, [Entry(miles.item, Decimal(24), miles.order)])
    draft.extra = {
        "type": "381",
        "preceding": {"number": earlier.number, "issued_on": str(earlier.issued_on)},
        "credit_reason": "Mileage billed twice",
    }
    draft.after = earlier.source_id
    draft.told = f"A credit memo takes back 24 miles of invoice {earlier.number}."
    return draft


PLAN: tuple[tuple[str, Callable[[Desk], Draft]], ...] = (
    ("", clean),
    ("", clean),
    ("browser_po_prefix", zeros_lost),
    ("browser_on_hold", put_on_hold),
    ("browser_two_holds", price_held),
    ("browser_po_closed", order_closed_late),
    ("browser_credit_memo", credit_memo),
    ("", clean),
)
"""In the order of their handing in: the trouble's name, and who makes it."""


def with_browser_client(scenario: Scenario, seed: int, now: datetime) -> Scenario:
    """The scenario with this client's packets besides; they come first, for they take longest."""
    rng = Random(seed)  # noqa: S311 - repeatable on purpose; guards nothing
    book = OrderBook(first_number=rng.randrange(10_000, 80_000), ordered_on=(now - ORDERED_BEFORE).date())
    desk = Desk(rng, book, now, [COPPER_CREEK.key], blanket_orders=1)
    cases = []
    for trouble, make in PLAN:
        draft = make(desk)
        draft.trouble = trouble
        if not trouble:
            desk.first_clean.setdefault(COPPER_CREEK.key, draft)
        desk.register(draft)
        cases.append(case_of(draft, now))
    key = COPPER_CREEK.key
    orders = tuple(order.as_json() for order in book.of(COPPER_CREEK))
    return Scenario(
        (*cases, *scenario.cases),
        MappingProxyType({**scenario.orders, key: orders}),
        MappingProxyType({**scenario.portals, key: COPPER_CREEK.portal}),
        scenario.time_cards,
    )

"""Why invoices bounce in the simulated quarter: each cause spoils one good packet, as people and systems do.

`KNOWABLE` holds causes that somebody on the supplier's side could have seen before sending, `UNKNOWABLE` those that
nobody there could. README.md says where rates and shares come from.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from gateway.demo.clients import BLUE_MESA, CEDAR_VALLEY, HARBOR_GRID, NORTHLIGHT, SUMMIT_RIDGE, Client, hourly
from gateway.demo.desk import Desk
from gateway.demo.drafts import Draft
from gateway.demo.orders import PlannedOrder
from gateway.demo.weeks import Entry

Group = Literal["purchase order", "codes and terms", "papers", "nobody could know"]
Level = Literal["portal", "buyer"]
"""Who says no: the portal, at its door or by its own rules, or the buyer's people, who look at papers and may have
reasons of their own."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that the buyer does at the portal: to an order (`close`, `cancel`, `replace`, `renumber`), or, with
    `refuse`, to whatever is sent next (`told`: the portal's text)."""

    what: Literal["close", "cancel", "replace", "renumber", "refuse"]
    order: PlannedOrder | None = None
    told: str = ""


@dataclass(slots=True)
class Packet:
    """One packet in the making. `early` happens before the order register is read that morning, `late` between that
    and the sending. `documents`: the order documents our invoicing system names, by order number; "" for none."""

    desk: Desk
    draft: Draft
    early: list[Happening] = field(default_factory=list)
    late: list[Happening] = field(default_factory=list)
    documents: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    extra_receipts: int = 0
    left_out: set[str] = field(default_factory=set)
    signed: bool = True

    @property
    def client(self) -> Client:
        return self.draft.client

    @property
    def order(self) -> str:
        return self.draft.entries[0].order


Spoil = Callable[[Packet], None]


@dataclass(frozen=True, slots=True)
class Cause:
    """One row: how often it is the cause among those of its client, whose invoices it can hit, what it does to one, and
    who says no then."""

    name: str
    group: Group
    weight: int
    clients: tuple[Client, ...]
    spoil: Spoil
    level: Level = "portal"


COUPA = (NORTHLIGHT, CEDAR_VALLEY, HARBOR_GRID)
NETWORK = (SUMMIT_RIDGE, BLUE_MESA)
ALL = (*COUPA, *NETWORK)
PREFIXES = {NORTHLIGHT.key: "45", CEDAR_VALLEY.key: "0", SUMMIT_RIDGE.key: "45", BLUE_MESA.key: "70"}


# --- purchase orders ----------------------------------------------------------------------------------------------


def damaged(packet: Packet) -> None:
    """A spreadsheet or a form field took the number's beginning away."""
    prefix = PREFIXES[packet.client.key]
    number = packet.order
    shorter = number.lstrip("0") if prefix == "0" else number.removeprefix(prefix)
    packet.draft.printed_orders[number] = shorter


def mistyped(packet: Packet) -> None:
    """Two digits changed places, typed from paper: no document's id comes with it."""
    number = packet.order
    at = next(at for at in range(len(number) - 2, 0, -1) if number[at] != number[at + 1])
    packet.draft.printed_orders[number] = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    packet.documents[number] = ""


def on_an_order_of_its_own(packet: Packet) -> PlannedOrder:
    """Bills the week on another order than it should have been billed on."""
    order = packet.desk.book.open(packet.client)
    for entry in packet.draft.entries:
        entry.order = order.number
    packet.desk.register(packet.draft)
    return order


def ended(packet: Packet) -> None:
    """The buyer has ended the order, and it is known."""
    order = on_an_order_of_its_own(packet)
    packet.early.append(Happening("cancel" if packet.client in NETWORK else "close", order))


def renumbered(packet: Packet) -> None:
    """A change order gave every line another number; our invoicing system still has the old ones."""
    packet.early.append(Happening("renumber", on_an_order_of_its_own(packet)))


def replaced(packet: Packet) -> None:
    """A new version of the order; our invoicing system names the one before."""
    packet.early.append(Happening("replace", on_an_order_of_its_own(packet)))


def wrong_kind(packet: Packet) -> None:
    """Miles are ordered by quantity and billed as an amount."""
    entry_of(packet, "MI-01").kind = "amount"


def wrong_unit(packet: Packet) -> None:
    """HR is no code of UN/ECE Recommendation 20; the orders say HUR."""
    for entry in packet.draft.entries:
        if entry.item.unit == "HUR":
            entry.unit = "HR"


def over_balance(packet: Packet) -> None:
    """More hours than the order line has left."""
    order = on_an_order_of_its_own(packet)
    item = next(entry.item for entry in packet.draft.entries if entry.worker)
    billed = sum((one.quantity for one in packet.draft.entries if one.item.line == item.line), Decimal(0))
    left = billed / 2
    order.fix(item.line, quantity=str(left), amount=f"{left * item.price:.2f}")


def other_rate(packet: Packet) -> None:
    """Next year's rate card on this year's order."""
    entry = next(entry for entry in packet.draft.entries if entry.worker)
    entry.item = replace(entry.item, price=entry.item.price + Decimal("1.20"))


def out_of_validity(packet: Packet) -> None:
    """The work was done after the order's last day."""
    order = on_an_order_of_its_own(packet)
    order.terms["valid_to"] = f"{packet.draft.weeks[0].start - timedelta(days=2)}T23:59:59-06:00"


def other_currency(packet: Packet) -> None:
    """The invoice was opened in the wrong company's currency."""
    packet.draft.extra["currency"] = "CAD"


# --- codes, terms, figures ----------------------------------------------------------------------------------------


def own_bill_to(packet: Packet) -> None:
    """A bill-to that the portal does not know."""
    packet.draft.extra["bill_to"] = packet.client.buyer | {"name": "Plant Accounting", "code": "PA-7"}


def freight(packet: Packet) -> None:
    """Freight in the header, where the client takes no charges beside the lines."""
    tax = {"category": "E", "rate": "0"}
    charge = {"kind": "charge", "purpose": "shipping", "amount": "85.00", "reason": "Freight of test gear", "tax": tax}
    packet.draft.extra["adjustments"] = [charge]


def no_tax_id(packet: Packet) -> None:
    """Our own tax number is left out."""

    def spoil(invoice: dict[str, Any]) -> None:
        invoice["seller"] = {name: value for name, value in invoice["seller"].items() if name != "tax_id"}

    packet.draft.spoil = spoil


def other_number(packet: Packet) -> None:
    """The invoice number without the letters that this client wants before it."""
    packet.draft.number = packet.draft.number.split("-")[1]


def no_time_card(packet: Packet) -> None:
    """Hours that do not say on which time card they stand."""
    for entry in packet.draft.entries:
        entry.sheet_id = ""


def double_time(packet: Packet) -> None:
    """Double time, of which neither order nor agreement knows."""
    entry, week = next(one for one in packet.draft.entries if one.worker), packet.draft.weeks[0]
    price = hourly(packet.client, entry.item.classification, "DT")
    entry.item = replace(entry.item, pay_code="DT", price=price)
    week.rows[0] = replace(week.rows[0], pay_code="DT")


def fine_rate(packet: Packet) -> None:
    """A fourth decimal in the rate, of which the client takes three."""
    entry = next(entry for entry in packet.draft.entries if entry.worker)
    entry.item = replace(entry.item, price=entry.item.price + Decimal("0.0025"))


# --- papers -------------------------------------------------------------------------------------------------------


def strange_file(packet: Packet) -> None:
    """A paper in a type of file that the client does not take."""
    packet.renamed["mileage_log"] = ".txt"


def many_files(packet: Packet) -> None:
    """Every slip of paper in a file of its own, until there are too many."""
    packet.extra_receipts = 12


def not_signed(packet: Packet) -> None:
    """The foreman has not signed, and our invoicing system believes that he has."""
    packet.signed = False


def no_sheet(packet: Packet) -> None:
    """The time sheet stayed in the truck."""
    packet.left_out.add("timesheet")


def other_sheet(packet: Packet) -> None:
    """The sheet is an earlier one of that week, with two hours less than were worked."""
    packet.desk.cut_hours(packet.draft.weeks[0], 2)


def no_receipts(packet: Packet) -> None:
    """What was bought has no receipts; where nothing was bought, the sheet is forgotten."""
    packet.left_out.add("receipt" if packet.draft.weeks[0].purchases else "timesheet")


# --- nobody could know --------------------------------------------------------------------------------------------


def ended_since(packet: Packet) -> None:
    """The buyer ends the order in the hours between our reading and our sending."""
    order = on_an_order_of_its_own(packet)
    packet.late.append(Happening("cancel" if packet.client in NETWORK else "close", order))


def renumbered_since(packet: Packet) -> None:
    """A change order comes between our reading and our sending."""
    packet.late.append(Happening("renumber", on_an_order_of_its_own(packet)))


def keyed_by_hand(packet: Packet) -> None:
    """Somebody has keyed the same invoice into the portal, past us."""
    packet.late.append(Happening("refuse", told="duplicate_number"))


def term_gone(packet: Packet) -> None:
    """The payment term is gone from our record at the buyer's."""
    packet.late.append(Happening("refuse", told="payment_term_missing"))


def own_reason(packet: Packet) -> None:
    """Nothing is wrong with it: the buyer's people have a reason of their own."""


def entry_of(packet: Packet, part_number: str) -> Entry:
    """The entry of a part number."""
    return next(entry for entry in packet.draft.entries if entry.item.part_number == part_number)


PO: Group = "purchase order"
CODES: Group = "codes and terms"
PAPERS: Group = "papers"
NOBODY: Group = "nobody could know"

KNOWABLE: tuple[Cause, ...] = (
    Cause("number damaged", PO, 16, (NORTHLIGHT, CEDAR_VALLEY, SUMMIT_RIDGE, BLUE_MESA), damaged),
    Cause("number mistyped", PO, 8, ALL, mistyped),
    Cause("order ended", PO, 14, ALL, ended),
    Cause("lines renumbered", PO, 8, COUPA, renumbered),
    Cause("older version named", PO, 10, NETWORK, replaced),
    Cause("amount for quantity", PO, 6, COUPA, wrong_kind),
    Cause("other unit", PO, 10, ALL, wrong_unit),
    Cause("too little left", PO, 12, NETWORK, over_balance),
    Cause("other rate", PO, 10, NETWORK, other_rate),
    Cause("work after the order's end", PO, 6, NETWORK, out_of_validity),
    Cause("other currency", PO, 2, ALL, other_currency),
    Cause("bill-to unknown", CODES, 30, (NORTHLIGHT,), own_bill_to),
    Cause("freight in the header", CODES, 7, (NORTHLIGHT,), freight),
    Cause("no tax id", CODES, 8, (BLUE_MESA,), no_tax_id),
    Cause("number without its letters", CODES, 5, (SUMMIT_RIDGE,), other_number),
    Cause("time card not named", CODES, 6, NETWORK, no_time_card),
    Cause("pay code not agreed", CODES, 4, (BLUE_MESA,), double_time),
    Cause("rate too fine", CODES, 4, (SUMMIT_RIDGE,), fine_rate),
    Cause("type of file", PAPERS, 5, NETWORK, strange_file),
    Cause("too many files", PAPERS, 8, (HARBOR_GRID,), many_files),
)

UNKNOWABLE: tuple[Cause, ...] = (
    Cause("order ended since", NOBODY, 5, ALL, ended_since),
    Cause("lines renumbered since", NOBODY, 2, ALL, renumbered_since),
    Cause("keyed by hand before", NOBODY, 1, COUPA, keyed_by_hand),
    Cause("payment term gone", NOBODY, 1, COUPA, term_gone),
)

LOOKED_AT: tuple[Cause, ...] = (
    Cause("sheet not signed", PAPERS, 8, ALL, not_signed, "buyer"),
    Cause("sheet missing", PAPERS, 6, ALL, no_sheet, "buyer"),
    Cause("other hours on the sheet", PAPERS, 4, ALL, other_sheet, "buyer"),
    Cause("receipts missing", PAPERS, 6, ALL, no_receipts, "buyer"),
)
"""What the buyer's people find in the papers."""

WHIMS: tuple[Cause, ...] = (Cause("the buyer's own reason", NOBODY, 1, ALL, own_reason, "buyer"),)

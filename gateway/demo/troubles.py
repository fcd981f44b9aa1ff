"""Every trouble a billing office meets with a portal, each as a function that makes one packet having it.

`COUPA_TROUBLES` is the table: name, maker, whether it may come again in a larger scenario, and whether it may stop the
account. Where the portal's own state can make the trouble (a closed order, a bill-to it does not know), it does; only
what lies in the wire or in the portal's set-up is scripted. Sentences a buyer writes here are invented.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.demo.clients import CEDAR_VALLEY, HARBOR_GRID, NORTHLIGHT, Client
from gateway.demo.desk import Desk
from gateway.demo.drafts import Draft, When
from gateway.demo.orders import PlannedOrder
from gateway.demo.weeks import Entry, Week

MOST_LINES = 60  # what Northlight's portal takes (its `max_lines` knob)
RENUMBERED_BY = 100


@dataclass(frozen=True, slots=True)
class Trouble:
    """One row of the table."""

    name: str
    make: Callable[[Desk], Draft]
    repeatable: bool = True
    last: bool = False


# --- purchase orders ----------------------------------------------------------------------------------------------


def zeros_lost(desk: Desk) -> Draft:
    """A spreadsheet took the order number for a number."""
    draft = desk.usual(CEDAR_VALLEY)
    true = draft.entries[0].order
    draft.printed_orders[true] = true.lstrip("0")
    draft.told = f"The order number lost its leading zeros: {true.lstrip('0')} instead of {true}."
    draft.correction = "po_format"
    return draft


def prefix_lost(desk: Desk) -> Draft:
    """Somebody left out the 45 that all of this client's numbers begin with."""
    draft = desk.usual(NORTHLIGHT)
    true = draft.entries[0].order
    draft.printed_orders[true] = true.removeprefix("45")
    draft.told = f"The order number lost its prefix: {true.removeprefix('45')} instead of {true}."
    draft.correction = "po_format"
    return draft


def order_mistyped(client: Client) -> Callable[[Desk], Draft]:
    """Two digits changed places: the form is right, the order does not exist."""

    def make(desk: Desk) -> Draft:
        draft = desk.usual(client)
        true = draft.entries[0].order
        wrong = _slip_of_the_pen(true)
        draft.printed_orders[true] = wrong
        draft.told = f"Two digits of the order number changed places: {wrong}; the client has no such order."
        return held(draft)

    return make


def _slip_of_the_pen(number: str) -> str:
    """The number with its last two differing neighbours exchanged; no number of ours is all one digit.

    The order book steps its numbers so that the slip is no other order."""
    index = next(index for index in range(len(number) - 2, 0, -1) if number[index] != number[index + 1])
    return number[:index] + number[index + 1] + number[index] + number[index + 2 :]


def order_closed(desk: Desk) -> Draft:
    """The register already shows it closed."""
    order = desk.book.open(NORTHLIGHT)
    order.status = "closed"
    draft = desk.week_on(order)
    draft.told = f"Purchase order {order.number} was closed before the work was billed."
    return held(draft)


def order_closed_late(desk: Desk) -> Draft:
    """The buyer closes it after the register was read."""
    order = desk.book.open(CEDAR_VALLEY)
    draft = desk.week_on(order)
    draft.script.append(("order", {}, "before_sending", f"{order.number}/close"))
    draft.told = f"The buyer closed purchase order {order.number} just before the invoice came."
    return held(draft)


def hours_over_balance(desk: Desk) -> Draft:
    """Most of the ordered hours are invoiced already."""
    order = desk.book.open(NORTHLIGHT)
    draft = desk.week_on(order)
    entry = first(draft, "labour")
    invoiced, left = Decimal(380), sum_of(draft, entry) / 2
    _fix_quantity(order, entry, invoiced + left, invoiced=str(invoiced))
    draft.told = (
        f"Order {order.number} line {entry.item.line} has {left} h left, but {sum_of(draft, entry)} h are billed."
    )
    return held(draft)


def amount_over_balance(desk: Desk) -> Draft:
    """The lump for materials is nearly used up."""
    order = desk.book.open(CEDAR_VALLEY)
    draft = desk.week_on(order)
    entry = part(draft, "MAT-01")
    ordered = Decimal(9000)
    invoiced = ordered - entry.net / 4
    order.fix(entry.item.line, price=f"{ordered:.2f}", amount=f"{ordered:.2f}", invoiced=f"{invoiced:.2f}")
    draft.told = (
        f"The lump for materials on order {order.number} has {ordered - invoiced:.2f} left of {entry.net:.2f} billed."
    )
    return held(draft)


def over_balance_in_flight(desk: Desk) -> Draft:
    """Each of two invoices fits the order, both together do not."""
    earlier = desk.first_clean[HARBOR_GRID.key]
    order = desk.book.get(HARBOR_GRID, earlier.entries[0].order)
    if order is None:
        raise ValueError("the earlier invoice bills no order")
    draft = desk.week_on(order)
    entry = first(draft, "labour")
    taken = sum_of(earlier, entry)
    _fix_quantity(order, entry, taken + sum_of(draft, entry) / 2)
    draft.after = earlier.source_id
    draft.told = f"Order {order.number} has room for this week or for {earlier.number}, not for both."
    return held(draft)


def kind_misprinted(desk: Desk) -> Draft:
    """Our system calls a quantity line an amount line, without looking the order up."""
    draft = desk.week_on(desk.book.open(NORTHLIGHT))
    entry = part(draft, "MI-01")
    entry.kind = "amount"
    draft.told = "The mileage line is written as a lump amount; the order has it by quantity."
    draft.correction = "po_line_kind"
    return draft


def kind_changed(desk: Desk) -> Draft:
    """The buyer issues the order anew, materials by quantity, after the register was read."""
    order = desk.book.open(CEDAR_VALLEY)
    draft = desk.week_on(order)
    entry = part(draft, "MAT-01")
    entry.by_the_dollar = True
    anew = order.as_json()
    line = next(each for each in anew["lines"] if each["line"] == entry.item.line)
    line.update({"type": "quantity", "uom": "EA", "quantity": "25000", "price": "1.00", "amount": "25000.00"})
    draft.script.append(("orders", {"orders": [anew]}, "before_sending", ""))
    draft.told = f"The buyer made the materials line of order {order.number} a quantity line after we read it."
    draft.correction = "po_line_kind"
    return draft


def several_orders(client: Client) -> Callable[[Desk], Draft]:
    """Not a trouble, but easily made one: labour on one order, everything else on another."""

    def make(desk: Desk) -> Draft:
        labour, other = desk.book.open(client), desk.book.open(client)
        draft = desk.week_on(labour)
        for entry in draft.entries:
            entry.order = labour.number if entry.worker else other.number
        draft.told = f"One invoice bills two orders: labour on {labour.number}, the rest on {other.number}."
        return draft

    return make


def order_renumbered(client: Client) -> Callable[[Desk], Draft]:
    """A change order gives every line a new number; the buyer rejects what bills the old ones."""

    def make(desk: Desk) -> Draft:
        order = desk.book.open(client)
        draft = desk.week_on(order)
        comment = "PO line does not exist any more: a change order replaced it. Please bill the current PO lines."
        draft.script += [
            ("orders", {"orders": [order.renumbered(RENUMBERED_BY)]}, "after_receipt", ""),
            ("status", {"status": "rejected", "comment": comment}, "after_receipt", ""),
        ]
        draft.told = f"A change order renumbered the lines of order {order.number}; the buyer rejects the old numbers."
        draft.correction = "po_line"
        return draft

    return make


def order_renumbered_to_be_asked(desk: Desk) -> Draft:
    """The same where the client leaves the number of a second try to a person: the correction is proposed."""
    draft = order_renumbered(NORTHLIGHT)(desk)
    draft.correction = None
    return held(draft)


def not_received(desk: Desk) -> Draft:
    """Three-way matching: the buyer must book the receipt before the invoice can be approved."""
    order = desk.book.open(NORTHLIGHT)
    order.match_type = "3-way"
    draft = desk.week_on(order)
    draft.script.append(("order", {}, "after_receipt", f"{order.number}/receive"))
    draft.told = f"Order {order.number} is matched three ways and the buyer has not booked the receipt yet."
    return draft


def contract_backed(desk: Desk) -> Draft:
    """Work on the agreement itself, without a purchase order."""
    week = desk.write_up(HARBOR_GRID, "", 0, 3)
    draft = desk.draft(HARBOR_GRID, [week])
    draft.extra["contract_number"] = HARBOR_GRID.contract
    draft.told = f"Billed on contract {HARBOR_GRID.contract}, without a purchase order."
    return draft


# --- codes, parties, charges, numbers, sums -----------------------------------------------------------------------


def unit_hr(client: Client) -> Callable[[Desk], Draft]:
    """HR is no code of UN/ECE Recommendation 20; HUR is."""

    def make(desk: Desk) -> Draft:
        draft = desk.usual(client)
        for entry in draft.entries:
            if entry.item.unit == "HUR":
                entry.unit = "HR"
        draft.told = "Hours are written with the unit HR; the client's orders say HUR."
        draft.correction = "unit_mapping"
        return draft

    return make


def bill_to_unknown(desk: Desk) -> Draft:
    """A bill-to address that the portal does not know; left out, the portal uses its own."""
    draft = desk.usual(NORTHLIGHT)
    party = NORTHLIGHT.buyer | {"name": "Northlight Power, Plant Accounting", "code": "PA-7"}
    draft.extra["bill_to"] = party
    draft.told = f"The invoice is addressed to {party['name']!r}, a bill-to the portal does not know."
    draft.correction = "bill_to"
    return draft


def shipping_charged(desk: Desk) -> Draft:
    """The client takes no header charges."""
    draft = desk.usual(NORTHLIGHT)
    tax = {"category": "E", "rate": "0"}
    charge = {"kind": "charge", "purpose": "shipping", "amount": "85.00", "reason": "Freight of test gear", "tax": tax}
    draft.extra["adjustments"] = [charge]
    draft.told = "85.00 of freight stand in the header; the client permits no extra charges."
    return held(draft)


def number_taken(desk: Desk) -> Draft:
    """Another packet went out under the same number."""
    earlier = desk.first_clean[NORTHLIGHT.key]
    draft = desk.usual(NORTHLIGHT)
    draft.number, draft.after = earlier.number, earlier.source_id
    draft.told = f"Number {earlier.number} was already used for another week's invoice."
    return held(draft)


def sum_wrong(desk: Desk) -> Draft:
    """The total does not follow from the lines."""

    def spoil(invoice: dict[str, Any]) -> None:
        totals = invoice["totals"]
        invoice["totals"] = totals | {"payable": f"{Decimal(totals['payable']) + 90:.2f}"}

    draft = desk.usual(HARBOR_GRID)
    draft.spoil, draft.end = spoil, "refused_at_intake"
    draft.told = "The amount payable is 90.00 more than lines and tax come to."
    return draft


def credit_note(desk: Desk) -> Draft:
    """Miles of an earlier invoice are taken back."""
    earlier = desk.first_clean[NORTHLIGHT.key]
    miles = part(earlier, "MI-01")
    draft = desk.draft(NORTHLIGHT, earlier.weeks, [Entry(miles.item, Decimal(24), miles.order)])
    draft.extra = {
        "type": "381",
        "preceding": {"number": earlier.number, "issued_on": str(earlier.issued_on)},
        "credit_reason": "Mileage billed twice",
    }
    draft.after = earlier.source_id
    draft.told = f"A credit note takes back 24 miles of invoice {earlier.number}."
    return draft


def too_many_lines(desk: Desk) -> Draft:
    """Weeks saved up until the portal's limit of lines is passed."""
    order = desk.book.open(NORTHLIGHT)
    weeks: list[Week] = []
    while sum(len(week.entries) for week in weeks) <= MOST_LINES:
        weeks.append(desk.write_up(NORTHLIGHT, order.number, len(weeks), 5))
    draft = desk.draft(NORTHLIGHT, weeks)
    draft.told = f"{len(weeks)} weeks on one invoice make {len(draft.entries)} lines; the portal takes {MOST_LINES}."
    return held(draft)


# --- papers -------------------------------------------------------------------------------------------------------


def sheet_unsigned(desk: Desk) -> Draft:
    """The foreman has not signed."""
    draft = desk.usual(NORTHLIGHT)
    draft.signed = False
    draft.told = f"Time sheet {draft.weeks[0].sheet_id} is not signed."
    return held(draft)


def sheet_missing(desk: Desk) -> Draft:
    """Labour without a time sheet."""
    draft = desk.usual(CEDAR_VALLEY)
    draft.with_sheets = False
    draft.told = f"Labour is billed, but time sheet {draft.weeks[0].sheet_id} is not among the papers."
    return held(draft)


def hours_differ(desk: Desk) -> Draft:
    """Two hours more are billed than the time sheet shows."""
    draft = desk.usual(HARBOR_GRID)
    week = draft.weeks[0]
    billed = week.rows[0].total
    desk.cut_hours(week, 2)
    row = week.rows[0]
    draft.told = f"{row.worker_name}: {billed} h {row.pay_code} billed, {row.total} h on time sheet {week.sheet_id}."
    return held(draft)


# --- the wire and the portal --------------------------------------------------------------------------------------


def faulty(client: Client, told: str, fault: Mapping[str, Any]) -> Callable[[Desk], Draft]:
    """The next submission meets a fault of the portal; the packet itself is clean and must get through."""

    def make(desk: Desk) -> Draft:
        draft = desk.usual(client)
        draft.script.append(("fault", {"door": "submit", "times": 1, **fault}, "before_sending", ""))
        draft.told = told
        return draft

    return make


def refused(client: Client, told: str, kind: str) -> Callable[[Desk], Draft]:
    """The portal's set-up refuses the submission; only a person can cure that."""

    def make(desk: Desk) -> Draft:
        draft = desk.usual(client)
        draft.script.append(("refuse", {"kind": kind, "times": 1}, "before_sending", ""))
        draft.told = told
        return held(draft)

    return make


SIGN_IN_REFUSED = "The portal refuses our sign-in once, as while a shared secret is changed."


def sign_in_refused(client: Client) -> Callable[[Desk], Draft]:
    """The portal turns our credentials down: the account stops, and nothing more is tried until a person resumes it."""
    return faulty(client, SIGN_IN_REFUSED, {"kind": "refuse_password"})


def disputed(client: Client, told: str, code: str, comment: str) -> Callable[[Desk], Draft]:
    """The buyer sends it back with a question that only people can answer."""

    def make(desk: Desk) -> Draft:
        draft = desk.usual(client)
        draft.script.append(("dispute", {"code": code, "comment": comment}, "after_receipt", ""))
        draft.told = told
        return held(draft)

    return make


def word_unknown(desk: Desk) -> Draft:
    """A status nobody has documented."""
    draft = with_status(desk, HARBOR_GRID, "awaiting_vendor_attestation")
    draft.told = 'The portal answers with a status nobody has seen: "awaiting_vendor_attestation".'
    return held(draft)


def on_hold(desk: Desk) -> Draft:
    """Over a tolerance; the buyer clears it."""
    draft = with_status(desk, HARBOR_GRID, "on_hold")
    draft.told = "The portal puts it on hold over a tolerance; the buyer clears the hold and approves."
    return draft


def with_status(desk: Desk, client: Client, word: str, comment: str = "", **how: Any) -> Draft:
    """The portal or buyer sets that status once it has the invoice."""
    draft = desk.usual(client)
    when: When = "after_receipt"
    said = {"comment": comment} if comment else {}
    draft.script.append(("status", {"status": word, **said, **how}, when, ""))
    return draft


# --- small steps --------------------------------------------------------------------------------------------------


def held(draft: Draft) -> Draft:
    """It must end before a person."""
    draft.end = "held"
    return draft


def first(draft: Draft, kind: str) -> Entry:
    """The first entry of a kind."""
    return next(entry for entry in draft.entries if entry.item.kind == kind)


def part(draft: Draft, part_number: str) -> Entry:
    """The entry of a part number."""
    return next(entry for entry in draft.entries if entry.item.part_number == part_number)


def sum_of(draft: Draft, like: Entry) -> Decimal:
    """What the draft bills in all on the order line of that entry, in the item's unit."""
    return sum((entry.quantity for entry in draft.entries if entry.item.line == like.item.line), Decimal(0))


def _fix_quantity(order: PlannedOrder, entry: Entry, quantity: Decimal, **fields: Any) -> None:
    amount = f"{quantity * entry.item.price:.2f}"
    order.fix(entry.item.line, quantity=str(quantity), amount=amount, **fields)


LOST = "The portal takes it, but the connection dies before the answer."

COUPA_TROUBLES: tuple[Trouble, ...] = (
    Trouble("po_prefix", zeros_lost),
    Trouble("po_prefix", prefix_lost),
    Trouble("po_unknown", order_mistyped(NORTHLIGHT)),
    Trouble("po_unknown", order_mistyped(HARBOR_GRID)),
    Trouble("po_closed", order_closed),
    Trouble("po_closed", order_closed_late),
    Trouble("po_balance", hours_over_balance),
    Trouble("po_balance", amount_over_balance),
    Trouble("po_balance", over_balance_in_flight, repeatable=False),
    Trouble("po_line_kind", kind_misprinted),
    Trouble("po_line_kind", kind_changed),
    Trouble("several_pos", several_orders(CEDAR_VALLEY)),
    Trouble("rejected_then_fixed", order_renumbered(CEDAR_VALLEY)),
    Trouble("rejected_then_proposed", order_renumbered_to_be_asked, repeatable=False),
    Trouble("not_received", not_received),
    Trouble("contract_backed", contract_backed),
    Trouble("unit_hr", unit_hr(CEDAR_VALLEY)),
    Trouble("bill_to", bill_to_unknown),
    Trouble("extra_charges", shipping_charged),
    Trouble("duplicate_number", number_taken, repeatable=False),
    Trouble("wrong_sum", sum_wrong),
    Trouble("credit_note", credit_note, repeatable=False),
    Trouble("too_many_lines_413", too_many_lines, repeatable=False),
    Trouble("timesheet_unsigned", sheet_unsigned),
    Trouble("timesheet_missing", sheet_missing),
    Trouble("hours_mismatch", hours_differ),
    Trouble("lost_answer", faulty(NORTHLIGHT, LOST, {"kind": "lost_answer"})),
    Trouble("lost_answer", faulty(CEDAR_VALLEY, LOST, {"kind": "lost_answer"})),
    Trouble(
        "portal_500",
        faulty(NORTHLIGHT, "The portal answers HTTP 500 and has taken nothing.", {"kind": "http_500"}),
    ),
    Trouble(
        "portal_502",
        faulty(CEDAR_VALLEY, "The portal takes it, but its gateway answers HTTP 502.", {"kind": "http_502"}),
    ),
    Trouble("slow", faulty(NORTHLIGHT, "The portal takes two seconds to answer.", {"kind": "slow", "seconds": 2})),
    Trouble(
        "payment_term",
        refused(
            CEDAR_VALLEY,
            "The client's supplier record has no payment term, so the portal refuses every invoice.",
            "payment_term_missing",
        ),
    ),
    Trouble(
        "document_invalid_406",
        refused(NORTHLIGHT, "The portal cannot read the document we built: a fault of ours.", "unparsable"),
    ),
    Trouble(
        "disputed_price",
        disputed(
            HARBOR_GRID,
            "The buyer disputes the rate of the foreman.",
            "INCORRECT_PRICE",
            "The foreman rate is above the rate card in force. Please review line 1.",
        ),
    ),
    Trouble(
        "disputed_quantity",
        disputed(
            NORTHLIGHT,
            "The buyer disputes the hours of one worker.",
            "INCORRECT_QUANTITY",
            "Our gate log shows fewer hours on Wednesday than you billed. Please check.",
        ),
    ),
    Trouble(
        "disputed_papers",
        disputed(
            CEDAR_VALLEY,
            "The buyer asks for a paper that was not sent.",
            "MISSING_DOCUMENTATION",
            "Please send the material delivery tickets for this week.",
        ),
    ),
    Trouble("unknown_status_word", word_unknown),
    Trouble("over_tolerance_hold", on_hold),
    Trouble(
        "not_enabled_403",
        refused(CEDAR_VALLEY, "The buyer has switched invoicing by cXML off for us.", "not_allowed"),
        repeatable=False,
        last=True,
    ),
    Trouble("sign_in_401", sign_in_refused(NORTHLIGHT), repeatable=False, last=True),
)

"""Purchase Orders: the list first, then the lines of each order that changed since (facts, section 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from adapters.oracle_isupplier.ebs.desk import Desk, checked
from adapters.oracle_isupplier.ebs.figures import amount_from, day_from
from adapters.oracle_isupplier.ebs.invoices import next_window
from adapters.oracle_isupplier.ebs.looks import Cell, Table
from adapters.oracle_isupplier.ebs.oaf import Oaf
from adapters.oracle_isupplier.ebs.profile import Profile
from gateway.errors import PortalUnavailable
from gateway.order import Order, OrderLine, OrderState
from gateway.packet import OrderLineKind

MOST_WINDOWS = 400
_LISTED = ("po", "status")
_LIST = (*_LISTED, "organization", "order_date", "currency", "amount", "billed")
_LINE = ("line", "description", "unit", "ordered", "invoiced", "price", "amount", "status")

# Words of Purchasing's closure and authorisation states (9.1: codes [C], words as shown [M]); an order in approval can
# still be invoiced, a closed one only until it is finally closed, but is no longer offered.
STATES: Mapping[str, OrderState] = MappingProxyType(
    {
        "open": OrderState.open,
        "approved": OrderState.open,
        "accepted": OrderState.open,
        "in process": OrderState.open,
        "requires reapproval": OrderState.open,
        "supplier change pending": OrderState.open,
        "closed": OrderState.closed,
        "closed for invoice": OrderState.closed,
        "closed for invoicing": OrderState.closed,
        "finally closed": OrderState.closed,
        "cancelled": OrderState.closed,
        "canceled": OrderState.closed,
        "on hold": OrderState.stopped,
        "frozen": OrderState.open,
    }
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One order in the list; `words` is its row, by which a change is noticed."""

    number: str
    organization: str
    words: str
    shown: Mapping[str, str]


def listed(desk: Desk, oaf: Oaf, organization: str) -> list[Listed]:
    """Every order in the list, of one operating unit where one is set."""
    desk.go(oaf, "orders", "purchase_orders")
    if "no search conducted" in oaf.look().text.casefold():
        checked(oaf, oaf.act(oaf.button("go")))
    found: list[Listed] = []
    for _ in range(MOST_WINDOWS):
        table = _needed(oaf, *_LISTED)
        found += _rows(oaf.profile, table)
        following = next_window(oaf)
        if following is None:
            return [row for row in found if not organization or row.organization in ("", organization)]
        checked(oaf, oaf.act(following))
    raise PortalUnavailable(oaf.where, f"gave more than {MOST_WINDOWS} windows of orders")


def read(desk: Desk, oaf: Oaf, row: Listed) -> Order:
    """One order with its lines, from its own page."""
    desk.go(oaf, "orders", "purchase_orders")
    oaf.enter(oaf.field("order_search"), row.number)
    checked(oaf, oaf.act(oaf.button("go")))
    table = _needed(oaf, *_LISTED)
    places = table.places(oaf.profile.columns, _LIST)
    cells = next((cells for cells in table.rows if _row_is(cells, places, row)), None)
    link = cells[places["po"]].control("link") if cells else None
    if link is None:
        raise oaf.changed(f"the link to order {row.number}")
    checked(oaf, oaf.act(oaf.control(link)))
    lines = _lines(oaf)
    currency = row.shown.get("currency") or oaf.value("order_currency")
    state = state_from(row.shown.get("status", ""))
    return Order(
        number=row.number,
        state=state,
        currency=currency,
        lines=tuple(_order_line(number, rows, state, oaf.profile) for number, rows in lines.items()),
        portal_state=row.shown.get("status", ""),
        ordered_on=_day(row.shown.get("order_date", "")),
    )


def state_from(word: str) -> OrderState:
    """May an order in this state be invoiced?"""
    return STATES.get(" ".join(word.split()).casefold(), OrderState.unknown)


def _rows(profile: Profile, table: Table) -> list[Listed]:
    places = table.places(profile.columns, _LIST)
    found = []
    for cells in table.rows:
        shown = {thing: cells[place].text for thing, place in places.items()}
        if shown["po"]:
            words = "\t".join(cell.text for cell in cells)
            found.append(Listed(shown["po"], shown.get("organization", ""), words, shown))
    return found


def _row_is(cells: Sequence[Cell], places: Mapping[str, int], row: Listed) -> bool:
    unit = cells[places["organization"]].text if "organization" in places else ""
    return (cells[places["po"]].text, unit) == (row.number, row.organization)


def _lines(oaf: Oaf) -> dict[int, list[dict[str, str]]]:
    """Shipments by the number of their line, over all windows."""
    found: dict[int, list[dict[str, str]]] = {}
    for _ in range(MOST_WINDOWS):
        table = _needed(oaf, "line", "ordered")
        places = table.places(oaf.profile.columns, _LINE)
        for cells in table.rows:
            shown = {thing: cells[place].text for thing, place in places.items()}
            if shown["line"].isdecimal():
                found.setdefault(int(shown["line"]), []).append(shown)
        following = next_window(oaf)
        if following is None:
            return found
        checked(oaf, oaf.act(following))
    raise PortalUnavailable(oaf.where, f"gave more than {MOST_WINDOWS} windows of lines")


def _order_line(number: int, rows: Sequence[Mapping[str, str]], state: OrderState, profile: Profile) -> OrderLine:
    """A line is the sum of its shipments; without an ordered quantity it counts by amount."""
    first = rows[0]
    by_amount = not any(row.get("ordered") for row in rows)
    ordered, invoiced, amount = (_sum(rows, thing, profile.decimal_mark) for thing in ("ordered", "invoiced", "amount"))
    price = None if by_amount else amount_from(first.get("price", ""), profile.decimal_mark)
    billed = invoiced if by_amount else None if invoiced is None or price is None else invoiced * price
    words = {row.get("status", "") for row in rows} - {""}
    states = {state_from(word) for word in words} or {state}
    return OrderLine(
        number=number,
        kind=OrderLineKind.amount if by_amount else OrderLineKind.quantity,
        description=first.get("description", ""),
        unit="" if by_amount else first.get("unit", ""),
        quantity=None if by_amount else ordered,
        price=price,
        amount=amount,
        invoiced_quantity=None if by_amount else invoiced,
        invoiced_amount=billed,
        state=OrderState.open if OrderState.open in states else states.pop(),
    )


def _sum(rows: Sequence[Mapping[str, str]], thing: str, decimal_mark: str) -> Decimal | None:
    read = [amount_from(row.get(thing, ""), decimal_mark) for row in rows if row.get(thing)]
    return sum((value for value in read if value is not None), Decimal(0)) if read and None not in read else None


def _day(text: str) -> date | None:
    return day_from(text.split(" ", 1)[0])


def _needed(oaf: Oaf, *things: str) -> Table:
    table = oaf.table(*things)
    if table is None:
        seen = {thing for one in oaf.tables() for thing in one.places(oaf.profile.columns, things)}
        missing = next((thing for thing in things if thing not in seen), things[0])
        raise oaf.changed(f"the column {oaf.profile.label(missing)}")
    return table

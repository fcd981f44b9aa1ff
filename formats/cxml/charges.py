"""Allowances and charges: the element that each of them has, and their sums by element."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from formats.cxml.dialect import HeaderPlace, Places
from gateway.errors import CannotExpress
from gateway.packet import Adjustment, Line

ZERO = Decimal(0)


def sums_by_place(adjustments: Iterable[Adjustment], places: Places, path: str) -> dict[HeaderPlace, Decimal]:
    """Unsigned sums by element, without what modifications state one by one.

    Raises CannotExpress for what this receiver has no element for."""
    sums: dict[HeaderPlace, Decimal] = {}
    for index, adjustment in enumerate(adjustments):
        place = places.get((adjustment.kind, adjustment.purpose))
        if place is None:
            what = f"{adjustment.kind} for {adjustment.reason or adjustment.purpose}"
            cure = "Bill it as a line of its own." if adjustment.kind == "charge" else "Take it off a line's amount."
            raise CannotExpress("cXML", f"{path}/{index}", f"there is no element for the {what}. {cure}")
        if place == "Modifications":
            continue
        sums[place] = sums.get(place, ZERO) + adjustment.amount
    return sums


def modifying(adjustments: Iterable[Adjustment], places: Places) -> list[Adjustment]:
    """Those that are stated one by one, each as a Modification."""
    return [item for item in adjustments if places.get((item.kind, item.purpose)) == "Modifications"]


def balance_of(adjustments: Iterable[Adjustment]) -> Decimal:
    """Charges less allowances."""
    return sum((item.amount if item.kind == "charge" else -item.amount for item in adjustments), ZERO)


def subtotal_of(line: Line) -> Decimal:
    """What the line bills before its own allowances and charges: its net amount without them, never recalculated."""
    return line.net_amount - balance_of(line.adjustments)


def gross_of(subtotal: Decimal, tax: Decimal, sums: Mapping[HeaderPlace, Decimal]) -> Decimal:
    """Subtotal, tax, shipping and handling, before discounts (InvoiceDetail.dtd, GrossAmount)."""
    return subtotal + tax + sums.get("ShippingAmount", ZERO) + sums.get("SpecialHandlingAmount", ZERO)

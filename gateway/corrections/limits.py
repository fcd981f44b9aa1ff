"""What no machine changes, whatever a rule or a client's licence says: the one place where that is asked.

Money, quantities, rates, hours and parties stay as they are (`gateway.changes.OUT_OF_REACH`). Beyond that:

* a unit becomes what the checklist says that its spelling means, or stays;
* our tax numbers and the code of the account that we are paid to become what the checklist states of us, or stay;
* a tax category becomes what the checklist says that its spelling means, and a tax code the client's own for the same
  category and rate, or they stay;
* the invoice date moves only where the client has agreed to the rule that moves it;
* a charge may stand as a line where the client has agreed to it, with its amount, its tax and every total as they were.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from checklists.checklist import Checklist
from gateway.changes import difference, is_at, out_of_reach
from gateway.packet import Adjustment, Invoice, Packet

DATE, CHARGES = "invoice_date", "charges_as_lines"
"""Rules that reach further than others, and only by the client's word."""

_Stated = Callable[[Checklist, Mapping[str, Any]], frozenset[str]]


def _of_us(name: str) -> _Stated:
    return lambda checklist, change: frozenset({getattr(checklist.ours, name)}) - {""}


def _category(checklist: Checklist, change: Mapping[str, Any]) -> frozenset[str]:
    return frozenset({checklist.tax.mapping.get(str(change.get("was")), "")}) - {""}


def _code(checklist: Checklist, change: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(one.code for one in checklist.tax.names)


def _unit(checklist: Checklist, change: Mapping[str, Any]) -> frozenset[str]:
    return frozenset({checklist.units.mapping.get(str(change.get("was")), "")}) - {""}


def _date(checklist: Checklist, change: Mapping[str, Any]) -> frozenset[str]:
    return frozenset({str(change.get("value"))}) if checklist.corrections.names(DATE) else frozenset()


STATED: Mapping[str, _Stated] = MappingProxyType(
    {
        "/invoice/issued_on": _date,
        "/invoice/seller/vat_id": _of_us("vat_id"),
        "/invoice/seller/tax_id": _of_us("tax_id"),
        "/invoice/remit_to/code": _of_us("remit_to_code"),
        "/invoice/tax_breakdown/*/category": _category,
        "/invoice/tax_breakdown/*/code": _code,
        "/invoice/adjustments/*/tax/category": _category,
        "/invoice/adjustments/*/tax/code": _code,
        "/invoice/lines/*/adjustments/*/tax/category": _category,
        "/invoice/lines/*/adjustments/*/tax/code": _code,
        "/invoice/lines/*/tax/category": _category,
        "/invoice/lines/*/tax/code": _code,
        "/invoice/lines/*/unit": _unit,
    }
)
"""Places that may only be given a value that the checklist states; anything else there is out of reach."""


def beyond_a_machine(before: Packet, after: Packet, checklist: Checklist) -> tuple[str, ...]:
    """The places that a change touches and no machine may, as JSON pointers; () where it may all be done by rule."""
    if checklist.corrections.names(CHARGES) and charges_stand_as_lines(before.invoice, after.invoice):
        after = _with_charges_put_back(before, after)
    patch = difference(before, after)
    return (*out_of_reach(patch), *_not_stated(patch, checklist))


def _not_stated(patch: list[dict[str, Any]], checklist: Checklist) -> Iterator[str]:
    for change in patch:
        stated = next((one for place, one in STATED.items() if is_at(change["path"], place)), None)
        if stated is not None and change.get("value") not in stated(checklist, change):
            yield change["path"]


def charges_stand_as_lines(before: Invoice, after: Invoice) -> bool:
    """Whether some charges beside the lines became lines at their end, one each, and no amount, tax or total changed:
    the amounts under the lines and under the charges moved from one sum to the other, and nothing else."""
    moved = _charges_gone(before, after)
    added = after.lines[len(before.lines) :]
    amount = sum((one.amount for one in moved), Decimal(0))
    sums = {"line_net": before.totals.line_net + amount, "charges": before.totals.charges - amount}
    return (
        bool(moved)
        and len(moved) == len(added)
        and all(one.kind == "charge" for one in moved)
        and all(
            (line.quantity, line.price_base_quantity, line.unit_price, line.net_amount, line.tax)
            == (_ONE, _ONE, one.amount, one.amount, one.tax)
            and not (line.adjustments or line.labour)
            for line, one in zip(added, moved, strict=True)
        )
        and after.totals == before.totals.model_copy(update=sums)
        and after.tax_breakdown == before.tax_breakdown
    )


_ONE = Decimal(1)


def _charges_gone(before: Invoice, after: Invoice) -> tuple[Adjustment, ...]:
    """What stood beside the lines and does no more, in order; () where what is left did not stand there before."""
    left = list(after.adjustments)
    gone = []
    for one in before.adjustments:
        if left and left[0] == one:
            del left[0]
        else:
            gone.append(one)
    return () if left else tuple(gone)


def _with_charges_put_back(before: Packet, after: Packet) -> Packet:
    old, new = before.invoice, after.invoice
    put_back = {"lines": new.lines[: len(old.lines)], "adjustments": old.adjustments, "totals": old.totals}
    return after.model_copy(update={"invoice": new.model_copy(update=put_back)})

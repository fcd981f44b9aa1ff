"""What no machine changes, whatever a rule or a client's licence says: the one place where that is asked.

Money, quantities, rates, hours and parties stay as they are (`gateway.changes.OUT_OF_REACH`), but for what our own
books state: our tax numbers and the code of the account that we are paid to may become what the checklist states of
us, and nothing else.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from checklists.checklist import Checklist
from gateway.changes import difference, out_of_reach
from gateway.packet import Packet

OUR_OWN: Mapping[str, Callable[[Checklist], str]] = MappingProxyType(
    {
        "/invoice/seller/vat_id": lambda checklist: checklist.ours.vat_id,
        "/invoice/seller/tax_id": lambda checklist: checklist.ours.tax_id,
        "/invoice/remit_to/code": lambda checklist: checklist.ours.remit_to_code,
    }
)
"""Places that may only ever be filled with, or renamed to, what the checklist states of us."""


def beyond_a_machine(before: Packet, after: Packet, checklist: Checklist) -> tuple[str, ...]:
    """The places that a change touches and no machine may, as JSON pointers; () where it may all be done by rule."""
    patch = difference(before, after)
    foreign = (
        change["path"]
        for change in patch
        if (ours := OUR_OWN.get(change["path"])) and change.get("value", "") != (ours(checklist) or None)
    )
    return (*out_of_reach(patch), *foreign)

"""What the tenant checks: references and numbers as they are saved or submitted, matching once submitted.

Which rule stands where is mostly open (knobs `checks`, `over_billing`, `price_from_order`); the rules themselves are
those of facts 6.1, 7.3 and 9.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from .knobs import Knobs
from .records import ZERO, Invoice, Line, Order, OrderLine
from .texts import Text, text

LONGEST_NUMBER = 50  # memory


def header_complaints(invoice: Invoice, taken: Iterable[Invoice], business_units: Iterable[str]) -> Iterator[Text]:
    """What is wrong with the header; `taken` are other invoices with the same number."""
    if not invoice.number or invoice.invoice_date is None or not invoice.currency:
        yield text("value_missing")
    if len(invoice.number) > LONGEST_NUMBER:
        yield text("number_too_long")
    if invoice.business_unit not in business_units:
        yield text("business_unit", value=invoice.business_unit)
    same = (invoice.business_unit, invoice.supplier_site)
    # Drafts and cancelled ones hold their number too (facts 8, 12).
    if any((other.business_unit, other.supplier_site) == same for other in taken):
        yield text("duplicate_number")


def line_complaints(invoice: Invoice, orders: Mapping[str, Order], knobs: Knobs) -> Iterator[Text]:
    """What is wrong with the lines."""
    for line in invoice.lines:
        if line.amount is None:
            yield text("amount_missing", line=line.number)
        elif line.order_number:
            yield from _order_complaints(invoice, line, orders.get(line.order_number), knobs)


def submit_complaints(invoice: Invoice, knobs: Knobs) -> Iterator[Text]:
    """What only shows when the whole is handed over."""
    if not invoice.lines:
        yield text("no_lines")
    credit = invoice.invoice_type.lower().startswith("credit")
    if (credit and invoice.total > 0) or (not credit and invoice.total < 0):
        yield text("sign")
    control = invoice.control_amount
    if knobs.flag("total_check") and control is not None and control != invoice.total:
        yield text("control_amount", control=format(control, "f"), total=format(invoice.total, "f"))


def _order_complaints(invoice: Invoice, line: Line, order: Order | None, knobs: Knobs) -> Iterator[Text]:
    if order is None:
        yield text("order_unknown", order=line.order_number)
        return
    if order.status != "issued":
        yield text("order_closed", order=order.number)
    if order.currency != invoice.currency:
        yield text("currency_differs", order=order.number)
    found = order.line(line.order_line)
    if found is None:
        yield text("order_line_unknown")
        return
    if knobs.text("over_billing") == "refuse" and over_billed(line, found):
        yield text("over_billed", line=line.number)
    if knobs.text("price_from_order") == "refuse" and dearer(line, found):
        yield text("price_differs", line=line.number)


def over_billed(line: Line, ordered: OrderLine) -> bool:
    """Whether this line bills more than is left of the order's line."""
    limit = ordered.price if ordered.quantity is None else ordered.quantity
    return ordered.billed + measure(line, ordered) > limit


def over_received(line: Line, ordered: OrderLine) -> bool:
    """Whether this line bills more than was received, where a receipt is asked for."""
    return ordered.received is not None and ordered.billed + measure(line, ordered) > ordered.received


def dearer(line: Line, ordered: OrderLine) -> bool:
    """Whether a quantity line's price is above the order's."""
    return ordered.quantity is not None and line.price is not None and line.price > ordered.price


def measure(line: Line, ordered: OrderLine) -> Decimal:
    """How much of the order's line this line bills, in the order line's own measure."""
    return (line.amount if ordered.quantity is None else line.quantity) or ZERO

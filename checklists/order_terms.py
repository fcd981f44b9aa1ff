"""Checks of what an order says beyond amounts: whether it has run out, where the work goes, when, and of what sort."""

from collections.abc import Iterator

from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding, found
from checklists.order_lines import matched
from checklists.orders import outside_validity, takes_invoices
from checklists.readings import spelt
from checklists.sections import SEVERITIES
from checklists.wording import line_label, line_path
from gateway.order import LineTerms
from gateway.packet import LineKind, Packet, Period


def expired(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """The last day of an order has not passed, whenever the work was done."""
    severity = SEVERITIES.get(checklist.orders.expired)
    for position, reference in enumerate(packet.invoice.orders):
        order = facts.orders.get(reference.number)
        if severity and order and order.valid_to and order.valid_to < facts.today and takes_invoices(order):
            yield found(
                "CB-PO-20",
                f"/invoice/orders/{position}/number",
                f"Purchase order {order.number} ended on {order.valid_to}; today is {facts.today}.",
                f"Ask the buyer at {checklist.name} to prolong order {order.number}, or whether it is still paid.",
                severity=severity,
            )


def sites(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """The site that the invoice names is the order's; nothing is claimed where either names none by code."""
    severity = SEVERITIES.get(checklist.orders.site_differs)
    named = packet.invoice.ship_to.code if packet.invoice.ship_to else ""
    for reference in packet.invoice.orders:
        order = facts.orders.get(reference.number)
        if severity and named and order and order.site and spelt(order.site) != spelt(named):
            yield found(
                "CB-PO-21",
                "/invoice/ship_to/code",
                f"The invoice is for the site {named}, purchase order {order.number} for {order.site}.",
                "Compare with the job's release: name the order's site, or the order of this site.",
                severity=severity,
            )


def lines(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """The work was done in the days that its order line states (where it is not outside the whole order's anyway), and
    goods are not billed on a line for services."""
    severity = SEVERITIES.get(checklist.orders.outside_validity)
    for position, line, number, row in matched(packet.invoice, facts):
        period = line.period or packet.invoice.period
        whole = facts.orders[number]
        if severity and period and _is_outside(period, row.terms) and not outside_validity(period, whole):
            yield found(
                "CB-PO-22",
                line_path(position, "period"),
                f"{line_label(line)}: the work was done from {period.start} to {period.end}; order {number} line "
                f"{row.number} is for work {_in_words(row.terms)}.",
                f"Ask the buyer at {checklist.name} to prolong this order line, or bill the line for these days.",
                severity=severity,
            )
        if row.terms.is_service and line.kind is LineKind.goods:
            yield found(
                "CB-PO-24",
                line_path(position, "kind"),
                f"{line_label(line)} bills goods on order {number} line {row.number}, which is for services.",
                "Choose the order line for goods, or have the line's kind corrected in the invoicing system.",
            )


def _is_outside(period: Period, terms: LineTerms) -> bool:
    early = terms.start is not None and period.start < terms.start
    return early or (terms.end is not None and period.end > terms.end)


def _in_words(terms: LineTerms) -> str:
    start = f"from {terms.start}" if terms.start else ""
    end = f"until {terms.end}" if terms.end else ""
    return f"{start} {end}".strip()

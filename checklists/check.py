"""The check itself: a packet, its client's checklist and the facts in; findings out. A table of small functions."""

from collections.abc import Callable, Iterable

from checklists import (
    attachments,
    balances,
    billing,
    caps,
    client_rules,
    fields,
    forecast,
    headers,
    labour,
    lines,
    order_lines,
    order_terms,
    orders,
    paper_files,
    papers,
    rates,
    timesheets,
)
from checklists.arithmetic import sums
from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding
from gateway.packet import Packet

Check = Callable[[Packet, Checklist, Facts], Iterable[Finding]]


def _sums(packet: Packet, checklist: Checklist, facts: Facts) -> Iterable[Finding]:
    return sums(packet.invoice)


CHECKS: tuple[Check, ...] = (
    headers.number,
    headers.dates,
    headers.currency,
    headers.credit_note,
    _sums,
    orders.references,
    orders.forms,
    orders.register,
    orders.versions,
    orders.validity,
    order_lines.named,
    order_lines.there,
    order_lines.open_lines,
    order_lines.kinds,
    order_lines.units,
    order_lines.prices,
    order_terms.expired,
    order_terms.sites,
    order_terms.lines,
    balances.balances,
    forecast.runs_out,
    fields.required,
    fields.custom,
    labour.time_cards,
    labour.pay_codes,
    rates.rates,
    caps.weekly_hours,
    caps.items,
    lines.units,
    lines.decimals,
    lines.texts,
    lines.tax,
    headers.payment_term,
    headers.bill_to,
    headers.charges,
    headers.size,
    papers.papers,
    timesheets.legible,
    timesheets.numbers,
    timesheets.signed_in_time,
    timesheets.days,
    timesheets.long_days,
    attachments.attachments,
    attachments.not_planned,
    billing.days,
    billing.cost_codes,
    billing.descriptions,
    billing.rounding,
    billing.splitting,
    paper_files.files,
    client_rules.rules,
)
"""Every check, in the order in which its findings are told: what would stop the invoice first comes first."""


def check(packet: Packet, checklist: Checklist, facts: Facts) -> tuple[Finding, ...]:
    """Everything the packet lacks of what this client asks, in the order of CHECKS; empty when nothing is wrong."""
    return tuple(finding for each in CHECKS for finding in each(packet, checklist, facts))

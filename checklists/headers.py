"""Checks of what stands once on an invoice: number, dates, currency, terms, bill-to, charges, size, credit notes."""

from collections.abc import Iterator
from datetime import date, timedelta

from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding, found
from checklists.wording import kind_of, listed, money, title
from gateway.packet import Invoice, Packet
from gateway.verdict import Actor


def number(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """The invoice number: free, of the client's form, not too long."""
    this, rules = packet.invoice.number, checklist.number
    path = "/invoice/number"
    if facts.number_used_by:
        yield found(
            "CB-NUM-01",
            path,
            f"Invoice number {this} is already used by {facts.number_used_by}.",
            "Look whether this is the same invoice handed over twice; if it is not, give this one a number of its own.",
        )
    if rules.form and not rules.form.fits(this):
        yield found(
            "CB-NUM-02",
            path,
            f"Invoice number {this} has not the form {checklist.name} takes: {rules.form.says}.",
            f"Number it like {rules.form.example} and hand the packet over again.",
        )
    if len(this) > rules.max_length:
        yield found(
            "CB-NUM-03",
            path,
            f"Invoice number {this} has {len(this)} characters; {checklist.name} takes {rules.max_length}.",
            "Give it a shorter number.",
        )
    if strange := rules.strange_in(this):
        yield found(
            "CB-NUM-04",
            path,
            f"Invoice number {this} has {strange!r}; {checklist.name} takes only {rules.characters}.",
            "Give it a number of these characters.",
        )
    yield from _number_came_back(this, checklist, facts)


def _number_came_back(this: str, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """A number that the portal or the buyer refused, where the client wants another for the second try."""
    rules = checklist.number
    if rules.rule_after(facts.number_ended_as) != "suffix":
        return
    try:
        cure = f"Number it {rules.next_number(this, facts.numbers_used)}."
    except ValueError as fault:
        cure = f"Give it a number of its own ({fault})."
    yield found(
        "CB-NUM-05",
        "/invoice/number",
        f"Invoice {this} was {facts.number_ended_as} before; {checklist.name} wants another number for a second try.",
        cure,
    )


def dates(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """The invoice date against today, and the work against the late-billing window."""
    issued, rules, today = packet.invoice.issued_on, checklist.dates, facts.today
    if issued > today and not rules.allow_future:
        yield found(
            "CB-DATE-01",
            "/invoice/issued_on",
            f"The {kind_of(packet.invoice)} is dated {issued}, which is after today, {today}.",
            f"Send it on {issued} or date it anew.",
        )
    if rules.max_backdate_days is not None and (today - issued).days > rules.max_backdate_days:
        yield found(
            "CB-DATE-02",
            "/invoice/issued_on",
            f"The {kind_of(packet.invoice)} is dated {issued}, {(today - issued).days} days ago; {checklist.name} "
            f"takes {rules.max_backdate_days} days, back to {today - timedelta(days=rules.max_backdate_days)}.",
            "Date it anew in the invoicing system, or ask the client's accounts payable to take it.",
        )
    yield from _late_billing(packet, checklist, today)


def _late_billing(packet: Packet, checklist: Checklist, today: date) -> Iterator[Finding]:
    window = checklist.cut_off.late_billing_days if checklist.cut_off else None
    worked = _last_day_worked(packet.invoice)
    if window is None or worked is None or packet.invoice.is_credit_note or (today - worked).days <= window:
        return
    yield found(
        "CB-DATE-03",
        "/invoice/period",
        f"The last day billed is {worked}, {(today - worked).days} days ago; {checklist.name} pays for work billed "
        f"within {window} days.",
        "Send it now, and have the client's agreement to late billing at hand.",
    )


def _last_day_worked(invoice: Invoice) -> date | None:
    ends = [line.period.end for line in invoice.lines if line.period]
    if invoice.period:
        ends.append(invoice.period.end)
    return max(ends, default=None)


def currency(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """The currency against those the client takes."""
    taken = checklist.form.currencies
    if taken and packet.invoice.currency not in taken:
        yield found(
            "CB-CUR-01",
            "/invoice/currency",
            f"The {kind_of(packet.invoice)} is in {packet.invoice.currency}; {checklist.name} takes "
            f"{listed(sorted(taken))}.",
            "Issue it in the currency of the agreement.",
        )


def payment_term(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """The payment term against the agreed one; a code that the checklist itself adds counts as stated."""
    terms, agreed = packet.invoice.payment_terms, checklist.payment
    if terms is None:
        if agreed.required and not agreed.code:
            yield found(
                "CB-PAY-02",
                "/invoice/payment_terms",
                f"No payment term is stated; {checklist.name} refuses invoices without one.",
                "State the term of the agreement on the invoice.",
            )
        return
    if agreed.net_days is not None and terms.net_days not in (None, agreed.net_days):
        yield found(
            "CB-PAY-01",
            "/invoice/payment_terms/net_days",
            f"The {kind_of(packet.invoice)} says net {terms.net_days} days; agreed with {checklist.name} is "
            f"net {agreed.net_days}.",
            f"State net {agreed.net_days}, or have the agreement changed first.",
        )
    if agreed.code and terms.code and terms.code != agreed.code:
        yield found(
            "CB-PAY-01",
            "/invoice/payment_terms/code",
            f"The payment term code is {terms.code}; agreed with {checklist.name} is {agreed.code}.",
            f"Use {agreed.code}, or leave the code out: it is added for this client.",
        )


def bill_to(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """A bill-to of our own is left out where the client fills it in from the order."""
    stated = packet.invoice.bill_to
    if stated is not None and checklist.form.bill_to == "omit":
        yield found(
            "CB-BIL-01",
            "/invoice/bill_to",
            f'The {kind_of(packet.invoice)} names the bill-to "{stated.name}"; {checklist.name} takes it from the '
            "order and refuses one that differs by a letter.",
            "Leave the bill-to out.",
        )


def charges(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Allowances and charges beside the lines: only of the purposes that the client permits."""
    for position, one in enumerate(packet.invoice.adjustments):
        if not checklist.charges.permits(one):
            named = f" ({one.reason})" if one.reason else ""
            yield found(
                "CB-CHG-01",
                f"/invoice/adjustments/{position}",
                f"{title(one.purpose)} {one.kind} of {money(one.amount, packet.invoice.currency)}{named}: "
                f"{checklist.name} permits {_permitted(checklist)}.",
                "Bill it as a line of its own on an order line that covers it, or agree it with the client's buyer.",
            )


def _permitted(checklist: Checklist) -> str:
    permitted = sorted(checklist.charges.permitted or ())
    return f"only {listed(permitted)}" if permitted else "no charges or allowances beside the lines"


def size(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """The number of lines."""
    most, count = checklist.form.max_lines, len(packet.invoice.lines)
    if most is not None and count > most:
        yield found(
            "CB-LIN-01",
            "/invoice/lines",
            f"The {kind_of(packet.invoice)} has {count} lines; {checklist.name} takes {most}.",
            "Bill it on several invoices, for example one for each time sheet.",
        )


def credit_note(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """A credit note: taken at all, tied to its invoice, with a reason where one is asked for."""
    invoice = packet.invoice
    if not invoice.is_credit_note:
        return
    if not checklist.credit_notes.allowed:
        yield found(
            "CB-CRN-02",
            "/invoice/type",
            f"{checklist.name} takes no credit notes through this portal.",
            "Agree with the client's accounts payable how the credit is to be given.",
            who_acts=Actor.us,
        )
    if invoice.preceding is None:
        yield found(
            "CB-CRN-01",
            "/invoice/preceding",
            "The credit note does not say which invoice it credits.",
            "Name the number and date of the invoice it credits.",
        )
    elif checklist.credit_notes.original_required and facts.original == "" and not invoice.preceding.reference:
        yield found(
            "CB-CRN-04",
            "/invoice/preceding/number",
            f"The credit note credits invoice {invoice.preceding.number}, which {checklist.name} does not have from "
            "us.",
            "Look up which invoice billed this and name its number as it was sent; one that was "
            "sent elsewhere needs the portal's own id as well.",
        )
    if checklist.credit_notes.reason_required and not invoice.credit_reason:
        yield found(
            "CB-CRN-03",
            "/invoice/credit_reason",
            f"The credit note gives no reason; {checklist.name} asks for one.",
            "State in a few words why the credit is given.",
        )

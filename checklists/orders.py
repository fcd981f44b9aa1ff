"""Checks of the orders and contracts an invoice names, against the client's rules and the order register."""

from collections.abc import Iterator, Mapping

from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding, found
from checklists.sections import SEVERITIES
from checklists.wording import line_path, lines_label, listed
from gateway.order import Order, OrderState, VersionState
from gateway.packet import Invoice, OrderReference, Packet, Period


def references(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Every line rests on an order or, where the client allows it, on a contract."""
    invoice, rules = packet.invoice, checklist.orders
    bare: list[int] = []
    on_contract: list[int] = []
    for position, line in enumerate(invoice.lines):
        if not invoice.order_number_of(line):
            contract = line.contract_number or ("" if invoice.orders else invoice.contract_number)
            (on_contract if contract else bare).append(position)
    if bare and rules.required:
        yield found(
            "CB-PO-01",
            line_path(bare[0], "order") if invoice.orders else "/invoice/orders",
            f"{_at(invoice, bare)}: no purchase order is named; {checklist.name} requires one.",
            "Find the order on the job's release and add its number and order line.",
        )
    if on_contract and not rules.contract_allowed:
        yield found(
            "CB-CON-01",
            line_path(on_contract[0]),
            f"{_at(invoice, on_contract)}: billed on a contract without an order, which "
            f"{checklist.name} does not take.",
            "Ask the client's buyer for an order for this work.",
        )


def _at(invoice: Invoice, positions: list[int]) -> str:
    return lines_label([invoice.lines[position] for position in positions])


def forms(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Order and contract numbers look as the client writes them."""
    rules, invoice = checklist.orders, packet.invoice
    for position, order in enumerate(invoice.orders):
        if rules.form and not rules.form.fits(order.number):
            yield found(
                "CB-PO-02",
                f"/invoice/orders/{position}/number",
                f"Purchase order {order.number} has not the form {checklist.name} uses: {rules.form.says}.",
                _better_number(order.number, checklist, facts),
            )
    if rules.contract_form:
        for path, number in _contracts(invoice):
            if number and not rules.contract_form.fits(number):
                yield found(
                    "CB-CON-02",
                    path,
                    f"Contract {number} has not the form {checklist.name} uses: {rules.contract_form.says}.",
                    f"Write it like {rules.contract_form.example}.",
                )


def _contracts(invoice: Invoice) -> Iterator[tuple[str, str]]:
    yield "/invoice/contract_number", invoice.contract_number
    for position, line in enumerate(invoice.lines):
        yield line_path(position, "contract_number"), line.contract_number


def _better_number(number: str, checklist: Checklist, facts: Facts) -> str:
    candidates = checklist.orders.candidates(number)
    known = [one for one in candidates if facts.orders.get(one)]
    if known:
        return f"The order register holds {listed(known)}; use it if that is the order of this work."
    if candidates:
        return f"Perhaps {listed(candidates)} is meant; look at the job's release and correct it."
    example = checklist.orders.form.example if checklist.orders.form else ""
    return f"Look at the job's release and write the number like {example}."


def register(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """The orders exist, are open and in the invoice's currency. Nothing is claimed of an order without a register."""
    form = checklist.orders.form
    for position, reference in enumerate(packet.invoice.orders):
        number, path = reference.number, f"/invoice/orders/{position}/number"
        if number not in facts.orders:
            continue
        order = facts.orders[number]
        if order is None:
            if form is None or form.fits(number):  # a wrong form is told already, with the number that may be meant
                yield _unknown_order(number, path, checklist, facts)
            continue
        yield from _state(order, path, checklist)
        if order.currency and order.currency != packet.invoice.currency:
            yield found(
                "CB-PO-12",
                "/invoice/currency",
                f"The invoice is in {packet.invoice.currency}, purchase order {number} in {order.currency}.",
                f"Bill order {number} in {order.currency}.",
            )


def _unknown_order(number: str, path: str, checklist: Checklist, facts: Facts) -> Finding:
    known = [one for one in checklist.orders.candidates(number) if facts.orders.get(one)]
    also = f" The register holds {listed(known)}." if known else ""
    return found(
        "CB-PO-03",
        path,
        f"{checklist.name} shows us no purchase order {number}.{also}",
        "Compare the number with the job's release; if it is right, ask the client's buyer to issue the order to us.",
    )


def validity(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """The work was done while its order could be drawn on; a line without days of its own has the invoice's."""
    invoice, severity = packet.invoice, SEVERITIES.get(checklist.orders.outside_validity)
    outside: dict[str, list[int]] = {}
    for position, line in enumerate(invoice.lines if severity else ()):
        number, period = invoice.order_number_of(line), line.period or invoice.period
        order = facts.orders.get(number)
        if period is not None and outside_validity(period, order):
            outside.setdefault(number, []).append(position)
    for number, positions in outside.items():
        order = facts.orders[number]
        yield found(
            "CB-DATE-04",
            line_path(positions[0], "period"),
            f"{_at(invoice, positions)}: the work lies outside the validity of purchase order {number} "
            f"({_validity_in_words(order)}).",
            f"Ask the buyer at {checklist.name} to prolong order {number}, or for the order that covers this work.",
            severity=severity,
        )


def outside_validity(period: Period, order: Order | None) -> bool:
    """Whether some of the work was done before or after the days in which the order could be drawn on; False where the
    order is not known."""
    if order is None:
        return False
    early = order.valid_from is not None and period.start < order.valid_from
    return early or (order.valid_to is not None and period.end > order.valid_to)


def _validity_in_words(order: Order | None) -> str:
    start, end = (order.valid_from, order.valid_to) if order else (None, None)
    return f"{start} to {end}" if start and end else f"from {start}" if start else f"until {end}"


NOT_INVOICEABLE: Mapping[OrderState, tuple[str, str, str]] = {
    OrderState.closed: ("CB-PO-04", "is closed", "reopen it or name the order that follows it"),
    OrderState.stopped: ("CB-PO-05", "is on hold and takes no invoices", "release it for invoicing"),
}


"""State -> code of the finding about an order, the state in words, and what the buyer is asked for."""


def _state(order: Order, path: str, checklist: Checklist) -> Iterator[Finding]:
    said = f' (the portal says "{order.portal_state}")' if order.portal_state else ""
    if order.state in NOT_INVOICEABLE:
        code, words, wish = NOT_INVOICEABLE[order.state]
        yield found(
            code,
            path,
            f"Purchase order {order.number} {words}{said}.",
            f"Ask the buyer at {checklist.name} to {wish}; the invoice waits until then.",
        )
    elif order.state is OrderState.unknown:
        yield found(
            "CB-PO-06",
            path,
            f"Whether purchase order {order.number} takes invoices is not known{said}.",
            "Look the order up in the portal if the invoice is refused.",
        )


def versions(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """The version of an order that the invoice names is the present one. One that is named by number alone is named by
    its present version as it is written, so that only an order without any is wanting."""
    for position, reference in enumerate(packet.invoice.orders):
        order = facts.orders.get(reference.number)
        if reference.channel == "elsewhere":
            continue
        if not (reference.payload_id or reference.stated_date):
            if checklist.orders.named_by == "version" and not (order and order.is_versioned):
                yield _without_version(reference, position, checklist)
        elif order is not None and order.is_versioned:
            yield from _version(reference, order, position)


def _without_version(reference: OrderReference, position: int, checklist: Checklist) -> Finding:
    return found(
        "CB-PO-19",
        f"/invoice/orders/{position}",
        f"{checklist.name} takes purchase order {reference.number} only by its own document or exact date, and neither "
        "is known.",
        f"Ask the buyer at {checklist.name} to send order {reference.number} to us through the portal.",
    )


def _version(reference: OrderReference, order: Order, position: int) -> Iterator[Finding]:
    part = "payload_id" if reference.payload_id else "stated_date"
    path, named = f"/invoice/orders/{position}/{part}", reference.payload_id or reference.stated_date
    present = order.payload_id or order.stated_date
    match order.version_state(reference.payload_id, reference.stated_date):
        case VersionState.replaced:
            yield found(
                "CB-PO-17",
                path,
                f"Purchase order {order.number} is named by its version {named}, which was replaced by {present}.",
                "Name the present version, and compare lines and prices with it.",
            )
        case VersionState.unknown:
            yield found(
                "CB-PO-18",
                path,
                f"Purchase order {order.number} is named by its version {named}; the latest that came is {present}.",
                "Have the orders read; if the version is right, it is on its way.",
            )


def takes_invoices(order: Order | None) -> bool:
    """Whether it makes sense to look at the order's lines: known, and neither closed nor on hold."""
    return order is not None and order.state not in NOT_INVOICEABLE

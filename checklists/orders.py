"""Checks of what an invoice says of orders and contracts, against the client's rules and the order register."""

from collections.abc import Iterator

from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding, found
from checklists.sections import RATE_SEVERITY
from checklists.wording import line_label, line_path, lines_label, listed, money
from gateway.adapter import Order, OrderLine, OrderState
from gateway.packet import Invoice, Line, OrderLineKind, Packet


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


_STATES = {
    OrderState.closed: ("CB-PO-04", "is closed", "reopen it or name the order that follows it"),
    OrderState.stopped: ("CB-PO-05", "is on hold and takes no invoices", "release it for invoicing"),
}


def _state(order: Order, path: str, checklist: Checklist) -> Iterator[Finding]:
    said = f' (the portal says "{order.portal_state}")' if order.portal_state else ""
    if order.state in _STATES:
        code, words, wish = _STATES[order.state]
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


def takes_invoices(order: Order | None) -> bool:
    """Whether it makes sense to look at the order's lines: known, and neither closed nor on hold."""
    return order is not None and order.state not in _STATES


def order_lines(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Each line against the order line it bills: named, there, open, of the same kind, unit and price."""
    invoice = packet.invoice
    known = {number: {line.number: line for line in order.lines} for number, order in facts.orders.items() if order}
    silent: dict[str, list[int]] = {}
    for position, line in enumerate(invoice.lines):
        number = invoice.order_number_of(line)
        wanted = line.order.line if line.order else None
        if number and wanted is None:
            silent.setdefault(number, []).append(position)
        elif wanted is not None and takes_invoices(facts.orders.get(number)):
            row = known[number].get(wanted)
            if row is None:
                yield _no_such_line(position, line, number, wanted, known[number])
            else:
                yield from _one_line(invoice, position, line, number, row, checklist)
    if checklist.orders.line_required:
        for number, positions in silent.items():
            there = known.get(number)
            choice = f" Order {number} has {_choices(there)}." if there else ""
            yield found(
                "CB-PO-07",
                line_path(positions[0], "order/line"),
                f"{_at(invoice, positions)}: does not say which line of purchase order {number} is billed.",
                f"Add the order line number.{choice}",
            )


def _choices(rows: dict[int, OrderLine]) -> str:
    named = (f"{row.number} ({row.description})" if row.description else f"{row.number}" for row in rows.values())
    return ("line " if len(rows) == 1 else "lines ") + listed(named)


def _no_such_line(position: int, line: Line, number: str, wanted: int, rows: dict[int, OrderLine]) -> Finding:
    return found(
        "CB-PO-08",
        line_path(position, "order/line"),
        f"{line_label(line)} bills line {wanted} of purchase order {number}, which has no such line.",
        f"Order {number} has {_choices(rows)}; choose the one that covers this work." if rows else "Ask the buyer.",
    )


def units(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Units are the order lines' own. A unit that the client does not take at all is told by `lines.units` alone."""
    invoice, allowed = packet.invoice, checklist.units.allowed
    differing: dict[tuple[str, str, str], list[int]] = {}
    for position, line, number, row in _matched(invoice, facts):
        taken = not allowed or line.unit in allowed
        if taken and row.kind is OrderLineKind.quantity and row.unit and row.unit != line.unit:
            differing.setdefault((number, line.unit, row.unit), []).append(position)
    for (number, billed, ordered), positions in differing.items():
        yield found(
            "CB-PO-11",
            line_path(positions[0], "unit"),
            f"{_at(invoice, positions)} on order {number}: billed in {billed}, but the order says {ordered}.",
            f"Bill in {ordered}, as the order does; if the measure is another, quantity and price change with it.",
        )


def _matched(invoice: Invoice, facts: Facts) -> Iterator[tuple[int, Line, str, OrderLine]]:
    """Lines whose order line the register knows: position, line, order number, order line."""
    known = {number: {row.number: row for row in order.lines} for number, order in facts.orders.items() if order}
    for position, line in enumerate(invoice.lines):
        number = invoice.order_number_of(line)
        if line.order and line.order.line and takes_invoices(facts.orders.get(number)):
            row = known[number].get(line.order.line)
            if row is not None:
                yield position, line, number, row


def _one_line(
    invoice: Invoice, position: int, line: Line, number: str, row: OrderLine, checklist: Checklist
) -> Iterator[Finding]:
    where = f"{line_label(line)} on order {number} line {row.number}"
    if row.state in _STATES:
        _, words, wish = _STATES[row.state]
        yield found(
            "CB-PO-09",
            line_path(position, "order/line"),
            f"{where}: this order line {words}.",
            f"Ask the buyer at {checklist.name} to {wish.replace('order', 'order line')}, or bill another line.",
        )
    stated = line.order.kind if line.order else None
    if stated is not None and stated is not row.kind:
        yield found(
            "CB-PO-10",
            line_path(position, "order/kind"),
            f"{where} is billed by {stated}, but the order counts this line by {row.kind}.",
            f"Bill it by {row.kind}: the invoice line must be of the same kind as the order line.",
        )
    elif row.kind is OrderLineKind.quantity:
        yield from _price(invoice, position, line, where, row, checklist)


def _price(
    invoice: Invoice, position: int, line: Line, where: str, row: OrderLine, checklist: Checklist
) -> Iterator[Finding]:
    severity = RATE_SEVERITY.get(checklist.orders.rate_differs)
    if severity and row.price is not None and line.unit_price != row.price * line.price_base_quantity:
        yield found(
            "CB-PO-13",
            line_path(position, "unit_price"),
            f"{where}: the price is {money(line.unit_price, invoice.currency)}, but the order says "
            f"{money(row.price, invoice.currency)} per {row.unit or 'unit'}.",
            "Compare with the rate card: bill the order's rate, or have the order changed before sending.",
            severity=severity,
        )

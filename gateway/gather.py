"""Gathers what checks and corrections lean on from the store, so that they themselves ask nobody."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from checklists.checklist import Checklist
from checklists.facts import Facts, InFlight
from gateway.adapter import File, Order
from gateway.corrections import Context
from gateway.house import House
from gateway.packet import Packet
from gateway.store import accounts, orders, packets
from gateway.store.database import Tx, blobs
from gateway.store.packets import Commitment


def facts_for(house: House, tx: Tx, packet: Packet, account: str, now: datetime, *, packet_id: str = "") -> Facts:
    """What a check of this packet must know, our invoices that are built and wait for their turn included."""
    named = {order.number for order in packet.invoice.orders}
    known = orders.known(tx, account, named)
    complete = accounts.load(tx, account).orders_read_at is not None
    register: dict[str, Order | None] = dict.fromkeys(named) if complete else {}
    owner = packets.number_owner(tx, account, packet.invoice.number)
    return Facts(
        today=_today(house, now),
        orders={**register, **known},
        in_flight=_in_flight(house, tx, account, known, packet_id, only_sent=False),
        number_used_by="" if owner == packet_id else owner,
    )


def balance_facts(house: House, tx: Tx, packet: Packet, account: str, now: datetime, *, packet_id: str) -> Facts:
    """What the last look at order balances must know: the orders, locked, and what has been sent against them."""
    known = orders.known(tx, account, {order.number for order in packet.invoice.orders}, lock=True)
    in_flight = _in_flight(house, tx, account, known, packet_id, only_sent=True)
    return Facts(today=_today(house, now), orders=known, in_flight=in_flight)


def _today(house: House, now: datetime) -> date:
    return now.astimezone(ZoneInfo(house.settings.time_zone)).date()


def _in_flight(
    house: House, tx: Tx, account: str, known: Mapping[str, Order], packet_id: str, *, only_sent: bool
) -> Mapping[str, InFlight]:
    counts_submitted = house.account_settings(account).order_balance_counts == "submitted"
    return orders.in_flight(tx, account, known, packet_id, counts_submitted=counts_submitted, only_sent=only_sent)


def with_order_line_kinds(packet: Packet, facts: Facts) -> Packet:
    """The packet as it is to be written: where a line does not say how its order line counts, the register says it."""
    if all(line.order is None or line.order.kind is not None for line in packet.invoice.lines):
        return packet
    kinds = facts.order_line_kinds
    lines = tuple(
        line.model_copy(update={"order": line.order.model_copy(update={"kind": kind})})
        if line.order
        and line.order.kind is None
        and line.order.line is not None
        and (kind := kinds.get((packet.invoice.order_number_of(line), line.order.line)))
        else line
        for line in packet.invoice.lines
    )
    return packet.model_copy(update={"invoice": packet.invoice.model_copy(update={"lines": lines})})


def context_for(tx: Tx, packet: Packet, account: str, checklist: Checklist, facts: Facts, at_portal: bool) -> Context:
    """What corrections may lean on: the facts, and the register's rows for order numbers that may be meant."""
    maybe = {one for order in packet.invoice.orders for one in checklist.orders.candidates(order.number)}
    candidates = orders.known(tx, account, maybe) if maybe else {}
    return Context(checklist, facts.orders, candidates, at_portal)


def files_of(tx: Tx, packet: Packet) -> tuple[File, ...]:
    """The packet's papers with their bytes, in the packet's order."""
    content = blobs(tx, [document.sha256 for document in packet.documents])
    return tuple(
        File(document.name, document.media_type, document.kind.value, content[document.sha256], document.sha256)
        for document in packet.documents
    )


def drawn_by(packet: Packet) -> tuple[Commitment, ...]:
    """What an invoice takes from purchase orders, by order line; a credit note takes nothing."""
    if packet.invoice.is_credit_note:
        return ()
    drawn: dict[tuple[str, int], Commitment] = {}
    for line in packet.invoice.lines:
        number = packet.invoice.order_number_of(line)
        if not number:
            continue
        key = (number, line.order.line or 0 if line.order else 0)
        before = drawn.get(key)
        amount, quantity = line.net_amount, line.quantity
        if before is not None:
            amount, quantity = before.amount + amount, before.quantity + quantity
        drawn[key] = Commitment(number, key[1], amount, quantity)
    return tuple(drawn.values())

"""Gathers what checks and corrections lean on from the store, so that they themselves ask nobody."""

from datetime import datetime
from zoneinfo import ZoneInfo

from checklists.checklist import Checklist
from checklists.facts import Facts
from gateway.adapter import File, Order
from gateway.corrections import Context
from gateway.house import House
from gateway.packet import Packet
from gateway.store import accounts, orders, packets
from gateway.store.database import Tx, blob
from gateway.store.packets import Commitment


def facts_for(
    house: House,
    tx: Tx,
    packet: Packet,
    account: str,
    now: datetime,
    *,
    packet_id: str = "",
    only_sent: bool = False,
    lock: bool = False,
) -> Facts:
    """What a check of this packet must know. `only_sent` leaves out invoices that are built and not yet sent."""
    named = {order.number for order in packet.invoice.orders}
    known = orders.known(tx, account, named, lock=lock)
    complete = accounts.load(tx, account).orders_read_at is not None
    register: dict[str, Order | None] = dict.fromkeys(named) if complete else {}
    settings = house.account_settings(account)
    owner = packets.number_owner(tx, account, packet.invoice.number)
    return Facts(
        today=now.astimezone(ZoneInfo(house.settings.time_zone)).date(),
        orders={**register, **known},
        in_flight=orders.in_flight(
            tx,
            account,
            known,
            packet_id,
            counts_submitted=settings.order_balance_counts == "submitted",
            only_sent=only_sent,
        ),
        number_used_by="" if owner == packet_id else owner,
    )


def context_for(tx: Tx, packet: Packet, account: str, checklist: Checklist, facts: Facts, at_portal: bool) -> Context:
    """What corrections may lean on: the facts, and the register's rows for order numbers that may be meant."""
    maybe = {one for order in packet.invoice.orders for one in checklist.orders.candidates(order.number)}
    candidates = orders.known(tx, account, maybe) if maybe else {}
    return Context(checklist, facts.orders, candidates, at_portal)


def files_of(tx: Tx, packet: Packet) -> tuple[File, ...]:
    """The packet's papers with their bytes, in the packet's order."""
    return tuple(
        File(document.name, document.media_type, document.kind.value, blob(tx, document.sha256), document.sha256)
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

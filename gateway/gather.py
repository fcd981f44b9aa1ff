"""Gathers what checks and corrections lean on from the store, so that they themselves ask nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Literal
from zoneinfo import ZoneInfo

from checklists.checklist import Checklist
from checklists.facts import Billed, Facts, InFlight
from gateway.adapter import File
from gateway.corrections import Context
from gateway.house import House
from gateway.order import Order
from gateway.packet import Packet, SupportingDocument
from gateway.paper_sending import PapersToSend, files_from
from gateway.store import accounts, orders, packets
from gateway.store.database import Tx, blob, blobs
from gateway.store.packets import AttemptRecord, Commitment
from gateway.timesheets import contents, read_sheets
from gateway.verdict import Level, Outcome, Status

_ENDED = frozenset({Status.rejected, Status.cancelled})


def facts_for(house: House, tx: Tx, packet: Packet, account: str, now: datetime, *, packet_id: str = "") -> Facts:
    """What a check of this packet must know, our invoices that are built and wait for their turn included."""
    named = {order.number for order in packet.invoice.orders}
    known = orders.known(tx, account, named)
    register: dict[str, Order | None] = {}
    missing = named - known.keys()
    if missing and accounts.load(tx, account).orders_read_at is not None:
        came = {one.number for one in orders.unread(tx, account, missing)}  # of an order that came nothing is denied
        register = dict.fromkeys(missing - came)
    owner = packets.number_owner(tx, account, packet.invoice.number)
    sent = packets.attempts(tx, packet_id) if packet_id and owner == packet_id else ()
    return Facts(
        today=_today(house, now),
        made_on=_today(house, packet.generated_at),
        orders={**register, **known},
        in_flight=_in_flight(house, tx, account, known, packet_id, only_sent=False),
        number_used_by="" if owner == packet_id else owner,
        number_ended_as=_ended_as(tx, [one for one in sent if one.invoice_number == packet.invoice.number]),
        numbers_used=tuple(dict.fromkeys(one.invoice_number for one in sent)),
        original=_original(tx, packet, account),
    )


def with_evidence(
    house: House,
    tx: Tx,
    facts: Facts,
    packet: Packet,
    checklist: Checklist,
    account: str,
    packet_id: str,
    files: Mapping[str, bytes] | None = None,
) -> Facts:
    """The facts and what this client's checklist asks for beyond them: what stands in the packet's time sheets, and
    what we billed on its orders before. A packet that is not stored brings its `files` by name."""
    content_of = contents(packet, files) if files is not None else partial(blob, tx)
    before: Mapping[str, tuple[Billed, ...]] = {}
    if checklist.orders.runs_out_within_weeks is not None:
        known = {number for number, order in facts.orders.items() if order is not None}
        since, zone = packet.generated_at - _LOOKED_BACK, ZoneInfo(house.settings.time_zone)
        before = orders.billed_before(tx, account, known, packet_id, since, zone)
    return replace(facts, sheets=read_sheets(packet, checklist, content_of), billed_before=before)


_LOOKED_BACK = timedelta(weeks=13)  # a quarter: long enough for monthly invoices, short enough to tell of today


def _ended_as(tx: Tx, sent: Sequence[AttemptRecord]) -> Literal["", "failed", "rejected"]:
    """Who refused what was last sent under a number, where the portal had taken it. A buyer's no is the graver one,
    also of an earlier try: the buyer has seen the number."""
    if not sent or sent[-1].outcome is not Outcome.receipted:
        return ""
    refused = {
        attempt_id: verdict.level
        for attempt_id, verdict, _ in packets.verdicts(tx, sent[-1].packet_id)
        if verdict.status is Status.rejected
    }
    if sent[-1].id not in refused:
        return ""
    return "failed" if {refused.get(one.id, Level.portal) for one in sent} == {Level.portal} else "rejected"


def _original(tx: Tx, packet: Packet, account: str) -> str | None:
    """What the portal knows the credited invoice by, as our last transmission under its number had it, if it lives."""
    preceding = packet.invoice.preceding
    if preceding is None or not packet.invoice.is_credit_note:
        return None
    attempt = packets.attempt_with_number(tx, account, preceding.number)
    record = packets.load(tx, attempt.packet_id) if attempt else None
    if attempt is None or record is None or attempt.n != record.transmissions or record.status in _ENDED:
        return ""
    return attempt.portal_reference


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


def as_written(packet: Packet, facts: Facts) -> Packet:
    """The packet as it is to be written: what it leaves to the register and to our own books is filled in."""
    return _with_original(_with_order_versions(with_order_line_kinds(packet, facts), facts), facts)


def _with_order_versions(packet: Packet, facts: Facts) -> Packet:
    """An order that is named by its number alone is named by its present version as well (Ariba facts, section 3: else
    the invoice can fail as if the order were unknown). What the packet says of a version stands as it is."""
    orders = tuple(
        reference.model_copy(update={"payload_id": order.payload_id, "stated_date": order.stated_date})
        if (order := facts.orders.get(reference.number)) is not None
        and order.is_versioned
        and reference.channel == "portal"
        and not (reference.payload_id or reference.stated_date)
        else reference
        for reference in packet.invoice.orders
    )
    if orders == packet.invoice.orders:
        return packet
    return packet.model_copy(update={"invoice": packet.invoice.model_copy(update={"orders": orders})})


def _with_original(packet: Packet, facts: Facts) -> Packet:
    """A credit note names its invoice by number; some portals want their own id of it as well."""
    preceding = packet.invoice.preceding
    if preceding is None or preceding.reference or not facts.original:
        return packet
    named = preceding.model_copy(update={"reference": facts.original})
    return packet.model_copy(update={"invoice": packet.invoice.model_copy(update={"preceding": named})})


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


def context_for(
    tx: Tx, packet: Packet, account: str, checklist: Checklist, facts: Facts, packet_id: str = ""
) -> Context:
    """What corrections may lean on: the facts, the register's rows for order numbers that may be meant, and the papers
    that a stored packet had before."""
    maybe = {one for order in packet.invoice.orders for one in checklist.orders.candidates(order.number)}
    candidates = orders.known(tx, account, maybe) if maybe else {}
    return Context(
        checklist,
        facts.orders,
        candidates,
        facts.number_ended_as,
        facts.numbers_used,
        facts.today,
        _papers_before(tx, packet, packet_id),
    )


def _papers_before(tx: Tx, packet: Packet, packet_id: str) -> tuple[SupportingDocument, ...]:
    """Papers of earlier revisions whose bytes are in none of the present ones, each once, the newest first."""
    known = {document.sha256 for document in packet.documents}
    found: dict[str, SupportingDocument] = {}
    for n in range(len(packets.revisions(tx, packet_id)) if packet_id else 0, 0, -1):
        for document in packets.body(tx, packet_id, n).documents:
            if document.sha256 not in known:
                found.setdefault(document.sha256, document)
    return tuple(found.values())


def files_of(tx: Tx, papers: PapersToSend) -> tuple[File, ...]:
    """The papers with their bytes, in the order in which they leave."""
    documents = [paper.document for paper in papers.sent.papers]
    kept = blobs(tx, [one.sha256 for one in documents if one.sha256 not in papers.made])
    return files_from(papers, {**kept, **papers.made}.__getitem__)


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

"""Verdicts landing: what a portal says is kept on its attempt, and moves the packet only where it may.

A verdict that was seen before changes nothing, unless it is the newest and something else came between: portals date
to the second, and a row read before an answer may land after it. One that is older than what the portal said last, or
that speaks of an earlier transmission, is kept and told, and the packet stays where it is. Payment is never taken back
by a late word.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from gateway.buyer_words import named
from gateway.gather import drawn_by
from gateway.holding import hold, hold_for_reasons
from gateway.house import House
from gateway.learning import note_acceptance
from gateway.store import answers, events, packets
from gateway.store.database import Tx
from gateway.store.packets import AttemptRecord, PacketRecord
from gateway.store.queue import DESK
from gateway.verdict import FINAL_STAGES, Actor, Level, Reason, ReasonCode, Stage, Status, Verdict

ALIVE = frozenset({Status.received, Status.in_process, Status.under_query, Status.accepted, Status.paid})
"""Said of an invoice that the portal holds and may yet pay."""
_ACCEPTANCES = frozenset({Status.accepted, Status.paid})
_DROPPED = frozenset({Status.rejected, Status.cancelled})
_DECISIONS = _ACCEPTANCES | {Status.rejected}
_OBJECTIONS = frozenset({Status.under_query, Status.rejected})
_UNDER_WAY = frozenset({Stage.sending, Stage.waiting, Stage.held, Stage.correcting})


def land(house: House, tx: Tx, attempt: AttemptRecord, verdict: Verdict, by: str, raw: bytes = b"") -> bool:
    """Keeps one verdict and moves its packet accordingly; says whether it was news. Locks the packet's row."""
    record = packets.load(tx, attempt.packet_id, lock=True)
    if record is None:
        raise LookupError(f"attempt {attempt.id} belongs to no packet")
    return land_on(house, tx, record, attempt, verdict, by, raw)


def land_on(
    house: House,
    tx: Tx,
    record: PacketRecord,
    attempt: AttemptRecord,
    verdict: Verdict,
    by: str,
    raw: bytes = b"",
    columns: Mapping[str, Any] = MappingProxyType({}),
) -> bool:
    """As `land`, on a packet that the caller has locked and loaded; `columns` are changed with it.

    What the adapter could not name is read from the portal's words first."""
    said, verdict = verdict, named(verdict)
    newest = packets.latest_verdict_time(tx, attempt.id) if verdict.at is not None else None
    news = packets.add_verdict(tx, attempt, verdict, house.database.now(tx), raw, said=said)
    if not news and not _stands_again(record, attempt, verdict, newest):
        return False
    now = house.database.now(tx)
    if verdict.status in _OBJECTIONS and not record.contested:
        packets.mark_contested(tx, record)  # whenever it was said, it was on the way
    if attempt.n != record.transmissions:
        _earlier_transmission(house, tx, record, attempt, verdict, now, by)
    elif newest is not None and verdict.at is not None and verdict.at < newest:
        events.record(tx, record.id, now, "verdict_late", by, **_told(attempt, verdict))
        if verdict.status in _ACCEPTANCES and (record.accepted_at is None or verdict.at < record.accepted_at):
            packets.mark_accepted_at(tx, record, verdict.at)  # accepted is accepted when it was first said
    else:
        _apply(house, tx, record, attempt, verdict, now, by, columns)
    return True


def _stands_again(record: PacketRecord, attempt: AttemptRecord, verdict: Verdict, newest: datetime | None) -> bool:
    """Whether a known verdict is the portal's newest word after all, and the packet does not show it."""
    current = attempt.n == record.transmissions and record.stage not in FINAL_STAGES
    shown = record.status == verdict.status and record.portal_status == verdict.portal_status[:200]
    return current and not shown and verdict.at is not None and verdict.at == newest


def _apply(
    house: House,
    tx: Tx,
    record: PacketRecord,
    attempt: AttemptRecord,
    verdict: Verdict,
    now: datetime,
    by: str,
    columns: Mapping[str, Any],
) -> None:
    said: dict[str, Any] = {"status": verdict.status.value, "portal_status": verdict.portal_status[:200], **columns}
    said["heard_at"] = now
    if verdict.level is Level.buyer and verdict.status in _DECISIONS:
        answers.note(tx, record, attempt, now)
    told = _told(attempt, verdict)
    final = record.stage in (Stage.accepted, Stage.stopped)
    paid = record.status == Status.paid and verdict.status is not Status.paid
    if verdict.status in ALIVE and record.status in _DROPPED:
        # It lives after all: it draws on its orders again.
        packets.commit_orders(tx, record, drawn_by(packets.body(tx, record.id, attempt.revision)))
    match verdict.status:
        case _ if paid or record.stage is Stage.stopped:
            # Paid stays paid, and what a person ended stays ended; the word itself is kept and shown.
            events.record(tx, record.id, now, "verdict_noted", by, **told)
        case Status.accepted | Status.paid:
            accepted_at = record.accepted_at or verdict.at or now
            packets.move(tx, record, Stage.accepted, now, by, data=told, accepted_at=accepted_at, why="[]", **said)
            note_acceptance(house, tx, record)
        case Status.received | Status.in_process if not final:
            packets.move(tx, record, Stage.waiting, now, by, "verdict", data=told, why="[]", **said)
        case Status.received | Status.in_process:
            events.record(tx, record.id, now, "verdict_noted", by, **told)
        case Status.rejected if not final and attempt.revision != record.revision:
            # Said once more, of what a newer revision is about to replace.
            events.record(tx, record.id, now, "verdict_noted", by, **told)
        case Status.rejected if not final and orders_to_void(tx, attempt):
            # A buyer's system may say so of what it cancelled (cXML facts, section 6): never sent again by itself.
            packets.commit_orders(tx, record, ())
            action = "The invoice was to be voided, and the portal says that it is rejected. Stop it, or send it again."
            why = packets.reasons_json(verdict.reasons)
            hold(house, tx, record, now, by, who=Actor.us, action=action, why=why, told=told, contested=True, **said)
        case Status.rejected if not final:
            packets.commit_orders(tx, record, ())
            said["why"] = packets.as_text(packets.reasons_json(verdict.reasons))
            packets.move(tx, record, Stage.correcting, now, by, "rejected", data=told, **said)
            house.queue.enqueue(tx, "advance", DESK, f"advance:{record.id}", packet_id=record.id)
        case Status.unknown if final:
            events.record(tx, record.id, now, "verdict_noted", by, **told)
        case Status.unknown:
            action = (
                f"The portal says {verdict.portal_status!r}, a word that Clearbill does not know. Look at the invoice "
                "there; Clearbill goes on by itself when the portal says something it knows."
            )
            why = packets.reasons_json(verdict.reasons)
            hold(house, tx, record, now, by, who=Actor.us, action=action, why=why, told=told, **said)
        case _:
            _taken_back(house, tx, record, attempt, verdict, now, by, said)


def _taken_back(
    house: House,
    tx: Tx,
    record: PacketRecord,
    attempt: AttemptRecord,
    verdict: Verdict,
    now: datetime,
    by: str,
    said: dict[str, Any],
) -> None:
    """A dispute, a cancellation that nobody here ordered, or a no after a yes: always a person's."""
    told = _told(attempt, verdict)
    if verdict.status is Status.cancelled:
        packets.commit_orders(tx, record, ())
        if orders_to_void(tx, attempt):  # its answer may have been lost, and the portal's list tells it now
            packets.move(tx, record, Stage.stopped, now, by, "voided", touched=True, why="[]", **said)
            return
        if any(reason.code is ReasonCode.replaced for reason in verdict.reasons):
            hold_for_reasons(house, tx, record, now, by, verdict.reasons, told=told, contested=True, **said)
            return
        action = (
            "The invoice was cancelled at the portal and not by us. Ask the client why, then send it again or stop it."
        )
        why = packets.reasons_json(verdict.reasons)
        hold(house, tx, record, now, by, who=Actor.us, action=action, why=why, told=told, contested=True, **said)
        return
    if verdict.status is Status.rejected:
        packets.commit_orders(tx, record, ())
    hold_for_reasons(house, tx, record, now, by, verdict.reasons, verdict.who_acts, told=told, **said)


def orders_to_void(tx: Tx, attempt: AttemptRecord) -> tuple[str, ...]:
    """The reasons of a person's orders to take this transmission back, first to last."""
    return tuple(
        str(event.data.get("why", ""))
        for event in events.history(tx, attempt.packet_id)
        if event.kind == "void_ordered" and event.data.get("attempt") == attempt.n
    )


def void_refused(house: House, tx: Tx, packet_id: str, reasons: Sequence[Reason], now: datetime, by: str) -> None:
    """The portal said no to a void: the invoice stands there as it did, and a person is told. The packet is locked."""
    record = packets.load(tx, packet_id)
    if record is None or record.stage is Stage.stopped:
        return
    action = "The portal refused to void the invoice, which stands there as before. Read its words; ask the client."
    why = packets.reasons_json(reasons)
    hold(house, tx, record, now, by, who=Actor.us, action=action, why=why, touched=True)


def _earlier_transmission(
    house: House, tx: Tx, record: PacketRecord, attempt: AttemptRecord, verdict: Verdict, now: datetime, by: str
) -> None:
    """An answer about a transmission that another one has replaced; alive there, it may mean a double."""
    told = _told(attempt, verdict)
    if verdict.status not in ALIVE or record.stage not in _UNDER_WAY | {Stage.accepted}:
        events.record(tx, record.id, now, "verdict_noted", by, **told)
        return
    action = (
        f"Transmission {attempt.n} (invoice {attempt.invoice_number}) is alive at the portal although a later one "
        "replaced it. Compare both there and have one of them cancelled."
    )
    why = packets.reasons_json(verdict.reasons)
    hold(house, tx, record, now, by, who=Actor.us, action=action, why=why, told=told)


def _told(attempt: AttemptRecord, verdict: Verdict) -> dict[str, Any]:
    return {
        "attempt": attempt.n,
        "level": verdict.level.value,
        "status": verdict.status.value,
        "portal_status": verdict.portal_status[:200],
        "portal_reference": attempt.portal_reference,
        "portal_time": verdict.at.isoformat() if verdict.at else None,
        "reasons": packets.reasons_json(verdict.reasons),
    }

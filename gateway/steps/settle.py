"""sending -> waiting, built or held: a transmission in doubt is settled by asking the portal, and by nothing else."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.adapter import Ability, Document, Found, Receipt, least_settling
from gateway.errors import AccountMustStop, PortalUnavailable
from gateway.health import account_failed, account_worked, stop_account
from gateway.holding import hold
from gateway.house import House
from gateway.inbox import has_spoken_of
from gateway.packet import Packet
from gateway.steps import Result
from gateway.steps.send import (
    exact_matches,
    hold_in_doubt,
    moved_on,
    pause_before,
    receipted_or_refused,
    without_earlier,
)
from gateway.store import packets
from gateway.store.database import Tx
from gateway.store.packets import AttemptRecord, PacketRecord
from gateway.store.queue import Claim, Job
from gateway.verdict import Actor, Level, Outcome, Stage, Status, Verdict

MOST_LOST = 3  # transmissions of one revision that broke off and proved not to have arrived


def settle(house: House, claim: Claim, job: Job, record: PacketRecord) -> Result:
    """Asks the portal for exactly this invoice, once the settling margin is over."""
    with house.database.read() as tx:
        *earlier, attempt = packets.attempts(tx, record.id)
        packet = packets.body(tx, record.id, attempt.revision)
        now = house.database.now(tx)
        told_of = has_spoken_of(house, tx, record.account, attempt.reference)
    if told_of:
        return receipted_or_refused(house, attempt, _receipt_by_a_word(attempt))
    adapter = house.portals.adapter(record.account)
    margin = max(house.account_settings(record.account).settling_seconds, least_settling(adapter))
    left = margin - (now - attempt.started_at).total_seconds()
    if left > 0:
        return _ask_later(house, record, left)
    if Ability.find not in adapter.abilities:
        what = "The portal cannot be asked through this account: it has no status source."
        return _before_a_person(house, attempt, what)
    try:
        found = adapter.find(attempt.invoice_number)
    except PortalUnavailable as fault:
        return _portal_does_not_answer(house, attempt, job, fault)
    except AccountMustStop as fault:
        return _account_stops(house, record, fault)
    return _decided(house, attempt, packet, without_earlier(found, earlier))


def _decided(house: House, attempt: AttemptRecord, packet: Packet, found: tuple[Found, ...]) -> Result:
    """Only an exact match counts; nothing there means not sent; anything else is for a person."""
    invoice = packet.invoice
    sought = Document("", "", b"", invoice.number, invoice.totals.payable, invoice.currency)
    matches = exact_matches(found, sought)
    if len(matches) == 1 and len(found) == 1:
        return receipted_or_refused(
            house, attempt, Receipt(Outcome.receipted, matches[0].verdict, matches[0].portal_reference)
        )
    unfinished = [one for one in found if not one.complete and one.number == invoice.number]
    if len(unfinished) == len(found) <= 1:
        return _send_again(house, attempt, unfinished[0].portal_reference if unfinished else "")
    seen = "; ".join(
        f"{one.portal_reference}: {one.number}, {one.total if one.total is not None else 'total unknown'} "
        f"{one.currency}, {one.verdict.portal_status}"
        for one in found
    )
    return _before_a_person(house, attempt, f"The portal holds something else under this number ({seen}).")


def _receipt_by_a_word(attempt: AttemptRecord) -> Receipt:
    """The portal has named our own reference: it has that document. What it said of it lands next."""
    verdict = Verdict(Status.received, Level.transport, portal_status="told of by the portal")
    return Receipt(Outcome.receipted, verdict, attempt.reference)


def _send_again(house: House, attempt: AttemptRecord, draft: str) -> Result:
    """The portal has nothing, or only a draft of ours that submitting again finishes; that one is kept in mind."""

    def write(tx: Tx) -> None:
        record = _in_doubt(tx, attempt)
        if record is None:
            moved_on(house, tx, attempt)
            return
        if has_spoken_of(house, tx, attempt.account, attempt.reference):
            moved_on(house, tx, attempt)  # in the meantime: to be settled once more, by what was said
            return
        now = house.database.now(tx)
        note = f"{attempt.note} {_SETTLED}".strip()
        packets.end_attempt(tx, attempt.id, Outcome.not_sent, now, portal_reference=draft, note=note)
        first = packets.first_outcome(record, Outcome.not_sent)
        account_worked(tx, attempt.account)
        lost = _lost_in_a_row(tx, record)
        if lost >= MOST_LOST:
            _give_up(house, tx, record, now, lost, first)
            return
        packets.move(tx, record, Stage.built, now, "pipeline", "settled_not_sent", data={"attempt": attempt.n}, **first)
        delay = pause_before(now, lost, None)
        house.queue.enqueue(tx, "advance", record.account, f"advance:{record.id}", packet_id=record.id, delay=delay)

    return write


def _give_up(house: House, tx: Tx, record: PacketRecord, now: datetime, lost: int, first: Mapping[str, Any]) -> None:
    what = (
        packets.attempts(tx, record.id)[-1].note.removesuffix(_SETTLED).strip() or "Nothing was heard of the last one."
    )
    action = (
        f"The portal failed on this invoice {lost} times and has not taken it. Check purchase order number, line "
        "numbers, units of measure and, for a credit note, the original invoice; then check again."
    )
    why = [{"code": "portal_fault", "path": "", "portal_code": "", "portal_text": "", "sentence": what}]
    packets.commit_orders(tx, record, ())
    hold(house, tx, record, now, "pipeline", who=Actor.us, action=action, why=why, **first)


def _before_a_person(house: House, attempt: AttemptRecord, what: str) -> Result:
    def write(tx: Tx) -> None:
        record = _in_doubt(tx, attempt)
        if record is None:
            moved_on(house, tx, attempt)
            return
        hold_in_doubt(house, tx, record, house.database.now(tx), what)

    return write


def _ask_later(house: House, record: PacketRecord, seconds: float) -> Result:
    def write(tx: Tx) -> None:
        house.queue.enqueue(tx, "advance", record.account, f"advance:{record.id}", packet_id=record.id, delay=seconds)

    return write


def _portal_does_not_answer(house: House, attempt: AttemptRecord, job: Job, fault: PortalUnavailable) -> Result:
    """Not being able to ask is waited out; the breaker and the account's state show it."""

    def write(tx: Tx) -> None:
        record = _in_doubt(tx, attempt)
        if record is None:
            moved_on(house, tx, attempt)
            return
        now = house.database.now(tx)
        account_failed(house, tx, attempt.account, str(fault), fault.retry_at)
        waited = (now - attempt.started_at).total_seconds()
        if waited > 24 * 3600:
            hold_in_doubt(house, tx, record, now, f"The portal could not be asked for a day. {fault}")
            return
        delay = max(pause_before(now, 0, fault.retry_at), min(waited, 300.0))
        house.queue.enqueue(tx, "advance", record.account, f"advance:{record.id}", packet_id=record.id, delay=delay)

    return write


def _account_stops(house: House, record: PacketRecord, fault: AccountMustStop) -> Result:
    def write(tx: Tx) -> None:
        stop_account(house, tx, record.account, fault)
        house.queue.enqueue(tx, "advance", record.account, f"advance:{record.id}", packet_id=record.id)

    return write


def _lost_in_a_row(tx: Tx, record: PacketRecord) -> int:
    attempts = [one for one in packets.attempts(tx, record.id) if one.revision == record.revision]
    return sum(1 for one in attempts if one.outcome is Outcome.not_sent and one.note.endswith(_SETTLED))


_SETTLED = "Settled: not submitted at the portal."


def _in_doubt(tx: Tx, attempt: AttemptRecord) -> PacketRecord | None:
    record = packets.load(tx, attempt.packet_id, lock=True)
    if record is None or record.stage is not Stage.sending or record.transmissions != attempt.n:
        return None
    return record

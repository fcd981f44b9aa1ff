"""A void by document: the same invoice once more, marked to be deleted, naming the document that it takes back.

It is stored before its first byte leaves and in doubt until answered, as an invoice is. The answer says at most that
the portal took it: what became of the invoice is told by its own status. So after a doubt, and after an answer, the
portal is asked for the invoice. Cancelled is the end. Alive means, after a doubt, that the same bytes leave once more
(the same id, and nothing can be deleted twice); after an answer, more waiting, up to a day. Then a person decides.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gateway.adapter import OURS, Ability, Adapter, Cancelling, Document, Receipt, Stamp
from gateway.errors import AccountMustStop, CannotExpress, MaybeSent, NotSent, PortalUnavailable
from gateway.gather import as_written, facts_for
from gateway.health import account_failed, account_worked, stop_account
from gateway.holding import hold
from gateway.house import House
from gateway.landing import land, void_refused
from gateway.pausing import may_send
from gateway.steps import Result, nothing
from gateway.steps.send import pause_before
from gateway.store import cancellations, events, packets
from gateway.store.cancellations import CancellationRecord
from gateway.store.database import Tx, blob
from gateway.store.packets import AttemptRecord, PacketRecord
from gateway.store.queue import URGENT, Claim, Job
from gateway.verdict import Actor, Outcome, Stage, Status, Verdict

MOST_TRIES = 3  # of the same bytes
_LONGEST_WAIT = timedelta(hours=24)
_LOOK_EVERY = 900.0  # seconds
_ENDED = frozenset({Status.rejected.value, Status.cancelled.value})


@dataclass(frozen=True, slots=True)
class Order:
    """A person's order to take back `attempt`: the last of `given` such orders, with its reason."""

    packet: PacketRecord
    attempt: AttemptRecord
    why: str
    given: int


class _Cancels(Adapter, Cancelling, Protocol):
    """An adapter that can do both."""


def cancel_by_document(house: House, claim: Claim, job: Job, adapter: "_Cancels", order: Order) -> Result:
    """The next step of an ordered void: look, send, or nothing where a person was told already."""
    if order.packet.stage is Stage.stopped or order.packet.status in _ENDED:
        return nothing
    with house.database.read() as tx:
        sent = cancellations.of_attempt(tx, order.attempt.id)
    last = sent[-1] if sent else None
    if last is not None and last.outcome in cancellations.OPEN:
        return _looked_for(house, claim, job, adapter, order, last)
    if last is None or last.n < order.given:
        return _sent(house, claim, job, adapter, order)
    return _sent_again(house, claim, job, adapter, order, last) if last.outcome is Outcome.not_sent else nothing


# --- sending ------------------------------------------------------------------------------------------------------


def _sent(house: House, claim: Claim, job: Job, adapter: "_Cancels", order: Order) -> Result:
    """One document for the last order given: the same order never makes another."""
    attempt = order.attempt
    with house.database.read() as tx:
        now = house.database.now(tx)
        packet = packets.body(tx, attempt.packet_id, attempt.revision)
        facts = facts_for(house, tx, packet, attempt.account, now, packet_id=attempt.packet_id)
    reference = f"{attempt.packet_id}.{attempt.revision}.void{order.given}{OURS}"
    presentation = house.checklist(order.packet.client, order.packet.generated_at).presentation
    try:
        document = adapter.cancellation(
            as_written(packet, facts), presentation, Stamp(reference, now), attempt.portal_reference, order.why
        )
    except CannotExpress as fault:
        return _before_a_person(house, order, f"The portal has no place for this void: {fault} Void it there by hand.")
    with house.queue.write() as tx:
        if not _may_begin(house, tx, claim, job, order):
            return nothing
        now = house.database.now(tx)
        one = cancellations.begin(tx, attempt, order.given, reference, document, now)
        events.record(tx, attempt.packet_id, now, "void_sending", "pipeline", **_told(order, one))
    return _transmitted(house, claim, adapter, order, one, document)


def _sent_again(
    house: House, claim: Claim, job: Job, adapter: "_Cancels", order: Order, one: CancellationRecord
) -> Result:
    """The same bytes under the same id."""
    if one.tries >= MOST_TRIES:
        what = f"The order to void the invoice could not be handed over in {one.tries} tries. {one.note}"
        return _before_a_person(house, order, f"{what} Look at the portal, then order it again.", one)
    with house.queue.write() as tx:
        if not _may_begin(house, tx, claim, job, order):
            return nothing
        now = house.database.now(tx)
        cancellations.begin_again(tx, one, now)
        events.record(tx, one.packet_id, now, "void_sending", "pipeline", **_told(order, one))
        body = blob(tx, one.document_sha256)
        packet = order.packet
        number = order.attempt.invoice_number
    document = Document(one.format, one.content_type, body, number, packet.total, packet.currency)
    return _transmitted(house, claim, adapter, order, one, document)


def _may_begin(house: House, tx: Tx, claim: Claim, job: Job, order: Order) -> bool:
    """The last look under the locks: the transmission is still the last one, and the portal has not ended it. What
    failed at the portal is never taken back, for the buyer never got it (Ariba facts, section 6). Raises
    ClientPaused."""
    present = packets.load(tx, order.packet.id, lock=True)
    if present is None or present.transmissions != order.attempt.n or present.stage is Stage.stopped:
        return False
    house.queue.holds(tx, claim, job)
    if present.status in _ENDED:
        return False
    may_send(tx, present.client)
    return True


def _transmitted(
    house: House, claim: Claim, adapter: Adapter, order: Order, one: CancellationRecord, document: Document
) -> Result:
    try:
        if time.monotonic() >= claim.ends:  # nothing has left yet, and nothing may any more
            raise NotSent(one.account, "the lease ran out before the first byte left")
        receipt = adapter.submit(document, one.reference)
    except NotSent as fault:
        return _not_handed_over(house, order, one, fault, Outcome.not_sent)
    except MaybeSent as fault:
        return _not_handed_over(house, order, one, fault, Outcome.maybe_sent)
    except AccountMustStop as fault:
        return _account_stops(house, order, one, fault)
    return lambda tx: _answered(house, tx, order, one, receipt)


# --- what became of it --------------------------------------------------------------------------------------------


def _answered(house: House, tx: Tx, order: Order, one: CancellationRecord, receipt: Receipt) -> None:
    packets.lock(tx, one.packet_id)
    now = house.database.now(tx)
    said = receipt.verdict
    cancellations.end(tx, one, receipt.outcome, now, note=said.portal_status, raw=receipt.raw)
    account_worked(tx, one.account)
    if receipt.outcome is Outcome.refused:
        void_refused(house, tx, one.packet_id, said.reasons, now, f"portal:{one.account}")
        return
    events.record(tx, one.packet_id, now, "void_taken", f"portal:{one.account}", **_told(order, one))
    _again(house, tx, order, house.account_settings(one.account).settling_seconds)


def _not_handed_over(
    house: House, order: Order, one: CancellationRecord, fault: NotSent | MaybeSent, outcome: Outcome
) -> Result:
    """Not there, or in doubt: it is tried, or looked for, after a while."""

    def write(tx: Tx) -> None:
        packets.lock(tx, one.packet_id)
        now = house.database.now(tx)
        cancellations.end(tx, one, outcome, now, note=str(fault))
        account_failed(house, tx, one.account, str(fault), fault.retry_at)
        told = {**_told(order, one), "what": str(fault)}
        events.record(tx, one.packet_id, now, "void_in_doubt", "pipeline", **told)
        settling = house.account_settings(one.account).settling_seconds
        pause = pause_before(now, one.tries, fault.retry_at)
        _again(house, tx, order, settling if outcome is Outcome.maybe_sent else pause)

    return write


def _account_stops(house: House, order: Order, one: CancellationRecord, fault: AccountMustStop) -> Result:
    def write(tx: Tx) -> None:
        stop_account(house, tx, one.account, fault)
        words = f"It is not known whether the portal voided the invoice. Look there, then order it again. {fault}"
        _before_a_person(house, order, words, one)(tx)

    return write


def _looked_for(
    house: House, claim: Claim, job: Job, adapter: "_Cancels", order: Order, one: CancellationRecord
) -> Result:
    """Asks the portal how the invoice stands, once the settling margin is over."""
    with house.database.read() as tx:
        now = house.database.now(tx)
    left = house.account_settings(one.account).settling_seconds - (now - one.started_at).total_seconds()
    if left > 0:
        return lambda tx: _again(house, tx, order, left)
    if Ability.find not in adapter.abilities:
        return _not_to_be_asked(house, order, one, now)
    try:
        found = adapter.find(order.attempt.invoice_number)
    except PortalUnavailable as fault:
        return _cannot_ask(house, order, one, fault)
    except AccountMustStop as fault:
        return _account_stops(house, order, one, fault)
    ours = [each for each in found if each.portal_reference == order.attempt.portal_reference]
    if not ours:
        return _before_a_person(house, order, "The portal no longer lists the invoice. Look for it there.", one)
    verdict = ours[0].verdict
    if verdict.status is Status.cancelled:
        return lambda tx: _found_cancelled(house, tx, order, one, verdict)
    if one.outcome is Outcome.maybe_sent and one.tries < MOST_TRIES:
        return _sent_again(house, claim, job, adapter, order, one)
    if one.n < order.given:
        return _sent(house, claim, job, adapter, order)
    return _wait_on(house, order, one, now, f"The portal says {verdict.portal_status!r} of it.")


def _found_cancelled(house: House, tx: Tx, order: Order, one: CancellationRecord, verdict: Verdict) -> None:
    """What a person ordered has happened; the verdict lands on the transmission and ends the packet."""
    packets.lock(tx, one.packet_id)
    cancellations.end(tx, one, Outcome.receipted, house.database.now(tx), note=verdict.portal_status)
    land(house, tx, order.attempt, verdict, f"portal:{one.account}")


def _not_to_be_asked(house: House, order: Order, one: CancellationRecord, now: datetime) -> Result:
    """Not being able to ask: after a doubt a person decides; what was taken may yet be told by a status update."""
    if one.outcome is Outcome.maybe_sent:
        words = "It is not known whether the portal got the order to void the invoice. Look there, then order it again."
        return _before_a_person(house, order, words, one)
    return _wait_on(house, order, one, now, "The portal cannot be asked through this account.")


def _wait_on(house: House, order: Order, one: CancellationRecord, now: datetime, said: str) -> Result:
    if now - (one.finished_at or one.started_at) < _LONGEST_WAIT and one.outcome is Outcome.receipted:
        return lambda tx: _again(house, tx, order, _LOOK_EVERY)
    words = f"The invoice was to be voided, and nothing came of it. {said} Take it up with the client."
    return _before_a_person(house, order, words, one)


def _cannot_ask(house: House, order: Order, one: CancellationRecord, fault: PortalUnavailable) -> Result:
    def write(tx: Tx) -> None:
        account_failed(house, tx, one.account, str(fault), fault.retry_at)
        _again(house, tx, order, max(pause_before(house.database.now(tx), 0, fault.retry_at), 60.0))

    return write


def _before_a_person(house: House, order: Order, what: str, one: CancellationRecord | None = None) -> Result:
    def write(tx: Tx) -> None:
        record = packets.load(tx, order.packet.id, lock=True)
        if record is None or record.transmissions != order.attempt.n or record.stage is Stage.stopped:
            return
        said = one.note if one is not None else ""
        why = [{"code": "other", "path": "", "portal_code": "", "portal_text": said, "sentence": what}] if said else ()
        now = house.database.now(tx)
        hold(house, tx, record, now, "pipeline", who=Actor.us, action=what, why=why, touched=True)

    return write


def _again(house: House, tx: Tx, order: Order, seconds: float) -> None:
    packet_id, account = order.packet.id, order.packet.account
    house.queue.enqueue(
        tx, "void", account, f"void:{packet_id}", packet_id=packet_id, priority=URGENT, max_attempts=3, delay=seconds
    )


def _told(order: Order, one: CancellationRecord) -> dict[str, object]:
    return {"attempt": order.attempt.n, "reference": one.reference, "document_sha256": one.document_sha256}

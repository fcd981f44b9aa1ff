"""Finding the transmission that a portal's word is about, and letting the word land there.

A word that names our own reference proves that the portal has that very document: it is a receipt, where none was seen.
Not while the transmission is under way, though: then its own answer, or `settle`, must say so first. A number alone
proves nothing about a transmission in doubt, for another's document may bear the same.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from gateway.adapter import Notice
from gateway.gather import drawn_by
from gateway.house import House
from gateway.landing import ALIVE, land_on, void_refused
from gateway.store import cancellations, events, packets
from gateway.store.cancellations import CancellationRecord
from gateway.store.database import Tx
from gateway.store.packets import AttemptRecord, PacketRecord
from gateway.verdict import Outcome, Stage, Status


def place(house: House, tx: Tx, accounts: Collection[str], notice: Notice, by: str) -> AttemptRecord | None:
    """Lands a notice on the transmission it speaks of, at one of these accounts; answers that one.

    None where nothing is known under its references and number, or where the doubt must be settled first: then nothing
    was changed. Locks the packet's row."""
    if (taking_back := cancellations.told_of(tx, accounts, notice.reference)) is not None:
        return _told_of_a_void(house, tx, taking_back, notice, by)
    attempt = packets.attempt_told_of(tx, accounts, notice)
    if attempt is None:
        return None
    record = packets.load(tx, attempt.packet_id, lock=True)
    if record is None:
        raise LookupError(f"attempt {attempt.id} belongs to no packet")
    if attempt.outcome is not Outcome.receipted:
        attempt = packets.attempt_as_it_is(tx, attempt.id)  # its answer may have come before we had the lock
    if (taking_back := _may_mean_a_void(tx, attempt, notice)) is not None:
        return _told_of_a_void(house, tx, taking_back, notice, by)
    if attempt.outcome is Outcome.maybe_sent or _lives_after_all(attempt, notice):
        under_way = record.stage is Stage.sending and record.transmissions == attempt.n
        if under_way or not notice.reference or notice.reference != attempt.reference:
            return None
        attempt = _receipted(tx, record, attempt, notice, house.database.now(tx))
    land_on(house, tx, record, attempt, notice.verdict, by, notice.raw)
    return attempt


def _told_of_a_void(
    house: House, tx: Tx, taking_back: CancellationRecord, notice: Notice, by: str
) -> AttemptRecord | None:
    """A word about the document that takes an invoice back: a no is a person's, anything else is told by the invoice's
    own status. Neither is a word about the invoice."""
    packets.lock(tx, taking_back.packet_id)
    attempt = packets.attempt_as_it_is(tx, taking_back.attempt_id)
    if taking_back.outcome is Outcome.refused:
        return attempt
    now, said = house.database.now(tx), notice.verdict
    told = {"attempt": attempt.n, "portal_status": said.portal_status[:200], "status": said.status.value}
    reasons = packets.reasons_json(said.reasons)
    events.record(tx, attempt.packet_id, now, "void_answered", by, reasons=reasons, **told)
    if said.status is Status.rejected:
        cancellations.end(tx, taking_back, Outcome.refused, now, note=said.portal_status, raw=notice.raw)
        void_refused(house, tx, attempt.packet_id, said.reasons, now, by)
    return attempt


def _may_mean_a_void(tx: Tx, attempt: AttemptRecord, notice: Notice) -> CancellationRecord | None:
    """The void under way that a no by number alone may be about: it bears its invoice's number, and must not be taken
    for the invoice's own rejection."""
    if notice.reference or notice.portal_reference or notice.verdict.status is not Status.rejected:
        return None
    sent = cancellations.of_attempt(tx, attempt.id)
    return sent[-1] if sent and sent[-1].outcome in cancellations.OPEN else None


def _lives_after_all(attempt: AttemptRecord, notice: Notice) -> bool:
    """Whether the portal speaks as of a living invoice of what it had refused, or was said not to have."""
    return attempt.outcome is not Outcome.receipted and notice.verdict.status in ALIVE


def _receipted(tx: Tx, record: PacketRecord, attempt: AttemptRecord, notice: Notice, now: datetime) -> AttemptRecord:
    """The portal names our document, so it has it: the transmission is receipted by that."""
    shown = notice.portal_reference or notice.reference
    note = f"{attempt.note} Told of by the portal.".strip()
    packets.end_attempt(tx, attempt.id, Outcome.receipted, now, portal_reference=shown, note=note, raw=notice.raw)
    if record.transmissions == attempt.n:
        packets.mark_first_receipted(tx, record)
        if notice.verdict.status in ALIVE:
            packets.commit_orders(tx, record, drawn_by(packets.body(tx, record.id, attempt.revision)))
    return replace(attempt, outcome=Outcome.receipted, portal_reference=shown)

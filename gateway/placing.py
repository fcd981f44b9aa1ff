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
from gateway.landing import ALIVE, land_on
from gateway.store import packets
from gateway.store.database import Tx
from gateway.store.packets import AttemptRecord, PacketRecord
from gateway.verdict import Outcome, Stage


def place(house: House, tx: Tx, accounts: Collection[str], notice: Notice, by: str) -> AttemptRecord | None:
    """Lands a notice on the transmission it speaks of, at one of these accounts; answers that one.

    None where nothing is known under its references and number, or where the doubt must be settled first: then nothing
    was changed. Locks the packet's row."""
    attempt = packets.attempt_told_of(tx, accounts, notice)
    if attempt is None:
        return None
    record = packets.load(tx, attempt.packet_id, lock=True)
    if record is None:
        raise LookupError(f"attempt {attempt.id} belongs to no packet")
    if attempt.outcome is not Outcome.receipted:
        attempt = packets.attempt_as_it_is(tx, attempt.id)  # its answer may have come before we had the lock
    if attempt.outcome is Outcome.maybe_sent or _lives_after_all(attempt, notice):
        under_way = record.stage is Stage.sending and record.transmissions == attempt.n
        if under_way or not notice.reference or notice.reference != attempt.reference:
            return None
        attempt = _receipted(tx, record, attempt, notice, house.database.now(tx))
    land_on(house, tx, record, attempt, notice.verdict, by, notice.raw)
    return attempt


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

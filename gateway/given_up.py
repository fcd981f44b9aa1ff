"""Work that was given up after its last try: a person has it tried again, or drops what nothing depends on any more.

What may be dropped is what loses nothing: a round of reading comes again with its timer; a packet that is before a
person or has ended owes no work; an order to void can be given again. What a packet still owes, and a document that
has found no place yet, can only be tried again.
"""

from gateway.errors import NotPossible, legible
from gateway.house import House
from gateway.pipeline import PIPELINE
from gateway.store import accounts, events, packets
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord
from gateway.store.queue import DeadLetter

_LONGEST_WHY = 1_000
_RINGS_AGAIN = frozenset({"poll", "orders", "watch"})


def try_again(house: House, job_id: int, who: str, why: str = "") -> None:
    """Gives a piece of work its tries back. Raises NotPossible."""
    with house.queue.write() as tx:
        letter, _ = _found(house, tx, job_id)
        house.queue.revive(tx, letter.id)
        _tell(house, tx, letter, "work_tried_again", who, why)


def drop(house: House, job_id: int, who: str, why: str) -> None:
    """Forgets a piece of work. Raises NotPossible where something would be lost with it, or no reason is given."""
    if not why.strip():
        raise NotPossible("say why it is dropped; the reason is kept.")
    with house.queue.write() as tx:
        letter, record = _found(house, tx, job_id)
        if obstacle := depends_on(letter, record):
            raise NotPossible(obstacle)
        house.queue.drop(tx, letter)
        _tell(house, tx, letter, "work_dropped", who, why)


def depends_on(letter: DeadLetter, record: PacketRecord | None) -> str:
    """Why a piece of work cannot be dropped; "" where it can. `record`: its packet as it stands."""
    if letter.kind in _RINGS_AGAIN or (letter.kind in ("void", "ask") and record is not None):
        return ""
    if letter.kind == "advance" and (record is None or record.stage not in PIPELINE):
        return ""
    if letter.kind == "advance" and record is not None:
        return f"the packet is {record.stage} and would stand still without it. Have it tried again."
    return "what the portal delivered would find no place without it. Have it tried again."


def _found(house: House, tx: Tx, job_id: int) -> tuple[DeadLetter, PacketRecord | None]:
    """The dead letter, locked after its packet, as everywhere. Raises NotPossible."""
    if not 0 < job_id < _MOST:
        raise _no_such(job_id)
    seen = next(iter(house.queue.letters(tx, None, job_id - 1, 1)), None)
    if seen is None or seen.id != job_id:
        raise _no_such(job_id)
    record = packets.load(tx, seen.packet_id, lock=True) if seen.packet_id else None
    letter = house.queue.letter(tx, job_id)
    if letter is None:
        raise _no_such(job_id)
    return letter, record


_MOST = 2**62


def _no_such(job_id: int) -> NotPossible:
    return NotPossible(f"no work numbered {job_id} is given up (any more). Look at the list again.")


def _tell(house: House, tx: Tx, letter: DeadLetter, kind: str, who: str, why: str) -> None:
    """On the chain of its packet, else of its account, else of the desk's own work."""
    now = house.database.now(tx)
    told = {"job": letter.id, "work": letter.kind, "why": legible(why.strip())[:_LONGEST_WHY]}
    if letter.packet_id:
        events.record(tx, letter.packet_id, now, kind, who, **told, what=letter.last_error)
        return
    if letter.account:
        accounts.load(tx, letter.account, lock=True)
    subject = f"account:{letter.account}" if letter.account else "desk"
    events.record(tx, subject, now, kind, who, **told, what=letter.last_error)

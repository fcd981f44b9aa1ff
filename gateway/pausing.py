"""Pausing a client: nothing of it is sent, and everything else goes on.

The pause belongs to the one moment that cannot be taken back, the transaction that commits a transmission before its
first byte (`gateway.steps.send`, and its like for a void): there the client's row is asked under a lock. What is being
sent when the pause comes is finished and settled; what would begin is set aside with its job, where no worker looks,
until the client is resumed or somebody else wants the work done. Checking, correcting, polling and the portal's words
go on as ever.
"""

from gateway.errors import ClearbillError, NotPossible, legible
from gateway.house import House
from gateway.store import client_pauses, events, packets
from gateway.store.client_pauses import Pause
from gateway.store.database import Tx
from gateway.store.queue import Job
from gateway.verdict import Stage

LONGEST_WHY = 1_000
_LONGEST_NAME = 200  # `gateway.store.tables.client_pause`


class ClientPaused(ClearbillError):
    """The client was paused before this transmission began: nothing has left, and the work is set aside."""


def may_send(tx: Tx, client: str) -> None:
    """Raises ClientPaused; otherwise nobody pauses this client before the transaction ends."""
    pause = client_pauses.shared(tx, client)
    if pause is not None:
        raise ClientPaused(f"the client {client} was paused by {pause.who}")


def set_aside(house: House, tx: Tx, job: Job) -> None:
    """Sets a job aside whose transmission a pause has kept from beginning; gives it back where that is over, or where
    others have moved the packet since: they rely on the job that they found."""
    record = packets.load(tx, job.packet_id, lock=True)
    pause = client_pauses.shared(tx, record.client) if record else None
    if record is None or pause is None or (job.kind == "advance" and record.stage is not Stage.built):
        house.queue.give_back(tx, job)
    elif house.queue.set_aside(tx, job):
        told = {"by": pause.who, "why": pause.why, "since": pause.since.isoformat()}
        events.record(tx, record.id, house.database.now(tx), "set_aside", "pipeline", **told)


def pause_client(house: House, client: str, who: str, why: str) -> None:
    """From its return on no transmission of this client begins. Raises NotFound, NotPossible."""
    house.known_client(client)
    why = legible(why.strip())
    if not why or len(why) > LONGEST_WHY:
        raise NotPossible(f"say why in 1 to {LONGEST_WHY} characters; whoever looks for its invoices reads it.")
    if not who.strip() or len(who) > _LONGEST_NAME:
        raise NotPossible(f"say who pauses it, in 1 to {_LONGEST_NAME} characters.")
    with house.database.write() as tx:
        pause = client_pauses.alone(tx, client)
        if pause is not None:
            raise NotPossible(f"the client {client} is paused already. {in_words(pause)}")
        client_pauses.begin(tx, client, who, why, house.database.now(tx))


def resume_client(house: House, client: str, who: str, why: str = "", *, seen: str = "") -> int:
    """Lets everything go on where it stood; answers how many pieces of work were set aside.

    `seen`: the moment since which it was paused when the person looked, in ISO 8601. Raises NotPossible."""
    with house.queue.write() as tx:
        pause = client_pauses.alone(tx, client)
        if pause is None:
            raise NotPossible(f"the client {client} is not paused; there is nothing to resume.")
        if seen not in ("", pause.since.isoformat()):
            raise NotPossible(f"it was resumed and paused again since you looked. {in_words(pause)} Look at it again.")
        waited = house.queue.take_up(tx, client)
        client_pauses.end(tx, pause, who, legible(why.strip())[:LONGEST_WHY], house.database.now(tx), waited)
    return waited


def in_words(pause: Pause) -> str:
    """`Paused by NAME since ..., because ...` for where no calendar is at hand: in UTC."""
    return f"Paused by {pause.who} since {pause.since:%Y-%m-%d %H:%M} UTC, because: {pause.why.rstrip('.')}."

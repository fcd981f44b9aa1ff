"""What people arrange about a packet without moving it: who has taken it, when it is looked at again, what is said.

Nothing here sends anything or decides about the invoice; each is an event with the person's name.
"""

from datetime import datetime, timedelta

from gateway.decisions import as_seen
from gateway.errors import NotPossible, legible
from gateway.house import House
from gateway.news import known_of
from gateway.store import events, packets, people, vigils
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord
from gateway.verdict import FINAL_STAGES, Stage

LONGEST_COMMENT = 4_000
FURTHEST = timedelta(days=92)
"""As far as a packet can be put off: money that waits longer is decided about, not put off."""


def take(house: House, packet_id: str, owner: str, who: str, *, was: str | None = None, looked_at: str = "") -> None:
    """Gives a packet to a person, or, with "", back to whoever takes it. `was`: who had it when it was looked at.
    Raises NotPossible."""
    with house.database.write() as tx:
        record = _open(tx, packet_id)
        as_seen(record, looked_at)
        if was not in (None, record.owner):
            raise NotPossible(f"{record.owner or 'nobody'} has it now. Nothing was done. Look at it again.")
        if owner:
            known = people.load(tx, owner)
            if known is None or known.disabled:
                raise NotPossible(f"{owner!r} is nobody who may sign in; name a user.")
        if owner != record.owner:
            packets.assign(tx, record, owner)
            events.record(tx, record.id, house.database.now(tx), "taken", who, owner=owner, was=record.owner)


def comment(house: House, packet_id: str, text: str, who: str, *, once: str = "") -> None:
    """Keeps what a person has to say. `once`: a name for this comment; of several by the same name one is kept.
    Raises NotPossible."""
    text = legible(text.strip())
    if not text or len(text) > LONGEST_COMMENT:
        raise NotPossible(f"a comment has 1 to {LONGEST_COMMENT} characters; this one has {len(text)}.")
    with house.database.write() as tx:
        record = _known(tx, packet_id)
        if once and any(event.data.get("once") == once for event in events.of_kind(tx, record.id, "commented")):
            raise NotPossible("this very comment was kept before.")
        named = {"once": once} if once else {}
        events.record(tx, record.id, house.database.now(tx), "commented", who, text=text, **named)


def put_off(house: House, packet_id: str, until: datetime, who: str, why: str = "", *, looked_at: str = "") -> None:
    """Gives a held packet another deadline; it stays before whoever must act. `looked_at`: as `gateway.decisions` has
    it. Raises NotPossible."""
    with house.database.write() as tx:
        record = _to_be_put_off(house, tx, packet_id, until, looked_at)
        _give_deadline(house, tx, record, until, who, "put_off", why)


def leave(house: House, packet_id: str, until: datetime, who: str, why: str = "", *, looked_at: str = "") -> None:
    """Leaves a held packet until its portal, one of its orders or its client's checklist says something new, and at the
    latest until a moment; it stays before whoever must act, and comes back with its deadline. Raises NotPossible."""
    with house.database.write() as tx:
        record = _to_be_put_off(house, tx, packet_id, until, looked_at)
        vigils.keep(tx, record.id, until, record.act_by or until, known_of(house, tx, record))
        _give_deadline(house, tx, record, until, who, "left_until_news", why)


def _to_be_put_off(house: House, tx: Tx, packet_id: str, until: datetime, looked_at: str) -> PacketRecord:
    record = _open(tx, packet_id)
    as_seen(record, looked_at)
    now = house.database.now(tx)
    if record.stage is not Stage.held:
        raise NotPossible(f"the packet is {record.stage}, not held: there is nothing to put off.")
    if not now < until <= now + FURTHEST:
        raise NotPossible(f"name a day that is to come, and at most {FURTHEST.days} days away.")
    return record


def _give_deadline(house: House, tx: Tx, record: PacketRecord, until: datetime, who: str, kind: str, why: str) -> None:
    data = {
        "why": legible(why),
        "until": until.isoformat(),
        "was": record.act_by.isoformat() if record.act_by else "",
    }
    packets.move(tx, record, Stage.held, house.database.now(tx), who, kind, data=data, act_by=until)


def _known(tx: Tx, packet_id: str) -> PacketRecord:
    record = packets.load(tx, packet_id, lock=True)
    if record is None:
        raise NotPossible(f"there is no packet {packet_id}.")
    return record


def _open(tx: Tx, packet_id: str) -> PacketRecord:
    record = _known(tx, packet_id)
    if record.stage in FINAL_STAGES:
        raise NotPossible(f"the packet is {record.stage}; nothing is left to arrange.")
    return record

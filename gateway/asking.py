"""Orders about which two persons decide: one asks, another agrees, declines, or the first takes it back.

What is asked for is kept with the state that it is about (`gateway.store.asked_orders`). To agree is to have it carried
out, through `gateway.decisions` and in one transaction: of two who agree at once one does it, and what was cut off in
between was not agreed to either. Whoever asks and whoever agrees has signed in to the desk: a name that is typed on a
command line is nobody's proof, so there an order that needs two is refused.
"""

from collections.abc import Callable, Mapping
from typing import Any

from gateway import decisions
from gateway.errors import NotPossible, legible
from gateway.four_eyes import Ordered, Second, SecondPersonNeeded, may_order, still_open
from gateway.house import House
from gateway.packet import json_from
from gateway.store import asked_orders, events, packets
from gateway.store.asked_orders import AskedOrder, AskedState
from gateway.store.database import Tx, blob, blobs, keep_blob
from gateway.store.packets import PacketRecord
from gateway.store.people import Role


def ordered(house: House, carry_out: Callable[[], object]) -> bool:
    """Has an order carried out: a call of `gateway.decisions` by somebody who has signed in. Where a second person must
    agree nothing is done yet: what was ordered is kept for that person, and the answer is False. Raises NotPossible.
    """
    try:
        carry_out()
    except SecondPersonNeeded as needed:
        _ask(house, needed.ordered)
        return False
    return True


def agree(house: House, packet_id: str, no: int, who: str) -> AskedOrder:
    """Agrees to an order and has it carried out; answers it. Raises NotPossible, and then nothing was done."""
    with house.database.read() as tx:
        record = packets.load(tx, packet_id)
        if record is None:
            raise NotPossible(f"there is no packet {packet_id}.")
        asked = still_open(asked_orders.load(tx, packet_id, no), record)
        handed, papers = _content(tx, asked)
    carry_out = _CARRY_OUT.get(asked.name)
    if carry_out is None:
        raise NotPossible(f"this version of Clearbill knows no order {asked.name!r}.")
    carry_out(house, asked, handed, papers, Second(no, who))
    return asked


def decline(house: House, packet_id: str, no: int, who: str, why: str) -> None:
    """The second person says no; nothing of it is done. Raises NotPossible."""
    if not why.strip():
        raise NotPossible("say why you decline; whoever asked must know.")
    with house.database.write() as tx:
        asked = _locked(tx, packet_id, no)
        if asked.asked_by == who:
            raise NotPossible("you have asked for this yourself; take it back instead.")
        may_order(tx, who, Role.approver)
        _settle(house, tx, asked, AskedState.declined, who, why)


def withdraw(house: House, packet_id: str, no: int, who: str) -> None:
    """Whoever asked takes it back. Raises NotPossible."""
    with house.database.write() as tx:
        asked = _locked(tx, packet_id, no)
        if asked.asked_by != who:
            raise NotPossible(f"only {asked.asked_by} can take it back; an approver can decline it.")
        _settle(house, tx, asked, AskedState.withdrawn, who, "")


def _ask(house: House, order: Ordered) -> None:
    """Keeps an order for a second person; a packet has one at a time. Raises NotPossible."""
    with house.database.write() as tx:
        record = packets.load(tx, order.record.id, lock=True)
        if record is None or _state(record) != _state(order.record):
            raise NotPossible("it has moved on since you looked at it. Nothing was done. Look at it again.")
        may_order(tx, order.who, Role.coordinator)
        now = house.database.now(tx)
        earlier = asked_orders.open_of(tx, record.id)
        if earlier is not None and earlier.is_about(record):
            raise NotPossible(
                f"{earlier.asked_by} has asked for something already, which waits for a second person. Nothing was "
                "done: have that agreed to, declined or taken back first."
            )
        if earlier is not None:
            _settle(house, tx, earlier, AskedState.lapsed, "pipeline", "")
        for content in order.content:
            keep_blob(tx, content)
        no = asked_orders.insert(tx, record, order.name, order.what, order.changes, order.who, now)
        told = {"order": order.name, "no": no, "what": dict(order.what), "diff": list(order.changes)}
        events.record(tx, record.id, now, "second_asked", order.who, **told)


def _state(record: PacketRecord) -> tuple[object, ...]:
    return (record.revision, record.stage, record.heard_at, record.transmissions)


def _locked(tx: Tx, packet_id: str, no: int) -> AskedOrder:
    record = packets.load(tx, packet_id, lock=True)
    if record is None:
        raise NotPossible(f"there is no packet {packet_id}.")
    return still_open(asked_orders.load(tx, packet_id, no), record)


def _settle(house: House, tx: Tx, asked: AskedOrder, state: AskedState, who: str, why: str) -> None:
    now, why = house.database.now(tx), legible(why.strip())
    asked_orders.settle(tx, asked, state, who, now, why)
    told = {"order": asked.name, "no": asked.no, "asked_by": asked.asked_by, "why": why}
    events.record(tx, asked.packet_id, now, f"second_{state.value}", who, **told)


# --- carrying out, one for each order that `gateway.four_eyes` names ----------------------------------------------

_Papers = Mapping[str, bytes]


def _content(tx: Tx, asked: AskedOrder) -> tuple[Any, _Papers]:
    """The packet's JSON and the new papers of an amendment; nothing for other orders."""
    if "packet" not in asked.what:
        return None, {}
    kept = blobs(tx, tuple(dict.fromkeys(asked.what["papers"].values())))
    papers = {name: kept[sha256] for name, sha256 in asked.what["papers"].items()}
    return json_from(blob(tx, asked.what["packet"])), papers


def _correct(house: House, asked: AskedOrder, handed: Any, papers: _Papers, second: Second) -> None:
    what = asked.what
    decisions.correct(house, asked.packet_id, asked.asked_by, what["why"], seen=what["seen"], second=second)


def _amend(house: House, asked: AskedOrder, handed: Any, papers: _Papers, second: Second) -> None:
    decisions.amend(house, asked.packet_id, handed, papers, asked.asked_by, asked.what["why"], second=second)


def _sent_as(house: House, asked: AskedOrder, handed: Any, papers: _Papers, second: Second) -> None:
    what = asked.what
    decisions.sent_as(house, asked.packet_id, what["portal_reference"], asked.asked_by, what["why"], second=second)


def _not_sent(house: House, asked: AskedOrder, handed: Any, papers: _Papers, second: Second) -> None:
    decisions.not_sent(house, asked.packet_id, asked.asked_by, asked.what["why"], second=second)


def _void(house: House, asked: AskedOrder, handed: Any, papers: _Papers, second: Second) -> None:
    decisions.void(house, asked.packet_id, asked.asked_by, asked.what["why"], second=second)


def _credit(house: House, asked: AskedOrder, handed: Any, papers: _Papers, second: Second) -> None:
    what = asked.what
    decisions.credit(house, asked.packet_id, what["number"], asked.asked_by, what["why"], second=second)


_CARRY_OUT: Mapping[str, Callable[[House, AskedOrder, Any, _Papers, Second], None]] = {
    "correct": _correct,
    "amend": _amend,
    "sent_as": _sent_as,
    "not_sent": _not_sent,
    "void": _void,
    "credit": _credit,
}

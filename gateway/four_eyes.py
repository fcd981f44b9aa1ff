"""Four eyes: what one person orders about an invoice above an amount takes effect when a second one agrees.

The limits are `desk.four_eyes_above`, by currency. Without them one person is enough for everything. With them, an
invoice in a currency that they do not name always needs two: whoever forgets a currency must not have opened a way
round the others. What counts is the larger of what the invoice came to and what it is to come to, so that it can
neither be made small first nor large afterwards by one person alone.

Asked for both persons are `correct`, `amend` (also a paper attached), `sent_as`, `not_sent`, `void` and `credit`: each
changes what the client is billed, or says something about the portal after which an invoice may go twice or be given
back. The others need one: they send again what the portal refused as it was, leave it where it is, or end it unsent.

`gateway.decisions` asks here, within the transaction that would carry an order out, so that no road leads round it. The
second person's agreement is settled in that same transaction: both are on the disk, or neither is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gateway.errors import NotPossible
from gateway.house import House
from gateway.store import asked_orders, events, people
from gateway.store.asked_orders import AskedOrder, AskedState
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord, as_text
from gateway.store.people import Role

Amount = tuple[str, Decimal]
"""A currency and what an invoice comes to in it."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """What one person orders, exactly: by the name that `gateway.decisions` has for it and the arguments it was given.

    `record`: the packet in the state about which it is ordered; `changes`: the difference that it makes; `content`: the
    bytes that `what` names by their hash."""

    name: str
    record: PacketRecord
    who: str
    what: Mapping[str, Any]
    changes: Sequence[Mapping[str, Any]] = ()
    content: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Second:
    """The second person's agreement to the order that was asked for under this number."""

    no: int
    who: str


class SecondPersonNeeded(NotPossible):
    """One person is not enough for this order; nothing was done. `ordered` can be kept for a second one to agree to."""

    def __init__(self, ordered: Ordered, limit: str) -> None:
        self.ordered = ordered
        super().__init__(
            f"{limit}, so a second person must agree to this order. Nothing was done. Give it on the packet's page, "
            "signed in; another approver agrees to it there."
        )


def agreed(house: House, tx: Tx, ordered: Ordered, second: Second | None, *becomes: Amount) -> Mapping[str, str]:
    """What the order's event says of the second person: nothing where one is enough. `becomes`: what the invoice would
    come to. The caller has locked the packet. Raises SecondPersonNeeded; NotPossible where the agreement does not hold.
    """
    if second is not None:
        _settle(house, tx, ordered, second)
        return {"agreed_by": second.who}
    amounts = ((ordered.record.currency, ordered.record.total), *becomes)
    if limit := needs_two(house, *amounts):
        raise SecondPersonNeeded(ordered, limit)
    return {}


def needs_two(house: House, *amounts: Amount) -> str:
    """Why two persons are needed for an invoice that comes to any of these amounts; "" where one is enough."""
    limits = house.settings.desk.four_eyes_above
    for currency, amount in amounts if limits else ():
        if currency not in limits:
            return f"no amount in {currency} is named that one person may decide on alone"
        if abs(amount) > limits[currency]:
            return f"it comes to more than the {limits[currency]:,} {currency} that one person may decide on alone"
    return ""


def may_order(tx: Tx, name: str, least: Role) -> None:
    """Raises NotPossible for whoever is not, at this moment, a user of the desk with a role that reaches."""
    known = people.load(tx, name)
    if known is None or known.disabled or not known.role.reaches(least):
        raise NotPossible(f"{name!r} is nobody who may do this as {least.value}: sign in as somebody who may.")


def still_open(asked: AskedOrder | None, record: PacketRecord) -> AskedOrder:
    """The order, if a second person can still agree to it. Raises NotPossible, saying what became of it."""
    if asked is None:
        raise NotPossible("no such order was asked for.")
    if asked.state is not AskedState.open:
        raise NotPossible(
            f"it is settled already: {asked.state.value} by {asked.settled_by}. Look at the packet again."
        )
    if not asked.is_about(record):
        raise NotPossible(
            "the packet has changed since this was asked for, so it has lapsed. Look at the packet again."
        )
    return asked


def _settle(house: House, tx: Tx, ordered: Ordered, second: Second) -> None:
    """Writes the agreement in the transaction that carries the order out, which is exactly what was asked for."""
    asked = still_open(asked_orders.load(tx, ordered.record.id, second.no), ordered.record)
    if second.who == asked.asked_by:
        raise NotPossible("you have asked for this yourself; somebody else must agree.")
    may_order(tx, second.who, Role.approver)
    may_order(tx, asked.asked_by, Role.coordinator)
    given, kept = ([it.what, it.changes] for it in (ordered, asked))
    if (ordered.name, ordered.who) != (asked.name, asked.asked_by) or as_text(given) != as_text(kept):
        raise NotPossible("what would be done now is not what was asked for. Look at the packet again.")
    now = house.database.now(tx)
    asked_orders.settle(tx, asked, AskedState.agreed, second.who, now)
    told = {"order": asked.name, "no": asked.no, "asked_by": asked.asked_by}
    events.record(tx, asked.packet_id, now, "second_agreed", second.who, **told)

"""What may be ordered about many packets at once: nothing that could double an invoice or lose one.

Each packet is asked about by itself, bound to the state that was seen, and left out with the reason where the order
does not fit it. What says what the portal holds (`sent_as`, `not_sent`), what reaches the portal's copy (`void`,
`credit`) and what ends a packet (`stop`) want a look at each one and are not here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gateway import arrangements, decisions
from gateway.changes import out_of_reach
from gateway.commands.telling import changes_in_words
from gateway.commands.wording import STAGES
from gateway.decisions import state_key
from gateway.desk.deciding import nine_on
from gateway.desk.offers import Situation
from gateway.errors import NotPossible, legible
from gateway.house import House
from gateway.store import packets
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord
from gateway.verdict import FINAL_STAGES

MOST = 100
"""The most packets that one order is about."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A packet that somebody ticked, and the state that the list showed of it."""

    packet_id: str
    looked_at: str


@dataclass(frozen=True, slots=True)
class Given:
    """What the form said besides the packets: who orders, the fields by name, and a name for this very order."""

    who: str
    fields: Mapping[str, str]
    once: str


@dataclass(frozen=True, slots=True)
class BulkOrder:
    """One order: its name, label, what it will do, its fields, whom it does not fit ("" where it does), the doing."""

    order: str
    label: str
    does: str
    needs: tuple[str, ...]
    unfit: Callable[[Situation], str]
    carry_out: Callable[[House, Given, Chosen], object]


@dataclass(frozen=True, slots=True)
class Affected:
    """A packet that an order is about: what will be done to it, and to which kind of correction that belongs."""

    record: PacketRecord
    chosen: Chosen
    changes: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A packet to which nothing will be done, and why; `record` is None where there is no such packet."""

    record: PacketRecord | None
    packet_id: str
    why: str


def chosen_from(values: Sequence[str]) -> tuple[Chosen, ...]:
    """The packets of a form, each once. Raises NotPossible for none, or for more than MOST."""
    found = {legible(packet_id): key for packet_id, _, key in (value.partition(" ") for value in values)}
    if not 0 < len(found) <= MOST:
        raise NotPossible(f"tick at least one packet of the list, and at most {MOST}.")
    return tuple(Chosen(packet_id, key or "unseen") for packet_id, key in found.items())


def sorted_out(tx: Tx, order: BulkOrder, chosen: Sequence[Chosen]) -> tuple[list[Affected], list[LeftOut]]:
    """What an order would be carried out on as things stand, and what is left out of it."""
    affected, left_out = [], []
    for one in chosen:
        record = packets.load(tx, one.packet_id)
        if record is None:
            left_out.append(LeftOut(None, one.packet_id, "there is no such packet"))
            continue
        if state_key(record) != one.looked_at:
            why = f"it has changed since the list was made ({STAGES[record.stage]}); look at it again"
        else:
            why = order.unfit(Situation(record, packets.attempts(tx, record.id), ()))
        if why:
            left_out.append(LeftOut(record, record.id, why))
        elif order.order == "correct" and record.proposed:
            changes = tuple(changes_in_words(record.proposed.patch))
            affected.append(Affected(record, one, changes, record.proposed.rules))
        else:
            affected.append(Affected(record, one))
    return affected, left_out


def kinds_of(affected: Sequence[Affected]) -> Mapping[tuple[str, ...], list[Affected]]:
    """What will be done, apart by kind of correction: one order is about one kind."""
    found: dict[tuple[str, ...], list[Affected]] = {}
    for one in affected:
        found.setdefault(one.kind, []).append(one)
    return found


# --- whom an order does not fit -----------------------------------------------------------------------------------


def _over(now: Situation) -> str:
    return "nothing is left to do about it" if now.record.stage in FINAL_STAGES else ""


def _not_held(now: Situation) -> str:
    return "" if now.held else f"it does not wait for anybody ({STAGES[now.record.stage]})"


def _may_not_go_again(now: Situation) -> str:
    if not now.held:
        return _not_held(now)
    if now.in_doubt:
        return "nobody knows whether it arrived; look at the portal, and settle it on its own page"
    return "the portal holds it; to send it again could double it" if now.alive else ""


def _not_to_be_corrected(now: Situation) -> str:
    proposed = now.record.proposed
    if why := _may_not_go_again(now):
        return why
    if proposed is None or proposed.revision != now.record.revision:
        return "no correction is proposed for it"
    if out_of_reach(proposed.patch):
        return "its correction touches money, quantities, rates or parties; look at it by itself"
    if any(reason.get("read_by") for reason in now.record.why):
        return "its reason was read from free words; read them by yourself"
    return ""


# --- one for each order -------------------------------------------------------------------------------------------


def _take(house: House, given: Given, one: Chosen) -> None:
    arrangements.take(house, one.packet_id, given.fields["owner"], given.who, looked_at=one.looked_at)


def _put_off(house: House, given: Given, one: Chosen) -> None:
    until = nine_on(given.fields["until"], house.settings.time_zone)
    arrangements.put_off(house, one.packet_id, until, given.who, given.fields["why"], looked_at=one.looked_at)


def _leave(house: House, given: Given, one: Chosen) -> None:
    until = nine_on(given.fields["until"], house.settings.time_zone)
    arrangements.leave(house, one.packet_id, until, given.who, given.fields["why"], looked_at=one.looked_at)


def _comment(house: House, given: Given, one: Chosen) -> None:
    arrangements.comment(house, one.packet_id, given.fields["text"], given.who, once=given.once)


def _check_again(house: House, given: Given, one: Chosen) -> None:
    decisions.check_again(house, one.packet_id, given.who, given.fields["why"], looked_at=one.looked_at)


def _correct(house: House, given: Given, one: Chosen) -> None:
    decisions.correct(house, one.packet_id, given.who, given.fields["why"], looked_at=one.looked_at)


BULK = (
    BulkOrder(
        "correct",
        "Accept the proposed corrections",
        "Makes a new revision of each with exactly the changes shown, which is checked again and, if nothing is found, "
        "sent.",
        ("why",),
        _not_to_be_corrected,
        _correct,
    ),
    BulkOrder(
        "check_again",
        "Check them again",
        "Sends each through the checklist again as it is and, if nothing is found, to the portal. Where the portal has "
        "answered its revision, it goes as a new one, under the number that the client's rules ask for.",
        ("why",),
        _may_not_go_again,
        _check_again,
    ),
    BulkOrder(
        "take",
        "Give them to somebody",
        "Nothing is sent. The work list shows who has taken them.",
        ("owner",),
        _over,
        _take,
    ),
    BulkOrder(
        "put_off",
        "Wait until a day",
        "Nothing is sent. They stay on the work list and are due at nine in the morning of that day.",
        ("until", "why"),
        _not_held,
        _put_off,
    ),
    BulkOrder(
        "leave",
        "Leave them until something changes",
        "Nothing is sent. Each leaves the top of the list and comes back by itself when its portal, one of its orders "
        "or its client's checklist says something new, and at the latest at nine in the morning of that day.",
        ("until", "why"),
        _not_held,
        _leave,
    ),
    BulkOrder(
        "comment",
        "Comment",
        "Nothing is sent. The comment stands among what happened to each, with your name.",
        ("text",),
        lambda now: "",
        _comment,
    ),
)
BY_NAME: Mapping[str, BulkOrder] = {one.order: one for one in BULK}

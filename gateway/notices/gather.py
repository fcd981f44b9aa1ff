"""What a channel does not know yet, put into a bulletin."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from gateway.commands.wording import SHORT_ACTORS, Calendar, money, totals
from gateway.house import House
from gateway.next_steps import next_step
from gateway.notices.bulletin import Bulletin, Item, one_line
from gateway.notices.hours import Hours
from gateway.settings import NoticeChannel
from gateway.store import accounts, events, inbox, notices, packets, proposals
from gateway.store.database import Tx
from gateway.store.notices import Concern
from gateway.store.packets import PacketRecord
from gateway.store.proposals import State
from gateway.store.work_list import Sum
from gateway.verdict import Actor

NAMED = 20
"""The most packets that a notice names; of the rest it says how many they are."""
_PLACED_WITHIN = timedelta(days=1)  # what a portal delivers usually finds its place in moments


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that needs a person and is no packet. `state` grows whenever it is worth telling again."""

    key: str
    state: int
    says: str
    urgent: bool = False


def concern_of(channel: NoticeChannel) -> Concern:
    """Which packets a channel is about."""
    return Concern(channel.clients, channel.accounts, channel.owners, tuple(str(one) for one in channel.who_acts))


def hours_of(house: House) -> Hours:
    """The office's hours."""
    return Hours(house.settings.notices.hours, ZoneInfo(house.settings.time_zone))


def troubles(house: House, tx: Tx, channel: NoticeChannel, now: datetime) -> tuple[Trouble, ...]:
    """What else needs a person, as far as a channel is about it."""
    found = list(_stopped_accounts(house, tx, channel, now))
    if channel.owners or channel.who_acts or channel.clients or channel.accounts:
        return tuple(found)
    if dead := house.queue.dead_letters(tx):
        says = f"Work that Clearbill gave up after its last try: {len(dead)}. Have whoever looks after it see to that."
        found.append(Trouble("dead letters", max(int(row._mapping["id"]) for row in dead), says))
    if unplaced := sum(one.number for one in inbox.unplaced(tx) if one.oldest < now - _PLACED_WITHIN):
        says = f"Documents that portals sent and that belong to no invoice or order known here: {unplaced}."
        found.append(Trouble("unplaced", unplaced, says))
    if taught := [one.id for one in proposals.every(tx) if one.state is State.open]:
        says = f"Corrections that wait to be accepted as rules: {len(taught)}."
        found.append(Trouble("proposals", max(taught), says))
    return tuple(found)


def _stopped_accounts(house: House, tx: Tx, channel: NoticeChannel, now: datetime) -> Iterator[Trouble]:
    wanted = set(house.settings.accounts)
    if channel.accounts:
        wanted &= set(channel.accounts)
    if channel.clients:
        checklists = (house.find_checklist(client, now) for client in channel.clients)
        wanted &= {checklist.account for checklist in checklists if checklist is not None}
    for state in accounts.every(tx):
        if not state.paused or state.key not in wanted or channel.owners:
            continue
        if channel.who_acts and state.who_acts not in channel.who_acts:
            continue
        stops = events.of_kind(tx, f"account:{state.key}", "account_paused")
        who = SHORT_ACTORS.get(state.who_acts) or SHORT_ACTORS[Actor.us]
        says = f"The portal account {state.key} is stopped: nothing is sent through it until it is resumed ({who})."
        yield Trouble(f"account:{state.key}", stops[-1].n if stops else 0, says, urgent=True)


def untold(found: tuple[Trouble, ...], told: Mapping[str, int], kind: str) -> tuple[Trouble, ...]:
    """Those of the troubles that a notice of this kind would tell of."""
    new = (one for one in found if told.get(one.key) != one.state)
    return tuple(one for one in new if one.urgent or kind == "digest")


def bulletin(
    house: House, tx: Tx, concern: Concern, notice_id: int, told: tuple[Trouble, ...], now: datetime
) -> Bulletin:
    """What the notice says that `notices.tell` has marked its packets with; `told` are its troubles."""
    number, urgent = notices.counts(tx, notice_id)
    rows = notices.told_first(tx, notice_id, NAMED)
    calendar = Calendar(house.settings.time_zone, now)
    at = house.settings.public_url.rstrip("/")
    items = tuple(_item(house, calendar, record, is_urgent, at) for record, is_urgent in rows)
    first = next((record.act_by for record, is_urgent in rows if is_urgent), None)
    return Bulletin(
        headline=_headline(number, urgent, calendar.at(first) if first else "", told),
        packets=number,
        urgent=urgent,
        items=items,
        troubles=tuple(one.says for one in told),
        standing=_standing(notices.standing(tx, concern)),
        zone=calendar.zone,
        link=f"{at}/" if at else "",
    )


def _headline(number: int, urgent: int, first: str, told: tuple[Trouble, ...]) -> str:
    if not number:
        return "A portal account is stopped" if any(one.urgent for one in told) else "Something needs a person"
    words = "1 invoice waits" if number == 1 else f"{number} invoices wait"
    if not urgent:
        return f"{words} for a person"
    if urgent == 1 == number:
        return f"{words}: urgent, due {first}"
    return f"{words}: {'all' if urgent == number else urgent} urgent, first due {first}"


def _item(house: House, calendar: Calendar, record: PacketRecord, urgent: bool, at: str) -> Item:
    checklist = house.find_checklist(record.client, record.generated_at)
    reasons = [packets.reason_from(why) for why in record.why if why.get("code")]
    step = next_step(reasons[:1], record.who_acts)
    proposed = "A correction is proposed: accept it or decide otherwise. " if record.proposed else ""
    return Item(
        number=one_line(record.invoice_number),
        client=one_line(checklist.name if checklist else record.client),
        amount=money(record.total, record.currency),
        does=proposed + step.action,
        who=SHORT_ACTORS[record.who_acts],
        due=calendar.at(record.act_by) if record.act_by else "-",
        urgent=urgent,
        link=f"{at}/packets/{quote(record.id, safe='')}" if at else "",
    )


def _standing(sums: tuple[Sum, ...]) -> str:
    amounts: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in sums:
        amounts[one.currency] += one.amount
    number = sum(one.packets for one in sums)
    if not number:
        return "Nothing else waits."
    words = "1 invoice waits" if number == 1 else f"{number} invoices wait"
    return f"In all, {words} for a person: {totals(amounts)}."

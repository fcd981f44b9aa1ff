"""What is known of a packet from elsewhere (its portal, its orders, its client's checklist), and what of it is new.

Each fact is kept as a hash, so that a packet can be left until one of them changes, whichever way the change came:
pushed, listed, read from a queue, or written into a file."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.house import House
from gateway.packet import Packet
from gateway.store import orders, packets
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord
from gateway.store.vigils import Vigil

_MOST_ORDERS = 200


def known_of(house: House, tx: Tx, record: PacketRecord) -> Mapping[str, str]:
    """A hash of each fact, by what it is of: `portal`, `checklist`, `order:<number>`."""
    checklist = house.find_checklist(record.client, record.generated_at)
    facts = {
        "portal": _hash([packets.words_so_far(tx, record.id), record.status, record.portal_status]),
        "checklist": _hash(_plain(checklist.model_dump()) if checklist else None),
    }
    numbers = _orders_of(packets.body(tx, record.id, record.revision))
    return facts | {f"order:{number}": mark for number, mark in orders.marks(tx, record.account, numbers).items()}


def news(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What has changed, in words; "" where nothing has."""
    return "; ".join(_told(fact) for fact in sorted({*before, *now}) if before.get(fact) != now.get(fact))


def left_in_words(left: Vigil | None, record: PacketRecord) -> str:
    """Whether a packet is left until something changes, or what has changed; "" where neither is so."""
    if left is None or not left.is_of(record):
        return ""
    return f"New: {left.news}." if left.news else "Left until something changes, at the latest until then."


def _told(fact: str) -> str:
    kind, _, number = fact.partition(":")
    if kind == "order":
        return f"purchase order {number} is not as it was"
    return "the portal has said something" if kind == "portal" else "the client's checklist is not as it was"


def _orders_of(packet: Packet) -> tuple[str, ...]:
    invoice = packet.invoice
    numbers = {order.number for order in invoice.orders} | {line.order.number for line in invoice.lines if line.order}
    return tuple(sorted(filter(None, numbers)))[:_MOST_ORDERS]


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """Values whose text is the same in every process: sets have no order of their own."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(map(str, value))
    return list(_plain_each(value)) if isinstance(value, list | tuple) else value


def _plain_each(values: Any) -> Iterator[Any]:
    return (_plain(value) for value in values)

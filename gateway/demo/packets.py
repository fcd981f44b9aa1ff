"""The demonstration's invoice packets: a repeatable mix of clean weeks and of every trouble a billing office meets.

`generate(seed, count, now)` answers a `Scenario`: packets as a supplier's invoicing system would hand them over, the
purchase orders, time cards and set-up of the portals, and for each packet what happens to it at the portal and where
it must end. The same arguments give the same bytes. Nothing here talks to a portal, a database or a clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import quote

from gateway.demo.clients import CLIENTS
from gateway.demo.desk import Desk
from gateway.demo.drafts import Draft, End, Verb, When, documents_of, invoice_of, time_cards_of
from gateway.demo.network_troubles import NETWORK_TROUBLES
from gateway.demo.orders import OrderBook
from gateway.demo.troubles import COUPA_TROUBLES, Trouble

Buyer = Literal["approves", "leaves"]

DEFAULT_NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
DEFAULT_COUNT = 100
TROUBLES: tuple[Trouble, ...] = (*COUPA_TROUBLES, *NETWORK_TROUBLES)
ORDERED_BEFORE = timedelta(days=120)  # so long ago the clients placed their orders


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do at the portal, in the words of the sandboxes' control API.

    `target` is the purchase order and what is done to it, for `order` only (`"4500012345/close"`); `status`,
    `dispute` and `hold` go to the invoice under the number it was last sent with. `refuse` scripts the next
    submission's refusal (`body["kind"]` names the text) and, like `fault`, hits whatever is sent next.
    """

    verb: Verb
    body: Mapping[str, Any]
    when: When
    target: str = ""

    def request(self, number: str) -> tuple[str, Mapping[str, Any]]:
        """Path below the buyer's prefix and JSON body of the control request, a POST."""
        paths = {
            "fault": "/_sandbox/faults",
            "refuse": "/_sandbox/refusals",
            "orders": "/_sandbox/orders",
            "order": f"/_sandbox/orders/{quote(self.target)}",
            "status": f"/_sandbox/invoices/{quote(number, safe='')}/status",
            "dispute": f"/_sandbox/invoices/{quote(number, safe='')}/dispute",
            "hold": f"/_sandbox/invoices/{quote(number, safe='')}/holds",
        }
        return paths[self.verb], self.body


@dataclass(frozen=True, slots=True)
class Case:
    """One packet and its fate.

    `trouble` is "" for a clean packet; `told` says in one sentence what is wrong with it. `expected_correction` names
    the correction that should cure it: `po_format`, `unit_mapping`, `bill_to`, `po_line_kind` or `po_line`.

    `portal_script` is what happens at the portal; `buyer` is what the buyer does once its steps are done: approve the
    invoice, or leave it as it is. `after`: the source id of the packet that must be at the portal before this one is
    handed in, "" for none. `alone`: from the first step `before_sending` to the portal's answer nothing else may be
    sent to this client, or the fault hits another packet. `last`: it may stop the account, so it comes at the end.
    """

    packet_json: dict[str, Any]
    files: Mapping[str, bytes]
    trouble: str
    told: str
    expected_end: End
    expected_correction: str | None = None
    portal_script: tuple[Step, ...] = ()
    buyer: Buyer = "approves"
    after: str = ""
    alone: bool = False
    last: bool = False

    @property
    def client(self) -> str:
        """The client's key."""
        return str(self.packet_json["client"])

    @property
    def source_id(self) -> str:
        """The hand-over's id in the supplier's system."""
        return str(self.packet_json["source_id"])


@dataclass(frozen=True, slots=True)
class Scenario:
    """All packets in the order of their handing in, and what the portals must hold before the first one.

    `orders`: by client, bodies for `POST /_sandbox/orders`, `time_cards` the same for those who approve hours
    themselves. `portals`: by client, what `POST /_sandbox/buyers` takes as
    configuration (without identities and secrets, which belong to whoever starts the sandbox).
    """

    cases: tuple[Case, ...]
    orders: Mapping[str, tuple[dict[str, Any], ...]]
    portals: Mapping[str, Mapping[str, Any]]
    time_cards: Mapping[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)


def generate(seed: int, count: int = DEFAULT_COUNT, now: datetime = DEFAULT_NOW) -> Scenario:
    """A scenario of `count` packets, every trouble class among them.

    `now` (aware) is when the invoicing system makes them; invoices are dated the day before and bill weeks that ended
    within the fortnight before that. Beyond one of each class, troubles are added until a quarter of all is troubled.
    Raises ValueError when `count` leaves no room for one of each class and a clean packet of each client.
    """
    if now.tzinfo is None:
        raise ValueError("`now` must carry a time zone")
    rng = Random(seed)  # noqa: S311 - repeatable on purpose; guards nothing
    ordered_on = (now.astimezone(UTC) - ORDERED_BEFORE).date()
    book = OrderBook(first_number=rng.randrange(10_000, 80_000), ordered_on=ordered_on)
    desk = Desk(rng, book, now.astimezone(UTC))
    drafts = [_draft(desk, trouble) for trouble in _plan(rng, count)]
    cases = tuple(case_of(draft, now.astimezone(UTC)) for draft in drafts)
    orders = {key: tuple(order.as_json() for order in book.of(client)) for key, client in CLIENTS.items()}
    portals = {key: client.portal for key, client in CLIENTS.items()}
    cards = {
        key: tuple(card for draft in drafts if draft.client is client for card in time_cards_of(draft))
        for key, client in CLIENTS.items()
    }
    return Scenario(cases, MappingProxyType(orders), MappingProxyType(portals), MappingProxyType(cards))


def _plan(rng: Random, count: int) -> list[Trouble | None]:
    """The order of things: a clean packet of each client to refer to, the mix, then what may stop an account."""
    least = len(TROUBLES) + len(CLIENTS)
    if count < least:
        raise ValueError(f"count must be at least {least}: one packet for each trouble and {len(CLIENTS)} clean ones")
    first: list[Trouble | None] = [trouble for trouble in TROUBLES if not trouble.last]
    last: list[Trouble | None] = [trouble for trouble in TROUBLES if trouble.last]
    again = [trouble for trouble in TROUBLES if trouble.repeatable]
    extra = [rng.choice(again) for _ in range(max(0, count // 4 - len(TROUBLES)))]
    mixed = first + extra + [None] * (count - len(TROUBLES) - len(extra) - len(CLIENTS))
    rng.shuffle(mixed)
    return [None] * len(CLIENTS) + mixed + last


def _draft(desk: Desk, trouble: Trouble | None) -> Draft:
    if trouble is None:
        return desk.clean(tuple(CLIENTS.values())[desk.clean_made % len(CLIENTS)])
    draft = trouble.make(desk)
    draft.trouble, draft.last = trouble.name, trouble.last
    desk.register(draft)
    return draft


def case_of(draft: Draft, now: datetime) -> Case:
    """The packet as it is handed over, with its papers."""
    files, documents = documents_of(draft)
    packet = {
        "source_system": "ridgeline-billing",
        "source_id": draft.source_id,
        "client": draft.client.key,
        "generated_at": now.isoformat().replace("+00:00", "Z"),
        "invoice": invoice_of(draft),
        "documents": documents,
    }
    return Case(
        packet_json=packet,
        files=MappingProxyType(files),
        trouble=draft.trouble,
        told=draft.told,
        expected_end=draft.end,
        expected_correction=draft.correction,
        portal_script=tuple(Step(*step) for step in draft.script),
        buyer="approves" if draft.end == "accepted" else "leaves",
        after=draft.after,
        alone=any(verb in ("fault", "refuse") for verb, *_ in draft.script),
        last=draft.last,
    )

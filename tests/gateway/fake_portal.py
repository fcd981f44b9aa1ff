"""A portal in memory, and the adapter that speaks to it: scripted by a test, honest by default.

The portal keeps a ledger as real ones do: it takes an invoice, refuses a number that it holds already, tells what
changed since a cursor. A test says beforehand what the next transmissions meet (`next_time`), or speaks for the portal
(`says`).
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from gateway.adapter import Ability, Adapter, Document, File, Found, Notice, Notices, Presentation, Receipt, Stamp
from gateway.errors import (
    CannotExpress,
    MaybeSent,
    NotSent,
    PersonNeeded,
    PortalChanged,
    PortalUnavailable,
    SignInRefused,
)
from gateway.order import Order, Orders, UnreadOrder
from gateway.packet import Packet, canonical_json
from gateway.verdict import Actor, Level, Outcome, Reason, ReasonCode, Status, Verdict

ALIVE = frozenset({Status.received, Status.in_process, Status.under_query, Status.accepted, Status.paid})

Answer = Callable[[Document, str], Receipt]


@dataclass
class Kept:
    """One invoice as the portal holds it."""

    number: str
    total: Decimal
    currency: str
    reference: str
    portal_reference: str
    status: Status = Status.received
    complete: bool = True
    body: bytes = b""


@dataclass
class FakePortal:
    """The portal behind one account. `clock` dates what it says."""

    name: str
    clock: Callable[[], datetime]
    # A portal shows its orders only where a test asks for them (`orders_are`): packets wait for the first reading.
    abilities: set[Ability] = field(default_factory=lambda: {Ability.find, Ability.poll, Ability.void})
    ledger: list[Kept] = field(default_factory=list)
    submissions: list[tuple[str, str]] = field(default_factory=list)  # (number, reference), as they arrived
    asked: list[str] = field(default_factory=list)  # numbers that `find` was asked for
    notices: list[Notice] = field(default_factory=list)
    order_book: list[Order] = field(default_factory=list)
    unread_orders: tuple[UnreadOrder, ...] = ()
    page: int = 50
    down: bool = False
    refuses_sign_in: bool = False
    before_submit: Callable[[Document], None] | None = None
    void_says: Verdict | Exception | None = None
    find_says: Callable[[str], tuple[Found, ...]] | None = None
    cannot_express: str = ""
    stamps: list[Stamp] = field(default_factory=list)  # of every document that was rendered

    def __post_init__(self) -> None:
        self._answers: list[Answer] = []
        self._lock = threading.Lock()

    # --- what a test says beforehand ------------------------------------------------------------------------------

    def next_time(self, *answers: Answer) -> None:
        """What the next transmissions meet, in this order; after them the portal is itself again."""
        self._answers.extend(answers)

    def takes(self, document: Document, reference: str) -> Receipt:
        """Takes the invoice, or refuses the number it holds."""
        if any(one.number == document.number and one.status in ALIVE for one in self.ledger):
            return refusal(ReasonCode.duplicate_number, text="Invoice number already exists")
        kept = self._keep(document, reference)
        verdict = Verdict(Status.received, Level.portal, portal_status="Received", at=self.clock())
        return Receipt(Outcome.receipted, verdict, kept.portal_reference, b"<ok/>")

    def loses_the_answer(self, document: Document, reference: str) -> Receipt:
        """Takes the invoice and falls silent."""
        self.takes(document, reference)
        raise MaybeSent(self.name, "the connection broke before an answer was read")

    def breaks_off(self, document: Document, reference: str) -> Receipt:
        """Falls silent before it took anything."""
        raise MaybeSent(self.name, "the connection broke before an answer was read")

    def turns_away(self, document: Document, reference: str) -> Receipt:
        """Refuses at the door."""
        raise NotSent(self.name, "could not be reached")

    def asks_to_come_back(self, seconds: float) -> Answer:
        """Refuses at the door and says when to come again."""

        def answer(document: Document, reference: str) -> Receipt:
            raise NotSent(self.name, "asks to wait", retry_at=self.clock() + timedelta(seconds=seconds))

        return answer

    def wants_a_person(self, document: Document, reference: str) -> Receipt:
        """Shows something that only a person can answer."""
        raise PersonNeeded(self.name, "accept the new terms of use")

    def looks_different(self, document: Document, reference: str) -> Receipt:
        """Is not as the adapter knows it."""
        raise PortalChanged(self.name, "the invoice page", "the button Submit")

    def does_not_know_us(self, document: Document, reference: str) -> Receipt:
        """Refuses our credentials."""
        raise SignInRefused(self.name, "refused our credentials (HTTP 401)")

    @staticmethod
    def refuses(*codes: ReasonCode, path: str = "", text: str = "No.") -> Answer:
        """Answers no, for these reasons."""
        return lambda document, reference: refusal(*codes, path=path, text=text)

    def says(
        self,
        number: str,
        status: Status,
        *codes: ReasonCode,
        word: str = "",
        at: datetime | None = None,
        timeless: bool = False,
        who: Actor = Actor.nobody,
        text: str = "No.",
        level: Level = Level.buyer,
    ) -> Notice:
        """The portal's next word on the newest invoice under this number, for `poll` to read."""
        kept = [one for one in self.ledger if one.number == number][-1]
        kept.status = status
        when = None if timeless else at or self.clock()
        reasons = tuple(Reason(code, "", "", text) for code in codes)
        verdict = Verdict(status, level, reasons, who, word or status.value, when)
        notice = Notice(number, kept.portal_reference, verdict, raw=b"{}")
        self.notices.append(notice)
        return notice

    def orders_are(self, *orders: Order) -> None:
        """What the portal shows of its orders from now on."""
        self.abilities.add(Ability.orders)
        self.order_book.extend(orders)

    @property
    def living(self) -> list[str]:
        """Numbers of the invoices that may still be paid."""
        return [one.number for one in self.ledger if one.status in ALIVE and one.complete]

    # --- what the adapter does with it ----------------------------------------------------------------------------

    def submit(self, document: Document, reference: str) -> Receipt:
        if self.before_submit is not None:
            self.before_submit(document)
        with self._lock:
            self.submissions.append((document.number, reference))
            answer = self._answers.pop(0) if self._answers else self.takes
            return answer(document, reference)

    def must_be_up(self) -> None:
        if self.down:
            raise PortalUnavailable(self.name, "could not be read (connection refused)")
        if self.refuses_sign_in:
            raise SignInRefused(self.name, "refused our credentials (HTTP 401)")

    def find(self, number: str) -> tuple[Found, ...]:
        with self._lock:
            self.asked.append(number)
            self.must_be_up()
            if self.find_says is not None:
                return self.find_says(number)
            return tuple(self.found(one) for one in self.ledger if one.number == number)

    def found(self, kept: Kept) -> Found:
        """A kept invoice as a search shows it."""
        verdict = Verdict(kept.status, Level.portal, portal_status=kept.status.value, at=self.clock())
        return Found(kept.number, kept.portal_reference, verdict, kept.total, kept.currency, kept.complete)

    def void(self, portal_reference: str, why: str) -> Verdict:
        if isinstance(self.void_says, Exception):
            raise self.void_says
        if self.void_says is not None:
            return self.void_says
        for one in self.ledger:
            if one.portal_reference == portal_reference:
                one.status = Status.cancelled
        return Verdict(Status.cancelled, Level.portal, portal_status="Voided", at=self.clock())

    def _keep(self, document: Document, reference: str) -> Kept:
        number = len(self.ledger) + 1
        kept = Kept(
            document.number,
            document.total,
            document.currency,
            reference,
            f"{self.name}-{number}",
            body=document.body,
        )
        self.ledger.append(kept)
        return kept


class FakeAdapter:
    """The adapter of one fake portal."""

    def __init__(self, portal: FakePortal) -> None:
        self._portal = portal

    @property
    def abilities(self) -> frozenset[Ability]:  # type: ignore[override]
        return frozenset(self._portal.abilities)

    def render(self, packet: Packet, files: Sequence[File], presentation: Presentation, stamp: Stamp) -> Document:
        if self._portal.cannot_express:
            raise CannotExpress(self._portal.name, self._portal.cannot_express, "the portal has no such field.")
        self._portal.stamps.append(stamp)
        invoice = packet.invoice
        body = stamp.reference.encode() + b"\n" + canonical_json(packet)
        papers = tuple(files)
        return Document("fake", "text/plain", body, invoice.number, invoice.totals.payable, invoice.currency, papers)

    def submit(self, document: Document, reference: str) -> Receipt:
        return self._portal.submit(document, reference)

    def find(self, number: str) -> tuple[Found, ...]:
        return self._portal.find(number)

    def poll(self, cursor: str) -> Notices:
        portal = self._portal
        portal.must_be_up()
        begin = int(cursor or 0)
        page = portal.notices[begin : begin + portal.page]
        end = begin + len(page)
        return Notices(tuple(page), str(end), more=end < len(portal.notices))

    def orders(self, cursor: str) -> Orders:
        portal = self._portal
        portal.must_be_up()
        begin = int(cursor or 0)
        page = portal.order_book[begin : begin + portal.page]
        end = begin + len(page)
        return Orders(tuple(page), str(end), more=end < len(portal.order_book), unread=portal.unread_orders)

    def void(self, portal_reference: str, why: str) -> Verdict:
        return self._portal.void(portal_reference, why)

    def check(self) -> str:
        self._portal.must_be_up()
        return "It answers."


class FakePortals:
    """Stands where `gateway.portals.Portals` stands: adapters by account key."""

    def __init__(self, portals: dict[str, FakePortal]) -> None:
        self._adapters: dict[str, Adapter] = {key: FakeAdapter(portal) for key, portal in portals.items()}

    def adapter(self, key: str) -> Adapter:
        return self._adapters[key]

    def close(self) -> None:
        """Nothing is open."""


def refusal(*codes: ReasonCode, path: str = "", text: str = "No.", status: Status = Status.rejected) -> Receipt:
    """An answer that says no and created nothing."""
    reasons = tuple(Reason(code, path, "417", text) for code in codes)
    return Receipt(Outcome.refused, Verdict(status, Level.portal, reasons, portal_status="417 refused"), raw=b"<no/>")

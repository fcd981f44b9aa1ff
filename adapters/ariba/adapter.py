"""The verbs at SAP Business Network: invoices go out by cXML, statuses and orders come from the supplier's queue there.

A taken invoice is only taken: what becomes of it is told later, by the network's validation and by the buyer. What
they say is read in `verdicts`, how they are asked in `client`, how far we have read in `position`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import httpx

from adapters.ariba.client import (
    ANSWER_BYTES,
    CxmlDoor,
    LookupDoor,
    PageGone,
    said_by,
)
from adapters.ariba.deliveries import delivery_from, lenient_envelope_from, party_of, pushed_from
from adapters.ariba.position import lookup_position_from, queue_position_from
from adapters.ariba.settings import Settings, settings_from
from adapters.ariba.verdicts import found_from, order_or_unread, refused, row_notice
from formats.cxml import (
    ARIBA,
    Dialect,
    Envelope,
    Unreadable,
    envelope_from,
    pending_from,
    pending_request,
    profile_from,
    profile_request,
    render_cancellation,
    render_invoice,
    response_from,
)
from gateway.adapter import (
    Ability,
    Account,
    Delivery,
    Document,
    File,
    Found,
    Notices,
    Presentation,
    Receipt,
    Stamp,
    failure_from,
)
from gateway.errors import MaybeSent, NotSent, PortalUnavailable, SettingWrong, SignInRefused
from gateway.http_answer import Clock, retry_at_from, words_of_page
from gateway.order import Order, Orders, UnreadOrder
from gateway.packet import Packet
from gateway.verdict import Actor, Level, Outcome, Status, Verdict

TAKEN = frozenset({200, 201, 280, 281})  # executed, accepted, forwarded, forwarded by mail (cXML facts 3)
PAGE = 100  # rows of the look-up
MOST_PAGES = 50  # of one number; more is no answer


class Adapter:
    """One supplier and one buyer on the network."""

    def __init__(self, account: Account, http: httpx.Client, *, now: Clock | None = None) -> None:
        self._settings = settings = settings_from(account.settings)
        self._now: Clock = now or _utc_now
        self._where = f"Ariba {settings.host}"
        self._dialect = _dialect_of(settings)
        self._cxml = CxmlDoor(account, settings, http, self._now)
        self._lookup = LookupDoor(account, settings, http, self._now)
        self._secret = account.secret
        self.abilities = _abilities(settings)
        self.line, self.party = settings.line, settings.buyer_identity

    def render(self, packet: Packet, files: Sequence[File], presentation: Presentation, stamp: Stamp) -> Document:
        """The exact document; its payloadID is the stamp's reference. Raises CannotExpress."""
        identity = self._settings.identity()
        return render_invoice(packet, files, presentation, stamp, dialect=self._dialect, identity=identity)

    def submit(self, document: Document, reference: str) -> Receipt:
        """Hands the document over once. Raises NotSent, MaybeSent, SignInRefused."""
        where = f"{self._where}, invoice {document.number}"
        response, body = self._cxml.post(document)
        return self._receipt_from(where, response, body, reference)

    def find(self, number: str) -> tuple[Found, ...]:
        """Everything between us and this buyer under exactly this number. Raises PortalUnavailable, SignInRefused."""
        self._needs(Ability.find)
        rows: list[Found] = []
        token, what = "", f"looking up invoice {number}"
        for _ in range(MOST_PAGES):
            page, token = self._lookup.page({"invoiceNumber": number, **self._lookup_query(token)}, what)
            rows += [found_from(row) for row in page]
            if not token:
                return tuple(row for row in rows if row.number == number)
        raise PortalUnavailable(f"{self._where}, {what}", f"gave more than {MOST_PAGES} pages for one number")

    def poll(self, cursor: str) -> Notices:
        """One page of what the network has to tell. Raises PortalUnavailable, SignInRefused."""
        self._needs(Ability.poll)
        if self._settings.delivery == "lookup":
            return self._poll_lookup(cursor)
        kinds = ["StatusUpdateRequest", *(["OrderRequest"] if self._settings.orders_from == "pending" else [])]
        documents, after, more = self._waiting(kinds, cursor, "reading the queue")
        deliveries = tuple(delivery_from(envelope, raw, self._settings) for envelope, raw in documents)
        told = tuple(each.notice for each in deliveries if each.notice is not None)
        return Notices(told, after, more, deliveries)

    def orders(self, cursor: str) -> Orders:
        """One page of this buyer's purchase orders, in the order in which they stand in the queue; for an account that
        does not read the whole queue by `poll`. Raises PortalUnavailable, SignInRefused."""
        self._needs(Ability.orders)
        documents, after, more = self._waiting(["OrderRequest"], cursor, "polling purchase orders")
        ours = [each for each in documents if party_of(each[0], self._settings) in ("", self.party)]
        read = [order_or_unread(envelope, raw) for envelope, raw in ours]
        return Orders(
            tuple(one for one in read if isinstance(one, Order)),
            after,
            more,
            tuple(one for one in read if isinstance(one, UnreadOrder)),
        )

    def read(self, raw: bytes) -> Delivery:
        """What a kept document says to this account. Raises nothing."""
        try:
            return delivery_from(envelope_from(raw, ANSWER_BYTES), raw, self._settings)
        except Unreadable as fault:
            return Delivery("", "", raw, unread=str(fault))

    def read_push(self, body: bytes) -> Delivery:
        """What the network pushed at us, once it has shown the secret that the supplier gave it. Raises PushRefused."""
        return pushed_from(body, self._settings, lambda: self._secret("push_secret"), f"{self._where}, a push")

    def void(self, portal_reference: str, why: str) -> Verdict:
        """Not offered: the network takes an invoice back by a document alone, see `cancellation`."""
        raise SettingWrong("delivery", f"this account cannot {Ability.void.value} at Ariba by a reference")

    def cancellation(
        self, packet: Packet, presentation: Presentation, stamp: Stamp, cancels: str, why: str
    ) -> Document:
        """The invoice once more with operation "delete", naming its document; handed over by `submit`. Whether it is
        taken back is the buyer's rule (KB 84157 against KB0394645). Raises CannotExpress."""
        identity = self._settings.identity()
        return render_cancellation(
            packet, presentation, stamp, dialect=self._dialect, identity=identity, cancels=cancels, why=why
        )

    def check(self) -> str:
        """Asks for the network's profile, and for one row where the look-up is set."""
        body = self._cxml.ask(profile_request(self._stamp(), self._settings.identity_to_network()), "checking")
        try:
            profile = profile_from(body, ANSWER_BYTES)
        except Unreadable as fault:
            raise PortalUnavailable(f"{self._where}, checking", f"answered without a profile ({fault})") from fault
        takes = "takes" if "InvoiceDetailRequest" in profile.transactions else "does not list"
        said = f"{self._where}: signed in by cXML as a {self._settings.mode} account; it {takes} invoices"
        if Ability.find not in self.abilities:
            return f"{said}; no look-up is set, so an invoice in doubt goes to a person."
        self._lookup.page({**self._lookup_query(""), "limit": "1"}, "checking the look-up")
        return f"{said} and answers the look-up."

    # --- pieces

    def _receipt_from(self, where: str, response: httpx.Response, body: bytes, reference: str) -> Receipt:
        """The network's Response, whatever the HTTP status. Its own payloadID is the proof that the network spoke; what
        it knows the invoice by, in every update and look-up, is our payloadID."""
        answer = response_from(body)
        if answer is None and response.status_code == 413:  # a web server may say it before the network does
            words = words_of_page(body) or "Request Entity Too Large"
            return Receipt(Outcome.refused, refused(413, words), raw=body)
        retry_at = retry_at_from(response, self._now())
        if answer is None:
            said = words_of_page(body)
            raise failure_from(where, "write", response.status_code, said=said, retry_at=retry_at)
        said = said_by(answer)
        if answer.code in TAKEN and answer.payload_id:
            # No time: the clock of this answer and that of later updates need not agree, and updates must win.
            words = f"{answer.code} {answer.text}".strip()
            verdict = Verdict(Status.received, Level.transport, (), Actor.nobody, words)
            return Receipt(Outcome.receipted, verdict, reference, body)
        if answer.code == 401:
            raise SignInRefused(where, f"refused the cXML credentials. {self._cxml.cure()}", said=said)
        if answer.code == 429:
            raise NotSent(where, "is throttling us", said=said, retry_at=retry_at)
        if 400 <= answer.code < 500 and answer.code != 408:
            return Receipt(Outcome.refused, refused(answer.code, answer.detail or answer.text), raw=body)
        message = f"answered cXML {answer.code} without a receipt, so it may hold the invoice"
        raise MaybeSent(where, message, said=said, retry_at=retry_at)

    def _waiting(self, kinds: Sequence[str], cursor: str, what: str) -> tuple[list[tuple[Envelope, bytes]], str, bool]:
        """(documents of these kinds not read before, the cursor behind them, whether more wait)."""
        position = queue_position_from(cursor)
        most = self._settings.max_messages
        request = pending_request(
            self._stamp(),
            self._settings.identity_to_network(),
            kinds,
            received_up_to=position.received_up_to,
            most=most,
        )
        body = self._cxml.ask(request, what)
        try:
            pending = pending_from(body, ANSWER_BYTES)
            read = [(lenient_envelope_from(raw, ANSWER_BYTES), raw) for raw in pending.documents]
        except Unreadable as fault:
            raise PortalUnavailable(f"{self._where}, {what}", f"gave something unreadable ({fault})") from fault
        answered_at = pending.answer.timestamp or self._now()
        after, more = position.after([envelope for envelope, _ in read], most, answered_at)
        fresh = [(envelope, raw) for envelope, raw in read if envelope.payload_id not in position.seen]
        return fresh, after.cursor(), more

    def _poll_lookup(self, cursor: str) -> Notices:
        position = lookup_position_from(cursor)
        query = self._lookup_query(position.page)
        if position.since:
            query["updatedFrom"] = position.since
        try:
            rows, following = self._lookup.page(query, "polling the look-up")
        except PageGone:
            return Notices((), position.restarted().cursor(), more=True)
        notices = [row_notice(row) for row in rows]
        marks = [_mark(row) for row in rows]
        fresh = tuple(notice for notice, (_, mark) in zip(notices, marks, strict=True) if mark not in position.seen)
        moved = bool(following) and following != position.page
        after = position.after(marks, following if moved else "")
        return Notices(fresh, after.cursor(), moved)

    def _lookup_query(self, token: str) -> dict[str, str]:
        query = {"buyer": self._settings.buyer_identity, "limit": str(PAGE)}
        return {**query, "pageToken": token} if token else query

    def _stamp(self) -> Stamp:
        """Of a request that asks: every one its own payloadID."""
        now = self._now()
        return Stamp(f"{int(now.timestamp() * 1000)}-{uuid4().hex}@clearbill", now)

    def _needs(self, ability: Ability) -> None:
        if ability not in self.abilities:
            setting, cure = _CURES[ability]
            raise SettingWrong(setting, f"this account cannot {ability.value} at Ariba: {cure}")


_CURES = {
    Ability.find: ("lookup_url", "set lookup_url and token_url"),
    Ability.poll: ("delivery", "set it to pending or lookup"),
    Ability.orders: ("orders_from", "set it to pending"),
}


def _abilities(settings: Settings) -> frozenset[Ability]:
    able = {
        Ability.find: bool(settings.lookup_url),
        Ability.cancel: True,
        Ability.poll: settings.delivery in ("pending", "lookup"),
        Ability.orders: settings.orders_from == "pending",
        Ability.queue: settings.delivery == "pending",
        Ability.push: settings.is_pushed_to,
    }
    return frozenset(ability for ability, can in able.items() if can)


def _dialect_of(settings: Settings) -> Dialect:
    dialect = ARIBA[settings.version]
    pay_codes = {**dialect.pay_codes, **settings.pay_code_words}
    return replace(dialect, credit=settings.credit_style, pay_codes=pay_codes)


def _mark(row: dict[str, object]) -> tuple[str, str]:
    """(updatedAt, what tells this row from itself at another time)."""
    at = str(row.get("updatedAt") or "")
    return at, f"{row.get('documentReference')}|{row.get('invoiceNumber')}|{at}"


def _utc_now() -> datetime:
    return datetime.now(UTC)

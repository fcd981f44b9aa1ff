"""`POST /service/transaction/cxml.asp`: the one URL for all requests (facts 2, 3, 10; cXML facts 3, 10)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from gateway.standin.messages import Answer, Request
from gateway.standin.reading import moment, whole

from . import documents, lifecycle, sheet_documents
from .envelope import Envelope, Refused, envelope_from
from .invoice_document import attachment_urls, content_from
from .network import DEFAULT, Buyer, Network
from .records import TEST_SUFFIX, Credential, File, Mode, Sheet, Supplier, TimeCard
from .texts import CXML, CxmlText
from .validation import Validators

REQUESTS = (
    "InvoiceDetailRequest", "GetPendingRequest", "StatusUpdateRequest", "ConfirmationRequest", "ServiceEntryRequest",
    "TimeCardRequest", "TimeCardInfoRequest",
)  # fmt: skip
PATH = "/service/transaction/cxml.asp"
CERTIFICATE_PATH = "/certservice" + PATH
Reply = tuple[str, dict[str, object], str]
"""A key of `texts.CXML`, its values, and what follows the Status."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, in which of its two accounts."""

    supplier: Supplier
    mode: Mode


@dataclass(frozen=True, slots=True)
class CxmlDoor:
    """The door of one sandbox server."""

    network: Network
    validators: Validators

    def answer(self, request: Request, base: str, *, certificate: bool) -> Answer:
        """Always a cXML Response, whatever the body was; `base` is the URL that a profile gives for this door."""
        if request.method != "POST":
            return Answer(405, b"", "text/plain", (("Allow", "POST"),))
        most = self.network.knobs.number("max_message_bytes")
        if most and len(request.body) > most:
            return Answer(413, b"Request Entity Too Large", "text/plain")
        try:
            key, values, inner = self._receive(request, base, certificate)
        except Refused as refusal:
            key, values, inner = refusal.key, refusal.values, ""
        return self._response(CXML[key], values, inner)

    def _response(self, text: CxmlText, values: dict[str, object], inner: str = "") -> Answer:
        code = text.code
        if text is CXML["mixed_modes"]:
            code = self.network.knobs.text("mixed_modes")
        body = documents.response(self.network.stamp(), code, text.text, text.words.format(**values), inner)
        mirrored = self.network.knobs.text("http_status") == "mirror" and code != "204"
        return Answer(int(code) if mirrored else 200, body, "text/xml; charset=UTF-8")

    def refused_password(self) -> Answer:
        """What a wrong shared secret is answered, for the fault of that name."""
        return self._response(CXML["unauthorized"], {})

    def _receive(self, request: Request, base: str, certificate: bool) -> Reply:
        envelope = envelope_from(request)
        checks: list[Callable[[], object]] = [
            lambda: self._caller(envelope, certificate),
            lambda: self._check_document(envelope),
        ]
        if self.network.knobs.text("check_order") == "document_first":
            checks.reverse()
        for check in checks:
            check()
        caller = self._caller(envelope, certificate)
        if envelope.name == "ProfileRequest":
            return "accepted_200", {}, documents.profile(self.network.stamp(), [(name, base) for name in REQUESTS])
        return self._dispatch(envelope, caller)

    def _dispatch(self, envelope: Envelope, caller: Caller) -> Reply:
        if envelope.name == "GetPendingRequest":
            return self._pending(envelope, caller)
        if envelope.name == "InvoiceDetailRequest":
            return self._invoice(envelope, caller)
        buyer = self._buyer(envelope, caller)
        with self.network.lock:
            if envelope.name == "ConfirmationRequest":
                _confirm(envelope, caller, buyer)
            elif envelope.name == "ServiceEntryRequest":
                _keep_sheet(envelope, caller, buyer)
            elif envelope.name.startswith("TimeCard"):
                _keep_card(envelope, caller, buyer)
        return "accepted_200", {}, ""

    # Who is asking, and is the document one

    def _caller(self, envelope: Envelope, certificate: bool) -> Caller:
        """Sender decides (cXML facts 2). Raises `Refused` (401, 403)."""
        found = next((caller for one in envelope.senders if (caller := self._account(one))), None)
        if found is None or not self._signed_in(found.supplier, envelope.senders, certificate):
            raise Refused("unauthorized")
        if not any((one := self._account(each)) and one.supplier is found.supplier for each in envelope.sources):
            raise Refused("unauthorized")
        if not found.supplier.enterprise:
            raise Refused("not_integrated")
        allowed = self.network.knobs.text("mixed_modes") == "accept"
        if envelope.mode != found.mode and not allowed:
            raise Refused("mixed_modes", mode=envelope.mode, account=found.supplier.anid(found.mode))
        return found

    def _account(self, credential: Credential) -> Caller | None:
        domain, identity = credential.domain.lower(), credential.identity
        mode: Mode = "test" if identity.endswith(TEST_SUFFIX) else "production"
        plain = identity.removesuffix(TEST_SUFFIX)
        for supplier in self.network.suppliers.values():
            names = {"networkid": supplier.identity, "duns": supplier.duns, "aribanetworkuserid": supplier.user_id}
            if plain and names.get(domain) == plain:
                return Caller(supplier, mode)
        return None

    def _signed_in(self, supplier: Supplier, senders: tuple[Credential, ...], certificate: bool) -> bool:
        """A shared secret, compared in constant time; or a certificate, on the door for that."""
        if supplier.certificate or certificate:
            return supplier.certificate and certificate
        given = next((each.secret for each in senders if each.secret is not None), "")
        return hmac.compare_digest(given.encode(), supplier.shared_secret.encode())

    def _check_document(self, envelope: Envelope) -> None:
        """Raises `Refused`: 450 for a request the network does not know, 406 for what its DTD forbids."""
        knobs = self.network.knobs
        if envelope.name not in (*REQUESTS, "ProfileRequest"):
            raise Refused("not_implemented", what=envelope.name)
        if envelope.doctype is None and knobs.text("doctype") == "required":
            raise Refused("unparsable", reason="there is no DOCTYPE")
        self.validators.check(envelope, lenient=knobs.text("whitespace_in_empty") == "accept")

    def _buyer(self, envelope: Envelope, caller: Caller) -> Buyer:
        """The buyer a document is for. Raises `Refused` (403 without a relationship)."""
        wanted = [each.identity for each in envelope.targets if each.domain.lower() == "networkid"]
        for buyer in self.network.buyers.values():
            if buyer.anid(caller.mode) in wanted:
                if any(each.identity == caller.supplier.identity for each in buyer.config.suppliers):
                    return buyer
                break
        raise Refused("no_relationship", buyer=", ".join(wanted) or "nobody")

    # Requests

    def _invoice(self, envelope: Envelope, caller: Caller) -> Reply:
        network, buyer = self.network, self._buyer(envelope, caller)
        content = content_from(envelope.root, envelope.request)
        key = (caller.supplier.identity, caller.mode, envelope.payload_id)
        if before := self._answered(key, buyer, content.number):
            return before, {}, ""
        files = _files(envelope, buyer.knobs.text("unresolved_cid"))
        with network.lock:
            if before := self._answered(key, buyer, content.number):  # the same bytes on another connection
                return before, {}, ""
            lifecycle.receive(network, buyer, caller.supplier, caller.mode, envelope.payload_id, content, files)
            answer = f"accepted_{buyer.knobs.text('accepted_code')}"
            network.answered[key] = (answer, content.number)
        return answer, {}, ""

    def _answered(self, key: tuple[str, Mode, str], buyer: Buyer, number: str) -> str:
        """What a payloadID seen before was answered, as far as the knob lets that count; else empty."""
        answer, known = self.network.answered.get(key, ("", ""))
        repeated = buyer.knobs.text("payload_repeated")
        counts = repeated == "same_answer" or (repeated == "same_answer_same_invoice" and known == number)
        return answer if counts else ""

    def _pending(self, envelope: Envelope, caller: Caller) -> Reply:
        knobs = self.network.knobs
        kinds = frozenset((each.text or "").strip() for each in envelope.request.iter("MessageType"))
        asked = whole(envelope.request.get("maxMessages"))
        most = min(asked, knobs.number("max_pending")) if asked else knobs.number("max_pending")
        last = moment(envelope.request.get("lastReceivedTimestamp") or "")
        found = self.network.deliveries.pending(caller.supplier, caller.mode, kinds, most, last)
        if not found:
            return "no_content" if knobs.text("pending_empty") == "204" else "nothing_pending", {}, ""
        return "accepted_200", {}, documents.pending(found)


def door_and_buyer(request: Request, network: Network) -> tuple[str, str]:
    """The request's element name and the buyer it is addressed to, read before anything is judged; "" unreadable."""
    try:
        envelope = envelope_from(request)
    except Refused:
        return "", DEFAULT
    wanted = {each.identity.removesuffix(TEST_SUFFIX) for each in envelope.targets}
    named = (name for name, buyer in network.buyers.items() if buyer.config.buyer_identity in wanted)
    return envelope.name, next(named, DEFAULT)


def _files(envelope: Envelope, unresolved: str) -> tuple[File, ...]:
    """The attachments the document names, in its order. Raises `Refused` for one without its part, by the knob."""
    by_id = {part.content_id: part for part in envelope.parts if part.content_id}
    files = []
    for url in attachment_urls(envelope.root):
        part = by_id.get(url.removeprefix("cid:"))
        if part is not None:
            digest = hashlib.sha256(part.body).hexdigest()
            files.append(File(part.filename or part.content_id, part.media_type, len(part.body), digest))
        elif unresolved == "406":
            raise Refused("invalid", reason=f"there is no part {url}")
        elif unresolved == "417":
            raise Refused("expectation", reason=f"There is no part {url}.")
    return tuple(files)


def _confirm(envelope: Envelope, caller: Caller, buyer: Buyer) -> None:
    order = buyer.papers.current(sheet_documents.confirmed_order(envelope.request), caller.mode)
    if order is not None and order.supplier is caller.supplier:
        order.confirmed = True


def _keep_sheet(envelope: Envelope, caller: Caller, buyer: Buyer) -> None:
    """Raises `Refused` (417) for what is no sheet, and before the order is confirmed where the buyer wants that."""
    try:
        sheet = sheet_documents.sheet_from(envelope.request)
    except ValueError as error:
        raise Refused("expectation", reason=f"The service entry sheet cannot be read: {error}.") from error
    order = buyer.papers.current(sheet.order, caller.mode)
    if buyer.rules.flag("require_confirmation_first") and (order is None or not order.confirmed):
        raise Refused("expectation", reason=f"Purchase order {sheet.order} has not been confirmed.")
    if sheet.operation == "delete":
        buyer.papers.sheets.pop((caller.mode, sheet.id), None)
        return
    buyer.papers.sheets[(caller.mode, sheet.id)] = Sheet(
        sheet.id, sheet.order, buyer.name, caller.mode, caller.supplier, envelope.payload_id, sheet.lines
    )


def _keep_card(envelope: Envelope, caller: Caller, buyer: Buyer) -> None:
    """Raises `Refused` (417) for what is no time card."""
    try:
        card = sheet_documents.card_from(envelope.request)
    except ValueError as error:
        raise Refused("expectation", reason=f"The time card cannot be read: {error}.") from error
    if card.kind == "delete":
        buyer.papers.cards.pop((caller.mode, card.id), None)
        return
    # Only the buyer approves: whatever the supplier says of it, a card that arrives is submitted.
    buyer.papers.cards[(caller.mode, card.id)] = TimeCard(
        card.id, card.order, buyer.name, caller.mode, caller.supplier, card.worker, card.hours, "submitted", card.period
    )

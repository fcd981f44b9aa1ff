"""Documents that the network delivers, out of the supplier's queue or pushed: what each is, from whom, and its secret.

One queue and one push address serve all buyers of a supplier, so a document is read for whoever it concerns and the
caller passes it on. Nothing that arrives is dropped for being odd: what cannot be read is said to be so.
"""

import hashlib
import hmac
from collections.abc import Callable

from adapters.ariba.settings import Settings
from adapters.ariba.verdicts import notice_from, order_or_unread, without_secret
from formats.cxml import (
    Envelope,
    Unreadable,
    envelope_from,
    envelope_in,
    evidence_of,
    identity_in,
    parse,
)
from gateway.adapter import Delivery
from gateway.errors import PushRefused

PUSH_BYTES = 64 * 1024 * 1024  # the door's own limit, much lower, stands before this one
TAKEN = frozenset({"StatusUpdateRequest", "OrderRequest", "ProfileRequest"})
"""The requests that may be pushed at a supplier and are understood."""

_STATUS = "StatusUpdateRequest"
_ORDER = "OrderRequest"


def lenient_envelope_from(raw: bytes, limit: int) -> Envelope:
    """The envelope of a document out of the queue; an empty one for what is no cXML request."""
    try:
        return envelope_from(raw, limit)
    except Unreadable:
        return Envelope("Request", "", None, "", None, "", "", "", "")


def delivery_from(envelope: Envelope, raw: bytes, settings: Settings) -> Delivery:
    """One document as delivered. Raises nothing."""
    kind, party, kept = envelope.name, party_of(envelope, settings), without_secret(raw)
    if kind == _STATUS:
        return Delivery(kind, party, kept, notice=notice_from(envelope, raw, settings))
    if kind == _ORDER:
        return Delivery(kind, party, kept, order=order_or_unread(envelope, raw))
    return Delivery(kind, party, kept, unread=f"{kind or 'no request'} is not read here")


def pushed_from(body: bytes, settings: Settings, secret: Callable[[], str], where: str) -> Delivery:
    """What was pushed. Nothing in it is believed before its secret was compared. Raises PushRefused."""
    try:
        document = parse(body, PUSH_BYTES)
        envelope = envelope_in(document)
    except Unreadable as fault:
        raise PushRefused(where, 406, "Not Acceptable", f"The document cannot be read: {fault}.") from fault
    if not hmac.compare_digest(_digest(envelope.shared_secret), _digest(secret())):
        raise PushRefused(where, 401, "Unauthorized", "The Sender credential was not recognized.")
    if envelope.form != "Request" or not envelope.name:
        raise PushRefused(where, 400, "Bad Request", "The document holds no request.")
    addressed = identity_in(envelope.to, settings.supplier_domain)
    if addressed and addressed != settings.supplier_identity:
        raise PushRefused(where, 403, "Forbidden", "The document is addressed to another supplier.")
    if envelope.deployment_mode != settings.mode:
        raise PushRefused(where, 403, "Forbidden", f"This is a {settings.mode} account; the document is not.")
    if envelope.name not in TAKEN:
        raise PushRefused(where, 450, "Not Implemented", "This request is not taken here.")
    return delivery_from(envelope, evidence_of(document), settings)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def party_of(envelope: Envelope, settings: Settings) -> str:
    """The buyer that speaks; "" for the network itself, or where none is named in the account's domain."""
    named = identity_in(envelope.from_, settings.buyer_domain)
    return "" if named == settings.network_identity else named

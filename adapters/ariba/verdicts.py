"""What the network and its buyers say, read: refusals at the door, status updates, rows of the look-up.

Two levels of status can disagree; the type of the InvoiceStatus decides, the Status code is evidence (cXML facts 6).
"""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from adapters.ariba.mapping import (
    ACTIONS_OF_OURS,
    CODES,
    DOCUMENT_STATUSES,
    FAILED_AT_BUYER,
    INVOICE_DOCUMENTS,
    INVOICE_STATUSES,
    LOOKUP_STATUSES,
    NETWORK_REJECTION,
    PAID_IN_PART,
    ROUTING_FAILED,
    ROUTING_OBSOLETED,
    UNDER_QUERY,
    UNKNOWN,
    Meaning,
    coded_parts,
    is_networks_code,
    trouble_of,
)
from adapters.ariba.settings import Settings
from formats.cxml import (
    Comment,
    Envelope,
    StatusUpdate,
    Unreadable,
    identity_in,
    instant_from,
    number_of,
    order_from,
    status_update_from,
)
from gateway.adapter import OURS, Found, Notice
from gateway.order import Order, UnreadOrder
from gateway.verdict import Actor, Level, Reason, ReasonCode, Status, Verdict

Row = Mapping[str, Any]

_GATEWAY_SUFFIX = re.compile(r"_CIGSDRID_.*\Z", re.DOTALL)  # added by an integration gateway on the way (cXML facts 6)
_SECRET = re.compile(rb"(<SharedSecret[^>]*>).*?(</SharedSecret>)", re.DOTALL)


# --- refusals at the door -------------------------------------------------------------------------------------------


def refused(code: int, words: str) -> Verdict:
    """The network took nothing: a 4xx at once. `words` are its own."""
    trouble = CODES.get(code)
    parts = coded_parts(words)
    if parts:
        reasons = _coded(parts)
        return Verdict(Status.rejected, Level.portal, reasons, _who_mends(reasons, Actor.us), portal_status=str(code))
    known = trouble.reason if trouble else ReasonCode.other
    who = trouble.who_acts if trouble else Actor.us
    return Verdict(Status.rejected, Level.portal, (Reason(known, "", str(code), words),), who, portal_status=str(code))


def _who_mends(reasons: Sequence[Reason], otherwise: Actor) -> Actor:
    """Whom all the network's codes point at; `otherwise` where they differ, or the words are a person's."""
    actors = {trouble_of(reason.portal_code).who_acts for reason in reasons if is_networks_code(reason.portal_code)}
    only_codes = all(is_networks_code(reason.portal_code) for reason in reasons)
    return actors.pop() if only_codes and len(actors) == 1 else otherwise


def _coded(parts: Sequence[tuple[str, str]]) -> tuple[Reason, ...]:
    return tuple(Reason(trouble_of(code).reason, "", code, words) for code, words in parts)


# --- status updates -------------------------------------------------------------------------------------------------


def notice_from(envelope: Envelope, raw: bytes, settings: Settings) -> Notice:
    """One StatusUpdateRequest as a notice. Raises formats.cxml.Unreadable where it is none.

    An invoice number belongs to one buyer: another buyer's update is told by its payloadID alone (one queue serves all
    buyers of a supplier). Updates about other papers (service sheets, ...) have no invoice number either. A payloadID
    that is not of our making was given on the way, or by the portal's own pages: then only the number tells the invoice
    (cXML facts 6)."""
    update = status_update_from(envelope)
    reference = _GATEWAY_SUFFIX.sub("", update.document_id)
    reference = reference if OURS in reference else ""
    number = update.invoice_number if _may_be_ours(envelope, settings) else ""
    return Notice(number, reference, verdict_from(update, envelope, settings), reference, without_secret(raw))


def verdict_from(update: StatusUpdate, envelope: Envelope, settings: Settings) -> Verdict:
    """What an update says. `at` is the time of the cXML document that brought it."""
    meaning = _meaning_of(update)
    level = meaning.level
    if meaning.status is Status.rejected and _is_networks(update, envelope, settings):
        level = Level.portal
    reasons = _reasons_of(update, meaning)
    word = f"{update.type} in part" if meaning is PAID_IN_PART else update.type
    return Verdict(meaning.status, level, reasons, _actor(meaning, reasons), word, envelope.timestamp)


def _meaning_of(update: StatusUpdate) -> Meaning:
    if update.kind == "InvoiceStatus":
        meaning = INVOICE_STATUSES.get(update.type, UNKNOWN)
    elif update.kind == "DocumentStatus" and update.document_type.casefold() in INVOICE_DOCUMENTS:
        meaning = DOCUMENT_STATUSES.get(update.type.casefold(), UNKNOWN)
    else:
        return UNKNOWN
    if meaning.status is Status.cancelled and update.code == FAILED_AT_BUYER:
        return INVOICE_STATUSES["rejected"]
    if meaning.status is Status.paid and update.partial_amount:
        return PAID_IN_PART
    if meaning.status is Status.in_process and _asks_us(update.comments_of("Action")):
        return UNDER_QUERY
    return meaning


def _asks_us(actions: Sequence[str]) -> bool:
    return any(action.strip().casefold() in ACTIONS_OF_OURS for action in actions)


def _is_networks(update: StatusUpdate, envelope: Envelope, settings: Settings) -> bool:
    """Whether the network's validation refused it and the buyer never saw it (Ariba facts 4)."""
    if NETWORK_REJECTION.search(f"{update.text} {update.detail}"):
        return True
    if identity_in(envelope.from_, settings.network_domain) == settings.network_identity:
        return True
    return any(is_networks_code(code) for each in update.comments for code, _ in coded_parts(each.text))


def _reasons_of(update: StatusUpdate, meaning: Meaning) -> tuple[Reason, ...]:
    """The words of an update that calls for something; of one that does not, only a partial payment is told."""
    if meaning.status in (Status.rejected, Status.under_query, Status.cancelled, Status.unknown):
        found = [reason for comment in _all_comments(update) for reason in _reasons_in(comment)]
        said = " ".join(part for part in (update.text, update.detail) if part)
        return tuple(found) or (Reason(ReasonCode.other, "", str(update.code or ""), said),)
    return (_paid_in_part(f"{update.partial_amount} {update.currency}"),) if meaning is PAID_IN_PART else ()


def _paid_in_part(amount: str) -> Reason:
    return Reason(ReasonCode.other, "", "PartialAmount", f"PartialAmount {amount}".strip())


def _all_comments(update: StatusUpdate) -> tuple[Comment, ...]:
    return update.comments + tuple(comment for item in update.items for comment in item.comments)


def _reasons_in(comment: Comment) -> tuple[Reason, ...]:
    """A person's words are `other`, unchanged; the comment's type stands where a code would."""
    parts = coded_parts(comment.text)
    return _coded(parts) if parts else (Reason(ReasonCode.other, "", comment.type, comment.text),)


def _actor(meaning: Meaning, reasons: Sequence[Reason]) -> Actor:
    """Whoever can mend what the network's codes say, where it rejected; else as the status has it."""
    return _who_mends(reasons, meaning.who_acts) if meaning.status is Status.rejected else meaning.who_acts


def _may_be_ours(envelope: Envelope, settings: Settings) -> bool:
    """From our buyer or from the network itself. A document that does not say from whom counts as ours."""
    sender = identity_in(envelope.from_, settings.buyer_domain)
    network = identity_in(envelope.from_, settings.network_domain)
    return not sender or sender == settings.buyer_identity or network == settings.network_identity


def without_secret(raw: bytes) -> bytes:
    """A document as evidence: without the secret that its sender proves itself with."""
    return _SECRET.sub(rb"\1[secret]\2", raw)


# --- purchase orders ------------------------------------------------------------------------------------------------


def order_or_unread(envelope: Envelope, raw: bytes) -> Order | UnreadOrder:
    """One OrderRequest, whichever buyer's."""
    try:
        return order_from(envelope)
    except Unreadable as fault:
        return UnreadOrder(envelope.payload_id, number_of(envelope), str(fault), without_secret(raw))


# --- the look-up ----------------------------------------------------------------------------------------------------
# Field names are the stand-in's own: those of the network's extraction API could not be read (Ariba facts 2).


def found_from(row: Row) -> Found:
    """One row of the look-up."""
    number, reference = _text(row, "invoiceNumber"), _text(row, "documentReference")
    return Found(number, reference, row_verdict(row), _amount(row), _text(row, "currency"))


def row_notice(row: Row) -> Notice:
    """One row of the look-up as a notice."""
    reference = _text(row, "documentReference")
    raw = json.dumps(row, ensure_ascii=False, sort_keys=True).encode()
    return Notice(_text(row, "invoiceNumber"), reference, row_verdict(row), reference, raw)


def row_verdict(row: Row) -> Verdict:
    """What a row says: routing status and invoice status are two things (Ariba facts 4)."""
    word, routing = _text(row, "status"), _text(row, "routingStatus").casefold()
    meaning = LOOKUP_STATUSES.get(word.casefold(), UNKNOWN)
    comments = [_comment_from(each) for each in _list(row, "comments")]
    at = instant_from(_text(row, "updatedAt"))
    if routing == ROUTING_OBSOLETED and meaning.status is not Status.paid:
        successor = _text(row, "obsoletedBy") or "another document"
        reason = Reason(ReasonCode.replaced, "", routing, f"replaced by {successor}")
        return Verdict(Status.cancelled, Level.portal, (reason,), Actor.us, _text(row, "routingStatus"), at)
    if meaning.status is Status.in_process and _asks_us([one.text for one in comments if one.type == "Action"]):
        meaning = UNDER_QUERY
    if meaning.status is Status.received and routing == ROUTING_FAILED:
        meaning = LOOKUP_STATUSES["failed"]
    level = Level.portal if meaning.status is Status.rejected and routing == ROUTING_FAILED else meaning.level
    if meaning.status is Status.paid and _is_a_part(row):
        told = _paid_in_part(f"{_text(row, 'paidAmount')} {_text(row, 'currency')}")
        return Verdict(PAID_IN_PART.status, level, (told,), PAID_IN_PART.who_acts, f"{word} in part", at)
    if meaning.status in (Status.received, Status.in_process, Status.accepted, Status.paid):
        return Verdict(meaning.status, level, (), meaning.who_acts, word, at)
    reasons = tuple(reason for comment in comments for reason in _reasons_in(comment))
    reasons = reasons or (Reason(ReasonCode.other, "", routing, word),)
    return Verdict(meaning.status, level, reasons, _actor(meaning, reasons), word, at)


def _comment_from(value: object) -> Comment:
    if isinstance(value, Mapping):
        return Comment(_text(value, "text"), _text(value, "type"))
    return Comment(str(value))


def _list(row: Row, name: str) -> list[Any]:
    value = row.get(name)
    return value if isinstance(value, list) else []


def _text(row: Mapping[Any, Any], name: str) -> str:
    value = row.get(name)
    return value.strip() if isinstance(value, str) else ""


def _is_a_part(row: Row) -> bool:
    """Whether less was paid than was invoiced; where the row does not say both, the status stands."""
    paid, invoiced = _amount(row, "paidAmount"), _amount(row)
    return paid is not None and invoiced is not None and abs(paid) < abs(invoiced)


def _amount(row: Row, name: str = "amount") -> Decimal | None:
    try:
        amount = Decimal(_text(row, name))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None

"""iSupplier's words and ours, as data: where an invoice stands, and what a message box means. No I/O.

Sources are the project's notes on Oracle by section: (7.2) statuses, (7.3) holds, (9.1) rules. The portal's exact
messages are mostly not public, so refusals are read by key words and keep the portal's own; what fits none is `other`.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from adapters.oracle_isupplier.holds import reasons_from, token_from
from adapters.oracle_isupplier.holds import who_acts as holds_actor
from gateway.verdict import Actor, Level, Reason, ReasonCode, Status, Verdict

_S, _R = Status, ReasonCode

MEANINGS: Mapping[str, tuple[Status, Actor]] = MappingProxyType(
    {
        "draft": (_S.received, Actor.us),
        "received": (_S.received, Actor.nobody),
        "in_process": (_S.in_process, Actor.client_ap),
        "under_query": (_S.under_query, Actor.us),
        "accepted": (_S.accepted, Actor.nobody),
        "paid": (_S.paid, Actor.nobody),
        "rejected": (_S.rejected, Actor.us),
        "cancelled": (_S.cancelled, Actor.us),
    }
)
ACTORS = tuple(actor.value for actor in Actor)
STATUSES: Mapping[str, str] = MappingProxyType(
    {
        # what suppliers are shown (7.2) [M]
        "in-process": "in_process",
        "in process": "in_process",
        "approved": "accepted",
        "cancelled": "cancelled",
        "rejected": "rejected",  # of an invoice request, by its approver (8)
        "on-hold": "under_query",
        "on hold": "under_query",
        "unsubmitted": "draft",
        "submitted": "received",
        # Payables' validation behind it, shown at some sites (7.2) [C]: a matching's word, not an approval
        "validated": "in_process",
        "needs revalidation": "in_process",
        "never validated": "in_process",
        # payment (7.2): "Not Paid" [C], rest [M]
        "paid": "paid",
    }
)
_PAID = "paid"
_PARTLY = "partially paid"

# By key words of the message box (9.1). The first that fits counts, so a duplicate ranks above a missing field.
TROUBLES: Sequence[tuple[re.Pattern[str], ReasonCode]] = tuple(
    (re.compile(pattern, re.IGNORECASE), code)
    for pattern, code in (
        (r"already exists|duplicat|already been (used|entered)|provide a unique", _R.duplicate_number),
        (r"(must|needs to) be entered|value is required|you must enter|is required|mandatory", _R.field_missing),
        (r"attach|file|upload", _R.attachment_unacceptable),
        (r"invoice number.*(long|character|invalid)", _R.number_format),
        (r"not open for invoicing|(finally )?closed|inactive p\.?o|cancel?led (purchase order|p\.?o)", _R.po_closed),
        (r"(not|un)[ -]?approved", _R.po_closed),
        (r"exceed\w* .*(amount|balance|purchase order)|amount .*exceed", _R.po_balance),
        (r"exceed|more than (the )?(available|ordered|received)|below zero", _R.quantity_mismatch),
        (r"currenc", _R.currency_mismatch),
        (r"\btax\b", _R.tax_mismatch),
        (r"remit|pay site|supplier site", _R.remit_to_unknown),
        (r"open period|accounting date|invoice date|future date", _R.date_out_of_window),
        (r"unit price|price", _R.price_mismatch),
        (r"not (authori[sz]ed|allowed|permitted)", _R.not_enabled),
    )
)


def meaning_of(word: str, extra: Mapping[str, str]) -> str:
    """A status word in the names of MEANINGS; "" where it is not known. `extra`: the buyer's own words."""
    token = " ".join(word.split()).casefold()
    return extra.get(token) or STATUSES.get(token, "")


def verdict_from(
    word: str, payment: str, holds: Sequence[tuple[str, str]], extra: Mapping[str, str], actors: Mapping[str, str]
) -> Verdict:
    """What a row of View Invoices says. `holds`: name and words of each hold that stands; `actors`: whom the buyer's
    own holds wait for."""
    meaning = meaning_of(word, extra)
    paid = " ".join(payment.split()).casefold()
    if not meaning:
        reasons = (Reason(_R.other, portal_text=word),) if word else ()
        return Verdict(_S.unknown, Level.buyer, reasons, Actor.us, word)
    if meaning == "accepted" and paid == _PAID:
        return Verdict(_S.paid, Level.buyer, (), Actor.nobody, payment)
    if holds and meaning in ("in_process", "received", "under_query", "accepted"):
        return Verdict(_S.under_query, Level.buyer, reasons_from(holds), _hold_actor(holds, actors), word)
    status, who = MEANINGS[meaning]
    level = Level.portal if meaning in ("draft", "received") else Level.buyer
    if status in (_S.under_query, _S.rejected, _S.cancelled):
        return Verdict(status, level, (Reason(_R.other, portal_text=word),), who, word)
    if status is _S.accepted and paid == _PARTLY:
        return Verdict(status, level, (Reason(_R.other, portal_text=payment),), Actor.nobody, word)
    return Verdict(status, level, (), who, word)


def _hold_actor(holds: Sequence[tuple[str, str]], actors: Mapping[str, str]) -> Actor:
    """As the facts say (7.3), a buyer's own holds as its profile says; we act as soon as one is ours."""
    told = {Actor(actors[token_from(name)]) for name, _ in holds if token_from(name) in actors}
    rest = [name for name, _ in holds if token_from(name) not in actors]
    if rest:
        told.add(holds_actor(rest))
    return told.pop() if len(told) == 1 else Actor.us


def trouble_of(words: str) -> ReasonCode:
    """The invoice's trouble behind one line of a message box."""
    return next((code for pattern, code in TROUBLES if pattern.search(words)), _R.other)


def refused(lines: Sequence[str], code: ReasonCode | None = None) -> Verdict:
    """The portal's no, told in its own words line by line; nothing was created there."""
    reasons = tuple(Reason(code or trouble_of(line), portal_text=line) for line in dict.fromkeys(lines) if line)
    return Verdict(_S.rejected, Level.portal, reasons, Actor.us, "Error")

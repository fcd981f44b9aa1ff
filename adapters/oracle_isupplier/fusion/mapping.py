"""Fusion's words and ours, as data: where an invoice stands, and what a refusal means. No I/O.

Sources are the project's notes on Oracle by section: (7.2) statuses, (9.2) texts with codes, (11) REST, (12) the
portal's pages. [C] read in a document, [D] deduced, [M] memory; a row without a mark is [C].
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from adapters.oracle_isupplier.fusion.rows import Row, Said, decimal_from
from adapters.oracle_isupplier.holds import reasons_from, who_acts
from gateway.adapter import Found
from gateway.json_answer import id_from, instant_from, words_from
from gateway.verdict import Actor, Level, Reason, ReasonCode, Status, Verdict

# --- where an invoice stands --------------------------------------------------------------------------------------
# Three words tell it: validation, approval, payment. Each folds to one of ours; what is not here is unknown.

VALIDATION: Mapping[str, str] = MappingProxyType(
    {
        "incomplete": "draft",  # saved, not submitted (12)
        "not validated": "open",
        "never validated": "open",  # (7.2)
        "never approved": "open",  # the code behind it (7.2)
        "unvalidated": "open",
        "needs revalidation": "again",
        "needs reapproval": "again",
        "validated": "passed",
        "approved": "passed",  # Payables' code for "Validated" (7.2): not the approval of a person
        "cancelled": "cancelled",
        "canceled": "cancelled",
    }
)
APPROVAL: Mapping[str, str] = MappingProxyType(
    {
        "accept": "approved",  # codes counted as approved (7.2)
        "approved": "approved",
        "manually approved": "approved",
        "not required": "approved",
        "wfapproved": "approved",
        "workflow approved": "approved",  # [M] the words of the page (12)
        "acknowledge": "approved",
        "required": "pending",  # [M], as the rest
        "initiated": "pending",
        "needs wfreapproval": "pending",
        "stopped": "pending",
        "rejected": "rejected",
        "": "hidden",  # the attribute is not shown: approval cannot be seen, so it is not claimed
    }
)
PAYMENT: Mapping[str, str] = MappingProxyType(
    {
        "paid": "paid",
        "y": "paid",  # [M]
        "unpaid": "open",  # [M]
        "not paid": "open",  # (7.2)
        "n": "open",  # [M]
        "partially paid": "open",  # [M]
        "p": "open",  # [M]
        "": "open",
    }
)
DRAFT = "draft"


def token_from(word: str) -> str:
    """A status word as the key above: `NEEDS_REAPPROVAL`, `Needs Reapproval`."""
    return " ".join(re.sub(r"[_-]+", " ", word).split()).casefold()


def is_draft(row: Row) -> bool:
    """Whether the invoice is saved only, so that it is ours to finish."""
    return VALIDATION.get(_token(row, "ValidationStatus")) == DRAFT


def is_handed_over(row: Row) -> bool:
    """Whether the invoice is certainly more than saved. A row without a word we know is neither this nor a draft."""
    return bool(VALIDATION.get(_token(row, "ValidationStatus"))) and not is_draft(row)


def may_be_held(row: Row) -> bool:
    """Whether holds are worth asking for: they are what keeps a validated invoice from passing (12, 7.2)."""
    return VALIDATION.get(_token(row, "ValidationStatus")) == "again"


def is_standing(hold: Row) -> bool:
    """Whether a hold was not released yet (11)."""
    return not words_from(hold.get("ReleaseName"))


def verdict_from(row: Row, holds: Sequence[Row] = ()) -> Verdict:
    """What a row says, in the light of its unreleased holds. `portal_status` is the word that decides."""
    validation, approval, paid = (words_from(row.get(name)) for name in _STATUS_FIELDS)
    status, level, actor, word = _standing(row, validation, approval, paid)
    reasons: tuple[Reason, ...] = ()
    standing = [hold for hold in holds if is_standing(hold)]
    if standing and status in (Status.in_process, Status.accepted):
        names = [words_from(hold.get("HoldName")) for hold in standing]
        status, word = Status.under_query, validation
        reasons = reasons_from(zip(names, (words_from(hold.get("HoldReason")) for hold in standing), strict=True))
        actor = who_acts(names)
    elif status is Status.rejected:
        reasons = (Reason(ReasonCode.other, portal_code="ApprovalStatus", portal_text=approval),)
    return Verdict(status, level, reasons, actor, word, instant_from(row.get("LastUpdateDate")))


_STATUS_FIELDS = ("ValidationStatus", "ApprovalStatus", "PaidStatus")


def _standing(row: Row, validation: str, approval: str, paid: str) -> tuple[Status, Level, Actor, str]:
    checked = VALIDATION.get(token_from(validation), "")
    agreed = APPROVAL.get(token_from(approval), "")
    settled = PAYMENT.get(token_from(paid), "")
    if checked == "cancelled" or words_from(row.get("CanceledDate")):
        return Status.cancelled, Level.buyer, Actor.us, validation if checked == "cancelled" else "Cancelled"
    if not checked:
        return Status.unknown, Level.buyer, Actor.us, validation
    if checked == DRAFT:
        return Status.received, Level.portal, Actor.us, validation
    if agreed == "rejected":  # of an invoice request (8): a person reads why
        return Status.rejected, Level.buyer, Actor.us, approval
    if not agreed or not settled:
        return Status.unknown, Level.buyer, Actor.us, paid if agreed else approval
    if settled == "paid":
        return Status.paid, Level.buyer, Actor.nobody, paid
    if checked == "passed" and agreed == "approved":
        return Status.accepted, Level.buyer, Actor.nobody, approval
    return Status.in_process, Level.buyer, Actor.client_ap, approval if checked == "passed" and approval else validation


def _token(row: Row, name: str) -> str:
    return token_from(words_from(row.get(name)))


def found_from(row: Row, holds: Sequence[Row] = ()) -> Found:
    """One invoice as `find` reports it."""
    total = decimal_from(row.get("InvoiceAmount"))
    return Found(
        number=id_from(row.get("InvoiceNumber")),
        portal_reference=id_from(row.get("InvoiceId")),
        verdict=verdict_from(row, holds),
        total=abs(total) if total is not None else None,  # a credit memo is negative there and positive with us
        currency=words_from(row.get("InvoiceCurrency")),
        complete=not is_draft(row),
    )


# --- refusals -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """What a message means, and who can cure it."""

    reason: ReasonCode
    who_acts: Actor = Actor.us


_R, _AP = ReasonCode, Actor.client_ap

CODES: Mapping[str, Rule] = MappingProxyType(
    {  # (9.2)
        "AP-810776": Rule(_R.duplicate_number),
        "AP-810245": Rule(_R.duplicate_number),
        "AP-810879": Rule(_R.field_missing),
        "AP-810667": Rule(_R.po_line_unknown),
    }
)
# Codes that say nothing of the invoice: somebody else wrote at the same time.
TRANSIENT = frozenset({"JBO-25014"})

# Which trouble a message about one attribute is [D]; used where neither code nor words tell.
ATTRIBUTES: Mapping[str, Rule] = MappingProxyType(
    {
        "InvoiceCurrency": Rule(_R.currency_mismatch),
        "UOM": Rule(_R.unit_mismatch),
        "TaxClassification": Rule(_R.tax_mismatch),
        "SupplierSite": Rule(_R.remit_to_unknown),
        "PurchaseOrderNumber": Rule(_R.po_unknown),
        "PurchaseOrderLineNumber": Rule(_R.po_line_unknown),
        "BusinessUnit": Rule(_R.not_enabled, Actor.portal_admin),
    }
)

# First match wins. The first two are the words of (9.2); the others are patterns for what the rules of (6.1) and (9.1)
# must say somehow [D]: they only choose a code, the portal's words stand beside it unchanged.
WORDS: tuple[tuple[re.Pattern[str], Rule], ...] = tuple(
    (re.compile(words, re.IGNORECASE), rule)
    for words, rule in (
        (r"invoice number already exists|already an invoice with that number", Rule(_R.duplicate_number)),
        (r"valid value for the purchase order line", Rule(_R.po_line_unknown)),
        (r"must (enter|provide) a value|must make at least one selection", Rule(_R.field_missing)),
        (r"invoice number.*(length|too long|exceeds)", Rule(_R.number_format)),
        (r"(purchase order|\bpo\b).*(closed|cancell?ed|not open|on hold)", Rule(_R.po_closed, _AP)),
        (r"(purchase order|\bpo\b).*(does(n't| not) exist|not found|invalid|not valid|not yours)", Rule(_R.po_unknown)),
        (r"currency", Rule(_R.currency_mismatch)),
        (r"quantity.*exceed|exceed.*quantity|fully billed", Rule(_R.quantity_mismatch)),
        (r"unit price|\bprice\b", Rule(_R.price_mismatch)),
        (r"unit of measure|\buom\b", Rule(_R.unit_mismatch)),
        (r"control amount|invoice amount.*(differ|equal|consistent)", Rule(_R.sum_mismatch)),
        (r"\btax\b", Rule(_R.tax_mismatch)),
        (r"attachment|file (size|type)", Rule(_R.attachment_unacceptable)),
        (r"attribute .* (is not known|not found)|payload could not be read", Rule(_R.document_invalid)),
    )
)
OTHER = Rule(_R.other)
_LINE = re.compile(r"\bline (\d{1,6})\b", re.IGNORECASE)


def refused(said: Iterable[Said]) -> Verdict:
    """The portal's own checks said no. A used number outranks everything else (9.2)."""
    found = [(rule_of(one), one) for one in said]
    found.sort(key=lambda pair: pair[0].reason is not _R.duplicate_number)
    reasons = tuple(Reason(rule.reason, _path(one), one.code, one.words) for rule, one in found)
    actors = {rule.who_acts for rule, _ in found}
    word = next((one.code for _, one in found if one.code), "")
    return Verdict(Status.rejected, Level.portal, reasons, actors.pop() if len(actors) == 1 else Actor.us, word)


def rule_of(said: Said) -> Rule:
    """What one message means."""
    if said.code in CODES:
        return CODES[said.code]
    by_words = next((rule for words, rule in WORDS if words.search(said.words)), None)
    return by_words or ATTRIBUTES.get(said.attribute, OTHER)


def _path(said: Said) -> str:
    """Our lines are numbered from 1 in the document we send, in the packet's order."""
    named = _LINE.search(said.words)
    return f"/invoice/lines/{int(named[1]) - 1}" if named and int(named[1]) > 0 else ""

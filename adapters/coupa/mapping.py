"""Coupa's words and ours, as data: statuses, refusal texts, order states, and what each calls for.

Sources are the project's notes on Coupa, named by section ("6.1"), with their marks: [D] a Coupa document, [P] another
public page, [C] public source code, [I] our inference, [M] memory. Rows marked [I] are word patterns in the house
style of Coupa's application; they only ever choose a code, the portal's words stand beside it unchanged.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from gateway.order import OrderState
from gateway.verdict import Actor, Level, Reason, ReasonCode, Status


class FixClass(StrEnum):
    """What a refusal calls for (14)."""

    config = "config"  # our credentials: stop the pair, no retry
    config_at_buyer = "config_at_buyer"  # a switch or a record at the buyer's
    our_bug = "our_bug"  # regenerate once; the same text again is a defect of ours
    splittable = "splittable"  # more lines than the buyer allows
    data = "data"  # a reference of ours does not exist there
    deterministic = "deterministic"  # one mechanical change cures it
    policy = "policy"  # the buyer does not allow it
    idempotency = "idempotency"  # the number is there already, perhaps by our own earlier try
    mixed = "mixed"  # hides data faults as well as outages
    transport = "transport"  # nobody knows whether it arrived
    business = "business"  # people disagree about price or quantity


# --- statuses ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meaning:
    """One portal status in our words."""

    status: Status
    who_acts: Actor
    level: Level = Level.buyer


_AP = Actor.client_ap

STATUSES: Mapping[str, Meaning] = MappingProxyType(
    {  # tokens of the API (6.1 [D]); spellings of the CSP and of exports fold into them, see `token_from`
        "draft": Meaning(Status.received, _AP, Level.portal),  # cXML without a matching contract lands here too
        "save_as_draft": Meaning(Status.received, _AP, Level.portal),
        "new": Meaning(Status.received, _AP, Level.portal),
        "processing": Meaning(Status.in_process, _AP),
        "pending_approval": Meaning(Status.in_process, _AP),
        "pending_action": Meaning(Status.in_process, _AP),  # meaning [M]
        "pending_receipt": Meaning(Status.in_process, _AP),  # meaning [I]: three-way matching waits for a receipt
        "on_hold": Meaning(Status.in_process, _AP),
        "ap_hold": Meaning(Status.in_process, _AP),
        "booking_hold": Meaning(Status.in_process, _AP),  # meaning [M]
        "disputed": Meaning(Status.under_query, Actor.us),
        "rejected": Meaning(Status.rejected, Actor.us),  # one buyer: also duplicates and obsolete ones [P]
        "invalid": Meaning(Status.rejected, Actor.us, Level.portal),  # the clearance document failed validation
        "approved": Meaning(Status.accepted, Actor.nobody),
        "voided": Meaning(Status.cancelled, Actor.us),
        "abandoned": Meaning(Status.cancelled, Actor.us),
        # An adjustment on the payable side [M]; whether it means acceptance is unclear, so it is not read as one.
        "payable_adjustment": Meaning(Status.unknown, _AP),
    }
)
UNKNOWN_STATUS = Meaning(Status.unknown, Actor.us)
PAID = Meaning(Status.paid, Actor.nobody)  # `paid` is a flag beside `approved` (4.3 [D]), not a token


def token_from(word: str) -> str:
    """Coupa's token for a status word: the CSP shows "Pending Approval" where the API says pending_approval (6.1)."""
    return re.sub(r"[\s-]+", "_", word.strip()).lower()


# --- refusals ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """Words that Coupa uses for one trouble, and what the trouble is."""

    words: re.Pattern[str]
    reason: ReasonCode
    fix: FixClass
    who_acts: Actor = Actor.us


def _rule(words: str, reason: ReasonCode, fix: FixClass, who_acts: Actor = Actor.us) -> Rule:
    return Rule(re.compile(words, re.IGNORECASE), reason, fix, who_acts)


_R, _F = ReasonCode, FixClass

# Codes whose meaning needs no reading of the text: a validator's sentence may contain any word (2.4).
CODES: Mapping[int, Rule] = MappingProxyType(
    {
        401: _rule("", _R.sign_in_refused, _F.config, Actor.portal_admin),
        403: _rule("", _R.not_enabled, _F.config_at_buyer, Actor.portal_admin),
        406: _rule("", _R.document_invalid, _F.our_bug),  # Coupa adds: may also be an unknown order
        413: _rule("", _R.too_many_lines, _F.splittable),  # the number 413 is inferred from the words
        450: _rule("", _R.document_invalid, _F.our_bug),
    }
)

# First match wins: exact documented texts stand before patterns.
REFUSALS: tuple[Rule, ...] = (
    # documented or seen in a production client (2.4)
    _rule(r"must be the same type as invoice line", _R.po_line_kind, _F.deterministic),
    _rule(r"payment term must be present", _R.payment_term_missing, _F.config_at_buyer, _AP),
    _rule(r"shipping/handling/misc charges are not permitted", _R.charges_not_permitted, _F.policy),
    _rule(r"does not belong to supplier", _R.po_not_ours, _F.data),
    _rule(r"could not find order header|unable to find order with po number", _R.po_unknown, _F.data),
    _rule(r"could not parse cxml document", _R.document_invalid, _F.our_bug),
    _rule(r"did not validate successfully with dtd", _R.document_invalid, _F.our_bug),
    _rule(r"request entity too large", _R.too_many_lines, _F.splittable),
    _rule(r"version of document is not supported|characteristic of request", _R.document_invalid, _F.our_bug),
    _rule(r"cxml invoicing (is )?not allowed", _R.not_enabled, _F.config_at_buyer, Actor.portal_admin),
    _rule(r"invalid credentials", _R.sign_in_refused, _F.config, Actor.portal_admin),
    _rule(r"unexpected server error", _R.portal_fault, _F.mixed),
    _rule(r"could not create invoice|not configured to parse", _R.portal_fault, _F.mixed, Actor.portal_admin),
    # The cause is documented, the exact words are not (2.4, 5): patterns in the application's house style [I].
    _rule(
        r"invoice\s*(number|num\b|no\.?|#).*(already|taken|used|exist|unique|duplicate)"
        r"|(already|duplicate).*invoice\s*(number|num\b|no\.?|#)|duplicate invoice",
        _R.duplicate_number,
        _F.idempotency,
    ),
    _rule(r"original[\s-]*invoice", _R.original_missing, _F.data),
    _rule(r"number.*too long", _R.number_format, _F.policy),
    _rule(r"backed by", _R.po_missing, _F.data),
    _rule(r"credit.*(not (supported|permitted|allowed))", _R.credit_not_permitted, _F.policy),
    _rule(r"bill[\s-]*to", _R.bill_to_mismatch, _F.deterministic),
    _rule(r"remit[\s-]*to", _R.remit_to_unknown, _F.data),
    _rule(r"(order|po)\s*line.*(not (find|found)|does(n't| not) exist|unknown|absent)", _R.po_line_unknown, _F.data),
    _rule(r"(could not|unable to) find order line", _R.po_line_unknown, _F.data),
    _rule(
        r"(order|\bpo\b).*(closed|stopped|cancell?ed|not (open|issued)|on hold|invoic\w*\W*stop)"
        r"|(soft[\s-]*)?closed for invoicing|invoice[\s-]*stop",
        _R.po_closed,
        _F.data,
        _AP,
    ),
    _rule(r"exceed|balance|over[\s-]*invoic|insufficient", _R.po_balance, _F.business, _AP),
    _rule(r"contract", _R.contract_unknown, _F.data),
    _rule(r"currency", _R.currency_mismatch, _F.data),
    _rule(r"unit of measure|\buoms?\b", _R.unit_mismatch, _F.deterministic),
    _rule(r"(attachment|image scan).*(required|blank|missing|must|present)", _R.attachment_missing, _F.data),
    _rule(r"attachment|image scan", _R.attachment_unacceptable, _F.data),
    _rule(r"tax (registration|id\b|number)|vat (id\b|number)", _R.tax_id_missing, _F.data),
    _rule(r"\btax\b|\bvat\b", _R.tax_mismatch, _F.data),
    _rule(r"supplier[\s-]*total|total.*(match|equal|differ)", _R.sum_mismatch, _F.our_bug),
    _rule(r"invoice[\s-]*date.*(be blank|be present)", _R.field_missing, _F.data),
    _rule(r"invoice[\s-]*date|future|back[\s-]*dated", _R.date_out_of_window, _F.data),
    _rule(r"too many (invoice )?lines|maximum.*lines", _R.too_many_lines, _F.splittable),
    _rule(r"quantity", _R.quantity_mismatch, _F.business),
    _rule(r"\bprice\b", _R.price_mismatch, _F.business),
    _rule(r"description.*(long|short|invalid)|too long", _R.text_unacceptable, _F.deterministic),
    _rule(r"(can't|cannot|can not) be blank|must be present|is required", _R.field_missing, _F.data),
    # The headline alone: order unknown, another supplier's, or its line absent (2.4).
    _rule(r"invalid order/document reference", _R.po_unknown, _F.data),
)
UNKNOWN_REFUSAL = _rule("", _R.other, _F.mixed)

# Says only that something below it is wrong (2.4); dropped where the something is named.
ECHO = re.compile(r"\W*invoice lines is invalid\W*", re.IGNORECASE)


def rule_for(code: int | None, words: str) -> Rule:
    """The rule for a portal's code and one message of it; `UNKNOWN_REFUSAL` when we have not met them."""
    if code is not None and code in CODES:
        return CODES[code]
    return next((rule for rule in REFUSALS if rule.words.search(words)), UNKNOWN_REFUSAL)


def rule_of(reason: Reason) -> Rule:
    """The rule that a reason of a refusal came from; `UNKNOWN_REFUSAL` where none gives such a reason."""
    if reason.portal_code.isdigit() and int(reason.portal_code) in CODES:
        return CODES[int(reason.portal_code)]
    alike = [rule for rule in REFUSALS if rule.reason is reason.code]
    found = next((rule for rule in alike if rule.words.search(reason.portal_text)), None)
    return found or next(iter(alike), UNKNOWN_REFUSAL)


# --- purchase orders --------------------------------------------------------------------------------------------

ORDER_STATES: Mapping[str, OrderState] = MappingProxyType(
    {  # 13 [D]; only `issued` orders were seen to be invoiceable [C]
        "issued": OrderState.open,
        "closed": OrderState.closed,
        "soft_closed": OrderState.closed,
        "cancelled": OrderState.closed,
        "buyer_hold": OrderState.stopped,
        "currency_hold": OrderState.stopped,
        "supplier_hold": OrderState.stopped,
        "supplier_window_hold": OrderState.stopped,
        "draft": OrderState.stopped,
        "error": OrderState.stopped,
    }
)

ORDER_LINE_STATES: Mapping[str, OrderState] = MappingProxyType(
    {  # 13 [C]; lines can be soft-closed for receiving and for invoicing separately [D]
        "created": OrderState.open,
        "received": OrderState.open,
        "partially_received": OrderState.open,
        "soft_closed_for_receiving": OrderState.open,
        "soft_closed_for_invoicing": OrderState.closed,
        "soft_closed": OrderState.closed,
        "closed": OrderState.closed,
        "cancelled": OrderState.closed,
    }
)

"""What portals say, in our words.

Two vocabularies never share a column: our **stage** (where a packet is in this house) and the portal's **status**
(what the portal says of the invoice). A word we have not met is `unknown`, a trouble we cannot name is `other`;
both are shown to a person and neither is ever read as acceptance.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.errors import legible


class Stage(StrEnum):
    """Where a packet is in this house. `accepted` and `stopped` are final; every other stage still owes work."""

    received = "received"  # acknowledged by intake, not yet checked
    checked = "checked"  # the checklist found nothing that stops it
    built = "built"  # the exact document exists and waits for its turn at the portal
    sending = "sending"  # the first byte may have left: until the portal answers, the attempt is in doubt
    waiting = "waiting"  # the portal has it; its verdict is awaited
    correcting = "correcting"  # refused, and a licensed correction is being tried
    held = "held"  # a person must act: who, what and by when are on the packet
    accepted = "accepted"  # the buyer accepted (or paid) it
    stopped = "stopped"  # a person ended it, or it was cancelled on purpose


FINAL_STAGES = frozenset({Stage.accepted, Stage.stopped})


class Status(StrEnum):
    """What the portal says of an invoice, normalised."""

    received = "received"  # the portal has it, nobody looked yet (drafts included)
    in_process = "in_process"  # matching, approval, holds that the buyer clears
    under_query = "under_query"  # sent back to the supplier with a question or a dispute; still alive
    rejected = "rejected"  # refused; will not be paid as it is
    accepted = "accepted"  # approved for payment
    paid = "paid"  # payment reported
    cancelled = "cancelled"  # voided, abandoned, cancelled or deleted
    unknown = "unknown"  # a word we do not know: shown to a person, never read as acceptance


class Level(StrEnum):
    """Who speaks: did it arrive, did the portal's own checks pass, did the buyer approve."""

    transport = "transport"
    portal = "portal"
    buyer = "buyer"


class Actor(StrEnum):
    """Who must act next."""

    us = "us"  # the billing office
    field = "field"  # crew, foreman, project manager: papers, hours, signatures
    client_ap = "client_ap"  # the client's accounts payable or buyer
    portal_admin = "portal_admin"  # whoever administers the account at the portal: credentials, switches, set-up
    nobody = "nobody"  # nothing to do but wait, or done


class Outcome(StrEnum):
    """What became of one transmission."""

    not_sent = "not_sent"  # known not to have reached the portal
    maybe_sent = "maybe_sent"  # in doubt: the portal must be asked
    receipted = "receipted"  # the portal has it and gave its reference
    refused = "refused"  # the portal answered no; nothing was created there


class ReasonCode(StrEnum):
    """The invoice's trouble, named once for all portals."""

    duplicate_number = "duplicate_number"
    number_format = "number_format"
    date_out_of_window = "date_out_of_window"
    po_missing = "po_missing"
    po_unknown = "po_unknown"
    po_not_ours = "po_not_ours"
    po_closed = "po_closed"
    po_obsolete = "po_obsolete"
    po_balance = "po_balance"
    po_line_unknown = "po_line_unknown"
    po_line_kind = "po_line_kind"
    contract_unknown = "contract_unknown"
    price_mismatch = "price_mismatch"
    quantity_mismatch = "quantity_mismatch"
    unit_mismatch = "unit_mismatch"
    currency_mismatch = "currency_mismatch"
    sum_mismatch = "sum_mismatch"
    hours_mismatch = "hours_mismatch"
    rate_mismatch = "rate_mismatch"
    tax_mismatch = "tax_mismatch"
    tax_id_missing = "tax_id_missing"
    charges_not_permitted = "charges_not_permitted"
    payment_term_missing = "payment_term_missing"
    bill_to_mismatch = "bill_to_mismatch"
    remit_to_unknown = "remit_to_unknown"
    attachment_missing = "attachment_missing"
    attachment_unacceptable = "attachment_unacceptable"
    timesheet_missing = "timesheet_missing"
    timesheet_unsigned = "timesheet_unsigned"
    not_received = "not_received"  # the buyer has not booked the receipt of the goods or service
    original_missing = "original_missing"  # a credit note without the invoice it credits
    credit_not_permitted = "credit_not_permitted"
    text_unacceptable = "text_unacceptable"
    too_many_lines = "too_many_lines"
    field_missing = "field_missing"
    document_invalid = "document_invalid"  # the portal could not read what we built: our defect
    sign_in_refused = "sign_in_refused"
    not_enabled = "not_enabled"  # the relationship or a switch at the portal forbids it
    replaced = "replaced"  # another document took the invoice's place at the portal (edited and sent again)
    portal_fault = "portal_fault"  # the portal says that it failed itself
    other = "other"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for a portal's answer.

    `path` is a JSON pointer into the packet when the portal's words name a place, else empty.
    `portal_code` and `portal_text` are the portal's own, unchanged but for characters that cannot be kept. `read_by` is
    the rule of ours that read the code from free words (`gateway.buyer_words`), empty where the portal itself or its
    published texts name the trouble: what was read is likely, not certain.
    """

    code: ReasonCode
    path: str = ""
    portal_code: str = ""
    portal_text: str = ""
    read_by: str = ""

    def __post_init__(self) -> None:
        for name in ("path", "portal_code", "portal_text"):
            object.__setattr__(self, name, legible(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer of a portal about one attempt.

    `portal_status` is the portal's own word. `at` is the portal's own time for it (aware UTC), the only order in which
    verdicts of one attempt are applied; None when the portal gave no time.
    """

    status: Status
    level: Level
    reasons: tuple[Reason, ...] = ()
    who_acts: Actor = Actor.nobody
    portal_status: str = ""
    at: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "portal_status", legible(self.portal_status))

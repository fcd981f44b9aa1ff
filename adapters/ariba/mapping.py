"""The network's words and ours, as data: status types, look-up statuses, codes of refusals.

Sources are the project's notes on the network ("4" = Ariba facts, section 4) and on cXML ("c6" = cXML facts, section
6), with their marks: [C] read in a document, [D] deduced, [M] memory.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.verdict import Actor, Level, ReasonCode, Status


@dataclass(frozen=True, slots=True)
class Meaning:
    """One word of the network in ours."""

    status: Status
    who_acts: Actor
    level: Level = Level.buyer


@dataclass(frozen=True, slots=True)
class Trouble:
    """What one code of a refusal means, and who can mend it."""

    reason: ReasonCode
    who_acts: Actor = Actor.us


_R, _AP, _ADMIN = ReasonCode, Actor.client_ap, Actor.portal_admin
UNKNOWN = Meaning(Status.unknown, Actor.us)
UNDER_QUERY = Meaning(Status.under_query, Actor.us)
PAID_IN_PART = Meaning(Status.accepted, Actor.us)  # `paid` claims the whole; somebody must ask for the rest

# --- statuses ---------------------------------------------------------------------------------------------------

INVOICE_STATUSES: Mapping[str, Meaning] = MappingProxyType(
    {  # InvoiceStatus/@type (c6 [C]); other hubs' additions are unknown here on purpose
        "processing": Meaning(Status.in_process, _AP),
        "reconciled": Meaning(Status.accepted, Actor.nobody),
        "paying": Meaning(Status.accepted, Actor.nobody),
        "paid": Meaning(Status.paid, Actor.nobody),
        "rejected": Meaning(Status.rejected, Actor.us),
        "canceled": Meaning(Status.cancelled, Actor.us),
    }
)

DOCUMENT_STATUSES: Mapping[str, Meaning] = MappingProxyType(
    {  # DocumentStatus/@type about an invoice, case folded (c6 [C]); "accepted" may mean no more than taken in [D]
        "processing": Meaning(Status.in_process, _AP),
        "approved": Meaning(Status.accepted, Actor.nobody),
        "rejected": Meaning(Status.rejected, Actor.us),
        "declined": Meaning(Status.rejected, Actor.us),
        "canceled": Meaning(Status.cancelled, Actor.us),
    }
)
INVOICE_DOCUMENTS = frozenset({"invoicedetailrequest", "invoice"})

LOOKUP_STATUSES: Mapping[str, Meaning] = MappingProxyType(
    {  # as the portal shows them (4 [C]); the API's own spelling was not read, so case is folded
        "sent": Meaning(Status.received, _AP, Level.portal),
        "processing": Meaning(Status.in_process, _AP),
        "approved": Meaning(Status.accepted, Actor.nobody),
        "rejected": Meaning(Status.rejected, Actor.us),
        "failed": Meaning(Status.rejected, Actor.us, Level.portal),
        "paid": Meaning(Status.paid, Actor.nobody),
        "canceled": Meaning(Status.cancelled, Actor.us),
    }
)
ROUTING_FAILED = "failed"  # never reached the buyer (4 [C])
ROUTING_OBSOLETED = "obsoleted"  # replaced by edit and resubmit, or cancelled; read-only (4 [C])

FAILED_AT_BUYER = 423  # with `canceled`: the buyer's ERP failed, nobody cancelled anything (c6 [C])
NETWORK_REJECTION = re.compile(r"network\s+rejection", re.IGNORECASE)  # "Network Rejection: validation failed" (4 [C])

# What a typed comment wants of us (c6 [C]); "No action required" wants nothing.
ACTIONS_OF_OURS = frozenset({"provide information", "issue new invoice"})


# --- refusals ---------------------------------------------------------------------------------------------------

TROUBLES: Mapping[str, Trouble] = MappingProxyType(
    {  # the network's validation, as far as its list was readable (5 [C])
        "INVOICE_DUPLICATE": Trouble(_R.duplicate_number),
        "INVOICE_NO_ID": Trouble(_R.field_missing),
        "SHIPPING_IN_LINE_ERROR": Trouble(_R.document_invalid),
        "SUMMARY_AND_DETAIL": Trouble(_R.document_invalid),
        "DETAIL_AND_SUMMARY": Trouble(_R.document_invalid),
        "INV_ROLE_IN_SHIPPING": Trouble(_R.document_invalid),
        "INV_ROLE_IN_PARTNER": Trouble(_R.document_invalid),
        "INV-13": Trouble(_R.po_obsolete, _AP),
        "INV-15": Trouble(_R.po_unknown, _AP),  # number, date or payloadID differ from the order the network knows
        "INV-98": Trouble(_R.tax_id_missing),
        "INV-143": Trouble(_R.po_missing),
    }
)
NETWORK_ERROR = "ANERR"  # a family with numbers behind it: the network failed itself (5 [C])
OTHER_TROUBLE = Trouble(_R.other)

CODES: Mapping[int, Trouble] = MappingProxyType(
    {  # cXML codes whose meaning needs no reading of the words (c3)
        400: Trouble(_R.document_invalid),  # parsed, but unacceptable
        403: Trouble(_R.not_enabled, _ADMIN),  # no relationship, wrong account type, or test mixed with production
        406: Trouble(_R.document_invalid),
        413: Trouble(_R.attachment_unacceptable),  # a web server's answer; papers weigh most of a message [D]
        450: Trouble(_R.document_invalid),
        475: Trouble(_R.not_enabled, _ADMIN),  # 475 to 477: a digital signature is wanted [M]
        476: Trouble(_R.not_enabled, _ADMIN),
        477: Trouble(_R.not_enabled, _ADMIN),
    }
)

_CODE = re.compile(
    r"(?:^|(?<=[\s;]))(?P<code>INV-\d{1,3}|ANERR[\w-]*|[A-Z]{2,}(?:[_-][A-Z]{2,})+)(?=\s*(?:\(\d{1,4}\)\s*)?:\s)"
)


def trouble_of(code: str) -> Trouble:
    """What a code of the network's validation means; `OTHER_TROUBLE` for one we have not met."""
    if code.startswith(NETWORK_ERROR):
        return Trouble(_R.portal_fault)
    return TROUBLES.get(code, OTHER_TROUBLE)


def coded_parts(words: str) -> tuple[tuple[str, str], ...]:
    """(code, its sentence with the code in front, unchanged) for each `CODE: text` in the words.

    None where the words do not begin with a code: then they are a person's own, who may quote one. A code's number has
    at most three digits (as published), for `INV-1042: ...` may well be a person naming our invoice."""
    words = words.strip()
    marks = list(_CODE.finditer(words))
    if not marks or marks[0].start() > 0:
        return ()
    ends = [*(mark.start() for mark in marks[1:]), len(words)]
    return tuple(
        (mark["code"], words[mark.start() : end].strip(" \t\r\n;")) for mark, end in zip(marks, ends, strict=True)
    )


def is_networks_code(code: str) -> bool:
    """A code that is known to come from the network's own validation."""
    return code in TROUBLES or code.startswith(NETWORK_ERROR)

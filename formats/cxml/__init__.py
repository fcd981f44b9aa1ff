"""cXML: an invoice packet as an InvoiceDetailRequest, and what a receiver or a network says in return."""

from formats.cxml.answers import answer, pending_request, profile_request, profile_response
from formats.cxml.check import check_document
from formats.cxml.confirmation import Confirmation, ConfirmedLine, ConfirmedQuantity, confirmation_from
from formats.cxml.dialect import (
    ARIBA,
    COUPA,
    HEADER_CREDIT_MEMO,
    LINE_LEVEL_CREDIT_MEMO,
    NEGATIVE_INVOICE,
    POSITIVE_CREDIT_MEMO,
    Credential,
    CreditStyle,
    Dialect,
    Identity,
)
from formats.cxml.document import render_cancellation, render_invoice
from formats.cxml.incoming import Envelope, copied_from, envelope_from, envelope_in, evidence_of, identity_in
from formats.cxml.orders import number_of, order_from
from formats.cxml.pending import Pending, pending_from
from formats.cxml.profile import Profile, Transaction, profile_from
from formats.cxml.reader import Unreadable, day_from, instant_from, money_from, parse
from formats.cxml.response import CxmlResponse, response_from
from formats.cxml.status_update import Comment, ItemStatus, StatusUpdate, status_update_from

__all__ = [
    "ARIBA",
    "COUPA",
    "HEADER_CREDIT_MEMO",
    "LINE_LEVEL_CREDIT_MEMO",
    "NEGATIVE_INVOICE",
    "POSITIVE_CREDIT_MEMO",
    "Comment",
    "Confirmation",
    "ConfirmedLine",
    "ConfirmedQuantity",
    "Credential",
    "CreditStyle",
    "CxmlResponse",
    "Dialect",
    "Envelope",
    "Identity",
    "ItemStatus",
    "Pending",
    "Profile",
    "StatusUpdate",
    "Transaction",
    "Unreadable",
    "answer",
    "check_document",
    "confirmation_from",
    "copied_from",
    "day_from",
    "envelope_from",
    "envelope_in",
    "evidence_of",
    "identity_in",
    "instant_from",
    "money_from",
    "number_of",
    "order_from",
    "parse",
    "pending_from",
    "pending_request",
    "profile_from",
    "profile_request",
    "profile_response",
    "render_cancellation",
    "render_invoice",
    "response_from",
    "status_update_from",
]

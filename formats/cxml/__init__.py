"""cXML: an invoice packet as an InvoiceDetailRequest, and what a receiver's Response says."""

from formats.cxml.check import check_document
from formats.cxml.dialect import (
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
from formats.cxml.document import render_invoice
from formats.cxml.reader import Unreadable, instant_from, money_from, parse
from formats.cxml.response import CxmlResponse, response_from

__all__ = [
    "COUPA",
    "HEADER_CREDIT_MEMO",
    "LINE_LEVEL_CREDIT_MEMO",
    "NEGATIVE_INVOICE",
    "POSITIVE_CREDIT_MEMO",
    "Credential",
    "CreditStyle",
    "CxmlResponse",
    "Dialect",
    "Identity",
    "Unreadable",
    "check_document",
    "instant_from",
    "money_from",
    "parse",
    "render_invoice",
    "response_from",
]

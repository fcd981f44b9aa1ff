"""StatusUpdateRequest: what a network or a buyer says became of a document.

Two levels of status stand in one request and can disagree: the Status code, and the type of the InvoiceStatus or
DocumentStatus (cXML facts, section 6). Both are handed on as they came; which of them decides is the adapter's to say.
Everything but the Status is optional in practice, so nothing is refused for being incomplete.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from formats.cxml.branches import (
    Node,
    attribute,
    child,
    children,
    count_in,
    extrinsics_of,
    money_in,
    own_text_of,
    text_of,
)
from formats.cxml.incoming import Envelope, content_named

Kind = Literal["InvoiceStatus", "DocumentStatus", "PaymentStatus", "SourcingStatus", "IntegrationStatus", ""]
KINDS: tuple[Kind, ...] = ("InvoiceStatus", "DocumentStatus", "PaymentStatus", "SourcingStatus", "IntegrationStatus")


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment, unchanged but for outer blanks. `type` as given: "Reason" and "Action" are known, most have none."""

    text: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class ItemStatus:
    """What is said of one line (DocumentStatus only)."""

    type: str
    code: str
    line: int | None
    comments: tuple[Comment, ...]


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """One status update, in its own words.

    `document_id`: the payloadID of the document spoken of, which a hub may have changed, "" where none is named.
    `invoice_number`, `invoice_date`: of InvoiceIDInfo, or of a DocumentInfo about an invoice; dates as written.
    `code`: of the Status, None where it is no number. `kind` and `type`: the second level, "" where there is none; an
    IntegrationStatus gives its documentStatus as the type. `partial_amount` only means something with "paid".
    """

    document_id: str
    code: int | None
    text: str
    detail: str
    kind: Kind
    type: str
    invoice_number: str = ""
    invoice_date: str = ""
    document_type: str = ""
    partial_amount: Decimal | None = None
    currency: str = ""
    payment_due: str = ""
    comments: tuple[Comment, ...] = ()
    items: tuple[ItemStatus, ...] = ()
    extrinsics: Mapping[str, str] | None = None

    def comments_of(self, type_: str) -> tuple[str, ...]:
        """The texts of the comments of one type, told without regard to case."""
        return tuple(each.text for each in self.comments if each.type.casefold() == type_.casefold())


def status_update_from(envelope: Envelope) -> StatusUpdate:
    """The StatusUpdateRequest in an envelope. Raises Unreadable where there is none."""
    update = content_named(envelope, "StatusUpdateRequest")
    status = child(update, "Status")
    kind: Kind = next((kind for kind in KINDS if child(update, kind) is not None), "")
    told = child(update, kind) if kind else None
    number, date = _invoice_of(told)
    amount, currency = money_in(child(told, "PartialAmount"))
    return StatusUpdate(
        document_id=attribute(child(update, "DocumentReference"), "payloadID"),
        code=count_in(status, "code"),
        text=attribute(status, "text"),
        detail=text_of(status),
        kind=kind,
        type=attribute(told, "documentStatus" if kind == "IntegrationStatus" else "type"),
        invoice_number=number,
        invoice_date=date,
        document_type=attribute(child(told, "DocumentInfo"), "documentType"),
        partial_amount=amount,
        currency=currency,
        payment_due=attribute(told, "paymentNetDueDate"),
        comments=_comments_of(told),
        items=tuple(_item_from(item) for item in children(told, "ItemStatus")),
        extrinsics=extrinsics_of(update),
    )


def _invoice_of(told: Node | None) -> tuple[str, str]:
    """(number, date) of the invoice spoken of. A DocumentInfo names one only when it says so, or says nothing."""
    named = child(told, "InvoiceIDInfo")
    if named is not None:
        return attribute(named, "invoiceID"), attribute(named, "invoiceDate")
    document = child(told, "DocumentInfo")
    if attribute(document, "documentType").casefold() in ("", "invoicedetailrequest", "invoice"):
        return attribute(document, "documentID"), attribute(document, "documentDate")
    return "", ""


def _comments_of(holder: Node | None) -> tuple[Comment, ...]:
    found = (Comment(own_text_of(each), attribute(each, "type")) for each in children(holder, "Comments"))
    return tuple(comment for comment in found if comment.text)


def _item_from(item: Node) -> ItemStatus:
    return ItemStatus(
        type=attribute(item, "type"),
        code=attribute(item, "code"),
        line=count_in(child(item, "ReferenceDocumentInfo"), "lineNumber"),
        comments=_comments_of(item),
    )

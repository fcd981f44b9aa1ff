"""The cXML documents the network writes: answers, status updates, orders (cXML facts 2, 3, 6, 7)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from .records import ZERO, Mode, Order, OrderLine, Supplier

NETWORK_ANID = "AN01000000001"
HOST = "10.163.3.213"
RESPONSE_DTD = "http://xml.cXML.org/schemas/cXML/1.2.014/cXML.dtd"
REQUEST_DTD = "http://xml.cXML.org/schemas/cXML/1.2.034/cXML.dtd"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True, slots=True)
class Update:
    """A StatusUpdateRequest. `reference` and `number` None = left out. `document` makes it a DocumentStatus instead."""

    type: str
    code: str = "200"
    text: str = "OK"
    words: str = ""
    reference: str | None = None
    number: str | None = None
    date: datetime | None = None
    partial: Decimal | None = None
    currency: str = "USD"
    comments: tuple[tuple[str, str], ...] = ()
    extrinsics: tuple[tuple[str, str], ...] = ()
    document: str = ""
    agent: str = "Buyer 14s2"
    from_network: bool = False


@dataclass(frozen=True, slots=True)
class Addressed:
    """The envelope of a document to a supplier; `vendor` is the buyer's number for the supplier."""

    payload_id: str
    at: str
    buyer: str
    supplier: Supplier
    mode: Mode
    vendor: str
    agent: str
    from_network: bool = False


def payload_id(at: datetime) -> str:
    """As the network writes its own: epoch milliseconds, 19 digits, an address (facts 2)."""
    return f"{int(at.timestamp() * 1000)}-{secrets.randbelow(9 * 10**18) + 10**18}@{HOST}"


def stamp(at: datetime) -> str:
    """A timestamp with milliseconds where there are any, and a zone."""
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")


def response(at: datetime, code: str, text: str, words: str, payload: str = "") -> bytes:
    """A Response, in the form the network was seen to use."""
    return (
        f'{HEAD}<!DOCTYPE cXML SYSTEM "{RESPONSE_DTD}">\n'
        f'<cXML payloadID="{payload_id(at)}" timestamp="{stamp(at)}">\n'
        f'<Response><Status code="{code}" text={quoteattr(text)}>{escape(words)}</Status>{payload}</Response></cXML>\n'
    ).encode()


def profile(at: datetime, urls: Sequence[tuple[str, str]]) -> str:
    """A ProfileResponse: one Transaction per request name."""
    transactions = "".join(
        f"<Transaction requestName={quoteattr(name)}><URL>{escape(url)}</URL></Transaction>" for name, url in urls
    )
    return (
        f'<ProfileResponse effectiveDate="2000-06-22T00:00:00+00:00" lastRefresh="{stamp(at)}">{transactions}'
        "</ProfileResponse>"
    )


def pending(documents: Sequence[str]) -> str:
    """A GetPendingResponse with whole documents in it."""
    return f"<GetPendingResponse>{''.join(documents)}</GetPendingResponse>"


def whole(document: str) -> bytes:
    """A document as it is pushed: with declaration and DOCTYPE."""
    return f'{HEAD}<!DOCTYPE cXML SYSTEM "{REQUEST_DTD}">\n{document}\n'.encode()


def request(to: Addressed, body: str, secret: str | None) -> str:
    """A request of the network or a buyer to a supplier; `secret` is the supplier's own, on pushes."""
    source = NETWORK_ANID if to.from_network else to.buyer
    vendor = "" if to.from_network else _credential("VendorID", to.vendor)
    inner = f"<SharedSecret>{escape(secret)}</SharedSecret>" if secret is not None else ""
    return (
        f'<cXML payloadID={quoteattr(to.payload_id)} timestamp="{to.at}" xml:lang="en-US"><Header>'
        f"<From>{_credential('NetworkID', source)}{vendor}</From>"
        f"<To>{_credential('NetworkID', to.supplier.anid(to.mode))}</To>"
        f"<Sender>{_credential('NetworkID', NETWORK_ANID, inner)}<UserAgent>{escape(to.agent)}</UserAgent></Sender>"
        f'</Header><Request deploymentMode="{to.mode}">{body}</Request></cXML>'
    )


def _credential(domain: str, identity: str, inner: str = "") -> str:
    return f'<Credential domain="{domain}"><Identity>{escape(identity)}</Identity>{inner}</Credential>'


def status_update(update: Update) -> str:
    """A StatusUpdateRequest."""
    reference = f"<DocumentReference payloadID={quoteattr(update.reference)}/>" if update.reference is not None else ""
    extrinsics = "".join(
        f"<Extrinsic name={quoteattr(name)}>{escape(text)}</Extrinsic>" for name, text in update.extrinsics
    )
    return (
        f"<StatusUpdateRequest>{reference}<Status code={quoteattr(update.code)} text={quoteattr(update.text)} "
        f'xml:lang="en-US">{escape(update.words)}</Status>'
        f"{_document_status(update) if update.document else _invoice_status(update)}{extrinsics}</StatusUpdateRequest>"
    )


def _invoice_status(update: Update) -> str:
    named = ""
    if update.number is not None:
        date = f' invoiceDate="{stamp(update.date)}"' if update.date else ""
        named = f"<InvoiceIDInfo invoiceID={quoteattr(update.number)}{date}/>"
    partial = ""
    if update.partial is not None:
        partial = f"<PartialAmount>{_money(update.partial, update.currency)}</PartialAmount>"
    return f"<InvoiceStatus type={quoteattr(update.type)}>{named}{partial}{_comments(update)}</InvoiceStatus>"


def _document_status(update: Update) -> str:
    info = f'<DocumentInfo documentID={quoteattr(update.number or "")} documentType="{update.document}"/>'
    return f"<DocumentStatus type={quoteattr(update.type)}>{info}{_comments(update)}</DocumentStatus>"


def _comments(update: Update) -> str:
    return "".join(
        f'<Comments{f" type={quoteattr(kind)}" if kind else ""} xml:lang="en-US">{escape(text)}</Comments>'
        for kind, text in update.comments
    )


def _money(amount: Decimal, currency: str) -> str:
    return f'<Money currency="{currency}">{amount:f}</Money>'


def order_request(order: Order, *, deleted: bool = False) -> str:
    """An OrderRequest: the whole order in its present version. One that changes or ends an order names the document
    before it (OrderRequestHeader, DocumentReference)."""
    kind = "delete" if deleted else ("new" if order.version == 1 else "update")
    total = sum((line.amount for line in order.lines), ZERO)
    dates = (("effectiveDate", order.valid_from), ("expirationDate", order.valid_to))
    validity = "".join(f' {name}="{stamp(at)}"' for name, at in dates if at)
    lines = "".join(_item(line, order) for line in order.lines)
    before = order.payload_id if deleted else order.replaces
    reference = f"<DocumentReference payloadID={quoteattr(before)}/>" if before else ""
    return (
        f"<OrderRequest><OrderRequestHeader orderID={quoteattr(order.number)} orderDate={quoteattr(order.date_text)} "
        f'orderType="{"blanket" if order.blanket else "regular"}" type="{kind}" '
        f'orderVersion="{order.version}"{validity}>'
        f"<Total>{_money(total, order.currency)}</Total><BillTo><Address>"
        f'<Name xml:lang="en-US">Accounts Payable</Name></Address></BillTo>{reference}</OrderRequestHeader>'
        f"{lines}</OrderRequest>"
    )


def _item(line: OrderLine, order: Order) -> str:
    """Amount lines are BlanketItemDetail with MaxAmount: their quantity of 1 means nothing (DTD, ItemOut)."""
    labour = "".join(_rate(code, rate, line.unit, order.currency) for code, rate in line.rates.items())
    spend = f"<SpendDetail><LaborDetail>{labour}{_validity(order)}</LaborDetail></SpendDetail>" if labour else ""
    service = ' itemClassification="service"' if line.service else ""
    quantity = line.quantity if line.quantity is not None else Decimal(1)
    return (
        f'<ItemOut quantity="{quantity:f}" lineNumber="{line.number}"{service}><ItemID><SupplierPartID>'
        f"{escape(line.part_number)}</SupplierPartID></ItemID>{_detail(line, order)}{spend}</ItemOut>"
    )


def _detail(line: OrderLine, order: Order) -> str:
    description = f'<Description xml:lang="en-US">{escape(line.description)}</Description>'
    classification = '<Classification domain="UNSPSC">72151500</Classification>'
    if line.kind == "amount" or line.price is None:
        most = f"<MaxAmount>{_money(line.amount, order.currency)}</MaxAmount>"
        return f"<BlanketItemDetail>{description}{most}{classification}</BlanketItemDetail>"
    return (
        f"<ItemDetail><UnitPrice>{_money(line.price, order.currency)}</UnitPrice>{description}"
        f"<UnitOfMeasure>{escape(line.unit)}</UnitOfMeasure>{classification}</ItemDetail>"
    )


def _rate(code: str, rate: Decimal, unit: str, currency: str) -> str:
    return (
        f"<UnitRate>{_money(rate, currency)}<UnitOfMeasure>{escape(unit)}</UnitOfMeasure>"
        f'<TermReference termName="payCode" term={quoteattr(code)}/></UnitRate>'
    )


def _validity(order: Order) -> str:
    start, end = order.valid_from or order.date, order.valid_to or order.date
    return f'<Period startDate="{stamp(start)}" endDate="{stamp(max(start, end))}"/>'


def with_suffix(update: Update, anid: str) -> Update:
    """The reference as a gateway leaves it (cXML facts 6)."""
    return replace(update, reference=f"{update.reference}_CIGSDRID_{anid}") if update.reference else update

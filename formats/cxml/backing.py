"""What a line is billed against, and how an order block says so (InvoiceDetailOrderInfo)."""

from dataclasses import dataclass
from typing import Literal

from lxml import etree

from formats.cxml.draft import Draft
from formats.cxml.figures import noon
from formats.cxml.xml import put
from gateway.packet import Line, OrderReference


@dataclass(frozen=True, slots=True)
class Backing:
    """What a line is billed against. `contract`: the one that stands beside the order, where it has an element."""

    kind: Literal["order", "contract", "nothing"]
    number: str = ""
    contract: str = ""


def blocks_of(draft: Draft) -> dict[Backing, list[Line]]:
    """Lines by what backs them, in order of first use."""
    blocks: dict[Backing, list[Line]] = {}
    for line in draft.invoice.lines:
        blocks.setdefault(_backing_of(line, draft), []).append(line)
    return blocks


def _backing_of(line: Line, draft: Draft) -> Backing:
    order = draft.invoice.order_number_of(line)
    contract = line.contract_number or draft.invoice.contract_number
    if order:
        return Backing("order", order, contract if draft.dialect.contract_beside_order == "element" else "")
    return Backing("contract", contract) if contract else Backing("nothing")


def put_backing(block: etree._Element, backing: Backing, draft: Draft) -> None:
    """The InvoiceDetailOrderInfo of one block."""
    info, dialect = put(block, "InvoiceDetailOrderInfo"), draft.dialect
    if backing.kind == "order":
        _put_order(info, backing, draft)
    elif backing.kind == "contract":
        _put_agreement(info, backing.number, draft)
    elif dialect.unbacked == "empty_agreement":
        put(put(info, "MasterAgreementReference"), "DocumentReference", payloadID="")
    else:
        put(info, "OrderIDInfo", orderID="")


def _put_agreement(info: etree._Element, number: str, draft: Draft) -> None:
    if draft.dialect.contract_number == "payload_id":
        put(put(info, "MasterAgreementReference"), "DocumentReference", payloadID=number)
    else:
        put(info, "MasterAgreementIDInfo", agreementID=number)


def _put_order(info: etree._Element, backing: Backing, draft: Draft) -> None:
    """The order, and the agreement beside it: after an OrderReference, before an OrderIDInfo (InvoiceDetail.dtd)."""
    order = next(order for order in draft.invoice.orders if order.number == backing.number)
    if _is_named_by_date(order, draft):
        if backing.contract:
            _put_agreement(info, backing.contract, draft)
        put(info, "OrderIDInfo", orderID=order.number, **_dated(order, draft))
        return
    _put_order_reference(info, order, draft)
    if backing.contract:
        _put_agreement(info, backing.contract, draft)


def _is_named_by_date(order: OrderReference, draft: Draft) -> bool:
    """Whether number and date must find the order, since its own document is not known or never passed the portal."""
    unknown = not order.payload_id and (order.stated_date != "" or order.channel == "elsewhere")
    return draft.dialect.order_number == "best_known" and unknown


def _put_order_reference(info: etree._Element, order: OrderReference, draft: Draft) -> None:
    form = draft.dialect.order_number
    reference = put(info, "OrderReference")
    if form != "payload_id":
        reference.set("orderID", order.number)
    for name, value in _dated(order, draft).items():
        reference.set(name, value)
    own_document = form in ("order_id", "best_known")
    put(reference, "DocumentReference", payloadID=order.payload_id if own_document else order.number)


def _dated(order: OrderReference, draft: Draft) -> dict[str, str]:
    if order.stated_date and draft.dialect.order_date != "never":
        return {"orderDate": order.stated_date}
    if order.ordered_on and draft.dialect.order_date == "when_known":
        return {"orderDate": noon(order.ordered_on)}
    return {}

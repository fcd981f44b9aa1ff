"""ConfirmationRequest: what a supplier answers to a purchase order, as far as the order register needs it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from formats.cxml.branches import Node, attribute, child, children, count_in, money_in, number_in, own_text_of, text_of
from formats.cxml.incoming import Envelope, content_named
from formats.cxml.reader import day_from


@dataclass(frozen=True, slots=True)
class ConfirmedQuantity:
    """How much of a line is accepted, rejected or backordered. `type` in the standard's words."""

    type: str
    quantity: Decimal | None
    unit: str
    price: Decimal | None
    delivery: date | None
    comments: str


@dataclass(frozen=True, slots=True)
class ConfirmedLine:
    """One line of the order; its quantity may be split over several answers."""

    number: int | None
    quantity: Decimal | None
    unit: str
    statuses: tuple[ConfirmedQuantity, ...]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One ConfirmationRequest. `type` in the standard's words: accept, allDetail, detail, backordered, except, reject,
    requestToPay, replace. Without lines it speaks for the whole order."""

    order_number: str
    order_payload_id: str
    type: str
    number: str
    operation: str
    noticed_on: date | None
    comments: str
    lines: tuple[ConfirmedLine, ...]


def confirmation_from(envelope: Envelope) -> Confirmation:
    """The confirmation in an envelope. Raises Unreadable where there is none."""
    request = content_named(envelope, "ConfirmationRequest")
    header, order = child(request, "ConfirmationHeader"), child(request, "OrderReference")
    return Confirmation(
        order_number=attribute(order, "orderID"),
        order_payload_id=attribute(child(order, "DocumentReference"), "payloadID"),
        type=attribute(header, "type"),
        number=attribute(header, "confirmID"),
        operation=attribute(header, "operation") or "new",
        noticed_on=day_from(attribute(header, "noticeDate")),
        comments=_comments_of(header),
        lines=tuple(_line_from(item) for item in children(request, "ConfirmationItem")),
    )


def _line_from(item: Node) -> ConfirmedLine:
    return ConfirmedLine(
        number=count_in(item, "lineNumber"),
        quantity=number_in(item, "quantity"),
        unit=text_of(child(item, "UnitOfMeasure")),
        statuses=tuple(_status_from(status) for status in children(item, "ConfirmationStatus")),
    )


def _status_from(status: Node) -> ConfirmedQuantity:
    inside = child(status, "ItemIn", "ItemDetail")
    price, _ = money_in(child(status if inside is None else inside, "UnitPrice"))
    return ConfirmedQuantity(
        type=attribute(status, "type"),
        quantity=number_in(status, "quantity"),
        unit=text_of(child(status, "UnitOfMeasure")),
        price=price,
        delivery=day_from(attribute(status, "deliveryDate")),
        comments=_comments_of(status),
    )


def _comments_of(holder: Node | None) -> str:
    return "\n".join(filter(None, map(own_text_of, children(holder, "Comments"))))

"""OrderRequest: a purchase order as a network delivers it, for the order register.

An order document states what was ordered, never what was invoiced: `invoiced_quantity` and `invoiced_amount` stay
unknown. A changed order is a whole new document with a payloadID of its own; `replaces` names the one before it.
"""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Literal

from formats.cxml.branches import (
    Node,
    attribute,
    child,
    children,
    count_in,
    money_in,
    name_of,
    number_in,
    own_text_of,
    text_of,
)
from formats.cxml.incoming import Envelope, content_named
from formats.cxml.reader import Unreadable, day_from, money_from
from gateway.currency import minor_units
from gateway.order import LineTerms, Order, OrderLine, OrderState, Rate
from gateway.packet import OrderLineKind

_Meaning = tuple[OrderState, Literal["", "new", "update", "delete"]]
_UNKNOWN: _Meaning = (OrderState.unknown, "")
_OPERATIONS: Mapping[str, _Meaning] = {
    "new": (OrderState.open, "new"),
    "update": (OrderState.open, "update"),
    "delete": (OrderState.closed, "delete"),
}
_LONGEST_NAME = 200  # characters
_LONGEST_STATE = 80
_PRECISION = 250  # enough for any three numbers that the reader lets through
_TOO_LARGE = Decimal(10) ** 15
_LINE_STATES: Mapping[str, OrderState] = {"delete": OrderState.closed, "block": OrderState.stopped}


def order_from(envelope: Envelope) -> Order:
    """The purchase order in an envelope, as the register takes it. Raises Unreadable where it has no number, a line
    number stands twice, a figure is larger than anything that is bought, or a name longer than any there is."""
    request = content_named(envelope, "OrderRequest")
    header = child(request, "OrderRequestHeader")
    number, stated = attribute(header, "orderID"), attribute(header, "orderDate")
    if not number:
        raise Unreadable("the OrderRequest has no orderID")
    if max(len(number), len(envelope.payload_id)) > _LONGEST_NAME:
        raise Unreadable(f"the OrderRequest has an orderID or payloadID of more than {_LONGEST_NAME} characters")
    total, currency = money_in(child(header, "Total"))
    word = attribute(header, "type") or "new"
    state, operation = _OPERATIONS.get(word, _UNKNOWN)
    items = _numbered(list(children(request, "ItemOut")))
    currency = currency or next((code for _, item in items if (code := _price_of(item)[1])), "")
    if len(currency) > 3:
        raise Unreadable("the OrderRequest states a currency of more than three letters")
    return Order(
        number=number,
        state=state,
        currency=currency,
        lines=tuple(_line_from(number_, item, currency) for number_, item in items),
        portal_state=word[:_LONGEST_STATE],
        ordered_on=day_from(stated),
        payload_id=envelope.payload_id,
        updated_at=envelope.timestamp,
        stated_date=stated,
        operation=operation,
        replaces=attribute(child(header, "DocumentReference"), "payloadID"),
        version=attribute(header, "orderVersion"),
        contract_number=attribute(header, "agreementID") or attribute(header, "parentAgreementID"),
        total=total,
        valid_from=day_from(attribute(header, "effectiveDate")),
        valid_to=day_from(attribute(header, "expirationDate")),
        site=attribute(child(header, "ShipTo", "Address"), "addressID")[:_LONGEST_NAME],
    )


def number_of(envelope: Envelope) -> str:
    """The order's number as far as it can be read, for an order that cannot be."""
    return attribute(child(envelope.content, "OrderRequestHeader"), "orderID")


def _numbered(items: list[Node]) -> list[tuple[int, Node]]:
    """Lines with their numbers; one without a number takes its place in the document (counted from 1)."""
    found = [(count_in(item, "lineNumber") or place, item) for place, item in enumerate(items, 1)]
    numbers = [number for number, _ in found]
    if len(set(numbers)) != len(numbers):
        raise Unreadable("the OrderRequest has a line number twice")
    return found


def _line_from(number: int, item: Node, currency: str) -> OrderLine:
    detail = _detail_of(item)
    maximum, _ = money_in(child(detail, "MaxAmount"))
    limit, _ = money_in(child(detail, "ExpectedLimit") if maximum is None else None)
    ceiling = limit if maximum is None else maximum
    by_amount = detail is not None and name_of(detail) == "BlanketItemDetail" and _most_of(detail) is None
    quantity = _most_of(detail) or number_in(item, "quantity")
    price, _ = _price_of(item)
    price = None if price is None else _for_one(price, child(detail, "PriceBasisQuantity"))
    amount = ceiling if by_amount else _product(quantity, price, currency)
    amount = ceiling if amount is None else amount
    _must_be_payable(number, quantity, price, amount)
    return OrderLine(
        number=number,
        kind=OrderLineKind.amount if by_amount else OrderLineKind.quantity,
        description=next(filter(None, map(_words_of, children(detail, "Description"))), ""),
        part_number=text_of(child(item, "ItemID", "SupplierPartID")),
        unit=text_of(child(detail, "UnitOfMeasure")),
        quantity=None if by_amount else quantity,
        price=price,
        amount=amount,
        state=_LINE_STATES.get(attribute(item, "operation"), OrderState.open),
        terms=_terms_of(item),
    )


def _must_be_payable(number: int, *figures: Decimal | None) -> None:
    if any(figure is not None and abs(figure) >= _TOO_LARGE for figure in figures):
        raise Unreadable(f"line {number} of the OrderRequest states a figure of more than 15 digits")


def _detail_of(item: Node) -> Node | None:
    detail = child(item, "ItemDetail")
    return child(item, "BlanketItemDetail") if detail is None else detail


def _most_of(detail: Node | None) -> Decimal | None:
    """The quantity that a blanket line allows; None where it counts by amount alone."""
    return money_from(text_of(child(detail, "MaxQuantity")))


def _words_of(description: Node) -> str:
    """On one line; a ShortName is a second name, not a part of the first."""
    return " ".join(own_text_of(description).split())


def _price_of(item: Node) -> tuple[Decimal | None, str]:
    return money_in(child(_detail_of(item), "UnitPrice"))


def _for_one(price: Decimal, basis: Node | None) -> Decimal:
    """The price of one order unit, to ten decimals, where it is quoted for several (PriceBasisQuantity)."""
    quantity, factor = number_in(basis, "quantity"), number_in(basis, "conversionFactor")
    if not quantity or quantity < 0:
        return price
    with localcontext(prec=_PRECISION):
        return (price * (factor or Decimal(1)) / quantity).quantize(Decimal("1e-10")).normalize() + 0


def _product(quantity: Decimal | None, price: Decimal | None, currency: str) -> Decimal | None:
    if quantity is None or price is None:
        return None
    units = minor_units(currency)
    with localcontext(prec=_PRECISION):
        return (quantity * price).quantize(Decimal(1).scaleb(-(2 if units is None else units)))


def _terms_of(item: Node) -> LineTerms:
    labour = child(item, "SpendDetail", "LaborDetail")
    fee = child(item, "SpendDetail", "FeeDetail")
    detail = fee if labour is None else labour
    period = child(detail, "Period")
    return LineTerms(
        rates=tuple(filter(None, map(_rate_from, children(detail, "UnitRate")))),
        start=day_from(attribute(period, "startDate")),
        end=day_from(attribute(period, "endDate")),
        is_service=attribute(item, "itemClassification") == "service" or detail is not None,
        requires_service_entry=attribute(item, "requiresServiceEntry") == "yes",
        parent=count_in(item, "parentLineNumber"),
    )


def _rate_from(rate: Node) -> Rate | None:
    price, _ = money_in(rate)
    term = child(rate, "TermReference")
    if price is None:
        return None
    return Rate(
        _for_one(price, child(rate, "PriceBasisQuantity")),
        text_of(child(rate, "UnitOfMeasure")),
        attribute(term, "termName"),
        attribute(term, "term"),
    )

"""Purchase orders and their confirmations, as they enter the order register."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from formats.cxml import (
    Unreadable,
    confirmation_from,
    envelope_from,
    order_from,
)
from gateway.order import NO_TERMS, Order, OrderLine, OrderState, Rate
from gateway.packet import OrderLineKind
from tests.formats.network import CONFIRMATION, ORDER


def read(body: bytes = ORDER) -> Order:
    return order_from(envelope_from(body))


def test_an_order_enters_the_register_with_lines_amounts_and_its_own_document() -> None:
    order = read()
    plain = tuple(replace(line, terms=NO_TERMS) for line in order.lines)
    assert replace(order, lines=plain) == Order(
        number="4500017755",
        state=OrderState.open,
        currency="USD",
        lines=(
            OrderLine(
                10,
                OrderLineKind.quantity,
                "Protective relay, spare",
                "RLY-3",
                "EA",
                Decimal(10),
                Decimal("12.5"),
                Decimal("125.00"),
            ),
            OrderLine(
                20,
                OrderLineKind.amount,
                "Storm work, not to exceed",
                amount=Decimal(60000),
                state=OrderState.stopped,
            ),
        ),
        portal_state="update",
        ordered_on=date(2026, 1, 5),
        payload_id="po-1.v2@northgrid",
        updated_at=datetime(2026, 3, 11, 9, tzinfo=UTC),
        stated_date="2026-01-05T23:30:00-06:00",
        operation="update",
        replaces="po-1.v1@northgrid",
        version="2",
        contract_number=order.contract_number,
        total=Decimal("61440.00"),
        valid_from=order.valid_from,
        valid_to=date(2026, 12, 31),
    )


def test_an_orders_site_is_the_code_of_the_address_it_ships_to() -> None:
    place = b'<ShipTo><Address addressID="SUB-17"><Name xml:lang="en">Yard</Name></Address></ShipTo>'
    assert read(ORDER.replace(b"</OrderRequestHeader>", place + b"</OrderRequestHeader>")).site == "SUB-17"
    unnamed = place.replace(b' addressID="SUB-17"', b"")
    assert read(ORDER.replace(b"</OrderRequestHeader>", unnamed + b"</OrderRequestHeader>")).site == ""


def test_a_changed_order_says_what_it_replaces_and_keeps_its_date_to_the_letter() -> None:
    order = read()
    assert (order.operation, order.version, order.replaces) == ("update", "2", "po-1.v1@northgrid")
    assert order.stated_date == "2026-01-05T23:30:00-06:00"
    assert (order.total, order.valid_to) == (Decimal("61440.00"), date(2026, 12, 31))


def test_labour_rates_are_kept_with_their_pay_codes() -> None:
    terms = read().lines[1].terms
    assert terms.rates == (
        Rate(Decimal(95), "HUR", "payCode", "Regular"),
        Rate(Decimal("142.5"), "HUR", "payCode", "Overtime"),
    )
    assert (terms.start, terms.end) == (date(2026, 1, 5), date(2026, 6, 30))
    assert terms.requires_service_entry
    assert terms.is_service


@pytest.mark.parametrize(("operation", "state"), [("new", "open"), ("delete", "closed"), ("odd", "unknown")])
def test_the_operation_decides_whether_the_order_may_be_billed(operation: str, state: str) -> None:
    order = read(ORDER.replace(b'type="update"', f'type="{operation}"'.encode()))
    assert (order.state, order.portal_state) == (OrderState(state), operation)


def test_lines_without_numbers_are_counted() -> None:
    order = read(ORDER.replace(b'lineNumber="10"', b"").replace(b'lineNumber="20"', b""))
    assert [line.number for line in order.lines] == [1, 2]


def test_a_blanket_line_with_a_quantity_counts_by_it() -> None:
    body = ORDER.replace(b"</MaxAmount>", b"</MaxAmount><MaxQuantity>400</MaxQuantity>")
    line = read(body).lines[1]
    assert (line.kind, line.quantity, line.amount) == (OrderLineKind.quantity, Decimal(400), Decimal(60000))


def test_the_currency_is_taken_from_a_line_where_the_header_has_none() -> None:
    assert read(ORDER.replace(b'currency="usd"', b"")).currency == "USD"


def test_an_amount_is_rounded_to_the_currency_never_the_price() -> None:
    order = read(ORDER.replace(b"125.0000", b"0.3333"))
    assert (order.lines[0].price, order.lines[0].amount) == (Decimal("0.03333"), Decimal("0.33"))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ((b'orderID="4500017755" ', b""), "no orderID"),
        ((b'lineNumber="20"', b'lineNumber="10"'), "line number twice"),
        ((b"4500017755", b"4" * 201), "more than 200 characters"),
        ((b'currency="usd"', b'currency="dollars"'), "more than three letters"),
        ((b"60000", b"9" * 16), "line 20 of the OrderRequest states a figure of more than 15 digits"),
    ],
)
def test_an_order_that_cannot_be_kept_is_refused(damage: tuple[bytes, bytes], message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        read(ORDER.replace(*damage))


def test_an_order_of_nothing_but_a_number_is_kept() -> None:
    request = b'<OrderRequest><OrderRequestHeader orderID="1"/><ItemOut/></OrderRequest>'
    body = b'<cXML payloadID="p"><Request>' + request + b"</Request></cXML>"
    order = read(body)
    assert order == replace(order, number="1", currency="", ordered_on=None, updated_at=None)
    assert order.lines == (OrderLine(1, OrderLineKind.quantity),)


def test_a_confirmation_names_the_order_and_splits_its_lines() -> None:
    confirmation = confirmation_from(envelope_from(CONFIRMATION))
    assert (confirmation.order_number, confirmation.order_payload_id) == ("4500017755", "po-1.v2@northgrid")
    assert (confirmation.type, confirmation.number, confirmation.operation) == ("detail", "OC-77", "new")
    assert (confirmation.noticed_on, confirmation.comments) == (date(2026, 1, 6), "Two of ten are late.")
    (line,) = confirmation.lines
    assert (line.number, line.quantity, line.unit) == (10, Decimal(10), "EA")
    assert [(each.type, each.quantity, each.price, each.delivery, each.comments) for each in line.statuses] == [
        ("accept", Decimal(8), Decimal("12.50"), None, ""),
        ("backordered", Decimal(2), None, date(2026, 3, 1), "Short of cores."),
    ]

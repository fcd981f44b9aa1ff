"""The form that will be entered: one item for each order line, exact, repeatable, refused where there is no field."""

from decimal import Decimal
from typing import Any

import pytest

from adapters.oracle_isupplier.ebs.form import FORMAT, Item, form_from, render
from gateway.adapter import Presentation
from gateway.errors import CannotExpress
from tests.packets import ORDER, PLAIN, labour, materials, mileage, packet, paper


def test_lines_of_one_order_line_are_one_entry() -> None:
    rows = [labour(1, "40"), labour(2, "12.5"), mileage(3), materials(4)]
    document = render(packet(lines=rows), [paper()], PLAIN)
    form = form_from(document.body)
    assert document.format == FORMAT
    assert form.items == (
        Item(ORDER, 1, "52.5", "5171.25", "quantity"),
        Item(ORDER, 2, "120", "80.4", "quantity"),
        Item(ORDER, 3, "", "1250", "amount"),
    )
    assert [one.name for one in form.papers] == ["timesheet.pdf"]
    assert Decimal(form.total) == document.total == Decimal("6501.65")
    assert document.body == render(packet(lines=rows), [paper()], PLAIN).body


def test_a_credit_note_is_entered_with_negative_quantities() -> None:
    form = form_from(render(packet("CR-1", lines=[labour()], type="381"), [], PLAIN).body)
    assert form.is_credit
    assert form.items[0].quantity == "-40"
    assert form.total == "-3940"


def test_freight_becomes_a_row_of_shipping_and_handling() -> None:
    charges = [{"kind": "charge", "purpose": "shipping", "amount": "25", "reason": "Carrier"}]
    form = form_from(render(packet(adjustments=charges), [], PLAIN).body)
    assert [(one.kind, one.amount, one.description) for one in form.charges] == [("freight", "25", "Carrier")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lines": [labour(order=None)], "orders": []}, "/invoice/lines/0/order"),
        ({"lines": [labour(order={"kind": "quantity"})]}, "/invoice/lines/0/order/line"),
        ({"lines": [labour(1), labour(2, rate="120.00")]}, "/invoice/lines/1/unit_price"),
        ({"adjustments": [{"kind": "allowance", "amount": "5"}]}, "/invoice/adjustments/0"),
        ({"note": "x" * 241}, "/invoice/note"),
        (
            {"lines": [labour(adjustments=[{"kind": "allowance", "amount": "5"}])]},
            "/invoice/lines/0/adjustments",
        ),
    ],
)
def test_what_the_pages_have_no_field_for_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(CannotExpress) as refused:
        render(packet(**changes), [], PLAIN)
    assert refused.value.field == field


def test_a_quantity_is_never_rounded() -> None:
    with pytest.raises(CannotExpress):
        render(packet(lines=[labour(hours="8.255")]), [], Presentation(quantity_decimals=2))

"""A packet as the JSON of a REST draft."""

import json
from typing import Any

import pytest

from gateway.adapter import Presentation
from gateway.errors import CannotExpress
from gateway.packet import Packet
from tests.adapters.coupa.scripted import Script, adapter_for
from tests.packets import PLAIN, STAMP, labour, materials, mileage, packet, paper


def _draft(given: Packet, presentation: Presentation = PLAIN, **settings: Any) -> dict[str, Any]:
    adapter = adapter_for(Script(), transport="rest", **settings)
    body = adapter.render(given, [], presentation, STAMP).body
    assert body == adapter.render(given, [], presentation, STAMP).body
    draft: dict[str, Any] = json.loads(body)
    return draft


def test_a_week_of_labour_and_materials_on_one_order() -> None:
    draft = _draft(packet(lines=[labour(), mileage(), materials()]), account_type_id=3)
    assert draft["invoice-number"] == "INV-1001"
    assert draft["invoice-date"] == "2026-03-09"
    assert draft["supplier"] == {"id": "101"}
    assert draft["account-type"] == {"id": "3"}
    assert draft["supplier-total"] == "5270.40"
    hours, _, lump = draft["invoice-lines"]
    assert hours == {
        "line-num": 1,
        "type": "InvoiceQuantityLine",
        "description": "Lineman, straight time; W-014, Lineman, ST; time sheet TS-2026-10",
        "price": "98.50",
        "quantity": "40",
        "uom": {"code": "HUR"},
        "order-header-num": "4500012345",
        "order-line-num": "1",
    }
    assert (lump["type"], lump["price"], "quantity" in lump, "uom" in lump) == (
        "InvoiceAmountLine",
        "1250.00",
        False,
        False,
    )


def test_the_files_travel_beside_the_draft() -> None:
    document = adapter_for(Script(), transport="rest").render(packet(), [paper()], PLAIN, STAMP)
    assert document.format == "coupa-json"
    assert [file.name for file in document.files] == ["timesheet.pdf"]


BREAKDOWN = [{"category": "S", "rate": "8.25", "taxable_amount": "4020.40", "tax_amount": "331.68", "code": "TX"}]


def test_tax_at_the_header() -> None:
    draft = _draft(packet(tax="331.68", tax_breakdown=BREAKDOWN))
    assert draft["line-level-taxation"] is False
    assert draft["tax-lines"] == [
        {
            "type": "TaxLine",
            "amount": "331.68",
            "rate": "8.25",
            "taxable-amount": "4020.40",
            "tax-code": {"code": "TX"},
        }
    ]


def test_tax_by_line_with_charges() -> None:
    tax = {"category": "S", "rate": "8.25", "amount": "325.05", "code": "TX"}
    charge = {"kind": "charge", "purpose": "shipping", "amount": "20", "reason": "Freight"}
    draft = _draft(packet(lines=[labour(tax=tax)], adjustments=[charge]), Presentation(tax_level="line"))
    assert draft["line-level-taxation"] is True
    assert "tax-lines" not in draft
    assert draft["invoice-lines"][0]["tax-lines"] == [
        {"type": "TaxLine", "amount": "325.05", "rate": "8.25", "tax-code": {"code": "TX"}}
    ]
    assert draft["invoice-charges"] == [
        {"type": "InvoiceShippingCharge", "line-num": 1, "total": "20.00", "description": "Freight"}
    ]


def test_charges_at_the_header_are_three_sums() -> None:
    charges = [
        {"kind": "charge", "purpose": purpose, "amount": amount}
        for purpose, amount in (("shipping", "1.10"), ("shipping", "2"), ("handling", "3"), ("other", "4"))
    ]
    draft = _draft(packet(adjustments=charges))
    assert (draft["shipping-amount"], draft["handling-amount"], draft["misc-amount"]) == ("3.10", "3.00", "4.00")


def test_a_credit_note_names_its_original_with_positive_values() -> None:
    original = {"number": "INV-900", "issued_on": "2026-02-01"}
    draft = _draft(packet(type="381", preceding=original, credit_reason="rate corrected"))
    assert draft["is-credit-note"] is True
    assert (draft["document-type"], draft["original-invoice-number"]) == ("Credit Note", "INV-900")
    assert draft["original-invoice-date"] == "2026-02-01"
    assert draft["invoice-lines"][0]["quantity"] == "40"


@pytest.mark.parametrize(
    ("given", "presentation", "field"),
    [
        (packet(bill_to={"name": "Example Power AP"}), PLAIN, "/invoice/bill_to"),
        (packet(type="381"), PLAIN, "/invoice/preceding"),
        (packet(adjustments=[{"kind": "allowance", "amount": "5"}]), PLAIN, "/invoice/adjustments/0"),
        (packet(lines=[labour(price_base_quantity="100")]), PLAIN, "/invoice/lines/0/price_base_quantity"),
        (
            packet(lines=[labour(adjustments=[{"kind": "charge", "amount": "5"}])]),
            PLAIN,
            "/invoice/lines/0/adjustments",
        ),
        (packet(lines=[labour(description="x" * 1551)]), PLAIN, "/invoice/lines/0/description"),
        (packet(lines=[labour(rate="98.505")]), Presentation(price_decimals=2), "/invoice/lines/0/unit_price"),
        (packet(lines=[labour(hours="7.125")]), Presentation(quantity_decimals=2), "/invoice/lines/0/quantity"),
        (
            packet(lines=[labour(tax={"category": "S", "rate": "8"})]),
            Presentation(tax_level="line"),
            "/invoice/lines/0/tax/amount",
        ),
        (packet(lines=[labour(contract_number="C-1"), mileage(contract_number="C-2")]), PLAIN, "/invoice/lines"),
    ],
)
def test_what_the_resource_has_no_place_for_is_named_and_nothing_is_rounded(
    given: Packet, presentation: Presentation, field: str
) -> None:
    with pytest.raises(CannotExpress) as cannot:
        _draft(given, presentation)
    assert cannot.value.field == field


def test_trailing_zeros_beyond_the_clients_decimals_are_left_out() -> None:
    draft = _draft(packet(lines=[labour(hours="8.000", rate="98.500")]), Presentation(price_decimals=2))
    assert (draft["invoice-lines"][0]["price"], draft["invoice-lines"][0]["quantity"]) == ("98.50", "8.000")

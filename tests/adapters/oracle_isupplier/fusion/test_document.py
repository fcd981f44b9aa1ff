"""A packet as the JSON of a supplier portal invoice."""

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from adapters.oracle_isupplier import Adapter
from gateway.adapter import Account, Presentation
from gateway.connection import open_connection
from gateway.errors import CannotExpress
from gateway.packet import Packet
from tests.golden_files import GoldenFiles
from tests.packets import PLAIN, STAMP, labour, materials, mileage, packet, paper

SETTINGS = {
    "transport": "fusion",
    "url": "https://buyer.fusion.example",
    "business_unit": "Example Power BU",
    "supplier": "Example Line Services",
}


def _adapter(**settings: Any) -> Adapter:
    account = Account("buyer-fusion", "oracle_isupplier", {**SETTINGS, **settings}, {}.__getitem__)
    silent = httpx.MockTransport(lambda request: httpx.Response(500))
    return Adapter(account, open_connection(account, inner=silent))


def _draft(given: Packet, presentation: Presentation = PLAIN, **settings: Any) -> dict[str, Any]:
    body = _adapter(**settings).render(given, [], presentation, STAMP).body
    draft: dict[str, Any] = json.loads(body, parse_float=Decimal)
    return draft


def test_a_week_is_written_as_it_was_read_by_a_person(golden: GoldenFiles) -> None:
    week = packet(lines=[labour(), mileage(), materials()], note="Week 10")
    document = _adapter(supplier_site="SPRINGFIELD").render(week, [paper()], PLAIN, STAMP)
    golden("oracle_isupplier/fusion_week.json", document.body + b"\n")
    assert (document.number, document.total, document.currency) == ("INV-1001", Decimal("5270.40"), "USD")
    assert [file.name for file in document.files] == ["timesheet.pdf"]


def test_figures_keep_every_digit() -> None:
    line = labour(hours="33.3333333333", rate="0.1000000001", net_amount="3.33")
    totals = {"line_net": "3.33", "tax_exclusive": "3.33", "tax_inclusive": "3.33", "payable": "3.33"}
    (row,) = _draft(packet(lines=[line], totals=totals))["ispInvoiceRestLines"]
    assert (row["Quantity"], row["UnitPrice"]) == (Decimal("33.3333333333"), Decimal("0.1000000001"))


def test_a_line_on_an_amount_based_order_line_states_its_amount_alone() -> None:
    (row,) = _draft(packet(lines=[materials(1)]))["ispInvoiceRestLines"]
    assert row["LineAmount"] == Decimal("1250.00")
    assert not {"Quantity", "UnitPrice", "UOM"} & row.keys()


def test_a_credit_note_is_a_negative_credit_memo_that_names_its_original() -> None:
    draft = _draft(packet(type="381", preceding={"number": "INV-900"}, credit_reason="Hours twice"))
    assert (draft["InvoiceType"], draft["ControlAmount"]) == ("Credit memo", Decimal("-4020.40"))
    assert draft["Description"] == "Credit for invoice INV-900: Hours twice"
    assert [row["Quantity"] for row in draft["ispInvoiceRestLines"]] == [-40, -120]
    assert [row["UnitPrice"] for row in draft["ispInvoiceRestLines"]] == [Decimal("98.50"), Decimal("0.67")]


def test_an_invoice_without_an_order_is_a_request() -> None:
    draft = _draft(packet(orders=[], lines=[labour(order=None)]))
    assert draft["InvoiceType"] == "Standard invoice request"
    assert "PurchaseOrderNumber" not in draft["ispInvoiceRestLines"][0]


def test_charges_are_lines_of_their_own_types() -> None:
    charges = [
        {"kind": "charge", "purpose": "shipping", "amount": "12"},
        {"kind": "charge", "amount": "3", "reason": "Permit"},
    ]
    totals = {"line_net": "4020.4", "charges": "15", "tax_exclusive": "4035.4", "tax_inclusive": "4035.4"}
    rows = _draft(packet(adjustments=charges, totals={**totals, "payable": "4035.4"}))["ispInvoiceRestLines"][2:]
    assert [(row["LineNumber"], row["LineType"], row["LineAmount"]) for row in rows] == [
        (3, "Freight", Decimal("12.00")),
        (4, "Miscellaneous", Decimal("3.00")),
    ]


def test_attributes_that_one_client_asks_for_are_written_and_never_replace_ours() -> None:
    field = {"name": "PurchaseOrderScheduleLineNumber", "value": "2"}
    presentation = Presentation(custom_fields={"PayGroup": "SERVICES"})
    draft = _draft(packet(lines=[labour(custom_fields=[field])]), presentation)
    assert draft["PayGroup"] == "SERVICES"
    assert draft["ispInvoiceRestLines"][0]["PurchaseOrderScheduleLineNumber"] == "2"
    with pytest.raises(CannotExpress, match="LineAmount"):
        _draft(packet(lines=[labour(custom_fields=[{"name": "LineAmount", "value": "1"}])]))


def test_a_site_may_call_an_attribute_otherwise() -> None:
    (row,) = _draft(packet(lines=[labour()]), field_names={"LineAmount": "Amount"})["ispInvoiceRestLines"]
    assert row["Amount"] == Decimal("3940.00")
    assert "LineAmount" not in row


ALLOWANCE = {"kind": "allowance", "purpose": "discount", "amount": "1"}


@pytest.mark.parametrize(
    ("changes", "settings", "field"),
    [
        ({"bill_to": {"name": "Example Power"}}, {}, "/invoice/bill_to"),
        ({"lines": [labour(adjustments=[ALLOWANCE])]}, {}, "/invoice/lines/0/adjustments"),
        ({"lines": [labour(price_base_quantity="100")]}, {}, "/invoice/lines/0/price_base_quantity"),
        ({"lines": [labour(description="x" * 300)]}, {}, "/invoice/lines/0/description"),
        ({"note": "x" * 100}, {"description_length": 99}, "/invoice/note"),
        ({"adjustments": [ALLOWANCE]}, {}, "/invoice/adjustments/0"),
    ],
)
def test_what_has_no_place_there_is_refused_by_name(
    changes: dict[str, Any], settings: dict[str, Any], field: str
) -> None:
    with pytest.raises(CannotExpress) as refused:
        _draft(packet(**changes), **settings)
    assert refused.value.field == field


def test_a_figure_beyond_the_clients_decimals_is_refused_and_never_rounded() -> None:
    with pytest.raises(CannotExpress) as refused:
        _draft(packet(lines=[labour(hours="1.125")]), Presentation(quantity_decimals=2))
    assert refused.value.field == "/invoice/lines/0/quantity"

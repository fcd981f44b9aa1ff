"""What is written for SAP Business Network, version by version, and what an older version refuses."""

from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from formats.cxml import ARIBA, HEADER_CREDIT_MEMO, check_document, parse, render_cancellation
from formats.cxml.dialect import Dialect
from formats.cxml.schema import vocabulary
from gateway.adapter import Presentation
from gateway.errors import CannotExpress
from gateway.packet import Packet
from tests.formats.cases import (
    BY_LINE,
    CASES,
    CREDIT,
    IDENTITY,
    NETWORK_ORDER,
    OVERBILLED,
    QUANTITY,
    STAMP,
    SURCHARGED,
    Case,
    line,
    on_site,
    packet,
    week_on_site,
)

NEWEST = ARIBA["1.2.069"]


def root_of(bill: Packet, dialect: Dialect = NEWEST, presentation: Presentation | None = None) -> etree._Element:
    return parse(Case(bill, presentation or Presentation(), dialect).render().body)


def only(root: etree._Element, path: str) -> etree._Element:
    found = root.findall(f".//{path}")
    assert len(found) == 1, f"{path} stands {len(found)} times"
    return found[0]


def order_info(**order: Any) -> list[tuple[str, dict[str, str]]]:
    """The children of the order block that bills this order, with the PO's payloadID among their attributes."""
    info = only(root_of(packet(QUANTITY, orders=[{"number": "45", **order}])), "InvoiceDetailOrderInfo")
    inner = [{f"{name}": value for each in child for name, value in each.items()} for child in info]
    return [(str(child.tag), {**dict(child.items()), **more}) for child, more in zip(info, inner, strict=True)]


# --- which order ------------------------------------------------------------------------------------------------------


def test_an_order_that_came_this_way_is_named_by_its_document() -> None:
    stated = "2026-01-05T23:30:00-06:00"
    assert order_info(payload_id="po@net", stated_date=stated, ordered_on="2026-01-05") == [
        ("OrderReference", {"orderID": "45", "orderDate": stated, "payloadID": "po@net"})
    ]


def test_without_its_document_the_orders_date_is_repeated_to_the_letter() -> None:
    assert order_info(stated_date="2026-01-05T23:30:00-06:00", ordered_on="2026-01-06") == [
        ("OrderIDInfo", {"orderID": "45", "orderDate": "2026-01-05T23:30:00-06:00"})
    ]


def test_a_date_that_is_not_known_to_the_letter_is_not_made_up() -> None:
    assert order_info(ordered_on="2026-01-06") == [("OrderReference", {"orderID": "45", "payloadID": ""})]


def test_an_order_that_the_network_never_saw_is_said_to_be_external() -> None:
    root = root_of(packet(QUANTITY, orders=[{"number": "45", "channel": "elsewhere"}]))
    assert only(root, "OrderIDInfo").get("orderID") == "45"
    assert only(root, "Extrinsic[@name='invoiceSourceDocument']").text == "ExternalPurchaseOrder"


def test_an_agreement_stands_before_an_order_named_by_date_and_after_one_named_by_document() -> None:
    tags = []
    for order in ({"payload_id": "po@net"}, {"stated_date": "2026-01-05T23:30:00-06:00"}):
        bill = packet(QUANTITY, orders=[{"number": "45", **order}], contract_number="MSA-1")
        tags.append([child.tag for child in only(root_of(bill), "InvoiceDetailOrderInfo")])
    assert tags == [["OrderReference", "MasterAgreementIDInfo"], ["MasterAgreementIDInfo", "OrderIDInfo"]]


def test_lines_of_one_order_under_two_agreements_stand_in_two_blocks() -> None:
    lines = [line(n, "Call-out", "1", "5", "5", contract_number=f"MSA-{n}") for n in (1, 2)]
    for each in lines:
        each["order"] = {"number": "45", "line": each["number"]}
    root = root_of(packet(lines, orders=[{"number": "45"}]))
    assert [info.get("agreementID") for info in root.iter("MasterAgreementIDInfo")] == ["MSA-1", "MSA-2"]


# --- time and materials -----------------------------------------------------------------------------------------------


def test_labour_is_a_service_line_however_its_order_line_counts() -> None:
    kinds = [
        on_site(n, "ST", "1", "5", "5", order={"line": n, "kind": kind}) for n, kind in ((1, "quantity"), (2, "amount"))
    ]
    root = root_of(packet(kinds))
    assert [item.get("quantity") for item in root.iter("InvoiceDetailServiceItem")] == ["1", "1"]
    assert root.find(".//InvoiceDetailItem") is None


@pytest.mark.parametrize(("pay_code", "term"), [("ST", "Regular"), ("OT", "Overtime"), ("DT", "Doubletime")])
def test_pay_codes_are_the_networks_words(pay_code: str, term: str) -> None:
    reference = only(root_of(packet([on_site(1, pay_code, "1", "5", "5")])), "UnitRate/TermReference")
    assert (reference.get("termName"), reference.get("term")) == ("payCode", term)


def test_who_directed_the_work_and_where_have_their_elements() -> None:
    detail = only(root_of(packet([on_site(1, "ST", "1", "5", "5")])), "InvoiceLaborDetail")
    assert [child.tag for child in detail] == [
        "Contractor",
        "JobDescription",
        "Supervisor",
        "WorkLocation",
        "InvoiceTimeCardDetail",
    ]
    assert detail.findtext("Supervisor/Contact/Name") == "Lee Okafor"
    assert detail.findtext("WorkLocation/Address/PostalAddress/City") == "Bixby"


def test_a_service_sheet_is_named_by_its_document_where_that_is_known() -> None:
    root = root_of(week_on_site())
    by_document = root.findall(".//ServiceEntryItemReference")
    assert [(each.get("serviceLineNumber"), each[0].get("payloadID")) for each in by_document] == [
        ("1", "ses-42@relayfield"),
        ("2", "ses-42@relayfield"),
    ]
    assert dict(only(root, "ServiceEntryItemIDInfo").items()) == {
        "serviceLineNumber": "7",
        "serviceEntryID": "SES-0043",
    }


def test_the_oldest_version_has_no_place_for_a_service_sheet() -> None:
    with pytest.raises(CannotExpress, match=r"cXML 1\.2\.020 has no element for a service entry sheet") as refusal:
        root_of(week_on_site(), ARIBA["1.2.020"])
    assert refusal.value.field == "/invoice/lines/0/service_entry"


# --- what a version has words for -------------------------------------------------------------------------------------


def test_a_price_per_hundred_is_quoted_so_where_the_version_can_say_it() -> None:
    written = {}
    for version, dialect in ARIBA.items():
        item = only(root_of(week_on_site(service_entry=None), dialect), "InvoiceDetailItem")
        base = item.find("PriceBasisQuantity")
        written[version] = (item.findtext("UnitPrice/Money"), None if base is None else base.get("quantity"))
    assert written == {"1.2.020": ("1.84", None), "1.2.037": ("184.00", "100"), "1.2.069": ("184.00", "100")}


def test_without_an_order_no_pricing_details_are_given() -> None:
    bill = packet([line(1, "Cable", "250", "184", "460", price_base_quantity="100", order=None)], orders=[])
    root = root_of(bill)
    assert root.find(".//PriceBasisQuantity") is None
    assert only(root, "UnitRate/Money").text == "1.84"


@pytest.mark.parametrize(("version", "element"), [("1.2.020", None), ("1.2.037", None), ("1.2.069", "2026-04-08")])
def test_the_due_date_has_an_element_in_the_newest_version_alone(version: str, element: str | None) -> None:
    information = root_of(week_on_site(service_entry=None), ARIBA[version]).find(".//PaymentInformation")
    assert (None if information is None else information.get("paymentNetDueDate", "")[:10]) == element


def test_an_exemption_is_told_as_such_where_there_is_an_attribute_for_it() -> None:
    written = [
        only(root_of(CASES["exempt"].packet, dialect, BY_LINE), "InvoiceDetailServiceItem/Tax/TaxDetail").get(
            "exemptDetail"
        )
        for dialect in ARIBA.values()
    ]
    assert written == [None, "exempt", "exempt"]


def test_a_surcharge_has_no_place_in_the_oldest_version() -> None:
    with pytest.raises(CannotExpress, match="no element for the charge for Fuel surcharge") as refusal:
        root_of(
            packet(QUANTITY, adjustments=[{"kind": "charge", "amount": "9", "reason": "Fuel surcharge"}]),
            ARIBA["1.2.020"],
        )
    assert refusal.value.field == "/invoice/adjustments/0"


def test_shipping_on_a_service_line_becomes_a_modification() -> None:
    shipped = {
        **QUANTITY[1],
        "net_amount": "898",
        "adjustments": [{"kind": "charge", "purpose": "shipping", "amount": "10"}],
    }
    service = only(root_of(packet([shipped])), "InvoiceDetailServiceItem")
    assert service.findtext("InvoiceItemModifications/Modification/AdditionalCost/Money") == "10.00"
    assert service.findtext("InvoiceItemModifications/Modification/ModificationDetail/Description") == "shipping"
    with pytest.raises(CannotExpress):
        root_of(packet([shipped]), ARIBA["1.2.020"])


def test_the_summary_tells_modifications_of_lines_from_those_of_the_header() -> None:
    summary = only(root_of(SURCHARGED, presentation=BY_LINE), "InvoiceDetailSummary")
    names = {
        tag: [detail.findtext("Description") for detail in summary.iterfind(f"{tag}/Modification/ModificationDetail")]
        for tag in ("InvoiceHeaderModifications", "InvoiceDetailSummaryLineItemModifications")
    }
    assert names == {
        "InvoiceHeaderModifications": ["Fuel surcharge", "Volume rebate"],
        "InvoiceDetailSummaryLineItemModifications": ["Hazard premium"],
    }
    figures = {tag: summary.findtext(f"{tag}/Money") for tag in ("TotalCharges", "TotalAllowances", "NetAmount")}
    assert figures == {"TotalCharges": "62.50", "TotalAllowances": "40.00", "NetAmount": "3775.66"}


def test_a_version_between_two_speaks_the_words_of_the_older() -> None:
    assert vocabulary("1.2.050") == vocabulary("1.2.037")
    assert vocabulary("1.1.008") == vocabulary("1.2.020")


# --- parties, shipping, credit, cancelling ----------------------------------------------------------------------------


def test_everybody_whom_the_network_looks_for_is_there_once() -> None:
    bill_to = {"name": "Northgrid AP", "code": "AP-1"}
    contacts = root_of(packet(QUANTITY, bill_to=bill_to, remit_to=None)).findall(".//InvoicePartner/Contact")
    assert [(each.get("role"), each.findtext("Name")) for each in contacts] == [
        ("issuerOfInvoice", "Relay & Field Services LLC"),
        ("from", "Relay & Field Services LLC"),
        ("remitTo", "Relay & Field Services LLC"),
        ("soldTo", "Northgrid Power Company"),
        ("billTo", "Northgrid AP"),
    ]


def test_the_header_names_no_shipment_when_lines_name_their_own() -> None:
    root = root_of(SURCHARGED, presentation=BY_LINE)
    assert only(root, "InvoiceDetailLineIndicator").get("isShippingInLine") == "yes"
    assert root.find("Request/InvoiceDetailRequest/InvoiceDetailRequestHeader/InvoiceDetailShipping") is None


def test_over_billed_hours_are_credited_line_by_line_below_zero() -> None:
    root = root_of(OVERBILLED)
    header = only(root, "InvoiceDetailRequestHeader")
    assert (header.get("purpose"), only(header, "DocumentReference").get("payloadID")) == (
        "lineLevelCreditMemo",
        "0198a001.r1@clearbill",
    )
    service = only(root, "InvoiceDetailServiceItem")
    assert (service.get("quantity"), service.findtext("UnitRate/Money")) == ("-2.5", "142.50")
    assert only(root, "DueAmount/Money").text == "-356.25"


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ([on_site(1, "ST", "-1", "5", "-5"), on_site(2, "ST", "9", "5", "45")], "/invoice/lines/0/net_amount"),
        ([on_site(1, "ST", "-1", "5", "-5")], "/invoice/totals/payable"),
    ],
)
def test_a_credit_that_charges_something_is_refused(lines: list[dict[str, Any]], field: str) -> None:
    with pytest.raises(CannotExpress) as refusal:
        root_of(packet(lines, **CREDIT))
    assert refusal.value.field == field


def test_a_header_credit_is_told_in_one_amount_per_order() -> None:
    root = root_of(OVERBILLED, replace(NEWEST, credit=HEADER_CREDIT_MEMO))
    assert only(root, "InvoiceDetailHeaderIndicator").get("isHeaderInvoice") == "yes"
    assert only(root, "InvoiceDetailOrderSummary/SubtotalAmount/Money").text == "-356.25"


def test_a_cancellation_names_what_it_takes_back_and_why() -> None:
    document = render_cancellation(
        week_on_site(),
        Presentation(),
        STAMP,
        dialect=NEWEST,
        identity=IDENTITY,
        cancels="0198b2c4.r0@clearbill",
        why="Wrong\nweek",
    )
    assert check_document(document.body) == []
    header = only(parse(document.body), "InvoiceDetailRequestHeader")
    assert (header.get("operation"), only(header, "DocumentReference").get("payloadID")) == (
        "delete",
        "0198b2c4.r0@clearbill",
    )
    assert (header.findtext("Comments") or "").startswith("Cancelled: Wrong week")


def test_nothing_can_be_taken_back_that_the_network_has_no_name_for() -> None:
    with pytest.raises(CannotExpress, match="no id at the portal"):
        render_cancellation(
            week_on_site(), Presentation(), STAMP, dialect=NEWEST, identity=IDENTITY, cancels="", why=""
        )


def test_with_a_certificate_the_document_carries_no_secret() -> None:
    case = Case(packet(QUANTITY, orders=[NETWORK_ORDER]), dialect=NEWEST)
    assert b"SharedSecret" in case.render().body
    certified = replace(IDENTITY, proof="certificate")
    assert b"ecret" not in case.render(certified).body

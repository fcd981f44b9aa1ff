"""What the writer decides: which element, which sign, how many decimals, and what it refuses."""

import base64
import email
import email.policy
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import etree

from formats.cxml import (
    COUPA,
    LINE_LEVEL_CREDIT_MEMO,
    POSITIVE_CREDIT_MEMO,
    Credential,
    Dialect,
    Identity,
    check_document,
    parse,
    render_invoice,
)
from gateway.adapter import File, Presentation, Stamp, secret_mark
from gateway.errors import CannotExpress
from gateway.packet import Packet
from tests.formats.cases import CASES, CREDIT, CREDITED, IDENTITY, PDF, QUANTITY, STAMP, STANDARD, line, packet

PLAIN = [name for name in CASES if not name.startswith("ariba")]
LABOUR_FACTS = "Worker: Dana Whitlock (E-1042); Classification: Relay Technician II; Pay code: OT"


def body_of(
    bill: Packet,
    *,
    files: Sequence[File] = (),
    presentation: Presentation | None = None,
    dialect: Dialect = COUPA,
    stamp: Stamp = STAMP,
    identity: Identity = IDENTITY,
) -> bytes:
    wanted = presentation or Presentation()
    return render_invoice(bill, files, wanted, stamp, dialect=dialect, identity=identity).body


def root_of(bill: Packet, **choices: Any) -> etree._Element:
    return parse(body_of(bill, **choices))


def only(root: etree._Element, path: str) -> etree._Element:
    found = root.findall(f".//{path}")
    assert len(found) == 1, f"{path} stands {len(found)} times"
    return found[0]


# --- envelope ---------------------------------------------------------------------------------------------------------


def test_the_doctype_stands_on_the_second_line_as_coupa_wants_it() -> None:
    lines = body_of(packet(QUANTITY)).split(b"\n")
    assert lines[0] == b'<?xml version="1.0" encoding="UTF-8"?>'
    assert lines[1] == b'<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.020/InvoiceDetail.dtd">'


def test_the_stamp_names_and_dates_the_document() -> None:
    root = root_of(packet(QUANTITY))
    assert (root.get("payloadID"), root.get("timestamp")) == ("0198b2c4.r1@clearbill", "2026-03-10T16:05:30+00:00")


def test_the_secret_is_a_place_holder_in_the_senders_credential() -> None:
    body = body_of(packet(QUANTITY))
    assert body.count(secret_mark("shared_secret").encode()) == 1
    assert only(parse(body), "Sender/Credential/SharedSecret").text == secret_mark("shared_secret")


def test_another_sender_and_a_test_deployment_are_written_as_given() -> None:
    identity = replace(IDENTITY, sender=Credential("NetworkID", "AN-HUB"), deployment_mode="test")
    root = root_of(packet(QUANTITY), identity=identity)
    assert only(root, "Sender/Credential/Identity").text == "AN-HUB"
    assert only(root, "From/Credential/Identity").text == "080000001"
    assert only(root, "Request").get("deploymentMode") == "test"


@pytest.mark.parametrize("place", ["note", "contract_number"])
def test_a_packet_that_spells_a_secrets_place_holder_is_refused(place: str) -> None:
    with pytest.raises(CannotExpress, match="place-holder of a secret"):
        body_of(packet(QUANTITY, **{place: secret_mark("shared_secret")}))


def test_a_setting_with_a_control_character_is_refused_not_written() -> None:
    with pytest.raises(CannotExpress, match="XML cannot hold"):
        body_of(packet(QUANTITY), presentation=Presentation(custom_fields={"region": "we\x01st"}))


def test_an_invoice_of_today_is_never_dated_after_its_own_document() -> None:
    early = Stamp("r", datetime(2026, 3, 9, 3, 0, tzinfo=UTC))
    assert only(root_of(packet(QUANTITY), stamp=early), "InvoiceDetailRequestHeader").get("invoiceDate") == (
        "2026-03-09T03:00:00+00:00"
    )


# --- lines ------------------------------------------------------------------------------------------------------------


def test_the_order_lines_kind_decides_between_item_and_service() -> None:
    lines = [
        line(1, "By quantity", "2", "95", "190", order={"line": 1, "kind": "quantity"}),
        line(2, "By amount", "2", "95", "190", order={"line": 2, "kind": "amount"}),
        line(3, "As the register has it", "2", "95", "190"),
    ]
    order = only(root_of(packet(lines)), "InvoiceDetailOrder")
    assert [child.tag for child in order[1:]] == ["InvoiceDetailItem", "InvoiceDetailServiceItem", "InvoiceDetailItem"]


def test_a_line_by_amount_tells_its_hours_in_words_and_its_amount_in_figures() -> None:
    bill = packet([line(1, "By amount", "12.5", "95", "1187.50", order={"line": 7, "kind": "amount"})])
    service = only(root_of(bill), "InvoiceDetailServiceItem")
    assert service.get("quantity") is None
    assert service.findtext("SubtotalAmount/Money") == "1187.50"
    assert service.findtext("Comments") == "Quantity: 12.5 HUR at 95.00"
    assert only(service, "InvoiceDetailServiceItemReference").get("lineNumber") == "7"


def test_labour_facts_reach_the_description_where_there_is_no_element_for_them() -> None:
    description = only(root_of(packet(CREDITED[:1])), "InvoiceDetailItemReference/Description")
    assert LABOUR_FACTS in (description.text or "")


def test_labour_facts_have_their_elements_where_the_receiver_knows_them() -> None:
    root = root_of(packet(CREDITED[:1]), dialect=STANDARD)
    assert only(root, "TermReference").get("term") == "OT"
    assert only(root, "ContractorIdentifier").text == "E-1042"
    assert only(root, "TimeCardIDInfo").get("timeCardID") == "TS-2026-10-1042"
    assert only(root, "InvoiceDetailServiceItemReference/Description").text == "Relay technician, overtime"


def test_orders_stand_in_order_of_first_use_each_once() -> None:
    root = root_of(CASES["several_orders"].packet)
    assert [reference.get("orderID") for reference in root.iter("OrderReference")] == ["4500017755", "4500018001"]
    numbers = [[item.get("invoiceLineNumber") for item in order[1:]] for order in root.iter("InvoiceDetailOrder")]
    assert numbers == [["1", "3"], ["2"]]


def test_the_standard_names_the_order_by_its_document() -> None:
    references = list(root_of(CASES["several_orders"].packet, dialect=STANDARD).iter("OrderReference"))
    assert [(each.get("orderID"), each[0].get("payloadID")) for each in references] == [
        ("4500017755", "po-1@northgrid"),
        ("4500018001", ""),
    ]


@pytest.mark.parametrize(
    ("case", "payload"), [("contract", "C-88"), ("unbacked", "")], ids=["a contract", "nothing at all"]
)
def test_what_no_order_backs_refers_to_an_agreement(case: str, payload: str) -> None:
    root = root_of(CASES[case].packet)
    assert only(root, "MasterAgreementReference/DocumentReference").get("payloadID") == payload
    assert root.find(".//OrderReference") is None


def test_a_line_without_its_order_line_is_refused_by_its_path() -> None:
    with pytest.raises(CannotExpress) as refusal:
        body_of(packet([QUANTITY[0], line(2, "x", "1", "1", "1", order={})]))
    assert refusal.value.field == "/invoice/lines/1/order/line"
    assert "4500017755" in str(refusal.value)


# --- figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "decimals", "written"),
    [("95", None, "95.00"), ("0.725", None, "0.725"), ("0.725", 3, "0.725"), ("95", 0, "95"), ("95.5", 4, "95.50")],
)
def test_prices_are_written_as_given(price: str, decimals: int | None, written: str) -> None:
    bill = packet([line(1, "x", "1", price, price)])
    root = root_of(bill, presentation=Presentation(price_decimals=decimals))
    assert only(root, "UnitPrice/Money").text == written


@pytest.mark.parametrize(
    ("limits", "field"),
    [({"price_decimals": 2}, "/invoice/lines/0/unit_price"), ({"quantity_decimals": 0}, "/invoice/lines/0/quantity")],
)
def test_what_does_not_fit_is_refused_and_never_rounded(limits: dict[str, int], field: str) -> None:
    with pytest.raises(CannotExpress, match="decimals this client takes") as refusal:
        body_of(packet([line(1, "x", "1.5", "0.725", "1.09")]), presentation=Presentation(**limits))  # type: ignore[arg-type]
    assert refusal.value.field == field


@pytest.mark.parametrize(("currency", "written"), [("USD", "5.00"), ("BHD", "5.000"), ("JPY", "5.00")])
def test_amounts_carry_the_decimals_of_their_currency_and_two_at_least(currency: str, written: str) -> None:
    root = root_of(packet([line(1, "x", "1", "5", "5")], currency=currency))
    assert only(root, "InvoiceDetailSummary/NetAmount/Money").text == written


def test_a_code_that_is_no_currency_is_refused() -> None:
    with pytest.raises(CannotExpress, match="XAU is not an ISO 4217 currency"):
        body_of(packet(QUANTITY, currency="XAU"))


def test_a_price_per_hundred_is_written_per_one_and_told() -> None:
    root = root_of(packet([line(1, "Bolts", "200", "12.5", "25", price_base_quantity="100")]))
    assert only(root, "UnitPrice/Money").text == "0.125"
    assert only(root, "InvoiceDetailItem/Comments").text == "Price base: 12.5 per 100"


def test_a_price_that_has_no_exact_price_per_one_is_refused() -> None:
    with pytest.raises(CannotExpress, match="does not come out even") as refusal:
        body_of(packet([line(1, "Bolts", "3", "10", "10", price_base_quantity="3")]))
    assert refusal.value.field == "/invoice/lines/0/unit_price"


def test_a_price_per_one_with_endless_decimals_is_refused() -> None:
    with pytest.raises(CannotExpress, match="does not come out even"):
        body_of(packet([line(1, "Bolts", "1", "0.0000000001", "0", price_base_quantity="10")]))


# --- tax, charges, terms ----------------------------------------------------------------------------------------------


def test_an_exempt_line_says_why_right_after_its_tax_amount() -> None:
    detail = only(parse(CASES["exempt"].render().body), "InvoiceDetailItem/Tax/TaxDetail")
    assert [child.tag for child in detail] == ["TaxableAmount", "TaxAmount", "Description"]
    assert (detail.get("category"), detail.findtext("Description")) == ("VAT Exempt", "Resale certificate 4711")


def test_a_tax_amount_that_is_not_stated_is_never_calculated() -> None:
    taxed = {**QUANTITY[0], "tax": {"category": "S", "rate": "8.25"}}
    with pytest.raises(CannotExpress, match="states no amount") as refusal:
        body_of(packet([taxed], tax="309.38"), presentation=Presentation(tax_level="line"))
    assert refusal.value.field == "/invoice/lines/0/tax/amount"


@pytest.mark.parametrize(("vat_id", "word"), [("", "sales"), ("GB123456789", "vat")])
def test_a_tax_without_the_clients_code_is_named_after_the_sellers_kind_of_tax(vat_id: str, word: str) -> None:
    breakdown = [{"category": "S", "rate": "20", "taxable_amount": "3750", "tax_amount": "750"}]
    seller = {"name": "S", "vat_id": vat_id}
    root = root_of(packet(QUANTITY[:1], tax="750", tax_breakdown=breakdown, seller=seller))
    assert only(root, "TaxDetail").get("category") == word


@pytest.mark.parametrize(
    "adjustment",
    [
        {"kind": "charge", "purpose": "other", "amount": "9", "reason": "Fuel surcharge"},
        {"kind": "charge", "purpose": "discount", "amount": "9"},
        {"kind": "allowance", "purpose": "shipping", "amount": "9"},
    ],
    ids=lambda each: f"{each['kind']} {each['purpose']}",
)
def test_a_charge_without_a_place_is_refused_by_its_path(adjustment: dict[str, str]) -> None:
    with pytest.raises(CannotExpress, match="no element for") as at_header:
        body_of(packet(QUANTITY, adjustments=[adjustment]))
    assert at_header.value.field == "/invoice/adjustments/0"
    side = 1 if adjustment["kind"] == "charge" else -1
    with pytest.raises(CannotExpress) as at_line:
        body_of(packet([{**QUANTITY[0], "net_amount": str(3750 + 9 * side), "adjustments": [adjustment]}]))
    assert at_line.value.field == "/invoice/lines/0/adjustments/0"


def test_a_line_by_amount_has_no_place_for_shipping() -> None:
    shipped = line(
        1,
        "Milestone",
        "1",
        "100",
        "110",
        order={"line": 1, "kind": "amount"},
        adjustments=[{"kind": "charge", "purpose": "shipping", "amount": "10"}],
    )
    with pytest.raises(CannotExpress, match="billed by amount") as refusal:
        body_of(packet([shipped]))
    assert refusal.value.field == "/invoice/lines/0/adjustments"


TAXED = {"category": "S", "rate": "10", "code": "T10"}


def test_the_tax_that_a_header_discount_takes_off_is_stated_with_its_sign() -> None:
    bill = packet(
        [{**QUANTITY[0], "tax": {**TAXED, "amount": "375"}}],
        tax="374",
        adjustments=[
            {"kind": "allowance", "purpose": "discount", "amount": "30", "tax": {**TAXED, "amount": "3"}},
            {"kind": "charge", "purpose": "handling", "amount": "20", "tax": {**TAXED, "amount": "2"}},
        ],
    )
    body = body_of(bill, presentation=Presentation(tax_level="line"))
    details = parse(body).findall(".//InvoiceDetailSummary/Tax/TaxDetail")
    assert [(each.get("purpose"), each.findtext("TaxAmount/Money")) for each in details] == [
        ("tax", "-3.00"),
        ("specialHandlingTax", "2.00"),
    ]
    assert check_document(body) == []


def test_a_header_credit_memo_states_its_tax_in_the_header_whatever_the_client_prefers() -> None:
    breakdown = [{**TAXED, "taxable_amount": "461.25", "tax_amount": "46.13"}]
    freight = {"kind": "charge", "purpose": "shipping", "amount": "20", "tax": {**TAXED, "amount": "2"}}
    bill = packet(CREDITED, tax="46.13", tax_breakdown=breakdown, adjustments=[freight], **CREDIT)
    dialect = CASES["credit_header_memo"].dialect
    body = body_of(bill, dialect=dialect, presentation=Presentation(tax_level="line"))
    assert only(parse(body), "TaxDetail/TaxAmount/Money").text == "-46.13"
    assert check_document(body) == []


def test_a_rounded_total_has_no_place() -> None:
    bill = packet(QUANTITY)
    totals = bill.invoice.totals.model_copy(update={"rounding": bill.invoice.totals.payable - 4600})
    spoilt = bill.model_copy(update={"invoice": bill.invoice.model_copy(update={"totals": totals})})
    with pytest.raises(CannotExpress) as refusal:
        body_of(spoilt)
    assert refusal.value.field == "/invoice/totals/rounding"


def test_the_clients_code_for_payment_terms_wins_over_the_packets() -> None:
    terms = CASES["payment_terms"].packet
    code = 'Extrinsic[@name="PaymentTermCode"]'
    assert only(root_of(terms, presentation=Presentation(payment_term_code="NET30-2")), code).text == "NET30-2"
    assert only(root_of(terms), code).text == "N30"


def test_the_deprecated_payment_term_is_never_written() -> None:
    for case in CASES.values():
        assert b"InvoiceDetailPaymentTerm" not in case.render().body


def test_bill_to_stands_there_only_where_the_packet_insists() -> None:
    roles = {name: [each.get("role") for each in root_of(CASES[name].packet).iter("Contact")] for name in PLAIN}
    assert [name for name, found in roles.items() if "billTo" in found] == ["parties"]


def test_the_packets_own_field_wins_over_the_clients_constant() -> None:
    root = parse(CASES["parties"].render().body)
    fields = {each.get("identifier"): each.findtext("Description") for each in root.findall(".//Extrinsic/IdReference")}
    assert fields == {"region": "West & South", "channel": "cXML"}


def test_a_field_that_the_portal_itself_knows_is_its_extrinsic() -> None:
    given = [{"name": "DateOfSupply", "value": "2026-03-08"}, {"name": "region", "value": "West"}]
    header = only(root_of(packet(QUANTITY, custom_fields=given)), "InvoiceDetailRequestHeader")
    first, second = header.findall("Extrinsic")
    assert (first.get("name"), first.text) == ("DateOfSupply", "2026-03-08")
    assert [each.get("identifier") for each in second] == ["region"]


# --- credit notes -----------------------------------------------------------------------------------------------------


def test_a_positive_credit_memo_names_the_original_by_its_number() -> None:
    document = CASES["credit_memo"].render()
    root = parse(document.body)
    assert only(root, "InvoiceDetailRequestHeader").get("purpose") == "creditMemo"
    assert only(root, "InvoiceDetailRequestHeader/DocumentReference").get("payloadID") == "RFS-20260302-04"
    assert only(root, "DueAmount/Money").text == "441.25"
    assert document.total > 0


def test_a_negative_invoice_has_negative_quantities_and_positive_prices() -> None:
    document = CASES["credit_negative"].render()
    item = only(parse(document.body), "InvoiceDetailItem")
    assert (item.get("quantity"), item.findtext("UnitPrice/Money")) == ("-2.5", "142.50")
    assert document.total < 0


@pytest.mark.parametrize(
    ("dialect", "field"),
    [
        (replace(COUPA, credit=POSITIVE_CREDIT_MEMO), "/invoice/preceding"),
        (replace(STANDARD, credit=LINE_LEVEL_CREDIT_MEMO), "/invoice/preceding"),
    ],
    ids=["by number", "by document"],
)
def test_a_credit_memo_without_its_original_is_refused(dialect: Dialect, field: str) -> None:
    with pytest.raises(CannotExpress, match="needs the original") as refusal:
        body_of(packet(CREDITED, type="381"), dialect=dialect)
    assert refusal.value.field == field


def test_a_header_credit_memo_cannot_hold_line_allowances() -> None:
    discounted = {
        **CREDITED[0],
        "net_amount": "351.25",
        "adjustments": [{"kind": "allowance", "purpose": "discount", "amount": "5"}],
    }
    with pytest.raises(CannotExpress, match="has no lines"):
        body_of(packet([discounted], **CREDIT), dialect=CASES["credit_header_memo"].dialect)


# --- papers -----------------------------------------------------------------------------------------------------------


def papers() -> list[File]:
    return [
        File("a b.pdf", "application/pdf", "timesheet", PDF),
        File("a_b.pdf", "application/pdf", "receipt", PDF + b"2"),
        File("ü.pdf", "application/pdf", "invoice_pdf", PDF + b"3" * 4000),
        File("second.pdf", "application/pdf", "invoice_pdf", b"\x00\xff\r\n--clearbill"),
    ]


def test_every_paper_arrives_whole_under_the_name_the_document_gives_it() -> None:
    document = render_invoice(packet(QUANTITY), papers(), Presentation(), STAMP, dialect=COUPA, identity=IDENTITY)
    raw = f"Content-Type: {document.content_type}\r\n\r\n".encode() + document.body
    message = email.message_from_bytes(raw, policy=email.policy.HTTP)
    assert message.get_content_type() == "multipart/related"
    first, *others = message.iter_parts()
    assert message["content-type"].params["start"] == first["content-id"]
    contents = {str(part["content-id"]).strip("<>"): part.get_payload(decode=True) for part in others}
    assert list(contents.values()) == [file.content for file in papers()]
    assert [part.get_filename() for part in others] == ["a b.pdf", "a_b.pdf", "_.pdf", "second.pdf"]
    assert b"filename*=UTF-8''%C3%BC.pdf" in document.body
    root = parse(first.get_payload(decode=True))
    assert only(root, 'Extrinsic[@name="ImageScanAttachmentUrl"]').text == f"cid:{list(contents)[2]}"
    assert [url.text for url in root.iter("URL")] == [
        f"cid:{name}" for index, name in enumerate(contents) if index != 2
    ]


def test_a_paper_cannot_take_the_documents_own_place() -> None:
    body = body_of(packet(QUANTITY), files=[File("Invoice.cXML", "text/xml", "other", b"<other/>")])
    assert body.count(b"Content-ID: <invoice.cxml>") == 1
    assert b"Content-ID: <2-Invoice.cXML>" in body
    assert check_document(body) == []


def test_the_body_has_no_bare_line_feed() -> None:
    body = body_of(packet(QUANTITY, note="two\nlines"), files=papers()[:3])
    assert b"\n" not in body.replace(b"\r\n", b"")


def test_a_name_cannot_smuggle_a_header_in() -> None:
    sly = File('x"\r\nX-Evil: 1\r\n.pdf', "application/pdf", "timesheet", PDF)
    body = body_of(packet(QUANTITY), files=[sly])
    assert b"\r\nX-Evil" not in body
    assert check_document(body) == []


def test_what_is_no_media_type_is_refused() -> None:
    with pytest.raises(CannotExpress, match="media type"):
        body_of(packet(QUANTITY), files=[File("a.pdf", "text/html\r\nX-Evil: 1", "other", PDF)])


def test_the_boundary_follows_the_content() -> None:
    first, again = (body_of(packet(QUANTITY), files=papers()[:1]) for _ in range(2))
    other = body_of(packet(QUANTITY), files=[replace(papers()[0], content=PDF + b"9")])
    assert first == again
    assert first.split(b"\r\n")[0] != other.split(b"\r\n")[0]


def test_base64_lines_are_no_longer_than_mime_allows() -> None:
    body = body_of(packet(QUANTITY), files=papers()[2:3])
    encoded = base64.b64encode(papers()[2].content)[:76]
    assert b"\r\n" + encoded + b"\r\n" in body


def test_a_document_without_papers_is_plain_xml() -> None:
    document = CASES["quantity"].render()
    assert (document.content_type, document.format, document.files) == ("text/xml; charset=UTF-8", "cxml", ())
    assert (document.number, str(document.total), document.currency) == ("RFS-20260309-01", "4638", "USD")

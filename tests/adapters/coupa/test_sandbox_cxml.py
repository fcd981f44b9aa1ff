"""The cXML door of the Coupa sandbox: every status code, the documented texts, multipart and the model rules."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from adapters.coupa.sandbox import Portal

from .sandbox_papers import (
    ORDER,
    attached,
    block,
    connect,
    contract,
    invoice,
    item,
    money,
    multipart,
    po,
    post,
    post_multipart,
    service,
    status_of,
    tax,
)

OFFICIAL = Path(__file__).resolve().parents[4] / "shared" / "references" / "cxml"


@pytest.fixture
def portal() -> Iterator[Portal]:
    with Portal() as portal:
        portal.orders([ORDER])
        yield portal


@pytest.fixture
def client(portal: Portal) -> Iterator[httpx.Client]:
    with connect(portal.url) as client:
        yield client


def test_a_good_invoice_is_created_and_its_id_is_in_the_words(portal: Portal, client: httpx.Client) -> None:
    answer = post(client, invoice())
    assert answer.status_code == 200
    document = portal.documents()[0]
    assert status_of(answer) == (200, "OK", f"Successful - invoice id: {document['id']}")
    assert (document["number"], document["status"], document["total"]) == ("INV-1", "pending_approval", "190.00")
    assert (document["orders"], document["client"], document["submitted"]) == (["PO-1"], "buyer-default", True)
    assert document["reference"] == "INV-1@supplier.invalid"


def test_the_payload_id_of_a_success_is_empty_and_of_a_refusal_is_not(portal: Portal, client: httpx.Client) -> None:
    assert b'payloadID=""' in post(client, invoice()).content
    assert b'payloadID=""' not in post(client, invoice()).content
    portal.knobs(payload_id="always")
    assert b'payloadID=""' not in post(client, invoice("INV-2")).content
    portal.knobs(payload_id="never")
    assert b'payloadID=""' in post(client, invoice("INV-2")).content


def test_both_forms_of_the_credentials_refusal_are_told_apart(portal: Portal, client: httpx.Client) -> None:
    wrong_secret = post(client, invoice(secret="not it"))
    assert wrong_secret.status_code == 401
    assert status_of(wrong_secret) == (401, "Unauthorized", "Invalid credentials. Bad credentials")
    for stranger in (invoice(supplier="stranger"), invoice(buyer="someone-else")):
        assert status_of(post(client, stranger)) == (401, "Unauthorized", "Invalid credentials")
    assert portal.documents() == []


def test_a_sender_other_than_the_supplier_is_refused_unless_the_knob_is_off(
    portal: Portal, client: httpx.Client
) -> None:
    before, name, after = invoice().rpartition(b"<Identity>sandbox-supplier</Identity>")
    other = before + name.replace(b"sandbox-supplier", b"somebody") + after
    assert status_of(post(client, other))[0] == 401
    portal.knobs(sender_must_be_supplier=False)
    assert status_of(post(client, other))[0] == 200


def test_a_supplier_without_a_secret_signs_in_with_the_word_none() -> None:
    with (
        Portal({"default": {"supplier": {"shared_secret": ""}}}) as portal,
        connect(portal.url) as client,
    ):
        portal.orders([ORDER])
        assert status_of(post(client, invoice(secret="")))[0] == 401
        assert status_of(post(client, invoice(secret="none")))[0] == 200


def test_a_supplier_whose_switch_is_off_is_refused_with_403() -> None:
    config = {"default": {"supplier": {"allow_cxml_invoicing": False}}}
    with Portal(config) as portal, connect(portal.url) as client:
        answer = post(client, invoice())
        assert (answer.status_code, status_of(answer)[0]) == (403, 403)


@pytest.mark.parametrize(
    "document",
    [
        b"not xml",
        b"",
        invoice()[:-20],
        invoice(doctype=""),
        invoice(doctype='<!DOCTYPE cXML SYSTEM "http://xml.cXML.org/schemas/cXML/1.2.020/cXML.dtd">'),
        invoice().replace(b"?>\n<!DOCTYPE", b"?><!DOCTYPE"),
        invoice(doctype='<!DOCTYPE cXML SYSTEM "http://x/1.2.020/InvoiceDetail.dtd" [<!ENTITY a "b">]>'),
    ],
    ids=["words", "nothing", "cut off", "no doctype", "other dtd", "doctype on line 1", "own entities"],
)
def test_what_cannot_be_parsed_is_refused_with_406(document: bytes, client: httpx.Client) -> None:
    answer = post(client, document)
    assert answer.status_code == 406
    assert status_of(answer) == (406, "Not Acceptable", "Could not parse cXML document.")


def test_the_line_of_the_doctype_is_a_knob(portal: Portal, client: httpx.Client) -> None:
    portal.knobs(doctype_on_line_2=False)
    assert post(client, invoice().replace(b"?>\n<!DOCTYPE", b"?><!DOCTYPE")).status_code == 200


@pytest.mark.parametrize(("version", "code"), [("1.1.010", 450), ("1.2.20", 450), ("1.3.001", 450), ("1.2.037", 200)])
def test_the_version_of_the_doctype_decides(version: str, code: int, client: httpx.Client) -> None:
    doctype = f'<!DOCTYPE cXML SYSTEM "http://xml.cXML.org/schemas/cXML/{version}/InvoiceDetail.dtd">'
    answer = post(client, invoice(doctype=doctype))
    assert (answer.status_code, status_of(answer)[0]) == (code, code)


def test_a_dtd_violation_is_answered_in_the_validators_words_twice(client: httpx.Client) -> None:
    broken = invoice().replace(f"<InvoiceDetailOrderInfo>{po('PO-1')}</InvoiceDetailOrderInfo>".encode(), b"")
    code, attribute, words = status_of(post(client, broken))
    sentence = (
        "Error: Element InvoiceDetailOrder content does not follow the DTD, expecting (InvoiceDetailOrderInfo , "
        "(InvoiceDetailItem | InvoiceDetailServiceItem)+), got (InvoiceDetailItem ) at :3."
    )
    assert (code, attribute) == (406, "Not Acceptable")
    assert words.startswith(f"Request did not validate successfully with DTD. ({sentence}) [{sentence}")


def test_the_blank_in_the_validators_words_is_a_knob(portal: Portal, client: httpx.Client) -> None:
    portal.knobs(dtd_message_blank=False)
    broken = invoice().replace(f"<InvoiceDetailOrderInfo>{po('PO-1')}</InvoiceDetailOrderInfo>".encode(), b"")
    assert "got (InvoiceDetailItem) at" in status_of(post(client, broken))[2]


def test_whether_credentials_or_document_come_first_is_a_knob(portal: Portal, client: httpx.Client) -> None:
    both_wrong = invoice(secret="not it").replace(b"<UnitOfMeasure>HUR</UnitOfMeasure>", b"")
    assert status_of(post(client, both_wrong))[0] == 406
    portal.knobs(check_order="credentials_first")
    assert status_of(post(client, both_wrong))[0] == 401


def test_the_http_status_mirrors_the_code_or_is_always_200(portal: Portal, client: httpx.Client) -> None:
    portal.knobs(http_status="always_200")
    answer = post(client, invoice(secret="not it"))
    assert (answer.status_code, status_of(answer)[0]) == (200, 401)
    portal.knobs(http_status="mirror")
    answer = post(client, invoice(blocks=block(item(), backing=po("PO-9"))))
    assert (answer.status_code, status_of(answer)[0]) == (417, 417)


def test_too_many_lines_are_refused_with_413(portal: Portal, client: httpx.Client) -> None:
    portal.knobs(max_lines=2)
    answer = post(client, invoice(blocks=block(item(1), item(2), item(3))))
    assert (answer.status_code, status_of(answer)[2]) == (413, "Request Entity Too Large")
    assert post(client, invoice(blocks=block(item(1), item(2)))).status_code == 200


def test_an_unknown_order_is_refused_in_either_known_sentence(portal: Portal, client: httpx.Client) -> None:
    unknown = invoice(blocks=block(item(), backing=po("PO-9")))
    code, attribute, words = status_of(post(client, unknown))
    assert (code, attribute) == (417, "Expectation Failed")
    assert words.startswith("Invalid order/document reference. Could not find order header PO-9, ord")
    portal.knobs(unknown_order_text="po_number")
    assert "Unable to find order with PO Number PO-9" in status_of(post(client, unknown))[2]


def test_an_order_of_another_supplier_is_refused(portal: Portal, client: httpx.Client) -> None:
    portal.orders([ORDER | {"number": "PO-7", "supplier": "Somebody Else"}])
    words = status_of(post(client, invoice(blocks=block(item(), backing=po("PO-7")))))[2]
    assert words == "Invalid order/document reference. Order header PO-7 does not belong to supplier Sandbox Supplier"


def test_an_order_line_that_is_not_there_is_refused(client: httpx.Client) -> None:
    code, _, words = status_of(post(client, invoice(blocks=block(item(po_line="9")))))
    assert code == 417
    assert words.startswith("Invalid order/document reference.")


def test_the_wrong_kind_of_line_is_refused_in_the_documented_words(client: httpx.Client) -> None:
    wrong = invoice(blocks=block(item(1), service(2, po_line="1")))
    assert status_of(post(client, wrong))[2] == (
        "Invalid attributes in document. [Validation failed: Invoice lines order line must be the same type as invoice "
        "line, Invoice Lines is invalid Invoice header: Invoice lines order line must be the same type as invoice "
        "line, Invoice Lines is invalid Invoice line 2: PO Line must be the same type as invoice line]"
    )
    assert status_of(post(client, invoice(blocks=block(item(1), service(2)), net="690.00")))[0] == 200


def test_a_missing_payment_term_is_refused_in_the_documented_words() -> None:
    config = {"default": {"supplier": {"payment_term": ""}}}
    with Portal(config) as portal, connect(portal.url) as client:
        portal.orders([ORDER])
        assert status_of(post(client, invoice()))[2] == (
            "Invalid attributes in document. [Validation failed: Payment Term Must be present on invoice"
            "Invoice header: Payment Term Must be present on invoice]"
        )
        code = '<Extrinsic name="PaymentTermCode">Net 45</Extrinsic>'
        assert status_of(post(client, invoice(header=code)))[0] == 200


def test_a_used_number_is_refused_and_a_reuse_rule_frees_it(portal: Portal, client: httpx.Client) -> None:
    assert post(client, invoice()).status_code == 200
    code, _, words = status_of(post(client, invoice()))
    assert code == 417
    assert words.startswith("Invalid attributes in document. [Validation failed: ")
    portal.knobs(number_reuse="after_void")
    assert post(client, invoice()).status_code == 417
    portal.says("INV-1", "voided")
    assert post(client, invoice()).status_code == 200
    assert [each["status"] for each in portal.documents()] == ["voided", "pending_approval"]


def test_a_number_may_return_in_another_calendar_year(portal: Portal, client: httpx.Client) -> None:
    portal.knobs(number_reuse="calendar_year")
    assert post(client, invoice()).status_code == 200
    assert post(client, invoice()).status_code == 417
    assert post(client, invoice().replace(b'invoiceDate="2026', b'invoiceDate="2027')).status_code == 200


def test_charges_are_refused_where_the_buyer_takes_none(portal: Portal, client: httpx.Client) -> None:
    charged = invoice(charges=money("SpecialHandlingAmount", "5.00") + money("ShippingAmount", "7.50"), net="202.50")
    portal.knobs(charges_permitted=False)
    words = status_of(post(client, charged))[2]
    assert words == "Invalid attributes in document. Extra shipping/handling/misc charges are not permitted"
    portal.knobs(charges_permitted=True)
    assert post(client, charged).status_code == 200
    assert portal.documents()[0]["total"] == "202.50"


@pytest.mark.parametrize(("action", "count"), [("close", 0), ("cancel", 0), ("invoice_stop", 0), ("receive", 1)])
def test_an_order_that_is_not_open_takes_no_invoice(
    action: str, count: int, portal: Portal, client: httpx.Client
) -> None:
    portal.order("PO-1", action)
    assert post(client, invoice()).status_code == (200 if count else 417)
    assert len(portal.documents()) == count


def test_a_unit_that_differs_is_refused_as_the_knob_says(portal: Portal, client: httpx.Client) -> None:
    days = invoice(blocks=block(item(uom="DAY")))
    assert status_of(post(client, days))[0] == 417
    portal.knobs(uom_mismatch="500")
    assert status_of(post(client, days)) == (500, "Internal Server Error", "Unexpected server error.")
    portal.knobs(uom_mismatch="accept")
    assert status_of(post(client, days))[0] == 200


def test_a_currency_other_than_the_orders_is_refused(client: httpx.Client) -> None:
    euro = invoice(blocks=block(item(currency="EUR")), currency="EUR")
    assert status_of(post(client, euro))[0] == 417


def test_a_bill_to_that_differs_is_refused_and_none_is_fine() -> None:
    with (
        Portal({"default": {"bill_to_name": "North Utility"}}) as portal,
        connect(portal.url) as client,
    ):
        portal.orders([ORDER])
        named = '<InvoicePartner><Contact role="billTo"><Name xml:lang="en">{}</Name></Contact></InvoicePartner>'
        assert status_of(post(client, invoice(header=named.format("North Utilities Inc"))))[0] == 417
        assert status_of(post(client, invoice(header=named.format("North Utility"))))[0] == 200
        assert status_of(post(client, invoice("INV-2")))[0] == 200


def test_an_unmatched_contract_makes_a_draft_and_a_matched_one_does_not() -> None:
    contracts = ["C-1", {"number": "C-2", "supplier_can_invoice_directly": False}]
    with Portal({"default": {"contracts": contracts}}) as portal, connect(portal.url) as client:
        for number, backing in (("INV-1", "C-1"), ("INV-2", "C-404")):
            assert post(client, invoice(number, blocks=block(item(), backing=contract(backing)))).status_code == 200
        assert [each["status"] for each in portal.documents()] == ["pending_approval", "draft"]
        assert portal.documents()[1]["submitted"] is False
        forbidden = post(client, invoice("INV-3", blocks=block(item(), backing=contract("C-2"))))
        assert status_of(forbidden)[2] == "Invalid credentials. Bad credentials"


def test_unbacked_lines_need_permission(portal: Portal, client: httpx.Client) -> None:
    mixed = invoice(blocks=block(item(1)) + block(item(2), backing=contract("")))
    assert status_of(post(client, mixed))[0] == 417
    portal.knobs(unbacked_permitted=True)
    assert status_of(post(client, mixed))[0] == 200
    assert portal.documents()[0]["status"] == "draft"


def test_one_invoice_may_name_several_orders(portal: Portal, client: httpx.Client) -> None:
    portal.orders([ORDER | {"number": "PO-2"}])
    both = invoice(blocks=block(item(1)) + block(service(2), backing=po("PO-2")), net="690.00")
    assert post(client, both).status_code == 200
    assert (portal.documents()[0]["orders"], portal.documents()[0]["total"]) == (["PO-1", "PO-2"], "690.00")


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (item(quantity="100"), "pending_approval"),
        (item(quantity="100.5"), "on_hold"),
        (item(price="95.01"), "on_hold"),
        (service(amount="5000.01"), "on_hold"),
        (item(1, quantity="60") + item(2, quantity="60"), "on_hold"),
    ],
)
def test_more_than_the_order_is_held_not_refused(lines: str, status: str, portal: Portal, client: httpx.Client) -> None:
    assert post(client, invoice(blocks=block(lines))).status_code == 200
    assert portal.documents()[0]["status"] == status


def test_the_tolerance_is_a_knob(portal: Portal, client: httpx.Client) -> None:
    portal.knobs(tolerance_percent="5")
    assert post(client, invoice(blocks=block(item(quantity="105")))).status_code == 200
    assert post(client, invoice("INV-2", blocks=block(item(quantity="1")))).status_code == 200
    assert [each["status"] for each in portal.documents()] == ["pending_approval", "on_hold"]


def test_three_way_matching_waits_for_the_receipt(portal: Portal, client: httpx.Client) -> None:
    line = {"number": 1, "quantity": "100", "uom": "HUR", "price": "95.00", "match_type": "3-way"}
    portal.orders([{"number": "PO-3", "lines": [line]}, {"number": "PO-4", "lines": [line | {"received": "50"}]}])
    one = invoice("INV-1", blocks=block(item(), backing=po("PO-3")))
    both = block(item(1), backing=po("PO-3")) + block(item(2, quantity="40"), backing=po("PO-4"))
    post(client, one)
    post(client, invoice("INV-2", blocks=both))
    post(client, invoice("INV-3", blocks=block(item(quantity="30"), backing=po("PO-4"))))
    assert [each["status"] for each in portal.documents()] == ["pending_receipt"] * 3
    portal.order("PO-3", "receive")
    # Seventy hours are invoiced on PO-4 and fifty received.
    assert [each["status"] for each in portal.documents()] == ["pending_approval", "pending_receipt", "pending_receipt"]
    portal.order("PO-4", "receive")
    assert [each["status"] for each in portal.documents()] == ["pending_approval"] * 3


@pytest.mark.parametrize(("counts", "at_once", "approved"), [("submitted", "2", "2"), ("approved", "0", "2")])
def test_when_an_order_counts_an_invoice_is_a_knob(
    counts: str, at_once: str, approved: str, portal: Portal, client: httpx.Client
) -> None:
    portal.knobs(order_invoiced_counts=counts)

    def invoiced() -> Decimal:
        return Decimal(client.get("/_sandbox/orders").json()["orders"][0]["lines"][0]["invoiced"])

    post(client, invoice())
    assert invoiced() == Decimal(at_once)
    portal.says("INV-1", "approved")
    assert invoiced() == Decimal(approved)
    portal.says("INV-1", "voided")
    assert invoiced() == 0


def test_header_tax_and_line_tax_both_enter_the_total(portal: Portal, client: httpx.Client) -> None:
    post(client, invoice(tax_element=tax("19.00", category="sales", rate="10"), net="209.00"))
    lined = block(item(1, tax_element=tax("9.50")), item(2, tax_element=tax("9.50")))
    post(client, invoice("INV-2", blocks=lined, indicator='isTaxInLine="yes"', net="399.00"))
    ignored = block(item(1, tax_element=tax("9.50")))
    post(client, invoice("INV-3", blocks=ignored))
    assert [each["total"] for each in portal.documents()] == ["209.00", "399.00", "190.00"]


def test_arithmetic_is_looked_at_only_when_a_knob_says_so(portal: Portal, client: httpx.Client) -> None:
    wrong = invoice(blocks=block(item(subtotal="189.99")), net="189.99")
    portal.knobs(line_arithmetic="417")
    assert status_of(post(client, wrong))[0] == 417
    portal.knobs(line_arithmetic="ignore", total_check="417")
    assert status_of(post(client, wrong))[0] == 417
    portal.knobs(total_check="on_hold")
    assert status_of(post(client, wrong))[0] == 200
    portal.knobs(total_check="ignore")
    assert status_of(post(client, wrong.replace(b"INV-1", b"INV-2")))[0] == 200
    assert [each["status"] for each in portal.documents()] == ["on_hold", "pending_approval"]


@pytest.mark.parametrize("purpose", ["creditMemo", "lineLevelCreditMemo"])
def test_a_credit_memo_names_an_original_that_is_there(purpose: str, portal: Portal, client: httpx.Client) -> None:
    post(client, invoice())
    attributes = f'purpose="{purpose}"'
    named = '<DocumentReference payloadID="{}"/>'
    nameless = invoice("CN-1", attributes=attributes)
    assert status_of(post(client, nameless)) == (500, "Internal Server Error", "Unexpected server error.")
    assert status_of(post(client, invoice("CN-1", attributes=attributes, header=named.format("INV-404"))))[0] == 500
    good = invoice("CN-1", attributes=attributes, header=named.format("INV-1"))
    portal.knobs(credit_memo="unsupported")
    assert status_of(post(client, good))[0] == 500
    portal.knobs(credit_memo="accepted")
    assert status_of(post(client, good))[0] == 200
    assert [each["document_kind"] for each in portal.documents()] == ["invoice", "credit_note"]
    lines = client.get("/_sandbox/orders").json()["orders"][0]["lines"]
    assert Decimal(lines[0]["invoiced"]) == 0


def test_a_negative_quantity_is_a_credit_and_both_negative_is_refused(portal: Portal, client: httpx.Client) -> None:
    assert status_of(post(client, invoice(blocks=block(item(quantity="-2", price="-95.00")))))[0] == 417
    assert status_of(post(client, invoice("CN-2", blocks=block(item(quantity="-2")), net="-190.00")))[0] == 200
    assert (portal.documents()[0]["document_kind"], portal.documents()[0]["total"]) == ("credit_note", "-190.00")


@pytest.mark.parametrize(
    "document",
    [
        invoice(attributes='operation="delete"'),
        invoice(
            blocks=f"<InvoiceDetailHeaderOrder><InvoiceDetailOrderInfo>{po('PO-1')}</InvoiceDetailOrderInfo>"
            '<InvoiceDetailOrderSummary invoiceLineNumber="1">'
            f"{money('SubtotalAmount', '190.00')}</InvoiceDetailOrderSummary></InvoiceDetailHeaderOrder>"
        ),
    ],
    ids=["deletion", "header invoice"],
)
def test_what_coupa_does_not_take_is_refused_with_450(document: bytes, client: httpx.Client) -> None:
    answer = post(client, document)
    assert (answer.status_code, status_of(answer)[0]) == (450, 450)


def test_a_number_that_is_none_is_refused_and_not_created(portal: Portal, client: httpx.Client) -> None:
    for wrong in ("abc", "NaN", "1e30"):
        assert status_of(post(client, invoice(blocks=block(item(quantity=wrong)))))[0] == 417
    assert status_of(post(client, invoice(blocks=block(item(quantity="9e11", price="9e11")))))[0] == 200
    assert [each["total"] for each in portal.documents()] == ["810000000000000000000000.00"]


def test_an_overlong_number_is_refused(client: httpx.Client) -> None:
    assert status_of(post(client, invoice("N" * 41)))[0] == 417
    assert status_of(post(client, invoice("N" * 40)))[0] == 200


def test_papers_are_kept_by_name_type_size_and_hash(portal: Portal, client: httpx.Client) -> None:
    sheet, scan = b"%PDF-1.7 sheet", b"%PDF-1.7 scan" * 1000
    header = attached("t@x") + '<Extrinsic name="ImageScanAttachmentUrl">cid:s@x</Extrinsic>'
    body = multipart(invoice(header=header), ("t@x", "timesheet.pdf", sheet), ("s@x", "INV-1.pdf", scan))
    assert status_of(post_multipart(client, body))[0] == 200
    papers = portal.documents()[0]["attachments"]
    assert papers == [
        {
            "name": name,
            "media_type": "application/pdf",
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "kind": kind,
        }
        for name, data, kind in (("timesheet.pdf", sheet, "file"), ("INV-1.pdf", scan, "image_scan"))
    ]


def test_multipart_with_bare_line_feeds_is_a_500(portal: Portal, client: httpx.Client) -> None:
    body = multipart(invoice(header=attached("t@x")), ("t@x", "t.pdf", b"%PDF"), newline=b"\n")
    answer = post_multipart(client, body)
    assert (answer.status_code, status_of(answer)[2]) == (500, "Unexpected server error.")
    portal.knobs(lf_only_multipart="accept")
    assert post_multipart(client, body).status_code == 200
    assert portal.documents()[0]["attachments"][0]["size"] == 4


def test_a_reference_without_its_part_is_refused_as_the_knob_says(portal: Portal, client: httpx.Client) -> None:
    body = multipart(invoice(header=attached("t@x", "gone@x")), ("t@x", "t.pdf", b"%PDF"))
    assert status_of(post_multipart(client, body))[0] == 500
    portal.knobs(unresolved_cid="417")
    assert status_of(post_multipart(client, body))[0] == 417
    portal.knobs(unresolved_cid="ignore")
    assert status_of(post_multipart(client, body))[0] == 200
    assert len(portal.documents()[0]["attachments"]) == 1


@pytest.mark.parametrize(
    "body", [b"", b"--b1\r\n", b"--other\r\n\r\nx\r\n--other--", multipart(invoice())[:-8]], ids=["0", "1", "2", "3"]
)
def test_a_body_that_is_no_multipart_is_a_406(body: bytes, client: httpx.Client) -> None:
    assert status_of(post_multipart(client, body))[0] == 406


def test_limits_of_papers_are_knobs(portal: Portal, client: httpx.Client) -> None:
    header = attached("a@x", "b@x")
    body = multipart(invoice(header=header), ("a@x", "a.pdf", b"1" * 600), ("b@x", "b.pdf", b"2" * 600))
    portal.knobs(max_attachments=1)
    assert status_of(post_multipart(client, body))[0] == 417
    portal.knobs(max_attachments=2, max_attachment_bytes=1000)
    assert status_of(post_multipart(client, body))[0] == 417
    portal.knobs(max_attachment_bytes=1200)
    assert status_of(post_multipart(client, body))[0] == 200


def test_a_required_image_scan_is_missed(portal: Portal, client: httpx.Client) -> None:
    portal.knobs(image_scan_required=True)
    assert status_of(post(client, invoice()))[0] == 417
    header = '<Extrinsic name="ImageScanAttachmentUrl">cid:s@x</Extrinsic>'
    assert status_of(post_multipart(client, multipart(invoice(header=header), ("s@x", "s.pdf", b"%PDF"))))[0] == 200


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the official DTDs are not beside the repository")
def test_official_dtds_are_chosen_by_the_documents_version() -> None:
    address = (
        '<PostalAddress><Street>1 Main St</Street><City>Reno</City><State isoStateCode="US-NV">NV</State>'
        '<Country isoCountryCode="US">United States</Country></PostalAddress>'
    )
    contact = f'<Contact role="remitTo"><Name xml:lang="en">Sandbox</Name>{address}</Contact>'
    header = f"<InvoicePartner>{contact}</InvoicePartner>"
    with Portal(dtd_directory=OFFICIAL) as portal, connect(portal.url) as client:
        portal.orders([ORDER])
        for number, version, code in (("INV-1", "1.2.020", 406), ("INV-1", "1.2.037", 200), ("INV-2", "1.2.050", 200)):
            document = invoice(number, header=header).replace(b"1.2.020", version.encode())
            assert status_of(post(client, document))[0] == code


def test_a_document_goes_to_the_buyer_its_to_names() -> None:
    with Portal({"buyers": {"north": {}, "south": {}}}) as portal, connect(portal.url) as client:
        portal.orders([ORDER], buyer="north")
        portal.orders([ORDER], buyer="south")
        assert post(client, invoice(buyer="buyer-north")).status_code == 200
        assert post(client, invoice(buyer="buyer-south"), "/south/cxml/invoices").status_code == 200
        assert status_of(post(client, invoice(buyer="buyer-north"), "/south/cxml/invoices"))[0] == 401
        assert [len(portal.documents(buyer=name)) for name in ("default", "north", "south")] == [0, 1, 1]


def test_documents_may_come_chunked(portal: Portal, client: httpx.Client) -> None:
    document = invoice()
    answer = client.post("/cxml/invoices", content=iter([document[:700], document[700:]]))
    assert status_of(answer)[0] == 200
    assert portal.requests()[0]["size"] == len(document)

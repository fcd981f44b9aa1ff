"""What a network says became of an invoice, as it says it: odd, incomplete, contradicting itself."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from formats.cxml import Comment, StatusUpdate, Unreadable, envelope_from, status_update_from
from tests.formats.network import BUYER_REJECTION, NETWORK_REJECTION, status_update


def read(inside: str, **envelope: str) -> StatusUpdate:
    return status_update_from(envelope_from(status_update(inside, **envelope)))


def test_a_refusal_by_the_network_keeps_code_words_and_invoice() -> None:
    update = status_update_from(envelope_from(NETWORK_REJECTION))
    assert (update.document_id, update.invoice_number) == ("0198b2c4.r1@clearbill", "RFS-20260309-01")
    assert (update.code, update.text, update.detail) == (500, "", "Network Rejection: validation failed")
    assert (update.kind, update.type) == ("InvoiceStatus", "rejected")
    assert update.comments == (Comment("INV-143: Cannot create a non-PO invoice with pricing details."),)


def test_a_refusal_by_the_buyer_keeps_both_levels_though_they_disagree() -> None:
    update = status_update_from(envelope_from(BUYER_REJECTION))
    assert (update.code, update.type, update.document_id) == (200, "rejected", "")
    assert (update.partial_amount, update.currency) == (Decimal("0.00"), "USD")
    assert update.comments_of("reason") == ("Hours exceed the approved time sheet.", "Rate not in contract.")
    assert update.comments_of("Action") == ("Issue new invoice",)
    assert update.extrinsics == {"Ariba.ERPInvoiceNumber": "51056001182026"}


@pytest.mark.parametrize(
    ("code", "text", "type_"),
    [("423", "OK", "canceled"), ("200", "OK", "rejected"), ("503", "OK", "paid"), ("200", "OK", "validation_failed")],
)
def test_the_traps_are_read_as_they_came(code: str, text: str, type_: str) -> None:
    update = read(f'<Status code="{code}" text="{text}"/><InvoiceStatus type="{type_}"/>')
    assert (update.code, update.text, update.type) == (int(code), text, type_)


def test_blanks_inside_and_around_what_should_be_empty_do_not_matter() -> None:
    update = read(
        '\n <DocumentReference payloadID=" a@b ">\n </DocumentReference> <Status code=" 200 " text="OK">\n</Status>'
        '<InvoiceStatus type=" paid "><InvoiceIDInfo invoiceID="7">\n</InvoiceIDInfo>'
        "<Comments> \n </Comments></InvoiceStatus>"
    )
    assert (update.document_id, update.code, update.type, update.invoice_number) == ("a@b", 200, "paid", "7")
    assert update.comments == ()


def test_a_part_payment_of_thousands_is_a_number() -> None:
    update = read(
        '<Status code="200" text="OK"/><InvoiceStatus type="paid" paymentNetDueDate="2026-04-08">'
        '<PartialAmount><Money currency="USD">13,450.0000</Money></PartialAmount></InvoiceStatus>'
    )
    assert (update.partial_amount, update.payment_due) == (Decimal("13450"), "2026-04-08")


def test_a_document_status_about_an_invoice_names_the_invoice() -> None:
    update = read(
        '<Status code="200" text="OK"/><DocumentStatus type="Accepted">'
        '<DocumentInfo documentID="RFS-1" documentType="InvoiceDetailRequest" documentDate="2026-03-09T12:00:00Z"/>'
        '<ItemStatus type="rejected" code="9"><ReferenceDocumentInfo lineNumber="3"/><Comments>Too many</Comments>'
        "</ItemStatus></DocumentStatus>"
    )
    assert (update.kind, update.type, update.invoice_number) == ("DocumentStatus", "Accepted", "RFS-1")
    assert [(item.line, item.type, item.code, item.comments[0].text) for item in update.items] == [
        (3, "rejected", "9", "Too many")
    ]


def test_a_document_status_about_a_service_sheet_names_no_invoice() -> None:
    update = read(
        '<Status code="200" text="OK"/><DocumentStatus type="approved">'
        '<DocumentInfo documentID="SES-1" documentType="ServiceEntryRequest"/></DocumentStatus>'
    )
    assert (update.invoice_number, update.document_type) == ("", "ServiceEntryRequest")


def test_an_integration_status_gives_its_delivery_as_the_type() -> None:
    update = read('<Status code="200" text="OK"/><IntegrationStatus documentStatus="deliveryFailed"/>')
    assert (update.kind, update.type) == ("IntegrationStatus", "deliveryFailed")


@pytest.mark.parametrize(
    "status", ["", "<Status/>", '<Status code="OK" text="t"/>', '<Status code="9999999999" text=""/>']
)
def test_a_status_without_a_number_has_no_code(status: str) -> None:
    update = read(status)
    assert (update.code, update.kind, update.type) == (None, "", "")


def test_long_free_text_stays_whole_line_ends_and_all() -> None:
    words = "[MDC] Please:\n1. correct the rate\n2. send again\n" + "see above " * 300
    update = read(
        f'<Status code="200" text=""/><InvoiceStatus type="rejected"><Comments>{words}</Comments></InvoiceStatus>'
    )
    assert update.comments[0].text == words.strip()


def test_an_attachments_address_is_no_part_of_a_comment() -> None:
    update = read(
        '<Status code="200" text=""/><InvoiceStatus type="rejected"><Comments>See the letter.'
        "<Attachment><URL>cid:letter</URL></Attachment></Comments></InvoiceStatus>"
    )
    assert update.comments[0].text == "See the letter."


@pytest.mark.parametrize(
    ("at", "read_as"),
    [
        ("2021-10-11T14:59:02 +00:00", datetime(2021, 10, 11, 14, 59, 2, tzinfo=UTC)),
        ("2021-10-11T14:59:02-CST", datetime(2021, 10, 11, 20, 59, 2, tzinfo=UTC)),
        ("2021-10-11T14:59+00:00", datetime(2021, 10, 11, 14, 59, tzinfo=UTC)),
        ("last Tuesday", None),
    ],
)
def test_odd_timestamps_are_read_where_they_can_be(at: str, read_as: datetime | None) -> None:
    envelope = envelope_from(status_update('<Status code="200" text="OK"/>', at=at))
    assert (envelope.timestamp, envelope.timestamp_text) == (read_as, at)


def test_another_request_is_no_status_update() -> None:
    with pytest.raises(Unreadable, match="holds no StatusUpdateRequest"):
        status_update_from(envelope_from(b"<cXML><Request><ProfileRequest/></Request></cXML>"))


def test_an_extrinsic_that_stands_twice_keeps_both_texts() -> None:
    update = read(
        '<Status code="200" text="OK"/><Extrinsic name="note">a</Extrinsic><Extrinsic name="note">b</Extrinsic>'
    )
    assert update.extrinsics == {"note": "a\nb"}

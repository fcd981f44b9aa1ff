"""Every rule of the rulebook: what it refuses and what it lets through; and the rule sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from adapters.ariba.sandbox import Portal
from adapters.ariba.sandbox.rulebook import RULE_SETS, RULES
from adapters.ariba.sandbox.texts import NETWORK

from .sandbox_papers import (
    block,
    labour,
    lump_sum,
    money,
    order_id,
    order_reference,
    post,
    post_multipart,
    status_of,
    wrapped,
)

Bill = Callable[..., bytes]
NO_ORDER = block(order='<OrderIDInfo orderID=""/>')
UNKNOWN = block(order=order_reference("999000999", "nobody@x"))
CONTACT = '<Contact role="{}"><Name xml:lang="en">N</Name></Contact>'
NOTE = "<Comments>Because it was agreed</Comments>"
CREDIT = {
    "attributes": 'purpose="lineLevelCreditMemo"',
    "blocks": block(labour(hours="-4", subtotal="-380.00")),
    "total": "-380.00",
    "header": '<DocumentReference payloadID="INV-0@supplier.example"/>',
}
HEADER_CREDIT = {
    "attributes": 'purpose="creditMemo"',
    "says": 'isHeaderInvoice="yes"',
    "blocks": "<InvoiceDetailHeaderOrder><InvoiceDetailOrderInfo>"
    + order_reference()
    + '</InvoiceDetailOrderInfo><InvoiceDetailOrderSummary invoiceLineNumber="1">'
    + money("SubtotalAmount", "-100.00")
    + "</InvoiceDetailOrderSummary></InvoiceDetailHeaderOrder>",
    "total": "-100.00",
    "header": '<InvoiceIDInfo invoiceID="INV-0"/>',
}
GOODS = (
    '<InvoiceDetailItem invoiceLineNumber="1" quantity="8"><UnitOfMeasure>HUR</UnitOfMeasure>'
    + money("UnitPrice", "95.00")
    + '{basis}<InvoiceDetailItemReference lineNumber="1"/>{subtotal}{tax}</InvoiceDetailItem>'
)
BASIS = (
    '<PriceBasisQuantity quantity="1" conversionFactor="1"><UnitOfMeasure>HUR</UnitOfMeasure>'
    '<Description xml:lang="en">each</Description></PriceBasisQuantity>'
)
TAXED = (
    '<Tax><Money currency="USD">0.00</Money><Description xml:lang="en">Tax</Description>'
    '<TaxDetail category="sales"><TaxAmount><Money currency="USD">0.00</Money></TaxAmount></TaxDetail></Tax>'
)

NO_LINE = labour().replace(' lineNumber="1"', "")
AD_HOC = NO_LINE.replace("<InvoiceDetailServiceItem ", '<InvoiceDetailServiceItem isAdHoc="yes" ')
OTHER_DATE = order_id(date="2026-01-06T09:00:00-06:00")
TAX_ID = '<IdReference domain="federalTaxID" identifier="1"/>'
BUYER_ID = '<Extrinsic name="buyervatid">1</Extrinsic>'
IN_LINE = 'isTaxInLine="yes"'


def goods(basis: str = "", tax: str = "", order: str = "") -> str:
    return block(GOODS.format(basis=basis, subtotal=money("SubtotalAmount", "760.00"), tax=tax), order=order)


def partner(role: str, ids: str = "") -> str:
    return f"<InvoicePartner>{CONTACT.format(role)}{ids}</InvoicePartner>"


def shipping(*roles: str) -> str:
    return f"<InvoiceDetailShipping>{''.join(CONTACT.format(role) for role in roles)}</InvoiceDetailShipping>"


# rule and its strict value, an invoice it refuses, the code, an invoice it lets through
CASES: list[tuple[dict[str, Any], dict[str, Any], str, dict[str, Any]]] = [
    ({"allow_non_po": False}, {"blocks": NO_ORDER}, "SANDBOX-NON-PO", {}),
    ({"allow_external_po": False}, {"blocks": UNKNOWN}, "INV-15", {}),
    ({"order_number_pattern": "[0-9]{9}"}, {"blocks": block(order=order_id("PO-1"))}, "SANDBOX-PO-NUMBER", {}),
    (
        {"require_po_payload_or_date": True},
        {"blocks": block(order='<OrderIDInfo orderID="450001234"/>')},
        "INV-15",
        {"blocks": block(order=order_id())},
    ),
    ({}, {"blocks": block(order=OTHER_DATE)}, "INV-15", {"blocks": block(order=order_id())}),
    ({}, {"blocks": block(order=order_reference(payload="po-old@x"))}, "INV-15", {}),
    ({}, {"blocks": goods(BASIS, order='<OrderIDInfo orderID=""/>')}, "INV-143", {"blocks": goods(BASIS)}),
    ({"require_po_line_match": True}, {"blocks": block(labour(po_line="7"))}, "SANDBOX-PO-LINE", {}),
    (
        {"allow_new_lines": False},
        {"blocks": block(AD_HOC)},
        "SANDBOX-NEW-LINE",
        {},
    ),
    (
        {},
        {"blocks": block(NO_LINE)},
        "SANDBOX-LINE-MATCH",
        {},
    ),
    (
        {"allow_price_change": False, "price_tolerance_pct": 2},
        {"blocks": block(labour(rate="97.00", subtotal="776.00")), "total": "776.00"},
        "SANDBOX-PRICE",
        {"blocks": block(labour(rate="96.00", subtotal="768.00")), "total": "768.00"},
    ),
    (
        {"quantity_tolerance_pct": 1},
        {"blocks": block(labour(hours="1011", subtotal="96045.00")), "total": "96045.00"},
        "SANDBOX-QUANTITY",
        {"blocks": block(labour(hours="1002", subtotal="95190.00")), "total": "95190.00"},
    ),
    (
        {"amount_tolerance_pct": 1},
        {"blocks": block(lump_sum(amount="5051.00")), "total": "5051.00"},
        "SANDBOX-AMOUNT",
        {"blocks": block(lump_sum(amount="5050.00")), "total": "5050.00"},
    ),
    ({}, {"blocks": block(labour(unit="DAY"))}, "SANDBOX-UNIT", {}),
    ({}, {"blocks": block(labour(unit="HOUR"))}, "SANDBOX-UNIT-CODE", {}),
    (
        {"comments_required_on_change": True},
        {"blocks": block(labour(pay_code="", rate="90.00", subtotal="720.00")), "total": "720.00"},
        "SANDBOX-COMMENT",
        {},
    ),
    ({"max_backdate_days": 2}, {"invoice_date": "2026-11-01T00:00:00Z"}, "SANDBOX-BACKDATED", None),  # type: ignore[list-item]
    ({}, {"invoice_date": "2099-01-01T00:00:00Z"}, "SANDBOX-FUTURE-DATE", {}),
    ({}, {"invoice_date": "2026-11-16"}, "SANDBOX-DATE", {}),
    ({"invoice_number_pattern": "[A-Z]{3}-.*"}, {"number": "17"}, "SANDBOX-NUMBER-FORM", {}),
    ({"invoice_number_max_length": 16}, {"number": "INV-2026-11-16-014"}, "SANDBOX-NUMBER-LENGTH", {}),
    ({}, {"number": " "}, "INVOICE_NO_ID", {}),
    (
        {"max_price_decimals": 3},
        {"blocks": block(labour(rate="95.0000"))},
        "SANDBOX-PRICE-DECIMALS",
        {"blocks": block(labour(rate="95.000"))},
    ),
    (
        {"max_quantity_decimals": 2},
        {"blocks": block(labour(hours="8.000"))},
        "SANDBOX-QUANTITY-DECIMALS",
        {"blocks": block(labour(hours="8.00"))},
    ),
    (
        {"require_line_tax": True},
        {"blocks": goods(), "indicator": 'isTaxInLine="yes"'},
        "SANDBOX-LINE-TAX",
        {"blocks": goods(tax=TAXED), "indicator": 'isTaxInLine="yes"'},
    ),
    (
        {"header_tax_only": True},
        {"blocks": goods(tax=TAXED), "indicator": IN_LINE},
        "SANDBOX-HEADER-TAX",
        {"blocks": goods(tax=TAXED)},
    ),
    ({"require_supplier_tax_id": True}, {}, "INV-98", {"header": partner("from", TAX_ID)}),
    ({"require_supplier_tax_id": True}, {}, "INV-98", {"header": '<Extrinsic name="SupplierVATID">1</Extrinsic>'}),
    ({"require_buyer_tax_id": True}, {}, "SANDBOX-BUYER-TAX-ID", {"header": BUYER_ID}),
    ({"require_remit_to": True}, {}, "SANDBOX-PARTNER", {"header": partner("remitTo")}),
    ({"require_bill_to": True}, {}, "SANDBOX-PARTNER", {"header": partner("billTo")}),
    ({"require_sold_to": True}, {}, "SANDBOX-PARTNER", {"header": partner("soldTo")}),
    ({"require_ship_to": True}, {}, "SANDBOX-PARTNER", {"header": shipping("shipFrom", "shipTo")}),
    ({}, {"header": partner("shipTo")}, "INV_ROLE_IN_PARTNER", {}),
    ({}, {"header": shipping("shipFrom", "remitTo")}, "INV_ROLE_IN_SHIPPING", {}),
    (
        {},
        {"header": shipping("shipFrom", "shipTo"), "indicator": 'isShippingInLine="yes"'},
        "SHIPPING_IN_LINE_ERROR",
        {"header": shipping("shipFrom", "shipTo")},
    ),
    ({}, {"says": 'isHeaderInvoice="yes"'}, "SUMMARY_AND_DETAIL", {}),
    ({}, {**HEADER_CREDIT, "says": ""}, "DETAIL_AND_SUMMARY", HEADER_CREDIT),
    (
        {"period_within_order": True},
        {"blocks": block(labour(end="2027-02-03T00:00:00Z"))},
        "SANDBOX-PERIOD",
        {},
    ),
    ({"require_time_sheet": True}, {"blocks": block(labour(time_card=""))}, "SANDBOX-TIME-CARD", {}),
    (
        {"require_service_sheet": True},
        {},
        "SANDBOX-SERVICE-SHEET",
        {"blocks": block(labour(sheet='<ServiceEntryItemIDInfo serviceLineNumber="1" serviceEntryID="SES-1"/>'))},
    ),
    (
        {"rate_must_match": True},
        {"blocks": block(labour(rate="90.00", subtotal="720.00")), "total": "720.00"},
        "SANDBOX-RATE",
        {"blocks": block(labour(pay_code="Overtime", rate="142.50", subtotal="1140.00")), "total": "1140.00"},
    ),
    ({"pay_code_must_be_known": True}, {"blocks": block(labour(pay_code="DT"))}, "SANDBOX-PAY-CODE", {}),
    ({"allow_header_credit": False}, HEADER_CREDIT, "SANDBOX-HEADER-CREDIT", {}),
    ({"allow_line_credit": False}, CREDIT, "SANDBOX-LINE-CREDIT", {}),
    ({"reason_required": True}, CREDIT, "SANDBOX-REASON", {**CREDIT, "header": CREDIT["header"] + NOTE}),
    ({}, {**CREDIT, "header": '<DocumentReference payloadID="nobody@x"/>'}, "SANDBOX-CREDIT-ORIGINAL", CREDIT),
    (
        {},
        {**CREDIT, "blocks": block(labour(hours="-9", subtotal="-855.00")), "total": "-855.00"},
        "SANDBOX-CREDIT-AMOUNT",
        CREDIT,
    ),
    ({}, {**CREDIT, "total": "380.00", "blocks": block(labour(hours="4", subtotal="380.00"))}, "SANDBOX-SIGN", CREDIT),
    (
        {"allow_negative_lines": False},
        {"blocks": block(labour(), lump_sum(amount="-100.00")), "total": "660.00"},
        "SANDBOX-NEGATIVE-LINE",
        {},
    ),
    ({"digital_signature": True}, {}, "SANDBOX-SIGNATURE", None),  # type: ignore[list-item]
    ({"check_sums": True}, {"total": "761.00"}, "SANDBOX-SUM", {}),
    ({"check_sums": True}, {"blocks": block(labour(subtotal="761.00")), "total": "761.00"}, "SANDBOX-LINE-SUM", {}),
    ({}, {"blocks": block(labour(hours="eight"))}, "SANDBOX-NUMBER", {}),
    ({}, {"blocks": block(labour(), labour())}, "SANDBOX-LINE-NUMBERS", {}),
]  # fmt: skip


NAMES = [f"{number}-{case[2]}" for number, case in enumerate(CASES)]


def codes_of(portal: Portal, number: str = "") -> list[str]:
    """The codes of the newest invoice's rejection."""
    held = [each for each in portal.documents() if not number or each["number"] == number]
    return [error.split(":")[0] for error in held[-1]["errors"]]


@pytest.mark.parametrize(
    ("rules", "bad", "code", "good"), CASES, ids=[f"{n}-{case[2]}" for n, case in enumerate(CASES)]
)
def test_a_rule_refuses_what_breaks_it_and_nothing_else(
    rules: dict[str, Any], bad: dict[str, Any], code: str, good: dict[str, Any] | None,
    portal: Portal, client: httpx.Client, bill: Bill,
) -> None:  # fmt: skip
    portal.knobs(payload_repeated="process")
    post(client, bill("INV-0"))
    portal.rules(**rules)
    assert status_of(post(client, bill(**{"number": "INV-1", "payload": "bad", **bad})))[0] == "201"
    assert code in codes_of(portal)
    assert portal.documents()[-1]["routing_status"] == "failed"
    if good is not None:
        assert status_of(post(client, bill(**{"number": "INV-2", "payload": "good", **good})))[0] == "201"
        assert (codes_of(portal), portal.documents()[-1]["routing_status"]) == ([], "acknowledged")


@pytest.mark.parametrize(
    ("rule", "bad"),
    [
        ("allow_external_po", {"blocks": UNKNOWN}),
        ("allow_new_lines", {"blocks": block(AD_HOC)}),
        ("allow_price_change", {"blocks": block(labour(rate="99.00", subtotal="792.00")), "total": "792.00"}),
        ("allow_quantity_over", {"blocks": block(labour(hours="1001", subtotal="95095.00")), "total": "95095.00"}),
        ("allow_future_date", {"invoice_date": "2099-01-01T00:00:00Z"}),
        ("allow_negative_lines", {"blocks": block(labour(), lump_sum(amount="-100.00")), "total": "660.00"}),
    ],
)  # fmt: skip
def test_a_permission_lets_through_what_is_refused_without_it(
    rule: str, bad: dict[str, Any], portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    post(client, bill(**bad))
    assert portal.documents()[-1]["routing_status"] == "failed"
    portal.rules(**{rule: True})
    post(client, bill(**bad, payload="again"))
    assert portal.documents()[-1]["routing_status"] == "acknowledged"


@pytest.mark.parametrize(
    ("rule", "bad"),
    [
        ("unit_of_measure_must_match", {"blocks": block(labour(unit="DAY"))}),
        ("unit_codes_must_be_known", {"blocks": goods().replace("HUR", "HR")}),
        ("currency_must_match", {}),
        ("duplicate_check", {}),
        ("check_sums", {"total": "761.00"}),
        ("credit_needs_original", {**CREDIT, "header": ""}),
    ],
)
def test_a_check_can_be_switched_off(
    rule: str, bad: dict[str, Any], portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    if rule == "unit_codes_must_be_known":
        portal.rules(unit_of_measure_must_match=False)
    first = bill(**bad)
    if rule == "currency_must_match":
        first = first.replace(b"USD", b"CAD")
    if rule == "duplicate_check":
        post(client, bill(payload="original"))
    post(client, first)
    assert portal.documents()[-1]["routing_status"] == "failed"
    portal.rules(**{rule: False})
    post(client, first.replace(b'payloadID="INV-1@', b'payloadID="again@'))
    assert portal.documents()[-1]["routing_status"] == "acknowledged"


def test_a_buyer_may_take_no_invoices_at_all(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.rules(allow_invoices=False)
    post(client, bill(blocks=UNKNOWN))
    assert codes_of(portal) == ["SANDBOX-INVOICES"]


def test_subcontractors_may_be_kept_out(client: httpx.Client, portal: Portal) -> None:
    from .sandbox_papers import invoice

    supplier = {"identity": "AN02000000007", "subcontractor": True}
    portal.add_buyer("north", {"supplier": supplier, "rules": {"allow_subcontractor": False}})
    north = portal.account("north")["buyer_identity"]
    post(client, invoice(buyer=north, supplier="AN02000000007", blocks=NO_ORDER))
    assert portal.documents(buyer="north")[0]["errors"][0].startswith("SANDBOX-SUBCONTRACTOR")


@pytest.mark.parametrize(
    ("rule", "action", "code"),
    [
        ("require_confirmation_first", "confirm", "SANDBOX-CONFIRMATION"),
        ("require_ship_notice_first", "ship", "SANDBOX-SHIP-NOTICE"),
        ("require_receipt_first", "receive", "SANDBOX-RECEIPT"),
    ],
)
def test_what_must_come_first(
    rule: str, action: str, code: str, portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    portal.rules(**{rule: True})
    post(client, bill())
    assert codes_of(portal) == [code]
    portal.order("450001234", action)
    post(client, bill(payload="again"))
    assert codes_of(portal) == []


def test_attachments_are_judged_by_presence_name_and_size(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.rules(attachment_required=True, attachment_extensions="pdf,tif", max_attachment_mb=1)
    post(client, bill("INV-A"))
    assert codes_of(portal) == ["SANDBOX-ATTACHMENT"]
    comments = "<Comments><Attachment><URL>cid:a@x</URL></Attachment></Comments>"
    post_multipart(client, bill("INV-B", header=comments), ("a@x", "sheet.EXE", b"0" * 1_100_000))
    assert codes_of(portal) == ["SANDBOX-ATTACHMENT-TYPE", "SANDBOX-ATTACHMENT-SIZE"]
    post_multipart(client, bill("INV-C", header=comments), ("a@x", "sheet.PDF", b"0"))
    assert codes_of(portal) == []


def test_tax_needs_a_category_where_there_is_tax(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.rules(require_tax_category=True)
    document = bill(due="761.00").replace(b'<Tax><Money currency="USD">0.00', b'<Tax><Money currency="USD">1.00')
    document = document.replace(b'<NetAmount><Money currency="USD">760.00', b'<NetAmount><Money currency="USD">761.00')
    post(client, document)
    assert codes_of(portal) == ["SANDBOX-TAX-CATEGORY"]
    amount = b'<TaxAmount><Money currency="USD">1.00</Money></TaxAmount>'
    detail = b'</Description><TaxDetail category="sales">' + amount + b"</TaxDetail>"
    before, _, after = document.rpartition(b"</Description></Tax>")
    post(client, before.replace(b"INV-1@", b"again@") + detail + b"</Tax>" + after)
    assert codes_of(portal) == []


def test_orders_count_what_live_invoices_bill(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    half = {"blocks": block(labour(hours="600", subtotal="57000.00")), "total": "57000.00"}
    post(client, bill("INV-1", **half))
    post(client, bill("INV-2", **half))
    assert codes_of(portal) == ["SANDBOX-QUANTITY"]
    assert portal.documents()[-1]["errors"][0].endswith("above the open quantity 400.")
    portal.says("INV-1", "rejected")
    post(client, bill("INV-3", **half))
    assert codes_of(portal) == []
    row = client.get("/_sandbox/orders").json()["orders"][0]["lines"][0]
    assert (row["invoiced_quantity"], row["invoiced_amount"]) == ("600", "57000.00")


def test_a_replaced_order_is_obsolete_and_a_closed_one_closed(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.order("450001234", "replace", payload_id="v2@x")
    post(client, bill())
    assert portal.documents()[-1]["errors"] == [
        "INV-13: Order reference 450001234 is an obsolete, duplicate, or replaced order."
    ]
    post(client, bill(payload="again", blocks=block(order=order_reference(payload="v2@x"))))
    assert codes_of(portal) == []
    portal.order("450001234", "close")
    post(client, bill("INV-2", blocks=block(order=order_reference(payload="v2@x"))))
    assert codes_of(portal) == ["SANDBOX-PO-CLOSED"]


def test_an_order_sent_outside_the_network_is_external(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.orders([{"number": "777", "sent_through_network": False, "lines": [{"type": "amount", "amount": "900"}]}])
    external = block(lump_sum(1, "500.00", "1"), order=order_id("777", ""))
    post(client, bill(blocks=external, total="500.00"))
    assert codes_of(portal) == ["INV-15"]
    portal.rules(allow_external_po=True)
    post(client, bill(blocks=external, total="500.00", payload="again"))
    assert codes_of(portal) == []


def test_confirmation_comes_before_a_service_sheet_where_the_buyer_wants_it(
    portal: Portal, client: httpx.Client
) -> None:
    portal.rules("service_orders")
    buyer = portal.account()["buyer_identity"]
    reference = order_reference()
    sheet = (
        '<ServiceEntryRequest><ServiceEntryRequestHeader serviceEntryDate="2026-11-16T00:00:00Z" '
        'serviceEntryID="SES-1"/>'
        f"<ServiceEntryOrder><ServiceEntryOrderInfo>{reference}</ServiceEntryOrderInfo>"
        '<ServiceEntryItem serviceLineNumber="1" quantity="8"><ItemReference lineNumber="1"><ItemID>'
        "<SupplierPartID/></ItemID></ItemReference>"
        f"<UnitOfMeasure>HUR</UnitOfMeasure>{money('UnitPrice', '95.00')}{money('SubtotalAmount', '760.00')}"
        f"</ServiceEntryItem></ServiceEntryOrder><ServiceEntrySummary>{money('SubtotalAmount', '760.00')}"
        "</ServiceEntrySummary></ServiceEntryRequest>"
    )
    confirmation = (
        f'<ConfirmationRequest><ConfirmationHeader type="accept" noticeDate="2026-01-06T00:00:00Z"/>{reference}'
        "</ConfirmationRequest>"
    )
    send = lambda request: status_of(post(client, wrapped(request, doctype="", buyer=buyer)))[0]  # noqa: E731
    assert send(sheet) == "417"
    assert send(confirmation) == "200"
    assert send(sheet) == "200"
    (row,) = client.get("/_sandbox/sheets").json()["sheets"]
    assert (row["id"], row["status"], row["lines"]) == ("SES-1", "sent", [{"line": 1, "quantity": "8", "uom": "HUR"}])


def test_time_cards_arrive_submitted_whatever_they_say(portal: Portal, client: httpx.Client) -> None:
    card = (
        '<TimeCardRequest><TimeCard type="new" status="approved" timeCardID="TC-9"><OrderInfo>'
        f"{order_reference()}</OrderInfo><Contractor>"
        '<ContractorIdentifier domain="supplierReferenceID">W-14</ContractorIdentifier>'
        '<Contact><Name xml:lang="en">Worker</Name></Contact></Contractor><ReportedTime>'
        '<Period startDate="2026-11-09T00:00:00Z" endDate="2026-11-15T00:00:00Z"/>'
        + "".join(
            f'<TimeCardTimeInterval duration="{duration}" payCode="{code}"{more}>'
            '<TimeRange startDate="2026-11-09T07:00:00Z"/></TimeCardTimeInterval>'
            for duration, code, more in (
                ("PT8H", "Regular", ""),
                ("PT7H30M", "Regular", ""),
                ("PT2H", "Overtime", ""),
                ("PT1H", "Overtime", ' isNonBillable="yes"'),
            )
        )
        + '</ReportedTime><SubmitterInfo submittedDate="2026-11-16T00:00:00Z"/></TimeCard></TimeCardRequest>'
    )
    buyer = portal.account()["buyer_identity"]
    answer = post(client, wrapped(card, doctype="", buyer=buyer))
    assert status_of(answer)[0] == "200", answer.text
    (row,) = client.get("/_sandbox/timecards").json()["timecards"]
    assert row["status"] == "submitted"
    assert row["hours"] == {"Regular": "15.5", "Overtime": "2"}


def test_an_approved_sheet_may_become_an_invoice_by_itself(portal: Portal, client: httpx.Client) -> None:
    portal.rules(auto_generate_invoice_from_sheet=True)
    sheet = {"id": "SES-1", "order": "450001234", "status": "sent"}
    portal.sheets([sheet | {"lines": [{"order_line": 1, "quantity": 8, "amount": "760.00"}]}])
    assert client.post("/_sandbox/sheets/SES-1/approve").status_code == 200
    (held,) = portal.documents()
    assert (held["number"], held["channel"], held["total"]) == ("SES-1", "Autoflip", "760.00")
    assert held["routing_status"] == "acknowledged"


@pytest.mark.parametrize("name", RULE_SETS)
def test_a_rule_set_can_be_taken_and_left(name: str, portal: Portal, client: httpx.Client) -> None:
    taken = client.post("/_sandbox/rules", json={"rule_set": name}).json()
    assert {rule: taken[rule] for rule in RULE_SETS[name]} == RULE_SETS[name]
    back = client.post("/_sandbox/rules", json={"rule_set": "default"}).json()
    assert set(back) == set(RULES)
    assert back == client.post("/_sandbox/rules", json={"rule_set": "default"}).json()


def test_the_utility_takes_a_good_week_and_nothing_without_an_order(
    portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    portal.rules("utility")
    portal.time_cards([{"id": "TC-1", "order": "450001234", "hours": {"Regular": "40"}}])
    post(client, bill())
    assert (codes_of(portal), portal.documents()[-1]["exceptions"]) == ([], [])
    post(client, bill("INV-2", blocks=NO_ORDER))
    assert "SANDBOX-NON-PO" in codes_of(portal)


@pytest.mark.parametrize("key", NETWORK)
def test_every_network_text_can_be_scripted(key: str, portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.rejects(key)
    post(client, bill())
    (held,) = portal.documents()
    assert held["errors"][0].startswith(NETWORK[key].code + ": ")
    assert "{" not in held["errors"][0]
    portal.accepts()


def test_every_rule_of_the_book_is_tried() -> None:
    tried = {rule for rules, *_ in CASES for rule in rules}
    permissions, switches = (
        {each[0] for each in test.pytestmark[0].args[1]}  # type: ignore[attr-defined]
        for test in (test_a_permission_lets_through_what_is_refused_without_it, test_a_check_can_be_switched_off)
    )
    alone = {
        *("allow_invoices", "allow_subcontractor", "auto_generate_invoice_from_sheet"),
        *("require_confirmation_first", "require_ship_notice_first", "require_receipt_first"),
        *("attachment_required", "attachment_extensions", "max_attachment_mb", "require_tax_category"),
    }
    of_numbers = {"reuse_number_after_failed", "reuse_number_after_rejected", "reuse_number_after_canceled"}
    in_other_files = {"allow_cancel", "match_time_sheets", "hours_tolerance", "lump_sum_needs_document", "clerk"}
    assert set(RULES) - tried - permissions - switches - alone - of_numbers == in_other_files

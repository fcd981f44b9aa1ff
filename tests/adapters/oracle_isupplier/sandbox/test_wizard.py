"""Create Invoice: what it offers, what it lets through, what it keeps."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.oracle_isupplier.sandbox import Portal

from .visitor import ORDER, Visitor

PDF = ("timesheet.pdf", b"%PDF-1.7 made up", "application/pdf")


def order(number: str, **changes: Any) -> dict[str, Any]:
    """One line of ten at 2.00."""
    line = {"type": "quantity", "quantity": "10", "price": "2", "uom": "EA", **changes.pop("line", {})}
    return {"number": number, "lines": [line], **changes}


def offered(visitor: Visitor, **labels: str) -> list[str]:
    """What the first step offers for a search by label."""
    visitor.follow("Finance").follow("Create Invoices").press_create().search(**labels)
    return [f"{row['PO Number']}/{row['Line']}" for row in visitor.table("PoFoundTable").rows]


def test_an_invoice_is_there_as_it_was_typed_and_confirmed_with_its_number(visitor: Visitor, portal: Portal) -> None:
    visitor.create("INV-1", {0: "40", 1: "120", 2: "1,250.00"}, description="Week 46")
    assert visitor.message == (
        "Confirmation",
        ["Invoice INV-1 has been submitted to Operations. Please use the invoice number to query its status."],
    )
    assert "Submit" not in [each.text_content() for each in visitor.page.xpath("//button")]
    (held,) = portal.documents()
    assert (held["number"], held["submitted"], held["status"]) == ("INV-1", True, "In-Process")
    assert (held["total"], held["currency"], held["type"]) == ("5270.40", "USD", "Standard")
    assert [(line["line"], line["quantity"], line["unit"], line["amount"]) for line in held["lines"]] == [
        (1, "40", "HUR", "3940.00"),
        (2, "120", "SMI", "80.40"),
        (3, None, "", "1250.00"),
    ]
    assert (held["description"], held["remit_to"], held["orders"]) == ("Week 46", "REMIT-MAIN", ["450001234"])


def test_the_review_shows_what_will_be_sent(visitor: Visitor) -> None:
    visitor.with_order("450001234").press("Next", visitor.details("INV-1", {0: "40"})).press("Next")
    assert visitor.shown("Invoice Number") == "INV-1"
    assert (visitor.shown("Item Total"), visitor.shown("Invoice Total")) == ("3,940.00", "3,940.00")
    (row,) = visitor.table("ReviewLines").rows
    assert (row["PO Number"], row["Quantity"], row["Amount"]) == ("450001234", "40", "3,940.00")


def test_what_is_billed_is_no_longer_available(visitor: Visitor, portal: Portal) -> None:
    visitor.create("INV-1", {0: "600"})
    visitor.create("INV-2", {0: "401"})
    assert visitor.message == (
        "Error",
        ["Quantity invoiced cannot exceed the quantity available. (PO 450001234, line 1, shipment 1)"],
    )
    visitor.create("INV-2", {0: "400"})
    assert visitor.message[0] == "Confirmation"


def test_billing_too_much_may_be_taken_with_a_hold(visitor: Visitor, portal: Portal) -> None:
    portal.knobs(over_billing="hold")
    visitor.create("INV-1", {0: "1001", 2: "50000.01"})
    (held,) = portal.documents()
    assert (held["status"], [hold["code"] for hold in held["holds"]]) == ("On-Hold", ["QTY ORD", "AMT ORD"])


def test_only_open_approved_shipments_with_something_left_are_offered(visitor: Visitor, portal: Portal) -> None:
    portal.orders(
        [
            order("1"),
            order("2", status="finally_closed"),
            order("3", approved=False),
            order("4", line={"billed": "10"}),
            order("5", line={"price_break": True}),
            order("6", line={"approved": False}),
            order("7", organization="West"),
            order("8", release=3),
        ]
    )
    assert offered(visitor) == ["1/1", "450001234/1", "450001234/2", "450001234/3", "8-3/1", "7/1"]
    assert offered(visitor, PO_Number="4") == ["4/1"]
    assert offered(visitor, PO_Number="8") == ["8-3/1"]
    assert offered(visitor, Organization="West") == ["7/1"]
    portal.knobs(fully_billed="hidden")
    assert offered(visitor, PO_Number="4") == []


def test_some_buyers_offer_only_what_was_received(visitor: Visitor, portal: Portal) -> None:
    portal.knobs(only_received=True, default_quantity="available")
    assert offered(visitor) == []
    portal.order("450001234", "receive", line=1, quantity="30")
    assert offered(visitor) == ["450001234/1"]
    visitor.create("INV-1", {0: "30"})
    assert offered(visitor) == []


def test_an_invoice_has_one_currency_and_one_organization(visitor: Visitor, portal: Portal) -> None:
    portal.orders([order("1", currency="CAD"), order("2", organization="West"), order("3")])
    visitor.follow("Finance").follow("Create Invoices").press_create()
    for number, words in (
        ("450001234", ""),
        ("1", "All purchase orders on an invoice must have the same currency."),
        ("2", "All purchase orders on an invoice must belong to the same organization."),
        ("3", ""),
    ):
        visitor.press("Go", {visitor.named("PO Number"): number})
        visitor.press("Add to Invoice", {visitor.table("PoFoundTable").ticks[0]: "0"})
        assert visitor.message[1] == ([words] if words else [])
    assert [row["PO Number"] for row in visitor.table("PoAddedTable").rows] == ["450001234", "3"]


def test_the_same_order_number_may_exist_in_two_organizations(visitor: Visitor, portal: Portal) -> None:
    portal.orders([order("1", organization="East"), order("1", organization="West", line={"price": "5"})])
    visitor.follow("Finance").follow("Create Invoices").press_create()
    visitor.press("Go", {visitor.named("PO Number"): "1", visitor.named("Organization"): "West"})
    assert [(row["Organization"], row["Unit Price"]) for row in visitor.table("PoFoundTable").rows] == [("West", "5")]


def test_a_credit_memo_has_negative_quantities_and_works_on_a_fully_billed_order(
    visitor: Visitor, portal: Portal
) -> None:
    portal.orders([order("9", line={"billed": "10"})])
    visitor.create("CM-1", {0: "-4"}, "9")
    assert visitor.message == ("Error", ["The amount of a Standard invoice cannot be negative."])
    visitor.create("CM-1", {0: "-4"}, "9", invoice_type="Credit Memo")
    (held,) = portal.documents()
    assert (held["type"], held["total"]) == ("Credit Memo", "-8.00")
    visitor.create("CM-2", {0: "-7"}, "9", invoice_type="Credit Memo")
    assert visitor.message[1] == ["Quantity billed cannot become less than zero. (PO 9, line 1, shipment 1)"]
    visitor.create("CM-2", {0: "1"}, "9", invoice_type="Credit Memo")
    assert visitor.message[1] == ["The amount of a Credit Memo invoice cannot be positive."]


def test_positive_and_negative_quantities_do_not_mix(visitor: Visitor) -> None:
    visitor.create("INV-1", {0: "40"})
    visitor.create("INV-2", {0: "-1", 1: "10"})
    assert visitor.message[1] == ["Positive and negative quantities cannot be on one invoice."]


def test_a_number_is_used_once_to_the_letter_even_when_it_was_cancelled(visitor: Visitor, portal: Portal) -> None:
    visitor.create("INV-1", {0: "1"})
    portal.says("INV-1", "Cancelled")
    visitor.create("INV-1", {0: "1"})
    assert visitor.message == ("Error", ["Invoice number INV-1 already exists for this supplier."])
    visitor.create("inv-1", {0: "1"})
    assert [held["number"] for held in portal.documents()] == ["INV-1", "inv-1"]
    assert portal.documents()[0]["status"] == "Cancelled"


def test_a_used_number_may_be_found_only_at_submit(visitor: Visitor, portal: Portal) -> None:
    portal.knobs(duplicate_check="submit")
    visitor.create("INV-1", {0: "1"})
    visitor.create("INV-1", {0: "1"})
    assert visitor.page.xpath("//h2")[0].text_content() == "Create Invoice: Review and Submit"
    assert visitor.message[0] == "Error"
    assert len(portal.documents()) == 1


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"invoice_number": "X" * 51}, "longer than 50 characters"),
        ({"invoice_date": "2026-11-01"}, "is not a date"),
        ({"invoice_date": "31-Feb-2026"}, "is not a date"),
        ({"invoice_date": "01-Jan-2090"}, "is not in an open period"),
        ({"remit_to": "OFFICE"}, "OFFICE is not a pay site."),
        ({"remit_to": "NOWHERE"}, "NOWHERE is not in the list of values."),
    ],
)
def test_details_that_cannot_be_are_named(visitor: Visitor, portal: Portal, more: dict[str, str], words: str) -> None:
    visitor.create("INV-1", {0: "1"}, **more)
    assert visitor.message[0] == "Error"
    assert words in visitor.message[1][0]
    assert portal.documents() == []


def test_a_quantity_that_is_no_number_is_named(visitor: Visitor) -> None:
    visitor.create("INV-1", {0: "forty"})
    assert visitor.message[1] == ["Quantity to Invoice: forty is not a number."]


def test_an_order_that_closes_meanwhile_stops_the_submission(visitor: Visitor, portal: Portal) -> None:
    visitor.with_order("450001234").press("Next", visitor.details("INV-1", {0: "1"})).press("Next")
    portal.order("450001234", "finally_close")
    visitor.press("Submit")
    assert visitor.message == ("Error", ["Purchase order 450001234 is not open for invoicing."])
    assert portal.documents() == []


def test_freight_and_tax_are_part_of_the_invoice(portal: Portal) -> None:
    with Portal({"default": {"tax_rate": "6.25", "orders": [ORDER]}}) as taxed:
        visitor = Visitor(taxed).home().with_order("450001234")
        visitor.press("Add Row", visitor.details("INV-1", {0: "40"}))
        amount = visitor.table("ChargesTable").inputs[0]
        visitor.press("Next", {amount["Charge Type"]: "Freight", amount["Amount"]: "60.00"})
        (row,) = visitor.table("TaxTable").inputs
        assert visitor.typed()[row["Tax Amount"]] == "250.00"
        visitor.press("Next").press("Submit")
        (held,) = taxed.documents()
        assert (held["total"], held["charges"][0]["amount"], held["taxes"][0]["amount"]) == (
            "4250.00",
            "60.00",
            "250.00",
        )
        visitor.http.close()


def test_tax_may_be_added_by_hand_where_the_buyer_lets_one(visitor: Visitor, portal: Portal) -> None:
    visitor.with_order("450001234").press("Next", visitor.details("INV-1", {0: "40"})).press("Add Another Row")
    (row,) = visitor.table("TaxTable").inputs
    visitor.press("Calculate", {row["Tax"]: "STATE", row["Rate"]: "10"})
    assert visitor.typed()[visitor.table("TaxTable").inputs[0]["Tax Amount"]] == "394.00"
    visitor.press("Next").press("Submit")
    assert portal.documents()[0]["total"] == "4334.00"


def test_a_saved_invoice_is_taken_up_again_and_stays_one(visitor: Visitor, portal: Portal) -> None:
    visitor.with_order("450001234").press("Save")
    assert visitor.message == ("Error", ["Invoice Number: A value must be entered."])
    visitor.press("Save", visitor.details("INV-1", {0: "40"}))
    assert visitor.message == ("Confirmation", ["Invoice INV-1 has been saved."])
    assert [held["status"] for held in portal.documents()] == ["Unsubmitted"]
    assert visitor.find("INV-1") == []
    visitor.create("INV-1", {0: "1"})
    assert visitor.message[1] == ["Invoice number INV-1 already exists for this supplier."]
    visitor.follow("Finance").follow("Create Invoices").search(Invoice_Number="INV-1")
    (row,) = visitor.table("SavedTable").rows
    assert (row["Invoice"], row["Amount"], row["Status"]) == ("INV-1", "3,940.00", "Unsubmitted")
    visitor.post(visitor.handler(visitor.page.xpath("//img[@title='Update']/parent::a")[0]), {})
    assert visitor.typed()[visitor.named("Invoice Number")] == "INV-1"
    visitor.press("Next").press("Next").press("Submit")
    assert [(held["number"], held["submitted"], held["total"]) for held in portal.documents()] == [
        ("INV-1", True, "3940.00")
    ]


def test_a_saved_invoice_is_deleted_after_a_question(visitor: Visitor, portal: Portal) -> None:
    visitor.with_order("450001234").press("Save", visitor.details("INV-1", {0: "40"}))
    visitor.follow("Finance").follow("Create Invoices").search()
    visitor.post(visitor.handler(visitor.page.xpath("//img[@title='Delete']/parent::a")[0]), {})
    assert visitor.message == ("Warning", ["Are you sure you want to delete invoice INV-1?"])
    assert len(portal.documents()) == 1
    visitor.press("Yes")
    assert visitor.message == ("Confirmation", ["Invoice INV-1 has been deleted."])
    assert portal.documents() == []


def test_cancel_leaves_nothing_behind(visitor: Visitor, portal: Portal) -> None:
    visitor.with_order("450001234").press("Cancel", visitor.details("INV-1", {0: "40"}))
    assert visitor.title.startswith("Create Invoices")
    assert portal.documents() == []


def test_back_keeps_what_was_typed(visitor: Visitor) -> None:
    visitor.with_order("450001234").press("Next", visitor.details("INV-1", {0: "40"})).press("Next").press("Back")
    visitor.press("Back")
    assert visitor.typed()[visitor.named("Invoice Number")] == "INV-1"
    assert "40" in visitor.typed().values()
    visitor.press("Back").press("Next")
    assert visitor.typed()[visitor.named("Invoice Number")] == "INV-1"


def test_a_question_after_submit_is_a_page_with_yes_and_no(visitor: Visitor, portal: Portal) -> None:
    portal.knobs(submit_question="page")
    visitor.create("INV-1", {0: "1"})
    assert visitor.message == ("Warning", ["Are you sure you want to submit this invoice?"])
    visitor.press("No")
    assert portal.documents() == []
    visitor.press("Submit").press("Yes")
    assert visitor.message[0] == "Confirmation"
    assert len(portal.documents()) == 1


@pytest.mark.parametrize(
    ("knob", "words"),
    [
        ("number_only", "Invoice INV-1 has been submitted."),
        ("without_number", "The invoice has been submitted."),
    ],
)
def test_what_confirms_a_submission_is_not_known_and_so_a_knob(
    visitor: Visitor, portal: Portal, knob: str, words: str
) -> None:
    portal.knobs(confirmation=knob)
    assert visitor.create("INV-1", {0: "1"}).message == ("Confirmation", [words])


def test_documents_are_attached_on_a_page_of_their_own(visitor: Visitor, portal: Portal) -> None:
    visitor.with_order("450001234").press("Add...", visitor.details("INV-1", {0: "40"}))
    options = {
        each.text: each.get("value") for each in visitor.page.xpath("//select[@id='AkAttachmentCategory']/option")
    }
    assert "From Supplier" not in options.values()
    visitor.press("Apply")
    assert visitor.message == ("Error", ["File: A value must be entered."])
    fields = {"FileName": "Time sheet", "AkAttachmentCategory": options["From Supplier"]}
    visitor.press("Apply", fields, files={"FileInput_oafileUpload": PDF})
    assert visitor.message[1][0].startswith("Attachment Time sheet has been added successfully")
    assert [row["File"] for row in visitor.table("AttachTable").rows] == ["timesheet.pdf"]
    visitor.press("Next").press("Next").press("Submit")
    (file,) = portal.documents()[0]["attachments"]
    assert (file["name"], file["title"], file["category"]) == ("timesheet.pdf", "Time sheet", "From Supplier")
    assert (file["size"], file["media_type"]) == (len(PDF[1]), "application/pdf")


def test_apply_may_stay_on_the_page_of_attachments(visitor: Visitor, portal: Portal) -> None:
    portal.knobs(return_after_attachment=False)
    visitor.with_order("450001234").press("Add...").press("Apply", files={"FileInput_oafileUpload": PDF})
    assert visitor.title.startswith("Add Attachment")
    visitor.press("Return to Create Invoice")
    assert len(visitor.table("AttachTable").rows) == 1


def test_documents_are_attached_in_a_layer_where_the_tenant_has_one() -> None:
    with Portal({"default": {"profile": "harbor", "orders": [ORDER]}}) as portal:
        visitor = Visitor(portal).home().with_order("450001234")
        visitor.press("Add...", visitor.details("INV-1", {0: "40"}))
        visitor.press("Apply", {"attachTitle": "Time sheet"}, files={"FileInput": PDF})
        assert [row["Title"] for row in visitor.table("AttachTable").rows] == ["Time sheet"]
        assert not visitor.page.xpath("//*[@id='AttachLayer']")
        visitor.press("Next").press("Next").press("Submit")
        assert portal.documents()[0]["attachments"][0]["size"] == len(PDF[1])
        visitor.http.close()


def test_files_may_be_too_large_or_of_the_wrong_type(visitor: Visitor, portal: Portal) -> None:
    portal.knobs(upload_limit_kb=1, upload_types="pdf, png")
    visitor.with_order("450001234").press("Add...")
    visitor.press("Apply", files={"FileInput_oafileUpload": ("a.pdf", b"x" * 1025, "application/pdf")})
    assert visitor.message == ("Error", ["The file exceeds the limit of 1 KB."])
    visitor.press("Apply", files={"FileInput_oafileUpload": ("a.exe", b"x", "application/octet-stream")})
    assert visitor.message == ("Error", ["Files of this type cannot be attached: a.exe."])


def test_numbers_may_be_written_the_other_way_round(visitor: Visitor, portal: Portal) -> None:
    portal.knobs(number_format="1.234,56")
    visitor.create("INV-1", {0: "12,5", 2: "1.250,00"})
    assert portal.documents()[0]["total"] == "2481.25"
    assert visitor.find("INV-1")[0]["Amount"] == "2.481,25"


def test_a_new_invoice_is_shown_only_after_a_while(visitor: Visitor, portal: Portal) -> None:
    portal.knobs(visibility="held")
    visitor.create("INV-1", {0: "1"})
    assert visitor.find("INV-1") == []
    assert visitor.http.post("/_sandbox/show").json() == {"shown": 1}
    assert len(visitor.find("INV-1")) == 1


def test_the_lag_runs_by_the_clock() -> None:
    now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    with Portal({"default": {"knobs": {"visible_after": "90"}, "orders": [ORDER]}}, clock=lambda: now) as portal:
        visitor = Visitor(portal).home()
        visitor.create("INV-1", {0: "1"})
        now += timedelta(seconds=89)
        assert visitor.find("INV-1") == []
        now += timedelta(seconds=1)
        assert len(visitor.find("INV-1")) == 1
        visitor.http.close()


def test_what_a_buyer_refuses_next_is_said_in_the_message_box(visitor: Visitor, portal: Portal) -> None:
    portal.rejects("not_pay_site")
    assert visitor.create("INV-1", {0: "1"}).message == ("Error", ["01-Jan-2020 is not a pay site."])
    assert portal.documents() == []
    assert visitor.press("Submit").message[0] == "Confirmation"


def test_a_saved_invoice_that_was_submitted_elsewhere_is_not_submitted_again(visitor: Visitor, portal: Portal) -> None:
    visitor.with_order("450001234").press("Save", visitor.details("INV-1", {0: "40"}))
    other = Visitor(portal).home().follow("Finance").follow("Create Invoices").search(Invoice_Number="INV-1")
    other.post(other.handler(other.page.xpath("//img[@title='Update']/parent::a")[0]), {})
    other.press("Next").press("Next").press("Submit")
    assert other.message[0] == "Confirmation"
    visitor.press("Next")
    assert visitor.message == ("Error", ["Invoice number INV-1 already exists for this supplier."])
    (held,) = portal.documents()
    assert held["total"] == "3940.00"
    assert visitor.http.get("/_sandbox/orders").json()["orders"][0]["lines"][0]["billed"] == "40"
    other.http.close()


def test_items_without_a_quantity_stay_on_a_saved_invoice_and_leave_a_submitted_one(
    visitor: Visitor, portal: Portal
) -> None:
    visitor.with_order("450001234").press("Save", visitor.details("INV-1", {1: "10"}))
    assert [line["line"] for line in portal.documents()[0]["lines"]] == [1, 2, 3]
    visitor.press("Next").press("Next").press("Submit")
    assert [line["line"] for line in portal.documents()[0]["lines"]] == [2]


def test_numbers_come_back_as_the_page_writes_them(visitor: Visitor) -> None:
    visitor.with_order("450001234").press("Add Row", visitor.details("", {0: "1000", 2: "1508.50"}))
    first, _, third = (next(iter(row.values())) for row in visitor.table("ItemsTable").inputs)
    assert (visitor.typed()[first], visitor.typed()[third]) == ("1,000", "1,508.5")


def test_knobs_change_what_they_say(visitor: Visitor, portal: Portal) -> None:
    portal.knobs(search_posts="ppr", table_navigation="full", quantity_handler="ppr", future_dates=True)
    visitor.create("INV-1", {0: "1"}, invoice_date="01-Jan-2090")
    assert portal.documents()[0]["date"] == "2090-01-01"
    assert "partialTargets" in visitor.follow("Finance").handler(visitor.button("Go"))
    portal.knobs(landing_search=False, finance_tab=False)
    visitor.follow("Home")
    assert not visitor.page.xpath("//*[@id='POS_ACCOUNT']")
    portal.knobs(finance_tab=True)
    visitor.follow("Home").follow("Finance").follow("Create Invoices")
    assert not visitor.page.xpath("//*[@id='customizeSubmitButton']")
    portal.knobs(draft_number_counts=False, default_quantity="available")
    visitor.press_create()
    visitor.press("Go", {visitor.named("PO Number"): "450001234"})
    visitor.press("Add to Invoice", {visitor.table("PoFoundTable").ticks[1]: "1"}).press("Next")
    assert "9,000" in visitor.typed().values()
    visitor.press("Save", visitor.details("INV-2", {}))
    visitor.create("INV-2", {0: "1"})
    assert [(held["number"], held["submitted"]) for held in portal.documents()][1:] == [
        ("INV-2", False),
        ("INV-2", True),
    ]

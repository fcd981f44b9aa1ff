"""View Invoices, details, export, payments, purchase orders: what the supplier sees of what became of an invoice."""

import re

import httpx
import pytest

from adapters.oracle_isupplier.sandbox import Portal

from .visitor import ORDER, Visitor


def export(visitor: Visitor) -> list[dict[str, str]]:
    """The rows of the export of what was found, by head."""
    visitor.press("Export")
    script = " ".join(visitor.page.xpath("//script/text()"))
    answer: httpx.Response = visitor.http.get(re.findall(r"'([^']*OAExport[^']*)'", script)[0])
    assert answer.headers["content-type"].startswith("text/tab-separated-values")
    heads, *rows = [line.split("\t") for line in answer.text.rstrip("\r\n").split("\r\n")]
    return [dict(zip(heads, row, strict=True)) for row in rows]


def listed(visitor: Visitor, **labels: str) -> list[str]:
    """Invoice numbers that a search by label lists."""
    visitor.follow("Finance").follow("View Invoices").search(**labels)
    return [row["Invoice"] for row in visitor.table("ViewTable").rows]


@pytest.mark.parametrize(
    ("said", "status", "payment"),
    [
        ("In-Process", "In-Process", "Not Paid"),
        ("approved", "Approved", "Not Paid"),
        ("On-Hold", "On-Hold", "Not Paid"),
        ("rejected", "Rejected", "Not Paid"),
        ("cancelled", "Cancelled", "Not Paid"),
        ("paid", "Approved", "Paid"),
        ("gargling", "gargling", "Not Paid"),
    ],
)
def test_a_status_is_shown_as_the_supplier_sees_it(
    visitor: Visitor, portal: Portal, said: str, status: str, payment: str
) -> None:
    visitor.create("INV-1", {0: "1"})
    portal.says("INV-1", said)
    (row,) = visitor.find("INV-1")
    assert (row["Status"], row["Payment Status"]) == (status, payment)


def test_of_several_holds_the_list_shows_the_latest_and_the_details_all(portal: Portal) -> None:
    with Portal({"default": {"profile": "prairie", "orders": [ORDER]}}) as prairie:
        visitor = Visitor(prairie).home()
        visitor.create("INV-1", {0: "1"})
        prairie.holds("INV-1", "QTY REC", "PRICE", "IPM VERIFICATION HOLD")
        (row,) = visitor.find("INV-1")
        assert (row["Status"], row["On Hold"]) == ("On-Hold", "IPM VERIFICATION HOLD")
        visitor.follow("INV-1")
        assert [row["Hold"] for row in visitor.table("DetailHolds").rows] == [
            *("Qty Rec", "Price", "IPM VERIFICATION HOLD")
        ]
        prairie.releases("INV-1", "IPM VERIFICATION HOLD")
        (row,) = visitor.find("INV-1")
        assert (row["Status"], row["On Hold"]) == ("On-Hold", "Price")
        prairie.releases("INV-1")
        assert visitor.find("INV-1")[0]["Status"] == "In-Process"
        visitor.http.close()


def test_a_search_finds_by_each_criterion(visitor: Visitor, portal: Portal) -> None:
    portal.orders([{**ORDER, "number": "77", "release": 4}])
    visitor.create("INV-1", {0: "40"}, invoice_date="01-Nov-2026")
    visitor.create("INV-2", {0: "1"}, "77", invoice_date="10-Nov-2026")
    portal.pays("INV-2")
    payment = portal.documents()[1]["payments"][0]["number"]
    for labels, found in (
        ({"Invoice Number": "INV-1"}, ["INV-1"]),
        ({"Invoice Number": "inv-1"}, []),
        ({"Invoice Number": "INV-%"}, ["INV-2", "INV-1"]),
        ({"PO Number": "77"}, ["INV-2"]),
        ({"Release Number": "4"}, ["INV-2"]),
        ({"Payment Number": payment}, ["INV-2"]),
        ({"Invoice Status": "Approved"}, ["INV-2"]),
        ({"Payment Status": "Not Paid"}, ["INV-1"]),
        ({"Invoice Amount From": "100"}, ["INV-1"]),
        ({"Invoice Amount To": "98.50"}, ["INV-2"]),
        ({"Due Amount To": "0"}, ["INV-2"]),
        ({"Invoice Date From": "02-Nov-2026"}, ["INV-2"]),
        ({"Invoice Date To": "01-NOV-2026"}, ["INV-1"]),
        ({"Due Date From": "10-Dec-2026"}, ["INV-2"]),
        ({"Invoice Date From": "01-Nov-2026", "PO Number": "450001234"}, ["INV-1"]),
    ):
        assert listed(visitor, **labels) == found, labels


def test_a_search_without_a_criterion_is_refused_and_one_that_cannot_be_read_as_well(
    visitor: Visitor, portal: Portal
) -> None:
    visitor.create("INV-1", {0: "1"})
    assert listed(visitor) == []
    assert visitor.message == ("Error", ["Enter at least one search criterion."])
    assert "No search conducted." in visitor.text
    listed(visitor, Invoice_Date_From="yesterday")
    assert visitor.message[0] == "Error"
    portal.knobs(criterion_required=False)
    assert listed(visitor) == ["INV-1"]
    assert listed(visitor, Invoice_Number="INV-0") == []
    assert "No results found." in visitor.text


def test_clear_empties_the_search(visitor: Visitor) -> None:
    visitor.create("INV-1", {0: "1"})
    listed(visitor, Invoice_Number="INV-1")
    visitor.press("Clear")
    assert visitor.table("ViewTable").rows == []
    assert visitor.typed()[visitor.named("Invoice Number")] == ""


@pytest.mark.parametrize("buyer", ["default", "harbor", "prairie"])
def test_the_export_has_every_row_in_the_tenants_columns(buyer: str) -> None:
    with Portal({"buyers": {"harbor": {}, "prairie": {}}}) as portal:
        portal.seed(60, buyer=buyer)
        visitor = Visitor(portal, buyer).home()
        shown = visitor.find("SEED-%")
        rows = export(visitor)
        look = portal.look(buyer)
        assert len(shown) == look["rows"]
        assert len(rows) == 60
        assert list(rows[0]) == [look["labels"][key] for key in look["columns"]["view"]]
        assert rows[0][look["labels"]["invoice"]] == "SEED-60"
        assert {row[look["labels"]["amount"]] for row in rows} == {"100.00"}
        assert visitor.title.startswith("View Invoices")
        visitor.http.close()


def test_an_export_is_fetched_only_by_the_sign_in_that_asked(visitor: Visitor, portal: Portal) -> None:
    visitor.create("INV-1", {0: "1"})
    visitor.find("INV-1")
    visitor.press("Export")
    script = " ".join(visitor.page.xpath("//script/text()"))
    (url,) = re.findall(r"'([^']*OAExport[^']*)'", script)
    other = Visitor(portal).home()
    assert "no longer active" in other.get(url).text
    assert "INV-1" in visitor.http.get(url).text
    other.http.close()


def test_a_cell_with_several_values_says_multiple(visitor: Visitor, portal: Portal) -> None:
    portal.orders([{**ORDER, "number": "77", "release": 4}])
    visitor.create("INV-1", {0: "1"}, "77")
    assert visitor.find("INV-1")[0]["PO Number"] == "77-4"
    visitor.create("INV-2", {0: "1", 3: "2"}, "450001234", "77")
    assert visitor.find("INV-2")[0]["PO Number"] == "Multiple"


def test_the_details_show_lines_and_what_was_paid(visitor: Visitor, portal: Portal) -> None:
    visitor.create("INV-1", {0: "40", 2: "10"})
    visitor.http.post("/_sandbox/invoices/INV-1/pay", json={"amount": "950"})
    assert visitor.find("INV-1")[0]["Payment Status"] == "Partially Paid"
    visitor.follow("INV-1")
    assert (visitor.shown("Currency"), visitor.shown("Original Invoice Amount")) == ("USD", "3,950.00")
    assert [row["Amount"] for row in visitor.table("DetailLines").rows] == ["3,940.00", "10.00"]
    (schedule,) = visitor.table("DetailSchedule").rows
    assert (schedule["Gross Amount"], schedule["Amount Remaining"]) == ("3,950.00", "3,000.00")
    visitor.follow("Finance").follow("View Payments").search(Invoice_Number="INV-1")
    (row,) = visitor.table("PayTable").rows
    assert (row["Invoice"], row["Amount"]) == ("INV-1", "950.00")


def test_a_cancelled_invoice_gives_its_quantity_back(visitor: Visitor, portal: Portal) -> None:
    visitor.create("INV-1", {0: "1000"})
    portal.says("INV-1", "Cancelled")
    portal.says("INV-1", "Cancelled")
    assert visitor.http.get("/_sandbox/orders").json()["orders"][0]["lines"][0]["billed"] == "0"


def test_saved_invoices_may_be_listed_as_unsubmitted(visitor: Visitor, portal: Portal) -> None:
    visitor.with_order("450001234").press("Save", visitor.details("INV-1", {0: "1"}))
    assert visitor.find("INV-1") == []
    portal.knobs(drafts_in_view=True)
    assert visitor.find("INV-1")[0]["Status"] == "Unsubmitted"


def test_orders_show_what_was_billed_and_their_lines(visitor: Visitor, portal: Portal) -> None:
    visitor.create("INV-1", {0: "40"})
    portal.order("450001234", "close")
    visitor.follow("Orders")
    (row,) = visitor.table("PosVpoPoList").rows
    assert (row["Amount"], row["Amount Billed"], row["Status"]) == ("154,530.00", "3,940.00", "Closed")
    assert visitor.page.xpath("//a[contains(@id, 'PosPoNumber:0')]")[0].text_content() == "450001234"
    visitor.follow("450001234")
    first, _, third = visitor.table("PosOrderLines").rows
    assert (first["UOM"], first["Ordered"], first["Invoiced"]) == ("HUR", "1,000", "40")
    assert (third["UOM"], third["Ordered"], third["Amount"]) == ("", "", "50,000.00")
    visitor.follow("Orders").search(PO_Number="nothing")
    assert visitor.table("PosVpoPoList").rows == []


def test_each_tenant_has_its_own_books_and_sign_in() -> None:
    with Portal({"buyers": {"harbor": {"orders": [ORDER]}}}) as portal:
        portal.orders([ORDER])
        here, there = Visitor(portal).home(), Visitor(portal, "harbor").home()
        there.create("INV-1", {0: "1"})
        assert here.find("INV-1") == []
        assert portal.documents() == []
        assert [held["buyer"] for held in portal.documents(buyer="harbor")] == ["harbor"]
        assert here.get("/harbor/OA_HTML/OA.jsp?OAFunc=OAHOMEPAGE").title == "Login"
        here.http.close()
        there.http.close()


def test_an_export_may_end_early_and_write_amounts_as_the_page_does(visitor: Visitor, portal: Portal) -> None:
    portal.knobs(export_limit=3, export_amounts="as_shown")
    portal.seed(5)
    visitor.create("INV-1", {0: "40"})
    listed(visitor, Invoice_Amount_From="1")
    rows = export(visitor)
    assert len(rows) == 3
    assert rows[0]["Amount"] == "3,940.00"

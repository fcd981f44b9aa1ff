"""The papers: text that can be read back, signatures that are there or not, the same bytes for the same facts."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

from pypdf import PdfReader

from gateway.demo import papers

WEEK = date(2026, 11, 8)
ROW = papers.SheetRow(
    "W014", "Worker 014", "Foreman", "ST", tuple(Decimal(hours) for hours in (0, 8, 8, 8, 8, "7.5", 0))
)
SHEET = papers.TimeSheet(
    "TS-1", "Ridgeline", "Northlight", "4500012345", "Crew 2", WEEK, (ROW,), "Worker 014, foreman", date(2026, 11, 15)
)


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


def test_a_time_sheet_shows_workers_days_and_totals() -> None:
    text = text_of(papers.time_sheet(SHEET))
    for words in ("TS-1", "4500012345", "Worker 014", "Foreman", "39.5", "2026-11-08 to 2026-11-14", "Fri 13"):
        assert words in text
    assert "ST 39.5 h" in text
    assert "OT 0.0 h" in text


def test_a_large_crew_leaves_its_signature_a_page_of_its_own() -> None:
    content = papers.time_sheet(replace(SHEET, rows=(ROW,) * 23))
    assert len(PdfReader(BytesIO(content)).pages) == 2
    assert text_of(content).count("Signed: Worker 014, foreman") == 1
    assert text_of(content).count("39.5") == 23


def test_only_a_signed_sheet_names_its_signer() -> None:
    unsigned = papers.time_sheet(replace(SHEET, signed_by="", signed_on=None))
    assert "Signed: Worker 014, foreman" in text_of(papers.time_sheet(SHEET))
    assert "Signed" not in text_of(unsigned)
    assert "Foreman: hours are right and complete" in text_of(unsigned)


def test_the_same_facts_give_the_same_bytes_and_others_do_not() -> None:
    assert papers.time_sheet(SHEET) == papers.time_sheet(SHEET)
    assert papers.time_sheet(SHEET) != papers.time_sheet(replace(SHEET, sheet_id="TS-2"))


def test_a_long_invoice_runs_over_pages_without_losing_a_line() -> None:
    rows = [(str(n), "1", f"Line {n:03d} of many", "1", "HUR", "10.00", "10.00") for n in range(1, 131)]
    page = papers.InvoicePage(
        "Invoice",
        "NP-1",
        WEEK,
        ["Ridgeline"],
        ["Northlight"],
        [("Terms", "Net 45 days")],
        rows,
        [("Total USD", "1,300.00")],
    )
    content = papers.invoice_paper(page)
    assert len(PdfReader(BytesIO(content)).pages) >= 3
    text = text_of(content)
    assert all(f"Line {n:03d} of many" in text for n in range(1, 131))
    assert "1,300.00" in text


def test_totals_never_fall_off_the_page() -> None:
    for lines in range(20, 60):
        rows = [(str(n), "1", "Line", "1", "HUR", "10.00", "10.00") for n in range(1, lines + 1)]
        page = papers.InvoicePage(
            "Invoice", "NP-1", WEEK, ["R"], ["N"], [], rows, [("Lines", "1.00"), ("Total", "9.99")]
        )
        heights: list[float] = []

        def note(text: str, _cm: object, matrix: list[float], *_rest: object, heights: list[float] = heights) -> None:
            if "9.99" in text:
                heights.append(matrix[5])

        for sheet in PdfReader(BytesIO(papers.invoice_paper(page))).pages:
            sheet.extract_text(visitor_text=note)
        assert heights, lines
        assert min(heights) >= 20, lines


def test_a_mileage_log_ends_with_its_sum() -> None:
    trips = [
        papers.Trip(date(2026, 11, 9), "Yard to site", Decimal(40)),
        papers.Trip(WEEK, "Site to yard", Decimal(44)),
    ]
    text = text_of(papers.mileage_log("Ridgeline", "Crew 2", "NP-1", trips))
    assert "Total" in text
    assert "84" in text


def test_receipts_and_acceptance_forms_name_what_they_prove() -> None:
    purchase = papers.Purchase("Example Inn", WEEK, "Lodging, crew", Decimal("1234.50"))
    assert "1,234.50" in text_of(papers.receipt(purchase, "R-1"))
    blank = papers.acceptance_form("Ridgeline", "Northlight", "NP-1", "Pole replacement", WEEK, "", None)
    assert "Pole replacement" in text_of(blank)
    assert "Signed" not in text_of(blank)


def test_wide_text_is_cut_to_its_column() -> None:
    rows = [("1", "1", "An endless description " * 12, "1", "HUR", "10.00", "10.00")]
    page = papers.InvoicePage("Invoice", "NP-1", WEEK, ["R"], ["N"], [], rows, [("Total", "10.00")])
    text = text_of(papers.invoice_paper(page))
    assert "An endless" in text
    assert "..." in text

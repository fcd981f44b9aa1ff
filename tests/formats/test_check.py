"""The second look finds what a document type definition cannot."""

import pytest

from formats.cxml import check_document
from tests.formats.cases import CASES


def faults(case: str, *changes: tuple[str, str]) -> list[str]:
    body = CASES[case].render().body
    for before, after in changes:
        assert before.encode() in body, before
        body = body.replace(before.encode(), after.encode(), 1)
    return check_document(body)


@pytest.mark.parametrize(
    ("case", "before", "after", "fault"),
    [
        ("quantity", 'quantity="3"', 'quantity="abc"', "line 1/@quantity 'abc' is not a number"),
        ("quantity", 'quantity="3"', 'quantity="4"', "line 1: 4 x 1250.00 is not its SubtotalAmount 3750.00"),
        ("quantity", '2026-03-09T12:00:00+00:00"', '09/03/2026"', "'09/03/2026' is not a date and time with its zone"),
        ("quantity", '2026-03-09T12:00:00+00:00"', '2026-03-09T12:00:00"', "is not a date and time with its zone"),
        ("quantity", '2026-03-09T12:00:00+00:00"', '2026-03-11T12:00:00Z"', "later than the document's timestamp"),
        ("quantity", 'currency="USD"', 'currency="DOL"', "'DOL' is not an ISO 4217 currency"),
        ("quantity", 'currency="USD"', 'currency="EUR"', "several currencies: EUR, USD"),
        ("quantity", ">3750.00<", ">3,750.00<", "line 1, Money '3,750.00' is not an amount"),
        ("quantity", 'invoiceLineNumber="2"', 'invoiceLineNumber="1"', "invoiceLineNumber 1 is used 2 times"),
        ("quantity", ">4638.00<", ">4639.00<", "add up to 4638.00, the summary says 4639.00"),
        ("quantity", ">HUR<", ">hours<", "line 2, UnitOfMeasure 'hours' is not a unit code"),
        ("quantity", 'payInNumberOfDays="30"', 'payInNumberOfDays="net"', "is not a whole number"),
        ("quantity", "/1.2.020/InvoiceDetail", "/1.2.020/Fulfill", "no DOCTYPE names InvoiceDetail.dtd"),
        ("quantity", "<InvoiceDetailSummary>", "<InvoiceDetailSummary><x/>", "against the document type: Element"),
        ("tax_at_line", ">73.26<", ">73.25<", "the taxes add up to 384.28, the summary says 384.29"),
        (
            "charges",
            ">75.00<",
            ">74.00<",
            "line 1: NetAmount 3700.00 is not GrossAmount 3775.00 less the discount 74.00",
        ),
        (
            "charges",
            ">37.00<",
            ">36.00<",
            "InvoiceDetailSummary: GrossAmount 3832.50 is not the sum of its parts 3831.50",
        ),
        ("charges", ">100.00<", ">99.00<", "is not NetAmount 3727.50 less what was paid (99.00)"),
        ("week", 'endDate="2026-03-08', 'endDate="2026-02-08', "Period ends before it starts"),
        ("quantity", ">HUR<", ">HR<", "'HR' is no code of UN/ECE Recommendation 20; HUR is"),
        ("ariba_069_week", 'quantity="8.5"', 'quantity="9"', "line 2: 9 x 142.50 is not its SubtotalAmount 1211.25"),
        ("ariba_069_week", 'quantity="100" conv', 'quantity="10" conv', "line 4: 250 x 184.00 per 10 is not"),
        ("ariba_069_week", 'quantity="100" conv', 'quantity="0" conv', "PriceBasisQuantity is not more than nothing"),
        ("ariba_069_week", 'conversionFactor="1"', 'conversionFactor="x"', "@conversionFactor 'x' is not a number"),
        ("ariba_069_week", 'serviceEntryDate="2026-03-09T', 'serviceEntryDate="9 March', "is not a date and time"),
        ("ariba_069_week", 'invoiceID="RFS-20260309-01"', 'invoiceID=" "', "the invoice has no number"),
        ("ariba_069_week", 'purpose="standard"', 'purpose="lineLevelCreditMemo"', "names no invoice that it credits"),
        ("ariba_069_week", 'operation="new"', 'operation="delete"', "takes back a document and names none"),
        ("ariba_069_week", 'role="soldTo"', 'role="shipTo"', "InvoicePartner has the role 'shipTo'"),
        ("ariba_069_week", "1.2.069/Inv", "1.2.034/Inv", "against the document type: Element"),
        (
            "ariba_069_modifications",
            'role="shipFrom"',
            'role="carrier"',
            "InvoiceDetailShipping names the role 'carrier'",
        ),
        (
            "ariba_069_modifications",
            'isTaxInLine="yes" ',
            "",
            "line 1 states Tax, which is ignored without isTaxInLine",
        ),
        ("ariba_069_modifications", ">3486.50<", ">3486.00<", "TotalAmountWithoutTax 3486.00 is not NetAmount 3775.66"),
        (
            "ariba_069_modifications",
            ">12.50<",
            ">12.00<",
            "NetAmount 3775.66 is not GrossAmount 3768.16 less the discount 15.00, modified by 22.00",
        ),
        (
            "ariba_credit_line_level",
            'DueAmount>\n          <Money currency="USD">-',
            'DueAmount>\n          <Money currency="USD">',
            "DueAmount: a lineLevelCreditMemo owes to the buyer",
        ),
        ("ariba_credit_line_level", ">-356.25<", ">356.25<", "line 2: the amounts of a lineLevelCreditMemo are never"),
        ("ariba_credit_header", ' isHeaderInvoice="yes"', "", "isHeaderInvoice is not set, but there is an Inv"),
        (
            "ariba_069_week",
            "<InvoiceDetailHeaderIndicator/>",
            '<InvoiceDetailHeaderIndicator isHeaderInvoice="yes"/>',
            "isHeaderInvoice is set, but there are lines",
        ),
        ("attachments", "cid:Fahr", "cid:Bahn", "the paper 'Fahrtenbuch_M_rz.csv' is named 0 times and there 1 times"),
    ],
)
def test_each_fault_is_told_with_its_place(case: str, before: str, after: str, fault: str) -> None:
    assert faults(case) == []
    assert any(fault in told for told in faults(case, (before, after))), faults(case, (before, after))


def test_a_paper_that_was_cut_off_is_missed() -> None:
    body = CASES["attachments"].render().body
    cut = body[: body.index(b"Content-ID: <Fahr")]
    assert "the paper 'Fahrtenbuch_M_rz.csv' is named 1 times and there 0 times" in check_document(cut)


@pytest.mark.parametrize("body", [b"", b"--", b"--x\r\n", b"not XML", b"<cXML/>", b"\xff" * 9])
def test_what_is_no_document_is_told_so(body: bytes) -> None:
    assert check_document(body) != []

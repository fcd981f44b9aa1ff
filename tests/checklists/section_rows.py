"""Rows of the table of findings for a client's own rules and for the settings that files may carry beside them."""

from typing import Any

from checklists.paper_steps import PaperStep
from checklists.sent_papers import Refusal, SentPapers, as_they_came
from tests.checklists.packets import all_of, packet, put
from tests.checklists.rows import Row

RULE: dict[str, Any] = {
    "code": "TU-01",
    "require": "more(invoice.totals.payable, 1)",
    "sentence": "it is prepaid",
    "cure": "Look.",
    "source": "annex",
}


def rule(**changes: Any) -> dict[str, Any]:
    """Settings with one rule."""
    return {"rules": [{**RULE, **changes}]}


OTHER_SHEET = all_of(
    put("/invoice/lines/1/kind", "labour"),
    put(
        "/invoice/lines/1/labour",
        {"worker_id": "W-2", "classification": "Lineman", "pay_code": "ST", "timesheet_id": "TS-2"},
    ),
)
"""The second line bills hours as well, of a time sheet of its own."""


def of_sheets(**files: Any) -> dict[str, Any]:
    """Settings for the files of time sheets."""
    return {"documents": [{"kind": "timesheet", "files": files}]}


TIE = all_of(
    put("/invoice/lines/1/quantity", "120.25"),
    put("/invoice/lines/1/unit_price", "0.50"),
    put("/invoice/lines/1/net_amount", "60.12"),
)
"""120.25 x 0.50 lies between two cents, and was rounded to the even one."""

REFUSED = SentPapers(
    as_they_came(packet()).papers,
    (Refusal((1,), PaperStep.merge, "carries a filled signature field", "Merge it by hand."),),
)

SECTION_ROWS: tuple[Row, ...] = (
    Row(
        "CB-RUL-01",
        "/invoice",
        ("TU-01", "could not be evaluated"),
        put("/invoice/note", "no remit-to"),
        put("/invoice/remit_to", {"name": "Field Services LLC", "code": "R1"}),
        settings=rule(require='invoice.remit_to.code != ""'),
    ),
    Row(
        "CB-DATE-05",
        "/invoice",
        ("until 2026-03-14", "month's end"),
        settings={"calendar": {"quiet": [{"from": "2026-03-12", "to": "2026-03-14", "why": "month's end"}]}},
        good_settings={"calendar": {"quiet": [{"from": "2026-03-13", "to": "2026-03-14", "why": "month's end"}]}},
    ),
    Row(
        "CB-DATE-06",
        "/invoice/period",
        ("8 days", "2026-03-01 to 2026-03-08", "weekly"),
        put("/invoice/lines/1/period/start", "2026-03-01"),
        settings={"calendar": {"cycle": "weekly"}},
    ),
    Row(
        "CB-COST-01",
        "/invoice/lines/0/accounting_code",
        ("Line 10", "cost code"),
        put("/invoice/lines/0/accounting_code", ""),
        put("/invoice/lines/0/accounting_code", "17-4"),
        settings={"cost_codes": {"required_on": ["labour"]}},
    ),
    Row(
        "CB-COST-02",
        "/invoice/lines/2/accounting_code",
        ("Line 30", "17-5"),
        put("/invoice/lines/2/accounting_code", "17-5"),
        put("/invoice/lines/2/accounting_code", "17-4"),
        settings={"cost_codes": {"form": {"pattern": "17-[1-4]", "says": "17- and a digit", "example": "17-4"}}},
    ),
    Row(
        "CB-TXT-03",
        "/invoice/lines/0/description",
        ("Line 10", "trade, then hours"),
        put("/invoice/lines/0/description", "hours of a lineman"),
        settings={
            "text": {
                "descriptions": [
                    {
                        "kinds": ["labour"],
                        "form": {"pattern": "Lineman, .+", "says": "trade, then hours", "example": "Lineman, straight"},
                    }
                ]
            }
        },
    ),
    Row(
        "CB-DEC-03",
        "/invoice/lines/1/net_amount",
        ("Line 20", "half up", "60.13 USD"),
        TIE,
        settings={"form": {"line_rounding": "half_up"}},
        good_settings={"form": {"line_rounding": "half_even"}},
    ),
    Row(
        "CB-SPL-01",
        "/invoice/lines",
        ("labour and mileage", "expense"),
        settings={"splitting": {"apart": [["labour", "mileage"], ["expense"]]}},
        good_settings={"splitting": {"apart": [["labour", "mileage", "expense"], ["goods"]]}},
    ),
    Row(
        "CB-ATT-07",
        "/documents/1/name",
        ("TU-1001_sheet.pdf", "time sheet"),
        settings=of_sheets(name_form={"pattern": "TS-.+[.]pdf", "says": "TS- and more", "example": "TS-1.pdf"}),
        good_settings=of_sheets(name_form={"pattern": ".+_sheet[.]pdf", "says": "x", "example": "a_sheet.pdf"}),
    ),
    Row(
        "CB-ATT-08",
        "/documents/1/media_type",
        ("image/png", "application/pdf"),
        put("/documents/1/media_type", "image/png"),
        settings=of_sheets(media_types=["application/pdf"]),
    ),
    Row(
        "CB-ATT-09",
        "/documents/1/size",
        ("2.0 MB", "1.5 MB"),
        put("/documents/1/size", 2_000_000),
        put("/documents/1/size", 1_500_000),
        settings=of_sheets(max_mb="1.5"),
    ),
    Row(
        "CB-ATT-10",
        "/documents",
        ("has 1", "at least 2"),
        settings=of_sheets(at_least=2),
        good_settings=of_sheets(at_least=1, at_most=1),
    ),
    Row(
        "CB-ATT-11",
        "/documents",
        ("2 time sheets", "1 files"),
        OTHER_SHEET,
        settings=of_sheets(apart=True),
    ),
    Row(
        "CB-ATT-12",
        "/documents/2",
        ("TU-1001_acceptance.pdf", "acceptance form and time sheet"),
        settings={"attachments": {"order": ["acceptance_form", "timesheet"]}},
        good_settings={"attachments": {"order": ["timesheet", "acceptance_form"]}},
    ),
    Row(
        "CB-ATT-13",
        "/documents/1",
        ("TU-1001_sheet.pdf carries a filled signature field", "merge"),
        facts={"papers": REFUSED},
        good_facts={"papers": as_they_came(packet())},
    ),
)

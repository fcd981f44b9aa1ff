"""A checklist in words: what it rules about hours, lump sums, validity and credits is told, and nothing else."""

from typing import Any

from checklists.checklist import Checklist
from gateway.commands.rules import rules_in_words

BARE = {"client": "river", "name": "River Utility", "account": "river-ariba"}


def told(**settings: Any) -> dict[str, tuple[str, ...]]:
    return dict(rules_in_words(Checklist.model_validate({**BARE, **settings})))


def test_hours_are_told_where_the_client_rules_them() -> None:
    assert "Hours" not in told()
    form = {"pattern": r"TC-\d+", "says": "TC- and digits", "example": "TC-1"}
    hours = {
        "time_card_required": True,
        "time_card_form": form,
        "pay_codes": ["ST", "OT"],
        "pay_code_words": {"ST": "Normal"},
    }
    assert told(labour=hours)["Hours"] == (
        "Hours name the time card they were approved on.",
        "Time card number: TC- and digits, such as TC-1.",
        "Kinds of hour agreed: OT and ST.",
        "Their orders call ST Normal.",
    )


def test_papers_for_lump_sums_are_told_apart_from_papers_for_everything() -> None:
    receipt = {"kind": "receipt", "for_lump_sums": True}
    goods = {"kind": "receipt", "for_lines": ["goods"], "for_lump_sums": True, "over": "100"}
    assert told(documents=[receipt, goods, {"kind": "receipt"}])["Papers"] == (
        "Receipt for lump sums.",
        "Receipt for goods as a lump sum over 100.",
        "Receipt with every invoice.",
    )


def test_validity_of_orders_and_originals_of_credits_are_told() -> None:
    assert (
        "Work outside an order's days of validity stops the invoice."
        in told(orders={"outside_validity": "stop"})["Purchase orders"]
    )
    soon = told(orders={"runs_out_within_weeks": 4, "expired": "stop", "site_differs": "ignore"})["Purchase orders"]
    assert soon[-3:] == (
        "An order whose last day has passed stops the invoice.",
        "A site other than the order's is not looked at.",
        "An order that will be used up within 4 weeks is warned of.",
    )
    words = "A credit note credits an invoice that the client has from us."
    assert words in told(credit_notes={"original_required": True})["Tax, terms and charges"]
    refused = {"allowed": False, "original_required": True}
    assert words not in told(credit_notes=refused)["Tax, terms and charges"]


def test_time_sheets_are_told_where_they_are_opened() -> None:
    assert "Time sheets" not in told()
    rules = {"read": True, "signature": "shown", "max_hours_a_day": 16}
    assert told(timesheets=rules)["Time sheets"] == (
        "Time sheets are opened, and what stands in them counts.",
        "A sheet that could not be read in full is warned of.",
        "A signature counts only where the sheet itself shows it.",
        "A worker has at most 16 hours a day.",
    )
    assert len(told(timesheets={"read": True})["Time sheets"]) == 3


def test_rates_and_limits_are_told_where_a_card_lists_them() -> None:
    assert "Rates and limits" not in told()
    truck = {"kind": "equipment", "item": "Truck", "unit": "DAY", "rate": "400", "max_per_week": "5"}
    per_diem = {"kind": "per_diem", "unit": "DAY", "rate": "165", "per_worker_day": "1"}
    card = {
        "labour": [{"classification": "Lineman", "ST": "95"}],
        "items": [truck, per_diem],
        "escalations": [{"day": "2026-07-01", "percent": "3"}],
        "weekly_caps": [{"hours": "60"}, {"pay_codes": ["ST"], "hours": "40"}],
        "unlisted": "warn",
    }
    assert told(rate_card=card)["Rates and limits"] == (
        "Rates of equipment, labour and per diem are those of the rate card; another one stops the invoice.",
        "What the card does not list is warned of.",
        "From 2026-07-01 rates of labour rise by 3 per cent.",
        "A worker has at most 60 hours a week.",
        "A worker has at most 40 ST hours a week.",
        "At most 5 DAY of equipment Truck a week.",
        "At most 1 DAY of per diem for each worker and day worked.",
    )
    assert "Rates" not in " ".join(told(rate_card={**card, "differs": "ignore"})["Rates and limits"]).split(" are ")[0]


def test_the_calendar_the_codes_and_what_stands_by_itself_are_told() -> None:
    form = {"pattern": "17-[1-4]", "says": "17- and a digit", "example": "17-4"}
    words = told(
        calendar={
            "cycle": "weekly",
            "holidays": ["2026-12-25"],
            "quiet": [{"from": "2026-12-24", "to": "2026-12-31", "why": "year's end"}],
        },
        cost_codes={"required_on": ["labour"], "form": form, "allowed": ["17-1"]},
        splitting={"one_order": True, "max_total": "500", "apart": [["labour"], ["expense", "goods"]]},
    )
    assert words["Billing calendar"] == (
        "Billed weekly.",
        "Holidays: 2026-12-25.",
        "Takes in no invoices from 2026-12-24 to 2026-12-31: year's end.",
    )
    assert words["Cost codes"] == (
        "Cost codes on labour.",
        "Cost code: 17- and a digit, such as 17-4.",
        "Cost codes: 17-1.",
    )
    assert words["Invoices of their own"] == (
        "Each order on an invoice of its own.",
        "At most 500 before tax an invoice.",
        "Billed apart: labour; expenses and goods.",
    )


def test_files_of_a_kind_and_wording_and_rounding_are_told() -> None:
    form = {"pattern": "x", "says": "an x", "example": "x"}
    files = {"name_form": form, "media_types": ["application/pdf"], "max_mb": "1.5", "at_least": 2, "at_most": 3}
    words = told(
        documents=[{"kind": "timesheet", "files": {**files, "apart": True}}],
        attachments={"order": ["timesheet", "receipt"]},
        text={"descriptions": [{"kinds": ["labour"], "form": form}, {"form": form}]},
        form={"line_rounding": "half_up"},
    )
    assert words["Files"] == (
        "In this order: time sheet and receipt.",
        "File name of a time sheet: an x, such as x.",
        "A time sheet only as application/pdf.",
        "A time sheet of at most 1.5 MB.",
        "At least 2 files of the kind time sheet.",
        "At most 3 files of the kind time sheet.",
        "Each time sheet in a file of its own.",
    )
    assert "Descriptions of labour: an x, such as x." in words["How it is written"]
    assert "Descriptions of all lines: an x, such as x." in words["How it is written"]
    assert "A line between two cents is rounded half up." in words["How it is written"]


def test_rules_of_their_own_are_told_with_their_days_and_their_source() -> None:
    rule = {"require": "true", "sentence": "it is late.", "cure": "Hurry.", "source": "a letter"}
    words = told(rules=[{**rule, "code": "R-1", "severity": "warn", "from": "2026-01-01"}, {**rule, "code": "R-2"}])
    assert words["Rules of their own"] == (
        "R-1 warns, from 2026-01-01: it is late (a letter).",
        "R-2 stops: it is late (a letter).",
    )


def test_what_may_be_done_to_papers_is_told_where_the_client_lets_it() -> None:
    assert "Files" not in told()
    plan = {
        "may": ["merge", "compress", "rename", "stamp"],
        "names": {"timesheet": "{invoice}_{n}"},
        "stamps": {"timesheet": "{page}"},
    }
    assert told(paper_plan=plan)["Files"] == (
        "So that copies keep these limits they may be merged, numbered page by page, packed better and renamed.",
        "No picture is made coarser than 150 dots an inch.",
        "A time sheet is named {invoice}_{n}.",
        "Below each page of a time sheet stands: {page}.",
    )
    region = {"left": "1", "top": "1", "right": "2", "bottom": "2"}
    template = {"kind": "timesheet", "across": "9", "up": "9", "heading": "Cost rate", "regions": [region]}
    taken_out = told(paper_plan={"may": ["redact"], "redactions": [template]})["Files"]
    assert taken_out[-1] == "Of a time sheet what stands under Cost rate is taken out."
    assert told(paper_plan={"may": ["order"]})["Files"] == (
        "So that copies keep these limits they may be put in order.",
    )

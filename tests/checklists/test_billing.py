"""How and when a client is billed: what the table of findings does not already show."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from checklists.check import check
from checklists.checklist import Checklist
from checklists.finding import Finding
from tests.checklists.packets import CREDIT_NOTE, ORDER, Spoil, all_of, checklist, facts, packet, put
from tests.checklists.section_rows import OTHER_SHEET

CUT_OFF = {"weekday": "friday", "hour": "17:00", "time_zone": "America/Chicago"}
BARE = {"client": "c", "name": "C", "account": "c"}


def found(code: str, settings: dict[str, Any], *spoils: Spoil) -> list[Finding]:
    return [one for one in check(packet(*spoils), checklist(settings), facts()) if one.code == code]


@pytest.mark.parametrize(
    ("now", "holidays", "cut_off"),
    [
        ("2026-11-23T12:00", ["2026-11-27"], "2026-11-26T23:00"),  # Friday is one: Thursday at five
        ("2026-11-23T12:00", ["2026-11-26", "2026-11-27"], "2026-11-25T23:00"),
        ("2026-11-27T00:00", ["2026-11-27"], "2026-12-04T23:00"),  # Thursday's hour is past
        ("2026-11-23T12:00", ["2026-11-26"], "2026-11-27T23:00"),  # another day's holiday moves nothing
    ],
)
def test_a_cut_off_on_a_holiday_comes_on_the_working_day_before(now: str, holidays: list[str], cut_off: str) -> None:
    one = Checklist.model_validate({**BARE, "cut_off": CUT_OFF, "calendar": {"holidays": holidays}})
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert one.next_cut_off(moment) == datetime.fromisoformat(cut_off).replace(tzinfo=UTC)


def test_a_cut_off_on_a_monday_holiday_goes_back_over_the_weekend() -> None:
    cut_off = {**CUT_OFF, "weekday": "monday"}
    one = Checklist.model_validate({**BARE, "cut_off": cut_off, "calendar": {"holidays": ["2026-11-30"]}})
    assert one.next_cut_off(datetime(2026, 11, 25, tzinfo=UTC)) == datetime(2026, 11, 27, 23, tzinfo=UTC)


def test_a_client_without_a_cut_off_has_none() -> None:
    assert Checklist.model_validate(BARE).next_cut_off(datetime(2026, 11, 25, tzinfo=UTC)) is None


def test_a_week_of_seven_days_is_within_a_weekly_cycle() -> None:
    assert found("CB-DATE-06", {"calendar": {"cycle": "weekly"}}) == []


def test_a_credit_note_may_cover_any_days() -> None:
    long = put("/invoice/lines/1/period/start", "2026-01-01")
    assert found("CB-DATE-06", {"calendar": {"cycle": "weekly"}}, CREDIT_NOTE, long) == []


TWO_ORDERS = all_of(
    put("/invoice/orders", [{"number": ORDER}, {"number": "4500012346"}]),
    *(put(f"/invoice/lines/{at}/order/number", ORDER) for at in range(3)),
)


@pytest.mark.parametrize(
    ("splitting", "spoil", "says"),
    [
        ({"one_order": True}, TWO_ORDERS, "4500012346"),
        ({"one_time_sheet": True}, OTHER_SHEET, "TS-0412 and TS-2"),
        ({"one_month": True}, put("/invoice/lines/0/period/start", "2026-02-28"), "2026-02 and 2026-03"),
        ({"max_total": "3939.24"}, put("/invoice/note", "x"), "3,939.24 USD"),
    ],
)
def test_what_stands_by_itself_is_not_mixed(splitting: dict[str, Any], spoil: Spoil, says: str) -> None:
    (finding,) = found("CB-SPL-01", {"splitting": splitting}, spoil)
    assert says in finding.sentence


def test_an_invoice_that_mixes_nothing_is_left_alone() -> None:
    splitting = {"one_order": True, "one_time_sheet": True, "one_month": True, "max_total": "3939.25"}
    assert found("CB-SPL-01", {"splitting": splitting}) == []


def test_too_many_files_of_a_kind_are_to_be_merged() -> None:
    sheet = packet().documents[1].model_dump(mode="json")
    settings = {"documents": [{"kind": "timesheet", "files": {"at_most": 1}}]}
    (finding,) = found("CB-ATT-10", settings, put("/documents/2", {**sheet, "name": "TU-1001_more.pdf"}))
    assert "at most 1" in finding.sentence
    assert finding.cure == "Merge them into one PDF."


def test_papers_of_kinds_without_an_order_may_stand_anywhere() -> None:
    assert found("CB-ATT-12", {"attachments": {"order": ["receipt", "acceptance_form"]}}) == []


@pytest.mark.parametrize(
    "settings",
    [
        {"calendar": {"quiet": [{"from": "2026-01-02", "to": "2026-01-01", "why": "x"}]}},
        {"documents": [{"kind": "receipt", "files": {"at_least": 3, "at_most": 2}}]},
        {"calendar": {"holidays": ["tomorrow"]}},
        {"splitting": {"max_total": "0"}},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Checklist.model_validate({**BARE, **settings})

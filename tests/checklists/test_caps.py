"""How much may be billed, over periods as long as the calendar: counted without listing a day."""

from datetime import date
from typing import Any

import pytest

from checklists import caps
from checklists.check import check
from tests.checklists.packets import Spoil, all_of, checklist, facts, packet, put

WHOLE = {"start": "0001-01-01", "end": "9999-12-31"}
AWAY = {"rate_card": {"items": [{"kind": "per_diem", "unit": "DAY", "rate": "165", "per_worker_day": "1"}]}}


def per_diem(days: str, period: dict[str, str]) -> Spoil:
    changes = {"kind": "per_diem", "unit": "DAY", "quantity": days, "period": period}
    return all_of(*(put(f"/invoice/lines/1/{name}", value) for name, value in changes.items()))


def told(*spoils: Spoil, settings: dict[str, Any]) -> list[str]:
    return [one.sentence for one in caps.items(packet(*spoils), checklist(settings), facts())]


def test_days_of_work_in_a_period_without_end_are_counted_and_none_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    week = {"start": "2026-03-02", "end": "2026-03-08"}
    whole = put("/invoice/lines/0/period", WHOLE)
    assert told(whole, per_diem("7", week), settings=AWAY) == []
    (sentence,) = told(whole, per_diem("8", week), settings=AWAY)
    assert "7 days of work" in sentence
    (sentence,) = told(whole, per_diem("3652060", WHOLE), settings=AWAY)
    assert "3652059 days of work" in sentence  # the days of the calendar
    whole_invoice = packet(whole)
    assert caps._present(whole_invoice, facts()) == {"W-014": [(date.min, date.max)]}


def test_days_that_two_lines_of_a_worker_share_count_once() -> None:
    assert caps._apart([(date(2026, 3, 4), date(2026, 3, 9)), (date(2026, 3, 2), date(2026, 3, 5))]) == [
        (date(2026, 3, 2), date(2026, 3, 9))
    ]
    apart = [(date(2026, 3, 2), date(2026, 3, 2)), (date(2026, 3, 4), date(2026, 3, 4))]
    assert caps._apart([*reversed(apart), apart[0]]) == apart
    assert caps._days_within({"a": apart, "b": apart}, date(2026, 3, 3), date(2026, 3, 8)) == 2


@pytest.mark.parametrize("week_starts", ["monday", "tuesday", "sunday"])
@pytest.mark.parametrize("end", ["start", "end"])
def test_a_period_to_the_calendars_end_is_checked_like_any_other(end: str, week_starts: str) -> None:
    miles = {"kind": "mileage", "unit": "SMI", "rate": "0.70", "max_per_week": "0.00001"}
    card = {"week_starts": week_starts, "weekly_caps": [{"hours": "0.00001"}], "items": [miles]}
    places = ("/invoice/period", "/invoice/lines/0/period", "/invoice/lines/1/period", "/documents/1/period")
    spoils = [put(f"{place}/{end}", WHOLE[end]) for place in places]
    found = {one.code for one in check(packet(*spoils), checklist({"rate_card": card}), facts())}
    assert {"CB-CAP-01", "CB-CAP-02"} <= found

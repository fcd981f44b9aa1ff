"""A rate card by itself: which rate is in force on a day, to the cent, and which cards are refused."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from checklists.rate_card import RateCard
from gateway.packet import Line, PayCode
from tests.checklists.packets import packet, put

LINEMAN = {"classification": "Lineman", "ST": "95.00"}


def card(*labour: dict[str, Any], **settings: Any) -> RateCard:
    return RateCard.model_validate({"labour": list(labour), **settings})


def rate(of: RateCard, day: date, pay_code: PayCode = PayCode.straight, name: str = "lineman") -> Decimal | None:
    for span in of.labour_spans[name]:
        if span.start <= day <= span.end:
            return span.rates[pay_code][0][1] if pay_code in span.rates else None
    return None


@pytest.mark.parametrize(
    ("day", "agreed"),
    [
        (date(2025, 12, 31), None),
        (date(2026, 1, 1), "95.00"),
        (date(2026, 6, 30), "95.00"),
        (date(2026, 7, 1), "97.85"),  # 95.00 x 1.03
        (date(2026, 12, 31), "97.85"),
        (date(2027, 1, 1), "101.00"),  # a new row, which begins with what was agreed anew
        (date(2027, 6, 30), "101.00"),
        (date(2027, 7, 1), "104.03"),
    ],
)
def test_a_rate_rises_on_its_day_and_a_new_row_starts_afresh(day: date, agreed: str | None) -> None:
    rises = [{"day": "2027-07-01", "percent": "3"}, {"day": "2026-07-01", "percent": "3"}]
    this_year = {**LINEMAN, "valid_from": "2026-01-01", "valid_to": "2026-12-31"}
    next_year = {**LINEMAN, "valid_from": "2027-01-01", "ST": "101.00"}
    found = rate(card(next_year, this_year, escalations=rises), day)
    assert found == (Decimal(agreed) if agreed else None)


def test_a_rise_on_a_rows_first_day_is_in_its_rate_already() -> None:
    rises = [{"day": "2026-01-01", "percent": "3"}]
    assert rate(card({**LINEMAN, "valid_from": "2026-01-01"}, escalations=rises), date(2026, 5, 1)) == Decimal(95)


def test_two_rises_on_one_day_both_count() -> None:
    rises = [{"day": "2026-02-01", "percent": "10"}, {"day": "2026-02-01", "percent": "-10"}]
    assert rate(card(LINEMAN, escalations=rises), date(2026, 2, 1)) == Decimal("94.05")


def test_overtime_is_its_own_rate_else_the_rows_multiplier_else_the_cards() -> None:
    of = card(
        {**LINEMAN, "OT": "140.00"},
        {"classification": "Foreman", "ST": "100", "multipliers": {"OT": "1.6"}},
        {"classification": "Groundman", "ST": "61"},
        multipliers={"OT": "1.5"},
    )
    day = date(2026, 3, 2)
    assert rate(of, day, PayCode.overtime) == Decimal(140)
    assert rate(of, day, PayCode.overtime, "foreman") == Decimal(160)
    assert rate(of, day, PayCode.overtime, "groundman") == Decimal("91.5")
    assert rate(of, day, PayCode.double) is None


def test_a_given_overtime_rate_rises_too_and_decimals_are_the_cards() -> None:
    of = card({**LINEMAN, "OT": "142.333"}, decimals=3, escalations=[{"day": "2026-02-01", "percent": "1.5"}])
    assert rate(of, date(2026, 2, 1), PayCode.overtime) == Decimal("144.468")
    assert rate(of, date(2026, 2, 1)) == Decimal("96.425")


@settings(deadline=None)
@given(
    straight=st.decimals("0.01", "999.99", places=2),
    percent=st.decimals("-20", "20", places=2),
    multiplier=st.decimals("1", "3", places=2),
)
def test_every_step_is_rounded_half_up_to_the_cent(straight: Decimal, percent: Decimal, multiplier: Decimal) -> None:
    of = card(
        {"classification": "Lineman", "ST": str(straight)},
        multipliers={"DT": str(multiplier)},
        escalations=[{"day": "2026-02-01", "percent": str(percent)}],
    )

    def cents(exact: Decimal) -> Decimal:
        return (exact * 100 + Decimal("0.5")).to_integral_value("ROUND_FLOOR") / 100

    risen = cents(straight * (100 + percent) / 100)
    assert rate(of, date(2026, 1, 31)) == straight
    assert rate(of, date(2026, 2, 1)) == risen
    assert rate(of, date(2026, 2, 1), PayCode.double) == cents(risen * multiplier)


def line(description: str, part_number: str = "") -> Line:
    spoils = put("/invoice/lines/1/description", description), put("/invoice/lines/1/part_number", part_number)
    return packet(*spoils).invoice.lines[1]


@pytest.mark.parametrize(
    ("description", "part_number", "item"),
    [
        ("Bucket truck 417", "", "Bucket truck"),
        ("bucket  TRUCK 65 ft, unit 9", "", "Bucket truck 65 ft"),
        ("Bucket trucks", "", ""),
        ("Anything", "BT-65", "BT-65"),
        ("Pickup", "", ""),
    ],
)
def test_an_item_is_found_by_its_number_or_the_longest_words(description: str, part_number: str, item: str) -> None:
    names = ["", "Bucket truck", "Bucket truck 65 ft", "BT-65"]
    rows = [{"kind": "mileage", "item": name, "unit": "SMI", "rate": "1"} for name in names]
    found = card(items=rows).item_for(line(description, part_number))
    assert found is not None
    assert found.item == item


def test_a_thing_that_is_not_listed_has_no_row() -> None:
    other_kind = {"kind": "equipment", "unit": "DAY", "rate": "1"}
    named = {"kind": "mileage", "item": "Van", "unit": "SMI", "rate": "1"}
    assert card(items=[other_kind, named]).item_for(line("Crew truck")) is None


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "two rates on a day": (
        {"labour": [{**LINEMAN, "valid_to": "2026-03-03"}, {**LINEMAN, "valid_from": "2026-03-03"}]},
        "'lineman' has two rates on 2026-03-03",
    ),
    "two rates of an item": (
        {"items": [{"kind": "mileage", "unit": "SMI", "rate": "1"}] * 2},
        "'mileage' has two rates on",
    ),
    "an item's units differ": (
        {
            "items": [
                {"kind": "mileage", "unit": "SMI", "rate": "1", "valid_to": "2026-03-03"},
                {"kind": "mileage", "unit": "KMT", "rate": "1", "valid_from": "2026-03-04"},
            ]
        },
        "must be alike in unit",
    ),
    "an end before the start": (
        {"labour": [{**LINEMAN, "valid_from": "2026-03-03", "valid_to": "2026-03-02"}]},
        "before it starts",
    ),
    "tiers that fall": (
        {"labour": [{**LINEMAN, "tiers": [{"above": "40", "ST": "9"}, {"above": "30", "ST": "8"}]}]},
        "rising order",
    ),
    "labour among the items": ({"items": [{"kind": "labour", "unit": "HUR", "rate": "1"}]}, "listed under `labour`"),
    "a rate of nothing": ({"labour": [{**LINEMAN, "ST": "0"}]}, "greater than 0"),
    "a rate that is a float": ({"labour": [{**LINEMAN, "ST": 95.1}]}, "decimal number written as text"),
    "a misspelt setting": ({"labour": [{**LINEMAN, "ot": "1"}]}, "Extra inputs"),
    "a week of more hours than it has": ({"weekly_caps": [{"hours": "169"}]}, "less than or equal to 168"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_card_that_means_two_things_is_refused(case: str) -> None:
    settings, says = WRONG[case]
    with pytest.raises(ValidationError, match=says.replace("(", r"\(")):
        RateCard.model_validate(settings)


def test_a_week_begins_where_the_client_says() -> None:
    thursday = date(2026, 3, 5)
    assert card().week_of(thursday) == date(2026, 3, 2)
    assert card(week_starts="sunday").week_of(thursday) == date(2026, 3, 1)
    assert card(week_starts="thursday").week_of(thursday) == thursday

"""The small answers that a checklist's sections give."""

from datetime import UTC, datetime
from decimal import Decimal
from string import ascii_uppercase

import pytest
from pydantic import ValidationError

from checklists.sections import AttachmentRules, CutOff, Licence, NumberRules, OrderRules
from checklists.terms import TERMS, steps_from

ORDERS = OrderRules.model_validate(
    {"form": {"pattern": r"45\d{8}", "says": "45 and more", "example": "4500012345"}, "prefix": "45", "zero_pad_to": 10}
)


@pytest.mark.parametrize(
    ("number", "following"),
    [("CV-7", "CV-7-R1"), ("CV-7-R1", "CV-7-R2"), ("CV-7-R9", "CV-7-R10"), ("CV-R1x", "CV-R1x-R1")],
)
def test_the_suffix_counts_up(number: str, following: str) -> None:
    assert NumberRules(after_rejected="suffix").next_number(number) == following


@pytest.mark.parametrize(
    ("suffix", "number", "used", "following"),
    [
        ("{a}", "INV-7", (), "INV-7A"),
        ("{a}", "INV-7A", ("INV-7", "INV-7A"), "INV-7B"),
        ("{a}", "INV-7A", ("INV-7A",), "INV-7AA"),
        ("/{a}", "7", ("7",), "7/A"),
        ("-R{n}", "INV-7", ("INV-7", "INV-7-R1"), "INV-7-R2"),
        ("-R{n}", "INV-7-R1", ("INV-7-R1",), "INV-7-R1-R1"),
        ("{n}", "INV-71", ("INV-7", "INV-71"), "INV-72"),
        ("{n}", "INV-71", (), "INV-711"),
    ],
)
def test_a_series_begins_with_the_first_number_used(
    suffix: str, number: str, used: tuple[str, ...], following: str
) -> None:
    assert NumberRules(suffix=suffix).next_number(number, used) == following


def test_letters_end_with_z() -> None:
    used = ("7", *(f"7{mark}" for mark in ascii_uppercase))
    with pytest.raises(ValueError, match="used up"):
        NumberRules(suffix="{a}").next_number("7Z", used)


def test_a_suffix_of_characters_that_the_client_does_not_take_is_refused() -> None:
    with pytest.raises(ValueError, match="has not the form"):
        NumberRules(characters="A-Z0-9").next_number("INV7")


@pytest.mark.parametrize("given", ["]", "^A-Z", "z-a", "A-Z]|.[x"])
def test_characters_are_a_plain_list(given: str) -> None:
    with pytest.raises(ValidationError):
        NumberRules(characters=given)


def test_a_suffix_that_does_not_fit_is_refused_and_not_cut() -> None:
    with pytest.raises(ValueError, match="longer than the 8 characters"):
        NumberRules(after_rejected="suffix", max_length=8).next_number("CV-12345")


@pytest.mark.parametrize(
    ("number", "candidates"),
    [
        ("PO 4500012345", ("4500012345",)),
        ("po#4500012345", ("4500012345",)),
        ("45 0001 2345", ("4500012345",)),
        ("00012345", ("4500012345",)),
        ("12345", ("4500012345",)),
        ("4500012345", ()),
        ("ABC", ()),
    ],
)
def test_a_damaged_order_number_has_candidates_of_the_right_form(number: str, candidates: tuple[str, ...]) -> None:
    assert ORDERS.candidates(number) == candidates


def test_without_a_form_there_is_nothing_to_restore() -> None:
    assert OrderRules(zero_pad_to=10).candidates("12345") == ()


@pytest.mark.parametrize(
    ("licence", "code", "paths", "permitted"),
    [
        ({}, "unit_mapping", ["/invoice/lines/0/unit"], True),
        ({"allowed": []}, "unit_mapping", ["/invoice/lines/0/unit"], False),
        ({"allowed": ["unit_mapping"]}, "unit_mapping", ["/invoice/lines/0/unit"], True),
        ({"allowed": ["unit_mapping"]}, "po_format", ["/invoice/orders/0/number"], False),
        ({"allowed": ["/invoice/lines/*/unit"]}, "any", ["/invoice/lines/7/unit"], True),
        ({"allowed": ["/invoice/lines/*/unit"]}, "any", ["/invoice/lines/7/unit", "/invoice/bill_to"], False),
        ({"allowed": ["/invoice/lines/*/unit"]}, "any", [], False),
        ({"never": ["po_format"]}, "po_format", ["/invoice/orders/0/number"], False),
        ({"never": ["/invoice/orders"]}, "po_format", ["/invoice/orders/0/number"], False),
        ({"allowed": ["po_format"], "never": ["/invoice/orders"]}, "po_format", ["/invoice/orders/0/number"], False),
        ({"never": ["/invoice/orders"]}, "bill_to", ["/invoice/bill_to"], True),
    ],
)
def test_the_licence_says_what_may_be_corrected(
    licence: dict[str, list[str]], code: str, paths: list[str], permitted: bool
) -> None:
    assert Licence.model_validate(licence).permits(code, paths) is permitted


@pytest.mark.parametrize(
    ("now", "cut_off"),
    [
        (datetime(2026, 3, 11, 12, tzinfo=UTC), datetime(2026, 3, 13, 22, tzinfo=UTC)),  # Wednesday, summer time
        (datetime(2026, 3, 13, 21, 59, tzinfo=UTC), datetime(2026, 3, 13, 22, tzinfo=UTC)),
        (datetime(2026, 3, 13, 22, tzinfo=UTC), datetime(2026, 3, 20, 22, tzinfo=UTC)),
        (datetime(2026, 3, 7, 12, tzinfo=UTC), datetime(2026, 3, 13, 22, tzinfo=UTC)),  # before the clocks change
        (datetime(2026, 1, 14, 12, tzinfo=UTC), datetime(2026, 1, 16, 23, tzinfo=UTC)),  # winter time
        (datetime(2026, 3, 14, 3, tzinfo=UTC), datetime(2026, 3, 20, 22, tzinfo=UTC)),  # still Friday in Chicago
    ],
)
def test_the_next_cut_off_is_in_the_clients_own_time(now: datetime, cut_off: datetime) -> None:
    rule = CutOff.model_validate({"weekday": "friday", "hour": "17:00", "time_zone": "America/Chicago"})
    assert rule.next_after(now) == cut_off


def test_a_megabyte_is_a_million_bytes() -> None:
    assert AttachmentRules.bytes_of(Decimal("2.5")) == 2_500_000


def test_a_section_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        ORDERS.required = False  # type: ignore[misc]


@pytest.mark.parametrize("term", sorted(TERMS))
def test_every_business_term_has_its_place_in_a_packet(term: str) -> None:
    assert steps_from(term)


@pytest.mark.parametrize("name", ["BT-0", "invoice/number", "/", "/invoice/lines/0", "/invoice/number/x"])
def test_a_place_that_no_packet_has_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name.replace("/", "[/]")):
        steps_from(name)

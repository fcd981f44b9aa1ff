"""The currencies of ISO 4217 and their decimals."""

import pytest

from gateway.currency import CURRENCIES, is_currency, minor_units


@pytest.mark.parametrize(
    ("code", "units"), [("USD", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("BHD", 3), ("TND", 3), ("CLF", 4), ("UYW", 4)]
)
def test_minor_units_are_those_of_the_standard(code: str, units: int) -> None:
    assert is_currency(code)
    assert minor_units(code) == units


@pytest.mark.parametrize("code", ["XAU", "XXX", "XTS", "usd", "", "US", "DEM", "ABC"])
def test_what_nothing_is_billed_in_is_no_currency(code: str) -> None:
    assert not is_currency(code)
    assert minor_units(code) is None


def test_every_code_is_three_capitals_and_has_up_to_four_decimals() -> None:
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in CURRENCIES)
    assert set(CURRENCIES.values()) == {0, 2, 3, 4}
    assert 150 < len(CURRENCIES) < 180

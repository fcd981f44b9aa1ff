"""An account's settings for Fusion: every fault names the setting and the cure."""

from typing import Any

import pytest

from adapters.oracle_isupplier.fusion.settings import settings_from
from gateway.errors import SettingWrong

GIVEN = {"transport": "fusion", "url": "https://buyer.fusion.example/", "business_unit": "Example Power BU"}


def test_the_least_that_is_needed() -> None:
    settings = settings_from(GIVEN)
    assert settings.base == "https://buyer.fusion.example/fscmRestApi/resources/11.13.18.05"
    assert (settings.auth, settings.actions, settings.lines, settings.changes) == ("basic", "item", "nested", "by_time")


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"url": None}, "url"),
        ({"url": "ftp://buyer.example"}, "url"),
        ({"url": "https://user:word@buyer.example"}, "url"),
        ({"business_unit": None}, "business_unit"),
        ({"business_unit": "x" * 241}, "business_unit"),
        ({"auth": "oauth"}, "token_url"),
        ({"auth": "saml"}, "auth"),
        ({"actions": "collection"}, "supplier"),
        ({"api_version": "../.."}, "api_version"),
        ({"holds": "yes"}, "holds"),
        ({"field_names": {"LineAmount": "Line Amount"}}, "field_names"),
        ({"field_names": ["LineAmount"]}, "field_names"),
        ({"field_names": {"InvoiceNumber": "Number"}}, "field_names"),
        ({"description_length": 0}, "description_length"),
        ({"poll_from": "2026-01-01T00:00:00"}, "poll_from"),
        ({"poll_overlap_seconds": 1}, "poll_overlap_seconds"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_fault_names_its_setting(changes: dict[str, Any], setting: str) -> None:
    with pytest.raises(SettingWrong) as wrong:
        settings_from({**GIVEN, **changes})
    assert wrong.value.setting == setting
    assert "user:word" not in str(wrong.value)

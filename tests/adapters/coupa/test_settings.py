"""An account's settings: every fault names the setting and the cure."""

from typing import Any

import pytest

from adapters.coupa.settings import settings_from
from gateway.errors import SettingWrong
from tests.adapters.coupa.scripted import CXML


@pytest.mark.parametrize(
    ("setting", "changes"),
    [
        ("url", {"url": None}),
        ("url", {"url": "buyer.coupahost.example"}),
        ("url", {"url": "ftp://buyer.coupahost.example"}),
        ("url", {"url": "https://user:word@buyer.coupahost.example"}),
        ("transport", {"transport": "fax"}),
        ("status_source", {"status_source": "mail"}),
        ("status_source", {"transport": "rest", "status_source": "csp_rest", "supplier_id": 1}),
        ("supplier_identity", {"supplier_identity": ""}),
        ("buyer_domain", {"buyer_domain": None}),
        ("supplier_id", {"transport": "rest"}),
        ("scopes", {"transport": "rest", "supplier_id": 1, "scopes": ["core.invoice.read"]}),
        ("scopes", {"scopes": 7}),
        ("client_auth", {"client_auth": "cookie"}),
        ("token_delay_seconds", {"token_delay_seconds": "5"}),
        ("token_delay_seconds", {"token_delay_seconds": -1}),
        ("token_renew_hours", {"token_renew_hours": float("nan")}),
        ("poll_overlap_seconds", {"poll_overlap_seconds": 0}),
        ("image_scan", {"image_scan": "yes"}),
        ("poll_from", {"poll_from": "yesterday"}),
        ("poll_from", {"poll_from": "2026-01-01"}),
        ("cxml_path", {"cxml_path": "cxml/invoices"}),
        ("supplier_id", {"supplier_id": [1]}),
        ("shared_secret", {"shared_secret": "hunter2"}),
    ],
)
def test_a_wrong_setting_is_named(setting: str, changes: dict[str, Any]) -> None:
    with pytest.raises(SettingWrong) as wrong:
        settings_from({**CXML, **changes})
    assert wrong.value.setting == setting
    assert "hunter2" not in str(wrong.value)


def test_the_scopes_follow_from_what_the_account_does() -> None:
    assert settings_from(CXML).scopes == ()
    assert settings_from({**CXML, "status_source": "core_rest"}).scopes == (
        "core.invoice.read",
        "core.purchase_order.read",
    )
    assert "core.invoice.create" in settings_from({**CXML, "transport": "rest", "supplier_id": 7}).scopes
    assert settings_from({**CXML, "status_source": "csp_rest"}).scopes == ("csp.invoices.read",)
    assert settings_from({**CXML, "scopes": "a.b c.d"}).scopes == ("a.b", "c.d")

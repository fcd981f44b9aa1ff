"""Settings of one account on the network."""

from typing import Any

import pytest

from adapters.ariba.settings import settings_from
from gateway.errors import SettingWrong
from tests.adapters.ariba.scripted import BUYER, GIVEN, SUPPLIER


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"colour": "red"}, "colour"),
        ({"url": None}, "url"),
        ({"url": "ftp://network.example"}, "url"),
        ({"url": "https://user:word@network.example/x"}, "url"),
        ({"supplier_anid": None}, "supplier_identity"),
        ({"buyer_anid": ""}, "buyer_identity"),
        ({"supplier_anid": SUPPLIER + "-T"}, "supplier_identity, buyer_identity"),
        ({"buyer_anid": BUYER + "-T"}, "supplier_identity, buyer_identity"),
        ({"deployment_mode": "test"}, "deployment_mode"),
        ({"deployment_mode": "tests"}, "deployment_mode"),
        ({"version": "1.2.050"}, "version"),
        ({"proof": "password"}, "proof"),
        ({"delivery": "pushed"}, "delivery"),
        ({"delivery": "lookup", "lookup_url": None, "token_url": None}, "lookup_url"),
        ({"token_url": None}, "token_url"),
        ({"lookup_url": None}, "lookup_url"),
        ({"max_messages": 0}, "max_messages"),
        ({"max_messages": True}, "max_messages"),
        ({"token_renew_share": 1}, "token_renew_share"),
        ({"pay_codes": {"XT": "Extra"}}, "pay_codes"),
        ({"abilities": "pending_queue"}, "abilities"),
        ({"supplier_name": 1.5}, "supplier_name"),
    ],
)
def test_a_wrong_setting_is_named(changes: dict[str, Any], setting: str) -> None:
    with pytest.raises(SettingWrong) as wrong:
        settings_from({**GIVEN, **changes})
    assert wrong.value.setting == setting


def test_test_accounts_make_test_documents() -> None:
    settings = settings_from({**GIVEN, "supplier_anid": SUPPLIER + "-T", "buyer_anid": BUYER + "-T"})
    assert (settings.mode, settings.identity().deployment_mode) == ("test", "test")
    assert settings_from(GIVEN).mode == "production"


def test_identities_of_other_domains_leave_the_mode_to_its_setting() -> None:
    other = {"supplier_domain": "DUNS", "supplier_anid": "123456789", "buyer_domain": "DUNS", "buyer_anid": "987654321"}
    assert settings_from({**GIVEN, **other, "deployment_mode": "test"}).mode == "test"
    assert settings_from({**GIVEN, **other}).mode == "production"


def test_what_the_network_grants_chooses_the_sources_unless_they_are_set() -> None:
    free = {name: value for name, value in GIVEN.items() if name != "delivery"}
    granted = settings_from({**free, "abilities": ["pending_queue", "profile"]})
    assert (granted.delivery, granted.orders_from) == ("pending", "pending")
    assert (settings_from(free).delivery, settings_from(free).orders_from) == ("none", "none")
    set_ = settings_from({**free, "abilities": ["pending_queue"], "delivery": "lookup", "orders_from": "none"})
    assert (set_.delivery, set_.orders_from) == ("lookup", "none")

"""Coupa's real test instances, when asked: `pytest -m live tests/live/test_coupa_live.py`.

Without the variables below every test skips and names what is missing. The reading tests change nothing. The sending
test creates one invoice in the buyer's test instance and only runs where COUPA_LIVE_SEND=yes says so.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.coupa import Adapter
from gateway.adapter import Ability, Account, Presentation, Stamp
from gateway.connection import open_connection
from gateway.packet import packet_from
from gateway.verdict import Outcome, Status

pytestmark = pytest.mark.live

SETTINGS = "COUPA_LIVE_SETTINGS"  # path of a JSON file with the account's settings, as README describes them
PACKET = "COUPA_LIVE_PACKET"  # path of a packet JSON that the test instance's orders allow
SECRETS = {
    "client_id": "COUPA_LIVE_CLIENT_ID",
    "client_secret": "COUPA_LIVE_CLIENT_SECRET",
    "csp_client_id": "COUPA_LIVE_CSP_CLIENT_ID",
    "csp_client_secret": "COUPA_LIVE_CSP_CLIENT_SECRET",
    "shared_secret": "COUPA_LIVE_SHARED_SECRET",
}


def _wanted(*names: str) -> list[str]:
    """The variables' values; skips, naming those that are not set."""
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        pytest.skip(f"set {', '.join(missing)} to run this against a real Coupa test instance")
    return [os.environ[name] for name in names]


@pytest.fixture
def settings() -> dict[str, Any]:
    """The account's settings."""
    (path,) = _wanted(SETTINGS)
    found: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return found


@pytest.fixture
def adapter(settings: dict[str, Any]) -> Iterator[Adapter]:
    """An adapter at the real instance."""
    by_csp = settings.get("status_source") == "csp_rest"
    prefix = "csp_" if by_csp else ""
    if settings.get("status_source") != "none" or settings.get("transport") == "rest":
        _wanted(SECRETS[f"{prefix}client_id"], SECRETS[f"{prefix}client_secret"])
    account = Account("coupa-live", "coupa", settings, lambda name: _wanted(SECRETS[name])[0])
    http: httpx.Client = open_connection(account)
    yield Adapter(account, http)
    http.close()


def test_the_account_signs_in_and_reads(adapter: Adapter) -> None:
    assert adapter.check().endswith(".")


def test_every_status_seen_is_one_we_know(adapter: Adapter) -> None:
    if Ability.poll not in adapter.abilities:
        pytest.skip("this account has no source of statuses")
    page = adapter.poll("")
    strange = {notice.verdict.portal_status for notice in page.notices if notice.verdict.status is Status.unknown}
    assert strange <= {"payable_adjustment"}, "add these words to adapters/coupa/mapping.py"


def test_orders_are_read(adapter: Adapter) -> None:
    if Ability.orders not in adapter.abilities:
        pytest.skip("this account cannot read purchase orders")
    assert all(order.number for order in adapter.orders("").orders)


def test_a_number_nobody_used_is_not_found(adapter: Adapter) -> None:
    if Ability.find not in adapter.abilities:
        pytest.skip("this account cannot look invoices up")
    assert adapter.find(f"NOBODY-{datetime.now(UTC):%Y%m%d%H%M%S}") == ()


def test_an_invoice_is_taken_and_its_number_is_refused_the_second_time(adapter: Adapter) -> None:
    consent, path = _wanted("COUPA_LIVE_SEND", PACKET)
    if consent != "yes":
        pytest.skip("COUPA_LIVE_SEND must be yes: this creates an invoice in the test instance")
    raw = json.loads(Path(path).read_text(encoding="utf-8"))
    raw["invoice"]["number"] = f"CB-{datetime.now(UTC):%y%m%d%H%M%S}"
    raw["invoice"]["issued_on"] = date.today().isoformat()  # noqa: DTZ011 - the seller's calendar
    stamp = Stamp(f"{raw['invoice']['number']}@clearbill.live", datetime.now(UTC))
    document = adapter.render(packet_from(raw), [], Presentation(), stamp)
    receipt = adapter.submit(document, stamp.reference)
    assert receipt.outcome is Outcome.receipted, receipt.raw
    assert adapter.submit(document, stamp.reference).outcome is Outcome.refused
    if Ability.find in adapter.abilities:
        (found,) = adapter.find(document.number)
        assert found.total == document.total

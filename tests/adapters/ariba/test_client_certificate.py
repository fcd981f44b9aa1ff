"""An account that proves itself by a client certificate, at a TLS front that asks for one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from adapters.ariba.sandbox import Portal
from gateway.adapter import Adapter
from gateway.connection import Limits
from gateway.errors import MaybeSent, NotSent, PortalUnavailable, SettingWrong
from gateway.portals import Portals
from gateway.settings import AccountSettings
from gateway.verdict import Outcome
from tests.packets import ORDER_AT_PORTAL, PLAIN, STAMP, packet
from tests.tls import authority, issued, needs_openssl, tls_front

pytestmark = needs_openssl
LIMITS = Limits(connect=30, read=30, total=60, tries_of_a_read=1)


class Yard:
    """The network behind its TLS front, and the papers to come in by."""

    def __init__(self, portal: Portal, port: int, ca: Path, client: Path) -> None:
        self.portal, self.port, self.ca, self.client = portal, port, ca, client

    def account(self, **secrets: str) -> AccountSettings:
        given: dict[str, Any] = dict(self.portal.account())
        given.pop("secrets")
        given.update(url=f"https://127.0.0.1:{self.port}/certservice/service/transaction/cxml.asp", proof="certificate")
        for name in ("rest_url", "lookup_url", "token_url"):
            given.pop(name, None)
        return AccountSettings(portal="ariba", settings=given, secrets=secrets, ca_file=self.ca)

    def named(self, certificate: Path) -> dict[str, str]:
        return {"client_certificate": f"file:{certificate}", "client_key": f"file:{certificate.with_suffix('.key')}"}


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    folder = tmp_path_factory.mktemp("tls")
    network, suppliers = authority(folder, "network"), authority(folder, "suppliers")
    server, client = issued(network, "server"), issued(suppliers, "client")
    with Portal({"default": {"supplier": {"certificate": True}}}) as portal:
        portal.orders([ORDER_AT_PORTAL])
        parts = urlsplit(portal.url)
        with tls_front(server, suppliers, (str(parts.hostname), int(parts.port or 0))) as port:
            yield Yard(portal, port, network, client)


def opened(account: AccountSettings) -> tuple[Portals, Adapter]:
    portals = Portals({"network": account}, limits=LIMITS)
    return portals, portals.adapter("network")


def test_an_invoice_goes_out_by_certificate_and_without_any_secret(yard: Yard) -> None:
    portals, adapter = opened(yard.account(**yard.named(yard.client)))
    try:
        assert "signed in" in adapter.check()
        document = adapter.render(packet(), [], PLAIN, STAMP)
        assert b"SharedSecret" not in document.body
        assert adapter.submit(document, STAMP.reference).outcome is Outcome.receipted
        assert [held["number"] for held in yard.portal.documents()] == [packet().invoice.number]
    finally:
        portals.close()


@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_who_shows_no_certificate_that_is_known_sends_nothing(yard: Yard, tmp_path: Path, who: str) -> None:
    secrets = yard.named(issued(authority(tmp_path, "others"), "stranger")) if who == "stranger" else {}
    before = len(yard.portal.documents())
    portals, adapter = opened(yard.account(**secrets))
    try:
        with pytest.raises(PortalUnavailable):
            adapter.check()
        with pytest.raises((NotSent, MaybeSent)):  # TLS 1.3 may say no only after our first bytes left
            adapter.submit(adapter.render(packet("INV-2"), [], PLAIN, STAMP), STAMP.reference)
        assert len(yard.portal.documents()) == before
    finally:
        portals.close()


def test_a_portal_that_is_not_trusted_gets_nothing(yard: Yard) -> None:
    account = yard.account(**yard.named(yard.client)).model_copy(update={"ca_file": None})
    portals, adapter = opened(account)
    try:
        with pytest.raises(NotSent):
            adapter.submit(adapter.render(packet("INV-3"), [], PLAIN, STAMP), STAMP.reference)
    finally:
        portals.close()


@pytest.mark.parametrize(
    ("secrets", "message"),
    [
        ({"client_certificate": "env:CERTIFICATE"}, "client_certificate: must be a reference such as file:PATH"),
        ({"client_certificate": "file:/nowhere/at.all"}, "cannot be used"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_told_by_its_setting(
    yard: Yard, secrets: dict[str, str], message: str
) -> None:
    with pytest.raises(SettingWrong, match=message):
        opened(yard.account(**secrets))


def test_anothers_key_is_refused_before_anything_leaves(yard: Yard, tmp_path: Path) -> None:
    other = issued(authority(tmp_path, "others"), "other")
    secrets = {**yard.named(yard.client), "client_key": f"file:{other.with_suffix('.key')}"}
    with pytest.raises(SettingWrong, match="cannot be used") as told:
        opened(yard.account(**secrets))
    assert "PRIVATE" not in str(told.value)

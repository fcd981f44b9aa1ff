"""Whole roads through the adapter against Coupa's stand-in: what the portal-neutral contract has no word for."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.coupa import Adapter
from adapters.coupa.sandbox import Portal
from gateway.adapter import Account, Document
from gateway.connection import open_connection
from gateway.errors import MaybeSent, PersonNeeded, SignInRefused
from gateway.verdict import Actor, Outcome, ReasonCode, Status
from tests.packets import ORDER, ORDER_AT_PORTAL, PLAIN, STAMP, labour, mileage, packet, paper

Connect = Callable[..., Adapter]


@pytest.fixture
def portal() -> Iterator[Portal]:
    with Portal() as running:
        running.orders([ORDER_AT_PORTAL])
        running.knobs(throttle=False)
        yield running


@pytest.fixture
def connect(portal: Portal) -> Iterator[Connect]:
    """`connect(transport="rest")`: an adapter for the stand-in's account with these settings."""
    open_ones = []

    def connected(**settings: Any) -> Adapter:
        given = {**portal.account(), "token_delay_seconds": 0, **settings}
        secrets = given.pop("secrets")
        account = Account("road", "coupa", given, secrets.__getitem__)
        open_ones.append(open_connection(account))
        return Adapter(account, open_ones[-1])

    yield connected
    for http in open_ones:
        http.close()


def _document(adapter: Adapter, number: str = "INV-1001", **changes: Any) -> Document:
    return adapter.render(packet(number, **changes), [paper()], PLAIN, STAMP)


def test_a_corrected_revision_takes_over_the_draft_that_a_broken_try_left(portal: Portal, connect: Connect) -> None:
    adapter = connect(transport="rest")
    portal.fault("cut", door="rest", after=3)  # look-up, draft, attachment, then submit
    with pytest.raises(MaybeSent):
        adapter.submit(_document(adapter), "r")
    (draft,) = adapter.find("INV-1001")
    assert not draft.complete
    corrected = _document(adapter, lines=[labour(description="Lineman, regular time"), mileage()])
    receipt = adapter.submit(corrected, "r2")
    assert (receipt.outcome, receipt.portal_reference) == (Outcome.receipted, draft.portal_reference)
    (held,) = portal.documents()
    assert (held["total"], held["submitted"]) == ("4020.40", True)
    assert [part["name"] for part in held["attachments"]] == ["timesheet.pdf"]
    corrections = [row for row in portal.requests() if row["method"] == "PUT" and "/1001?" in row["path"]]
    assert len(corrections) == 1


def test_a_draft_with_another_total_is_not_taken_over(portal: Portal, connect: Connect) -> None:
    adapter = connect(transport="rest")
    portal.fault("cut", door="rest", after=3)
    with pytest.raises(MaybeSent):
        adapter.submit(_document(adapter), "r")
    with pytest.raises(PersonNeeded):
        adapter.submit(_document(adapter, lines=[labour()]), "r2")
    (held,) = portal.documents()
    assert (held["total"], held["submitted"]) == ("4020.40", False)


@pytest.mark.parametrize("http", ["mirror", "always_200"])
def test_a_refusal_is_read_whether_http_mirrors_it_or_not(portal: Portal, connect: Connect, http: str) -> None:
    portal.knobs(http_status=http)
    adapter = connect()
    portal.order(ORDER, "close")
    receipt = adapter.submit(_document(adapter), "r")
    assert [(reason.code, reason.path) for reason in receipt.verdict.reasons] == [
        (ReasonCode.po_closed, "/invoice/lines/0"),
        (ReasonCode.po_closed, "/invoice/lines/1"),
    ]
    portal.refuses_the_password()
    with pytest.raises(SignInRefused):
        adapter.submit(_document(adapter, "INV-2"), "r")


def test_an_order_that_is_not_there_is_refused(connect: Connect) -> None:
    adapter = connect()
    unknown = _document(adapter, orders=[{"number": "4599999999"}])
    receipt = adapter.submit(unknown, "r")
    assert [reason.code for reason in receipt.verdict.reasons] == [ReasonCode.po_unknown]
    assert receipt.verdict.reasons[0].portal_text in receipt.raw.decode()


def test_a_person_may_void_an_approved_invoice_and_learns_when_it_is_too_late(portal: Portal, connect: Connect) -> None:
    adapter = connect()
    receipt = adapter.submit(_document(adapter), "r")
    portal.says("INV-1001", "disputed")
    refused = adapter.void(receipt.portal_reference, "billed twice")
    assert refused.status is Status.under_query
    assert refused.reasons
    assert refused.reasons[0].portal_text
    portal.says("INV-1001", "approved")
    assert adapter.void(receipt.portal_reference, "billed twice").status is Status.cancelled
    assert portal.documents()[0]["status"] == "voided"
    assert "billed twice" in portal.documents()[0]["comments"]


def test_an_approved_invoice_that_is_paid_is_paid(portal: Portal, connect: Connect) -> None:
    adapter = connect()
    adapter.submit(_document(adapter), "r")
    portal.says("INV-1001", "approved")
    portal.pays("INV-1001")
    (notice,) = adapter.poll("").notices
    assert notice.verdict.status is Status.paid


def test_a_tenant_that_cannot_create_by_rest_has_it_not_enabled(portal: Portal, connect: Connect) -> None:
    portal.knobs(rest_create=False)
    adapter = connect(transport="rest")
    receipt = adapter.submit(_document(adapter), "r")
    assert [reason.code for reason in receipt.verdict.reasons] == [ReasonCode.not_enabled]
    assert receipt.verdict.who_acts is Actor.portal_admin
    assert portal.documents() == []


def test_scopes_that_the_client_does_not_hold_are_named(connect: Connect) -> None:
    adapter = connect(scopes=["core.invoice.read", "core.moon.read"])
    with pytest.raises(SignInRefused, match=r"core\.moon\.read") as refused:
        adapter.check()
    assert "setting scopes" in str(refused.value)


def test_a_token_that_expires_at_the_portal_is_renewed_in_passing(portal: Portal, connect: Connect) -> None:
    portal.knobs(token_seconds=1)
    adapter = connect(token_renew_hours=20)
    adapter.check()
    portal.fault("refuse_password", door="rest")
    adapter.check()
    asked = [row["path"].partition("?")[0] for row in portal.requests() if row["door"] == "token"]
    assert asked == ["/oauth2/token", "/oauth2/token"]

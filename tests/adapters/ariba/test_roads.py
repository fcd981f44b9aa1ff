"""The adapter's ways at the network, against the stand-in: late refusals, buyers' scripts, queues that differ."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.adapter import Adapter, Notice, Receipt, Stamp
from gateway.errors import SettingWrong
from gateway.verdict import Level, Outcome, ReasonCode, Status
from tests.contract.desk import NUMBER, Desk, stand_in
from tests.contract.variants import Variant
from tests.packets import ORDER, PLAIN, STAMP, packet


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A supplier that reads its queue; the network validates later, as it does."""
    at_work = Desk(stand_in("ariba"), "ariba", Variant({"delivery": "pending"}, knobs={"throttle": False}))
    yield at_work
    at_work.close()


def read_all(desk: Desk, adapter: Adapter | None = None, cursor: str = "") -> tuple[list[Notice], str]:
    """All that the queue has, page by page."""
    notices: list[Notice] = []
    more = True
    while more:
        page = (adapter or desk.adapter).poll(cursor)
        notices += page.notices
        cursor, more = page.cursor, page.more
    return notices, cursor


def test_a_repeated_send_of_the_same_document_is_receipted_and_stands_there_once(desk: Desk) -> None:
    first = desk.submit()
    second = desk.another_adapter().submit(desk.document(), STAMP.reference)
    assert (first.outcome, second.outcome) == (Outcome.receipted, Outcome.receipted)
    assert first.portal_reference == second.portal_reference
    assert len(desk.portal.documents()) == 1


@pytest.mark.parametrize("sender", ["network", "buyer"])
def test_a_late_refusal_of_the_network_is_the_portals_and_bears_its_codes(desk: Desk, sender: str) -> None:
    desk.portal.knobs(network_rejection_from=sender)
    desk.portal.rules(require_supplier_tax_id=True)
    assert desk.submit(orders=[{"number": "999"}]).outcome is Outcome.receipted
    (notice,), _ = read_all(desk)
    assert (notice.number, notice.portal_reference) == (NUMBER, STAMP.reference)
    assert (notice.verdict.status, notice.verdict.level) == (Status.rejected, Level.portal)
    codes = {reason.code for reason in notice.verdict.reasons}
    assert {ReasonCode.po_unknown, ReasonCode.tax_id_missing} <= codes
    (found,) = desk.adapter.find(NUMBER)
    assert (found.verdict.status, found.verdict.level) == (Status.rejected, Level.portal)
    assert found.portal_reference == notice.portal_reference


def _void(desk: Desk, number: str = NUMBER) -> Receipt:
    """The invoice is taken back by a document of its own."""
    stamp = Stamp("packet-1.1.void1@clearbill.example", STAMP.built_at)
    document = desk.adapter.cancellation(packet(number), PLAIN, stamp, STAMP.reference, "billed to the wrong client")
    return desk.adapter.submit(document, stamp.reference)


def test_an_invoice_is_taken_back_by_a_document_and_its_own_status_tells(desk: Desk) -> None:
    desk.submit()
    receipt = _void(desk)
    assert (receipt.outcome, receipt.verdict.status) == (Outcome.receipted, Status.received)
    (notice,), _ = read_all(desk)
    assert (notice.reference, notice.verdict.status) == (STAMP.reference, Status.cancelled)
    assert [held["status"] for held in desk.portal.documents()] == ["canceled"]
    assert _void(desk).outcome is Outcome.receipted, "the same document again is answered as before"
    assert len(desk.portal.documents()) == 1


def test_a_refused_cancellation_is_told_of_its_own_document_never_of_the_invoice(desk: Desk) -> None:
    desk.portal.rules(allow_cancel=False)
    desk.submit()
    assert _void(desk).outcome is Outcome.receipted
    (notice,), _ = read_all(desk)
    assert (notice.reference, notice.verdict.status) == ("packet-1.1.void1@clearbill.example", Status.rejected)
    assert [held["status"] for held in desk.portal.documents()] == ["sent"]


@pytest.mark.parametrize("number", [NUMBER, f"{NUMBER}-R1"])
def test_a_second_try_names_the_refused_one_which_becomes_obsolete(desk: Desk, number: str) -> None:
    desk.portal.rules(reuse_number_after_failed=True)
    desk.portal.rejects("INV-98")
    desk.submit()
    second = Stamp("packet-2.2@clearbill.example", STAMP.built_at, resubmits=STAMP.reference)
    receipt = desk.adapter.submit(desk.adapter.render(packet(number), [], PLAIN, second), second.reference)
    assert receipt.outcome is Outcome.receipted
    shown = {row["id"]: row["obsoleted_by"] for row in desk.portal.documents()}
    assert shown == {STAMP.reference: second.reference, second.reference: None}
    first = next(one for one in desk.adapter.find(NUMBER) if one.portal_reference == STAMP.reference)
    assert (first.verdict.status, first.verdict.portal_status) == (Status.cancelled, "obsoleted")
    assert [reason.code for reason in first.verdict.reasons] == [ReasonCode.replaced]


@pytest.mark.parametrize("names", ["both", "reference", "id"])
@pytest.mark.parametrize("suffix", [True, False])
def test_however_an_update_names_the_invoice_it_is_ours(desk: Desk, names: str, suffix: bool) -> None:
    desk.portal.knobs(status_names=names, gateway_suffix=suffix)
    desk.submit()
    desk.portal.says(NUMBER, "approved")
    (notice,), _ = read_all(desk)
    assert notice.portal_reference == ("" if names == "id" else STAMP.reference)
    assert notice.number == ("" if names == "reference" else NUMBER)
    assert notice.verdict.status is Status.accepted


def test_the_verdicts_of_a_life_come_in_the_portals_own_order(desk: Desk) -> None:
    desk.submit()
    for word in ("processing", "approved", "paying", "paid"):
        desk.portal.says(NUMBER, word)
    notices, _ = read_all(desk)
    told = sorted(notices, key=lambda one: str(one.verdict.at))
    statuses = [one.verdict.status for one in told]
    assert statuses == [Status.in_process, Status.accepted, Status.accepted, Status.paid]


@pytest.mark.parametrize("acknowledged", ["delivered", "older", "through"])
@pytest.mark.parametrize("resolution", ["millisecond", "second"])
def test_nothing_is_lost_or_told_for_ever_however_the_queue_forgets(
    desk: Desk, acknowledged: str, resolution: str
) -> None:
    desk.portal.knobs(pending_acknowledged=acknowledged, timestamp_resolution=resolution)
    desk.portal.seed(120)
    first, cursor = read_all(desk)
    assert len({notice.number for notice in first}) == len(first) == 120
    changed = sorted(notice.number for notice in first)[:30]
    told: set[str] = set()
    for number in changed:
        desk.portal.says(number, "approved")
        notices, cursor = read_all(desk, desk.another_adapter(), cursor)
        told |= {notice.number for notice in notices if notice.verdict.status is Status.accepted}
    assert told == set(changed)
    assert read_all(desk, cursor=cursor)[0] == []


def test_a_pass_that_died_before_it_was_stored_is_told_again(desk: Desk) -> None:
    desk.portal.seed(60)
    page = desk.adapter.poll("")
    assert page.more
    notices, _ = read_all(desk, desk.another_adapter())
    assert len(notices) == 60


def test_an_empty_queue_may_be_answered_by_200_too(desk: Desk) -> None:
    desk.portal.knobs(pending_empty="200")
    assert read_all(desk)[0] == []


def test_a_replaced_order_is_told_before_its_new_self_which_names_it(desk: Desk) -> None:
    (before,) = desk.adapter.orders("").orders
    desk.portal.order(ORDER, "replace")
    page = desk.adapter.orders("")
    again, after = page.orders
    assert again == before
    assert after.number == before.number
    assert after.payload_id != before.payload_id
    assert (after.operation, after.replaces) == ("update", before.payload_id)
    assert after.is_later_than(before)
    assert not before.is_later_than(after)
    assert desk.adapter.orders(page.cursor).orders == ()


def test_test_accounts_reach_the_test_side_alone(desk: Desk) -> None:
    settings: dict[str, Any] = dict(desk.portal.account(mode="test"))
    secrets = settings.pop("secrets")
    test = Desk(desk.portal, "ariba", Variant(settings))
    try:
        assert secrets["shared_secret"]
        document = test.adapter.render(packet("T-1"), [], PLAIN, STAMP)
        assert test.adapter.submit(document, STAMP.reference).outcome is Outcome.receipted
        assert [held["mode"] for held in desk.portal.documents()] == ["test"]
        assert desk.adapter.find("T-1") == ()
        assert [found.number for found in test.adapter.find("T-1")] == ["T-1"]
        assert "test account" in test.adapter.check()
    finally:
        test.http.close()


def test_a_test_supplier_never_writes_to_a_production_buyer(desk: Desk) -> None:
    settings = desk.portal.account(mode="test") | {"buyer_identity": desk.portal.account()["buyer_identity"]}
    del settings["secrets"]
    with pytest.raises(SettingWrong, match="test account"):
        Desk(desk.portal, "ariba", Variant(settings))


def test_a_certificates_door_needs_no_secret(desk: Desk) -> None:
    desk.portal.add_buyer("north", {"supplier": {"identity": "AN02000000007", "certificate": True}})
    settings = {**desk.portal.account("north"), "proof": "certificate"}
    settings.pop("secrets")
    settings["url"] = str(settings["url"]).replace("/service/", "/certservice/service/", 1)
    north = Desk(desk.portal, "ariba", Variant(settings))
    try:
        assert north.adapter.check().endswith(".")
    finally:
        north.http.close()


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("approve", Status.accepted),
        ("pay", Status.paid),
        ("pay_only", Status.paid),
        ("pay_partly", Status.accepted),
        ("pay_503", Status.paid),
        ("reject", Status.rejected),
        ("reject_423", Status.rejected),
        ("reject_typed", Status.rejected),
        ("erp_failed", Status.rejected),
        ("erp_cancelled", Status.rejected),
        ("query", Status.under_query),
    ],
)
def test_a_buyers_script_ends_as_it_says_and_the_buyer_says_it(desk: Desk, script: str, status: Status) -> None:
    desk.submit()
    desk.portal.plays(NUMBER, script)
    notices, _ = read_all(desk)
    last = max(notices, key=lambda one: str(one.verdict.at))
    assert (last.verdict.status, last.verdict.level) == (status, Level.buyer)
    told = bool(last.verdict.reasons)
    assert told is (status in (Status.rejected, Status.under_query) or script == "pay_partly")


def test_shuffled_and_repeated_documents_tell_the_same(desk: Desk) -> None:
    desk.portal.knobs(deliver="held")
    desk.submit()
    for word in ("processing", "approved", "paid"):
        desk.portal.says(NUMBER, word)
    desk.portal.delivers(repeat=1, shuffle=7)
    notices, _ = read_all(desk)
    told = {(one.verdict.at, one.verdict.status) for one in notices}
    assert [status for _, status in sorted(told)] == [Status.in_process, Status.accepted, Status.paid]


def test_a_shuffled_queue_is_read_whole_in_small_pages(desk: Desk) -> None:
    desk.portal.knobs(deliver="held")
    desk.portal.seed(40)
    desk.portal.delivers(repeat=0.5, shuffle=3)
    small = Desk(desk.portal, "ariba", Variant({"delivery": "pending", "max_messages": 7}))
    try:
        notices, _ = read_all(desk, small.adapter)
        assert {notice.number for notice in notices} == {held["number"] for held in desk.portal.documents()}
    finally:
        small.http.close()

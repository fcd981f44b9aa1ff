"""What every adapter must do when it asks a portal what became of invoices."""

import math
from collections.abc import Callable

import pytest

from gateway.adapter import Ability
from gateway.errors import PersonNeeded, PortalUnavailable, SignInRefused
from gateway.verdict import Actor, Status
from tests.contract.desk import NUMBER, Desk
from tests.packets import ORDER

READS: dict[str, Callable[[Desk], object]] = {
    "find": lambda desk: desk.adapter.find(NUMBER),
    "poll": lambda desk: desk.adapter.poll(""),
    "orders": lambda desk: desk.adapter.orders(""),
    "check": lambda desk: desk.adapter.check(),
}


def test_a_word_we_do_not_know_stays_unknown(desk: Desk) -> None:
    desk.submit()
    desk.portal.says(NUMBER, "gargling")
    (notice,), _ = desk.whole_pass("")
    assert (notice.verdict.status, notice.verdict.portal_status) == (Status.unknown, "gargling")
    if desk.variant.saved_by_word:
        with pytest.raises(PersonNeeded, match="gargling"):
            desk.adapter.find(NUMBER)
    else:
        assert desk.adapter.find(NUMBER)[0].verdict.status is Status.unknown


def test_an_approved_invoice_is_accepted(desk: Desk) -> None:
    desk.submit()
    desk.portal.says(NUMBER, "approved")
    (notice,), _ = desk.whole_pass("")
    assert (notice.number, notice.verdict.status) == (NUMBER, Status.accepted)
    assert notice.verdict.at is not None
    assert notice.verdict.at.tzinfo is not None
    assert NUMBER.encode() in notice.raw


def test_a_dispute_is_under_query_with_its_words_and_is_ours_to_answer(desk: Desk) -> None:
    desk.submit()
    desk.portal.disputes(NUMBER, "INCORRECT_QUANTITY", "Please bill 32 units.")
    (notice,), _ = desk.whole_pass("")
    assert notice.verdict.status is Status.under_query
    assert notice.verdict.who_acts is Actor.us
    assert any(reason.portal_text for reason in notice.verdict.reasons)


def test_polling_and_looking_change_nothing_at_the_portal(desk: Desk) -> None:
    desk.submit()
    before, asked = desk.portal.documents(), len(desk.asked())
    desk.whole_pass("")
    desk.adapter.find(NUMBER)
    desk.adapter.check()
    if Ability.orders in desk.adapter.abilities:
        desk.adapter.orders("")
    assert desk.portal.documents() == before
    made = desk.asked()[asked:]
    assert made
    assert all(
        request["method"] == "GET" or "token" in request["path"] or request["door"] in desk.variant.asking
        for request in made
    )


def test_a_pass_finds_every_invoice_once_and_the_next_pass_what_changed(desk: Desk) -> None:
    desk.portal.seed(120)
    numbers = {held["number"] for held in desk.portal.documents()}
    notices, cursor = desk.whole_pass("")
    assert sorted(notice.number for notice in notices) == sorted(numbers)
    changed = sorted(numbers)[10:13]
    for number in changed:
        desk.portal.says(number, "approved")
    notices, _ = desk.whole_pass(cursor)
    accepted = {notice.number for notice in notices if notice.verdict.status is Status.accepted}
    assert accepted == set(changed)
    if desk.variant.reads_by_time:
        assert len(notices) == len(changed)


def test_rows_that_change_while_a_pass_is_under_way_are_not_lost(desk: Desk) -> None:
    """Behind the page just read, on it, and ahead of it; and new ones while paging."""
    desk.portal.seed(160)
    numbers = sorted(held["number"] for held in desk.portal.documents())
    told: dict[str, str] = {}
    cursor, more, page_number = "", True, 0
    while more:
        page = desk.adapter.poll(cursor)
        told.update({notice.number: notice.verdict.portal_status for notice in page.notices})
        cursor, more = page.cursor, page.more
        for number in (numbers[page_number], numbers[-1 - page_number], numbers[80 + page_number]):
            desk.portal.says(number, "approved")
        desk.submit(f"NEW-{page_number}")
        page_number += 1
    for _ in range(2):
        notices, cursor = desk.whole_pass(cursor)
        told.update({notice.number: notice.verdict.portal_status for notice in notices})
    there = {held["number"] for held in desk.portal.documents()}
    assert set(told) == {number for number in there if desk.variant.tells_new or not number.startswith("NEW-")}
    approved = {held["number"] for held in desk.portal.documents() if held["status"].casefold() == "approved"}
    assert {number for number, word in told.items() if word == desk.variant.approved} == approved


def test_a_pass_costs_what_changed_and_not_what_is_open(desk: Desk) -> None:
    if not desk.variant.reads_by_time:
        pytest.skip("this source of statuses has no filter by time: every pass lists everything")
    desk.portal.seed(400)
    _, cursor = desk.whole_pass("")
    for held in desk.portal.documents()[100:200]:
        desk.portal.says(held["number"], "approved")
    before = len(desk.asked())
    notices, _ = desk.whole_pass(cursor)
    assert len(notices) == 100
    assert len(desk.asked()) - before <= 1 + math.ceil(100 / 50)


def test_an_unreadable_cursor_starts_over_instead_of_losing_rows(desk: Desk) -> None:
    desk.portal.seed(3)
    for cursor in ("nonsense", "[]", '{"since": 7, "after": "x", "page": -1}', "null"):
        assert len(desk.adapter.poll(cursor).notices) == 3


@pytest.mark.parametrize("read", READS)
def test_a_portal_that_is_down_cannot_be_read(desk: Desk, read: str) -> None:
    _skip_unable(desk, read)
    desk.portal.is_down()
    with pytest.raises(PortalUnavailable):
        READS[read](desk)


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("nonsense", ["garbage", "hostile_xml", "huge", "http_500", "cut_mid_answer"])
def test_an_answer_to_a_read_that_cannot_be_read_is_unavailable(desk: Desk, read: str, nonsense: str) -> None:
    _skip_unable(desk, read)
    READS[read](desk)  # signed in
    desk.portal.fault(nonsense, door="any", times=0, **desk.variant.reading)
    with pytest.raises(PortalUnavailable):
        READS[read](desk)


@pytest.mark.parametrize("read", READS)
def test_a_throttled_read_says_when_to_come_back(desk: Desk, read: str) -> None:
    _skip_unable(desk, read)
    desk.portal.throttles(times=0, seconds=7, **desk.variant.reading)
    with pytest.raises(PortalUnavailable) as refused:
        READS[read](desk)
    assert refused.value.retry_at is not None


@pytest.mark.parametrize("read", READS)
def test_refused_credentials_stop_a_read_at_the_first_try(desk: Desk, read: str) -> None:
    _skip_unable(desk, read)
    desk.portal.refuses_the_password(**desk.variant.reading)
    with pytest.raises(SignInRefused):
        READS[read](desk)
    assert desk.sign_ins(reading=True) == 1


def test_orders_are_read_with_their_lines(desk: Desk) -> None:
    _skip_unable(desk, "orders")
    page = desk.adapter.orders("")
    (order,) = page.orders
    assert (order.number, order.state.value, order.currency) == (ORDER, "open", "USD")
    assert [(line.number, line.kind.value, line.unit) for line in order.lines] == [
        (1, "quantity", "HUR"),
        (2, "quantity", "SMI"),
        (3, "amount", ""),
    ]
    desk.portal.order(ORDER, desk.variant.closing)
    (order,) = desk.adapter.orders(page.cursor).orders
    assert order.state.value == "closed"


def test_a_check_answers_one_sentence(desk: Desk) -> None:
    said = desk.adapter.check()
    assert said.endswith(".")
    assert "\n" not in said


def _skip_unable(desk: Desk, read: str) -> None:
    if read != "check" and Ability(read) not in desk.adapter.abilities:
        pytest.skip(f"this account cannot {read}")

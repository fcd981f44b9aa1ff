"""The work list: what needs a person, in the order of deadline and money, page by page, and nothing else."""

import re
from datetime import timedelta

import pytest

from gateway.desk.work_list import PAGE
from gateway.store import tables
from gateway.verdict import ReasonCode
from tests.gateway.desk.stage import Browser, Desk, words
from tests.gateway.stage import Scene


def held(scene: Scene, number: str, **changes: str) -> str:
    """A packet that its checklist stops: it is dated in the future."""
    packet_id = scene.hand_over(number, issued_on="2026-12-24", **changes)
    scene.work()
    return packet_id


def listed(browser: Browser, address: str = "/") -> list[str]:
    """The invoice numbers on a page of the list, in their order."""
    return re.findall(r'data-comfort="row">([^<]+)</a>', browser.see(address).text)


def give_deadline(scene: Scene, packet_id: str, hours: int) -> None:
    with scene.house.database.write() as tx:
        due = scene.clock.now + timedelta(hours=hours)
        tx.execute(tables.packet.update().where(tables.packet.c.id == packet_id).values(act_by=due))


def test_an_empty_list_says_so(lite_desk: Desk) -> None:
    assert "Nothing waits for a person." in words(lite_desk.signed_in().see("/"))


def test_the_earliest_deadline_comes_first_and_says_what_to_do(desk: Desk) -> None:
    late, soon = held(desk.scene, "INV-1"), held(desk.scene, "INV-2")
    desk.scene.sent("INV-3")
    give_deadline(desk.scene, late, 90)
    give_deadline(desk.scene, soon, -5)
    page = desk.signed_in().see("/")
    assert re.findall(r'data-comfort="row">([^<]+)</a>', page.text) == ["INV-2", "INV-1"]
    told = words(page)
    assert desk.scene.record(soon).action in told
    assert "5 h overdue" in told
    assert "2 for us" in told


def test_the_list_is_turned_over_without_leaving_out_or_repeating(desk: Desk) -> None:
    numbers = {f"INV-{n}" for n in range(PAGE + 7)}
    for number in numbers:
        desk.scene.hand_over(number, issued_on="2026-12-24")
    desk.scene.work()
    browser = desk.signed_in()
    first = listed(browser)
    onward = re.search(r'href="([^"]+)" rel="next"', browser.see("/").text)
    assert onward
    second = listed(browser, onward[1].replace("&amp;", "&"))
    assert len(first) == PAGE
    assert len(first) + len(second) == len(numbers)
    assert {*first, *second} == numbers


@pytest.mark.parametrize(
    "after",
    [
        *("x", "1|2|3", "2026-03-10|1|p", "2026-03-10T00:00:00+00:00|NaN|p", "||", "%00"),
        *("0001-01-01T00:00:00+23:59|1|p", "9999-12-31T23:59:59-23:59|1|p"),
    ],
)
def test_a_place_in_the_list_that_nobody_gave_is_refused(lite_desk: Desk, after: str) -> None:
    assert lite_desk.signed_in().see("/", after=after).status_code == 409


def test_filters_leave_out_what_is_not_asked_for(desk: Desk) -> None:
    held(desk.scene, "INV-1")
    held(desk.scene, "INV-2", client="southern-grid")
    desk.scene.portal.next_time(desk.scene.portal.refuses(ReasonCode.rate_mismatch, text='"code": "po_closed"'))
    desk.scene.hand_over("INV-3")
    desk.scene.work()
    browser = desk.signed_in()
    assert listed(browser, "/?client=southern-grid") == ["INV-2"]
    assert listed(browser, "/?account=south") == ["INV-2"]
    assert listed(browser, "/?reason=rate_mismatch") == ["INV-3"]
    assert listed(browser, "/?reason=po_closed") == []
    assert listed(browser, "/?reason=%25") == []
    assert len(listed(browser, "/?owner=-")) == 3
    assert listed(browser, "/?owner=robin") == []
    assert listed(browser, "/?who=field") == []


def test_what_a_portal_says_is_shown_and_never_run(lite_desk: Desk) -> None:
    held(lite_desk.scene, "INV-<i>1</i>")
    page = lite_desk.signed_in().see("/")
    assert "INV-&lt;i&gt;1&lt;/i&gt;" in page.text
    assert "<i>1</i>" not in page.text


def test_a_stopped_account_is_told_above_the_list(lite_desk: Desk) -> None:
    lite_desk.scene.portal.next_time(lite_desk.scene.portal.does_not_know_us)
    lite_desk.scene.hand_over()
    lite_desk.scene.work()
    assert "Portal account north is stopped" in words(lite_desk.signed_in().see("/"))


def test_a_packet_is_found_by_its_number_and_what_is_not_there_is_said(lite_desk: Desk) -> None:
    packet_id = lite_desk.scene.hand_over("INV-7")
    browser = lite_desk.signed_in()
    assert browser.see("/find", q=" INV-7 ").headers["location"] == f"/packets/{packet_id}"
    lite_desk.scene.hand_over("INV-7", client="southern-grid", source_id="another")
    assert "2 packets are known" in words(browser.see("/find", q="INV-7"))
    assert "There is no packet" in words(browser.see("/find", q="<x>\x00"))


def test_a_page_that_is_not_there_says_so_in_words(lite_desk: Desk) -> None:
    answer = lite_desk.signed_in().see("/find/nothing")
    assert answer.status_code == 404
    assert "There is no such page." in words(answer)

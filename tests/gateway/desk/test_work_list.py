"""The work list: what needs a person, in the order of deadline and money, page by page, and nothing else."""

import re
from datetime import timedelta
from html import unescape

import pytest

from checklists.library import Library
from checklists.sections import CutOff
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
    assert listed(browser, "/?words=inv-2") == ["INV-2"]
    assert listed(browser, "/?words=PO_CLOSED") == ["INV-3"], "in what the portal said"
    assert listed(browser, "/?words=%25") == []
    assert len(listed(browser, "/?due=whenever")) == 3


def test_the_list_is_counted_by_deadline_and_opened_by_it(desk: Desk) -> None:
    """It is Tuesday noon: the day ends in twelve hours, the week on Sunday night."""
    for number, hours in (("INV-1", -2), ("INV-2", 3), ("INV-3", 40), ("INV-4", 13 * 24)):
        give_deadline(desk.scene, held(desk.scene, number), hours)
    browser = desk.signed_in()
    told = words(browser.see("/"))
    assert "1 overdue 1 due today 1 due this week 1 later" in told
    for kind, number in (("overdue", "INV-1"), ("today", "INV-2"), ("week", "INV-3"), ("later", "INV-4")):
        assert listed(browser, f"/?due={kind}") == [number]
    assert "1 overdue 1 due today" in words(browser.see("/?due=later")), "the others stay counted"
    assert "0 overdue 0 due today" in words(browser.see("/?words=nothing-like-it"))


def test_the_next_cut_offs_of_clients_with_something_on_the_list_are_told(desk: Desk) -> None:
    held(desk.scene, "INV-1")
    browser = desk.signed_in()
    assert "Next cut-off" not in words(browser.see("/"))
    give_cut_off(desk.scene, {"weekday": "friday", "hour": "17:00", "time_zone": "America/Chicago"})
    told = words(browser.see("/"))
    assert "Next cut-off: Example-Power, Fri 13 Mar 22:00 (in 3 days)" in told
    assert "1 on the list" in told


def give_cut_off(scene: Scene, cut_off: dict[str, str]) -> None:
    library = scene.house.shelf.library
    changed = library.versions["example-power"][0].model_copy(update={"cut_off": CutOff.model_validate(cut_off)})
    scene.house.shelf.library = Library({**library.versions, "example-power": (changed,)})


def test_a_list_is_gone_through_packet_by_packet(desk: Desk) -> None:
    for number, hours in (("INV-1", 30), ("INV-2", 20), ("INV-3", 10)):
        give_deadline(desk.scene, held(desk.scene, number), hours)
    give_deadline(desk.scene, held(desk.scene, "INV-4", client="southern-grid"), 15)
    browser = desk.signed_in(name="ann")
    page, seen = browser.see("/?client=example-power"), []
    address = re.search(r'href="([^"]+)" data-comfort="row"', page.text)
    for _ in range(3):
        assert address
        page = browser.see(unescape(address[1]))
        seen.append(re.findall(r"<h1>Invoice (INV-\d)", page.text)[0])
        fields = dict(re.findall(r'name="(looked_at|list)" value="([^"]*)"', page.text.split("Stop it for good")[1]))
        fields = {name: unescape(value) for name, value in fields.items()}
        answer = browser.order(f"{page.url.path}/decide", order="stop", why="test", **fields)
        page = browser.see(answer.headers["location"])
        assert "Stopped" in words(page)
        address = re.search(r'href="([^"]+)" rel="next"', page.text)
    assert seen == ["INV-3", "INV-2", "INV-1"]
    assert "No other packet of this list waits." in words(page)
    assert 'href="/?client=example-power"' in page.text


@pytest.mark.parametrize("listed", ["after=x", "after=1|2|3", "x" * 5000, "client=%00&after=", "%"])
def test_a_list_that_nobody_gave_leaves_the_page_as_good_as_ever(lite_desk: Desk, listed: str) -> None:
    packet_id = held(lite_desk.scene, "INV-1")
    assert lite_desk.signed_in().see(f"/packets/{packet_id}", list=listed).status_code == 200


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

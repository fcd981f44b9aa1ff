"""What is new since a page was made, and how far a batch has come: asked for, without prolonging anything."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from gateway import decisions
from gateway.desk.guard import PAGE_POLICY
from gateway.verdict import ReasonCode, Status
from tests.gateway.desk.stage import Browser, Desk, words
from tests.gateway.test_decisions import held_by_checklist


def live_of(browser: Browser, path: str) -> str:
    """The address that a page's script would ask."""
    found = re.search(r'data-live="([^"]+)"', browser.see(path).text)
    assert found
    return unescape(found[1])


def asked(browser: Browser, address: str) -> dict[str, Any]:
    answer = browser.see(address)
    assert answer.status_code == 200
    return dict(answer.json())


def test_a_stop_that_comes_later_is_told_to_whoever_looks_at_the_list(desk: Desk) -> None:
    scene, browser = desk.scene, desk.signed_in()
    held_by_checklist(scene)
    every, theirs = live_of(browser, "/"), live_of(browser, "/?client=southern-grid")
    assert asked(browser, every) == {"words": ""}
    scene.clock.passes(7)
    scene.portal.next_time(scene.portal.refuses(ReasonCode.rate_mismatch))
    scene.hand_over("INV-2")
    scene.work()
    assert asked(browser, every) == {"words": "1 new on this list"}
    assert asked(browser, theirs) == {"words": ""}
    assert asked(browser, live_of(browser, "/")) == {"words": ""}


def test_what_somebody_else_settled_is_told_too(lite_desk: Desk) -> None:
    scene, browser = lite_desk.scene, lite_desk.signed_in()
    packet_id = held_by_checklist(scene)
    every, none = live_of(browser, "/"), live_of(browser, "/?due=overdue")
    decisions.stop(scene.house, packet_id, "robin", "not ours")
    assert asked(browser, every) == {"words": "Something of this list was settled meanwhile"}
    assert asked(browser, none) == {"words": ""}
    assert asked(browser, live_of(browser, "/")) == {"words": ""}


def test_a_verdict_is_told_on_the_packets_page_in_words(desk: Desk) -> None:
    scene, browser = desk.scene, desk.signed_in()
    packet_id = scene.sent()
    address = live_of(browser, f"/packets/{packet_id}")
    assert asked(browser, address) == {"words": ""}
    scene.says("INV-1001", Status.under_query, ReasonCode.price_mismatch, word="Disputed", text="Too <b>dear\u202e!")
    told = asked(browser, address)["words"]
    assert "Too <b>dear\ufffd!" in told, "the script sets it as text, and nothing turns it round"
    assert told.startswith("Since this page was made: ")


def test_the_session_ends_as_if_nobody_had_asked(lite_desk: Desk) -> None:
    scene, browser = lite_desk.scene, lite_desk.signed_in(name="ann")
    address = live_of(browser, "/")
    idle = scene.house.settings.desk.idle_minutes * 60
    for _ in range(6):
        scene.clock.passes(idle / 5)
        answer = browser.see(address)
    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/sign-in")


def test_a_page_in_use_keeps_its_session(lite_desk: Desk) -> None:
    scene, browser = lite_desk.scene, lite_desk.signed_in(name="ann")
    for _ in range(6):
        scene.clock.passes(scene.house.settings.desk.idle_minutes * 12)
        assert browser.see("/progress").status_code == 200


@pytest.mark.parametrize("since", ["", "yesterday", "2026-03-10", "\x00", "0001-01-01T00:00:00+23:59"])
def test_a_moment_that_no_page_was_made_at_is_refused(lite_desk: Desk, since: str) -> None:
    assert lite_desk.signed_in().see("/live/list", since=since).status_code == 409


def test_the_script_may_ask_this_site_and_no_other() -> None:
    assert "connect-src 'self'" in PAGE_POLICY


def test_progress_counts_what_was_handed_over_lately_by_where_it_stands(desk: Desk) -> None:
    scene = desk.scene
    scene.sent("OLD-1")
    scene.clock.passes(2 * 24 * 3600)
    browser = desk.signed_in()
    scene.sent("INV-1")
    scene.hand_over("INV-2", issued_on="2026-12-24")
    scene.work()
    scene.hand_over("INV-3")
    scene.hand_over("INV-4", client="southern-grid")
    told = words(browser.see("/progress"))
    assert "Example-Power north 3 1 0 0 1 0 1 0" in told, told
    assert "Southern-Grid south 1 1 0 0 0 0 0 0" in told
    assert "Example-Power north 4 " in words(browser.see("/progress?since=week"))
    assert words(browser.see("/progress?since=ever")) == told
    address = live_of(browser, "/progress")
    assert asked(browser, address)["words"] == ""
    scene.work()
    scene.says("INV-1", Status.accepted)
    found = asked(browser, address)
    assert found["words"] == "3 new from portals", "two receipts and the acceptance"
    assert found["texts"]["example-power:north:accepted"] == "1"
    assert found["texts"]["example-power:north:done"] == "3/3"
    assert "INV-1" in words(browser.see("/progress")).split("What portals said last")[1]


def test_the_time_to_go_is_estimated_from_the_pace_and_said_to_be(lite_desk: Desk) -> None:
    scene, browser = lite_desk.scene, lite_desk.signed_in()
    assert "Nothing was handed over in this time." in words(browser.see("/progress"))
    for n in range(4):
        scene.sent(f"INV-{n}")
        scene.clock.passes(30)
    for n in range(8):
        scene.hand_over(f"NEW-{n}")
    assert "about 4 min (estimated: 2.0 a minute lately)" in words(browser.see("/progress"))
    scene.clock.passes(timedelta(minutes=11).total_seconds())
    assert "little went out in the last 10 minutes" in words(browser.see("/progress"))
    scene.portal.next_time(scene.portal.does_not_know_us)
    scene.work()
    assert "cannot be told: the account is stopped" in words(browser.see("/progress"))


def test_keys_are_listed_and_can_be_switched_off(lite_desk: Desk) -> None:
    page = lite_desk.signed_in().see("/keys")
    assert "On to the next packet of the list" in words(page)
    assert 'data-comfort="keys"' in page.text

"""Orders for two on the pages: what waits, for whom, exactly what will be done, and what became of it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.store.people import Role
from tests.gateway import hostile_papers as papers
from tests.gateway.desk.stage import Desk, open_desk, words
from tests.gateway.desk.test_deciding import decide, offered
from tests.gateway.stage import open_scene
from tests.gateway.test_decisions import held_alive, held_by_checklist, held_refused


@pytest.fixture
def two(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_scene(sqlite_url, tmp_path, desk={"four_eyes_above": {"USD": "100"}}) as scene, open_desk(scene) as desk:
        yield desk


def test_an_order_is_asked_for_shown_agreed_to_and_done(two: Desk) -> None:
    packet_id = held_by_checklist(two.scene)
    ann, robin = two.signed_in(Role.coordinator, "ann"), two.signed_in(Role.approver, "robin")
    at = f"/packets/{packet_id}"
    assert "Two people decide about this invoice" in words(ann.see(at))
    proposal = two.scene.record(packet_id).proposed
    assert proposal
    answer = ann.order(f"{at}/decide", order="correct", proposal=proposal.key, why="as they wish")
    told = words(ann.see(answer.headers["location"]))
    assert "Nothing is done yet: it waits until an approver other than you agrees." in told
    assert "ann asked on" in told
    assert "Take it back" in told
    assert "Agree, and have it done" not in told
    shown = words(robin.see(at))
    assert "Reason: as they wish" in shown
    proposed = two.scene.record(packet_id).proposed
    assert proposed
    assert str(proposed.patch[0]["value"]) in shown.split("Waits for a second person")[1].split("Nothing of it")[0]
    for browser in (ann, robin):
        assert "1 order waits for a second person" in words(browser.see("/"))
        assert f'href="/packets/{packet_id}#two"' in browser.see("/").text
    assert "(you: somebody else must agree)" in words(ann.see("/asked"))
    assert "INV-1001" in words(robin.see("/asked"))
    (way,) = re.findall(rf'action="({at}/asked/\d+/agree)"', robin.see(at).text)
    assert ann.order(way).status_code == 403
    assert "You agreed, and it was carried out." in words(robin.see(robin.order(way).headers["location"]))
    assert two.scene.record(packet_id).revision == 2
    late = robin.order(way)
    assert (late.status_code, "settled already: agreed by robin" in words(late)) == (409, True)
    assert "Nothing waits for a second person." in words(robin.see("/asked"))
    assert "Agreed to by robin." in words(robin.see(at))


def test_what_was_asked_for_is_declined_with_a_reason_that_all_see(two: Desk) -> None:
    packet_id = held_alive(two.scene)
    ann, robin = two.signed_in(Role.approver, "ann"), two.signed_in(Role.approver, "robin")
    assert decide(ann, packet_id, "credit", number="CN-1", why="not done") == 303
    (way,) = re.findall(r'action="([^"]+/decline)"', robin.see(f"/packets/{packet_id}").text)
    assert robin.order(way, why=" ").status_code == 409
    assert robin.order(way, why="x" * 1001).status_code == 409
    assert robin.order(way, why="they pay on Friday").status_code == 303
    assert "they pay on Friday" in words(ann.see(f"/packets/{packet_id}"))
    assert decide(ann, packet_id, "void", why="wrong client") == 303
    (back,) = re.findall(r'action="([^"]+/withdraw)"', ann.see(f"/packets/{packet_id}").text)
    assert robin.order(back).status_code == 409
    assert ann.order(back).status_code == 303
    assert {"void", "credit"} <= offered(ann, packet_id)


def test_an_edit_and_a_paper_wait_and_can_be_looked_at_first(two: Desk) -> None:
    packet_id = held_refused(two.scene)
    ann, robin = two.signed_in(Role.coordinator, "ann"), two.signed_in(Role.approver, "robin")
    form = ann.see(f"/packets/{packet_id}/edit").text
    key = re.search(r'name="looked_at" value="([^"]*)"', form)
    assert key
    fields = {"looked_at": key[1], "/invoice/note": "as agreed"}
    sure = ann.order(f"/packets/{packet_id}/edit", **fields)
    assert "Ask for the changes" in words(sure)
    (proof,) = re.findall(r'name="sure" value="(\w+)"', sure.text)
    answer = ann.order(f"/packets/{packet_id}/edit", sure=proof, **fields)
    assert "Nothing is done yet" in words(ann.see(answer.headers["location"]))
    assert "as agreed" in words(robin.see(f"/packets/{packet_id}")).split("Waits for a second person")[1]
    (back,) = re.findall(r'action="([^"]+/withdraw)"', ann.see(f"/packets/{packet_id}").text)
    assert ann.order(back).status_code == 303
    told = {"csrf": ann.csrf, "order": "attach", "looked_at": key[1], "kind": "timesheet"}
    paper = {"paper": ("sheet.pdf", papers.pdf(), "application/pdf")}
    assert ann.client.post(f"/packets/{packet_id}/decide", data=told, files=paper).status_code == 303
    page = robin.see(f"/packets/{packet_id}").text
    (link,) = re.findall(r'New paper: <a href="([^"]+)">sheet.pdf', page)
    assert robin.see(link).content == papers.pdf()
    (way,) = re.findall(r'action="([^"]+/agree)"', page)
    assert robin.order(way).status_code == 303
    assert two.scene.record(packet_id).revision == 2


def test_a_number_that_no_order_has_is_told(two: Desk) -> None:
    packet_id, robin = held_by_checklist(two.scene), two.signed_in(Role.approver, "robin")
    for number, status in ((1, 409), (0, 400), (10**30, 400), ("x", 400)):
        for what in ("agree", "decline", "withdraw"):
            assert robin.order(f"/packets/{packet_id}/asked/{number}/{what}", why="x").status_code == status
    assert robin.order("/packets/p0/asked/1/agree").status_code == 409


def test_what_has_lapsed_says_so_and_offers_nothing(two: Desk) -> None:
    packet_id = held_by_checklist(two.scene)
    ann, robin = two.signed_in(Role.coordinator, "ann"), two.signed_in(Role.approver, "robin")
    assert decide(ann, packet_id, "correct") == 303
    two.scene.clock.passes(60)
    assert decide(robin, packet_id, "check_again") == 303
    page = robin.see(f"/packets/{packet_id}")
    assert "has lapsed, because the packet has changed since" in words(page)
    assert "/agree" not in page.text
    assert "order waits for" not in words(robin.see("/"))

"""Each order about one packet in a real browser, on both databases: opened, read, filled in, done, and told."""

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.verdict import Stage, Status
from tests.gateway.desk.stage import COOKIE, Desk
from tests.gateway.desk.test_in_a_browser import opened
from tests.gateway.test_decisions import held_alive, held_by_checklist, held_in_doubt, held_refused

pytestmark = pytest.mark.driven

SOON = "2026-03-20"  # some days after the scene begins


def at(desk: Desk, chromium: Browser, said: list[str], packet_id: str) -> Page:
    """The packet's page, for a coordinator."""
    page = opened(chromium, desk, said, desk.signed_in(name="ann").client.cookies[COOKIE])
    page.goto(f"/packets/{packet_id}")
    return page


def ordered(page: Page, label: str, **fields: str) -> None:
    """Opens an order, fills in its fields by their labels, and gives it."""
    box = page.locator("details.order").filter(has=page.locator("summary", has_text=label))
    box.locator("summary").first.click()
    for name, value in fields.items():
        box.get_by_label(name.replace("_", " "), exact=False).fill(value)
    box.get_by_role("button", name=label).click()
    expect(page.get_by_role("status")).to_be_visible()


def test_a_comment_and_an_owner_stand_with_the_packet(desk: Desk, chromium: Browser, said: list[str]) -> None:
    page = at(desk, chromium, said, packet_id := held_refused(desk.scene))
    ordered(page, "Comment", What_you_have_to_say="Rang them; they call back.")
    expect(page.get_by_text("Rang them; they call back.").first).to_be_visible()
    ordered(page, "Give it to somebody")
    assert desk.scene.record(packet_id).owner == "ann"
    assert said == []


def test_a_packet_waits_until_a_day(desk: Desk, chromium: Browser, said: list[str]) -> None:
    page = at(desk, chromium, said, packet_id := held_refused(desk.scene))
    ordered(page, "Wait until a day", Until=SOON, Why="their office is closed")
    act_by = desk.scene.record(packet_id).act_by
    assert act_by is not None
    assert act_by.date().isoformat() == SOON
    assert said == []


def test_a_packet_left_until_something_changes_comes_back_with_what_is_new(
    desk: Desk, chromium: Browser, said: list[str]
) -> None:
    page = at(desk, chromium, said, packet_id := held_alive(desk.scene))
    ordered(page, "Leave it until something changes", Until=SOON)
    assert desk.scene.stage(packet_id) is Stage.held
    desk.scene.says("INV-1001", Status.rejected)
    desk.scene.watch()
    page.reload()
    expect(page.get_by_text("rejected").first).to_be_visible()
    assert said == []


def test_a_paper_is_attached_as_a_new_revision(desk: Desk, chromium: Browser, said: list[str], tmp_path: Path) -> None:
    paper = tmp_path / "ticket.txt"
    paper.write_text("Ticket 7, signed", encoding="utf-8")
    page = at(desk, chromium, said, packet_id := held_refused(desk.scene))
    page.locator("summary", has_text="Attach a paper").click()
    page.get_by_label("The file").set_input_files(paper)
    page.get_by_role("button", name="Attach a paper").click()
    expect(page.get_by_role("status")).to_contain_text("The paper is attached")
    assert desk.scene.record(packet_id).revision == 2
    page.get_by_role("link", name="Any two revisions side by side").click()
    expect(page.get_by_role("heading", name="INV-1001: revision 1 beside revision 2")).to_be_visible()
    expect(page.get_by_text("ticket.txt").first).to_be_visible()
    assert said == []


def test_fields_are_changed_after_the_difference_was_seen(desk: Desk, chromium: Browser, said: list[str]) -> None:
    page = at(desk, chromium, said, packet_id := held_refused(desk.scene))
    page.get_by_role("link", name="Edit and resubmit").click()
    page.get_by_label("note", exact=True).fill("As agreed.")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_text("As agreed.").first).to_be_visible()
    page.get_by_role("button", name="Make the changes").click()
    expect(page.get_by_role("status")).to_contain_text("It is a new revision now")
    desk.scene.work()
    assert (desk.scene.stage(packet_id), len(desk.scene.attempts(packet_id))) == (Stage.waiting, 2)
    assert said == []


def test_a_packet_is_checked_again_once_the_day_has_come(desk: Desk, chromium: Browser, said: list[str]) -> None:
    packet_id = held_by_checklist(desk.scene)
    page = at(desk, chromium, said, packet_id)
    ordered(page, "Check it again")
    assert desk.scene.stage(packet_id) is Stage.received
    assert said == []


def test_what_the_portal_does_not_have_is_sent_again(desk: Desk, chromium: Browser, said: list[str]) -> None:
    page = at(desk, chromium, said, packet_id := held_in_doubt(desk.scene))
    ordered(page, "The portal does not have it")
    assert desk.scene.stage(packet_id) is Stage.received
    assert said == []


def test_an_invoice_is_left_with_the_portal(desk: Desk, chromium: Browser, said: list[str]) -> None:
    page = at(desk, chromium, said, packet_id := held_alive(desk.scene))
    ordered(page, "Leave it with the portal")
    assert desk.scene.stage(packet_id) is Stage.waiting
    assert said == []


def test_a_packet_is_stopped_for_good_with_its_reason(desk: Desk, chromium: Browser, said: list[str]) -> None:
    page = at(desk, chromium, said, packet_id := held_refused(desk.scene))
    ordered(page, "Stop it for good", Why="billed to the wrong client")
    assert desk.scene.stage(packet_id) is Stage.stopped
    expect(page.get_by_text("billed to the wrong client").first).to_be_visible()
    assert said == []


def test_an_invoice_is_voided_at_the_portal(desk: Desk, chromium: Browser, said: list[str]) -> None:
    page = at(desk, chromium, said, packet_id := desk.scene.sent())
    ordered(page, "Void it at the portal", Why="wrong client")
    desk.scene.work()
    assert desk.scene.record(packet_id).status == Status.cancelled
    assert said == []


def test_an_invoice_is_credited_by_a_packet_of_its_own(desk: Desk, chromium: Browser, said: list[str]) -> None:
    page = at(desk, chromium, said, desk.scene.sent())
    ordered(page, "Credit it", Number_of_the_credit_note="CN-1", Why="work not done")
    page.get_by_role("searchbox").first.fill("CN-1")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", name="CN-1")).to_be_visible()
    assert said == []


def test_an_evidence_pack_is_taken(desk: Desk, chromium: Browser, said: list[str], tmp_path: Path) -> None:
    page = at(desk, chromium, said, packet_id := desk.scene.sent())
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the evidence pack").click()
    pack = tmp_path / "pack.zip"
    download.value.save_as(pack)
    with zipfile.ZipFile(pack) as found:
        assert found.testzip() is None
        assert "manifest.json" in {Path(name).name for name in found.namelist()}
    assert desk.scene.kinds(packet_id)[-1] == "pack_taken"
    assert said == []

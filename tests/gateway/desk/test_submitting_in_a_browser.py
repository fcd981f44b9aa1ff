"""Handing over by hand in a real browser, on both databases: a form, a ready packet, an e-invoice, done by hand."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gateway.browser import launch
from gateway.verdict import Stage
from tests.gateway.desk.stage import COOKIE, Desk
from tests.gateway.desk.test_in_a_browser import WCAG, opened
from tests.gateway.paper_samples import text_pdf
from tests.gateway.stage import handed
from tests.gateway.test_decisions import held_by_checklist
from tests.packets import ORDER

pytestmark = pytest.mark.driven

UBL = Path(__file__).parents[2] / "formats" / "ubl" / "invoice.xml"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright, pictures=True)
        yield browser
        browser.close()


@pytest.fixture
def said() -> list[str]:
    return []


def at_desk(chromium: Browser, desk: Desk, said: list[str], **how: object) -> Page:
    return opened(chromium, desk, said, desk.signed_in(name="ann").client.cookies[COOKIE], **how)


def test_a_form_is_filled_in_looked_at_and_handed_over_without_script(
    desk: Desk, chromium: Browser, said: list[str], tmp_path: Path
) -> None:
    paper = tmp_path / "week 10.pdf"
    paper.write_bytes(text_pdf("Week 10, signed"))
    page = at_desk(chromium, desk, said, java_script_enabled=False)
    page.goto("/submit")
    page.get_by_role("button", name="Fill in a form").click()
    page.get_by_label("Client", exact=True).select_option("example-power")
    page.get_by_label("Invoice number", exact=True).fill("INV-7")
    page.get_by_label("Invoice date").fill("2026-03-09")
    page.get_by_label("Currency").fill("USD")
    page.get_by_label("Purchase order", exact=True).fill(ORDER)
    for party, name in (("Who bills", "Example Line Services"), ("Who is billed", "Example Power")):
        page.get_by_role("group", name=party).get_by_label("Name").fill(name)
    line = page.get_by_role("group", name="Line 1")
    line.get_by_label("Kind").select_option("mileage")
    line.get_by_label("What was done or supplied").fill("Truck 7")
    line.get_by_label("Quantity").fill("120")
    line.get_by_label("Unit").fill("SMI")
    line.get_by_label("Price of one").fill("0.67")
    line.get_by_label("Line of the purchase order").fill("2")
    page.get_by_role("button", name="Add a line").click()
    expect(page.get_by_role("group", name="Line 2")).to_be_visible()
    expect(page.get_by_text("(reckoned)")).to_be_visible()
    page.get_by_label("More papers").set_input_files(paper)
    page.get_by_label("What they are").select_option("mileage_log")
    page.get_by_role("button", name="See what the checklist says").click()
    expect(page.get_by_text("Nothing stops it")).to_be_visible()
    page.get_by_role("button", name="Hand it over").click()
    expect(page.get_by_role("heading", name="Invoice INV-7")).to_be_visible()
    desk.scene.work()
    assert [one.number for one in desk.scene.portal.ledger] == ["INV-7"]
    assert said == []


def test_a_ready_packet_and_an_e_invoice_are_looked_at_before_they_are_sent(
    desk: Desk, chromium: Browser, said: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "packet.json"
    file.write_text(json.dumps(handed("INV-8", note="for <Sam>"), default=str))
    page = at_desk(chromium, desk, said)
    page.goto("/submit")
    page.get_by_label("The packet (.json)").set_input_files(file)
    page.get_by_role("region", name="A ready packet").get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("heading", name="What would be corrected by itself")).to_be_visible()
    page.get_by_role("button", name="Hand it over").click()
    expect(page.get_by_role("heading", name="Invoice INV-8")).to_be_visible()
    page.get_by_role("link", name="Hand over").click()
    page.get_by_label("The e-invoice (.xml)").set_input_files(UBL)
    page.get_by_role("region", name="An e-invoice").get_by_label("Client").select_option("example-power")
    page.get_by_role("region", name="An e-invoice").get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("how and to which bank account it is paid (BG-16)")).to_be_visible()
    page.get_by_role("button", name="Hand it over").click()
    expect(page.get_by_role("heading", name="Invoice INV-7")).to_be_visible()
    assert said == []


def test_what_was_done_in_the_portal_by_hand_is_recorded(desk: Desk, chromium: Browser, said: list[str]) -> None:
    packet_id = held_by_checklist(desk.scene)
    page = at_desk(chromium, desk, said)
    page.goto(f"/packets/{packet_id}")
    page.locator("summary", has_text="Done in the portal by hand").click()
    page.get_by_label("The portal’s reference").fill("P-77")
    page.get_by_role("button", name="Done in the portal by hand").click()
    expect(page.get_by_text("Recorded as entered by hand, in your name")).to_be_visible()
    expect(page.get_by_text("The portal has it, as a person says")).to_be_visible()
    assert desk.scene.stage(packet_id) is Stage.waiting
    assert desk.scene.attempts(packet_id)[-1].by_hand == "ann"
    assert said == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 640, 360])
def test_every_page_of_handing_over_is_readable_in_both_themes_and_at_every_width(
    lite_desk: Desk, chromium: Browser, said: list[str], theme: str, width: int, tmp_path: Path
) -> None:
    file = tmp_path / "packet.json"
    file.write_text(json.dumps(handed("INV-8", note="for <Sam>", issued_on="2026-12-24"), default=str))
    page = at_desk(chromium, lite_desk, said, color_scheme=theme, viewport={"width": width, "height": 900})
    page.goto("/submit")
    readable(page, f"choice-{width}-{theme}")
    page.get_by_role("button", name="Fill in a form").click()
    page.get_by_label("Invoice date").fill("9 March")
    page.get_by_role("button", name="See what the checklist says").click()
    readable(page, f"form-{width}-{theme}")
    page.goto("/submit")
    page.get_by_label("The packet (.json)").set_input_files(file)
    page.get_by_role("region", name="A ready packet").get_by_role("button", name="Look at it").click()
    readable(page, f"look-{width}-{theme}")
    assert [one for one in said if "422" not in one] == []


def readable(page: Page, where: str) -> None:
    page.wait_for_load_state()  # with its style
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": list(WCAG)}})
    assert found.response["passes"], "axe found nothing to look at"
    assert found.violations_count == 0, f"{where}: {found.generate_report()}"
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{where} must be scrolled sideways by {wide} pixels"

"""Reports in a real browser: from the overview to the reason, the chart's numbers in its table, and out as files."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from gateway import pictures
from gateway.browser import launch
from gateway.verdict import ReasonCode, Status
from tests.gateway.desk.stage import COOKIE, Desk
from tests.gateway.desk.test_in_a_browser import opened

pytestmark = pytest.mark.driven


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright, pictures=True)
        yield browser
        browser.close()


def some_objections(desk: Desk) -> None:
    scene = desk.scene
    scene.portal.next_time(scene.portal.refuses(ReasonCode.po_closed, text="The order is closed"))
    scene.hand_over("A-1")
    scene.work()
    scene.sent("A-2")
    scene.says("A-2", Status.under_query, ReasonCode.price_mismatch, text="Which rate?")
    scene.sent("A-3")
    scene.says("A-3", Status.accepted)


def test_why_invoices_come_back_is_seen_filtered_and_taken_along(desk: Desk, chromium: Browser, tmp_path: Path) -> None:
    some_objections(desk)
    said: list[str] = []
    page = opened(chromium, desk, said, desk.signed_in(name="ann").client.cookies[COOKIE])
    page.goto("/")
    page.get_by_role("link", name="Reports").click()
    expect(page.get_by_role("heading", name="Reports: Overview")).to_be_visible()
    page.get_by_role("navigation", name="Reports").get_by_role("link", name="Rejections").click()
    table = page.get_by_role("region", name="Table: Why: the most frequent reasons")
    expect(table.get_by_role("row", name="PO closed")).to_contain_text("50.0%")
    chart = page.get_by_role("img", name="Chart: objections.")
    expect(chart).to_be_visible(timeout=60_000)  # a process draws its first picture slowly
    page.wait_for_function(
        "[...document.images].every((one) => one.complete && one.naturalWidth > 100)", timeout=60_000
    )
    page.get_by_label("Client").select_option("southern-grid")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Nothing to show in this time.").first).to_be_visible()
    page.get_by_label("Client").select_option("")
    page.get_by_role("button", name="Show").click()
    for link, start in (
        ("CSV of What was stopped", b"kind,"),
        ("XLSX of What was stopped", b"PK"),
        ("one PDF", b"%PDF"),
    ):
        with page.expect_download() as waited:
            page.get_by_role("link", name=link).click()
        waited.value.save_as(tmp_path / "saved")
        assert (tmp_path / "saved").read_bytes().startswith(start)
    assert said == []


def test_a_chart_that_cannot_be_drawn_leaves_its_table_and_says_so(
    lite_desk: Desk, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_objections(lite_desk)
    monkeypatch.setattr(pictures, "_svg", lambda *_: 1 / 0)
    pictures._kept.clear()
    page = opened(chromium, lite_desk, [], lite_desk.signed_in(name="ann").client.cookies[COOKIE])
    with page.expect_response("**/charts/pareto.svg**") as answer:
        page.goto("/reports/rejections")
    assert answer.value.status == 503
    assert "The table has its numbers" in answer.value.text()
    expect(page.get_by_role("row", name="PO closed").first).to_be_visible()

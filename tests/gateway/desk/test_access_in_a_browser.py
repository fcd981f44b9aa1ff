"""Two who decide, and coming in with a company account, in a real browser and by axe's rules."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from gateway import identity
from gateway.openid import BACK
from gateway.store.people import Role
from gateway.verdict import Stage
from tests.gateway.desk.stage import COOKIE, open_desk
from tests.gateway.desk.test_in_a_browser import WCAG, opened
from tests.gateway.desk.test_openid import company
from tests.gateway.stage import open_scene
from tests.gateway.test_decisions import held_by_checklist

pytestmark = pytest.mark.driven


def is_accessible(page: Page) -> None:
    page.wait_for_load_state()  # with its style
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": list(WCAG)}})
    assert found.response["passes"], "axe found nothing to look at"
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} must be scrolled sideways by {wide} pixels"


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_one_asks_and_another_agrees(
    database_url: str, tmp_path: Path, chromium: Browser, said: list[str], theme: str, width: int
) -> None:
    how = {"color_scheme": theme, "viewport": {"width": width, "height": 900}}
    desk_settings = {"four_eyes_above": {"USD": "100"}}
    with open_scene(database_url, tmp_path, desk=desk_settings) as scene, open_desk(scene) as desk:
        packet_id = held_by_checklist(scene)
        pages = {}
        for name in ("ann", "robin"):
            token = desk.signed_in(Role.approver, name).client.cookies[COOKIE]
            pages[name] = opened(chromium, desk, said, token, **how)
        ann, robin = pages["ann"], pages["robin"]
        ann.goto(f"/packets/{packet_id}")
        expect(ann.get_by_text("Two people decide about this invoice")).to_be_visible()
        ann.get_by_role("button", name="Accept the correction").click()
        expect(ann.get_by_text("Nothing is done yet")).to_be_visible()
        expect(ann.get_by_role("button", name="Take it back")).to_be_visible()
        is_accessible(ann)
        robin.goto("/")
        robin.get_by_role("link", name="1 order waits for a second person").click()
        is_accessible(robin)
        robin.get_by_role("link", name="INV-1001").click()
        robin.locator("summary", has_text="Decline").click()
        is_accessible(robin)
        robin.get_by_role("button", name="Agree, and have it done").click()
        expect(robin.get_by_text("You agreed, and it was carried out.")).to_be_visible()
        scene.work()
        assert (scene.stage(packet_id), scene.record(packet_id).revision) == (Stage.waiting, 2)
    assert said == []


def test_somebody_comes_in_with_a_company_account_and_leaves(
    tmp_path: Path, chromium: Browser, said: list[str]
) -> None:
    with company(tmp_path) as (desk, provider):
        identity.expect_person(desk.scene.house, "robin", Role.coordinator, "tests")
        page = opened(chromium, desk, said)
        provider.leads_to = desk.url + BACK
        page.goto("/reports")
        is_accessible(page)
        page.get_by_role("link", name="Sign in with your company account").click()
        expect(page.get_by_role("heading", name="Reports")).to_be_visible()
        provider.answers["/out"] = (200, b"{}")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"{provider.url}/out?*")
        page.goto("/reports")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert [one for one in said if "404" not in one] == []  # the stand-in of the provider has no icon

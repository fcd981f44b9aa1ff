"""The desk in a real browser: a coordinator's day by mouse and keys, without script, large, dark, by axe's rules."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from gateway import identity
from gateway.store.people import Role
from gateway.verdict import Stage
from tests.gateway.desk.stage import COOKIE, Desk
from tests.gateway.desk.test_signing import PASSWORD
from tests.gateway.test_decisions import held_by_checklist, held_in_doubt, held_refused

pytestmark = pytest.mark.driven

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


def opened(chromium: Browser, desk: Desk, said: list[str], token: str = "", **how: object) -> Page:
    context: BrowserContext = chromium.new_context(base_url=desk.url, **how)  # type: ignore[arg-type]
    if token:
        context.add_cookies([{"name": COOKIE, "value": token, "url": desk.url}])
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda fault: said.append(str(fault)))
    return page


def test_from_a_stop_to_resubmitted_in_three_clicks(desk: Desk, chromium: Browser, said: list[str]) -> None:
    scene = desk.scene
    identity.add_person(scene.house, "robin", PASSWORD, Role.coordinator, "tests")
    packet_id = held_by_checklist(scene)
    assert scene.record(packet_id).proposed
    page = opened(chromium, desk, said)
    page.goto("/")
    page.get_by_label("Name").fill("robin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Work list")).to_be_visible()
    page.get_by_role("link", name="INV-1001").click()  # the first click
    expect(page.get_by_role("heading", name="What to do")).to_be_visible()
    page.get_by_role("button", name="Accept the correction").click()  # the second
    expect(page.get_by_role("status")).to_contain_text("Corrected")
    scene.work()
    assert (scene.stage(packet_id), scene.record(packet_id).revision) == (Stage.waiting, 2)
    page.get_by_role("link", name="Work list").click()
    expect(page.get_by_text("Nothing waits for a person.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert said == []


def test_by_keys_alone_and_without_script(lite_desk: Desk, chromium: Browser, said: list[str]) -> None:
    packet_id = held_refused(lite_desk.scene)
    token = lite_desk.signed_in(name="ann").client.cookies[COOKIE]
    page = opened(chromium, lite_desk, said, token)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="INV-1001")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What to do")).to_be_visible()
    plain = opened(chromium, lite_desk, said, token, java_script_enabled=False)
    plain.goto(f"/packets/{packet_id}")
    plain.locator("summary", has_text="Comment").click()
    plain.get_by_label("What you have to say").fill("Rang them.")
    plain.get_by_role("button", name="Comment").click()
    expect(plain.get_by_role("status")).to_contain_text("The comment is kept.")
    plain.get_by_role("link", name="Edit and resubmit").click()
    plain.get_by_label("note", exact=True).fill("As agreed.")
    plain.get_by_role("button", name="Show what changes").click()
    plain.get_by_role("button", name="Make the changes").click()
    expect(plain.get_by_role("status")).to_contain_text("It is a new revision now")
    assert lite_desk.scene.kinds(packet_id)[-2:] == ["commented", "amended"]
    assert said == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 640, 360])
def test_every_page_is_readable_in_both_themes_and_at_every_width(
    lite_desk: Desk, chromium: Browser, said: list[str], theme: str, width: int
) -> None:
    """640 is a screen of 1280 at 200% zoom (WCAG 2.2, 1.4.4 and 1.4.10)."""
    scene = lite_desk.scene
    packet_id = held_by_checklist(scene)
    scene.clock.passes(5 * 24 * 3600)
    token = lite_desk.signed_in(name="ann").client.cookies[COOKIE]
    page = opened(chromium, lite_desk, said, token, color_scheme=theme, viewport={"width": width, "height": 900})
    sent = f"/packets/{packet_id}"
    for path in (
        "/sign-in",
        "/",
        "/?reason=other",
        "/find?q=nothing",
        "/asked",
        "/clients",
        "/clients/example-power",
        "/reports",
        sent,
        f"{sent}/edit",
        "/nowhere-here",
    ):
        page.goto(path if path != "/nowhere-here" else "/packets/p0")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": list(WCAG)}})
        assert found.response["passes"], "axe found nothing to look at"
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} must be scrolled sideways by {wide} pixels"
    assert [one for one in said if "404" not in one] == []


def test_a_doubt_is_settled_with_the_reference_that_was_seen(desk: Desk, chromium: Browser, said: list[str]) -> None:
    packet_id = held_in_doubt(desk.scene)
    token = desk.signed_in(name="ann").client.cookies[COOKIE]
    page = opened(chromium, desk, said, token)
    page.goto(f"/packets/{packet_id}")
    page.locator("summary", has_text="The portal has it").click()
    page.get_by_label("The portal’s reference").fill("P-77")
    page.get_by_role("button", name="The portal has it").click()
    expect(page.get_by_role("status")).to_contain_text("Recorded as sent")
    assert desk.scene.attempts(packet_id)[-1].portal_reference == "P-77"
    assert said == []

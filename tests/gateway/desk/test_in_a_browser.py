"""The desk in a real browser: a coordinator's day by mouse and keys, without script, large, dark, by axe's rules.

The way from a rejection to the next transmission, and axe over every page at one width, run with every change; the rest
is `driven`."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from gateway import identity
from gateway.store.people import Role
from gateway.verdict import ReasonCode, Stage
from tests.gateway.desk.stage import COOKIE, Desk
from tests.gateway.desk.test_signing import PASSWORD
from tests.gateway.test_decisions import held_by_checklist, held_in_doubt, held_refused

driven = pytest.mark.driven

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


def opened(chromium: Browser, desk: Desk, said: list[str], token: str = "", **how: object) -> Page:
    context: BrowserContext = chromium.new_context(base_url=desk.url, **how)  # type: ignore[arg-type]
    if token:
        context.add_cookies([{"name": COOKIE, "value": token, "url": desk.url}])
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda fault: said.append(str(fault)))
    return page


_COUNT_CLICKS = """
addEventListener("click", (event) => {
  if (event.isTrusted) sessionStorage.clicks = Number(sessionStorage.clicks ?? 0) + 1;
}, true);
"""


def test_from_a_rejection_to_resubmitted_in_three_clicks(desk: Desk, chromium: Browser, said: list[str]) -> None:
    scene = desk.scene
    identity.add_person(scene.house, "robin", PASSWORD, Role.coordinator, "tests")
    scene.portal.next_time(scene.portal.refuses(ReasonCode.date_out_of_window, text="Invoice date out of range"))
    packet_id = scene.hand_over()
    scene.work()
    assert scene.record(packet_id).proposed
    page = opened(chromium, desk, said)
    page.goto("/")
    page.get_by_label("Name").fill("robin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Work list")).to_be_visible()
    page.context.add_init_script(_COUNT_CLICKS)
    page.reload()
    page.get_by_role("link", name="INV-1001").click()
    expect(page.get_by_role("heading", name="What to do")).to_be_visible()
    page.get_by_role("button", name="Accept the correction").click()
    expect(page.get_by_role("status")).to_contain_text("Corrected")
    assert 1 < int(page.evaluate("sessionStorage.clicks")) <= 3
    scene.work()
    assert (scene.stage(packet_id), scene.record(packet_id).revision) == (Stage.waiting, 2)
    assert len(scene.attempts(packet_id)) == 2
    page.get_by_role("link", name="Work list", exact=True).click()
    expect(page.get_by_text("Nothing waits for a person.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert said == []


@driven
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


@pytest.mark.parametrize(
    ("theme", "width"),
    [
        ("light", 360),
        *(pytest.param("light", width, marks=driven) for width in (1280, 640)),
        *(pytest.param("dark", width, marks=driven) for width in (1280, 640, 360)),
    ],
)
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
        "/reports?by=client",
        "/reports/rejections",
        "/reports/time",
        "/reports/ageing",
        "/reports/orders",
        sent,
        f"{sent}/edit",
        f"{sent}/compare",
        "/progress",
        "/keys",
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


@driven
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


@driven
def test_several_are_accepted_at_once_after_being_shown(desk: Desk, chromium: Browser, said: list[str]) -> None:
    scene = desk.scene
    ids = [scene.hand_over(f"INV-{n}", issued_on="2026-12-24") for n in range(3)]
    scene.work()
    page = opened(chromium, desk, said, desk.signed_in(name="ann").client.cookies[COOKIE])
    page.goto("/")
    page.get_by_label("all of this page").check()
    page.get_by_label("Choose INV-1").uncheck()
    expect(page.get_by_text("2 ticked")).to_be_visible()
    page.get_by_label("With those that are ticked").select_option(label="Accept the proposed corrections")
    page.get_by_role("button", name="Show what would be done").click()
    expect(page.get_by_role("heading", name="2 packets")).to_be_visible()
    _has_no_faults(page)
    page.get_by_role("button", name="Accept the proposed corrections: 2 packets").click()
    expect(page.get_by_role("status")).to_contain_text("Done for 2 of 2.")
    _has_no_faults(page)
    assert [scene.record(packet_id).revision for packet_id in ids] == [2, 1, 2]
    assert said == []


@driven
def test_several_are_put_off_without_script(lite_desk: Desk, chromium: Browser, said: list[str]) -> None:
    packet_id = held_by_checklist(lite_desk.scene)
    token = lite_desk.signed_in(name="ann").client.cookies[COOKIE]
    page = opened(chromium, lite_desk, said, token, java_script_enabled=False)
    page.goto("/")
    page.get_by_label("Choose INV-1001").check()
    page.get_by_label("With those that are ticked").select_option(label="Wait until a day")
    page.get_by_role("button", name="Show what would be done").click()
    page.get_by_label("Until").fill("2026-04-01")
    page.get_by_role("button", name="Wait until a day: 1 packet").click()
    expect(page.get_by_role("status")).to_contain_text("Done for 1 of 1.")
    act_by = lite_desk.scene.record(packet_id).act_by
    assert act_by
    assert act_by.date().isoformat() == "2026-04-01"


@driven
def test_a_list_is_gone_through_by_keys(desk: Desk, chromium: Browser, said: list[str]) -> None:
    for number in ("INV-1", "INV-2"):
        desk.scene.hand_over(number, issued_on="2026-12-24")
    desk.scene.work()
    page = opened(chromium, desk, said, desk.signed_in(name="ann").client.cookies[COOKIE])
    page.goto("/?client=example-power")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_text("1 ticked")).to_be_visible()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Accept the correction")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Corrected")
    with page.expect_navigation():
        page.keyboard.press("n")
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Accept the correction")).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("u")
    expect(page.get_by_role("heading", name="Work list")).to_be_visible()
    assert "client=example-power" in page.url
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Back to the list")
    _has_no_faults(page)
    page.get_by_role("dialog").get_by_label("Single keys work in this browser").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Packet id, invoice number or source id")).not_to_be_focused()
    assert said == []


@driven
def test_what_is_new_is_told_without_a_reload_and_moves_nothing(desk: Desk, chromium: Browser, said: list[str]) -> None:
    scene = desk.scene
    scene.hand_over("INV-1", issued_on="2026-12-24")
    scene.work()
    page = opened(chromium, desk, said, desk.signed_in(name="ann").client.cookies[COOKIE])
    page.goto("/")
    page.get_by_role("link", name="INV-1").focus()
    scene.clock.passes(1)
    scene.hand_over("INV-2", issued_on="2026-12-24")
    scene.work()
    expect(page.get_by_text("1 new on this list.")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("link", name="INV-1")).to_be_focused()
    expect(page.get_by_role("link", name="INV-2")).to_have_count(0)
    _has_no_faults(page)
    page.get_by_role("link", name="Show", exact=True).click()
    expect(page.get_by_role("link", name="INV-2")).to_be_visible()
    page.goto("/progress")
    scene.hand_over("INV-3")
    scene.work()
    waiting = page.locator('[data-live-key="example-power:north:waiting"]')
    expect(waiting).to_have_text("1", timeout=60_000)
    scene.clock.passes(24 * 3600)
    expect(page.get_by_text("Your session has ended")).to_be_visible(timeout=60_000)
    assert said == []


def _has_no_faults(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": list(WCAG)}})
    assert found.violations_count == 0, found.generate_report()

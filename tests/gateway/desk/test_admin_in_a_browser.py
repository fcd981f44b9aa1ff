"""An admin's tasks in a real browser: clients paused, accounts stopped, users, tokens, work given up, proposals."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from gateway.adapter import Delivery
from gateway.order import UnreadOrder
from gateway.pausing import pause_client
from gateway.store import accounts, inbox, orders
from gateway.store.people import Role
from gateway.verdict import Stage
from tests.gateway.desk.stage import COOKIE, Desk
from tests.gateway.desk.test_admin_pages import gives_up
from tests.gateway.desk.test_in_a_browser import WCAG, opened
from tests.gateway.desk.test_signing import PASSWORD
from tests.gateway.stage import NORTH
from tests.gateway.test_learning import taught

pytestmark = pytest.mark.driven


def somebody(desk: Desk, chromium: Browser, said: list[str], role: Role, **how: object) -> Page:
    token = desk.signed_in(role).client.cookies[COOKIE]
    return opened(chromium, desk, said, token, **how)


def test_a_client_is_paused_and_resumed_and_nothing_is_sent_between(
    desk: Desk, chromium: Browser, said: list[str]
) -> None:
    scene, page = desk.scene, somebody(desk, chromium, said, Role.coordinator)
    page.goto("/")
    page.get_by_role("link", name="Clients").click()
    page.get_by_role("link", name="Example-Power", exact=True).click()
    page.locator("summary", has_text="Pause this client").click()
    page.get_by_label("Why").fill("they close their books")
    page.get_by_role("button", name="Pause this client").click()
    expect(page.get_by_role("heading", name="Paused by coordinator")).to_be_visible()
    packet_id = scene.hand_over()
    scene.work()
    assert scene.stage(packet_id) is Stage.built
    page.goto("/")
    page.get_by_role("link", name="See the client").click()
    expect(page.get_by_text("1 packet is ready and waits;")).to_be_visible()
    page.get_by_role("button", name="Resume sending").click()
    expect(page.locator("summary", has_text="Pause this client")).to_be_visible()
    scene.work()
    assert scene.stage(packet_id) is Stage.waiting
    assert said == []


def test_an_account_is_stopped_and_resumed(desk: Desk, chromium: Browser, said: list[str]) -> None:
    page = somebody(desk, chromium, said, Role.admin)
    page.goto("/admin")
    page.get_by_role("link", name="Portal accounts").click()
    page.get_by_role("link", name=NORTH).click()
    page.locator("summary", has_text="Stop this account").click()
    page.get_by_label("Why", exact=True).fill("a new password is due")
    page.get_by_role("button", name="Stop this account").click()
    expect(page.get_by_text("admin stopped it: a new password is due.").first).to_be_visible()
    page.goto("/")
    page.get_by_role("link", name="See the account").click()
    page.locator("summary", has_text="Resume this account").click()
    page.get_by_role("button", name="Resume this account").click()
    expect(page.get_by_text("Working.")).to_be_visible()
    assert not desk.scene.account().paused
    assert said == []


def test_a_new_user_is_added_and_chooses_a_password(desk: Desk, chromium: Browser, said: list[str]) -> None:
    page = somebody(desk, chromium, said, Role.admin)
    page.goto("/admin")
    page.get_by_role("link", name="Users").click()
    page.get_by_label("Name", exact=True).fill("robin")
    page.get_by_role("button", name="Add this user").click()
    first = page.locator(".once code").inner_text()
    robin = opened(chromium, desk, said)
    robin.goto("/")
    for password in (first, PASSWORD):
        robin.get_by_label("Name").fill("robin")
        robin.get_by_label("Password", exact=True).fill(password)
        robin.get_by_role("button", name="Sign in", exact=True).click()
        if password == first:
            expect(robin.get_by_role("heading", name="Choose a password of your own")).to_be_visible()
            robin.get_by_label("Present password").fill(first)
            robin.get_by_label("New password", exact=True).fill(PASSWORD)
            robin.get_by_label("New password once more").fill(PASSWORD)
            robin.get_by_role("button", name="Change the password").click()
            robin.get_by_role("link", name="Sign in with the new one").click()
    expect(robin.get_by_role("heading", name="Work list")).to_be_visible()
    page.get_by_role("link", name="Done").click()
    page.locator("summary", has_text=re.compile("Change.*robin")).click()
    page.get_by_role("button", name="Let in no more (robin)").click()
    expect(page.get_by_text("may not sign in")).to_be_visible()
    robin.goto("/clients")
    expect(robin.get_by_role("heading", name="Sign in")).to_be_visible()
    assert said == []


def test_work_is_tried_again_a_token_made_and_ended_and_a_proposal_accepted(
    desk: Desk, chromium: Browser, said: list[str]
) -> None:
    one, _ = taught(desk.scene)
    gives_up(desk.scene, "poll", NORTH)
    page = somebody(desk, chromium, said, Role.admin)
    page.goto("/")
    page.get_by_role("link", name="See what and why").click()
    page.get_by_role("button", name="Try it again").click()
    expect(page.get_by_text("No work was given up.")).to_be_visible()
    page.goto("/admin/tokens")
    page.get_by_label("Name of the program").fill("erp")
    page.get_by_label("hand packets over").check()
    page.get_by_role("button", name="Make the token").click()
    expect(page.locator(".once code")).to_contain_text("clearbill_")
    page.get_by_role("link", name="Done").click()
    page.locator("summary", has_text="End it").click()
    page.get_by_role("button", name="End the token erp").click()
    expect(page.locator("summary", has_text="End it")).to_have_count(0)
    page.goto("/")
    page.get_by_role("link", name="See them").click()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("Accepted by admin")).to_be_visible()
    assert [event.who for event in desk.scene.events(f"proposal:{one.id}")] == ["learning", "admin"]
    assert said == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 640, 360])
def test_every_page_of_admins_is_readable(
    lite_desk: Desk, chromium: Browser, said: list[str], theme: str, width: int
) -> None:
    scene = lite_desk.scene
    taught(scene)
    gives_up(scene, "poll", NORTH)
    with scene.house.database.write() as tx:
        now = scene.house.database.now(tx)
        accounts.load(tx, NORTH, lock=True)
        orders.keep_unread(tx, NORTH, UnreadOrder("pay-1", "4500012345", "no line", b"<order/>"), now)
        inbox.keep(tx, NORTH, Delivery("StatusUpdateRequest", "", b"<ok/>", unread="about nothing"), now)
    pause_client(scene.house, "example-power", "Ann", "they close their books")
    page = somebody(lite_desk, chromium, said, Role.admin, color_scheme=theme, viewport={"width": width, "height": 900})
    for path in (
        *("/clients", "/clients/example-power", "/clients/southern-grid", "/proposals", "/admin", "/password"),
        *("/admin/accounts", f"/admin/accounts/{NORTH}", "/admin/queue", "/admin/unplaced", "/admin/unread-orders"),
        *("/admin/users", "/admin/tokens", "/admin/secrets"),
    ):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": list(WCAG)}})
        assert found.response["passes"], "axe found nothing to look at"
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} must be scrolled sideways by {wide} pixels"
    assert said == []

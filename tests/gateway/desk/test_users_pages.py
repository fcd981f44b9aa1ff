"""Users, their passwords, programs' tokens and references to secrets, on pages; and nobody locks everybody out."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from gateway import identity
from gateway.errors import NotPossible
from gateway.secret_states import secret_states
from gateway.settings import load
from gateway.store import api_tokens, people
from gateway.store.people import Role
from gateway.web.tokens import digest_of
from tests.gateway.desk.stage import COOKIE, Browser, Desk, csrf_in, open_desk, words
from tests.gateway.desk.test_signing import PASSWORD
from tests.gateway.stage import Scene, open_scene

FIRST = re.compile(r"<code>([a-z2-9]{4}(?:-[a-z2-9]{4}){3})</code>")


def comes_in(desk: Desk, name: str, password: str) -> Browser:
    """Somebody who signs in on the page."""
    browser = desk.stranger()
    csrf = csrf_in(browser.see("/sign-in"))
    browser.client.post("/sign-in", data={"csrf": csrf, "name": name, "password": password})
    browser.csrf = identity.csrf_of(browser.client.cookies.get(COOKIE, ""))
    return browser


def test_a_new_user_comes_in_once_and_chooses_a_password_before_anything_else(lite_desk: Desk) -> None:
    admin = lite_desk.signed_in(Role.admin)
    page = admin.order("/admin/users", name="Robin", role="approver")
    found = FIRST.search(page.text)
    assert found
    first = found[1]
    assert first not in admin.see("/admin/users").text, "it is shown once"
    robin = comes_in(lite_desk, "robin", first)
    turned_away = robin.see("/")
    assert (turned_away.status_code, turned_away.headers["location"]) == (303, "/password")
    assert robin.order("/clients/example-power/pause", why="x").headers["location"] == "/password"
    assert "Choose a password of your own" in words(robin.see("/password"))
    tried = {"present": first, "new": PASSWORD, "again": PASSWORD}
    assert "differ" in words(robin.order("/password", **{**tried, "again": "else"}))
    assert "not right" in words(robin.order("/password", **{**tried, "present": "wrong"}))
    assert "12 to 200" in words(robin.order("/password", present=first, new="short", again="short"))
    assert "Your password is changed" in words(robin.order("/password", **tried))
    assert robin.see("/").headers["location"].startswith("/sign-in"), "every session has ended"
    assert comes_in(lite_desk, "robin", first).see("/").status_code == 303
    assert comes_in(lite_desk, "robin", PASSWORD).see("/").status_code == 200
    assert lite_desk.scene.kinds("person:robin") == [*("person_added", "signed_in", "password_changed", "signed_in")]
    assert first not in str(lite_desk.scene.events("person:robin"))


def test_a_first_password_opens_nothing_after_three_days(lite_desk: Desk) -> None:
    page = lite_desk.signed_in(Role.admin).order("/admin/users", name="robin", role="viewer")
    found = FIRST.search(page.text)
    assert found
    lite_desk.scene.clock.passes(3 * 86_400 + 1)
    assert identity.sign_in(lite_desk.scene.house, "robin", found[1]) == ""


def test_an_admin_changes_a_user_and_each_order_is_an_event_with_the_admins_name(lite_desk: Desk) -> None:
    admin, bea = lite_desk.signed_in(Role.admin), lite_desk.signed_in(Role.viewer, "bea")
    assert "1 session" in words(admin.see("/admin/users"))
    door = "/admin/users/bea"
    assert admin.order(f"{door}/sessions", was="viewer").status_code == 303
    assert bea.see("/").status_code == 303
    assert admin.order(f"{door}/role", was="viewer", role="coordinator").status_code == 303
    assert admin.order(f"{door}/role", was="viewer", role="admin").status_code == 409, "it was another role by then"
    assert admin.order(f"{door}/role", was="coordinator", role="king").status_code == 409
    assert admin.order(f"{door}/disable", was="coordinator").status_code == 303
    assert "may not sign in" in words(admin.see("/admin/users"))
    assert admin.order(f"{door}/enable", was="coordinator, disabled").status_code == 303
    assert FIRST.search(admin.order(f"{door}/password", was="coordinator").text)
    assert admin.order(f"{door}/explode", was="coordinator").status_code == 409
    assert admin.order("/admin/users/nobody/enable", was="viewer").status_code == 404
    assert admin.order("/admin/users", name="bea", role="viewer").status_code == 409
    assert [(one.kind, one.who) for one in lite_desk.scene.events("person:bea")] == [
        (kind, "admin")
        for kind in (*("sessions_ended", "role_changed", "person_disabled", "person_enabled", "password_changed"),)
    ]


@pytest.mark.parametrize("order", ["role", "disable", "password"])
def test_nobody_locks_themselves_out(lite_desk: Desk, order: str) -> None:
    admin = lite_desk.signed_in(Role.admin)
    assert admin.order(f"/admin/users/admin/{order}", was="admin", role="viewer").status_code == 409
    assert admin.see("/admin/users").status_code == 200


def test_there_is_always_an_admin_whoever_orders_what_at_once(scene: Scene) -> None:
    names = ("ann", "bea")
    with scene.house.database.write() as tx:
        for name in names:
            people.insert(tx, name, Role.admin, "no password fits", scene.house.database.now(tx))

    def other_out(name: str) -> str:
        try:
            if name == "ann":
                identity.disable(scene.house, name, "bea")
            else:
                identity.set_role(scene.house, name, Role.viewer, "ann")
        except NotPossible as fault:
            return str(fault)
        return "done"

    with ThreadPoolExecutor(2) as both:
        answers = sorted(both.map(other_out, names))
    assert answers[1] == "done"
    assert "is the last admin" in answers[0]
    with scene.house.database.write() as tx:
        assert len(people.admins(tx)) == 1


def test_users_are_listed_page_by_page(lite_desk: Desk) -> None:
    for n in range(27):
        lite_desk.signed_in(Role.viewer, f"user-{n:02}")
    admin = lite_desk.signed_in(Role.admin)
    assert admin.see("/admin/users").text.count('data-label="Signs in"') == 25
    assert 'href="/admin/users?after=user-23"' in admin.see("/admin/users").text
    assert admin.see("/admin/users", after="user-23").text.count('data-label="Signs in"') == 3


def test_a_token_is_made_for_some_things_shown_once_and_ended(lite_desk: Desk) -> None:
    admin, house = lite_desk.signed_in(Role.admin), lite_desk.scene.house
    assert admin.order("/admin/tokens", name="erp").status_code == 409, "for nothing"
    answer = admin.client.post(
        "/admin/tokens", data={"csrf": admin.csrf, "name": "erp", "scopes": ["packets:write", "packets:read"]}
    )
    found = re.search(r"<code>(clearbill_[\w-]+)</code>", answer.text)
    assert found
    token = found[1]
    assert answer.headers["cache-control"] == "no-store"
    told = words(admin.see("/admin/tokens"))
    assert "erp look at packets, hand packets over" in told
    assert token not in told
    with house.database.read() as tx:
        shown = api_tokens.shown(tx, digest_of(token))
    assert shown is not None
    assert admin.order("/admin/tokens", name="erp", scopes="metrics:read").status_code == 409
    assert admin.order("/admin/tokens", name="bi", scopes="everything").status_code == 409
    assert admin.order("/admin/tokens/erp/end").status_code == 303
    assert admin.order("/admin/tokens/nobody/end").status_code == 404
    with house.database.read() as tx:
        assert api_tokens.shown(tx, digest_of(token)) is None
    assert [(one.kind, one.who) for one in lite_desk.scene.events("token:erp")] == [
        ("token_added", "admin"),
        ("token_ended", "admin"),
    ]


def test_each_reference_is_told_with_its_purpose_and_never_a_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "shared-secret"
    here.write_text("open sesame\n")
    here.chmod(0o644)
    monkeypatch.setenv("CLEARBILL_TEST_HERE", "hunter2hunter2")
    accounts = {
        "north": {
            "portal": "coupa",
            "settings": {"odd": "env:NOT_A_SECRET"},
            "secrets": {"client_secret": "env:CLEARBILL_TEST_HERE", "shared_secret": f"file:{here}", "x": "env:GONE"},
        }
    }
    config = tmp_path / "clearbill.yaml"
    tokens = [{"name": "erp", "secret": "env:CLEARBILL_TEST_HERE"}]
    config.write_text(yaml.safe_dump({"accounts": accounts, "tokens": tokens}))
    states = {(one.owner, one.purpose): one for one in secret_states(load(config))}
    assert set(states) == {
        ("", "tokens.1.secret"),
        *(("north", name) for name in ("client secret", "shared secret", "x")),
    }
    assert states["north", "client secret"].trouble == ""
    assert states["north", "shared secret"].open_to_others
    assert "GONE is not set" in states["north", "x"].trouble
    assert "hunter2" not in str(states)
    assert "sesame" not in str(states)


def test_the_page_of_secrets_and_the_way_to_it(lite_desk: Desk) -> None:
    admin, coordinator = lite_desk.signed_in(Role.admin), lite_desk.signed_in()
    assert "The settings refer to no secret." in words(admin.see("/admin/secrets"))
    assert "Users" in words(admin.see("/admin"))
    assert "who may sign in" not in words(coordinator.see("/admin"))


def test_where_people_come_in_by_the_company_account_nobody_gets_a_password(tmp_path: Path, sqlite_url: str) -> None:
    openid = {"issuer": "https://id.example", "client_id": "clearbill", "client_secret": "env:GONE"}
    by_company = {"openid": openid, "passwords": False}
    with open_scene(sqlite_url, tmp_path, desk=by_company) as scene, open_desk(scene) as desk:
        admin = desk.signed_in(Role.admin)
        assert "First password" not in admin.see("/admin/users").text
        assert admin.order("/admin/users", name="robin", role="viewer").status_code == 409
        assert admin.order("/admin/users", name="robin", role="viewer", comes="company").status_code == 303
        assert "by the company account" in words(admin.see("/admin/users"))
        assert admin.order("/admin/users/robin/password", was="viewer").status_code == 409

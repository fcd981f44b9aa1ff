"""Signing in and out: what a browser is given, what ends a session, and what guessing meets."""

import threading
from pathlib import Path

import pytest

from gateway import identity
from gateway.desk.guard import cookie_name, is_secure
from gateway.desk.signing import local
from gateway.desk.throttle import MOST_TRIES, WINDOW_SECONDS, Throttle
from gateway.errors import NotFound, NotPossible
from gateway.settings import DeskSettings, Settings
from gateway.store import people
from gateway.store.people import Role
from gateway.web.proxies import counted_as
from tests.gateway.desk.stage import COOKIE, Browser, Desk, csrf_in, open_desk, words
from tests.gateway.stage import Scene, open_scene

PASSWORD = "correct horse battery staple"


def tries(browser: Browser, name: str, password: str, **more: str) -> int:
    page = browser.see("/sign-in")
    fields = {"name": name, "password": password, "csrf": csrf_in(page), **more}
    return browser.client.post("/sign-in", data=fields).status_code


def test_a_user_signs_in_works_and_signs_out(desk: Desk) -> None:
    identity.add_person(desk.scene.house, "robin", PASSWORD, Role.coordinator, "tests")
    browser = desk.stranger()
    assert browser.see("/").headers["location"] == "/sign-in?next=%2F"
    assert tries(browser, "robin", "wrong horse battery staple") == 403
    assert tries(browser, " Robin ", PASSWORD, next="/find?q=x") == 303
    page = browser.see("/")
    assert page.status_code == 200
    assert "robin, coordinator" in words(page)
    old = browser.client.cookies[COOKIE]
    assert browser.client.post("/sign-out", data={"csrf": csrf_in(page)}).status_code == 303
    browser.client.cookies.set(COOKIE, old)
    assert browser.see("/").status_code == 303
    assert desk.scene.kinds("person:robin") == ["person_added", "signed_in", "signed_out"]


def test_neither_a_cookie_nor_a_password_can_be_read_in_the_database(lite: Scene) -> None:
    identity.add_person(lite.house, "robin", PASSWORD, Role.viewer, "tests")
    token = identity.sign_in(lite.house, "robin", PASSWORD)
    assert token
    with lite.house.database.read() as tx:
        kept = people.load(tx, "robin")
        assert kept is not None
        everything = "".join(str(row) for row in tx.connection.dbapi_connection.iterdump())  # type: ignore[union-attr]
    assert kept.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert kept.password_hash not in repr(kept)
    assert PASSWORD not in everything
    assert token not in everything


def test_a_cookie_is_kept_from_scripts_and_other_sites(lite_desk: Desk) -> None:
    identity.add_person(lite_desk.scene.house, "robin", PASSWORD, Role.viewer, "tests")
    browser = lite_desk.stranger()
    page = browser.see("/sign-in")
    answer = browser.client.post(
        "/sign-in", data={"name": "robin", "password": PASSWORD, "csrf": csrf_in(page), "next": "//evil.example"}
    )
    assert answer.headers["location"] == "/"
    cookies = answer.headers.get_list("set-cookie")
    (session,) = [one for one in cookies if one.startswith(COOKIE)]
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert "Secure" not in session  # loopback


def test_what_browsers_are_told_to_forbid(lite_desk: Desk) -> None:
    for path in ("/sign-in", "/", "/static/desk.css"):
        headers = lite_desk.stranger().see(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] in ("no-store", "no-cache")


def test_a_form_of_the_sign_in_belongs_to_its_browser(lite_desk: Desk) -> None:
    identity.add_person(lite_desk.scene.house, "robin", PASSWORD, Role.viewer, "tests")
    another = csrf_in(lite_desk.stranger().see("/sign-in"))
    browser = lite_desk.stranger()
    browser.see("/sign-in")
    fields = {"name": "robin", "password": PASSWORD, "csrf": another}
    assert browser.client.post("/sign-in", data=fields).status_code == 403
    fields["csrf"] = identity.csrf_of("")
    assert lite_desk.stranger().client.post("/sign-in", data=fields).status_code == 403
    assert lite_desk.scene.kinds("person:robin") == ["person_added"]


def test_a_browser_without_the_forms_cookie_has_no_form(lite_desk: Desk) -> None:
    fields = {"name": "robin", "password": PASSWORD, "csrf": identity.csrf_of("")}
    for cookie in ("", "clearbill-form="):
        answer = lite_desk.stranger().client.post("/sign-in", data=fields, headers={"Cookie": cookie})
        assert "not one that this session was given" in words(answer)


@pytest.mark.parametrize(("seconds", "clicks", "open_still"), [(1700, 1, True), (1900, 1, False), (1700, 30, False)])
def test_a_session_ends_when_nobody_clicks_and_after_a_day(
    lite_desk: Desk, seconds: float, clicks: int, open_still: bool
) -> None:
    browser = lite_desk.signed_in()
    for _ in range(clicks):
        lite_desk.scene.clock.passes(seconds)
        answer = browser.see("/")
    assert (answer.status_code == 200) is open_still


def test_a_new_password_a_ban_and_a_role_count_at_once(lite_desk: Desk) -> None:
    house, browser = lite_desk.scene.house, lite_desk.signed_in(Role.coordinator, "robin")
    identity.set_role(house, "robin", Role.coordinator, "ann")
    assert "robin, coordinator" in words(browser.see("/"))
    identity.set_role(house, "robin", Role.viewer, "ann")
    assert browser.see("/").status_code == 303
    browser = lite_desk.signed_in(Role.coordinator, "robin")  # the role is the one that was given
    assert "robin, viewer" in words(browser.see("/"))
    identity.disable(house, "robin", "ann")
    assert browser.see("/").status_code == 303
    identity.set_password(house, "robin", PASSWORD, "ann")
    assert identity.sign_in(house, "robin", PASSWORD) == ""
    identity.enable(house, "robin", "ann")
    token = identity.sign_in(house, "robin", PASSWORD)
    assert identity.visitor_of(house, token)
    identity.set_password(house, "robin", f"{PASSWORD} two", "ann")
    assert identity.visitor_of(house, token) is None


@pytest.mark.parametrize(
    "name", ["", "Robin", "worker", "portal:north", "a b", "x" * 64, "-robin", "r\u00f6bin", "a\x00"]
)
def test_a_name_is_plain_and_no_part_of_the_program(lite: Scene, name: str) -> None:
    with pytest.raises(NotPossible, match="cannot be a name here"):
        identity.add_person(lite.house, name, PASSWORD, Role.viewer, "tests")
    assert identity.sign_in(lite.house, name, PASSWORD) == ""


@pytest.mark.parametrize("password", ["short", "x" * 201, "robin-walton-7"])
def test_a_password_that_is_easily_guessed_is_refused(lite: Scene, password: str) -> None:
    with pytest.raises(NotPossible, match="a password"):
        identity.add_person(lite.house, "robin-walton", password, Role.viewer, "tests")


def test_a_name_is_given_once_and_an_unknown_one_is_said_to_be(lite: Scene) -> None:
    identity.add_person(lite.house, "robin", PASSWORD, Role.viewer, "tests")
    with pytest.raises(NotPossible, match="already"):
        identity.add_person(lite.house, "robin", PASSWORD, Role.admin, "tests")
    with pytest.raises(NotFound, match="there are: robin"):
        identity.disable(lite.house, "ann", "tests")


def test_an_unknown_name_costs_the_same_work_as_a_wrong_password(lite: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    identity.add_person(lite.house, "robin", PASSWORD, Role.viewer, "tests")
    verified: list[str] = []
    monkeypatch.setattr(identity, "_is_right", lambda hashed, password: verified.append(hashed))
    for name in ("robin", "nobody-here", "\x00"):
        assert identity.sign_in(lite.house, name, PASSWORD) == ""
    costs = {hashed.rsplit("$", 2)[0] for hashed in verified}
    assert (len(verified), costs) == (3, {"$argon2id$v=19$m=65536,t=3,p=4"})


def test_guessing_is_slowed_by_name_and_by_address(lite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "sign_in", lambda house, name, password: "")
    browser = lite_desk.stranger()
    assert [tries(browser, "robin", "guess") for _ in range(6)] == [403] * 5 + [429]
    assert tries(browser, "ann", "guess") == 403


def test_tries_are_counted_in_windows_and_a_right_one_is_forgiven() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    for _ in range(MOST_TRIES["pair"]):
        assert throttle.may_try("robin", "a") == 0
    assert throttle.may_try("robin", "a") == WINDOW_SECONDS
    assert throttle.may_try("robin", "b") == 0  # whoever guesses elsewhere keeps nobody out here
    now[0] = WINDOW_SECONDS
    assert throttle.may_try("robin", "a") == 0
    throttle.came_in("robin", "a")
    for n in range(MOST_TRIES["address"]):
        assert throttle.may_try(f"name {n}", "c") == 0
    assert throttle.may_try("another", "c") > 0
    for n in range(MOST_TRIES["name"]):
        throttle.may_try("robin", f"address {n}")
    assert throttle.may_try("robin", "a") > 0


def test_tries_at_the_same_time_are_all_counted() -> None:
    throttle, allowed = Throttle(lambda: 0.0), []
    at_once = [threading.Thread(target=lambda: allowed.append(throttle.may_try("robin", "a") == 0)) for _ in range(20)]
    for thread in at_once:
        thread.start()
    for thread in at_once:
        thread.join()
    assert sum(allowed) == MOST_TRIES["pair"]


def test_signing_in_gives_a_new_session_and_ends_the_one_that_the_browser_had(lite_desk: Desk) -> None:
    house = lite_desk.scene.house
    for name in ("robin", "ann"):
        identity.add_person(house, name, PASSWORD, Role.viewer, "tests")
    browser = lite_desk.stranger()
    browser.client.cookies.set(COOKIE, "chosen by somebody else", domain="127.0.0.1")
    assert tries(browser, "robin", PASSWORD) == 303
    first = browser.client.cookies.get(COOKIE, domain="127.0.0.1")
    assert first
    assert first != "chosen by somebody else"
    assert tries(browser, "ann", PASSWORD) == 303
    assert identity.visitor_of(house, first) is None
    assert lite_desk.scene.kinds("person:robin")[-1] == "signed_out"


def test_a_password_that_is_endless_is_not_worked_on(lite: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    identity.add_person(lite.house, "robin", PASSWORD, Role.viewer, "tests")
    spelled: list[str] = []
    normal = identity._normal
    monkeypatch.setattr(identity, "_normal", lambda password: spelled.append(password) or normal(password))
    assert identity.sign_in(lite.house, "robin", "\ufdfa" * 16_000) == ""
    assert spelled == [""]


def test_a_password_is_as_long_as_it_is_spelled(lite: Scene) -> None:
    with pytest.raises(NotPossible, match="12 to 200"):
        identity.add_person(lite.house, "robin", "e\u0301" * 8, Role.viewer, "tests")
    identity.add_person(lite.house, "robin", "e\u0301" * 12, Role.viewer, "tests")
    assert identity.sign_in(lite.house, "robin", "\u00e9" * 12)


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
        ("", ""),
    ],
)
def test_an_ipv6_address_is_counted_by_its_network(host: str, counted: str) -> None:
    assert counted_as(host) == counted


@pytest.mark.parametrize(
    ("trusted", "said", "counted"),
    [
        ((), "192.0.2.7", "127.0.0.1"),
        (("127.0.0.0/8",), "192.0.2.7", "192.0.2.7"),
        (("127.0.0.0/8",), "203.0.113.9, 192.0.2.7", "192.0.2.7"),
        (("127.0.0.0/8", "10.0.0.0/8"), "203.0.113.9, 192.0.2.7, 10.1.1.1", "192.0.2.7"),
        (("10.0.0.0/8",), "192.0.2.7", "127.0.0.1"),
    ],
)
def test_a_forwarded_address_counts_where_a_trusted_proxy_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: tuple[str, ...], said: str, counted: str
) -> None:
    tried: list[str] = []
    monkeypatch.setattr(Throttle, "may_try", lambda self, name, address: tried.append(address) or 0.0)
    monkeypatch.setattr(identity, "sign_in", lambda house, name, password: "")
    settings = {"desk": {"trusted_proxies": trusted}}
    with open_scene(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, **settings) as scene, open_desk(scene) as desk:
        browser = desk.stranger()
        browser.client.headers["X-Forwarded-For"] = said
        assert tries(browser, "robin", "guess") == 403
    assert tried == [counted]


def test_nobody_trusts_everybody_as_a_proxy() -> None:
    with pytest.raises(ValueError, match="everybody is no proxy"):
        DeskSettings(trusted_proxies=("0.0.0.0/0",))  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "x", "", "/a\nb"])
def test_the_way_on_after_signing_in_stays_on_this_site(path: str) -> None:
    assert local(path) == "/"


def test_beyond_this_machine_cookies_are_for_https_alone() -> None:
    assert not is_secure(Settings())
    assert is_secure(Settings(host="0.0.0.0"))
    assert is_secure(Settings(public_url="https://billing.example"))
    assert not is_secure(Settings(host="0.0.0.0", desk=DeskSettings(secure_cookies="never")))
    assert cookie_name(Settings(host="::"), "session") == "__Host-clearbill-session"


def test_a_stranger_may_send_no_more_than_a_name_and_a_password(lite_desk: Desk) -> None:
    answer = lite_desk.stranger().client.post("/sign-in", data={"name": "x" * 20_000})
    assert answer.status_code == 413

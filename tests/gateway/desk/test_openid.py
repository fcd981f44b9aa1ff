"""Signing in with a company account: who is let in and as what, and every answer that must not be believed."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from gateway import identity
from gateway.doctor import Health, Line, examine
from gateway.errors import NotPossible
from gateway.openid import BACK, OpenId, OpenIdTrouble, is_safe, provider_from
from gateway.settings import OpenIdSettings
from gateway.store import people
from gateway.store.people import PersonRecord, Role
from tests.gateway.desk import provider as stand_in
from tests.gateway.desk.provider import CLIENT, SECRET, Provider, provider_open
from tests.gateway.desk.stage import COOKIE, Browser, Desk, csrf_in, open_desk, words
from tests.gateway.desk.test_signing import PASSWORD
from tests.gateway.stage import Clock, open_scene

OUTSIDE = "http://127.0.0.1:8470"
ROLES = {"billing": "coordinator", "billing-leads": "approver"}


@contextmanager
def company(folder: Path, url: str = "", desk: Mapping[str, Any] | None = None, **openid: Any) -> Iterator[Any]:
    """A desk that lets people in by a provider, and the provider."""
    clock = Clock()
    secret = folder / "secret"
    secret.write_text(SECRET)
    with provider_open(clock, OUTSIDE + BACK) as provider:
        settings = {"issuer": provider.url, "client_id": CLIENT, "client_secret": f"file:{secret}", **openid}
        url = url or f"sqlite:///{folder / 'c.sqlite'}"
        desk_settings = {"openid": settings, **(desk or {})}
        with open_scene(url, folder, clock=clock, desk=desk_settings) as scene, open_desk(scene) as opened:
            yield opened, provider


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Desk, Provider]]:
    with company(tmp_path) as opened:
        identity.expect_person(opened[0].scene.house, "robin", Role.coordinator, "tests")
        yield opened


def goes(desk: Desk, browser: Browser, next: str = "/") -> httpx.Response:
    """A browser goes to the provider; the answer is what sends it back here."""
    there = browser.see("/sign-in/openid", next=next)
    assert there.status_code == 303, words(there)
    back = httpx.get(there.headers["location"], trust_env=False)
    assert back.headers["location"].startswith(OUTSIDE + BACK)
    return back


def comes_back(browser: Browser, back: httpx.Response) -> httpx.Response:
    parts = urlsplit(back.headers["location"])
    return browser.client.get(f"{parts.path}?{parts.query}")


def signs_in(desk: Desk, browser: Browser | None = None, next: str = "/") -> httpx.Response:
    browser = browser or desk.stranger()
    return comes_back(browser, goes(desk, browser, next))


def known(desk: Desk, name: str) -> PersonRecord | None:
    with desk.scene.house.database.read() as tx:
        return people.load(tx, name)


def test_somebody_who_is_expected_comes_in_works_and_leaves(database_url: str, tmp_path: Path) -> None:
    with company(tmp_path, database_url) as (desk, provider):
        identity.expect_person(desk.scene.house, "robin", Role.coordinator, "tests")
        browser = desk.stranger()
        page = browser.see("/sign-in", next="/reports?client=x&by=y")
        (way,) = re.findall(r'href="(/sign-in/openid[^"]*)"', page.text)
        there = browser.client.get(way.replace("&amp;", "&"))
        asked = parse_qs(urlsplit(there.headers["location"]).query)
        assert asked["scope"] == ["openid profile email"]
        back = httpx.get(there.headers["location"], trust_env=False)
        answer = comes_back(browser, back)
        assert (answer.status_code, answer.headers["location"]) == (303, "/reports?client=x&by=y")
        page = browser.see("/")
        assert "robin, coordinator" in words(page)
        out = browser.client.post("/sign-out", data={"csrf": csrf_in(page)})
        assert out.headers["location"] == "/sign-in/openid/out"
        told = browser.see("/sign-in/openid/out")
        left = parse_qs(urlsplit(re.findall(r'href="([^"]+/out\?[^"]+)"', told.text)[0].replace("&amp;", "&")).query)
        assert left == {"client_id": [CLIENT], "post_logout_redirect_uri": [f"{OUTSIDE}/sign-in"]}
        assert browser.see("/").status_code == 303
        kinds = ["person_added", "person_known", "signed_in", "signed_out"]
        assert desk.scene.kinds("person:robin") == kinds
        provider.person["preferred_username"] = "a.new.name"  # the provider's own key is what a person is known by
        assert signs_in(desk).status_code == 303
        assert desk.scene.kinds("person:robin") == [*kinds, "signed_in"]


Claims = dict[str, Any]
WRONG_TOKENS: dict[str, Callable[[Provider], None]] = {
    "another nonce": lambda p: says(p, nonce="another"),
    "no nonce": lambda p: says(p, nonce=None),
    "for another application": lambda p: says(p, aud="another"),
    "for others as well": lambda p: says(p, aud=[CLIENT, "another"], azp=CLIENT),
    "asked for by another": lambda p: says(p, azp="another"),
    "of another issuer": lambda p: says(p, iss="https://login.example"),
    "of almost the issuer": lambda p: says(p, iss=p.url + "/"),
    "expired": lambda p: says(p, exp=int(p.clock().timestamp()) - 61),
    "never expiring": lambda p: says(p, exp=None),
    "expiring in words": lambda p: says(p, exp="tomorrow"),
    "expiring beyond all numbers": lambda p: says(p, exp=float("inf")),
    "of the future": lambda p: says(p, iat=int(p.clock().timestamp()) + 3600),
    "not yet": lambda p: says(p, nbf=int(p.clock().timestamp()) + 3600),
    "of nobody": lambda p: says(p, sub=None),
    "of a list": lambda p: says(p, sub=["248289761001"]),
    "of a name that cannot be kept": lambda p: says(p, sub="a\0b"),
    "of an endless name": lambda p: says(p, sub="x" * 256),
    "for another access token": lambda p: says(p, at_hash="AAAA"),
    "unsigned": lambda p: signed(p, stand_in.unsigned),
    "signed by the public key": lambda p: signed(p, stand_in.by_the_public_key),
    "signed by another key": lambda p: signed(p, stand_in.by_another_key),
    "bringing its own key": lambda p: signed(p, stand_in.by_a_key_of_its_own),
    "changed afterwards": lambda p: signed(p, stand_in.changed_afterwards),
    "no token": lambda p: signed(p, lambda provider, claims: "x"),
    "endless parts": lambda p: signed(p, lambda provider, claims: "." * 50_000),
}


def says(provider: Provider, **changed: Any) -> None:
    """ID tokens that say something else; None takes a claim away."""
    provider.claims = lambda claims: {k: v for k, v in {**claims, **changed}.items() if v is not None}


def signed(provider: Provider, how: stand_in.Signs) -> None:
    provider.signs = how


def refused(desk: Desk, answer: httpx.Response, *said: str) -> str:
    """Nobody came in, the page says so in words, and nothing of the exchange stands on it or in the log."""
    assert answer.status_code in (403, 503), words(answer)
    assert "Sign in" in words(answer)
    assert COOKIE not in answer.cookies
    told = words(answer)
    for one in said:
        assert one in told
    return told


def test_no_answer_is_believed_that_does_not_hold(both: tuple[Desk, Provider]) -> None:
    desk, provider = both
    usual, signs = provider.claims, provider.signs
    for what, spoil in WRONG_TOKENS.items():
        provider.claims, provider.signs = usual, signs
        spoil(provider)
        with capture_logs() as logs:
            answer = signs_in(desk)
        refused(desk, answer, "does not hold")
        assert any(one["event"] == "openid_refused" for one in logs), what
    assert desk.scene.kinds("person:robin") == ["person_added"]
    provider.claims, provider.signs = usual, signs
    provider.rotate()
    provider.rotate()
    assert signs_in(desk).status_code in (303, 403)  # keys are not read again at will
    assert provider.asked.count("/keys") <= 3


def test_a_code_is_good_once_and_only_in_the_browser_that_began(both: tuple[Desk, Provider]) -> None:
    desk, _ = both
    browser, thief = desk.stranger(), desk.stranger()
    back = goes(desk, browser)
    for _ in range(2):
        refused(desk, comes_back(thief, back), "was not begun in this browser")
    goes(desk, thief)
    refused(desk, comes_back(thief, back), "was not begun in this browser")
    kept = dict(browser.client.cookies)
    assert comes_back(browser, back).status_code == 303
    refused(desk, comes_back(browser, back), "was not begun in this browser")
    again = desk.stranger()
    again.client.cookies.update(kept)
    refused(desk, comes_back(again, back), "took too long or was used already")
    twice = httpx.Response(302, headers={"location": back.headers["location"] + "&state=x"})
    refused(desk, comes_back(browser, twice), "was not begun in this browser")


def test_a_cookie_of_nonsense_is_no_sign_in(both: tuple[Desk, Provider]) -> None:
    browser = both[0].stranger()
    for cookie in ("x", "eyJ9", "W10=", "WzEsMiwzLDRd", "[" * 100, "\u00e9"):
        header = {"Cookie": f"clearbill-openid={cookie}".encode()}
        refused(both[0], browser.client.get(f"{BACK}?code=x&state=", headers=header), "was not begun in this browser")


ERRORS = {
    "access_denied": "You were not let in",
    "login_required": "refused (login_required)",
    "temporarily_unavailable": "cannot be reached",
    "<b>x</b>": "refused (unknown)",
    "x" * 300: "refused (unknown)",
}


def test_what_the_provider_refuses_is_told_without_its_free_words(both: tuple[Desk, Provider]) -> None:
    for error, said in ERRORS.items():
        both[1].refuses = error
        assert "Ring this number" not in refused(both[0], signs_in(both[0]), said)


def test_an_answer_in_the_name_of_another_provider_is_not_taken(both: tuple[Desk, Provider]) -> None:
    desk, provider = both
    provider.adds = {"iss": "https://login.example"}
    refused(desk, signs_in(desk), "does not hold")
    assert "/token" not in provider.asked
    provider.adds = {"iss": provider.url}
    assert signs_in(desk).status_code == 303


NONSENSE = (
    ("/token", (500, b"oh")),
    ("/token", (400, b'{"error": "invalid_client"}')),
    ("/token", (200, b"no JSON")),
    ("/token", (200, b"[" * 100_000)),
    ("/token", (200, b'{"access_token": 7, "id_token": {}}')),
    ("/token", (200, b" " * 1_100_000)),
    ("/keys", (404, b"")),
    ("/keys", (200, b'{"keys": [1, {"kty": "oct", "k": "AAAA"}, {"kty": "RSA"}, {"kty": "RSA", "n": 5, "e": 7}]}')),
)


def test_a_provider_that_answers_nonsense_is_told_and_no_defect_of_ours(both: tuple[Desk, Provider]) -> None:
    desk, provider = both
    for door, answer in NONSENSE:
        provider.answers = {door: answer}
        refused(desk, signs_in(desk))


def test_a_provider_that_cannot_say_what_it_is_is_not_asked_at_every_click(both: tuple[Desk, Provider]) -> None:
    desk, provider = both
    for answer in ((503, b""), (200, b"[]"), (200, b'{"issuer": "https://login.example"}')):
        provider.answers = {"/.well-known/openid-configuration": answer}
        with pytest.raises(OpenIdTrouble):
            asks(desk).begin()
    provider.asked.clear()
    refused(desk, desk.stranger().see("/sign-in/openid"), "cannot be reached")
    refused(desk, desk.stranger().see("/sign-in/openid"), "cannot be reached")
    assert len(provider.asked) == 1


def asks(desk: Desk, now: Callable[[], float] = lambda: 0.0) -> OpenId:
    """The provider of a desk, of which nothing is known yet."""
    settings = desk.scene.house.settings.desk.openid
    assert settings
    return OpenId(settings, OUTSIDE + BACK, now)


def test_neither_code_nor_token_nor_secret_is_logged(
    both: tuple[Desk, Provider], caplog: pytest.LogCaptureFixture
) -> None:
    desk, provider = both
    said: list[str] = []
    usual = provider.signs
    provider.signs = lambda one, claims: said.append(usual(one, claims)) or said[-1]
    with capture_logs() as logs, caplog.at_level("DEBUG"):
        for spoil in (lambda: None, lambda: says(provider, nonce="another")):
            spoil()
            browser = desk.stranger()
            back = goes(desk, browser)
            said.append(parse_qs(urlsplit(back.headers["location"]).query)["code"][0])
            comes_back(browser, back)
    # The browser here is httpx; and pytest hears the server's access log, which is switched off where it serves.
    others = ("httpx", "httpcore", "uvicorn.access")
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith(others)]
    text = json.dumps(logs, default=str) + "".join(ours)
    assert len(said) == 4
    for secret in (*said, *provider.access, SECRET):
        assert secret not in text


def test_keys_that_are_changed_are_read_again(both: tuple[Desk, Provider]) -> None:
    desk, provider = both
    assert signs_in(desk).status_code == 303
    now = [0.0]
    openid = asks(desk, lambda: now[0])
    for kind, waits in (("RSA", 0.0), ("EC", 31.0)):
        provider.rotate(kind)
        now[0] += waits
        where, one = openid.begin()
        back = httpx.get(where, trust_env=False).headers["location"]
        brought = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
        assert openid.finish(one, brought, desk.scene.clock.now.timestamp()).name == "robin"


@pytest.mark.parametrize("where", ["header", "body"])
def test_the_clients_secret_is_shown_where_the_provider_wants_it(both: tuple[Desk, Provider], where: str) -> None:
    both[1].secret_in = where
    assert signs_in(both[0]).status_code == 303


def test_roles_come_from_groups_and_are_renewed_at_each_sign_in(tmp_path: Path) -> None:
    with company(tmp_path, roles=ROLES, unknown_people="made", roles_claim="/realm/groups") as (desk, provider):
        provider.person["realm"] = {"groups": ["all", "billing", "billing-leads"]}
        first = desk.stranger()
        assert signs_in(desk, first).status_code == 303
        assert "robin, approver" in words(first.see("/"))
        provider.person["realm"] = {"groups": ["billing"]}
        second = desk.stranger()
        assert signs_in(desk, second).status_code == 303
        assert "robin, coordinator" in words(second.see("/"))
        assert first.see("/").status_code == 303, "what was opened with the old role is open no longer"
        provider.person["realm"] = {"groups": ["cooks", 7, None]}
        refused(desk, signs_in(desk), "in no group that may use Clearbill")
        provider.person["realm"] = "billing"
        refused(desk, signs_in(desk), "in no group that may use Clearbill")
        kinds = ["person_added", "person_known", "signed_in", "role_changed", "signed_in"]
        assert desk.scene.kinds("person:robin") == kinds


def test_what_the_token_does_not_say_is_asked_for_and_believed_of_the_same_person_alone(tmp_path: Path) -> None:
    with company(tmp_path, roles=ROLES, unknown_people="made") as (desk, provider):
        provider.told_besides = {"groups": ["billing"], "sub": "somebody else"}
        refused(desk, signs_in(desk), "does not hold")
        provider.told_besides = {"groups": ["billing"], "preferred_username": "not-this"}
        assert signs_in(desk).status_code == 303
        assert known(desk, "robin")
        assert known(desk, "not-this") is None


def test_nobody_comes_in_who_is_not_expected_disabled_or_somebody_else(both: tuple[Desk, Provider]) -> None:
    desk, provider = both
    house = desk.scene.house
    provider.person = {"sub": "7", "preferred_username": "kim"}
    refused(desk, signs_in(desk), "nobody expects 'kim'".capitalize())
    identity.add_person(house, "kim", PASSWORD, Role.admin, "tests")
    refused(desk, signs_in(desk), "belongs to another user")
    provider.person = {"sub": "248289761001", "preferred_username": "Robin"}
    assert signs_in(desk).status_code == 303
    provider.person = {"sub": "8", "preferred_username": "robin"}
    refused(desk, signs_in(desk), "belongs to another user")
    for name in ("worker", "no name", "x" * 64, "\u00f6"):
        provider.person = {"sub": "9", "preferred_username": name}
        refused(desk, signs_in(desk), "cannot be a name here")
    provider.person = {"sub": "9"}
    refused(desk, signs_in(desk), "does not say by what name")
    identity.disable(house, "robin", "tests")
    provider.person = {"sub": "248289761001", "preferred_username": "Robin"}
    refused(desk, signs_in(desk), "is disabled here")
    identity.enable(house, "robin", "tests")
    with pytest.raises(NotPossible, match="no password to change"):
        identity.set_password(house, "robin", PASSWORD, "tests")
    for password in ("", PASSWORD):
        assert identity.sign_in(house, "robin", password) == ""


def test_an_address_that_is_not_verified_names_nobody(tmp_path: Path) -> None:
    with company(tmp_path, name_claim="email") as (desk, provider):
        identity.expect_person(desk.scene.house, "robin@line.example", Role.viewer, "tests")
        for verified in ({}, {"email_verified": False}, {"email_verified": "true"}):
            provider.person = {"sub": "7", "email": "Robin@line.example", **verified}
            refused(desk, signs_in(desk), "has not verified")
        provider.person["email_verified"] = True
        assert signs_in(desk).status_code == 303


def test_the_way_on_stays_on_this_site(both: tuple[Desk, Provider]) -> None:
    for next in ("//evil.example", "https://evil.example", "/\\evil.example", "/" + "x" * 2000):
        assert signs_in(both[0], next=next).headers["location"] == "/"


def test_passwords_are_kept_for_emergencies_or_not_at_all(tmp_path: Path) -> None:
    for passwords, status in ((True, 303), (False, 403)):
        folder = tmp_path / str(status)
        folder.mkdir()
        with company(folder, desk={"passwords": passwords}) as (desk, _):
            identity.add_person(desk.scene.house, "ann", PASSWORD, Role.admin, "tests")
            browser = desk.stranger()
            assert ("Password" in words(browser.see("/sign-in"))) is passwords
            proof = identity.csrf_of(browser.client.cookies["clearbill-form"])
            fields = {"name": "ann", "password": PASSWORD, "csrf": proof}
            assert browser.client.post("/sign-in", data=fields).status_code == status


def test_a_provider_without_a_way_out_is_told_as_such(both: tuple[Desk, Provider]) -> None:
    desk, provider = both
    provider.described = {"end_session_endpoint": None}
    browser = desk.stranger()
    assert signs_in(desk, browser).status_code == 303
    browser.client.post("/sign-out", data={"csrf": csrf_in(browser.see("/"))})
    assert "Only Clearbill’s session has ended." in words(browser.see("/sign-in/openid/out"))


def test_without_a_provider_there_are_no_such_doors(lite_desk: Desk) -> None:
    for path in ("/sign-in/openid", BACK, "/sign-in/openid/out"):
        assert lite_desk.stranger().see(path).status_code == 404
    assert "company account" not in words(lite_desk.stranger().see("/sign-in"))


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://login.example/x?y=z", True),
        ("http://127.0.0.1:8080/x", True),
        ("http://login.example/x", False),
        ("javascript:alert(1)", False),
        ("https://a@login.example/", False),
        ("https://login.example/#x", False),
        ("https://[::1", False),
        ("https://login.example:x/", False),
        ("https:///x", False),
        ("https://login.example/ x", False),
    ],
)
def test_only_addresses_that_nobody_overhears_are_used(url: str, safe: bool) -> None:
    assert is_safe(url) is safe


def test_doors_of_a_provider_are_as_safe_as_itself() -> None:
    said = {"issuer": "https://login.example", "token_endpoint": "https://login.example/t"}
    said |= {"jwks_uri": "https://login.example/k"}
    with pytest.raises(OpenIdTrouble):
        provider_from({**said, "authorization_endpoint": "http://127.0.0.1/a"}, "https://login.example")
    assert provider_from({**said, "authorization_endpoint": "https://elsewhere.example/a"}, "https://login.example")


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://login.example"},
        {"issuer": "https://login.example?x"},
        {"client_secret": "a secret itself"},
        {"scopes": ["profile"]},
        {"scopes": ["openid", "a b"]},
        {"unknown_people": "made"},
        {"roles": {"billing": "king"}},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(wrong: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match="OpenIdSettings"):
        OpenIdSettings(**{"issuer": "https://login.example", "client_id": "x", **wrong})


def test_the_doctor_says_whether_the_provider_answers(both: tuple[Desk, Provider]) -> None:
    desk, provider = both
    settings = desk.scene.house.settings

    def lines(ask: bool = True) -> list[Line]:
        return [line for line in examine(settings, ask_portals=ask) if line.subject == "company sign-in"]

    assert [line.health for line in lines()] == [Health.warn, Health.warn, Health.ok]  # others may read the secret here
    assert f"it must know the address {OUTSIDE + BACK}" in lines()[-1].says
    assert [line.health for line in lines(ask=False)] == [Health.warn, Health.warn]
    provider.described = {"issuer": "https://login.example"}
    assert "names another issuer" in lines()[-1].says
    provider.described = {}
    provider.keys = []
    assert [line.health for line in lines()][-1] is Health.fail
    assert all(line.do for line in lines() if line.health is not Health.ok)
    assert SECRET not in str(lines())

"""Who may sign in, how often, and for how long."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from adapters.oracle_isupplier.sandbox import Portal

from .visitor import ORDER, Visitor

PROFILES = ("default", "harbor", "prairie")
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture(params=PROFILES)
def anywhere(request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """A visitor at each tenant, not signed in."""
    with Portal({"buyers": {"harbor": {}, "prairie": {}}}) as portal:
        at_work = Visitor(portal, request.param)
        yield at_work
        at_work.http.close()


def tries(visitor: Visitor) -> list[str]:
    told = visitor.http.get(f"{visitor.base}/_sandbox/sessions").json()
    return [sign for _, sign in told["tries"]]


def test_a_right_password_leads_to_the_home_page_on_every_sign_in_page(anywhere: Visitor) -> None:
    anywhere.sign_in()
    assert f"Logged In As {anywhere.user.upper()}" in anywhere.text
    assert anywhere.answer.url.query == b"OAFunc=OAHOMEPAGE"
    assert tries(anywhere) == ["ok"]


def test_a_wrong_password_is_told_so_and_the_third_locks_the_account(anywhere: Visitor) -> None:
    for _ in range(3):
        assert "Login failed." in anywhere.sign_in("wrong").answer.text
    assert "locked" in anywhere.sign_in().answer.text
    assert tries(anywhere) == ["wrong", "wrong", "wrong", "locked"]
    anywhere.portal.knobs(buyer=anywhere.buyer, lock_text="as_wrong_password")
    assert "Login failed." in anywhere.sign_in().answer.text


def test_an_expired_password_wants_a_person(anywhere: Visitor) -> None:
    anywhere.portal.user(buyer=anywhere.buyer, expired=True)
    anywhere.sign_in()
    assert "Re-enter New Password" in anywhere.text
    assert anywhere.get(f"{anywhere.base}/OA_HTML/OA.jsp?OAFunc=OAHOMEPAGE").title == "Login"


def test_the_second_step_takes_a_code_once_and_shows_nothing_before(anywhere: Visitor) -> None:
    anywhere.portal.user(buyer=anywhere.buyer, totp_secret=SEED)
    home = f"{anywhere.base}/OA_HTML/OA.jsp?OAFunc=OAHOMEPAGE"
    anywhere.sign_in()
    assert "Verification Code" in anywhere.text
    assert "Verification Code" in anywhere.get(home).text
    code = pyotp.TOTP(SEED).now()
    wrong = "000000" if code != "000000" else "111111"
    assert anywhere.press("Verify", {anywhere.named("Verification Code"): wrong}).message[0] == "Error"
    anywhere.press("Verify", {anywhere.named("Verification Code"): code})
    assert "Logged In As" in anywhere.get(home).text
    again = Visitor(anywhere.portal, anywhere.buyer).sign_in()
    assert again.press("Verify", {again.named("Verification Code"): code}).message[0] == "Error"
    again.http.close()


def test_wrong_codes_lock_the_account_as_wrong_passwords_do(anywhere: Visitor) -> None:
    anywhere.portal.user(buyer=anywhere.buyer, totp_secret=SEED)
    anywhere.sign_in()
    for _ in range(3):
        anywhere.press("Verify", {anywhere.named("Verification Code"): "not a code"})
    assert anywhere.title == "Login"
    assert "locked" in anywhere.sign_in().answer.text


def test_a_session_ends_when_it_is_idle_or_old_or_has_asked_too_often() -> None:
    clock = Clock()
    with Portal(clock=clock) as portal:
        portal.orders([ORDER])
        visitor = Visitor(portal).home()
        clock.pass_by(1799)
        assert visitor.follow("Orders").title == "Purchase Orders - Northgrid"
        clock.pass_by(1800)
        assert visitor.follow("Orders").title == "Login"
        visitor.home()
        for _ in range(8):
            clock.pass_by(1790)
            visitor.follow("Orders")
        assert visitor.title == "Purchase Orders - Northgrid"
        clock.pass_by(81)
        assert visitor.follow("Orders").title == "Login"
        portal.knobs(request_limit=3)
        visitor.home().follow("Orders")
        assert visitor.follow("Home").title == "Login"
        visitor.http.close()


def test_a_partial_post_hears_of_the_end_of_its_session_in_xml(visitor: Visitor, portal: Portal) -> None:
    visitor.follow("Finance").follow("Create Invoices").press_create()
    portal.ends_sessions()
    visitor.press("Add to Invoice")
    assert visitor.answer.headers["content-type"] == "text/xml"
    assert "<code>401</code><name>FND_SESSION_EXPIRED</name>" in visitor.answer.text


def test_signing_out_ends_the_session(visitor: Visitor) -> None:
    visitor.get(f"{visitor.base}/OA_HTML/OALogout.jsp?menu=Y")
    assert visitor.get(f"{visitor.base}/OA_HTML/OA.jsp?OAFunc=OAHOMEPAGE").title == "Login"


def test_a_second_sign_in_may_end_the_first(visitor: Visitor, portal: Portal) -> None:
    other = Visitor(portal).home()
    assert visitor.follow("Orders").title == "Purchase Orders - Northgrid"
    portal.knobs(sessions_per_user="last")
    other.sign_in()
    assert visitor.follow("Orders").title == "Login"
    other.http.close()


def test_no_password_or_seed_is_in_any_page_or_list(portal: Portal, visitor: Visitor) -> None:
    portal.user(totp_secret=SEED)
    seen = visitor.answer.text
    for path in ("users", "sessions", "received", "invoices"):
        seen += visitor.http.get(f"/_sandbox/{path}").text
    assert visitor.user in seen
    assert visitor.password not in seen
    assert SEED not in seen


def test_a_wrong_password_has_one_of_two_known_sentences(portal: Portal) -> None:
    portal.knobs(wrong_password_text="retry", failure_limit=0)
    visitor = Visitor(portal)
    for _ in range(5):
        assert visitor.sign_in("wrong").answer.json()["message"] == "Login failed. Please retry your login"
    assert "Logged In As" in visitor.sign_in().text
    visitor.http.close()

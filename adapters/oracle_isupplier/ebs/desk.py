"""Signing in and getting about: one sign-in kept warm, left before the portal's own limits, begun anew when it ended.

Signing in is tried once. What the page answers is read before anything else is done: a second try with a wrong or
expired password could lock the account (facts, 2.3).
"""

import re
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

import pyotp
from playwright.sync_api import Locator
from playwright.sync_api import TimeoutError as TooLate

from adapters.oracle_isupplier.ebs.looks import Look
from adapters.oracle_isupplier.ebs.oaf import Oaf, SessionLost
from adapters.oracle_isupplier.ebs.settings import Settings
from gateway.adapter import Account, Session
from gateway.errors import PersonNeeded, PortalError, PortalUnavailable, SettingWrong, SignInRefused

T = TypeVar("T")

_EXPIRED = re.compile(r"re-?enter new password|password has expired|change your password|new password", re.IGNORECASE)
_LOCKED = re.compile(r"locked|too many|disabled|inactive", re.IGNORECASE)
_ACTS = re.compile(r"submitForm|_submitNav|_uixspu|_submitPartialChange")
_MOST_BRANCHES = 5
_ANSWERED = """
([user]) => document.readyState === 'complete' && (() => {
  const visible = e => !!e && !!(e.offsetWidth || e.offsetHeight);
  const box = document.querySelector('#errorBox, #FwkErrorBeanId');
  return !window.__clearbill_asked || visible(box) && !!box.innerText.trim();
})()
"""


class Desk:
    """One supplier's sign-in at one buyer, as it stands in the browser now."""

    def __init__(self, account: Account, settings: Settings) -> None:
        self._account = account
        self._settings = settings
        self._number = -1
        self._since = self._last = 0.0

    def at(self, session: Session, what: str) -> Oaf:
        """The page, signed in and on the portal's home. Raises SignInRefused, PersonNeeded, PortalUnavailable."""
        oaf = Oaf(session, self._settings.profile, self._where(what), self._settings.page_seconds)
        if self._is_stale(session) or (session.number != self._number and session.requests):
            session.renew()
        if session.number != self._number:
            with session.unrecorded():
                self._sign_in(oaf)
            self._enter(oaf)
            self._number, self._since = session.number, time.monotonic()
        self._last = time.monotonic()
        return oaf

    def twice(self, session: Session, what: str, work: Callable[[Oaf], T]) -> T:
        """Does work that may be begun anew: once more, signed in anew, where the sign-in or the page's state ended."""
        try:
            return work(self.at(session, what))
        except SessionLost:
            session.renew()
            return work(self.at(session, what))

    def go(self, oaf: Oaf, *path: str) -> None:
        """Follows tabs and links by their things, such as `finance`, `view_invoices`; what is in reach is pressed at
        once."""
        first = next((place for place in reversed(range(len(path))) if oaf.find_button(path[place])), 0)
        for thing in path[first:]:
            checked(oaf, oaf.act(oaf.button(thing)))

    def _where(self, what: str) -> str:
        return f"iSupplier {self._settings.host}, {what}"

    def _is_stale(self, session: Session) -> bool:
        """Whether this sign-in has come near one of the portal's limits (2.3)."""
        if session.number != self._number:
            return False
        now, settings = time.monotonic(), self._settings
        return (
            session.requests >= settings.requests_per_session
            or now - self._since > settings.session_minutes * 60
            or now - self._last > settings.idle_minutes * 60
        )

    # --- signing in

    def _sign_in(self, oaf: Oaf) -> None:
        settings = self._settings
        look = oaf.goto(settings.url + settings.sign_in_path)
        if not look.sign_in:
            raise self._not_ours(oaf, look)
        password = self._account.secret("password")
        oaf.field("user").fill(settings.user)
        oaf.field("password").fill(password)
        look = self._press(oaf, self._sign_in_button(oaf))
        if settings.second_factor == "totp" and not look.sign_in and oaf.find("code") is not None:
            look = self._second_step(oaf)
        self._judge(oaf, look)
        oaf.at.farewell = lambda session: self._farewell(session)

    def _sign_in_button(self, oaf: Oaf) -> Locator:
        """The static page's button stands outside its form (2.1)."""
        left = oaf.page.locator("#ButtonBox button.left, #ButtonBox button").locator("visible=true")
        return left.first if left.count() else oaf.button("sign_in")

    def _press(self, oaf: Oaf, button: Locator) -> Look:
        """Once. The static page stays where it is and shows its error box; the other one loads anew (2.3)."""
        seconds = self._settings.page_seconds
        oaf.page.evaluate("() => { window.__clearbill_asked = true; }")
        with oaf.at.posting_once(seconds):  # a password shown twice counts twice towards a lock
            button.click(no_wait_after=True)
            try:
                oaf.page.wait_for_function(_ANSWERED, arg=[""], timeout=seconds * 1000)
            except TooLate:
                raise PortalUnavailable(oaf.where, f"signing in was not answered within {seconds} s") from None
            oaf.page.wait_for_load_state("load")
            return oaf.settle()

    def _second_step(self, oaf: Oaf) -> Look:
        seed = self._account.secret("totp_seed").replace(" ", "")
        try:
            code = pyotp.TOTP(seed).now()
        except (ValueError, TypeError):
            raise SettingWrong(
                "secrets.totp_seed", "is no base32 seed, as a QR code for an authenticator holds"
            ) from None
        oaf.at.hide(code)
        oaf.field("code").fill(code)
        look = self._press(oaf, oaf.button("code_submit"))
        if oaf.find("code") is not None:
            raise SignInRefused(oaf.where, "refused the one-time code", said=" ".join(look.lines))
        return look

    def _judge(self, oaf: Oaf, look: Look) -> None:
        """What the portal made of our credentials."""
        said = " ".join(look.lines)
        if _EXPIRED.search(look.words) and look.sign_in:
            action = f"set a new password for {self._settings.user}, for the portal says that the old one has expired"
            raise PersonNeeded(oaf.where, action, url=self._settings.url)
        if _LOCKED.search(said):
            action = f"have the buyer's portal administrator unlock {self._settings.user}"
            raise PersonNeeded(oaf.where, action, url=self._settings.url, said=said)
        if look.sign_in:
            raise SignInRefused(oaf.where, f"refused the password of {self._settings.user}", said=said)
        if oaf.find("code") is not None:
            action = "set second_factor to totp and give its seed, for the portal asks for a one-time code"
            raise PersonNeeded(oaf.where, action, url=self._settings.url)
        if not look.form:
            raise self._not_ours(oaf, look)

    def _not_ours(self, oaf: Oaf, look: Look) -> PortalError:
        """A page that is neither the sign-in nor behind it: somebody else's sign-on, or no page of a portal at all."""
        here, home = urlsplit(oaf.page.url).netloc, self._settings.host
        if here and here != home:
            action = f"sign in by hand: the portal sends us to {here}, a sign-on that is not driven here"
            return PersonNeeded(oaf.where, action, url=self._settings.url)
        return PortalUnavailable(oaf.where, "answered with something that is no page of the portal")

    def _farewell(self, session: Session) -> None:
        """Signs out, so that the portal frees what it keeps for us."""
        session.page.goto(self._settings.url + self._settings.sign_out_path, timeout=10_000)

    def _enter(self, oaf: Oaf) -> None:
        """From the applications' home page into the portal: a responsibility, then its home page (3.1)."""
        if oaf.find_button("finance") is not None:
            return
        for _ in range(_MOST_BRANCHES):
            entry = self._menu(oaf, oaf.profile.labels["home_page"])
            if entry is not None:
                checked(oaf, oaf.act(entry))
                break
            self._unfold(oaf)
        oaf.button("finance")

    def _unfold(self, oaf: Oaf) -> None:
        """One step down the menu: the responsibility, or what hides it, a navigator or a folded tree (3.1)."""
        names = oaf.profile.labels["responsibility"]
        entry = self._menu(oaf, names)
        branch = self._handle(entry) if entry else self._closed_menu(oaf)
        if branch is None:
            raise oaf.changed(f"the responsibility {names[0]}")
        if _ACTS.search(branch.evaluate("e => e.getAttribute('onclick') || ''")):
            checked(oaf, oaf.act(branch))
        else:
            branch.click()

    def _handle(self, entry: Locator) -> Locator:
        """What unfolds an entry: a picture beside it, where there is one, else itself."""
        beside = entry.locator("xpath=..//img[@title='Expand']").locator("visible=true")
        return beside.first if beside.count() else entry

    def _closed_menu(self, oaf: Oaf) -> Locator | None:
        closed = oaf.page.locator("a.OraUniversalNavigator, img[title='Expand']").locator("visible=true")
        return closed.first if closed.count() else None

    def _menu(self, oaf: Oaf, names: tuple[str, ...]) -> Locator | None:
        for name in names:
            whole = re.compile(rf"^\s*{re.escape(name)}\s*$")
            found = oaf.page.locator("div, a, span", has_text=whole).locator("visible=true")
            if found.count():
                return found.last
        return None


def checked(oaf: Oaf, look: Look) -> Look:
    """A page behind the sign-in. Raises SessionLost where the sign-in page is back, PortalUnavailable where there is
    none of the portal's."""
    if look.sign_in:
        raise SessionLost(oaf.where, "the portal asks to sign in again")
    if not look.form:
        raise PortalUnavailable(oaf.where, "answered with something that is no page of the portal")
    return look

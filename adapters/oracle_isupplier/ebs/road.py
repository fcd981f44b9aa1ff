"""The verbs at iSupplier, each one piece of work in the account's browser.

What the pages call things is the profile's, how they are worked is `oaf`'s, how one gets there is `desk`'s. An invoice
is looked for before it is made, made without saving anything on the way, and claimed only by the portal's own
confirmation; its reference is its number, for the pages show no other (facts, 6.3 and 7).
"""

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

from playwright.sync_api import Locator

from adapters.oracle_isupplier.ebs import canary, invoices, purchase_orders
from adapters.oracle_isupplier.ebs.desk import Desk
from adapters.oracle_isupplier.ebs.form import Form, form_from, render
from adapters.oracle_isupplier.ebs.invoices import Row
from adapters.oracle_isupplier.ebs.looks import Look
from adapters.oracle_isupplier.ebs.mapping import meaning_of, refused
from adapters.oracle_isupplier.ebs.oaf import Oaf, is_confirmation, is_error, lines_of
from adapters.oracle_isupplier.ebs.position import after, position_from, print_of
from adapters.oracle_isupplier.ebs.settings import Settings, settings_from
from adapters.oracle_isupplier.ebs.wizard import Stopped, Wizard, find_saved
from gateway.adapter import (
    Ability,
    Account,
    Browser,
    Document,
    File,
    Found,
    Notice,
    Notices,
    Presentation,
    Receipt,
    Session,
    Stamp,
)
from gateway.errors import Evidence, NotSent, PersonNeeded, PortalUnavailable, SettingWrong
from gateway.order import Orders
from gateway.packet import Packet
from gateway.verdict import Actor, Level, Outcome, ReasonCode, Status, Verdict

T = TypeVar("T")
DETAILS_A_PAGE = 20  # of held invoices or changed orders; the rest is told with the next page


class Road:
    """One sign-in at one buyer's iSupplier."""

    abilities = frozenset({Ability.find, Ability.poll, Ability.orders})

    def __init__(self, account: Account, browser: Browser, now: Callable[[], datetime]) -> None:
        self._settings = settings = settings_from(account.settings)
        self.least_settling_seconds = _least_settling(settings)
        self._browser = browser
        self._now = now
        self._desk = Desk(account, self._settings)
        self._walked_on: date | None = None

    # --- verbs

    def render(self, packet: Packet, files: Sequence[File], presentation: Presentation, stamp: Stamp) -> Document:
        """What will be entered, exactly. Raises CannotExpress."""
        return render(packet, files, presentation)

    def submit(self, document: Document, reference: str) -> Receipt:
        """Enters the form and presses Submit once. Raises NotSent, MaybeSent, SignInRefused, PersonNeeded,
        PortalChanged."""
        form = form_from(document.body)
        begun = time.monotonic()

        def work(session: Session) -> Receipt:
            what = f"invoice {form.number}"
            self._walk_once_a_day(session)
            try:
                entered = self._desk.twice(session, what, lambda oaf: self._enter(oaf, form, document.files))
                return self._press_submit(session, form, *entered, begun)
            except Stopped as no:
                return _refused(session, no)

        return self._browser.drive(work, "write")

    def find(self, number: str) -> tuple[Found, ...]:
        """Everything under exactly this number, saved and unsubmitted ones included. Raises PortalUnavailable,
        SignInRefused, PersonNeeded, PortalChanged."""

        def look(oaf: Oaf) -> tuple[Found, ...]:
            rows = invoices.look_up(self._desk, oaf, number)
            self._all_known(oaf, rows)
            found = [self._found(self._with_holds(oaf, row)) for row in rows]
            if not found and find_saved(self._desk, oaf, number) is not None:
                saved = Verdict(Status.received, Level.portal, (), Actor.us, "saved, not submitted")
                found.append(Found(number, number, saved, None, "", complete=False))
            return tuple(found)

        return self._read(f"looking up invoice {number}", look)

    def poll(self, cursor: str) -> Notices:
        """Every invoice of the window whose row changed, from one export; holds are read of those that have some."""
        position = position_from(cursor)
        first_day = (self._now() - timedelta(days=self._settings.window_days)).date()

        def look(oaf: Oaf) -> Notices:
            rows = invoices.since(self._desk, oaf, first_day)
            at = self._said_at(oaf)
            fresh = [row for row in rows if print_of(row.words) not in position.seen]
            held = [row for row in fresh if row.is_held(self._settings.profile)]
            later = {row.words for row in held[DETAILS_A_PAGE:]}
            now = [row for row in fresh if row.words not in later]
            notices = tuple(self._notice(self._with_holds(oaf, row), at) for row in now)
            told = after(row.words for row in rows if row.words not in later)
            return Notices(notices, told.cursor(), more=bool(later))

        return self._read("reading View Invoices", look)

    def orders(self, cursor: str) -> Orders:
        """Every purchase order whose row in the list changed, with its lines."""
        position = position_from(cursor)

        def look(oaf: Oaf) -> Orders:
            rows = purchase_orders.listed(self._desk, oaf, self._settings.organization)
            fresh = [row for row in rows if print_of(row.words) not in position.seen]
            now, later = fresh[:DETAILS_A_PAGE], {row.words for row in fresh[DETAILS_A_PAGE:]}
            orders = tuple(purchase_orders.read(self._desk, oaf, row) for row in now)
            told = after(row.words for row in rows if row.words not in later)
            return Orders(orders, told.cursor(), more=bool(later))

        return self._read("reading Purchase Orders", look)

    def void(self, portal_reference: str, why: str) -> Verdict:
        """Not offered: what was submitted cannot be deleted there, only credited (6.1)."""
        raise SettingWrong("transport", "iSupplier takes nothing back once submitted; send a credit memo instead")

    def check(self) -> str:
        """Signs in and walks over the pages it relies on, changing nothing; answers one sentence."""
        walk = self._read("checking", lambda oaf: canary.walk(self._desk, oaf))
        return f"{self._settings.host}: signed in as {self._settings.user}; {walk.told()}"

    # --- submitting

    def _walk_once_a_day(self, session: Session) -> None:
        """Before the first submission of a day, what the adapter relies on is looked at."""
        today = self._now().date()
        if self._settings.canary and self._walked_on != today:
            self._desk.twice(session, "looking the pages over", lambda oaf: canary.walk(self._desk, oaf))
            self._walked_on = today

    def _enter(self, oaf: Oaf, form: Form, files: Sequence[File]) -> tuple[Wizard, Evidence]:
        """Up to the review page, which is looked over and pictured. Raises Stopped for the portal's no."""
        rows = invoices.look_up(self._desk, oaf, form.number)
        profile = self._settings.profile
        there = [row for row in rows if not row.is_draft(profile)]
        if there:
            words = [row.words for row in there]
            raise Stopped(refused(words, ReasonCode.duplicate_number), "\n".join(words))
        wizard = Wizard(oaf, form, files, self._settings.organization, self._settings.attachment_category)
        saved = find_saved(self._desk, oaf, form.number)
        if saved is not None:
            wizard.resume(saved)
        else:
            wizard.begin()
        wizard.add_items()
        wizard.enter_details()
        wizard.to_review()
        wizard.look_over()
        return wizard, oaf.at.picture("review", [oaf.page.locator("[data-clearbill-mask]")])

    def _press_submit(self, session: Session, form: Form, wizard: Wizard, review: Evidence, begun: float) -> Receipt:
        """Once. Only a confirmation that names the invoice is a receipt; only a new page with an error that still
        has Submit is a refusal; whatever else follows is in doubt, a native box included."""
        oaf, most = wizard.oaf, self._settings.press_within_seconds
        if time.monotonic() - begun > most:
            raise NotSent(oaf.where, f"took longer than {most} s, so Submit was not pressed")
        last = time.monotonic() + self._settings.page_seconds + self._settings.submit_seconds
        with session.posting_once(self._settings.submit_seconds):
            look = wizard.submit(self._settings.submit_seconds)
            question = _question(oaf, look)
            if question is not None:
                if time.monotonic() > last:
                    raise PortalUnavailable(oaf.where, "asked too late whether to submit, so Yes was not pressed")
                look = oaf.act(question, seconds=self._settings.submit_seconds)  # still the one Submit (4.6)
        said = lines_of(look, oaf.heard)
        waiting = look.form and not look.sign_in and oaf.find_button("submit") is not None
        if waiting and oaf.moved and is_error(look):
            raise Stopped(refused(said), "\n".join([*said, look.text]))
        if not _confirms(look, form.number) or waiting:
            raise oaf.changed(f"a confirmation that names invoice {form.number}")
        confirmation = session.picture("confirmation", [oaf.page.locator("[data-clearbill-mask]")])
        verdict = Verdict(Status.received, Level.portal, (), Actor.nobody, look.severity)
        return Receipt(Outcome.receipted, verdict, form.number, "\n".join(said).encode(), (review, confirmation))

    # --- pieces

    def _read(self, what: str, look: Callable[[Oaf], T]) -> T:
        return self._browser.drive(lambda session: self._desk.twice(session, what, look))

    def _with_holds(self, oaf: Oaf, row: Row) -> Row:
        """A held invoice with all its holds; an exported row is looked up for its link first."""
        if not row.is_held(self._settings.profile):
            return row
        if row.link is None:
            shown = invoices.look_up(self._desk, oaf, row.number)
            if len(shown) != 1:
                return row
            return replace(row, holds=invoices.holds_of(oaf, shown[0]))
        return replace(row, holds=invoices.holds_of(oaf, row))

    def _all_known(self, oaf: Oaf, rows: Sequence[Row]) -> None:
        """An invoice whose status is in words nobody has told us is neither taken for submitted nor sent again."""
        for row in rows:
            word = row.shown.get("status", "")
            if not meaning_of(word, self._settings.profile.statuses):
                action = f"tell in the account's setting `profile.statuses` what the status {word!r} means"
                raise PersonNeeded(oaf.where, f"{action}: invoice {row.number} has it")

    def _found(self, row: Row) -> Found:
        profile = self._settings.profile
        currency = row.shown.get("currency") or self._settings.currency
        complete = not row.is_draft(profile)
        return Found(row.number, row.number, row.verdict(profile), row.total(profile), currency, complete)

    def _notice(self, row: Row, at: datetime | None) -> Notice:
        raw = json.dumps({**row.shown, "holds": row.holds}, ensure_ascii=False, sort_keys=True).encode()
        return Notice(row.number, row.number, replace(row.verdict(self._settings.profile), at=at), raw=raw)

    def _said_at(self, oaf: Oaf) -> datetime:
        """The list says no times: a change is dated by the portal's clock when it was read, else by ours."""
        try:
            at = parsedate_to_datetime(oaf.at.headers.get("date", ""))
        except ValueError:
            return self._now()
        return at.astimezone(UTC) if at.tzinfo else self._now()


def _least_settling(settings: Settings) -> float:
    """How long after its beginning a submission may still be under way and stay unseen, in seconds. Submit may be
    pressed at the last moment, and so may the Yes of its question: each waits for its button and then for its answer.
    """
    pressed = settings.page_seconds + settings.submit_seconds
    return settings.press_within_seconds + 2 * pressed + settings.visible_after_seconds


def _confirms(look: Look, number: str) -> bool:
    """The portal's own words: a message box headed Confirmation that names the invoice (6.3)."""
    return look.form and is_confirmation(look) and any(_names(line, number) for line in look.lines)


def _question(oaf: Oaf, look: Look) -> Locator | None:
    """The Yes of a question whether to submit, on a page of its own or in a layer on this one (4.6)."""
    layer = oaf.page.frame_locator("iframe#iframedefaultDialogPopup").locator("button[title='Yes']")
    if layer.count() and layer.first.is_visible():
        return layer.first
    asks = look.form and not is_error(look) and re.search(r"\bsubmit\b[^?\n]*\?", look.text, re.IGNORECASE)
    return oaf.find_button("yes") if asks else None


def _names(line: str, number: str) -> bool:
    """Whether a line names exactly this invoice, and not one whose number is longer."""
    at = line.find(number)
    while at >= 0:
        before, behind = line[at - 1 : at] if at else "", line[at + len(number) : at + len(number) + 1]
        if not before.isalnum() and not behind.isalnum() and behind not in ("-", "/", "_"):
            return True
        at = line.find(number, at + 1)
    return False


def _refused(session: Session, no: Stopped) -> Receipt:
    """The portal's no, with a picture of it."""
    picture = session.picture("refusal", [session.page.locator("[data-clearbill-mask]")])
    return Receipt(Outcome.refused, no.verdict, raw=no.page.encode(), evidence=(picture,))

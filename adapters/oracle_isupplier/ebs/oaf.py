"""How a page of the OA Framework is worked: things found as a person finds them, one act at a time, each waited for by
what the page itself does (facts, section 4). Nothing here knows what an invoice is.

An act ends when a new document has loaded, when the frame of a partial answer has (its copying included), when a
window opened, or when the page said something in a box of its own; there are no pauses. Acts never overlap: clicks made
while a partial answer is under way are lost. Elements are never kept: every one is found anew.
"""

import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from playwright.sync_api import Error, Locator, Page
from playwright.sync_api import TimeoutError as TooLate

from adapters.oracle_isupplier.ebs.looks import (
    FIND,
    LOOK,
    TABLES,
    Control,
    Look,
    Table,
    blotted,
    look_from,
    tables_from,
)
from adapters.oracle_isupplier.ebs.profile import Profile
from gateway.adapter import Session
from gateway.errors import PortalChanged, PortalUnavailable, SignInRefused

# Words of pages on which nothing can be done any more (facts, 4.10; the last three from memory).
_STATE_LOST = re.compile(
    r"page that is no longer active|FND_STATE_LOSS_ERROR|FND_SESSION_EXPIRED|already been released"
    r"|caused a loss of page data|session (has )?expired|log on session is no longer valid",
    re.IGNORECASE,
)
_BROKEN = re.compile(r"encountered an unexpected error|Error Page|system administrator for assistance", re.IGNORECASE)
_LOOK_MILLISECONDS = 500  # between two looks at whether a window or a box has come instead
_QUIET = 2  # looks in a row without a move, until a window or a box is taken for the whole answer
_ACTS_ON_LEAVING = re.compile(r"_uixspu|_submitPartialChange|_Lov|submitForm")

_VALUE = """
found => {
  const inner = 'value' in found ? null : found.querySelector('input:not([type="hidden"]), select, textarea');
  const e = inner || found;  // a list of values wraps its field in a span (4.7)
  return e.tagName === 'SELECT' ? (e.selectedOptions[0] || {}).text || '' : 'value' in e ? e.value : e.innerText;
}
"""
_ENTERED = "e => [[e.getAttribute('onchange'), e.getAttribute('onblur')].filter(Boolean).join(' '), e.value]"
_SETTLED = """
([frames]) => {
  const mark = window.__clearbill;
  if (!mark || !mark.acting) return document.readyState === 'complete';
  return mark.frames > frames && !window._pprBlocking;
}
"""


class SessionLost(PortalUnavailable):
    """The sign-in or the state of the page has ended: sign in again and begin anew. Nothing of it was saved."""


class SeveralMatches(PortalChanged):
    """What was typed fits no value of a list exactly, or several: `offered` is what the list's window shows. None of
    them was taken."""

    def __init__(self, where: str, page: str, looked_for: str, offered: tuple[str, ...]) -> None:
        super().__init__(where, page, looked_for)
        self.offered = offered


class Oaf:
    """One page of the framework at work."""

    def __init__(self, at: Session, profile: Profile, where: str, seconds: float) -> None:
        self.at = at
        self.profile = profile
        self.where = where
        self.seconds = seconds
        self.heard: list[str] = []
        self.moved = False  # whether the last act led to another document or part of one
        self._hidden: set[str] = set()  # bank details seen on these pages, which nothing that is kept may hold

    @property
    def page(self) -> Page:
        """The browser's page; its locators see the main frame, not the copies in the frame of a partial answer."""
        return self.at.page

    # --- going and acting

    def goto(self, url: str) -> Look:
        """Opens an address and looks."""
        self._open(url)
        return self.settle()

    def _open(self, url: str) -> None:
        try:
            self.page.goto(url, wait_until="load", timeout=self.seconds * 1000)
        except Error as fault:
            if "Download is starting" not in str(fault):
                raise

    def act(self, what: Locator, *, seconds: float | None = None) -> Look:
        """Presses something and waits for what the page does; answers the page that is there then.

        Raises SessionLost, PortalUnavailable, SignInRefused."""
        before = self._begin()
        what.click(timeout=self.seconds * 1000, no_wait_after=True)
        self._wait(before, seconds or self.seconds)
        return self.settle()

    def _begin(self) -> int:
        self.at.dialogs.clear()
        self._posts = self.at.posts
        self.heard, self.moved = [], False
        frames, self._windows = self.page.evaluate(
            "() => { const mark = window.__clearbill; mark.acting = true; return [mark.frames, mark.windows]; }"
        )
        return int(frames)

    def _wait(self, before: int, seconds: float) -> None:
        """Until the page has moved. A box or a window of its own ends it as well, where nothing was posted and nothing
        moves any more: what is posted may still be carried out, and is waited for to the end."""
        ends = time.monotonic() + seconds
        windows, quiet = len(self.at.opened), 0
        while not self._moved(before):
            told = len(self.at.opened) > windows or bool(self.at.dialogs)
            quiet = quiet + 1 if told and self.at.posts == self._posts else 0
            if quiet >= _QUIET:
                return
            if time.monotonic() > ends:
                raise PortalUnavailable(self.where, f"the page did nothing for {seconds:g} s")
        self.moved = True
        self.page.wait_for_load_state("load", timeout=seconds * 1000)

    def _moved(self, before: int) -> bool:
        try:
            self.page.wait_for_function(_SETTLED, arg=[before], timeout=_LOOK_MILLISECONDS)
        except TooLate:
            return False
        return True

    def settle(self) -> Look:
        """Looks at the page and stops at what is none: another product's page, a lost sign-in, an error page."""
        self._close_windows()
        look = self.look()
        self.heard = self._said_in_boxes()
        said = " ".join([*self.heard, look.words])
        if self.at.status in (401, 403) and not look.form:
            raise SignInRefused(self.where, f"the portal refused us (HTTP {self.at.status})", said=_short(look))
        if _STATE_LOST.search(said):
            raise SessionLost(self.where, "the portal has lost the state of the page", said=_short(look))
        if self.at.status >= 400 and not look.form:
            raise PortalUnavailable(
                self.where, f"answered HTTP {self.at.status}", said=_short(look), retry_at=self._retry_at()
            )
        if not look.form and not look.sign_in and _BROKEN.search(look.words):
            raise PortalUnavailable(self.where, "shows an error page", said=_short(look))
        return look

    def _close_windows(self) -> None:
        """A window nobody asked for is closed; the page behind it goes on."""
        for window in self.at.opened:
            if not window.is_closed():
                window.close()
        self.at.opened.clear()

    def _retry_at(self) -> datetime | None:
        value = self.at.headers.get("retry-after", "").strip()
        if value.isdecimal():
            return datetime.now(UTC) + timedelta(seconds=min(int(value), 86_400))
        try:
            at = parsedate_to_datetime(value)
        except ValueError:
            return None
        return at.astimezone(UTC) if at.tzinfo else None

    def look(self) -> Look:
        """One glance, changing nothing. Bank details on the page are covered in what is kept of it, and in its text:
        that is kept as well, with a refusal."""
        value = self.page.evaluate(LOOK, list(self.profile.labels["remit_bank"]))
        for words in value["hidden"]:
            self.at.hide(words)
            self._hidden.add(words)
        return look_from(value, self._hidden)

    def _said_in_boxes(self) -> list[str]:
        """What native boxes said, bank details covered."""
        return [blotted(words, self._hidden) for words in self.at.dialogs]

    def objects(self, look: Look) -> bool:
        """Whether the page says no: by errors in its box, or by a native box in place of any answer. A box that a new
        page brings along is news, and no answer to us."""
        return is_error(look) or (bool(self.heard) and not self.moved)

    # --- finding

    def find(self, thing: str, kinds: str = "input, select, textarea") -> Locator | None:
        """A field by the end of its id, else by its label; None where it is not there."""
        return self._found(thing, kinds)

    def field(self, thing: str) -> Locator:
        """As `find`. Raises PortalChanged where it is not there."""
        found = self.find(thing)
        if found is None:
            raise self.changed(f"the field {self.profile.label(thing)}")
        return found

    def find_button(self, thing: str) -> Locator | None:
        """Something to press: by the end of its id, else by its words or its title. Of twins, the first."""
        return self._found(thing, "")

    def button(self, thing: str) -> Locator:
        """As `find_button`. Raises PortalChanged where it is not there."""
        found = self.find_button(thing)
        if found is None:
            raise self.changed(f"the button or link {self.profile.label(thing)}")
        return found

    def _found(self, thing: str, kinds: str) -> Locator | None:
        """Asks the page once for everything a thing may be called. The element is marked, for this rendering only."""
        names = [self.profile.ids.get(thing, ()), self.profile.labels.get(thing, ())]
        mark: int = self.page.evaluate(FIND, [*map(list, names), kinds])
        return self.page.locator(f'[data-clearbill-found~="{mark}"]') if mark else None

    def control(self, control: Control) -> Locator:
        """A control of a table just read."""
        if control.id.startswith("@"):
            return self.page.locator(f'[data-clearbill="{control.id[1:]}"]')
        return self.page.locator(f'[id="{_quoted(control.id)}"]').first

    def value(self, thing: str) -> str:
        """What stands beside a label or under an id, read-only or not; "" where it is not there."""
        field = self.find(thing, "input, select, textarea, span")
        if field is None:
            return ""
        text: str = field.evaluate(_VALUE)
        return text.strip()

    def tables(self) -> tuple[Table, ...]:
        """Every table of data on the page."""
        return tables_from(self.page.evaluate(TABLES))

    def table(self, *things: str) -> Table | None:
        """The first table that has a column for each of these things."""
        for table in self.tables():
            if len(table.places(self.profile.columns, things)) == len(things):
                return table
        return None

    # --- entering

    def enter(self, field: Locator, text: str) -> None:
        """Types a value and leaves the field; where leaving it asks the server, that is waited for. What stands there
        already is not typed again: no page would notice."""
        asks, there = field.evaluate(_ENTERED)
        if there == text:
            self.heard, self.moved = [], False
            return
        before = self._begin() if _ACTS_ON_LEAVING.search(asks) else None
        self.at.dialogs.clear()
        field.fill(text, timeout=self.seconds * 1000)
        field.blur()
        if before is not None:
            self._after_entering(before, text)
        else:
            self.heard, self.moved = self._said_in_boxes(), False

    def choose(self, field: Locator, label: str) -> None:
        """Chooses an entry by its words: values are opaque."""
        asks = field.evaluate("e => e.getAttribute('onchange') || ''")
        before = self._begin() if _ACTS_ON_LEAVING.search(asks) else None
        field.select_option(label=label, timeout=self.seconds * 1000)
        if before is not None:
            self._after_entering(before, label)

    def is_poplist(self, field: Locator) -> bool:
        """Whether a field is chosen from and not typed into."""
        tag: str = field.evaluate("e => e.tagName")
        return tag == "SELECT"

    def options(self, field: Locator) -> list[str]:
        """The entries of a poplist."""
        found: list[str] = field.evaluate("e => [...e.options].map(one => one.text.trim()).filter(Boolean)")
        return found

    def _after_entering(self, before: int, text: str) -> None:
        """Where what was typed fits several entries of a list of values, that opens a window of its own (4.7)."""
        self._wait(before, self.seconds)
        opened = self.page.evaluate("() => window.__clearbill.windows") > self._windows
        if opened and not self.at.opened:
            self.page.context.wait_for_event("page", timeout=self.seconds * 1000)
        lists = [window for window in self.at.opened if self._is_list(window)]
        if lists:
            self._pick(lists[-1], text)
        self.settle()

    def _is_list(self, window: Page) -> bool:
        """Whether a window is a list's, which is made of frames; one that nobody asked for is not."""
        if window.is_closed():
            return False
        window.wait_for_load_state("load", timeout=self.seconds * 1000)
        return bool(window.locator("frameset").count())

    def _pick(self, window: Page, text: str) -> None:
        """Takes the one entry of a list's window that is exactly `text`; never merely the first. Of a list that goes on
        in further windows nothing is taken: the entry might stand there once more.

        Raises SeveralMatches where there is none or more than one, PortalChanged where it is another window."""
        content = window.frame_locator("frame").first
        form = content.locator("form#_LOVResFrm")
        try:
            form.wait_for(state="attached", timeout=self.seconds * 1000)
        except TooLate:
            raise self.changed(f"one match for {text!r}, and not the window {window.title()!r}") from None
        tables = tables_from(form.evaluate(TABLES))
        rows = [row for table in tables for row in table.rows]
        fitting = [row for row in rows if any(cell.text == text for cell in row)]
        picks = [pick for row in fitting for cell in row if (pick := cell.control("image", "link")) is not None]
        if len(fitting) != 1 or not picks or any(table.following for table in tables):
            offered = tuple(" ".join(cell.text for cell in row if cell.text) for row in rows)
            title = window.title()
            self._close_windows()
            raise SeveralMatches(self.where, title, f"exactly one entry {text!r}", offered)
        before, taken = self._begin(), picks[0].id
        content.locator(f'[data-clearbill="{taken[1:]}"]' if taken[0] == "@" else f'[id="{_quoted(taken)}"]').click()
        self._wait(before, self.seconds)

    def changed(self, looked_for: str) -> PortalChanged:
        """The page is not as it should be: a picture of it is kept."""
        look = self.look()
        return PortalChanged(self.where, look.title.strip() or "an untitled page", looked_for, said=_short(look))


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _short(look: Look) -> str:
    return " ".join((look.lines or (look.words,))[0].split())[:300]


def lines_of(look: Look, heard: Sequence[str]) -> tuple[str, ...]:
    """What the page said, in its box and in boxes of its own."""
    return tuple(dict.fromkeys([*heard, *look.lines]))


def is_error(look: Look) -> bool:
    """Whether the message box is one of errors; its heading is localised, so sign-in pins English (4.6, 13)."""
    return look.severity.casefold().startswith("error")


def is_confirmation(look: Look) -> bool:
    """Whether the message box confirms."""
    return look.severity.casefold().startswith("confirmation")

"""One account's browser, on a thread of its own: Playwright's objects belong to the thread that made them, and verbs
are called from many.

The thread starts with the first piece of work and takes one after the other; one signed-in context stays warm between
them. Here is also the one door at which a browser's failures become ours (`gateway.adapter.Browser`): the network's,
the browser's own, and with each the evidence: a picture, the page's text, a recording of the steps. Signing in is never
recorded, and what is kept is scrubbed of passwords, session cookies and whatever the work asked to hide.

Nothing is left behind: the browser hangs on a pipe of this process and ends when that breaks.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from playwright.sync_api import Browser as Program
from playwright.sync_api import (
    BrowserContext,
    Dialog,
    Error,
    Locator,
    Page,
    Playwright,
    Request,
    Response,
    sync_playwright,
)

from gateway.adapter import Account, Intent, Session
from gateway.browser import launch
from gateway.browser_guard import MOST_MEGABYTES, MOST_SECONDS, Guard
from gateway.connection import Exchange, Observer
from gateway.errors import AccountMustStop, Evidence, MaybeSent, NotSent, PortalError, PortalUnavailable
from gateway.recordings import page_text, recording
from gateway.secrets import scrub
from gateway.single_posts import single_posts

log = structlog.get_logger("clearbill.browser")
T = TypeVar("T")

SECONDS = 60.0  # that a page may take unless the work says otherwise
IDLE_SECONDS = 1500.0  # after which an unused browser is closed; portals end idle sign-ins after some 30 minutes
_PICTURE_MILLISECONDS = 20_000
_MOST_WINDOWS = 10


@dataclass(frozen=True)
class _Call:
    work: Callable[[Session], Any]
    intent: Intent
    answer: Future[Any] = field(default_factory=Future)


class AccountBrowser:
    """The browser of one account; see `gateway.adapter.Browser`. `close` signs out and ends it."""

    def __init__(
        self,
        account: Account,
        observe: Observer | None = None,
        *,
        idle_seconds: float = IDLE_SECONDS,
        most_megabytes: float = MOST_MEGABYTES,
        most_seconds: float = MOST_SECONDS,
    ) -> None:
        self._key = account.key
        self._most_megabytes = most_megabytes
        self._most_seconds = most_seconds
        self._observe = observe
        self._idle_seconds = idle_seconds
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._lock = threading.Lock()

    def drive(self, work: Callable[[Session], T], intent: Intent = "read") -> T:
        """Does the work on the browser's thread. Raises PortalErrors as `gateway.adapter.Browser` says."""
        call = _Call(work, intent)
        with self._lock:
            if self._closed:
                raise RuntimeError(f"the browser of account {self._key} is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"browser-{self._key}", daemon=True)
                self._thread.start()
            self._calls.put(call)
        answer: T = call.answer.result()
        return answer

    def close(self) -> None:
        """Lets the work at hand end, signs out and ends the browser. A second close does nothing."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
        if thread is not None:
            self._calls.put(None)
            thread.join()

    def _run(self) -> None:
        desk = _Desk(self._key, self._most_megabytes, self._most_seconds)
        try:
            while True:
                try:
                    call = self._calls.get(timeout=self._idle_seconds)
                except queue.Empty:
                    desk.shut()
                    continue
                if call is None:
                    return
                self._answer(desk, call)
        finally:
            desk.shut()

    def _answer(self, desk: "_Desk", call: _Call) -> None:
        started, requests, failure = time.monotonic(), desk.requests, ""
        try:
            call.answer.set_result(desk.do(call.work, call.intent))
        except BaseException as fault:
            failure = scrub(f"{type(fault).__name__}: {fault}")
            call.answer.set_exception(fault)
        self._tell(call.intent, time.monotonic() - started, max(desk.requests - requests, 0), failure)

    def _tell(self, intent: Intent, seconds: float, requests: int, failure: str) -> None:
        milliseconds = round(seconds * 1000)
        log.debug(
            "browser_work",
            account=self._key,
            intent=intent,
            milliseconds=milliseconds,
            requests=requests,
            failure=failure,
        )
        if self._observe is not None:
            status = 0 if failure else 200
            self._observe(Exchange(self._key, "BROWSER", "", intent, status, seconds, 0, 0, failure))


class _Desk:
    """The browser's thread at work: the one context and page, what is noticed of them, and how failures are told."""

    def __init__(self, key: str, most_megabytes: float, most_seconds: float) -> None:
        self._key = key
        self._most_megabytes = most_megabytes
        self._most_seconds = most_seconds
        self._watched = ExitStack()
        self._guard: Guard | None = None
        self._playwright: Playwright | None = None
        self._program: Program | None = None
        self._context: BrowserContext | None = None
        self._left = self._keeps_recording = False
        self._hidden: set[str] = set()
        self._recording = False
        self.number = 0
        self.requests = self.posts = 0
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.opened: list[Page] = []
        self.dialogs: list[str] = []
        self.farewell: Callable[[Session], None] | None = None
        self.page: Page

    # --- work

    def do(self, work: Callable[[Session], T], intent: Intent) -> T:
        """One piece of work, its failures told as ours with the evidence there is."""
        self._left, self._keeps_recording = False, intent == "write"
        with ExitStack() as self._watched:
            try:
                self._watch(self._ready())
                self._record()
                result = work(self)
                self._tidy()
                return result
            except Error as fault:
                told = self._told(intent, f"the browser could not go on ({self._why(fault)})")
                told.evidence = self._evidence()
                self._drop()
                raise told from None
            except PortalError as fault:
                told = self._as_meant(intent, fault)
                told.evidence = fault.evidence or self._evidence()
                self._drop()
                raise told from None
            except BaseException:
                self._drop()
                raise

    def _watch(self, guard: Guard) -> None:
        """This browser from here to the end of the work, and no longer the one before it."""
        self._watched.close()
        self._watched.enter_context(guard.watching())

    def _tidy(self) -> None:
        """What the work leaves in memory goes at once: pages that are gone are else kept by the hundred, and with them
        a gigabyte in a day. What was done stays done, whatever becomes of the browser now."""
        try:
            self._stop_recording()
            if self._context is not None:
                self.page.request_gc()
        except Error as fault:
            log.debug("browser_not_tidied", account=self._key, what=scrub(_first_line(fault)))
            self._drop()

    def _why(self, fault: Error) -> str:
        if self._guard is not None and self._guard.late:
            return f"the work took more than {self._guard.most_seconds:g} s and the browser was ended"
        if self._guard is not None and self._guard.ended:
            return f"a page took more than {self._guard.most_megabytes:g} MB of memory and was ended"
        return _first_line(fault)

    def _told(self, intent: Intent, message: str, said: str = "") -> PortalError:
        kind = PortalUnavailable if intent != "write" else MaybeSent if self._left else NotSent
        return kind(f"{self._key}: in the browser", scrub(message), said=said)

    def _as_meant(self, intent: Intent, fault: PortalError) -> PortalError:
        """A page's complaint, as the intent makes it: after the write may have left, everything is in doubt."""
        if intent == "write" and self._left and not isinstance(fault, MaybeSent):
            return MaybeSent(fault.where, str(fault), said=fault.said, retry_at=fault.retry_at)
        if isinstance(fault, AccountMustStop):
            fault.in_doubt = False
        elif intent == "write" and isinstance(fault, PortalUnavailable):
            return NotSent(fault.where, str(fault), retry_at=fault.retry_at)
        return fault

    def leaving(self) -> None:
        """From here on a failure of a write is in doubt."""
        self._left = True

    def posting_once(self, seconds: float) -> AbstractContextManager[None]:
        """What is posted inside leaves once."""
        context = self._context
        if context is None:
            raise RuntimeError("there is no page that could post anything")
        return single_posts(context, seconds, self._post_failed)

    def _post_failed(self, what: str) -> None:
        log.info("browser_post", account=self._key, what=scrub(what))

    # --- the browser

    def _ready(self) -> Guard:
        if self._program is not None and not self._program.is_connected():
            self.shut()
        if self._program is None:
            self._playwright = sync_playwright().start()
            try:
                self._program = launch(self._playwright)
                self._guard = Guard(self._program, self._most_megabytes, self._most_seconds)
            except BaseException:
                self.shut()
                raise
        if self._context is None:
            self._open()
        if self._guard is None:
            raise RuntimeError("a browser is watched from its start")
        self._guard.ended = 0
        return self._guard

    def _open(self) -> None:
        program = self._program
        if program is None:
            raise RuntimeError("there is no browser to open a page in")
        self._context = context = program.new_context(
            viewport={"width": 1280, "height": 1000}, locale="en-US", accept_downloads=True, service_workers="block"
        )
        context.set_default_timeout(SECONDS * 1000)
        context.add_init_script(_MARKS)
        self.number += 1
        self.requests = self.posts = self.status = 0
        self.headers = {}
        self.opened = []
        self.dialogs = []
        self.farewell = None
        self.page = context.new_page()
        self.page.on("dialog", self._dialog)
        context.on("page", self._window)
        context.on("request", self._request)
        self.page.on("response", self._response)

    def renew(self) -> None:
        """Signs out and forgets: a new context without cookies."""
        self._drop()
        before, guard = self._guard, self._ready()
        if guard is not before:
            self._watch(guard)
        self._record()

    def _drop(self) -> None:
        """Ends the context; whatever fails at that is of no use to anybody any more."""
        context, self._context = self._context, None
        self._recording = False
        if context is None:
            return
        for parting in (self._say_goodbye, context.close):  # a sign-out that fails must not leave the context open
            try:
                parting()
            except (Error, PortalError) as fault:
                log.debug("browser_context_left", account=self._key, what=scrub(str(fault)))

    def _say_goodbye(self) -> None:
        farewell, self.farewell = self.farewell, None
        if farewell is not None:
            farewell(self)

    def shut(self) -> None:
        """Ends the browser; the next work starts another."""
        with self._guard.watching() if self._guard is not None else nullcontext():
            self._drop()
        program, self._program = self._program, None
        playwright, self._playwright = self._playwright, None
        self._guard = None
        try:
            if program is not None:
                program.close()
        except Error as fault:
            log.debug("browser_left", account=self._key, what=scrub(str(fault)))
        if playwright is not None:
            playwright.stop()

    # --- what is noticed

    def _dialog(self, dialog: Dialog) -> None:
        """A question is answered with yes, for nothing is pressed here that is not meant; what is told is kept."""
        if dialog.type == "alert":
            self.dialogs.append(dialog.message)
        dialog.accept()

    def _window(self, page: Page) -> None:
        page.on("dialog", self._dialog)
        self.opened.append(page)
        if len(self.opened) > _MOST_WINDOWS:
            self.opened.pop(0).close()

    def _request(self, request: Request) -> None:
        if request.resource_type == "document":
            self.requests += 1
        if request.method == "POST":
            self.posts += 1

    def _response(self, response: Response) -> None:
        if response.request.is_navigation_request() and response.frame == self.page.main_frame:
            self.status, self.headers = response.status, response.headers

    # --- evidence

    @contextmanager
    def unrecorded(self) -> Iterator[None]:
        """Steps inside, such as signing in, leave no recording: a new one begins behind them."""
        self._stop_recording()
        yield
        self._record()

    def hide(self, words: str) -> None:
        """Blots these words out of whatever is kept."""
        if len(words) >= 4:
            self._hidden.add(words)

    def picture(self, name: str, mask: Sequence[Locator] = ()) -> Evidence:
        """The page as it looks, passwords and `mask` covered."""
        covered = [self.page.locator("input[type=password]"), *mask]
        content = self.page.screenshot(
            type="jpeg", quality=60, full_page=True, mask=covered, timeout=_PICTURE_MILLISECONDS
        )
        return Evidence(f"{name}.jpeg", "image/jpeg", content)

    def _record(self) -> None:
        """One recording for each write: kept when it fails, thrown away otherwise. It costs a part of the time."""
        if self._context is None or self._recording or not self._keeps_recording:
            return
        self._context.tracing.start(screenshots=False, snapshots=True)
        self._recording = True

    def _stop_recording(self) -> None:
        """Thrown away whole: one that goes on in parts keeps what it has seen in memory."""
        if self._context is not None and self._recording:
            self._context.tracing.stop()
        self._recording = False

    def _evidence(self) -> tuple[Evidence, ...]:
        """What can still be had of a page in trouble; less of it must not hide the trouble itself."""
        context, found = self._context, []
        if context is None:
            return ()
        takers: tuple[Callable[[], Evidence | None], ...] = (
            lambda: self.picture("trouble", [self.page.locator(_ENTRIES)]),
            lambda: page_text(self.page.content(), self._blots(context)),
            lambda: recording(context, self._blots(context)) if self._recording else None,
        )
        for take in takers:
            try:
                found.append(take())
            except (Error, OSError) as fault:
                log.warning("evidence_not_taken", account=self._key, what=scrub(_first_line(fault)))
        self._recording = False
        return tuple(one for one in found if one is not None)

    def _blots(self, context: BrowserContext) -> frozenset[str]:
        cookies = {str(cookie.get("value", "")) for cookie in context.cookies()}
        return frozenset(self._hidden | {value for value in cookies if len(value) >= 8})


def _first_line(fault: Exception) -> str:
    return (str(fault).strip().splitlines() or [type(fault).__name__])[0]


_ENTRIES = "input[type=password], [data-clearbill-mask]"

# Noticed inside every document: frames and requests of scripts that ended, so that the end of a partial answer can be
# waited for. Later than the page's own handlers of the same event, which do the copying.
_MARKS = """
(() => {
  if (window.__clearbill) return;
  window.__clearbill = {frames: 0, windows: 0};
  const ended = () => setTimeout(() => { window.__clearbill.frames += 1; }, 0);
  document.addEventListener('load', event => {
    if (event.target && event.target.tagName === 'IFRAME') ended();
  }, true);
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (...given) {
    this.addEventListener('loadend', ended);
    return send.apply(this, given);
  };
  const open = window.open;
  window.open = function (...given) {
    const made = open.apply(this, given);
    if (made) window.__clearbill.windows += 1;
    return made;
  };
})();
"""

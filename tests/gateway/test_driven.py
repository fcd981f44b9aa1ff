"""A driven browser: one thread, one warm context, failures told by intent, evidence without secrets, nothing left."""

import io
import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gateway.adapter import Account, Session
from gateway.driven import AccountBrowser
from gateway.errors import Evidence, MaybeSent, NotSent, PortalChanged, PortalUnavailable, SignInRefused
from gateway.secrets import remember

PASSWORD = "correct-horse-battery"
BANK = "DE02 1203 0000 0000 2020 51"
ACCOUNT = Account("driven", "oracle_isupplier", {}, lambda name: PASSWORD)
ROOT = Path(__file__).parents[2]


SWELLING = (
    "<title>swelling</title>"
    "<script>const kept = []; setInterval(() => kept.push(new Uint8Array(3e7).fill(1)), 10)</script>"
)


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/cut":
            self.connection.close()
            return
        body = (
            SWELLING
            if self.path == "/swelling"
            else f"<title>{self.path}</title><form><input type=password name=p value='{PASSWORD}'>"
            f"<span id=bank>{BANK}</span></form><script>document.title += document.cookie ? ' known' : ''</script>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Set-Cookie", "JSESSIONID=session-cookie-value; Path=/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        POSTED.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        if self.path == "/drop":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        self.send_response(303)
        self.send_header("Location", "/after")
        self.send_header("Set-Cookie", "POSTED=yes; Path=/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


POSTED: list[tuple[str, bytes]] = []


class _Kept(_Pages):
    """Connections stay open between requests, as portals keep them."""

    protocol_version = "HTTP/1.1"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    yield from _served(_Pages)


@pytest.fixture(scope="module")
def keeping_site() -> Iterator[str]:
    yield from _served(_Kept)


def _served(pages: type[_Pages]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), pages)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def driven() -> Iterator[AccountBrowser]:
    driven = AccountBrowser(ACCOUNT)
    yield driven
    driven.close()


def _title(url: str) -> Any:
    def work(at: Session) -> tuple[str, int, int]:
        at.page.goto(url)
        return at.page.title(), at.number, threading.get_ident()

    return work


def test_work_from_many_threads_is_done_on_one_and_the_context_stays_warm(driven: AccountBrowser, site: str) -> None:
    first = driven.drive(_title(f"{site}/a"))
    found: list[tuple[str, int, int]] = []
    threads = [threading.Thread(target=lambda: found.append(driven.drive(_title(f"{site}/b")))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [("/b known", first[1], first[2])] * 3
    assert first[2] != threading.get_ident()


def test_a_renewed_context_remembers_nothing(driven: AccountBrowser, site: str) -> None:
    _, before, _ = driven.drive(_title(f"{site}/a"))

    def work(at: Session) -> tuple[str, int]:
        at.renew()
        at.page.goto(f"{site}/a")
        return at.page.evaluate("performance.getEntriesByType('navigation').length && document.title"), at.number

    title, after = driven.drive(work)
    assert after == before + 1
    assert title == "/a known"  # set by this very answer; the request count begins anew
    assert driven.drive(lambda at: at.requests) == 1


def _post(site: str, action: str) -> Any:
    """Fills a form and posts it, from a page whose connection has been used before and is kept."""

    def work(at: Session) -> tuple[str, bool]:
        for _ in range(2):
            at.page.goto(f"{site}/a")
        with at.posting_once(30):
            form = f"f => {{ f.method = 'post'; f.action = '{action}'; f.submit(); }}"
            with at.page.expect_event("requestfinished" if action == "/kept" else "requestfailed"):
                at.page.eval_on_selector("form", form)
            at.page.wait_for_load_state("load")
        return at.page.url, any(one.get("name") == "POSTED" for one in at.page.context.cookies())

    return work


def test_a_post_is_not_repeated_by_the_browser_when_a_kept_connection_breaks(
    driven: AccountBrowser, keeping_site: str
) -> None:
    POSTED.clear()
    driven.drive(_post(keeping_site, "/drop"))
    assert [path for path, _ in POSTED] == ["/drop"]


def test_a_post_that_leaves_once_leads_where_the_answer_says_with_its_cookies(
    driven: AccountBrowser, keeping_site: str
) -> None:
    POSTED.clear()
    assert driven.drive(_post(keeping_site, "/kept")) == (f"{keeping_site}/after", True)
    assert [body for _, body in POSTED] == [b"p=" + PASSWORD.encode()]


def test_the_same_post_a_second_time_is_held_back(driven: AccountBrowser, keeping_site: str) -> None:
    def work(at: Session) -> list[str]:
        at.page.goto(f"{keeping_site}/a")
        with at.posting_once(30):
            answers: list[str] = at.page.evaluate(
                """async () => {
                    const post = body => fetch('/kept', {method: 'POST', body}).then(() => 'sent', () => 'held back');
                    return [await post('one'), await post('one'), await post('two')];
                }"""
            )
        return answers

    POSTED.clear()
    assert driven.drive(work) == ["sent", "held back", "sent"]
    assert [body for _, body in POSTED] == [b"one", b"two"]


def _cut(site: str, *, leaving: bool) -> Any:
    def work(at: Session) -> None:
        if leaving:
            at.leaving()
        at.page.goto(f"{site}/cut")

    return work


def test_a_broken_connection_is_told_by_the_intent_alone(driven: AccountBrowser, site: str) -> None:
    with pytest.raises(PortalUnavailable):
        driven.drive(_cut(site, leaving=False))
    with pytest.raises(NotSent):
        driven.drive(_cut(site, leaving=False), "write")
    with pytest.raises(MaybeSent):
        driven.drive(_cut(site, leaving=True), "write")


def test_a_changed_page_is_in_doubt_only_once_the_write_may_have_left(driven: AccountBrowser, site: str) -> None:
    def changed(at: Session) -> None:
        at.page.goto(f"{site}/a")
        raise PortalChanged("portal", "a page", "a button")

    def changed_late(at: Session) -> None:
        at.leaving()
        changed(at)

    with pytest.raises(PortalChanged) as before:
        driven.drive(changed, "write")
    assert not before.value.in_doubt
    with pytest.raises(MaybeSent) as late:
        driven.drive(changed_late, "write")
    assert {one.media_type for one in late.value.evidence} == {"image/jpeg", "text/html", "application/zip"}


def test_no_secret_stands_in_the_evidence(driven: AccountBrowser, site: str) -> None:
    remember(PASSWORD)

    def work(at: Session) -> None:
        with at.unrecorded():
            at.page.goto(f"{site}/sign-in")
            at.page.fill("input[name=p]", PASSWORD)
            at.page.goto(f"{site}/home")
        at.page.goto(f"{site}/a")
        at.hide(BANK)
        at.page.fill("input[name=p]", PASSWORD)
        raise PortalChanged("portal", "a page", "a button")

    with pytest.raises(PortalChanged) as changed:
        driven.drive(work)
    everything = b"".join(_unpacked(one) for one in changed.value.evidence)
    assert b"/a" in everything
    assert b"sign-in" not in everything, "signing in was recorded"
    for hidden in (PASSWORD, BANK, "session-cookie-value"):
        assert hidden.encode() not in everything, hidden


def _unpacked(one: Evidence) -> bytes:
    if one.media_type != "application/zip":
        return one.content
    with zipfile.ZipFile(io.BytesIO(one.content)) as archive:
        return b"".join(archive.read(member) for member in archive.namelist())


def test_work_goes_on_after_the_browser_itself_died(driven: AccountBrowser, site: str) -> None:
    with pytest.raises(PortalUnavailable):
        driven.drive(lambda at: at.page.goto("chrome://inducebrowsercrashforrealz"))
    assert driven.drive(_title(f"{site}/a"))[0].startswith("/a")


def test_a_refused_sign_in_is_never_in_doubt(driven: AccountBrowser) -> None:
    def refused(at: Session) -> None:
        raise SignInRefused("portal", "no")

    with pytest.raises(SignInRefused) as said:
        driven.drive(refused, "write")
    assert not said.value.in_doubt


def test_the_page_says_goodbye_when_the_account_is_closed(site: str) -> None:
    driven = AccountBrowser(ACCOUNT)
    seen: list[str] = []

    def work(at: Session) -> None:
        at.page.goto(f"{site}/a")
        at.farewell = lambda session: seen.append(session.page.title())

    driven.drive(work)
    driven.close()
    driven.close()
    assert seen == ["/a known"]
    with pytest.raises(RuntimeError, match="closed"):
        driven.drive(work)


@pytest.mark.parametrize(
    ("intent", "leaving", "kind"),
    [("read", False, PortalUnavailable), ("write", False, NotSent), ("write", True, MaybeSent)],
)
def test_a_page_that_never_answers_is_ended_with_its_browser(
    site: str, intent: Any, leaving: bool, kind: type[Exception]
) -> None:
    driven = AccountBrowser(ACCOUNT, most_seconds=5)

    def work(at: Session) -> None:
        at.page.goto(f"{site}/a")
        if leaving:
            at.leaving()
        at.page.evaluate("setTimeout(() => { for (;;); }, 0)")
        at.page.evaluate("new Promise(done => setTimeout(done, 50))")

    with pytest.raises(kind, match="more than 5 s"):
        driven.drive(work, intent)
    driven.drive(lambda at: at.page.set_content("<p>here</p>"))
    driven.close()


def test_a_sign_out_that_fails_leaves_no_page_open(driven: AccountBrowser, site: str) -> None:
    def work(at: Session) -> None:
        at.page.goto(f"{site}/a")
        at.farewell = lambda session: session.page.goto(f"{site}/cut")
        raise PortalUnavailable("portal", "is down")

    def pages_open(at: Session) -> list[int]:
        program = at.page.context.browser
        return [len(context.pages) for context in program.contexts] if program is not None else []

    for _ in range(2):
        with pytest.raises(PortalUnavailable):
            driven.drive(work)
    assert driven.drive(pages_open) == [1]


_KILLED = """
import sys, time
from gateway.adapter import Account
from gateway.driven import AccountBrowser
driven = AccountBrowser(Account("driven", "oracle_isupplier", {}, lambda name: ""))
driven.drive(lambda at: at.page.set_content("<p>here</p>"))
print("ready", flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="a page's memory is known by /proc")
@pytest.mark.parametrize(("intent", "kind"), [("read", PortalUnavailable), ("write", NotSent)])
def test_a_page_that_swells_is_ended_and_the_next_work_goes_on(site: str, intent: Any, kind: type[Exception]) -> None:
    driven = AccountBrowser(ACCOUNT, most_megabytes=400)

    def work(at: Session) -> None:
        at.page.goto(f"{site}/swelling")
        at.page.wait_for_function("() => false", timeout=60_000)

    with pytest.raises(kind, match="more than 400 MB of memory"):
        driven.drive(work, intent)
    assert driven.drive(_title(f"{site}/a"))[0].startswith("/a")
    driven.close()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="counts processes by /proc")
def test_a_killed_worker_leaves_no_browser_behind() -> None:
    mark = f"CLEARBILL_TEST_MARK=driven-{os.getpid()}-{time.monotonic_ns()}"
    name, _, value = mark.partition("=")
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED], cwd=ROOT, env={**os.environ, name: value}, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        for line in worker.stdout:
            if "ready" in line:  # the browser's thread logs at the same time, perhaps on the same line
                break
        assert len(_marked(mark)) > 2, "no browser was started, so this test proves nothing"
        worker.kill()
    deadline = time.monotonic() + 60
    while _marked(mark) and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    assert _marked(mark) == []


def _marked(mark: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes() and "zombie" not in (folder / "status").read_text():
                found.append((folder / "cmdline").read_text().replace("\0", " ")[:80])
        except OSError:
            continue
    return found

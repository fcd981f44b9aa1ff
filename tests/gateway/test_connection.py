"""The door to portals: what a failure means by intent, limits, pacing, and that no secret leaves by it."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from gateway import secrets
from gateway.adapter import SIGN_IN, WRITE, Account
from gateway.connection import Exchange, Limits, Pace, open_connection, paced
from gateway.errors import MaybeSent, NotSent, PortalUnavailable

ACCOUNT = Account("north", "coupa", {}, lambda name: "")
QUICK = Limits(connect=2.0, read=0.5, total=1.0, answer_bytes=10_000, tries_of_a_read=1)
NEVER_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
BROKEN_LATER = (httpx.ReadTimeout, httpx.ReadError, httpx.WriteError, httpx.WriteTimeout, httpx.RemoteProtocolError)


class Portal(httpx.BaseTransport):
    """Answers by a function and counts."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self._answer = answer
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)


def failing(fault: type[Exception]) -> Portal:
    def answer(request: httpx.Request) -> httpx.Response:
        raise fault("it broke")

    return Portal(answer)


def client(portal: httpx.BaseTransport | None = None, limits: Limits = QUICK, **more: object) -> httpx.Client:
    return open_connection(ACCOUNT, limits=limits, inner=portal, **more)  # type: ignore[arg-type]


# --- what a failure means -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", NEVER_REACHED)
def test_a_write_that_never_reached_the_portal_may_be_sent_again(fault: type[Exception]) -> None:
    with client(failing(fault)) as http, pytest.raises(NotSent, match=r"portal\.example"):
        http.post("http://portal.example/in", content=b"x", extensions=dict(WRITE))


@pytest.mark.parametrize("fault", BROKEN_LATER)
def test_a_write_that_broke_later_is_in_doubt_and_made_once(fault: type[Exception]) -> None:
    portal = failing(fault)
    limits = Limits(tries_of_a_read=3)
    with client(portal, limits) as http, pytest.raises(MaybeSent):
        http.post("http://portal.example/in", content=b"x", extensions=dict(WRITE))
    assert len(portal.requests) == 1


@pytest.mark.parametrize("fault", [*NEVER_REACHED, *BROKEN_LATER])
def test_a_read_that_fails_in_any_way_is_only_unavailable_and_tried_again(fault: type[Exception]) -> None:
    portal = failing(fault)
    with client(portal, Limits(tries_of_a_read=2)) as http, pytest.raises(PortalUnavailable):
        http.get("http://portal.example/list")
    assert len(portal.requests) == 2


@pytest.mark.parametrize("fault", [httpx.ConnectError, httpx.ReadTimeout])
def test_signing_in_is_tried_once(fault: type[Exception]) -> None:
    portal = failing(fault)
    with client(portal, Limits(tries_of_a_read=3)) as http, pytest.raises(PortalUnavailable):
        http.post("http://portal.example/token", extensions=dict(SIGN_IN))
    assert len(portal.requests) == 1


def test_a_post_without_a_stated_intent_is_taken_for_a_write() -> None:
    with client(failing(httpx.ReadTimeout)) as http, pytest.raises(MaybeSent):
        http.post("http://portal.example/in")


@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 429, 500, 503])
def test_the_status_of_a_write_is_left_to_the_adapter(status: int) -> None:
    portal = Portal(lambda request: httpx.Response(status, content=b"words"))
    with client(portal) as http:
        answer = http.post("http://portal.example/in", extensions=dict(WRITE))
    assert (answer.status_code, answer.content, len(portal.requests)) == (status, b"words", 1)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_read_behind_a_broken_gateway_is_tried_again(status: int) -> None:
    answers = iter([httpx.Response(status), httpx.Response(200, content=b"ok")])
    with client(Portal(lambda request: next(answers)), Limits(tries_of_a_read=2)) as http:
        assert http.get("http://portal.example/list").content == b"ok"


def test_a_portal_that_says_when_to_come_back_is_not_pressed() -> None:
    portal = Portal(lambda request: httpx.Response(503, headers={"Retry-After": "30"}))
    with client(portal, Limits(tries_of_a_read=3)) as http:
        assert http.get("http://portal.example/list").status_code == 503
    assert len(portal.requests) == 1


def test_redirects_are_not_followed() -> None:
    portal = Portal(lambda request: httpx.Response(302, headers={"Location": "http://elsewhere.example/"}))
    with client(portal) as http:
        assert http.get("http://portal.example/").status_code == 302
    assert [request.url.host for request in portal.requests] == ["portal.example"]


# --- limits, over a real socket -----------------------------------------------------------------------------------


@contextmanager
def serving(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """A server on loopback that reads one request after another and lets `talk` answer."""
    over = threading.Event()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.2)

        def run() -> None:
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(5)
                    try:
                        connection.recv(65536)
                        talk(connection, over)
                    except OSError:
                        continue

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            over.set()
            thread.join(10)


def _drips(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    for _ in range(200):
        if over.wait(0.05):
            return
        connection.sendall(b"x")


def _endless(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")


def _packed(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")


def _garbage(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"\x00\x01 this is no HTTP \r\n\r\n")


def _silent(connection: socket.socket, over: threading.Event) -> None:
    over.wait(3)


def _cut(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


@pytest.mark.parametrize("talk", [_drips, _endless, _packed, _garbage, _silent, _cut])
def test_a_write_whose_answer_is_no_answer_is_in_doubt(talk: Callable[[socket.socket, threading.Event], None]) -> None:
    with serving(talk) as url, client() as http, pytest.raises(MaybeSent):
        http.post(url, content=b"invoice", extensions=dict(WRITE))


@pytest.mark.parametrize("talk", [_drips, _endless, _packed, _garbage, _silent, _cut])
def test_a_read_whose_answer_is_no_answer_is_unavailable(
    talk: Callable[[socket.socket, threading.Event], None],
) -> None:
    with serving(talk) as url, client() as http, pytest.raises(PortalUnavailable):
        http.get(url)


def test_nothing_is_asked_for_packed() -> None:
    portal = Portal(lambda request: httpx.Response(200))
    with client(portal) as http:
        http.get("http://portal.example/")
    assert portal.requests[0].headers["accept-encoding"] == "identity"


def test_a_port_at_which_nobody_listens_is_not_sent() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    with client() as http, pytest.raises(NotSent):
        http.post(url, extensions=dict(WRITE))


def test_the_machines_proxy_settings_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    def hello(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    with serving(hello) as url, client() as http:
        assert http.get(url).content == b"hello"


# --- pace ---------------------------------------------------------------------------------------------------------


class Waits:
    """Stands for waiting: notes how long, and does not."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def test_requests_keep_their_distance_and_the_first_goes_at_once() -> None:
    waits = Waits()
    portal = Portal(lambda request: httpx.Response(200))
    with client(portal) as http, paced(Pace(1000.0, waits)) as pace:
        for _ in range(3):
            http.get("http://portal.example/")
        assert 900 < pace.owed <= 1000
    assert len(waits.seconds) == 2
    assert all(900 < seconds <= 1000 for seconds in waits.seconds)


def test_every_try_of_a_read_counts_against_the_rate() -> None:
    waits = Waits()
    with (
        client(failing(httpx.ConnectError), Limits(tries_of_a_read=3)) as http,
        paced(Pace(1000.0, waits)),
        pytest.raises(PortalUnavailable),
    ):
        http.get("http://portal.example/")
    assert len(waits.seconds) == 2


def test_pace_ends_with_its_block_and_is_the_threads_own() -> None:
    waits = Waits()
    portal = Portal(lambda request: httpx.Response(200))
    with client(portal) as http:
        with paced(Pace(1000.0, waits)):
            http.get("http://portal.example/")
            other = threading.Thread(target=lambda: http.get("http://portal.example/"))
            other.start()
            other.join(10)
        http.get("http://portal.example/")
    assert waits.seconds == []


# --- what is seen of it -------------------------------------------------------------------------------------------


def test_every_exchange_is_observed_with_its_intent_size_and_outcome() -> None:
    seen: list[Exchange] = []
    portal = Portal(lambda request: httpx.Response(201, content=b"four"))
    with client(portal, observe=seen.append) as http:
        http.post("http://portal.example/in?token=abc", content=b"invoice", extensions=dict(WRITE))
    (one,) = seen
    assert (one.account, one.method, one.path, one.intent) == ("north", "POST", "/in", "write")
    assert (one.status, one.bytes_out, one.bytes_in, one.failure) == (201, 7, 4, "")


def test_a_failed_exchange_is_observed_as_failed() -> None:
    seen: list[Exchange] = []
    with client(failing(httpx.ReadTimeout), observe=seen.append) as http, pytest.raises(MaybeSent):
        http.post("http://portal.example/in", extensions=dict(WRITE))
    assert (seen[0].status, "ReadTimeout" in seen[0].failure) == (0, True)


def test_no_secret_leaves_by_an_error_an_observation_or_a_repr() -> None:
    secrets.remember("hunter2-and-more")

    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("proxy said: hunter2-and-more is wrong")

    seen: list[Exchange] = []
    with client(Portal(answer), observe=seen.append) as http, pytest.raises(MaybeSent) as told:
        http.post("http://user:hunter2-and-more@portal.example/in?key=hunter2-and-more", extensions=dict(WRITE))
    assert "hunter2" not in f"{told.value} {told.value!r} {seen}"
    assert told.value.__cause__ is None
    shown = Account("north", "coupa", {}, lambda name: "hunter2-and-more")
    assert "hunter2" not in repr(shown)

"""The one door through which adapters reach portals: paced, limited, timed, scrubbed, and translated into our errors.

An adapter's request says what it means by its `clearbill.intent` extension (`gateway.adapter.WRITE`, `SIGN_IN`; nothing
means a read). From that alone a broken connection becomes

* for a write: `NotSent` when no connection was made, `MaybeSent` for anything later;
* for a read or a sign-in: `PortalUnavailable`, after a few quick tries of a read.

Every answer is read to its end here, within a size and a time limit, so that a slow, endless or packed answer cannot
hold or burst a worker. HTTP statuses are left to the adapter: many portals put their words into the body of an error.
"""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import httpx
import structlog
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential, wait_random

from gateway.adapter import INTENT, Account, Intent
from gateway.errors import MaybeSent, NotSent, PortalError, PortalUnavailable
from gateway.secrets import scrub

log = structlog.get_logger("clearbill.connection")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one exchange may take: seconds to connect, seconds between two chunks, seconds in all, bytes."""

    connect: float = 10.0
    read: float = 60.0
    total: float = 120.0
    answer_bytes: int = 20 * 1024 * 1024
    tries_of_a_read: int = 3


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, as observed: for logs and metrics. `status` is 0 where no answer came."""

    account: str
    method: str
    path: str
    intent: Intent
    status: int
    seconds: float
    bytes_out: int
    bytes_in: int
    failure: str = ""


Observer = Callable[[Exchange], None]


class Pace:
    """Spreads requests: at least `interval` seconds between the starts of two.

    A worker holds one of an account's slots while it works, and each slot owns an equal share of the account's rate, so
    that any number of processes together keep within the rate without sharing a counter.
    """

    def __init__(self, interval: float, wait: Callable[[float], object] | None = None) -> None:
        self.interval = interval
        self._wait = wait or threading.Event().wait
        self._next = 0.0

    def take(self) -> None:
        """Returns when the next request may start."""
        now = time.monotonic()
        if self._next > now:
            self._wait(self._next - now)
            now = time.monotonic()
        self._next = now + self.interval

    @property
    def owed(self) -> float:
        """Seconds until the next request may start."""
        return max(0.0, self._next - time.monotonic())


_pace: ContextVar[Pace | None] = ContextVar("pace", default=None)


@contextmanager
def paced(pace: Pace) -> Iterator[Pace]:
    """Requests made by this thread inside the block keep to `pace`."""
    token = _pace.set(pace)
    try:
        yield pace
    finally:
        _pace.reset(token)


def open_connection(
    account: Account,
    *,
    limits: Limits | None = None,
    observe: Observer | None = None,
    inner: httpx.BaseTransport | None = None,
    connections: int = 20,
    tls: ssl.SSLContext | None = None,
) -> httpx.Client:
    """An HTTP client for one account; safe to share between threads. The caller closes it.

    `tls`: how the connection proves itself and whom it trusts, where that is not the usual."""
    limits = limits or Limits()
    transport = inner or httpx.HTTPTransport(
        verify=tls or True,
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=30.0),
    )
    return httpx.Client(
        transport=PortalTransport(account, transport, limits, observe),
        timeout=httpx.Timeout(limits.read, connect=limits.connect),
        headers={"User-Agent": "clearbill", "Accept-Encoding": "identity"},
        follow_redirects=False,
        trust_env=False,
    )


class PortalTransport(httpx.BaseTransport):
    """Wraps the real transport with everything this module promises."""

    def __init__(self, account: Account, inner: httpx.BaseTransport, limits: Limits, observe: Observer | None) -> None:
        self._account = account
        self._inner = inner
        self._limits = limits
        self._observe = observe

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request. Raises NotSent, MaybeSent or PortalUnavailable; any HTTP status is returned."""
        intent: Intent = request.extensions.get(INTENT, "read" if request.method in ("GET", "HEAD") else "write")
        request.read()
        tries = 1 if intent == "sign_in" else self._limits.tries_of_a_read
        for attempt in Retrying(
            stop=stop_after_attempt(tries),
            wait=wait_exponential(multiplier=0.1, max=2.0) + wait_random(0, 0.1),
            retry=retry_if_exception(_worth_another_try),
            reraise=True,
        ):
            with attempt:
                response = self._exchange(request, intent)
        return response

    def close(self) -> None:
        """Closes the pooled connections."""
        self._inner.close()

    def _exchange(self, request: httpx.Request, intent: Intent) -> httpx.Response:
        pace = _pace.get()
        if pace is not None:
            pace.take()
        started = time.monotonic()
        status, content, failure = 0, b"", ""
        try:
            answer = self._inner.handle_request(_timed(request, started + self._limits.total))
            status = answer.status_code
            content = self._whole(answer, started)
            if intent == "read" and status in (502, 503, 504) and "retry-after" not in answer.headers:
                raise _BrokenRead(f"answered HTTP {status}")
            return httpx.Response(
                status, headers=answer.headers, content=content, request=request, extensions=answer.extensions
            )
        except (httpx.TransportError, _BrokenRead, _Unreadable) as fault:
            failure = scrub(f"{type(fault).__name__}: {fault}")
            raise self._translated(request, intent, fault) from None
        finally:
            self._tell(request, intent, status, time.monotonic() - started, len(content), failure)

    def _whole(self, answer: httpx.Response, started: float) -> bytes:
        """The answer's bytes, read within the limits. Raises _Unreadable."""
        try:
            if answer.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
                raise _Unreadable("the answer is compressed although we asked for plain bytes")
            chunks: list[bytes] = []
            size = 0
            for chunk in answer.stream:  # type: ignore[union-attr]
                chunks.append(chunk)
                size += len(chunk)
                if size > self._limits.answer_bytes:
                    raise _Unreadable(f"the answer is larger than {self._limits.answer_bytes} bytes")
                if time.monotonic() - started > self._limits.total:
                    raise _Unreadable(f"the answer took longer than {self._limits.total:g} s")
            return b"".join(chunks)
        finally:
            answer.close()

    def _translated(self, request: httpx.Request, intent: Intent, fault: Exception) -> PortalError:
        where = f"{self._account.key}: {request.method} {request.url.host}{request.url.path}"
        message = scrub(str(fault)) or type(fault).__name__
        if intent != "write":
            return PortalUnavailable(where, f"could not be read ({message})")
        if isinstance(fault, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol):
            return NotSent(where, f"could not be reached ({message})")
        return MaybeSent(where, f"the connection broke before an answer was read ({message})")

    def _tell(
        self, request: httpx.Request, intent: Intent, status: int, seconds: float, size: int, failure: str
    ) -> None:
        exchange = Exchange(
            account=self._account.key,
            method=request.method,
            path=request.url.path,
            intent=intent,
            status=status,
            seconds=seconds,
            bytes_out=len(request.content),
            bytes_in=size,
            failure=failure,
        )
        log.debug(
            "portal_exchange",
            account=exchange.account,
            method=exchange.method,
            path=exchange.path,
            intent=intent,
            status=status,
            milliseconds=round(seconds * 1000),
            bytes_out=exchange.bytes_out,
            bytes_in=exchange.bytes_in,
            failure=failure,
        )
        if self._observe is not None:
            self._observe(exchange)


class _Upload(httpx.SyncByteStream):
    """A request's body in small pieces, each sent only while there is time: a trickling upload ends as well."""

    def __init__(self, content: bytes, deadline: float) -> None:
        self._content = content
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._content), _PIECE):
            if time.monotonic() > self._deadline:
                raise httpx.WriteTimeout("the upload took too long")
            yield self._content[start : start + _PIECE]


_PIECE = 65_536


def _timed(request: httpx.Request, deadline: float) -> httpx.Request:
    """The same request with a body that stops at the deadline; small ones are sent in one piece anyway."""
    if len(request.content) <= _PIECE:
        return request
    return httpx.Request(
        request.method,
        request.url,
        headers=request.headers,
        stream=_Upload(request.content, deadline),
        extensions=request.extensions,
    )


class _BrokenRead(Exception):
    """A read was answered by a gateway that could not reach the portal."""


class _Unreadable(Exception):
    """The answer is too large, too slow or packed in a way we did not ask for."""


def _worth_another_try(fault: BaseException) -> bool:
    """Only what cannot double anything: reads, and writes of which no byte left."""
    return isinstance(fault, PortalUnavailable | NotSent)

"""The socket side: HTTP/1.1 with keep-alive on loopback, faults included.

One thread per connection (a client keeps its connections), one `sendall` per answer, no delay by Nagle. Taking the
server down closes the port and every connection, and bringing it up listens on the same port again.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, TypeVar, cast

from .faults import BEFORE, GARBAGE, HOSTILE_XML, HUGE_CHUNK, HUGE_SIZE, Fault, Faults
from .messages import Answer, Request
from .received import Entry, Received

MAX_BODY = 256 * 1024 * 1024
PHRASES = {status.value: status.phrase for status in HTTPStatus} | {450: "Not Implemented"}
SPOILT = {"garbage": GARBAGE, "garbage_after_commit": GARBAGE, "hostile_xml": HOSTILE_XML}


class Place(Protocol):
    """Where a request goes. `door` is `control` or `none` for what is no door of the portal.

    `undecided`: only the body tells the door, so the body is read before a fault is chosen.
    """

    @property
    def door(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def faults(self) -> Faults: ...
    @property
    def received(self) -> Received: ...
    @property
    def spoilt_type(self) -> str: ...
    @property
    def undecided(self) -> bool: ...


PlaceT = TypeVar("PlaceT", bound=Place)


class Site(Protocol[PlaceT]):
    """A portal behind the socket. `name` names threads, `banner` is the Server header."""

    name: str
    banner: str

    def place(self, path: str) -> PlaceT:
        """Where a path leads."""

    def inside(self, request: Request, place: PlaceT) -> PlaceT:
        """The place once the body is known; asked only where it was undecided."""

    def answer(self, request: Request, place: PlaceT) -> Answer:
        """What the door answers."""

    def control(self, request: Request, place: PlaceT) -> Answer:
        """What the control API answers."""

    def refused_password(self, request: Request, place: PlaceT) -> Answer:
        """How the door words a wrong password."""


class Listener(ThreadingHTTPServer):
    """One bound port; it knows its open connections so that it can end them."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, port: int, site: Site[Any]) -> None:
        self.site = site
        self.stopping = threading.Event()
        self._connections: dict[socket.socket, threading.Thread | None] = {}
        self._connections_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)
        self._woken, self._wake = socket.socketpair()
        self._thread = threading.Thread(target=self._accept, name=f"{site.name}-sandbox", daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        """Take connections until woken to stop (the base class's loop would wake by the clock instead)."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self.stopping.is_set():
                if any(key.fileobj is self.socket for key, _ in selector.select()):
                    with contextlib.suppress(ConnectionError):  # gone before it was taken
                        self.process_request(*self.get_request())

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own."""
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._connections_lock:
            self._connections[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        """The connection has ended."""
        super().shutdown_request(request)
        with self._connections_lock:
            self._connections.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is its own business; anything else is a defect of the sandbox and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def end(self) -> None:
        """Stop listening, end every connection, wait for their threads."""
        self.stopping.set()
        self._wake.send(b"x")
        self._thread.join(timeout=10)
        self.server_close()
        self._wake.close()
        self._woken.close()
        with self._connections_lock:
            open_now = list(self._connections.items())
        for connection, _ in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for _, thread in open_now:
            if thread is not None and thread is not threading.current_thread():
                thread.join(timeout=10)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    sys_version = ""
    disable_nagle_algorithm = True

    @property
    def listener(self) -> Listener:
        """The server this connection came to."""
        return cast(Listener, self.server)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error: what came is in the received log, without secrets."""

    def handle_one_request(self) -> None:
        """Read the head, decide on a fault, read the body, answer."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or len(self.raw_requestline) > 65536:
            self.close_connection = True
            return
        if not self.parse_request():
            return
        self._serve()

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        head = Request(self.command, self.path, headers)
        place = self.listener.site.place(head.raw_path)
        body: bytes | None = b""
        if place.undecided:
            body = self._body(headers)
            place = self.listener.site.inside(Request(self.command, self.path, headers, body or b""), place)
        fault = None if place.door in ("control", "none") else place.faults.take(place.door, self.command)
        if fault and fault.kind == "cut":
            place.received.add(self.command, _logged(self.path, place.door), place.door, None)
            self._cut()
            return
        body = body if place.undecided else self._body(headers)
        if body is None:
            self._send(Answer(413, b"Request Entity Too Large", "text/plain"), close=True)
            return
        request = Request(self.command, self.path, headers, body)
        if place.door == "control":
            self._send(self.listener.site.control(request, place))
            return
        entry = place.received.add(self.command, _logged(self.path, place.door), place.door, body)
        if fault:
            self._with_fault(fault, request, place, entry)
        else:
            self._reply(self._door_answer(request, place), entry)

    def _door_answer(self, request: Request, place: Place) -> Answer:
        return self.listener.site.answer(request, place)

    def _with_fault(self, fault: Fault, request: Request, place: Place, entry: Entry) -> None:
        answer = None if fault.kind in BEFORE else self._door_answer(request, place)
        if fault.kind == "huge":
            self._huge(entry)
        elif fault.kind == "lost_answer":
            self._cut()
        elif fault.kind == "cut_mid_answer" and answer:
            whole = self._bytes(answer)
            self.wfile.write(whole[: len(whole) - max(len(answer.body) // 2, 1)])
            self._cut()
        elif fault.kind == "slow" and answer:
            # An answer that waits for the server's end or the time, whichever is first.
            if self.listener.stopping.wait(fault.seconds):
                self._cut()
            else:
                self._reply(answer, entry)
        else:
            self._reply(self._spoilt(fault, request, place), entry)

    def _spoilt(self, fault: Fault, request: Request, place: Place) -> Answer:
        if fault.kind == "refuse_password":
            return self.listener.site.refused_password(request, place)
        if fault.kind in SPOILT:
            return Answer(200, SPOILT[fault.kind], place.spoilt_type)
        status = int(fault.kind.removeprefix("http_"))
        after = (("Retry-After", str(max(1, round(fault.seconds)))),) if status == 429 else ()
        page = f"<html><h1>{status} {PHRASES[status]}</h1></html>"
        return Answer(status, page.encode(), "text/html", after)

    def _body(self, headers: dict[str, str]) -> bytes | None:
        """The whole body, or None when it is too large."""
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self._chunked_body()
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY:
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionResetError("the client went away within its body")
        return body

    def _chunked_body(self) -> bytes | None:
        pieces: list[bytes] = []
        total = 0
        while True:
            word = self.rfile.readline(64).split(b";")[0].strip()
            try:
                size = int(word, 16)
            except ValueError:
                return None
            total += size
            if total > MAX_BODY:
                return None
            pieces.append(self.rfile.read(size))
            self.rfile.readline(1024)
            if size == 0:
                return b"".join(pieces)

    def _reply(self, answer: Answer, entry: Entry) -> None:
        entry.status = answer.status
        self._send(answer)

    def _send(self, answer: Answer, *, close: bool = False) -> None:
        self.close_connection = self.close_connection or close
        whole = self._bytes(answer)
        self.wfile.write(whole if self.command != "HEAD" else whole[: len(whole) - len(answer.body)])

    def _bytes(self, answer: Answer) -> bytes:
        phrase = PHRASES.get(answer.status, "Unknown")
        lines = [
            f"HTTP/1.1 {answer.status} {phrase}",
            f"Server: {self.listener.site.banner}",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {len(answer.body)}",
            *(f"{name}: {value}" for name, value in answer.headers),
            *(["Connection: close"] if self.close_connection else []),
        ]
        return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + answer.body

    def _huge(self, entry: Entry) -> None:
        """50 MB of one element after the other, without an announced length."""
        entry.status = 200
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n<all>")
        for _ in range(HUGE_SIZE // len(HUGE_CHUNK) + 1):
            self.wfile.write(HUGE_CHUNK)

    def _cut(self) -> None:
        """End the connection without a word."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def _logged(target: str, door: str) -> str:
    """The target as the log may show it: a token request's query could hold a secret."""
    return target.partition("?")[0] if door == "token" else target


class Server:
    """A site on a loopback port, in a thread."""

    def __init__(self, site: Site[Any], port: int = 0) -> None:
        self.site = site
        self._listener: Listener | None = None
        self._port = port
        self.up()

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`, without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    def up(self) -> None:
        """Listen; nothing when it does."""
        if self._listener is None:
            self._listener = Listener(self._port, self.site)
            self._port = self._listener.server_address[1]

    def down(self) -> None:
        """Refuse connections; nothing when it does."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.end()

"""Stand-ins on loopback for what takes notices: a mail server that speaks SMTP (plain, STARTTLS or TLS from the first
byte) and an address that JSON is posted to. Both do as they are told, faults among it, and keep what they took."""

import base64
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PASSWORD = "correct-horse-battery"


@dataclass
class MailServer:
    """What the server does and what it took.

    `refuses`: answers by command ("RCPT": "550 no such user"); `after_data`: the answer to a whole message, "" to hang
    up instead of answering, although the message is kept; `keeps`: whether such a message is kept at all."""

    port: int = 0
    starttls: ssl.SSLContext | None = None
    refuses: dict[str, str] = field(default_factory=dict)
    after_data: str = "250 taken"
    silent: bool = False
    taken: list[EmailMessage] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    told: threading.Event = field(default_factory=threading.Event)

    @property
    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for message in self.taken]


class _Conversation(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        house = self.server.house
        self.secure = isinstance(self.request, ssl.SSLSocket)
        if house.silent:
            self.rfile.readline()
            return
        self._say("220 stand-in")
        while line := self.rfile.readline().decode("ascii").strip():
            verb = line.split(" ", 1)[0].split(":", 1)[0].upper()
            if verb in house.refuses:
                self._say(house.refuses[verb])
            elif not getattr(self, f"_{verb.lower()}", self._unknown)(line):
                return

    def finish(self) -> None:
        super().finish()
        self.request.close()  # the server closes what it accepted, which is another socket since STARTTLS

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")
        self.wfile.flush()

    def _unknown(self, line: str) -> bool:
        self._say("502 not known here")
        return True

    def _ehlo(self, line: str) -> bool:
        offers = ["stand-in", "AUTH PLAIN"]
        if self.server.house.starttls is not None and not self.secure:
            offers.append("STARTTLS")
        for offer in offers[:-1]:
            self._say(f"250-{offer}")
        self._say(f"250 {offers[-1]}")
        return True

    def _starttls(self, line: str) -> bool:
        context = self.server.house.starttls
        assert context is not None
        self._say("220 begin")
        try:
            self.request = context.wrap_socket(self.request, server_side=True)
        except (ssl.SSLError, OSError):
            return False  # the other side does not trust us
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", buffering=0)
        self.secure = True
        return True

    def _auth(self, line: str) -> bool:
        _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
        if password != PASSWORD:
            self._say("535 no")
            return True
        self.server.house.signed_in.append(user)
        self._say("235 welcome")
        return True

    def _mail(self, line: str) -> bool:
        self._say("250 yes")
        return True

    _rcpt = _rset = _mail

    def _data(self, line: str) -> bool:
        self._say("354 go on")
        lines = []
        while (piece := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(piece.removeprefix(b".") if piece.startswith(b"..") else piece)
        house = self.server.house
        if not house.after_data or house.after_data.startswith("2"):
            message = message_from_bytes(b"".join(lines), policy=default)
            assert isinstance(message, EmailMessage)
            house.taken.append(message)
            house.encrypted.append(self.secure)
            house.told.set()
        if house.after_data:
            self._say(house.after_data)
        return bool(house.after_data)

    def _quit(self, line: str) -> bool:
        self._say("221 bye")
        return False


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, house: MailServer, tls: ssl.SSLContext | None) -> None:
        self.house, self._tls = house, tls
        super().__init__(("127.0.0.1", 0), _Conversation)

    def get_request(self) -> Any:
        request, address = super().get_request()
        return (self._tls.wrap_socket(request, server_side=True) if self._tls else request), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The other side hung up: the test looks at that side."""


@contextmanager
def mail_server(*, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    house = MailServer(starttls=starttls)
    with _served(_Server(house, tls)) as port:
        house.port = port
        yield house


def tls_of(certificate: Path) -> ssl.SSLContext:
    """A server's side of TLS with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return context


@dataclass
class Posted:
    """An address that notices are posted to. `status` is what it answers; `body` what comes with it."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    cut: bool = False
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [json.loads(body)["text"] for _, body in self.taken]


@contextmanager
def posted() -> Iterator[Posted]:
    house = Posted()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # named by http.server
            body = self.rfile.read(int(self.headers["Content-Length"]))
            house.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
            if house.cut:
                self.close_connection = True
                return
            self.send_response(house.status)
            for name, value in house.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(house.body)))
            self.end_headers()
            self.wfile.write(house.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: what was posted is in `taken`."""

    with _served(ThreadingHTTPServer(("127.0.0.1", 0), Door)) as port:
        house.url = f"http://127.0.0.1:{port}/hook"
        yield house


@contextmanager
def _served(server: Any) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    with ExitStack() as stack:
        stack.callback(server.server_close)
        thread.start()
        stack.callback(thread.join, 30)
        stack.callback(server.shutdown)
        yield int(server.server_address[1])

"""A supplier's own door, for pushes: keeps what comes and answers as told."""

from __future__ import annotations

import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import cast

GOOD = b'<cXML payloadID="r" timestamp="t"><Response><Status code="200" text="OK"/></Response></cXML>'
BAD = GOOD.replace(b"200", b"500")


class Receiver:
    """Answers with `answers` while there are any ("cut" ends the connection), then with 200."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.answers: deque[tuple[int, bytes]] = deque()
        self.arrived = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.receiver = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/cxml/acme"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def __enter__(self) -> Receiver:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for(self, number: int) -> None:
        """Until so many bodies have come."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.bodies) >= number, timeout=30)


class Handler(BaseHTTPRequestHandler):
    """One push."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error."""

    def do_POST(self) -> None:
        receiver = cast(Receiver, self.server.receiver)  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = receiver.answers.popleft() if receiver.answers else (200, GOOD)
        with receiver.arrived:
            receiver.bodies.append(body)
            receiver.arrived.notify_all()
        if not status:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

"""Clearbill's own HTTP doors while the demonstration plays, on a free port: a network pushes status updates there."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from gateway.errors import NotPossible
from gateway.house import House
from gateway.web.app import app_for
from gateway.web.proxies import proxies_of

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


@contextmanager
def doors_open(house: House) -> Iterator[str]:
    """The doors' address on this machine; they are closed at the end. Raises NotPossible where they do not open."""
    config = uvicorn.Config(
        app_for(house), log_config=None, access_log=False, lifespan="off", **proxies_of(house.settings)
    )
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="doors", daemon=True)
        thread.start()
        try:
            _wait_for(server, thread)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(_STOP_SECONDS)


def _wait_for(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline, pause = time.monotonic() + _START_SECONDS, threading.Event()
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise NotPossible("the HTTP doors did not open; the log in the demonstration's folder says why.")
        pause.wait(0.02)

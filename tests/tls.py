"""Certificates made for a test, and a TLS front that asks for a client's: what stands before a portal in the world."""

import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="no openssl to make certificates with")

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def authority(folder: Path, name: str) -> Path:
    """A certificate authority of its own; answers its certificate, its key lies beside it as .key."""
    certificate = folder / f"{name}.pem"
    key = str(certificate.with_suffix(".key"))
    _openssl("req", "-x509", *_NEW_KEY, "-days", "30", "-subj", f"/CN={name}", "-keyout", key, "-out", str(certificate))
    return certificate


def issued(ca: Path, name: str, *, days: int = 30) -> Path:
    """A certificate for 127.0.0.1 that this authority issued; its key lies beside it as .key."""
    folder, certificate = ca.parent, ca.parent / f"{name}.pem"
    request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
    extensions.write_text("subjectAltName=IP:127.0.0.1\n", "ascii")
    key = str(certificate.with_suffix(".key"))
    _openssl("req", *_NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", str(request))
    _openssl("x509", "-req", "-in", str(request), "-CA", str(ca), "-CAkey", str(ca.with_suffix(".key")), "-days",
             str(days), "-extfile", str(extensions), "-CAcreateserial", "-out", str(certificate))  # fmt: skip
    return certificate


def _openssl(*options: str) -> None:
    assert OPENSSL is not None
    subprocess.run([OPENSSL, *options], check=True, capture_output=True, timeout=60)


@contextmanager
def tls_front(server: Path, trusted: Path, upstream: tuple[str, int]) -> Iterator[int]:
    """A TLS server on loopback that lets only holders of a `trusted` authority's certificate through; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server, server.with_suffix(".key"))
    context.load_verify_locations(trusted)
    context.verify_mode = ssl.CERT_REQUIRED

    class Passage(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                inside = context.wrap_socket(self.request, server_side=True)
            except (ssl.SSLError, OSError):
                return  # turned away: that is what the front is for
            with inside, socket.create_connection(upstream, timeout=30) as outside:
                back = threading.Thread(target=_copy, args=(outside, inside), daemon=True)
                back.start()
                _copy(inside, outside)
                back.join(30)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Passage) as front:
        front.daemon_threads = True
        thread = threading.Thread(target=front.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield int(front.server_address[1])
        finally:
            front.shutdown()
            thread.join(30)


def _copy(source: socket.socket, target: socket.socket) -> None:
    """All that comes from one side goes to the other, and then its end."""
    with suppress(OSError):  # either side may hang up first
        while piece := source.recv(65_536):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)

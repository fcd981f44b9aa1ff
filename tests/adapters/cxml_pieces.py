"""Pieces of hand-written cXML and the ways to post it, for the tests of every sandbox that speaks it."""

from __future__ import annotations

import base64
import ssl

import httpx

# Making one reads the machine's certificates, which no loopback client needs.
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def connect(url: str) -> httpx.Client:
    """A client for the sandbox at that address."""
    return httpx.Client(base_url=url, verify=TLS)


def money(name: str, amount: str, currency: str = "USD") -> str:
    """An element with a Money child."""
    return f'<{name}><Money currency="{currency}">{amount}</Money></{name}>'


def multipart(document: bytes, *papers: tuple[str, str, bytes], newline: bytes = b"\r\n") -> bytes:
    """A multipart/related body with boundary `b1`; papers are (content id, file name, bytes)."""
    head = b"--b1", b"Content-Type: text/xml; charset=UTF-8", b"Content-ID: <main@supplier.invalid>", b"", document
    pieces = list(head)
    for content_id, name, data in papers:
        pieces += [
            b"--b1",
            b"Content-Type: application/pdf",
            b"Content-Transfer-Encoding: base64",
            f"Content-ID: <{content_id}>".encode(),
            f'Content-Disposition: attachment; filename="{name}"'.encode(),
            b"",
            base64.b64encode(data),
        ]
    return newline.join([*pieces, b"--b1--", b""])


def post_multipart(client: httpx.Client, body: bytes, path: str) -> httpx.Response:
    """Post a multipart body."""
    kind = 'multipart/related; boundary=b1; type="text/xml"; start="<main@supplier.invalid>"'
    return client.post(path, content=body, headers={"Content-Type": kind})

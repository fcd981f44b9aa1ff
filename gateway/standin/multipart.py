"""MIME multipart bodies, read strictly.

`multipart/related` carries a cXML document and its attachments (cXML facts 5); `multipart/form-data` carries REST
uploads. Boundaries need CRLF, unless the door asks for leniency (Coupa facts 2.3: LF-only may give 500).
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Mapping
from dataclasses import dataclass

MAX_PARTS = 200
MAX_PART_HEAD = 16 * 1024


class MultipartError(ValueError):
    """The body is not the multipart its Content-Type announces."""


class BareLineFeeds(MultipartError):
    """The parts are there, but their lines end in LF alone."""


@dataclass(frozen=True, slots=True)
class Part:
    """One decoded part; header names are lower case."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """Content-Type without parameters, lower case; text/plain when absent (RFC 2046)."""
        return parse_header(self.headers.get("content-type", "text/plain"))[0]

    @property
    def content_id(self) -> str:
        """Content-ID without its angle brackets."""
        return self.headers.get("content-id", "").strip().removeprefix("<").removesuffix(">")

    @property
    def field(self) -> str:
        """The form field's name."""
        return parse_header(self.headers.get("content-disposition", ""))[1].get("name", "")

    @property
    def filename(self) -> str:
        """The file name from Content-Disposition or Content-Type, without any path."""
        stated = parse_header(self.headers.get("content-disposition", ""))[1].get("filename")
        stated = stated or parse_header(self.headers.get("content-type", ""))[1].get("name", "")
        return re.split(r"[\\/]", stated)[-1]


def parse_header(value: str) -> tuple[str, dict[str, str]]:
    """A header value such as `multipart/related; boundary="x"` as lower-case word and parameters."""
    word, _, rest = value.partition(";")
    found = re.findall(r';\s*([^\s=;]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', ";" + rest)
    return word.strip().lower(), {name.lower(): _unquoted(text.strip()) for name, text in found}


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def parts_of(body: bytes, content_type: str, *, lf_allowed: bool = False) -> list[Part]:
    """The parts in order. Raises `BareLineFeeds` or `MultipartError`."""
    boundary = parse_header(content_type)[1].get("boundary", "").encode("latin-1", "replace")
    if not boundary:
        raise MultipartError("Content-Type names no boundary")
    newline = b"\r\n"
    chunks = _split(body, boundary, newline)
    if not chunks:
        if not _split(body, boundary, b"\n"):
            raise MultipartError("the body does not hold the boundary, or not its end")
        if not lf_allowed:
            raise BareLineFeeds("the boundaries end in LF, CRLF is needed")
        newline = b"\n"
        chunks = _split(body, boundary, newline)
    if len(chunks) > MAX_PARTS:
        raise MultipartError(f"more than {MAX_PARTS} parts")
    return [_part(chunk, newline) for chunk in chunks]


def _split(body: bytes, boundary: bytes, newline: bytes) -> list[bytes]:
    """What stands between the delimiters, without preamble and epilogue; empty when a delimiter is missing."""
    delimiter = newline + b"--" + boundary
    pieces = (newline + body).split(delimiter)
    chunks: list[bytes] = []
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return chunks
        head, found, rest = piece.partition(newline)
        if not found or head.strip(b" \t"):
            return []
        chunks.append(rest)
    return []


def _part(chunk: bytes, newline: bytes) -> Part:
    if chunk.startswith(newline):
        head, body = b"", chunk[len(newline) :]
    else:
        head, found, body = chunk.partition(newline * 2)
        if not found:
            raise MultipartError("a part has no empty line after its headers")
    if len(head) > MAX_PART_HEAD:
        raise MultipartError("a part's headers are too long")
    headers: dict[str, str] = {}
    unfolded = re.sub(rb"\r?\n[ \t]+", b" ", head)
    for line in unfolded.split(newline):
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if line and not colon:
            raise MultipartError("a part's header has no colon")
        headers[name.strip().lower()] = value.strip()
    return Part(headers, _decoded(body, headers.get("content-transfer-encoding", "binary").lower()))


def _decoded(body: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        try:
            return base64.b64decode(body)
        except binascii.Error as error:
            raise MultipartError("a part is not the base64 it says") from error
    if encoding == "quoted-printable":
        return quopri.decodestring(body)
    if encoding not in ("7bit", "8bit", "binary"):
        raise MultipartError("a part's Content-Transfer-Encoding is not known")
    return body

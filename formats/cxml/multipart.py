"""A cXML document and the papers it names, as one multipart/related body (RFC 2387).

Coupa wants CRLF around every boundary (LF alone may answer 500), the cXML part first and plain, the others in base64
with a Content-ID that the document names as `cid:` (Coupa facts 2.3). Nothing here is random: the boundary comes from
the content, so the same papers make the same bytes.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from gateway.adapter import File
from gateway.errors import CannotExpress

ROOT_ID = "invoice.cxml"
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}", re.ASCII)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_CRLF = b"\r\n"


@dataclass(frozen=True, slots=True)
class Multipart:
    """The body and the Content-Type that goes with it."""

    content_type: str
    body: bytes


def content_ids(files: Sequence[File]) -> list[str]:
    """One Content-ID per file: its name as far as that is safe in a header and a URL, made unique where it is not."""
    taken = {ROOT_ID}
    found = []
    for file in files:
        name = _UNSAFE.sub("_", file.name).strip("._") or "paper"
        unique, number = name, 1
        while unique.casefold() in taken:
            number += 1
            unique = f"{number}-{name}"
        taken.add(unique.casefold())
        found.append(unique)
    return found


def joined(document: bytes, files: Sequence[File]) -> Multipart:
    """The document first, then each file under its Content-ID. Raises CannotExpress for what is no media type."""
    root = document.replace(b"\r\n", b"\n").replace(b"\n", _CRLF)
    boundary = _boundary(root, files)
    delimiter = f"--{boundary}".encode()
    pieces = [delimiter, _head("text/xml; charset=UTF-8", ROOT_ID, "8bit", ""), b"", root]
    for file, identifier in zip(files, content_ids(files), strict=True):
        if not _MEDIA_TYPE.fullmatch(file.media_type):
            raise CannotExpress("cXML", f"document {file.name}", "its media type is none; state it as type/subtype")
        encoded = base64.encodebytes(file.content).rstrip(b"\n").replace(b"\n", _CRLF)
        head = _head(file.media_type, identifier, "base64", file.name)
        pieces += [delimiter, head, b"", encoded]
    pieces += [delimiter + b"--", b""]
    return Multipart(
        f'multipart/related; boundary="{boundary}"; type="text/xml"; start="<{ROOT_ID}>"', _CRLF.join(pieces)
    )


def _head(content_type: str, identifier: str, encoding: str, name: str) -> bytes:
    lines = [f"Content-Type: {content_type}", f"Content-ID: <{identifier}>", f"Content-Transfer-Encoding: {encoding}"]
    if name:
        lines.append(f"Content-Disposition: {_disposition(name)}")
    return "\r\n".join(lines).encode("ascii")


def _disposition(name: str) -> str:
    """The file name in ASCII, and beside it unchanged (RFC 6266, RFC 8187) where ASCII is not enough."""
    plain = re.sub(r'[^\x20-\x7e]|["\\]', "_", name)
    exact = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'attachment; filename="{plain}"{exact}'


def _boundary(root: bytes, files: Sequence[File]) -> str:
    """A boundary drawn from the content. Base64 has no hyphen, so only the document could hold it by chance."""
    digest = hashlib.sha256(root)
    for file in files:
        digest.update(hashlib.sha256(file.content).digest() + file.name.encode())
    boundary = f"clearbill-{digest.hexdigest()[:40]}"
    while boundary.encode() in root:
        digest.update(b"again")
        boundary = f"clearbill-{digest.hexdigest()[:40]}"
    return boundary

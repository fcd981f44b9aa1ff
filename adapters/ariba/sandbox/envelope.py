"""A cXML message as it arrives: parts, envelope, credentials (cXML facts 2, 3, 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from gateway.standin.messages import Request
from gateway.standin.multipart import MultipartError, Part, parse_header, parts_of
from gateway.standin.reading import document_from

from .records import Credential

SYSTEM_ID = re.compile(r"/(1\.[0-9.]+)/([A-Za-z]+)\.dtd\s*$")
FAMILY = {
    "InvoiceDetailRequest": "InvoiceDetail",
    "ConfirmationRequest": "Fulfill",
    "ServiceEntryRequest": "Fulfill",
    "TimeCardRequest": "Fulfill",
    "TimeCardInfoRequest": "Fulfill",
}
"""Which DTD a request belongs to; all others belong to cXML.dtd."""


class Refused(Exception):
    """The message is refused on the spot with a text of `texts.CXML`."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


@dataclass(frozen=True, slots=True)
class Envelope:
    """A well-formed cXML request. `doctype` is (DTD name, version) or None; `request` the element inside Request."""

    root: etree._Element
    request: etree._Element
    payload_id: str
    timestamp: str
    mode: str
    doctype: tuple[str, str] | None
    sources: tuple[Credential, ...]
    targets: tuple[Credential, ...]
    senders: tuple[Credential, ...]
    parts: tuple[Part, ...] = ()

    @property
    def name(self) -> str:
        """The request's element name."""
        return str(self.request.tag)


def envelope_from(request: Request) -> Envelope:
    """Raises `Refused` (400 for what is no multipart or no request, 406 for what is not well-formed)."""
    document, parts = _parts(request)
    try:
        root = document_from(document)
    except ValueError as error:
        raise Refused("unparsable", reason=error) from error
    header, body = root.find("Header"), root.find("Request")
    if root.tag != "cXML" or header is None or body is None:
        raise Refused("unreadable", reason="Header or Request is missing")
    inner = next((child for child in body if isinstance(child.tag, str)), None)
    if inner is None or not root.get("payloadID"):
        raise Refused("unreadable", reason="the request or its payloadID is missing")
    named = SYSTEM_ID.search(root.getroottree().docinfo.system_url or "")
    return Envelope(
        root=root,
        request=inner,
        payload_id=str(root.get("payloadID")),
        timestamp=root.get("timestamp", ""),
        mode=body.get("deploymentMode", "production"),
        doctype=(named.group(2), named.group(1)) if named else None,
        sources=_credentials(header, "From"),
        targets=_credentials(header, "To"),
        senders=_credentials(header, "Sender"),
        parts=tuple(parts),
    )


def _parts(request: Request) -> tuple[bytes, list[Part]]:
    media_type, parameters = parse_header(request.header("content-type"))
    if not media_type.startswith("multipart/"):
        return request.body, []
    try:
        parts = parts_of(request.body, request.header("content-type"), lf_allowed=True)
    except MultipartError as error:
        raise Refused("unreadable", reason=error) from error
    start = parameters.get("start", "").strip().removeprefix("<").removesuffix(">")
    chosen = next((part for part in parts if start and part.content_id == start), parts[0] if parts else None)
    if chosen is None:
        raise Refused("unreadable", reason="the message has no parts")
    return chosen.body, [part for part in parts if part is not chosen]


def _credentials(header: etree._Element, party: str) -> tuple[Credential, ...]:
    return tuple(
        Credential(each.get("domain", ""), (each.findtext("Identity") or "").strip(), each.findtext("SharedSecret"))
        for each in header.findall(f"{party}/Credential")
    )


def whitespace_removed(root: etree._Element, names: frozenset[str]) -> None:
    """Drop whitespace inside elements that a DTD declares EMPTY."""
    for element in root.iter(*names):
        if len(element) == 0 and element.text and not element.text.strip():
            element.text = None

"""What we say to a network ourselves: the Response to what it pushes, and the requests that ask for what waits.

No clock and no chance here: the caller gives payloadID and time, so that a repeat is the same bytes.
"""

from collections.abc import Sequence
from datetime import datetime

from lxml import etree

from formats.cxml.dialect import Identity
from formats.cxml.envelope import opened_for, with_doctype
from formats.cxml.figures import instant
from formats.cxml.xml import XML_LANG, put
from gateway.adapter import Stamp

VERSION = "1.2.069"
LANGUAGE = "en-US"


def answer(code: int, text: str, detail: str = "", *, stamp: Stamp) -> bytes:
    """A Response that is one Status. `detail` says what is particular; it must never quote a secret.

    Characters that XML cannot hold are written as question marks: an answer must go out whatever was sent to us."""
    root = etree.Element("cXML")
    root.set("payloadID", _printable(stamp.reference))
    root.set("timestamp", instant(stamp.built_at))
    root.set("version", VERSION)
    root.set(XML_LANG, LANGUAGE)
    status = put(put(root, "Response"), "Status", _printable(detail), code=str(code))
    status.set("text", _printable(text))
    status.set(XML_LANG, LANGUAGE)
    return with_doctype(root, "cXML", VERSION)


def profile_response(taken: Sequence[str], url: str, *, stamp: Stamp) -> bytes:
    """A Response that says which requests are taken, all at one address."""
    root = etree.Element("cXML")
    root.set("payloadID", _printable(stamp.reference))
    root.set("timestamp", instant(stamp.built_at))
    root.set("version", VERSION)
    root.set(XML_LANG, LANGUAGE)
    response = put(root, "Response")
    put(response, "Status", code="200").set("text", "OK")
    profile = put(response, "ProfileResponse", effectiveDate=instant(stamp.built_at))
    for name in taken:
        put(put(profile, "Transaction", requestName=name), "URL", _printable(url))
    return with_doctype(root, "cXML", VERSION)


def profile_request(stamp: Stamp, identity: Identity) -> bytes:
    """Asks which requests are taken at which address; does for a ping too. The shared secret is its place-holder."""
    root, request = opened_for(stamp, identity, VERSION, LANGUAGE)
    put(request, "ProfileRequest")
    return with_doctype(root, "cXML", VERSION)


def pending_request(
    stamp: Stamp, identity: Identity, wanted: Sequence[str], *, received_up_to: datetime | None, most: int
) -> bytes:
    """Asks for at most `most` documents of the wanted kinds ("StatusUpdateRequest", ...) that wait for us.

    `received_up_to` is the timestamp of the last document that is stored for good. It is the acknowledgement: the
    network may forget everything up to it (cXML facts, section 7). None takes from the beginning and gives up nothing.
    """
    root, request = opened_for(stamp, identity, VERSION, LANGUAGE)
    pending = put(request, "GetPendingRequest", maxMessages=str(most))
    if received_up_to is not None:
        pending.set("lastReceivedTimestamp", received_up_to.isoformat())
    for name in wanted:
        put(pending, "MessageType", name)
    return with_doctype(root, "cXML", VERSION)


def _printable(text: str) -> str:
    return "".join(mark if mark in "\t\n\r" or _is_xml_character(mark) else "?" for mark in text)


def _is_xml_character(mark: str) -> bool:
    """XML 1.0, section 2.2, Char."""
    code = ord(mark)
    return 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000

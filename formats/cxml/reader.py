"""Reading cXML that others wrote: hostile until proven harmless, and lenient about its dates and numbers.

No entity is ever expanded, no DTD is ever loaded, nothing is fetched. A DOCTYPE is read past and thrown away, so that a
document that leans on entities of its own is unreadable, not dangerous.
"""

import codecs
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from lxml import etree

DEFAULT_LIMIT: Final = 8 * 1024 * 1024
MAX_DEPTH: Final = 100


class Unreadable(ValueError):
    """These bytes are not XML that we are willing to read; the message says why, and never quotes them."""


_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ENCODINGS = frozenset({"utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252", "utf-16", "utf-16-le", "utf-16-be"})
_DECLARATION = re.compile(r"\s*<\?xml\s[^>]*?\?>")
_DECLARED = re.compile(rb"""^\s*<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_BEFORE_DOCTYPE = re.compile(r"(?:\s|<!--(?:(?!--).)*-->|<\?(?:(?!\?>).)*\?>)*", re.DOTALL)
_DOCTYPE = re.compile(r"""<!DOCTYPE(?:[^"'\[<>]|"[^"]*"|'[^']*')*>""")


def parse(body: bytes, limit: int = DEFAULT_LIMIT) -> etree._Element:
    """The root element. `limit` is in bytes. Raises Unreadable, and nothing else, whatever the bytes are."""
    if len(body) > limit:
        raise Unreadable(f"the document is larger than {limit} bytes")
    text = _without_doctype(_decoded(body))
    if not text.strip():
        raise Unreadable("the document is empty")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        where = f" (line {fault.lineno})" if isinstance(fault, etree.XMLSyntaxError) else ""
        raise Unreadable(f"the document is not well-formed XML{where}") from fault
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("the document has a DOCTYPE where none may stand")
    _must_be_shallow(root)
    return root


def _decoded(body: bytes) -> str:
    encoding = _encoding_of(body)
    try:
        text = body.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as fault:
        raise Unreadable(f"the document is not {encoding} text (byte {fault.start})") from fault
    return _DECLARATION.sub("", text, count=1) if text.lstrip()[:5] == "<?xml" else text


def _encoding_of(body: bytes) -> str:
    """By byte order mark, else by the pattern of the first bytes, else as declared, else UTF-8 (XML 1.0, F)."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return encoding
    if body[:4] == b"<\x00?\x00":
        return "utf-16-le"
    if body[:4] == b"\x00<\x00?":
        return "utf-16-be"
    declared = _DECLARED.match(body)
    if declared is None:
        return "utf-8"
    try:
        found = codecs.lookup(declared[1].decode("ascii")).name
    except LookupError as fault:
        raise Unreadable("the document declares an encoding that nobody knows") from fault
    if found not in _ENCODINGS:
        raise Unreadable(f"the document is in {found}, which is not read here")
    return "utf-8" if found.startswith("utf-16") else found  # a declaration that we could read was not UTF-16


def _without_doctype(text: str) -> str:
    """The text without its DOCTYPE. One with declarations inside, or a second one, is refused."""
    before = _BEFORE_DOCTYPE.match(text)
    start = before.end() if before else 0
    if not text.startswith("<!DOCTYPE", start):
        return text
    declared = _DOCTYPE.match(text, start)
    if declared is None:
        raise Unreadable("the document brings declarations of its own (an internal DTD subset)")
    return text[:start] + text[declared.end() :]


def _must_be_shallow(root: etree._Element) -> None:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise Unreadable(f"the document is nested more than {MAX_DEPTH} deep")


# --- dates and numbers as they are met ------------------------------------------------------------------------------

_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?)?"
    r"\s*-?\s*(Z|[A-Z]{3,4}|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_SIGNED_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?", re.ASCII)
_ZONES = {
    "Z": 0,
    "UTC": 0,
    "GMT": 0,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "CET": 1,
    "CEST": 2,
}
"""Hours from UTC of the zone names met in cXML timestamps. North American where a name means several."""


def instant_from(text: str) -> datetime | None:
    """An instant as real documents write it: with a blank before the offset, a zone's name, or without seconds.

    Without any zone it is taken as UTC. None when it is no instant."""
    found = _INSTANT.fullmatch(text.strip()[:60])
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    microsecond = int((found[7] or "0").ljust(6, "0")[:6])
    zone = _zone_from(found[8] or "Z")
    if zone is None:
        return None
    try:
        return datetime(year, month, day, hour, minute, second, microsecond, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_DAY = re.compile(r"\s*(\d{4})-(\d\d)-(\d\d)(?!\d)", re.ASCII)


def day_from(text: str) -> date | None:
    """The calendar day that an instant or a date names where it was written: its zone does not move it."""
    found = _DAY.match(text[:60])
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _zone_from(text: str) -> timezone | None:
    offset = _SIGNED_OFFSET.fullmatch(text)
    if offset is None:
        hours = _ZONES.get(text.upper())
        return None if hours is None else timezone(timedelta(hours=hours))
    sign, hours_text, minutes_text = offset.groups()
    shift = timedelta(hours=int(hours_text), minutes=int(minutes_text or 0))
    return timezone(shift if sign == "+" else -shift) if shift < timedelta(hours=24) else None


_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,20})?(?:\.\d{0,12})?", re.ASCII)


def money_from(text: str) -> Decimal | None:
    """A number as real documents write it, thousands commas included ("13,450.0000"). None when it is none.

    A decimal comma is not guessed at: "12,50" is no number here."""
    stripped = text.strip()[:60]
    if not _NUMBER.fullmatch(stripped) or not any(mark.isdigit() for mark in stripped):
        return None
    return Decimal(stripped.replace(",", ""))

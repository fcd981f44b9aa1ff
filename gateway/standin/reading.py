"""Reading XML that came from outside, and the loose numbers and dates of real documents."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from lxml import etree

ZERO = Decimal(0)


def document_from(body: bytes) -> etree._Element:
    """The root of a well-formed document: entities are not resolved, nothing is fetched, depth and size are limited.

    Raises `ValueError` when it is not well-formed or declares entities of its own.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError("not well-formed") from error
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and next(iter(declared.iterentities()), None) is not None:
        raise ValueError("declares entities")
    return root


def decimal(text: str | None) -> Decimal:
    """A number as real documents write it; empty is zero. Raises `ValueError` for anything else."""
    cleaned = (text or "").strip().replace(",", "")
    if not cleaned:
        return ZERO
    try:
        number = Decimal(cleaned)
    except InvalidOperation:
        raise ValueError("not a number") from None
    # Below this the product of two numbers still has its cents within a decimal's 28 digits.
    if not number.is_finite() or abs(number) >= Decimal("1e12"):
        raise ValueError("not a number")
    return number


def moment(text: str) -> datetime | None:
    """An ISO 8601 date or time, in UTC when it names no zone (facts 3, Dates). None when it is no date."""
    cleaned = re.sub(r"\s+([+-]\d)", r"\1", text.strip())
    try:
        if len(cleaned) == 10:
            day = date.fromisoformat(cleaned)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        found = datetime.fromisoformat(cleaned)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def whole(text: str | None) -> int | None:
    """A whole number of up to nine digits, or None."""
    cleaned = (text or "").strip()
    return int(cleaned) if cleaned.isdecimal() and len(cleaned) <= 9 else None


def text_at(element: etree._Element | None, path: str) -> str:
    """The text of the first element at that path, stripped; empty when there is none."""
    return "" if element is None else (element.findtext(path) or "").strip()

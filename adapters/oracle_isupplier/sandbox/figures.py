"""Numbers and dates as the pages print and read them (facts 4.4, 7.1)."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DATE_EXAMPLE = "22-Nov-2026"
PLAIN = re.compile(r"[+-]?(\d{1,15}(\.\d{0,10})?|\.\d{1,10})")


def day_shown(day: date | None) -> str:
    """`dd-MON-yyyy`, empty for none."""
    return "" if day is None else f"{day.day:02d}-{MONTHS[day.month - 1]}-{day.year:04d}"


def day_read(text: str) -> date | None:
    """A day written as dd-MON-yyyy in any case, or None."""
    found = re.fullmatch(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})", text.strip())
    if not found or found[2].title() not in MONTHS:
        return None
    try:
        return date(int(found[3]), MONTHS.index(found[2].title()) + 1, int(found[1]))
    except ValueError:
        return None


def number_shown(number: Decimal | None, style: str, *, cents: bool = False) -> str:
    """Grouped in the tenant's style; `cents` = two decimals at least, else as many as there are."""
    if number is None:
        return ""
    plain = number.normalize() if number else Decimal(0)
    decimals = max(-int(plain.as_tuple().exponent), 2 if cents else 0)
    text = f"{plain:,.{decimals}f}"
    return text if style == "1,234.56" else text.translate(str.maketrans(",.", ".,"))


def number_read(text: str, style: str) -> Decimal | None:
    """A number written in the tenant's style, or None."""
    cleaned = text.strip()
    if style != "1,234.56":
        cleaned = cleaned.translate(str.maketrans(",.", ".,"))
    cleaned = cleaned.replace(",", "")
    return Decimal(cleaned) if PLAIN.fullmatch(cleaned) else None

"""How iSupplier writes amounts and days, read and written. A figure that cannot be read is None, never a guess."""

import re
from datetime import date
from decimal import Decimal

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAY = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})")
_PLAIN = re.compile(r"-?\d{1,18}(?:\.\d{1,10})?")


def amount_from(text: str, decimal_mark: str = ".") -> Decimal | None:
    """An amount as the pages localise it: `1,234.56`, `1.234,56`, `<1,234.56>` or `(1,234.56)` for a negative one; a
    currency code beside it is passed over."""
    words = re.sub(r"\b[A-Z]{3}\b", "", text).strip()
    negative = words.startswith(("(", "<", "-")) or words.endswith("-")
    digits = words.strip("()<>-+ \u00a0")
    group = "," if decimal_mark == "." else "."
    digits = re.sub(rf"[{re.escape(group)}\s\u00a0]", "", digits).replace(decimal_mark, ".")
    if not _PLAIN.fullmatch(digits):
        return None
    return -Decimal(digits) if negative else Decimal(digits)


def written(value: str, decimal_mark: str = ".") -> str:
    """A plain decimal as it is typed in."""
    return value.replace(".", decimal_mark)


def day_from(text: str) -> date | None:
    """A day written `dd-MON-yyyy`."""
    found = _DAY.fullmatch(text.strip())
    if not found or found[2].upper() not in _MONTHS:
        return None
    try:
        return date(int(found[3]), _MONTHS.index(found[2].upper()) + 1, int(found[1]))
    except ValueError:
        return None


def day_written(day: date) -> str:
    """`dd-MON-yyyy`, as the search fields and the wizard take it (facts, 7.1)."""
    return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}"

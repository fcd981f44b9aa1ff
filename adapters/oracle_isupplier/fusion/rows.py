"""Fusion's JSON, read leniently and exactly: values of rows, and the words of a refusal.

Nothing here raises for what a portal sends; a body that is no JSON of ours is None. Written JSON keeps every digit.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway import json_answer
from gateway.json_answer import LONGEST_WORDS, words_from

Row = Mapping[str, Any]

_CODE = re.compile(r"\s*\(([A-Z][A-Z0-9]{1,5}-\d{3,9})\)")  # how a code stands in a text (facts 9.2)


# --- JSON -------------------------------------------------------------------------------------------------------


def value_from(body: bytes) -> Any:
    """The JSON value with its decimals exact; None where it is no JSON of ours."""
    return json_answer.value_from(body, _exact)


def object_from(body: bytes) -> dict[str, Any] | None:
    """The JSON object, else None."""
    value = value_from(body)
    return value if isinstance(value, dict) else None


def items_from(body: bytes) -> tuple[list[Row], bool] | None:
    """The rows of a collection and whether more follow; None where it is no collection."""
    answer = object_from(body)
    rows = answer.get("items") if answer else None
    if answer is None or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return None
    more = answer.get("hasMore")
    return (rows, more) if isinstance(more, bool) else None


def written(value: object) -> bytes:
    """JSON, decimals as numbers to the last digit: what was put in is what leaves."""
    return _written(value).encode()


def evidence_from(row: Row) -> bytes:
    """The row as bytes."""
    return written(row)


def _written(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_written(str(name))}:{_written(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)


def _exact(text: str) -> Decimal | str:
    """A number, or its text where writing it out would fill the memory."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if number.is_finite() and len(text) <= 60 and abs(number.adjusted()) <= 40 else text


# --- values -----------------------------------------------------------------------------------------------------


def decimal_from(value: Any) -> Decimal | None:
    """An exact decimal; None where the portal gave none or no number we can read."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or len(str(value)) > 60:
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= 40 else None


# --- refusals ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a refusal: its code, its words unchanged, and the attribute it points at, where named."""

    code: str
    words: str
    attribute: str = ""


def said_in(body: bytes, content_type: str) -> tuple[Said, ...]:
    """The messages of a refusal: `o:errorDetails`, a bare title or detail, or plain text (facts 11)."""
    answer = object_from(body)
    if answer is not None:
        found = list(_details(answer.get("o:errorDetails"), 0))
        found = found or [_said(answer, ("detail", "title"))] if answer.get("detail") or answer.get("title") else found
        return tuple(dict.fromkeys(piece for one in found for piece in _pieces(one)))
    if content_type.partition(";")[0].strip().lower() != "text/plain" or len(body) > LONGEST_WORDS:
        return ()
    words = words_from(body.decode("utf-8", "replace"))
    return tuple(dict.fromkeys(_pieces(Said("", words)))) if words and "<" not in words else ()


def _details(value: Any, depth: int) -> Iterable[Said]:
    """Details may hold details of their own, and the codes stand in the inner ones (facts 11)."""
    for row in value if isinstance(value, list) and depth < 5 else ():
        if not isinstance(row, Mapping):
            continue
        inner = list(_details(row.get("o:errorDetails"), depth + 1))
        if inner:
            yield from inner
        elif words_from(row.get("detail")) or words_from(row.get("title")):
            yield _said(row, ("detail", "title"))


def _said(row: Row, names: Sequence[str]) -> Said:
    code = words_from(row.get("o:errorCode")) or words_from(row.get("code"))
    words = next((text for text in (words_from(row.get(name)) for name in names) if text), "")
    place = words_from(row.get("o:errorPath"))
    return Said(f"JBO-{code}" if code.isdecimal() else code, words, re.split(r"[/.\[\]]+", place.rstrip("/.]"))[-1])


def _pieces(said: Said) -> Iterable[Said]:
    """One submit can report several messages joined by " | ", each with its own code at its end (facts 9.2)."""
    for piece in said.words.split(" | "):
        code = _CODE.search(piece)
        if piece.strip():
            yield Said(code[1] if code else said.code, piece.strip(), said.attribute)

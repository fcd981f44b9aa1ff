"""Coupa's JSON, read leniently: what a row says, in our words. A strange row is shown as unknown, never guessed at.

Names come with dashes or underscores, decimals as text, associations as objects (facts 3, 7). Nothing here raises for
what a portal sends; a body that is no JSON at all is None.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from adapters.coupa.mapping import (
    ORDER_LINE_STATES,
    ORDER_STATES,
    PAID,
    STATUSES,
    UNKNOWN_STATUS,
    token_from,
)
from gateway import json_answer
from gateway.adapter import Found, Notice
from gateway.json_answer import id_from, instant_from, words_from
from gateway.order import Order, OrderLine, OrderState
from gateway.packet import OrderLineKind
from gateway.verdict import Reason, ReasonCode, Status, Verdict

Row = Mapping[str, Any]

_DECIMAL = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,12})?")


# --- JSON -------------------------------------------------------------------------------------------------------


def value_from(body: bytes) -> Any:
    """The JSON value, numbers with a point as the text they were written in; None where it is no JSON of ours."""
    return json_answer.value_from(body, str)


def object_from(body: bytes) -> dict[str, Any] | None:
    """The JSON object, else None."""
    value = value_from(body)
    return value if isinstance(value, dict) else None


def rows_from(body: bytes) -> list[Row] | None:
    """The list of JSON objects, else None: a list holding anything else is not an answer we can trust."""
    value = value_from(body)
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        return None
    return value


def evidence_from(row: Row) -> bytes:
    """The row as it came, as bytes."""
    return json.dumps(row, separators=(",", ":")).encode()


def errors_from(body: bytes) -> tuple[str, ...]:
    """The messages of a REST error body `{"errors": {"<object>": ["<message>"]}}` and its looser shapes (facts 5)."""
    answer = object_from(body) or {}
    found = _messages(answer.get("errors", answer.get("error")))
    return tuple(dict.fromkeys(found))


def _messages(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [words for part in value.values() for words in _messages(part)]
    if isinstance(value, list):
        return [words for part in value for words in _messages(part)]
    words = words_from(value)
    return [words] if words else []


# --- values -----------------------------------------------------------------------------------------------------


def field(row: Row, name: str) -> Any:
    """A field by its dashed name, however the portal wrote it; None where it is missing."""
    return row[name] if name in row else row.get(name.replace("-", "_"))


def decimal_from(value: Any) -> Decimal | None:
    """An exact decimal; None where the portal gave none or no number we can read."""
    text = str(value).strip()
    if isinstance(value, bool) or not _DECIMAL.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def code_from(value: Any) -> str:
    """The code of an association such as `currency` or `uom`, given as an object or as bare text."""
    return words_from(field(value, "code") if isinstance(value, Mapping) else value)


# --- invoices ---------------------------------------------------------------------------------------------------


def verdict_from(row: Row, comments: Iterable[Row] = ()) -> Verdict:
    """What one invoice row says. `comments` only matter for rows that `is_explained` in them."""
    word = words_from(field(row, "status"))
    meaning = STATUSES.get(token_from(word), UNKNOWN_STATUS)
    if meaning.status is Status.accepted and field(row, "paid") in (True, "true"):
        meaning = PAID
    reasons = _reasons_from(row, token_from(word), comments)
    return Verdict(
        status=meaning.status,
        level=meaning.level,
        reasons=reasons,
        who_acts=meaning.who_acts,
        portal_status=word,
        at=instant_from(field(row, "updated-at")),
    )


def is_explained(row: Row) -> bool:
    """Whether people tell in comments why it stands as it does, so that these are worth asking for."""
    return token_from(words_from(field(row, "status"))) in ("disputed", "rejected")


def _reasons_from(row: Row, token: str, comments: Iterable[Row]) -> tuple[Reason, ...]:
    if token == "disputed":  # noqa: S105 - a status token
        return _dispute_reasons(row, comments)
    if token == "on_hold":  # noqa: S105
        return _plain_reasons(field(row, "tolerance-failures"), token)
    if token == "abandoned":  # noqa: S105
        return _plain_reasons(field(row, "abandon-reason"), token)
    if token in ("rejected", "invalid"):
        given = _dispute_reasons(row, comments)
        return given or (Reason(ReasonCode.other, portal_code=token, portal_text=words_from(field(row, "status"))),)
    return ()


def _plain_reasons(value: Any, code: str) -> tuple[Reason, ...]:
    words = code_from(value) or words_from(field(value, "description") if isinstance(value, Mapping) else "")
    return (Reason(ReasonCode.other, portal_code=code, portal_text=words),) if words else ()


def _dispute_reasons(row: Row, comments: Iterable[Row]) -> tuple[Reason, ...]:
    """The tenant's reasons first, then the comments: its own codes and people's free words (6.2), both as they came.
    What they mean is read where the free words of all portals are."""
    reasons = [_coded_reason(value) for value in _listed(field(row, "dispute-reasons"))]
    reasons += [_coded_reason(value) for value in _listed(field(row, "dispute-reason"))]
    reasons = [reason for reason in reasons if reason.portal_code or reason.portal_text]
    for comment in comments:
        words, code = words_from(field(comment, "comments")), code_from(field(comment, "reason-code"))
        if words and field(comment, "to-supplier") not in (False, "false"):
            reasons.append(Reason(ReasonCode.other, "", code, words))
    if not reasons and token_from(words_from(field(row, "status"))) == "disputed":
        return (Reason(ReasonCode.other, portal_code="disputed"),)
    return tuple(dict.fromkeys(reasons))


def _coded_reason(value: Any) -> Reason:
    code = code_from(value) if isinstance(value, Mapping) else ""
    text = words_from(field(value, "description")) if isinstance(value, Mapping) else words_from(value)
    return Reason(ReasonCode.other, "", code, text)


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def total_from(row: Row) -> Decimal | None:
    """The invoice's total with tax."""
    for name in ("gross-total", "total-with-taxes", "total"):
        total = decimal_from(field(row, name))
        if total is not None:
            return total
    return None


def found_from(row: Row, *, ours_to_finish: frozenset[str] = frozenset()) -> Found:
    """One invoice as `find` reports it; `ours_to_finish` are the status tokens that still need steps of ours."""
    token = token_from(words_from(field(row, "status")))
    return Found(
        number=id_from(field(row, "invoice-number")),
        portal_reference=id_from(field(row, "id")),
        verdict=verdict_from(row),
        total=total_from(row),
        currency=code_from(field(row, "currency")),
        complete=token not in ours_to_finish,
    )


def notice_from(row: Row, comments: Iterable[Row] = ()) -> Notice | None:
    """One change; None where the row names no invoice at all."""
    number, portal_reference = id_from(field(row, "invoice-number")), id_from(field(row, "id"))
    if not number and not portal_reference:
        return None
    return Notice(number, portal_reference, verdict_from(row, comments), raw=evidence_from(row))


# --- purchase orders --------------------------------------------------------------------------------------------


def order_from(row: Row) -> Order | None:
    """One purchase order with its lines; None where the row carries no number."""
    number = id_from(field(row, "po-number"))
    if not number:
        return None
    word = words_from(field(row, "status"))
    state = _stopped_or(row, ORDER_STATES.get(token_from(word), OrderState.unknown))
    rows = [line for line in _listed(field(row, "order-lines")) if isinstance(line, Mapping)]
    lines = [line for line in (_order_line(line, state) for line in rows) if line is not None]
    return Order(
        number=number,
        state=state,
        currency=code_from(field(row, "currency")) or next((code_from(field(line, "currency")) for line in rows), ""),
        lines=tuple(sorted(lines, key=lambda line: line.number)),
        portal_state=word,
        ordered_on=_day_from(field(row, "order-date")),
        updated_at=instant_from(field(row, "updated-at")),
    )


def _order_line(row: Row, order_state: OrderState) -> OrderLine | None:
    text = id_from(field(row, "line-num"))
    if not text.isdecimal() or len(text) > 9:
        return None
    by_amount = "amount" in words_from(field(row, "type")).lower()
    price, quantity = decimal_from(field(row, "price")), decimal_from(field(row, "quantity"))
    total = decimal_from(field(row, "total"))
    computed = price if by_amount else quantity * price if quantity is not None and price is not None else None
    invoiced = decimal_from(field(row, "invoiced"))
    word = words_from(field(row, "status"))
    state = ORDER_LINE_STATES.get(token_from(word), OrderState.unknown) if word else order_state
    return OrderLine(
        number=int(text),
        kind=OrderLineKind.amount if by_amount else OrderLineKind.quantity,
        description=words_from(field(row, "description")),
        part_number=words_from(field(row, "source-part-num")) or words_from(field(row, "supplier-part-num")),
        unit=code_from(field(row, "uom")),
        quantity=None if by_amount else quantity,
        price=None if by_amount else price,
        amount=total if total is not None else computed,
        invoiced_quantity=None if by_amount else invoiced,
        invoiced_amount=_invoiced_amount(invoiced, price, by_amount=by_amount),
        state=_stopped_or(row, state),
    )


def _invoiced_amount(invoiced: Decimal | None, price: Decimal | None, *, by_amount: bool) -> Decimal | None:
    """`invoiced` counts in the line's own measure: a quantity, or on amount lines an amount [I]."""
    if by_amount or invoiced is None:
        return invoiced
    return None if price is None else invoiced * price


def _stopped_or(row: Row, state: OrderState) -> OrderState:
    stopped = field(row, "invoice-stop") in (True, "true")
    return OrderState.stopped if stopped and state is OrderState.open else state


def _day_from(value: Any) -> date | None:
    instant = instant_from(value)
    return instant.date() if instant else None

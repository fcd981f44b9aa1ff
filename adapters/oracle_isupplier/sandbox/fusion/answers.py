"""How the REST door words success and refusal (facts 11)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus

from gateway.standin.messages import Answer, Request

from .knobs import Knobs
from .texts import Text

ITEM = "application/vnd.oracle.adf.resourceitem+json"
COLLECTION = "application/vnd.oracle.adf.resourcecollection+json"
ACTION = "application/vnd.oracle.adf.action+json"
RESULT = "application/vnd.oracle.adf.actionresult+json"
ERROR = "application/vnd.oracle.adf.error+json"
V4 = "vnd.oracle.adf.error+json;version=4"


def written(status: int, value: object, kind: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """A JSON answer of one of Oracle's media types."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), kind, headers)


def refusal(request: Request, said: Sequence[Text], knobs: Knobs) -> Answer:
    """The error body: codes nested in `o:errorDetails`, or text with the code in brackets."""
    status = said[0].status
    if V4 in request.header("accept").replace(" ", "") and knobs.text("v4_error_media_type") == "406":
        return Answer(406, b"", ERROR)
    if knobs.text("error_form") == "text":
        return Answer(status, " | ".join(map(_bracketed, said)).encode(), "text/plain; charset=utf-8")
    title = HTTPStatus(status).phrase
    if knobs.flag("errors_joined"):
        details: list[dict[str, str]] = [{"detail": " | ".join(map(_bracketed, said))}]
    else:
        details = [_detail(text, knobs.text("error_code_key")) for text in said]
    body = {"title": title, "status": str(status), "o:errorDetails": details}
    return written(status, body, ERROR)


def _detail(text: Text, key: str) -> dict[str, str]:
    return {"detail": text.words, **({key: text.code} if text.code else {})}


def _bracketed(text: Text) -> str:
    return f"{text.words} ({text.code})" if text.code else text.words

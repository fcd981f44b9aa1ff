"""What passes between the socket and the doors: one request, one answer, and the control API's JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

JSON_TYPE = "application/json"
XML_TYPE = "application/xml"


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose body has been read; header names are lower case, `path` is decoded, `target` as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False, default=b"")

    @property
    def path(self) -> str:
        """The path without query, percent-decoded."""
        return unquote(self.raw_path)

    @property
    def raw_path(self) -> str:
        """The path without query, as it came."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> list[tuple[str, str]]:
        """Query parameters in order; `+` is a blank, as in any form."""
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)

    def header(self, name: str) -> str:
        """A header's value, empty when absent."""
        return self.headers.get(name.lower(), "")


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and its type; Content-Length is added at the socket."""

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()


def json_answer(status: int, value: object) -> Answer:
    """A JSON answer."""
    return Answer(status, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


class ControlError(Exception):
    """The control API cannot do what was asked; the words say what to do."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def json_object(body: bytes) -> dict[str, Any]:
    """The request body as an object; an empty body is an empty object. Raises `ControlError` (400)."""
    try:
        value = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise ControlError(400, f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ControlError(400, "the body must be a JSON object")
    return value

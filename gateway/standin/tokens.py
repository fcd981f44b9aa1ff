"""OAuth client credentials (RFC 6749 section 4.4). Tokens are opaque to the client and carry nothing secret."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from .messages import Answer, Request, json_answer
from .multipart import parse_header

# Codes of RFC 6749 section 5.2; the words are invented.
ERRORS = {
    "invalid_client": "Client authentication failed",
    "invalid_scope": "The requested scope is invalid, unknown, or malformed.",
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server.",
}


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client: its identifier, secret and scopes."""

    identifier: str
    secret: str
    scopes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Client({self.identifier!r})"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token stands for; times are seconds of a monotonic clock."""

    scopes: frozenset[str]
    valid_from: float
    valid_until: float


class Tokens:
    """The tokens issued to one client."""

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._grants: dict[str, Grant] = {}

    def forget(self) -> None:
        """Make every issued token invalid."""
        with self._lock:
            self._grants.clear()

    def grant_of(self, request: Request) -> Grant | None:
        """What the request's bearer token allows; None when there is none, or it is not yet or no longer valid."""
        scheme, _, token = request.header("authorization").partition(" ")
        with self._lock:
            grant = self._grants.get(token.strip()) if scheme.lower() == "bearer" else None
        return grant if grant and grant.valid_from <= self._clock() < grant.valid_until else None

    def answer(self, request: Request, seconds: int, delay: float = 0) -> Answer:
        """Issue a token valid for `seconds`, from `delay` seconds on; or refuse (RFC 6749 section 5.2)."""
        if request.method != "POST":
            return json_answer(405, {"error": "invalid_request"})
        form = _form(request)
        identifier, secret = _client_from(request, form)
        if not self._is_client(identifier, secret):
            return refused_password()
        if form.get("grant_type") != "client_credentials":
            return _error(400, "unsupported_grant_type")
        asked = form.get("scope", "").split() or list(self._client.scopes)
        if not set(asked) <= set(self._client.scopes):
            return _error(400, "invalid_scope")
        token = self._issue(frozenset(asked), seconds, delay)
        body = {"access_token": token, "token_type": "bearer", "expires_in": seconds, "scope": " ".join(asked)}
        return json_answer(200, body)

    def _is_client(self, identifier: str, secret: str) -> bool:
        same = hmac.compare_digest(identifier.encode(), self._client.identifier.encode())
        return hmac.compare_digest(secret.encode(), self._client.secret.encode()) and same

    def _issue(self, scopes: frozenset[str], seconds: int, delay: float) -> str:
        # Three parts like a JWT, and long: nothing bounds a token's length, and clients must not either.
        head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "sandbox"}).encode()).rstrip(b"=").decode()
        token = f"{head}.{secrets.token_urlsafe(600)}.{secrets.token_urlsafe(64)}"
        now = self._clock()
        with self._lock:
            self._grants = {each: grant for each, grant in self._grants.items() if grant.valid_until > now}
            self._grants[token] = Grant(scopes, now + delay, now + seconds)
        return token


def _form(request: Request) -> dict[str, str]:
    if parse_header(request.header("content-type"))[0] != "application/x-www-form-urlencoded":
        return {}
    read = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in read.items()}


def _client_from(request: Request, form: dict[str, str]) -> tuple[str, str]:
    scheme, _, encoded = request.header("authorization").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        identifier, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote(identifier), unquote(secret)


def _error(status: int, kind: str) -> Answer:
    return json_answer(status, {"error": kind, "error_description": ERRORS[kind]})


def refused_password() -> Answer:
    """What a wrong client secret is answered (status and code are RFC 6749's)."""
    return _error(401, "invalid_client")

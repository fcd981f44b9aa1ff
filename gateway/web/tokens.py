"""Bearer tokens: who may speak to the doors. Compared in constant time, all of them, whatever matches."""

import hashlib
import hmac
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.secrets import value_of
from gateway.settings import Token


class Tokens:
    """The tokens of one installation, kept as digests."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._digests = [
            (token.name, _digest(value_of(token.secret, f"tokens.{n}.secret"))) for n, token in enumerate(tokens)
        ]

    def name_of(self, authorization: str) -> str:
        """Whose token an `Authorization` header carries; "" when it is nobody's."""
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return ""
        digest = _digest(given.strip())
        found = ""
        for name, known in self._digests:
            if hmac.compare_digest(digest, known):
                found = name
        return found


class Gate:
    """ASGI middleware: lets only bearers of a token through, except to the doors in `open_to_all`.

    (Written for the server's own protocol: Starlette's helper for functions turns a refused body into a server error.)
    """

    def __init__(self, app: ASGIApp, tokens: Tokens, open_to_all: frozenset[str]) -> None:
        self._app = app
        self._tokens = tokens
        self._open_to_all = open_to_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers 401."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        known = self._tokens.name_of(Headers(scope=scope).get("authorization", ""))
        if known or scope["path"] in self._open_to_all:
            await self._app(scope, receive, told)
        else:
            await _UNAUTHORISED(scope, receive, told)


_UNAUTHORISED = JSONResponse(
    {"error": "unauthorised", "problems": [{"path": "", "message": "A bearer token is needed.", "cure": ""}]},
    status_code=401,
    headers={"WWW-Authenticate": "Bearer"},
)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()

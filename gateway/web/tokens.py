"""Bearer tokens: which programs may speak to the doors, and what each may do there.

A token is named by the settings, as a reference to a secret, and may then do everything; or it was made by `clearbill
token add`, for some scopes, and is known here by its SHA-256 alone. Secrets of the settings are compared in constant
time, all of them, whatever matches; a made token holds 256 bits, and looking for its hash tells nothing of it.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.secrets import scrub, value_of
from gateway.settings import Token
from gateway.store import api_tokens
from gateway.store.database import Database, DatabaseTrouble

log = structlog.get_logger("clearbill.web")

SCOPES = ("packets:write", "packets:read", "metrics:read")
_MADE = "clearbill_"  # so that a token is known for one, also by those who look for leaked ones


def new_token() -> str:
    """A token that nobody has had: 256 random bits."""
    return f"{_MADE}{secrets.token_urlsafe(32)}"


def digest_of(token: str) -> str:
    """By what a made token is known: its SHA-256 in hex."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


ANY = ""
"""As a scope: whatever the token is for."""

DOORS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "/v1/packets": {"POST": "packets:write"},
        "/v1/packets/{packet_id}": {"GET": "packets:read"},
        "/v1/metrics": {"GET": "metrics:read"},
        "/metrics": {"GET": "metrics:read"},
        "/openapi.json": {"GET": ANY},
    }
)
"""Every door for programs and the scope that each of its methods asks for. What is not here opens to no token."""

_PATTERNS = tuple((re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), wanted) for path, wanted in DOORS.items())


def methods_of(path: str) -> Mapping[str, str]:
    """The methods of the door at a path and what each asks for; nothing where there is no door."""
    return next((wanted for pattern, wanted in _PATTERNS if pattern.fullmatch(path)), {})


class Tokens:
    """The tokens of one installation."""

    def __init__(self, tokens: Sequence[Token], database: Database) -> None:
        named = [value_of(token.secret, f"tokens.{n}.secret") for n, token in enumerate(tokens)]
        self._digests = [digest_of(secret) for secret in named]
        self._database = database

    def scopes_of(self, authorization: str) -> Collection[str] | None:
        """What the token of an `Authorization` header may do; None when it is nobody's."""
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        digest = digest_of(given.strip())
        if sum(hmac.compare_digest(digest, known) for known in self._digests):  # looks at all of them
            return SCOPES
        if not given.strip().startswith(_MADE):
            return None
        with self._database.read() as tx:
            found = api_tokens.shown(tx, digest)
        return found.scopes if found else None


class Gate:
    """ASGI middleware: lets only bearers of a token through, to what it is for, except to the doors in `open_to_all`.

    (Written for the server's own protocol: Starlette's helper for functions turns a refused body into a server error.)
    """

    def __init__(self, app: ASGIApp, tokens: Tokens, open_to_all: frozenset[str]) -> None:
        self._app = app
        self._tokens = tokens
        self._open_to_all = open_to_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers 401, or 403 where the token is for other things."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        if scope["path"] in self._open_to_all:
            await self._app(scope, receive, told)
            return
        try:
            may = await run_in_threadpool(self._tokens.scopes_of, Headers(scope=scope).get("authorization", ""))
        except DatabaseTrouble as fault:
            log.error("database_trouble", path=scope["path"], error=scrub(str(fault)))
            await _OUT_OF_ORDER(scope, receive, told)
            return
        methods = methods_of(scope["path"])
        wanted = methods.get(scope["method"])
        if may is None:
            await _UNAUTHORISED(scope, receive, told)
        elif not methods:
            await _NOWHERE(scope, receive, told)
        elif wanted is None:
            await _no(405, "bad_request", "Method Not Allowed", Allow=", ".join(methods))(scope, receive, told)
        elif wanted != ANY and wanted not in may:
            await _forbidden(wanted)(scope, receive, told)
        else:
            await self._app(scope, receive, told)


def _no(status: int, error: str, message: str, **headers: str) -> JSONResponse:
    problems = [{"path": "", "message": message, "cure": ""}]
    return JSONResponse({"error": error, "problems": problems}, status_code=status, headers=headers)


def _forbidden(wanted: str) -> JSONResponse:
    return _no(403, "forbidden", f"This token is not for {wanted}.")


_UNAUTHORISED = _no(401, "unauthorised", "A bearer token is needed.", **{"WWW-Authenticate": "Bearer"})
_NOWHERE = _no(404, "bad_request", "Not Found")
_OUT_OF_ORDER = _no(
    503, "database_unavailable", "The database does not answer; nothing was kept.", **{"Retry-After": "10"}
)

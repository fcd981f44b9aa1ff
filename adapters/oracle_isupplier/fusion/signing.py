"""How a request to Fusion is signed: by user and password, or by an OAuth bearer token.

Which of the two a tenant takes is its own choice; neither is in the public notes on the supplier resource. Secrets:
`user` and `password`, or `client_id` and `client_secret`.
"""

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from adapters.oracle_isupplier.fusion.rows import object_from, words_from
from adapters.oracle_isupplier.fusion.settings import Settings
from gateway.adapter import SIGN_IN, Account, failure_from
from gateway.errors import PortalError, PortalUnavailable, SignInRefused

Clock = Callable[[], datetime]

_USUAL_LIFE = timedelta(hours=1)
_SHARE_OF_LIFE = 0.85


@dataclass(frozen=True, slots=True)
class Signature:
    """An Authorization header, and every spelling of a secret that an answer must not carry back."""

    header: str = field(repr=False)
    hidden: tuple[str, ...] = field(repr=False)
    renewable: bool


@dataclass(frozen=True, slots=True)
class _Held:
    value: str = field(repr=False)
    renew_at: datetime


class Signing:
    """Signs requests; safe to share between threads."""

    def __init__(self, account: Account, settings: Settings, http: httpx.Client, now: Clock) -> None:
        self._account = account
        self._settings = settings
        self._http = http
        self._now = now
        self._lock = threading.Lock()
        self._held: _Held | None = None
        self._where = f"Fusion {settings.host}, signing in"

    def signature(self) -> Signature:
        """What to sign the next request with. Raises SignInRefused, PortalUnavailable."""
        if self._settings.auth == "basic":
            user, password = self._account.secret("user"), self._account.secret("password")
            encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
            return Signature(f"Basic {encoded}", (encoded, password), renewable=False)
        with self._lock:
            if self._held is None or self._now() >= self._held.renew_at:
                self._held = self._fetched()
            value = self._held.value
        return Signature(f"Bearer {value}", (value,), renewable=True)

    def drop(self, signature: Signature) -> None:
        """Forgets a token that the portal no longer takes, unless another thread has renewed it already."""
        with self._lock:
            if self._held is not None and signature.header == f"Bearer {self._held.value}":
                self._held = None

    def _fetched(self) -> _Held:
        issued = self._now()
        client, secret = self._account.secret("client_id"), self._account.secret("client_secret")
        response = self._http.post(
            self._settings.token_url,
            data={"grant_type": "client_credentials", "scope": self._settings.scope},
            headers={"Accept": "application/json"},
            auth=httpx.BasicAuth(client, secret),
            extensions=dict(SIGN_IN),
        )
        answer = object_from(response.content) or {}
        if response.status_code != 200:
            raise self._refusal(response, answer, secret)
        value = answer.get("access_token")
        if not isinstance(value, str) or not value.isascii() or not value.isprintable() or " " in value or not value:
            raise PortalUnavailable(self._where, "answered HTTP 200 without a usable access token")
        life = str(answer.get("expires_in"))
        seconds = timedelta(seconds=int(life)) if life.isdecimal() and 0 < len(life) < 9 else _USUAL_LIFE
        return _Held(value, issued + seconds * _SHARE_OF_LIFE)

    def _refusal(self, response: httpx.Response, answer: dict[str, object], secret: str) -> PortalError:
        word = words_from(answer.get("error"))
        said = " ".join(part for part in (word, words_from(answer.get("error_description"))) if part)
        said = said.replace(secret, "[secret]")
        if word in ("invalid_client", "unauthorized_client", "invalid_grant", "invalid_scope", "access_denied"):
            message = "refused the OAuth client. Check the secrets client_id and client_secret and the setting scope"
            return SignInRefused(self._where, message, said=said)
        return failure_from(
            self._where, "sign_in", response.status_code, said=said, retry_at=retry_at_from(response, self._now())
        )


def retry_at_from(response: httpx.Response, now: datetime) -> datetime | None:
    """When the portal wishes to be asked again: `Retry-After` in seconds or as an HTTP date."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal() and len(text) < 7:
        return now + timedelta(seconds=int(text))
    return http_date(text)


def http_date(text: str) -> datetime | None:
    """A date of an HTTP header."""
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo is not None else None

"""OAuth 2 client credentials: one bearer token per adapter, renewed in good time (facts 3)."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from adapters.coupa.rows import object_from, words_from
from adapters.coupa.settings import Settings
from gateway.adapter import SIGN_IN, Account, failure_from
from gateway.errors import PortalUnavailable, SignInRefused

Clock = Callable[[], datetime]
Wait = Callable[[float], object]

_USUAL_LIFE = timedelta(seconds=86_399)
_SHARE_OF_LIFE = 0.85  # for tenants whose tokens live less than the usual 24 hours


@dataclass(frozen=True, slots=True)
class _Held:
    value: str = field(repr=False)
    usable_from: datetime
    renew_at: datetime


class Tokens:
    """Hands out a bearer token that is old enough to be known everywhere and young enough to be accepted."""

    def __init__(self, account: Account, settings: Settings, http: httpx.Client, now: Clock, wait: Wait) -> None:
        self._account = account
        self._settings = settings
        self._http = http
        self._now = now
        self._wait = wait
        self._held: _Held | None = None
        self._lock = threading.Lock()
        by_csp = settings.status_source == "csp_rest"
        self._url = f"{settings.csp_url if by_csp else settings.url}{settings.token_path}"
        self._id, self._secret = ("csp_client_id", "csp_client_secret") if by_csp else ("client_id", "client_secret")
        self._where = f"Coupa {settings.host}, signing in"

    def bearer(self) -> str:
        """The token to use now. Raises SignInRefused, PortalUnavailable."""
        with self._lock:
            held = self._held
            if held is None or self._now() >= held.renew_at:
                held = self._held = self._fetched()
            pause = (held.usable_from - self._now()).total_seconds()
        if pause > 0:  # at most the start delay, even where our clock was set back meanwhile
            self._wait(min(pause, self._settings.token_delay_seconds))
        return held.value

    def drop(self, value: str) -> None:
        """Forgets a token that the portal no longer takes, unless another thread has renewed it already."""
        with self._lock:
            if self._held is not None and self._held.value == value:
                self._held = None

    def _fetched(self) -> _Held:
        issued = self._now()
        response = self._http.post(
            self._url,
            data=self._form(),
            headers={"Accept": "application/json"},
            auth=self._basic(),
            extensions=dict(SIGN_IN),
        )
        answer = object_from(response.content)
        if response.status_code != 200:
            raise self._refusal(response, answer)
        value = answer.get("access_token") if answer else None
        if not isinstance(value, str) or not value.isascii() or not value.isprintable() or " " in value or not value:
            raise PortalUnavailable(self._where, "answered HTTP 200 without a usable access token")
        life = _life_from(answer.get("expires_in") if answer else None)
        renew = min(timedelta(hours=self._settings.token_renew_hours), life * _SHARE_OF_LIFE)
        return _Held(value, issued + timedelta(seconds=self._settings.token_delay_seconds), issued + renew)

    def _form(self) -> dict[str, str]:
        form = {"grant_type": "client_credentials", "scope": " ".join(self._settings.scopes)}
        if self._settings.client_auth == "body":
            form["client_id"] = self._account.secret(self._id)
            form["client_secret"] = self._account.secret(self._secret)
        return form

    def _basic(self) -> httpx.Auth:
        if self._settings.client_auth != "basic":
            return httpx.Auth()  # adds nothing
        return httpx.BasicAuth(self._account.secret(self._id), self._account.secret(self._secret))

    def _refusal(self, response: httpx.Response, answer: dict[str, object] | None) -> Exception:
        status, answer = response.status_code, answer or {}
        word = words_from(answer.get("error"))
        said = " ".join(part for part in (word, words_from(answer.get("error_description"))) if part)
        for name in (self._id, self._secret):
            said = said.replace(self._account.secret(name), "[secret]")
        if word == "invalid_scope":
            asked = " ".join(self._settings.scopes)
            message = f"refused the scopes we asked for ({asked}). Correct the setting scopes to what the client holds"
            return SignInRefused(self._where, message, said=said)
        if word in ("invalid_client", "unauthorized_client", "invalid_grant", "access_denied"):
            message = f"refused the OAuth client. Check the secrets {self._id} and {self._secret} and the address"
            return SignInRefused(self._where, message, said=said)
        return failure_from(self._where, "sign_in", status, said=said, retry_at=retry_at_from(response, self._now()))


def retry_at_from(response: httpx.Response, now: datetime) -> datetime | None:
    """When the portal wishes to be asked again: `Retry-After` in seconds or as an HTTP date."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal() and len(text) < 7:
        return now + timedelta(seconds=int(text))
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo is not None else None


def _life_from(value: object) -> timedelta:
    text = str(value)
    return timedelta(seconds=int(text)) if text.isdecimal() and 0 < len(text) < 9 and int(text) > 0 else _USUAL_LIFE

"""OAuth 2 client credentials: one bearer token per adapter, renewed in good time (facts 3)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import httpx

from adapters.coupa.rows import object_from
from adapters.coupa.settings import Settings
from gateway.adapter import SIGN_IN, Account, failure_from
from gateway.errors import SignInRefused
from gateway.http_answer import BearerToken, Clock, TokenHolder, retry_at_from, token_from
from gateway.json_answer import words_from

Wait = Callable[[float], object]

_USUAL_LIFE = timedelta(seconds=86_399)
_SHARE_OF_LIFE = 0.85  # for tenants whose tokens live less than the usual 24 hours


class Tokens:
    """Hands out a bearer token that is old enough to be known everywhere and young enough to be accepted."""

    def __init__(self, account: Account, settings: Settings, http: httpx.Client, now: Clock, wait: Wait) -> None:
        self._account = account
        self._settings = settings
        self._http = http
        self._now = now
        self._wait = wait
        self._holder = TokenHolder(self._fetched, now)
        by_csp = settings.status_source == "csp_rest"
        self._url = f"{settings.csp_url if by_csp else settings.url}{settings.token_path}"
        self._id, self._secret = ("csp_client_id", "csp_client_secret") if by_csp else ("client_id", "client_secret")
        self._where = f"Coupa {settings.host}, signing in"

    def bearer(self) -> str:
        """The token to use now. Raises SignInRefused, PortalUnavailable."""
        token = self._holder.token()
        usable_from = token.issued_at + timedelta(seconds=self._settings.token_delay_seconds)
        pause = (usable_from - self._now()).total_seconds()
        if pause > 0:  # at most the start delay, even where our clock was set back meanwhile
            self._wait(min(pause, self._settings.token_delay_seconds))
        return token.value

    def drop(self, value: str) -> None:
        """Forgets a token that the portal no longer takes."""
        self._holder.drop(value)

    def _fetched(self) -> BearerToken:
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
        token = token_from(answer or {}, issued, share=_SHARE_OF_LIFE, usual_life=_USUAL_LIFE, where=self._where)
        latest = issued + timedelta(hours=self._settings.token_renew_hours)
        return replace(token, renew_at=min(token.renew_at, latest))

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

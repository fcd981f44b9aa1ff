"""How a request to Fusion is signed: by user and password, or by an OAuth bearer token.

Which of the two a tenant takes is its own choice; neither is in the public notes on the supplier resource. Secrets:
`user` and `password`, or `client_id` and `client_secret`.
"""

import base64
from dataclasses import dataclass, field
from datetime import timedelta

import httpx

from adapters.oracle_isupplier.fusion.rows import object_from
from adapters.oracle_isupplier.fusion.settings import Settings
from gateway.adapter import SIGN_IN, Account, failure_from
from gateway.errors import PortalError, SignInRefused
from gateway.http_answer import BearerToken, Clock, TokenHolder, retry_at_from, token_from
from gateway.json_answer import words_from

_USUAL_LIFE = timedelta(hours=1)
_SHARE_OF_LIFE = 0.85


@dataclass(frozen=True, slots=True)
class Signature:
    """An Authorization header, and every spelling of a secret that an answer must not carry back."""

    header: str = field(repr=False)
    hidden: tuple[str, ...] = field(repr=False)
    renewable: bool


class Signing:
    """Signs requests; safe to share between threads."""

    def __init__(self, account: Account, settings: Settings, http: httpx.Client, now: Clock) -> None:
        self._account = account
        self._settings = settings
        self._http = http
        self._now = now
        self._holder = TokenHolder(self._fetched, now)
        self._where = f"Fusion {settings.host}, signing in"

    def signature(self) -> Signature:
        """What to sign the next request with. Raises SignInRefused, PortalUnavailable."""
        if self._settings.auth == "basic":
            user, password = self._account.secret("user"), self._account.secret("password")
            encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
            return Signature(f"Basic {encoded}", (encoded, password), renewable=False)
        value = self._holder.token().value
        return Signature(f"Bearer {value}", (value,), renewable=True)

    def drop(self, signature: Signature) -> None:
        """Forgets a token that the portal no longer takes."""
        self._holder.drop(signature.header.removeprefix("Bearer "))

    def _fetched(self) -> BearerToken:
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
        return token_from(answer, issued, share=_SHARE_OF_LIFE, usual_life=_USUAL_LIFE, where=self._where)

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

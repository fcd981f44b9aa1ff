"""Requests to the network and what came back: its cXML URL, and the look-up behind OAuth. What it means is decided
elsewhere."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from xml.sax.saxutils import escape

import httpx

from adapters.ariba.settings import Settings
from formats.cxml import CxmlResponse, response_from
from gateway.adapter import INTENT, SIGN_IN, WRITE, Account, Document, failure_from, secret_mark
from gateway.errors import NotSent, PortalUnavailable, SettingWrong, SignInRefused
from gateway.http_answer import BearerToken, Clock, TokenHolder, retry_at_from, token_from, words_of_page

ANSWER_BYTES = 64 * 1024 * 1024  # the connection's own limit, usually lower, stands before this one
_XML = {"Content-Type": "text/xml; charset=UTF-8", "Accept": "application/xml, text/xml"}
_USUAL_LIFE = timedelta(seconds=1200)  # where a token does not say how long it lives


class CxmlDoor:
    """The one cXML URL. The shared secret goes in as the bytes leave and comes out of what returns."""

    def __init__(self, account: Account, settings: Settings, http: httpx.Client, now: Clock) -> None:
        self._account = account
        self._settings = settings
        self._http = http
        self._now = now
        self.where = f"Ariba {settings.host}"

    def post(self, document: Document) -> tuple[httpx.Response, bytes]:
        """Hands a document over: the answer, and its body without our secret. Raises NotSent, MaybeSent."""
        headers = {**_XML, "Content-Type": document.content_type}
        return self._sent(document.body, headers, dict(WRITE))

    def ask(self, request: bytes, what: str) -> bytes:
        """A request that changes no invoice: the body of a Response with Status 2xx. Raises PortalUnavailable,
        SignInRefused."""
        response, body = self._sent(request, _XML, {INTENT: "read"})
        where = f"{self.where}, {what}"
        answer = response_from(body, ANSWER_BYTES)
        retry_at = retry_at_from(response, self._now())
        if answer is None:
            raise failure_from(where, "read", response.status_code, said=words_of_page(body), retry_at=retry_at)
        if answer.code in (401, 403):
            raise SignInRefused(where, f"refused us (cXML {answer.code}). {self.cure()}", said=said_by(answer))
        if not answer.took_it:
            raise PortalUnavailable(where, f"answered cXML {answer.code}", said=said_by(answer), retry_at=retry_at)
        return body

    def cure(self) -> str:
        """What to look at when the network does not know us."""
        proof = "the shared secret" if self._settings.proof == "shared_secret" else "the client certificate and its URL"
        return f"Check supplier_identity, {proof} and the supplier's cXML set-up on the network"

    def _sent(
        self, body: bytes, headers: Mapping[str, str], extensions: dict[str, Any]
    ) -> tuple[httpx.Response, bytes]:
        secret = b""
        if self._settings.proof == "shared_secret":
            secret = escape(self._account.secret("shared_secret")).encode()
            body = self._with_secret(body, secret)
        response = self._http.post(self._settings.url, content=body, headers=dict(headers), extensions=extensions)
        return response, response.content.replace(secret, b"[secret]") if secret else response.content

    def _with_secret(self, body: bytes, secret: bytes) -> bytes:
        """Fills the one place meant for it: the same mark inside a description must never become the secret."""
        mark = secret_mark("shared_secret").encode()
        place = b"<SharedSecret>" + mark + b"</SharedSecret>"
        if body.count(place) != 1:
            raise NotSent(self.where, "the document has no place for the shared secret; render it again")
        return body.replace(place, b"<SharedSecret>" + secret + b"</SharedSecret>", 1)


class PageGone(PortalUnavailable):
    """The look-up no longer knows a page's token: the pass must start over."""


class LookupDoor:
    """The look-up of invoice headers: OAuth client credentials, an application key beside the token (facts 2)."""

    def __init__(self, account: Account, settings: Settings, http: httpx.Client, now: Clock) -> None:
        self._account = account
        self._settings = settings
        self._http = http
        self._now = now
        self._holder = TokenHolder(self._fetched, now)
        self.where = f"Ariba {settings.host} look-up"

    def page(self, query: Mapping[str, str], what: str) -> tuple[list[dict[str, Any]], str]:
        """(rows, the token of the next page or ""). Raises PortalUnavailable (PageGone), SignInRefused."""
        if not self._settings.lookup_url:
            raise SettingWrong("lookup_url", "is missing: without the look-up an invoice cannot be looked for")
        response = self._got(query)
        where = f"{self.where}, {what}"
        if response.status_code != 200:
            said = self._words_of(response)
            if response.status_code == 400 and "pageToken" in query:
                raise PageGone(where, "no longer knows the page we were at", said=said)
            retry_at = retry_at_from(response, self._now())
            raise failure_from(where, "read", response.status_code, said=said, retry_at=retry_at)
        answer = _object_from(response.content)
        rows = answer.get("content")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise PortalUnavailable(where, "answered HTTP 200 with something that is not a list of invoices")
        following = answer.get("nextPageToken")
        return rows, following if isinstance(following, str) else ""

    def _got(self, query: Mapping[str, str]) -> httpx.Response:
        """A 401 means that the token is no longer known, so a new one may try once more."""
        response = self._once(query)
        if response.status_code == 401:
            response = self._once(query)
        if response.status_code == 401:
            cure = "refused a new access token. Check the application key and that the API client is entered there"
            raise SignInRefused(self.where, cure, said=self._words_of(response))
        return response

    def _once(self, query: Mapping[str, str]) -> httpx.Response:
        token = self._holder.token().value
        headers = {
            "Authorization": f"Bearer {token}",
            "apiKey": self._account.secret("api_key"),
            "Accept": "application/json",
        }
        response = self._http.get(self._settings.lookup_url, params=dict(query), headers=headers)
        if response.status_code == 401:
            self._holder.drop(token)
        return response

    def _fetched(self) -> BearerToken:
        asked = self._now()
        response = self._http.post(
            self._settings.token_url,
            data={"grant_type": "client_credentials"},
            headers={"Accept": "application/json"},
            auth=httpx.BasicAuth(self._account.secret("client_id"), self._account.secret("client_secret")),
            extensions=dict(SIGN_IN),
        )
        where = f"{self.where}, signing in"
        if response.status_code != 200:
            said = self._words_of(response)
            retry_at = retry_at_from(response, self._now())
            raise failure_from(where, "sign_in", response.status_code, said=said, retry_at=retry_at)
        answer = _object_from(response.content)
        share = self._settings.token_renew_share
        return token_from(answer, asked, share=share, usual_life=_USUAL_LIFE, where=where)

    def _words_of(self, response: httpx.Response) -> str:
        """The answer's first words without anything that we sign in with, should it be echoed."""
        hidden = [self._account.secret(name) for name in ("client_id", "client_secret", "api_key")]
        shown = response.request.headers.get("authorization", "").rpartition(" ")[2]  # as this very request was signed
        body = response.content
        for value in filter(None, [*hidden, shown]):
            body = body.replace(value.encode(), b"[secret]")
        return words_of_page(body)


def said_by(answer: CxmlResponse) -> str:
    """The network's own words in a Response, on one line: what is particular, else the general text."""
    return " ".join((answer.detail or answer.text).split())


def _object_from(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}

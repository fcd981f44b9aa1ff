"""Requests to Coupa and what came back: the cXML door and the two REST doors. What it means is decided elsewhere."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import httpx

from adapters.coupa.rows import Row, errors_from, rows_from, value_from
from adapters.coupa.settings import Settings
from adapters.coupa.tokens import Tokens
from gateway.adapter import WRITE, Account, Document, Intent, failure_from, nothing_written_yet, secret_mark
from gateway.errors import NotSent, PortalError, PortalUnavailable, SignInRefused
from gateway.http_answer import Clock, http_date, retry_at_from

PAGE = 50  # the most rows Coupa gives for one GET (facts 3)
_JSON = {"Accept": "application/json"}
_NOTHING_MATCHES = "No results match your search criteria"

Query = Sequence[tuple[str, str]]


class CxmlDoor:
    """Posts finished cXML documents; the shared secret goes in as the bytes leave and comes out of what returns."""

    def __init__(self, account: Account, settings: Settings, http: httpx.Client) -> None:
        self._account = account
        self._http = http
        self.url = f"{settings.url}{settings.cxml_path}"

    def post(self, document: Document) -> tuple[httpx.Response, bytes]:
        """The answer and its body without our secret. Raises NotSent, MaybeSent."""
        secret = escape(self._account.secret("shared_secret")).encode()
        response = self._http.post(
            self.url,
            content=self._with_secret(document.body, secret),
            headers={"Content-Type": document.content_type, "Accept": "application/xml, text/xml"},
            extensions=dict(WRITE),
        )
        return response, response.content.replace(secret, b"[secret]")

    def _with_secret(self, body: bytes, secret: bytes) -> bytes:
        """Fills the one place meant for it: the same mark inside a description must never become the secret."""
        mark = secret_mark("shared_secret").encode()
        place = b"<SharedSecret>" + mark + b"</SharedSecret>"
        if body.count(place) != 1:
            raise NotSent(f"Coupa {self.url}", "the document has no place for the shared secret; render it again")
        return body.replace(place, b"<SharedSecret>" + secret + b"</SharedSecret>", 1)


class RestDoor:
    """A Coupa REST interface behind a bearer token. Every method raises SignInRefused for a refused token."""

    def __init__(self, base: str, where: str, settings: Settings, http: httpx.Client, tokens: Tokens, now: Clock):
        self.base = base
        self.where = where
        self.now = now
        self._settings = settings
        self._http = http
        self._tokens = tokens

    # --- reads

    def rows(self, path: str, query: Query, what: str) -> tuple[list[Row], httpx.Response]:
        """A list of JSON objects. Raises PortalUnavailable."""
        response = self.get(path, query, what)
        return self.rows_of(response, what), response

    def rows_of(self, response: httpx.Response, what: str) -> list[Row]:
        """The JSON objects that an answer lists. Raises PortalUnavailable."""
        if response.status_code == 404 and any(_NOTHING_MATCHES in words for words in errors_from(response.content)):
            return []  # how the XML flavour says "none"; seen nowhere in JSON, harmless here
        if response.status_code != 200:
            raise self.failure(response, what, "read")
        found = rows_from(response.content)
        if found is None:
            raise PortalUnavailable(self._at(what), "answered HTTP 200 with something that is not a list of rows")
        return found

    def value(self, path: str, query: Query, what: str) -> Any:
        """One JSON value. Raises PortalUnavailable."""
        response = self.get(path, query, what)
        if response.status_code != 200:
            raise self.failure(response, what, "read")
        found = value_from(response.content)
        if found is None:
            raise PortalUnavailable(self._at(what), "answered HTTP 200 with something that is not JSON")
        return found

    def get(self, path: str, query: Query, what: str) -> httpx.Response:
        """Any answer to a read. Raises PortalUnavailable where none came."""
        text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)
        return self._sent("GET", f"{path}?{text}" if text else path, what, {}, {})

    # --- writes

    def write(self, method: str, path: str, what: str, **content: Any) -> httpx.Response:
        """Any answer to a write. Raises NotSent where the token could not be had, MaybeSent where no answer came."""
        with nothing_written_yet():  # only fetching a token is a read here
            return self._sent(method, path, what, content, dict(WRITE))

    def failure(self, response: httpx.Response, what: str, intent: Intent) -> PortalError:
        """The error that an unusable HTTP answer deserves, with the portal's words."""
        said = "; ".join(errors_from(response.content))
        if response.status_code == 403:
            scopes = " ".join(self._settings.scopes)
            message = f"is not allowed to our API client. Check the client's scopes (setting scopes: {scopes})"
            return SignInRefused(self._at(what), message, said=said)
        retry_at = retry_at_from(response, self.now())
        if response.status_code == 429:
            throttled = NotSent if intent == "write" else PortalUnavailable
            return throttled(self._at(what), "is throttling us", said=said, retry_at=retry_at)
        return failure_from(self._at(what), intent, response.status_code, said=said, retry_at=retry_at)

    def _at(self, what: str) -> str:
        return f"{self.where}, {what}"

    def _sent(
        self, method: str, path: str, what: str, content: Mapping[str, Any], extensions: dict[str, Any]
    ) -> httpx.Response:
        """One request; a 401 means that nothing was done, so a renewed token may repeat it once."""
        response = self._once(method, path, content, extensions)
        if response.status_code != 401:
            return response
        response = self._once(method, path, content, extensions)
        if response.status_code == 401:
            said = "; ".join(errors_from(response.content))
            message = "refused a new access token. Check the OAuth client at the portal and its scopes"
            raise SignInRefused(self._at(what), message, said=said)
        return response

    def _once(self, method: str, path: str, content: Mapping[str, Any], extensions: dict[str, Any]) -> httpx.Response:
        token = self._tokens.bearer()
        headers = {**_JSON, **content.get("headers", {}), "Authorization": f"Bearer {token}"}
        rest = {name: value for name, value in content.items() if name != "headers"}
        response = self._http.request(method, f"{self.base}{path}", headers=headers, extensions=extensions, **rest)
        if response.status_code == 401:
            self._tokens.drop(token)
        return _without(token, response)


def _without(token: str, response: httpx.Response) -> httpx.Response:
    """The answer without our token, should the portal echo it: answers are kept as evidence."""
    if token.encode() not in response.content:
        return response
    content = response.content.replace(token.encode(), b"[secret]")
    return httpx.Response(response.status_code, headers=response.headers, content=content, request=response.request)


def server_time(response: httpx.Response) -> datetime | None:
    """The server's own clock, from its `Date` header."""
    return http_date(response.headers.get("date", ""))

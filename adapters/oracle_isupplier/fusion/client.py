"""Requests to Fusion's REST and what came back; what it means is decided elsewhere."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from adapters.oracle_isupplier.fusion.rows import Row, Said, items_from, object_from, said_in
from adapters.oracle_isupplier.fusion.settings import Settings
from adapters.oracle_isupplier.fusion.signing import Signing
from gateway.adapter import WRITE, Account, Intent, failure_from, nothing_written_yet
from gateway.errors import NotSent, PortalError, PortalUnavailable, SignInRefused
from gateway.http_answer import Clock, http_date, retry_at_from

INVOICES = "/payablesInvoicesInSupplierPortal"
HOLDS = "/invoiceHolds"
ITEM = "application/vnd.oracle.adf.resourceitem+json"
ACTION = "application/vnd.oracle.adf.action+json"
PAGE = 50
_MOST_PAGES = 200

Query = Sequence[tuple[str, str]]


class Door:
    """One account's way to Fusion. Every method raises SignInRefused for refused credentials."""

    def __init__(self, account: Account, settings: Settings, http: httpx.Client, now: Clock) -> None:
        self.settings = settings
        self.where = f"Fusion {settings.host}"
        self.now = now
        self._http = http
        self._signing = Signing(account, settings, http, now)

    # --- reads

    def page(self, path: str, query: Query, what: str) -> tuple[list[Row], bool, httpx.Response]:
        """One page of a collection, and whether more follow. Raises PortalUnavailable."""
        response = self._sent("GET", _with(path, query), what, {}, {})
        if response.status_code != 200:
            raise self.failure(response, what, "read")
        found = items_from(response.content)
        if found is None:
            raise PortalUnavailable(self.at(what), "answered HTTP 200 with something that is not a list of rows")
        return *found, response

    def rows(self, path: str, query: Query, what: str) -> list[Row]:
        """Every row of a collection that does not change meanwhile. Raises PortalUnavailable."""
        found: list[Row] = []
        for _ in range(_MOST_PAGES):
            paging = [("limit", "500"), ("offset", str(len(found)))]
            rows, more, _ = self.page(path, [*query, *paging], what)
            found += rows
            if not more:
                return found
            if not rows:
                break
        raise PortalUnavailable(self.at(what), "gives page after page without an end")

    def row(self, path: str, what: str) -> Row:
        """One row. Raises PortalUnavailable."""
        response = self._sent("GET", _with(path, [("onlyData", "true")]), what, {}, {})
        if response.status_code != 200:
            raise self.failure(response, what, "read")
        found = object_from(response.content)
        if not found:
            raise PortalUnavailable(self.at(what), "answered HTTP 200 with something that is not a row")
        return found

    # --- writes

    def write(self, method: str, path: str, what: str, body: bytes, kind: str = ITEM) -> httpx.Response:
        """Any answer to a write. Raises NotSent where it could not be signed, MaybeSent where no answer came."""
        with nothing_written_yet():  # only fetching a token is a read here
            content = {"content": body, "headers": {"Content-Type": kind}}
            return self._sent(method, path, what, content, dict(WRITE))

    def said(self, response: httpx.Response) -> tuple[Said, ...]:
        """The messages of a refusal."""
        return said_in(response.content, response.headers.get("content-type", ""))

    def failure(self, response: httpx.Response, what: str, intent: Intent) -> PortalError:
        """The error that an unusable HTTP answer deserves, with the portal's words."""
        said = "; ".join(one.words for one in self.said(response))
        status, retry_at = response.status_code, retry_at_from(response, self.now())
        if status in (401, 403):
            message = (
                "refused our user, or its roles do not reach this. Check both with the buyer (holds: setting holds)"
            )
            return SignInRefused(self.at(what), message, said=said)
        if status == 429:
            throttled = NotSent if intent == "write" else PortalUnavailable
            return throttled(self.at(what), "is throttling us", said=said, retry_at=retry_at)
        return failure_from(self.at(what), intent, status, said=said, retry_at=retry_at)

    def at(self, what: str) -> str:
        """Where, for an error."""
        return f"{self.where}, {what}"

    def _sent(
        self, method: str, path: str, what: str, content: Mapping[str, Any], extensions: dict[str, Any]
    ) -> httpx.Response:
        """One request; a 401 means that nothing was done, so a renewed token may repeat it once (facts 9.2)."""
        response, renewable = self._once(method, path, content, extensions)
        if response.status_code == 401 and renewable:
            response, _ = self._once(method, path, content, extensions)
        if response.status_code == 401:
            raise self.failure(response, what, "sign_in")
        return response

    def _once(
        self, method: str, path: str, content: Mapping[str, Any], extensions: dict[str, Any]
    ) -> tuple[httpx.Response, bool]:
        signature = self._signing.signature()
        # The v4 error media type is not asked for: some resources answer 406 without a body (facts 11).
        headers = {"Accept": "application/json", **content.get("headers", {}), "Authorization": signature.header}
        body = content.get("content")
        url = f"{self.settings.base}{path}"
        response = self._http.request(method, url, headers=headers, content=body, extensions=extensions)
        if response.status_code == 401:
            self._signing.drop(signature)
        return _without(signature.hidden, response), signature.renewable


def quoted(value: str) -> str:
    """A value of `q`. How a quote inside is written is not documented: the other kind of quote is used where it can."""
    mark = '"' if "'" in value and '"' not in value else "'"
    return f"{mark}{value.replace(mark, mark * 2)}{mark}"


def segment(key: str) -> str:
    """A key as a path segment; keys are ours to repeat, never to interpret."""
    return quote(key, safe="")


def server_time(response: httpx.Response) -> datetime | None:
    """The server's own clock, from its `Date` header."""
    return http_date(response.headers.get("date", ""))


def _with(path: str, query: Query) -> str:
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in query)
    return f"{path}?{text}" if text else path


def _without(hidden: Sequence[str], response: httpx.Response) -> httpx.Response:
    """The answer without our secrets, should the portal echo them: answers are kept as evidence."""
    content = response.content
    for value in hidden:
        content = content.replace(value.encode(), b"[secret]") if value else content
    if content == response.content:
        return response
    return httpx.Response(response.status_code, headers=response.headers, content=content, request=response.request)

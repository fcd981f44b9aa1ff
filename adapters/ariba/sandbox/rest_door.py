"""Invoice header look-up by REST, behind OAuth and an application key (facts 2, 10.8).

The existence of such an API, its OAuth, the apiKey header and the rate headers were read; **fields and filters are this
sandbox's own shape**, because the real ones are not public.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from gateway.standin.messages import Answer, Request, json_answer
from gateway.standin.reading import moment, whole
from gateway.standin.tokens import Client, Tokens

from .knobs import Knobs
from .network import Network
from .records import Invoice, Mode, Supplier

TOKEN_PATH = "/v2/oauth/token"
PREFIX = "/api/invoice-header-data-extraction/v1/"
ENVIRONMENTS: dict[str, Mode] = {"prod": "production", "test": "test"}
FILTERS = frozenset(
    {"invoiceNumber", "documentReference", "buyer", "status", "routingStatus", "updatedFrom", "limit", "pageToken"}
)
WINDOWS = (("minute", 60), ("hour", 3600), ("day", 86400))


@dataclass
class Rates:
    """Requests of one client in the last minute, hour and day."""

    lock: Lock = field(default_factory=Lock)
    times: deque[datetime] = field(default_factory=deque)

    def admit(self, now: datetime, knobs: Knobs) -> tuple[bool, tuple[tuple[str, str], ...]]:
        """Whether one more request may pass, and the rate headers."""
        with self.lock:
            while self.times and self.times[0] <= now - timedelta(seconds=WINDOWS[-1][1]):
                self.times.popleft()
            headers, admitted, wait = [], True, 0
            times = list(self.times)
            for name, seconds in WINDOWS:
                limit = knobs.number(f"rate_{name}")
                used = len(times) - bisect_right(times, now - timedelta(seconds=seconds))
                if used >= limit and knobs.flag("throttle"):
                    admitted, wait = False, seconds
                left = max(limit - used - 1, 0)
                headers += [(f"X-RateLimit-Limit-{name}", str(limit)), (f"X-RateLimit-Remaining-{name}", str(left))]
            if admitted:
                self.times.append(now)
            else:
                headers.append(("Retry-After", str(wait)))
            return admitted, tuple(headers)


class RestDoor:
    """Tokens and look-ups of every supplier's client."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._lock = Lock()
        self._tokens: dict[str, Tokens] = {}
        self._rates: dict[str, Rates] = {}

    def forget(self) -> None:
        """Make every token invalid and forget the rates."""
        with self._lock:
            self._tokens.clear()
            self._rates.clear()

    def token(self, request: Request) -> Answer:
        """`POST /v2/oauth/token`, client credentials as Basic or in the form."""
        name = _client_name(request)
        supplier = next((each for each in self._network.suppliers.values() if each.client_id == name), None)
        tokens = self._tokens_of(supplier) if supplier is not None else Tokens(Client("", "\0", ()))
        return tokens.answer(request, self._network.knobs.number("token_seconds"))

    def _tokens_of(self, supplier: Supplier) -> Tokens:
        with self._lock:
            client = Client(supplier.client_id, supplier.client_secret, ())
            return self._tokens.setdefault(supplier.identity, Tokens(client))

    def answer(self, request: Request, path: str) -> Answer:
        """A look-up; headers first, then the filters."""
        with self._lock:
            issued = list(self._tokens.items())
        holder = next((identity for identity, tokens in issued if tokens.grant_of(request)), None)
        if holder is None:
            return unauthorized()
        supplier = self._network.suppliers[holder]
        if not hmac.compare_digest(request.header("apikey").encode(), supplier.api_key.encode()):
            return _error(403, "the application key is missing or wrong")
        with self._lock:
            rates = self._rates.setdefault(holder, Rates())
        admitted, headers = rates.admit(self._network.timeline.now(), self._network.knobs)
        if not admitted:
            return Answer(429, b'{"error":"rate limit exceeded"}', headers=headers)
        answer = self._look_up(request, path, supplier)
        return Answer(answer.status, answer.body, answer.content_type, headers)

    def _look_up(self, request: Request, path: str, supplier: Supplier) -> Answer:
        environment, _, what = path.removeprefix(PREFIX).partition("/")
        if environment not in ENVIRONMENTS or what != "invoices":
            return _error(404, "there is no such resource")
        if request.method != "GET":
            return _error(405, "GET only")
        query = dict(request.query)
        if unknown := set(query) - FILTERS:
            return _error(400, f"unknown filter: {', '.join(sorted(unknown))}")
        try:
            return json_answer(200, self._page(query, supplier, ENVIRONMENTS[environment]))
        except ValueError as error:
            return _error(400, str(error))

    def _page(self, query: dict[str, str], supplier: Supplier, mode: Mode) -> dict[str, object]:
        """Rows by (updatedAt, id), rising; `nextPageToken` while there are more."""
        limit = min(whole(query.get("limit")) or 50, 100)
        with self._network.lock:
            rows = []
            for invoice in self._candidates(query):
                if invoice.supplier is supplier and invoice.mode == mode and self._fits(invoice, query):
                    rows.append(invoice)
                    if len(rows) > limit:
                        break
            more = len(rows) > limit
            page = rows[:limit]
            return {
                "content": [self._row(invoice) for invoice in page],
                "nextPageToken": _token(page[-1]) if more else None,
            }

    def _candidates(self, query: dict[str, str]) -> Iterator[Invoice]:
        ledger = self._network.invoices
        after = _position(query["pageToken"]) if query.get("pageToken") else None
        start = after[0] if after else _time(query["updatedFrom"]) if query.get("updatedFrom") else None
        if "invoiceNumber" in query:
            ids = ledger.ids_numbered([query["invoiceNumber"]])
        elif start is not None:
            ids = ledger.changed(start, inclusive=True)
        else:
            ids = list(ledger.ids())
        found = [invoice for each in ids if (invoice := ledger.get(each)) is not None]
        found.sort(key=lambda invoice: (invoice.updated_at, invoice.id))
        return (each for each in found if after is None or (each.updated_at, each.id) > after)

    def _fits(self, invoice: Invoice, query: dict[str, str]) -> bool:
        anid = self._network.buyers[invoice.buyer].anid(invoice.mode)
        actual: dict[str, Callable[[], str]] = {
            "invoiceNumber": lambda: invoice.number,
            "documentReference": lambda: invoice.payload_id,
            "buyer": lambda: anid,
            "status": lambda: invoice.status,
            "routingStatus": lambda: invoice.routing,
        }
        since = _time(query["updatedFrom"]) if "updatedFrom" in query else None
        if since is not None and invoice.updated_at < since:
            return False
        return all(actual[name]() == value for name, value in query.items() if name in actual)

    def _row(self, invoice: Invoice) -> dict[str, object]:
        """One invoice header."""
        content = invoice.content
        return {
            "documentReference": invoice.payload_id,
            "invoiceNumber": invoice.number,
            "invoiceDate": content.date.isoformat() if content.date else None,
            "purpose": content.purpose,
            "buyer": self._network.buyers[invoice.buyer].anid(invoice.mode),
            "orders": content.orders,
            "amount": format(content.total, "f"),
            "currency": content.currency,
            "routingStatus": invoice.routing,
            "status": invoice.status,
            "paidAmount": None if invoice.paid_amount is None else format(invoice.paid_amount, "f"),
            "comments": [{"type": kind, "text": text} for kind, text in invoice.comments],
            "obsoletedBy": invoice.obsoleted_by or None,
            "createdAt": invoice.created_at.isoformat(),
            "updatedAt": invoice.updated_at.isoformat(),
        }


def unauthorized() -> Answer:
    """A missing, wrong or old token."""
    return _error(401, "the access token is missing, wrong or expired")


def _error(status: int, words: str) -> Answer:
    return json_answer(status, {"error": words})


def _client_name(request: Request) -> str:
    scheme, _, encoded = request.header("authorization").partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(encoded, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    form = dict(Request("POST", "/?" + request.body.decode("latin-1"), {}).query)
    return form.get("client_id", "")


def _token(invoice: Invoice) -> str:
    return base64.urlsafe_b64encode(json.dumps([invoice.updated_at.isoformat(), invoice.id]).encode()).decode()


def _position(token: str) -> tuple[datetime, int]:
    try:
        at, number = json.loads(base64.urlsafe_b64decode(token.encode()))
        return datetime.fromisoformat(at), int(number)
    except (ValueError, TypeError, binascii.Error):
        raise ValueError("pageToken is not one of ours") from None


def _time(text: str) -> datetime:
    found = moment(text)
    if found is None:
        raise ValueError(f"updatedFrom must be a time with a zone, not {text!r}")
    return found

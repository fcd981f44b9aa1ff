"""What an answer over HTTP says whatever portal gave it: when to come again, its first words, a bearer token."""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from gateway.errors import PortalUnavailable

Clock = Callable[[], datetime]

_TAG = re.compile(rb"<[^>]{0,500}>")


def http_date(text: str) -> datetime | None:
    """A date of an HTTP header; None where it is none, or has no zone."""
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo is not None else None


def retry_at_from(response: httpx.Response, now: datetime) -> datetime | None:
    """When the portal wishes to be asked again: `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3)."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal() and len(text) < 7:
        return now + timedelta(seconds=int(text))
    return http_date(text)


def words_of_page(body: bytes) -> str:
    """The first words of an answer that is none of the portal's own (a gateway's error page), for a person to read."""
    plain = _TAG.sub(b" ", body[:2_000]).decode("utf-8", "replace")
    return " ".join(plain.split())[:200]


@dataclass(frozen=True, slots=True)
class BearerToken:
    """An OAuth access token, and when it is to be renewed: well before it ends."""

    value: str = field(repr=False)
    issued_at: datetime
    renew_at: datetime


def token_from(
    answer: Mapping[str, object], issued_at: datetime, *, share: float, usual_life: timedelta, where: str
) -> BearerToken:
    """The token in an answer (RFC 6749, section 5.1), to be renewed after that share of its life; `usual_life` is that
    of a token that does not say how long it lives. Raises PortalUnavailable where there is no usable one."""
    value = answer.get("access_token")
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or " " in value or not value:
        raise PortalUnavailable(where, "answered HTTP 200 without a usable access token")
    stated = str(answer.get("expires_in"))
    said = stated.isdecimal() and 0 < len(stated) < 9 and int(stated) > 0
    life = timedelta(seconds=int(stated)) if said else usual_life
    return BearerToken(value, issued_at, issued_at + life * share)


class TokenHolder:
    """Holds one token and renews it in good time. Safe to share between threads: only one of them asks for it."""

    def __init__(self, fetch: Callable[[], BearerToken], now: Clock) -> None:
        self._fetch = fetch
        self._now = now
        self._held: BearerToken | None = None
        self._lock = threading.Lock()

    def token(self) -> BearerToken:
        """The token to use now. Raises what `fetch` raises."""
        with self._lock:
            if self._held is None or self._now() >= self._held.renew_at:
                self._held = self._fetch()
            return self._held

    def drop(self, value: str) -> None:
        """Forgets a token that the portal no longer takes, unless another thread has renewed it already."""
        with self._lock:
            if self._held is not None and self._held.value == value:
                self._held = None

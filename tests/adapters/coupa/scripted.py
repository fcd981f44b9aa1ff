"""An adapter before a portal that answers from a script: for answers that no stand-in would give."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from adapters.coupa import Adapter
from gateway.adapter import Account
from gateway.connection import open_connection

SECRETS = {
    "shared_secret": "s3cret<&>shared",
    "client_id": "client-0017",
    "client_secret": "client-s3cret",
    "csp_client_id": "csp-client-0018",
    "csp_client_secret": "csp-s3cret",
}
CXML = {
    "url": "https://buyer.coupahost.example",
    "supplier_domain": "DUNS",
    "supplier_identity": "080806808",
    "buyer_domain": "NetworkID",
    "buyer_identity": "AN01000000001",
}
START = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)

Handler = Callable[[httpx.Request], httpx.Response]


class Clock:
    """Time that passes only when told to, or while something waits."""

    def __init__(self) -> None:
        self.at = START
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.at += timedelta(seconds=seconds)


class Script:
    """Answers requests in order, signing in aside; keeps what was asked."""

    def __init__(self, answers: Iterable[httpx.Response | Handler] = ()) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.sign_ins: list[httpx.Request] = []
        self.tokens: list[httpx.Response] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth2/token"):
            self.sign_ins.append(request)
            return self.tokens.pop(0) if self.tokens else token(f"token-{len(self.sign_ins)}")
        self.requests.append(request)
        answer = self.answers.pop(0)
        return answer if isinstance(answer, httpx.Response) else answer(request)


def token(value: str = "token-1", **fields: Any) -> httpx.Response:
    """A granted token."""
    return httpx.Response(200, json={"access_token": value, "token_type": "bearer", "expires_in": 86399, **fields})


def adapter_for(script: Script, clock: Clock | None = None, **settings: Any) -> Adapter:
    """An adapter whose portal is `script`; by default cXML with statuses by Core REST."""
    clock = clock or Clock()
    given = {**CXML, "status_source": "core_rest", "supplier_id": 101, **settings}
    account = Account("buyer-coupa", "coupa", given, SECRETS.__getitem__)
    http = open_connection(account, inner=httpx.MockTransport(script))
    return Adapter(account, http, now=clock.now, wait=clock.wait)


def cxml(code: int, text: str, words: str) -> bytes:
    """A Response as Coupa's pages show it."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE cXML SYSTEM "http://xml.cXML.org/schemas/cXML/1.2.020/cXML.dtd">\n'
        '<cXML payloadID="" timestamp="2026-03-09T12:00:00+00:00" xml:lang="en-US"><Response>'
        f'<Status code="{code}" text="{text}">{words}</Status></Response></cXML>'
    ).encode()

"""An Ariba adapter before a network that answers from a script: for answers that no stand-in would give."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import httpx

from adapters.ariba import Adapter
from gateway.adapter import Account
from gateway.connection import open_connection

SECRETS = {
    "shared_secret": "s3cret<&>shared",
    "client_id": "client-0017",
    "client_secret": "client-s3cret",
    "api_key": "application-k3y",
}
BUYER, SUPPLIER, NETWORK = "AN01915000001", "AN02000000009", "AN01000000001"
GIVEN: dict[str, Any] = {
    "url": "https://network.example/service/transaction/cxml.asp",
    "supplier_anid": SUPPLIER,
    "buyer_anid": BUYER,
    "delivery": "pending",
    "lookup_url": "https://api.network.example/invoices",
    "token_url": "https://api.network.example/v2/oauth/token",
}
START = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)

Handler = Callable[[httpx.Request], httpx.Response]


class Script:
    """Answers requests in order, signing in aside; keeps what was asked."""

    def __init__(self, *answers: httpx.Response | Handler) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.sign_ins: list[httpx.Request] = []
        self.tokens: list[httpx.Response] = []
        self.at = START

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth/token"):
            self.sign_ins.append(request)
            given = {"access_token": f"token-{len(self.sign_ins)}", "expires_in": 1440}
            return self.tokens.pop(0) if self.tokens else httpx.Response(200, json=given)
        self.requests.append(request)
        answer = self.answers.pop(0)
        return answer if isinstance(answer, httpx.Response) else answer(request)

    def now(self) -> datetime:
        return self.at


def adapter_for(script: Script, **settings: Any) -> Adapter:
    """An adapter whose network is `script`."""
    account = Account("buyer-ariba", "ariba", {**GIVEN, **settings}, SECRETS.__getitem__)
    return Adapter(account, open_connection(account, inner=httpx.MockTransport(script)), now=script.now)


def response(
    code: int, text: str = "", words: str = "", *, payload: str = "r-1@net", http: int = 200
) -> httpx.Response:
    """A Response with a Status alone."""
    return _answer(f'<Status code="{code}" text={quoteattr(text)}>{escape(words)}</Status>', payload, START, http)


def queue(*documents: str, at: datetime = START) -> httpx.Response:
    """A GetPendingResponse."""
    held = "".join(documents)
    return _answer(f'<Status code="200" text="OK"/><GetPendingResponse>{held}</GetPendingResponse>', "r-1@net", at, 200)


def update(
    inner: str, *, payload: str = "u-1", seconds: float = 0, code: int = 200, text: str = "OK", words: str = "",
    reference: str = "packet-1.1@clearbill.example", sender: str = BUYER,
) -> str:  # fmt: skip
    """One StatusUpdateRequest in its envelope, `inner` after its Status."""
    named = f'<DocumentReference payloadID="{reference}"/>' if reference else ""
    status = f'<Status code="{code}" text="{text}" xml:lang="en">{words}</Status>'
    return document(f"<StatusUpdateRequest>{named}{status}{inner}</StatusUpdateRequest>", payload, seconds, sender)


def document(request: str, payload: str, seconds: float = 0, sender: str = BUYER) -> str:
    """A request from a buyer or from the network."""
    at = (START + timedelta(seconds=seconds)).isoformat()
    one = '<Credential domain="NetworkID"><Identity>{}</Identity></Credential>'
    secret = f"<SharedSecret>{'pushed-s3cret'}</SharedSecret>"
    sending = f'<Credential domain="NetworkID"><Identity>{NETWORK}</Identity>{secret}</Credential>'
    return (
        f'<cXML payloadID="{payload}" timestamp="{at}"><Header><From>{one.format(sender)}</From>'
        f"<To>{one.format(SUPPLIER)}</To><Sender>{sending}<UserAgent>Supplier</UserAgent></Sender></Header>"
        f"<Request>{request}</Request></cXML>"
    )


def invoice_status(type_: str, *comments: str, number: str = "INV-1001", partial: str = "") -> str:
    """An InvoiceStatus."""
    amount = f'<PartialAmount><Money currency="USD">{partial}</Money></PartialAmount>' if partial else ""
    said = "".join(comments)
    named = f'<InvoiceIDInfo invoiceID="{number}"/>' if number else ""
    return f'<InvoiceStatus type="{type_}">{named}{amount}{said}</InvoiceStatus>'


def comment(text: str, type_: str = "") -> str:
    """A Comments element."""
    typed = f' type="{type_}"' if type_ else ""
    return f'<Comments xml:lang="en"{typed}>{escape(text)}</Comments>'


def row(**changes: Any) -> dict[str, Any]:
    """One row of the look-up."""
    return {
        "documentReference": "packet-1.1@clearbill.example",
        "invoiceNumber": "INV-1001",
        "amount": "4020.40",
        "currency": "USD",
        "routingStatus": "acknowledged",
        "status": "sent",
        "comments": [],
        "obsoletedBy": None,
        "updatedAt": "2026-03-09T12:00:00+00:00",
        **changes,
    }


def rows(*given: dict[str, Any], following: str | None = None) -> httpx.Response:
    """A page of the look-up."""
    return httpx.Response(200, json={"content": list(given), "nextPageToken": following})


def _answer(inner: str, payload: str, at: datetime, http: int) -> httpx.Response:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.014/cXML.dtd">'
    body = f'{head}<cXML payloadID="{payload}" timestamp="{at.isoformat()}"><Response>{inner}</Response></cXML>'
    return httpx.Response(http, content=body.encode(), headers={"content-type": "text/xml"})

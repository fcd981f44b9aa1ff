"""The door for networks that push: `POST /cxml/{account}`, one cXML document in, one cXML Response out, always.

No bearer token guards it: the secret in the document is the proof, and nothing in a document is believed before that.
It is acknowledged (200) when it is stored, never before; what lands where is the inbox's work.

| answer | why |
|---|---|
| 200 OK | stored, or stored before; or a ProfileRequest, answered |
| 400 Bad Request | larger than `max_push_kb`, slower than half a minute, or no request |
| 401 Unauthorized | a wrong secret, or no account by this name that is pushed to: a stranger is not told which |
| 403 Forbidden | meant for another supplier, or for the test account where this is the other |
| 406 Not Acceptable | cannot be read as XML that we are willing to read |
| 450 Not Implemented | a request that is not taken here |
| 500 Internal Server Error | not stored: the network is to send it again |

HTTP bears the same number, so that a network which looks at either is not misled.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import anyio
import structlog
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from formats.cxml import Unreadable, answer, envelope_from, profile_response
from gateway.adapter import OURS, Ability, Networked, Stamp
from gateway.errors import PushRefused
from gateway.house import House
from gateway.inbox import keep
from gateway.secrets import scrub

log = structlog.get_logger("clearbill.push")

PATH = "/cxml/"
TAKEN = ("ProfileRequest", "StatusUpdateRequest", "OrderRequest")
_AT_ONCE = 8  # documents read or stored at the same time; the others wait, unread
_BODY_SECONDS = 30.0
_PROFILE = "ProfileRequest"


@dataclass(frozen=True, slots=True)
class Answer:
    """A Response: its code, which HTTP bears too, and its bytes."""

    code: int
    body: bytes


class PushDoor:
    """ASGI middleware: answers whatever is under PATH by itself, and passes everything else on."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app = app
        self._house = house
        self._most = house.settings.max_push_kb * 1024
        self._threads = anyio.CapacityLimiter(_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PATH):
            await self._app(scope, receive, send)
            return
        if scope["method"] != "POST":
            await Response(status_code=405, headers={"Allow": "POST"})(scope, receive, send)
            return
        said = await self._said(scope, receive)
        if said is not None:
            headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
            if said.code != 200:
                headers["Connection"] = "close"  # what is left of a refused body is not read
            response = Response(said.body, said.code, headers, "text/xml; charset=UTF-8")
            await response(scope, receive, send)

    async def _said(self, scope: Scope, receive: Receive) -> Answer | None:
        """None where the caller has gone."""
        key = scope["path"].removeprefix(PATH)
        try:
            with anyio.fail_after(_BODY_SECONDS):
                body = await self._body(scope, receive)
        except TimeoutError:
            late = PushRefused("a push", 400, "Bad Request", "The document did not arrive in time.")
            return _refused(self._house, key, late)
        except PushRefused as refused:
            return _refused(self._house, key, refused)
        if body is None:
            return None
        return await anyio.to_thread.run_sync(answered, self._house, key, body, limiter=self._threads)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The body, read no further than may be; None where the caller hung up. Raises PushRefused."""
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        body, more = bytearray(), True
        too_large = announced.isdigit() and int(announced) > self._most
        while more and not too_large:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            more = message.get("more_body", False)
            too_large = len(body) > self._most
        if too_large:
            words = f"The document is larger than {self._most} bytes."
            raise PushRefused("a push", 400, "Bad Request", words)
        return bytes(body)


def answered(house: House, key: str, body: bytes) -> Answer:
    """What a pushed document is answered, once it is stored or refused. Raises nothing: every fault is an answer."""
    try:
        adapter = _pushed_to(house, key)
        if adapter is None:
            raise _not_for_a_stranger(body)
        delivery = adapter.read_push(body)
        if delivery.kind == _PROFILE:
            where = f"{house.settings.address_outside}{PATH}{key}"
            return Answer(200, profile_response(TAKEN, where, stamp=_stamp()))
        with house.queue.write() as tx:
            fresh = keep(house, tx, key, [delivery])
        log.debug("pushed", account=key, kind=delivery.kind, repeated=not fresh)
        return _response(200, "OK")
    except PushRefused as refused:
        return _refused(house, key, refused)
    except Exception as fault:
        # Whatever it was, nothing is stored: the network must hear so, and send it again.
        log.error(
            "push_not_stored", account=key if key in house.settings.accounts else "(unknown)", error=scrub(repr(fault))
        )
        return _response(500, "Internal Server Error", "The document was not stored. Send it again.")


def _pushed_to(house: House, key: str) -> Networked | None:
    if key not in house.settings.accounts:
        return None
    adapter = house.portals.adapter(key)
    return adapter if isinstance(adapter, Networked) and Ability.push in adapter.abilities else None


def _not_for_a_stranger(body: bytes) -> PushRefused:
    """What is answered where there is no such account: the same as for a wrong secret, and after the same work."""
    try:
        envelope_from(body)
    except Unreadable as fault:
        return PushRefused("a push", 406, "Not Acceptable", f"The document cannot be read: {fault}.")
    return PushRefused("a push", 401, "Unauthorized", "The Sender credential was not recognized.")


def _refused(house: House, key: str, refused: PushRefused) -> Answer:
    known = key if key in house.settings.accounts else "(unknown)"
    log.warning("push_refused", account=known, code=refused.code, why=refused.message)
    return _response(refused.code, refused.text, refused.message)


def _response(code: int, text: str, detail: str = "") -> Answer:
    return Answer(code, answer(code, text, detail, stamp=_stamp()))


def _stamp() -> Stamp:
    """Of an answer: every one has its own payloadID."""
    now = datetime.now(UTC)
    return Stamp(f"{int(now.timestamp() * 1000)}-{uuid4().hex}{OURS}", now)

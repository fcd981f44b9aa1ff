"""Signing in with a company account: to the provider and back, and out of it again.

What must come back from the provider (state, nonce, verifier) waits in a cookie of the browser that began: whoever is
led to the second door without having passed the first has none, and is not signed in as somebody else. It is good once
and for ten minutes.
"""

import base64
import hmac
import json
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from gateway import identity
from gateway.desk.pages import Pages
from gateway.desk.signing import SignIn, caller, local, too_many
from gateway.desk.throttle import Throttle
from gateway.errors import NotFound, NotPossible, SettingWrong
from gateway.monitoring.tally import OF_THIS_PROCESS
from gateway.openid import BACK, OpenId, OpenIdTrouble, Try, come_back_to
from gateway.secrets import scrub

log = structlog.get_logger("clearbill.desk")

_TRY_SECONDS = 600
_LONGEST_WAY = 1000  # of an address to go on to, so that the cookie is kept
_STRANGE = "This sign-in was not begun in this browser, or too long ago. Try again."


def add_openid_signing(desk: FastAPI, pages: Pages) -> None:
    """The doors `/sign-in/openid`, `.../done` and `.../out`."""
    house, throttle, here = pages.house, Throttle(), SignIn(pages)
    settings = house.settings.desk.openid
    openid = OpenId(settings, come_back_to(house.settings)) if settings else None

    def provider() -> OpenId:
        if openid is None:
            raise NotFound("nobody signs in with a company account here.")
        return openid

    def refused(request: Request, status: int, going_on: str, fault: Exception, why: str) -> Response:
        OF_THIS_PROCESS.sign_in("too_many" if status == 429 else "refused")
        log.warning("openid_refused", address=caller(request), why=scrub(why))
        words = str(fault)
        return here.drop(here.page(request, status, going_on, words[:1].upper() + words[1:]), "openid")

    @desk.get("/sign-in/openid")
    def begin(request: Request, next: str = "/") -> Response:
        going_on = local(next) if len(next) <= _LONGEST_WAY else "/"
        try:
            where, one = provider().begin()
        except OpenIdTrouble as fault:
            return refused(request, 503, going_on, fault, fault.why)
        return here.keep(RedirectResponse(where, status_code=303), "openid", _kept(one, going_on), _TRY_SECONDS)

    @desk.get(BACK)
    def done(request: Request) -> Response:
        asked = provider()
        one, going_on = _try_from(here.kept(request, "openid"))
        brought = _brought(request)
        if one is None or not hmac.compare_digest(brought.get("state", "").encode(), one.state.encode()):
            return refused(request, 403, going_on, OpenIdTrouble(_STRANGE, ""), "no such sign-in was begun")
        if seconds := throttle.may_try("", caller(request)):
            return refused(request, 429, going_on, OpenIdTrouble(too_many(seconds), ""), "too many tries")
        with house.database.read() as tx:
            now = house.database.now(tx)
        try:
            token = identity.sign_in_as(house, asked.finish(one, brought, now.timestamp()))
        except OpenIdTrouble as fault:
            return refused(request, 403, going_on, fault, fault.why)
        except NotPossible as fault:
            return refused(request, 403, going_on, fault, str(fault))
        except SettingWrong as fault:
            words = OpenIdTrouble("The company sign-in is not set up rightly. Tell whoever looks after Clearbill.", "")
            return refused(request, 503, going_on, words, str(fault))
        throttle.came_in("", caller(request))
        return here.drop(here.come_in(request, token, going_on), "openid")

    @desk.get("/sign-in/openid/out")
    def out(request: Request) -> Response:
        if request.state.visitor:
            return RedirectResponse("/", status_code=303)
        where = provider().sign_out_at(house.settings.address_outside + "/sign-in")
        return pages.show(request, "signed_out.html", where=where, company=settings.title if settings else "")


def _brought(request: Request) -> Mapping[str, str]:
    """What the browser brought; nothing of what is said twice (RFC 6749, section 3.1), or at great length."""
    every = request.query_params.multi_items()
    names = [name for name, _ in every]
    return {name: value for name, value in every if names.count(name) == 1 and len(value) <= 4096}


def _kept(one: Try, going_on: str) -> str:
    text = json.dumps([one.state, one.nonce, one.verifier, going_on])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _try_from(kept: str) -> tuple[Try | None, str]:
    """The sign-in that a browser has begun and where it was to lead; None where there is none, or nonsense."""
    try:
        found: Any = json.loads(base64.urlsafe_b64decode(kept)) if kept else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or len(found) != 4 or not all(isinstance(one, str) and one for one in found):
        return None, "/"
    state, nonce, verifier, going_on = found
    return Try(state, nonce, verifier), local(going_on)

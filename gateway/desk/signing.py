"""Signing in and out."""

import secrets
from typing import Annotated

import structlog
from fastapi import Depends, FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response

from gateway import identity
from gateway.desk.guard import cookie_name, is_secure, ordered_by, own_form
from gateway.desk.pages import Pages
from gateway.desk.throttle import Throttle
from gateway.identity import Visitor
from gateway.monitoring.tally import OF_THIS_PROCESS
from gateway.store import people
from gateway.store.people import Role
from gateway.web.proxies import counted_as

log = structlog.get_logger("clearbill.desk")

_WRONG = "Name and password do not fit, or the user is disabled."


def local(path: str) -> str:
    """A place of this site to go on to; the work list for anything that may lead elsewhere."""
    fits = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if fits else "/"


def add_signing(desk: FastAPI, pages: Pages) -> None:
    """The doors `/sign-in` and `/sign-out`."""
    house, throttle = pages.house, Throttle()
    session, form = (cookie_name(house.settings, purpose) for purpose in ("session", "form"))
    secure = is_secure(house.settings)

    def with_cookie(answer: Response, name: str, value: str) -> Response:
        answer.set_cookie(name, value, path="/", secure=secure, httponly=True, samesite="lax")
        return answer

    def asked(request: Request, status: int, going_on: str, words: str = "") -> Response:
        with house.database.read() as tx:
            anybody = people.is_any(tx)
        token = request.cookies.get(form) or secrets.token_urlsafe(32)
        csrf = identity.csrf_of(token)
        told = {"csrf": csrf, "words": words, "anybody": anybody, "going_on": going_on}
        return with_cookie(pages.show(request, "sign_in.html", status, **told), form, token)

    @desk.get("/sign-in")
    def sign_in_page(request: Request, next: str = "/", ended: str = "") -> Response:
        words = "Nobody is signed in here any more, and nothing was done. Sign in again." if ended else ""
        return asked(request, 200, local(next), words)

    @desk.post("/sign-in")
    def sign_in(
        request: Request,
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        csrf: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "/",
    ) -> Response:
        token = request.cookies.get(form, "")
        own_form(request, csrf if token else "", identity.csrf_of(token))  # of no cookie, anybody knows the proof
        name, address = name.strip().lower()[:100], counted_as(request.client.host if request.client else "")
        if seconds := throttle.may_try(name, address):
            OF_THIS_PROCESS.sign_in("too_many")
            words = f"Too many tries. Wait {max(1, round(seconds / 60))} minutes."
            answer = asked(request, 429, local(next), words)
            answer.headers["Retry-After"] = str(round(seconds) + 1)
            return answer
        token = identity.sign_in(house, name, password)
        if not token:
            OF_THIS_PROCESS.sign_in("refused")
            log.warning("sign_in_refused", address=address)
            return asked(request, 403, local(next), _WRONG)
        OF_THIS_PROCESS.sign_in("came_in")
        throttle.came_in(name, address)
        if request.state.visitor:
            identity.sign_out(house, request.state.token, request.state.visitor.name)
        answer = with_cookie(RedirectResponse(local(next), status_code=303), session, token)
        answer.delete_cookie(form, path="/", secure=secure, httponly=True, samesite="lax")
        return answer

    @desk.post("/sign-out")
    def sign_out(request: Request, visitor: Annotated[Visitor, Depends(ordered_by(Role.viewer))]) -> Response:
        identity.sign_out(house, request.state.token, visitor.name)
        answer = RedirectResponse("/sign-in", status_code=303)
        answer.delete_cookie(session, path="/", secure=secure, httponly=True, samesite="lax")
        return answer

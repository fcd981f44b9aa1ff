"""Signing in and out, with a password of Clearbill's own."""

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
_ENDED = "Nobody is signed in here any more, and nothing was done. Sign in again."
_NO_PASSWORDS = "Nobody signs in with a password here; use the company account."


def local(path: str) -> str:
    """A place of this site to go on to; the work list for anything that may lead elsewhere."""
    fits = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if fits else "/"


def caller(request: Request) -> str:
    """By what the tries of whoever calls are counted."""
    return counted_as(request.client.host if request.client else "")


class SignIn:
    """What every way of signing in shares: the page, the cookies, and the beginning of a session."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._settings = pages.house.settings
        self._secure = is_secure(self._settings)

    def keep(self, answer: Response, purpose: str, value: str, seconds: int | None = None) -> Response:
        """Has the browser keep a cookie, out of scripts' reach; until it is closed unless `seconds` are given."""
        name = cookie_name(self._settings, purpose)
        answer.set_cookie(name, value, seconds, path="/", secure=self._secure, httponly=True, samesite="lax")
        return answer

    def kept(self, request: Request, purpose: str) -> str:
        """What the browser has kept; "" for nothing."""
        return request.cookies.get(cookie_name(self._settings, purpose), "")

    def drop(self, answer: Response, purpose: str) -> Response:
        """Has the browser forget a cookie."""
        name = cookie_name(self._settings, purpose)
        answer.delete_cookie(name, path="/", secure=self._secure, httponly=True, samesite="lax")
        return answer

    def page(self, request: Request, status: int, going_on: str, words: str = "") -> Response:
        """The sign-in, with what is to be said."""
        with self._pages.house.database.read() as tx:
            anybody = people.is_any(tx)
        token = self.kept(request, "form") or secrets.token_urlsafe(32)
        openid, passwords = self._settings.desk.openid, self._settings.desk.passwords
        told = {"csrf": identity.csrf_of(token), "words": words, "anybody": anybody, "going_on": going_on}
        told |= {"company": openid.title if openid else "", "passwords": passwords or openid is None}
        return self.keep(self._pages.show(request, "sign_in.html", status, **told), "form", token)

    def come_in(self, request: Request, token: str, going_on: str) -> Response:
        """The session of a token begins, and the one that the browser had ends."""
        OF_THIS_PROCESS.sign_in("came_in")
        if request.state.visitor:
            identity.sign_out(self._pages.house, request.state.token, request.state.visitor.name)
        answer = self.keep(RedirectResponse(going_on, status_code=303), "session", token)
        return self.drop(answer, "form")


def add_signing(desk: FastAPI, pages: Pages) -> None:
    """The doors `/sign-in` and `/sign-out`."""
    house, throttle, here = pages.house, Throttle(), SignIn(pages)

    @desk.get("/sign-in")
    def sign_in_page(request: Request, next: str = "/", ended: str = "") -> Response:
        return here.page(request, 200, local(next), _ENDED if ended else "")

    @desk.post("/sign-in")
    def sign_in(
        request: Request,
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        csrf: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "/",
    ) -> Response:
        token = here.kept(request, "form")
        own_form(request, csrf if token else "", identity.csrf_of(token))  # of no cookie, anybody knows the proof
        if house.settings.desk.openid and not house.settings.desk.passwords:
            return here.page(request, 403, local(next), _NO_PASSWORDS)
        name, address = name.strip().lower()[:100], caller(request)
        if seconds := throttle.may_try(name, address):
            OF_THIS_PROCESS.sign_in("too_many")
            answer = here.page(request, 429, local(next), too_many(seconds))
            answer.headers["Retry-After"] = str(round(seconds) + 1)
            return answer
        token = identity.sign_in(house, name, password)
        if not token:
            OF_THIS_PROCESS.sign_in("refused")
            log.warning("sign_in_refused", address=address)
            return here.page(request, 403, local(next), _WRONG)
        throttle.came_in(name, address)
        return here.come_in(request, token, local(next))

    @desk.post("/sign-out")
    def sign_out(request: Request, visitor: Annotated[Visitor, Depends(ordered_by(Role.viewer))]) -> Response:
        elsewhere = identity.sign_out(house, request.state.token, visitor.name)
        going_on = "/sign-in/openid/out" if elsewhere and house.settings.desk.openid else "/sign-in"
        return here.drop(RedirectResponse(going_on, status_code=303), "session")


def too_many(seconds: float) -> str:
    """What is said to whoever must wait."""
    return f"Too many tries. Wait {max(1, round(seconds / 60))} minutes."

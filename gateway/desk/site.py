"""The desk as a site of its own beside the HTTP doors: its pages, its style, and how it tells of trouble.

| page | for |
|---|---|
| / | the work list: what needs a person, the most urgent first |
| POST /bulk, /bulk/do | an order about several packets: what would be done to each; the doing |
| /progress | how far what was handed over lately has come |
| /live/... | what is new since a page was made, for its script |
| /keys | the keys of the pages |
| /find | a packet by its number |
| /packets/{id} | one packet: invoice, the portal's words, what happened |
| POST /packets/{id}/decide | an order about it |
| /packets/{id}/edit | its fields to be changed, as a new revision |
| /packets/{id}/compare | two of its revisions side by side |
| /packets/{id}/view/{sha256}, /files/{sha256} | its papers and exact bytes, shown in place or saved |
| POST /packets/{id}/pack | its evidence pack, saved as a ZIP |
| /asked | orders that wait for a second person |
| POST /packets/{id}/asked/{no}/agree, .../decline, .../withdraw | what is said to one of them |
| /clients, /clients/{client} | their checklists for reading, their accounts, their versions |
| POST /clients/{client}/pause, .../resume | orders about a client |
| /proposals, POST /proposals/{number}/decide | corrections that might become rules |
| /reports, /reports/{name} | figures, rejections, time, ageing, orders; the same as CSV, XLSX and one PDF |
| /reports/charts/{name} | a report's picture |
| /admin, /admin/accounts, /admin/accounts/{account} | portal accounts, and orders about them |
| /admin/queue, POST /admin/queue/{job}/{order} | what waits and what was given up |
| /admin/users, /admin/tokens, /admin/secrets | people, programs, references |
| /password | one's own |
| /admin/unplaced, /admin/unread-orders | what portals delivered and nobody could use |
| /submit, and what it leads to | handing a packet over by hand, with the checklist's answer before it is sent |
| /sign-in, /sign-out | sessions |
| /sign-in/openid, .../done, .../out | to the provider of company accounts, back, and out of it |
| /static/... | style and script |
"""

from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.commands.telling import event_in_words, who_in_words
from gateway.commands.wording import Calendar
from gateway.desk.accounts import add_accounts
from gateway.desk.admin import add_admin
from gateway.desk.agreeing import add_agreeing
from gateway.desk.bulk import add_bulk
from gateway.desk.clients import add_clients
from gateway.desk.comparing import add_comparing
from gateway.desk.deciding import add_deciding
from gateway.desk.editing import add_editing
from gateway.desk.files import add_files
from gateway.desk.given_up_work import add_given_up_work
from gateway.desk.guard import Guard, NotAllowed, NotSignedIn, PasswordFirst
from gateway.desk.keys import add_keys
from gateway.desk.live import add_live
from gateway.desk.openid_signing import add_openid_signing
from gateway.desk.own_password import add_own_password
from gateway.desk.packet_page import add_packet_page
from gateway.desk.packs import add_packs
from gateway.desk.pages import FOLDER, Pages
from gateway.desk.programs import add_programs
from gateway.desk.progress import add_progress
from gateway.desk.proposing import add_proposing
from gateway.desk.reporting import add_reporting
from gateway.desk.secret_page import add_secrets
from gateway.desk.signing import add_signing
from gateway.desk.submitting import add_submitting
from gateway.desk.users import add_users
from gateway.desk.work_list import add_work_list
from gateway.errors import NotFound, Refused, SettingWrong, legible
from gateway.house import House
from gateway.secrets import scrub
from gateway.store import events
from gateway.store.database import DatabaseTrouble
from gateway.web.limits import Refusal

log = structlog.get_logger("clearbill.desk")


def desk_for(house: House) -> FastAPI:
    """The pages of one installation."""
    pages = Pages(house)
    desk = FastAPI(title="Clearbill's desk", docs_url=None, redoc_url=None, openapi_url=None)
    for add in _PARTS:
        add(desk, pages)
    desk.mount("/static", _Static(directory=FOLDER / "static"), name="static")
    desk.add_middleware(Guard, house=house, too_large=_too_large(pages))
    _add_troubles(desk, pages)
    return desk


_PARTS = (
    add_signing,
    add_openid_signing,
    add_work_list,
    add_bulk,
    add_progress,
    add_live,
    add_keys,
    add_packet_page,
    add_comparing,
    add_files,
    add_packs,
    add_deciding,
    add_editing,
    add_agreeing,
    add_clients,
    add_proposing,
    add_admin,
    add_accounts,
    add_given_up_work,
    add_users,
    add_own_password,
    add_programs,
    add_secrets,
    add_reporting,
    add_submitting,
)


class DeskDoor:
    """ASGI middleware: hands the desk's own paths to it, and passes everything else on."""

    def __init__(self, app: ASGIApp, desk: FastAPI) -> None:
        self._app = app
        self._desk = desk
        self._first_steps = {_first_step(str(getattr(route, "path", ""))) for route in desk.routes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request to whom it is for."""
        ours = scope["type"] == "http" and _first_step(scope["path"]) in self._first_steps
        await (self._desk if ours else self._app)(scope, receive, send)


class _Static(StaticFiles):
    """Our own files: they may be kept, and are asked for again after a new release."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with leave to keep it."""
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def _too_large(pages: Pages) -> Refusal:
    def told(scope: Scope, most: int) -> Response:
        """A page; the sign-in for whoever sends a paper after the session has ended, who may send little."""
        request = Request(scope)
        if request.state.visitor is None and request.url.path != "/sign-in":
            return RedirectResponse("/sign-in?ended=1", status_code=303)
        words = f"That is more than the {most / 1_000_000:g} MB that can be sent here at a time. Nothing was done."
        return pages.trouble(request, 413, "Too large", words)

    return told


def _first_step(path: str) -> str:
    return path.lstrip("/").split("/", 1)[0]


def _add_troubles(desk: FastAPI, pages: Pages) -> None:
    """How each kind of fault is told: a page that says what, and what to do."""

    @desk.exception_handler(NotSignedIn)
    def not_signed_in(request: Request, fault: NotSignedIn) -> Response:
        if request.method != "GET":
            return RedirectResponse("/sign-in?ended=1", status_code=303)
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(wanted, safe='')}", status_code=303)

    @desk.exception_handler(PasswordFirst)
    def password_first(request: Request, fault: PasswordFirst) -> Response:
        return RedirectResponse("/password", status_code=303)

    @desk.exception_handler(NotAllowed)
    def not_allowed(request: Request, fault: NotAllowed) -> Response:
        return pages.trouble(request, 403, "Not allowed", str(fault))

    @desk.exception_handler(NotFound)
    def not_found(request: Request, fault: NotFound) -> Response:
        return pages.trouble(request, 404, "Not found", _sentence(str(fault)))

    @desk.exception_handler(Refused)
    def not_possible(request: Request, fault: Exception) -> Response:
        words = "\n\n".join(filter(None, (_sentence(str(fault)), _done_last(pages, request))))
        return pages.trouble(request, 409, "Not possible", words, _packet_of(request))

    @desk.exception_handler(RequestValidationError)
    def unreadable(request: Request, fault: RequestValidationError) -> Response:
        return pages.trouble(request, 400, "Not understood", "What was sent cannot be read. Open the page again.")

    @desk.exception_handler(HTTPException)
    def http(request: Request, fault: HTTPException) -> Response:
        heading, words = "Not found", "There is no such page."
        if fault.status_code != 404:
            heading, words = "Not understood", _sentence(str(fault.detail))
        answer = pages.trouble(request, fault.status_code, heading, words)
        answer.headers.update(fault.headers or {})  # RFC 9110, section 15.5.6: a 405 says what is allowed
        return answer

    @desk.exception_handler(DatabaseTrouble)
    def database(request: Request, fault: Exception) -> Response:
        log.error("database_trouble", path=request.url.path, error=scrub(str(fault)))
        words = "The database does not answer; nothing was changed. Try again in a moment."
        return pages.trouble(request, 503, "Out of order", words)

    @desk.exception_handler(SettingWrong)
    def setting(request: Request, fault: SettingWrong) -> Response:
        log.error("setting_wrong", path=request.url.path, error=scrub(str(fault)))
        return pages.trouble(request, 503, "Out of order", _sentence(str(fault)))


def _done_last(pages: Pages, request: Request) -> str:
    """Who did what last to the packet of an order that came too late, or is not possible any more; "" for no packet."""
    packet_id, visitor = legible(request.path_params.get("packet_id", "")), request.state.visitor
    if not packet_id or visitor is None:
        return ""
    with pages.house.database.read() as tx:
        found = events.newest(tx, packet_id, 1)
        calendar = Calendar(pages.house.settings.time_zone, pages.house.database.now(tx))
    if not found:
        return ""
    who = "you" if found[0].who == visitor.name else who_in_words(found[0].who)
    return f"What happened last, {calendar.exactly(found[0].at)}, by {who}: {event_in_words(found[0])}"


def _packet_of(request: Request) -> str:
    """The page of the packet that an order was about; "" for what concerned none."""
    packet_id = request.path_params.get("packet_id", "")
    return f"/packets/{quote(packet_id, safe='')}" if packet_id else ""


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]

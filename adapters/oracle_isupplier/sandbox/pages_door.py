"""The pages' door: who may see what, which post belongs to which view, what is shown next (facts 2, 4)."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl

from gateway.standin.faults import Fault
from gateway.standin.messages import Answer, Request

from . import lists
from .answers import FRESH, error_page, file_at, home_link, html, mac_page, redirect, stale_page
from .doors import DRAWN
from .home_pages import HomePage, OrderLinesPage, OrdersPage, SupplierHomePage
from .layout import bare_page, whole_page
from .login_pages import LOGIN_PATH, CodePage, expired_page, login_page, words_for
from .mechanics import Page, View
from .payments_page import PaymentsPage
from .posts import Post, act_from, belongs, key_of, post_from
from .review import ConfirmationPage
from .signing import Session, Sign
from .tenant import OA, Tenant
from .texts import say
from .view_pages import InvoiceDetailsPage, ViewInvoicesPage
from .wizard import LandingPage

START = "/OA_HTML/AppsLocalLogin.jsp"
PLAIN_PAGES: dict[str, Callable[[Tenant, Session], Page]] = {
    page.path: page for page in (SupplierHomePage, OrdersPage, ViewInvoicesPage, LandingPage, PaymentsPage)
}


class PagesDoor:
    """Answers what comes to `/OA_HTML/...` of one tenant. Its caller holds the tenant's lock."""

    def door_of(self, request: Request, tenant: Tenant) -> str:
        """The door a request comes to, as faults name it."""
        path = request.path.removeprefix(tenant.prefix).removeprefix("/OA_HTML/")
        if path in ("AppsLocalLogin.jsp", "RF.jsp", "AuthenticateUser", "OALogout.jsp"):
            return "login"
        if path == "OAExport":
            return "export"
        if path.startswith("cabo/jsps/"):
            return "lov"
        return self._page_door(request, tenant) if path == "OA.jsp" else "none"

    def _page_door(self, request: Request, tenant: Tenant) -> str:
        query = dict(request.query)
        if "region" in query:
            return "lov"
        if query.get("page") == LOGIN_PATH:
            return "login"
        session = self._session(request, tenant, counts=False)
        if session is not None and not session.passed:
            return "login"
        if request.method == "GET":
            return "page"
        post = post_from(request)
        if post.partial:
            return "ppr"
        return "submit" if session and session.view and _submits(post, session) else "post"

    def answer(self, request: Request, tenant: Tenant, door: str, fault: Fault | None) -> Answer:
        """The page, or what a fault puts in its place."""
        path = request.path.removeprefix(tenant.prefix)
        if fault is not None and door != "none":
            spoilt = self._instead(fault.kind, request, tenant, door)
            if spoilt is not None:
                return spoilt
        answer = self._routed(path, request, tenant)
        if fault is not None and fault.kind == "error_page_after":
            return error_page(tenant)
        if fault is not None and fault.kind == "two_holds":
            self._put_two_holds(request, tenant)
        return answer

    def _routed(self, path: str, request: Request, tenant: Tenant) -> Answer:
        routes: dict[str, Callable[[Request, Tenant], Answer]] = {
            START: self._start,
            "/OA_HTML/RF.jsp": self._login,
            "/OA_HTML/AuthenticateUser": self._authenticate,
            "/OA_HTML/OALogout.jsp": self._logout,
            OA: self._page,
            "/OA_HTML/OAExport": self._export,
            "/OA_HTML/cabo/jsps/a.jsp": self._window,
            "/OA_HTML/cabo/jsps/frameRedirect.jsp": self._window,
            "/OA_HTML/notice.jsp": lambda *_: html(bare_page("Notice", "Information", [say("surprise")])),
        }
        if path in routes:
            return routes[path](request, tenant)
        return file_at(path)

    # Signing in

    def _session(self, request: Request, tenant: Tenant, *, counts: bool) -> Session | None:
        try:
            cookie = SimpleCookie(request.header("cookie")).get("JSESSIONID")
        except CookieError:
            return None
        return tenant.desk.session_of(cookie.value, counts=counts) if cookie else None

    def _start(self, request: Request, tenant: Tenant) -> Answer:
        query = {"function_id": "1348", "resp_id": "-1", "resp_appl_id": "-1", "lang_code": "US", "params": "sandbox"}
        return redirect(tenant.sealed("/OA_HTML/RF.jsp", query))

    def _login(self, request: Request, tenant: Tenant) -> Answer:
        return html(login_page(tenant))

    def _authenticate(self, request: Request, tenant: Tenant) -> Answer:
        """Where the static page's script posts to; the address and the shape of the answer are ours."""
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        sign, session = tenant.desk.try_password(form.get("username", ""), form.get("password", ""))
        url = self._after(tenant, sign)
        if not url:
            return _said({"status": "error", "message": words_for(tenant, sign)})
        return _said({"status": "success", "url": url}, _cookies(tenant, session))

    def _after(self, tenant: Tenant, sign: Sign) -> str:
        """Where a right password leads; empty when it was not right."""
        if sign is Sign.expired:
            return f"{tenant.prefix}/OA_HTML/OA.jsp?page={LOGIN_PATH}&expired=Y"
        if sign in (Sign.ok, Sign.second_step):
            return f"{tenant.prefix}{OA}?OAFunc=OAHOMEPAGE"
        return ""

    def _framework_login(self, request: Request, tenant: Tenant) -> Answer:
        if "expired" in dict(request.query):
            return html(expired_page())
        if request.method != "POST":
            return html(login_page(tenant))
        post = post_from(request)
        user = post.get("usernameField") or post.get("unamebean")
        password = post.get("passwordField") or post.get("pwdbean")
        if not post.get("_FORM") or not post.get("_FORM_SUBMIT_BUTTON"):
            return html(login_page(tenant))
        sign, session = tenant.desk.try_password(user, password)
        url = self._after(tenant, sign)
        if not url:
            return html(login_page(tenant, words_for(tenant, sign)))
        return html(expired_page()) if sign is Sign.expired else redirect(url, _cookies(tenant, session))

    def refused_password(self, request: Request, tenant: Tenant) -> Answer:
        """How the pages word a wrong password; where none was sent, the session is not taken."""
        words = words_for(tenant, Sign.wrong)
        if request.path.endswith("/AuthenticateUser"):
            return _said({"status": "error", "message": words})
        if dict(request.query).get("page") == LOGIN_PATH and request.method == "POST":
            return html(login_page(tenant, words))
        return self._lost(tenant, partial=False) if request.path.endswith("/OA.jsp") else html(login_page(tenant))

    def _logout(self, request: Request, tenant: Tenant) -> Answer:
        session = self._session(request, tenant, counts=False)
        if session:
            tenant.desk.end(session)
        return redirect(tenant.prefix + START)

    def _lost(self, tenant: Tenant, *, partial: bool) -> Answer:
        """The session is over: a partial post hears it in XML, a full one is led to the sign-in page (2.3)."""
        if not partial:
            return redirect(tenant.prefix + START)
        body = f"<response><code>401</code><name>FND_SESSION_EXPIRED</name><message>{say('session_expired')}</message>"
        return Answer(200, f'<?xml version="1.0"?>{body}</response>'.encode(), "text/xml", FRESH)

    # Pages

    def _page(self, request: Request, tenant: Tenant) -> Answer:
        query = dict(request.query)
        if query.get("page") == LOGIN_PATH:
            return self._framework_login(request, tenant)
        if "region" in query:
            return self._list(request, tenant)
        session = self._session(request, tenant, counts=True)
        post = post_from(request) if request.method == "POST" else None
        if session is None:
            return self._lost(tenant, partial=bool(post and post.partial))
        if post is not None:
            return self._post(post, request, tenant, session)
        if not session.passed:
            return self._show(CodePage(tenant, session))
        if query.get("OAFunc") == "OAHOMEPAGE":
            return self._show(HomePage(tenant, session))
        if not tenant.is_sealed(request.target.partition("?")[2]):
            return mac_page(tenant)
        return self._opened(query, tenant, session)

    def _opened(self, query: dict[str, str], tenant: Tenant, session: Session) -> Answer:
        """A page asked for by its address."""
        path = query.get("page", "")
        if path in PLAIN_PAGES:
            session.transaction += 1
            return self._show(PLAIN_PAGES[path](tenant, session))
        if path == InvoiceDetailsPage.path and query.get("InvoiceId", "").isdecimal():
            invoice = tenant.books.invoices.get(int(query["InvoiceId"]))
            if invoice is not None:
                return self._show(InvoiceDetailsPage(tenant, session, invoice))
        if path == OrderLinesPage.path:
            key = (query.get("OrgName", ""), query.get("PoNumber", ""))
            if key in tenant.books.orders:
                return self._show(OrderLinesPage(tenant, session, key))
        if session.page is not None and session.page.path == path:
            return self._show(session.page)
        return stale_page(tenant)

    def _post(self, post: Post, request: Request, tenant: Tenant, session: Session) -> Answer:
        page, view = session.page, session.view
        if page is None or view is None or not belongs(post, view):
            return stale_page(tenant)
        if not tenant.is_sealed(request.target.partition("?")[2]):
            return mac_page(tenant)
        act = act_from(post, view)
        if act is None:
            return stale_page(tenant)
        session.posts += 2
        if act.event == "navigate":
            return redirect(act.value) if act.value.startswith(f"{tenant.prefix}/OA_HTML/") else stale_page(tenant)
        shown = page.act(act)
        if session.ended:
            return self._lost(tenant, partial=act.partial)
        if act.partial and shown is page:
            return self._show_part(page, view)
        return self._show(shown)

    def _show(self, page: Page) -> Answer:
        """A full page: a new view, and every earlier one is stale."""
        session, tenant = page.session, page.tenant
        view = View(tenant.look.seal(tenant.look.token()), tenant.look.prefix(), frozenset(session.oddities))
        session.oddities.clear()
        session.page, session.view = page, view
        text = whole_page(page, view, "full")
        page.messages = []
        return html(text)

    def _show_part(self, page: Page, view: View) -> Answer:
        """The whole page once more, for the hidden frame: same view, new marks."""
        view.mac = page.tenant.look.seal(page.tenant.look.token())
        if page.tenant.knobs.text("id_prefix") == "per_page":
            view.prefix = page.tenant.look.prefix()
        text = whole_page(page, view, "ppr")
        page.messages = []
        return html(text)

    # Beside the pages

    def _export(self, request: Request, tenant: Tenant) -> Answer:
        session = self._session(request, tenant, counts=True)
        if session is None:
            return self._lost(tenant, partial=False)
        if session.export is None or dict(request.query).get("ExportId") != session.export[0]:
            return stale_page(tenant)
        name = (("Content-Disposition", 'attachment; filename="export.tsv"'),)
        return Answer(200, session.export[1].encode(), "text/tab-separated-values; charset=UTF-8", FRESH + name)

    def _window(self, request: Request, tenant: Tenant) -> Answer:
        target = dict(request.query).get("redirect", "")
        if not target.startswith(f"{tenant.prefix}/OA_HTML/"):
            return mac_page(tenant)
        return html(lists.frameset(target))

    def _list(self, request: Request, tenant: Tenant) -> Answer:
        session = self._session(request, tenant, counts=True)
        if session is None:
            return self._lost(tenant, partial=False)
        if not tenant.is_sealed(request.target.partition("?")[2]):
            return mac_page(tenant)
        query, post = dict(request.query), post_from(request)
        text = post.get("searchText") if request.method == "POST" else query.get("searchText", "")
        start = int(post.get("value")) if post.get("event") == "goto" and post.get("value").isdecimal() else 0
        return html(lists.content(tenant, query.get("lov", ""), query.get("source", ""), text, start, request.target))

    # Faults

    def _instead(self, kind: str, request: Request, tenant: Tenant, door: str) -> Answer | None:
        """What a fault answers in place of the page; None when it only changes how things look or go."""
        session = self._session(request, tenant, counts=False)
        if kind in DRAWN and session:
            session.oddities.add(kind)
        if kind in ("session_expired", "login_page") and session:
            tenant.desk.end(session)
        partial = door == "ppr"
        if kind == "lost_click" and partial and session and session.page and session.view:
            return self._show_part(session.page, session.view)
        made: dict[str, Callable[[], Answer]] = {
            "session_expired": lambda: self._lost(tenant, partial=partial),
            "login_page": lambda: html(login_page(tenant)),
            "state_loss": lambda: self._state_lost(tenant, session),
            "mac_error": lambda: mac_page(tenant),
            "error_page": lambda: error_page(tenant),
            "maintenance": lambda: html(bare_page("Maintenance", "Maintenance", [say("maintenance")]), 503),
        }
        return made[kind]() if kind in made else None

    def _state_lost(self, tenant: Tenant, session: Session | None) -> Answer:
        if session:
            session.page = session.view = None
        return html(bare_page("Error", "Error", [say("state_loss")], home_link(tenant)))

    def _put_two_holds(self, request: Request, tenant: Tenant) -> None:
        session = self._session(request, tenant, counts=False)
        if session and isinstance(session.page, ConfirmationPage):
            tenant.books.hold(session.page.invoice, "QTY REC")
            tenant.books.hold(session.page.invoice, "PRICE")


def _submits(post: Post, session: Session) -> bool:
    """Whether a post is the wizard's last: Submit, or the Yes that follows it."""
    if session.view is None or not belongs(post, session.view):
        return False
    return key_of(post, session.view) == "submit" or (key_of(post, session.view) == "yes" and session.asks_to_submit)


def _cookies(tenant: Tenant, session: Session | None) -> tuple[tuple[str, str], ...]:
    if session is None:
        return ()
    path = f"Path={tenant.prefix}/OA_HTML"
    return (
        ("Set-Cookie", f"JSESSIONID={session.id}; {path}; HttpOnly"),
        ("Set-Cookie", f"{tenant.config.instance_name}={tenant.look.token()}; {path}; HttpOnly"),
        ("Set-Cookie", f"oracle.uix=0^^GMT+0:00^p; {path}"),
    )


def _said(value: dict[str, str], headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(200, json.dumps(value).encode(), "application/json", FRESH + headers)

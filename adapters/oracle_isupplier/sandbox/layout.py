"""The frame around every page: skeleton, tabs, hidden fields, message box (facts 2.3, 3.2, 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .drawing import Drawing, message_box
from .mechanics import FORM, Page, View
from .texts import say

SCRIPT = "/OA_HTML/cabo/jsLibs/Common12_2_11_0_0.js"
SHARED = (
    "_FORMEVENT",
    "serverValidate",
    "evtSrcRowIdx",
    "evtSrcRowId",
    "_FORM_SUBMIT_BUTTON",
    "event",
    "source",
    "value",
    "size",
    "partialTargets",
    "partial",
    "state",
    "attachStyleParam",
    "_OA_SUB_TAB_INDEX",
    "openPopupSourceId",
)
HOME, VIEW, CREATE = "HOME", "VIEW", "CREATE"
PAYMENTS, ORDERS = "PAYMENTS", "ORDERS"
# Addresses of pages. View Invoices' was read (facts 4.3); the others are of the same family and unconfirmed.
PATHS = {
    HOME: "/oracle/apps/pos/home/webui/PosHomePG",
    VIEW: "/oracle/apps/pos/account/webui/PosInvoiceMainPG",
    CREATE: "/oracle/apps/pos/account/webui/PosCreateInvoiceMainPG",
    PAYMENTS: "/oracle/apps/pos/account/webui/PosPaymentMainPG",
    ORDERS: "/oracle/apps/pos/orders/webui/PosVpoMainPG",
}
TABS = (
    ("tab_home", "POS_HOME", HOME),
    ("tab_orders", "POS_ORDERS", ORDERS),
    ("tab_shipments", "POS_SHIPMENTS", HOME),
    ("tab_finance", "POS_ACCOUNT", VIEW),
    ("tab_admin", "POS_ADMIN", HOME),
)
SUBS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "tab_finance": (
        ("sub_create", "POS_CREATE_INVOICES", CREATE),
        ("sub_view", "POS_INVOICES", VIEW),
        ("sub_payments", "POS_PAYMENTS", PAYMENTS),
    ),
    "tab_orders": (("sub_orders", "POS_PURCHASE_ORDERS", ORDERS),),
}


def document(title: str, head: str, body: str, attributes: str = "") -> str:
    """A whole page of the sandbox."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="generator" content="Oracle UIX (stand-in)"><title>{escape(title)}</title>{head}</head>'
        f"<body{attributes}>{body}</body></html>"
    )


def whole_page(page: Page, view: View, transport: str) -> str:
    """Draw a page with everything around it. `transport` tells how it is sent: full or ppr."""
    out = Drawing(page.tenant, page, view)
    page.draw(out)
    content = "".join(out.parts)
    session, profile = page.session, out.profile
    action = out.url(page.path)
    encoding = ' enctype="multipart/form-data"' if page.multipart else ""
    body = (
        f'<form id="{FORM}" name="{FORM}" method="POST" action="{escape(action)}"{encoding}>'
        f'{_hidden(out)}<div id="_fwkExtra"></div>'
        f"<div {out.css('global')}><span {out.css('logged')}>Logged In As {escape(session.user.name.upper())}</span> "
        f'<a href="{page.tenant.prefix}/OA_HTML/OALogout.jsp?menu=Y" title="Logout">Logout</a></div>'
        f"{_tabs(out)}{message_box(out, page.messages)}{content}</form>"
        '<div id="_pprBlockingDiv" style="display:none;position:fixed;left:0;top:0;width:100%;height:100%;z-index:99">'
        "</div>"
        '<iframe name="_pprIFrame" id="_pprIFrame" title="" style="position:absolute;width:0;height:0;border:0"'
        ' onload="_pprLoaded(this)"></iframe>'
        f'<script id="_pprScripts">{_after_ppr(page)}</script>'
    )
    return document(f"{page.title} - {profile.branding}", _head(out, transport), body, ' onload="startup()"')


def _head(out: Drawing, transport: str) -> str:
    """Scripts; what an iframe gets must neither run nor open anything, the page around it does that."""
    tenant = out.tenant
    settings = (
        "window.name = window.name || 'APPS_NAVIGATION';"
        f"window._dirtyText = {_plain(say('dirty'))};window._navAction = {_plain(out.action('navigate'))};"
        f"window._blockingStyle = {_plain(tenant.knobs.text('blocking'))};"
        f"window._pprTransport = {_plain(tenant.knobs.text('ppr_transport'))};"
        f"window._numberStyle = {_plain(tenant.knobs.text('number_format'))};"
        f"window._afterLoad = function () {{ {_after_load(out)} }};"
    )
    if transport == "ppr":
        return "<script>function startup() {} function _pprLoaded() {}</script>"
    return f'<script src="{tenant.prefix}{SCRIPT}"></script><script>{settings}</script>'


def _plain(text: str) -> str:
    """A JavaScript string within a script element."""
    safe = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("<", "\\u003c")
    return f"'{safe}'"


def _after_load(out: Drawing) -> str:
    """What a page does by itself: a download, and what faults add."""
    script = ""
    if out.page.download:
        script += f"window.location.href = {_plain(out.page.download)};"
        out.page.download = ""
    if "extra_popup" in out.view.oddities:
        notice = f"{out.tenant.prefix}/OA_HTML/notice.jsp"
        script += f"window.open({_plain(notice)}, 'notice', 'width=400,height=200');"
    if "alert" in out.view.oddities:
        script += f"alert({_plain(say('surprise'))});"
    return script


def _after_ppr(page: Page) -> str:
    """What the main window runs when this page came as a part."""
    opening, page.open_list = page.open_list, ""
    if not opening:
        return ""
    return f"openWindow(window, {_plain(opening)}, '_LovWindow', {{ width: 750, height: 550, resizable: 'yes' }});"


def _hidden(out: Drawing) -> str:
    session = out.page.session
    fields = {
        "_AM_TX_ID_FIELD": str(session.transaction),
        "_FORM": f"{FORM}{out.view.mac}",
        "FORM_MAC_LIST": out.look.seal(out.view.mac),
        "_fwkAbsolutePageName": out.page.path,
        **dict.fromkeys(SHARED, ""),
    }
    inputs = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())
    return f'<div id="_fwkHidden">{inputs}</div>'


def _tabs(out: Drawing) -> str:
    """Tabs and sub-tabs; the finance tab's id stands twice, first where nobody sees it (facts 3.2)."""
    if not out.page.tab:
        return ""
    finance = out.tenant.knobs.flag("finance_tab")
    hidden = f'<span style="display:none">{out.link(out.label("tab_finance"), "#", "POS_ACCOUNT")}</span>'
    pieces = [hidden] if finance else []
    pieces += [
        out.link(out.label(key), out.url(PATHS[target]), item)
        for key, item, target in TABS
        if finance or key != "tab_finance"
    ]
    subs = [out.link(out.label(key), out.url(PATHS[target]), item) for key, item, target in SUBS.get(out.page.tab, ())]
    return f"<div {out.css('tabs')}>{' '.join(pieces)}</div><div {out.css('subtabs')}>{' '.join(subs)}</div>"


def bare_page(out_title: str, heading: str, lines: Sequence[str], links: Sequence[tuple[str, str]] = ()) -> str:
    """A page of the framework without form or session: errors and notices."""
    words = "".join(f"<p>{escape(line)}</p>" for line in lines)
    ways = "".join(f'<a href="{escape(url)}">{escape(text)}</a>' for text, url in links)
    return document(out_title, "", f"<h1>{escape(heading)}</h1>{words}{ways}")

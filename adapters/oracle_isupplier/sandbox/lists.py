"""Lists of values: the field with its picture, the window with its frames, and what a typed value means (facts 4.7)."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from .drawing import TARGETS_ALWAYS, Drawing, quoted, script_object
from .layout import document
from .mechanics import FORM, Page
from .texts import say

if TYPE_CHECKING:
    from .tenant import Tenant

REGION = "/oracle/apps/pos/lov/webui/PosLovRN"
TITLE = "Search and Select List of Values"
WINDOW = 10


def values_of(tenant: Tenant, key: str) -> list[tuple[str, str]]:
    """What a list holds: value and description."""
    if key == "remit_to":
        return [(site.name, site.address) for site in tenant.config.sites]
    names = {order.organization for order in tenant.books.orders.values()} | {tenant.config.organization}
    return [(name, "") for name in sorted(names)]


def list_url(tenant: Tenant, key: str, item: str, text: str) -> str:
    """The window's address: a page that redirects its frame (facts 4.7)."""
    inner = tenant.sealed("/OA_HTML/OA.jsp", {"region": REGION, "lov": key, "source": item, "searchText": text})
    return f"{tenant.prefix}/OA_HTML/cabo/jsps/a.jsp?_t=fredRC&redirect={quote(inner, safe='')}"


def list_field(out: Drawing, key: str, name: str, value: str, targets: str, *, required: bool = False) -> str:
    """A labelled field with its list; leaving it asks the server."""
    item, label = out.item(key, name), out.label(key)
    params = script_object({"IspAction": out.action(key)})
    where = quoted(f"{targets} {TARGETS_ALWAYS}")
    handler = f"_LovInputVTF('{FORM}',{quoted(item)},{where},{params})"
    opening = f"_LovInputIOC(this,{quoted(list_url(out.tenant, key, item, value))});return false"
    image = out.icon("alta/func_search_16_ena.png", f"Search: {label}")
    control = (
        f'<span id="{item}__xc_"><table><tr><td>{out.input(item, value, label, required=required, handler=handler)}'
        f'</td><td></td><td id="{item}__xc_0"><a href="#" onclick="{opening}">{image}</a></td></tr></table></span>'
    )
    return out.row(label, control, required=required, item=key)


def resolve(page: Page, key: str, text: str, event: str = "") -> str:
    """What a typed value means: the one that is meant, or as typed with the window to open or an error to show. With
    `lovSelect` as `event` it was picked in the window, and means itself."""
    if not text:
        return ""
    values = [value for value, _ in values_of(page.tenant, key)]
    if text in values and (event == "lovSelect" or page.tenant.knobs.text("list_match") == "exact"):
        return text
    near = [value for value in values if value.casefold().startswith(text.casefold().rstrip("%"))]
    if len(near) == 1:
        return near[0]
    if near:
        page.open_list = list_url(page.tenant, key, page.tenant.look.item(ITEMS[key]), text)
    else:
        page.say("Error", say("not_in_list", label=page.tenant.profile.label(key), value=text), key)
    return text


ITEMS = {"remit_to": "RemitTo", "organization": "OrgName"}


def frameset(redirect: str) -> str:
    """The window itself: two frames, the first with the content."""
    return (
        f'<!DOCTYPE html>\n<html><head><title>{TITLE}</title></head><frameset rows="100%,*">'
        f'<frame src="{escape(redirect)}" title="Content" name="Content"><frame src="about:blank" title="Hidden">'
        "</frameset></html>"
    )


def content(tenant: Tenant, key: str, item: str, text: str, start: int, action: str) -> str:
    """What stands in the window's frame: search, results, Select and Cancel."""
    wanted = text.casefold().rstrip("%")
    rows = [(value, words) for value, words in values_of(tenant, key) if value.casefold().startswith(wanted)]
    window = rows[start : start + WINDOW]
    lines = "".join(_line(item, index, *pair) for index, pair in enumerate(window))
    more = ""
    if start + WINDOW < len(rows):
        values = f"{{event:'goto',value:'{start + WINDOW}'}}"
        more = (
            f'<a href="#" title="Next {WINDOW}" onclick="submitForm(\'_LOVResFrm\',1,{values});return false">Next</a>'
        )
    label = tenant.profile.label(key)
    body = (
        f'<form id="_LOVResFrm" name="_LOVResFrm" method="POST" action="{escape(action)}"><h1>Search and Select:'
        f' {escape(label)}</h1><select id="categoryChoice" name="categoryChoice" title="Search By">'
        f'<option value="0">{escape(label)}</option></select>'
        f'<input type="text" name="searchText" title="Search Term" value="{escape(text)}">'
        "<button type=\"button\" title=\"Go\" onclick=\"submitForm('_LOVResFrm',1,{searchAreaMode:'',event:'lovFilter',"
        f'source:{quoted(item)}}});return false">Go</button>'
        '<input type="hidden" name="event"><input type="hidden" name="source"><input type="hidden" name="value">'
        '<input type="hidden" name="searchAreaMode"><input type="hidden" name="stateCheckForTable" value="1">'
        f'<table id="N1:{escape(key)}:Content"><tr><th>Select</th><th>Quick Select</th><th>{escape(label)}</th>'
        f"<th>Description</th></tr>{lines or _nothing()}</table>{more}"
        '<button type="button" title="Cancel" onclick="_LovInputCBF()">Cancel</button>'
        f'<button type="button" title="Select" onclick="_LovInputSBF({quoted(item)})">Select</button></form>'
    )
    return document(TITLE, f"<script>{SCRIPT}</script>", body)


def _nothing() -> str:
    return f'<tr><td colspan="4">{say("no_results")}</td></tr>'


def _line(item: str, index: int, value: str, words: str) -> str:
    radio = f'<input type="radio" name="N1:selected" id="N1:N8:{index}" value="{escape(value)}">'
    quick = (
        f'<a href="#" onclick="_quickSelect({quoted(item)},{quoted(value)});return false">'
        '<img width="16" height="16" src="/OA_HTML/cabo/images/cqs.gif" alt="Quick Select" title="Quick Select"></a>'
    )
    return f"<tr><td>{radio}</td><td>{quick}</td><td>{escape(value)}</td><td>{escape(words)}</td></tr>"


SCRIPT = """
function submitForm(name, validate, params) {
  var form = document.forms[name];
  Object.keys(params).forEach(function (key) { form.elements[key].value = params[key]; });
  form.submit();
}
function _quickSelect(item, value) { window.top.opener._lovPicked(item, value); window.top.close(); }
function _LovInputSBF(item) {
  var chosen = document.querySelector('input[name="N1:selected"]:checked');
  if (!chosen) { alert('You must make at least one selection.'); return; }
  _quickSelect(item, chosen.value);
}
function _LovInputCBF() { window.top.close(); }
"""

"""Writing a page of the framework: one form, fields beside their labels, buttons, messages (facts 4.1, 4.5, 4.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from .look import Look
from .mechanics import FORM, Message, Page, View
from .profiles import Profile
from .tenant import Tenant

Kind = Literal["text", "date", "number"]
TARGETS_ALWAYS = "_fwkHidden FwkMessages"
RENAMED = {
    "invoice_number": "Bill Reference",
    "invoice_date": "Bill Date",
    "quantity": "Units Billed",
    "invoice": "Bill",
    "status": "Progress",
    "po_number": "Contract Order",
}
"""What the fault `renamed_label` makes of labels; invented."""


def quoted(text: str) -> str:
    """A JavaScript string within an attribute."""
    safe = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escape(safe, quote=True)}'"


def script_object(values: dict[str, str]) -> str:
    """A JavaScript object of strings within an attribute."""
    return "{" + ",".join(f"{quoted(name)}:{quoted(value)}" for name, value in values.items()) + "}"


@dataclass(frozen=True, slots=True)
class Button:
    """A button of a row that stands at the top and at the bottom. `targets`: a partial page with these parts."""

    key: str
    item: str
    text: str
    access: str = ""
    validate: bool = True
    targets: str = ""


class Drawing:
    """Collects the HTML of one page; every id it gives out is entered in the view."""

    def __init__(self, tenant: Tenant, page: Page, view: View) -> None:
        self.tenant = tenant
        self.page = page
        self.view = view
        self.parts: list[str] = []
        self._errors = {message.item for message in page.messages if message.severity == "Error"}

    @property
    def look(self) -> Look:
        """Ids and classes."""
        return self.tenant.look

    @property
    def profile(self) -> Profile:
        """Labels and columns."""
        return self.tenant.profile

    def label(self, key: str) -> str:
        """The tenant's word for a field; another one where a fault renames it."""
        if "renamed_label" in self.view.oddities and key in RENAMED:
            return RENAMED[key]
        return self.profile.label(key)

    def columns_of(self, table: str) -> tuple[str, ...]:
        """A table's columns from left to right; the first stands last where a fault moves it."""
        order = self.profile.order_of(table)
        return order[1:] + order[:1] if "moved_column" in self.view.oddities else order

    def css(self, logical: str) -> str:
        """A class attribute."""
        return f'class="{self.look.css(logical)}"'

    def add(self, *parts: str) -> None:
        """Append HTML."""
        self.parts.extend(parts)

    # Names

    def item(self, key: str, name: str) -> str:
        """The id of an item, entered under our key."""
        made = self.look.item(name)
        self.view.names[made] = key
        return made

    def cell_id(self, table: str, key: str, item: str, row: int) -> str:
        """The id of a table's cell, `row` counted in the window; entered as `key:row`."""
        made = f"{self.view.prefix or table + ':'}{item}:{row}"
        self.view.names[made] = f"{key}:{row}"
        return made

    def action(self, key: str) -> str:
        """A token for a button's parameters, new with each view."""
        for token, there in self.view.actions.items():
            if there == key:
                return token
        token = self.look.token()
        self.view.actions[token] = key
        return token

    # Handlers

    def submit(self, key: str, item: str, event: str = "", *, validate: bool = True, targets: str = "") -> str:
        """The handler of a button: a full post, or a partial one when parts are named."""
        values = {
            "_FORM_SUBMIT_BUTTON": item,
            "event": event or "press",
            "source": item,
            "IspAction": self.action(key),
        }
        checks = 1 if validate else 0
        if targets:
            values["partialTargets"] = f"{targets} {TARGETS_ALWAYS}"
            return f"_submitPartialChange('{FORM}',{checks},{script_object(values)});return false"
        return f"submitForm('{FORM}',{checks},{script_object(values)});return false"

    def change(self, key: str, item: str, targets: str) -> str:
        """The handler of a field whose change updates parts of the page."""
        values = script_object({"IspAction": self.action(key)})
        where = quoted(f"{targets} {TARGETS_ALWAYS}")
        return f"_uixspu('{FORM}',0,'update',{quoted(item)},{where},1,{values})"

    # Pieces

    def button(self, button: Button, *, second: bool = False) -> str:
        """One button; the second copy of a row ends in `_uixr` (facts 4.5)."""
        item = self.item(button.key, button.item)
        copy = f"{item}_uixr" if second else item
        self.view.names[copy] = button.key
        handler = self.submit(button.key, copy, validate=button.validate, targets=button.targets)
        access = f' accesskey="{button.access.lower()}"' if button.access else ""
        return (
            f'<button type="button" id="{copy}" title="{escape(button.text)}" {self.css("button")}{access}'
            f' onclick="{handler}">{self._with_access(button.text, button.access)}</button>'
        )

    def _with_access(self, text: str, access: str) -> str:
        place = text.find(access) if access else -1
        if place < 0:
            return escape(text)
        marked = f"<span {self.css('access')}>{escape(access)}</span>"
        return escape(text[:place]) + marked + escape(text[place + 1 :])

    def buttons(self, buttons: Sequence[Button], *, second: bool = False) -> str:
        """A row of buttons at the page's edge."""
        cells = "".join(f"<td>{self.button(each, second=second)}</td>" for each in buttons)
        return f'<table {self.css("buttonbar")} align="right"><tr>{cells}</tr></table>'

    def heading(self, text: str) -> None:
        """The header of a region."""
        self.add(f"<h2 {self.css('header')}>{escape(text)}</h2>")

    def fields(self, rows: Iterable[str]) -> None:
        """A table of labels and fields."""
        self.add(f"<table {self.css('form')}>", *rows, "</table>")

    def row(self, label: str, control: str, *, required: bool = False, item: str = "") -> str:
        """A label and, two cells on, its field (facts 4.5)."""
        marks = self.icon("req.gif", "Indicates required field") if required else ""
        error = f"<div {self.css('fielderror')}>Error</div>" if item and item in self._errors else ""
        return (
            f'<tr><td align="right" nowrap>{marks}<span {self.css("prompt")}>{escape(label)}</span></td>'
            f'<td width="12"></td><td nowrap>{control}{error}</td></tr>'
        )

    def icon(self, name: str, title: str, handler: str = "") -> str:
        """A picture with a meaning."""
        press = f' onclick="{handler}"' if handler else ""
        source = f"{self.tenant.prefix}/OA_HTML/cabo/images/{name}"
        words = escape(title)
        return f'<img width="16" height="16" src="{source}" alt="{words}" title="{words}"{press}>'

    def text_field(
        self,
        key: str,
        name: str,
        value: str,
        label: str = "",
        *,
        required: bool = False,
        kind: Kind = "text",
        handler: str = "",
    ) -> str:
        """A labelled input; required fields and formats are checked before any post."""
        shown = label or self.label(key)
        control = self.input(self.item(key, name), value, shown, required=required, kind=kind, handler=handler)
        return self.row(shown, control, required=required, item=key)

    def input(
        self,
        item: str,
        value: str,
        label: str,
        *,
        required: bool = False,
        kind: Kind = "text",
        handler: str = "",
        size: int = 20,
    ) -> str:
        """The bare input."""
        checks = f"{'required ' if required else ''}{kind}"
        change = f' onchange="{handler}"' if handler else ""
        return (
            f'<input type="text" id="{item}" name="{item}" value="{escape(value)}" size="{size}" {self.css("field")}'
            f' data-check="{checks}" data-prompt="{escape(label)}"{change}>'
        )

    def select(self, item: str, options: Iterable[tuple[str, str]], chosen: str, handler: str = "") -> str:
        """The bare poplist; options are (value, label)."""
        change = f' onchange="{handler}"' if handler else ""
        inside = "".join(
            f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
            for value, text in options
        )
        return f'<select id="{item}" name="{item}" {self.css("field")}{change}>{inside}</select>'

    def shown(self, label: str, name: str, value: str) -> str:
        """A labelled value that cannot be changed (facts 4.5)."""
        return self.row(label, f'<span id="{self.look.item(name)}" {self.css("data")}>{escape(value)}</span>')

    def link(self, text: str, url: str, item: str = "", title: str = "") -> str:
        """A link that asks first when the form was changed."""
        named = f' id="{item}"' if item else ""
        hint = f' title="{escape(title)}"' if title else ""
        return (
            f'<a{named}{hint} href="#" {self.css("link")}'
            f" onclick=\"_submitNav('{FORM}',{quoted(url)});return false\">{escape(text)}</a>"
        )

    def url(self, path: str, **values: object) -> str:
        """The sealed address of a page."""
        return self.tenant.url_of(self.page.session, path, **values)


def merged(messages: Sequence[Message]) -> tuple[str, list[Message]]:
    """The title of the message box and what stands in it (facts 4.6, merge rules)."""
    severities = {message.severity for message in messages}
    if "Error" in severities:
        return "Error", [message for message in messages if message.severity != "Confirmation"]
    for title in ("Confirmation", "Warning", "Information"):
        if title in severities:
            return title, list(messages)
    return "", []


def message_box(out: Drawing, messages: Sequence[Message]) -> str:
    """`#FwkErrorBeanId`, a list where there are several; inside a part that partial pages always renew."""
    title, listed = merged(messages)
    inside = ""
    if listed:
        order = {"Error": 0, "Confirmation": 1, "Warning": 2, "Information": 3}
        lines = [escape(each.text) for each in sorted(listed, key=lambda each: order[each.severity])]
        text = (
            f"<div {out.css('messagetext')}>{lines[0]}</div>"
            if len(lines) == 1
            else "<ol>" + "".join(f"<li>{line}</li>" for line in lines) + "</ol>"
        )
        inside = (
            f'<table id="FwkErrorBeanId" {out.css("messagebox")}><tr><td>'
            f"<h1 {out.css('messagehead')}>{title}</h1>{text}</td></tr></table>"
        )
    return f'<div id="FwkMessages">{inside}</div>'

"""From signing in to the supplier's pages (facts 2.3, 3)."""

from __future__ import annotations

from html import escape

from .books import ORDER_WORDS
from .drawing import Button, Drawing
from .figures import day_shown, number_shown
from .layout import HOME, ORDERS, PATHS, VIEW
from .mechanics import Act, Page
from .profiles import LABELS
from .records import Order
from .signing import Session
from .tables import draw_table, text_table
from .tenant import Tenant


class HomePage(Page):
    """The home page of the suite: responsibilities, in one of three arrangements (facts 3.1)."""

    path = "OAHOMEPAGE"
    title = "Oracle Applications Home Page"

    def draw(self, out: Drawing) -> None:
        name, target = out.profile.responsibility, out.url(PATHS[HOME])
        if out.profile.navigator == "hamburger":
            self._hamburger(out, name, target)
        elif out.profile.navigator == "expand":
            self._folded(out, name, target)
        else:
            self._classic(out, name, target)
        out.heading("Worklist")
        out.add(f'<div id="{out.look.item("worklistRow0")}" {out.css("work")}>There are no notifications.</div>')

    def _classic(self, out: Drawing, name: str, target: str) -> None:
        """A click on the responsibility's div opens its functions, each a div as well."""
        show = "var d=document.getElementById('respFunctions');d.style.display='block';return false"
        go = f"_submitNav('DefaultFormName','{escape(target)}')"
        out.heading("Main Menu")
        out.add(
            f'<div {out.css("resp")} onclick="{show}">{escape(name)}</div>',
            f'<div id="respFunctions" style="display:none"><div {out.css("func")} onclick="{go}">Home Page</div></div>',
        )

    def _folded(self, out: Drawing, name: str, target: str) -> None:
        """A folded tree; the picture unfolds it."""
        show = "document.getElementById('respFunctions').style.display='block'"
        out.heading("Navigator")
        out.add(
            f"<div {out.css('resp')}>{out.icon('expand.gif', 'Expand', show)} <span>{escape(name)}</span></div>",
            f'<div id="respFunctions" style="display:none">{out.link("Home Page", target, "LI0_0")}</div>',
        )

    def _hamburger(self, out: Drawing, name: str, target: str) -> None:
        """The navigator of 12.2.4 and later."""
        show = "document.getElementById('navContainer0').style.display='block';return false"
        unfold = "document.getElementById('navEntries1').style.display='block';return false"
        out.add(
            f'<a href="#" class="OraUniversalNavigator" title="Navigator" onclick="{show}">Navigator</a>',
            '<div id="navContainer0" style="display:none"><input type="text" id="navSearch" title="Search">',
            '<div class="listContainer">',
            f'<a href="#" class="entryLink" title="{escape(name)}" onclick="{unfold}">{escape(name)}</a>',
            '<div id="navEntries1" style="display:none">',
            f'<a class="entryLink" title="Home Page" href="{escape(target)}">Home Page</a></div></div></div>',
        )

    def act(self, act: Act) -> Page:
        return self


class SupplierHomePage(Page):
    """The supplier portal's home: orders at a glance and quick links (facts 3.3)."""

    path = PATHS[HOME]
    title = "iSupplier Portal: Home"
    tab = "tab_home"

    def draw(self, out: Drawing) -> None:
        out.heading("Notifications")
        out.heading("Orders At A Glance")
        orders = sorted(self.tenant.books.orders.values(), key=lambda each: each.day, reverse=True)[:5]
        name = "PosHpOrdersTable"
        out.add(f'<table id="{name}:Content" {out.css("table")}><tr><th>{escape(out.label("po_number"))}</th></tr>')
        for index, order in enumerate(orders):
            out.add(f'<tr><td><span id="{name}:PosHpoPoNum:{index}">{escape(order.shown)}</span></td></tr>')
        out.add("</table>")
        out.heading("Quick Links")
        for key, target in (("sub_orders", ORDERS), ("sub_view", VIEW)):
            out.add(f"<div>{out.link(LABELS[key], out.url(PATHS[target]))}</div>")

    def act(self, act: Act) -> Page:
        return self


class OrdersPage(Page):
    """Purchase orders: a search and their list (facts 5)."""

    path = PATHS[ORDERS]
    title = "Purchase Orders"
    tab = "tab_orders"
    sub = "sub_orders"

    def __init__(self, tenant: Tenant, session: Session) -> None:
        super().__init__(tenant, session)
        self.wanted = ""

    def draw(self, out: Drawing) -> None:
        out.heading("Search")
        out.fields([out.text_field("po_number", "Value_0", self.wanted)])
        out.add(out.button(Button("go", "customizeSubmitButton", "Go")))
        orders = [
            each for _, each in sorted(self.tenant.books.orders.items()) if self.wanted in ("", each.shown, each.number)
        ]
        name, style = "PosVpoPoList", self.tenant.knobs.text("number_format")
        written = {
            "revision": [str(each.revision) for each in orders],
            "organization": [each.organization for each in orders],
            "document_type": ["Standard PO" if each.release is None else "Blanket Release" for each in orders],
            "order_description": [each.description for each in orders],
            "order_date": [day_shown(each.day) for each in orders],
            "buyer": [each.buyer for each in orders],
            "currency": [each.currency for each in orders],
            "order_amount": [number_shown(each.amount, style, cents=True) for each in orders],
            "amount_billed": [number_shown(each.amount_billed, style, cents=True) for each in orders],
            "status": [ORDER_WORDS[each.status] if each.approved else "Requires Reapproval" for each in orders],
        }
        table = text_table(out, "orders", "ResultRN", name, written, len(orders))
        table.columns["po_number"] = lambda index, place: _order_link(out, name, orders[index], place)
        draw_table(out, table)

    def act(self, act: Act) -> Page:
        if not self.goto(act):
            self.wanted = act.text("po_number")
            self.windows.clear()
        return self


def _order_link(out: Drawing, table: str, order: Order, place: int) -> str:
    item = out.cell_id(table, "orders.po_number", "PosPoNumber", place)
    url = out.url(OrderLinesPage.path, OrgName=order.organization, PoNumber=order.shown)
    return out.link(order.shown, url, item)


class OrderLinesPage(Page):
    """One order's shipments."""

    path = "/oracle/apps/pos/orders/webui/PosVpoDetailsPG"
    title = "Purchase Order Details"
    tab = "tab_orders"
    sub = "sub_orders"

    def __init__(self, tenant: Tenant, session: Session, key: tuple[str, str]) -> None:
        super().__init__(tenant, session)
        self.key = key

    def draw(self, out: Drawing) -> None:
        order = self.tenant.books.orders[self.key]
        style = self.tenant.knobs.text("number_format")
        out.fields(
            [
                out.shown(out.label("po_number"), "OrderNumber", order.shown),
                out.shown(out.label("organization"), "OrderOrganization", order.organization),
                out.shown(out.label("currency"), "OrderCurrency", order.currency),
                out.shown("Order Status", "OrderStatus", ORDER_WORDS[order.status]),
            ]
        )
        rows, kind, name = order.shipments, "order_lines", "PosOrderLines"
        written = {
            "line": [str(each.line) for each in rows],
            "shipment": [str(each.shipment) for each in rows],
            "item": [each.item for each in rows],
            "item_description": [each.description for each in rows],
            "unit": [each.unit for each in rows],
            "ordered": ["" if each.basis == "amount" else number_shown(each.ordered, style) for each in rows],
            "received": [number_shown(each.received, style) for each in rows],
            "invoiced": [number_shown(each.billed, style) for each in rows],
            "price": ["" if each.basis == "amount" else number_shown(each.price, style) for each in rows],
            "amount": [number_shown(each.amount, style, cents=True) for each in rows],
            "status": [ORDER_WORDS[order.status]] * len(rows),
        }
        draw_table(out, text_table(out, kind, "LinesRN", name, written, len(rows)))

    def act(self, act: Act) -> Page:
        self.goto(act)
        return self

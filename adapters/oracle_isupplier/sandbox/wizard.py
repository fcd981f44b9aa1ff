"""Create Invoices: landing page, the wizard's frame, and its first step (facts 6.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html import escape

from .draft import Draft, draft_of, new_draft, place_of
from .drawing import Button, Drawing, script_object
from .figures import day_read, day_shown, number_shown
from .layout import CREATE, PATHS
from .lists import list_field, resolve
from .mechanics import FORM, Act, Page
from .records import Invoice, Order, Shipment
from .signing import Session
from .tables import Table, draw_table, item_of, text_table
from .tenant import Tenant
from .texts import say

STEPS = ("Purchase Orders", "Details", "Manage Tax", "Review and Submit")


class LandingPage(Page):
    """What to create, and what was saved and not submitted."""

    path = PATHS[CREATE]
    title = "Create Invoices"
    tab = "tab_finance"
    sub = "sub_create"

    def __init__(self, tenant: Tenant, session: Session) -> None:
        super().__init__(tenant, session)
        self.asked = ""
        self.found: list[Invoice] | None = None

    def draw(self, out: Drawing) -> None:
        out.heading("Create Invoices")
        kind = out.item("kind", "CreateInvoiceType")
        options = (("PO", "With a PO"), ("NONPO", "Without a PO"))
        button = out.button(Button("create", "CreateInvBtn", "Go", validate=False))
        out.fields([out.row("Create Invoice", f"{out.select(kind, options, 'PO')} {button}")])
        if self.tenant.knobs.flag("landing_search"):
            self._search(out)

    def _search(self, out: Drawing) -> None:
        out.heading("Search")
        out.fields([out.text_field("invoice_number", "SavedInvoiceNum", self.asked)])
        out.add(out.button(Button("go", "customizeSubmitButton", "Go")))
        rows = self.found or []
        style = self.tenant.knobs.text("number_format")
        written: dict[str, list[str]] = {
            "invoice": [each.number for each in rows],
            "invoice_date": [day_shown(each.day) for each in rows],
            "type": [each.type for each in rows],
            "currency": [each.currency for each in rows],
            "amount": [number_shown(each.total, style, cents=True) for each in rows],
            "status": [each.status for each in rows],
        }
        table = text_table(out, "drafts", "ResultRN", "SavedTable", written, len(rows), searched=self.found is not None)
        table.columns["update"] = lambda _, place: row_icon(out, "SavedTable", "drafts", "update", "Update", place)
        table.columns["delete"] = lambda _, place: row_icon(out, "SavedTable", "drafts", "delete", "Delete", place)
        draw_table(out, table)

    def act(self, act: Act) -> Page:
        if self.goto(act):
            return self
        if act.key == "create":
            return self._create(act)
        if act.key in ("update", "delete"):
            start = self.windows.get("SavedTable", 0) + (act.row or 0)
            chosen = (self.found or [])[start : start + 1]
            return self._chosen(act.key, chosen[0]) if chosen else self
        self.asked = act.text("invoice_number")
        self._look()
        return self

    def _chosen(self, key: str, invoice: Invoice) -> Page:
        if invoice.submitted_at is not None or invoice.id not in self.tenant.books.invoices:
            self._look()
            return self
        return self._update(invoice) if key == "update" else self._ask_to_delete(invoice)

    def _look(self) -> None:
        self.found = [each for each in self.tenant.books.drafts() if self.asked in ("", each.number)]

    def _create(self, act: Act) -> Page:
        if act.text("kind") == "NONPO":
            self.say("Error", say("not_in_list", label="Create Invoice", value="Without a PO"))
            return self
        user = self.session.user.name
        return OrdersStep(self.tenant, self.session, new_draft(self.tenant.books, self.tenant.profile, user))

    def _update(self, invoice: Invoice) -> Page:
        from .details import DetailsStep

        books, user = self.tenant.books, self.session.user.name
        return DetailsStep(self.tenant, self.session, draft_of(invoice, books, self.tenant.profile, user))

    def _ask_to_delete(self, invoice: Invoice) -> Page:
        def delete() -> Page:
            self.tenant.books.delete(invoice)
            self._look()
            self.say("Confirmation", say("deleted", number=invoice.number))
            return self

        words = say("delete_question", number=invoice.number)
        return QuestionPage(self.tenant, self.session, words, delete, lambda: self)


def row_icon(out: Drawing, table: str, kind: str, key: str, text: str, place: int) -> str:
    """A picture that acts on its row; it sends the row's place (facts 4.8)."""
    made = out.cell_id(table, key, item_of(kind, key), place)
    out.view.names[made] = key
    values = script_object(
        {
            "_FORM_SUBMIT_BUTTON": made,
            "event": key,
            "source": made,
            "evtSrcRowIdx": str(place),
            "evtSrcRowId": out.look.seal(f"{table}{place}"),
            "IspAction": out.action(key),
        }
    )
    image = out.icon(f"{key}icon.gif", text)
    return f'<a id="{made}" href="#" onclick="submitForm(\'{FORM}\',0,{values});return false">{image}</a>'


class QuestionPage(Page):
    """A whole page that asks yes or no (facts 4.6)."""

    path = "/oracle/apps/fnd/framework/webui/OADialogPG"
    title = "Warning"

    def __init__(
        self, tenant: Tenant, session: Session, words: str, yes: Callable[[], Page], no: Callable[[], Page]
    ) -> None:
        super().__init__(tenant, session)
        self._words, self._yes, self._no = words, yes, no
        self.say("Warning", words)

    def draw(self, out: Drawing) -> None:
        out.add(
            out.buttons([Button("no", "NoButton", "No", validate=False), Button("yes", "YesButton", "Yes", "Y", False)])
        )

    def act(self, act: Act) -> Page:
        return self._yes() if act.key == "yes" else self._no()


class Step(Page):
    """A step of the wizard: the train, and its buttons at the top and at the bottom."""

    path = "/oracle/apps/pos/account/webui/PosCreateInvoicePG"
    title = "Create Invoice"
    tab = "tab_finance"
    sub = "sub_create"
    number = 0

    def __init__(self, tenant: Tenant, session: Session, draft: Draft) -> None:
        super().__init__(tenant, session)
        self.draft = draft

    @property
    def taxed(self) -> bool:
        """Whether Manage Tax is shown."""
        knob = self.tenant.knobs.text("tax_step")
        return self.tenant.profile.tax_step if knob == "by_profile" else knob == "shown"

    def buttons(self) -> list[Button]:
        """This step's buttons, left to right."""
        row = [Button("cancel", "CancelBtn", "Cancel", "l", False), Button("save", "SaveBtn", "Save", "v", False)]
        if self.number:
            row.append(Button("back", "BackBtn", "Back", "k", False))
        return [*row, Button("next", "NextBtn", "Next", "x")]

    def draw(self, out: Drawing) -> None:
        names = [name for name in STEPS if self.taxed or name != "Manage Tax"]
        here = STEPS[self.number]
        train = "".join(f"<li{' aria-current=step' if name == here else ''}>{escape(name)}</li>" for name in names)
        out.add(f"<ol {out.css('train')}>{train}</ol>", out.buttons(self.buttons()))
        out.heading(f"Create Invoice: {here}")
        self.content(out)
        out.add(out.buttons(self.buttons(), second=True))

    def content(self, out: Drawing) -> None:
        """What stands between the buttons."""
        raise NotImplementedError

    def take(self, act: Act) -> None:
        """Keep what was typed on this step."""

    def act(self, act: Act) -> Page:
        self.take(act)
        if self.goto(act):
            return self
        if act.key == "cancel":
            return LandingPage(self.tenant, self.session)
        if act.key == "save":
            self._save()
            return self
        return self.go(act)

    def go(self, act: Act) -> Page:
        """What Back, Next and the step's own buttons do."""
        raise NotImplementedError

    def _save(self) -> None:
        draft = self.draft
        if not draft.items:
            self.say("Error", say("nothing_added"))
        elif not draft.number:
            label = self.tenant.profile.label("invoice_number")
            self.say("Error", say("required", label=label), "invoice_number")
        elif problems := draft.duplicate_problems():
            for words, item in problems:
                self.say("Error", words, item)
        else:
            draft.keep()
            self.say("Confirmation", say("saved", number=draft.number))


class OrdersStep(Step):
    """Step 1: look for shipments, tick them, add them to the invoice."""

    def __init__(self, tenant: Tenant, session: Session, draft: Draft) -> None:
        super().__init__(tenant, session, draft)
        self.asked: dict[str, str] = {}
        self.found: list[tuple[Order, Shipment]] | None = None

    def content(self, out: Drawing) -> None:
        out.heading("Search")
        organizations = "SearchRN"
        out.add(f'<div id="{organizations}">')
        out.fields(
            [
                out.text_field("po_number", "PoNumber", self.asked.get("po_number", "")),
                out.text_field("po_date", "PoDate", self.asked.get("po_date", ""), kind="date"),
                out.text_field("buyer", "BuyerName", self.asked.get("buyer", "")),
                list_field(out, "organization", "OrgName", self.asked.get("organization", ""), organizations),
            ]
        )
        targets = "FoundRN" if self.tenant.knobs.text("search_posts") == "ppr" else ""
        out.add(out.button(Button("go", "customizeSubmitButton", "Go", targets=targets)), "</div>")
        rows = self.found or []
        draw_table(out, self._found_table(out, rows))
        out.add(out.button(Button("add", "AddToInvoiceBtn", "Add to Invoice", "A", False, "FoundRN AddedRN")))
        out.heading("Purchase Order Items Added to Invoice")
        draw_table(out, self._added_table(out))

    def _found_table(self, out: Drawing, rows: list[tuple[Order, Shipment]]) -> Table:
        written = shipment_cells(rows, self.tenant.knobs.text("number_format"))
        table = text_table(out, "found", "FoundRN", "PoFoundTable", written, len(rows), searched=self.found is not None)
        return replace(table, ticks=True)

    def _added_table(self, out: Drawing) -> Table:
        rows = [(item.order, item.shipment) for item in self.draft.items]
        written = shipment_cells(rows, self.tenant.knobs.text("number_format"))
        return text_table(out, "added", "AddedRN", "PoAddedTable", written, len(rows))

    def take(self, act: Act) -> None:
        keys = ("po_number", "po_date", "buyer", "organization")
        self.asked = {key: act.text(key) for key in keys if act.text(key)}

    def go(self, act: Act) -> Page:
        if act.key == "organization":
            self.asked["organization"] = resolve(self, "organization", act.text("organization"), act.event)
        elif act.key == "add":
            self._add(act)
        elif act.key == "next":
            return self._next()
        else:
            self._search()
        return self

    def _search(self) -> None:
        self.windows.pop("PoFoundTable", None)
        asked = self.asked
        day = day_read(asked.get("po_date", ""))

        def wanted(order: Order) -> bool:
            return (
                asked.get("po_number", order.number) in (order.number, order.shown)
                and (day is None or order.day == day)
                and asked.get("buyer", "").casefold() in order.buyer.casefold()
                and asked.get("organization", order.organization) == order.organization
            )

        self.found = self.tenant.books.offered(wanted, asked.get("po_number", ""))
        self._leave_out_added()

    def _leave_out_added(self) -> None:
        """What is on the invoice is not offered again."""
        there = {item.place for item in self.draft.items}
        self.found = [pair for pair in self.found or [] if place_of(*pair) not in there]

    def _add(self, act: Act) -> None:
        start = self.windows.get("PoFoundTable", 0)
        rows = (self.found or [])[start : start + self.tenant.profile.rows]
        chosen = [pair for place, pair in enumerate(rows) if f"tick:{place}" in act.form]
        if not chosen:
            self.say("Error", say("nothing_ticked"))
        for order, shipment in chosen:
            if words := self.draft.add(order, shipment):
                self.say("Error", words)
        self._leave_out_added()

    def _next(self) -> Page:
        from .details import DetailsStep

        if not self.draft.items:
            self.say("Error", say("nothing_added"))
            return self
        return DetailsStep(self.tenant, self.session, self.draft)


def shipment_cells(pairs: list[tuple[Order, Shipment]], style: str) -> dict[str, list[str]]:
    """Shipments of orders, column by column."""
    return {
        "po_number": [order.shown for order, _ in pairs],
        "line": [str(each.line) for _, each in pairs],
        "shipment": [str(each.shipment) for _, each in pairs],
        "item": [each.item for _, each in pairs],
        "item_description": [each.description for _, each in pairs],
        "ordered": [number_shown(each.ordered, style) for _, each in pairs],
        "received": [number_shown(each.received, style) for _, each in pairs],
        "invoiced": [number_shown(each.billed, style) for _, each in pairs],
        "unit": [each.unit for _, each in pairs],
        "price": ["" if each.basis == "amount" else number_shown(each.price, style) for _, each in pairs],
        "currency": [order.currency for order, _ in pairs],
        "ship_to": [each.ship_to for _, each in pairs],
        "organization": [order.organization for order, _ in pairs],
    }

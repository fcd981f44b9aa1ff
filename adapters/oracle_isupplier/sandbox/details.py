"""Create Invoice, step 2: number, date, parties, items, shipping and handling, attachments (facts 6.2)."""

from __future__ import annotations

from .attachments import AttachmentPage, attachment_region, inline_act
from .draft import CHARGES, TYPES, ChargeRow, Draft
from .drawing import Button, Drawing
from .figures import number_shown
from .lists import list_field, resolve
from .mechanics import Act, Page
from .signing import Session
from .tables import Cell, Table, draw_table, item_of, span, text_table
from .tenant import Tenant
from .wizard import OrdersStep, Step

BANK_ACCOUNT = "SANDBOX-BANK-4711-0042"
ITEMS = "ItemsTable"


class DetailsStep(Step):
    """Everything that is typed."""

    number = 1

    @property
    def multipart(self) -> bool:  # type: ignore[override]
        """Inline attachments travel with this very form."""
        return self.tenant.profile.attachments == "inline"

    def __init__(self, tenant: Tenant, session: Session, draft: Draft) -> None:
        super().__init__(tenant, session, draft)
        self.layer_open = False

    def content(self, out: Drawing) -> None:
        self._parties(out)
        self._header(out)
        attachment_region(out, self)
        out.heading("Items")
        draw_table(out, self._items(out))
        out.heading("Shipping and Handling")
        draw_table(out, self._charges(out), window=50)
        out.add(out.button(Button("add_charge", "AddChargeBtn", "Add Row", "", False, "ChargesRN")))

    def _parties(self, out: Drawing) -> None:
        config, draft = self.tenant.config, self.draft
        out.heading("Supplier")
        out.add('<div id="SupplierRN">')
        address = next((site.address for site in config.sites if site.name == draft.remit_to), "")
        out.fields(
            [
                out.shown(out.label("supplier"), "SupplierName", config.supplier),
                out.shown(out.label("taxpayer_id"), "TaxpayerId", config.taxpayer_id),
                self._remit_to(out),
                out.shown(out.label("address"), "RemitAddress", address),
                out.shown(out.label("bank_account"), "RemitBankAccount", BANK_ACCOUNT),
            ]
        )
        out.add("</div>")
        out.heading("Customer")
        out.fields(
            [
                out.shown(out.label("customer_taxpayer_id"), "CustomerTaxId", "99-0000000"),
                out.shown(out.label("customer_name"), "CustomerName", draft.organization),
            ]
        )

    def _remit_to(self, out: Drawing) -> str:
        if self.tenant.profile.remit_to == "lov":
            return list_field(out, "remit_to", "RemitTo", self.draft.remit_to, "SupplierRN", required=True)
        item = out.item("remit_to", "RemitTo")
        options = [(site.name, site.name) for site in self.tenant.config.sites]
        control = out.select(item, options, self.draft.remit_to, out.change("remit_to", item, "SupplierRN"))
        return out.row(out.label("remit_to"), control, required=True, item="remit_to")

    def _header(self, out: Drawing) -> None:
        draft = self.draft
        kinds = out.select(out.item("invoice_type", "InvoiceType"), [(each, each) for each in TYPES], draft.kind)
        out.heading("Invoice")
        out.fields(
            [
                out.text_field("invoice_number", "InvoiceNum", draft.number, required=True),
                out.text_field("invoice_date", "InvoiceDate", draft.day, required=True, kind="date"),
                out.row(out.label("invoice_type"), kinds, item="invoice_type"),
                out.shown(out.label("currency"), "InvoiceCurrency", draft.currency),
                out.text_field("description", "InvoiceDescription", draft.description),
            ]
        )

    def _items(self, out: Drawing) -> Table:
        items, style = self.draft.items, self.draft.style
        available = [self.tenant.books.available(item.shipment) for item in items]
        written = {
            "po_number": [item.place.order for item in items],
            "line": [str(item.place.line) for item in items],
            "shipment": [str(item.place.shipment) for item in items],
            "item_description": [item.shipment.description for item in items],
            "available": [number_shown(each, style) for each in available],
            "unit": [item.shipment.unit for item in items],
            "price": ["" if item.by_amount else number_shown(item.shipment.price, style) for item in items],
        }
        table = text_table(out, "items", "ItemsRN", ITEMS, written, len(items))
        table.columns["quantity"] = lambda index, place: self._typed(out, index, place, "quantity")
        table.columns["amount"] = lambda index, place: self._typed(out, index, place, "amount")
        return table

    def _typed(self, out: Drawing, index: int, place: int, key: str) -> str:
        """A quantity is typed where the shipment has one, an amount where it does not."""
        item, draft = self.draft.items[index], self.draft
        if item.by_amount != (key == "amount"):
            amount = number_shown(draft.line_of(item).amount, draft.style, cents=True) if key == "amount" else ""
            return span(out, ITEMS, "items", key, place, amount)
        made = out.cell_id(ITEMS, "typed", item_of("items", key), place)
        handler = ""
        if self.tenant.knobs.text("quantity_handler") == "ppr":
            out.view.names[made] = f"typed:{place}"
            handler = out.change(f"typed:{place}", made, "ItemsRN")
        return out.input(made, draft.echo(item.typed), out.label(key), kind="number", handler=handler, size=12)

    def _charges(self, out: Drawing) -> Table:
        rows = self.draft.charges
        name = "ChargesTable"

        def kind(index: int, place: int) -> str:
            made = out.cell_id(name, "charge_type", item_of("charges", "charge_type"), place)
            return out.select(made, [(each, each) for each in CHARGES], rows[index].kind)

        def amount(index: int, place: int) -> str:
            made = out.cell_id(name, "charge_amount", item_of("charges", "charge_amount"), place)
            typed = self.draft.echo(rows[index].typed)
            return out.input(made, typed, out.label("charge_amount"), required=True, kind="number")

        def words(index: int, place: int) -> str:
            made = out.cell_id(name, "charge_description", item_of("charges", "charge_description"), place)
            return out.input(made, rows[index].description, out.label("charge_description"))

        columns: dict[str, Cell] = {"charge_type": kind, "charge_amount": amount, "charge_description": words}
        return Table("charges", "ChargesRN", name, columns, len(rows))

    # Acting

    def take(self, act: Act) -> None:
        draft, form = self.draft, act.form
        if "invoice_number" in form:
            draft.number, draft.day = act.text("invoice_number"), act.text("invoice_date")
            draft.description = act.text("description")
            draft.kind = "Credit Memo" if act.text("invoice_type") == "Credit Memo" else "Standard"
        draft.remit_to = act.text("remit_to") if "remit_to" in form else draft.remit_to
        start = self.windows.get(ITEMS, 0)
        for place, item in enumerate(draft.items[start : start + self.tenant.profile.rows]):
            if f"typed:{place}" in form:
                item.typed = act.text(f"typed:{place}")
        for place, row in enumerate(draft.charges):
            if f"charge_amount:{place}" in form:
                row.kind = act.text(f"charge_type:{place}")
                row.typed = act.text(f"charge_amount:{place}")
                row.description = act.text(f"charge_description:{place}")

    def go(self, act: Act) -> Page:
        if act.key == "back":
            return OrdersStep(self.tenant, self.session, self.draft)
        if act.key == "next":
            return self._next()
        if act.key == "add_charge":
            self.draft.charges.append(ChargeRow())
        elif act.key == "remit_to":
            self.draft.remit_to = resolve(self, "remit_to", self.draft.remit_to, act.event)
        elif act.key == "attach" and self.tenant.profile.attachments == "page":
            return AttachmentPage(self.tenant, self.session, self)
        elif not act.key.startswith("typed:"):
            inline_act(self, act)
        return self

    def _next(self) -> Page:
        from .review import ReviewStep, TaxStep

        for words, item in self.draft.problems():
            self.say("Error", words, item)
        if self.failed:
            return self
        self.draft.calculate_tax()
        return (TaxStep if self.taxed else ReviewStep)(self.tenant, self.session, self.draft)

"""View Invoices, one invoice's details, and the export (facts 4.11, 7)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from .drawing import Button, Drawing
from .figures import DATE_EXAMPLE, day_read, day_shown, number_read, number_shown
from .layout import PATHS, VIEW
from .mechanics import Act, Page
from .records import Invoice
from .signing import Session
from .tables import draw_table, item_of, text_table
from .tenant import Tenant
from .texts import say

STATUSES = ("", "In-Process", "Approved", "On-Hold", "Cancelled", "Rejected")
PAYMENT_STATUSES = ("", "Not Paid", "Partially Paid", "Paid")
TEXTS = (
    ("invoice_number", "SearchInvoiceNum"),
    ("po_number", "SearchPoNumber"),
    ("release_number", "SearchRelNumber"),
    ("payment_number", "SearchPaymentNumber"),
)
AMOUNTS = (
    ("amount_from", "SearchInvoiceAmountFrom"),
    ("amount_to", "SearchInvoiceAmountTo"),
    ("due_amount_from", "SearchDueAmountFrom"),
    ("due_amount_to", "SearchDueAmountTo"),
)
DAYS = (
    ("date_from", "SearchInvoiceDateFrom"),
    ("date_to", "SearchInvoiceDateTo"),
    ("due_from", "SearchDueDateFrom"),
    ("due_to", "SearchDueDateTo"),
)
MULTIPLE = "Multiple"
CELLS = (
    *("invoice", "invoice_date", "type", "currency", "amount", "status", "on_hold", "payment_status", "due_date"),
    *("payment", "po_number", "receipt", "discount_date", "available_discount"),
)


def several(values: list[str]) -> str:
    """One value, the word Multiple for more (facts 7.2), nothing for none."""
    distinct = list(dict.fromkeys(values))
    return MULTIPLE if len(distinct) > 1 else "".join(distinct)


def cells_of(invoice: Invoice, style: str) -> dict[str, str]:
    """An invoice as View Invoices lists it. On hold, only the latest hold's name is shown (facts 7.2)."""
    holds = invoice.on_hold
    return {
        "invoice": invoice.number,
        "invoice_date": day_shown(invoice.day),
        "type": invoice.type,
        "currency": invoice.currency,
        "amount": number_shown(invoice.total, style, cents=True),
        "status": invoice.status,
        "on_hold": holds[-1].name if holds else "",
        "payment_status": invoice.payment_status,
        "due_date": day_shown(invoice.due),
        "payment": several([payment.number for payment in invoice.payments]),
        "po_number": several([line.place.order for line in invoice.lines]),
        "receipt": "",
        "discount_date": "",
        "available_discount": "",
    }


class ViewInvoicesPage(Page):
    """The search, its result, Export (facts 7.1)."""

    path = PATHS[VIEW]
    title = "View Invoices"
    tab = "tab_finance"
    sub = "sub_view"

    def __init__(self, tenant: Tenant, session: Session) -> None:
        super().__init__(tenant, session)
        self.asked: dict[str, str] = {}
        self.found: list[Invoice] | None = None

    def draw(self, out: Drawing) -> None:
        buttons = [Button("export", "ExportBtn", "Export", validate=False)]
        out.add(out.buttons(buttons))
        out.heading("Search")
        out.add('<input type="hidden" name="InvSimpleSupplierId"><input type="hidden" name="cnfMsg">')
        out.fields(self._fields(out))
        targets = "ResultRN" if self.tenant.knobs.text("search_posts") == "ppr" else ""
        out.add(out.button(Button("go", "customizeSubmitButton", "Go", targets=targets)))
        out.add(out.button(Button("clear", "clearButton", "Clear", validate=False)))
        out.add(out.button(Button("advanced", "advancedSearchButton", "Advanced Search", validate=False)))
        rows = self.found or []
        style = self.tenant.knobs.text("number_format")
        listed = [cells_of(each, style) for each in rows]
        written = {key: [row[key] for row in listed] for key in CELLS}
        table = text_table(out, "view", "ResultRN", "ViewTable", written, len(rows), searched=self.found is not None)
        table.columns["invoice"] = lambda index, place: _details_link(out, rows[index], place)
        draw_table(out, table)
        out.add(out.buttons(buttons, second=True))

    def _fields(self, out: Drawing) -> list[str]:
        asked = self.asked
        rows = [out.text_field(key, item, asked.get(key, "")) for key, item in TEXTS]
        for key, item, words in (
            ("invoice_status", "SearchInvoiceStatus", STATUSES),
            ("payment_status", "SearchPaymentStatus", PAYMENT_STATUSES),
        ):
            made = out.item(key, item)
            rows.append(out.row(out.label(key), out.select(made, [(word, word) for word in words], asked.get(key, ""))))
        rows += [out.text_field(key, item, asked.get(key, ""), kind="number") for key, item in AMOUNTS]
        rows += [out.text_field(key, item, asked.get(key, ""), kind="date") for key, item in DAYS]
        return rows

    def act(self, act: Act) -> Page:
        if self.goto(act) or act.key == "advanced":
            return self
        if act.key == "clear":
            self.asked, self.found = {}, None
        elif act.key == "export":
            self._export()
        else:
            self._search(act)
        return self

    def _search(self, act: Act) -> None:
        keys = [key for key, _ in (*TEXTS, *AMOUNTS, *DAYS)] + ["invoice_status", "payment_status"]
        self.asked = {key: act.text(key) for key in keys if act.text(key)}
        self.windows.clear()
        if not self.asked and self.tenant.knobs.flag("criterion_required"):
            self.found = None
            self.say("Error", say("criterion"))
            return
        tests = self._tests()
        if not self.failed:
            self.found = [each for each in self.tenant.books.shown() if all(test(each) for test in tests)]

    def _tests(self) -> list[Callable[[Invoice], bool]]:
        asked, tests = self.asked, []
        if number := asked.get("invoice_number"):
            # A % stands for anything, as in every search of the suite (memory).
            tests.append(lambda each: _like(each.number, number))
        if order := asked.get("po_number"):
            tests.append(lambda each: any(_like(line.place.order.partition("-")[0], order) for line in each.lines))
        if release := asked.get("release_number"):
            tests.append(lambda each: any(line.place.order.partition("-")[2] == release for line in each.lines))
        if payment := asked.get("payment_number"):
            tests.append(lambda each: any(payment == paid.number for paid in each.payments))
        if status := asked.get("invoice_status"):
            tests.append(lambda each: each.status == status)
        if paid := asked.get("payment_status"):
            tests.append(lambda each: each.payment_status == paid)
        return tests + self._ranges()

    def _ranges(self) -> list[Callable[[Invoice], bool]]:
        amounts = {key: self._number(key) for key, _ in AMOUNTS}
        days = {key: self._day(key) for key, _ in DAYS}
        return [
            lambda each: _within(each.total, amounts["amount_from"], amounts["amount_to"]),
            lambda each: _within(each.total - each.paid, amounts["due_amount_from"], amounts["due_amount_to"]),
            lambda each: _within(each.day.toordinal(), _ordinal(days["date_from"]), _ordinal(days["date_to"])),
            lambda each: _within(
                (each.due or date.max).toordinal(), _ordinal(days["due_from"]), _ordinal(days["due_to"])
            ),
        ]

    def _number(self, key: str) -> Decimal | None:
        text = self.asked.get(key, "")
        number = number_read(text, self.tenant.knobs.text("number_format"))
        if text and number is None:
            self.say("Error", say("not_a_number", label=self.tenant.profile.label(key), value=text), key)
        return number

    def _day(self, key: str) -> date | None:
        text = self.asked.get(key, "")
        day = day_read(text)
        if text and day is None:
            label = self.tenant.profile.label(key)
            self.say("Error", say("not_a_date", label=label, value=text, example=DATE_EXAMPLE), key)
        return day

    def _export(self) -> None:
        """Keep the export of what was found; the page that follows fetches it (facts 4.11)."""
        limit = self.tenant.knobs.number("export_limit")
        rows = (self.found or [])[: limit or None]
        token = self.tenant.look.token()
        self.session.export = (token, exported(self.tenant, rows))
        self.download = f"{self.tenant.prefix}/OA_HTML/OAExport?ExportId={token}"


def exported(tenant: Tenant, rows: list[Invoice]) -> str:
    """The tab-separated export: the tenant's columns in the tenant's order, a line of heads first."""
    order = tenant.profile.order_of("view")
    style = tenant.knobs.text("number_format")
    lines = ["\t".join(tenant.profile.label(key) for key in order)]
    for row in rows:
        cells = cells_of(row, style)
        if tenant.knobs.text("export_amounts") == "plain":
            cells["amount"] = f"{row.total:f}"
        lines.append("\t".join(" ".join(cells[key].split()) for key in order))
    return "\r\n".join(lines) + "\r\n"


def _like(text: str, wanted: str) -> bool:
    """Equal to the letter, a % standing for anything (memory)."""
    return re.fullmatch(".*".join(re.escape(piece) for piece in wanted.split("%")), text, re.DOTALL) is not None


def _within(value: Decimal | int, low: Decimal | int | None, high: Decimal | int | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _ordinal(day: date | None) -> int | None:
    return None if day is None else day.toordinal()


def _details_link(out: Drawing, invoice: Invoice, place: int) -> str:
    item = out.cell_id("ViewTable", "view.invoice", item_of("view", "invoice"), place)
    return out.link(invoice.number, out.url(InvoiceDetailsPage.path, InvoiceId=invoice.id), item)


class InvoiceDetailsPage(Page):
    """One invoice: header, lines, scheduled payments, every hold, attachments (facts 7.2)."""

    path = "/oracle/apps/pos/account/webui/PosInvoiceDetailsPG"
    title = "Invoice Details"
    tab = "tab_finance"
    sub = "sub_view"

    def __init__(self, tenant: Tenant, session: Session, invoice: Invoice) -> None:
        super().__init__(tenant, session)
        self.invoice = invoice

    def draw(self, out: Drawing) -> None:
        invoice, style = self.invoice, self.tenant.knobs.text("number_format")
        out.heading(f"Invoice: {invoice.number}")
        facts = {
            "invoice_number": invoice.number,
            "invoice_date": day_shown(invoice.day),
            "type": invoice.type,
            "currency": invoice.currency,
            "amount": number_shown(invoice.total, style, cents=True),
            "status": invoice.status,
            "payment_status": invoice.payment_status,
            "description": invoice.description,
            "remit_to": invoice.remit_to,
        }
        rows = [
            out.shown(out.label(key), f"Details{key.title().replace('_', '')}", text) for key, text in facts.items()
        ]
        original = number_shown(invoice.total, style, cents=True)
        rows += [
            out.shown("Original Invoice Amount", "OriginalInvoiceAmount", original),
            out.shown("Dispute Reason", "DisputeReason", invoice.comment),
        ]
        out.fields(rows)
        self._lines(out, style)
        self._schedule(out, style)
        self._holds(out)
        out.heading("Attachments")
        files = invoice.attachments
        written = {
            "title": [each.title for each in files],
            "file": [each.name for each in files],
            "category": [each.category for each in files],
        }
        draw_table(out, text_table(out, "attachments", "AttachRN", "DetailFiles", written, len(files)))

    def _lines(self, out: Drawing, style: str) -> None:
        out.heading("Invoice Lines")
        rows: list[tuple[str, str, str, str, str, str, str]] = []
        for line in self.invoice.lines:
            rows.append(
                (
                    "Item",
                    line.description,
                    line.place.order,
                    number_shown(line.quantity, style),
                    line.unit,
                    "" if line.quantity is None else number_shown(line.price, style),
                    number_shown(line.amount, style, cents=True),
                )
            )
        for charge in self.invoice.charges:
            amount = number_shown(charge.amount, style, cents=True)
            rows.append((charge.kind, charge.description, "", "", "", "", amount))
        for tax in self.invoice.taxes:
            rows.append(("Tax", tax.tax, "", "", "", "", number_shown(tax.amount, style, cents=True)))
        keys = ("line_type", "item_description", "po_number", "quantity_invoiced", "unit", "price", "amount")
        written = {key: [row[place] for row in rows] for place, key in enumerate(keys)}
        written["line"] = [str(number) for number in range(1, len(rows) + 1)]
        draw_table(out, text_table(out, "lines", "LinesRN", "DetailLines", written, len(rows)))

    def _schedule(self, out: Drawing, style: str) -> None:
        out.heading("Scheduled Payments")
        invoice = self.invoice
        written = {
            "due_date": [day_shown(invoice.due)],
            "gross": [number_shown(invoice.total, style, cents=True)],
            "remaining": [number_shown(invoice.total - invoice.paid, style, cents=True)],
            "payment_status": [invoice.payment_status],
        }
        draw_table(out, text_table(out, "schedule", "ScheduleRN", "DetailSchedule", written, 1))

    def _holds(self, out: Drawing) -> None:
        out.heading("Hold Reasons")
        holds = self.invoice.holds
        written = {
            "hold": [each.name for each in holds],
            "hold_reason": [each.name for each in holds],
            "hold_date": [day_shown(each.placed_at.date()) for each in holds],
            "release_reason": [each.released for each in holds],
        }
        draw_table(out, text_table(out, "holds", "HoldsRN", "DetailHolds", written, len(holds)))

    def act(self, act: Act) -> Page:
        self.goto(act)
        return self

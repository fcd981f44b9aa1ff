"""Create Invoice, steps 3 and 4: Manage Tax, Review and Submit, and the confirmation (facts 6.2, 6.3)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP
from html import escape

from .draft import TaxRow
from .drawing import Button, Drawing
from .figures import number_read, number_shown
from .layout import CREATE, PATHS, VIEW, document
from .mechanics import Act, Page
from .records import CENT, Invoice
from .signing import Session
from .tables import Table, draw_table, item_of, span, text_table
from .tenant import Tenant
from .texts import say
from .wizard import QuestionPage, Step

TAXES = "TaxTable"


class TaxStep(Step):
    """Tax as the buyer's rate has it, to be changed where the buyer lets one."""

    number = 2

    def content(self, out: Drawing) -> None:
        draw_table(out, self._table(out), window=50)
        if self.tenant.knobs.flag("tax_editable"):
            out.add(out.button(Button("add_tax", "addTableRow1", "Add Another Row", "", False, "TaxRN")))
        out.add(out.button(Button("calculate", "CalculateTaxBtn", "Calculate", "", False, "TaxRN")))

    def _table(self, out: Drawing) -> Table:
        draft, editable = self.draft, self.tenant.knobs.flag("tax_editable")
        words = [draft.tax_words(row) for row in draft.taxes]
        written = {
            "tax_regime": [each[0] for each in words],
            "tax_jurisdiction": [each[2] for each in words],
            "tax_status": [each[3] for each in words],
        }
        table = text_table(out, "taxes", "TaxRN", TAXES, written, len(draft.taxes))

        def cell(key: str, index: int, place: int) -> str:
            row = draft.taxes[index]
            value = {"tax": row.tax, "tax_rate": row.rate, "tax_amount": row.typed}[key]
            if not editable:
                return span(out, TAXES, "taxes", key, place, value)
            made = out.cell_id(TAXES, key, item_of("taxes", key), place)
            return out.input(made, value, out.label(key), kind="text" if key == "tax" else "number", size=12)

        table.columns["tax"] = lambda index, place: cell("tax", index, place)
        table.columns["tax_rate"] = lambda index, place: cell("tax_rate", index, place)
        table.columns["tax_amount"] = lambda index, place: cell("tax_amount", index, place)
        return table

    def take(self, act: Act) -> None:
        for place, row in enumerate(self.draft.taxes):
            if f"tax_amount:{place}" not in act.form:
                continue
            typed = act.text(f"tax_amount:{place}")
            row.by_rate = row.by_rate and typed == row.typed
            row.tax, row.rate, row.typed = act.text(f"tax:{place}"), act.text(f"tax_rate:{place}"), typed

    def go(self, act: Act) -> Page:
        from .details import DetailsStep

        if act.key == "back":
            return DetailsStep(self.tenant, self.session, self.draft)
        if act.key == "add_tax":
            self.draft.taxes.append(TaxRow())
        elif act.key == "calculate":
            self._calculate()
        else:
            return self._next()
        return self

    def _calculate(self) -> None:
        """Amounts follow their rates; a row without a rate keeps what was typed."""
        draft = self.draft
        base = draft.item_total + draft.charge_total
        for row in draft.taxes:
            rate = number_read(row.rate, draft.style)
            if rate is not None:
                row.typed = number_shown((base * rate / 100).quantize(CENT, ROUND_HALF_UP), draft.style, cents=True)

    def _next(self) -> Page:
        for row in self.draft.taxes:
            if number_read(row.typed, self.draft.style) is None:
                label = self.tenant.profile.label("tax_amount")
                self.say("Error", say("not_a_number", label=label, value=row.typed))
        return self if self.failed else ReviewStep(self.tenant, self.session, self.draft)


class ReviewStep(Step):
    """What will be sent, and Submit."""

    number = 3
    asking = False

    def buttons(self) -> list[Button]:
        return [*super().buttons()[:-1], Button("submit", "SubmitBtn", "Submit", "m")]

    def content(self, out: Drawing) -> None:
        if self.asking:
            out.add(question_frame(out))
        draft = self.draft
        facts = {
            "invoice_number": draft.number,
            "invoice_date": draft.day,
            "invoice_type": draft.kind,
            "currency": draft.currency,
            "remit_to": draft.remit_to,
            "description": draft.description,
        }
        totals = (
            ("Item Total", draft.item_total),
            ("Shipping and Handling", draft.charge_total),
            ("Tax Total", draft.tax_total),
            ("Invoice Total", draft.total),
        )
        rows = [out.shown(out.label(key), f"Review{key.title().replace('_', '')}", text) for key, text in facts.items()]
        rows += [
            out.shown(words, f"Review{words.title().replace(' ', '')}", number_shown(amount, draft.style, cents=True))
            for words, amount in totals
        ]
        out.fields(rows)
        self._lines(out)
        files = draft.attachments
        written = {
            "title": [each.title for each in files],
            "file": [each.name for each in files],
            "category": [each.category for each in files],
        }
        out.heading("Attachments")
        draw_table(out, text_table(out, "attachments", "AttachListRN", "ReviewFiles", written, len(files)), window=50)

    def _lines(self, out: Drawing) -> None:
        style, lines = self.draft.style, self.draft.lines
        written = {
            "line": [str(number) for number in range(1, len(lines) + 1)],
            "line_type": ["Item"] * len(lines),
            "item_description": [line.description for line in lines],
            "po_number": [line.place.order for line in lines],
            "quantity_invoiced": [number_shown(line.quantity, style) for line in lines],
            "unit": [line.unit for line in lines],
            "price": ["" if line.quantity is None else number_shown(line.price, style) for line in lines],
            "amount": [number_shown(line.amount, style, cents=True) for line in lines],
        }
        out.heading("Items")
        draw_table(out, text_table(out, "lines", "LinesRN", "ReviewLines", written, len(lines)))

    def go(self, act: Act) -> Page:
        from .details import DetailsStep

        if act.key == "back":
            return (TaxStep if self.taxed else DetailsStep)(self.tenant, self.session, self.draft)
        question, self.asking = self.tenant.knobs.text("submit_question"), False
        if act.key == "no":
            return self
        if question == "none" or act.key == "yes":
            return self.submit()
        if question == "frame":
            self.asking = self.submits = True
            return self
        asked = QuestionPage(self.tenant, self.session, say("submit_question"), self.submit, lambda: self)
        asked.submits = True
        return asked

    def submit(self) -> Page:
        """Hand it over to Payables, if nothing speaks against it."""
        if refusal := self.tenant.next_refusal():
            self.say("Error", say(refusal, number=self.draft.number))
            return self
        for words, item in self.draft.last_problems():
            self.say("Error", words, item)
        if self.failed:
            return self
        invoice = self.draft.keep()
        invoice.lines = self.draft.lines
        self.tenant.books.submit(invoice)
        return ConfirmationPage(self.tenant, self.session, invoice)


def question_frame(out: Drawing) -> str:
    """A question in a frame above the page; its buttons act on the page below (facts 4.6)."""
    buttons = ""
    for key, text in (("yes", "Yes"), ("no", "No")):
        handler = f"parent.{out.submit(key, out.item(key, f'Dialog{text}Btn'), validate=False)}"
        buttons += f'<button type="button" title="{text}" onclick="{handler}">{text}</button>'
    inside = document("Warning", "", f"<h1>Warning</h1><p>{say('submit_question')}</p>{buttons}")
    return f'<iframe id="iframedefaultDialogPopup" title="Warning" srcdoc="{escape(inside)}"></iframe>'


CONFIRMATIONS = {
    "number_and_place": "submitted",
    "number_only": "submitted_number_only",
    "without_number": "submitted_without_number",
}


class ConfirmationPage(Page):
    """What is said after Submit."""

    path = "/oracle/apps/pos/account/webui/PosInvoiceConfirmPG"
    title = "Confirmation"
    tab = "tab_finance"
    sub = "sub_create"

    def __init__(self, tenant: Tenant, session: Session, invoice: Invoice) -> None:
        super().__init__(tenant, session)
        self.invoice = invoice
        key = CONFIRMATIONS[tenant.knobs.text("confirmation")]
        self.say("Confirmation", say(key, number=invoice.number, organization=invoice.organization))

    def draw(self, out: Drawing) -> None:
        out.add(f"<div>{out.link('Return to Create Invoices', out.url(PATHS[CREATE]))}</div>")
        out.add(f"<div>{out.link('View Invoices', out.url(PATHS[VIEW]))}</div>")

    def act(self, act: Act) -> Page:
        return self

"""View Payments (facts 7.2)."""

from __future__ import annotations

from .drawing import Button, Drawing
from .figures import day_shown, number_shown
from .layout import PATHS, PAYMENTS
from .mechanics import Act, Page
from .signing import Session
from .tables import draw_table, text_table
from .tenant import Tenant


class PaymentsPage(Page):
    """A search for payments, by payment or invoice number."""

    path = PATHS[PAYMENTS]
    title = "View Payments"
    tab = "tab_finance"
    sub = "sub_payments"

    def __init__(self, tenant: Tenant, session: Session) -> None:
        super().__init__(tenant, session)
        self.asked: dict[str, str] = {}
        self.searched = False

    def draw(self, out: Drawing) -> None:
        out.heading("Search")
        keys = (("payment_number", "PaymentNum"), ("invoice_number", "PaidInvoiceNum"))
        out.fields([out.text_field(key, item, self.asked.get(key, "")) for key, item in keys])
        out.add(out.button(Button("go", "customizeSubmitButton", "Go")))
        style = self.tenant.knobs.text("number_format")
        rows = [
            (payment, invoice)
            for invoice in (self.tenant.books.shown() if self.searched else [])
            for payment in invoice.payments
            if self.asked.get("payment_number") in (None, "", payment.number)
            and self.asked.get("invoice_number") in (None, "", invoice.number)
        ]
        written = {
            "payment": [payment.number for payment, _ in rows],
            "payment_date": [day_shown(payment.day) for payment, _ in rows],
            "currency": [invoice.currency for _, invoice in rows],
            "amount": [number_shown(payment.amount, style, cents=True) for payment, _ in rows],
            "invoice": [invoice.number for _, invoice in rows],
        }
        table = text_table(out, "payments", "ResultRN", "PayTable", written, len(rows), searched=self.searched)
        draw_table(out, table)

    def act(self, act: Act) -> Page:
        if not self.goto(act):
            self.asked = {key: act.text(key) for key in ("payment_number", "invoice_number")}
            self.searched = True
        return self

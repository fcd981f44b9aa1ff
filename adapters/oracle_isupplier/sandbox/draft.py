"""An invoice on its way through the wizard: as typed, until it is checked (facts 6.1, 9.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from .books import Books
from .figures import DATE_EXAMPLE, day_read, day_shown, number_read, number_shown
from .profiles import Profile
from .records import CENT, ZERO, Attachment, Charge, Invoice, InvoiceType, Line, Order, Place, Shipment, Tax
from .texts import say

TYPES: tuple[InvoiceType, InvoiceType] = ("Standard", "Credit Memo")
CHARGES = ("Freight", "Miscellaneous")
Problem = tuple[str, str]
"""A sentence for the message box and the key of the field it marks, or nothing."""


def place_of(order: Order, shipment: Shipment) -> Place:
    """The address of a shipment."""
    return Place(order.organization, order.shown, shipment.line, shipment.shipment)


@dataclass(slots=True)
class Item:
    """A shipment added to the invoice; `typed` is a quantity, or an amount where the shipment is amount-based."""

    place: Place
    order: Order
    shipment: Shipment
    typed: str = ""

    @property
    def by_amount(self) -> bool:
        """Whether an amount is entered instead of a quantity."""
        return self.shipment.basis == "amount"

    @property
    def words(self) -> str:
        """How messages name it."""
        return f"PO {self.place.order}, line {self.place.line}, shipment {self.place.shipment}"


@dataclass(slots=True)
class ChargeRow:
    """A typed row of Shipping and Handling."""

    kind: str = "Freight"
    typed: str = ""
    description: str = ""


@dataclass(slots=True)
class TaxRow:
    """A row of Manage Tax, as typed; `by_rate` ones follow the invoice until somebody changes them."""

    tax: str = ""
    rate: str = ""
    typed: str = ""
    by_rate: bool = False


@dataclass(slots=True)
class Draft:
    """What the wizard's steps share. `saved` is the kept invoice once it was saved."""

    books: Books
    profile: Profile
    user: str
    number: str = ""
    day: str = ""
    kind: InvoiceType = "Standard"
    description: str = ""
    remit_to: str = ""
    items: list[Item] = field(default_factory=list)
    charges: list[ChargeRow] = field(default_factory=list)
    taxes: list[TaxRow] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    saved: Invoice | None = None

    @property
    def style(self) -> str:
        """How numbers are written."""
        return self.books.knobs.text("number_format")

    @property
    def currency(self) -> str:
        """That of its orders; it cannot be chosen (facts 6.1)."""
        return self.items[0].order.currency if self.items else ""

    @property
    def organization(self) -> str:
        """That of its orders."""
        return self.items[0].place.organization if self.items else ""

    def number_in(self, text: str) -> Decimal:
        """A typed number; nothing and nonsense are zero."""
        return number_read(text, self.style) or ZERO

    def echo(self, text: str) -> str:
        """A typed number as the page prints it back (facts 4.4); what is none stays as it is."""
        found = number_read(text, self.style)
        return text if found is None else number_shown(found, self.style)

    # Putting items on it

    def add(self, order: Order, shipment: Shipment) -> str:
        """Put a shipment on the invoice; answers why not, or nothing."""
        place = place_of(order, shipment)
        item = Item(place, order, shipment)
        if any(each.place == place for each in self.items):
            return say("already_added", place=item.words)
        if self.items and order.currency != self.currency:
            return say("other_currency")
        if self.items and order.organization != self.organization:
            return say("other_organization")
        if self.books.knobs.text("default_quantity") == "available":
            item.typed = number_shown(self.books.available(shipment), self.style)
        self.items.append(item)
        return ""

    # What it comes to

    def line_of(self, item: Item) -> Line:
        """The invoice line an item makes."""
        typed, shipment = self.number_in(item.typed), item.shipment
        quantity = None if item.by_amount else typed
        amount = typed if quantity is None else quantity * shipment.price
        amount = amount.quantize(CENT, ROUND_HALF_UP)
        return Line(item.place, shipment.description, shipment.unit, shipment.price, quantity, amount)

    @property
    def lines(self) -> list[Line]:
        """The lines with something on them."""
        return [self.line_of(item) for item in self.items if self.number_in(item.typed) != 0]

    @property
    def item_total(self) -> Decimal:
        """All lines."""
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def charge_total(self) -> Decimal:
        """Shipping and handling."""
        return sum((self.number_in(row.typed) for row in self.charges), ZERO)

    @property
    def tax_total(self) -> Decimal:
        """All taxes."""
        return sum((self.number_in(row.typed) for row in self.taxes), ZERO)

    @property
    def total(self) -> Decimal:
        """The invoice."""
        return self.item_total + self.charge_total + self.tax_total

    def calculate_tax(self) -> None:
        """Write the tax that the buyer's rate gives, leaving what somebody entered."""
        rate = self.books.config.tax_rate
        if rate and not self.taxes:
            self.taxes.append(TaxRow("Sales Tax", number_shown(rate, self.style), by_rate=True))
        for row in self.taxes:
            if row.by_rate:
                amount = ((self.item_total + self.charge_total) * rate / 100).quantize(CENT, ROUND_HALF_UP)
                row.typed = number_shown(amount, self.style, cents=True)

    # Checking it

    def problems(self) -> list[Problem]:
        """What Next has against the details."""
        return [*self._header_problems(), *self._item_problems(), *self._other_problems()]

    def _header_problems(self) -> list[Problem]:
        knobs, label = self.books.knobs, self.profile.label
        found: list[Problem] = []
        limit = knobs.number("number_limit")
        if not self.number:
            found.append((say("required", label=label("invoice_number")), "invoice_number"))
        elif limit and len(self.number) > limit:
            found.append((say("number_too_long", number=self.number, limit=limit), "invoice_number"))
        elif knobs.text("duplicate_check") == "details":
            found += self.duplicate_problems()
        day = day_read(self.day)
        if not self.day:
            found.append((say("required", label=label("invoice_date")), "invoice_date"))
        elif day is None:
            words = say("not_a_date", label=label("invoice_date"), value=self.day, example=DATE_EXAMPLE)
            found.append((words, "invoice_date"))
        elif day > self.books.today() and not knobs.flag("future_dates"):
            found.append((say("future_date", value=self.day), "invoice_date"))
        return found + self._site_problems()

    def _site_problems(self) -> list[Problem]:
        sites = {site.name: site for site in self.books.config.sites}
        if self.remit_to not in sites:
            words = say("not_in_list", label=self.profile.label("remit_to"), value=self.remit_to)
            return [(words, "remit_to")]
        return [] if sites[self.remit_to].pay_site else [(say("not_pay_site", value=self.remit_to), "remit_to")]

    def duplicate_problems(self) -> list[Problem]:
        """Whether the number is another invoice's (facts 9.1), or this one was submitted or deleted elsewhere."""
        saved = self.saved
        gone = saved is not None and (saved.submitted_at is not None or saved.id not in self.books.invoices)
        if not gone and not self.books.number_is_taken(self.number, by_other_than=saved.id if saved else None):
            return []
        return [(say("duplicate", number=self.number), "invoice_number")]

    def _item_problems(self) -> list[Problem]:
        found: list[Problem] = []
        for item in self.items:
            label = self.profile.label("amount" if item.by_amount else "quantity")
            if item.typed and number_read(item.typed, self.style) is None:
                found.append((say("not_a_number", label=label, value=item.typed), ""))
        lines = self.lines
        if not lines and not found:
            return [(say("no_quantity"), "")]
        for item in self.items:
            found += self._limit_problems(item)
        return found + self._sign_problems(lines)

    def _limit_problems(self, item: Item) -> list[Problem]:
        typed = self.number_in(item.typed)
        if typed < 0 and item.shipment.billed + typed < 0:
            return [(say("below_zero", place=item.words), "")]
        over = typed > 0 and typed > self.books.available(item.shipment)
        if over and self.books.knobs.text("over_billing") == "refused":
            return [(say("over_billing", place=item.words), "")]
        return []

    def _sign_problems(self, lines: list[Line]) -> list[Problem]:
        signs = {line.amount > 0 for line in lines if line.amount}
        if len(signs) > 1:
            return [(say("mixed_signs"), "")]
        if self.kind == "Standard" and self.total < 0:
            return [(say("type_and_sign", type=self.kind, sign="negative"), "invoice_type")]
        if self.kind == "Credit Memo" and self.total > 0:
            return [(say("type_and_sign", type=self.kind, sign="positive"), "invoice_type")]
        return []

    def _other_problems(self) -> list[Problem]:
        found: list[Problem] = []
        for row in self.charges:
            label = self.profile.label("charge_amount")
            if number_read(row.typed, self.style) is None:
                words = say("not_a_number", label=label, value=row.typed) if row.typed else say("required", label=label)
                found.append((words, ""))
        return found

    def last_problems(self) -> list[Problem]:
        """What Submit has against it: the world may have changed since the details were checked."""
        found = self.duplicate_problems()
        for item in self.items:
            if item.order.status != "open" or not item.order.approved:
                found.append((say("order_not_open", order=item.place.order), ""))
            else:
                found += self._limit_problems(item)
        return list(dict.fromkeys(found))

    # Keeping it

    def keep(self) -> Invoice:
        """Write it into the books, saved and not submitted, with items that have nothing on them yet."""
        day = day_read(self.day) or self.books.today()
        invoice = self.saved
        if invoice is None:
            invoice = self.books.open_invoice(self.number, day, self.kind, self.currency, self.organization, self.user)
            self.saved = invoice
        elif invoice.number != self.number:
            self.books.renumber(invoice, self.number)
        invoice.day, invoice.type = day, self.kind
        invoice.currency, invoice.organization = self.currency, self.organization
        invoice.description, invoice.remit_to = self.description, self.remit_to
        invoice.lines = [self.line_of(item) for item in self.items]
        invoice.charges = [Charge(row.kind, self.number_in(row.typed), row.description) for row in self.charges]
        invoice.taxes = [self._tax(row) for row in self.taxes]
        invoice.attachments = list(self.attachments)
        self.books.touch(invoice)
        return invoice

    def _tax(self, row: TaxRow) -> Tax:
        return Tax(*self.tax_words(row), rate=number_read(row.rate, self.style), amount=self.number_in(row.typed))

    def tax_words(self, row: TaxRow) -> tuple[str, str, str, str]:
        """Regime, tax, jurisdiction and status as the page prints them; invented."""
        return "SALES TAX REGIME", row.tax, self.organization, "STANDARD"


def new_draft(books: Books, profile: Profile, user: str) -> Draft:
    """An empty invoice with the defaults of the page."""
    sites = [site.name for site in books.config.sites if site.pay_site]
    return Draft(books, profile, user, day=day_shown(books.today()), remit_to=sites[0] if sites else "")


def draft_of(invoice: Invoice, books: Books, profile: Profile, user: str) -> Draft:
    """A saved invoice taken up again."""
    style = books.knobs.text("number_format")
    draft = Draft(books, profile, user, invoice.number, day_shown(invoice.day), invoice.type, invoice.description)
    draft.remit_to, draft.saved = invoice.remit_to, invoice
    draft.attachments = list(invoice.attachments)
    for line in invoice.lines:
        found = books.shipment_at(line.place)
        if found:
            typed = line.amount if line.quantity is None else line.quantity
            draft.items.append(Item(line.place, *found, typed=number_shown(typed, style) if typed else ""))
    for charge in invoice.charges:
        draft.charges.append(ChargeRow(charge.kind, number_shown(charge.amount, style), charge.description))
    for tax in invoice.taxes:
        rate, amount = number_shown(tax.rate, style), number_shown(tax.amount, style)
        draft.taxes.append(TaxRow(tax.tax, rate, amount))
    return draft

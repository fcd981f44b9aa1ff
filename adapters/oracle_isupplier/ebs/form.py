"""The document of a driven browser: exactly what will be entered, as canonical JSON, fixed before anything is typed.

One item stands for one line of a purchase order: the pages have one row for it, so invoice lines that bill the same
order line at the same price are one entry. The price itself is the order's and cannot be entered (facts, 6.1); it is
compared on the review page. A credit memo is an invoice with negative quantities.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.adapter import Document, File, Presentation
from gateway.errors import CannotExpress
from gateway.packet import Invoice, Line, OrderLineKind, Packet, plain_decimal

FORMAT = "isupplier-form"
MOST_NUMBER = 45  # characters; longer ones are refused where interest invoices are on (facts, 9.1)
MOST_DESCRIPTION = 240
_WHERE = "iSupplier"


@dataclass(frozen=True, slots=True)
class Item:
    """One order line to be billed: by `quantity` in the order's unit, or by `amount` where the line has no quantity."""

    po: str
    line: int
    quantity: str
    amount: str
    by: str


@dataclass(frozen=True, slots=True)
class Charge:
    """A row of Shipping and Handling."""

    kind: str
    amount: str
    description: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A file to attach; its bytes travel beside the form."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Form:
    """Everything that is entered, amounts and quantities as plain decimals (negative for a credit memo)."""

    number: str
    invoice_date: str
    kind: str
    currency: str
    total: str
    description: str
    remit_to: str
    items: tuple[Item, ...]
    charges: tuple[Charge, ...]
    papers: tuple[Paper, ...]

    @property
    def is_credit(self) -> bool:
        """Whether quantities are negative."""
        return self.kind == "credit_memo"

    @property
    def day(self) -> date:
        """The invoice date."""
        return date.fromisoformat(self.invoice_date)


def render(packet: Packet, files: Sequence[File], presentation: Presentation) -> Document:
    """The form for a packet. Raises CannotExpress for what the pages have no field for."""
    invoice = packet.invoice
    form = Form(
        number=_number(invoice),
        invoice_date=invoice.issued_on.isoformat(),
        kind="credit_memo" if invoice.is_credit_note else "standard",
        currency=invoice.currency,
        total=plain_decimal(_signed(invoice, invoice.totals.payable)),
        description=_description(invoice),
        remit_to=invoice.remit_to.code if invoice.remit_to else "",
        items=_items(invoice, presentation),
        charges=_charges(invoice),
        papers=tuple(Paper(one.name, one.sha256, len(one.content)) for one in files),
    )
    body = json.dumps(asdict(form), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    total, currency = invoice.totals.payable, invoice.currency
    return Document(FORMAT, "application/json", body, invoice.number, total, currency, tuple(files))


def form_from(body: bytes) -> Form:
    """The form as it was rendered."""
    value: Mapping[str, Any] = json.loads(body)
    items = tuple(Item(**row) for row in value["items"])
    charges = tuple(Charge(**row) for row in value["charges"])
    papers = tuple(Paper(**row) for row in value["papers"])
    return Form(**{**value, "items": items, "charges": charges, "papers": papers})


def _signed(invoice: Invoice, value: Decimal) -> Decimal:
    return -value if invoice.is_credit_note else value


def _number(invoice: Invoice) -> str:
    if len(invoice.number) > MOST_NUMBER:
        raise CannotExpress(_WHERE, "/invoice/number", f"it is longer than {MOST_NUMBER} characters")
    return invoice.number


def _description(invoice: Invoice) -> str:
    text = " ".join(invoice.note.split())
    if len(text) > MOST_DESCRIPTION:
        message = f"the field Invoice Description holds {MOST_DESCRIPTION} characters, the note has {len(text)}"
        raise CannotExpress(_WHERE, "/invoice/note", message)
    return text


def _items(invoice: Invoice, presentation: Presentation) -> tuple[Item, ...]:
    together: dict[tuple[str, int, str], list[tuple[int, Line]]] = {}
    for place, line in enumerate(invoice.lines):
        together.setdefault(_place_of(invoice, place, line), []).append((place, line))
    return tuple(_item(invoice, key, lines, presentation) for key, lines in together.items())


def _place_of(invoice: Invoice, place: int, line: Line) -> tuple[str, int, str]:
    path = f"/invoice/lines/{place}"
    order = invoice.order_number_of(line)
    if not order:
        raise CannotExpress(_WHERE, f"{path}/order", "only lines of a purchase order are entered here")
    if line.order is None or line.order.line is None:
        raise CannotExpress(_WHERE, f"{path}/order/line", "the pages offer order lines by their number")
    if line.adjustments:
        raise CannotExpress(_WHERE, f"{path}/adjustments", "an item has no field for allowances or charges")
    return order, line.order.line, (line.order.kind or OrderLineKind.quantity).value


def _item(
    invoice: Invoice, key: tuple[str, int, str], lines: Sequence[tuple[int, Line]], presentation: Presentation
) -> Item:
    po, number, kind = key
    net = _signed(invoice, sum((line.net_amount for _, line in lines), Decimal(0)))
    if kind == OrderLineKind.amount.value:
        return Item(po, number, "", plain_decimal(net), kind)
    prices = {line.unit_price / line.price_base_quantity for _, line in lines}
    place = lines[-1][0]
    if len(prices) > 1:
        message = f"order line {number} of {po} has one price, and {len(prices)} different ones are billed on it"
        raise CannotExpress(_WHERE, f"/invoice/lines/{place}/unit_price", message)
    quantity = _signed(invoice, sum((line.quantity for _, line in lines), Decimal(0)))
    most = presentation.quantity_decimals
    if most is not None and quantity != round(quantity, most):
        message = f"the client takes {most} decimals and {plain_decimal(quantity)} has more"
        raise CannotExpress(_WHERE, f"/invoice/lines/{place}/quantity", message)
    return Item(po, number, plain_decimal(quantity), plain_decimal(net), kind)


def _charges(invoice: Invoice) -> tuple[Charge, ...]:
    found = []
    for place, adjustment in enumerate(invoice.adjustments):
        if adjustment.kind == "allowance":
            raise CannotExpress(_WHERE, f"/invoice/adjustments/{place}", "there is no field for allowances")
        kind = "freight" if adjustment.purpose == "shipping" else "miscellaneous"
        amount = plain_decimal(_signed(invoice, adjustment.amount))
        found.append(Charge(kind, amount, " ".join(adjustment.reason.split())))
    return tuple(found)

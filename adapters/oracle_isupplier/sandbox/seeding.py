"""Many invoices at once, for searches and exports over a large list. What they say is made up."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from .books import Books
from .records import Line, Place

SPAN_DAYS = 30


def seed(books: Books, number: int, status: str = "In-Process") -> tuple[int, int]:
    """Submit `number` invoices (SEED-1, …) dated over the past month; answers the first and the last id."""
    with books.lock:
        before = len(books.invoices)
        ids = []
        for index in range(1, number + 1):
            day = books.today() - timedelta(days=SPAN_DAYS - SPAN_DAYS * index // number)
            invoice = books.open_invoice(f"SEED-{before + index}", day, "Standard", "USD", "Operations", "SEED")
            place = Place("Operations", "SEED-PO", 1, 1)
            invoice.lines = [Line(place, "Seeded line", "", Decimal(1), None, Decimal("100.00"))]
            books.submit(invoice)
            invoice.visible = True
            if status != "In-Process":
                books.say(invoice, status)
            ids.append(invoice.id)
        return ids[0], ids[-1]

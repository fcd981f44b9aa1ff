"""Many open invoices at once, for polls over a large instance. What they say is made up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from .instance import Instance
from .records import InvoiceContent, InvoiceLine

LINES = (InvoiceLine(1, "amount", "Seeded line", None, None, Decimal("100.00"), Decimal("100.00")),)
SPAN = timedelta(days=30)
# A poll for what changed "since now" must not meet seeded invoices.
DISTANCE = timedelta(hours=1)


def seed(instance: Instance, number: int, status: str = "pending_approval") -> tuple[int, int]:
    """Open `number` invoices (SEED-1, …), last changed over the past month; answers the first and the last id."""
    ids = instance.open_many(_contents(instance, number), status)
    return (ids[0], ids[-1]) if ids else (0, 0)


def _contents(instance: Instance, number: int) -> Iterator[tuple[InvoiceContent, datetime]]:
    start = instance.now() - DISTANCE - SPAN
    step = SPAN / max(number, 1)
    before = len(instance.invoices)
    seconds = instance.knobs.text("time_resolution") == "second"
    for index in range(1, number + 1):
        at = start + step * index
        at = at.replace(microsecond=0) if seconds else at
        yield InvoiceContent(f"SEED-{before + index}", at, "invoice", "USD", LINES, supplier_total=Decimal(100)), at

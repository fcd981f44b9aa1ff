"""Many submitted invoices at once, for polls over a large tenant. What they say is made up."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from .records import Invoice
from .rendering import new_line
from .tenant import STANDINGS, Tenant

SPAN = timedelta(days=30)
# A poll for what changed "since now" must not meet seeded invoices.
DISTANCE = timedelta(hours=1)


def seed(tenant: Tenant, number: int, status: str = "pending_approval") -> tuple[int, int]:
    """Open `number` invoices (SEED-1, …), last changed over the past month; answers the first and the last id."""
    with tenant.lock:
        start = tenant.now() - DISTANCE - SPAN
        step = SPAN / max(number, 1)
        before = len(tenant.invoices)
        seeded = [_seeded(tenant, f"SEED-{before + n}", status) for n in range(1, number + 1)]
        for n, invoice in enumerate(seeded, 1):
            invoice.created_at = invoice.updated_at = start + step * n
        tenant.invoices.add_all(seeded)
    return (seeded[0].id, seeded[-1].id) if seeded else (0, 0)


def _seeded(tenant: Tenant, name: str, word: str) -> Invoice:
    now, config = tenant.now(), tenant.config
    status, approval, paid = STANDINGS.get(word, (word, "Required", "Unpaid"))
    line = new_line(tenant.next_id(), 1)
    line.description, line.amount = "Seeded line", Decimal(100)
    return Invoice(
        id=tenant.next_id(),
        number=name,
        business_unit=config.business_units[0],
        supplier=config.supplier,
        supplier_site=config.supplier_site,
        invoice_type="Standard",
        invoice_date=now.date(),
        currency="USD",
        description="",
        control_amount=Decimal(100),
        created_at=now,
        updated_at=now,
        status=status,
        approval=approval,
        paid=paid,
        lines=[line],
    )

"""Many open invoices at once, for polls over a large account. What they say is made up."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from . import documents
from .documents import Update
from .lifecycle import STATUSES, TYPE_OF
from .network import Buyer, Network
from .records import ZERO, Content, Invoice, Line, OrderName

SPAN = timedelta(days=30)
# A look-up for what changed since "now" must not meet seeded invoices.
DISTANCE = timedelta(hours=1)
LINES = (Line(1, "service", OrderName("none"), None, None, "", None, Decimal("100.00")),)


def seed(network: Network, buyer: Buyer, number: int, status: str = "processing") -> tuple[int, int]:
    """Open `number` invoices (SEED-1, …), last changed over the past month, each with its status update waiting.

    Answers the first and the last record number. Raises `ValueError` for a status that is no word of the network."""
    if status not in STATUSES:
        raise ValueError(f"status must be one of {', '.join(STATUSES)}, not {status!r}")
    with network.lock:
        made = _invoices(network, buyer, number, status)
        network.keep_all(made)
        if status != "sent":
            for invoice in made:
                kind = TYPE_OF.get(status, status)
                update = Update(kind, reference=invoice.payload_id, number=invoice.number, date=invoice.content.date)
                network.send(invoice.supplier, invoice.mode, buyer, update, invoice.number, at=invoice.updated_at)
        return made[0].id, made[-1].id


def _invoices(network: Network, buyer: Buyer, number: int, status: str) -> list[Invoice]:
    start = network.timeline.now() - DISTANCE - SPAN
    step = SPAN / max(number, 1)
    supplier = network.suppliers[buyer.config.suppliers[0].identity]
    before = len(network.invoices)
    made = []
    for index in range(1, number + 1):
        at = start + step * index
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        made.append(
            Invoice(
                id=network.next_id(),
                content=_content(f"SEED-{before + index}"),
                payload_id=documents.payload_id(at),
                supplier=supplier,
                buyer=buyer.name,
                mode="production",
                status=status,
                routing="acknowledged",
                created_at=at,
                updated_at=at,
            )
        )
    return made


def _content(number: str) -> Content:
    return Content(
        number=number, date=None, purpose="standard", operation="new", information_only=False, says_header=False,
        has_details=True, has_header_orders=False, tax_in_line=False, shipping_in_line=False, has_header_shipping=False,
        currency="USD", lines=LINES, subtotal=Decimal(100), tax=ZERO, tax_category="", charges=ZERO, gross=None,
        net=Decimal("100.00"), due=None, original_payload="", original_number="", partners=(), shipping_roles=(),
        extrinsics={}, has_comment=False, header_attachments=0, signed=False, period=None,
    )  # fmt: skip

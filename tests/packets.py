"""Small well-formed packets for tests, their sums right to the cent, built by functions so that a test names only
what it is about: `packet(number="A-1", lines=[labour(hours="8")])`.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from gateway.adapter import File, Presentation, Stamp
from gateway.packet import Packet, packet_from

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
ORDER = "4500012345"
STAMP = Stamp(reference="packet-1.1@clearbill.example", built_at=datetime(2026, 3, 9, 12, 0, tzinfo=UTC))
PLAIN = Presentation()

# A purchase order that all lines below may bill, as the sandboxes' control API takes it.
ORDER_AT_PORTAL: dict[str, Any] = {
    "number": ORDER,
    "status": "issued",
    "currency": "USD",
    "lines": [
        {
            "line": 1,
            "type": "quantity",
            "description": "Lineman ST",
            "uom": "HUR",
            "quantity": "10000",
            "price": "98.5",
        },
        {"line": 2, "type": "quantity", "description": "Mileage", "uom": "SMI", "quantity": "90000", "price": "0.67"},
        {"line": 3, "type": "amount", "description": "Materials", "amount": "500000.00"},
    ],
}


def labour(number: int = 1, hours: str = "40", rate: str = "98.50", **changes: Any) -> dict[str, Any]:
    """Straight-time hours of one worker, billed on line 1 of the order."""
    line = _line(number, "labour", "Lineman, straight time", hours, "HUR", rate, {"line": 1, "kind": "quantity"})
    line["labour"] = {
        "worker_id": "W-014",
        "classification": "Lineman",
        "pay_code": "ST",
        "timesheet_id": "TS-2026-10",
    }
    return {**line, **changes}


def mileage(number: int = 2, miles: str = "120", rate: str = "0.67", **changes: Any) -> dict[str, Any]:
    """Miles driven, billed on line 2 of the order."""
    return {**_line(number, "mileage", "Truck 7", miles, "SMI", rate, {"line": 2, "kind": "quantity"}), **changes}


def materials(number: int = 3, amount: str = "1250.00", **changes: Any) -> dict[str, Any]:
    """A lump sum, billed on the amount line 3 of the order."""
    line = _line(number, "goods", "Poles and hardware", "1", "C62", amount, {"line": 3, "kind": "amount"})
    return {**line, **changes}


def packet(number: str = "INV-1001", lines: Sequence[dict[str, Any]] | None = None, **changes: Any) -> Packet:
    """One T&M week without tax on one order; `changes` replace fields of the invoice."""
    rows = list(lines) if lines is not None else [labour(), mileage()]
    net = sum((Decimal(row["net_amount"]) for row in rows), Decimal(0))
    tax = Decimal(changes.pop("tax", "0"))
    invoice: dict[str, Any] = {
        "number": number,
        "issued_on": "2026-03-09",
        "currency": "USD",
        "orders": [{"number": ORDER}],
        "seller": {"name": "Example Line Services", "address": {"country": "US", "city": "Springfield"}},
        "buyer": {"name": "Example Power"},
        "totals": {
            "line_net": str(net),
            "tax_exclusive": str(net),
            "tax": str(tax),
            "tax_inclusive": str(net + tax),
            "payable": str(net + tax),
        },
        "lines": rows,
    }
    return packet_from(
        {
            "source_system": "tests",
            "source_id": f"tests/{number}",
            "client": "example-power",
            "generated_at": "2026-03-09T08:00:00Z",
            "invoice": {**invoice, **changes},
        }
    )


def paper(name: str = "timesheet.pdf", role: str = "timesheet", content: bytes = PDF) -> File:
    """A supporting document's bytes."""
    return File(name, "application/pdf", role, content, hashlib.sha256(content).hexdigest())


def _line(
    number: int, kind: str, description: str, quantity: str, unit: str, price: str, order: dict[str, Any]
) -> dict[str, Any]:
    net = (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"))
    return {
        "number": number,
        "kind": kind,
        "description": description,
        "quantity": quantity,
        "unit": unit,
        "unit_price": price,
        "net_amount": str(net),
        "order": order,
    }

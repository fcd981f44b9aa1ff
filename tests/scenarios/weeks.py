"""The sandbox's T&M scenarios as a supplier's invoicing system hands them over: packets in EN 16931 terms, with papers.

The scenarios are data (`adapters.ariba.sandbox.scenarios`); here is only how our side bills them.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from adapters.ariba.sandbox.scenarios import ORDER, ORDER_NUMBER, Bill, Scenario
from gateway.demo.papers import Purchase, receipt
from gateway.packet import canonical_json
from tests.packets import packet

CLIENT = "river-utility"
FIRST, ORIGINAL = "INV-1", "ORIGINAL"
PAY_CODES = {"Regular": "ST", "Overtime": "OT", "Doubletime": "DT"}
WORKER = {"worker_id": "W-014", "worker_name": "Worker 014", "classification": "Lineman"}


@dataclass(frozen=True)
class Handed:
    """A packet as it is handed over, and its papers' bytes by name."""

    values: dict[str, Any]
    files: dict[str, bytes]


def invoice_of(
    scenario: Scenario, *, sheet_hours: Mapping[str, str] | None = None, original_document: str = ""
) -> Handed:
    """The invoice or credit note of a scenario. `sheet_hours`: what its signed time sheet shows by pay code, such as
    {"ST": "40"}; None: there is no time sheet among the papers. `original_document`: the id by which a credit note
    names an invoice that nobody knows."""
    if scenario.credits:
        unknown = {"number": "INV-0001", **({"reference": original_document} if original_document else {})}
        original = {"number": ORIGINAL} if scenario.names_original else unknown
        return _handed(FIRST, scenario.lines, None, type="381", preceding=original, credit_reason="4 h too many")
    return _handed(FIRST, scenario.lines, sheet_hours)


def original_of(scenario: Scenario) -> Handed:
    """The earlier invoice that a credit note of the scenario credits."""
    return _handed(ORIGINAL, scenario.credits, {"ST": "40"})


def _handed(number: str, bills: Sequence[Bill], sheet_hours: Mapping[str, str] | None, **invoice: Any) -> Handed:
    lines = [_line(count, bill) for count, bill in enumerate(bills, 1)]
    order = {"number": ORDER_NUMBER, "payload_id": ORDER["payload_id"], "stated_date": ORDER["date"]}
    made = packet(number, lines, orders=[order], issued_on="2026-11-16", **invoice)
    values: dict[str, Any] = json.loads(canonical_json(made))
    values |= {"client": CLIENT, "generated_at": "2026-11-16T15:00:00Z", "documents": []}
    files: dict[str, bytes] = {}
    if sheet_hours is not None:
        _add(values, files, _sheet(bills, sheet_hours))
    if any(bill.document for bill in bills):
        _add(values, files, {"kind": "receipt", "name": "materials.pdf"})
    return Handed(values, files)


def _line(number: int, bill: Bill) -> dict[str, Any]:
    start, end = bill.week
    line: dict[str, Any] = {
        "number": number,
        "order": {"line": bill.order_line},
        "period": {"start": start, "end": end},
    }
    if bill.amount:
        sums = {"quantity": "1", "unit": "LS", "unit_price": bill.amount, "net_amount": bill.amount}
        return line | sums | {"kind": "goods", "description": "Poles and hardware, lump sum"}
    quantity = bill.quantity.removeprefix("-")  # a credit note states what it gives back as a positive figure
    net = (Decimal(quantity) * Decimal(bill.rate)).quantize(Decimal("0.01"))
    line |= {"quantity": quantity, "unit": bill.unit, "unit_price": bill.rate, "net_amount": str(net)}
    if not bill.pay_code:
        return line | {"kind": "mileage", "description": "Truck 7"}
    labour = WORKER | {"pay_code": PAY_CODES[bill.pay_code], "timesheet_id": bill.time_card}
    return line | {"kind": "labour", "description": f"Lineman, {bill.pay_code}", "labour": labour}


def _sheet(bills: Sequence[Bill], hours: Mapping[str, str]) -> dict[str, Any]:
    start, end = bills[0].week
    rows = [
        {"worker_id": "W-014", "classification": "Lineman", "pay_code": code, "hours": worked}
        for code, worked in hours.items()
    ]
    known = {"signed_by": "Foreman", "signed_on": end, "period": {"start": start, "end": end}, "hours": rows}
    return {"kind": "timesheet", "name": "timesheet.pdf", "timesheet_id": "TC-2026-46", **known}


def _add(values: dict[str, Any], files: dict[str, bytes], paper: dict[str, Any]) -> None:
    bought = Purchase("Placeholder Supply", date(2026, 11, 12), str(paper["name"]), Decimal("1250.00"))
    content = receipt(bought, "R-1")
    proof = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "media_type": "application/pdf"}
    values["documents"].append(paper | proof)
    files[str(paper["name"])] = content

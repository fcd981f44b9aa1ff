"""One right packet, its client's checklist and the facts around it, and small ways to spoil any of them."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

from checklists.checklist import Checklist
from checklists.facts import Facts
from gateway.order import Order, OrderLine, OrderState
from gateway.packet import OrderLineKind, Packet, packet_from

TODAY = date(2026, 3, 12)
ORDER = "4500012345"
SHEET = "TS-0412"
Spoil = Callable[[dict[str, Any]], None]

_WEEK = {"start": "2026-03-02", "end": "2026-03-08"}
_TAX = {"category": "S", "rate": "6"}


def _line(number: int, kind: str, words: str, quantity: str, unit: str, price: str, net: str) -> dict[str, Any]:
    return {
        "number": number,
        "kind": kind,
        "description": words,
        "quantity": quantity,
        "unit": unit,
        "unit_price": price,
        "net_amount": net,
        "order": {"line": number},
        "period": dict(_WEEK),
        "tax": dict(_TAX),
    }


def packet_values() -> dict[str, Any]:
    """A week's invoice with every paper, as JSON values: labour, miles and a lump of expenses on one order."""
    labour = _line(10, "labour", "Lineman, straight time", "40", "HUR", "95.00", "3800.00")
    labour["order"]["line"] = 1
    labour["labour"] = {
        "worker_id": "W-014",
        "worker_name": "Worker 014",
        "classification": "Lineman",
        "pay_code": "ST",
        "timesheet_id": SHEET,
    }
    miles = _line(20, "mileage", "Crew truck", "120", "SMI", "0.70", "84.00")
    miles["order"]["line"] = 2
    lump = _line(30, "expense", "Reimbursed expenses", "1", "EA", "55.25", "55.25")
    lump["order"] |= {"line": 3, "kind": "amount"}
    paper = {"media_type": "application/pdf", "sha256": "0" * 64, "size": 40_000}
    hours = {"worker_id": "W-014", "classification": "Lineman", "pay_code": "ST", "hours": "40"}
    signed = {"signed_by": "Foreman", "signed_on": "2026-03-09", "period": dict(_WEEK)}
    return {
        "source_system": "billing",
        "source_id": "RB-1",
        "client": "test-utility",
        "generated_at": "2026-03-11T17:00:00Z",
        "invoice": {
            "number": "TU-1001",
            "issued_on": "2026-03-11",
            "currency": "USD",
            "buyer_reference": "Region 4",
            "orders": [{"number": ORDER}],
            "seller": {"name": "Field Services LLC"},
            "buyer": {"name": "Test Utility"},
            "period": dict(_WEEK),
            "payment_terms": {"net_days": 45},
            "totals": {
                "line_net": "3939.25",
                "tax_exclusive": "3939.25",
                "tax": "236.36",
                "tax_inclusive": "4175.61",
                "payable": "4175.61",
            },
            "tax_breakdown": [dict(_TAX) | {"taxable_amount": "3939.25", "tax_amount": "236.36"}],
            "lines": [labour, miles, lump],
            "custom_fields": [{"name": "Work order", "value": "WO-778"}],
        },
        "documents": [
            paper | {"kind": "invoice_pdf", "name": "TU-1001_invoice.pdf"},
            paper
            | {"kind": "timesheet", "name": "TU-1001_sheet.pdf", "timesheet_id": SHEET, "hours": [hours]}
            | signed,
            paper | {"kind": "acceptance_form", "name": "TU-1001_acceptance.pdf"} | signed,
        ],
    }


def packet(*spoils: Spoil) -> Packet:
    """The right packet after these changes to its values."""
    values = packet_values()
    for spoil in spoils:
        spoil(values)
    return packet_from(values)


def put(pointer: str, value: Any) -> Spoil:
    """Sets the value at a JSON pointer; None takes the key or entry away."""

    def spoil(values: dict[str, Any]) -> None:
        *way, last = pointer[1:].split("/")
        place: Any = values
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
        key: Any = int(last) if isinstance(place, list) else last
        if value is None:
            del place[key]
        else:
            place[key] = deepcopy(value)

    return spoil


def all_of(*spoils: Spoil) -> Spoil:
    """Several changes as one."""

    def spoil(values: dict[str, Any]) -> None:
        for each in spoils:
            each(values)

    return spoil


CREDIT_NOTE = all_of(
    put("/invoice/type", "381"),
    put("/invoice/preceding", {"number": "TU-0990"}),
    put("/invoice/credit_reason", "Hours billed twice"),
)

TAX_BY_LINE = all_of(
    put("/invoice/lines/0/tax/amount", "228.00"),
    put("/invoice/lines/1/tax/amount", "5.04"),
    put("/invoice/lines/2/tax/amount", "3.32"),
)
"""Tax stated on every line of the right packet, rounded by line."""

SETTINGS: Mapping[str, Any] = {
    "client": "test-utility",
    "name": "Test Utility",
    "account": "test-coupa",
    "number": {"form": {"pattern": r"TU-\d+(-R\d+)?", "says": "TU- and digits", "example": "TU-1"}, "max_length": 12},
    "dates": {"max_backdate_days": 30},
    "orders": {
        "form": {"pattern": r"45\d{8}", "says": "45 and eight digits", "example": ORDER},
        "prefix": "45",
        "zero_pad_to": 10,
        "contract_form": {"pattern": r"MSA-\d+", "says": "MSA- and digits", "example": "MSA-1"},
        "rate_differs": "stop",
    },
    "required_fields": [{"field": "BT-10", "called": "the region", "why": "it chooses the approver"}],
    "required_custom_fields": [{"name": "Work order"}],
    "documents": [
        {"kind": "invoice_pdf"},
        {"kind": "timesheet", "for_lines": ["labour"], "signed": True, "covers_period": True, "hours_match": True},
        {"kind": "acceptance_form", "signed": True, "covers_period": True},
        {"kind": "receipt", "for_lines": ["expense"], "over": "75.00"},
    ],
    "attachments": {
        "max_count": 4,
        "max_mb_each": 2,
        "max_mb_total": "4.5",
        "advised_mb_total": 1,
        "media_types": ["application/pdf"],
        "name_form": {"pattern": r"TU-[\w.-]+", "says": "the invoice number in front", "example": "TU-1.pdf"},
    },
    "form": {"price_decimals": 3, "quantity_decimals": 2, "currencies": ["USD"], "max_lines": 3, "bill_to": "omit"},
    "units": {"allowed": ["HUR", "SMI", "EA", "DAY"], "mapping": {"HR": "HUR"}},
    "tax": {"codes": ["OH-6"], "categories": ["S", "E"]},
    "payment": {"net_days": 45},
    "charges": {"permitted": ["discount"]},
    "text": {"description_max_length": 40, "forbidden": "<>"},
    "credit_notes": {"reason_required": True},
    "cut_off": {"weekday": "friday", "hour": "17:00", "time_zone": "America/Chicago", "late_billing_days": 60},
}


def checklist(settings: Mapping[str, Any] | None = None) -> Checklist:
    """The test client's checklist, with whole sections replaced."""
    return Checklist.model_validate({**SETTINGS, **(settings or {})})


def order(**changes: Any) -> Order:
    """The order behind the right packet, with room for it; `lines` replaces its lines."""
    fields: dict[str, Any] = {"number": ORDER, "state": OrderState.open, "currency": "USD", "lines": order_lines()}
    return Order(**(fields | changes))


def order_lines(**changes: Any) -> tuple[OrderLine, ...]:
    """The order's three lines; `changes` go to the first, the labour line."""
    labour: dict[str, Any] = {
        "number": 1,
        "kind": OrderLineKind.quantity,
        "description": "Lineman, ST",
        "unit": "HUR",
        "quantity": Decimal(400),
        "price": Decimal(95),
        "amount": Decimal(38_000),
        "invoiced_quantity": Decimal(320),
        "invoiced_amount": Decimal(30_400),
    }
    quantity, amount = OrderLineKind.quantity, OrderLineKind.amount
    return (
        OrderLine(**(labour | changes)),
        OrderLine(
            2, quantity, "Miles", "", "SMI", Decimal(2_000), Decimal("0.70"), Decimal(1_400), Decimal(0), Decimal(0)
        ),
        OrderLine(3, amount, "Expenses", "", "", None, None, Decimal(5_000), None, Decimal(4_000)),
    )


def facts(**changes: Any) -> Facts:
    """The day after the invoice, with the order in the register."""
    fields: dict[str, Any] = {"today": TODAY, "orders": {ORDER: order()}}
    return Facts(**(fields | changes))

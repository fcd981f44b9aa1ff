"""Bench 6: what a full check of a large T&M packet costs: its time sheets read from their bytes, then every rule.

A hundred labour lines of five crews, five time sheets as data with five hundred rows of hours between them, two orders
with a quarter of history, a rate card with a rise, limits, and a checklist that asks for everything. Nothing is wrong
with the packet: a check that finds nothing has looked at everything.
"""

import gc
import hashlib
import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from checklists.check import check
from checklists.checklist import Checklist
from checklists.facts import Billed, Facts, InFlight
from gateway.order import Order, OrderLine, OrderState
from gateway.packet import OrderLineKind, Packet, packet_from
from gateway.timesheets import contents, read_sheets
from tests.bench.result import Figure

_LIMIT_MS = 5.0
_CREWS, _WORKERS = 5, 10
_WEEK = date(2026, 3, 2)
_CLASSES = ("Lineman", "Foreman", "Groundman", "Operator", "Apprentice lineman")
_RATES = {"ST": Decimal("97.85"), "OT": Decimal("146.78")}
_ORDERS = ("4500012345", "4500012346")

CHECKLIST: Mapping[str, Any] = {
    "client": "bench-power",
    "name": "Bench Power",
    "account": "bench",
    "number": {"form": {"pattern": r"BP-\d{4,8}", "says": "BP- and digits", "example": "BP-10042"}, "max_length": 16},
    "dates": {"max_backdate_days": 60},
    "orders": {
        "form": {"pattern": r"45\d{8}", "says": "45 and eight more digits", "example": "4500012345"},
        "rate_differs": "stop",
        "runs_out_within_weeks": 2,
    },
    "required_fields": [
        {"field": "BT-60", "called": "the remit-to code"},
        {"field": "BG-14", "called": "the billing period"},
        {"field": "/invoice/lines/*/labour/timesheet_id", "called": "the time sheet number", "kinds": ["labour"]},
        {"field": "/invoice/lines/*/accounting_code", "called": "the cost code"},
    ],
    "required_custom_fields": [{"name": "Work order", "on": "lines"}],
    "documents": [
        {"kind": "invoice_pdf"},
        {"kind": "timesheet", "for_lines": ["labour"], "signed": True, "covers_period": True, "hours_match": True},
    ],
    "attachments": {"max_count": 20, "max_mb_total": 8, "media_types": ["application/pdf", "application/json"]},
    "labour": {
        "time_card_required": True,
        "time_card_form": {"pattern": r"TS-\d{4}", "says": "TS- and four digits", "example": "TS-0412"},
        "pay_codes": ["ST", "OT"],
    },
    "timesheets": {"read": True, "signature": "shown", "unread": "stop", "max_hours_a_day": "16"},
    "rate_card": {
        "currency": "USD",
        "multipliers": {"OT": "1.5"},
        "labour": [{"classification": name, "valid_from": "2025-01-01", "ST": "95.00"} for name in _CLASSES],
        "escalations": [{"day": "2026-01-01", "percent": "3"}],
        "weekly_caps": [{"pay_codes": ["ST"], "hours": "40"}, {"hours": "60"}],
    },
    "form": {"price_decimals": 3, "quantity_decimals": 2, "currencies": ["USD"], "max_lines": 500, "bill_to": "omit"},
    "units": {"allowed": ["HUR", "DAY", "SMI", "EA"]},
    "tax": {"codes": ["OH-6"], "categories": ["S"]},
    "payment": {"net_days": 45},
    "charges": {"permitted": []},
    "text": {"description_max_length": 255, "forbidden": "<>"},
    "cut_off": {"weekday": "friday", "hour": "17:00", "time_zone": "America/Chicago", "late_billing_days": 60},
}


def preflight(folder: Path, *, quick: bool) -> list[Figure]:
    """The median over many checks of one packet, in milliseconds of processor time (a check waits for nothing)."""
    wanted = Checklist.model_validate(CHECKLIST)
    packet, files = _packet()
    facts = _facts(packet)
    content_of = contents(packet, files)

    def full() -> None:
        sheets = read_sheets(packet, wanted, content_of)
        known = Facts(today=facts.today, orders=facts.orders, in_flight=facts.in_flight, sheets=sheets,
                      billed_before=facts.billed_before)  # fmt: skip
        found = check(packet, wanted, known)
        assert not found, found[0].sentence

    def reading() -> None:
        assert len(read_sheets(packet, wanted, content_of)) == _CREWS

    rounds = 20 if quick else 500
    whole, sheets = _median_ms(full, rounds), _median_ms(reading, rounds)
    lines, hours = len(packet.invoice.lines), 5 * len(packet.invoice.lines)
    what = f"full check, {lines} lines, {_CREWS} time sheets of {hours} rows"
    return [
        # The limit is for a machine that is not busy, so that a quick run, which shows that benches work, has none.
        Figure("preflight", what, whole, "ms", None if quick else _LIMIT_MS, "median, processor time"),
        Figure("preflight", "reading the time sheets alone", sheets, "ms", told="median, processor time"),
    ]


def _median_ms(act: Callable[[], None], rounds: int) -> float:
    act()
    gc.collect()
    taken = []
    for _ in range(rounds):
        began = time.thread_time()
        act()
        taken.append(time.thread_time() - began)
    return 1_000 * statistics.median(taken)


# --- the packet ---------------------------------------------------------------------------------------------------


def _worked() -> Iterator[tuple[int, int, str, str, Decimal]]:
    """Crew, worker, classification, pay code and hours of a day, for every line."""
    for crew in range(_CREWS):
        for worker in range(_WORKERS):
            for code, hours in (("ST", Decimal(8)), ("OT", Decimal("1.5"))):
                yield crew, worker, _CLASSES[worker % len(_CLASSES)], code, hours


def _packet() -> tuple[Packet, Mapping[str, bytes]]:
    lines = [_line(number, *row) for number, row in enumerate(_worked(), start=1)]
    net = sum((Decimal(line["net_amount"]) for line in lines), Decimal(0))
    tax = (net * 6 / 100).quantize(Decimal("0.01"))
    files = {f"TS-{crew:04}.json": _sheet(crew) for crew in range(_CREWS)}
    invoice = {
        "number": "BP-10042",
        "issued_on": "2026-03-11",
        "currency": "USD",
        "orders": [{"number": number} for number in _ORDERS],
        "seller": {"name": "Field Services LLC"},
        "buyer": {"name": "Bench Power"},
        "remit_to": {"name": "Field Services LLC", "code": "RT-1"},
        "period": _days(),
        "payment_terms": {"net_days": 45},
        "totals": {
            "line_net": str(net),
            "tax_exclusive": str(net),
            "tax": str(tax),
            "tax_inclusive": str(net + tax),
            "payable": str(net + tax),
        },
        "tax_breakdown": [{"category": "S", "rate": "6", "taxable_amount": str(net), "tax_amount": str(tax)}],
        "lines": lines,
    }
    pdf = {
        "kind": "invoice_pdf",
        "name": "BP-10042.pdf",
        "media_type": "application/pdf",
        "sha256": "0" * 64,
        "size": 9,
    }
    papers = [pdf, *(_paper(name, content) for name, content in files.items())]
    whole = {
        "source_system": "bench",
        "source_id": "1",
        "client": "bench-power",
        "generated_at": "2026-03-11T17:00:00Z",
        "invoice": invoice,
        "documents": papers,
    }
    return packet_from(whole), {"BP-10042.pdf": b"%PDF-1.7\n", **files}


def _days() -> dict[str, str]:
    return {"start": str(_WEEK), "end": str(_WEEK + timedelta(days=6))}


def _line(number: int, crew: int, worker: int, name: str, code: str, hours: Decimal) -> dict[str, Any]:
    total = 5 * hours
    return {
        "number": number,
        "kind": "labour",
        "description": f"{name}, {code}, crew {crew}",
        "quantity": str(total),
        "unit": "HUR",
        "unit_price": str(_RATES[code]),
        "net_amount": str((total * _RATES[code]).quantize(Decimal("0.01"))),
        "order": {"number": _ORDERS[crew % 2], "line": 1 if code == "ST" else 2},
        "period": _days(),
        "tax": {"category": "S", "rate": "6", "code": "OH-6"},
        "accounting_code": "CC-4410",
        "custom_fields": [{"name": "Work order", "value": f"WO-{crew}"}],
        "labour": {
            "worker_id": f"W-{crew}{worker:02}",
            "worker_name": f"Worker {crew}{worker:02}",
            "classification": name,
            "pay_code": code,
            "timesheet_id": f"TS-{crew:04}",
        },
    }


def _sheet(crew: int) -> bytes:
    entries = [
        {
            "worker_id": f"W-{crew}{worker:02}",
            "worker_name": f"Worker {crew}{worker:02}",
            "classification": name,
            "pay_code": code,
            "day": str(_WEEK + timedelta(days=day)),
            "hours": str(hours),
        }
        for of, worker, name, code, hours in _worked()
        for day in range(5)
        if of == crew
    ]
    signed = {"signed_by": "R. Foreman", "signed_on": "2026-03-09"}
    return json.dumps({"timesheet": f"TS-{crew:04}", "period": _days(), **signed, "entries": entries}).encode()


def _paper(name: str, content: bytes) -> dict[str, Any]:
    return {
        "kind": "timesheet",
        "name": name,
        "media_type": "application/json",
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "timesheet_id": name.removesuffix(".json"),
    }


def _facts(packet: Packet) -> Facts:
    """Two orders with twenty lines each and room for a year, and an invoice a week on them for a quarter."""
    before = tuple(
        Billed(_WEEK - timedelta(weeks=week), line, Decimal(9_000)) for week in range(1, 13) for line in (1, 2)
    )
    return Facts(
        today=date(2026, 3, 12),
        orders={number: _order(number) for number in _ORDERS},
        in_flight={number: InFlight(Decimal(9_000), {1: Decimal(9_000)}, {1: Decimal(92)}) for number in _ORDERS},
        billed_before=dict.fromkeys(_ORDERS, before),
    )


def _order(number: str) -> Order:
    prices = {1: _RATES["ST"], 2: _RATES["OT"]}
    rows = tuple(
        OrderLine(
            line,
            OrderLineKind.quantity,
            f"Labour {line}",
            unit="HUR",
            quantity=Decimal(100_000),
            price=prices.get(line, Decimal(100)),
            amount=100_000 * prices.get(line, Decimal(100)),
            invoiced_quantity=Decimal(2_000),
            invoiced_amount=2_000 * prices.get(line, Decimal(100)),
        )
        for line in range(1, 21)
    )
    return Order(number, OrderState.open, "USD", rows, valid_to=date(2026, 12, 31))

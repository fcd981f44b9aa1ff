"""Packets that hypothesis draws: always valid, and their sums always right, whatever else is odd about them.

`packets()` covers goods, services and time and materials; one order, several, a contract, nothing behind a line; tax of
several categories, header and line allowances and charges, credit notes, documents. Amounts have the decimals that
their currency has. Tax is rounded once per category and rate (BG-23); the lines and charges under it share it out to
the smallest unit, so that tax by line adds up to tax in the header.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import strategies as st

from gateway.currency import CURRENCIES
from gateway.packet import Packet, packet_from

Draw = Callable[[st.SearchStrategy[Any]], Any]
Values = dict[str, Any]

# Everything that a packet's text may hold, with what XML finds special made likely.
_CHARACTERS = st.one_of(
    st.sampled_from("&<>'\"]äß€漢🙂"),
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
)
one_line_texts = st.text(_CHARACTERS, min_size=1, max_size=40).map(str.strip).filter(bool)
texts = st.text(st.one_of(_CHARACTERS, st.just("\n")), max_size=100)
codes = st.from_regex(r"[A-Z0-9][A-Z0-9-]{0,11}", fullmatch=True)
days = st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 6, 30))
currencies = st.sampled_from(["USD", "USD", "USD", "CAD", "EUR", "GBP", "JPY", "BHD"])

TAXES = (
    None,
    {"category": "S", "rate": "8.25"},
    {"category": "S", "rate": "20", "code": "GB-20"},
    {"category": "S", "rate": "7"},
    {"category": "Z", "rate": "0"},
    {"category": "E", "rate": "0", "code": "EXEMPT"},
    {"category": "AE", "rate": "0"},
)
KINDS = ("goods", "service", "labour", "equipment", "expense", "mileage", "per_diem")
UNITS = {"goods": "EA", "labour": "HUR", "equipment": "HUR", "mileage": "SMI", "per_diem": "DAY"}
PLACES_OF_ADJUSTMENTS = (
    *(("charge", "shipping"), ("charge", "handling"), ("allowance", "discount")) * 4,
    ("charge", "other"),
    ("allowance", "other"),
)
"""Mostly what portals have a place for; "other" now and then."""


@dataclass(frozen=True)
class _Frame:
    """What all lines of one packet share."""

    unit: Decimal  # the currency's smallest
    orders: tuple[str, ...]
    contract: str
    taxes: tuple[Values | None, ...]


@st.composite
def packets(draw: Draw, *, max_lines: int = 6) -> Packet:
    """One valid packet of 1 to `max_lines` lines."""
    currency = draw(currencies)
    orders = draw(st.lists(codes, max_size=3, unique=True))
    frame = _Frame(
        unit=Decimal(1).scaleb(-CURRENCIES[currency]),
        orders=tuple(orders),
        contract=draw(st.sampled_from(["", "MSA-2026-7"])),
        taxes=tuple(draw(st.lists(st.sampled_from(TAXES), min_size=1, max_size=3))),
    )
    lines = [_line(draw, number, frame) for number in range(1, draw(st.integers(1, max_lines)) + 1)]
    adjustments = [_adjustment(draw, frame, taxed=True) for _ in range(draw(st.sampled_from([0, 0, 1, 2])))]
    breakdown = _tax_shared_out(lines, adjustments, frame)
    invoice = {
        "number": draw(codes),
        "issued_on": draw(days).isoformat(),
        "currency": currency,
        "orders": [{"number": number} for number in orders],
        "contract_number": frame.contract,
        "lines": lines,
        "adjustments": adjustments,
        "tax_breakdown": breakdown,
        "totals": _totals(draw, lines, adjustments, breakdown, frame),
        **_parties(draw),
        **_frills(draw),
    }
    return packet_from(
        {
            "source_system": "erp",
            "source_id": draw(codes),
            "client": draw(st.sampled_from(["northgrid", "riverside-power", "valley_water"])),
            "generated_at": f"{invoice['issued_on']}T18:00:00Z",
            "invoice": invoice,
            "documents": _documents(draw),
        }
    )


def _line(draw: Draw, number: int, frame: _Frame) -> Values:
    kind = draw(st.sampled_from(KINDS))
    quantity = Decimal(draw(st.integers(1, 99_999))).scaleb(-draw(st.integers(0, 3)))
    price = Decimal(draw(st.integers(0, 99_999))).scaleb(-draw(st.integers(0, 4)))
    base = draw(st.sampled_from([1, 1, 1, 1, 10, 100]))
    adjustments = [_adjustment(draw, frame, taxed=False) for _ in range(draw(st.sampled_from([*[0] * 8, 1, 2])))]
    net = (quantity * price / base).quantize(frame.unit, ROUND_HALF_UP) + _signed(adjustments)
    line: Values = {
        "number": number,
        "kind": kind,
        "description": draw(one_line_texts),
        "quantity": str(quantity),
        "unit": UNITS.get(kind, "C62"),
        "unit_price": format(price, "f"),
        "price_base_quantity": str(base),
        "net_amount": format(net, "f"),
        "adjustments": adjustments,
        "part_number": draw(st.sampled_from(["", "RELAY-11", "TEST & GEAR"])),
        "note": draw(st.one_of(st.just(""), texts)),
        "custom_fields": draw(st.sampled_from([[], [{"name": "cost-code", "value": "A<1>"}]])),
        "accounting_code": draw(st.sampled_from(["", "", "6100-200"])),
        **_backing(draw, number, frame),
    }
    tax = draw(st.sampled_from(frame.taxes))
    if tax:
        line["tax"] = dict(tax)
    if kind == "labour":
        line["labour"] = {
            "worker_id": draw(codes),
            "worker_name": draw(st.one_of(st.just(""), one_line_texts)),
            "classification": draw(one_line_texts),
            "pay_code": draw(st.sampled_from(["ST", "OT", "DT"])),
            "timesheet_id": draw(st.sampled_from(["", "TS-0117"])),
        }
    if draw(st.booleans()):
        line["period"] = _period(draw)
    return line


def _backing(draw: Draw, number: int, frame: _Frame) -> Values:
    """An order line, a contract of its own, or whatever stands behind the invoice."""
    choice = draw(st.sampled_from([*["order"] * 9, "contract", "invoice"]))
    if choice == "order" and frame.orders:
        order: Values = {
            "number": draw(st.sampled_from(frame.orders)),
            "line": draw(st.sampled_from([*[number] * 9, None])),
            "kind": draw(st.sampled_from(["quantity", "amount", None])),
        }
        return {"order": order}
    return {"contract_number": "MSA-LINE"} if choice == "contract" else {}


def _adjustment(draw: Draw, frame: _Frame, *, taxed: bool) -> Values:
    kind, purpose = draw(st.sampled_from(PLACES_OF_ADJUSTMENTS))
    amount = draw(st.integers(0, 5_000)) * frame.unit
    adjustment: Values = {"kind": kind, "purpose": purpose, "amount": format(amount, "f")}
    tax = draw(st.sampled_from(frame.taxes)) if taxed else None
    return {**adjustment, "tax": dict(tax)} if tax else adjustment


def _signed(adjustments: list[Values]) -> Decimal:
    return sum((Decimal(item["amount"]) * (1 if item["kind"] == "charge" else -1) for item in adjustments), Decimal(0))


def _tax_shared_out(lines: list[Values], adjustments: list[Values], frame: _Frame) -> list[Values]:
    """The breakdown; every taxed line and charge gets its share of each rounded sum, by largest remainder."""
    groups: dict[tuple[str, str, str], list[tuple[Values, Decimal]]] = {}
    taxed = [(line, Decimal(line["net_amount"])) for line in lines] + [(item, _signed([item])) for item in adjustments]
    for holder, net in taxed:
        if "tax" in holder:
            tax = holder["tax"]
            groups.setdefault((tax["category"], tax["rate"], tax.get("code", "")), []).append((holder, net))
    breakdown = []
    for (category, rate, code), members in groups.items():
        taxable = sum((net for _, net in members), Decimal(0))
        amount = (taxable * Decimal(rate) / 100).quantize(frame.unit, ROUND_HALF_UP)
        _share(members, Decimal(rate), amount, frame.unit)
        entry = {"category": category, "rate": rate, "code": code}
        breakdown.append({**entry, "taxable_amount": format(taxable, "f"), "tax_amount": format(amount, "f")})
    return breakdown


def _share(members: list[tuple[Values, Decimal]], rate: Decimal, amount: Decimal, unit: Decimal) -> None:
    exact = [net * rate / 100 for _, net in members]
    shares = [part.quantize(unit, ROUND_FLOOR) for part in exact]
    left = int((amount - sum(shares, Decimal(0))) / unit)
    by_remainder = sorted(range(len(members)), key=lambda index: shares[index] - exact[index])
    for place in range(left):
        shares[by_remainder[place % len(members)]] += unit
    for (holder, _), share in zip(members, shares, strict=True):
        # A header allowance carries its tax unsigned, as it does its amount.
        holder["tax"]["amount"] = format(abs(share) if holder.get("kind") == "allowance" else share, "f")


def _totals(
    draw: Draw, lines: list[Values], adjustments: list[Values], breakdown: list[Values], frame: _Frame
) -> Values:
    def of(kind: str) -> Decimal:
        return sum((Decimal(item["amount"]) for item in adjustments if item["kind"] == kind), Decimal(0))

    line_net = sum((Decimal(line["net_amount"]) for line in lines), Decimal(0))
    exclusive = line_net - of("allowance") + of("charge")
    tax = sum((Decimal(entry["tax_amount"]) for entry in breakdown), Decimal(0))
    paid = draw(st.sampled_from([0, 0, 0, 250])) * frame.unit
    values = {
        "line_net": line_net,
        "allowances": of("allowance"),
        "charges": of("charge"),
        "tax_exclusive": exclusive,
        "tax": tax,
        "tax_inclusive": exclusive + tax,
        "paid": paid,
        "payable": exclusive + tax - paid,
    }
    return {name: format(value, "f") for name, value in values.items()}


def _parties(draw: Draw) -> Values:
    address = {"lines": ["1 Line Road"], "city": "Tulsa", "subdivision": "OK", "post_code": "74101", "country": "US"}
    seller = {"name": draw(one_line_texts), "vat_id": draw(st.sampled_from(["", "GB123456789"])), "address": address}
    parties: Values = {"seller": seller, "buyer": {"name": draw(one_line_texts)}}
    for role in ("remit_to", "bill_to", "ship_from", "ship_to"):
        if draw(st.sampled_from([False, False, True])):
            parties[role] = {"name": draw(one_line_texts), "code": draw(st.sampled_from(["", "RT-1"]))}
    return parties


def _frills(draw: Draw) -> Values:
    """What an invoice may say or leave out, sums untouched."""
    frills: Values = {"note": draw(texts), "type": draw(st.sampled_from(["380", "380", "380", "381"]))}
    if frills["type"] == "381" or draw(st.booleans()):
        frills["preceding"] = {"number": "INV-0", "issued_on": "2025-12-31", "reference": "doc-0@erp"}
        frills["credit_reason"] = draw(st.sampled_from(["", "Hours billed twice"]))
    if draw(st.booleans()):
        frills["period"] = _period(draw)
    if draw(st.booleans()):
        frills["payment_terms"] = {"net_days": 30, "discounts": [{"days": 10, "percent": "2"}], "code": "N30"}
    if draw(st.booleans()):
        frills["custom_fields"] = [{"name": "work-order", "value": draw(texts)}]
    return frills


def _period(draw: Draw) -> Values:
    first, second = sorted([draw(days), draw(days)])
    return {"start": first.isoformat(), "end": second.isoformat()}


def _documents(draw: Draw) -> list[Values]:
    names = draw(st.lists(st.sampled_from(["invoice.pdf", "week 10.pdf", "Stundenzettel ü.pdf"]), unique=True))
    kinds = st.sampled_from(["invoice_pdf", "timesheet", "acceptance_form", "receipt", "other"])
    return [
        {
            "kind": draw(kinds),
            "name": name,
            "media_type": "application/pdf",
            "sha256": hashlib.sha256(bytes_of(name)).hexdigest(),
            "size": len(bytes_of(name)),
        }
        for name in names
    ]


def bytes_of(name: str) -> bytes:
    """The bytes that a drawn packet's document of this name stands for."""
    return b"%PDF-1.7\n" + name.encode() * 20

"""From a crew's week to an invoice in EN 16931 terms and its papers, summed to the cent.

A `Draft` is one packet in the making. `invoice_of` writes the invoice as a supplier's system would (decimals as text),
`documents_of` the papers with their hashes.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from gateway.demo import papers
from gateway.demo.clients import REMIT_TO, SELLER, Client
from gateway.demo.orders import PAY_WORDS
from gateway.demo.weeks import Entry, Week
from gateway.packet import plain_decimal

Verb = Literal["fault", "refuse", "orders", "order", "status", "dispute", "hold"]
When = Literal["before_sending", "after_receipt"]
End = Literal["accepted", "held", "stopped", "refused_at_intake"]
Script = tuple[Verb, Mapping[str, Any], When, str]

CENT = Decimal("0.01")


@dataclass(slots=True)
class Draft:
    """One packet in the making; troubles change it before it is written out.

    `entries` are what is billed. `printed_orders` gives the number our system prints for a true purchase order, where
    that differs. `extra` holds invoice fields beyond the usual, `spoil` a last change after everything was summed up.
    `approved`: what the client's own time cards say otherwise than our time sheets, in the words of the control API.
    """

    client: Client
    number: str
    source_id: str
    issued_on: date
    weeks: list[Week]
    entries: list[Entry]
    printed_orders: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    with_sheets: bool = True
    with_receipts: bool = True
    signed: bool = True
    approved: dict[str, Any] = field(default_factory=dict)
    spoil: Callable[[dict[str, Any]], None] | None = None
    script: list[Script] = field(default_factory=list)
    trouble: str = ""
    told: str = "A clean week: nothing is wrong with it."
    end: End = "accepted"
    correction: str | None = None
    after: str = ""
    last: bool = False

    @property
    def is_credit_note(self) -> bool:
        """Whether it takes back what was billed."""
        return self.extra.get("type") == "381"

    def printed(self, order: str) -> str:
        """The purchase order number as our invoicing system prints it."""
        return self.printed_orders.get(order, order)


# --- the invoice --------------------------------------------------------------------------------------------------


def invoice_of(draft: Draft) -> dict[str, Any]:
    """The invoice as JSON values, sums included."""
    client = draft.client
    orders = list(dict.fromkeys(draft.printed(entry.order) for entry in draft.entries if entry.order))
    lines = [_line(draft, number, entry, len(orders) > 1) for number, entry in enumerate(draft.entries, 1)]
    charges = [adjustment for adjustment in draft.extra.get("adjustments", ()) if adjustment["kind"] == "charge"]
    breakdown = _breakdown(client, [(line["tax"], line["net_amount"]) for line in lines], charges)
    invoice: dict[str, Any] = {
        "number": draft.number,
        "issued_on": str(draft.issued_on),
        "type": "380",
        "currency": "USD",
        "due_on": str(draft.issued_on + timedelta(days=client.net_days)),
        "orders": [{"number": number} for number in orders],
        "seller": dict(SELLER),
        "buyer": client.buyer,
        "remit_to": dict(REMIT_TO),
        "period": _period(draft.weeks),
        "payment_terms": {"net_days": client.net_days},
        "totals": _totals(lines, charges, breakdown),
        "tax_breakdown": breakdown,
        "lines": lines,
    } | draft.extra
    if draft.spoil:
        draft.spoil(invoice)
    return invoice


def _line(draft: Draft, number: int, entry: Entry, several_orders: bool) -> dict[str, Any]:
    item, week = entry.item, _week_of(draft, entry)
    by_lump = item.lump and not entry.by_the_dollar
    line: dict[str, Any] = {
        "number": number,
        "kind": item.kind,
        "description": _description(entry),
        "quantity": "1" if by_lump else plain_decimal(entry.quantity),
        "unit": entry.unit or item.unit,
        "unit_price": f"{entry.net:.2f}" if by_lump else str(item.price),
        "net_amount": f"{entry.net:.2f}",
        "part_number": item.part_number,
        "period": {"start": str(week.start), "end": str(week.end)},
        "tax": _line_tax(draft.client, item.kind, entry.net),
    }
    if entry.order:
        line["order"] = {"line": item.line}
        line["order"] |= {"number": draft.printed(entry.order)} if several_orders else {}
        line["order"] |= {"kind": entry.kind} if entry.kind else {}
    else:
        line["contract_number"] = draft.client.contract
    if entry.worker:
        line["labour"] = {
            "worker_id": entry.worker.id,
            "worker_name": entry.worker.name,
            "classification": entry.worker.classification,
            "pay_code": item.pay_code,
            "timesheet_id": entry.sheet_id,
        }
    return line


def _description(entry: Entry) -> str:
    who = f", {entry.worker.name}" if entry.worker else ""
    return f"{entry.item.description}{who}"


def _week_of(draft: Draft, entry: Entry) -> Week:
    return next((week for week in draft.weeks if any(each is entry for each in week.entries)), draft.weeks[0])


def _period(weeks: list[Week]) -> dict[str, str]:
    return {"start": str(min(week.start for week in weeks)), "end": str(max(week.end for week in weeks))}


def _line_tax(client: Client, kind: str, net: Decimal) -> dict[str, str]:
    taxed = kind in client.taxed
    rate = client.tax_rate if taxed else Decimal(0)
    tax = {"category": "S" if taxed else "E", "rate": str(rate)}
    return tax | {"amount": f"{_cents(net * rate / 100):.2f}"} if client.tax_level == "line" else tax


def _breakdown(
    client: Client, taxed: list[tuple[dict[str, str], str]], charges: list[dict[str, Any]]
) -> list[dict[str, str]]:
    """Tax by category and rate (BG-23): the rate on the sum of what it is due on, rounded half up to the cent."""
    sums: dict[tuple[str, str], Decimal] = {}
    for tax, net in [*taxed, *((charge["tax"], charge["amount"]) for charge in charges)]:
        key = (tax["category"], tax["rate"])
        sums[key] = sums.get(key, Decimal(0)) + Decimal(net)
    rows = []
    for (category, rate), taxable in sorted(sums.items()):
        amount = _cents(taxable * Decimal(rate) / 100)
        row = {"category": category, "rate": rate, "taxable_amount": f"{taxable:.2f}", "tax_amount": f"{amount:.2f}"}
        rows.append(row | ({"exemption_reason": client.exemption} if category == "E" else {}))
    return rows


def _totals(
    lines: list[dict[str, Any]], charges: list[dict[str, Any]], breakdown: list[dict[str, str]]
) -> dict[str, str]:
    net = sum((Decimal(line["net_amount"]) for line in lines), Decimal(0))
    charged = sum((Decimal(charge["amount"]) for charge in charges), Decimal(0))
    tax = sum((Decimal(row["tax_amount"]) for row in breakdown), Decimal(0))
    totals = {
        "line_net": net,
        "tax_exclusive": net + charged,
        "tax": tax,
        "tax_inclusive": net + charged + tax,
        "payable": net + charged + tax,
    }
    return {name: f"{value:.2f}" for name, value in (totals | ({"charges": charged} if charged else {})).items()}


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


# --- what the client has approved beforehand ----------------------------------------------------------------------


def time_cards_of(draft: Draft) -> list[dict[str, Any]]:
    """The client's own time cards for the weeks billed, by pay code, as `POST /_sandbox/timecards` takes them."""
    if draft.client.product != "ariba" or draft.is_credit_note:
        return []
    return [_time_card(week) | draft.approved for week in draft.weeks]


def _time_card(week: Week) -> dict[str, Any]:
    hours: dict[str, Decimal] = {}
    for row in week.rows:
        word = PAY_WORDS[row.pay_code]
        hours[word] = hours.get(word, Decimal(0)) + row.total
    return {"id": week.sheet_id, "hours": {word: plain_decimal(total) for word, total in hours.items()}}


# --- the papers ---------------------------------------------------------------------------------------------------


def documents_of(draft: Draft) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
    """The papers' bytes by file name, and the same papers as the packet lists them."""
    files: dict[str, bytes] = {}
    listed: list[dict[str, Any]] = []
    for kind, name, content, known in _papers(draft):
        files[name] = content
        proof = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        listed.append({"kind": kind, "name": name, "media_type": "application/pdf", **proof, **known})
    return files, listed


Paper = tuple[str, str, bytes, dict[str, Any]]


def _papers(draft: Draft) -> Iterator[Paper]:
    """Kind, file name, bytes, and what is known of each paper."""
    yield "invoice_pdf", f"{draft.number}_invoice.pdf", _invoice_pdf(draft), {}
    if draft.is_credit_note:
        return
    for week in draft.weeks:
        if draft.with_sheets:
            yield _sheet(draft, week)
        if draft.client.acceptance_form:
            yield _acceptance(draft, week)
        log = papers.mileage_log(SELLER["name"], week.crew, draft.number, week.trips)
        yield "mileage_log", f"{draft.number}_mileage_{week.sheet_id}.pdf", log, {"period": _period([week])}
        if not draft.with_receipts:
            continue
        if any(entry.item.kind == "goods" and entry.item.lump for entry in week.entries):
            yield _delivery_ticket(draft, week)
        for index, purchase in enumerate(week.purchases, 1):
            name = f"{draft.number}_receipt_{week.sheet_id}-{index}.pdf"
            yield "receipt", name, papers.receipt(purchase, f"{week.sheet_id}-{index}"), {}


def _sheet(draft: Draft, week: Week) -> Paper:
    signed_on = week.end + timedelta(days=1)
    sheet = papers.TimeSheet(
        sheet_id=week.sheet_id,
        firm=SELLER["name"],
        client=draft.client.name,
        order=draft.printed(week.entries[0].order),
        crew=f"{week.crew}: {week.work}",
        week=week.start,
        rows=tuple(week.rows),
        signed_by=week.foreman if draft.signed else "",
        signed_on=signed_on if draft.signed else None,
    )
    hours = [
        {
            "worker_id": row.worker_id,
            "classification": row.classification,
            "pay_code": row.pay_code,
            "hours": plain_decimal(row.total),
        }
        for row in week.rows
    ]
    known: dict[str, Any] = {"timesheet_id": week.sheet_id, "period": _period([week]), "hours": hours}
    known |= {"signed_by": week.foreman, "signed_on": str(signed_on)} if draft.signed else {}
    return "timesheet", f"{draft.number}_timesheet_{week.sheet_id}.pdf", papers.time_sheet(sheet), known


def _delivery_ticket(draft: Draft, week: Week) -> Paper:
    """What proves the lump of materials."""
    amount = sum((entry.net for entry in week.entries if entry.item.kind == "goods"), Decimal(0))
    bought = papers.Purchase("Placeholder Line Supply", week.start + timedelta(days=2), "Poles and hardware", amount)
    reference = f"{week.sheet_id}-M"
    return "receipt", f"{draft.number}_materials_{week.sheet_id}.pdf", papers.receipt(bought, reference), {}


def _acceptance(draft: Draft, week: Week) -> Paper:
    signer, signed_on = f"Inspector, {draft.client.name}", week.end + timedelta(days=1)
    form = papers.acceptance_form(
        SELLER["name"], draft.client.name, draft.number, week.work, week.start, signer, signed_on
    )
    known = {"signed_by": signer, "signed_on": str(signed_on), "period": _period([week])}
    return "acceptance_form", f"{draft.number}_acceptance_{week.sheet_id}.pdf", form, known


def _invoice_pdf(draft: Draft) -> bytes:
    invoice = invoice_of(draft)
    orders = ", ".join(order["number"] for order in invoice["orders"])
    period = invoice["period"]
    facts = [
        ("Purchase order", orders) if orders else ("Contract", draft.client.contract),
        ("Work period", f"{period['start']} to {period['end']}"),
        ("Terms", f"Net {draft.client.net_days} days"),
    ]
    if draft.is_credit_note:
        facts.insert(0, ("Credits invoice", invoice["preceding"]["number"]))
    return papers.invoice_paper(
        papers.InvoicePage(
            title="Credit note" if draft.is_credit_note else "Invoice",
            number=draft.number,
            issued_on=draft.issued_on,
            seller=_printed_party(SELLER),
            buyer=_printed_party(invoice["buyer"]),
            facts=facts,
            lines=[_printed_line(line) for line in invoice["lines"]],
            totals=_printed_totals(invoice),
        )
    )


def _printed_party(party: Mapping[str, Any]) -> list[str]:
    address = party["address"]
    town = f"{address['city']}, {address['subdivision']} {address['post_code']}"
    return [party["name"], *address["lines"], town, party["email"]]


def _printed_line(line: dict[str, Any]) -> tuple[str, ...]:
    place = str(line["order"]["line"]) if "order" in line else ""
    amounts = (line["quantity"], line["unit"], line["unit_price"], f"{Decimal(line['net_amount']):,.2f}")
    return (str(line["number"]), place, line["description"], *amounts)


def _printed_rate(row: Mapping[str, str]) -> str:
    return "Exempt from tax," if row["category"] == "E" else f"Tax {row['rate']} %"


def _printed_totals(invoice: dict[str, Any]) -> list[tuple[str, str]]:
    totals = invoice["totals"]
    rows = [("Lines", totals["line_net"])]
    rows += [(adjustment["reason"], adjustment["amount"]) for adjustment in invoice.get("adjustments", ())]
    rows += [
        (f"{_printed_rate(row)} on {Decimal(row['taxable_amount']):,.2f}", row["tax_amount"])
        for row in invoice["tax_breakdown"]
    ]
    rows.append((f"Total {invoice['currency']}", totals["payable"]))
    return [(name, f"{Decimal(value):,.2f}") for name, value in rows]

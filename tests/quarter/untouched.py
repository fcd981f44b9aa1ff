"""What no machine may touch, looked at from outside: money, quantities, rates, hours, days and parties of an invoice,
before and after every change that a rule has made.

This is written against the packet's JSON and knows nothing of `gateway.changes`: what is compared is everything that
is not expressly a reference, a code, a text or a paper's file.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.house import House
from gateway.packet import canonical_json
from gateway.store import packets
from gateway.store.tables import packet as packet_table

MAY_CHANGE = {
    "packet": {"documents"},
    "invoice": {"number", "orders", "bill_to", "note", "buyer_reference", "custom_fields", "project_reference"},
    "line": {"order", "unit", "description", "part_number", "accounting_code", "custom_fields"},
    "tax": {"category", "code", "exemption_reason"},
    "terms": {"code"},
    "remit_to": {"code"},
    "paper": {"name", "media_type", "sha256", "size"},
}
"""Names of values that are references, codes, texts and files. Everything else is compared."""


@dataclass(frozen=True, slots=True)
class MachineChange:
    """One revision that a rule made: its rules, what differs although it must not, and whether the totals agree."""

    packet_id: str
    revision: int
    rules: tuple[str, ...]
    differs: tuple[str, ...]
    totals: tuple[Decimal, Decimal]

    @property
    def wrong(self) -> tuple[str, ...]:
        """What must not be, in words; empty as it should."""
        moved = (
            () if self.totals[0] == self.totals[1] else (f"the total went from {self.totals[0]} to {self.totals[1]}",)
        )
        by = f"{self.packet_id}, revision {self.revision} by {'+'.join(self.rules)}"
        return tuple(f"{by}: {what}" for what in (*self.differs, *moved))


def machine_changes(house: House) -> Iterator[MachineChange]:
    """Every change by rule in the whole database, oldest packet first."""
    with house.database.read() as tx:
        for record in packets.listed(tx, packet_table.c.revision > 1, limit=100_000):
            for row in packets.revisions(tx, record.id):
                if row.n > 1 and row.author.startswith("rule:"):
                    before = json.loads(canonical_json(packets.body(tx, record.id, row.n - 1)))
                    after = json.loads(canonical_json(packets.body(tx, record.id, row.n)))
                    rules = tuple(str(row.rule).split("+"))
                    yield MachineChange(record.id, row.n, rules, differing(before, after), (due(before), due(after)))


def differing(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    """The places that must be the same and are not."""
    one, other = dict(_fixed(before)), dict(_fixed(after))
    return tuple(sorted(place for place in one.keys() | other.keys() if one.get(place) != other.get(place)))


def due(values: dict[str, Any]) -> Decimal:
    """What the invoice comes to by its own lines, charges and tax."""
    invoice = values["invoice"]
    charges = sum(
        (Decimal(one["amount"]) * (1 if one["kind"] == "charge" else -1) for one in invoice.get("adjustments", ())),
        Decimal(0),
    )
    tax = sum((Decimal(row["tax_amount"]) for row in invoice.get("tax_breakdown", ())), Decimal(0))
    lines = sum((Decimal(line["net_amount"]) for line in invoice["lines"]), Decimal(0))
    assert lines + charges + tax == Decimal(invoice["totals"]["tax_inclusive"])
    return lines + charges + tax


def _fixed(values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Place -> value of everything that is not in the table above; so many lines, so many papers."""
    invoice = values["invoice"]
    yield from _without(values, "packet", {"invoice"}, "")
    yield from _without(invoice, "invoice", {"lines", "remit_to", "payment_terms", "tax_breakdown"}, "invoice.")
    yield from _without(invoice.get("remit_to") or {}, "remit_to", set(), "invoice.remit_to.")
    yield from _without(invoice.get("payment_terms") or {}, "terms", set(), "invoice.payment_terms.")
    yield "lines", len(invoice["lines"])
    sheets = [one for one in values.get("documents", ()) if one.get("timesheet_id")]
    yield "sheets", sorted(json.dumps({**one, **dict.fromkeys(MAY_CHANGE["paper"])}, sort_keys=True) for one in sheets)
    for at, row in enumerate(invoice.get("tax_breakdown", ())):
        yield from _without(row, "tax", set(), f"tax_breakdown.{at}.")
    for at, line in enumerate(invoice["lines"]):
        yield from _without(line, "line", {"tax"}, f"lines.{at}.")
        yield from _without(line.get("tax") or {}, "tax", set(), f"lines.{at}.tax.")


def _without(values: dict[str, Any], table: str, apart: set[str], where: str) -> Iterator[tuple[str, Any]]:
    left_out = MAY_CHANGE[table] | apart
    return ((where + name, value) for name, value in values.items() if name not in left_out)

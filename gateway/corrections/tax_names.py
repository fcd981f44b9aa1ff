"""Tax categories and codes in the client's own names; what is owed stays as it is."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from checklists.sections import TaxRules
from gateway.corrections.rule import Context, Rule, with_invoice
from gateway.packet import Adjustment, LineTax, Packet, TaxBreakdown
from gateway.verdict import Reason, ReasonCode

_Tax = TypeVar("_Tax", LineTax, TaxBreakdown)


def _named_taxes(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Categories and codes written as the client writes them, in the breakdown, the lines and the charges alike.

    Not where two entries of the breakdown would then be one: their sums are a person's to draw together."""
    invoice, rules = packet.invoice, context.checklist.tax
    breakdown = tuple(_named(entry, rules) for entry in invoice.tax_breakdown)
    if len({_key(entry) for entry in breakdown}) != len({_key(entry) for entry in invoice.tax_breakdown}):
        return None
    lines = tuple(
        line.model_copy(
            update={
                "tax": _named(line.tax, rules) if line.tax else None,
                "adjustments": _in_adjustments(line.adjustments, rules),
            }
        )
        for line in invoice.lines
    )
    adjustments = _in_adjustments(invoice.adjustments, rules)
    return with_invoice(packet, tax_breakdown=breakdown, lines=lines, adjustments=adjustments)


def _in_adjustments(adjustments: Iterable[Adjustment], rules: TaxRules) -> tuple[Adjustment, ...]:
    return tuple(one.model_copy(update={"tax": _named(one.tax, rules)}) if one.tax else one for one in adjustments)


def _named(tax: _Tax, rules: TaxRules) -> _Tax:
    category = rules.mapping.get(tax.category, tax.category)
    named = rules.code_for(category, tax.rate)
    taken = tax.code in rules.codes if rules.codes else tax.code in {one.code for one in rules.names}
    code = named if named and not taken else tax.code
    return tax.model_copy(update={"category": category, "code": code})


def _key(entry: TaxBreakdown) -> tuple[object, ...]:
    return entry.category, entry.rate, entry.code


RULES: tuple[Rule, ...] = (
    Rule(
        code="tax_names",
        serves=frozenset({ReasonCode.tax_mismatch}),
        licence=tuple(
            f"{place}/{name}"
            for place in (
                "/invoice/tax_breakdown/*",
                "/invoice/adjustments/*/tax",
                "/invoice/lines/*/tax",
                "/invoice/lines/*/adjustments/*/tax",
            )
            for name in ("category", "code")
        ),
        says="Tax categories and codes are written as the client writes them; rates and amounts are as they were.",
        source="client's checklist, tax.mapping and tax.names; Coupa, cXML invoices: TaxDetail category and rate must "
        "be set up at the buyer's",
        apply=_named_taxes,
    ),
)

"""Allowances and charges one by one (Modification), and the totals that go with them.

GrossAmount stands before modifications, NetAmount after them (InvoiceDetail.dtd: gross is "before discounts and
adjustments", net what remains after both). TotalCharges and TotalAllowances add up the modifications; shipping,
handling and discounts have elements of their own and enter TotalAmountWithoutTax alone (InvoiceDetail.dtd).
"""

from collections.abc import Sequence
from decimal import Decimal

from lxml import etree

from formats.cxml.charges import ZERO
from formats.cxml.draft import Draft
from formats.cxml.xml import put, put_money, put_text
from gateway.packet import Adjustment


def put_modifications(holder: etree._Element, tag: str, adjustments: Sequence[Adjustment], draft: Draft) -> None:
    """One Modification each, in the packet's order; nothing where there are none."""
    if not adjustments:
        return
    modifications = put(holder, tag)
    for adjustment in adjustments:
        modification = put(modifications, "Modification")
        amount, currency = draft.figures.money(adjustment.amount), draft.figures.currency
        if adjustment.kind == "charge":
            put_money(modification, "AdditionalCost", amount, currency)
        else:
            put_money(put(modification, "AdditionalDeduction"), "DeductionAmount", amount, currency)
        detail = put(modification, "ModificationDetail", name=adjustment.kind.capitalize())
        put_text(detail, "Description", adjustment.reason or adjustment.purpose, draft.dialect.language)


def put_totals(holder: etree._Element, adjustments: Sequence[Adjustment], without_tax: Decimal, draft: Draft) -> None:
    """TotalCharges, TotalAllowances and TotalAmountWithoutTax; nothing where nothing is modified."""
    if not adjustments:
        return
    for tag, kind in (("TotalCharges", "charge"), ("TotalAllowances", "allowance")):
        amounts = [item.amount for item in adjustments if item.kind == kind]
        if amounts:
            put_money(holder, tag, draft.figures.money(sum(amounts, ZERO)), draft.figures.currency)
    put_money(holder, "TotalAmountWithoutTax", draft.figures.money(without_tax), draft.figures.currency)

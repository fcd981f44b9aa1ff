"""What a buyer demands (facts 7): every rule as data, and the rule sets of buyers whose demands can be read.

Names are by effect; the network's own names are not public. A rule set lists what differs from the default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gateway.standin.knobs import Knob
from gateway.standin.knobs import Knobs as Table

BOOLEAN = (True, False)

RULES: dict[str, Knob] = {
    # Which source documents
    "allow_invoices": Knob(True, BOOLEAN, "any invoice at all"),
    "allow_non_po": Knob(True, BOOLEAN, "invoices without purchase order or contract"),
    "allow_external_po": Knob(False, BOOLEAN, "orders that did not come through the network; else INV-15 (read)"),
    "allow_subcontractor": Knob(True, BOOLEAN, "subcontractors invoice directly (Duke: no)"),
    "order_number_pattern": Knob(
        "", str, "what an order number must match as a whole; empty = anything (Duke: 9 digits)"
    ),
    "require_po_payload_or_date": Knob(
        False, BOOLEAN, "order named with its payloadID, or orderID with the exact orderDate; else as unknown (3, read)"
    ),
    # Lines against the order
    "require_po_line_match": Knob(True, BOOLEAN, "every line of an order invoice names an order line"),
    "allow_new_lines": Knob(False, BOOLEAN, "lines that are not on the order (isAdHoc)"),
    "allow_price_change": Knob(False, BOOLEAN, "unit prices above the order's"),
    "price_tolerance_pct": Knob(Decimal(0), Decimal, "how far above"),
    "allow_quantity_over": Knob(False, BOOLEAN, "more than the open quantity"),
    "quantity_tolerance_pct": Knob(Decimal(0), Decimal, "how far above"),
    "amount_tolerance_pct": Knob(Decimal(0), Decimal, "how far above the open amount of an amount line"),
    "unit_of_measure_must_match": Knob(True, BOOLEAN, "unit as on the order"),
    "unit_codes_must_be_known": Knob(
        True, BOOLEAN, "UN/CEFACT Recommendation 20; HR and HOUR are not codes for an hour"
    ),
    "currency_must_match": Knob(True, BOOLEAN, "currency as on the order"),
    "comments_required_on_change": Knob(False, BOOLEAN, "a comment where price or quantity differ from the order"),
    # Dates and numbers
    "max_backdate_days": Knob(0, int, "invoiceDate at most so far back; 0 = no limit (SAP AG as buyer: 2)"),
    "allow_future_date": Knob(False, BOOLEAN, "invoiceDate after the time of validation"),
    "invoice_number_pattern": Knob("", str, "what the invoice number must match as a whole"),
    "invoice_number_max_length": Knob(0, int, "0 = no limit; many ERPs hold 16 (memory)"),
    "max_price_decimals": Knob(0, int, "0 = no limit (Duke: 3)"),
    "max_quantity_decimals": Knob(0, int, "0 = no limit (Duke: 2)"),
    "duplicate_check": Knob(True, BOOLEAN, "an invoice number is used once; else INVOICE_DUPLICATE (read)"),
    "reuse_number_after_failed": Knob(True, BOOLEAN, "a number that the network refused may return (6)"),
    "reuse_number_after_rejected": Knob(
        False, BOOLEAN, "a number that the buyer rejected may return (6; Kentucky: no)"
    ),
    "reuse_number_after_canceled": Knob(False, BOOLEAN, "a cancelled number may return (open)"),
    # Tax and parties
    "require_line_tax": Knob(False, BOOLEAN, "tax on every line"),
    "header_tax_only": Knob(False, BOOLEAN, "tax in the summary only"),
    "require_tax_category": Knob(False, BOOLEAN, "a TaxDetail with category wherever there is tax"),
    "require_supplier_tax_id": Knob(False, BOOLEAN, "else INV-98 (read)"),
    "require_buyer_tax_id": Knob(False, BOOLEAN, "buyer's tax id as partner's id or Extrinsic buyerVatID"),
    "require_remit_to": Knob(False, BOOLEAN, "InvoicePartner remitTo"),
    "require_bill_to": Knob(False, BOOLEAN, "InvoicePartner billTo"),
    "require_sold_to": Knob(False, BOOLEAN, "InvoicePartner soldTo"),
    "require_ship_to": Knob(False, BOOLEAN, "shipTo in InvoiceDetailShipping"),
    # Sequence
    "require_confirmation_first": Knob(False, BOOLEAN, "order confirmed before anything else (BP)"),
    "require_ship_notice_first": Knob(False, BOOLEAN, "ship notice before the invoice"),
    "require_receipt_first": Knob(False, BOOLEAN, "receipt before the invoice"),
    # Services and labour
    "require_service_sheet": Knob(False, BOOLEAN, "service lines name an approved service entry sheet"),
    "require_time_sheet": Knob(False, BOOLEAN, "labour lines name a time card"),
    "auto_generate_invoice_from_sheet": Knob(False, BOOLEAN, "an approved sheet makes the invoice by itself (3)"),
    "rate_must_match": Knob(False, BOOLEAN, "labour rates exactly as on the order"),
    "pay_code_must_be_known": Knob(False, BOOLEAN, "pay codes of labour lines stand on the order line"),
    "period_within_order": Knob(False, BOOLEAN, "service periods within the order's validity"),
    "match_time_sheets": Knob(False, BOOLEAN, "the buyer compares hours with approved time cards and sheets (5)"),
    "hours_tolerance": Knob(Decimal(0), Decimal, "hours above the approved ones that still match"),
    "lump_sum_needs_document": Knob(False, BOOLEAN, "the buyer wants papers behind lump sums"),
    "clerk": Knob("rejects", ("rejects", "holds"), "what becomes of an exception: rejected in free text, or held"),
    # Credits, cancelling
    "allow_header_credit": Knob(True, BOOLEAN, "purpose creditMemo"),
    "allow_line_credit": Knob(True, BOOLEAN, "purpose lineLevelCreditMemo"),
    "allow_negative_lines": Knob(False, BOOLEAN, "negative lines in an ordinary invoice (Devon: no)"),
    "credit_needs_original": Knob(True, BOOLEAN, "a credit names an invoice the buyer has (Devon)"),
    "reason_required": Knob(False, BOOLEAN, "a credit has Comments"),
    "allow_cancel": Knob(True, BOOLEAN, "cancel an invoice that was not yet approved (KB 84157 against KB0394645)"),
    # Papers
    "attachment_required": Knob(False, BOOLEAN, "at least one attachment"),
    "attachment_extensions": Knob("", str, "accepted file name endings, separated by commas; empty = any"),
    "max_attachment_mb": Knob(0, int, "all attachments together; 0 = no limit (10 to 40 in buyers' guides, memory)"),
    "digital_signature": Knob(False, BOOLEAN, "the document carries a Signature"),
    # Sums
    "check_sums": Knob(True, BOOLEAN, "line subtotals and the summary agree to the cent (memory)"),
}

RULE_SETS: dict[str, dict[str, object]] = {
    "default": {},
    # An electric utility that buys line work by the hour. The first five rules stand in Duke Energy's "Business Rules
    # for Electronic Invoicing"; the labour rules are what its kind of work needs and are ours.
    "utility": {
        "allow_non_po": False,
        "require_po_payload_or_date": True,
        "order_number_pattern": "[0-9]{9}",
        "max_price_decimals": 3,
        "max_quantity_decimals": 2,
        "allow_subcontractor": False,
        "require_time_sheet": True,
        "rate_must_match": True,
        "pay_code_must_be_known": True,
        "period_within_order": True,
        "match_time_sheets": True,
        "lump_sum_needs_document": True,
        "reuse_number_after_rejected": False,
    },
    # University of Kentucky: no non-PO invoices, no credit memos, a new number after a refusal.
    "university": {
        "allow_non_po": False,
        "allow_header_credit": False,
        "allow_line_credit": False,
        "reuse_number_after_failed": False,
        "reuse_number_after_rejected": False,
    },
    # SAP AG as buyer (CSV guide 2013): PO number mandatory, no backdating over two days.
    "software_maker": {"allow_non_po": False, "max_backdate_days": 2},
    # Devon Energy (sample rejection): credits only as credit memos against the original.
    "oil_producer": {"allow_negative_lines": False, "credit_needs_original": True, "reason_required": True},
    # BP (service order guide 2018): order confirmation before a service sheet, sheet before the invoice.
    "service_orders": {"require_confirmation_first": True, "require_service_sheet": True, "allow_non_po": False},
}


class Rules(Table):
    """One buyer's rules."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        given = dict(values or {})
        name = str(given.pop("rule_set", "default"))
        super().__init__(RULES, set_named(name) | given)

    def matches(self, rule: str, text: str) -> bool:
        """Whether the whole text has the form the rule asks for; an empty pattern asks for nothing."""
        pattern = self.text(rule)
        return not pattern or re.fullmatch(pattern, text) is not None


def set_named(name: str) -> dict[str, object]:
    """What a rule set differs in. Raises `ValueError` for an unknown name."""
    if name not in RULE_SETS:
        raise ValueError(f"there is no rule set {name!r}; there are {', '.join(RULE_SETS)}")
    return dict(RULE_SETS[name])


def whole_set(name: str) -> dict[str, object]:
    """Every rule's value in a rule set."""
    return {rule: knob.default for rule, knob in RULES.items()} | set_named(name)

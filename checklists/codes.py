"""Every finding a checklist can make: its code, how grave it is, who acts, and where the rule comes from.

Codes are never renumbered and never reused; a rule that is dropped leaves its number behind. README.md carries this
table for readers, and a test keeps the two alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from gateway.verdict import Actor, ReasonCode


class Severity(StrEnum):
    """What a finding does to the packet."""

    stop = "stop"  # not sent until it is corrected or a person decides
    warn = "warn"  # sent all the same; shown to a person


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding. `severity` and `who_acts` are its usual ones; a client's setting may change the severity."""

    code: str
    meaning: str
    source: str
    reason: ReasonCode | None
    severity: Severity = Severity.stop
    who_acts: Actor = Actor.us


_R, _A, _WARN = ReasonCode, Actor, Severity.warn
_EN = "EN 16931-1:2017"

_RULES = (
    # The invoice's own sums; also asked at intake.
    Rule("CB-SUM-01", "the currency is not one that ISO 4217 lists", f"{_EN} BR-CL-04", _R.currency_mismatch),
    Rule(
        "CB-SUM-02", "an amount has more decimals than its currency", f"{_EN} BR-DEC-01 to BR-DEC-28", _R.sum_mismatch
    ),
    Rule(
        "CB-SUM-03",
        "a line's net amount is not quantity x price with its allowances and charges",
        f"{_EN} section 6.2, BT-131",
        _R.sum_mismatch,
    ),
    Rule("CB-SUM-04", "the sum of line amounts is wrong", f"{_EN} BR-CO-10", _R.sum_mismatch),
    Rule("CB-SUM-05", "the sum of allowances is wrong", f"{_EN} BR-CO-11", _R.sum_mismatch),
    Rule("CB-SUM-06", "the sum of charges is wrong", f"{_EN} BR-CO-12", _R.sum_mismatch),
    Rule("CB-SUM-07", "the total without tax is wrong", f"{_EN} BR-CO-13", _R.sum_mismatch),
    Rule("CB-SUM-08", "the tax total is not the sum of its breakdown", f"{_EN} BR-CO-14", _R.tax_mismatch),
    Rule("CB-SUM-09", "the total with tax is wrong", f"{_EN} BR-CO-15", _R.sum_mismatch),
    Rule("CB-SUM-10", "the amount due is wrong", f"{_EN} BR-CO-16", _R.sum_mismatch),
    Rule("CB-SUM-11", "a tax amount is not its taxable amount x rate", f"{_EN} BR-CO-17", _R.tax_mismatch),
    Rule(
        "CB-SUM-12", "a taxable amount is not the sum of what it taxes", f"{_EN} BR-S-08 and its kin", _R.tax_mismatch
    ),
    Rule(
        "CB-SUM-13",
        "lines and breakdown do not name the same tax categories and rates",
        f"{_EN} BR-CO-18, BR-S-01 and kin",
        _R.tax_mismatch,
    ),
    Rule(
        "CB-SUM-14", "tax stated by line does not add up to the breakdown", "cXML 1.2.020, isTaxInLine", _R.tax_mismatch
    ),
    Rule("CB-SUM-15", "a line's tax is not its net amount x rate", "cXML 1.2.020, isTaxInLine", _R.tax_mismatch),
    # Invoice number and dates.
    Rule(
        "CB-NUM-01", "the invoice number is already used", "Coupa, cXML transmission errors: 417", _R.duplicate_number
    ),
    Rule("CB-NUM-02", "the invoice number has not the client's form", "client's checklist", _R.number_format),
    Rule("CB-NUM-03", "the invoice number is too long", "client's checklist", _R.number_format),
    Rule(
        "CB-NUM-04",
        "the invoice number has characters that the client does not take",
        "client's checklist",
        _R.number_format,
    ),
    Rule(
        "CB-NUM-05",
        "the number was refused before and must not return",
        "client's checklist; Ariba, resubmission under a new number",
        _R.number_format,
    ),
    Rule("CB-DATE-01", "the invoice is dated in the future", "client's checklist", _R.date_out_of_window),
    Rule("CB-DATE-02", "the invoice is dated too far back", "client's checklist", _R.date_out_of_window),
    Rule(
        "CB-DATE-03",
        "the work is billed later than the client's window",
        "client's agreement, late billing",
        _R.date_out_of_window,
        _WARN,
    ),
    Rule(
        "CB-DATE-04",
        "the work lies outside the days for which the purchase order is valid",
        "order register; Ariba, buyers' rules on expired orders",
        _R.date_out_of_window,
        _WARN,
        _A.client_ap,
    ),
    # Purchase orders.
    Rule("CB-PO-01", "a purchase order is required and missing", "client's checklist", _R.po_missing),
    Rule("CB-PO-02", "the purchase order number has not the client's form", "client's checklist", _R.po_unknown),
    Rule("CB-PO-03", "the client's orders do not hold this purchase order", "order register; Coupa 417", _R.po_unknown),
    Rule("CB-PO-04", "the purchase order is closed", "order register", _R.po_closed, who_acts=_A.client_ap),
    Rule(
        "CB-PO-05", "the purchase order is on hold for invoicing", "order register", _R.po_closed, who_acts=_A.client_ap
    ),
    Rule("CB-PO-06", "the purchase order has a state we do not know", "order register", None, _WARN),
    Rule(
        "CB-PO-07",
        "a line does not say which order line it bills",
        "Coupa, cXML invoices: lineNumber",
        _R.po_line_unknown,
    ),
    Rule("CB-PO-08", "the purchase order has no such line", "order register; Coupa 417", _R.po_line_unknown),
    Rule(
        "CB-PO-09",
        "the order line is closed or held for invoicing",
        "order register",
        _R.po_closed,
        who_acts=_A.client_ap,
    ),
    Rule("CB-PO-10", "quantity line and amount line are mixed up", "order register; Coupa 417", _R.po_line_kind),
    Rule("CB-PO-11", "the unit is not the order line's", "order register; Coupa, invoicing platform", _R.unit_mismatch),
    Rule("CB-PO-12", "the currency is not the order's", "order register", _R.currency_mismatch),
    Rule("CB-PO-13", "the price is not the order line's", "order register, rate card", _R.price_mismatch),
    Rule(
        "CB-PO-14",
        "the amount is more than is left on the order line",
        "order register less our own in flight",
        _R.po_balance,
        who_acts=_A.client_ap,
    ),
    Rule(
        "CB-PO-15",
        "the quantity is more than is left on the order line",
        "order register less our own in flight",
        _R.po_balance,
        who_acts=_A.client_ap,
    ),
    Rule(
        "CB-PO-16",
        "the amount is more than is left on the order",
        "order register less our own in flight",
        _R.po_balance,
        who_acts=_A.client_ap,
    ),
    Rule(
        "CB-PO-17",
        "the invoice names a version of the purchase order that was replaced",
        "order register; Ariba INV-13",
        _R.po_obsolete,
    ),
    Rule(
        "CB-PO-18",
        "the invoice names a version of the purchase order that we have not seen",
        "order register; Ariba INV-13, INV-15",
        None,
        _WARN,
    ),
    Rule(
        "CB-PO-19",
        "the client wants the purchase order's own document named, and it is not known",
        "client's checklist; Ariba INV-15",
        _R.po_unknown,
        who_acts=_A.client_ap,
    ),
    Rule(
        "CB-PO-20",
        "the last day of the purchase order has passed",
        "order register; Ariba, buyers' rules on expired orders",
        _R.po_closed,
        _WARN,
        _A.client_ap,
    ),
    Rule("CB-PO-21", "the site is not the purchase order's", "order register", None, _WARN),
    Rule(
        "CB-PO-22",
        "the work lies outside the days that the order line states",
        "order register; cXML, SpendDetail Period",
        _R.date_out_of_window,
        _WARN,
        _A.client_ap,
    ),
    Rule(
        "CB-PO-23",
        "the purchase order will soon be used up at the rate of late",
        "order register, our own invoices of the last 13 weeks",
        None,
        _WARN,
        _A.client_ap,
    ),
    Rule(
        "CB-PO-24", "goods are billed on an order line for services", "order register; cXML, LaborDetail", None, _WARN
    ),
    Rule("CB-CON-01", "the client takes no work on contract without an order", "client's checklist", _R.po_missing),
    Rule("CB-CON-02", "the contract number has not the client's form", "client's checklist", _R.contract_unknown),
    # Fields, terms, form.
    Rule("CB-FLD-01", "a field the client requires is empty", "client's checklist", _R.field_missing),
    Rule("CB-CUR-01", "the client does not take this currency", "client's checklist", _R.currency_mismatch),
    Rule("CB-UNIT-01", "the client does not take this unit", "client's checklist; UN/ECE Rec 20", _R.unit_mismatch),
    Rule(
        "CB-DEC-01",
        "a price has more decimals than the client takes",
        "client's checklist; Coupa, unit precision",
        _R.price_mismatch,
    ),
    Rule(
        "CB-DEC-02",
        "a quantity has more decimals than the client takes",
        "client's checklist; Coupa, unit precision",
        _R.quantity_mismatch,
    ),
    Rule("CB-TXT-01", "a description is too long", "client's checklist; Coupa REST: 1550", _R.text_unacceptable),
    Rule(
        "CB-TXT-02",
        "a text holds a character the client's system cannot take",
        "client's checklist",
        _R.text_unacceptable,
    ),
    Rule("CB-PAY-01", "the payment term is not the agreed one", "client's agreement", _R.payment_term_missing),
    Rule(
        "CB-PAY-02", "a payment term is required and missing", "client's checklist; Coupa 417", _R.payment_term_missing
    ),
    Rule(
        "CB-BIL-01",
        "a bill-to is stated where the client wants none",
        "Coupa, compliant invoicing: bill-to",
        _R.bill_to_mismatch,
    ),
    Rule(
        "CB-CHG-01",
        "a charge or allowance of this kind is not permitted",
        "client's checklist; Coupa 417",
        _R.charges_not_permitted,
    ),
    Rule(
        "CB-LIN-01",
        "the invoice has more lines than the client takes",
        "client's checklist; Coupa 413",
        _R.too_many_lines,
    ),
    Rule("CB-TAX-01", "the client has no such tax code", "client's checklist; Coupa, taxes", _R.tax_mismatch),
    Rule(
        "CB-TAX-02",
        "the client wants tax by line and a line states none",
        "client's checklist; cXML isTaxInLine",
        _R.tax_mismatch,
    ),
    Rule(
        "CB-CRN-01",
        "a credit note does not name the invoice it credits",
        "Coupa, credit notes; EN 16931 BG-3",
        _R.original_missing,
    ),
    Rule("CB-CRN-02", "the client takes no credit notes this way", "client's checklist", _R.credit_not_permitted),
    Rule("CB-CRN-03", "a credit note gives no reason", "client's checklist", _R.field_missing),
    Rule(
        "CB-CRN-04",
        "the invoice that a credit note credits is not one that we sent to this client",
        "client's checklist; Ariba, buyers' rules on credit memos",
        _R.original_missing,
    ),
    # Labour.
    Rule(
        "CB-LAB-01",
        "hours are billed without a time card id",
        "client's checklist; Ariba, services: time sheet first",
        _R.timesheet_missing,
        who_acts=_A.field,
    ),
    Rule(
        "CB-LAB-02",
        "a time card id has not the client's form",
        "client's checklist",
        _R.timesheet_missing,
        who_acts=_A.field,
    ),
    Rule(
        "CB-LAB-03",
        "hours are billed under a pay code that is not agreed",
        "client's checklist, rate card",
        _R.rate_mismatch,
    ),
    # The rate card, and how much may be billed.
    Rule(
        "CB-RATE-01",
        "the rate is not the one that the rate card has for these days",
        "client's rate card",
        _R.rate_mismatch,
    ),
    Rule("CB-RATE-02", "the rate card does not list what is billed", "client's rate card", _R.rate_mismatch),
    Rule(
        "CB-RATE-03",
        "work before and after a change of rate is billed on one line",
        "client's rate card",
        _R.rate_mismatch,
    ),
    Rule(
        "CB-RATE-04",
        "the rate card has no rate in force on the days of the work",
        "client's rate card",
        _R.rate_mismatch,
    ),
    Rule("CB-RATE-05", "the unit is not the rate card's", "client's rate card", _R.unit_mismatch),
    Rule(
        "CB-RATE-06", "the hours are not billed by the tiers of the rate card", "client's rate card", _R.rate_mismatch
    ),
    Rule("CB-RATE-07", "the currency is not the rate card's", "client's rate card", _R.currency_mismatch),
    Rule(
        "CB-RATE-08",
        "the days of the work are not stated and the rate depends on them",
        "client's rate card",
        None,
        _WARN,
    ),
    Rule("CB-CAP-01", "a worker has more hours in a week than is agreed", "client's rate card", _R.hours_mismatch),
    Rule(
        "CB-CAP-02",
        "more units of a thing are billed than is agreed for the time",
        "client's rate card",
        _R.quantity_mismatch,
    ),
    Rule(
        "CB-CAP-03",
        "more units are billed than the workers have days of work",
        "client's rate card",
        _R.quantity_mismatch,
    ),
    # Papers.
    Rule("CB-DOC-01", "a paper the client requires is missing", "client's checklist", _R.attachment_missing),
    Rule(
        "CB-DOC-02",
        "labour is billed without its time sheet",
        "client's checklist",
        _R.timesheet_missing,
        who_acts=_A.field,
    ),
    Rule("CB-DOC-03", "a paper is not signed", "client's checklist", _R.timesheet_unsigned, who_acts=_A.field),
    Rule(
        "CB-DOC-04",
        "a paper was signed before the days it covers began",
        "client's checklist",
        _R.timesheet_unsigned,
        _WARN,
        _A.field,
    ),
    Rule(
        "CB-DOC-05",
        "the papers do not cover the days that are billed",
        "client's checklist",
        _R.timesheet_missing,
        who_acts=_A.field,
    ),
    Rule(
        "CB-DOC-06",
        "more hours are billed than the time sheet shows",
        "client's checklist",
        _R.hours_mismatch,
    ),
    Rule(
        "CB-DOC-07", "fewer hours are billed than the time sheet shows", "client's checklist", _R.hours_mismatch, _WARN
    ),
    Rule("CB-DOC-08", "the days a paper covers are not known", "client's checklist", None, _WARN),
    # Time sheets by what was read in them.
    Rule("CB-TS-01", "a time sheet could not be read in full", "client's checklist", None, _WARN),
    Rule(
        "CB-TS-02",
        "a time sheet that comes as data is not in the agreed form",
        "checklists/timesheet.schema.json",
        _R.attachment_unacceptable,
        who_acts=_A.field,
    ),
    Rule(
        "CB-TS-03",
        "a time sheet does not carry the number that the packet gives it",
        "the time sheet itself",
        _R.timesheet_missing,
    ),
    Rule(
        "CB-TS-04",
        "hours are billed for other days than the time sheet shows",
        "the time sheet itself",
        _R.hours_mismatch,
    ),
    Rule(
        "CB-TS-05",
        "a worker has more hours on a day than the client takes",
        "the time sheets themselves; client's checklist",
        _R.hours_mismatch,
        who_acts=_A.field,
    ),
    Rule(
        "CB-TS-06",
        "a time sheet was signed before its last hours were worked",
        "the time sheet itself",
        _R.timesheet_unsigned,
        _WARN,
        _A.field,
    ),
    Rule("CB-ATT-01", "too many attachments", "client's checklist; Coupa flat files: 10", _R.attachment_unacceptable),
    Rule("CB-ATT-02", "an attachment is too large", "client's checklist", _R.attachment_unacceptable),
    Rule(
        "CB-ATT-03",
        "the attachments together are too large",
        "client's checklist; Coupa flat files: 8 MB",
        _R.attachment_unacceptable,
    ),
    Rule(
        "CB-ATT-04",
        "the attachments together are larger than advised",
        "client's checklist; Coupa flat files: 2 MB",
        _R.attachment_unacceptable,
        _WARN,
    ),
    Rule("CB-ATT-05", "the client does not take this type of file", "client's checklist", _R.attachment_unacceptable),
    Rule("CB-ATT-06", "a file name has not the client's form", "client's checklist", _R.attachment_unacceptable),
    # The client's own rules, whose findings carry the rules' own codes.
    Rule("CB-RUL-01", "a rule of the checklist could not be evaluated", "client's checklist, rules", None),
    # How and when the client is billed, and the files of each kind of paper.
    Rule(
        "CB-DATE-05",
        "the client takes in no invoices on these days",
        "client's checklist, calendar",
        _R.date_out_of_window,
        _WARN,
    ),
    Rule(
        "CB-DATE-06",
        "the invoice covers more days than the client's billing cycle",
        "client's checklist, calendar",
        _R.date_out_of_window,
    ),
    Rule("CB-COST-01", "a line has no cost code", "client's checklist; EN 16931 BT-133", _R.field_missing),
    Rule("CB-COST-02", "the client does not know the cost code", "client's checklist; EN 16931 BT-133", None),
    Rule("CB-TXT-03", "a description has not the client's form", "client's checklist", _R.text_unacceptable),
    Rule(
        "CB-DEC-03",
        "a line is rounded otherwise than the client rounds",
        "client's checklist; EN 16931 BT-131",
        _R.sum_mismatch,
    ),
    Rule("CB-SPL-01", "the invoice holds what the client takes on invoices of their own", "client's checklist", None),
    Rule(
        "CB-ATT-07",
        "a file name has not the form for its kind of paper",
        "client's checklist",
        _R.attachment_unacceptable,
    ),
    Rule("CB-ATT-08", "a paper is not of the type that is asked for", "client's checklist", _R.attachment_unacceptable),
    Rule("CB-ATT-09", "a paper is larger than is asked for", "client's checklist", _R.attachment_unacceptable),
    Rule("CB-ATT-10", "too few or too many papers of a kind", "client's checklist", _R.attachment_unacceptable),
    Rule(
        "CB-ATT-11",
        "time sheets share a file where each is to have its own",
        "client's checklist",
        _R.attachment_unacceptable,
    ),
    Rule("CB-ATT-12", "the papers are not in the client's order", "client's checklist", _R.attachment_unacceptable),
    Rule(
        "CB-ATT-13", "what the client's plan asks could not be done to a paper", "client's checklist, paper_plan", None
    ),
)

RULES: Mapping[str, Rule] = MappingProxyType({rule.code: rule for rule in _RULES})
"""Code -> rule, in the order in which they are listed for readers."""

CORRECTIONS = (
    "po_format",
    "po_reference",
    "po_line",
    "po_line_description",
    "po_line_kind",
    "line_kind",
    "unit_mapping",
    "bill_to",
    "payment_term_code",
    "tax_names",
    "tax_id",
    "remit_to_code",
    "remit_to_party",
    "text_cleanup",
    "text_length",
    "paper_names",
    "paper_put_back",
    "paper_kind",
    "charges_as_lines",
    "invoice_date",
    "decimals",
    "number_suffix",
)
"""Codes of the correction rules (`gateway.corrections`), by which a client's licence names them."""

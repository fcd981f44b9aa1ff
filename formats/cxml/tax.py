"""Tax: the sum in words, and one TaxDetail for each category and rate."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from lxml import etree

from formats.cxml.draft import Draft
from formats.cxml.xml import put, put_money, put_text
from gateway.errors import CannotExpress
from gateway.packet import Adjustment, Line, LineTax, TaxBreakdown, plain_decimal

ZERO = Decimal(0)

WORDS_FOR_NO_TAX = {
    "Z": "Zero rated",
    "E": "Exempt from tax",
    "AE": "Reverse charge",
    "K": "Intra-Community supply",
    "G": "Export outside the EU",
    "O": "Not subject to tax",
}
"""UNCL 5305 categories without tax, in the words used when the packet gives no reason of its own (BT-120)."""

_EXEMPTIONS = {"Z": "zeroRated", "E": "exempt"}
"""UNCL 5305 -> TaxDetail/@exemptDetail, where the version has it."""

_PURPOSES = {"shipping": "shippingTax", "handling": "specialHandlingTax"}


@dataclass(frozen=True, slots=True)
class Detail:
    """One TaxDetail, unsigned. `category` is what the receiver calls it; `why_not` explains a rate of nothing."""

    category: str
    rate: Decimal
    amount: Decimal
    taxable: Decimal | None = None
    why_not: str = ""
    purpose: str = "tax"
    exempt: str = ""


def put_tax(parent: etree._Element, amount: Decimal, details: Iterable[Detail], draft: Draft) -> None:
    """The Tax element. The Description after TaxAmount is what makes Coupa take an exemption (CMP)."""
    currency, language = draft.figures.currency, draft.dialect.language
    tax = put_money(parent, "Tax", draft.figures.money(amount), currency)
    put_text(tax, "Description", "Tax", language)
    for detail in details:
        written = put(
            tax,
            "TaxDetail",
            purpose=detail.purpose,
            category=detail.category,
            percentageRate=plain_decimal(detail.rate),
        )
        if detail.exempt and draft.may_carry("TaxDetail", "exemptDetail"):
            written.set("exemptDetail", detail.exempt)
        if detail.taxable is not None:
            put_money(written, "TaxableAmount", draft.figures.money(detail.taxable), currency)
        put_money(written, "TaxAmount", draft.figures.money(detail.amount), currency)
        if detail.why_not:
            put_text(written, "Description", detail.why_not, language)


def header_details(draft: Draft) -> Iterator[Detail]:
    """The breakdown of the whole invoice; where lines state their own tax, only what header charges add."""
    if draft.tax_in_lines:
        yield from _adjustment_details(draft)
        return
    for part in draft.invoice.tax_breakdown:
        why_not = part.exemption_reason or (WORDS_FOR_NO_TAX.get(part.category, "") if part.rate == 0 else "")
        yield Detail(
            _word(part.code, draft), part.rate, part.tax_amount, part.taxable_amount, why_not, exempt=_exempt(part)
        )


def _adjustment_details(draft: Draft) -> Iterator[Detail]:
    for index, adjustment in enumerate(draft.invoice.adjustments):
        if adjustment.tax:
            side = 1 if adjustment.kind == "charge" else -1
            amount = side * stated_amount(adjustment.tax, f"/invoice/adjustments/{index}")
            yield _detail(adjustment.tax, side * adjustment.amount, amount, draft, _purpose(adjustment))


def _purpose(adjustment: Adjustment) -> str:
    return _PURPOSES.get(adjustment.purpose, "tax")


def line_amount(line: Line, draft: Draft) -> Decimal:
    """The tax that a line states; nothing where tax stands in the header."""
    if not draft.tax_in_lines or line.tax is None:
        return ZERO
    return stated_amount(line.tax, draft.path(line))


def line_details(line: Line, draft: Draft) -> list[Detail]:
    """The one TaxDetail of a line, or none."""
    if line.tax is None:
        return []
    return [_detail(line.tax, line.net_amount, line_amount(line, draft), draft, "tax")]


def stated_amount(tax: LineTax, path: str) -> Decimal:
    """The tax amount as stated; a rate of zero is no tax. Raises CannotExpress rather than calculate one."""
    if tax.amount is not None:
        return tax.amount
    if tax.rate == 0:
        return ZERO
    raise CannotExpress(
        "cXML", f"{path}/tax/amount", "this client wants tax by line, and the packet states no amount here"
    )


def _detail(tax: LineTax, taxable: Decimal, amount: Decimal, draft: Draft, purpose: str) -> Detail:
    why_not = _reason_for(tax, draft) if tax.rate == 0 else ""
    return Detail(_word(tax.code, draft), tax.rate, amount, taxable, why_not, purpose, _exempt(tax))


def _exempt(tax: LineTax | TaxBreakdown) -> str:
    return _EXEMPTIONS.get(tax.category, "") if tax.rate == 0 else ""


def _reason_for(tax: LineTax, draft: Draft) -> str:
    reasons = (part.exemption_reason for part in draft.invoice.tax_breakdown if part.category == tax.category)
    return next(filter(None, reasons), WORDS_FOR_NO_TAX.get(tax.category, ""))


def _word(code: str, draft: Draft) -> str:
    """The client's own tax code, else the dialect's word for the kind of tax that such a seller charges."""
    if code:
        return code
    return draft.dialect.value_added_tax if draft.invoice.seller.vat_id else draft.dialect.sales_tax

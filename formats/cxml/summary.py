"""The totals of an invoice (InvoiceDetailSummary)."""

from decimal import Decimal

from lxml import etree

from formats.cxml.charges import ZERO, gross_of, modifying, subtotal_of, sums_by_place
from formats.cxml.dialect import HeaderPlace
from formats.cxml.draft import Draft
from formats.cxml.lines import element_of
from formats.cxml.modifications import put_modifications, put_totals
from formats.cxml.tax import header_details, put_tax
from formats.cxml.xml import put, put_money
from gateway.errors import CannotExpress
from gateway.packet import Adjustment


def put_summary(detail: etree._Element, draft: Draft) -> None:
    """The totals as the packet states them (BG-22), regrouped, never added up anew from the lines.

    With line allowances and charges the summary states them together with those of the header, so that NetAmount is
    always the amount with tax (BT-112) and DueAmount what is payable (BT-115). Modifications stay apart by level."""
    totals, figures, currency = draft.invoice.totals, draft.figures, draft.figures.currency
    if totals.rounding:
        raise CannotExpress("cXML", "/invoice/totals/rounding", "there is no element for a rounding of the total")
    sums, of_header, of_lines = _adjustments_of(draft)
    lines = draft.invoice.lines
    subtotal = totals.line_net - sum((line.net_amount - subtotal_of(line) for line in lines), ZERO)

    summary = put(detail, "InvoiceDetailSummary")
    put_money(summary, "SubtotalAmount", figures.money(subtotal), currency)
    put_tax(summary, totals.tax, header_details(draft), draft)
    for place in ("SpecialHandlingAmount", "ShippingAmount"):
        if place in sums:
            put_money(summary, place, figures.money(sums[place]), currency)
    put_money(summary, "GrossAmount", figures.money(gross_of(subtotal, totals.tax, sums)), currency)
    if "InvoiceDetailDiscount" in sums:
        put_money(summary, "InvoiceDetailDiscount", figures.money(sums["InvoiceDetailDiscount"]), currency)
    put_modifications(summary, "InvoiceHeaderModifications", of_header, draft)
    put_modifications(summary, "InvoiceDetailSummaryLineItemModifications", of_lines, draft)
    put_totals(summary, [*of_header, *of_lines], totals.tax_exclusive, draft)
    put_money(summary, "NetAmount", figures.money(totals.tax_inclusive), currency)
    if totals.paid:
        put_money(summary, "DepositAmount", figures.money(totals.paid), currency)
    put_money(summary, "DueAmount", figures.money(totals.payable), currency)


def _adjustments_of(draft: Draft) -> tuple[dict[HeaderPlace, Decimal], list[Adjustment], list[Adjustment]]:
    """(sums by element over header and lines, the header's modifications, the lines' modifications)."""
    header = draft.invoice.adjustments
    sums = sums_by_place(header, draft.header_places, "/invoice/adjustments")
    of_lines: list[Adjustment] = []
    for line in draft.invoice.lines:
        places = draft.line_places(element_of(line, draft))
        for place, amount in sums_by_place(line.adjustments, places, f"{draft.path(line)}/adjustments").items():
            sums[place] = sums.get(place, ZERO) + amount
        of_lines += modifying(line.adjustments, places)
    return sums, modifying(header, draft.header_places), of_lines

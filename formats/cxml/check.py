"""What a document type definition cannot see: numbers, dates, units, currencies, sums, signs, switches, roles, papers.

`check_document` looks at finished bytes and knows nothing of the packet, so it serves our own documents and other
people's alike. It says what is wrong in the document itself; whether a buyer likes it, the portal says.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from lxml import etree

from formats.cxml.consistency import indicator_faults, purpose_faults, role_faults
from formats.cxml.reader import DEFAULT_LIMIT, Unreadable, parse
from formats.cxml.schema import faults_in, nearest_version
from gateway.currency import is_currency, minor_units

LINES = ("InvoiceDetailItem", "InvoiceDetailServiceItem", "InvoiceDetailOrderSummary")
ZERO = Decimal(0)

_NUMBER = re.compile(r"-?\d{1,20}(?:\.\d{1,12})?", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_UNIT = re.compile(r"[A-Z0-9]{1,6}")
_SYSTEM_ID = re.compile(rb'<!DOCTYPE\s+cXML\s+SYSTEM\s+"[^"]*/([0-9.]+)/InvoiceDetail\.dtd"\s*>')
_CONTENT_ID = re.compile(rb"^content-id:\s*<([^<>\r\n]+)>", re.IGNORECASE | re.MULTILINE)

_NUMBERS = ("quantity", "percentageRate", "percent", "conversionFactor")
_COUNTS = ("invoiceLineNumber", "lineNumber", "parentInvoiceLineNumber", "serviceLineNumber", "payInNumberOfDays")
_INSTANTS = (
    *("timestamp", "invoiceDate", "orderDate", "startDate", "endDate", "shippingDate", "taxPointDate"),
    *("agreementDate", "serviceEntryDate", "receiptDate", "shipNoticeDate", "paymentNetDueDate"),
)
_OWN_WORDS_FOR_UNITS = {"HR": "HUR", "HRS": "HUR", "HOUR": "HUR", "HOURS": "HUR", "EACH": "EA", "DAYS": "DAY"}
"""What invoices say and UN/ECE Recommendation 20 does not; hours as HR or HOUR are the classic one (cXML facts, 4)."""


def check_document(body: bytes, limit: int = DEFAULT_LIMIT) -> list[str]:
    """Every fault found in an InvoiceDetailRequest, one sentence each; empty when there is none.

    `body` is the document, or a multipart/related that begins with it. `limit` is for the document alone."""
    document, papers = _parts_of(body)
    try:
        root = parse(document, limit)
    except Unreadable as fault:
        return [str(fault)]
    return list(_faults(root, document, papers))


def _faults(root: etree._Element, document: bytes, papers: list[str]) -> Iterator[str]:
    named = _SYSTEM_ID.search(document[:2000])
    if named is None:
        yield "no DOCTYPE names InvoiceDetail.dtd"
    else:
        version = nearest_version(named[1].decode())
        yield from (f"against the document type: {fault}" for fault in faults_in(root, version))
    invoice = root.find("Request/InvoiceDetailRequest")
    if invoice is None:
        yield "there is no InvoiceDetailRequest in a Request"
        return
    yield from _figure_faults(root)
    yield from _money_faults(invoice)
    yield from _line_faults(invoice)
    yield from _summary_faults(invoice)
    yield from purpose_faults(invoice)
    yield from indicator_faults(invoice)
    yield from role_faults(invoice)
    yield from _paper_faults(root, papers)
    yield from _order_of_dates(root, invoice)


# --- single values --------------------------------------------------------------------------------------------------


def _figure_faults(root: etree._Element) -> Iterator[str]:
    for names, form, what in ((_NUMBERS, _NUMBER, "a number"), (_COUNTS, _COUNT, "a whole number")):
        for element, name, value in _attributes(root, names):
            if not form.fullmatch(value):
                yield f"{_place(element)}/@{name} {value!r} is not {what}"
    for element, name, value in _attributes(root, _INSTANTS):
        if _instant(value) is None:
            yield f"{_place(element)}/@{name} {value!r} is not a date and time with its zone"
    for unit in root.iter("UnitOfMeasure"):
        if not _UNIT.fullmatch(unit.text or ""):
            yield f"{_place(unit)} {unit.text!r} is not a unit code"
        elif unit.text in _OWN_WORDS_FOR_UNITS:
            meant = _OWN_WORDS_FOR_UNITS[unit.text]
            yield f"{_place(unit)} {unit.text!r} is no code of UN/ECE Recommendation 20; {meant} is"


def _attributes(root: etree._Element, names: tuple[str, ...]) -> Iterator[tuple[etree._Element, str, str]]:
    for element in root.iter("*"):
        for name in names:
            value = element.get(name)
            if value is not None:
                yield element, name, value


def _instant(text: str) -> datetime | None:
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _money_faults(invoice: etree._Element) -> Iterator[str]:
    currencies = Counter(money.get("currency", "") for money in invoice.iter("Money"))
    for currency in currencies:
        if not is_currency(currency):
            yield f"{currency!r} is not an ISO 4217 currency"
    if len(currencies) > 1:
        yield f"amounts stand in several currencies: {', '.join(sorted(currencies))}"
    for money in invoice.iter("Money"):
        if not _NUMBER.fullmatch(money.text or ""):
            yield f"{_place(money)} {money.text!r} is not an amount"


def _order_of_dates(root: etree._Element, invoice: etree._Element) -> Iterator[str]:
    header = invoice.find("InvoiceDetailRequestHeader")
    issued = _instant(header.get("invoiceDate", "")) if header is not None else None
    built = _instant(root.get("timestamp", ""))
    if issued and built and issued > built:
        yield "invoiceDate is later than the document's timestamp"
    for period in invoice.iter("Period"):
        start, end = _instant(period.get("startDate", "")), _instant(period.get("endDate", ""))
        if start and end and end < start:
            yield f"{_place(period)} ends before it starts"


# --- lines and sums -------------------------------------------------------------------------------------------------


def _line_faults(invoice: etree._Element) -> Iterator[str]:
    numbers = Counter(line.get("invoiceLineNumber", "") for line in invoice.iter(*LINES))
    if not numbers:
        yield "there are no lines"
    for number, times in numbers.items():
        if times > 1:
            yield f"invoiceLineNumber {number} is used {times} times"
    for line in invoice.iter("InvoiceDetailItem", "InvoiceDetailServiceItem"):
        quantity, price, base = _number(line.get("quantity")), _price(line), _price_base(line)
        subtotal = _amount(line, "SubtotalAmount")
        if quantity is None or price is None or subtotal is None:
            continue
        if base <= 0:
            yield f"{_place(line)}: PriceBasisQuantity is not more than nothing"
        elif abs(quantity * price / base - subtotal) >= _smallest(line):
            per = f" per {base}" if base != 1 else ""
            yield f"{_place(line)}: {quantity} x {price}{per} is not its SubtotalAmount {subtotal}"
    for line in invoice.iter(*LINES):
        yield from _total_faults(line, _place(line), "InvoiceDetailLineSpecialHandling", "InvoiceDetailLineShipping")


def _summary_faults(invoice: etree._Element) -> Iterator[str]:
    summary = invoice.find("InvoiceDetailSummary")
    if summary is None:
        return
    stated = _amount(summary, "SubtotalAmount")
    added = sum((_amount(line, "SubtotalAmount") or ZERO for line in invoice.iter(*LINES)), ZERO)
    if stated is not None and stated != added:
        yield f"the lines' SubtotalAmounts add up to {added}, the summary says {stated}"
    yield from _total_faults(summary, "InvoiceDetailSummary", "SpecialHandlingAmount", "ShippingAmount")
    net, due = _amount(summary, "NetAmount"), _amount(summary, "DueAmount")
    deposit = _amount(summary, "DepositAmount") or ZERO
    if net is not None and due is not None and due != net - deposit:
        yield f"DueAmount {due} is not NetAmount {net} less what was paid ({deposit})"
    yield from _tax_faults(invoice, summary)


def _total_faults(holder: etree._Element, place: str, *charges: str) -> Iterator[str]:
    """GrossAmount = subtotal + tax + handling + shipping; NetAmount = GrossAmount - discount + modifications;
    TotalAmountWithoutTax = NetAmount - tax; where they are stated."""
    gross, net = _amount(holder, "GrossAmount"), _amount(holder, "NetAmount")
    parts = [_amount(holder, name) or ZERO for name in ("SubtotalAmount", "Tax", *charges)]
    discount = _amount(holder, "InvoiceDetailDiscount") or ZERO
    if gross is not None and gross != sum(parts, ZERO):
        yield f"{place}: GrossAmount {gross} is not the sum of its parts {sum(parts, ZERO)}"
    modified = sum((_modified_by(each) for each in holder.iterfind("*/Modification")), ZERO)
    if gross is not None and net is not None and net != gross - discount + modified:
        also = f", modified by {modified}" if modified else ""
        yield f"{place}: NetAmount {net} is not GrossAmount {gross} less the discount {discount}{also}"
    without_tax, tax = _amount(holder, "TotalAmountWithoutTax"), _amount(holder, "Tax") or ZERO
    if without_tax is not None and net is not None and without_tax != net - tax:
        yield f"{place}: TotalAmountWithoutTax {without_tax} is not NetAmount {net} less the tax {tax}"


def _modified_by(modification: etree._Element) -> Decimal:
    """What one Modification adds (a cost) or takes away (a deduction); only amounts count."""
    cost = _amount(modification, "AdditionalCost") or ZERO
    return cost - (_amount(modification, "AdditionalDeduction/DeductionAmount") or ZERO)


def _tax_faults(invoice: etree._Element, summary: etree._Element) -> Iterator[str]:
    stated = _amount(summary, "Tax")
    details = summary.findall("Tax/TaxDetail")
    in_lines = invoice.find("InvoiceDetailRequestHeader/InvoiceDetailLineIndicator[@isTaxInLine]") is not None
    if stated is None or not (details or in_lines):
        return
    added = sum((_amount(detail, "TaxAmount") or ZERO for detail in details), ZERO)
    if in_lines:
        added += sum((_amount(line, "Tax") or ZERO for line in invoice.iter(*LINES)), ZERO)
    if stated != added:
        yield f"the taxes add up to {added}, the summary says {stated}"


def _amount(holder: etree._Element, name: str) -> Decimal | None:
    return _number(holder.findtext(f"{name}/Money"))


def _number(text: str | None) -> Decimal | None:
    return Decimal(text) if text and _NUMBER.fullmatch(text) else None


def _price(line: etree._Element) -> Decimal | None:
    for path in ("UnitPrice/Money", "UnitRate/Money"):
        if line.find(path) is not None:
            return _number(line.findtext(path))
    return None


def _price_base(line: etree._Element) -> Decimal:
    """For how many units the price stands: 1 unless PriceBasisQuantity says otherwise."""
    for path in ("PriceBasisQuantity", "UnitRate/PriceBasisQuantity"):
        base = line.find(path)
        if base is not None:
            quantity, factor = _number(base.get("quantity")), _number(base.get("conversionFactor"))
            return (quantity or ZERO) / factor if factor else ZERO
    return Decimal(1)


def _smallest(line: etree._Element) -> Decimal:
    money = line.find("SubtotalAmount/Money")
    units = minor_units(money.get("currency", "")) if money is not None else None
    return Decimal(1).scaleb(-(2 if units is None else units))


# --- papers ---------------------------------------------------------------------------------------------------------


def _paper_faults(root: etree._Element, papers: list[str]) -> Iterator[str]:
    texts = [(element.text or "").strip() for element in root.iter("URL", "Extrinsic")]
    named = Counter(text.removeprefix("cid:") for text in texts if text.startswith("cid:"))
    there = Counter(papers)
    for identifier in sorted(set(named) | set(there)):
        if named[identifier] != 1 or there[identifier] != 1:
            yield f"the paper {identifier!r} is named {named[identifier]} times and there {there[identifier]} times"


def _parts_of(body: bytes) -> tuple[bytes, list[str]]:
    """(the document, the Content-IDs of the other parts)."""
    if not body.startswith(b"--"):
        return body, []
    delimiter = body.split(b"\r\n", 1)[0]
    parts = (b"\r\n" + body).split(b"\r\n" + delimiter)[1:-1]
    heads = [part.partition(b"\r\n\r\n")[0] for part in parts]
    document = parts[0].partition(b"\r\n\r\n")[2] if parts else b""
    found = [_CONTENT_ID.search(head) for head in heads[1:]]
    return document, [match[1].decode("latin-1") if match else "" for match in found]


def _place(element: etree._Element) -> str:
    """Where it is, in words short enough to read: the element, and its line if it stands in one."""
    for above in (element, *element.iterancestors()):
        number = above.get("invoiceLineNumber")
        if number is not None:
            inside = "" if above is element else f", {element.tag!s}"
            return f"line {number}{inside}"
    return str(element.tag)

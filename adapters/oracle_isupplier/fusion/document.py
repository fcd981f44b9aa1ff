"""A packet as the JSON of a supplier portal invoice. The same packet always yields the same bytes.

The body is the saved invoice with its lines; papers travel beside it. BusinessUnit and ControlAmount are documented
for this resource, the other names are those of the buyer-side resource (facts 11) or memory: `field_names` renames
them for a site. Credit memos are negative (facts 6.1, 9.1). What has no field is refused (`CannotExpress`), except
what the buyer's records default: addresses, payment terms without a code.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from adapters.oracle_isupplier.fusion.rows import written
from adapters.oracle_isupplier.fusion.settings import Settings
from gateway.adapter import Document, File, Presentation
from gateway.errors import CannotExpress
from gateway.packet import Adjustment, CustomField, Invoice, Line, OrderLineKind, Packet

FORMAT = "fusion-json"
LINES = "ispInvoiceRestLines"
_WHERE = "Fusion REST"
_CHARGE_TYPES: Mapping[str, str] = MappingProxyType(  # Item, Freight, Tax, Miscellaneous are the line types (10.3)
    {"shipping": "Freight", "handling": "Miscellaneous", "other": "Miscellaneous"}
)


def render(packet: Packet, files: Sequence[File], presentation: Presentation, settings: Settings) -> Document:
    """The document. Raises CannotExpress, naming the field."""
    invoice = packet.invoice
    rows = [_line(invoice, line, index, presentation, settings) for index, line in enumerate(invoice.lines)]
    rows += [_charge(invoice, index, len(rows) + index + 1, settings) for index in range(len(invoice.adjustments))]
    draft = {**_header(invoice, presentation, settings), LINES: rows}
    return Document(
        format=FORMAT,
        content_type="application/vnd.oracle.adf.resourceitem+json",
        body=written(draft),
        number=invoice.number,
        total=invoice.totals.tax_inclusive,
        currency=invoice.currency,
        files=tuple(files),
    )


def _header(invoice: Invoice, presentation: Presentation, settings: Settings) -> dict[str, Any]:
    if invoice.bill_to is not None:
        cure = "Fusion takes the bill-to from the business unit; leave it out"
        raise CannotExpress(_WHERE, "/invoice/bill_to", cure)
    remit_to = invoice.remit_to.code if invoice.remit_to else ""
    header = {
        "BusinessUnit": settings.business_unit,
        "Supplier": settings.supplier,
        "SupplierSite": remit_to or settings.supplier_site,
        "InvoiceNumber": invoice.number,
        "InvoiceDate": invoice.issued_on.isoformat(),
        "InvoiceType": _type(invoice),
        "InvoiceCurrency": invoice.currency,
        "ControlAmount": money(_signed(invoice, invoice.totals.tax_inclusive)),
        "Description": _header_words(invoice, settings),
    }
    named = {settings.called(name): value for name, value in header.items() if value != ""}
    constants = [CustomField(name=name, value=value) for name, value in presentation.custom_fields.items()]
    return _with_custom(named, [*constants, *invoice.custom_fields], "/invoice/custom_fields")


def _type(invoice: Invoice) -> str:
    """Without an order it is a request, which somebody at the buyer's must approve first (facts 1)."""
    backed = all(invoice.order_number_of(line) for line in invoice.lines)
    kind = "Credit memo" if invoice.is_credit_note else "Standard"
    return kind if backed else f"{kind} request" if invoice.is_credit_note else "Standard invoice request"


def _header_words(invoice: Invoice, settings: Settings) -> str:
    parts = [invoice.note] if invoice.note else []
    if invoice.is_credit_note:  # no field names the original
        original = f" for invoice {invoice.preceding.number}" if invoice.preceding else ""
        parts.insert(0, f"Credit{original}" + (f": {invoice.credit_reason}" if invoice.credit_reason else ""))
    return _fitting("; ".join(parts), settings, "/invoice/note")


def _line(invoice: Invoice, line: Line, index: int, presentation: Presentation, settings: Settings) -> dict[str, Any]:
    path = f"/invoice/lines/{index}"
    if line.adjustments:
        raise CannotExpress(_WHERE, f"{path}/adjustments", "a line has no place for allowances or charges")
    row: dict[str, Any] = {
        "LineNumber": index + 1,
        "LineType": "Item",
        "Description": _fitting(_line_words(line), settings, f"{path}/description"),
        **_order(invoice, line),
        **_figures(invoice, line, path, presentation),
        "LineAmount": money(_signed(invoice, line.net_amount)),
        "TaxClassification": line.tax.code if line.tax else "",
    }
    named = {settings.called(name): value for name, value in row.items() if value not in ("", None)}
    return _with_custom(named, line.custom_fields, f"{path}/custom_fields")


def _order(invoice: Invoice, line: Line) -> dict[str, Any]:
    return {
        "PurchaseOrderNumber": invoice.order_number_of(line),
        "PurchaseOrderLineNumber": line.order.line if line.order else None,
    }


def _figures(invoice: Invoice, line: Line, path: str, presentation: Presentation) -> dict[str, Any]:
    """Quantity, price and unit; a line of an amount-based order line has its amount alone."""
    if line.order and line.order.kind is OrderLineKind.amount:
        return {}
    if line.price_base_quantity != 1:
        raise CannotExpress(_WHERE, f"{path}/price_base_quantity", "a line prices one unit")
    return {
        "Quantity": _figure(_signed(invoice, line.quantity), presentation.quantity_decimals, f"{path}/quantity"),
        "UnitPrice": _figure(line.unit_price, presentation.price_decimals, f"{path}/unit_price"),
        "UOM": line.unit,
    }


def _charge(invoice: Invoice, index: int, number: int, settings: Settings) -> dict[str, Any]:
    charge: Adjustment = invoice.adjustments[index]
    path = f"/invoice/adjustments/{index}"
    if charge.kind == "allowance" or charge.purpose == "discount":
        raise CannotExpress(_WHERE, path, "there is no line type for an allowance or discount")
    row = {
        "LineNumber": number,
        "LineType": _CHARGE_TYPES[charge.purpose],
        "Description": _fitting(charge.reason or charge.purpose.capitalize(), settings, f"{path}/reason"),
        "LineAmount": money(_signed(invoice, charge.amount)),
        "TaxClassification": charge.tax.code if charge.tax else "",
    }
    return {settings.called(name): value for name, value in row.items() if value != ""}


def _line_words(line: Line) -> str:
    """The line's words; there are no labour fields, so whose hours they are stands in the description."""
    parts = [line.description]
    if line.labour:
        labour = line.labour
        worker = f"{labour.worker_name} ({labour.worker_id})" if labour.worker_name else labour.worker_id
        parts.append(f"{worker}, {labour.classification}, {labour.pay_code.value}")
        if labour.timesheet_id:
            parts.append(f"time sheet {labour.timesheet_id}")
    if line.period:
        parts.append(f"{line.period.start} to {line.period.end}")
    if line.note:
        parts.append(line.note)
    return "; ".join(parts)


def _fitting(words: str, settings: Settings, path: str) -> str:
    if len(words) > settings.description_length:
        message = f"a description holds {settings.description_length} characters, and this one has {len(words)}"
        raise CannotExpress(_WHERE, path, message)
    return words


def _with_custom(row: dict[str, Any], added: Iterable[CustomField], path: str) -> dict[str, Any]:
    """Attributes that one client asks for by name, such as PurchaseOrderScheduleLineNumber; never in place of ours."""
    for field in added:
        if field.name in row or field.name == LINES:
            raise CannotExpress(_WHERE, path, f"{field.name} is written from the invoice itself")
        row[field.name] = field.value
    return row


def _signed(invoice: Invoice, value: Decimal) -> Decimal:
    return -value if invoice.is_credit_note else value


def _figure(value: Decimal, decimals: int | None, path: str) -> Decimal:
    """The figure as given; one that does not fit the client's decimals is refused, not rounded."""
    if decimals is None or _decimals_of(value) <= decimals:
        return value
    if _decimals_of(value.normalize()) > decimals:
        raise CannotExpress(_WHERE, path, f"{value:f} has more than the {decimals} decimals this client takes")
    return value.quantize(Decimal(1).scaleb(-decimals))  # leaves out zeros only


def _decimals_of(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def money(value: Decimal) -> Decimal:
    """At least two decimals, never rounded."""
    return value if _decimals_of(value) >= 2 else value.quantize(Decimal("0.01"))

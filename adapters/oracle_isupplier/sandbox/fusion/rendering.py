"""Rows of the REST resources, and reading of what is posted. Attribute names are memory where facts 11 give none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from gateway.standin.reading import decimal

from .knobs import Knobs
from .records import Attachment, Hold, Invoice, Line
from .texts import Refused, text

Row = dict[str, Any]

_TEXTS = {
    "BusinessUnit": "business_unit",
    "Supplier": "supplier",
    "SupplierSite": "supplier_site",
    "InvoiceNumber": "number",
    "InvoiceType": "invoice_type",
    "InvoiceCurrency": "currency",
    "Description": "description",
}
HEADER_NAMES = frozenset({*_TEXTS, "InvoiceDate", "ControlAmount"})
LINE_NAMES = frozenset(
    {
        *("LineNumber", "LineType", "Description", "Quantity", "UnitPrice", "UOM", "TaxClassification"),
        *("PurchaseOrderNumber", "PurchaseOrderLineNumber", "PurchaseOrderScheduleLineNumber"),
    }
)


def invoice_row(invoice: Invoice, knobs: Knobs) -> Row:
    """An invoice with its values still as values: dates, times and decimals."""
    row: Row = {
        "InvoiceId": invoice.id,
        **{name: getattr(invoice, field) for name, field in _TEXTS.items()},
        "InvoiceDate": invoice.invoice_date,
        "InvoiceAmount": _amount(invoice, knobs),
        "ControlAmount": invoice.control_amount,
        "ValidationStatus": invoice.status,
        "PaidStatus": invoice.paid,
        "AmountPaid": invoice.total if invoice.paid == "Paid" else Decimal(0),
        "CanceledDate": invoice.canceled_on,
        "CreationDate": invoice.created_at,
        "LastUpdateDate": invoice.updated_at,
    }
    if knobs.flag("approval_shown"):
        row["ApprovalStatus"] = invoice.approval
    return row


def _amount(invoice: Invoice, knobs: Knobs) -> Decimal | None:
    if invoice.submitted or knobs.text("amount_on_draft") == "shown":
        return invoice.total
    return Decimal(0) if knobs.text("amount_on_draft") == "zero" else None


def line_row(line: Line, knobs: Knobs) -> Row:
    """One line."""
    return {
        "LineNumber": line.number,
        "LineType": line.line_type,
        "Description": line.description,
        "Quantity": line.quantity,
        "UnitPrice": line.price,
        "UOM": line.uom or None,
        knobs.text("line_amount_attribute"): line.amount,
        "PurchaseOrderNumber": line.order_number or None,
        "PurchaseOrderLineNumber": line.order_line,
        "PurchaseOrderScheduleLineNumber": line.schedule or None,
        "TaxClassification": line.tax_code or None,
    }


def attachment_row(paper: Attachment, knobs: Knobs) -> Row:
    """One paper."""
    by_type = knobs.text("attachment_fields") == "type"
    return {
        "AttachedDocumentId": paper.id,
        ("Type" if by_type else "DatatypeCode"): "File" if by_type else "FILE",
        ("Category" if by_type else "CategoryName"): paper.category,
        "FileName": paper.name,
        "Title": paper.title,
        "UploadedFileContentType": paper.media_type,
        "UploadedFileLength": paper.size,
    }


def hold_row(hold: Hold, invoice: Invoice) -> Row:
    """One hold (facts 11)."""
    return {
        "HoldId": hold.id,
        "InvoiceNumber": invoice.number,
        "BusinessUnit": invoice.business_unit,
        "Supplier": invoice.supplier,
        "HoldName": hold.name,
        "HoldReason": hold.reason,
        "HoldDate": hold.placed_at,
        "HeldBy": hold.held_by,
        "PurchaseOrderNumber": next((line.order_number for line in invoice.lines if line.order_number), None),
        "ReleaseName": hold.release_name or None,
    }


def plain(row: Mapping[str, Any]) -> Row:
    """The row as JSON has it."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def set_header(invoice: Invoice, given: Mapping[str, Any]) -> None:
    """Put what was sent onto the invoice. Raises `Refused` for an attribute it does not know."""
    for name, value in given.items():
        if name in _TEXTS:
            setattr(invoice, _TEXTS[name], _words(value))
        elif name == "InvoiceDate":
            invoice.invoice_date = _read(date.fromisoformat, name, value)
        elif name == "ControlAmount":
            invoice.control_amount = _read(decimal, name, str(value))
        else:
            raise Refused(text("unknown_attribute", name=name))


def set_line(line: Line, given: Mapping[str, Any], knobs: Knobs) -> None:
    """Put what was sent onto the line; of quantity, price and amount the third is derived (facts 12)."""
    amount_name = knobs.text("line_amount_attribute")
    for name in given:
        if name not in LINE_NAMES | {amount_name}:
            raise Refused(text("unknown_attribute", name=name))
    line.line_type = _words(given.get("LineType", line.line_type))
    line.description = _words(given.get("Description", line.description))
    line.uom = _words(given.get("UOM", line.uom))
    line.order_number = _words(given.get("PurchaseOrderNumber", line.order_number))
    line.schedule = _words(given.get("PurchaseOrderScheduleLineNumber", line.schedule))
    line.tax_code = _words(given.get("TaxClassification", line.tax_code))
    if "PurchaseOrderLineNumber" in given:
        line.order_line = _read(int, "PurchaseOrderLineNumber", given["PurchaseOrderLineNumber"])
    line.quantity = _number(given, "Quantity", line.quantity)
    line.price = _number(given, "UnitPrice", line.price)
    line.amount = _number(given, amount_name, None)
    if line.amount is None and line.quantity is not None and line.price is not None:
        line.amount = (line.quantity * line.price).quantize(Decimal("0.01"))


def new_line(identifier: int, number: int) -> Line:
    """A line without content."""
    return Line(identifier, number, "Item", "", None, None, "", None, "", None, "", "")


def _words(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | list | dict):
        raise Refused(text("bad_body", reason="an attribute holds neither text nor a number"))
    return str(value)


def _number(given: Mapping[str, Any], name: str, default: Decimal | None) -> Decimal | None:
    if given.get(name) is None:
        return default
    return _read(decimal, name, str(given[name]))


def _read(reader: Callable[[Any], Any], name: str, value: Any) -> Any:
    try:
        return reader(value)
    except (ValueError, TypeError):
        raise Refused(text("bad_body", reason=f"{name} is not what it should be")) from None

"""A packet as the JSON of a Core REST draft (facts 4.3, 4.4). The same packet always yields the same bytes.

The body is exactly what is posted to create the draft; the papers travel beside it. What the REST resource has no
documented field for is refused (`CannotExpress`), with the exception of facts that the buyer's records default: the
ship, remit-to and seller addresses, and payment terms that have no code.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from adapters.coupa.settings import Settings
from gateway.adapter import Document, File, Presentation
from gateway.errors import CannotExpress
from gateway.packet import Adjustment, Invoice, Line, LineTax, OrderLineKind, Packet, TaxBreakdown

FORMAT = "coupa-json"
_WHERE = "Coupa REST"
_LONGEST_DESCRIPTION = 1_550
_CHARGE_FIELDS: Mapping[str, str] = MappingProxyType(
    {"shipping": "shipping-amount", "handling": "handling-amount", "other": "misc-amount"}
)
_CHARGE_TYPES: Mapping[str, str] = MappingProxyType(
    {"shipping": "InvoiceShippingCharge", "handling": "InvoiceHandlingCharge", "other": "InvoiceMiscCharge"}
)


def render_draft(packet: Packet, files: Sequence[File], presentation: Presentation, settings: Settings) -> Document:
    """The draft. Raises CannotExpress, naming the field."""
    invoice = packet.invoice
    draft = {
        **_header(invoice, presentation, settings),
        **_charges(invoice, presentation),
        "invoice-lines": [_line(invoice, line, index, presentation) for index, line in enumerate(invoice.lines)],
    }
    if presentation.tax_level == "header":
        draft["tax-lines"] = [_tax_line(tax) for tax in invoice.tax_breakdown if _says_something(tax)]
    body = json.dumps(draft, ensure_ascii=False, separators=(",", ":")).encode()
    return Document(
        format=FORMAT,
        content_type="application/json",
        body=body,
        number=invoice.number,
        total=invoice.totals.tax_inclusive,
        currency=invoice.currency,
        files=tuple(files),
    )


def _header(invoice: Invoice, presentation: Presentation, settings: Settings) -> dict[str, Any]:
    if invoice.bill_to is not None:
        cure = "Coupa takes the bill-to address from the purchase order; leave it out"
        raise CannotExpress(_WHERE, "/invoice/bill_to", cure)
    code = presentation.payment_term_code or (invoice.payment_terms.code if invoice.payment_terms else "")
    fields = {field.name: field.value for field in invoice.custom_fields}
    header: dict[str, Any] = {
        "invoice-number": invoice.number,
        "invoice-date": invoice.issued_on.isoformat(),  # a plain date, else credit notes do not link (facts 3)
        "document-type": "Credit Note" if invoice.is_credit_note else "Invoice",
        "line-level-taxation": presentation.tax_level == "line",
        "currency": {"code": invoice.currency},
        "supplier": settings.supplier_reference,
        "account-type": {"id": settings.account_type_id} if settings.account_type_id else None,
        "payment-term": {"code": code} if code else None,
        "contract": _contract(invoice),
        "supplier-total": _money(invoice.totals.tax_inclusive),  # the control total
        "supplier-note": invoice.note or None,
        "custom-fields": {**presentation.custom_fields, **fields} or None,
        **_credit(invoice),
    }
    return {name: value for name, value in header.items() if value is not None}


def _credit(invoice: Invoice) -> dict[str, Any]:
    """A credit note names its original and states positive values (facts 12)."""
    if not invoice.is_credit_note:
        return {}
    original = invoice.preceding
    if original is None or original.issued_on is None:
        raise CannotExpress(_WHERE, "/invoice/preceding", "a credit note must name the original's number and date")
    return {
        "is-credit-note": True,
        "original-invoice-number": original.number,
        "original-invoice-date": original.issued_on.isoformat(),
        "credit-reason": invoice.credit_reason or None,
    }


def _contract(invoice: Invoice) -> dict[str, str] | None:
    """The contract stands at the header, so all lines must rest on the same one."""
    named = {line.contract_number or invoice.contract_number for line in invoice.lines}
    if named == {""}:
        return None
    if len(named) > 1:
        raise CannotExpress(_WHERE, "/invoice/lines", "a REST draft has room for one contract, and the lines name more")
    return {"number": named.pop()}


def _charges(invoice: Invoice, presentation: Presentation) -> dict[str, Any]:
    """Header charges: three amounts, or a list of charges where tax is stated by line (facts 4.4)."""
    for index, charge in enumerate(invoice.adjustments):
        if charge.kind == "allowance" or charge.purpose == "discount":
            path = f"/invoice/adjustments/{index}"
            raise CannotExpress(_WHERE, path, "a REST draft has no documented place for an allowance or discount")
    if presentation.tax_level == "line":
        rows = [_charge(charge, number) for number, charge in enumerate(invoice.adjustments, start=1)]
        return {"invoice-charges": rows} if rows else {}
    sums: dict[str, Decimal] = {}
    for charge in invoice.adjustments:
        name = _CHARGE_FIELDS[charge.purpose]
        sums[name] = sums.get(name, Decimal(0)) + charge.amount
    return {name: _money(amount) for name, amount in sorted(sums.items())}


def _charge(charge: Adjustment, number: int) -> dict[str, Any]:
    row: dict[str, Any] = {"type": _CHARGE_TYPES[charge.purpose], "line-num": number, "total": _money(charge.amount)}
    if charge.reason:
        row["description"] = charge.reason
    if charge.tax:
        row["tax-lines"] = [_line_tax(charge.tax, f"/invoice/adjustments/{number - 1}/tax")]
    return row


def _line(invoice: Invoice, line: Line, index: int, presentation: Presentation) -> dict[str, Any]:
    path = f"/invoice/lines/{index}"
    if line.adjustments:
        raise CannotExpress(_WHERE, f"{path}/adjustments", "a REST line has no place for allowances or charges")
    by_amount = bool(line.order and line.order.kind is OrderLineKind.amount)
    row: dict[str, Any] = {
        "line-num": index + 1,
        "type": "InvoiceAmountLine" if by_amount else "InvoiceQuantityLine",
        "description": _description(line, path),
    }
    if by_amount:
        row["price"] = _money(line.net_amount)  # an amount line has no quantity: its price is its total
    else:
        if line.price_base_quantity != 1:
            raise CannotExpress(_WHERE, f"{path}/price_base_quantity", "a REST line prices one unit")
        row["price"] = _figure(line.unit_price, presentation.price_decimals, f"{path}/unit_price")
        row["quantity"] = _figure(line.quantity, presentation.quantity_decimals, f"{path}/quantity")
        row["uom"] = {"code": line.unit}
    order = invoice.order_number_of(line)
    if order:
        row["order-header-num"] = order
        if line.order and line.order.line:
            row["order-line-num"] = str(line.order.line)
    if presentation.tax_level == "line" and line.tax and (line.tax.rate or line.tax.code):
        row["tax-lines"] = [_line_tax(line.tax, f"{path}/tax")]
    if line.custom_fields:
        row["custom-fields"] = {field.name: field.value for field in line.custom_fields}
    return row


def _description(line: Line, path: str) -> str:
    """The line's words; Coupa has no labour fields, so whose hours they are stands in the description."""
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
    text = "; ".join(parts)
    if len(text) > _LONGEST_DESCRIPTION:
        message = f"a REST line's description holds {_LONGEST_DESCRIPTION} characters, and this one has {len(text)}"
        raise CannotExpress(_WHERE, f"{path}/description", message)
    return text


def _says_something(tax: TaxBreakdown) -> bool:
    return bool(tax.tax_amount or tax.rate or tax.code or tax.exemption_reason)


def _tax_line(tax: TaxBreakdown) -> dict[str, Any]:
    row: dict[str, Any] = {
        "type": "TaxLine",
        "amount": _money(tax.tax_amount),
        "rate": _plain(tax.rate),
        "taxable-amount": _money(tax.taxable_amount),
    }
    if tax.code:
        row["tax-code"] = {"code": tax.code}
    if tax.exemption_reason:
        row["description"] = tax.exemption_reason
    return row


def _line_tax(tax: LineTax, path: str) -> dict[str, Any]:
    if tax.amount is None:
        raise CannotExpress(
            _WHERE, f"{path}/amount", "tax stated by line needs its amount, which is never computed here"
        )
    row: dict[str, Any] = {"type": "TaxLine", "amount": _money(tax.amount), "rate": _plain(tax.rate)}
    if tax.code:
        row["tax-code"] = {"code": tax.code}
    return row


def _figure(value: Decimal, decimals: int | None, path: str) -> str:
    """The figure as given; one that does not fit the client's decimals is refused, not rounded."""
    if decimals is None or _decimals_of(value) <= decimals:
        return _plain(value)
    if _decimals_of(value.normalize()) > decimals:
        raise CannotExpress(_WHERE, path, f"{_plain(value)} has more than the {decimals} decimals this client takes")
    return _plain(value.quantize(Decimal(1).scaleb(-decimals)))  # leaves out zeros only


def _decimals_of(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _money(value: Decimal) -> str:
    """At least two decimals, never rounded."""
    return _plain(value if _decimals_of(value) >= 2 else value.quantize(Decimal("0.01")))


def _plain(value: Decimal) -> str:
    return format(value, "f")

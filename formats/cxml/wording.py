"""What has no element of its own, said in words: readable, complete, and the same for the same packet."""

from formats.cxml.dialect import Dialect
from gateway.packet import Invoice, Line, Period, plain_decimal


def header_comment(invoice: Invoice, dialect: Dialect) -> str:
    """The supplier's note, then one line for each fact that the document has no element for."""
    said = [invoice.note.strip()]
    if invoice.contract_number and invoice.orders:
        said.append(f"Contract: {invoice.contract_number}")
    if invoice.buyer_reference:
        said.append(f"Buyer reference: {invoice.buyer_reference}")
    if invoice.preceding and (not invoice.is_credit_note or dialect.credit.original == "comment"):
        dated = f" of {invoice.preceding.issued_on}" if invoice.preceding.issued_on else ""
        said.append(f"{'Credits' if invoice.is_credit_note else 'Refers to'} invoice {invoice.preceding.number}{dated}")
    if invoice.credit_reason and "credit_reason" not in dialect.extrinsics:
        said.append(f"Reason for credit: {invoice.credit_reason}")
    if invoice.payment_terms and invoice.payment_terms.text:
        said.append(f"Payment terms: {invoice.payment_terms.text.strip()}")
    return "\n".join(filter(None, said))


def line_description(line: Line, dialect: Dialect) -> str:
    """The line's description; for labour also who worked as what, how paid, when and on which time sheet."""
    if line.labour is None or dialect.labour != "description":
        return line.description
    labour = line.labour
    worker = f"{labour.worker_name} ({labour.worker_id})" if labour.worker_name else labour.worker_id
    facts = [f"Worker: {worker}", f"Classification: {labour.classification}", f"Pay code: {labour.pay_code}"]
    if line.period:
        facts.append(f"Worked: {_days(line.period)}")
    if labour.timesheet_id:
        facts.append(f"Time sheet: {labour.timesheet_id}")
    return f"{line.description} | {'; '.join(facts)}"


def line_comment(line: Line, dialect: Dialect, *, quantity: str, price: str, period_has_element: bool) -> str:
    """The line's note, then what its kind of line has no element for. `quantity` is "" where the element states it."""
    said = [line.note.strip()]
    if quantity:
        said.append(f"Quantity: {quantity} {line.unit} at {price}")
    told = period_has_element or (line.labour is not None and dialect.labour == "description")
    if line.period and not told:
        said.append(f"Period: {_days(line.period)}")
    if line.price_base_quantity != 1:
        said.append(f"Price base: {plain_decimal(line.unit_price)} per {plain_decimal(line.price_base_quantity)}")
    if line.buyer_part_number:
        said.append(f"Buyer part number: {line.buyer_part_number}")
    return "\n".join(filter(None, said))


def _days(period: Period) -> str:
    return str(period.start) if period.start == period.end else f"{period.start} to {period.end}"

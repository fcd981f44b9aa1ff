"""What has no element of its own, said in words: readable, complete, and the same for the same packet."""

from collections.abc import Set
from typing import Literal

from formats.cxml.dialect import Dialect
from gateway.packet import Invoice, Labour, Line, Period, plain_decimal


def header_comment(invoice: Invoice, dialect: Dialect) -> str:
    """The supplier's note, then one line for each fact that the document has no element for."""
    said = [invoice.note.strip()]
    if invoice.contract_number and invoice.orders and dialect.contract_beside_order == "comment":
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
    """The line's description; for labour also what this receiver has no elements for."""
    if line.labour is None or dialect.labour != "description":
        return line.description
    return described_labour(line, line.labour)


def described_labour(line: Line, labour: Labour) -> str:
    """The description, and who worked as what, how paid, when, on which time sheet, under whom and where."""
    worker = f"{labour.worker_name} ({labour.worker_id})" if labour.worker_name else labour.worker_id
    facts = [f"Worker: {worker}", f"Classification: {labour.classification}", f"Pay code: {labour.pay_code}"]
    if line.period:
        facts.append(f"Worked: {_days(line.period)}")
    if labour.timesheet_id:
        facts.append(f"Time sheet: {labour.timesheet_id}")
    if labour.supervisor:
        facts.append(f"Supervisor: {labour.supervisor}")
    if labour.work_location:
        facts.append(f"Location: {labour.work_location.name}")
    return f"{line.description} | {'; '.join(facts)}"


Stated = Literal["period", "price_base", "buyer_part_number", "service_entry"]


def line_comment(line: Line, *, quantity: str, price: str, stated: Set[Stated]) -> str:
    """The line's note, then what the line has no element for. `quantity` is "" where the element states it; `stated`
    is what else stands in the line already."""
    said = [line.note.strip()]
    if quantity:
        said.append(f"Quantity: {quantity} {line.unit} at {price}")
    if line.period and "period" not in stated:
        said.append(f"Period: {_days(line.period)}")
    if line.price_base_quantity != 1 and "price_base" not in stated:
        said.append(f"Price base: {plain_decimal(line.unit_price)} per {plain_decimal(line.price_base_quantity)}")
    if line.buyer_part_number and "buyer_part_number" not in stated:
        said.append(f"Buyer part number: {line.buyer_part_number}")
    if line.service_entry and "service_entry" not in stated:
        said.append(f"Service entry sheet: {line.service_entry.number}, line {line.service_entry.line}")
    return "\n".join(filter(None, said))


def _days(period: Period) -> str:
    return str(period.start) if period.start == period.end else f"{period.start} to {period.end}"

"""What the instance checks in an invoice before it creates it, and where the invoice goes then (facts 13, 15).

Functions here only read; `Instance` calls them under its lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from .knobs import Knobs
from .records import ZERO, FailedTolerance, File, Invoice, InvoiceContent, InvoiceLine, Order, OrderLine, Supplier
from .texts import ModelRefusal, Refusal

CENT = Decimal("0.01")
INVOICEABLE_LINES = frozenset({"created", "received", "partially_received", "soft_closed_for_receiving"})


@dataclass(slots=True)
class Contract:
    """A contract invoices may be backed by."""

    number: str
    supplier_can_invoice_directly: bool = True


@dataclass(slots=True)
class Setup:
    """The buyer's set-up that rules look at."""

    knobs: Knobs
    orders: dict[str, Order] = field(default_factory=dict)
    contracts: dict[str, Contract] = field(default_factory=dict)
    payment_terms: set[str] = field(default_factory=set)
    tax_codes: set[tuple[str, Decimal]] = field(default_factory=set)
    currencies: set[str] = field(default_factory=set)
    bill_to_name: str = ""


Failures = list[tuple[str, int]]


def check_references(content: InvoiceContent, supplier: Supplier, setup: Setup) -> None:
    """Orders, order lines and contracts must exist and be this supplier's. Raises `Refusal` (417, 401)."""
    for line in content.lines:
        if line.order_number:
            _check_order_reference(line, supplier, setup)
        elif (contract := setup.contracts.get(line.contract)) and not contract.supplier_can_invoice_directly:
            # Coupa's page for this text names the contract's switch as a cause (facts 2.1).
            raise Refusal("bad_credentials")


def _check_order_reference(line: InvoiceLine, supplier: Supplier, setup: Setup) -> None:
    values = {"order": line.order_number, "line": str(line.order_line or ""), "supplier": supplier.name}
    order = setup.orders.get(line.order_number)
    if order is None:
        by_number = setup.knobs.text("unknown_order_text") == "po_number"
        raise Refusal("order_not_found_by_number" if by_number else "order_not_found", values)
    if order.supplier not in (supplier.name, supplier.number):
        raise Refusal("order_of_other_supplier", values)
    if order.line(line.order_line) is None:
        raise Refusal("order_line_not_found", values)


def check_charges(content: InvoiceContent, setup: Setup) -> None:
    """Header charges only where the buyer takes them. Raises `Refusal` (417)."""
    charged = content.shipping or content.handling or content.misc
    if charged and not setup.knobs.flag("charges_permitted"):
        raise Refusal("charges_not_permitted")


def check_credit(content: InvoiceContent, original_exists: Callable[[str], bool], setup: Setup) -> None:
    """The credit memo knobs (facts 12). Raises `Refusal` (500: the page of that text names both causes)."""
    if content.purpose not in ("creditMemo", "lineLevelCreditMemo"):
        return
    if setup.knobs.text("credit_memo") == "unsupported":
        raise Refusal("unexpected")
    need = setup.knobs.text("credit_original")
    if need == "optional":
        return
    if not content.original_number or (need == "must_exist" and not original_exists(content.original_number)):
        raise Refusal("unexpected")


def check_model(content: InvoiceContent, supplier: Supplier, setup: Setup, files: tuple[File, ...]) -> None:
    """All model rules at once. Raises `ModelRefusal` (417) with every failure, or `Refusal` (500) by the unit knob."""
    failures = _header_failures(content, supplier, setup) + _file_failures(files, setup)
    for line in content.lines:
        failures += [(key, line.number) for key in _line_failures(line, content, setup)]
    if failures:
        raise ModelRefusal(tuple(failures))


def _header_failures(content: InvoiceContent, supplier: Supplier, setup: Setup) -> Failures:
    knobs = setup.knobs
    failures: Failures = []
    if not content.number:
        failures.append(("number_blank", 0))
    if len(content.number) > 40:
        failures.append(("number_too_long", 0))
    if content.invoice_date is None:
        failures.append(("date_blank", 0))
    if setup.currencies and content.currency not in setup.currencies:
        failures.append(("currency_invalid", 0))
    if setup.bill_to_name and content.bill_to_name not in ("", setup.bill_to_name):
        failures.append(("bill_to", 0))
    if not _payment_term(content, supplier, setup):
        failures.append(("payment_term_missing", 0))
    if knobs.text("total_check") == "417" and total_differs(content):
        failures.append(("total_differs", 0))
    if knobs.flag("tax_code_must_match") and content.tax_category and not _tax_known(content, setup):
        failures.append(("tax_mismatch", 0))
    return failures


def _payment_term(content: InvoiceContent, supplier: Supplier, setup: Setup) -> str:
    """The term the invoice gets: its own, the order's or the supplier's; an unknown one becomes "None" (facts 2.2)."""
    if content.payment_term:
        return content.payment_term if content.payment_term in setup.payment_terms else "None"
    ordered = (setup.orders[number].payment_term for number in content.orders if number in setup.orders)
    return next((term for term in ordered if term), supplier.payment_term)


def payment_term(content: InvoiceContent, supplier: Supplier, setup: Setup) -> str:
    """The payment term's code as the record shows it."""
    return _payment_term(content, supplier, setup)


def _tax_known(content: InvoiceContent, setup: Setup) -> bool:
    return (
        content.tax_rate is not None and (content.tax_category.lower(), content.tax_rate.normalize()) in setup.tax_codes
    )


def tax_code(content: InvoiceContent, setup: Setup) -> str | None:
    """The buyer's tax code when category and rate equal one, else None (facts 2.2)."""
    return content.tax_category if _tax_known(content, setup) else None


def total_differs(content: InvoiceContent) -> bool:
    """Whether the supplier's control total is stated and differs from the computed one by a cent or more."""
    return content.supplier_total is not None and abs(content.supplier_total - content.total) >= CENT


def _file_failures(files: tuple[File, ...], setup: Setup) -> Failures:
    failures: Failures = []
    most, largest = setup.knobs.number("max_attachments"), setup.knobs.number("max_attachment_bytes")
    if most and len(files) > most:
        failures.append(("too_many_attachments", 0))
    if largest and sum(file.size for file in files) > largest:
        failures.append(("attachments_too_big", 0))
    if setup.knobs.flag("image_scan_required") and not any(file.kind == "image_scan" for file in files):
        failures.append(("image_scan_required", 0))
    return failures


def _line_failures(line: InvoiceLine, content: InvoiceContent, setup: Setup) -> list[str]:
    knobs = setup.knobs
    keys: list[str] = []
    if line.quantity is not None and line.quantity < 0 and line.price < 0:
        keys.append("negative_both")
    if len(line.description) > 1550:
        keys.append("description_too_long")
    if knobs.text("line_arithmetic") == "417" and line.stated_total not in (None, line.total):
        keys.append("line_arithmetic")
    order = setup.orders.get(line.order_number)
    ordered = order.line(line.order_line) if order else None
    if order and ordered:
        keys += _order_failures(line, content, order, ordered, knobs)
    elif not line.contract and not knobs.flag("unbacked_permitted"):
        keys.append("unbacked")
    return keys


def _order_failures(
    line: InvoiceLine, content: InvoiceContent, order: Order, ordered: OrderLine, knobs: Knobs
) -> list[str]:
    keys: list[str] = []
    if order.invoice_stop or ordered.invoice_stop:
        keys.append("order_invoice_stopped")
    elif order.status != "issued":
        keys.append("order_not_invoiceable")
    elif ordered.status not in INVOICEABLE_LINES:
        keys.append("order_line_closed")
    if content.currency != order.currency:
        keys.append("currency_differs")
    if line.kind != ordered.kind:
        return [*keys, "line_type"]
    if line.kind == "quantity" and line.uom != ordered.uom and knobs.text("uom_mismatch") != "accept":
        if knobs.text("uom_mismatch") == "500":
            raise Refusal("unexpected")
        keys.append("uom_differs")
    if knobs.flag("part_number_required") and not line.part_number:
        keys.append("part_number_blank")
    return keys


def weight(line: InvoiceLine, sign: int) -> Decimal:
    """What a line adds to its PO line's `invoiced`: units for quantity lines, money for amount lines."""
    measured = line.quantity if line.kind == "quantity" and line.quantity is not None else line.total
    return sign * measured


def failed_tolerances(content: InvoiceContent, setup: Setup) -> tuple[FailedTolerance, ...]:
    """Price, quantity and amount against the PO line and what was invoiced on it before, in document order."""
    if content.document_kind == "credit_note":
        return ()
    slack = 1 + setup.knobs.decimal("tolerance_percent") / 100
    failed: list[FailedTolerance] = []
    running: dict[tuple[str, int], Decimal] = {}
    for line, ordered in _backed(content, setup):
        key = (line.order_number, ordered.number)
        running[key] = running.get(key, ordered.invoiced) + weight(line, 1)
        limit = ordered.ordered * slack
        if running[key] > limit:
            code = "quantity" if line.kind == "quantity" else "amount"
            failed.append(FailedTolerance(f"{code}_tolerance", line.number, running[key] - limit, limit))
        if line.kind == "quantity" and line.price > ordered.price * slack:
            most = ordered.price * slack
            failed.append(FailedTolerance("price_tolerance", line.number, line.price - most, most))
    return tuple(failed)


def status_after_submit(
    content: InvoiceContent, supplier: Supplier, setup: Setup, failed: tuple[FailedTolerance, ...]
) -> str:
    """Where a created or submitted invoice goes (facts 15; the order of the rules is inferred)."""
    fixed = setup.knobs.text("status_after_submit")
    if fixed != "by_rules":
        return fixed
    unbacked = [line for line in content.lines if not line.order_number]
    if any(line.contract and line.contract not in setup.contracts for line in unbacked):
        return "draft"
    if any(not line.contract for line in unbacked):
        return setup.knobs.text("unbacked_status")
    if failed or (setup.knobs.text("total_check") == "on_hold" and total_differs(content)):
        return "on_hold"
    if content.document_kind == "invoice" and waits_for_receipt(content, supplier, setup):
        return "pending_receipt"
    return "pending_approval"


def waits_for_receipt(content: InvoiceContent, supplier: Supplier, setup: Setup, *, counted: bool = False) -> bool:
    """Whether a 3-way matched PO line has received less than is invoiced on it, this invoice included.

    `counted` says that the PO lines' `invoiced` already holds this invoice.
    """
    running: dict[tuple[str, int], Decimal] = {}
    for line, ordered in _backed(content, setup):
        if not (ordered.match_type or supplier.invoice_matching_level).startswith("3-way"):
            continue
        key = (line.order_number, ordered.number)
        running[key] = running.get(key, ordered.invoiced) + (ZERO if counted else weight(line, 1))
        if ordered.received < running[key]:
            return True
    return False


def _backed(content: InvoiceContent, setup: Setup) -> list[tuple[InvoiceLine, OrderLine]]:
    pairs = ((line, setup.orders.get(line.order_number)) for line in content.lines)
    return [(line, found) for line, order in pairs if order and (found := order.line(line.order_line))]


def number_taken(content: InvoiceContent, others: Iterable[Invoice], reuse: str) -> bool:
    """Whether one of the supplier's other invoices of that number keeps it from being used (facts 6.3)."""
    for other in others:
        if reuse == "after_void" and other.status in ("voided", "abandoned"):
            continue
        if reuse == "calendar_year" and _year(other.content) != _year(content):
            continue
        return True
    return False


def _year(content: InvoiceContent) -> int:
    return content.invoice_date.year if content.invoice_date else 0


def sign(content: InvoiceContent) -> int:
    """-1 for a credit note with positive values (a credit memo), +1 otherwise."""
    return -1 if content.document_kind == "credit_note" and content.lines_total > ZERO else 1

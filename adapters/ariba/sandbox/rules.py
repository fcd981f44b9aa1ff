"""The network's validation of an invoice against the buyer's rules (facts 5, 7): every broken rule, in one list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from . import order_rules
from .orders import Papers
from .records import ZERO, Content, Failure, Invoice, Line, failure
from .rulebook import Rules

CENT = Decimal("0.01")
UNIT = re.compile("[0-9A-Z]{2,3}")
SHIPPING_ROLES = frozenset({"shipFrom", "shipTo", "carrierCorporate"})
TAX_IDS = frozenset({"federaltaxid", "vatid", "suppliertaxid", "gstid", "statetaxid"})
NO_UNIT = frozenset({"HR", "HRS", "HOUR", "HOURS", "MI", "MILE", "MILES", "DAYS", "EACH", "PC", "PCS", "LOT"})
"""Written for a unit now and then, and no code of UN/ECE Recommendation 20 (or one of something else)."""


@dataclass(frozen=True, slots=True)
class Case:
    """An invoice before its judge. `original`: the invoice its DocumentReference or InvoiceIDInfo names, if any."""

    invoice: Invoice
    rules: Rules
    papers: Papers
    now: datetime
    original: Invoice | None
    taken: bool

    @property
    def content(self) -> Content:
        """What the invoice says."""
        return self.invoice.content


def failures_of(case: Case) -> list[Failure]:
    """Everything that is wrong, structure first; order and labour rules only look at what structure left sound."""
    if not case.rules.flag("allow_invoices"):
        return [failure("invoices_not_allowed")]
    found = [each for check in STRUCTURE for each in check(case)]
    if not any(each.key in ("summary_and_detail", "detail_and_summary") for each in found):
        found += order_rules.failures_of(case.invoice, case.rules, case.papers)
    return list(dict.fromkeys(found))


def _structure(case: Case) -> Iterator[Failure]:
    content = case.content
    if not content.number:
        yield failure("no_id")
    if content.shipping_in_line and content.has_header_shipping:
        yield failure("shipping_in_line")
    if content.says_header and content.has_details:
        yield failure("summary_and_detail")
    if not content.says_header and content.has_header_orders:
        yield failure("detail_and_summary")
    for role in content.shipping_roles:
        if role not in SHIPPING_ROLES:
            yield failure("role_in_shipping", role=role)
    for partner in content.partners:
        if partner.role in SHIPPING_ROLES:
            yield failure("role_in_partner", role=partner.role)
    for key, values in content.faults:
        yield failure(key, **values)
    numbers = [line.number for line in content.lines]
    for number in sorted({each for each in numbers if numbers.count(each) > 1}):
        yield failure("line_numbers", line=number)
    if case.rules.flag("digital_signature") and not content.signed:
        yield failure("signature")
    if not case.rules.flag("allow_subcontractor") and case.invoice.supplier.subcontractor:
        yield failure("subcontractor")


def _number(case: Case) -> Iterator[Failure]:
    number, rules = case.content.number, case.rules
    if not rules.matches("invoice_number_pattern", number):
        yield failure("number_form", number=number)
    most = rules.number("invoice_number_max_length")
    if most and len(number) > most:
        yield failure("number_long", number=number, most=most)
    if case.taken and rules.flag("duplicate_check"):
        yield failure("duplicate")


def _dates(case: Case) -> Iterator[Failure]:
    at, days = case.content.date, case.rules.number("max_backdate_days")
    if at is None:
        return
    if days and at < case.now - timedelta(days=days + 1):
        yield failure("backdated", days=days)
    # A day of grace: the date's zone may be ahead of ours.
    if not case.rules.flag("allow_future_date") and at > case.now + timedelta(days=1):
        yield failure("future")


def _sums(case: Case) -> Iterator[Failure]:
    content = case.content
    if not case.rules.flag("check_sums") or any(key == "not_numeric" for key, _ in content.faults):
        return
    for line in content.lines:
        if line.quantity is not None and line.price is not None and not line.has_price_basis:
            expected = line.quantity * line.price
            if abs(expected - line.subtotal) >= CENT:
                yield failure("line_sum", line=line.number, stated=line.subtotal, expected=expected.quantize(CENT))
    lines = sum((line.subtotal for line in content.lines), ZERO)
    if abs(lines - content.subtotal) >= CENT:
        yield failure("sum", field="SubtotalAmount", stated=content.subtotal, expected=lines)
    net = content.subtotal + content.tax + content.charges
    if abs(net - content.net) >= CENT:
        yield failure("sum", field="NetAmount", stated=content.net, expected=net)


def _figures(case: Case) -> Iterator[Failure]:
    for line in case.content.lines:
        for field, text in (("price", line.price_text), ("quantity", line.quantity_text)):
            most = case.rules.number(f"max_{field}_decimals")
            # Zeros at the end count as well: "98.5000" has four decimals on paper.
            if most and len(text.partition(".")[2]) > most:
                yield failure(f"{field}_decimals", line=line.number, most=most, **{field: text})
        if case.rules.flag("unit_codes_must_be_known") and not _unit_known(line):
            yield failure("unit_code", line=line.number, unit=line.unit)


def _unit_known(line: Line) -> bool:
    return not line.unit or (line.unit not in NO_UNIT and UNIT.fullmatch(line.unit) is not None)


def _tax(case: Case) -> Iterator[Failure]:
    content, rules = case.content, case.rules
    on_lines = [line.has_tax and content.tax_in_line for line in content.lines]
    if rules.flag("require_line_tax") and not all(on_lines):
        yield failure("line_tax")
    if rules.flag("header_tax_only") and any(on_lines):
        yield failure("header_tax")
    categories = [line.tax_category for line, taxed in zip(content.lines, on_lines, strict=True) if taxed]
    if rules.flag("require_tax_category") and content.tax and not (content.tax_category or all([*categories, False])):
        yield failure("tax_category")
    ids = {name for partner in content.partners for name in partner.ids}
    if rules.flag("require_supplier_tax_id") and not (ids & TAX_IDS or content.extrinsics.get("suppliervatid")):
        yield failure("supplier_tax_id")
    buyers = {name for partner in content.partners if partner.role in ("soldTo", "billTo") for name in partner.ids}
    if rules.flag("require_buyer_tax_id") and not (buyers & TAX_IDS or content.extrinsics.get("buyervatid")):
        yield failure("buyer_tax_id")


def _parties(case: Case) -> Iterator[Failure]:
    roles = {partner.role for partner in case.content.partners} | set(case.content.shipping_roles)
    for rule, role in (
        ("require_remit_to", "remitTo"),
        ("require_bill_to", "billTo"),
        ("require_sold_to", "soldTo"),
        ("require_ship_to", "shipTo"),
    ):
        if case.rules.flag(rule) and role not in roles:
            yield failure("partner", role=role)


def _credit(case: Case) -> Iterator[Failure]:
    content, rules = case.content, case.rules
    if not content.is_credit:
        if content.total < 0 or (
            not rules.flag("allow_negative_lines") and any(line.subtotal < 0 for line in content.lines)
        ):
            worst = min(content.lines, key=lambda line: line.subtotal, default=None)
            yield failure("negative_line", line=worst.number if worst else 0)
        return
    level = "header" if content.purpose == "creditMemo" else "line"
    if not rules.flag(f"allow_{level}_credit"):
        yield failure(f"{level}_credit")
    if content.total > 0:
        yield failure("sign", purpose=content.purpose)
    if rules.flag("reason_required") and not content.has_comment:
        yield failure("reason")
    if rules.flag("credit_needs_original") and case.original is None:
        yield failure("credit_original")
    elif case.original is not None:
        yield from _credit_lines(content, case.original.content)


def _credit_lines(content: Content, original: Content) -> Iterator[Failure]:
    """A credit gives back at most what the original billed on the same order line."""
    for line in content.lines:
        if line.kind != "header":
            billed = sum((abs(each.subtotal) for each in original.lines if each.order_line == line.order_line), ZERO)
            if abs(line.subtotal) > billed:
                yield failure("credit_too_high", line=line.number)
    if abs(content.total) > abs(original.total):
        yield failure("credit_too_high", line=0)


def _papers(case: Case) -> Iterator[Failure]:
    files, rules = case.invoice.files, case.rules
    if rules.flag("attachment_required") and not files:
        yield failure("attachment")
    endings = {each.lower().lstrip(".") for each in rules.words("attachment_extensions")}
    for file in files:
        if endings and file.name.rpartition(".")[2].lower() not in endings:
            yield failure("attachment_type", name=file.name)
    most = rules.number("max_attachment_mb")
    if most and sum(file.size for file in files) > most * 1024 * 1024:
        yield failure("attachment_size", most=most)


STRUCTURE: tuple[Callable[[Case], Iterator[Failure]], ...] = (
    _structure, _number, _dates, _sums, _figures, _tax, _parties, _credit, _papers,
)  # fmt: skip

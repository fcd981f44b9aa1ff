"""The invoice's own sums, to the smallest unit of its currency (EN 16931-1:2017, section 6.4, rules BR-CO and kin).

A product is rounded half up; half to even is tolerated on an exact tie, since both are in use. Tax stated by line may
be rounded by line: then the breakdown may hold the sum of the rounded line taxes. The same function serves intake,
which refuses wrong sums, and the checklist.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext

from checklists.finding import Finding, found
from checklists.wording import line_label, line_path, lines_label, money
from gateway.currency import minor_units
from gateway.packet import Adjustment, Invoice, Line, LineTax, TaxBreakdown, plain_decimal

_EXACT = Context(prec=90)
"""Three numbers of 25 digits multiply without loss."""

_CORRECT_IN_BILLING = "Correct it in the invoicing system and hand the packet over again."

_Group = tuple[str, Decimal, str]


def sums(invoice: Invoice) -> tuple[Finding, ...]:
    """Everything in the invoice that does not add up, in the order of the document; empty when all is right."""
    places = minor_units(invoice.currency)
    if places is None:
        return (_unknown_currency(invoice),)
    with localcontext(_EXACT):
        cent = Decimal(1).scaleb(-places)
        return (
            *_too_fine(invoice, cent),
            *_lines(invoice, cent),
            *_totals(invoice),
            *_breakdown(invoice, cent),
            *_tax_by_line(invoice, cent),
        )


def _unknown_currency(invoice: Invoice) -> Finding:
    return found(
        "CB-SUM-01",
        "/invoice/currency",
        f"{invoice.currency} is not a currency in which an invoice can be issued.",
        "Give the three-letter code of ISO 4217, such as USD.",
    )


def _rounded(exact: Decimal, cent: Decimal) -> tuple[Decimal, Decimal]:
    """The exact value to the cent, half up and half to even; they differ only on an exact tie."""
    return exact.quantize(cent, ROUND_HALF_UP), exact.quantize(cent, ROUND_HALF_EVEN)


# --- no amount finer than its currency (BR-DEC) -------------------------------------------------------------------


def _too_fine(invoice: Invoice, cent: Decimal) -> Iterator[Finding]:
    for path, amount in _amounts(invoice):
        if amount % cent:
            yield found(
                "CB-SUM-02",
                path,
                f"{_place_in_words(invoice, path)} is {money(amount, invoice.currency)}; "
                f"the smallest amount in {invoice.currency} is {plain_decimal(cent)}.",
                f"Round it to {plain_decimal(cent)} in the invoicing system and hand the packet over again.",
            )


def _amounts(invoice: Invoice) -> Iterator[tuple[str, Decimal]]:
    """Every amount of money with its JSON pointer; prices of one unit are not amounts and may be finer."""
    for position, line in enumerate(invoice.lines):
        yield f"/invoice/lines/{position}/net_amount", line.net_amount
        if line.tax and line.tax.amount is not None:
            yield f"/invoice/lines/{position}/tax/amount", line.tax.amount
        if line.adjustments:
            yield from _adjustment_amounts(line.adjustments, f"/invoice/lines/{position}/adjustments")
    yield from _adjustment_amounts(invoice.adjustments, "/invoice/adjustments")
    for position, row in enumerate(invoice.tax_breakdown):
        yield f"/invoice/tax_breakdown/{position}/taxable_amount", row.taxable_amount
        yield f"/invoice/tax_breakdown/{position}/tax_amount", row.tax_amount
    totals = invoice.totals
    for name in _TOTALS_IN_WORDS:
        yield f"/invoice/totals/{name}", getattr(totals, name)


def _adjustment_amounts(adjustments: Iterable[Adjustment], path: str) -> Iterator[tuple[str, Decimal]]:
    for position, adjustment in enumerate(adjustments):
        yield f"{path}/{position}/amount", adjustment.amount
        if adjustment.tax and adjustment.tax.amount is not None:
            yield f"{path}/{position}/tax/amount", adjustment.tax.amount


_TOTALS_IN_WORDS: Mapping[str, str] = {
    "line_net": "the sum of line amounts",
    "allowances": "the sum of allowances",
    "charges": "the sum of charges",
    "tax_exclusive": "the total without tax",
    "tax": "the tax total",
    "tax_inclusive": "the total with tax",
    "paid": "the amount already paid",
    "rounding": "the rounding amount",
    "payable": "the amount due",
}


def _place_in_words(invoice: Invoice, path: str) -> str:
    _, _, area, *rest = path.split("/")
    if area == "lines":
        what = "net amount" if rest[1] == "net_amount" else "tax" if rest[1] == "tax" else "allowance or charge"
        return f"{line_label(invoice.lines[int(rest[0])])}: the {what}"
    if area == "tax_breakdown":
        row = invoice.tax_breakdown[int(rest[0])]
        what = "taxable amount" if rest[1] == "taxable_amount" else "tax amount"
        return f"Tax breakdown, {_rate_in_words(row.category, row.rate)}: the {what}"
    if area == "totals":
        text = _TOTALS_IN_WORDS[rest[0]]
        return text[:1].upper() + text[1:]
    return f"Allowance or charge {int(rest[0]) + 1} of the invoice"


# --- lines (BT-131) -----------------------------------------------------------------------------------------------


def _lines(invoice: Invoice, cent: Decimal) -> Iterator[Finding]:
    for position, line in enumerate(invoice.lines):
        extra = _net_of(line.adjustments) if line.adjustments else Decimal(0)
        exact = line.quantity * line.unit_price
        if line.price_base_quantity != 1:
            exact = exact / line.price_base_quantity
        net = line.net_amount - extra
        if net == exact.quantize(cent, ROUND_HALF_UP):  # nearly always
            continue
        right = _rounded(exact, cent)
        if net not in right:
            yield found(
                "CB-SUM-03",
                line_path(position, "net_amount"),
                f"{line_label(line)}: {_product_in_words(line, extra, invoice.currency)} makes "
                f"{money(right[0] + extra, invoice.currency)}, but the line says "
                f"{money(line.net_amount, invoice.currency)}.",
                f"Check quantity, price and amount of line {line.number}. {_CORRECT_IN_BILLING}",
            )


def _net_of(adjustments: Iterable[Adjustment]) -> Decimal:
    """Charges less allowances."""
    return sum((each.amount if each.kind == "charge" else -each.amount for each in adjustments), Decimal(0))


def _product_in_words(line: Line, extra: Decimal, currency: str) -> str:
    price = money(line.unit_price, currency)
    per = "" if line.price_base_quantity == 1 else f" per {plain_decimal(line.price_base_quantity)}"
    text = f"{plain_decimal(line.quantity)} {line.unit} x {price}{per}"
    if not line.adjustments:
        return text
    return f"{text} {'plus' if extra >= 0 else 'less'} {money(abs(extra), currency)} of charges and allowances"


# --- totals (BR-CO-10 to BR-CO-16) --------------------------------------------------------------------------------


def _totals(invoice: Invoice) -> Iterator[Finding]:
    totals = invoice.totals
    lines = sum((line.net_amount for line in invoice.lines), Decimal(0))
    allowances = sum((one.amount for one in invoice.adjustments if one.kind == "allowance"), Decimal(0))
    charges = sum((one.amount for one in invoice.adjustments if one.kind == "charge"), Decimal(0))
    taxes = sum((row.tax_amount for row in invoice.tax_breakdown), Decimal(0))
    count = len(invoice.lines)
    for code, name, right, how in (
        ("CB-SUM-04", "line_net", lines, f"the {count} lines add up to" if count > 1 else "the only line has"),
        ("CB-SUM-05", "allowances", allowances, "the allowances of the invoice add up to"),
        ("CB-SUM-06", "charges", charges, "the charges of the invoice add up to"),
        (
            "CB-SUM-07",
            "tax_exclusive",
            totals.line_net - totals.allowances + totals.charges,
            "lines less allowances plus charges make",
        ),
        ("CB-SUM-08", "tax", taxes, "the tax breakdown adds up to"),
        ("CB-SUM-09", "tax_inclusive", totals.tax_exclusive + totals.tax, "the total without tax plus the tax makes"),
        (
            "CB-SUM-10",
            "payable",
            totals.tax_inclusive - totals.paid + totals.rounding,
            "the total with tax less what is paid plus rounding makes",
        ),
    ):
        stated: Decimal = getattr(totals, name)
        if stated != right:
            yield _wrong_total(invoice, code, name, stated, right, how)


def _wrong_total(invoice: Invoice, code: str, name: str, stated: Decimal, right: Decimal, how: str) -> Finding:
    what = _TOTALS_IN_WORDS[name]
    return found(
        code,
        f"/invoice/totals/{name}",
        f"{what[:1].upper()}{what[1:]} is stated as {money(stated, invoice.currency)}, "
        f"but {how} {money(right, invoice.currency)} (difference {money(stated - right, invoice.currency)}).",
        _CORRECT_IN_BILLING,
    )


# --- tax breakdown (BR-CO-17, BR-S-08 and kin) --------------------------------------------------------------------


def _rate_in_words(category: str, rate: Decimal) -> str:
    return f"category {category} at {plain_decimal(rate)}%"


def _group_of(invoice: Invoice) -> Mapping[tuple[str, Decimal], bool]:
    """(category, rate) -> whether several breakdown rows share it, told apart by the client's tax code."""
    shared: dict[tuple[str, Decimal], bool] = {}
    for row in invoice.tax_breakdown:
        key = (row.category, row.rate)
        shared[key] = key in shared
    return shared


def _taxed(invoice: Invoice) -> Iterator[tuple[LineTax, Decimal, int]]:
    """What is taxed: its tax, its amount, and 1 where both add up or -1 where an allowance takes them away."""
    for line in invoice.lines:
        if line.tax:
            yield line.tax, line.net_amount, 1
    for one in invoice.adjustments:
        if one.tax:
            yield one.tax, one.amount, 1 if one.kind == "charge" else -1


def _breakdown(invoice: Invoice, cent: Decimal) -> Iterator[Finding]:
    shared = _group_of(invoice)

    def group(tax: LineTax | TaxBreakdown) -> _Group:
        return tax.category, tax.rate, tax.code if shared.get((tax.category, tax.rate)) else ""

    taxable: dict[_Group, Decimal] = {}
    by_line: dict[_Group, Decimal | None] = {}
    for tax, amount, sign in _taxed(invoice):
        key = group(tax)
        taxable[key] = taxable.get(key, Decimal(0)) + sign * amount
        line_tax = None if tax.amount is None else sign * _rounded(amount * tax.rate / 100, cent)[0]
        before = by_line.get(key, Decimal(0))
        by_line[key] = None if before is None or line_tax is None else before + line_tax
    rows = {group(row) for row in invoice.tax_breakdown}
    for position, row in enumerate(invoice.tax_breakdown):
        yield from _taxable_amount(invoice, position, taxable.get(group(row)), bool(taxable))
        yield from _tax_amount(invoice, position, by_line.get(group(row)), cent)
    for category, rate, code in taxable.keys() - rows:
        yield _not_broken_down(invoice, category, rate, code)


def _taxable_amount(invoice: Invoice, position: int, right: Decimal | None, by_line: bool) -> Iterator[Finding]:
    row = invoice.tax_breakdown[position]
    path = f"/invoice/tax_breakdown/{position}/taxable_amount"
    stated, where = (
        money(row.taxable_amount, invoice.currency),
        f"Tax breakdown, {_rate_in_words(row.category, row.rate)}",
    )
    if by_line and right is None:
        yield found(
            "CB-SUM-13",
            f"/invoice/tax_breakdown/{position}",
            f"{where}: states {stated} as taxable, but no line, charge or allowance carries this category and rate.",
            f"Give the lines their tax category and rate, or drop the row. {_CORRECT_IN_BILLING}",
        )
    elif by_line and right != row.taxable_amount:
        due = money(right or Decimal(0), invoice.currency)
        yield found(
            "CB-SUM-12",
            path,
            f"{where}: the taxable amount is stated as {stated}, but its lines, charges and allowances make {due}.",
            _CORRECT_IN_BILLING,
        )
    elif not by_line and abs(row.taxable_amount) > abs(invoice.totals.tax_exclusive):
        total = money(invoice.totals.tax_exclusive, invoice.currency)
        yield found(
            "CB-SUM-12",
            path,
            f"{where}: {stated} is taxed, which is more than the total without tax, {total}.",
            _CORRECT_IN_BILLING,
        )


def _tax_amount(invoice: Invoice, position: int, by_line: Decimal | None, cent: Decimal) -> Iterator[Finding]:
    row = invoice.tax_breakdown[position]
    right = _rounded(row.taxable_amount * row.rate / 100, cent)
    if row.tax_amount in right or (by_line is not None and row.tax_amount == by_line):
        return
    yield found(
        "CB-SUM-11",
        f"/invoice/tax_breakdown/{position}/tax_amount",
        f"Tax breakdown, {_rate_in_words(row.category, row.rate)}: {money(row.taxable_amount, invoice.currency)} x "
        f"{plain_decimal(row.rate)}% makes {money(right[0], invoice.currency)}, but "
        f"{money(row.tax_amount, invoice.currency)} is stated.",
        _CORRECT_IN_BILLING,
    )


def _not_broken_down(invoice: Invoice, category: str, rate: Decimal, code: str) -> Finding:
    def carries(tax: LineTax | None) -> bool:
        return tax is not None and (tax.category, tax.rate) == (category, rate) and (not code or tax.code == code)

    positions = [position for position, line in enumerate(invoice.lines) if carries(line.tax)]
    who = (
        lines_label([invoice.lines[position] for position in positions])
        if positions
        else "A charge or allowance of the invoice"
    )
    named = f"{_rate_in_words(category, rate)}" + (f" (code {code})" if code else "")
    return found(
        "CB-SUM-13",
        line_path(positions[0], "tax") if positions else "/invoice/tax_breakdown",
        f"{who}: tax {named} is not in the tax breakdown of the invoice.",
        f"Add a row for {named} to the breakdown, or correct the line. {_CORRECT_IN_BILLING}",
    )


# --- tax stated by line -------------------------------------------------------------------------------------------


def _tax_by_line(invoice: Invoice, cent: Decimal) -> Iterator[Finding]:
    """Once one line states its tax, all that is taxed states it, and together they are the tax total."""
    taxed = list(_taxed(invoice))
    if all(tax.amount is None for tax, _, _ in taxed):
        return
    missing = [tax for tax, _, _ in taxed if tax.amount is None and tax.rate]
    total = sum((sign * (tax.amount or Decimal(0)) for tax, _, sign in taxed), Decimal(0))
    if missing or total != invoice.totals.tax:
        gap = f" {len(missing)} of {len(taxed)} taxed lines or charges state none." if missing else ""
        yield found(
            "CB-SUM-14",
            "/invoice/totals/tax",
            f"Tax stated by line adds up to {money(total, invoice.currency)}, but the tax total is "
            f"{money(invoice.totals.tax, invoice.currency)}.{gap}",
            f"State tax on every taxed line or on none. {_CORRECT_IN_BILLING}",
        )
    for position, line in enumerate(invoice.lines):
        if line.tax and line.tax.amount is not None:
            yield from _line_tax(invoice, position, line, line.tax, line.tax.amount, cent)


def _line_tax(
    invoice: Invoice, position: int, line: Line, tax: LineTax, stated: Decimal, cent: Decimal
) -> Iterator[Finding]:
    exact = line.net_amount * tax.rate / 100
    if abs(stated - exact) >= cent:
        yield found(
            "CB-SUM-15",
            line_path(position, "tax/amount"),
            f"{line_label(line)}: {money(line.net_amount, invoice.currency)} x {plain_decimal(tax.rate)}% makes "
            f"{money(_rounded(exact, cent)[0], invoice.currency)}, but {money(stated, invoice.currency)} is stated.",
            _CORRECT_IN_BILLING,
        )

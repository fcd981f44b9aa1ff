"""How findings say amounts, lines and lists, so that all of them read alike."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from gateway.currency import minor_units
from gateway.packet import Invoice, Line, SupportingDocument, plain_decimal

MOST_NAMED = 8
"""How many things of a kind a sentence names before it says how many more there are."""


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency, at least as fine as its minor unit: `1,234.50 USD`, `0.125 USD`."""
    whole, _, fraction = plain_decimal(abs(amount)).partition(".")
    decimals = max(minor_units(currency) or 0, len(fraction))
    sign = "-" if amount < 0 else ""
    text = f"{sign}{int(whole):,}"
    return f"{text}.{fraction.ljust(decimals, '0')} {currency}" if decimals else f"{text} {currency}"


def counted(amount: Decimal, unit: str) -> str:
    """A quantity with its unit code: `38.5 HUR`."""
    return f"{plain_decimal(amount)} {unit}".rstrip()


def line_label(line: Line) -> str:
    """A line as the coordinator knows it: its printed number, and for labour whose hours they are."""
    if line.labour is None:
        return f"Line {line.number}"
    labour = line.labour
    who = labour.worker_name or labour.worker_id
    sheet = f", time sheet {labour.timesheet_id}" if labour.timesheet_id else ""
    return f"Line {line.number} ({who}, {labour.classification} {labour.pay_code}{sheet})"


def lines_label(lines: Sequence[Line]) -> str:
    """Several lines by their printed numbers, neighbours drawn together: `Lines 1 to 4, 7 and 9`."""
    return ("Line " if len(lines) == 1 else "Lines ") + listed(_runs([line.number for line in lines]))


def _runs(numbers: Sequence[int]) -> Iterator[str]:
    """Three or more numbers in a row become `1 to 3`."""
    start = 0
    for at in range(1, len(numbers) + 1):
        if at == len(numbers) or numbers[at] != numbers[at - 1] + 1:
            run = numbers[start:at]
            yield from [f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run)
            start = at


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`; after MOST_NAMED: `a, b, ... and 12 more`."""
    items = list(words)
    if len(items) > MOST_NAMED:
        return f"{', '.join(items[:MOST_NAMED])} and {len(items) - MOST_NAMED} more"
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)


def megabytes(size: int) -> str:
    """Bytes as megabytes of 1,000,000 bytes, with one decimal below ten: `2.4 MB`."""
    value = Decimal(size) / 1_000_000
    return f"{value:.1f} MB" if value < 10 else f"{value:.0f} MB"


def line_path(invoice_position: int, field: str = "") -> str:
    """JSON pointer to a line by its position from 0, or to a field of it."""
    return f"/invoice/lines/{invoice_position}" + (f"/{field}" if field else "")


def paper_name(document: SupportingDocument) -> str:
    """A paper as the coordinator knows it: `time sheet TS-0412 (week-09.pdf)`."""
    kind = KINDS[document.kind]
    return f"{kind} {document.timesheet_id} ({document.name})" if document.timesheet_id else f"{kind} {document.name}"


KINDS = {
    "invoice_pdf": "invoice PDF",
    "timesheet": "time sheet",
    "acceptance_form": "acceptance form",
    "receipt": "receipt",
    "mileage_log": "mileage log",
    "equipment_log": "equipment log",
    "other": "document",
}
"""`DocumentKind` in words."""


def title(text: str) -> str:
    """The text with its first letter in capitals, the rest as it is."""
    return text[:1].upper() + text[1:]


def kind_of(invoice: Invoice) -> str:
    """`invoice` or `credit note`."""
    return "credit note" if invoice.is_credit_note else "invoice"

"""How the cells of reports are told to people: codes as words."""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.sheets import Cell, Column, on_screen

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "refused": "refused on receipt",
        "rejected": "rejected later",
        "queried": "queried by the buyer",
        "preflight": "stopped by our checklist",
    }
)


def reason_name(code: str) -> str:
    """A reason's code as words: `po_closed` is `PO closed`; a finding's own code stays as it is."""
    told = code.replace("_", " ")
    return f"PO{told[2:]}" if told.startswith("po ") else told[:1].upper() + told[1:]


def is_detail(column: Column) -> bool:
    """A figure that files have and readers are spared: stages one by one, beside what they come to."""
    return column.name.startswith("by_stage.")


def for_reading(cell: Cell, column: Column) -> str:
    """A cell as pages and the PDF show it."""
    if column.name == "reason" and isinstance(cell, str):
        return reason_name(cell)
    if column.name == "kind" and isinstance(cell, str):
        return KINDS.get(cell, cell)
    return on_screen(cell, column)

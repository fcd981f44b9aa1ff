"""What every part of the writer needs to see, in one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from formats.cxml.dialect import CreditStyle, Dialect
from formats.cxml.figures import Figures
from gateway.adapter import Presentation
from gateway.packet import Invoice, Line


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice on its way into cXML: what it says, how this receiver and this client want it said."""

    invoice: Invoice
    presentation: Presentation
    dialect: Dialect
    figures: Figures
    positions: Mapping[int, int] = field(repr=False)
    """Line number -> place in the packet, counted from 0."""

    @property
    def credit(self) -> CreditStyle | None:
        """How this credit note is written; None for an invoice."""
        return self.dialect.credit if self.invoice.is_credit_note else None

    @property
    def tax_in_lines(self) -> bool:
        """Whether every line states its own tax. A header credit note has no lines to state it."""
        has_lines = self.credit is None or self.credit.level == "lines"
        return self.presentation.tax_level == "line" and has_lines

    def path(self, line: Line) -> str:
        """The JSON pointer of a line in the packet."""
        return f"/invoice/lines/{self.positions[line.number]}"

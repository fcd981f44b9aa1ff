"""What every part of the writer needs to see, in one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from formats.cxml.dialect import CreditStyle, Dialect, Places
from formats.cxml.figures import Figures
from formats.cxml.schema import vocabulary
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
    cancels: str = ""
    """The payloadID of the document that this one takes back; "" for a new invoice."""
    why: str = ""
    """Why it is taken back, in a person's words."""
    resubmits: str = ""
    """The payloadID of the refused document whose place this one takes; "" for a first try."""

    @property
    def credit(self) -> CreditStyle | None:
        """How this credit note is written; None for an invoice."""
        return self.dialect.credit if self.invoice.is_credit_note else None

    @property
    def tax_in_lines(self) -> bool:
        """Whether every line states its own tax. A header credit note has no lines to state it."""
        has_lines = self.credit is None or self.credit.level == "lines"
        return self.presentation.tax_level == "line" and has_lines

    def may_hold(self, element: str, child: str) -> bool:
        """Whether an element has such a child in this version of cXML."""
        return child in vocabulary(self.dialect.version).children.get(element, ())

    def may_carry(self, element: str, attribute: str) -> bool:
        """Whether an element has such an attribute in this version of cXML."""
        return attribute in vocabulary(self.dialect.version).attributes.get(element, ())

    @property
    def header_places(self) -> Places:
        """Where the summary states allowances and charges, as far as this version has the elements."""
        return self._places(self.dialect.header_places, "InvoiceDetailSummary", "InvoiceHeaderModifications")

    def line_places(self, element: str) -> Places:
        """Where a line of this element states them. A service line has no element for shipping or handling, so there
        they are modifications, in versions that have these."""
        places = self._places(self.dialect.line_places, element, "InvoiceItemModifications")
        if "Modifications" not in places.values() or self.may_hold(element, "InvoiceDetailLineShipping"):
            return places
        own = ("SpecialHandlingAmount", "ShippingAmount")
        return {what: "Modifications" if place in own else place for what, place in places.items()}

    def _places(self, places: Places, element: str, modifications: str) -> Places:
        if self.may_hold(element, modifications):
            return places
        return {what: place for what, place in places.items() if place != "Modifications"}

    def path(self, line: Line) -> str:
        """The JSON pointer of a line in the packet."""
        return f"/invoice/lines/{self.positions[line.number]}"

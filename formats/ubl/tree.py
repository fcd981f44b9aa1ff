"""A UBL document walked through so that nothing in it is passed over unseen.

Every element that is read is ticked off. What is left at the end is either of the kind that an invoice may lose and be
told of (`TOLD`), or it is refused: what nobody read, nobody may send on as if it had not been there.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from lxml import etree

from formats.cxml.reader import Unreadable, parse
from gateway.errors import PacketRefused, Problem

LIMIT: Final = 12 * 1024 * 1024
MOST_PROBLEMS: Final = 50
CAC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
ROOTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice": "Invoice",
        "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote": "CreditNote",
    }
)

TOLD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "UBLVersionID": "the version of UBL",
        "CustomizationID": "the specification it follows (BT-24)",
        "ProfileID": "the business process (BT-23)",
        "IssueTime": "the time of issue",
        "TaxPointDate": "the tax point date (BT-7)",
        "AccountingCost": "the buyer's accounting reference (BT-19)",
        "InvoicePeriod/DescriptionCode": "the tax point date code (BT-8)",
        "OrderReference/SalesOrderID": "the seller's sales order (BT-14)",
        "DespatchDocumentReference": "the despatch advice (BT-16)",
        "ReceiptDocumentReference": "the receiving advice (BT-15)",
        "OriginatorDocumentReference": "the tender or lot (BT-17)",
        "ProjectReference": "the project (BT-11)",
        "AdditionalDocumentReference": "a reference to another document (BT-18, BT-122 to BT-124)",
        "AccountingSupplierParty/Party/EndpointID": "the seller's electronic address (BT-34)",
        "AccountingSupplierParty/Party/PartyName": "the seller's trading name (BT-28)",
        "AccountingSupplierParty/Party/PartyLegalEntity/CompanyLegalForm": "the seller's legal form (BT-33)",
        "AccountingCustomerParty/Party/EndpointID": "the buyer's electronic address (BT-49)",
        "AccountingCustomerParty/Party/PartyName": "the buyer's trading name (BT-45)",
        "Delivery/ActualDeliveryDate": "the day of delivery (BT-72)",
        "PaymentMeans": "how and to which bank account it is paid (BG-16)",
        "AllowanceCharge/AllowanceChargeReasonCode": "the code of an allowance or charge (BT-98, BT-105)",
        "AllowanceCharge/MultiplierFactorNumeric": "the percentage of an allowance or charge (BT-94, BT-101)",
        "AllowanceCharge/BaseAmount": "the base of an allowance or charge (BT-93, BT-100)",
        "TaxTotal/TaxSubtotal/TaxCategory/TaxExemptionReasonCode": "the code of a tax exemption (BT-121)",
        "Line/DocumentReference": "the object that a line is about (BT-128)",
        "Line/AllowanceCharge/AllowanceChargeReasonCode": "the code of a line's allowance or charge (BT-140, BT-145)",
        "Line/AllowanceCharge/MultiplierFactorNumeric": "the percentage of a line's allowance or charge (BT-138)",
        "Line/AllowanceCharge/BaseAmount": "the base of a line's allowance or charge (BT-137, BT-142)",
        "Line/Item/StandardItemIdentification": "an item's standard number (BT-157)",
        "Line/Item/OriginCountry": "an item's country of origin (BT-159)",
        "Line/Item/CommodityClassification": "an item's classification (BT-158)",
        "Line/Price/AllowanceCharge": "the discount that is in a price already (BT-147, BT-148)",
    }
)
"""By path of local names, what an invoice may lose, in words. A line is `Line` whatever its kind of document."""

_LINES = ("InvoiceLine", "CreditNoteLine")
_DECIMAL = re.compile(r"-?\d{1,15}(?:\.\d{1,10})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Tree:
    """One document: its elements, which of them were read, and what is wrong with it."""

    def __init__(self, body: bytes) -> None:
        try:
            self.root = parse(body, LIMIT)
        except Unreadable as fault:
            raise refused("", f"{fault}.", "Export the e-invoice again as UBL 2.1 XML.") from None
        if self.root.tag not in ROOTS:
            cure = "Choose an Invoice or CreditNote in UBL 2.1; UN/CEFACT CII is not read here."
            raise refused("", "the document is no invoice or credit note in UBL 2.1.", cure)
        self.name = ROOTS[str(self.root.tag)]
        self._every = list(self.root.iter())  # holds them, so that each keeps its identity
        self._read: set[etree._Element] = {self.root}
        self.problems: list[Problem] = []
        self.told: dict[str, None] = {}
        self.currency = ""

    # --- reading ------------------------------------------------------------------------------------------------

    def each(self, parent: etree._Element | None, name: str) -> Iterator[etree._Element]:
        """The aggregates of this name, ticked off themselves; what is in them is not."""
        for child in self._named(parent, CAC, name):
            self._read.add(child)
            yield child

    def one(self, parent: etree._Element | None, *names: str) -> etree._Element | None:
        """The only aggregate down this path; None where there is none. A second one is a problem."""
        found = parent
        for name in names:
            several = list(self.each(found, name))
            for more in several[1:]:
                self.fault(more, "stands there more than once, and only one can be taken.", "Merge them, or hand over.")
            found = several[0] if several else None
        return found

    def text(self, parent: etree._Element | None, name: str, scheme: bool = False) -> str:
        """The text of the only basic element of this name; "" where there is none. `scheme`: it is told where the
        scheme that its text is of gets lost."""
        found = list(self._named(parent, CBC, name))
        for more in found[1:]:
            self._read.add(more)
            self.fault(more, "stands there more than once, and only one can be taken.", "Leave one of them.")
        if not found:
            return ""
        self._read.add(found[0])
        if scheme and found[0].get("schemeID"):
            self.tell(f"the scheme of {self._at(found[0])}")
        return self._text_of(found[0])

    def texts(self, parent: etree._Element | None, name: str) -> list[str]:
        """The texts of all basic elements of this name that say anything."""
        found = list(self._named(parent, CBC, name))
        self._read.update(found)
        return [text for one in found if (text := self._text_of(one))]

    def day(self, parent: etree._Element | None, name: str) -> str:
        """A date (xsd:date without zone); anything else is a problem."""
        text = self.text(parent, name)
        if text and not _DAY.fullmatch(text):
            self.fault(self._first(parent, name), f"{text[:40]!r} is no date.", "Write it as 2026-11-30.")
            return ""
        return text

    def number(self, parent: etree._Element | None, name: str) -> str:
        """A plain decimal number; anything else is a problem."""
        text = self.text(parent, name)
        if text and not _DECIMAL.fullmatch(text):
            self.fault(self._first(parent, name), f"{text[:40]!r} is no plain decimal number.", "Write it as 1234.50.")
            return ""
        return text

    def amount(self, parent: etree._Element | None, name: str) -> str:
        """An amount in the invoice's currency (BT-5); one in another is a problem."""
        text = self.number(parent, name)
        found = self._first(parent, name)
        if found is not None and text and found.get("currencyID") != self.currency:
            said = str(found.get("currencyID"))[:10]
            self.fault(found, f"is in {said}, and the invoice in {self.currency}.", "State it in one currency.")
        return text

    def unit_of(self, parent: etree._Element | None, name: str) -> str:
        """The unit of a quantity."""
        found = self._first(parent, name)
        return "" if found is None else (found.get("unitCode") or "").strip()

    def pass_over(self, element: etree._Element | None) -> None:
        """Ticks an element off with all that is in it: it was looked at, and told or taken."""
        if element is not None:
            self._read.update(element.iter())

    def attribute(self, element: etree._Element, name: str) -> str:
        """An attribute's value."""
        return (element.get(name) or "").strip()

    # --- telling ------------------------------------------------------------------------------------------------

    def fault(self, element: etree._Element | None, message: str, cure: str) -> None:
        """Keeps one problem, named by its place in the document."""
        at = self._at(element) if element is not None else self.name
        self.problems.append(Problem(at, message, cure))

    def missing(self, name: str) -> None:
        """Keeps that something is not there which no invoice can do without."""
        self.problems.append(Problem(name, "is missing.", "Supply it in the system that writes the e-invoice."))

    def tell(self, words: str) -> None:
        """Keeps what is left out, once."""
        self.told[words] = None

    def close(self) -> None:
        """Looks at what nobody has read. Raises PacketRefused with every problem."""
        for element in self._every:
            if element not in self._read and isinstance(element.tag, str):
                self._unread(element)
        if self.problems:
            raise PacketRefused(self.problems[:MOST_PROBLEMS])

    def _unread(self, element: etree._Element) -> None:
        if not len(element) and not self._text_of(element) and not element.attrib:
            return  # it says nothing
        parent = element.getparent()
        if parent is not None and parent not in self._read:
            return  # told or refused with what holds it
        words = TOLD.get(self._path(element)) if _namespace(element) in (CAC, CBC) else None
        if words is not None:
            self.tell(words)
            return
        self.fault(element, "is not read here, and would be lost.", "Leave it out, or hand over by the form.")

    # --- places -------------------------------------------------------------------------------------------------

    def _named(self, parent: etree._Element | None, namespace: str, name: str) -> Iterator[etree._Element]:
        return iter(()) if parent is None else parent.iterchildren(f"{{{namespace}}}{name}")

    def _first(self, parent: etree._Element | None, name: str) -> etree._Element | None:
        return next(self._named(parent, CBC, name), None)

    def _text_of(self, element: etree._Element) -> str:
        if len(element) and element in self._read:
            self.fault(element, "holds other elements where a text is expected.", "Export the e-invoice again.")
        return (element.text or "").strip()

    def _path(self, element: etree._Element) -> str:
        above = [element, *element.iterancestors()][:-1]
        return "/".join("Line" if (name := _local(one)) in _LINES else name for one in reversed(above))

    def _at(self, element: etree._Element) -> str:
        """The place as a person finds it: names with a number where several stand side by side."""
        steps = []
        for one in [element, *element.iterancestors()][:-1]:
            parent = one.getparent()
            alike = [] if parent is None else list(parent.iterchildren(str(one.tag)))
            steps.append(_local(one) + (f"[{alike.index(one) + 1}]" if len(alike) > 1 else ""))
        return "/".join(reversed(steps)) or self.name


def refused(path: str, message: str, cure: str) -> PacketRefused:
    """One problem as an error."""
    return PacketRefused((Problem(path, message, cure),))


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _namespace(element: etree._Element) -> str:
    return str(element.tag)[1:].partition("}")[0]

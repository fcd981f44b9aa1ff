"""UBL 2.1 Invoice and CreditNote into an invoice of ours, by the mapping of EN 16931 (CEN/TS 16931-3-2, UBL syntax).

Beside each element stands the business term that it binds. Amounts, quantities and dates are taken as they are written
or refused; nothing is reckoned, rounded or guessed. A line of UBL has no kind: whoever hands it over says what the
lines bill (`line_kind`), and hours with their workers (labour) have no place in it at all.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from formats.ubl.tree import Tree

Values = dict[str, Any]
LINE_KINDS: Final = ("service", "goods", "equipment", "expense", "mileage", "per_diem")
"""What the lines of an e-invoice may bill; hours of workers (labour) need more than it can say."""


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A paper that the e-invoice carries (BT-125)."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class UblInvoice:
    """What was read: the `invoice` of a packet as JSON has it, the papers in it, and in words what is left out."""

    invoice: Values
    files: tuple[EmbeddedFile, ...]
    told: tuple[str, ...]


def invoice_from(body: bytes, line_kind: str = "service") -> UblInvoice:
    """Reads one document. Raises PacketRefused with every problem: what is hostile, unreadable, in two currencies, or
    says something that an invoice of ours has no place for and that must not be lost."""
    tree = Tree(body)
    root = tree.root
    tree.currency = tree.text(root, "DocumentCurrencyCode")  # BT-5
    invoice: Values = {
        "number": tree.text(root, "ID"),  # BT-1
        "issued_on": tree.day(root, "IssueDate"),  # BT-2
        "type": _type(tree),  # BT-3
        "currency": tree.currency,
        "due_on": _due_on(tree),  # BT-9
        "buyer_reference": tree.text(root, "BuyerReference"),  # BT-10
        "contract_number": tree.text(tree.one(root, "ContractDocumentReference"), "ID"),  # BT-12
        "orders": _orders(tree),  # BT-13
        "note": "\n".join(tree.texts(root, "Note")),  # BT-22
        "preceding": _preceding(tree),  # BG-3
        "period": _period(tree, root),  # BG-14
        "seller": _party(tree, tree.one(root, "AccountingSupplierParty", "Party")),  # BG-4
        "buyer": _party(tree, tree.one(root, "AccountingCustomerParty", "Party")),  # BG-7
        "remit_to": _payee(tree, tree.one(root, "PayeeParty")),  # BG-10
        "ship_to": _delivery(tree),  # BG-13
        "payment_terms": _said({"text": tree.text(tree.one(root, "PaymentTerms"), "Note")}),  # BT-20
        "adjustments": [_adjustment(tree, one) for one in tree.each(root, "AllowanceCharge")],  # BG-20, BG-21
        **_tax(tree),
        "lines": [
            _line(tree, one, n, line_kind) for n, one in enumerate(tree.each(root, f"{tree.name}Line"), 1)
        ],  # BG-25
    }
    files = _files(tree)
    for name, term in (("number", "ID (BT-1)"), ("issued_on", "IssueDate (BT-2)"), ("lines", f"{tree.name}Line")):
        if not invoice[name]:
            tree.missing(term)
    tree.close()
    return UblInvoice(_said(invoice), files, tuple(tree.told))


def _said(values: Mapping[str, Any]) -> Values:
    """Without what says nothing."""
    return {name: value for name, value in values.items() if value not in ("", None, [], {})}


# --- the document -------------------------------------------------------------------------------------------------


def _type(tree: Tree) -> str:
    code = tree.text(tree.root, f"{tree.name}TypeCode")
    wanted = "381" if tree.name == "CreditNote" else "380"
    if code != wanted:
        cure = "Commercial invoices (380) and credit notes (381) are read; hand others over by the form."
        tree.fault(None, f"the type code (BT-3) is {code[:10] or 'missing'}, not {wanted}.", cure)
    return wanted


def _due_on(tree: Tree) -> str:
    """A credit note states it with the means of payment (CEN/TS 16931-3-2, BT-9)."""
    if tree.name == "Invoice":
        return tree.day(tree.root, "DueDate")
    means = [one for one in tree.root if str(one.tag).endswith("}PaymentMeans")]
    return next((day for one in means if (day := tree.day(one, "PaymentDueDate"))), "")


def _orders(tree: Tree) -> list[Values]:
    reference = tree.one(tree.root, "OrderReference")
    number = tree.text(reference, "ID")
    return [_said({"number": number, "ordered_on": tree.day(reference, "IssueDate")})] if number else []


def _preceding(tree: Tree) -> Values:
    reference = tree.one(tree.root, "BillingReference", "InvoiceDocumentReference")
    return _said({"number": tree.text(reference, "ID"), "issued_on": tree.day(reference, "IssueDate")})  # BT-25, BT-26


def _period(tree: Tree, holder: etree._Element) -> Values:
    period = tree.one(holder, "InvoicePeriod")
    found = _said({"start": tree.day(period, "StartDate"), "end": tree.day(period, "EndDate")})
    if len(found) == 1:
        tree.fault(period, "has only one of its two ends.", "State the first and the last day.")
    return found


def _files(tree: Tree) -> tuple[EmbeddedFile, ...]:
    """Papers inside the document; a mere reference to a paper is told."""
    found = []
    for n, reference in enumerate(tree.root.iterchildren("{*}AdditionalDocumentReference"), 1):
        binary = next(reference.iter("{*}EmbeddedDocumentBinaryObject"), None)
        if binary is None:
            continue
        try:
            content = base64.b64decode("".join((binary.text or "").split()), validate=True)
        except (binascii.Error, ValueError):
            tree.fault(binary, "is not Base64.", "Export the e-invoice again.")
            content = b""
        name = tree.attribute(binary, "filename") or f"attachment-{n}"
        found.append(EmbeddedFile(name, tree.attribute(binary, "mimeCode").lower(), content))
        tree.pass_over(reference)
        tree.tell("number and description of an attached paper (BT-122, BT-123)")
    return tuple(found)


# --- parties ------------------------------------------------------------------------------------------------------


def _party(tree: Tree, party: etree._Element | None) -> Values:
    legal = tree.one(party, "PartyLegalEntity")
    contact = tree.one(party, "Contact")
    taxed = _tax_numbers(tree, party)
    return _said(
        {
            "name": tree.text(legal, "RegistrationName") or _only_name(tree, party),  # BT-27, BT-44
            "code": tree.text(tree.one(party, "PartyIdentification"), "ID", scheme=True),  # BT-29, BT-46
            "registration_id": tree.text(legal, "CompanyID", scheme=True),  # BT-30, BT-47
            **taxed,
            "address": _address(tree, tree.one(party, "PostalAddress")),  # BG-5, BG-8
            "contact_name": tree.text(contact, "Name"),  # BT-41, BT-56
            "phone": tree.text(contact, "Telephone"),  # BT-42, BT-57
            "email": tree.text(contact, "ElectronicMail"),  # BT-43, BT-58
        }
    )


def _only_name(tree: Tree, party: etree._Element | None) -> str:
    """The trading name (BT-28, BT-45) of a party that states no other."""
    return tree.text(tree.one(party, "PartyName"), "Name")


def _tax_numbers(tree: Tree, party: etree._Element | None) -> Values:
    found: Values = {}
    for scheme in tree.each(party, "PartyTaxScheme"):
        number = tree.text(scheme, "CompanyID")
        place = "vat_id" if tree.text(tree.one(scheme, "TaxScheme"), "ID") == "VAT" else "tax_id"  # BT-31, BT-32
        if place in found:
            tree.fault(scheme, "is a second tax number of its kind.", "Leave one of them.")
        found[place] = number
    return found


def _address(tree: Tree, address: etree._Element | None) -> Values:
    lines = [tree.text(address, "StreetName"), tree.text(address, "AdditionalStreetName")]  # BT-35, BT-36
    lines += [tree.text(one, "Line") for one in tree.each(address, "AddressLine")]  # BT-162
    return _said(
        {
            "lines": [line for line in lines if line],
            "city": tree.text(address, "CityName"),  # BT-37
            "subdivision": tree.text(address, "CountrySubentity"),  # BT-39
            "post_code": tree.text(address, "PostalZone"),  # BT-38
            "country": tree.text(tree.one(address, "Country"), "IdentificationCode"),  # BT-40
        }
    )


def _payee(tree: Tree, party: etree._Element | None) -> Values:
    return _said(
        {
            "name": tree.text(tree.one(party, "PartyName"), "Name"),  # BT-59
            "code": tree.text(tree.one(party, "PartyIdentification"), "ID", scheme=True),  # BT-60
            "registration_id": tree.text(tree.one(party, "PartyLegalEntity"), "CompanyID", scheme=True),  # BT-61
        }
    )


def _delivery(tree: Tree) -> Values:
    delivery = tree.one(tree.root, "Delivery")
    location = tree.one(delivery, "DeliveryLocation")
    found = _said(
        {
            "name": tree.text(tree.one(delivery, "DeliveryParty", "PartyName"), "Name"),  # BT-70
            "code": tree.text(location, "ID", scheme=True),  # BT-71
            "address": _address(tree, tree.one(location, "Address")),  # BG-15
        }
    )
    if found and "name" not in found:
        tree.tell("where it was delivered, for it does not say to whom (BT-71, BG-15)")
        return {}
    return found


# --- money --------------------------------------------------------------------------------------------------------


def _tax_category(tree: Tree, holder: etree._Element | None, name: str) -> Values:
    category = tree.one(holder, name)
    scheme = tree.text(tree.one(category, "TaxScheme"), "ID")
    if scheme not in ("", "VAT"):
        tree.fault(category, f"is of the tax {scheme[:20]!r}.", "Only VAT is read here.")
    return _said({"category": tree.text(category, "ID"), "rate": tree.number(category, "Percent")})


def _adjustment(tree: Tree, element: etree._Element) -> Values:
    indicator = tree.text(element, "ChargeIndicator")
    if indicator not in ("true", "false"):
        tree.fault(element, "does not say whether it is an allowance or a charge.", "Write true or false.")
    return _said(
        {
            "kind": "charge" if indicator == "true" else "allowance",
            "amount": tree.amount(element, "Amount"),  # BT-92, BT-99, BT-136, BT-141
            "reason": tree.text(element, "AllowanceChargeReason"),  # BT-97, BT-104, BT-139, BT-144
            "tax": _tax_category(tree, element, "TaxCategory"),  # BT-95, BT-96, BT-102, BT-103
        }
    )


_TOTALS = {
    "line_net": "LineExtensionAmount",  # BT-106
    "allowances": "AllowanceTotalAmount",  # BT-107
    "charges": "ChargeTotalAmount",  # BT-108
    "tax_exclusive": "TaxExclusiveAmount",  # BT-109
    "tax_inclusive": "TaxInclusiveAmount",  # BT-112
    "paid": "PrepaidAmount",  # BT-113
    "rounding": "PayableRoundingAmount",  # BT-114
    "payable": "PayableAmount",  # BT-115
}


def _tax(tree: Tree) -> Values:
    """Totals and tax breakdown."""
    total = tree.one(tree.root, "TaxTotal")
    sums = tree.one(tree.root, "LegalMonetaryTotal")
    rows = []
    for row in tree.each(total, "TaxSubtotal"):  # BG-23
        category = next(row.iterchildren("{*}TaxCategory"), None)
        rows.append(
            _said(
                {
                    "taxable_amount": tree.amount(row, "TaxableAmount"),  # BT-116
                    "tax_amount": tree.amount(row, "TaxAmount"),  # BT-117
                    "exemption_reason": " ".join(tree.texts(category, "TaxExemptionReason")),  # BT-120
                    **_tax_category(tree, row, "TaxCategory"),  # BT-118, BT-119
                }
            )
        )
    totals = {name: tree.amount(sums, element) for name, element in _TOTALS.items()}
    return {"tax_breakdown": rows, "totals": _said({**totals, "tax": tree.amount(total, "TaxAmount")})}  # BT-110


# --- lines --------------------------------------------------------------------------------------------------------


def _line(tree: Tree, line: etree._Element, n: int, kind: str) -> Values:
    quantity = "CreditedQuantity" if tree.name == "CreditNote" else "InvoicedQuantity"
    item, price = tree.one(line, "Item"), tree.one(line, "Price")
    unit = tree.unit_of(line, quantity)
    if (base := tree.unit_of(price, "BaseQuantity")) not in ("", unit):
        tree.fault(price, f"is for a quantity in {base[:10]}, and the line counts in {unit[:10]}.", "Use one unit.")
    return _said(
        {
            "number": _number(tree, line, n),  # BT-126
            "kind": kind,
            "description": "\n".join([*tree.texts(item, "Name"), *tree.texts(item, "Description")]),  # BT-153, BT-154
            "quantity": tree.number(line, quantity),  # BT-129
            "unit": unit,  # BT-130
            "unit_price": tree.amount(price, "PriceAmount"),  # BT-146
            "price_base_quantity": tree.number(price, "BaseQuantity"),  # BT-149
            "net_amount": tree.amount(line, "LineExtensionAmount"),  # BT-131
            "order": _order_line(tree, line),  # BT-132
            "part_number": tree.text(tree.one(item, "SellersItemIdentification"), "ID"),  # BT-155
            "buyer_part_number": tree.text(tree.one(item, "BuyersItemIdentification"), "ID"),  # BT-156
            "period": _period(tree, line),  # BG-26
            "tax": _tax_category(tree, item, "ClassifiedTaxCategory"),  # BT-151, BT-152
            "adjustments": [_adjustment(tree, one) for one in tree.each(line, "AllowanceCharge")],  # BG-27, BG-28
            "accounting_code": tree.text(line, "AccountingCost"),  # BT-133
            "note": "\n".join(tree.texts(line, "Note")),  # BT-127
            "custom_fields": [
                {"name": tree.text(one, "Name"), "value": tree.text(one, "Value")}
                for one in tree.each(item, "AdditionalItemProperty")  # BG-32
            ],
        }
    )


def _number(tree: Tree, line: etree._Element, n: int) -> int:
    """A line's own number; ours are whole numbers, and where any is none they are counted anew."""
    stated = tree.text(line, "ID")
    siblings = [one.findtext("{*}ID", "").strip() for one in tree.root.iterchildren(str(line.tag))]
    if all(one.isascii() and one.isdecimal() and 0 < int(one[:9]) <= 999_999 and len(one) <= 6 for one in siblings):
        return int(stated)
    tree.tell("the line numbers (BT-126), which are no whole numbers: the lines are counted from 1")
    return n


def _order_line(tree: Tree, line: etree._Element) -> Values:
    reference = tree.one(line, "OrderLineReference")
    stated = tree.text(reference, "LineID")
    if stated and not (stated.isascii() and stated.isdecimal() and len(stated) <= 6 and int(stated)):
        tree.fault(reference, f"{stated[:20]!r} is no line number of a purchase order.", "Write a whole number.")
        return {}
    return {"line": int(stated)} if stated else {}

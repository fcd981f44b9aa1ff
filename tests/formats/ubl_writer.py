"""An invoice of ours written as UBL 2.1, for the tests of what reads it: from the standard, not from the reader.

`as_ubl_carries` is the invoice that UBL has a place for: what has none is taken out before it is written.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from gateway.packet import Packet, canonical_json, json_from

BASE = "urn:oasis:names:specification:ubl:schema:xsd:"
NAMES = {"cac": f"{BASE}CommonAggregateComponents-2", "cbc": f"{BASE}CommonBasicComponents-2"}
_NOT_IN_UBL = {"credit_reason", "remit_to", "bill_to", "ship_from", "ship_to", "custom_fields", "payment_terms"}
_NOT_ON_LINES = {"kind", "labour", "contract_number", "service_entry"}


def as_ubl_carries(packet: Packet) -> dict[str, Any]:
    """The invoice as JSON values, without what UBL has no place for; its lines are services."""
    whole: Any = json_from(canonical_json(packet))
    invoice = {name: value for name, value in whole["invoice"].items() if name not in _NOT_IN_UBL}
    invoice["note"] = _tidy(invoice.get("note", ""))
    if invoice.get("preceding"):
        invoice["preceding"].pop("reference", None)
    invoice["orders"] = [{"number": one["number"]} for one in invoice.get("orders", [])[:1]]
    for name in ("adjustments", "tax_breakdown"):
        for one in invoice.get(name, []):
            _plain_tax(one)
    for line in invoice["lines"]:
        for name in _NOT_ON_LINES:
            line.pop(name, None)
        line["kind"] = "service"
        line["note"] = _tidy(line.get("note", ""))
        order = line.pop("order", {})
        if invoice["orders"] and "line" in order:
            line["order"] = {"line": order["line"]}
        line["custom_fields"] = [one for one in line.get("custom_fields", ()) if one["value"].strip()]
        for one in (line, *line.get("adjustments", ())):
            _plain_tax(one)
    return invoice


def _tidy(text: str) -> str:
    return text.strip()


def _plain_tax(holder: dict[str, Any]) -> None:
    """EN 16931 has neither a client's tax code nor tax stated by line, nor purposes of charges."""
    holder.pop("purpose", None)
    holder.pop("code", None)
    if "tax" in holder:
        holder["tax"] = {name: holder["tax"][name] for name in ("category", "rate") if name in holder["tax"]}


def written(invoice: Mapping[str, Any], files: Sequence[tuple[str, str, bytes]] = ()) -> bytes:
    """The document, its elements in the order of the schema."""
    credit = invoice.get("type") == "381"
    name = "CreditNote" if credit else "Invoice"
    root = etree.Element(f"{{{BASE}{name}-2}}{name}", nsmap={None: f"{BASE}{name}-2", **NAMES})
    pen = _Pen(str(invoice["currency"]))
    pen.text(root, "ID", invoice["number"])
    pen.text(root, "IssueDate", invoice["issued_on"])
    if not credit:
        pen.text(root, "DueDate", invoice.get("due_on"))
    pen.text(root, f"{name}TypeCode", "381" if credit else "380")
    pen.text(root, "Note", invoice.get("note"))
    pen.text(root, "DocumentCurrencyCode", invoice["currency"])
    pen.text(root, "BuyerReference", invoice.get("buyer_reference"))
    pen.period(root, invoice.get("period"))
    for order in invoice.get("orders", ()):
        pen.text(pen.group(root, "OrderReference"), "ID", order["number"])
    if preceding := invoice.get("preceding"):
        reference = pen.group(root, "BillingReference", "InvoiceDocumentReference")
        pen.text(reference, "ID", preceding["number"])
        pen.text(reference, "IssueDate", preceding.get("issued_on"))
    if invoice.get("contract_number"):
        pen.text(pen.group(root, "ContractDocumentReference"), "ID", invoice["contract_number"])
    for n, (file, media_type, content) in enumerate(files, 1):
        reference = pen.group(root, "AdditionalDocumentReference")
        pen.text(reference, "ID", f"A{n}")
        binary = pen.text(
            pen.group(reference, "Attachment"), "EmbeddedDocumentBinaryObject", base64.b64encode(content).decode()
        )
        assert binary is not None
        binary.set("mimeCode", media_type)
        binary.set("filename", file)
    pen.party(pen.group(root, "AccountingSupplierParty", "Party"), invoice["seller"])
    pen.party(pen.group(root, "AccountingCustomerParty", "Party"), invoice["buyer"])
    if credit and invoice.get("due_on"):
        pen.text(pen.group(root, "PaymentMeans"), "PaymentDueDate", invoice["due_on"])
    for one in invoice.get("adjustments", ()):
        pen.adjustment(root, one)
    pen.tax_and_totals(root, invoice)
    for line in invoice["lines"]:
        pen.line(root, name, line)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


class _Pen:
    def __init__(self, currency: str) -> None:
        self._currency = currency

    def group(self, parent: etree._Element, *names: str) -> etree._Element:
        for name in names:
            parent = etree.SubElement(parent, f"{{{NAMES['cac']}}}{name}")
        return parent

    def text(self, parent: etree._Element, name: str, text: Any) -> etree._Element | None:
        if text in (None, ""):
            return None
        child = etree.SubElement(parent, f"{{{NAMES['cbc']}}}{name}")
        child.text = str(text)
        return child

    def amount(self, parent: etree._Element, name: str, amount: Any) -> None:
        child = self.text(parent, name, amount)
        if child is not None:
            child.set("currencyID", self._currency)

    def period(self, parent: etree._Element, period: Mapping[str, str] | None) -> None:
        if period:
            group = self.group(parent, "InvoicePeriod")
            self.text(group, "StartDate", period["start"])
            self.text(group, "EndDate", period["end"])

    def party(self, party: etree._Element, values: Mapping[str, Any]) -> None:
        if values.get("code"):
            self.text(self.group(party, "PartyIdentification"), "ID", values["code"])
        if address := values.get("address"):
            self.address(self.group(party, "PostalAddress"), address)
        for name, scheme in (("vat_id", "VAT"), ("tax_id", "LOC")):
            if values.get(name):
                tax = self.group(party, "PartyTaxScheme")
                self.text(tax, "CompanyID", values[name])
                self.text(self.group(tax, "TaxScheme"), "ID", scheme)
        legal = self.group(party, "PartyLegalEntity")
        self.text(legal, "RegistrationName", values["name"])
        self.text(legal, "CompanyID", values.get("registration_id"))

    def address(self, group: etree._Element, address: Mapping[str, Any]) -> None:
        for name, line in zip(("StreetName", "AdditionalStreetName"), address.get("lines", ()), strict=False):
            self.text(group, name, line)
        self.text(group, "CityName", address.get("city"))
        self.text(group, "PostalZone", address.get("post_code"))
        self.text(group, "CountrySubentity", address.get("subdivision"))
        self.text(self.group(group, "Country"), "IdentificationCode", address["country"])

    def category(self, parent: etree._Element, name: str, tax: Mapping[str, Any], reason: str = "") -> None:
        group = self.group(parent, name)
        self.text(group, "ID", tax["category"])
        self.text(group, "Percent", tax.get("rate"))
        self.text(group, "TaxExemptionReason", reason)
        self.text(self.group(group, "TaxScheme"), "ID", "VAT")

    def adjustment(self, parent: etree._Element, one: Mapping[str, Any]) -> None:
        group = self.group(parent, "AllowanceCharge")
        self.text(group, "ChargeIndicator", "true" if one["kind"] == "charge" else "false")
        self.text(group, "AllowanceChargeReason", one.get("reason"))
        self.amount(group, "Amount", one["amount"])
        if one.get("tax"):
            self.category(group, "TaxCategory", one["tax"])

    def tax_and_totals(self, root: etree._Element, invoice: Mapping[str, Any]) -> None:
        totals = invoice["totals"]
        tax = self.group(root, "TaxTotal")
        self.amount(tax, "TaxAmount", totals.get("tax", "0"))
        for row in invoice.get("tax_breakdown", ()):
            group = self.group(tax, "TaxSubtotal")
            self.amount(group, "TaxableAmount", row["taxable_amount"])
            self.amount(group, "TaxAmount", row["tax_amount"])
            self.category(group, "TaxCategory", row, row.get("exemption_reason", ""))
        sums = self.group(root, "LegalMonetaryTotal")
        for name, element in (
            ("line_net", "LineExtensionAmount"),
            ("tax_exclusive", "TaxExclusiveAmount"),
            ("tax_inclusive", "TaxInclusiveAmount"),
            ("allowances", "AllowanceTotalAmount"),
            ("charges", "ChargeTotalAmount"),
            ("paid", "PrepaidAmount"),
            ("rounding", "PayableRoundingAmount"),
            ("payable", "PayableAmount"),
        ):
            self.amount(sums, element, totals.get(name))

    def line(self, root: etree._Element, name: str, line: Mapping[str, Any]) -> None:
        group = self.group(root, f"{name}Line")
        self.text(group, "ID", line["number"])
        self.text(group, "Note", line.get("note"))
        quantity = self.text(
            group, "CreditedQuantity" if name == "CreditNote" else "InvoicedQuantity", line["quantity"]
        )
        assert quantity is not None
        quantity.set("unitCode", line["unit"])
        self.amount(group, "LineExtensionAmount", line["net_amount"])
        self.text(group, "AccountingCost", line.get("accounting_code"))
        self.period(group, line.get("period"))
        if line.get("order"):
            self.text(self.group(group, "OrderLineReference"), "LineID", line["order"]["line"])
        for one in line.get("adjustments", ()):
            self.adjustment(group, one)
        item = self.group(group, "Item")
        first, _, rest = line["description"].partition("\n")
        self.text(item, "Description", rest)
        self.text(item, "Name", first)
        for element, field in (("Buyers", "buyer_part_number"), ("Sellers", "part_number")):
            if line.get(field):
                self.text(self.group(item, f"{element}ItemIdentification"), "ID", line[field])
        if line.get("tax"):
            self.category(item, "ClassifiedTaxCategory", line["tax"])
        for one in line.get("custom_fields", ()):
            group_ = self.group(item, "AdditionalItemProperty")
            self.text(group_, "Name", one["name"])
            self.text(group_, "Value", one["value"].strip())
        price = self.group(group, "Price")
        self.amount(price, "PriceAmount", line["unit_price"])
        base = self.text(price, "BaseQuantity", line.get("price_base_quantity"))
        if base is not None:
            base.set("unitCode", line["unit"])

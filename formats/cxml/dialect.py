"""How one receiver wants its cXML: the variants as data, so that the writer holds no portal's name.

A dialect answers questions that the document type leaves open (where the order number stands, how a credit note looks,
what a field is called); it never changes an amount, a quantity or a party. Sources are named as in the Coupa facts:
STD = "Standard Invoice Examples", CMP = "Compliant Invoicing", CXI = "cXML Invoices", CEH = "cXML Error Handling",
IPI = "Invoicing Platform Integration", all Coupa pages read in 2026.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from gateway.packet import PayCode

HeaderPlace = Literal["SpecialHandlingAmount", "ShippingAmount", "InvoiceDetailDiscount", "Modifications"]
Places = Mapping[tuple[str, str], HeaderPlace]
"""(allowance or charge, its purpose) -> the element that states it. What is not here cannot be expressed.

"Modifications" is InvoiceItemModifications on a line and InvoiceHeaderModifications in the summary; a version that has
neither refuses what would stand there."""

PURPOSES = ("shipping", "handling", "discount", "other")

STANDARD_PLACES: Places = MappingProxyType(
    {
        ("charge", "shipping"): "ShippingAmount",
        ("charge", "handling"): "SpecialHandlingAmount",
        ("allowance", "discount"): "InvoiceDetailDiscount",
    }
)

MODIFYING_PLACES: Places = MappingProxyType(
    {
        **{(kind, purpose): "Modifications" for kind in ("charge", "allowance") for purpose in PURPOSES},
        **STANDARD_PLACES,
    }
)
"""The standard's places, and a Modification for everything that has none of its own."""


@dataclass(frozen=True, slots=True)
class Credential:
    """One party's name in one naming domain, such as ("DUNS", "012345678") or ("NetworkID", "AN01000000001")."""

    domain: str
    identity: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who writes to whom. `sender` opens the connection and proves itself; None: the supplier itself.

    `proof`: a shared secret in the document, or a certificate on the connection, and then no secret is written."""

    supplier: Credential
    buyer: Credential
    sender: Credential | None = None
    user_agent: str = "Clearbill"
    deployment_mode: Literal["production", "test"] = "production"
    proof: Literal["shared_secret", "certificate"] = "shared_secret"


@dataclass(frozen=True, slots=True)
class CreditStyle:
    """How a credit note is written.

    `level`: one block of lines per order, or one amount per order (a header invoice). `sign`: of quantities and
    amounts. `original`: whether the credited invoice is named by DocumentReference; "required" refuses a credit note
    that names none.
    """

    purpose: Literal["standard", "creditMemo", "lineLevelCreditMemo"]
    level: Literal["lines", "header"]
    sign: Literal[-1, 1]
    original: Literal["comment", "reference", "required"]


NEGATIVE_INVOICE = CreditStyle("standard", "lines", -1, "comment")
"""A standard invoice with negative quantities and amounts (IPI scenario 8: negative quantity or price, never both)."""

POSITIVE_CREDIT_MEMO = CreditStyle("creditMemo", "lines", 1, "required")
"""Purpose creditMemo with positive lines, naming the original (IPI scenario 8, CMP Poland). Some Coupa tenants refuse
the purpose (CEH, the page on error 500), so an account chooses it; invoices without lines are not taken there."""

HEADER_CREDIT_MEMO = CreditStyle("creditMemo", "header", -1, "reference")
"""The standard's creditMemo: a header invoice whose DueAmount is negative (InvoiceDetail.dtd, purpose)."""

LINE_LEVEL_CREDIT_MEMO = CreditStyle("lineLevelCreditMemo", "lines", -1, "required")
"""The standard's lineLevelCreditMemo: all line amounts negative, the original required (InvoiceDetail.dtd, purpose)."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One receiver's form of an InvoiceDetailRequest. The defaults are the standard's own.

    `version`: of the DOCTYPE; what that version has no word for is written elsewhere or refused, never guessed at.
    `order_number`: in DocumentReference/@payloadID, in OrderReference/@orderID (payloadID is then the order document's
    own id), or both; "best_known" is an OrderReference with the order document's own id, else an OrderIDInfo with the
    order's date to the letter, else the number alone. `order_date`: "as_stated" writes only a date known to the letter.
    `contract_beside_order`: how a contract is told on a line that an order backs. `unbacked`: what stands where there
    is neither order nor contract. `service_lines`: which lines are InvoiceDetailServiceItem; "by_kind" goes by what the
    line bills and not by how its order line counts. `service_rate`: what such a line says of its quantity and price.
    `service_entry`: how an approved service entry sheet is told. `labour`: where worker, pay code and time sheet stand.
    `pay_codes`: the receiver's words for ours. `original_id`: what names a credited invoice. `names_refused`: whether
    an invoice that is sent again names the refused document whose place it takes. `seller_roles`,
    `buyer_roles`: who is written under which role; remitTo and billTo are the packet's own where it has them.
    `header_shipping`: whether the header names both ends of a shipment although lines state their own.
    `tax_ids`: (domain of the country prefix, domain of the number), or one domain for the whole VAT id.
    `extrinsics`: header facts of the packet that have an Extrinsic, by its name. `header_extrinsics`: names that the
    receiver itself reads from the header, so that a custom field of such a name is written as that Extrinsic.
    """

    name: str
    version: str = "1.2.020"
    language: str = "en-US"
    order_number: Literal["payload_id", "order_id", "both", "best_known"] = "order_id"
    order_date: Literal["never", "when_known", "as_stated"] = "when_known"
    contract_number: Literal["payload_id", "agreement_id"] = "agreement_id"
    contract_beside_order: Literal["comment", "element"] = "comment"
    unbacked: Literal["empty_order_id", "empty_agreement"] = "empty_order_id"
    service_lines: Literal["amount_orders", "all_but_goods", "by_kind"] = "all_but_goods"
    service_rate: Literal["comment", "unit_price", "unit_rate"] = "unit_rate"
    service_entry: Literal["comment", "element"] = "element"
    labour: Literal["description", "labour_detail"] = "labour_detail"
    pay_codes: Mapping[PayCode, str] = field(default_factory=lambda: MappingProxyType({}))
    credit: CreditStyle = LINE_LEVEL_CREDIT_MEMO
    original_id: Literal["number", "payload_id"] = "payload_id"
    names_refused: bool = False
    seller_roles: tuple[str, ...] = ("from", "issuerOfInvoice")
    buyer_roles: tuple[str, ...] = ("soldTo",)
    tax_ids: tuple[str, ...] = ("vatID",)
    other_tax_id: str = "federalTaxID"
    registration_id: str = "companyRegistrationNumber"
    sales_tax: str = "sales"
    value_added_tax: str = "vat"
    header_places: Places = field(default_factory=lambda: STANDARD_PLACES)
    line_places: Places = field(default_factory=lambda: STANDARD_PLACES)
    header_shipping: Literal["always", "unless_in_line"] = "always"
    image_scan: str = "invoicePDF"
    image_scan_form: Literal["url_text", "attachment"] = "attachment"
    custom_fields: Literal["extrinsic", "id_references"] = "extrinsic"
    extrinsics: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    header_extrinsics: frozenset[str] = frozenset()


COUPA = Dialect(
    name="coupa",
    version="1.2.020",  # Coupa's samples name it; 1.2.xxx is accepted, judged by the DOCTYPE (STD, TEC)
    order_number="both",  # payloadID = PO number (STD); a production client sets orderID instead: harmless to send both
    order_date="never",  # no Coupa page names orderDate
    contract_number="payload_id",  # MasterAgreementReference/DocumentReference@payloadID (STD)
    unbacked="empty_agreement",  # "leave blank if invoicing with no backing document" (STD, its PO and unbacked sample)
    service_lines="amount_orders",  # the line's kind must equal the PO line's: the commonest error 417 (CEH)
    service_entry="comment",  # no Coupa page names one
    service_rate="comment",  # SubtotalAmount alone on amount lines (STD)
    labour="description",  # Coupa's pages name no InvoiceLaborDetail; the description is what its users see
    credit=NEGATIVE_INVOICE,  # the way that no tenant is documented to refuse (IPI 8; CEH on creditMemo)
    original_id="number",  # original number in DocumentReference (CMP)
    seller_roles=("invoiceFrom",),  # CMP
    buyer_roles=("soldTo",),  # CMP; billTo only when the packet insists: it must equal Coupa's own to the letter
    tax_ids=("taxPrefix", "taxNumber"),  # CMP
    other_tax_id="taxNumber",  # deduced: CMP names no other domain
    registration_id="",  # no place named
    image_scan="ImageScanAttachmentUrl",  # CMP attachment
    image_scan_form="url_text",  # CMP attachment: the Extrinsic's text is cid:<name>
    custom_fields="id_references",  # Extrinsic CustomFields with IdReferences (STD custom fields)
    extrinsics=MappingProxyType(
        {"due_on": "DueDate", "credit_reason": "CreditReason", "payment_term_code": "PaymentTermCode"}  # CMP, STD
    ),
    header_extrinsics=frozenset(  # CMP extrinsics
        {
            "MarginScheme",
            "LatePaymentPenalties",
            "EarlyPaymentProvisions",
            "ExchangeRate",
            "CashAccountingScheme",
            "SelfBillingReference",
            "PrePaymentDate",
            "DateOfSupply",
        }
    ),
)

_ARIBA = Dialect(
    name="ariba",
    names_refused=True,  # optional, of a related InvoiceDetailRequest (InvoiceDetail.dtd, DocumentReference)
    order_number="best_known",  # payloadID, else the order's date to the letter (KB0392737)
    order_date="as_stated",  # a date of our own making would name another order (KB0392737)
    contract_beside_order="element",  # OrderReference, then the agreement (InvoiceDetail.dtd, InvoiceDetailOrderInfo)
    unbacked="empty_order_id",  # as non-PO invoices on the network have it (CIG samples)
    service_lines="by_kind",  # labour has its elements on service lines alone (InvoiceDetail.dtd)
    pay_codes=MappingProxyType(  # the pay codes of a TimeCard (Fulfill.dtd); an account may name its buyer's own
        {PayCode.straight: "Regular", PayCode.overtime: "Overtime", PayCode.double: "Doubletime"}
    ),
    seller_roles=("issuerOfInvoice", "from", "remitTo"),  # CIG samples; INV-98 looks for the tax id at the last two
    buyer_roles=("soldTo", "billTo"),  # CIG samples: 57 and 54 of 58
    header_places=MODIFYING_PLACES,
    line_places=MODIFYING_PLACES,
    header_shipping="unless_in_line",  # both at once are refused: SHIPPING_IN_LINE_ERROR (KB0394765)
    extrinsics=MappingProxyType(
        {
            "seller_tax_id": "supplierVatID",  # KB 161207 (INV-98)
            "buyer_tax_id": "buyerVatID",  # CIG samples
            "source_document": "invoiceSourceDocument",  # CIG samples; only ExternalPurchaseOrder is ours to say
        }
    ),
)

ARIBA: Mapping[str, Dialect] = MappingProxyType(
    {version: replace(_ARIBA, version=version) for version in ("1.2.020", "1.2.037", "1.2.069")}
)
"""SAP Business Network, by the cXML version that an account writes. Sources: Ariba facts, sections 3 and 5; KB = its
support pages; CIG = test payloads of its integration gateway, an individual's upload."""

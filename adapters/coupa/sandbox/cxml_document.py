"""A cXML InvoiceDetailRequest read into the portal's own terms (facts 2.2; cXML facts 2 and 4).

The reader is lenient where real traffic is (thousands separators, dates without zone, empty NetAmount) and never
resolves entities, loads a DTD that the document names, or touches the network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from lxml import etree

from gateway.standin.reading import ZERO, decimal, document_from, moment, text_at, whole

from .records import Credentials, InvoiceContent, InvoiceLine
from .texts import ModelRefusal, Refusal

SYSTEM_ID = re.compile(r"/([0-9.]+)/InvoiceDetail\.dtd\s*$", re.IGNORECASE)
ACCEPTED_VERSION = re.compile(r"1\.2\.\d{3}|1\.2\.\d\.\d{3}")
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A well-formed document that names InvoiceDetail.dtd."""

    root: etree._Element
    version: str
    payload_id: str


def parse(document: bytes, *, doctype_on_line_2: bool) -> Envelope:
    """Well-formed, DOCTYPE InvoiceDetail, no entities of its own. Raises `Refusal` (406 parse)."""
    try:
        root = document_from(document)
    except ValueError as error:
        raise Refusal("unparsable") from error
    info = root.getroottree().docinfo
    named = SYSTEM_ID.search(info.system_url or "")
    if named is None or root.tag != "cXML":
        raise Refusal("unparsable")
    if doctype_on_line_2 and b"<!DOCTYPE" not in [*document.split(b"\n", 2), b""][1]:
        raise Refusal("unparsable")
    return Envelope(root, named.group(1), root.get("payloadID", ""))


def check_version(envelope: Envelope) -> None:
    """The DOCTYPE's version decides, not the attribute of cXML (facts 2.2). Raises `Refusal` (450)."""
    if not ACCEPTED_VERSION.fullmatch(envelope.version):
        raise Refusal("unsupported_version")


def credentials_from(envelope: Envelope) -> Credentials:
    """From, To, Sender and the shared secret; empty strings where absent."""
    header = envelope.root.find("Header")

    def of(party: str, what: str) -> str:
        credential = None if header is None else header.find(f"{party}/Credential")
        if credential is None:
            return ""
        return credential.get("domain", "") if what == "domain" else (credential.findtext(what) or "").strip()

    return Credentials(
        *(of("From", what) for what in ("domain", "Identity")),
        *(of("To", what) for what in ("domain", "Identity")),
        *(of("Sender", what) for what in ("domain", "Identity", "SharedSecret")),
    )


def line_count(envelope: Envelope) -> int:
    """How many invoice lines the document has."""
    return sum(1 for _ in envelope.root.iter("InvoiceDetailItem", "InvoiceDetailServiceItem"))


def content_from(envelope: Envelope) -> InvoiceContent:
    """The invoice. Raises `Refusal` (450) for what Coupa does not take, `ModelRefusal` (417) for what is no number."""
    request = envelope.root.find("Request/InvoiceDetailRequest")
    if request is None:
        raise Refusal("unsupported_characteristic")
    header = request.find("InvoiceDetailRequestHeader")
    summary = request.find("InvoiceDetailSummary")
    if header is None or summary is None or header.get("operation", "new") != "new":
        raise Refusal("unsupported_characteristic")
    if request.find("InvoiceDetailHeaderOrder") is not None:
        # Invoices without lines are not supported (facts 2.2); the text is a guess.
        raise Refusal("unsupported_characteristic")
    indicator = header.find("InvoiceDetailLineIndicator")
    tax_in_line = indicator is not None and indicator.get("isTaxInLine") == "yes"
    purpose = header.get("purpose", "standard")
    lines = tuple(_lines(request, tax_in_line))
    credit = purpose in ("creditMemo", "lineLevelCreditMemo") or sum((line.total for line in lines), ZERO) < 0
    category, rate = _tax_code(summary.find("Tax"))
    return InvoiceContent(
        number=header.get("invoiceID", "").strip(),
        invoice_date=moment(header.get("invoiceDate", "")),
        document_kind="credit_note" if credit else "invoice",
        currency=_currency(summary, request),
        lines=lines,
        supplier_total=_stated_total(summary),
        shipping=_money(summary.find("ShippingAmount")),
        handling=_money(summary.find("SpecialHandlingAmount")),
        misc=-_money(summary.find("InvoiceDetailDiscount")),
        tax_amount=_money(summary.find("Tax")),
        tax_category=category,
        tax_rate=rate,
        line_level_taxation=tax_in_line,
        payment_term=_payment_term(header),
        original_number=_original_number(header),
        supplier_note=_words(header.find("Comments")),
        credit_reason=_extrinsic(header, "CreditReason"),
        payload_id=envelope.payload_id,
        bill_to_name=_partner(header, "billTo").get("name", ""),
        remit_to_code=_partner(header, "remitTo").get("code", ""),
        purpose=purpose,
    )


def attachment_urls(envelope: Envelope) -> list[tuple[str, str]]:
    """(kind, url) of every attachment the document names: `file` in Comments, `image_scan` in its Extrinsic."""
    found: list[tuple[str, str]] = []
    for url in envelope.root.iter("URL"):
        parent = url.getparent()
        text = (url.text or "").strip()
        if text and parent is not None and parent.tag == "Attachment" and not _inside_image_scan(parent):
            found.append(("file", text))
    for extrinsic in envelope.root.iter("Extrinsic"):
        if extrinsic.get("name") == "ImageScanAttachmentUrl":
            text = "".join(str(piece) for piece in extrinsic.itertext()).strip()
            found.append(("image_scan", text))
    return found


def _inside_image_scan(element: etree._Element) -> bool:
    return any(above.get("name") == "ImageScanAttachmentUrl" for above in element.iterancestors("Extrinsic"))


def _lines(request: etree._Element, tax_in_line: bool) -> list[InvoiceLine]:
    lines: list[InvoiceLine] = []
    for order in request.findall("InvoiceDetailOrder"):
        number, contract = _backing(order.find("InvoiceDetailOrderInfo"))
        for item in order.iterchildren("InvoiceDetailItem", "InvoiceDetailServiceItem"):
            try:
                lines.append(_line(item, number, contract, tax_in_line))
            except ValueError:
                raise ModelRefusal((("number_not_numeric", whole(item.get("invoiceLineNumber")) or 0),)) from None
    return lines


def _line(item: etree._Element, order: str, contract: str, tax_in_line: bool) -> InvoiceLine:
    goods = item.tag == "InvoiceDetailItem"
    reference = item.find("InvoiceDetailItemReference" if goods else "InvoiceDetailServiceItemReference")
    stated = _optional_money(item.find("SubtotalAmount"))
    quantity = decimal(item.get("quantity")) if goods else None
    price = _money(item.find("UnitPrice")) if goods else (stated or ZERO)
    total = (price * (quantity or ZERO)).quantize(CENT) if goods else price
    tax = item.find("Tax") if tax_in_line else None
    category, rate = _tax_code(tax)
    return InvoiceLine(
        number=whole(item.get("invoiceLineNumber")) or 0,
        kind="quantity" if goods else "amount",
        description=text_at(reference, "Description"),
        quantity=quantity,
        uom=text_at(item, "UnitOfMeasure") if goods else None,
        price=price,
        total=total,
        stated_total=stated,
        order_number=order,
        order_line=whole(reference.get("lineNumber")) if reference is not None else None,
        contract=contract,
        part_number=text_at(reference, "ItemID/SupplierPartID"),
        tax_amount=_money(tax),
        tax_category=category,
        tax_rate=rate,
    )


def _backing(info: etree._Element | None) -> tuple[str, str]:
    """(PO number, contract number) of an order block; both empty = unbacked (facts 2.2)."""
    if info is None:
        return "", ""
    reference = info.find("OrderReference")
    if reference is not None:
        payload = reference.find("DocumentReference")
        named = payload.get("payloadID", "").strip() if payload is not None else ""
        return named or reference.get("orderID", "").strip(), ""
    by_id = info.find("OrderIDInfo")
    agreement = info.find("MasterAgreementReference/DocumentReference")
    agreement_id = info.find("MasterAgreementIDInfo")
    contract = agreement.get("payloadID", "").strip() if agreement is not None else ""
    if not contract and agreement_id is not None:
        contract = agreement_id.get("agreementID", "").strip()
    return (by_id.get("orderID", "").strip() if by_id is not None else ""), contract


def _money(element: etree._Element | None) -> Decimal:
    return _optional_money(element) or ZERO


def _optional_money(element: etree._Element | None) -> Decimal | None:
    text = None if element is None else element.findtext("Money")
    try:
        return decimal(text) if text and text.strip() else None
    except ValueError:
        raise ModelRefusal((("number_not_numeric", 0),)) from None


def _stated_total(summary: etree._Element) -> Decimal | None:
    due = _optional_money(summary.find("DueAmount"))
    net = _optional_money(summary.find("NetAmount"))
    return net if net is not None else due


def _currency(summary: etree._Element, request: etree._Element) -> str:
    for money in chain((summary.find("NetAmount/Money"),), request.iter("Money")):
        if money is not None and money.get("currency"):
            return str(money.get("currency"))
    return ""


def _tax_code(tax: etree._Element | None) -> tuple[str, Decimal | None]:
    detail = None if tax is None else tax.find("TaxDetail")
    if detail is None:
        return "", None
    try:
        rate = decimal(detail.get("percentageRate")) if detail.get("percentageRate") else None
    except ValueError:
        rate = None
    return detail.get("category", ""), rate


def _payment_term(header: etree._Element) -> str:
    code = _extrinsic(header, "PaymentTermCode")
    days = header.find("PaymentTerm")
    return code or (f"Net {days.get('payInNumberOfDays')}" if days is not None else "")


def _extrinsic(header: etree._Element, name: str) -> str:
    for extrinsic in header.iterchildren("Extrinsic"):
        if extrinsic.get("name") == name:
            return "".join(str(piece) for piece in extrinsic.itertext()).strip()
    return ""


def _original_number(header: etree._Element) -> str:
    """The credited invoice's number: DocumentReference (facts 12) or InvoiceIDInfo (cXML facts 4)."""
    by_id, reference = header.find("InvoiceIDInfo"), header.find("DocumentReference")
    named = by_id.get("invoiceID", "") if by_id is not None else ""
    return (named or (reference.get("payloadID", "") if reference is not None else "")).strip()


def _partner(header: etree._Element, role: str) -> dict[str, str]:
    for contact in header.iterfind("InvoicePartner/Contact"):
        if contact.get("role") == role:
            return {"name": (contact.findtext("Name") or "").strip(), "code": contact.get("addressID", "")}
    return {}


def _words(element: etree._Element | None) -> str:
    if element is None:
        return ""
    return " ".join(filter(None, [element.text, *(child.tail for child in element)])).strip()

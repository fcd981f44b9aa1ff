"""Hand-written cXML invoices and the ways to post them, for the tests of the Coupa sandbox."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import httpx

from tests.adapters import cxml_pieces
from tests.adapters.cxml_pieces import connect, money, multipart

__all__ = ["connect", "money", "multipart"]

DTD = "http://xml.cXML.org/schemas/cXML/1.2.020/InvoiceDetail.dtd"

ORDER: dict[str, Any] = {
    "number": "PO-1",
    "currency": "USD",
    "lines": [
        {"number": 1, "type": "quantity", "quantity": "100", "uom": "HUR", "price": "95.00"},
        {"number": 2, "type": "amount", "amount": "5000.00"},
    ],
}


def tax(amount: str = "0.00", *, category: str = "", rate: str = "", currency: str = "USD") -> str:
    """A Tax element, with a TaxDetail when a category is named."""
    detail = ""
    if category:
        detail = f'<TaxDetail category="{category}" percentageRate="{rate}">{money("TaxAmount", amount)}</TaxDetail>'
    return (
        f'<Tax><Money currency="{currency}">{amount}</Money><Description xml:lang="en">Tax</Description>{detail}</Tax>'
    )


def item(
    number: int = 1,
    *,
    quantity: str = "2",
    uom: str = "HUR",
    price: str = "95.00",
    po_line: str = "1",
    subtotal: str = "",
    tax_element: str = "",
    currency: str = "USD",
) -> str:
    """An InvoiceDetailItem (quantity line)."""
    return (
        f'<InvoiceDetailItem invoiceLineNumber="{number}" quantity="{quantity}"><UnitOfMeasure>{uom}</UnitOfMeasure>'
        f'{money("UnitPrice", price, currency)}<InvoiceDetailItemReference lineNumber="{po_line}">'
        f'<Description xml:lang="en">Lineman, straight time</Description></InvoiceDetailItemReference>'
        f"{money('SubtotalAmount', subtotal, currency) if subtotal else ''}{tax_element}</InvoiceDetailItem>"
    )


def service(number: int = 1, *, amount: str = "500.00", po_line: str = "2") -> str:
    """An InvoiceDetailServiceItem (amount line)."""
    return (
        f'<InvoiceDetailServiceItem invoiceLineNumber="{number}">'
        f'<InvoiceDetailServiceItemReference lineNumber="{po_line}">'
        f'<Description xml:lang="en">Mobilisation</Description></InvoiceDetailServiceItemReference>'
        f"{money('SubtotalAmount', amount)}</InvoiceDetailServiceItem>"
    )


def po(number: str) -> str:
    """A backing by purchase order."""
    return f'<OrderReference orderID="{number}"><DocumentReference payloadID="{number}"/></OrderReference>'


def contract(number: str) -> str:
    """A backing by contract; empty = unbacked."""
    return f'<MasterAgreementReference><DocumentReference payloadID="{number}"/></MasterAgreementReference>'


def block(*lines: str, backing: str = "") -> str:
    """An InvoiceDetailOrder."""
    info = f"<InvoiceDetailOrderInfo>{backing or po('PO-1')}</InvoiceDetailOrderInfo>"
    return f"<InvoiceDetailOrder>{info}{''.join(lines)}</InvoiceDetailOrder>"


def invoice(
    number: str = "INV-1",
    *,
    blocks: str = "",
    net: str = "190.00",
    tax_element: str = "",
    charges: str = "",
    header: str = "",
    indicator: str = "",
    attributes: str = "",
    currency: str = "USD",
    secret: str = "sandbox-shared-secret",
    supplier: str = "sandbox-supplier",
    buyer: str = "buyer-default",
    doctype: str = f'<!DOCTYPE cXML SYSTEM "{DTD}">',
) -> bytes:
    """A whole document; the default is one hour line of two hours on PO-1."""
    sender = f'<Credential domain="DUNS"><Identity>{supplier}</Identity>'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{doctype}\n'
        f'<cXML payloadID="{number}@supplier.invalid" timestamp="2026-11-20T10:00:00+00:00" version="1.0"><Header>'
        f"<From>{sender}</Credential></From>"
        f'<To><Credential domain="NetworkID"><Identity>{buyer}</Identity></Credential></To>'
        f"<Sender>{sender}<SharedSecret>{secret}</SharedSecret></Credential><UserAgent>test</UserAgent></Sender>"
        f"</Header>"
        f'<Request deploymentMode="production"><InvoiceDetailRequest><InvoiceDetailRequestHeader invoiceID="{number}" '
        f'invoiceDate="2026-11-20T00:00:00+00:00" {attributes}><InvoiceDetailHeaderIndicator/>'
        f"<InvoiceDetailLineIndicator {indicator}/>{header}</InvoiceDetailRequestHeader>{blocks or block(item())}"
        f"<InvoiceDetailSummary>"
        f"{money('SubtotalAmount', net, currency)}{tax_element or tax(currency=currency)}{charges}"
        f"{money('NetAmount', net, currency)}</InvoiceDetailSummary></InvoiceDetailRequest></Request></cXML>"
    ).encode()


def post(client: httpx.Client, document: bytes, path: str = "/cxml/invoices") -> httpx.Response:
    """Post a bare document."""
    return client.post(path, content=document, headers={"Content-Type": "text/xml; charset=UTF-8"})


def post_multipart(client: httpx.Client, body: bytes, path: str = "/cxml/invoices") -> httpx.Response:
    """Post a multipart body."""
    return cxml_pieces.post_multipart(client, body, path)


def attached(*content_ids: str) -> str:
    """Header Comments that name papers."""
    return f"<Comments>{''.join(f'<Attachment><URL>cid:{each}</URL></Attachment>' for each in content_ids)}</Comments>"


def status_of(response: httpx.Response) -> tuple[int, str, str]:
    """(code, text attribute, words) of the Response in a cXML answer."""
    status = ElementTree.fromstring(response.content).find("Response/Status")  # noqa: S314 - the sandbox's own answer
    assert status is not None
    return int(status.get("code", "0")), status.get("text", ""), status.text or ""


def bearer(client: httpx.Client, scope: str = "", path: str = "/oauth2/token", **changes: str) -> dict[str, str]:
    """Request headers with a fresh token of the default buyer."""
    form = {
        "grant_type": "client_credentials",
        "client_id": "sandbox-client-default",
        "client_secret": "sandbox-client-secret",
        "scope": scope,
    }
    answer = client.post(path, data=form | changes)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}

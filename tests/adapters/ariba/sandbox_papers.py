"""Hand-written cXML for the tests of the Ariba sandbox, and the ways to post it."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import httpx

from tests.adapters import cxml_pieces
from tests.adapters.cxml_pieces import connect, money

__all__ = ["connect", "money"]

PATH = "/service/transaction/cxml.asp"
SUPPLIER = "AN02000000001"
SECRET = "sandbox-shared-secret"
NETWORK = "AN01000000001"
DTD = "http://xml.cxml.org/schemas/cXML/1.2.069/InvoiceDetail.dtd"

ORDER: dict[str, Any] = {
    "number": "450001234",
    "date": "2026-01-05T09:00:00-06:00",
    "payload_id": "po-450001234@buyer.example",
    "currency": "USD",
    "valid_from": "2026-01-01T00:00:00Z",
    "valid_to": "2027-01-31T00:00:00Z",
    "lines": [
        {
            "line": 1, "type": "quantity", "description": "Lineman", "quantity": "1000", "uom": "HUR", "price": "95.00",
            "rates": {"Regular": "95.00", "Overtime": "142.50"},
        },
        {"line": 2, "type": "amount", "description": "Materials", "amount": "5000.00"},
    ],
}  # fmt: skip


def tax(amount: str = "0.00") -> str:
    """A Tax element."""
    return f'<Tax><Money currency="USD">{amount}</Money><Description xml:lang="en">Tax</Description></Tax>'


def labour(
    number: int = 1, *, hours: str = "8", rate: str = "95.00", unit: str = "HUR", pay_code: str = "Regular",
    time_card: str = "TC-1", po_line: str = "1", start: str = "2026-11-09T00:00:00-06:00",
    end: str = "2026-11-13T00:00:00-06:00", subtotal: str = "760.00", sheet: str = "",
) -> str:  # fmt: skip
    """A labour line: InvoiceDetailServiceItem with UnitRate, pay code, period and time card."""
    term = f'<TermReference termName="payCode" term="{pay_code}"/>' if pay_code else ""
    card = ""
    if time_card:
        card = f'<InvoiceTimeCardDetail><TimeCardIDInfo timeCardID="{time_card}"/></InvoiceTimeCardDetail>'
    contact = '<Contact><Name xml:lang="en">Worker 14</Name></Contact>'
    worker = f'<Contractor><ContractorIdentifier domain="supplierReferenceID">W-14</ContractorIdentifier>{contact}'
    return (
        f'<InvoiceDetailServiceItem invoiceLineNumber="{number}" quantity="{hours}">'
        f'<InvoiceDetailServiceItemReference lineNumber="{po_line}"><Description xml:lang="en">Lineman</Description>'
        f"</InvoiceDetailServiceItemReference>{sheet}{money('SubtotalAmount', subtotal)}"
        f'<Period startDate="{start}" endDate="{end}"/><UnitRate><Money currency="USD">{rate}</Money>'
        f"<UnitOfMeasure>{unit}</UnitOfMeasure>{term}</UnitRate>"
        f"<InvoiceLaborDetail>{worker}</Contractor>{card}</InvoiceLaborDetail></InvoiceDetailServiceItem>"
    )


def lump_sum(number: int = 2, amount: str = "500.00", po_line: str = "2", comments: str = "") -> str:
    """Materials as one amount."""
    return (
        f'<InvoiceDetailServiceItem invoiceLineNumber="{number}">'
        f'<InvoiceDetailServiceItemReference lineNumber="{po_line}"><Description xml:lang="en">Poles</Description>'
        f"</InvoiceDetailServiceItemReference>{money('SubtotalAmount', amount)}{comments}</InvoiceDetailServiceItem>"
    )


def order_reference(number: str = "450001234", payload: str = "po-450001234@buyer.example", date: str = "") -> str:
    """The order by its payloadID."""
    dated = f' orderDate="{date}"' if date else ""
    return f'<OrderReference orderID="{number}"{dated}><DocumentReference payloadID="{payload}"/></OrderReference>'


def order_id(number: str = "450001234", date: str = "2026-01-05T09:00:00-06:00") -> str:
    """The order by number and date."""
    return f'<OrderIDInfo orderID="{number}" orderDate="{date}"/>'


def block(*lines: str, order: str = "") -> str:
    """An InvoiceDetailOrder."""
    info = f"<InvoiceDetailOrderInfo>{order or order_reference()}</InvoiceDetailOrderInfo>"
    return f"<InvoiceDetailOrder>{info}{''.join(lines) or labour()}</InvoiceDetailOrder>"


def invoice(
    number: str = "INV-1",
    *,
    blocks: str = "",
    total: str = "760.00",
    due: str | None = None,
    payload: str = "",
    header: str = "",
    attributes: str = "",
    says: str = "",
    indicator: str = "",
    invoice_date: str = "2026-11-16T00:00:00-06:00",
    **envelope: str,
) -> bytes:
    """A whole invoice; the default is eight regular hours on line 1 of the order."""
    request = (
        f'<InvoiceDetailRequest><InvoiceDetailRequestHeader invoiceID="{number}" invoiceDate="{invoice_date}" '
        f"{attributes}><InvoiceDetailHeaderIndicator {says}/><InvoiceDetailLineIndicator {indicator}/>{header}"
        f"</InvoiceDetailRequestHeader>{blocks or block()}<InvoiceDetailSummary>{money('SubtotalAmount', total)}"
        f"{tax()}{money('NetAmount', total)}{money('DueAmount', due if due is not None else total)}"
        f"</InvoiceDetailSummary></InvoiceDetailRequest>"
    )
    return wrapped(request, payload=payload or f"{number}@supplier.example", **envelope)


def wrapped(
    request: str, *, payload: str = "p-1@supplier.example", buyer: str = "", supplier: str = SUPPLIER,
    sender: str = "", secret: str = SECRET, mode: str = "production", domain: str = "NetworkID",
    doctype: str = f'<!DOCTYPE cXML SYSTEM "{DTD}">\n',
) -> bytes:  # fmt: skip
    """A request in its envelope."""
    credential = f'<Credential domain="{domain}"><Identity>{supplier}</Identity>'
    sending = f'<Credential domain="{domain}"><Identity>{sender or supplier}</Identity>'
    shared = f"<SharedSecret>{secret}</SharedSecret>" if secret else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{doctype}'
        f'<cXML payloadID="{payload}" timestamp="2026-11-16T10:00:00-06:00"><Header><From>{credential}</Credential>'
        f'</From><To><Credential domain="NetworkID"><Identity>{buyer or NETWORK}</Identity></Credential></To>'
        f"<Sender>{sending}{shared}</Credential><UserAgent>test</UserAgent></Sender></Header>"
        f'<Request deploymentMode="{mode}">{request}</Request></cXML>'
    ).encode()


def pending(kinds: str = "StatusUpdateRequest", *, last: str = "", most: str = "", **envelope: str) -> bytes:
    """A GetPendingRequest."""
    attributes = (f' lastReceivedTimestamp="{last}"' if last else "") + (f' maxMessages="{most}"' if most else "")
    types = "".join(f"<MessageType>{kind}</MessageType>" for kind in kinds.split())
    request = f"<GetPendingRequest{attributes}>{types}</GetPendingRequest>"
    return wrapped(request, doctype="", **envelope)


def post(client: httpx.Client, document: bytes, path: str = PATH) -> httpx.Response:
    """Post a bare document."""
    return client.post(path, content=document, headers={"Content-Type": "text/xml; charset=UTF-8"})


def post_multipart(client: httpx.Client, document: bytes, *papers: tuple[str, str, bytes]) -> httpx.Response:
    """Post a document with attachments: (content id, file name, bytes)."""
    return cxml_pieces.post_multipart(client, cxml_pieces.multipart(document, *papers), PATH)


def status_of(answer: httpx.Response) -> tuple[str, str, str]:
    """(code, text, words) of a Response."""
    status = root_of(answer).find("Response/Status")
    assert status is not None, answer.text
    return status.get("code", ""), status.get("text", ""), status.text or ""


def root_of(answer: httpx.Response) -> ElementTree.Element:
    """The answer's document, which comes from a server of our own."""
    return ElementTree.fromstring(answer.content)  # noqa: S314 - written by the sandbox


def fetched(client: httpx.Client, **query: str) -> list[ElementTree.Element]:
    """The documents of one GetPendingResponse."""
    return root_of(post(client, pending(**query))).findall("Response/GetPendingResponse/cXML")


def update_of(document: ElementTree.Element) -> dict[str, Any]:
    """What a StatusUpdateRequest says."""
    update = document.find("Request/StatusUpdateRequest")
    assert update is not None
    status, reference = update.find("Status"), update.find("DocumentReference")
    said = update.find("InvoiceStatus")
    assert status is not None
    assert said is not None
    named = said.find("InvoiceIDInfo")
    return {
        "code": status.get("code"),
        "text": status.get("text"),
        "words": status.text or "",
        "type": said.get("type"),
        "reference": reference.get("payloadID") if reference is not None else None,
        "number": named.get("invoiceID") if named is not None else None,
        "partial": said.findtext("PartialAmount/Money"),
        "comments": [(each.get("type", ""), each.text) for each in said.findall("Comments")],
    }


def bearer(client: httpx.Client) -> dict[str, str]:
    """The headers of a signed-in REST client."""
    answer = client.post(
        "/v2/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(f"sandbox-client-{SUPPLIER}", "sandbox-client-secret"),
    )
    return {"Authorization": f"Bearer {answer.json()['access_token']}", "apiKey": "sandbox-application-key"}

"""Documents as a network sends them, in the shapes that the cXML facts report. Names, numbers, texts are invented."""

HEADER = (
    "<Header>"
    '<From><Credential domain="NetworkID"><Identity>AN02000000002-T</Identity></Credential>'
    '<Credential domain="VendorID"><Identity>0000104711</Identity></Credential></From>'
    '<To><Credential domain="NetworkId"><Identity> AN01000000001-T </Identity></Credential></To>'
    '<Sender><Credential domain="NetworkID"><Identity>AN01000000001</Identity>'
    "<SharedSecret>pssst-7</SharedSecret></Credential><UserAgent>Ariba SN</UserAgent></Sender>"
    "</Header>"
)


def document(
    content: str, *, payload_id: str = "1607837044859-1150@10.1.2.3", at: str = "2026-03-11T09:00:00+00:00"
) -> str:
    """A request around `content`, as a cXML element without a DOCTYPE."""
    return (
        f'<cXML payloadID="{payload_id}" timestamp="{at}" version="1.2.069" xml:lang="en-US">{HEADER}'
        f'<Request deploymentMode="test">{content}</Request></cXML>'
    )


def with_doctype(text: str, family: str = "cXML", version: str = "1.2.069") -> bytes:
    """As a document of its own."""
    declared = f'<!DOCTYPE cXML SYSTEM "http://xml.cXML.org/schemas/cXML/{version}/{family}.dtd">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{declared}\n{text}'.encode()


def status_update(inside: str, **envelope: str) -> bytes:
    return with_doctype(document(f"<StatusUpdateRequest>{inside}</StatusUpdateRequest>", **envelope))


ABOUT = '<DocumentReference payloadID="0198b2c4.r1@clearbill"/>'

NETWORK_REJECTION = status_update(
    f'{ABOUT}<Status code="500" text="">Network Rejection: validation failed</Status>'
    '<InvoiceStatus type="rejected">'
    '<InvoiceIDInfo invoiceID="RFS-20260309-01" invoiceDate="2026-03-09T12:00:00+00:00"/>'
    '<Comments xml:lang="en">INV-143: Cannot create a non-PO invoice with pricing details.</Comments></InvoiceStatus>'
)
BUYER_REJECTION = status_update(
    '<Status code="200" text=""/>'
    '<InvoiceStatus type="rejected"><InvoiceIDInfo invoiceID="RFS-20260309-01"/>'
    '<PartialAmount><Money currency="USD" alternateAmount="">0.00</Money></PartialAmount>'
    '<Comments type="Reason">Hours exceed the approved time sheet.</Comments>'
    '<Comments type="Reason">Rate not in contract.</Comments>'
    '<Comments type="Action">Issue new invoice</Comments>'
    "</InvoiceStatus>"
    '<Extrinsic name="Ariba.ERPInvoiceNumber">51056001182026</Extrinsic>'
)

ORDER = with_doctype(
    document(
        """<OrderRequest>
  <OrderRequestHeader orderID="4500017755" orderDate="2026-01-05T23:30:00-06:00" type="update" orderVersion="2"
      expirationDate="2026-12-31T00:00:00-06:00">
    <Total><Money currency="usd">61,440.00</Money></Total>
    <BillTo><Address><Name xml:lang="en">Northgrid Power Company</Name></Address></BillTo>
    <DocumentReference payloadID="po-1.v1@northgrid"/>
    <Extrinsic name="plant">WEST</Extrinsic>
  </OrderRequestHeader>
  <ItemOut quantity="10" lineNumber="10">
    <ItemID><SupplierPartID>RLY-3</SupplierPartID></ItemID>
    <ItemDetail>
      <UnitPrice><Money currency="USD">125.0000</Money></UnitPrice>
      <Description xml:lang="en"><ShortName>relay</ShortName>Protective relay,
         spare</Description>
      <UnitOfMeasure>EA</UnitOfMeasure>
      <PriceBasisQuantity quantity="10" conversionFactor="1"><UnitOfMeasure>EA</UnitOfMeasure></PriceBasisQuantity>
      <Classification domain="UNSPSC">39122300</Classification>
    </ItemDetail>
  </ItemOut>
  <ItemOut quantity="1" lineNumber="20" itemClassification="service" requiresServiceEntry="yes" operation="block">
    <ItemID><SupplierPartID/></ItemID>
    <BlanketItemDetail>
      <Description xml:lang="en">Storm work, not to exceed</Description>
      <MaxAmount><Money currency="USD">60000</Money></MaxAmount>
    </BlanketItemDetail>
    <SpendDetail><LaborDetail>
      <UnitRate><Money currency="USD">95</Money><UnitOfMeasure>HUR</UnitOfMeasure>
        <TermReference termName="payCode" term="Regular"/></UnitRate>
      <UnitRate><Money currency="USD">142.50</Money><UnitOfMeasure>HUR</UnitOfMeasure>
        <TermReference termName="payCode" term="Overtime"/></UnitRate>
      <Period startDate="2026-01-05T00:00:00-06:00" endDate="2026-06-30T00:00:00-05:00"/>
    </LaborDetail></SpendDetail>
  </ItemOut>
</OrderRequest>""",
        payload_id="po-1.v2@northgrid",
    )
)

CONFIRMATION = with_doctype(
    document(
        """<ConfirmationRequest>
  <ConfirmationHeader confirmID="OC-77" type="detail" noticeDate="2026-01-06T09:00:00-06:00">
    <Comments>Two of ten are late.</Comments>
  </ConfirmationHeader>
  <OrderReference orderID="4500017755" orderDate="2026-01-05T23:30:00-06:00">
    <DocumentReference payloadID="po-1.v2@northgrid"/>
  </OrderReference>
  <ConfirmationItem lineNumber="10" quantity="10"><UnitOfMeasure>EA</UnitOfMeasure>
    <ConfirmationStatus type="accept" quantity="8"><UnitOfMeasure>EA</UnitOfMeasure>
      <UnitPrice><Money currency="USD">12.50</Money></UnitPrice></ConfirmationStatus>
    <ConfirmationStatus type="backordered" quantity="2" deliveryDate="2026-03-01T00:00:00-06:00">
      <UnitOfMeasure>EA</UnitOfMeasure><Comments>Short of cores.</Comments></ConfirmationStatus>
  </ConfirmationItem>
</ConfirmationRequest>"""
    ),
    family="Fulfill",
)

# A profile as it was captured in 2020: an older document type, no language, a payloadID of digits (cXML facts, 3).
PROFILE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<!DOCTYPE cXML SYSTEM "http://xml.cXML.org/schemas/cXML/1.2.014/cXML.dtd">\n'
    b'<cXML payloadID="1597000000000-1234567890123456789@10.2.3.4" timestamp="2020-08-09T12:00:00-07:00"><Response>'
    b'<Status code="200" text="OK"/><ProfileResponse effectiveDate="2000-06-22T00:00:00-07:00">'
    b'<Option name="service">strict</Option>'
    b'<Transaction requestName="InvoiceDetailRequest"><URL>\n https://net.example/cxml.asp </URL></Transaction>'
    b'<Transaction requestName="DataRequest"><URL>https://n.example/data</URL><Option name="a">b</Option></Transaction>'
    b"</ProfileResponse></Response></cXML>"
)


def pending(*documents: str, status: str = '<Status code="200" text="OK"/>') -> bytes:
    """The answer to a GetPendingRequest."""
    inside = f"<GetPendingResponse>{''.join(documents)}</GetPendingResponse>" if documents else ""
    return with_doctype(
        f'<cXML payloadID="q1@net" timestamp="2026-03-11T09:30:00+00:00"><Response>{status}{inside}</Response></cXML>'
    )

"""Invoices written by hand, one for each thing that cXML must be able to say. Names, numbers, places are invented."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from formats.cxml import (
    ARIBA,
    COUPA,
    HEADER_CREDIT_MEMO,
    LINE_LEVEL_CREDIT_MEMO,
    POSITIVE_CREDIT_MEMO,
    Credential,
    Dialect,
    Identity,
    render_invoice,
)
from gateway.adapter import Document, File, Presentation, Stamp
from gateway.packet import Packet, packet_from

Values = dict[str, Any]

IDENTITY = Identity(
    supplier=Credential("DUNS", "080000001"), buyer=Credential("NetworkID", "northgrid-power"), user_agent="Clearbill"
)
STAMP = Stamp("0198b2c4.r1@clearbill", datetime(2026, 3, 10, 16, 5, 30, tzinfo=UTC))
STANDARD = Dialect("standard")

SELLER: Values = {
    "name": "Relay & Field Services LLC",
    "vat_id": "",
    "tax_id": "73-0000001",
    "address": {
        "lines": ["100 Substation Way", "Suite 4"],
        "city": "Tulsa",
        "subdivision": "OK",
        "post_code": "74101",
        "country": "US",
    },
    "contact_name": "Billing",
    "phone": "+1 918 555 0100",
    "email": "billing@relayfield.example",
}
BUYER: Values = {"name": "Northgrid Power Company", "code": "NG-100"}


def line(number: int, description: str, quantity: str, price: str, net: str, **changes: Any) -> Values:
    """A service line in hours of purchase order line `number`, unless `changes` say otherwise."""
    return {
        "number": number,
        "kind": "service",
        "description": description,
        "quantity": quantity,
        "unit": "HUR",
        "unit_price": price,
        "net_amount": net,
        "order": {"line": number},
        **changes,
    }


def labour(number: int, pay_code: str, hours: str, rate: str, net: str, **changes: Any) -> Values:
    """One worker's hours of one pay code in the week from 2 to 8 March."""
    names = {"ST": "straight time", "OT": "overtime", "DT": "double time"}
    return line(
        number,
        f"Relay technician, {names[pay_code]}",
        hours,
        rate,
        net,
        **{
            "kind": "labour",
            "period": {"start": "2026-03-02", "end": "2026-03-08"},
            "labour": {
                "worker_id": "E-1042",
                "worker_name": "Dana Whitlock",
                "classification": "Relay Technician II",
                "pay_code": pay_code,
                "timesheet_id": "TS-2026-10-1042",
            },
            **changes,
        },
    )


def packet(lines: Sequence[Values], *, tax: str = "0", paid: str = "0", **invoice: Any) -> Packet:
    """A packet around these lines, its totals added up from them, `tax` as given."""
    adjustments = invoice.get("adjustments", [])
    charges, allowances = (_sum(adjustments, kind) for kind in ("charge", "allowance"))
    net = sum((Decimal(each["net_amount"]) for each in lines), Decimal(0))
    exclusive = net + charges - allowances
    totals = {
        "line_net": net,
        "charges": charges,
        "allowances": allowances,
        "tax_exclusive": exclusive,
        "tax": Decimal(tax),
        "tax_inclusive": exclusive + Decimal(tax),
        "paid": Decimal(paid),
        "payable": exclusive + Decimal(tax) - Decimal(paid),
    }
    content: Values = {
        "number": "RFS-20260309-01",
        "issued_on": "2026-03-09",
        "currency": "USD",
        "orders": [{"number": "4500017755", "ordered_on": "2026-01-05"}],
        "seller": SELLER,
        "buyer": BUYER,
        "remit_to": {"name": "Relay & Field Services LLC", "code": "RT-0001"},
        "payment_terms": {"net_days": 30},
        "totals": {name: format(value, "f") for name, value in totals.items()},
        "lines": list(lines),
        **invoice,
    }
    return packet_from(
        {
            "source_system": "erp",
            "source_id": "batch-10/1",
            "client": "northgrid",
            "generated_at": "2026-03-09T15:00:00Z",
            "invoice": content,
        }
    )


def _sum(adjustments: Sequence[Values], kind: str) -> Decimal:
    return sum((Decimal(each["amount"]) for each in adjustments if each["kind"] == kind), Decimal(0))


@dataclass(frozen=True)
class Case:
    """What is rendered, and how this client and this receiver want it."""

    packet: Packet
    presentation: Presentation = field(default_factory=Presentation)
    dialect: Dialect = COUPA
    files: Sequence[File] = ()

    def render(self, identity: Identity = IDENTITY) -> Document:
        return render_invoice(
            self.packet, self.files, self.presentation, STAMP, dialect=self.dialect, identity=identity
        )


BY_LINE = Presentation(tax_level="line")
SALES_TAX = {"category": "S", "rate": "8.25", "code": "OK-TULSA"}
EXEMPT = {"category": "E", "rate": "0", "code": "VAT Exempt"}
ORIGINAL = {"number": "RFS-20260302-04", "issued_on": "2026-03-02", "reference": "0198a001.r1@clearbill"}
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n"

QUANTITY = [
    line(1, "Protective relay SEL-style, spare", "3", "1250", "3750", kind="goods", unit="EA", part_number="RLY-3"),
    line(2, "Commissioning <phase 2>", "7.5", "118.4", "888"),
]
AMOUNT = [
    line(1, "Bay 4 commissioning, milestone 2", "1", "12000", "12000", unit="LS", order={"line": 1, "kind": "amount"})
]
CREDITED = [
    labour(1, "OT", "2.5", "142.5", "356.25", note="Hours were billed twice"),
    line(2, "Truck", "1", "85", "85", kind="equipment", unit="DAY", order={"line": 2, "kind": "amount"}),
]
CREDIT: Values = {"type": "381", "preceding": ORIGINAL, "credit_reason": "Hours billed twice"}


def week() -> Packet:
    """A technician's week: ST, OT, DT, per diem, mileage, a truck, a test set, a receipt."""
    days = {"period": {"start": "2026-03-02", "end": "2026-03-06"}}
    return packet(
        [
            labour(1, "ST", "40", "95", "3800"),
            labour(2, "OT", "8.5", "142.5", "1211.25"),
            labour(3, "DT", "4", "190", "760"),
            line(4, "Per diem, Tulsa", "5", "64", "320", kind="per_diem", unit="DAY", **days),
            line(5, "Mileage, company truck", "412", "0.725", "298.70", kind="mileage", unit="SMI"),
            line(6, "Bucket truck", "40", "38", "1520", kind="equipment", order={"line": 6, "kind": "amount"}),
            line(7, "Relay test set", "5", "210", "1050", kind="equipment", unit="DAY", accounting_code="6100-220"),
            line(8, "Lodging, receipt 118", "1", "512.4", "512.40", kind="expense", unit="C62"),
        ],
        period={"start": "2026-03-02", "end": "2026-03-08"},
        contract_number="MSA-2024-118",
        buyer_reference="WO-77120",
        note="Week 10, Bixby substation",
        custom_fields=[{"name": "work-order", "value": "WO-77120"}],
    )


CASES = {
    "quantity": Case(packet(QUANTITY)),
    "amount": Case(packet(AMOUNT)),
    "several_orders": Case(
        packet(
            [
                line(1, "Inspection, west", "4", "95", "380", order={"number": "4500017755", "line": 10}),
                line(
                    2,
                    "Inspection, east",
                    "1",
                    "700",
                    "700",
                    order={"number": "4500018001", "line": 1, "kind": "amount"},
                ),
                line(3, "Report, west", "1.25", "95", "118.75", order={"number": "4500017755", "line": 20}),
            ],
            orders=[{"number": "4500017755", "payload_id": "po-1@northgrid"}, {"number": "4500018001"}],
        )
    ),
    "contract": Case(
        packet([line(1, "Storm call-out", "6", "140", "840", order=None)], orders=[], contract_number="C-88")
    ),
    "unbacked": Case(packet([line(1, "Locksmith", "1", "90", "90", order=None)], orders=[])),
    "tax_at_header": Case(
        packet(QUANTITY, tax="382.64", tax_breakdown=[{**SALES_TAX, "taxable_amount": "4638", "tax_amount": "382.64"}])
    ),
    "tax_at_line": Case(
        packet(
            [
                {**QUANTITY[0], "tax": {**SALES_TAX, "amount": "309.38"}},
                {**QUANTITY[1], "tax": {**SALES_TAX, "amount": "73.26"}},
            ],
            tax="384.29",
            adjustments=[
                {"kind": "charge", "purpose": "shipping", "amount": "20", "tax": {**SALES_TAX, "amount": "1.65"}}
            ],
            tax_breakdown=[{**SALES_TAX, "taxable_amount": "4658", "tax_amount": "384.29"}],
        ),
        BY_LINE,
    ),
    "exempt": Case(
        packet(
            [{**QUANTITY[1], "tax": EXEMPT}],
            tax_breakdown=[
                {**EXEMPT, "taxable_amount": "888", "tax_amount": "0", "exemption_reason": "Resale certificate 4711"}
            ],
        ),
        BY_LINE,
    ),
    "charges": Case(
        packet(
            [
                {
                    **QUANTITY[0],
                    "net_amount": "3700",
                    "adjustments": [
                        {"kind": "allowance", "purpose": "discount", "amount": "75"},
                        {"kind": "charge", "purpose": "handling", "amount": "25"},
                    ],
                }
            ],
            paid="100",
            adjustments=[
                {"kind": "charge", "purpose": "shipping", "amount": "45.5", "reason": "Freight"},
                {"kind": "charge", "purpose": "handling", "amount": "12"},
                {"kind": "allowance", "purpose": "discount", "amount": "30"},
            ],
        )
    ),
    "payment_terms": Case(
        packet(
            QUANTITY,
            due_on="2026-04-08",
            payment_terms={
                "net_days": 30,
                "discounts": [{"days": 10, "percent": "2"}],
                "code": "N30",
                "text": "2/10 n30",
            },
        ),
        Presentation(payment_term_code="NET30-2"),
    ),
    "parties": Case(
        packet(
            QUANTITY,
            seller={**SELLER, "vat_id": "GB123456789"},
            bill_to={"name": "Northgrid AP", "address": {"lines": ["PO Box 9"], "city": "Tulsa", "country": "US"}},
            ship_to={"name": "Bixby substation", "code": "SITE-7"},
            custom_fields=[{"name": "region", "value": "West & South"}],
        ),
        Presentation(custom_fields={"region": "unknown", "channel": "cXML"}),
    ),
    "week": Case(week()),
    "credit_negative": Case(packet(CREDITED, **CREDIT)),
    "credit_memo": Case(packet(CREDITED, **CREDIT), dialect=replace(COUPA, credit=POSITIVE_CREDIT_MEMO)),
    "credit_header_memo": Case(packet(CREDITED, **CREDIT), dialect=replace(STANDARD, credit=HEADER_CREDIT_MEMO)),
    "credit_line_level": Case(packet(CREDITED, **CREDIT), dialect=replace(STANDARD, credit=LINE_LEVEL_CREDIT_MEMO)),
    "standard_week": Case(week(), dialect=STANDARD),
    "attachments": Case(
        packet(QUANTITY[:1]),
        files=(
            File("RFS-20260309-01.pdf", "application/pdf", "invoice_pdf", PDF),
            File("Timesheet week 10 (signed).pdf", "application/pdf", "timesheet", PDF + b"%1\n"),
            File("Fahrtenbuch März.csv", "text/csv", "mileage_log", b"day,miles\r\n2026-03-02,412\r\n"),
        ),
    ),
}


# --- SAP Business Network: one document per version and per thing that its versions say differently -------------------

LABOUR_DETAIL = {
    "worker_id": "E-1042",
    "worker_name": "Dana Whitlock",
    "classification": "Relay Technician II",
    "timesheet_id": "TS-2026-10-1042",
    "supervisor": "Lee Okafor",
    "work_location": {
        "name": "Bixby substation",
        "code": "SITE-7",
        "address": {"lines": ["8 Memorial Dr"], "city": "Bixby", "subdivision": "OK", "country": "US"},
    },
}
CABLE: Values = {
    "kind": "goods",
    "unit": "FOT",
    "part_number": "CC-12",
    "buyer_part_number": "NG-7781",
    "price_base_quantity": "100",
}
NETWORK_ORDER = {
    "number": "4500017755",
    "ordered_on": "2026-01-05",
    "payload_id": "po-1.v2@northgrid",
    "stated_date": "2026-01-05T23:30:00-06:00",
}


def on_site(number: int, pay_code: str, hours: str, rate: str, net: str, **changes: Any) -> Values:
    """A worker's hours with everything that is known of them, booked on the approved service entry sheet SES-0042."""
    entry = {"number": "SES-0042", "line": number, "entered_on": "2026-03-09", "payload_id": "ses-42@relayfield"}
    detail = {**LABOUR_DETAIL, "pay_code": pay_code}
    return labour(number, pay_code, hours, rate, net, **{"labour": detail, "service_entry": entry, **changes})


def week_on_site(**changes: Any) -> Packet:
    """Straight time and overtime from a sheet, a sheet known by its number alone, materials, a truck, mileage."""
    by_number = {"number": "SES-0043", "line": 7}
    lines = [
        on_site(1, "ST", "40", "95", "3800", **changes),
        on_site(2, "OT", "8.5", "142.5", "1211.25", **changes),
        line(3, "Bucket truck", "40", "38", "1520", kind="equipment", **{"service_entry": by_number, **changes}),
        line(4, "Control cable, by the hundred feet", "250", "184", "460", **CABLE),
        line(5, "Mileage", "412", "0.725", "298.70", kind="mileage", unit="SMI", order={}),
    ]
    return packet(
        lines,
        orders=[NETWORK_ORDER],
        contract_number="MSA-2024-118",
        period={"start": "2026-03-02", "end": "2026-03-08"},
        due_on="2026-04-08",
        buyer={**BUYER, "vat_id": "US-NG-1"},
    )


SURCHARGED = packet(
    [
        {
            **on_site(1, "ST", "10", "95", "985"),
            "adjustments": [
                {"kind": "charge", "purpose": "other", "amount": "50", "reason": "Hazard premium"},
                {"kind": "allowance", "purpose": "discount", "amount": "15"},
            ],
            "tax": {**SALES_TAX, "amount": "81.26"},
        },
        {
            **line(2, "Spare relay", "2", "1250", "2520", kind="goods", unit="EA", part_number="RLY-3"),
            "adjustments": [{"kind": "charge", "purpose": "shipping", "amount": "20"}],
            "tax": {**SALES_TAX, "amount": "207.90"},
        },
    ],
    orders=[NETWORK_ORDER],
    adjustments=[
        {"kind": "charge", "purpose": "other", "amount": "12.5", "reason": "Fuel surcharge"},
        {"kind": "allowance", "purpose": "other", "amount": "40", "reason": "Volume rebate"},
        {"kind": "charge", "purpose": "handling", "amount": "9"},
    ],
    tax="289.16",
    paid="100",
    ship_to={"name": "Bixby substation", "code": "SITE-7"},
    tax_breakdown=[{**SALES_TAX, "taxable_amount": "3505", "tax_amount": "289.16"}],
)
OVERBILLED = packet(
    [on_site(2, "OT", "2.5", "142.5", "356.25", note="Hours were billed twice")], orders=[NETWORK_ORDER], **CREDIT
)
PLAIN_WEEK: Values = {"service_entry": None}  # what the oldest version has no element for

CASES |= {
    "ariba_020_week": Case(week_on_site(**PLAIN_WEEK), dialect=ARIBA["1.2.020"]),
    "ariba_037_week": Case(week_on_site(), dialect=ARIBA["1.2.037"]),
    "ariba_069_week": Case(week_on_site(), dialect=ARIBA["1.2.069"]),
    "ariba_037_modifications": Case(SURCHARGED, BY_LINE, dialect=ARIBA["1.2.037"]),
    "ariba_069_modifications": Case(SURCHARGED, BY_LINE, dialect=ARIBA["1.2.069"]),
    "ariba_exempt": Case(CASES["exempt"].packet, BY_LINE, dialect=ARIBA["1.2.069"]),
    "ariba_several_orders": Case(
        packet(
            [
                line(1, "Inspection, west", "4", "95", "380", order={"number": "4500017755", "line": 10}),
                line(2, "Inspection, east", "1", "700", "700", order={"number": "4500018001", "line": 1}),
                line(3, "Inspection, north", "2", "95", "190", order={"number": "4500018002", "line": 1}),
                line(4, "Storm call-out", "1", "140", "140", order=None, contract_number="C-88"),
                line(5, "Locksmith", "1", "90", "90", order={"number": "PAPER-7", "line": 1}),
            ],
            orders=[
                NETWORK_ORDER,
                {"number": "4500018001", "stated_date": "2026-02-01T08:00:00-06:00"},
                {"number": "4500018002", "ordered_on": "2026-02-02"},
                {"number": "PAPER-7", "channel": "elsewhere"},
            ],
        ),
        dialect=ARIBA["1.2.069"],
    ),
    "ariba_unbacked": Case(CASES["unbacked"].packet, dialect=ARIBA["1.2.069"]),
    "ariba_credit_line_level": Case(OVERBILLED, dialect=ARIBA["1.2.069"]),
    "ariba_credit_header": Case(OVERBILLED, dialect=replace(ARIBA["1.2.069"], credit=HEADER_CREDIT_MEMO)),
    "ariba_attachments": Case(CASES["attachments"].packet, dialect=ARIBA["1.2.069"], files=CASES["attachments"].files),
}

"""What holds for every packet there can be."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from formats.cxml import (
    ARIBA,
    COUPA,
    HEADER_CREDIT_MEMO,
    LINE_LEVEL_CREDIT_MEMO,
    NEGATIVE_INVOICE,
    POSITIVE_CREDIT_MEMO,
    Credential,
    Dialect,
    Identity,
    Unreadable,
    check_document,
    instant_from,
    money_from,
    parse,
    render_cancellation,
    render_invoice,
    response_from,
)
from formats.cxml.check import LINES
from gateway.adapter import Document, File, Presentation, Stamp
from gateway.errors import CannotExpress
from gateway.packet import Address, Packet, Party, ServiceEntry, canonical_json, packet_from_json
from tests.strategies import bytes_of, packets

IDENTITY = Identity(Credential("DUNS", "123456789"), Credential("NetworkID", "northgrid"))
STAMP = Stamp("r1.0f@clearbill", datetime(2026, 7, 1, 9, 30, tzinfo=UTC))
STANDARD = Dialect("standard")
CREDITS = (NEGATIVE_INVOICE, POSITIVE_CREDIT_MEMO, HEADER_CREDIT_MEMO, LINE_LEVEL_CREDIT_MEMO)
dialects = st.builds(replace, st.sampled_from([COUPA, STANDARD, *ARIBA.values()]), credit=st.sampled_from(CREDITS))
presentations = st.builds(
    Presentation,
    tax_level=st.sampled_from(["header", "line"]),
    price_decimals=st.sampled_from([*[None] * 6, 2, 4]),
    quantity_decimals=st.sampled_from([*[None] * 6, 2]),
    custom_fields=st.sampled_from([{}, {"region": "West & South"}]),
    payment_term_code=st.sampled_from(["", "NET30"]),
)
SEARCH = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def files_of(packet: Packet) -> Sequence[File]:
    return [
        File(paper.name, paper.media_type, paper.kind, bytes_of(paper.name), paper.sha256) for paper in packet.documents
    ]


def rendered(packet: Packet, presentation: Presentation, dialect: Dialect) -> Document:
    """The document, or no test at all where the packet says what cXML has no place for."""
    try:
        return render_invoice(packet, files_of(packet), presentation, STAMP, dialect=dialect, identity=IDENTITY)
    except CannotExpress as limit:
        assume(not limit.field.startswith("/invoice/"))
        raise


@SEARCH
@given(packets(), presentations, dialects)
def test_every_packet_becomes_a_faultless_document_or_is_refused_by_field(
    packet: Packet, presentation: Presentation, dialect: Dialect
) -> None:
    assert check_document(rendered(packet, presentation, dialect).body) == []


@st.composite
def on_site_packets(draw: st.DrawFn) -> Packet:
    """Packets whose services rest on sheets, whose labour has a place, whose orders came this way or another."""
    packet = draw(packets())
    invoice = packet.invoice
    entry = st.builds(
        ServiceEntry, number=st.just("SES-1"), line=st.integers(1, 99), payload_id=st.sampled_from(["", "s"])
    )
    place = Party(name="Bixby", address=Address(country="US"))
    lines = []
    for line in invoice.lines:
        labour = line.labour and line.labour.model_copy(update={"supervisor": "L & O", "work_location": place})
        update = {"labour": labour, "service_entry": draw(st.none() | entry), "buyer_part_number": "B-1"}
        lines.append(line.model_copy(update=update))
    orders = [
        order.model_copy(
            update={
                "payload_id": draw(st.sampled_from(["", "po@net"])),
                "stated_date": draw(st.sampled_from(["", "2026-01-05T23:30:00-06:00"])),
                "channel": draw(st.sampled_from(["portal", "elsewhere"])),
            }
        )
        for order in invoice.orders
    ]
    changed = invoice.model_copy(update={"lines": tuple(lines), "orders": tuple(orders), "due_on": invoice.issued_on})
    return packet.model_copy(update={"invoice": changed})


@SEARCH
@given(on_site_packets(), presentations, dialects)
def test_whatever_a_service_rests_on_is_written_or_refused_by_field(
    packet: Packet, presentation: Presentation, dialect: Dialect
) -> None:
    packet_from_json(canonical_json(packet))
    assert check_document(rendered(packet, presentation, dialect).body) == []


@SEARCH
@given(packets(), presentations, dialects)
def test_a_document_taken_back_is_the_same_invoice_but_for_its_operation(
    packet: Packet, presentation: Presentation, dialect: Dialect
) -> None:
    bare = packet.model_copy(update={"documents": ()})
    sent = rendered(bare, presentation, dialect)
    taken_back = render_cancellation(
        bare, presentation, STAMP, dialect=dialect, identity=IDENTITY, cancels="r1@clearbill", why="Sent in error"
    )
    assert check_document(taken_back.body) == []
    assert (taken_back.number, taken_back.total) == (sent.number, sent.total)
    before, after = parse(sent.body), parse(taken_back.body)
    for tag in ("InvoiceDetailOrder", "InvoiceDetailHeaderOrder", "InvoiceDetailSummary", "InvoicePartner"):
        blocks = [[etree.tostring(block, with_tail=False) for block in root.iter(tag)] for root in (before, after)]
        assert blocks[0] == blocks[1]


@SEARCH
@given(packets(), presentations, dialects)
def test_the_packets_sums_stand_in_the_document(packet: Packet, presentation: Presentation, dialect: Dialect) -> None:
    sign = dialect.credit.sign if packet.invoice.is_credit_note else 1
    bare = packet.model_copy(update={"documents": ()})
    document = rendered(bare, presentation, dialect)
    summary = parse(document.body).find("Request/InvoiceDetailRequest/InvoiceDetailSummary")
    assert summary is not None
    totals = packet.invoice.totals
    assert money_in(summary, "NetAmount") == totals.tax_inclusive * sign == document.total
    assert money_in(summary, "DueAmount") == totals.payable * sign
    assert money_in(summary, "Tax") == totals.tax * sign


@SEARCH
@given(packets(), presentations, dialects)
def test_every_line_keeps_its_number_and_amount(packet: Packet, presentation: Presentation, dialect: Dialect) -> None:
    assume(not (packet.invoice.is_credit_note and dialect.credit.level == "header"))
    sign = dialect.credit.sign if packet.invoice.is_credit_note else 1
    bare = packet.model_copy(update={"documents": ()})
    root = parse(rendered(bare, presentation, dialect).body)
    written = {int(line.get("invoiceLineNumber", "")): line for line in root.iter(*LINES)}
    assert set(written) == {line.number for line in packet.invoice.lines}
    for line in packet.invoice.lines:
        added = sum((item.amount * (1 if item.kind == "charge" else -1) for item in line.adjustments), Decimal(0))
        assert money_in(written[line.number], "SubtotalAmount") == (line.net_amount - added) * sign


@SEARCH
@given(packets(), presentations, dialects)
def test_a_packet_that_went_through_the_store_renders_to_the_same_bytes(
    packet: Packet, presentation: Presentation, dialect: Dialect
) -> None:
    again = packet_from_json(canonical_json(packet))
    assert rendered(packet, presentation, dialect) == rendered(again, presentation, dialect)


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    read_or_refuse(body)


@SEARCH
@given(packets(max_lines=1), st.data())
def test_no_damage_to_a_document_breaks_the_reader(packet: Packet, data: st.DataObject) -> None:
    body = bytearray(rendered(packet.model_copy(update={"documents": ()}), Presentation(), COUPA).body)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(start, min(len(body), start + 40)))
        body[start:end] = data.draw(st.one_of(st.binary(max_size=20), st.sampled_from(SPOILERS)))
    read_or_refuse(bytes(body))
    assert isinstance(check_document(bytes(body)), list)


SPOILERS = (b"<", b"]]>", b"&x;", b"<!DOCTYPE a [", b"<!ENTITY a 'b'>", b"<?xml version='1.1'?>", b"\x00", b"\xff\xfe")


def read_or_refuse(body: bytes) -> None:
    response_from(body)
    with suppress(Unreadable):
        assert isinstance(parse(body), etree._Element)


@given(st.text(max_size=40))
def test_no_text_breaks_the_readers_of_dates_and_numbers(text: str) -> None:
    moment, number = instant_from(text), money_from(text)
    assert moment is None or moment.utcoffset() is not None
    assert number is None or number.is_finite()


@given(st.datetimes(timezones=st.timezones()))
def test_an_instant_that_python_writes_is_read_back(moment: datetime) -> None:
    written = moment.astimezone(UTC).isoformat()
    assert instant_from(written) == moment.astimezone(UTC)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
@pytest.mark.parametrize("form", ["{:f}", "{:,}", " {:f} "])
def test_an_amount_is_read_back_however_it_is_grouped(form: str, amount: Decimal) -> None:
    assert money_from(form.format(amount)) == amount


def money_in(holder: etree._Element, name: str) -> Decimal:
    return Decimal(holder.findtext(f"{name}/Money") or "")

"""E-invoices in UBL: what is read, what is told to be left out, and what is refused so that nothing is lost unseen."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from checklists.arithmetic import sums
from formats.ubl import invoice_from
from formats.ubl.tree import CBC, TOLD, Tree
from gateway.errors import PacketRefused
from gateway.packet import Packet, packet_from
from tests.formats.ubl_writer import NAMES, as_ubl_carries, written
from tests.packets import packet
from tests.strategies import packets

SAMPLES = Path(__file__).parent / "ubl"
SEARCH = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def packed(invoice: Any) -> Packet:
    made = {"source_system": "desk", "source_id": "d1", "client": "c", "generated_at": "2026-03-09T18:00:00Z"}
    return packet_from({**made, "invoice": invoice})


def faults(body: bytes) -> list[str]:
    with pytest.raises(PacketRefused) as told:
        invoice_from(body)
    return [str(problem) for problem in told.value.problems]


def sample(name: str = "invoice.xml") -> bytes:
    return (SAMPLES / name).read_bytes()


def changed(old: str, new: str, name: str = "invoice.xml") -> bytes:
    text = sample(name).decode()
    assert old in text
    return text.replace(old, new, 1).encode()


@SEARCH
@given(packets(max_lines=4))
def test_whatever_ubl_can_carry_comes_back_as_it_was_written(drawn: Packet) -> None:
    invoice = as_ubl_carries(drawn)
    read = invoice_from(written(invoice, [("a.pdf", "application/pdf", b"%PDF-1.7")]))
    assert packed(read.invoice) == packed(invoice)
    assert [(one.name, one.media_type, one.content) for one in read.files] == [
        ("a.pdf", "application/pdf", b"%PDF-1.7")
    ]


@pytest.mark.parametrize("name", ["invoice", "credit_note"])
def test_samples_are_read_as_a_person_has_read_them(name: str, golden: Any) -> None:
    read = invoice_from(sample(f"{name}.xml"))
    told = {"invoice": read.invoice, "files": [one.name for one in read.files], "told": list(read.told)}
    golden(f"ubl/{name}.json", (json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode())
    assert sums(packed(read.invoice).invoice) == ()


@pytest.mark.parametrize(
    ("element", "words"),
    [
        ("<cbc:TaxCurrencyCode>EUR</cbc:TaxCurrencyCode>", "TaxCurrencyCode: is not read here, and would be lost"),
        (
            "<cac:TaxRepresentativeParty><cac:PartyName><cbc:Name>R</cbc:Name></cac:PartyName></cac:TaxRepresentativeParty>",
            "TaxRepresentativeParty: is not read here",
        ),
        ("<cac:Signature><cbc:ID>1</cbc:ID></cac:Signature>", "Signature: is not read here"),
        ("<x:Own xmlns:x='urn:x'>1</x:Own>", "Own: is not read here"),
        ("<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>", "more than once"),
    ],
)
def test_what_has_no_place_and_must_not_be_lost_is_refused_by_its_place(element: str, words: str) -> None:
    found = faults(changed("<cbc:BuyerReference>", f"{element}<cbc:BuyerReference>"))
    assert any(words in one for one in found), found


def test_every_element_of_a_sample_is_read_told_or_refused() -> None:
    """Each one is renamed in turn: an element of whose name nobody has heard is always noticed."""
    root = etree.fromstring(sample())
    for at, element in enumerate(list(root.iter())):
        again = etree.fromstring(sample())
        one = list(again.iter())[at]
        if at and isinstance(element.tag, str):
            one.tag = f"{{{CBC}}}NeverHeardOf"
            above = [str(each.tag).rpartition("}")[2] for each in one.iterancestors()]
            left_out = any(path.rpartition("/")[2] in above for path in TOLD) or "Attachment" in above
            if not left_out and str(element.tag).rpartition("}")[2] != "Attachment":
                assert any("NeverHeardOf" in fault for fault in faults(etree.tostring(again))), element.tag


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<cbc:InvoiceTypeCode>380<", "<cbc:InvoiceTypeCode>326<", "type code (BT-3) is 326"),
        ('<cbc:PayableAmount currencyID="USD">', '<cbc:PayableAmount currencyID="EUR">', "is in EUR"),
        ("<cbc:IssueDate>2026-03-09<", "<cbc:IssueDate>09.03.2026<", "is no date"),
        (">98.50<", ">98,50<", "no plain decimal number"),
        ("<cbc:ID>INV-7</cbc:ID>", "", "ID (BT-1): is missing"),
        ("<cbc:LineID>1<", "<cbc:LineID>1A<", "no line number of a purchase order"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_cure(old: str, new: str, words: str) -> None:
    found = faults(changed(old, new))
    assert any(words in one for one in found), found


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<",
        b"<a/>",
        b"\xff\xfe\x00",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<Invoice xmlns="urn:example"/>',
        b"<CrossIndustryInvoice/>",
        b"<a>" * 5000,
        b"x" * (13 * 1024 * 1024),
    ],
    ids=lambda one: one[:20],
)
def test_what_is_hostile_or_something_else_is_refused(body: bytes) -> None:
    assert faults(body)


def test_line_numbers_that_are_none_are_counted_anew_and_that_is_told() -> None:
    invoice = as_ubl_carries(packet())
    body = written(invoice).replace(b"<cbc:ID>1</cbc:ID>", b"<cbc:ID>1.1</cbc:ID>", 1)
    read = invoice_from(body)
    assert [line["number"] for line in read.invoice["lines"]] == [1, 2]
    assert any("line numbers (BT-126)" in one for one in read.told)


def test_a_place_is_told_with_its_number_where_several_stand_side_by_side() -> None:
    tree = Tree(sample())
    lines = list(tree.root.iterchildren(f"{{{NAMES['cac']}}}InvoiceLine"))
    tree.fault(lines[1], "x", "y")
    assert tree.problems[0].path == "InvoiceLine[2]"

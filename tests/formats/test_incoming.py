"""What comes from a network: its envelope, its queue, its profile; and that no hostile bytes get any further."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.cxml import (
    Credential,
    Unreadable,
    confirmation_from,
    copied_from,
    envelope_from,
    identity_in,
    order_from,
    parse,
    pending_from,
    profile_from,
    status_update_from,
)
from formats.cxml.schema import FAMILIES, faults_in
from tests.formats.network import (
    BUYER_REJECTION,
    CONFIRMATION,
    NETWORK_REJECTION,
    ORDER,
    PROFILE,
    document,
    pending,
    with_doctype,
)

BOMB = b'<!DOCTYPE cXML [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><cXML>&b;</cXML>'


def test_an_envelope_says_who_sent_what_to_whom() -> None:
    envelope = envelope_from(NETWORK_REJECTION)
    assert (envelope.form, envelope.name, envelope.deployment_mode) == ("Request", "StatusUpdateRequest", "test")
    assert envelope.payload_id == "1607837044859-1150@10.1.2.3"
    assert envelope.timestamp == datetime(2026, 3, 11, 9, tzinfo=UTC)
    assert envelope.from_ == (Credential("NetworkID", "AN02000000002-T"), Credential("VendorID", "0000104711"))
    assert envelope.to == (Credential("NetworkId", "AN01000000001-T"),)
    assert (envelope.sender, envelope.user_agent) == ((Credential("NetworkID", "AN01000000001"),), "Ariba SN")


def test_the_secret_is_read_and_never_shown() -> None:
    envelope = envelope_from(NETWORK_REJECTION)
    assert envelope.shared_secret == "pssst-7"
    assert "pssst-7" not in repr(envelope)


def test_a_naming_domain_is_found_whatever_its_case() -> None:
    envelope = envelope_from(NETWORK_REJECTION)
    assert identity_in(envelope.to, "networkid") == "AN01000000001-T"
    assert identity_in(envelope.to, "DUNS") == ""


def test_an_envelope_without_header_mode_or_dates_is_still_read() -> None:
    envelope = envelope_from(b'<cXML timestamp="soon"><Request><ProfileRequest/></Request></cXML>')
    assert (envelope.name, envelope.payload_id, envelope.timestamp) == ("ProfileRequest", "", None)
    assert (envelope.timestamp_text, envelope.deployment_mode, envelope.sender) == ("soon", "production", ())


def test_a_request_of_an_unknown_kind_is_named_not_refused() -> None:
    assert envelope_from(document("<FrobnicateRequest/>").encode()).name == "FrobnicateRequest"


@pytest.mark.parametrize("body", [b"<html/>", b"<cXML/>", b"<cXML><Header/></cXML>", b"", BOMB, NETWORK_REJECTION[:-9]])
def test_what_is_no_cxml_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        envelope_from(body)


def test_a_document_over_the_limit_is_not_even_parsed() -> None:
    with pytest.raises(Unreadable, match="larger than 100 bytes"):
        envelope_from(NETWORK_REJECTION, limit=100)


def test_each_waiting_document_stands_alone_and_reads_as_if_it_had_been_pushed() -> None:
    first = document('<StatusUpdateRequest><Status code="200" text="é"/></StatusUpdateRequest>', payload_id="a@net")
    second = document("<OrderRequest/>", payload_id="b@net")
    waiting = pending_from(pending(first, second))
    assert waiting.answer.code == 200
    envelopes = [envelope_from(raw) for raw in waiting.documents]
    assert [(each.name, each.payload_id) for each in envelopes] == [
        ("StatusUpdateRequest", "a@net"),
        ("OrderRequest", "b@net"),
    ]
    assert status_update_from(envelopes[0]).text == "é"


@pytest.mark.parametrize("code", [200, 204])
def test_an_empty_queue_is_a_status_alone(code: int) -> None:
    waiting = pending_from(pending(status=f'<Status code="{code}" text="No Content"/>'))
    assert (waiting.answer.code, waiting.documents) == (code, ())


def test_an_answer_without_a_status_is_no_empty_queue() -> None:
    with pytest.raises(Unreadable):
        pending_from(b"<cXML><Response/></cXML>")


def test_a_copy_is_unwrapped_to_the_document_it_forwards() -> None:
    inner = document("<OrderRequest/>", payload_id="po@net")
    copy = envelope_from(document(f'<CopyRequest processingMode="copy">{inner}</CopyRequest>').encode())
    assert envelope_from(copied_from(copy)).payload_id == "po@net"


def test_a_copy_that_stands_in_another_mime_part_is_said_to_be_unreadable() -> None:
    with pytest.raises(Unreadable, match="no cXML document"):
        copied_from(envelope_from(document("<CopyRequest><cXMLAttachment/></CopyRequest>").encode()))


def test_a_profile_tells_where_each_request_goes() -> None:
    profile = profile_from(PROFILE)
    assert profile.transactions["InvoiceDetailRequest"].url == "https://net.example/cxml.asp"
    assert profile.transactions["DataRequest"].options == {"a": "b"}
    assert (profile.options, profile.effective) == ({"service": "strict"}, datetime(2000, 6, 22, 7, tzinfo=UTC))


def test_another_answer_is_no_profile() -> None:
    with pytest.raises(Unreadable, match="holds no ProfileResponse"):
        profile_from(pending(status='<Status code="401" text="Unauthorized"/>'))


@pytest.mark.parametrize("body", [NETWORK_REJECTION, BUYER_REJECTION, ORDER, CONFIRMATION, PROFILE])
def test_the_samples_are_valid_under_the_document_type_of_their_family(body: bytes) -> None:
    envelope = envelope_from(body)
    root = parse(body)
    for money in root.iter("Money"):
        money.set("currency", money.get("currency", "").upper())
    assert faults_in(root, "1.2.069", FAMILIES[envelope.name]) == []


READERS: list[Callable[[bytes], object]] = [
    pending_from,
    profile_from,
    lambda body: status_update_from(envelope_from(body)),
    lambda body: order_from(envelope_from(body)),
    lambda body: confirmation_from(envelope_from(body)),
    lambda body: copied_from(envelope_from(body)),
]
BODIES = [NETWORK_REJECTION, BUYER_REJECTION, ORDER, CONFIRMATION, PROFILE, pending(document("<OrderRequest/>")), BOMB]
SPOILERS = [b"<", b"&x;", b'"', b"9" * 50, b"-", b",", b"", b"\x00", b"<ItemOut/>", b"0", b"2026-99-99", b" CST"]


@given(
    st.sampled_from(BODIES), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 30), st.sampled_from(SPOILERS)))
)
def test_no_damage_to_a_document_makes_a_reader_do_anything_but_refuse(
    body: bytes, damages: list[tuple[int, int, bytes]]
) -> None:
    for start, length, spoiler in damages:
        body = body[:start] + spoiler + body[start + length :]
    for read in READERS:
        with suppress(Unreadable):
            read(body)


@pytest.mark.parametrize("read", READERS)
def test_a_reader_refuses_the_document_of_another(read: Callable[[bytes], object]) -> None:
    with pytest.raises(Unreadable):
        read(with_doctype(document("<ShipNoticeRequest/>")))

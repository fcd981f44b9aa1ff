"""What we say to a network ourselves: always valid, always the same, never a secret."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.cxml import answer, envelope_from, parse, pending_request, profile_request, response_from
from formats.cxml.schema import faults_in
from gateway.adapter import Stamp, secret_mark
from tests.formats.cases import IDENTITY, STAMP


def test_an_answer_reads_back_as_it_was_said() -> None:
    said = response_from(answer(401, "Unauthorized", "The shared secret is not ours.", stamp=STAMP))
    assert said is not None
    assert (said.code, said.text, said.detail) == (401, "Unauthorized", "The shared secret is not ours.")
    assert (said.payload_id, said.timestamp) == (STAMP.reference, STAMP.built_at)


@given(st.text(), st.text(), st.text(min_size=1))
def test_an_answer_goes_out_whatever_is_quoted_in_it(text: str, detail: str, reference: str) -> None:
    body = answer(406, text, detail, stamp=Stamp(reference, STAMP.built_at))
    assert faults_in(parse(body), "1.2.069", "cXML") == []
    assert response_from(body) is not None


def test_an_answer_is_the_same_bytes_for_the_same_stamp() -> None:
    assert answer(200, "OK", stamp=STAMP) == answer(200, "OK", stamp=STAMP)


def test_a_ping_is_valid_and_carries_the_secrets_place_holder() -> None:
    body = profile_request(STAMP, IDENTITY)
    assert faults_in(parse(body), "1.2.069", "cXML") == []
    envelope = envelope_from(body)
    assert (envelope.name, envelope.shared_secret) == ("ProfileRequest", secret_mark("shared_secret"))
    assert b'schemas/cXML/1.2.069/cXML.dtd">' in body


def test_with_a_certificate_no_secret_is_written() -> None:
    body = profile_request(STAMP, replace(IDENTITY, proof="certificate"))
    assert envelope_from(body).shared_secret == ""
    assert b"SharedSecret" not in body


@pytest.mark.parametrize("received", [None, datetime(2026, 3, 11, 9, 0, 0, 123000, tzinfo=UTC)])
def test_asking_for_what_waits_acknowledges_only_what_is_stored(received: datetime | None) -> None:
    kinds = ("StatusUpdateRequest", "OrderRequest")
    body = pending_request(STAMP, IDENTITY, kinds, received_up_to=received, most=50)
    root = parse(body)
    assert faults_in(root, "1.2.069", "cXML") == []
    (asked,) = root.iter("GetPendingRequest")
    assert [each.text for each in asked] == list(kinds)
    assert asked.get("maxMessages") == "50"
    assert asked.get("lastReceivedTimestamp") == (received and "2026-03-11T09:00:00.123000+00:00")

"""The packet's two doors to text: what is taken, what is refused and how it is told, and that writing loses nothing."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from gateway.errors import PacketRefused
from gateway.packet import Packet, canonical_json, content_hash, json_from, packet_from, packet_from_json
from tests.gateway.stage import handed
from tests.packets import labour, packet
from tests.strategies import packets


def problems(value: Any) -> dict[str, str]:
    """Path -> message of everything that is refused about a hand-over."""
    with pytest.raises(PacketRefused) as told:
        packet_from(value)
    return {problem.path: problem.message for problem in told.value.problems}


def with_(path: str, value: Any) -> Any:
    """A right hand-over with one place changed."""
    whole = handed()
    at = whole
    *way, last = path.strip("/").split("/")
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    if isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value
    return whole


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(packets())
def test_writing_and_reading_a_packet_loses_nothing(drawn: Packet) -> None:
    text = canonical_json(drawn)
    again = packet_from_json(text)
    assert again == drawn
    assert canonical_json(again) == text
    assert content_hash(again) == content_hash(drawn)


def test_the_same_amount_has_one_spelling() -> None:
    one, other = handed(), handed()
    one["invoice"]["lines"][0]["unit_price"] = "98.5"
    other["invoice"]["lines"][0]["unit_price"] = "98.5000"
    assert content_hash(packet_from(one)) == content_hash(packet_from(other))


def test_the_order_of_keys_does_not_matter() -> None:
    whole = handed()
    turned = json.loads(json.dumps(whole), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert canonical_json(packet_from(whole)) == canonical_json(packet_from(turned))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b'{"a": 1} tail', "is not JSON"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b"\xff\xfe{}", "is not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "nested too deeply"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "acceptable"),
        (b'{"a": 1e1000000000000000000000}', "number"),
        (b'{"a": 1e999999999}', "number"),
        (b'{"a": 0.' + b"1" * 5_000 + b"}", "number"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_text_that_is_no_strict_json_is_refused_in_words(text: bytes, says: str) -> None:
    with pytest.raises(PacketRefused, match=says) as told:
        json_from(text)
    assert told.value.problems[0].cure


def test_json_larger_than_any_packet_is_not_read() -> None:
    with pytest.raises(PacketRefused, match="larger than"):
        json_from(b" " * (16 * 1024 * 1024 + 1))


def test_a_byte_order_mark_is_no_fault() -> None:
    assert json_from(b'\xef\xbb\xbf{"a": 1.10}') == {"a": Decimal("1.10")}


@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "1e30", "1E5", "", " 1", "1,5", "0x10", "1" * 16, "0.12345678901", True, None, [], 1.5, "١٢"],
)
def test_what_is_no_plain_decimal_is_no_amount(value: object) -> None:
    path = "/invoice/lines/0/quantity"
    assert path in problems(with_(path, value))


@pytest.mark.parametrize("number", [Decimal("1e30"), Decimal("1e999999"), Decimal("NaN"), Decimal("1e-11")])
@pytest.mark.parametrize("path", ["/invoice/totals/payable", "/invoice/lines/0/number", "/invoice/lines/0/order/line"])
def test_a_number_of_no_sensible_size_is_refused_at_once(path: str, number: Decimal) -> None:
    assert path in problems(with_(path, number))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/source_id", ""),
        ("/source_id", "x" * 201),
        ("/client", "../etc"),
        ("/client", "Example"),
        ("/generated_at", "2026-03-09T08:00:00"),
        ("/generated_at", 1700000000),
        ("/generated_at", "0001-01-01T00:00:00+14:00"),
        ("/generated_at", "9999-12-31T23:59:59-14:00"),
        ("/invoice/issued_on", "2026-02-30"),
        ("/invoice/issued_on", 20260309),
        ("/invoice/number", "A" * 41),
        ("/invoice/number", " A"),
        ("/invoice/number", "A\nB"),
        ("/invoice/currency", "usd"),
        ("/invoice/lines", []),
        ("/invoice/lines/0/unit", "hour"),
        ("/invoice/lines/0/unit_price", "-1"),
        ("/invoice/lines/0/kind", "gold"),
        ("/invoice/seller/address/country", "USA"),
        ("/invoice/buyer", "Example Power"),
        ("/invoice", None),
        ("/documents", {}),
    ],
)
def test_every_fault_names_its_place(path: str, value: object) -> None:
    found = problems(with_(path, value))
    assert any(place.startswith(path) for place in found), found
    assert all(found.values())


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "a\x7fb", "a\ufffeb"])
def test_characters_that_no_document_can_hold_are_refused(text: str) -> None:
    for path in ("/invoice/number", "/invoice/note", "/invoice/lines/0/description"):
        assert "control character" in problems(with_(path, text))[path]


def test_half_a_surrogate_pair_is_refused_by_its_place() -> None:
    assert "/invoice/number" in problems(with_("/invoice/number", "a\ud800b"))


def test_a_missing_field_is_asked_for_and_an_unknown_one_is_named() -> None:
    whole = handed()
    del whole["invoice"]["currency"]
    whole["invoice"]["bank_account"] = "DE00"
    found = problems(whole)
    assert {"/invoice/currency", "/invoice/bank_account"} <= found.keys()


def test_all_faults_are_told_at_once() -> None:
    whole = handed()
    whole["client"] = "No Such"
    whole["invoice"]["number"] = ""
    whole["invoice"]["lines"][1]["quantity"] = "many"
    assert len(problems(whole)) == 3


@pytest.mark.parametrize("value", [None, [], "text", 7, {}])
def test_what_is_no_packet_at_all_is_refused(value: object) -> None:
    assert problems(value)


@pytest.mark.parametrize(
    "name", ["../../x.pdf", "a/b.pdf", "C:\\x.pdf", "..", ".", "x\x00.pdf", "x\n.pdf", "a|b", "\u202efdp.exe", ""]
)
def test_file_names_carry_no_paths(name: str) -> None:
    paper = {"kind": "timesheet", "name": name, "media_type": "application/pdf", "sha256": "0" * 64, "size": 1}
    whole = handed()
    whole["documents"] = [paper]
    assert "/documents/0/name" in problems(whole)


def test_two_papers_of_one_name_are_refused_whatever_their_case() -> None:
    paper = {"kind": "timesheet", "name": "a.pdf", "media_type": "application/pdf", "sha256": "0" * 64, "size": 1}
    whole = handed()
    whole["documents"] = [paper, {**paper, "name": "A.PDF"}]
    assert any("same file name" in message for message in problems(whole).values())


def test_ten_thousand_lines_are_too_many() -> None:
    whole = handed()
    whole["invoice"]["lines"] = [labour(n) for n in range(1, 10_001)]
    assert "/invoice/lines" in problems(whole)


def test_references_inside_an_invoice_hold_together() -> None:
    twice = with_("/invoice/lines/1/number", 1)
    assert any("unique" in message for message in problems(twice).values())
    stray = with_("/invoice/lines/0/order", {"number": "4599999999", "line": 1})
    assert any("does not list" in message for message in problems(stray).values())
    labourless = with_("/invoice/lines/0/labour", None)
    assert problems(labourless)


def test_a_packet_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        packet().client = "other"  # type: ignore[misc]

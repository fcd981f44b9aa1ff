"""The difference between two revisions, and what no machine may change."""

import json
from typing import Any

import pytest
from hypothesis import given, settings

from gateway.changes import OUT_OF_REACH, Patch, covered, difference, out_of_reach, places
from gateway.packet import Packet, canonical_json
from tests.packets import labour, mileage, packet
from tests.strategies import packets


def applied(patch: Patch, to: Packet) -> Any:
    """RFC 6902, sections 4.1 to 4.3, with each old value held against what stands there."""
    whole = json.loads(canonical_json(to))
    for change in patch:
        *way, last = [step.replace("~1", "/").replace("~0", "~") for step in change["path"].split("/")[1:]]
        at = whole
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at[step]
        key: Any = int(last) if isinstance(at, list) else last
        if change["op"] == "add":
            if isinstance(at, list):
                at.insert(key, change["value"])
            else:
                at[key] = change["value"]
            continue
        assert at[key] == change["was"]
        if change["op"] == "remove":
            del at[key]
        else:
            at[key] = change["value"]
    return whole


@settings(max_examples=40, deadline=None)
@given(packets(), packets())
def test_a_difference_leads_exactly_from_one_packet_to_the_other(before: Packet, after: Packet) -> None:
    assert applied(difference(before, after), before) == json.loads(canonical_json(after))


def test_equal_packets_do_not_differ() -> None:
    assert difference(packet(), packet()) == []


def test_a_change_carries_its_old_value() -> None:
    patch = difference(packet(), packet(note="new"))
    assert patch == [{"op": "add", "path": "/invoice/note", "value": "new"}]
    back = difference(packet(note="new"), packet())
    assert back == [{"op": "remove", "path": "/invoice/note", "was": "new"}]


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": [labour(hours="41"), mileage()]},
        {"lines": [labour(rate="98.51"), mileage()]},
        {"lines": [labour()]},
        {"lines": [labour(), mileage(), mileage(3)]},
        {"currency": "CAD"},
        {"seller": {"name": "Somebody else"}},
        {"buyer": {"name": "Somebody else"}},
        {"type": "381"},
        {"due_on": "2026-04-01"},
        {"tax": "1"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_money_quantities_rates_dates_and_parties_are_out_of_reach(changes: dict[str, Any]) -> None:
    assert out_of_reach(difference(packet(), packet(**changes)))


def test_references_and_words_are_within_reach() -> None:
    lines = [labour(description="other words", order={"line": 7, "kind": "amount"}), mileage(unit="EA")]
    patch = difference(packet(), packet("INV-9", lines=lines, note="seen", bill_to={"name": "Accounts"}))
    assert not [place for place in out_of_reach(patch) if place.startswith("/invoice")]


def test_the_list_of_what_is_out_of_reach_names_places_that_a_packet_has() -> None:
    from gateway.packet import packet_schema

    text = json.dumps(packet_schema())
    for place in OUT_OF_REACH:
        assert f'"{place.rsplit("/", 1)[1]}"' in text, place


def test_a_licence_covers_what_stands_at_or_below_its_places() -> None:
    patch = difference(packet(), packet(lines=[labour(order={"line": 4, "kind": "quantity"}), mileage()]))
    assert places(patch) == ("/invoice/lines/0/order/line",)
    assert covered(patch, ["/invoice/lines/*/order"])
    assert not covered(patch, ["/invoice/lines/*/order/line/deeper"])
    assert not covered(patch, ["/invoice/lines/1/order"])
    assert not covered(patch, [])
    assert not covered(patch, ["/invoice/lin"])

"""Every kind of event has words, and the words keep what the portal said."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.commands.telling import (
    TELLINGS,
    changes_in_words,
    event_in_words,
    reason_in_words,
    reasons_in_words,
    who_in_words,
)
from gateway.commands.wording import Calendar, place, span
from gateway.store.events import Event

GATEWAY = Path(__file__).parent.parent.parent / "gateway"
KIND_AT = {
    "record": (3, "kind"),
    "move": (5, "kind"),
    "note": (4, "kind"),
    "tell": (3, "kind"),
    "_enter_again": (4, ""),
}
"""The functions that write events, and where each takes the kind."""
NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def event(kind: str, **data: object) -> Event:
    return Event("p1", 1, NOW, kind, "checklist", data)


def kinds_written() -> Iterator[str]:
    """Every kind of event that stands as a text in a call that writes one."""
    for file in GATEWAY.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                position, _ = KIND_AT.get(name, (len(node.args), ""))
                if position < len(node.args) and isinstance(node.args[position], ast.Constant):
                    yield str(node.args[position].value)


def test_every_kind_of_event_that_is_written_has_words() -> None:
    written = set(kinds_written())
    assert written >= {"received", "corrected", "in_doubt", "held", "account_paused", "verdict_late", "amended"}
    assert written - set(TELLINGS) == set()


@pytest.mark.parametrize("kind", [*TELLINGS, "brand_new"])
def test_an_event_without_details_can_be_told(kind: str) -> None:
    assert event_in_words(event(kind)).endswith(".")


def test_the_portals_words_and_code_stay_as_they_are() -> None:
    reason = {
        "code": "po_closed",
        "path": "/invoice/orders/0/number",
        "portal_code": "417",
        "portal_text": "PO <X> shut",
    }
    assert reason_in_words(reason) == 'PO closed (order 1, number): "PO <X> shut" (code 417)'


def test_the_same_words_about_several_places_are_told_once() -> None:
    one = {"code": "po_line_kind", "path": "/invoice/lines/0", "portal_code": "", "portal_text": "same"}
    assert reasons_in_words([one, {**one, "path": "/invoice/lines/4"}]) == 'PO line kind (line 1, line 5): "same"'


def test_a_finding_is_told_by_its_code_and_sentence() -> None:
    assert reason_in_words({"finding": "CB-X-01", "sentence": "It is so."}) == "CB-X-01: It is so."


def test_changes_show_before_and_after() -> None:
    patch = [
        {"op": "replace", "path": "/invoice/lines/2/unit", "was": "HR", "value": "HUR"},
        {"op": "remove", "path": "/invoice/bill_to", "was": {"name": "X"}},
        {"op": "add", "path": "/invoice/note", "value": ""},
    ]
    assert changes_in_words(patch) == [
        "line 3, unit: HR -> HUR",
        "bill to: {name: X} -> (nothing)",
        "note: (nothing) -> (empty)",
    ]


def test_who_is_told_as_a_person_would() -> None:
    assert [who_in_words(who) for who in ("portal:north", "rule:po_format", "pipeline", "Kim: AP", "health")] == [
        "portal",
        "rule po_format",
        "Clearbill",
        "Kim: AP",
        "Clearbill",
    ]


def test_places_are_words() -> None:
    assert place("/invoice/lines/0/labour/pay_code") == "line 1, labour, pay code"
    assert place("/documents/1") == "document 2"
    assert place("documents[x.pdf]") == "documents[x.pdf]"
    assert place("/") == "the packet"


def test_times_are_told_in_the_offices_calendar_and_how_far_off() -> None:
    calendar = Calendar("America/Chicago", NOW)
    assert calendar.due(datetime(2026, 11, 27, 23, 0, tzinfo=UTC)) == "Fri 27 Nov 17:00 (in 6 days)"
    assert calendar.due(datetime(2026, 11, 21, 16, 30, tzinfo=UTC)) == "Sat 21 Nov 10:30 (1 h overdue)"
    assert calendar.at(datetime(2027, 1, 1, 12, 0, tzinfo=UTC)) == "Fri 01 Jan 2027 06:00"
    assert calendar.due(None) == ""
    assert calendar.ago(None) == "never"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (172_799, "47 h"), (172_800, "2 days")],
)
def test_a_span_is_told_in_its_largest_sensible_unit(seconds: int, told: str) -> None:
    from datetime import timedelta

    assert span(timedelta(seconds=seconds)) == told

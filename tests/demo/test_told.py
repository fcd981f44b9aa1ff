"""The demonstration in words: every step of every script, and the events that are news."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.demo.packets import generate
from gateway.demo.told import event_told, first_reason, step_told
from gateway.store.events import Event

CLIENT = "northlight-power"


def told(kind: str, **data: Any) -> tuple[str, str] | None:
    return event_told(Event("p1", 1, datetime(2026, 3, 10, tzinfo=UTC), kind, "pipeline", data), "NP-1", CLIENT)


def test_every_step_of_the_scenario_has_words_of_its_own() -> None:
    steps = [step for case in generate(1).cases for step in case.portal_script]
    words = {step_told(step, "INV-1") for step in steps}
    assert len(words) >= 12
    assert not any("a fault:" in each or "refuse the next invoice:" in each for each in words)


def test_a_receipt_names_the_portals_own_number() -> None:
    said = told("verdict", status="received", portal_status="OK", portal_reference="1001", level="portal")
    assert said == ("Northlight Power", "NP-1 taken, number 1001 there")


def test_the_usual_way_of_an_invoice_is_not_told() -> None:
    assert told("verdict", status="in_process", portal_status="pending_approval", portal_reference="1") is None
    assert told("sending", attempt=1) is None


def test_what_is_out_of_the_usual_is_told() -> None:
    said = told("verdict", status="in_process", portal_status="on_hold", portal_reference="1")
    assert said == ("Northlight Power", "NP-1 is on hold")


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ([{"code": "po_closed", "sentence": "Order 1 is closed.", "portal_text": ""}], "Order 1 is closed."),
        ([{"code": "other", "portal_text": "No."}], 'The portal says: "No."'),
        ([{"code": "po_closed", "portal_text": ""}], "po closed"),
        ([], ""),
    ],
)
def test_a_stop_is_told_by_its_first_reason(why: list[dict[str, str]], words: str) -> None:
    assert first_reason(why) == words


def test_a_stop_says_who_is_waited_for() -> None:
    said = told("held", who_acts="field", why=[{"sentence": "Not signed."}])
    assert said == ("held", "NP-1 waits for the crew: Not signed.")

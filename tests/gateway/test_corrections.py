"""Corrections: what a machine mends, how often, and where it must not."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from checklists.checklist import Checklist
from gateway.changes import difference
from gateway.corrections import NUMBER_SUFFIX, RULES, Context, LicenceBroken, Rule, correct
from gateway.packet import Packet
from gateway.store.tables import revision
from gateway.verdict import Actor, Reason, ReasonCode, Stage, Status
from tests.gateway.stage import CLIENTS, Scene, open_scene, order
from tests.packets import ORDER, labour
from tests.packets import packet as small

COPY = {"name": "Example Power, Accounts Payable"}
"""A bill-to copy: nothing that a checklist objects to, and a rule may leave it out when the portal does."""

_BILL_TO, _TERM, _KIND = ReasonCode.bill_to_mismatch, ReasonCode.payment_term_missing, ReasonCode.po_line_kind


def checklist(**rules: Any) -> Checklist:
    return Checklist.model_validate({"client": "c", "name": "C", "account": "a", **rules})


def test_a_refusal_is_corrected_and_sent_again_once(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.refuses(_BILL_TO))
    packet_id = scene.hand_over(bill_to=COPY)
    scene.work()
    record = scene.record(packet_id)
    assert (record.stage, record.revision, record.tries) == (Stage.waiting, 2, 1)
    assert scene.outcomes(packet_id) == ["refused", "receipted"]
    assert record.invoice_number == "INV-1001"
    assert scene.portal.living == ["INV-1001"]


def test_a_correction_is_a_revision_with_its_difference_its_rule_and_its_reason(lite: Scene) -> None:
    lite.portal.next_time(lite.portal.refuses(_BILL_TO, text="bad character"))
    packet_id = lite.hand_over(bill_to=COPY)
    lite.work()
    told = next(event for event in lite.events(packet_id) if event.kind == "corrected")
    assert told.who == "rule:bill_to"
    assert [change["path"] for change in told.data["diff"]] == ["/invoice/bill_to"]
    assert told.data["diff"][0]["was"] == COPY
    assert told.data["reasons"][0]["portal_text"] == "bad character"


def test_nothing_is_corrected_twice_for_one_reason(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.refuses(_BILL_TO), scene.portal.refuses(_BILL_TO))
    packet_id = scene.hand_over(bill_to=COPY)
    scene.work()
    record = scene.record(packet_id)
    assert (record.stage, record.revision, scene.outcomes(packet_id)) == (Stage.held, 2, ["refused", "refused"])


def test_two_corrections_at_most_then_a_person(lite: Scene) -> None:
    refuse = lite.portal.refuses
    lite.portal.next_time(refuse(_BILL_TO), refuse(_TERM), refuse(_KIND, path="/invoice/lines/0"))
    packet_id = lite.hand_over(bill_to=COPY, payment_terms={"net_days": 30})
    lite.work()
    record = lite.record(packet_id)
    assert (record.stage, record.tries, len(lite.portal.submissions)) == (Stage.held, 2, 3)
    assert record.tried == ("bill_to_mismatch", "payment_term_missing")


def test_a_reason_that_no_rule_serves_is_left_to_a_person_with_the_others(lite: Scene) -> None:
    lite.portal.next_time(lite.portal.refuses(_BILL_TO, ReasonCode.rate_mismatch))
    packet_id = lite.hand_over(bill_to=COPY)
    lite.work()
    record = lite.record(packet_id)
    assert (record.stage, record.revision) == (Stage.held, 1)
    assert [why["code"] for why in record.why] == ["bill_to_mismatch", "rate_mismatch"]


def test_an_unnamed_trouble_is_never_corrected(lite: Scene) -> None:
    assert not any(ReasonCode.other in rule.serves for rule in RULES)
    lite.portal.next_time(lite.portal.refuses(ReasonCode.other, text="Something happened"))
    packet_id = lite.hand_over(bill_to=COPY)
    lite.work()
    assert (lite.stage(packet_id), lite.record(packet_id).revision) == (Stage.held, 1)


def test_a_rejection_after_receipt_is_sent_again_under_the_clients_next_number(scene: Scene) -> None:
    packet_id = scene.sent(bill_to=COPY)
    scene.clock.passes(60)
    scene.says("INV-1001", Status.rejected, _BILL_TO)
    record = scene.record(packet_id)
    assert (record.stage, record.invoice_number) == (Stage.waiting, "INV-1001-R1")
    assert scene.portal.living == ["INV-1001-R1"]


@pytest.mark.parametrize(("rule", "stage"), [("same", Stage.waiting), ("person", Stage.held)])
def test_the_client_decides_what_number_a_rejected_invoice_gets(
    sqlite_url: str, tmp_path: Any, rule: str, stage: Stage
) -> None:
    clients = {"example-power": {**CLIENTS["example-power"], "number": {"after_rejected": rule}}}
    with open_scene(sqlite_url, tmp_path, clients=clients) as scene:
        packet_id = scene.sent(bill_to=COPY)
        scene.clock.passes(60)
        scene.says("INV-1001", Status.rejected, _BILL_TO)
        assert (scene.stage(packet_id), scene.record(packet_id).invoice_number) == (stage, "INV-1001")
        scene.look_over()


@pytest.mark.parametrize(
    "licence",
    [{"never": ["bill_to"]}, {"never": ["/invoice/bill_to"]}, {"allowed": ["unit_mapping"]}],
)
def test_a_client_narrows_what_may_be_corrected(sqlite_url: str, tmp_path: Any, licence: dict[str, Any]) -> None:
    clients = {"example-power": {**CLIENTS["example-power"], "corrections": licence}}
    with open_scene(sqlite_url, tmp_path, clients=clients) as scene:
        scene.portal.next_time(scene.portal.refuses(_BILL_TO))
        packet_id = scene.hand_over(bill_to=COPY)
        scene.work()
        assert (scene.stage(packet_id), scene.record(packet_id).revision) == (Stage.held, 1)
        scene.look_over()


def test_a_client_that_forbids_new_numbers_gets_none(sqlite_url: str, tmp_path: Any) -> None:
    licence = {"never": ["/invoice/number"]}
    clients = {"example-power": {**CLIENTS["example-power"], "corrections": licence}}
    with open_scene(sqlite_url, tmp_path, clients=clients) as scene:
        packet_id = scene.sent(bill_to=COPY)
        scene.clock.passes(60)
        scene.says("INV-1001", Status.rejected, _BILL_TO)
        assert (scene.stage(packet_id), len(scene.portal.submissions)) == (Stage.held, 1)


def _greedy(**changes: Any) -> Rule:
    def apply(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet:
        return packet.model_copy(update={"invoice": packet.invoice.model_copy(update=changes)})

    serves = frozenset({ReasonCode.tax_mismatch})
    return Rule("greedy", serves, ("/invoice/note", "/invoice/totals"), "Greedy.", "a test", apply)


def test_a_rule_that_touches_money_is_not_used_and_a_person_is_told(
    lite: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    totals = small("X", [labour(hours="1")]).invoice.totals
    monkeypatch.setattr("gateway.corrections.engine.RULES", (_greedy(totals=totals),))
    lite.portal.next_time(lite.portal.refuses(ReasonCode.tax_mismatch))
    packet_id = lite.hand_over()
    lite.work()
    record = lite.record(packet_id)
    assert (record.stage, record.revision, len(lite.portal.submissions)) == (Stage.held, 1, 1)
    assert "licence" in record.action


def test_a_rule_that_goes_beyond_its_licence_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.corrections.engine.RULES", (_greedy(buyer_reference="somebody"),))
    with pytest.raises(LicenceBroken, match="/invoice/buyer_reference"):
        correct(small(), [Reason(ReasonCode.tax_mismatch)], Context(checklist()))


def test_a_rule_may_change_what_its_licence_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.corrections.engine.RULES", (_greedy(note="seen"),))
    found = correct(small(), [Reason(ReasonCode.tax_mismatch)], Context(checklist()))
    assert found is not None
    assert (found.packet.invoice.note, found.rules) == ("seen", ("greedy",))


def test_a_checklist_stop_that_a_rule_can_mend_is_mended_before_sending(scene: Scene) -> None:
    """A purchase order number that lost its prefix, and the register knows exactly one order it can be."""
    scene.portal.orders_are(order())
    scene.read_orders()
    lines = [labour(order={"line": 1, "kind": "quantity"})]
    packet_id = scene.hand_over(orders=[{"number": ORDER[2:]}], lines=lines)
    scene.work()
    record = scene.record(packet_id)
    assert (record.stage, record.revision, scene.outcomes(packet_id)) == (Stage.waiting, 2, ["receipted"])
    assert b'"number":"4500012345"' in scene.portal.ledger[0].body
    assert record.contested


def test_an_order_number_that_the_register_does_not_confirm_is_left_alone(lite: Scene) -> None:
    lite.portal.orders_are(order("4500099999"))
    lite.read_orders()
    packet_id = lite.hand_over(orders=[{"number": ORDER[2:]}])
    lite.work()
    assert (lite.stage(packet_id), lite.portal.submissions) == (Stage.held, [])


def test_a_revision_can_tell_all_the_rules_that_made_it() -> None:
    codes = "+".join(rule.code for rule in (*RULES, NUMBER_SUFFIX))
    room: Any = revision.c.rule.type
    assert len(codes) <= room.length


def test_every_rule_says_what_it_did_and_why_it_may() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    for rule in RULES:
        assert rule.says.endswith("."), rule.code
        assert rule.source, rule.code
        assert rule.serves, rule.code
        assert not (rule.by_word and rule.person), rule.code


def test_correcting_changes_nothing_that_no_reason_asked_for() -> None:
    packet = small(lines=[labour(description="Lineman <ST>", unit="HR")])
    rules = checklist(text={"forbidden": "<>"}, units={"mapping": {"HR": "HUR"}})
    found = correct(packet, [Reason(ReasonCode.text_unacceptable)], Context(rules))
    assert found is not None
    assert [change["path"] for change in difference(packet, found.packet)] == ["/invoice/lines/0/description"]


def test_who_mends_a_rejection_is_not_told_by_an_older_word_that_came_late(lite: Scene) -> None:
    packet_id = lite.sent()
    now = lite.clock()
    lite.portal.says("INV-1001", Status.rejected, ReasonCode.hours_mismatch, who=Actor.field, at=now)
    lite.portal.says("INV-1001", Status.in_process, who=Actor.client_ap, at=now - timedelta(seconds=1))
    lite.poll()
    record = lite.record(packet_id)
    assert (record.stage, record.who_acts) == (Stage.held, Actor.field)
    assert "verdict_late" in lite.kinds(packet_id)

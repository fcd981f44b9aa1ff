"""The reckoning of the demonstration: it finds what is lost, doubled or told otherwise, and nothing else."""

from decimal import Decimal

import pytest

from gateway.demo.count import Ours, Sent, contradictions, duplicates, lost
from gateway.demo.portal_control import Held
from gateway.verdict import Outcome, Stage


def at_portal(number: str = "INV-1", status: str = "approved", reference: str = "7") -> Held:
    return Held(reference, number, status, Decimal(100))


def ours(stage: Stage | None = Stage.accepted, *sent: Sent, stopped_account: bool = False) -> Ours:
    return Ours("S-1", "north", stage, sent or (Sent("INV-1", Outcome.receipted, "7"),), stopped_account)


def test_what_both_sides_tell_alike_is_neither_lost_nor_doubled() -> None:
    claims, there = [ours()], {"north": [at_portal()]}
    assert (lost(claims, there), duplicates(claims, there), contradictions(claims, there)) == ([], [], [])


@pytest.mark.parametrize("stage", [Stage.received, Stage.checked, Stage.built, Stage.sending, Stage.correcting])
def test_a_packet_that_nobody_works_on_any_more_is_lost(stage: Stage) -> None:
    there = {"north": [at_portal()]}
    assert lost([ours(stage)], there) == [f"S-1: left in the stage {stage}"]
    assert lost([ours(stage, stopped_account=True)], there) == []


def test_a_packet_that_the_store_does_not_know_is_lost() -> None:
    assert lost([Ours("S-1", "north", None)], {"north": []}) == ["S-1: acknowledged, and the store does not know it"]


@pytest.mark.parametrize("row", [at_portal(reference="8"), at_portal(number="INV-2")])
def test_a_receipt_that_the_portal_does_not_hold_is_a_loss(row: Held) -> None:
    assert lost([ours(Stage.waiting)], {"north": [row]}) == ["S-1: the portal holds no INV-1 under '7'"]


def test_acceptance_without_a_receipt_is_a_loss() -> None:
    doubtful = Sent("INV-1", Outcome.maybe_sent, "")
    assert lost([ours(Stage.accepted, doubtful)], {"north": [at_portal()]}) == [
        "S-1: called accepted without any receipt of the portal"
    ]


def test_a_held_packet_that_was_never_sent_is_not_lost() -> None:
    assert lost([Ours("S-1", "north", Stage.held)], {"north": []}) == []


def test_a_number_that_is_alive_twice_is_a_double() -> None:
    there = {"north": [at_portal(), at_portal(reference="8")]}
    assert duplicates([ours()], there) == ["north holds INV-1 2 times"]


def test_a_packet_alive_under_two_numbers_is_a_double() -> None:
    claims = [ours(Stage.accepted, Sent("INV-1", Outcome.maybe_sent, ""), Sent("INV-1-R1", Outcome.receipted, "8"))]
    there = {"north": [at_portal(status="on_hold"), at_portal("INV-1-R1", reference="8")]}
    assert duplicates(claims, there) == ["north holds S-1 as INV-1, INV-1-R1"]


@pytest.mark.parametrize("status", ["rejected", "voided", "abandoned", "invalid"])
def test_what_the_portal_has_ended_is_no_double(status: str) -> None:
    claims = [ours(Stage.accepted, Sent("INV-1", Outcome.receipted, "7"), Sent("INV-1-R1", Outcome.receipted, "8"))]
    there = {"north": [at_portal(status=status), at_portal("INV-1-R1", reference="8")]}
    assert duplicates(claims, there) == []
    assert contradictions(claims, there) == []


@pytest.mark.parametrize(("stage", "status"), [(Stage.accepted, "disputed"), (Stage.waiting, "approved")])
def test_acceptance_that_only_one_side_knows_is_told(stage: Stage, status: str) -> None:
    said = contradictions([ours(stage)], {"north": [at_portal(status=status)]})
    assert said == [f"S-1: {stage} here, {status} at the portal"]


def test_an_invoice_that_we_never_sent_is_told() -> None:
    there = {"north": [at_portal(), at_portal("INV-9", reference="9")]}
    assert contradictions([ours()], there) == ["north holds INV-9, which was never sent"]

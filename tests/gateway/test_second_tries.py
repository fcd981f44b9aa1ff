"""Sent again after a no: under which number, as which document, and what the portal says of the one before."""

from pathlib import Path
from typing import Any

import pytest

from gateway.decisions import amend, check_again, void
from gateway.errors import NotPossible
from gateway.store import packets
from gateway.verdict import Actor, Level, ReasonCode, Stage, Status
from tests.gateway.stage import CLIENTS, SETTLING, Scene, handed, open_scene

CLIENT = "example-power"
COPY = {"name": "Example Power, Accounts Payable"}
_BILL_TO = ReasonCode.bill_to_mismatch


def client(**number: Any) -> dict[str, Any]:
    return {CLIENT: {**CLIENTS[CLIENT], "number": number}}


def refused(scene: Scene, level: Level, code: ReasonCode = _BILL_TO) -> str:
    """A packet that the portal took and that was then refused at this level."""
    packet_id = scene.sent(bill_to=COPY)
    scene.clock.passes(60)
    scene.says("INV-1001", Status.rejected, code, level=level)
    return packet_id


@pytest.mark.parametrize(
    ("rules", "level", "stage", "number"),
    [
        ({"after_failed": "same", "after_rejected": "suffix"}, Level.portal, Stage.waiting, "INV-1001"),
        ({"after_failed": "same", "after_rejected": "suffix"}, Level.buyer, Stage.waiting, "INV-1001-R1"),
        ({"after_failed": "suffix", "suffix": "{a}"}, Level.portal, Stage.waiting, "INV-1001A"),
        ({"after_failed": "suffix", "suffix": "{a}"}, Level.buyer, Stage.held, "INV-1001"),
        ({"after_failed": "suffix", "max_length": 9}, Level.portal, Stage.held, "INV-1001"),
        ({}, Level.portal, Stage.held, "INV-1001"),
        ({}, Level.buyer, Stage.held, "INV-1001"),
    ],
)
def test_the_level_of_the_refusal_decides_on_the_number(
    sqlite_url: str, tmp_path: Path, rules: dict[str, str], level: Level, stage: Stage, number: str
) -> None:
    with open_scene(sqlite_url, tmp_path, clients=client(**rules)) as scene:
        packet_id = refused(scene, level)
        assert (scene.stage(packet_id), scene.record(packet_id).invoice_number) == (stage, number)
        scene.look_over()


def test_a_number_that_the_buyer_saw_is_not_free_because_the_network_failed_it_later(
    sqlite_url: str, tmp_path: Path
) -> None:
    with open_scene(sqlite_url, tmp_path, clients=client(after_failed="suffix", after_rejected="same")) as scene:
        packet_id = refused(scene, Level.buyer)
        scene.clock.passes(60)
        scene.says("INV-1001", Status.rejected, ReasonCode.text_unacceptable, level=Level.portal)
        assert scene.record(packet_id).invoice_number == "INV-1001", "no new number after the buyer's own no"


def test_what_was_answered_is_sent_again_as_another_document(scene: Scene) -> None:
    """A document of the same id would be answered as before, and nothing would be there."""
    scene.portal.next_time(scene.portal.refuses(ReasonCode.rate_mismatch))
    packet_id = scene.hand_over()
    scene.work()
    check_again(scene.house, packet_id, "Ann", "the client mended its rate card")
    scene.work()
    assert (scene.stage(packet_id), scene.record(packet_id).revision) == (Stage.waiting, 2)
    first, second = (attempt.reference for attempt in scene.attempts(packet_id))
    assert first != second
    assert scene.portal.living == ["INV-1001"]


def test_a_person_sends_again_under_the_number_of_the_clients_series(sqlite_url: str, tmp_path: Path) -> None:
    with open_scene(sqlite_url, tmp_path, clients=client(after_failed="suffix")) as scene:
        packet_id = refused(scene, Level.portal, ReasonCode.rate_mismatch)
        check_again(scene.house, packet_id, "Ann")
        scene.work()
        assert (scene.stage(packet_id), scene.record(packet_id).invoice_number) == (Stage.waiting, "INV-1001-R1")
        scene.look_over()


def test_a_series_that_is_used_up_asks_the_person_for_a_number(sqlite_url: str, tmp_path: Path) -> None:
    with open_scene(sqlite_url, tmp_path, clients=client(after_failed="suffix", max_length=9)) as scene:
        packet_id = refused(scene, Level.portal, ReasonCode.rate_mismatch)
        with pytest.raises(NotPossible, match="amend the packet"):
            check_again(scene.house, packet_id, "Ann")


def test_an_amended_invoice_does_not_return_under_a_number_that_was_refused(sqlite_url: str, tmp_path: Path) -> None:
    with open_scene(sqlite_url, tmp_path, clients=client(after_rejected="suffix")) as scene:
        packet_id = refused(scene, Level.buyer, ReasonCode.rate_mismatch)
        amend(scene.house, packet_id, handed("INV-1001", note="new rate"), {}, "Ann", "as agreed")
        scene.work()
        record = scene.record(packet_id)
        assert (record.stage, record.action) == (Stage.held, "Number it INV-1001-R1.")


def test_the_second_document_names_the_first(sqlite_url: str, tmp_path: Path) -> None:
    with open_scene(sqlite_url, tmp_path, clients=client(after_failed="same")) as scene:
        packet_id = refused(scene, Level.portal)
        assert [stamp.resubmits for stamp in scene.portal.stamps] == ["", scene.attempts(packet_id)[0].portal_reference]


def test_a_lost_answer_under_a_returned_number_is_told_from_the_refused_one(sqlite_url: str, tmp_path: Path) -> None:
    """The portal lists two invoices of that number: the refused one is not taken for the new one."""
    with open_scene(sqlite_url, tmp_path, clients=client(after_failed="same")) as scene:
        packet_id = scene.sent(bill_to=COPY)
        scene.clock.passes(60)
        scene.portal.next_time(scene.portal.loses_the_answer)
        scene.says("INV-1001", Status.rejected, _BILL_TO, level=Level.portal)
        assert scene.stage(packet_id) is Stage.sending
        scene.later(SETTLING + 1)
        assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.waiting, ["receipted", "receipted"])
        assert scene.attempts(packet_id)[1].portal_reference == "north-2"
        scene.look_over()


def test_a_broken_try_under_a_returned_number_is_sent_once_more(sqlite_url: str, tmp_path: Path) -> None:
    with open_scene(sqlite_url, tmp_path, clients=client(after_failed="same")) as scene:
        packet_id = scene.sent(bill_to=COPY)
        scene.clock.passes(60)
        scene.portal.next_time(scene.portal.breaks_off)
        scene.says("INV-1001", Status.rejected, _BILL_TO, level=Level.portal)
        scene.later(SETTLING + 1)
        scene.later(1)
        assert scene.outcomes(packet_id) == ["receipted", "not_sent", "receipted"]
        assert scene.portal.living == ["INV-1001"]


def _obsolete(scene: Scene, packet_id: str, n: int) -> None:
    """The look-up shows transmission n as Obsoleted."""
    reference = scene.attempts(packet_id)[n - 1].portal_reference
    notice = scene.portal.says(
        "INV-1001", Status.cancelled, ReasonCode.replaced, word="obsoleted", text="replaced by another"
    )
    scene.portal.ledger[-1].status = Status.received
    scene.portal.notices[-1] = type(notice)(notice.number, reference, notice.verdict, raw=notice.raw)
    scene.poll()


def test_the_first_one_obsoleted_by_the_second_changes_nothing(sqlite_url: str, tmp_path: Path) -> None:
    with open_scene(sqlite_url, tmp_path, clients=client(after_failed="same")) as scene:
        packet_id = refused(scene, Level.portal)
        _obsolete(scene, packet_id, 1)
        record = scene.record(packet_id)
        assert (record.stage, record.status, record.action) == (Stage.waiting, "received", "")
        scene.clock.passes(60)
        scene.says("INV-1001", Status.accepted)
        assert scene.stage(packet_id) is Stage.accepted
        scene.look_over()


def test_a_living_one_obsoleted_by_a_stranger_is_put_before_us(lite: Scene) -> None:
    packet_id = lite.sent()
    lite.clock.passes(60)
    _obsolete(lite, packet_id, 1)
    record = lite.record(packet_id)
    assert (record.stage, record.who_acts) == (Stage.held, Actor.us)
    assert "took this invoice's place" in record.action


def test_a_failed_invoice_is_never_taken_back(lite: Scene) -> None:
    """The buyer never got it: there is nothing to delete (Ariba facts, section 6)."""
    packet_id = refused(lite, Level.portal, ReasonCode.rate_mismatch)
    with pytest.raises(NotPossible, match="no living invoice"):
        void(lite.house, packet_id, "Ann", "wrong client")


def test_all_tries_belong_to_one_packet_whatever_their_numbers(scene: Scene) -> None:
    packet_id = refused(scene, Level.buyer)
    assert [attempt.invoice_number for attempt in scene.attempts(packet_id)] == ["INV-1001", "INV-1001-R1"]
    with scene.house.database.read() as tx:
        assert packets.number_owner(tx, "north", "INV-1001") == packet_id
        assert packets.number_owner(tx, "north", "INV-1001-R1") == packet_id

"""The audit over all histories: what it finds, what an anchor alone finds, and what nothing in the database tells."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.commands.terminal import DONE, TROUBLE
from gateway.store import anchors, verification
from gateway.store.database import Tx
from gateway.verdict import Status
from tests.gateway.office import Office, open_office
from tests.gateway.stage import Scene

DAY, HOUR = 86_400.0, 3_600.0


@contextmanager
def _without_guard(scene: Scene) -> Iterator[Tx]:
    """A transaction of somebody who rules over the database."""
    with scene.house.database.write() as tx:
        if tx.dialect.name == "sqlite":
            tx.exec_driver_sql("DROP TRIGGER IF EXISTS event_no_update")
            tx.exec_driver_sql("DROP TRIGGER IF EXISTS event_no_delete")
        else:
            tx.exec_driver_sql("SET LOCAL session_replication_role = replica")
        yield tx


def _cut_off(scene: Scene, packet_id: str, after: int) -> None:
    with _without_guard(scene) as tx:
        tx.exec_driver_sql(f"DELETE FROM event WHERE subject = '{packet_id}' AND n > {after}")


def _unlike(scene: Scene) -> list[tuple[str, str]]:
    with scene.house.database.read() as tx:
        whole = {one.subject: one for one in verification.histories(tx)}
        return list(verification.packets_unlike_their_history(tx, whole))


def _anchors(scene: Scene) -> list[tuple[int, str]]:
    with scene.house.database.read() as tx:
        return [(one.events, says) for one, says in verification.broken_anchors(tx)]


def _drops_anchor(scene: Scene) -> None:
    scene.ring("anchor", "")


def test_every_packet_says_what_its_history_says(scene: Scene) -> None:
    scene.hand_over("INV-1")
    scene.sent("INV-2")
    scene.sent("INV-3")
    scene.says("INV-3", Status.accepted)
    scene.sent("INV-4")
    scene.says("INV-4", Status.under_query)
    assert _unlike(scene) == []


def test_newest_events_that_were_cut_off_are_found_by_the_packets_own_row(scene: Scene) -> None:
    packet_id = scene.sent()
    _cut_off(scene, packet_id, 2)
    assert _unlike(scene) == [(packet_id, "is waiting, and its last event says built")]


def test_a_history_that_is_gone_altogether_is_missed(scene: Scene) -> None:
    packet_id, other = scene.sent("INV-1"), scene.sent("INV-2")
    _cut_off(scene, packet_id, 0)
    with scene.house.database.read() as tx:
        assert list(verification.packets_without_history(tx)) == [packet_id]
        assert verification.history_of(tx, other).broken == 0


def test_who_changes_the_row_as_well_is_found_by_the_anchor_of_the_day_and_not_before(scene: Scene) -> None:
    packet_id = scene.sent("INV-1")
    other = scene.sent("INV-2")
    scene.clock.passes(2 * HOUR)
    _drops_anchor(scene)
    scene.says("INV-2", Status.accepted)
    with _without_guard(scene) as tx:
        tx.exec_driver_sql(f"DELETE FROM event WHERE subject = '{other}' AND kind = 'accepted'")
        tx.exec_driver_sql(f"UPDATE packet SET stage = 'waiting', status = 'received' WHERE id = '{other}'")
    assert _unlike(scene) == []
    assert [says for _, says in _anchors(scene)] == [""], "what no anchor covers yet can be cut off unseen"
    with _without_guard(scene) as tx:
        tx.exec_driver_sql(f"DELETE FROM event WHERE subject = '{packet_id}' AND n > 2")
        tx.exec_driver_sql(f"UPDATE packet SET stage = 'built' WHERE id = '{packet_id}'")
    assert _unlike(scene) == []
    ((covered, says),) = _anchors(scene)
    assert says == f"it covered {covered} events, and {covered - 2} are there"
    with scene.house.queue.write() as tx:
        scene.house.queue.enqueue(tx, "advance", "north", "advance", packet_id=packet_id)  # it is said to be built


def test_an_anchor_is_dropped_once_a_day_and_each_covers_what_came_since(scene: Scene) -> None:
    _drops_anchor(scene)
    scene.sent("INV-1")
    _drops_anchor(scene)
    assert _anchors(scene) == [], "what is younger than an hour may not have settled"
    scene.clock.passes(2 * HOUR)
    _drops_anchor(scene)
    _drops_anchor(scene)
    assert len(_anchors(scene)) == 1
    scene.sent("INV-2")
    scene.clock.passes(2 * HOUR)
    _drops_anchor(scene)
    assert len(_anchors(scene)) == 1, "the day is not over"
    scene.clock.passes(DAY)
    _drops_anchor(scene)
    found = _anchors(scene)
    assert [says for _, says in found] == ["", ""]
    with scene.house.database.read() as tx:
        first, second = anchors.every(tx)
        assert second.first == first.last + 1
        assert anchors.uncovered(tx, second) == 1, "the anchor itself"
        assert verification.history_of(tx, anchors.SUBJECT).broken == 0


def test_a_long_backlog_is_covered_a_part_at_a_time(lite: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchors, "_AT_MOST", 3)
    lite.sent("INV-1")
    lite.sent("INV-2")
    lite.clock.passes(2 * HOUR)
    for _ in range(10):
        _drops_anchor(lite)
    found = _anchors(lite)
    assert [events for events, _ in found][:-1] == [3] * (len(found) - 1)
    assert len(found) > 2
    assert {says for _, says in found} == {""}


def test_histories_that_are_read_by_pages_are_read_whole(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(4):
        scene.sent(f"INV-{n}")
    with scene.house.database.read() as tx:
        whole = {one.subject: one for one in verification.histories(tx)}
        for size in (1, 2, 3, 7):
            monkeypatch.setattr(verification, "_AT_ONCE", size)
            assert {one.subject: one for one in verification.histories(tx)} == whole
        assert sum(one.events for one in whole.values()) == verification.number_of_events(tx)
        for subject, one in whole.items():
            assert verification.history_of(tx, subject) == one


# --- by command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


def _tampered(office: Office, *statements: str) -> None:
    database = sqlite3.connect(office.folder / "clearbill.db")
    with database:
        database.execute("DROP TRIGGER IF EXISTS event_no_update")
        database.execute("DROP TRIGGER IF EXISTS event_no_delete")
        for statement in statements:
            database.execute(statement)
    database.close()


def _anchored(office: Office) -> str:
    """A day has passed, as far as the events say; answers the anchor's hash as the command shows it."""
    with office.house() as house, house.database.write() as tx:
        now = house.database.now(tx)
        last = tx.exec_driver_sql("SELECT max(id) FROM event").scalar_one()
        covered = (1, last)
        anchors.drop(tx, None, covered, anchors.digest(tx, *covered), now)
    return str(office.run("audit", "verify", "--json").json["last_anchor_sha256"])


def test_the_command_shows_the_last_anchor_and_knows_it_again(office: Office) -> None:
    office.submitted("INV-1")
    assert "Anchors: none yet" in office.run("audit", "verify").out
    sha256 = _anchored(office)
    shown = office.run("audit", "verify")
    assert shown.code == DONE
    assert sha256 in shown.out.replace("\n", "").replace(" ", "")
    assert office.run("audit", "verify", "--kept", sha256).code == DONE
    assert office.run("audit", "verify", "--kept", "0" * 64).code == TROUBLE


def test_all_that_is_wrong_is_said_and_the_exit_code_says_so(office: Office) -> None:
    first, second = office.submitted("INV-1"), office.submitted("INV-2")
    _anchored(office)
    _tampered(
        office,
        f"UPDATE event SET who = 'another' WHERE subject = '{first}' AND n = 1",
        f"DELETE FROM event WHERE subject = '{second}'",
    )
    ran = office.run("audit", "verify", "--json")
    assert (ran.code, ran.json["broken"]) == (TROUBLE, {first: 1})
    gone, anchor = ran.json["faults"]
    assert gone == f"{second}: its history is not there any more."
    assert anchor.startswith("anchor 1 of ")
    told = " ".join(office.run("audit", "verify").out.split())
    assert f"{first}: event 1 was changed or removed after it was written." in told
    assert "broken: 1; other faults: 2." in told


def test_whoever_makes_everything_anew_is_found_by_the_hash_that_was_kept_elsewhere(office: Office) -> None:
    office.submitted("INV-1")
    kept = _anchored(office)
    _tampered(office, "DELETE FROM event WHERE subject = 'anchors'")
    _anchored(office)
    assert office.run("audit", "verify").code == DONE, "nothing inside the database could tell"
    assert office.run("audit", "verify", "--kept", kept).code == TROUBLE

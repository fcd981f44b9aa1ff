"""A paused client: nothing of it is sent, everything else goes on, and it goes on where it stood."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.decisions import credit, stop, void
from gateway.errors import NotFound, NotPossible
from gateway.pausing import ClientPaused, pause_client, resume_client, set_aside
from gateway.pipeline import advance
from gateway.store import client_pauses
from gateway.store.queue import DESK
from gateway.store.tables import work
from gateway.verdict import Outcome, ReasonCode, Stage, Status
from gateway.worker import work_once
from tests.gateway.office import CLIENT, open_office
from tests.gateway.stage import SETTLING, Scene, open_scene
from tests.gateway.test_void_by_document import at_portal_of

POWER, GRID = "example-power", "southern-grid"


def pause(scene: Scene) -> None:
    pause_client(scene.house, POWER, "Ann", "they close their books.")


def jobs(scene: Scene, packet_id: str) -> list[tuple[str, str]]:
    """Kind and state of a packet's jobs."""
    with scene.house.database.read() as tx:
        rows = tx.execute(sa.select(work.c.kind, work.c.state).where(work.c.packet_id == packet_id))
        return sorted((row.kind, row.state) for row in rows)


def test_nothing_of_a_paused_client_is_sent_and_it_goes_on_in_its_old_order(scene: Scene) -> None:
    pause(scene)
    ours = [scene.hand_over(f"INV-{n}") for n in (1, 2, 3)]
    other = scene.hand_over("INV-9", client=GRID)
    scene.work()  # comes to an end: what is set aside is not looked at again
    assert [scene.stage(one) for one in ours] == [Stage.built] * 3
    assert jobs(scene, ours[0]) == [("advance", "aside")]
    assert scene.kinds(ours[0])[-1] == "set_aside"
    assert scene.events(ours[0])[-1].data["by"] == "Ann"
    assert scene.portal.submissions == []
    assert scene.stage(other) is Stage.waiting, "the other client is not concerned"
    scene.clock.passes(3600)
    assert resume_client(scene.house, POWER, "Bea") == 3
    scene.work()
    assert [number for number, _ in scene.portal.submissions] == ["INV-1", "INV-2", "INV-3"]
    assert [scene.stage(one) for one in ours] == [Stage.waiting] * 3
    assert scene.kinds(f"client:{POWER}") == ["client_paused", "client_resumed"]


def test_a_pause_survives_a_restart(scene_url: str, tmp_path: Path) -> None:
    with open_scene(scene_url, tmp_path) as scene:
        pause(scene)
        packet_id = scene.hand_over()
        scene.work()
    with open_scene(scene_url, tmp_path) as again:
        again.much_later()
        assert again.stage(packet_id) is Stage.built
        with again.house.database.read() as tx:
            (found,) = client_pauses.every(tx)
        assert (found.client, found.who, found.why) == (POWER, "Ann", "they close their books.")
        resume_client(again.house, POWER, "Ann")
        again.work()
        assert again.stage(packet_id) is Stage.waiting
        again.look_over()


def test_a_transmission_in_doubt_is_settled_while_its_client_is_paused(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.loses_the_answer, scene.portal.breaks_off)
    arrived, lost = scene.hand_over("INV-1"), scene.hand_over("INV-2")
    scene.work()
    pause(scene)
    scene.later(SETTLING + 1)
    assert scene.stage(arrived) is Stage.waiting
    assert (scene.stage(lost), scene.outcomes(lost)) == (Stage.built, [Outcome.not_sent])
    scene.much_later()
    assert len(scene.portal.submissions) == 2, "what did not arrive is not sent again before the client is resumed"
    resume_client(scene.house, POWER, "Ann")
    scene.work()
    assert [number for number, _ in scene.portal.submissions] == ["INV-1", "INV-2", "INV-2"]
    assert sorted(scene.portal.living) == ["INV-1", "INV-2"]


def test_verdicts_land_while_a_client_is_paused(lite: Scene) -> None:
    packet_id = lite.sent()
    refused = lite.sent("INV-2")
    pause(lite)
    lite.says("INV-1001", Status.accepted)
    lite.says("INV-2", Status.rejected, ReasonCode.other)
    assert lite.stage(packet_id) is Stage.accepted
    assert lite.stage(refused) is Stage.held, "it is put before a person as ever"


def test_whoever_wants_the_work_done_gets_it_done_though_it_was_set_aside(lite: Scene) -> None:
    """A packet that moves on while its job is aside must not wait for the client to be resumed."""
    pause(lite)
    packet_id = lite.hand_over()
    lite.work()
    with lite.house.queue.write() as tx:
        assert lite.house.queue.enqueue(tx, "advance", DESK, f"advance:{packet_id}", packet_id=packet_id)
    assert jobs(lite, packet_id) == [("advance", "ready")]
    lite.work()
    assert jobs(lite, packet_id) == [("advance", "aside")]


def test_a_packet_of_a_paused_client_can_be_stopped(lite: Scene) -> None:
    pause(lite)
    packet_id = lite.hand_over()
    lite.work()
    stop(lite.house, packet_id, "Ann", "not theirs")
    resume_client(lite.house, POWER, "Ann")
    lite.work()
    assert (lite.stage(packet_id), jobs(lite, packet_id)) == (Stage.stopped, [])
    assert lite.portal.submissions == []


def test_a_resumption_between_the_last_look_and_the_setting_aside_loses_nothing(scene: Scene) -> None:
    packet_id = scene.hand_over()
    assert work_once(scene.house)
    pause(scene)
    claim = scene.house.queue.claim(30)
    assert claim is not None
    job = claim.jobs[0]
    with pytest.raises(ClientPaused):
        advance(scene.house, claim, job)
    resume_client(scene.house, POWER, "Bea")
    with scene.house.queue.write() as tx:
        set_aside(scene.house, tx, job)
        scene.house.queue.free(tx, claim)
    assert jobs(scene, packet_id) == [("advance", "ready")]
    scene.work()
    assert scene.stage(packet_id) is Stage.waiting


def test_a_worker_that_lost_its_lease_sets_nothing_aside(lite: Scene) -> None:
    packet_id = lite.hand_over()
    assert work_once(lite.house)
    claim = lite.house.queue.claim(30)
    assert claim is not None
    lite.clock.passes(31)
    other = lite.house.queue.claim(30)
    assert other is not None
    pause(lite)
    with lite.house.queue.write() as tx:
        set_aside(lite.house, tx, claim.jobs[0])
    assert jobs(lite, packet_id) == [("advance", "ready")]
    assert "set_aside" not in lite.kinds(packet_id)
    lite.clock.passes(31)


def test_an_ordered_void_waits_and_no_credit_note_is_handed_over_meanwhile(lite: Scene) -> None:
    packet_id = lite.sent()
    pause(lite)
    void(lite.house, packet_id, "Ann", "wrong client")
    lite.work()
    assert jobs(lite, packet_id) == [("void", "aside")]
    assert lite.portal.living == ["INV-1001"]
    with pytest.raises(NotPossible, match="being voided"):
        credit(lite.house, packet_id, "CN-1", "Ann", "work not done")
    resume_client(lite.house, POWER, "Ann")
    lite.work()
    assert (lite.stage(packet_id), lite.portal.living) == (Stage.stopped, [])


def test_a_void_by_document_waits_as_well(lite: Scene) -> None:
    network = at_portal_of(lite)
    packet_id = lite.sent()
    pause(lite)
    void(lite.house, packet_id, "Ann", "wrong client")
    lite.work()
    assert (network.sent, jobs(lite, packet_id)) == ([], [("void", "aside")])
    resume_client(lite.house, POWER, "Ann")
    lite.later(SETTLING + 1)
    assert len(network.sent) == 1


def test_no_transmission_is_committed_after_a_pause_has_returned(scene: Scene) -> None:
    """The portal pauses its own client, so to speak: what is on its way is finished, and nothing follows it."""
    packets = [scene.hand_over(f"INV-{n}") for n in range(6)]
    scene.portal.before_submit = lambda document: pause(scene) if document.number == "INV-1" else None
    scene.work()
    stages = [scene.stage(one) for one in packets]
    assert stages.count(Stage.waiting) == len(scene.portal.submissions) == 2
    assert stages.count(Stage.built) == 4


def test_an_order_that_makes_no_sense_is_refused_in_words(lite: Scene) -> None:
    house = lite.house
    with pytest.raises(NotFound, match="no client 'nobody'"):
        pause_client(house, "nobody", "Ann", "why not")
    with pytest.raises(NotPossible, match="say why"):
        pause_client(house, POWER, "Ann", "  ")
    with pytest.raises(NotPossible, match="not paused"):
        resume_client(house, POWER, "Ann")
    pause(lite)
    with pytest.raises(NotPossible, match=r"paused already\. Paused by Ann since 2026-03-10 12:00 UTC, because: they"):
        pause_client(house, POWER, "Bea", "me too")
    with pytest.raises(NotPossible, match="since you looked"):
        resume_client(house, POWER, "Bea", seen="2026-01-01T00:00:00+00:00")
    assert lite.kinds(f"client:{POWER}") == ["client_paused"]


def test_pauses_at_the_command_line(tmp_path: Path) -> None:
    with open_office(tmp_path) as office:
        office.works("orders")
        assert office.run("client", "pause", CLIENT).code == 1
        ran = office.run("client", "pause", CLIENT, "--why", "month end")
        assert (ran.code, "Nothing of example-power is sent any more" in ran.out) == (0, True)
        packet_id = office.submitted()
        office.works()
        assert "Paused by Robin since" in office.run("status", packet_id).out
        (listed,) = office.run("client", "list", "--json").json["paused"]
        assert (listed["client"], listed["who"], listed["why"]) == (CLIENT, "Robin", "month end")
        assert "The client example-power is paused." in office.run("status").out
        assert office.run("client", "resume", CLIENT, "--json").json["set_aside"] == 1
        office.works()
        assert office.run("status", packet_id, "--json").json["packet"]["stage"] == "waiting"
        assert office.run("client", "list").out.strip() == "No client is paused."

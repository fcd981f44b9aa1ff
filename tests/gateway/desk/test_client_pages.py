"""A client's page: its rules and whose they are, its account, its versions, a pause; proposals and who decides them."""

from pathlib import Path

import pytest
import yaml

from checklists.checklist import Checklist
from gateway import health
from gateway.desk.checklist_reading import procedure_in_parts
from gateway.store.people import Role
from gateway.store.proposals import State
from gateway.verdict import Stage
from tests.gateway.desk.stage import Desk, open_desk, words
from tests.gateway.stage import NORTH, open_scene
from tests.gateway.test_learning import proposed, taught

POWER = "/clients/example-power"


def test_a_client_is_paused_and_resumed_from_its_page(desk: Desk) -> None:
    scene, ann = desk.scene, desk.signed_in(name="ann")
    before = words(ann.see(POWER))
    assert "What is being sent at this moment is finished." in before
    assert ann.order(f"{POWER}/pause", why="").status_code == 409
    assert ann.order(f"{POWER}/pause", why="they close their books").status_code == 303
    packet_id = scene.hand_over()
    scene.work()
    assert scene.stage(packet_id) is Stage.built
    told = words(ann.see(POWER))
    assert "Paused by ann since Tue 10 Mar 12:00" in told
    assert "Because: they close their books" in told
    assert "1 packet is ready and waits;" in told
    assert "Paused by ann" in words(ann.see("/clients"))
    assert "Paused by ann since Tue 10 Mar 12:00" in words(ann.see(f"/packets/{packet_id}"))
    assert ann.order(f"{POWER}/resume", seen="2026-01-01").status_code == 409
    assert ann.order(f"{POWER}/resume", seen="2026-03-10T12:00:00+00:00", why="over").status_code == 303
    scene.work()
    assert scene.stage(packet_id) is Stage.waiting
    events = scene.events("client:example-power")
    assert [(one.kind, one.who, one.data["why"]) for one in events] == [
        ("client_paused", "ann", "they close their books"),
        ("client_resumed", "ann", "over"),
    ]


def test_each_rule_says_whose_it_is(tmp_path: Path, sqlite_url: str) -> None:
    clients = {"river": {"account": NORTH, "inherits": "coupa", "payment": {"code": "NET30"}}}
    with open_scene(sqlite_url, tmp_path, clients=clients) as scene, open_desk(scene) as desk:
        told = words(desk.signed_in(Role.viewer).see("/clients/river"))
    assert "Their code for the payment term: NET30. this client" in told
    assert "Quantities with at most 6 decimals. the portal, of all its clients" in told
    assert "The invoice date may not lie in the future. usual" in told


def test_versions_are_listed_by_day_and_compared(tmp_path: Path, sqlite_url: str) -> None:
    with open_scene(sqlite_url, tmp_path) as scene, open_desk(scene) as desk:
        first = {"client": "example-power", "name": "Example-Power", "account": NORTH, "to": "2026-03-31"}
        second = {**first, "from": "2026-04-01", "payment": {"code": "NET45"}, "procedure": "Ring first."}
        second["rate_card"] = {"labour": [{"classification": "Lineman", "ST": "98.5", "OT": "140"}]}
        del second["to"]
        (tmp_path / "checklists" / "example-power.yaml").write_text(yaml.safe_dump(first))
        (tmp_path / "checklists" / "example-power-2.yaml").write_text(yaml.safe_dump(second))
        scene.house.shelf.look()
        scene.house.shelf.look()
        viewer = desk.signed_in(Role.viewer)
        assert "from the beginning to 2026-03-31 (shown here), in force today" in words(viewer.see(POWER))
        other = words(viewer.see(POWER, day="2026-04-01", against="2026-03-31"))
        assert "Only from 2026-04-01 on: Their code for the payment term: NET45." in other
        assert "Only from 2026-04-01 on: Ring first." in other
        assert "Lineman 98.5 140" in other
        assert viewer.see(POWER, day="tomorrow").status_code == 409
        assert "Pause this client" not in other, "a viewer is offered no order"


def test_a_broken_file_is_told_with_line_and_cure_and_what_holds_meanwhile(tmp_path: Path, sqlite_url: str) -> None:
    with open_scene(sqlite_url, tmp_path) as scene, open_desk(scene) as desk:
        file = tmp_path / "checklists" / "example-power.yaml"
        file.write_text(file.read_text() + "\nnumber_of_moons: 2\n")
        scene.house.shelf.look()
        scene.house.shelf.look()
        told = words(desk.signed_in(Role.viewer).see("/clients"))
    assert "example-power.yaml, line " in told
    assert "number_of_moons" in told
    assert "The version last found right, of Tue 10 Mar 12:00, stays in force." in told


def test_a_procedure_is_laid_out_and_stays_text() -> None:
    written = "## Weekly\n\n1. One invoice\n   a week.\n2. <b>Papers</b> first.\n\nRing them.\n- or write\n"
    one = Checklist(client="river", name="River", account="north", procedure=written)
    assert procedure_in_parts(one) == (
        ("heading", ("Weekly",)),
        ("numbered", ("One invoice a week.", "<b>Papers</b> first.")),
        ("text", ("Ring them.",)),
        ("list", ("or write",)),
    )


def test_the_accounts_trouble_stands_on_the_clients_page(lite_desk: Desk) -> None:
    health.pause_by_person(lite_desk.scene.house, NORTH, "Bea", "new password")
    told = words(lite_desk.signed_in(Role.viewer).see(POWER))
    assert "Stopped: nothing is sent or asked until somebody resumes it. Bea stopped it: new password." in told
    assert "clearbill" not in told.lower().replace("clearbill skip", "").replace("· clearbill", "").replace(
        "clearbill work list", ""
    ), "no command is told to a coordinator"


def test_an_approver_decides_on_a_proposal_and_a_coordinator_only_reads_it(lite_desk: Desk) -> None:
    one, packets = taught(lite_desk.scene)
    door = f"/proposals/{one.id}/decide"
    coordinator, approver = lite_desk.signed_in(), lite_desk.signed_in(Role.approver)
    assert "An approver decides" in words(coordinator.see(POWER))
    assert coordinator.order(door, order="accept", seen="open").status_code == 403
    told = words(approver.see("/proposals"))
    assert "It ended well 3 times." in told
    assert packets[0] in approver.see("/proposals").text
    assert approver.order(door, order="accept", seen="declined").status_code == 409
    assert approver.order(door, order="explode", seen="open").status_code == 409
    assert approver.order(door, order="accept", seen="open", why="thrice").status_code == 303
    assert proposed(lite_desk.scene)[0].state is State.accepted
    assert lite_desk.scene.events(f"proposal:{one.id}")[-1].who == "approver"
    assert "Nothing is proposed at present." in words(approver.see("/proposals"))
    assert approver.order(door, order="decline", seen="open").status_code == 409, "it is not as it was seen"
    assert approver.order(door, order="decline", seen="accepted").status_code == 303
    assert approver.order("/proposals/999/decide", order="accept", seen="open").status_code == 404


@pytest.mark.parametrize("path", ["/proposals?after=-1", "/proposals?after=x"])
def test_a_place_that_no_page_has_named_is_refused(lite_desk: Desk, path: str) -> None:
    assert lite_desk.signed_in().see(path).status_code == 400

"""Packs at the two doors that hand them out: the command line and the packet's page."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.commands.terminal import DONE, REFUSED, TROUBLE
from gateway.pack.checking import check
from gateway.store import events
from gateway.store.database import keep_blob
from gateway.store.people import Role
from tests.gateway.desk.stage import open_desk, words
from tests.gateway.office import Office, open_office
from tests.gateway.pack.conftest import eventful
from tests.gateway.stage import Scene


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


def test_a_pack_is_written_by_command_and_holds_when_it_is_checked(office: Office) -> None:
    packet_id = office.submitted("INV-1")
    office.works("orders")
    path = office.folder / "pack.zip"
    made = office.run("audit", "pack", "INV-1", "-o", path, "--json")
    assert (made.code, made.json["packet"]) == (DONE, packet_id)
    ran = office.run("audit", "verify", path, "--json")
    assert (ran.code, ran.json["faults"]) == (DONE, [])
    assert ran.json["manifest_sha256"] == made.json["manifest_sha256"]
    told = " ".join(office.run("status", "INV-1").out.split())
    assert "Robin Took the evidence pack" in told
    assert made.json["manifest_sha256"] in told.replace(" ", "")
    secret = next((office.folder / "secrets").iterdir()).read_text().strip()
    assert secret.encode() not in path.read_bytes()
    assert not list(office.folder.glob(".clearbill-*")), "nothing half written is left"


def test_a_pack_that_was_changed_is_said_to_be_and_the_exit_code_says_so(office: Office) -> None:
    office.submitted("INV-1")
    office.works("orders")
    path = office.folder / "pack.zip"
    office.run("audit", "pack", "INV-1", "-o", path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("papers/99-more.pdf", b"more")
    ran = office.run("audit", "verify", path)
    assert ran.code == TROUBLE
    assert "papers/99-more.pdf was added" in ran.out
    assert "It is not as it was packed." in " ".join(ran.out.split())


@pytest.mark.parametrize(
    "typed", [("pack", "nobody"), ("pack", "INV-1", "-o", "/no/such/folder/x.zip"), ("verify", "/no/such/pack.zip")]
)
def test_a_pack_that_cannot_be_made_or_checked_says_why(office: Office, typed: tuple[str, ...]) -> None:
    office.submitted("INV-1")
    ran = office.run("audit", *typed)
    assert ran.code == REFUSED
    assert ran.err.strip()


def test_whoever_may_look_at_a_packet_may_save_its_pack(scene: Scene, tmp_path: Path) -> None:
    packet_id = eventful(scene)
    with open_desk(scene) as desk:
        viewer = desk.signed_in(Role.viewer)
        assert "Evidence pack" in words(viewer.see(f"/packets/{packet_id}"))
        answer = viewer.order(f"/packets/{packet_id}/pack")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="clearbill-{packet_id}.zip"'
        (tmp_path / "pack.zip").write_bytes(answer.content)
        assert check(tmp_path / "pack.zip").faults == []
        last = scene.events(packet_id)[-1]
        assert (last.kind, last.who) == ("pack_taken", "viewer")
        assert "viewer Took the evidence pack" in words(viewer.see(f"/packets/{packet_id}"))
        assert viewer.order("/packets/p404/pack").status_code == 404
        viewer.csrf = "another's"
        assert viewer.order(f"/packets/{packet_id}/pack").status_code == 403
    assert scene.kinds(packet_id).count("pack_taken") == 1


def test_a_secret_that_this_process_has_not_used_is_blotted_as_well(office: Office) -> None:
    """As a page from before the password was set up might hold it."""
    packet_id = office.submitted("INV-1")
    office.works("orders")
    file = office.folder / "secrets" / "of the mail server"
    file.write_text("correct-horse-0815\n")
    office.settings(tokens=[{"name": "billing", "secret": f"file:{file}"}])
    with office.house() as house, house.database.write() as tx:
        kept = keep_blob(tx, b"Bearer correct-horse-0815")
        files = [{"name": "page.txt", "media_type": "text/plain", "sha256": kept}]
        events.record(tx, packet_id, house.database.now(tx), "evidence", "pipeline", files=files)
    office.run("audit", "pack", "INV-1", "-o", office.folder / "pack.zip")
    assert b"correct-horse" not in (office.folder / "pack.zip").read_bytes()
    assert office.run("audit", "verify", office.folder / "pack.zip").code == DONE

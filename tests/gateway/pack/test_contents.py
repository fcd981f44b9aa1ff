"""What is in an evidence pack: everything, once, by safe names, the same bytes for the same state, and no secret."""

import hashlib
import json
import shutil
import subprocess
import tracemalloc
import zipfile
from pathlib import Path

import pytest
import yaml

from gateway.errors import NotFound
from gateway.pack.checking import check
from gateway.pack.contents import chained, is_person, pieces_of
from gateway.pack.naming import not_to_run, numbered
from gateway.pack.taking import take
from gateway.pack.writing import packed, written
from gateway.secrets import BLOT, remember
from gateway.store import events
from gateway.store.database import keep_blob
from gateway.store.dossier import dossier, stored_events
from tests.bench.stories import a_paper
from tests.gateway.pack.conftest import PAGE, PAPERS, PICTURE, Taken, eventful, saved
from tests.gateway.stage import Scene


def test_everything_about_the_packet_is_in_it(scene: Scene, tmp_path: Path) -> None:
    taken = saved(scene, eventful(scene), tmp_path / "pack.zip")
    files = taken.files
    assert {"README.txt", "timeline.html", "packet.json", "events.json", "manifest.json", "SHA256SUMS"} <= files.keys()
    for n, outcome in ((1, "receipted"), (2, "receipted")):
        about = taken.json(f"transmissions/{n:03d}/about.json")
        assert (about["outcome"], about["revision"]) == (outcome, n)
        document = files[f"revisions/{n:03d}/document.bin"]
        assert hashlib.sha256(document).hexdigest() == about["document_sha256"]
        assert document.startswith(about["reference"].encode())
        assert files[f"transmissions/{n:03d}/answer.txt"] == b"<ok/>"
    said = [taken.json(f"words/{n:03d}/about.json")["status"] for n in range(1, 5)]
    assert said == ["received", "rejected", "received", "accepted"]
    assert taken.json("words/002/about.json")["reasons"][0]["portal_text"] == "Which crew was it?"
    papers = {name: content for name, content in files.items() if name.startswith("papers/")}
    assert sorted(papers.values()) == sorted(a_paper(name) for name in PAPERS), "each paper once"
    assert taken.json("revisions/002/diff.json")[0]["path"] == "/invoice/note"
    assert json.loads(files["revisions/002/packet.json"])["invoice"]["note"] == "Crew 7"
    assert PICTURE.content in files.values()
    assert [one["kind"] for one in taken.json("decisions.json")] == ["commented", "amended"]
    (checklist,) = [content for name, content in files.items() if name.startswith("checklists/")]
    assert yaml.safe_load(checklist)["client"] == "example-power"
    assert check(taken.path).faults == []


def test_the_time_line_is_there_to_read_and_loads_nothing(taken: Taken) -> None:
    page = taken.files["timeline.html"].decode()
    for words in ("Which crew was it?", "Asked the foreman.", "the crew is named", "Approved", "INV-1001-R1"):
        assert words in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    linked = [part.split('"')[0] for part in page.split('href="')[1:]]
    assert set(linked) <= taken.files.keys()


def test_a_pack_can_be_checked_with_sha256sum_alone(taken: Taken, tmp_path: Path) -> None:
    program = shutil.which("sha256sum")
    if program is None:
        pytest.skip("there is no sha256sum on this machine")
    with zipfile.ZipFile(taken.path) as archive:
        archive.extractall(tmp_path / "unpacked")
    ran = subprocess.run(
        [program, "-c", "SHA256SUMS"], cwd=tmp_path / "unpacked", capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout
    assert ran.stdout.count(": OK") == len(taken.files) - 1, "all but the list itself"
    chain = sorted((tmp_path / "unpacked" / "chain").iterdir())
    before = "0" * 64
    for file in chain:
        assert file.read_text("utf-8").startswith(f"{before}\x1f{taken.packet_id}\x1f")
        before = hashlib.sha256(file.read_bytes()).hexdigest()
    assert taken.json("manifest.json")["last_event_sha256"] == before


def test_the_same_state_makes_the_same_bytes_on_both_databases(scene: Scene) -> None:
    packet_id = eventful(scene)

    def made() -> bytes:
        with scene.house.database.read() as tx:
            found = dossier(tx, packet_id)
            pieces = pieces_of(tx, found)
        return b"".join(written(scene.house.database, packed(scene.house.database, found, pieces)))

    assert made() == made()


def test_the_packets_history_keeps_who_took_it_and_what(lite: Scene, tmp_path: Path) -> None:
    packet_id = eventful(lite)
    before = len(lite.events(packet_id))
    taken = saved(lite, packet_id, tmp_path / "pack.zip", "robin")
    last = lite.events(packet_id)[-1]
    sha256 = hashlib.sha256(taken.files["manifest.json"]).hexdigest()
    assert (last.kind, last.who, last.data["manifest_sha256"]) == ("pack_taken", "robin", sha256)
    assert last.data["events"] == before == taken.json("manifest.json")["events"]


def test_there_is_no_pack_of_a_packet_that_there_is_not(lite: Scene) -> None:
    with pytest.raises(NotFound):
        take(lite.house, "p404", "ann")


def test_no_secret_is_in_it_also_where_it_was_kept_before_anybody_knew(
    lite: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packet_id = eventful(lite)
    with lite.house.database.write() as tx:
        kept = keep_blob(tx, b"<p>the password is open-sesame-4711</p>")
        files = [{"name": "page.txt", "media_type": "text/plain", "sha256": kept, "size": 1}]
        now = lite.house.database.now(tx)
        events.record(tx, packet_id, now, "evidence", "pipeline", files=files)
        events.record(tx, packet_id, now, "commented", "ann", text="the foreman says open-sesame-4711")
    remember("open-sesame-4711")
    taken = saved(lite, packet_id, tmp_path / "pack.zip")
    assert b"open-sesame-4711" not in taken.path.read_bytes()
    assert f"<p>the password is {BLOT}</p>".encode() in taken.files.values()
    found = check(taken.path)
    assert found.faults == [], "what was blotted out is said, and is no fault"
    assert len(found.blotted) == 2


def test_a_pack_larger_than_the_memory_it_takes(lite: Scene, tmp_path: Path) -> None:
    """Twelve papers of 8 MB; what is held at a time is one of them, twice."""
    packet_id = eventful(lite)
    size = 8_000_000
    with lite.house.database.write() as tx:
        hashes = [keep_blob(tx, bytes([n]) * size) for n in range(12)]
        files = [{"name": f"{n}.bin", "media_type": "x", "sha256": sha256} for n, sha256 in enumerate(hashes)]
        events.record(tx, packet_id, lite.house.database.now(tx), "evidence", "pipeline", files=files)
    tracemalloc.start()
    try:
        taken = take(lite.house, packet_id, "ann")
        with (tmp_path / "pack.zip").open("wb") as file:
            for part in written(lite.house.database, taken):
                file.write(part)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (tmp_path / "pack.zip").stat().st_size > 12 * size
    assert most < 6 * size
    assert check(tmp_path / "pack.zip").faults == []


def test_names_are_safe_on_every_machine(taken: Taken) -> None:
    for name in taken.files:
        assert ".." not in name
        assert not name.startswith("/")
        assert not set(name) & set('\\:*?"<>|')
    assert any(name.endswith("Belege für März.pdf") for name in taken.files)
    assert any(name.endswith("page.html.txt") for name in taken.files), "a page from outside is not there to be run"
    assert PAGE.content in taken.files.values()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("timesheet.pdf", "01-timesheet.pdf"),
        ("../../etc/passwd", "01-___etc_passwd"),
        ("C:\\Windows\\CON", "01-C__Windows_CON"),
        ("a\u202efdp.exe", "01-a_fdp.exe"),
        ("", "01-file"),
        (" . ", "01-file"),
        ("x" * 300 + ".pdf", "01-" + "x" * 76 + ".pdf"),
        ("nul\x00.txt", "01-nul_.txt"),
        ("a\ud800b", "01-a_b"),
        ("e\u0301.pdf", "01-\u00e9.pdf"),
    ],
)
def test_a_name_from_outside_becomes_a_plain_file_name(given: str, named: str) -> None:
    assert numbered(1, given) == named


@pytest.mark.parametrize(
    ("given", "named"), [("page.html", "page.html.txt"), ("a.SVG", "a.SVG.txt"), ("a.pdf", "a.pdf")]
)
def test_what_could_run_is_named_as_text(given: str, named: str) -> None:
    assert not_to_run(given) == named


@pytest.mark.parametrize(
    ("who", "person"),
    [("ann", True), ("robin@office", True), ("rule:po_form", False), ("portal:north", False), ("pipeline", False)],
)
def test_people_are_told_from_the_program(who: str, person: bool) -> None:
    assert is_person(who) is person


def test_what_is_hashed_is_what_is_in_the_chain(lite: Scene) -> None:
    packet_id = lite.sent()
    with lite.house.database.read() as tx:
        for one in stored_events(tx, packet_id, 100):
            assert hashlib.sha256(chained(one)).hexdigest() == one.hash

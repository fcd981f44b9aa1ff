"""The watched folder: what is whole is taken once, what is refused says why, and nothing else is touched."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from gateway import folder
from gateway.folder import Folder, take_in
from tests.gateway import hostile_papers as papers
from tests.gateway.stage import Scene, handed


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    made = tmp_path / "inbox"
    made.mkdir()
    return made


def drop(inbox: Path, name: str, whole: Any, files: dict[str, bytes] | None = None) -> None:
    """A hand-over with its papers in a folder of its own name."""
    for file, content in (files or {}).items():
        (inbox / name).mkdir(exist_ok=True)
        (inbox / name / file).write_bytes(content)
    (inbox / f"{name}.json").write_text(json.dumps(whole))


def with_paper(**changes: Any) -> Any:
    whole = handed(**changes)
    whole["documents"] = [{"kind": "timesheet", "name": "sheet.pdf", "media_type": papers.PDF}]
    return whole


def names(place: Path) -> set[str]:
    return {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()} if place.is_dir() else set()


def test_a_hand_over_is_taken_and_put_away_with_its_papers(scene: Scene, inbox: Path) -> None:
    drop(inbox, "week-10", with_paper(), {"sheet.pdf": papers.pdf()})
    assert take_in(scene.house, inbox) == 1
    assert names(inbox) == {"done/week-10.json", "done/week-10/sheet.pdf"}
    assert scene.counts()["packet"] == 1


def test_a_zip_is_taken_as_well(lite: Scene, inbox: Path) -> None:
    with zipfile.ZipFile(inbox / "week.zip", "w") as archive:
        archive.writestr("packet.json", json.dumps(with_paper()))
        archive.writestr("sheet.pdf", papers.pdf())
    assert take_in(lite.house, inbox) == 1
    assert names(inbox) == {"done/week.zip"}


def test_what_is_refused_is_put_aside_with_the_reason(lite: Scene, inbox: Path) -> None:
    before = lite.counts()
    whole = handed()
    whole["invoice"]["totals"]["payable"] = "1"
    drop(inbox, "wrong", whole)
    assert take_in(lite.house, inbox) == 0
    assert names(inbox) == {"refused/wrong.json", "refused/wrong.json.txt"}
    assert "/invoice/totals" in (inbox / "refused" / "wrong.json.txt").read_text()
    assert lite.counts() == before


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"[" * 100_000, b'{"\\ud800": 1}', b'{"client": 1e999999999}', b"null"],
    ids=["empty", "cut", "bytes", "deep", "surrogate", "huge", "null"],
)
def test_no_file_stops_the_reading_of_the_next(lite: Scene, inbox: Path, content: bytes) -> None:
    (inbox / "a.json").write_bytes(content)
    drop(inbox, "b", handed())
    assert take_in(lite.house, inbox) == 1
    assert {"refused/a.json", "refused/a.json.txt", "done/b.json"} == names(inbox)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(lite: Scene, inbox: Path) -> None:
    with zipfile.ZipFile(inbox / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("packet.json", b" " * 20_000_000)
    assert take_in(lite.house, inbox) == 0
    assert "MB" in (inbox / "refused" / "bomb.zip.txt").read_text()


@pytest.mark.parametrize("name", [".hidden.json", "week.json.part", "notes.txt", "week.csv"])
def test_what_is_not_finished_or_not_ours_is_left_alone(lite: Scene, inbox: Path, name: str) -> None:
    (inbox / name).write_text(json.dumps(handed()))
    assert take_in(lite.house, inbox) == 0
    assert names(inbox) == {name}


def test_an_unknown_client_and_a_taken_source_id_are_refused(lite: Scene, inbox: Path) -> None:
    drop(inbox, "a", handed(client="nobody"))
    drop(inbox, "b", handed())
    drop(inbox, "c", handed(note="other"))
    assert take_in(lite.house, inbox) == 1
    assert "example-power" in (inbox / "refused" / "a.json.txt").read_text()
    assert "other content" in (inbox / "refused" / "c.json.txt").read_text()


def test_a_crash_before_putting_away_repeats_the_hand_over_and_not_the_packet(lite: Scene, inbox: Path) -> None:
    drop(inbox, "week", with_paper(), {"sheet.pdf": papers.pdf()})

    def crash(*where: object) -> None:
        raise OSError("the machine is gone")

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(folder, "_put_away", crash)
        with pytest.raises(OSError, match="gone"):
            take_in(lite.house, inbox)
    assert take_in(lite.house, inbox) == 1
    assert lite.counts()["packet"] == 1
    assert names(inbox) == {"done/week.json", "done/week/sheet.pdf"}


def test_two_hand_overs_of_one_name_are_both_kept(lite: Scene, inbox: Path) -> None:
    """The same name next week: what was put away last week must not be overwritten."""
    drop(inbox, "weekly", handed("A-1"))
    take_in(lite.house, inbox)
    first = (inbox / "done" / "weekly.json").read_bytes()
    drop(inbox, "weekly", handed("A-2"))
    take_in(lite.house, inbox)
    kept = [path.read_bytes() for path in (inbox / "done").glob("*.json")]
    assert lite.counts()["packet"] == 2
    assert len(kept) == 2
    assert first in kept


def test_a_link_out_of_the_inbox_is_not_followed(lite: Scene, inbox: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.pdf").write_bytes(papers.pdf())
    drop(inbox, "week", with_paper())
    (inbox / "week").mkdir()
    (inbox / "week" / "sheet.pdf").symlink_to(tmp_path / "secret.pdf")
    assert take_in(lite.house, inbox) == 0
    assert "link" in (inbox / "refused" / "week.json.txt").read_text()
    assert (tmp_path / "secret.pdf").exists()


def test_the_thread_makes_its_folder_looks_and_stops(lite: Scene, tmp_path: Path) -> None:
    place = tmp_path / "made" / "inbox"
    place.mkdir(parents=True)
    drop(place, "week", handed())
    watching = Folder(lite.house, place)
    watching.start()
    import threading

    pause = threading.Event()
    for _ in range(500):
        if (place / "done" / "week.json").exists():
            break
        pause.wait(0.01)
    watching.stop()
    assert lite.counts()["packet"] == 1

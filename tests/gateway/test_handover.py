"""Hand-overs read from disk: what belongs together is found; whatever is wrong is refused by name, with the cure."""

import json
import os
import zipfile
from pathlib import Path

import pytest

from gateway import handover
from gateway.errors import PacketRefused
from gateway.handover import files_beside, read
from tests.gateway.office import zipped

PACKET = '{"documents": [{"name": "sheet.pdf"}, {"name": "receipt.pdf"}]}'


def refusal(path: Path) -> str:
    with pytest.raises(PacketRefused) as refused:
        read(path)
    (problem,) = refused.value.problems
    assert problem.cure
    return str(problem)


def week(folder: Path, packet: str = PACKET) -> Path:
    path = folder / "week.json"
    path.write_text(packet)
    return path


def test_files_stand_in_the_packets_own_folder_or_beside_it(tmp_path: Path) -> None:
    path = week(tmp_path)
    (tmp_path / "week").mkdir()
    (tmp_path / "week" / "sheet.pdf").write_bytes(b"own")
    (tmp_path / "sheet.pdf").write_bytes(b"another packet's")
    (tmp_path / "receipt.pdf").write_bytes(b"beside")
    assert read(path).files == {"sheet.pdf": b"own", "receipt.pdf": b"beside"}


def test_what_lies_beside_and_is_not_named_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "other.pdf").write_bytes(b"not ours")
    assert read(week(tmp_path)).files == {}


def test_everything_in_the_packets_own_folder_comes_along_but_litter(tmp_path: Path) -> None:
    path = week(tmp_path)
    (tmp_path / "week").mkdir()
    for name in ("forgotten.pdf", ".DS_Store", "Thumbs.db"):
        (tmp_path / "week" / name).write_bytes(b"x")
    assert read(path).files == {"forgotten.pdf": b"x"}


def test_files_beside_are_those_that_were_read_from_there(tmp_path: Path) -> None:
    path = week(tmp_path)
    (tmp_path / "week").mkdir()
    own, beside = tmp_path / "week" / "sheet.pdf", tmp_path / "receipt.pdf"
    own.write_bytes(b"x")
    beside.write_bytes(b"x")
    (tmp_path / "sheet.pdf").write_bytes(b"another packet's")
    assert files_beside(path) == [own, beside]
    assert files_beside(tmp_path / "week.zip") == []


def test_an_unreadable_packet_still_knows_the_files_of_its_folder(tmp_path: Path) -> None:
    path = week(tmp_path, "{")
    (tmp_path / "week").mkdir()
    (tmp_path / "week" / "sheet.pdf").write_bytes(b"x")
    assert files_beside(path) == [tmp_path / "week" / "sheet.pdf"]


@pytest.mark.parametrize("name", ["../secret.pdf", "/etc/hostname", "a\\b.pdf", "..", "a\x00b", "C:x", 7, None])
def test_a_name_that_is_a_path_leads_nowhere(tmp_path: Path, name: object) -> None:
    (tmp_path / "secret.pdf").write_bytes(b"secret")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    path = week(inbox, json.dumps({"documents": [{"name": name}]}))
    assert read(path).files == {}
    assert files_beside(path) == []


def test_a_link_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    target = tmp_path / "target.pdf"
    target.write_bytes(b"secret")
    path = week(tmp_path)
    (tmp_path / "sheet.pdf").symlink_to(target)
    assert "sheet.pdf: is a link." in refusal(path)
    (tmp_path / "sheet.pdf").unlink()
    (tmp_path / "week").symlink_to(tmp_path)
    assert read(path).files == {}


def test_a_pipe_does_not_stop_the_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "sheet.pdf")
    assert "is not a file" in refusal(week(tmp_path))


def test_folders_strange_endings_and_missing_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "week").mkdir()
    (tmp_path / "note.txt").write_text("x")
    assert "is a folder" in refusal(tmp_path / "week")
    assert "neither a .json nor a .zip" in refusal(tmp_path / "note.txt")
    assert "No such file" in refusal(tmp_path / "none.json")
    assert "No such file" in refusal(tmp_path / "none.zip")


def test_large_files_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = week(tmp_path)
    with (tmp_path / "sheet.pdf").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    assert "sheet.pdf: has 200 MB; at most 50 MB" in refusal(path)
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    assert "huge.json: has 17 MB; at most 16 MB" in refusal(tmp_path / "huge.json")


def test_all_files_together_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "MAX_HAND_OVER_BYTES", 3)
    (tmp_path / "sheet.pdf").write_bytes(b"12")
    (tmp_path / "receipt.pdf").write_bytes(b"34")
    assert "the files of week.json" in refusal(week(tmp_path))


# --- ZIP ----------------------------------------------------------------------------------------------------------


def test_a_zip_holds_packet_and_files(tmp_path: Path) -> None:
    path = zipped(tmp_path / "week.zip", {"packet.json": PACKET, "sheet.pdf": b"x"})
    handed, files = read(path)
    assert handed == {"documents": [{"name": "sheet.pdf"}, {"name": "receipt.pdf"}]}
    assert files == {"sheet.pdf": b"x"}


def test_a_zip_made_of_a_folder_with_desktop_litter_is_read_alike(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "week 12/": b"",
        "week 12/packet.json": PACKET,
        "week 12/sheet.pdf": b"x",
        "week 12/.DS_Store": b"x",
        "__MACOSX/week 12/._sheet.pdf": b"x",
    }
    assert read(zipped(tmp_path / "week.zip", files)).files == {"sheet.pdf": b"x"}


@pytest.mark.parametrize("name", ["../sheet.pdf", "/sheet.pdf", "papers/sheet.pdf", "a\\b.pdf", "C:\\sheet.pdf"])
def test_a_path_in_a_zip_is_refused(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "week.zip", {"packet.json": PACKET, name: b"x"})
    assert "has a path in its name" in refusal(path)


def test_a_zip_without_packet_is_refused(tmp_path: Path) -> None:
    assert "holds no packet.json" in refusal(zipped(tmp_path / "week.zip", {"sheet.pdf": b"x"}))


def test_a_zip_bomb_is_measured_before_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("packet.json", PACKET)
        with archive.open("zeros.pdf", "w") as entry:
            for _ in range(201):
                entry.write(bytes(1024 * 1024))
    assert "bomb.zip, unpacked: has 201 MB; at most 200 MB" in refusal(path)


def test_one_large_entry_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "week.zip"
    files: dict[str, bytes | str] = {"packet.json": PACKET, "sheet.pdf": bytes(51 * 1024 * 1024)}
    assert "week.zip/sheet.pdf: has 51 MB" in refusal(zipped(path, files, compression=zipfile.ZIP_DEFLATED))


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {f"{number}.pdf": b"x" for number in range(200)}
    assert "holds 201 files; at most" in refusal(zipped(tmp_path / "week.zip", {"packet.json": PACKET, **files}))


def test_an_encrypted_entry_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "week.zip", {"packet.json": PACKET, "sheet.pdf": b"x"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4) + 8] |= 1  # the second entry's flag
    path.write_bytes(bytes(content))
    assert "is encrypted" in refusal(path)


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "week.zip"
    link = zipfile.ZipInfo("sheet.pdf")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("packet.json", PACKET)
        archive.writestr(link, "/etc/hostname")
    assert "is a link" in refusal(path)


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "week.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("packet.json", PACKET)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("packet.json", "{}")
    assert "is there twice" in refusal(path)


@pytest.mark.parametrize("kept", [0, 10, 60, -30])
def test_a_damaged_zip_is_refused(tmp_path: Path, kept: int) -> None:
    path = zipped(tmp_path / "week.zip", {"packet.json": PACKET, "sheet.pdf": b"x" * 500})
    path.write_bytes(path.read_bytes()[:kept])
    assert "ZIP" in refusal(path)


def test_an_entry_that_lies_about_its_content_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "week.zip", {"packet.json": PACKET})
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"sheet.pdf"', b'"sheet.pdX"'))
    assert "is a damaged ZIP" in refusal(path)

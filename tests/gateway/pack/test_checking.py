"""A pack is held against itself: whatever is changed, added, taken out or put in another order is found and named."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import NotPossible
from gateway.pack.checking import check
from gateway.pack.contents import as_json, chain_path, chained
from gateway.pack.writing import MANIFEST, SUMS, sums_of
from gateway.store.dossier import StoredEvent
from tests.gateway.pack.conftest import Taken

Files = dict[str, bytes]

KINDS = (
    *("README.txt", "timeline.html", "packet.json", "events.json", "decisions.json", "revisions/001/packet.json"),
    *("revisions/002/diff.json", "revisions/002/about.json", "revisions/001/document.bin", "papers/01-timesheet.pdf"),
    *("transmissions/001/about.json", "transmissions/002/answer.txt", "words/002/about.json", "words/002/answer.txt"),
    *("pictures/002-page.html.txt", "checklists/01-example-power.yaml", "chain/000001.event", MANIFEST, SUMS),
)
"""One file of each kind."""


def repacked(files: Files) -> None:
    """Makes the manifest and the sums right for what is there: what a careful forger does."""
    manifest = json.loads(files[MANIFEST])
    told = {one["path"]: one for one in manifest["files"]}
    for name in list(told.keys() - files.keys()):
        del told[name]
    for name, content in files.items():
        if name not in (MANIFEST, SUMS):
            told.setdefault(name, {"path": name, "what": "?"})
            told[name] |= {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    manifest["files"] = list(told.values())
    files[MANIFEST] = json.dumps(manifest).encode()
    files[SUMS] = sums_of(files[MANIFEST], manifest["files"])


def with_events(files: Files, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """Changes the events, and the chain's files with them."""
    told = json.loads(files["events.json"])
    for n in range(1, len(told) + 1):
        del files[chain_path(n)]
    change(told)
    files["events.json"] = as_json(told)
    for one in told:
        files[chain_path(one["n"])] = chained(StoredEvent(**one))


@pytest.mark.parametrize("name", KINDS)
def test_a_change_of_any_file_is_found(name: str, taken: Taken) -> None:
    assert check(taken.path).faults == []

    def change(files: Files) -> None:
        files[name] += b" "

    faults = taken.faults_after(change)
    assert faults
    assert any(name in fault or name == MANIFEST for fault in faults)


@pytest.mark.parametrize("name", [name for name in KINDS if name != MANIFEST])
def test_a_file_that_was_taken_out_is_missed(name: str, taken: Taken) -> None:
    assert f"{name} is missing." in taken.faults_after(lambda files: files.__delitem__(name))


def test_a_file_that_was_added_is_found(taken: Taken) -> None:
    faults = taken.faults_after(lambda files: files.update({"papers/99-new.pdf": b"new"}))
    assert faults == ["papers/99-new.pdf was added: the manifest does not list it."]


def test_a_file_that_is_there_twice_is_found(taken: Taken) -> None:
    with zipfile.ZipFile(taken.path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("packet.json", b"{}")
    assert "packet.json is there twice." in check(taken.path).faults


def test_a_change_of_each_event_is_found_also_when_the_manifest_was_made_anew(taken: Taken) -> None:
    for n in range(1, len(taken.json("events.json")) + 1):

        def change(files: Files, n: int = n) -> None:
            with_events(files, lambda told: told[n - 1].update(who="another"))
            repacked(files)

        assert f"event {n} is not what its hash says." in taken.faults_after(change)


def test_a_removed_event_is_missed_in_the_middle_and_at_the_end(taken: Taken) -> None:
    last = len(taken.json("events.json"))
    for n in (1, 4, last):

        def change(files: Files, n: int = n) -> None:
            with_events(files, lambda told: told.__delitem__(n - 1))
            repacked(files)

        faults = taken.faults_after(change)
        if n < last:
            assert f"event {n} is missing, or is not this packet's." in faults
        assert f"the chain does not end with event {last} as the manifest says." in faults


def test_two_events_that_changed_places_are_found(taken: Taken) -> None:
    def change(files: Files) -> None:
        def turn(told: list[dict[str, Any]]) -> None:
            told[2]["n"], told[3]["n"] = told[3]["n"], told[2]["n"]
            told[2], told[3] = told[3], told[2]

        with_events(files, turn)
        repacked(files)

    assert "event 3 does not follow the one before it." in taken.faults_after(change)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("revisions/001/packet.json", "(received) names the packet as it was handed over"),
        ("revisions/001/document.bin", "(built) names the document"),
        ("revisions/002/document.bin", "(sending) names the document"),
        ("papers/01-timesheet.pdf", "(received) names the paper timesheet.pdf"),
        ("pictures/002-page.html.txt", "(evidence) names page.html"),
        ("revisions/002/packet.json", "revision 2 is not revision 1 with the changes of event"),
        ("revisions/002/diff.json", "revisions/002/diff.json is not what event"),
    ],
)
def test_what_the_chain_binds_is_found_also_when_the_manifest_was_made_anew(name: str, says: str, taken: Taken) -> None:
    def change(files: Files) -> None:
        content = files[name]
        files[name] = content.replace(b"Crew 7", b"Crew 8") if b"Crew 7" in content else content + b"\n "
        if name.endswith("001/packet.json"):
            files[name] = content.replace(b"98.5", b"99.5")
        repacked(files)

    faults = taken.faults_after(change)
    assert any(says in fault for fault in faults), faults


def test_a_pack_of_which_all_was_reckoned_anew_is_told_apart_by_its_manifest(taken: Taken) -> None:
    """What the check cannot find alone, the packet's own history tells: whose manifest was taken."""

    def change(files: Files) -> None:
        files["transmissions/001/answer.txt"] = b"<refused/>"
        repacked(files)

    changed = check(taken.with_changed(change))
    assert changed.faults == []
    assert changed.manifest_sha256 != check(taken.path).manifest_sha256


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_pack_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    path.write_bytes(content)
    with pytest.raises(NotPossible):
        check(path)


def test_a_pack_that_is_not_there_is_said_not_to_be(tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match="cannot be read"):
        check(tmp_path / "none.zip")


@pytest.mark.parametrize(
    "manifest",
    [b"[]", b"{}", b"{", b'{"files": 1}', b'{"files": [{"path": 1}]}', b"[" * 100_000, b'{"files": [], "packet": "p"}'],
)
def test_a_manifest_that_is_none_is_refused(manifest: bytes, taken: Taken) -> None:
    path = taken.with_changed(lambda files: files.update({MANIFEST: manifest}))
    with pytest.raises(NotPossible):
        check(path)


def test_a_pack_of_a_later_kind_is_not_judged(taken: Taken) -> None:
    def change(files: Files) -> None:
        files[MANIFEST] = files[MANIFEST].replace(b'"clearbill_pack": 1', b'"clearbill_pack": 2')

    with pytest.raises(NotPossible, match="newer kind"):
        check(taken.with_changed(change))


@pytest.mark.parametrize("events", [b"{}", b"[1]", b"null", b"[{}]", b"{", b'[{"subject": []}]'])
def test_events_that_are_none_are_a_fault_and_no_crash(events: bytes, taken: Taken) -> None:
    def change(files: Files) -> None:
        files["events.json"] = events
        repacked(files)

    assert taken.faults_after(change)


def test_a_zip_that_was_cut_off_is_refused(taken: Taken) -> None:
    path = taken.path.with_name("cut.zip")
    path.write_bytes(taken.path.read_bytes()[:-500])
    with pytest.raises(NotPossible):
        check(path)


def test_a_byte_that_flipped_inside_the_file_is_found(taken: Taken) -> None:
    content = bytearray(taken.path.read_bytes())
    at = content.index(b"Which crew was it?")
    content[at] ^= 1
    path = taken.path.with_name("flipped.zip")
    path.write_bytes(bytes(content))
    assert any("was changed" in fault for fault in check(path).faults)

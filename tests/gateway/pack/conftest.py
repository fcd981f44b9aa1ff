"""A packet with a history of every kind, and its pack."""

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from gateway import arrangements, decisions
from gateway.adapter import Document, Receipt
from gateway.errors import Evidence
from gateway.intake import accept
from gateway.pack.checking import Checked, check
from gateway.pack.taking import take
from gateway.pack.writing import written
from gateway.packet import canonical_json, json_from
from gateway.store import packets
from gateway.verdict import ReasonCode, Stage, Status
from tests.bench.stories import a_paper
from tests.gateway.stage import Scene, handed, open_scene

PICTURE = Evidence("../../review page.png", "image/png", b"\x89PNG\r\n\x1a\n what the page looked like")
PAGE = Evidence("page.html", "text/html", b"<script>alert(1)</script><p>the review page</p>")
PAPERS = {"timesheet.pdf": "timesheet", "CON.pdf": "receipt", "Belege für März.pdf": "other"}


def eventful(scene: Scene, number: str = "INV-1001") -> str:
    """Sent with papers and pictures, refused, commented, amended by a person, sent again, accepted."""

    def with_pictures(document: Document, reference: str) -> Receipt:
        return replace(scene.portal.takes(document, reference), evidence=(PICTURE, PAGE))

    scene.portal.next_time(with_pictures)
    whole = handed(number)
    whole["documents"] = [
        {"kind": kind, "name": name, "media_type": "application/pdf"} for name, kind in PAPERS.items()
    ]
    packet_id = accept(scene.house, whole, {name: a_paper(name) for name in PAPERS}).packet_id
    scene.work()
    scene.later(3600)
    scene.says(number, Status.rejected, ReasonCode.other, word="Rejected", text="Which crew was it?")
    assert scene.stage(packet_id) is Stage.held
    arrangements.comment(scene.house, packet_id, "Asked the foreman.", "ann")
    with scene.house.database.read() as tx:
        amended: Any = json_from(canonical_json(packets.body(tx, packet_id, 1)))
    amended["invoice"]["note"] = "Crew 7"
    amended["invoice"]["number"] = f"{number}-R1"
    decisions.amend(scene.house, packet_id, amended, {}, "ann", "the crew is named")
    scene.later(60)
    scene.says(f"{number}-R1", Status.accepted, word="Approved")
    assert scene.stage(packet_id) is Stage.accepted
    return packet_id


@dataclass
class Taken:
    """A pack in a file."""

    packet_id: str
    path: Path

    @property
    def files(self) -> dict[str, bytes]:
        """Its files by name."""
        with zipfile.ZipFile(self.path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def json(self, name: str) -> Any:
        """One of its files, read."""
        return json.loads(self.files[name])

    def with_changed(self, change: Callable[[dict[str, bytes]], None]) -> Path:
        """Another pack, in which somebody has changed something."""
        files = self.files
        change(files)
        path = self.path.with_name("changed.zip")
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path

    def faults_after(self, change: Callable[[dict[str, bytes]], None]) -> list[str]:
        """What a check says of such a pack."""
        return check(self.with_changed(change)).faults


def saved(scene: Scene, packet_id: str, path: Path, who: str = "ann") -> Taken:
    """A packet's pack, taken and written."""
    taken = take(scene.house, packet_id, who)
    path.write_bytes(b"".join(written(scene.house.database, taken)))
    return Taken(packet_id, path)


def checked(taken: Taken) -> Checked:
    return check(taken.path)


@pytest.fixture(scope="session")
def _packed(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """Made once: whoever changes it has a copy."""
    folder = tmp_path_factory.mktemp("pack")
    with open_scene(f"sqlite:///{folder / 'clearbill.db'}", folder) as scene:
        return saved(scene, eventful(scene), folder / "pack.zip")


@pytest.fixture
def taken(_packed: Taken, tmp_path: Path) -> Taken:
    return Taken(_packed.packet_id, Path(shutil.copy(_packed.path, tmp_path / "pack.zip")))

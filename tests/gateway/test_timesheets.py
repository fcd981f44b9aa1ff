"""The time sheets of a packet are opened on its way: what stands in them decides, stored or not."""

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from checklists.checklist import Checklist
from gateway.intake import accept
from gateway.packet import packet_from
from gateway.timesheets import contents, read_sheets
from gateway.verdict import Actor, Stage
from tests.gateway import hostile_papers
from tests.gateway.office import CHECKLIST, CLIENT, Office, open_office
from tests.gateway.stage import CLIENTS, Scene, handed, open_scene
from tests.packets import packet as small_packet

SHEETS = {
    "documents": [{"kind": "timesheet", "for_lines": ["labour"], "signed": True, "hours_match": True}],
    "timesheets": {"read": True},
}


def sheet(hours: str = "8", **changes: Any) -> bytes:
    """The week that `tests.packets.labour` bills, as data: five days of so many hours."""
    entry = {"worker_id": "W-014", "classification": "Lineman", "pay_code": "ST", "hours": hours}
    whole = {
        "timesheet": "TS-2026-10",
        "period": {"start": "2026-03-02", "end": "2026-03-08"},
        "signed_by": "R. Foreman",
        "signed_on": "2026-03-09",
        "entries": [entry | {"day": f"2026-03-0{day}"} for day in range(2, 7)],
    }
    return json.dumps(whole | changes).encode()


def with_sheet(**paper: Any) -> Any:
    whole = handed()
    row = {"kind": "timesheet", "name": "week.json", "media_type": "application/json", "timesheet_id": "TS-2026-10"}
    whole["documents"] = [row | paper]
    return whole


@pytest.fixture
def opened(sqlite_url: str, tmp_path: Path) -> Iterator[Scene]:
    clients = {**CLIENTS, "example-power": {**CLIENTS["example-power"], **SHEETS}}
    with open_scene(sqlite_url, tmp_path, clients=clients) as scene:
        yield scene
        scene.look_over()


def test_a_packet_whose_sheet_shows_the_hours_is_sent(opened: Scene) -> None:
    packet_id = accept(opened.house, with_sheet(), {"week.json": sheet()}).packet_id
    opened.work()
    assert opened.stage(packet_id) is Stage.waiting


def test_a_packet_whose_sheet_shows_fewer_hours_waits_for_us(opened: Scene) -> None:
    packet_id = accept(opened.house, with_sheet(signed_by="Anyone"), {"week.json": sheet("7.5")}).packet_id
    opened.work()
    record = opened.record(packet_id)
    assert (record.stage, record.who_acts) == (Stage.held, Actor.us)
    (why,) = record.why
    assert "40 hours are billed, time sheet TS-2026-10 (week.json) shows 37.5" in why["sentence"]


def test_a_sheet_that_is_not_in_the_agreed_form_waits_for_the_field(opened: Scene) -> None:
    broken = sheet(signed_by="", week="10")
    packet_id = accept(opened.house, with_sheet(signed_by="Anyone"), {"week.json": broken}).packet_id
    opened.work()
    record = opened.record(packet_id)
    assert (record.stage, record.who_acts) == (Stage.held, Actor.field)
    assert record.why[0]["finding"] == "CB-TS-02"


def test_what_was_read_stays_out_of_a_client_that_does_not_ask_for_it() -> None:
    silent = Checklist.model_validate({"client": "river", "name": "River", "account": "river"})

    def nobody(sha256: str) -> bytes:
        raise AssertionError("no paper is opened")

    assert read_sheets(small_packet(), silent, nobody) == {}


def test_every_kind_of_file_is_read_by_its_type_and_the_rest_is_said_to_be_unread() -> None:
    wanted = Checklist.model_validate({"client": "river", "name": "River", "account": "river", **SHEETS})
    table = (
        "timesheet,period_start,period_end,worker_id,classification,pay_code,day,hours\r\n"
        "TS-2,2026-03-02,2026-03-08,W-014,Lineman,ST,2026-03-02,8\r\n"
    )
    files = {"a.json": sheet(), "b.csv": table.encode(), "c.pdf": hostile_papers.pdf(), "d.png": b"\x89PNG\r\n\x1a\n"}
    types = ("application/json", "text/csv", "application/pdf", "image/png")
    whole = handed()
    whole["documents"] = [
        {"kind": "timesheet", "name": name, "media_type": media_type, "sha256": f"{at}" * 64, "size": 1}
        for at, (name, media_type) in enumerate(zip(files, types, strict=True))
    ]
    packet = packet_from(whole)
    read = list(read_sheets(packet, wanted, contents(packet, files)).values())
    assert [one.number for one in read] == ["TS-2026-10", "TS-2", "", ""]
    assert [one.why_not for one in read] == [
        "",
        "",
        "page 1 shows no text, as a scan does",
        "files of the type image/png are not read",
    ]


# --- by command, nothing stored -----------------------------------------------------------------------------------


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        described = yaml.safe_dump({**CHECKLIST, **SHEETS})
        (tmp_path / "checklists" / "example-power.yaml").write_text(described, encoding="utf-8")
        yield opened


def zipped(folder: Path, content: bytes) -> Path:
    path = folder / "hand-over.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("packet.json", json.dumps(with_sheet()))
        archive.writestr("week.json", content)
    return path


def without_account(office: Office) -> None:
    office.settings(accounts={})


@pytest.mark.parametrize("change", [without_account, lambda office: None])
def test_a_packet_that_is_not_stored_is_checked_with_its_own_files(
    office: Office, tmp_path: Path, change: Callable[[Office], None]
) -> None:
    change(office)
    assert office.run("checklist", CLIENT, zipped(tmp_path, sheet())).code == 0
    ran = office.run("checklist", CLIENT, zipped(tmp_path, sheet("7.5")), "--json")
    assert ran.code == 1
    assert [one["finding"] for one in ran.json["findings"]] == ["CB-DOC-06"]


def test_a_dry_hand_over_opens_the_sheets_too(office: Office, tmp_path: Path) -> None:
    ran = office.run("submit", zipped(tmp_path, sheet("7.5")), "--dry-run")
    assert "CB-DOC-06" in ran.out

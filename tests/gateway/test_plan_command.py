"""`clearbill plan`: what becomes of papers is shown before anything is stored or sent."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from checklists.paper_steps import PaperStep
from checklists.planned import PDF, PlannedPaper
from gateway.commands.paper_plan import steps_in_words
from gateway.packet import DocumentKind
from tests.gateway.office import CHECKLIST, CLIENT, Office, open_office, zipped
from tests.gateway.paper_samples import signed, text_pdf, texts_of

PLAN = {"may": ["merge", "rename"], "names": {"timesheet": "{invoice}_sheets"}}


@pytest.fixture
def office(tmp_path: Path, papers_at_hand: None) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


def lets(office: Office, plan: dict[str, Any]) -> None:
    """The client takes one file of time sheets, and its plan is this."""
    files = {"documents": [{"kind": "timesheet", "files": {"at_most": 1}}], "paper_plan": plan}
    path = next(office.folder.rglob(f"{CLIENT}.yaml"))
    path.write_text(yaml.safe_dump({**CHECKLIST, **files}))


def packed(office: Office, *sheets: bytes) -> Path:
    """A packet's ZIP with these time sheets."""
    values = json.loads(office.write().read_text())
    names = {f"sheet{n}.pdf": content for n, content in enumerate(sheets, start=1)}
    values["documents"] = [{"kind": "timesheet", "name": name, "media_type": PDF} for name in names]
    return zipped(office.folder / "packet.zip", {"packet.json": json.dumps(values), **names})


def test_the_plan_of_a_file_is_shown_with_sizes_and_the_papers_can_be_looked_at(office: Office) -> None:
    lets(office, PLAN)
    file, out = packed(office, text_pdf("one"), text_pdf("two")), office.folder / "papers"
    ran = office.run("plan", file, "--out", out, columns=300)
    assert ran.code == 0, ran.err
    assert "INV-1001_sheets.pdf, 2 kB" in ran.out
    assert "from sheet1.pdf (1 kB), sheet2.pdf (1 kB)" in ran.out
    assert "plan: 2 papers become one; named INV-1001_sheets.pdf" in ran.out
    assert "done: merged 2 papers into one of 2 pages" in ran.out
    assert texts_of((out / "INV-1001_sheets.pdf").read_bytes()) == ["one", "two"]
    assert office.run("status", "INV-1001").code == 1  # nothing was stored


def test_what_is_left_alone_is_said_with_the_reason_and_the_next_step(office: Office) -> None:
    lets(office, PLAN)
    ran = office.run("plan", packed(office, text_pdf("one"), signed()), "--json")
    assert ran.code == 1
    (refusal,) = ran.json["refusals"]
    assert (refusal["papers"], refusal["step"]) == (["sheet2.pdf"], "merge")
    assert "signature" in refusal["why"]
    assert refusal["cure"].endswith(".")
    assert [paper["name"] for paper in ran.json["papers"]] == ["INV-1001_sheets.pdf", "INV-1001_sheets-2.pdf"]


def test_a_packet_that_was_handed_over_can_be_asked_for_by_its_number(office: Office) -> None:
    ran = office.run("submit", packed(office, text_pdf("one")), "--json")
    assert ran.code == 0, ran.err
    told = office.run("plan", "INV-1001", "--json")
    assert [paper["made_of"][0]["name"] for paper in told.json["papers"]] == ["sheet1.pdf"]
    assert "each goes as it came" in " ".join(office.run("plan", "INV-1001").out.split())
    missing = office.run("plan", "INV-9")
    assert missing.code == 1
    assert "There is no file 'INV-9'" in " ".join(missing.err.split())


def test_every_step_has_its_words() -> None:
    every = frozenset(PaperStep) - {PaperStep.order}
    paper = PlannedPaper(DocumentKind.other, (0, 1), PDF, "a", ".pdf", every, most_bytes=2_000_000, aim_bytes=1_000_000)
    told = steps_in_words(paper)
    assert len(told) == len(every)
    assert told[4].startswith("above 1.0 MB it is packed without loss")
    assert told[5] == "above 2.0 MB it is cut between pages"

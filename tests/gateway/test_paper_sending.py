"""Papers on their way: planned, made in a process of their own, checked as they leave, kept, sent, told."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from checklists.check import check
from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding
from checklists.planned import JPEG, PDF
from checklists.sent_papers import SentPapers
from gateway.adapter import Document
from gateway.commands.telling import event_in_words
from gateway.intake import accept
from gateway.packet import Packet
from gateway.paper_sending import PapersToSend, papers_to_send
from gateway.paperwork import apart
from gateway.steps import prepare
from gateway.store import packet_files, packets
from gateway.store.database import blob
from gateway.verdict import Stage
from gateway.worker import work_once
from tests.checklists.packets import TODAY
from tests.gateway.paper_samples import Paper, client, noise, packet_with, picture, sheets, signed, text_pdf, texts_of
from tests.gateway.stage import CLIENTS, Scene, handed, open_scene

MERGING = {"may": ["merge", "convert", "rename"], "names": {"timesheet": "{invoice}_sheets"}}


def sent(checklist: Checklist, *papers: Paper) -> tuple[PapersToSend, list[Finding]]:
    """What leaves, and what the checklist says of the files that do."""
    packet, contents = packet_with(*papers)
    made = papers_to_send(packet, checklist, contents.__getitem__)
    return made, [one for one in found(packet, checklist, made.sent) if one.code.startswith("CB-ATT")]


def found(packet: Packet, checklist: Checklist, papers: SentPapers) -> tuple[Finding, ...]:
    return check(packet, checklist, Facts(today=TODAY, papers=papers))


def names(papers: PapersToSend) -> list[str]:
    return [one.document.name for one in papers.sent.papers]


def test_what_the_plan_mends_is_no_finding_and_what_was_read_in_the_sheets_still_counts(papers_at_hand: None) -> None:
    rules = client(files={"at_most": 1}, plan=MERGING)
    photo: Paper = ("timesheet", "photo.jpg", JPEG, picture(), "TS-3")
    made, findings = sent(rules, *sheets(text_pdf("one"), text_pdf("two", "more")), photo)
    assert findings == []
    (paper,) = made.sent.papers
    assert (paper.document.name, paper.document.media_type, paper.sources) == ("TU-1001_sheets.pdf", PDF, (0, 1, 2))
    assert paper.done == ("made a PDF of a picture", "merged 3 papers into one of 4 pages")
    (content,) = made.made.values()
    assert texts_of(content) == ["one", "two", "more", ""]
    assert (paper.document.sha256, paper.document.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert paper.document.timesheet_id == ""


def test_the_same_papers_make_the_same_bytes_in_another_process() -> None:
    rules = client(
        ["merge", "convert", "compress", "stamp"],
        {"at_most": 1, "max_mb": "0.1"},
        plan={"stamps": {"timesheet": "{page}"}},
    )
    papers: Sequence[Paper] = [
        *sheets(text_pdf("one")),
        ("timesheet", "p.jpg", JPEG, noise((700, 700), dpi=(300, 300)), ""),
    ]
    first, second = sent(rules, *papers)[0], sent(rules, *papers)[0]
    assert first == second
    assert list(first.made) == [hashlib.sha256(content).hexdigest() for content in second.made.values()]


def test_a_signed_sheet_is_renamed_and_never_rewritten_and_the_finding_says_why(papers_at_hand: None) -> None:
    made, findings = sent(client(files={"at_most": 1}, plan=MERGING), *sheets(signed(), text_pdf("two")))
    assert made.made == {}
    assert names(made) == ["TU-1001_sheets.pdf", "TU-1001_sheets-2.pdf"]
    assert [one.code for one in findings] == ["CB-ATT-13", "CB-ATT-10"]
    assert findings[0].path == "/documents/0"
    assert "sheet1.pdf carries a filled signature field" in findings[0].sentence


def test_a_page_that_must_stay_without_its_number_is_sent_with_a_warning(papers_at_hand: None) -> None:
    rules = client(["stamp"], plan={"stamps": {"timesheet": "{page} of {pages}"}})
    made, findings = sent(rules, *sheets(signed(), text_pdf("two")))
    assert [one.stops for one in findings] == [False]
    assert [bool(one.done) for one in made.sent.papers] == [False, True]


def test_a_paper_that_is_too_large_leaves_in_parts_that_keep_the_limit(papers_at_hand: None) -> None:
    pages = text_pdf(*(f"page {n} {'x' * 200}" for n in range(40)))
    limit = len(pages) * 6 // 10
    rules = client(["split", "compress"], {"max_mb": f"{limit / 1_000_000:.6f}"})
    made, findings = sent(rules, *sheets(pages, text_pdf("small")))
    assert findings == []
    assert names(made)[-1] == "sheet2.pdf"
    assert names(made)[:2] == ["sheet1-1.pdf", "sheet1-2.pdf"]
    assert all(one.document.size <= limit and one.document.timesheet_id for one in made.sent.papers)


def test_a_name_that_gets_a_number_is_none_too_long(papers_at_hand: None) -> None:
    long = "a" * 196
    pages = text_pdf(*(f"page {n} {'x' * 200}" for n in range(10)))
    parts, _ = sent(
        client(["split"], {"max_mb": f"{len(pages) * 6 // 10 / 1_000_000:.6f}"}), *_named(f"{long}.pdf", pages)
    )
    photo: Paper = ("timesheet", f"{long}.jpg", JPEG, picture(), "TS-2")
    two, _ = sent(client(["convert"], {"media_types": [PDF]}), *_named(f"{long}.pdf", pages), photo)
    assert names(parts) == [f"{'a' * 194}-1.pdf", f"{'a' * 194}-2.pdf"]
    assert names(two) == [f"{long}.pdf", f"{'a' * 194}-2.pdf"]


def _named(name: str, content: bytes) -> tuple[Paper, ...]:
    return (("timesheet", name, PDF, content, "TS-1"),)


def test_what_cannot_be_made_small_enough_leaves_nothing_half_done(papers_at_hand: None) -> None:
    made, findings = sent(client(["compress"], {"max_mb": "0.0001"}), *sheets(text_pdf("one")))
    assert names(made) == ["sheet1.pdf"]
    assert made.made == {}
    assert {one.code for one in findings} == {"CB-ATT-13", "CB-ATT-09"}
    assert findings[-1].cure


def test_a_file_without_a_plan_is_not_even_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("a paper was opened")

    packet, _ = packet_with(*sheets(text_pdf("one"), text_pdf("two")))
    monkeypatch.setattr(apart, "_asked", never)
    assert papers_to_send(packet, client(["merge", "compress"], {"at_most": 2}), never).made == {}
    assert papers_to_send(packet, client(files={"at_most": 1}), never).made == {}


def test_a_process_that_gives_no_answer_is_a_refusal_of_that_paper_alone(
    monkeypatch: pytest.MonkeyPatch, papers_at_hand: None
) -> None:
    asked = apart._asked

    def dies_of_the_second(question: dict[str, Any], papers: Sequence[apart.Source], until: float) -> Any:
        if any(content == bad for _, content in papers):
            raise apart._NoAnswer
        return asked(question, papers, until)

    bad = text_pdf("a bomb")
    monkeypatch.setattr(apart, "_asked", dies_of_the_second)
    made, findings = sent(client(files={"at_most": 1}, plan=MERGING), *sheets(text_pdf("one"), bad))
    assert made.made == {}
    assert "sheet2.pdf could not be worked on within the limits" in findings[0].sentence


def test_the_process_gets_no_setting_of_ours_and_a_hostile_picture_ends_it_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLEARBILL_SECRET", "hush")
    seen: list[Mapping[str, str]] = []
    run = apart.subprocess.run

    def watched(*args: Any, env: Mapping[str, str], **how: Any) -> Any:
        seen.append(env)
        return run(*args, env=env, **how)

    monkeypatch.setattr(apart.subprocess, "run", watched)
    (look,) = apart.looks_at([("image/png", b"\x89PNG\r\n\x1a\n" + b"\xff" * 4000)], time.monotonic() + 60)
    assert "cannot be read" in look.why_not
    assert [set(env) - {"LD_LIBRARY_PATH"} for env in seen] == [{"PYTHONPATH"}]


def test_when_the_time_for_a_packet_is_over_no_more_of_its_papers_are_worked_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(apart.subprocess, "run", lambda *_, **__: pytest.fail("a process was started"))
    (look, other) = apart.looks_at([(PDF, b"a"), (PDF, b"b")], time.monotonic() - 1)
    assert "limits of time" in look.why_not
    assert look == other


# --- through the house --------------------------------------------------------------------------------------------


@pytest.fixture
def scene(sqlite_url: str, tmp_path: Path, papers_at_hand: None) -> Any:
    planned = {
        **CLIENTS["example-power"],
        "documents": [{"kind": "timesheet", "files": {"at_most": 1}}],
        "paper_plan": MERGING,
    }
    with open_scene(sqlite_url, tmp_path, clients={"example-power": planned}) as opened:
        yield opened
        opened.look_over()


def _handed_over(scene: Scene) -> tuple[str, dict[str, bytes]]:
    files = {"a.pdf": text_pdf("one"), "b.pdf": text_pdf("two")}
    whole = handed("INV-1001")
    whole["documents"] = [{"kind": "timesheet", "name": name, "media_type": PDF} for name in files]
    return accept(scene.house, whole, files).packet_id, files


def test_what_was_made_is_sent_kept_and_told_and_the_originals_stay(scene: Scene) -> None:
    packet_id, files = _handed_over(scene)
    left: list[Document] = []
    scene.portal.before_submit = left.append
    scene.work()
    assert scene.stage(packet_id) is Stage.waiting
    (told,) = next(one for one in scene.events(packet_id) if one.kind == "built").data["papers"]
    assert [source["name"] for source in told["made_of"]] == ["a.pdf", "b.pdf"]
    with scene.house.database.read() as tx:
        assert texts_of(blob(tx, told["sha256"])) == ["one", "two"]
        assert [blob(tx, source["sha256"]) for source in told["made_of"]] == list(files.values())
        built = packets.built_document(tx, packet_id, 1)
        shown = packet_files.find(tx, packet_id, told["sha256"])
    assert shown is not None
    assert shown.name == "INV-1001_sheets.pdf"
    (beside,) = left[0].files
    assert (beside.name, beside.sha256) == ("INV-1001_sheets.pdf", told["sha256"])
    assert built.files == (beside,)
    words = event_in_words(next(one for one in scene.events(packet_id) if one.kind == "built"))
    assert "INV-1001_sheets.pdf is made of a.pdf, b.pdf: merged 2 papers into one of 2 pages." in words


def test_a_crash_between_making_and_keeping_makes_the_same_bytes_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    packet_id, _ = _handed_over(scene)
    left: list[Document] = []
    scene.portal.before_submit = left.append
    seen: list[str] = []
    keep = prepare.keep_blob

    def crashes_once(tx: Any, content: bytes) -> str:
        seen.append(hashlib.sha256(content).hexdigest())
        if len(seen) == 1:
            raise RuntimeError("the machine went down")
        return keep(tx, content)

    monkeypatch.setattr(prepare, "keep_blob", crashes_once)
    work_once(scene.house)
    assert scene.stage(packet_id) is Stage.received
    scene.much_later()
    assert scene.stage(packet_id) is Stage.waiting
    assert len(seen) == 2
    assert seen[0] == seen[1] == left[0].files[0].sha256

"""Intake: what it acknowledges is kept whole, what it refuses is not kept at all."""

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest

from gateway.errors import NotFound, PacketRefused, SettingWrong, SourceIdTaken
from gateway.intake import MAX_DOCUMENT_BYTES, accept, check_hand_over
from gateway.papers import look_at
from gateway.store import packets
from gateway.store.database import blob
from gateway.verdict import Stage
from tests.gateway import hostile_papers as papers
from tests.gateway.stage import Scene, handed, house_settings
from tests.packets import labour, materials

PDF = papers.PDF


def listed(name: str = "sheet.pdf", media_type: str = PDF, **facts: Any) -> dict[str, Any]:
    return {"kind": "timesheet", "name": name, "media_type": media_type, **facts}


def with_papers(*rows: dict[str, Any], number: str = "INV-1001", **changes: Any) -> Any:
    whole = handed(number, **changes)
    whole["documents"] = list(rows)
    return whole


def refused(scene: Scene, whole: object, files: dict[str, bytes] | None = None) -> list[str]:
    """The problems as told; nothing may have been kept."""
    before = scene.counts()
    with pytest.raises(PacketRefused) as told:
        accept(scene.house, whole, files or {})
    assert scene.counts() == before
    return [str(problem) for problem in told.value.problems]


def test_packet_papers_first_event_and_first_job_are_kept_together(scene: Scene) -> None:
    content, before = papers.pdf(), scene.counts()
    accepted = accept(scene.house, with_papers(listed()), {"sheet.pdf": content})
    assert not accepted.repeated
    record = scene.record(accepted.packet_id)
    assert (record.stage, record.client, record.account) == (Stage.received, "example-power", "north")
    with scene.house.database.read() as tx:
        paper = packets.body(tx, accepted.packet_id, 1).documents[0]
        assert blob(tx, paper.sha256) == content
    counts = scene.counts()
    assert [counts[name] - before[name] for name in ("packet", "revision", "event", "work", "blob")] == [1] * 5


def test_the_same_hand_over_answers_the_same_packet(scene: Scene) -> None:
    first = accept(scene.house, with_papers(listed()), {"sheet.pdf": papers.pdf()})
    before = scene.counts()
    again = accept(scene.house, with_papers(listed()), {"sheet.pdf": papers.pdf()})
    assert (again.packet_id, again.repeated) == (first.packet_id, True)
    assert scene.counts() == before
    scene.work()
    assert accept(scene.house, with_papers(listed()), {"sheet.pdf": papers.pdf()}).packet_id == first.packet_id


@pytest.mark.parametrize("changed", ["a field", "a paper's bytes"])
def test_the_same_source_id_with_other_content_is_refused_and_names_the_packet(scene: Scene, changed: str) -> None:
    first = accept(scene.house, with_papers(listed()), {"sheet.pdf": papers.pdf()})
    before = scene.counts()
    whole = with_papers(listed(), **({"note": "other"} if changed == "a field" else {}))
    content = papers.pdf(2 if changed != "a field" else 1)
    with pytest.raises(SourceIdTaken) as told:
        accept(scene.house, whole, {"sheet.pdf": content})
    assert told.value.packet_id == first.packet_id
    assert "new source id" in str(told.value)
    assert scene.counts() == before


def test_two_intakes_racing_with_one_hand_over_make_one_packet(scene: Scene) -> None:
    found = _race(scene, 6, lambda n: accept(scene.house, handed(), {}).packet_id)
    assert len(set(found)) == 1
    assert scene.counts()["packet"] == 1
    scene.work()
    assert scene.portal.living == ["INV-1001"]


def test_two_intakes_racing_with_different_content_leave_one_winner(scene: Scene) -> None:
    def hand_over(n: int) -> object:
        try:
            return accept(scene.house, handed(note=f"variant {n}"), {}).packet_id
        except SourceIdTaken as taken:
            return taken

    found = _race(scene, 6, hand_over)
    winners = {one for one in found if isinstance(one, str)}
    assert len(winners) == 1
    assert {one.packet_id for one in found if isinstance(one, SourceIdTaken)} == winners


def _race(scene: Scene, count: int, act: Callable[[int], object]) -> list[object]:
    barrier = threading.Barrier(count)
    found: list[object] = []

    def run(n: int) -> None:
        barrier.wait(10)
        try:
            found.append(act(n))
        except Exception as fault:
            found.append(fault)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == count
    return found


def test_an_unknown_client_is_refused_with_those_there_are(lite: Scene) -> None:
    before = lite.counts()
    with pytest.raises(NotFound, match="example-power, southern-grid"):
        accept(lite.house, handed(client="nobody"), {})
    assert lite.counts() == before


def test_a_checklist_that_names_no_account_of_ours_is_the_installations_fault(lite: Scene, tmp_path: Any) -> None:
    import dataclasses

    settings = house_settings("sqlite:///x", tmp_path).model_copy(update={"accounts": {}})
    with pytest.raises(SettingWrong, match=r"accounts\.north"):
        accept(dataclasses.replace(lite.house, settings=settings), handed(), {})


# --- sums and money -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("total", ["line_net", "tax_exclusive", "tax_inclusive", "payable", "tax"])
def test_a_wrong_sum_is_refused_by_its_place_with_the_right_one(lite: Scene, total: str) -> None:
    whole = handed()
    whole["invoice"]["totals"][total] = "1.23"
    told = refused(lite, whole)
    assert any(one.startswith("/invoice/") for one in told)
    assert any("4020.4" in one or "4,020.40" in one or "0" in one for one in told)


def test_a_line_that_does_not_add_up_is_refused(lite: Scene) -> None:
    whole = handed(lines=[labour(net_amount="3939.99")])
    assert any("/invoice/lines/0" in one for one in refused(lite, whole))


@pytest.mark.parametrize("currency", ["XXX", "ZZZ", "XAU"])
def test_what_is_no_currency_is_refused(lite: Scene, currency: str) -> None:
    assert any("/invoice/currency" in one for one in refused(lite, handed(currency=currency)))


def test_amounts_finer_than_the_currency_are_refused(scene: Scene) -> None:
    whole = handed(lines=[materials(1, "10.00")])
    whole["invoice"]["lines"][0] |= {"unit_price": "10.00001", "net_amount": "10.00001"}
    for name in ("line_net", "tax_exclusive", "tax_inclusive", "payable"):
        whole["invoice"]["totals"][name] = "10.00001"
    refused(scene, whole)


@pytest.mark.parametrize("amount", ["999999999999999", "100000000000000"])
def test_amounts_beyond_every_invoice_are_refused_at_the_door(scene: Scene, amount: str) -> None:
    assert any("larger" in one for one in refused(scene, handed(lines=[materials(1, amount)])))


def test_lines_beyond_every_invoice_are_refused_even_where_they_offset_each_other(scene: Scene) -> None:
    huge = "999999999999999"
    back = materials(2, huge) | {"quantity": "-1", "net_amount": f"-{huge}"}
    assert any("larger" in one for one in refused(scene, handed(lines=[materials(1, huge), back, labour(3)])))


def test_an_amount_at_the_limit_goes_through_the_whole_house(scene: Scene) -> None:
    packet_id = scene.hand_over(lines=[materials(1, "99999999999999")])
    scene.work()
    assert scene.stage(packet_id) is Stage.waiting


# --- papers -------------------------------------------------------------------------------------------------------

BROKEN: dict[str, tuple[str, bytes, str]] = {
    "empty": (PDF, b"", "empty"),
    "no PDF": (PDF, b"hello", "does not begin"),
    "truncated": (PDF, papers.pdf()[:-40], "truncated"),
    "encrypted": (PDF, papers.encrypted_pdf(), "encrypted"),
    "encrypted by AES": (PDF, papers.pdf_under_aes(), "encrypted"),
    "no pages": (PDF, papers.pdf(0), "pages"),
    "pages in a ring": (PDF, papers.pdf_with_pages_in_a_ring(), "PDF"),
    "countless pages": (PDF, papers.pdf_with_countless_pages(), "pages"),
    "zip bomb": (papers.XLSX, papers.zip_bomb(), "unpack"),
    "encrypted zip": (papers.XLSX, papers.encrypted_workbook(), "encrypted"),
    "no zip": (papers.XLSX, b"PK\x03\x04 and nothing", "damaged"),
    "wrong type": ("application/x-msdownload", b"MZ", "not taken"),
    "html as image": ("image/png", b"<html>", "does not begin"),
    "binary as text": ("text/csv", b"a,b\n\x00", "binary"),
    "latin as text": ("text/plain", b"\xe4", "UTF-8"),
    "no json": ("application/json", b"[" * 100_000, "JSON"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_paper_that_nobody_can_open_is_refused_by_name_with_a_cure(lite: Scene, what: str) -> None:
    media_type, content, says = BROKEN[what]
    whole = with_papers(listed("paper.bin", media_type, **({} if content else {"size": 1})))
    told = refused(lite, whole, {"paper.bin": content})
    assert any("paper.bin" in one and says in one for one in told), told


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (PDF, papers.pdf()),
        (papers.XLSX, papers.workbook()),
        ("image/png", b"\x89PNG\r\n\x1a\n..."),
        ("image/jpeg", b"\xff\xd8\xff\xe0"),
        ("text/csv", "Stunden,Zulage\nä,1\n".encode()),
        ("application/json", b'{"a": 1}'),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_right_paper_is_taken(media_type: str, content: bytes) -> None:
    assert look_at("paper", media_type, content) is None


def test_damaged_papers_of_any_kind_are_answered_in_words() -> None:
    """Bytes knocked out, doubled and turned over: whatever a reader makes of them, it is no crash."""
    rolls = random.Random(20261121)
    samples = [papers.pdf(3), papers.encrypted_pdf(), papers.pdf_under_aes(), papers.workbook()]
    for n in range(400):
        content = bytearray(samples[n % len(samples)])
        for _ in range(rolls.randint(1, 12)):
            at = rolls.randrange(len(content))
            match rolls.randrange(3):
                case 0:
                    content[at] = rolls.randrange(256)
                case 1:
                    del content[at : at + rolls.randrange(1, 40)]
                case _:
                    content[at:at] = content[at : at + rolls.randrange(1, 40)]
        for media_type in (PDF, papers.XLSX):
            found = look_at("paper", media_type, bytes(content))
            assert found is None or (found.message and found.cure)


def test_a_file_that_is_not_listed_or_did_not_come_is_told(lite: Scene) -> None:
    told = refused(lite, with_papers(listed("a.pdf", sha256="0" * 64, size=9)), {"b.pdf": papers.pdf()})
    assert any("a.pdf did not come" in one for one in told)
    assert any("b.pdf" in one and "List it" in one for one in told)


def test_bytes_other_than_announced_are_refused(lite: Scene) -> None:
    content = papers.pdf()
    told = refused(lite, with_papers(listed(sha256="0" * 64)), {"sheet.pdf": content})
    assert any("/documents/0/sha256" in one for one in told)
    told = refused(lite, with_papers(listed(size=7)), {"sheet.pdf": content})
    assert any("/documents/0/size" in one and str(len(content)) in one for one in told)


def test_a_paper_beyond_fifty_megabytes_is_refused(lite: Scene) -> None:
    content = bytes(MAX_DOCUMENT_BYTES + 1)
    assert any("50 MB" in one for one in refused(lite, with_papers(listed()), {"sheet.pdf": content}))


def test_one_paper_in_two_packets_is_kept_once(lite: Scene) -> None:
    before = lite.counts()["blob"]
    for number in ("INV-1", "INV-2"):
        accept(lite.house, with_papers(listed(), number=number), {"sheet.pdf": papers.pdf()})
    assert lite.counts()["blob"] - before == 1


@pytest.mark.parametrize("documents", [None, "x", [None], [1], [{"name": 7}], [{"name": None}], {"0": {}}])
def test_any_shape_of_documents_is_answered_in_words(lite: Scene, documents: object) -> None:
    whole = handed()
    whole["documents"] = documents
    assert refused(lite, whole)


def test_looking_first_keeps_nothing(lite: Scene) -> None:
    before = lite.counts()
    assert check_hand_over(lite.house, handed(), {}).invoice.number == "INV-1001"
    with pytest.raises(NotFound):
        check_hand_over(lite.house, handed(client="nobody"), {})
    assert lite.counts() == before

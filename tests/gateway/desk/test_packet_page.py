"""A packet's page: the portal's words unchanged, trouble at its field, every byte, and nothing that runs."""

import hashlib
from typing import Any

import pytest

from gateway import decisions, secrets
from gateway.desk.comparing import differences
from gateway.desk.files import shown_as
from gateway.desk.packet_page import EVENTS, WORDS
from gateway.desk.sheet import LINES, sheet_of
from gateway.errors import Evidence
from gateway.intake import accept
from gateway.store import evidence, packets, tables
from gateway.verdict import Level, ReasonCode, Stage, Status, Verdict
from tests.gateway.desk.stage import Browser, Desk, words
from tests.gateway.stage import Scene, handed
from tests.packets import labour
from tests.packets import packet as small_packet

SCRIPT = '<script>alert("x")</script>'


def refused(scene: Scene, code: ReasonCode = ReasonCode.rate_mismatch, **told: str) -> str:
    scene.portal.next_time(scene.portal.refuses(code, **told))
    packet_id = scene.hand_over()
    scene.work()
    assert scene.stage(packet_id) is Stage.held
    return packet_id


def test_the_page_tells_the_stop_and_the_portals_words_as_they_are(desk: Desk) -> None:
    packet_id = refused(desk.scene, path="/invoice/lines/0/unit_price", text=f"Rate & {SCRIPT}")
    answer = desk.signed_in().see(f"/packets/{packet_id}")
    told, record = words(answer), desk.scene.record(packet_id)
    assert answer.status_code == 200
    assert record.action in told
    assert "Rate &amp; &lt;script&gt;" in answer.text
    assert SCRIPT not in answer.text
    assert answer.text.count('<span class="said">rate mismatch (line 1, unit price)') == 1
    assert "Transmission 1 began." in told
    assert "refused by the portal" in told


def test_what_was_sent_and_answered_can_be_saved_byte_for_byte(desk: Desk) -> None:
    packet_id = desk.scene.sent()
    (attempt,) = desk.scene.attempts(packet_id)
    browser = desk.signed_in()
    saved = browser.see(f"/packets/{packet_id}/files/{attempt.document_sha256}")
    assert hashlib.sha256(saved.content).hexdigest() == attempt.document_sha256
    assert saved.headers["content-disposition"].startswith("attachment;")
    assert saved.headers["content-type"] == "application/octet-stream"
    page = browser.see(f"/packets/{packet_id}")
    assert f"/packets/{packet_id}/view/{hashlib.sha256(b'<ok/>').hexdigest()}" in page.text
    shown = browser.see(f"/packets/{packet_id}/view/{hashlib.sha256(b'<ok/>').hexdigest()}")
    assert "&lt;ok/&gt;" in shown.text


def test_another_packets_bytes_are_not_shown(lite_desk: Desk) -> None:
    one, another = lite_desk.scene.sent("INV-1"), lite_desk.scene.sent("INV-2")
    (attempt,) = lite_desk.scene.attempts(another)
    browser = lite_desk.signed_in()
    for way in ("files", "view"):
        assert browser.see(f"/packets/{another}/{way}/{attempt.document_sha256}").status_code == 200
        assert browser.see(f"/packets/{one}/{way}/{attempt.document_sha256}").status_code == 404
        assert browser.see(f"/packets/{one}/{way}/{'0' * 64}").status_code == 404
        assert browser.see(f"/packets/{one}/{way}/%00").status_code == 404


def keep(scene: Scene, packet_id: str, name: str, media_type: str, content: bytes) -> str:
    """Has something kept as it was seen at the portal; answers its hash."""
    with scene.house.database.write() as tx:
        assert packets.load(tx, packet_id, lock=True)
        seen = (Evidence(name, media_type, content),)
        evidence.keep(tx, packet_id, scene.house.database.now(tx), seen, "portal:north", 1)
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("name", "media_type", "content"),
    [
        ("page.html", "text/html", f"<!doctype html>{SCRIPT}".encode()),
        ("seal.svg", "image/svg+xml", f'<svg xmlns="http://www.w3.org/2000/svg">{SCRIPT}</svg>'.encode()),
        ("answer.xml", "application/xhtml+xml", f'<html xmlns="http://www.w3.org/1999/xhtml">{SCRIPT}</html>'.encode()),
        ("picture.png", "image/png", SCRIPT.encode()),  # it says that it is a picture
    ],
)
def test_nothing_that_could_run_is_handed_to_a_browser_as_such(
    lite_desk: Desk, name: str, media_type: str, content: bytes
) -> None:
    packet_id = lite_desk.scene.sent()
    sha256 = keep(lite_desk.scene, packet_id, name, media_type, content)
    browser = lite_desk.signed_in()
    shown = browser.see(f"/packets/{packet_id}/view/{sha256}")
    assert "default-src 'none'; style-src 'self'" in shown.headers["content-security-policy"]
    assert SCRIPT not in shown.text
    assert "&lt;script&gt;" in shown.text
    saved = browser.see(f"/packets/{packet_id}/files/{sha256}")
    assert saved.content == content
    assert saved.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in saved.headers["content-security-policy"]


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\nrest", b"\xff\xd8\xff\xe0rest", b"%PDF-1.7\nrest"])
def test_pictures_and_pdfs_are_shown_in_place_and_may_do_nothing(lite_desk: Desk, content: bytes) -> None:
    packet_id = lite_desk.scene.sent()
    sha256 = keep(lite_desk.scene, packet_id, "seen", "application/octet-stream", content)
    answer = lite_desk.signed_in().see(f"/packets/{packet_id}/view/{sha256}")
    assert answer.content == content
    assert answer.headers["content-type"] == shown_as(content)
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy


def test_changes_between_revisions_are_told_in_words(lite_desk: Desk) -> None:
    scene = lite_desk.scene
    whole = handed("INV-1001")
    whole["invoice"]["orders"] = [{"number": "12345678"}]
    packet_id = accept(scene.house, whole, {}).packet_id
    scene.work()
    told = words(lite_desk.signed_in().see(f"/packets/{packet_id}"))
    if scene.record(packet_id).revision > 1:
        assert "12345678 ->" in told
    assert f"revision {scene.record(packet_id).revision}" in told


def test_a_long_history_and_a_long_invoice_come_in_pages(lite_desk: Desk) -> None:
    scene, browser = lite_desk.scene, lite_desk.signed_in()
    packet_id = scene.hand_over(lines=[labour(n) for n in range(1, LINES + 6)])
    with scene.house.database.write() as tx:
        record = packets.load(tx, packet_id, lock=True)
        assert record is not None
        for _ in range(EVENTS + 5):
            packets.note(tx, record, scene.house.database.now(tx), "ann", "void_ordered", {"why": "test"})
    page = browser.see(f"/packets/{packet_id}")
    assert f"Lines 1 to {LINES} of {LINES + 5}." in words(page)
    assert page.text.count("as it is kept") == EVENTS
    assert "?before=7#happened" in page.text
    assert words(browser.see(f"/packets/{packet_id}", before="7")).count("as it is kept") == 6
    assert f"Lines {LINES + 1} to {LINES + 5}" in words(browser.see(f"/packets/{packet_id}", line=str(LINES)))


@pytest.mark.parametrize("query", ["line=-1", "line=x", "before=0", "before=99999999999999999999"])
def test_a_page_that_nobody_offered_is_not_understood(lite_desk: Desk, query: str) -> None:
    packet_id = lite_desk.scene.hand_over()
    answer = lite_desk.signed_in().see(f"/packets/{packet_id}?{query}")
    assert (answer.status_code, "Not understood" in words(answer)) == (400, True)


def test_a_changed_history_is_said_aloud(lite_desk: Desk) -> None:
    packet_id = lite_desk.scene.hand_over()
    with lite_desk.scene.house.database.write() as tx:
        tx.exec_driver_sql("DROP TRIGGER event_no_update")
        before = tx.execute(tables.event.select().where(tables.event.c.subject == packet_id)).one()
        tx.execute(tables.event.update().where(tables.event.c.id == before.id).values(who="somebody else"))
    assert "was changed or removed" in words(lite_desk.signed_in().see(f"/packets/{packet_id}"))
    with lite_desk.scene.house.database.write() as tx:  # as it was, for the look over the scene
        tx.execute(tables.event.update().where(tables.event.c.id == before.id).values(who=before.who))


def test_a_secret_that_is_kept_in_bytes_is_blotted_out(lite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    packet_id = lite_desk.scene.sent()
    sha256 = keep(lite_desk.scene, packet_id, "answer.xml", "text/xml", b"<s>a-secret-of-tomorrow</s>")
    monkeypatch.setattr(secrets, "_known", set(secrets._known))
    monkeypatch.setattr(secrets, "_longest_first", secrets._longest_first)
    secrets.remember("a-secret-of-tomorrow")
    browser: Browser = lite_desk.signed_in()
    for way in ("files", "view"):
        assert b"tomorrow" not in browser.see(f"/packets/{packet_id}/{way}/{sha256}").content


def test_a_packet_that_is_not_there_is_said_to_be(lite_desk: Desk) -> None:
    assert lite_desk.signed_in().see("/packets/p0").status_code == 404
    assert lite_desk.signed_in(name="ann").see("/packets/%00").status_code == 404


@pytest.mark.parametrize(
    ("path", "at"),
    [
        ("/invoice/totals/payable", "/invoice/totals/payable"),
        ("/invoice/totals", "/invoice/totals/line_net"),
        ("/invoice/lines/0/labour/worker_id", "/invoice/lines/0"),
        ("/invoice/lines/77", ""),
        ("/invoice/number/x", "/invoice/number"),
        ("", ""),
        ("no pointer", ""),
    ],
)
def test_trouble_stands_at_the_nearest_field_that_is_shown(path: str, at: str) -> None:
    reason: dict[str, Any] = {"code": "other", "path": path, "portal_text": "No.", "portal_code": ""}
    sheet = sheet_of(small_packet("INV-1"), [reason])
    marked = [field.pointer for field in sheet.fields if field.said]
    marked += [f"/invoice/lines/{n}" for n, row in enumerate(sheet.lines) if row.said]
    assert marked == ([at] if at else [])


def test_a_verdict_of_the_buyer_stands_beside_the_invoice(lite_desk: Desk) -> None:
    packet_id = lite_desk.scene.sent()
    lite_desk.scene.says("INV-1001", Status.under_query, ReasonCode.price_mismatch, word="Disputed", text="Too dear!")
    told = words(lite_desk.signed_in().see(f"/packets/{packet_id}"))
    assert "Disputed" in told
    assert "Too dear!" in told


def test_a_thousand_objections_to_five_thousand_lines_are_placed_in_one_go() -> None:
    lines = [labour(n + 1) for n in range(5000)]
    why = [{"code": "other", "path": f"/invoice/lines/{n}/quantity", "text": "No."} for n in range(5000)]
    why += [{"code": "other", "path": path, "text": path} for path in ("/invoice/lines", "/invoice/totals", "", "/x")]
    sheet = sheet_of(small_packet(lines=lines), why, 4900)
    assert [len(row.said) for row in sheet.lines] == [1] * LINES
    assert len(sheet_of(small_packet(lines=lines), why).lines[0].said) == 2, "of all the lines: at the first"
    assert sum(bool(field.said) for field in sheet.fields if "/totals/" in field.pointer) == 1


def test_no_character_turns_the_words_beside_it_round(lite_desk: Desk) -> None:
    packet_id = lite_desk.scene.hand_over(contract_number="C-1\u202e01-C", issued_on="2026-12-24")
    lite_desk.scene.work()
    browser = lite_desk.signed_in()
    page = browser.see(f"/packets/{packet_id}")
    assert "C-1\ufffd01-C" in page.text
    assert "\u202e" not in page.text
    form = browser.see(f"/packets/{packet_id}/edit").text
    assert 'name="/invoice/number"' in form
    assert 'name="/invoice/contract_number"' not in form, "it would come back as something else"


def test_any_two_revisions_stand_side_by_side_by_the_names_of_their_fields(desk: Desk) -> None:
    scene, browser = desk.scene, desk.signed_in()
    packet_id = scene.hand_over(issued_on="2026-12-24", contract_number="C-1")
    scene.work()
    for note, issued_on in (("first", "2026-12-25"), ("<b>second</b>", "2026-12-26")):
        whole = handed("INV-1001", issued_on=issued_on, note=note)
        decisions.amend(scene.house, packet_id, whole, {}, "ann", "as agreed")
        scene.work()
    page = browser.see(f"/packets/{packet_id}/compare", first="1", second="3")
    told = words(page)
    assert "issued on 2026-12-24 2026-12-26" in told
    assert "contract number C-1 not there" in told
    assert "&lt;b&gt;second&lt;/b&gt;" in page.text
    assert "fields differ" in told
    latest = words(browser.see(f"/packets/{packet_id}/compare"))
    assert "issued on 2026-12-25 2026-12-26" in latest
    assert "contract number" not in latest
    backwards = words(browser.see(f"/packets/{packet_id}/compare", first="3", second="1"))
    assert "issued on 2026-12-26 2026-12-24" in backwards
    assert "word for word" in words(browser.see(f"/packets/{packet_id}/compare", first="2", second="2"))
    assert browser.see(f"/packets/{packet_id}/compare", first="4").status_code == 404
    assert browser.see(f"/packets/{packet_id}/compare", first="x").status_code == 400


def test_a_line_that_came_is_told_field_by_field() -> None:
    before, after = small_packet(lines=[labour(1)]), small_packet(lines=[labour(1), labour(2)])
    found = {one.name: (one.before, one.after) for one in differences(before, after)}
    assert found["line 2, quantity"][0] == ""
    assert found["line 2, quantity"][1]
    assert not any(name.startswith("line 1") for name in found)


def test_the_bytes_behind_an_event_are_one_click_away(lite_desk: Desk) -> None:
    scene, browser = lite_desk.scene, lite_desk.signed_in()
    packet_id = scene.sent()
    scene.says("INV-1001", Status.under_query, ReasonCode.price_mismatch, word="Disputed")
    page = browser.see(f"/packets/{packet_id}").text
    happened = page.split('id="happened"')[1]
    (sent,) = scene.attempts(packet_id)
    assert f'/view/{sent.document_sha256}">What was sent</a>' in happened
    assert "What the portal said</a>" in happened or "What was answered</a>" in happened


def test_pictures_of_a_driven_portal_are_shown_in_place(lite_desk: Desk) -> None:
    packet_id = lite_desk.scene.sent()
    picture = b"\x89PNG\r\n\x1a\nrest"
    sha256 = keep(lite_desk.scene, packet_id, "the page of the invoice.png", "image/png", picture)
    keep(lite_desk.scene, packet_id, "page.html", "text/html", b"<p>")
    page = lite_desk.signed_in().see(f"/packets/{packet_id}").text
    assert f'<img src="/packets/{packet_id}/view/{sha256}" alt="the page of the invoice.png" loading="lazy">' in page
    assert page.count("<img ") == 1


def test_more_words_than_a_page_holds_are_said_to_stand_elsewhere(lite_desk: Desk) -> None:
    scene, browser = lite_desk.scene, lite_desk.signed_in()
    packet_id = scene.sent()
    (attempt,) = scene.attempts(packet_id)
    with scene.house.database.write() as tx:
        for n in range(WORDS + 3):
            said = Verdict(Status.in_process, Level.portal, portal_status=f"word {n}")
            packets.add_verdict(tx, attempt, said, scene.clock.now)
    told = words(browser.see(f"/packets/{packet_id}"))
    assert "Earlier words stand among what happened." in told
    assert f"word {WORDS + 2}" in told
    assert "word 0 " not in told

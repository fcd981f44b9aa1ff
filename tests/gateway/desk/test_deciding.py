"""Orders from a packet's page: what is offered is what can be done, said beforehand, done once, under a name."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from http.client import HTTPConnection

import pytest

from gateway.desk.deciding import ORDERS
from gateway.desk.offers import CORRECT, DONE, OFFERS
from gateway.store import packets
from gateway.store.people import Role
from gateway.verdict import Outcome, ReasonCode, Stage
from tests.gateway import hostile_papers as papers
from tests.gateway.desk.stage import COOKIE, Browser, Desk, open_desk, words
from tests.gateway.stage import Scene
from tests.gateway.test_decisions import held_alive, held_by_checklist, held_cancelled, held_in_doubt, held_refused
from tests.gateway.test_proposed_changes import refused, strict

__all__ = ["strict"]  # a fixture: pytest finds it by name


def offered(browser: Browser, packet_id: str) -> set[str]:
    """The orders that a packet's page has forms for."""
    return set(re.findall(r'name="order" value="(\w+)"', browser.see(f"/packets/{packet_id}").text))


def decide(browser: Browser, packet_id: str, order: str, **fields: str) -> int:
    """Fills in the form for an order as the page has it now, and sends it."""
    page = browser.see(f"/packets/{packet_id}").text
    for name in ("looked_at", "proposal"):
        if found := re.search(rf'name="{name}" value="([^"]*)"', page):
            fields.setdefault(name, found[1])
    return browser.order(f"/packets/{packet_id}/decide", order=order, **fields).status_code


def test_every_order_that_is_offered_is_carried_out_and_said_to_be_done() -> None:
    assert ORDERS.keys() == DONE.keys() - {"edit"} == {offer.order for offer in (CORRECT, *OFFERS)}
    assert all(offer.does.endswith(".") and offer.done.endswith(".") for offer in (CORRECT, *OFFERS))


@pytest.mark.parametrize(
    ("brought", "wanted"),
    [
        (
            held_by_checklist,
            {"correct", "check_again", "attach", "by_hand", "put_off", "leave", "stop", "take", "comment"},
        ),
        (held_refused, {"check_again", "attach", "by_hand", "put_off", "leave", "stop", "take", "comment"}),
        (held_in_doubt, {"sent_as", "not_sent", "put_off", "leave", "take", "comment"}),
        (held_alive, {"wait", "put_off", "leave", "void", "credit", "take", "comment"}),
        (held_cancelled, {"check_again", "attach", "by_hand", "wait", "put_off", "leave", "stop", "take", "comment"}),
        (lambda scene: scene.sent(), {"void", "credit", "take", "comment"}),
    ],
)
def test_only_what_can_be_done_is_offered(lite_desk: Desk, brought: Callable[[Scene], str], wanted: set[str]) -> None:
    packet_id = brought(lite_desk.scene)
    assert offered(lite_desk.signed_in(), packet_id) == wanted
    assert offered(lite_desk.signed_in(Role.viewer), packet_id) == set()


def test_a_packet_is_checked_again_in_two_clicks_and_under_a_name(desk: Desk) -> None:
    packet_id = held_by_checklist(desk.scene)
    desk.scene.clock.passes(24 * 3600 * 300)  # the day has come
    browser = desk.signed_in(name="ann")
    page = browser.see(f"/packets/{packet_id}").text
    key = re.search(r'name="looked_at" value="([^"]*)"', page)
    assert key
    fields = {"order": "check_again", "looked_at": key[1], "why": "the day has come"}
    answer = browser.order(f"/packets/{packet_id}/decide", **fields)
    assert answer.status_code == 303
    assert desk.scene.stage(packet_id) is Stage.received
    event = desk.scene.events(packet_id)[-1]
    assert (event.kind, event.who, event.data["why"]) == ("checked_again", "ann", "the day has come")
    assert "It goes through the checklist again" in words(browser.see(answer.headers["location"]))


def test_what_is_in_doubt_is_settled_by_what_the_person_saw(desk: Desk) -> None:
    packet_id, browser = held_in_doubt(desk.scene), desk.signed_in()
    assert decide(browser, packet_id, "check_again") == 409
    assert decide(browser, packet_id, "sent_as", reference=" ") == 409
    assert desk.scene.outcomes(packet_id) == [Outcome.maybe_sent]
    assert decide(browser, packet_id, "sent_as", reference="P-77") == 303
    assert desk.scene.attempts(packet_id)[-1].portal_reference == "P-77"
    assert desk.scene.stage(packet_id) is Stage.waiting


def test_two_who_decide_at_once_get_one_decision_and_one_clear_message(desk: Desk) -> None:
    packet_id = held_refused(desk.scene)
    pages = {name: desk.signed_in(name=name) for name in ("ann", "robin")}
    key = re.search(r'name="looked_at" value="([^"]*)"', pages["ann"].see(f"/packets/{packet_id}").text)
    assert key
    gate, answers = threading.Barrier(2), {}

    def order(name: str, what: str) -> None:
        gate.wait(30)
        fields = {"order": what, "looked_at": key[1], "why": "as agreed"}
        answers[name] = pages[name].order(f"/packets/{packet_id}/decide", **fields)

    both = [threading.Thread(target=order, args=one) for one in (("ann", "check_again"), ("robin", "stop"))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(60)
    assert sorted(answer.status_code for answer in answers.values()) == [303, 409]
    (late,) = [answer for answer in answers.values() if answer.status_code == 409]
    assert "it has moved on since you looked at it" in words(late).lower()
    assert f'href="/packets/{packet_id}"' in late.text
    assert len({"checked_again", "stopped"} & set(desk.scene.kinds(packet_id))) == 1


def test_an_old_page_decides_about_nothing_new(lite_desk: Desk) -> None:
    scene, browser = lite_desk.scene, lite_desk.signed_in()
    packet_id = held_refused(scene)
    old = re.search(r'name="looked_at" value="([^"]*)"', browser.see(f"/packets/{packet_id}").text)
    assert old
    scene.portal.next_time(scene.portal.refuses(ReasonCode.po_closed))
    scene.clock.passes(60)
    assert decide(browser, packet_id, "check_again") == 303
    scene.work()
    assert scene.stage(packet_id) is Stage.held
    for order in ("check_again", "stop", "put_off"):
        assert decide(browser, packet_id, order, looked_at=old[1], why="x", until="2026-04-01") == 409
        assert decide(browser, packet_id, order, looked_at="", why="x", until="2026-04-01") == 409


def test_a_proposed_correction_is_accepted_as_it_was_shown(strict: Scene) -> None:
    packet_id = refused(strict)
    with open_desk(strict) as desk:
        _accept_the_proposal(desk, packet_id)


def _accept_the_proposal(lite_desk: Desk, packet_id: str) -> None:
    browser = lite_desk.signed_in()
    proposed = lite_desk.scene.record(packet_id).proposed
    assert proposed
    told = words(browser.see(f"/packets/{packet_id}"))
    assert f"Proposed: {proposed.says}" in told
    assert decide(lite_desk.signed_in(Role.viewer), packet_id, "correct") == 403
    assert decide(browser, packet_id, "correct", proposal="another") == 409
    assert decide(browser, packet_id, "correct", proposal="") == 409
    assert decide(browser, packet_id, "correct") == 303
    assert lite_desk.scene.record(packet_id).revision == 2


def test_a_paper_is_attached_as_a_new_revision(desk: Desk) -> None:
    packet_id, browser = held_by_checklist(desk.scene), desk.signed_in()
    page = browser.see(f"/packets/{packet_id}").text
    key = re.search(r'name="looked_at" value="([^"]*)"', page)
    assert key
    fields = {"csrf": browser.csrf, "order": "attach", "looked_at": key[1], "kind": "timesheet"}
    content = papers.pdf()
    for name, status in (("../sheet.pdf", 409), ("sheet.exe", 409), ("sheet.pdf", 303)):
        kind = "application/pdf" if name.endswith("pdf") else "application/x-msdownload"
        answer = browser.client.post(
            f"/packets/{packet_id}/decide", data=fields, files={"paper": (name, content, kind)}
        )
        assert answer.status_code == status, words(answer)
    with desk.scene.house.database.read() as tx:
        (paper,) = packets.body(tx, packet_id, 2).documents
    assert (paper.name, paper.kind.value) == ("sheet.pdf", "timesheet")
    assert browser.see(f"/packets/{packet_id}/files/{paper.sha256}").content == content


def test_a_packet_is_taken_given_back_put_off_and_commented(desk: Desk) -> None:
    packet_id, browser = held_by_checklist(desk.scene), desk.signed_in(name="ann")
    day = (desk.scene.clock.now + timedelta(days=9)).date().isoformat()
    assert decide(browser, packet_id, "take", owner="ann") == 303
    assert decide(browser, packet_id, "take", owner="nobody-here") == 409
    assert decide(browser, packet_id, "put_off", until=day, why="they are on holiday") == 303
    assert decide(browser, packet_id, "comment", text="Spoke <b>to</b> them.") == 303
    record = desk.scene.record(packet_id)
    assert record.owner == "ann"
    assert record.act_by
    assert record.act_by.date().isoformat() == day
    assert record.stage is Stage.held
    page = browser.see(f"/packets/{packet_id}")
    assert "Spoke &lt;b&gt;to&lt;/b&gt; them." in page.text
    assert desk.scene.kinds(packet_id)[-3:] == ["taken", "put_off", "commented"]
    assert not desk.scene.record(packet_id).touched, "nobody has decided anything"


@pytest.mark.parametrize("day", ["", "tomorrow", "2026-03-01", "2026-03-10", "2027-03-10", "2026-02-30", "9999-12-31"])
def test_a_packet_is_put_off_to_a_day_that_is_near_and_to_come(lite_desk: Desk, day: str) -> None:
    packet_id = held_by_checklist(lite_desk.scene)
    assert decide(lite_desk.signed_in(), packet_id, "put_off", until=day) == 409


def test_what_the_portal_holds_is_voided_or_credited_with_a_reason(lite_desk: Desk) -> None:
    packet_id, browser = lite_desk.scene.sent(), lite_desk.signed_in()
    assert decide(browser, packet_id, "void") == 409
    assert decide(browser, packet_id, "credit", number="CN-1") == 409
    assert decide(browser, packet_id, "credit", why="not done") == 409
    assert decide(browser, packet_id, "credit", number="CN-1", why="not done") == 303
    assert decide(browser, packet_id, "void", why="wrong client") == 409
    assert not {"void", "credit"} & offered(browser, packet_id)
    another = lite_desk.scene.sent("INV-1002")
    assert decide(browser, another, "void", why="wrong client") == 303
    lite_desk.scene.work()
    assert "credit_ordered" in lite_desk.scene.kinds(packet_id)
    assert lite_desk.scene.stage(another) is Stage.stopped


def test_an_invoice_is_credited_once_also_by_two_at_once(desk: Desk) -> None:
    packet_id = desk.scene.sent()
    pages = {number: desk.signed_in(name=number.lower()) for number in ("CN-1", "CN-2")}
    key = re.search(r'name="looked_at" value="([^"]*)"', pages["CN-1"].see(f"/packets/{packet_id}").text)
    assert key
    gate, codes = threading.Barrier(2), []

    def order(number: str) -> None:
        fields = {"order": "credit", "looked_at": key[1], "number": number, "why": "work not done"}
        gate.wait(30)
        codes.append(pages[number].order(f"/packets/{packet_id}/decide", **fields).status_code)

    both = [threading.Thread(target=order, args=(number,)) for number in pages]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(60)
    assert sorted(codes) == [303, 409]
    assert decide(pages["CN-1"], packet_id, "credit", number="CN-3", why="work not done") == 409
    assert desk.scene.kinds(packet_id).count("credit_ordered") == 1
    with desk.scene.house.database.read() as tx:
        assert len(packets.listed(tx)) == 2


def test_nothing_is_said_to_be_done_by_an_address_that_this_session_was_not_given(lite_desk: Desk) -> None:
    packet_id, ann = held_by_checklist(lite_desk.scene), lite_desk.signed_in(name="ann")
    answer = ann.order(f"/packets/{packet_id}/decide", order="comment", text="Rang them.")
    given = answer.headers["location"].partition("?done=")[2]
    assert "The comment is kept." in words(ann.see(f"/packets/{packet_id}?done={given}"))
    order, second, seal = given.split(".")
    forged = ["stop", "comment", f"stop.{second}.{seal}", f"{order}.{int(second) + 1}.{seal}", f"{order}..{seal}"]
    for text in (*forged, f"{order}.\u0663.{seal}", "..", "\x00"):
        assert 'role="status"' not in ann.see(f"/packets/{packet_id}", done=text).text, text
    robin = lite_desk.signed_in(name="robin")
    assert 'role="status"' not in robin.see(f"/packets/{packet_id}?done={given}").text
    another = lite_desk.scene.hand_over("INV-2")
    assert 'role="status"' not in ann.see(f"/packets/{another}?done={given}").text
    lite_desk.scene.clock.passes(301)
    assert 'role="status"' not in ann.see(f"/packets/{packet_id}?done={given}").text


def test_a_decision_is_about_the_owner_and_the_deadline_that_the_page_showed(lite_desk: Desk) -> None:
    scene, ann, robin = lite_desk.scene, lite_desk.signed_in(name="ann"), lite_desk.signed_in(name="robin")
    packet_id = held_by_checklist(scene)
    old = re.search(r'name="looked_at" value="([^"]*)"', ann.see(f"/packets/{packet_id}").text)
    assert old
    assert decide(robin, packet_id, "take", owner="robin") == 303
    late = ann.order(f"/packets/{packet_id}/decide", order="stop", looked_at=old[1], why="x")
    assert (late.status_code, "taken by robin" in words(late)) == (409, True)
    old = re.search(r'name="looked_at" value="([^"]*)"', ann.see(f"/packets/{packet_id}").text)
    assert old
    day = (scene.clock.now + timedelta(days=3)).date().isoformat()
    assert decide(robin, packet_id, "put_off", until=day) == 303
    assert decide(ann, packet_id, "stop", looked_at=old[1], why="x") == 409


@pytest.mark.parametrize("order", ["", "delete", "__class__", "\u00e9"])
def test_an_order_that_there_is_not_does_nothing(lite_desk: Desk, order: str) -> None:
    packet_id = held_by_checklist(lite_desk.scene)
    before = lite_desk.scene.kinds(packet_id)
    assert decide(lite_desk.signed_in(), packet_id, order) == 409
    assert lite_desk.scene.kinds(packet_id) == before


def test_a_reason_with_what_no_database_can_hold_is_kept_legibly(desk: Desk) -> None:
    packet_id = held_by_checklist(desk.scene)
    assert decide(desk.signed_in(), packet_id, "stop", why="\x00 enough") == 303
    assert "enough" in desk.scene.events(packet_id)[-1].data["why"]


def test_who_takes_what_another_has_just_taken_is_told(lite_desk: Desk) -> None:
    packet_id = held_by_checklist(lite_desk.scene)
    ann, robin = (lite_desk.signed_in(name=name) for name in ("ann", "robin"))
    assert decide(ann, packet_id, "take", owner="ann", was="") == 303
    late = robin.order(f"/packets/{packet_id}/decide", order="take", owner="robin", was="")
    assert (late.status_code, "Ann has it now" in words(late)) == (409, True)
    assert lite_desk.scene.record(packet_id).owner == "ann"
    assert 'name="was" value="ann"' in robin.see(f"/packets/{packet_id}").text
    assert decide(robin, packet_id, "take", owner="robin", was="ann") == 303


def test_a_text_is_as_long_as_the_form_says_and_no_longer(lite_desk: Desk) -> None:
    packet_id, browser = held_by_checklist(lite_desk.scene), lite_desk.signed_in()
    assert decide(browser, packet_id, "comment", text="a\r\n" * 1999 + "bc") == 303
    assert decide(browser, packet_id, "stop", why="x" * 4001) == 409
    assert lite_desk.scene.stage(packet_id) is Stage.held


def test_a_paper_that_is_too_large_is_told_in_words(lite_desk: Desk) -> None:
    path, browser = f"/packets/{held_by_checklist(lite_desk.scene)}/decide", lite_desk.signed_in()
    most = lite_desk.scene.house.settings.max_upload_mb
    connection = HTTPConnection(lite_desk.url.removeprefix("http://"), timeout=60)
    connection.putrequest("POST", path)
    connection.putheader("Content-Length", str(most * 1_000_000 + 1))
    connection.putheader("Cookie", f"{COOKIE}={browser.client.cookies[COOKIE]}")
    connection.endheaders()  # and no byte of the paper: it is refused unread
    answer = connection.getresponse()
    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert f"more than the {most} MB" in answer.read().decode()
    connection.close()
    late = lite_desk.stranger().order(path, text="x" * 20_000)
    assert (late.status_code, late.headers["location"]) == (303, "/sign-in?ended=1")

"""Editing from the desk: shown first, then done; wrong sums and fields that are not offered change nothing."""

import re
from html import unescape

import httpx
import pytest

from gateway.decisions import state_key
from gateway.store import packets
from gateway.verdict import ReasonCode, Stage, Status
from tests.gateway.desk.stage import Browser, Desk, words
from tests.gateway.test_decisions import held_by_checklist


def form_of(answer: httpx.Response) -> dict[str, str]:
    """The fields of the one form of the page's own, as they stand."""
    form = answer.text.split('<form class="card"')[1]
    found = re.findall(r'<input [^>]*?name="([^"]+)"(?:[^>]*? value="([^"]*)")?', form)
    found += re.findall(r'<textarea [^>]*?name="([^"]+)"[^>]*>\n([^<]*)</textarea>', form)
    return {unescape(name): unescape(value) for name, value in found}


def sent(browser: Browser, packet_id: str, **changes: str) -> httpx.Response:
    """Fills in the form as it is now and sends it."""
    fields = form_of(browser.see(f"/packets/{packet_id}/edit"))
    fields |= {f"/invoice/{name.replace('__', '/')}": value for name, value in changes.items()}
    return browser.client.post(f"/packets/{packet_id}/edit", data=fields)


def test_changes_are_shown_first_and_then_made(desk: Desk) -> None:
    packet_id, browser = held_by_checklist(desk.scene), desk.signed_in(name="ann")
    shown = sent(browser, packet_id, issued_on="2026-03-09", contract_number="C-7", note="<b>")
    assert shown.status_code == 200
    assert "issued on: 2026-12-24 -> 2026-03-09" in words(shown)
    assert "contract number: (nothing) -> C-7" in words(shown)
    assert desk.scene.record(packet_id).revision == 1
    done = browser.client.post(f"/packets/{packet_id}/edit", data=form_of(shown) | {"why": "as agreed"})
    assert done.status_code == 303
    assert "It is a new revision now" in words(browser.see(done.headers["location"]))
    with desk.scene.house.database.read() as tx:
        invoice = packets.body(tx, packet_id, 2).invoice
    assert (invoice.issued_on.isoformat(), invoice.contract_number, invoice.note) == ("2026-03-09", "C-7", "<b>")
    event = desk.scene.events(packet_id)[-1]
    assert (event.kind, event.who, event.data["why"]) == ("amended", "ann", "as agreed")
    desk.scene.work()
    assert desk.scene.stage(packet_id) is Stage.waiting


def test_sums_that_are_wrong_are_told_and_what_was_typed_stays(lite_desk: Desk) -> None:
    packet_id, browser = held_by_checklist(lite_desk.scene), lite_desk.signed_in()
    answer = sent(browser, packet_id, lines__0__quantity="39", totals__payable="1,5")
    assert answer.status_code == 409
    assert "nothing was changed" in words(answer)
    assert form_of(answer)["/invoice/totals/payable"] == "1,5"
    assert lite_desk.scene.record(packet_id).revision == 1


def test_an_emptied_field_is_taken_out_and_a_needed_one_is_asked_for(lite_desk: Desk) -> None:
    packet_id, browser = held_by_checklist(lite_desk.scene), lite_desk.signed_in()
    assert "Nothing differs" in words(sent(browser, packet_id))
    assert "Nothing differs" in words(sent(browser, packet_id, note=" \r\n "))
    assert sent(browser, packet_id, number="").status_code == 409
    assert "order 1, number" in words(sent(browser, packet_id, orders__0__number="4500099999"))


@pytest.mark.parametrize("pointer", ["/client", "/source_id", "/invoice/lines/77/quantity", "/invoice/totals", "/x"])
def test_a_field_that_the_form_does_not_have_is_not_reached(lite_desk: Desk, pointer: str) -> None:
    packet_id, browser = held_by_checklist(lite_desk.scene), lite_desk.signed_in()
    fields = form_of(browser.see(f"/packets/{packet_id}/edit")) | {pointer: "southern-grid", "line": "9" * 5000}
    answer = browser.client.post(f"/packets/{packet_id}/edit", data=fields)
    assert (answer.status_code, "nothing differs" in words(answer).lower()) == (409, True)


def test_what_moved_on_meanwhile_and_what_the_portal_holds_is_not_edited(lite_desk: Desk) -> None:
    scene, browser = lite_desk.scene, lite_desk.signed_in()
    packet_id = held_by_checklist(scene)
    fields = form_of(browser.see(f"/packets/{packet_id}/edit")) | {"/invoice/note": "another"}
    for looked_at in ("held.then.1", ""):
        old = browser.client.post(f"/packets/{packet_id}/edit", data=fields | {"looked_at": looked_at})
        assert (old.status_code, "has moved on" in words(old)) == (409, True)
    alive, waiting = scene.sent("INV-2"), scene.sent("INV-3")
    scene.says("INV-2", Status.under_query, ReasonCode.price_mismatch)
    for packet_id, why in ((alive, "could double it"), (waiting, "is waiting, not held")):
        opened = browser.see(f"/packets/{packet_id}/edit")
        assert (opened.status_code, why in words(opened)) == (409, True), "nobody need type for nothing"
        fields["looked_at"] = state_key(scene.record(packet_id))
        assert browser.client.post(f"/packets/{packet_id}/edit", data=fields).status_code == 409
        assert scene.record(packet_id).revision == 1


@pytest.mark.parametrize("name", ["line", "/invoice/lines/0/order/line"])
def test_a_number_that_nobody_means_is_told_and_no_fault_of_ours(lite_desk: Desk, name: str) -> None:
    packet_id, browser = held_by_checklist(lite_desk.scene), lite_desk.signed_in()
    fields = form_of(browser.see(f"/packets/{packet_id}/edit")) | {name: "9" * 5000}
    assert browser.client.post(f"/packets/{packet_id}/edit", data=fields).status_code == 409

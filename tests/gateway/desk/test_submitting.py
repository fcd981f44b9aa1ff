"""Handing over by hand: what the checklist says is seen first, and then exactly that is done, once."""

import json
import re
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.identity import sign_out
from gateway.store import drafts, packets
from gateway.store.people import Role
from gateway.verdict import Stage
from tests.gateway.desk.stage import Browser, Desk, words
from tests.gateway.paper_samples import text_pdf
from tests.gateway.stage import Scene, handed
from tests.packets import ORDER

UBL = Path(__file__).parents[2] / "formats" / "ubl"
PAPER = text_pdf("Week 10, signed")
FIELDS = {
    "/client": "example-power",
    "/invoice/type": "380",
    "/invoice/number": "INV-7",
    "/invoice/issued_on": "2026-03-09",
    "/invoice/currency": "USD",
    "/invoice/orders/0/number": ORDER,
    "/invoice/seller/name": "Example Line Services",
    "/invoice/seller/address/country": "US",
    "/invoice/buyer/name": "Example Power",
    "/invoice/lines/0/kind": "mileage",
    "/invoice/lines/0/description": "Truck 7",
    "/invoice/lines/0/quantity": "120",
    "/invoice/lines/0/unit": "SMI",
    "/invoice/lines/0/unit_price": "0.67",
    "/invoice/lines/0/order/line": "2",
}


def post(browser: Browser, path: str, files: Any = None, **fields: str) -> httpx.Response:
    return browser.client.post(path, data={"csrf": browser.csrf, **fields}, files=files)


def upload(browser: Browser, values: Any, *papers: tuple[str, bytes]) -> httpx.Response:
    """The look at a ready packet, or what was said instead."""
    files = [("packet", ("packet.json", json.dumps(values, default=str).encode(), "application/json"))]
    files += [("files", (name, content, "application/pdf")) for name, content in papers]
    answer = post(browser, "/submit/packet", files)
    return browser.see(answer.headers["location"]) if answer.status_code == 303 else answer


def begun(browser: Browser) -> str:
    return str(browser.order("/submit/form").headers["location"])


def hand_over(browser: Browser, page: httpx.Response) -> httpx.Response:
    seen = re.search(r'name="seen" value="(\w+)"', page.text)
    assert seen, words(page)
    return browser.order(page.url.path, do="hand-over", seen=seen[1])


def in_stage(scene: Scene) -> list[tuple[str, str]]:
    with scene.house.database.read() as tx:
        return [(one.invoice_number, one.stage.value) for one in packets.listed(tx)]


def test_a_ready_packet_is_looked_at_and_handed_over_once_in_a_persons_name(desk: Desk) -> None:
    browser = desk.signed_in(name="ann")
    values = handed() | {"documents": [{"kind": "timesheet", "name": "week.pdf", "media_type": "application/pdf"}]}
    page = upload(browser, values, ("week.pdf", PAPER))
    assert "Nothing stops it" in words(page)
    assert "week.pdf" in words(page)
    assert in_stage(desk.scene) == [], "looking hands nothing over"
    first, second = hand_over(browser, page), hand_over(browser, page)
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    packet_id = first.headers["location"].rpartition("/")[2]
    assert desk.scene.events(packet_id)[0].who == "ann"
    record = desk.scene.record(packet_id)
    assert (record.source_system, record.source_id) == ("tests", "tests/INV-1001")
    desk.scene.work()
    assert in_stage(desk.scene) == [("INV-1001", "waiting")]
    assert desk.scene.counts()["draft_file"] == 0


def test_two_clicks_at_the_same_moment_hand_over_once(desk: Desk) -> None:
    browser = desk.signed_in()
    page = upload(browser, {name: value for name, value in handed().items() if not name.startswith("source_")})
    gate, answers = threading.Barrier(2), list[httpx.Response]()

    def click() -> None:
        gate.wait(30)
        answers.append(hand_over(browser, page))

    both = [threading.Thread(target=click) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(60)
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(in_stage(desk.scene)) == 1


def test_findings_stand_at_the_field_they_concern_and_corrections_are_told_beforehand(lite_desk: Desk) -> None:
    browser = lite_desk.signed_in()
    page = upload(browser, handed(note="for <Sam>", issued_on="2026-12-24"))
    assert re.search(r'class="marked"><th scope="row">issued on', page.text)
    assert "It would stop before a person" in words(page)
    assert "Who acts us, the billing office" in words(page)
    mended = upload(browser, handed("INV-2", note="for <Sam>"))
    assert "What would be corrected by itself" in words(mended)
    assert "After what is corrected by itself, nothing stops it" in words(mended)
    packet_id = hand_over(browser, mended).headers["location"].rpartition("/")[2]
    lite_desk.scene.work()
    assert lite_desk.scene.record(packet_id).revision == 2, "it was told truly"
    assert lite_desk.scene.stage(packet_id) is Stage.waiting


def test_what_changed_since_it_was_looked_at_is_not_handed_over(lite_desk: Desk) -> None:
    browser = lite_desk.signed_in()
    page = upload(browser, {name: value for name, value in handed().items() if name != "documents"})
    at = page.url.path
    assert post(browser, at, [("files", ("a.pdf", PAPER, "application/pdf"))], do="papers").status_code == 303
    refused = hand_over(browser, page)
    assert refused.status_code == 409
    assert "changed since you looked at it" in words(refused)
    assert in_stage(lite_desk.scene) == []
    assert hand_over(browser, browser.see(at)).status_code == 303


def test_a_source_id_with_other_content_is_refused_with_clear_words(lite_desk: Desk) -> None:
    browser = lite_desk.signed_in()
    lite_desk.scene.hand_over()
    same = upload(browser, handed())
    assert "This very packet was handed over before" in words(same)
    other = upload(browser, handed(note="another"))
    assert "handed over 'tests/INV-1001' before, with other content" in words(other)
    assert 'name="seen"' not in other.text
    assert len(in_stage(lite_desk.scene)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "not JSON"), (b"[1]", "no packet"), (b"{", "not JSON"), (b'{"a": NaN}', "NaN"), (b"\xff", "UTF-8")],
)
def test_what_is_no_packet_is_refused_on_the_page_it_was_sent_from(lite_desk: Desk, content: bytes, said: str) -> None:
    browser = lite_desk.signed_in()
    answer = post(browser, "/submit/packet", [("packet", ("p.json", content, "application/json"))])
    assert answer.status_code == 422
    assert said in words(answer)
    assert lite_desk.scene.counts()["draft"] == 0


def test_a_packet_with_faults_is_told_all_of_them_and_can_be_completed(lite_desk: Desk) -> None:
    browser = lite_desk.signed_in()
    values = handed() | {"documents": [{"kind": "other", "name": "a.pdf", "media_type": "application/pdf"}]}
    page = upload(browser, values)
    assert "document 1" in words(page)
    assert 'name="seen"' not in page.text
    sent = [("files", ("a.pdf", PAPER, "application/pdf"))]
    assert post(browser, page.url.path, sent, do="papers").status_code == 303
    assert hand_over(browser, browser.see(page.url.path)).status_code == 303


# --- the form -----------------------------------------------------------------------------------------------------


def test_an_invoice_is_filled_in_line_by_line_without_script(desk: Desk) -> None:
    browser = desk.signed_in(name="ann")
    at = begun(browser)
    page = post(browser, at, do="line", **FIELDS)
    assert page.status_code == 200
    assert "Amount without tax: 80.4 (reckoned)" in words(page)
    more = {
        "/invoice/lines/1/kind": "labour",
        "/invoice/lines/1/description": "Lineman",
        "/invoice/lines/1/quantity": "8",
        "/invoice/lines/1/unit": "HUR",
        "/invoice/lines/1/unit_price": "98.50",
        "/invoice/lines/1/labour/worker_id": "W-1",
        "/invoice/lines/1/labour/classification": "Lineman",
        "/invoice/lines/1/labour/pay_code": "ST",
        "/invoice/lines/1/tax/category": "S",
        "/invoice/lines/1/tax/rate": "8.25",
    }
    kept = post(browser, at, [("files", ("w.pdf", PAPER, "application/pdf"))], do="papers", **FIELDS, **more)
    assert "65.01 on 788" in words(kept)
    kind = {"kind-1": "timesheet"}
    looked = post(browser, at, do="look", **FIELDS, **more, **kind)
    assert looked.status_code == 303, words(looked)
    look = browser.see(looked.headers["location"])
    packet_id = hand_over(browser, look).headers["location"].rpartition("/")[2]
    with desk.scene.house.database.read() as tx:
        made = packets.body(tx, packet_id, 1)
    assert (made.source_system, str(made.invoice.totals.payable)) == ("desk", "933.41")
    assert [line.number for line in made.invoice.lines] == [1, 2]
    assert (made.documents[0].kind.value, made.documents[0].name) == ("timesheet", "w.pdf")
    assert desk.scene.events(packet_id)[0].who == "ann"


def test_typed_amounts_stand_and_are_refused_where_they_do_not_add_up(lite_desk: Desk) -> None:
    browser = lite_desk.signed_in()
    at = begun(browser)
    wrong = FIELDS | {"/invoice/totals/payable": "81", "/invoice/note": "first\nsecond"}
    page = post(browser, at, do="look", **wrong)
    assert page.status_code == 422
    assert "The amount due is stated as 81.00" in words(page)
    assert 'name="/invoice/totals/payable" value="81"' in page.text
    assert "first\nsecond</textarea>" in page.text, "everything typed is there"
    wrong = FIELDS | {"/invoice/lines/0/net_amount": "80.00"}
    assert "makes 80.40 USD, but the line says 80.00 USD" in words(post(browser, at, do="look", **wrong))
    assert in_stage(lite_desk.scene) == []


def test_faults_name_the_field_and_the_cure(lite_desk: Desk) -> None:
    browser = lite_desk.signed_in()
    at = begun(browser)
    page = post(browser, at, do="look", **(FIELDS | {"/invoice/issued_on": "9 March", "/invoice/number": ""}))
    assert page.status_code == 422
    assert "number: this must be filled in." in words(page)
    assert "issued on: this is no date. Write it as year, month and day: 2026-11-30." in words(page)
    assert re.search(r'name="/invoice/issued_on" value="9 March"[^>]*aria-invalid="true"', page.text)


def test_lines_come_and_go_and_the_parties_of_the_last_invoice_are_taken_over(lite_desk: Desk) -> None:
    lite_desk.scene.hand_over(seller={"name": "Example Line Services", "email": "billing@example.com"})
    browser = lite_desk.signed_in()
    at = begun(browser)
    few = {name: text for name, text in FIELDS.items() if "seller" not in name and "buyer" not in name}
    page = post(browser, at, do="parties", **few, **{"/invoice/buyer/name": "Somebody"})
    assert 'name="/invoice/seller/name" value="Example Line Services"' in page.text
    assert 'name="/invoice/seller/email" value="billing@example.com"' in page.text
    assert 'name="/invoice/buyer/name" value="Somebody"' in page.text, "what was typed stays"
    two = post(browser, at, do="line", **FIELDS)
    assert "Line 2" in words(two)
    assert 'name="/invoice/lines/1/unit" value="SMI"' in two.text
    given = {"/invoice/lines/1/kind": "mileage", "/invoice/lines/1/unit": "SMI"}
    assert post(browser, at, do="look", **FIELDS, **given).status_code == 303, "a line with nothing typed on it is none"
    second = {name.replace("/0/", "/1/"): text for name, text in FIELDS.items() if "/lines/0/" in name}
    one = post(browser, at, do="drop-0", **FIELDS, **(second | {"/invoice/lines/1/quantity": "7"}))
    assert 'name="/invoice/lines/0/quantity" value="7"' in one.text
    assert "Line 2" not in words(one)


# --- an e-invoice -------------------------------------------------------------------------------------------------


def send_ubl(browser: Browser, body: bytes, client: str = "example-power", kind: str = "service") -> httpx.Response:
    fields = {"client": client, "line-kind": kind}
    answer = post(browser, "/submit/ubl", [("ubl", ("invoice.xml", body, "application/xml"))], **fields)
    return browser.see(answer.headers["location"]) if answer.status_code == 303 else answer


def test_an_e_invoice_is_read_and_what_is_left_out_is_told(desk: Desk) -> None:
    browser = desk.signed_in(name="ann")
    page = send_ubl(browser, (UBL / "invoice.xml").read_bytes())
    assert "how and to which bank account it is paid (BG-16)" in words(page)
    assert "000111222" not in page.text, "no bank account is taken over"
    assert "week 10.txt" in words(page)
    packet_id = hand_over(browser, page).headers["location"].rpartition("/")[2]
    record = desk.scene.record(packet_id)
    assert (record.invoice_number, record.source_system, str(record.total)) == ("INV-7", "desk", "4221.42")


def test_an_e_invoice_that_would_lose_something_is_refused_with_everything_chosen_still_there(lite_desk: Desk) -> None:
    body = (UBL / "invoice.xml").read_bytes()
    odd = body.replace(b"<cbc:BuyerReference>", b"<cbc:TaxCurrencyCode>EUR</cbc:TaxCurrencyCode><cbc:BuyerReference>")
    page = send_ubl(lite_desk.signed_in(), odd, kind="goods")
    assert page.status_code == 422
    assert "TaxCurrencyCode: is not read here, and would be lost" in words(page)
    assert '<option value="example-power" selected>' in page.text
    assert '<option value="goods" selected>' in page.text
    assert lite_desk.scene.counts()["draft"] == 0


@pytest.mark.parametrize(("client", "kind"), [("", "service"), ("nobody", "service"), ("example-power", "labour")])
def test_an_e_invoice_is_for_a_known_client_and_bills_one_kind(lite_desk: Desk, client: str, kind: str) -> None:
    page = send_ubl(lite_desk.signed_in(), (UBL / "invoice.xml").read_bytes(), client, kind)
    assert page.status_code == 422


# --- drafts -------------------------------------------------------------------------------------------------------


def test_nobody_sees_the_draft_of_another_and_it_ends_with_the_sign_out(desk: Desk) -> None:
    ann, robin = desk.signed_in(name="ann"), desk.signed_in(name="robin")
    mine = upload(ann, handed() | {"documents": []}, ("w.pdf", PAPER)).url.path
    assert robin.see(mine).status_code == 404
    assert robin.order(mine, do="discard").status_code == 404
    assert "ready packet" in words(ann.see("/submit"))
    sign_out(desk.scene.house, "a session of ann", "ann")
    assert desk.scene.counts()["draft"] == desk.scene.counts()["draft_file"] == 0


def test_a_draft_ends_after_a_day_and_never_reaches_the_pipeline(desk: Desk) -> None:
    browser = desk.signed_in()
    at = upload(browser, handed() | {"documents": []}, ("w.pdf", PAPER)).url.path
    desk.scene.work()
    desk.scene.watch()
    assert in_stage(desk.scene) == []
    desk.scene.clock.passes(24 * 3600 + 1)
    with desk.scene.house.database.read() as tx:
        now = desk.scene.house.database.now(tx)
        assert drafts.load(tx, at.rpartition("/")[2], Role.coordinator.value, now) is None
    desk.scene.watch()
    assert desk.scene.counts()["draft"] == desk.scene.counts()["draft_file"] == 0


def test_what_nobody_finishes_cannot_fill_the_database(lite_desk: Desk) -> None:
    browser = lite_desk.signed_in()
    for _ in range(5):
        begun(browser)
    answer = browser.order("/submit/form")
    assert answer.status_code == 409
    assert "5 hand-overs half done" in words(answer)
    at = re.search(r'href="(/submit/\w+)', browser.see("/submit").text)
    assert at
    assert browser.order(at[1], do="discard").status_code == 303
    begun(browser)


def test_a_name_that_no_file_may_have_is_refused_at_the_papers(lite_desk: Desk) -> None:
    browser = lite_desk.signed_in()
    at = begun(browser)
    page = post(browser, at, [("files", ("n" * 201 + ".pdf", PAPER, "application/pdf"))], **FIELDS, do="papers")
    assert page.status_code == 422
    assert "more than 200 characters" in words(page)
    assert 'value="INV-7"' in page.text

"""What goes wrong on order, on the wire and on the page."""

import httpx
import pytest

from adapters.oracle_isupplier.sandbox import Portal
from adapters.oracle_isupplier.sandbox.doors import PAGE_KINDS

from .visitor import ORDER, Visitor


def at_review(visitor: Visitor, number: str = "INV-1") -> Visitor:
    return visitor.with_order("450001234").press("Next", visitor.details(number, {0: "40"})).press("Next")


def test_an_answer_lost_at_submit_leaves_the_invoice_there(visitor: Visitor, portal: Portal) -> None:
    at_review(visitor)
    portal.goes_silent_after_receipt()
    with pytest.raises(httpx.RemoteProtocolError):
        visitor.press("Submit")
    assert [held["submitted"] for held in portal.documents()] == [True]
    assert len(visitor.home().find("INV-1")) == 1


def test_a_submit_cut_before_it_was_read_leaves_nothing(visitor: Visitor, portal: Portal) -> None:
    at_review(visitor)
    portal.cuts_before_receipt()
    with pytest.raises(httpx.RemoteProtocolError):
        visitor.press("Submit")
    assert portal.documents() == []
    assert visitor.press("Submit").message[0] == "Confirmation"


def test_the_door_of_submit_is_neither_next_nor_a_question_nor_a_part(visitor: Visitor, portal: Portal) -> None:
    portal.knobs(submit_question="page")
    at_review(visitor).press("Submit").press("Yes")
    doors = [each["door"] for each in portal.requests() if each["method"] == "POST"]
    assert doors.count("submit") == 2
    assert doors[-2:] == ["submit", "submit"]
    assert doors.count("ppr") == 1


def test_an_error_page_after_submit_says_nothing_of_the_invoice_that_is_there(visitor: Visitor, portal: Portal) -> None:
    at_review(visitor)
    portal.fault("error_page_after")
    visitor.press("Submit")
    assert (visitor.answer.status_code, visitor.title) == (500, "Error Page")
    assert "INV-1" not in visitor.text
    assert len(portal.documents()) == 1


INSTEAD = {
    "session_expired": ("Login", "User Name"),
    "login_page": ("Login", "User Name"),
    "state_loss": ("Error", "FND_STATE_LOSS_ERROR"),
    "mac_error": ("Error", "failed a security check"),
    "error_page": ("Error Page", "You have encountered an unexpected error."),
    "maintenance": ("Maintenance", "scheduled maintenance"),
}


@pytest.mark.parametrize("kind", INSTEAD)
def test_a_fault_in_place_of_submit_does_nothing(visitor: Visitor, portal: Portal, kind: str) -> None:
    at_review(visitor)
    portal.fault(kind, door="submit")
    title, words = INSTEAD[kind]
    assert visitor.press("Submit").title == title
    assert words in visitor.text
    assert portal.documents() == []
    visitor.home()
    at_review(visitor).press("Submit")
    assert len(portal.documents()) == 1


@pytest.mark.parametrize("kind", ["session_expired", "state_loss", "error_page"])
def test_a_fault_in_the_middle_of_the_wizard_hits_the_request_it_was_told_to(
    visitor: Visitor, portal: Portal, kind: str
) -> None:
    portal.fault(kind, door="post", after=2)
    visitor.follow("Finance").follow("Create Invoices").press_create()
    visitor.press("Go", {visitor.named("PO Number"): "450001234"})
    visitor.press("Add to Invoice", {visitor.table("PoFoundTable").ticks[0]: "0"})
    assert visitor.press("Next").title == INSTEAD[kind][0]


def test_lost_pages_stay_lost_after_a_state_loss(visitor: Visitor, portal: Portal) -> None:
    at_review(visitor)
    seen = visitor.answer
    portal.fault("state_loss", door="submit")
    visitor.press("Submit")
    assert "no longer active" in visitor.take(seen).press("Submit").text
    assert portal.documents() == []


def test_a_lost_click_is_answered_and_nothing_was_done(visitor: Visitor, portal: Portal) -> None:
    visitor.follow("Finance").follow("Create Invoices").press_create()
    visitor.press("Go", {visitor.named("PO Number"): "450001234"})
    portal.fault("lost_click")
    visitor.press("Add to Invoice", {visitor.table("PoFoundTable").ticks[0]: "0"})
    assert visitor.table("PoAddedTable").rows == []
    visitor.press("Add to Invoice", {visitor.table("PoFoundTable").ticks[0]: "0"})
    assert len(visitor.table("PoAddedTable").rows) == 1


def test_two_holds_on_the_next_invoice(visitor: Visitor, portal: Portal) -> None:
    portal.fault("two_holds")
    visitor.create("INV-1", {0: "1"})
    visitor.create("INV-2", {0: "1"})
    assert [[hold["code"] for hold in held["holds"]] for held in portal.documents()] == [["QTY REC", "PRICE"], []]


def test_a_column_moves_and_a_label_is_renamed_for_one_page(visitor: Visitor, portal: Portal) -> None:
    visitor.create("INV-1", {0: "1"})
    visitor.find("INV-1")
    heads = visitor.table("ViewTable").heads
    portal.fault("moved_column", door="post")
    visitor.find("INV-1")
    assert visitor.table("ViewTable").heads == heads[1:] + heads[:1]
    assert visitor.table("ViewTable").rows[0]["Invoice"] == "INV-1"
    portal.fault("renamed_label", door="post")
    visitor.find("INV-1")
    assert "Bill Reference" in visitor.text
    visitor.find("INV-1")
    assert visitor.table("ViewTable").heads == heads


@pytest.mark.parametrize(("kind", "words"), [("extra_popup", "window.open("), ("alert", "alert(")])
def test_a_page_may_open_what_nobody_asked_for(visitor: Visitor, portal: Portal, kind: str, words: str) -> None:
    portal.fault(kind)
    script = " ".join(visitor.follow("Orders").page.xpath("//head/script/text()"))
    assert words in script.partition("_afterLoad")[2]
    script = " ".join(visitor.follow("Orders").page.xpath("//head/script/text()"))
    assert words not in script.partition("_afterLoad")[2]


def test_answers_are_held_back_and_counted(portal: Portal) -> None:
    knobs = {"ppr_delay_from": "0.001", "ppr_delay_to": "0.002", "page_delay": "0.003"}
    with Portal({"default": {"knobs": knobs, "orders": [ORDER]}}) as slow:
        visitor = Visitor(slow).home()
        before, seconds = slow.delays()
        visitor.with_order("450001234")
        count, total = slow.delays()
        assert count - before == 6
        assert 5 * 0.003 + 0.001 <= total - seconds <= 5 * 0.003 + 0.002 + 1e-9
        slow.fault("slow_ppr", seconds=0.01)
        visitor.press("Add Row")
        assert slow.delays()[1] - total >= 0.011
        visitor.http.close()


def test_the_facts_delays_are_one_word() -> None:
    with Portal({"default": {"delays": "facts"}}) as portal, httpx.Client(base_url=portal.url) as client:
        knobs = client.get("/_sandbox/knobs").json()
        assert (knobs["ppr_delay_from"], knobs["ppr_delay_to"], knobs["page_delay"]) == ("1.4", "3.7", "4")


def test_a_closing_sandbox_does_not_wait_for_its_delays() -> None:
    with Portal({"default": {"knobs": {"page_delay": "3600"}}}) as portal:
        visitor = Visitor(portal)
        portal._site.stopping.set()  # as close() does first
        visitor.sign_in()
        assert portal.delays()[1] >= 3600
        visitor.http.close()


def test_a_refused_password_on_order_is_worded_as_the_page_words_it(portal: Portal) -> None:
    portal.refuses_the_password(times=0, door="login")
    visitor = Visitor(portal)
    visitor.get("/OA_HTML/OA.jsp?OAFunc=OAHOMEPAGE")
    told = visitor.http.post("/OA_HTML/AuthenticateUser", data={"username": "x", "password": "y"}).json()
    assert (told["status"], told["message"][:13]) == ("error", "Login failed.")
    visitor.http.close()


def test_every_fault_of_a_page_is_tried_above() -> None:
    tried = {*INSTEAD, "lost_click", "two_holds", "moved_column", "renamed_label", "extra_popup", "alert", "slow_ppr"}
    assert tried | {"error_page_after"} == PAGE_KINDS

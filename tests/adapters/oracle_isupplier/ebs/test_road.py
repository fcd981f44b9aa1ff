"""The road through iSupplier's pages, in a real browser against the stand-in."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from adapters.oracle_isupplier.ebs import Road
from adapters.oracle_isupplier.ebs.form import form_from
from adapters.oracle_isupplier.ebs.wizard import Wizard, find_saved
from gateway.adapter import Session
from gateway.errors import Evidence, MaybeSent, NotSent, PersonNeeded, PortalChanged, SignInRefused
from gateway.verdict import Actor, Outcome, ReasonCode, Status
from tests.adapters.oracle_isupplier.ebs.conftest import Office
from tests.packets import PLAIN, STAMP, labour, materials, mileage, packet

OpenOffice = Callable[..., Office]


@pytest.mark.parametrize(
    "profile",
    [pytest.param("plain", marks=pytest.mark.driven), "harbor", pytest.param("prairie", marks=pytest.mark.driven)],
)
def test_each_tenant_is_worked_with_data_alone(open_office: OpenOffice, profile: str) -> None:
    office = open_office(profile)
    lines = [labour(), mileage(), materials()]
    receipt = office.submit("INV-7", lines=lines, note="Week 10")
    (held,) = office.there("INV-7")
    assert receipt.outcome is Outcome.receipted
    assert (held["total"], held["description"], held["date"]) == ("5270.40", "Week 10", "2026-03-09")
    assert [(one["line"], one["quantity"], one["amount"]) for one in held["lines"]] == [
        (1, "40", "3940.00"),
        (2, "120", "80.40"),
        (3, None, "1250.00"),
    ]
    assert [one["name"] for one in held["attachments"]] == ["timesheet.pdf"]
    assert [one.name for one in receipt.evidence] == ["review.jpeg", "confirmation.jpeg"]
    assert all(one.content.startswith(b"\xff\xd8") for one in receipt.evidence)
    adapter = office.adapter()
    (found,) = adapter.find("INV-7")
    assert (found.portal_reference, found.total, found.currency) == ("INV-7", Decimal("5270.40"), "USD")
    (notice,) = adapter.poll("").notices
    assert (notice.number, notice.verdict.status) == ("INV-7", Status.in_process)


@pytest.mark.soak
def test_two_holds_on_one_invoice_are_both_told(office: Office) -> None:
    office.submit()
    office.portal.holds("INV-1", "PRICE", "QTY REC", buyer=office.buyer)
    adapter = office.adapter()
    page = adapter.poll("")
    assert [(one.verdict.status, one.verdict.who_acts) for one in page.notices] == [(Status.under_query, Actor.us)]
    assert {one.code for one in page.notices[0].verdict.reasons} == {
        ReasonCode.price_mismatch,
        ReasonCode.not_received,
    }
    assert adapter.poll(page.cursor).notices == (), "nothing has changed since"


@pytest.mark.driven
def test_a_credit_memo_is_an_invoice_with_negative_quantities(office: Office) -> None:
    office.submit("INV-1")
    assert office.submit("CR-1", lines=[labour(hours="8")], type="381").outcome is Outcome.receipted
    (credit,) = office.there("CR-1")
    assert (credit["type"], credit["total"], credit["lines"][0]["quantity"]) == ("Credit Memo", "-788.00", "-8")
    assert office.adapter().find("CR-1")[0].total == Decimal("788.00")


def test_a_lost_answer_at_submit_is_in_doubt_and_settled_by_looking(office: Office) -> None:
    office.portal.fault("lost_answer", door="submit", buyer=office.buyer)
    with pytest.raises(MaybeSent) as doubt:
        office.submit()
    assert {one.media_type for one in doubt.value.evidence} >= {"application/zip"}
    (found,) = office.adapter().find("INV-1")
    assert found.complete
    assert len(office.there()) == office.presses() == 1
    assert office.submit().outcome is Outcome.refused, "what is there is found before anything is made"
    assert office.presses() == 1


@pytest.mark.soak
def test_a_session_that_ends_in_the_wizard_is_begun_anew_and_doubles_nothing(office: Office) -> None:
    office.portal.fault("session_expired", door="post", after=5, buyer=office.buyer)
    assert office.submit().outcome is Outcome.receipted
    assert len(office.there()) == office.presses() == 1
    assert office.sign_ins() == 2


def test_a_wrong_password_is_shown_once(office: Office) -> None:
    office.secrets["password"] = "no-longer-right"
    adapter = office.adapter()
    with pytest.raises(SignInRefused, match="Login failed"):
        adapter.submit(office.document(adapter, "INV-1"), STAMP.reference)
    assert office.sign_ins() == 1


@pytest.mark.parametrize("profile", ["plain", "prairie"])
@pytest.mark.parametrize("trouble", ["expired", "locked"])
def test_an_expired_or_locked_account_stops_at_once_for_a_person(
    open_office: OpenOffice, profile: str, trouble: str
) -> None:
    office = open_office(profile)
    office.portal.user(buyer=office.buyer, **{trouble: True})
    with pytest.raises((PersonNeeded, SignInRefused)) as stop:
        office.adapter().find("INV-1")
    assert isinstance(stop.value, PersonNeeded)
    assert office.sign_ins() == 1


def test_a_one_time_code_is_reckoned_from_its_seed(open_office: OpenOffice) -> None:
    office = open_office("plain", totp_secret="default")
    assert office.secrets["totp_seed"]
    assert "signed in" in office.adapter(second_factor="totp").check()
    with pytest.raises(PersonNeeded, match="one-time code"):
        office.adapter().find("INV-1")


@pytest.mark.driven
def test_a_renamed_column_stops_before_submit_with_a_picture(open_office: OpenOffice) -> None:
    office = open_office("plain", labels={"quantity": "Menge"})
    with pytest.raises(PortalChanged, match="Quantity to Invoice") as changed:
        office.submit()
    assert not changed.value.in_doubt
    assert {"image/jpeg", "text/html", "application/zip"} == {one.media_type for one in changed.value.evidence}
    assert office.presses() == 0


@pytest.mark.driven
def test_an_order_that_is_not_offered_is_refused_in_the_portals_words(office: Office) -> None:
    office.portal.order("4500012345", "finally_close", buyer=office.buyer)
    receipt = office.submit()
    assert receipt.outcome is Outcome.refused
    assert [(one.code, one.portal_text) for one in receipt.verdict.reasons] == [
        (ReasonCode.po_unknown, "No results found.")
    ]


@pytest.mark.driven
def test_a_total_that_the_portal_reckons_otherwise_is_not_submitted(open_office: OpenOffice) -> None:
    office = open_office("plain", tax_rate="5")
    receipt = office.submit()
    assert receipt.outcome is Outcome.refused
    assert [one.code for one in receipt.verdict.reasons] == [ReasonCode.sum_mismatch]
    assert office.presses() == 0


@pytest.mark.driven
def test_submit_is_not_pressed_late(office: Office) -> None:
    adapter = office.adapter(press_within_seconds=5)
    office.portal.knobs(page_delay="1", buyer=office.buyer)
    with pytest.raises(NotSent, match="Submit was not pressed"):
        adapter.submit(office.document(adapter, "INV-1"), STAMP.reference)
    assert office.presses() == 0


@pytest.mark.driven
@pytest.mark.parametrize(
    ("kind", "door", "after"),
    [
        ("extra_popup", "post", 3),
        ("extra_popup", "submit", 0),
        ("alert", "post", 2),
        ("alert", "submit", 0),
        ("slow_ppr", "ppr", 0),
        ("moved_column", "post", 3),
        ("login_page", "page", 4),
        ("state_loss", "post", 6),
        ("two_holds", "submit", 0),
    ],
)
def test_what_a_page_may_do_besides_ends_in_one_invoice(office: Office, kind: str, door: str, after: int) -> None:
    office.portal.fault(kind, door=door, after=after, times=1, seconds=2, buyer=office.buyer)
    assert office.submit().outcome is Outcome.receipted
    assert len(office.there()) == office.presses() == 1


@pytest.mark.driven
@pytest.mark.parametrize("kind", ["error_page_after", "garbage_after_commit", "maintenance", "login_page"])
def test_whatever_follows_submit_is_in_doubt(office: Office, kind: str) -> None:
    office.portal.fault(kind, door="submit", times=1, buyer=office.buyer)
    with pytest.raises(MaybeSent):
        office.submit()
    found = office.adapter().find("INV-1")
    assert len(found) == len(office.there()) <= 1
    if not found:
        assert office.submit().outcome is Outcome.receipted
    assert len(office.there()) == 1


@pytest.mark.driven
@pytest.mark.parametrize(
    "knobs",
    [
        {"submit_question": "page", "ppr_transport": "xhr"},
        {"submit_question": "frame", "drafts_in_view": True},
        {"unconfirmed_ids": "scrambled", "id_prefix": "per_page", "quantity_handler": "ppr"},
        {"search_posts": "ppr", "default_quantity": "available", "confirmation": "number_only"},
        {"landing_search": False, "return_after_attachment": False, "blocking": "handler"},
        {"table_navigation": "full", "tax_step": "skipped"},
    ],
)
def test_what_the_facts_leave_open_is_borne_both_ways(office: Office, knobs: dict[str, object]) -> None:
    office.portal.knobs(buyer=office.buyer, **knobs)
    assert office.submit().outcome is Outcome.receipted
    assert len(office.there()) == 1


@pytest.mark.driven
def test_a_confirmation_without_the_number_is_not_believed(office: Office) -> None:
    office.portal.knobs(confirmation="without_number", buyer=office.buyer)
    with pytest.raises(MaybeSent):
        office.submit()
    (found,) = office.adapter().find("INV-1")
    assert found.complete


def test_no_secret_and_no_bank_account_stands_in_what_is_kept(open_office: OpenOffice) -> None:
    office = open_office("plain", labels={"quantity": "Menge"}, totp_secret="default")
    adapter = office.adapter(second_factor="totp")
    with pytest.raises(PortalChanged) as changed:
        adapter.submit(office.document(adapter, "INV-1"), STAMP.reference)
    kept = b"".join(_unpacked(one) for one in changed.value.evidence)
    assert b"Quantity" in kept
    hidden = [*office.secrets.values(), "SANDBOX-BANK-4711"]
    assert [words for words in hidden if words.encode() in kept] == []


def test_no_bank_account_stands_in_what_is_kept_of_a_refusal(office: Office) -> None:
    adapter = office.adapter()
    document = office.document(adapter, "INV-1")
    body = json.loads(document.body)
    body["items"][0]["quantity"] = "99999"
    receipt = adapter.submit(replace(document, body=json.dumps(body).encode()), STAMP.reference)
    assert receipt.outcome is Outcome.refused
    assert b"Remit To Bank Account" in receipt.raw
    assert b"SANDBOX-BANK" not in receipt.raw


def _unpacked(one: Evidence) -> bytes:
    if one.media_type != "application/zip":
        return one.content
    with zipfile.ZipFile(io.BytesIO(one.content)) as archive:
        return b"".join(archive.read(member) for member in archive.namelist())


@pytest.mark.driven
def test_the_pages_are_walked_over_before_the_first_invoice_of_a_day(open_office: OpenOffice) -> None:
    office = open_office("plain", labels={"po_number": "Bestellung"})
    adapter = office.adapter(canary=True)
    with pytest.raises(PortalChanged, match="PO Number") as changed:
        adapter.submit(office.document(adapter, "INV-1"), STAMP.reference)
    assert not changed.value.in_doubt
    assert office.presses() == 0


def _save(office: Office, number: str, **changes: Any) -> None:
    """A person's half-done work: the wizard up to its details, saved and left."""
    road = office.adapter()._road
    assert isinstance(road, Road)
    form = form_from(road.render(packet(number, **changes), [], PLAIN, STAMP).body)

    def work(session: Session) -> None:
        oaf = road._desk.at(session, "saving")
        assert find_saved(road._desk, oaf, number) is None
        wizard = Wizard(oaf, form, [], "", "")
        wizard.begin()
        wizard.add_items()
        oaf.enter(oaf.field("invoice_number"), number)
        oaf.act(oaf.page.get_by_role("button", name="Save").first)

    office.browser.drive(work)


def test_a_saved_invoice_is_finished_and_not_doubled(office: Office) -> None:
    _save(office, "INV-1")
    assert [one["submitted"] for one in office.there()] == [False]
    (found,) = office.adapter().find("INV-1")
    assert not found.complete
    assert office.submit().outcome is Outcome.receipted
    assert [(one["submitted"], one["total"]) for one in office.there()] == [(True, "4020.40")]


@pytest.mark.driven
def test_a_saved_invoice_with_other_lines_is_left_to_a_person(office: Office) -> None:
    _save(office, "INV-1", lines=[materials()])
    receipt = office.submit()
    assert receipt.outcome is Outcome.refused
    assert [one.code for one in receipt.verdict.reasons] == [ReasonCode.other]
    assert office.presses() == 0

"""Whole roads to Fusion's stand-in: what the portal-neutral contract has no word for."""

import json
from copy import deepcopy
from typing import Any

import httpx
import pytest

from adapters.oracle_isupplier import Adapter
from adapters.oracle_isupplier.sandbox.fusion import Portal
from gateway.adapter import Ability, Account, Document
from gateway.connection import open_connection
from gateway.errors import MaybeSent, NotSent, PersonNeeded, PortalUnavailable, SettingWrong, SignInRefused
from gateway.verdict import Actor, Outcome, ReasonCode, Status
from tests.adapters.oracle_isupplier.fusion.conftest import Connect
from tests.packets import ORDER, PDF, PLAIN, STAMP, labour, mileage, packet, paper

NUMBER = "INV-1001"
BEFORE_SUBMIT = 4  # look-up, save, attach one paper, look at the total; then submitInvoice


def _document(adapter: Adapter, number: str = NUMBER, papers: tuple[Any, ...] = (), **changes: Any) -> Document:
    return adapter.render(packet(number, **changes), list(papers) or [paper()], PLAIN, STAMP)


def _leave_a_draft(portal: Portal, adapter: Adapter, **changes: Any) -> None:
    portal.fault("cut", door="rest", after=BEFORE_SUBMIT)
    with pytest.raises(MaybeSent):
        adapter.submit(_document(adapter, **changes), "r")
    (held,) = portal.documents()
    assert not held["submitted"]


def _writes(portal: Portal) -> list[str]:
    return [f"{row['method']} {row['path'].rpartition('/')[2]}" for row in portal.requests() if row["method"] != "GET"]


# --- a saved invoice is finished, never doubled --------------------------------------------------------------------


def test_a_saved_invoice_is_finished_without_a_second_paper(portal: Portal, connect: Connect) -> None:
    adapter = connect()
    _leave_a_draft(portal, adapter)
    (found,) = adapter.find(NUMBER)
    assert not found.complete
    receipt = connect().submit(_document(adapter), "r")
    assert (receipt.outcome, receipt.portal_reference) == (Outcome.receipted, found.portal_reference)
    (held,) = portal.documents()
    assert held["submitted"]
    assert [part["name"] for part in held["attachments"]] == ["timesheet.pdf"]


def test_a_corrected_revision_takes_the_saved_invoice_over(portal: Portal, connect: Connect) -> None:
    adapter = connect()
    _leave_a_draft(portal, adapter)
    corrected = [labour(description="Lineman, regular time"), mileage(order={"line": 1, "kind": "quantity"})]
    receipt = adapter.submit(_document(adapter, lines=corrected, note="Week 10"), "r2")
    assert receipt.outcome is Outcome.receipted
    (held,) = portal.documents()
    assert held["lines"][0]["description"].startswith("Lineman, regular time")
    assert [line["order_line"] for line in held["lines"]] == [1, 1]
    assert len([write for write in _writes(portal) if write.startswith("PATCH")]) == 3  # the header and two lines


def test_a_replaced_paper_of_the_same_name_is_attached_again(portal: Portal, connect: Connect) -> None:
    adapter = connect()
    _leave_a_draft(portal, adapter)
    signed = paper(content=PDF + b"% signed\n")
    adapter.submit(_document(adapter, papers=(signed,)), "r2")
    (held,) = portal.documents()
    assert [part["size"] for part in held["attachments"]] == [len(PDF), len(signed.content)]


@pytest.mark.parametrize(
    "changes",
    [{"lines": [labour()]}, {"lines": [labour(hours="41"), mileage()]}, {"currency": "CAD"}],
)
def test_a_saved_invoice_with_other_figures_is_left_to_a_person(
    portal: Portal, connect: Connect, changes: dict[str, Any]
) -> None:
    adapter = connect()
    _leave_a_draft(portal, adapter)
    with pytest.raises(PersonNeeded):
        adapter.submit(_document(adapter, **changes), "r2")
    (held,) = portal.documents()
    assert (held["total"], held["submitted"], len(held["lines"])) == ("4020.40", False, 2)


def test_lines_that_moved_money_between_them_are_left_to_a_person(portal: Portal, connect: Connect) -> None:
    """The same total, other lines: somebody else's content."""
    adapter = connect()
    _leave_a_draft(portal, adapter)
    moved = [
        labour(hours="39", net_amount="3841.50"),
        mileage(miles="120", rate="1.4908", net_amount="178.90"),
    ]
    totals = {"line_net": "4020.40", "tax_exclusive": "4020.40", "tax_inclusive": "4020.40", "payable": "4020.40"}
    with pytest.raises(PersonNeeded):
        adapter.submit(_document(adapter, lines=moved, totals=totals), "r2")
    assert not portal.documents()[0]["submitted"]


def test_two_saved_invoices_under_one_number_are_left_to_a_person(portal: Portal, connect: Connect) -> None:
    portal.knobs(checks="submit")
    adapter = connect()
    _leave_a_draft(portal, adapter)
    tenant = portal.site.tenant
    again = tenant.find(NUMBER)
    assert again is not None
    with tenant.lock:
        twin = deepcopy(again)
        twin.id = tenant.next_id()
        tenant.invoices.add(twin)
    with pytest.raises(PersonNeeded, match="2 saved invoices"):
        adapter.submit(_document(adapter), "r")
    assert not any(held["submitted"] for held in portal.documents())


# --- what is submitted is what was seen --------------------------------------------------------------------------


def test_a_total_that_the_portal_reckons_otherwise_is_not_submitted(portal: Portal, connect: Connect) -> None:
    portal.knobs(tax_percent="7")
    adapter = connect()
    lines = [labour(tax={"category": "S", "rate": "6", "code": "US-6"}), mileage()]
    receipt = adapter.submit(_document(adapter, lines=lines, tax="236.40"), "r")
    assert receipt.outcome is Outcome.refused
    (reason,) = receipt.verdict.reasons
    assert reason.code is ReasonCode.tax_mismatch
    assert "4296.20 USD" in reason.portal_text
    assert "4256.80" in reason.portal_text
    assert [held["submitted"] for held in portal.documents()] == [False]


def test_a_total_that_is_shown_only_once_submitted_need_not_be_compared(portal: Portal, connect: Connect) -> None:
    portal.knobs(amount_on_draft="zero")
    adapter = connect()
    receipt = adapter.submit(_document(adapter), "r")
    assert [reason.code for reason in receipt.verdict.reasons] == [ReasonCode.sum_mismatch]
    trusting = connect(compare_totals=False)
    assert trusting.submit(_document(trusting), "r").outcome is Outcome.receipted
    assert len(portal.documents()) == 1


def test_tax_is_reckoned_by_the_portal_before_the_totals_are_compared(portal: Portal, connect: Connect) -> None:
    portal.knobs(tax_percent="6")
    adapter = connect()
    lines = [labour(tax={"category": "S", "rate": "6", "code": "US-6"}), mileage()]
    receipt = adapter.submit(_document(adapter, lines=lines, tax="236.40"), "r")
    assert receipt.outcome is Outcome.receipted
    assert "POST calculateTax" in _writes(portal)
    assert portal.documents()[0]["total"] == "4256.80"


def test_a_confirmation_without_a_change_of_status_is_not_believed(portal: Portal, connect: Connect) -> None:
    portal.knobs(status_after_submit="Incomplete")
    adapter = connect()
    with pytest.raises(MaybeSent, match="as Incomplete"):
        adapter.submit(_document(adapter), "r")
    (found,) = adapter.find(NUMBER)
    assert not found.complete


def test_a_submission_that_was_lost_and_arrived_is_seen_at_the_second_try(portal: Portal, connect: Connect) -> None:
    adapter = connect()
    portal.fault("lost_answer", door="rest", after=BEFORE_SUBMIT)
    with pytest.raises(MaybeSent):
        adapter.submit(_document(adapter), "r")
    (found,) = adapter.find(NUMBER)
    assert found.complete
    receipt = adapter.submit(_document(adapter), "r")
    assert (receipt.outcome, receipt.verdict.reasons[0].code) == (Outcome.refused, ReasonCode.duplicate_number)
    assert len(portal.documents()) == 1


def test_a_refusal_at_the_last_step_keeps_the_saved_invoice_for_the_next_revision(
    portal: Portal, connect: Connect
) -> None:
    portal.rejects("submit:order_line_unknown")
    adapter = connect()
    receipt = adapter.submit(_document(adapter), "r")
    assert (receipt.outcome, receipt.verdict.reasons[0].code) == (Outcome.refused, ReasonCode.po_line_unknown)
    assert receipt.portal_reference == str(portal.documents()[0]["id"])
    assert adapter.submit(_document(adapter), "r2").outcome is Outcome.receipted
    assert len(portal.documents()) == 1


def test_somebody_elses_simultaneous_change_is_no_refusal(portal: Portal, connect: Connect) -> None:
    portal.rejects("submit:changed_by_another")
    adapter = connect()
    with pytest.raises(MaybeSent, match="same time"):
        adapter.submit(_document(adapter), "r")
    assert adapter.submit(_document(adapter), "r").outcome is Outcome.receipted


@pytest.mark.parametrize("joined", [True, False])
def test_several_messages_of_one_refusal_are_several_reasons(portal: Portal, connect: Connect, joined: bool) -> None:
    portal.knobs(errors_joined=joined)
    portal.order(ORDER, "close")
    adapter = connect()
    lines = [labour(), mileage(order={"line": 9, "kind": "quantity"})]
    receipt = adapter.submit(_document(adapter, lines=lines), "r")
    assert [reason.code for reason in receipt.verdict.reasons] == [ReasonCode.po_closed, ReasonCode.po_line_unknown]
    assert receipt.verdict.reasons[1].portal_code == "AP-810667"
    assert receipt.verdict.who_acts is Actor.us
    assert portal.documents() == []


def test_a_tenant_without_the_suppliers_resource_says_so(connect: Connect) -> None:
    adapter = connect(api_version="9.9")
    with pytest.raises(PortalUnavailable):
        adapter.check()
    with pytest.raises(NotSent):
        adapter.submit(_document(adapter), "r")


# --- holds, cancellations, changes -------------------------------------------------------------------------------


def test_two_holds_are_two_reasons_and_their_release_is_acceptance(portal: Portal, connect: Connect) -> None:
    adapter = connect()
    lines = [labour(hours="10001", rate="99.00"), mileage()]
    adapter.submit(_document(adapter, lines=lines), "r")
    portal.words(NUMBER, approval="Not required")
    portal.validates(NUMBER)
    page = adapter.poll("")
    (notice,) = page.notices
    assert notice.verdict.status is Status.under_query
    assert [(reason.code, reason.portal_code) for reason in notice.verdict.reasons] == [
        (ReasonCode.quantity_mismatch, "Qty Ord"),
        (ReasonCode.price_mismatch, "Price"),
    ]
    assert b"Qty Ord" in notice.raw
    portal.releases(NUMBER, "Qty Ord")
    portal.releases(NUMBER, "Price")
    (notice,) = adapter.poll(page.cursor).notices
    assert notice.verdict.status is Status.accepted


def test_a_hold_that_moves_no_time_stamp_is_still_heard_of(portal: Portal, connect: Connect) -> None:
    portal.knobs(holds_touch_invoice=False)
    portal.seed(1, "approved")
    adapter = connect()
    page = adapter.poll("")
    (notice,) = page.notices
    assert notice.verdict.status is Status.accepted
    assert adapter.poll(page.cursor).notices == ()
    portal.holds("SEED-1", "IPM VERIFICATION HOLD", reason="Checking the images")
    (notice,) = adapter.poll(page.cursor).notices
    assert notice.verdict.status is Status.under_query
    assert [reason.portal_text for reason in notice.verdict.reasons] == ["Checking the images"]


def test_an_account_that_may_not_read_holds_is_not_given_a_guess(portal: Portal, connect: Connect) -> None:
    portal.knobs(holds_readable=False)
    portal.seed(1, "Needs Revalidation")
    (notice,) = connect(holds=False).poll("").notices
    assert (notice.verdict.status, notice.verdict.who_acts) == (Status.in_process, Actor.client_ap)
    with pytest.raises(SignInRefused, match="roles"):
        connect(holds=True).poll("")


def test_an_approval_that_is_not_shown_is_not_claimed(portal: Portal, connect: Connect) -> None:
    portal.knobs(approval_shown=False)
    portal.seed(1, "approved")
    (notice,) = connect().poll("").notices
    assert notice.verdict.status is Status.in_process


@pytest.mark.parametrize("actions", ["item", "collection"])
def test_an_invoice_is_cancelled_once(portal: Portal, connect: Connect, actions: str) -> None:
    portal.knobs(action_url=actions)
    adapter = connect(actions=actions)
    assert Ability.void in adapter.abilities
    receipt = adapter.submit(_document(adapter), "r")
    assert adapter.void(receipt.portal_reference, "billed twice").status is Status.cancelled
    again = adapter.void(receipt.portal_reference, "billed twice")
    assert (again.status, again.who_acts) == (Status.cancelled, Actor.us)
    assert "already canceled" in again.reasons[0].portal_text


def test_a_cancelled_number_is_not_free(portal: Portal, connect: Connect) -> None:
    adapter = connect()
    receipt = adapter.submit(_document(adapter), "r")
    adapter.void(receipt.portal_reference, "")
    second = adapter.submit(_document(adapter), "r2")
    assert [reason.code for reason in second.verdict.reasons] == [ReasonCode.duplicate_number]


def test_another_business_units_invoices_are_not_ours(portal: Portal, connect: Connect) -> None:
    portal.site.tenant.config.business_units = ("Example Power BU", "Other BU")
    other = connect(business_unit="Other BU")
    other.submit(_document(other), "r")
    assert connect().find(NUMBER) == ()
    assert connect().poll("").notices == ()
    ours = connect()
    assert ours.submit(_document(ours), "r").outcome is Outcome.receipted
    assert len(portal.documents()) == 2


def test_purchase_orders_cannot_be_read_and_it_is_said_why(connect: Connect) -> None:
    adapter = connect()
    assert Ability.orders not in adapter.abilities
    with pytest.raises(SettingWrong, match="purchase orders"):
        adapter.orders("")


# --- signing in ----------------------------------------------------------------------------------------------------


def test_a_token_is_fetched_once_and_renewed_once_when_it_ended_early(portal: Portal, connect: Connect) -> None:
    adapter = connect(auth="oauth")
    adapter.check()
    portal.site.forget_tokens()
    adapter.check()
    assert [row["door"] for row in portal.requests()] == ["token", "rest", "rest", "token", "rest"]


def test_a_password_is_tried_once(portal: Portal) -> None:
    given = portal.account()
    secrets = {**given.pop("secrets"), "password": "wrong"}
    account = Account("road", "oracle_isupplier", given, secrets.__getitem__)
    with open_connection(account) as http, pytest.raises(SignInRefused, match="Unauthorized Access"):
        Adapter(account, http).check()
    assert [row["status"] for row in portal.requests()] == [401]


# --- answers that no stand-in would give ---------------------------------------------------------------------------


def _scripted(*answers: httpx.Response) -> Adapter:
    left = list(answers)
    settings = {
        "transport": "fusion",
        "url": "https://buyer.fusion.example",
        "business_unit": "Example Power BU",
        "poll_from": "2026-01-01T00:00:00Z",
    }
    secrets = {"user": "someone", "password": "pass-s3cret"}
    account = Account("script", "oracle_isupplier", settings, secrets.__getitem__)
    transport = httpx.MockTransport(lambda request: left.pop(0))
    return Adapter(account, open_connection(account, inner=transport))


def _rows(*rows: dict[str, Any], more: bool = False) -> httpx.Response:
    return httpx.Response(200, json={"items": list(rows), "hasMore": more, "count": len(rows)})


def test_an_invoice_without_a_status_is_neither_saved_nor_sent() -> None:
    row = {"InvoiceId": 1, "InvoiceNumber": NUMBER, "InvoiceAmount": 4020.4, "InvoiceCurrency": "USD"}
    with pytest.raises(PortalUnavailable, match="ValidationStatus"):
        _scripted(_rows(row)).find(NUMBER)
    adapter = _scripted(_rows(row))
    with pytest.raises(NotSent, match="ValidationStatus"):
        adapter.submit(_document(adapter), "r")


@pytest.mark.parametrize(
    ("answer", "word", "outcome"),
    [
        (httpx.Response(200, json={"result": "Submitted."}), "Not Validated", Outcome.receipted),
        (httpx.Response(200, json={"result": "Submitted."}), "Incomplete", MaybeSent),
        (httpx.Response(200, json={"result": "Submitted."}), "Frobnicated", MaybeSent),
        (httpx.Response(200, json={"result": "Submitted."}), None, MaybeSent),
        (httpx.Response(200, json={"result": ""}), "Not Validated", MaybeSent),
        (httpx.Response(400, json={"title": "Bad Request"}), "Incomplete", Outcome.refused),
        (httpx.Response(400, json={"title": "Bad Request"}), "Validated", Outcome.receipted),
        (httpx.Response(400, json={"title": "Bad Request"}), "Frobnicated", MaybeSent),
        (httpx.Response(400, json={"title": "Bad Request"}), None, MaybeSent),
        (httpx.Response(500, content=b""), "Not Validated", MaybeSent),
    ],
)
def test_only_a_status_that_is_known_and_not_incomplete_counts_as_handed_over(
    answer: httpx.Response, word: str | None, outcome: Any
) -> None:
    saved = {"InvoiceId": 7, "InvoiceNumber": NUMBER, "ValidationStatus": "Incomplete", "InvoiceAmount": 4020.4}
    shown = {**saved, "ValidationStatus": word}
    answers = [_rows(), httpx.Response(201, json=saved), httpx.Response(201, json={"AttachedDocumentId": 1})]
    answers += [httpx.Response(200, json=saved), answer, httpx.Response(200, json=shown)]
    adapter = _scripted(*answers)
    if outcome is MaybeSent:
        with pytest.raises(MaybeSent):
            adapter.submit(_document(adapter), "r")
        return
    receipt = adapter.submit(_document(adapter), "r")
    assert (receipt.outcome, receipt.portal_reference) == (outcome, "7")


def test_a_write_of_ours_that_came_late_is_finished_and_not_renumbered(portal: Portal, connect: Connect) -> None:
    """The look-up saw nothing, then the number was taken: by the saving that had been given up for lost."""
    adapter = connect()
    _leave_a_draft(portal, adapter)
    key = str(portal.documents()[0]["id"])
    unseen = iter([_rows()])
    account = Account("late", "oracle_isupplier", _settings(portal), portal.account()["secrets"].__getitem__)
    with httpx.HTTPTransport() as there:
        late = httpx.MockTransport(lambda request: next(unseen, None) or there.handle_request(request))
        with open_connection(account, inner=late) as http:
            receipt = Adapter(account, http).submit(_document(adapter), "r")
    assert (receipt.outcome, receipt.portal_reference) == (Outcome.receipted, key)
    assert len(portal.documents()) == 1


def _settings(portal: Portal) -> dict[str, Any]:
    return {name: value for name, value in portal.account().items() if name != "secrets"}


def test_a_saved_line_that_names_an_order_where_ours_names_none_is_left_to_a_person(
    portal: Portal, connect: Connect
) -> None:
    adapter = connect()
    _leave_a_draft(portal, adapter)
    with pytest.raises(PersonNeeded):
        adapter.submit(_document(adapter, orders=[], lines=[labour(order=None), mileage(order=None)]), "r2")
    assert not portal.documents()[0]["submitted"]


def test_rows_out_of_order_are_not_believed() -> None:
    with pytest.raises(PortalUnavailable, match="order of their ids"):
        _scripted(_rows({"InvoiceId": 7}, {"InvoiceId": 5})).poll("")


@pytest.mark.parametrize(
    "answer",
    [
        _rows(more=True),
        _rows({"InvoiceNumber": "A"}),
        httpx.Response(200, json={"items": [1], "hasMore": False}),
        httpx.Response(200, json={"items": []}),
        httpx.Response(200, json={"items": [], "hasMore": "no"}),
        httpx.Response(406, content=b""),
    ],
)
def test_a_page_that_cannot_be_trusted_is_unavailable(answer: httpx.Response) -> None:
    with pytest.raises(PortalUnavailable):
        _scripted(answer).poll("")


def test_a_full_page_for_one_number_proves_nothing() -> None:
    adapter = _scripted(_rows({"InvoiceId": 1, "InvoiceNumber": "B"}, more=True))
    with pytest.raises(PortalUnavailable):
        adapter.find("A")


def test_a_password_that_is_echoed_is_not_kept() -> None:
    row = {"InvoiceId": 1, "InvoiceNumber": "A", "Description": "pass-s3cret", "ValidationStatus": "Validated"}
    (notice,) = _scripted(_rows(row)).poll("").notices
    assert json.loads(notice.raw)["Description"] == "[secret]"


def test_a_document_of_another_portal_is_not_sent() -> None:
    adapter = _scripted()
    document = Document("coupa-json", "application/json", b"{}", "A", packet().invoice.totals.payable, "USD")
    with pytest.raises(NotSent, match="render it again"):
        adapter.submit(document, "r")

"""Requests and replies, before a portal that answers from a script: cXML answers, tokens, REST steps."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.adapter import Document, Receipt, secret_mark
from gateway.errors import MaybeSent, NotSent, PersonNeeded, PortalError, PortalUnavailable, SignInRefused
from gateway.verdict import Level, Outcome, ReasonCode, Status
from tests.adapters.coupa.scripted import SECRETS, START, Clock, Script, adapter_for, cxml, token
from tests.packets import PDF, PLAIN, STAMP, packet, paper

MARK = secret_mark("shared_secret").encode()
ANYTHING = httpx.Response(200, json=[])


def _document(**settings: Any) -> Document:
    return adapter_for(Script(), **settings).render(packet(), [paper()], PLAIN, STAMP)


def _submitted(answer: httpx.Response) -> Receipt:
    return adapter_for(Script([answer])).submit(_document(), "r")


# --- cXML -------------------------------------------------------------------------------------------------------


def test_the_secret_goes_in_as_the_bytes_leave_escaped_and_only_there() -> None:
    script = Script([httpx.Response(200, content=cxml(200, "OK", "Successful - invoice id: 7"))])
    document = _document()
    adapter_for(script).submit(document, "r")
    (request,) = script.requests
    assert b"<SharedSecret>s3cret&lt;&amp;&gt;shared</SharedSecret>" in request.content
    assert MARK in document.body
    assert MARK not in request.content
    assert request.url == "https://buyer.coupahost.example/cxml/invoices"
    assert request.headers["content-type"] == document.content_type
    assert request.headers["accept"] == "application/xml, text/xml"
    assert script.sign_ins == []


def test_a_mark_inside_the_invoices_text_stays_a_mark() -> None:
    document = _document()
    text = document.body.replace(b"Lineman, straight time", b"Lineman " + MARK)
    script = Script([httpx.Response(200, content=cxml(200, "OK", "Successful - invoice id: 7"))])
    adapter_for(script).submit(Document("cxml", document.content_type, text, "1", document.total, "USD"), "r")
    assert script.requests[0].content.count(b"s3cret") == 1
    assert b"Lineman " + MARK in script.requests[0].content


def test_a_document_without_a_place_for_the_secret_does_not_leave() -> None:
    with pytest.raises(NotSent, match="no place"):
        adapter_for(Script()).submit(
            Document("cxml", "text/xml", b"<cXML/>", "1", packet().invoice.totals.payable, "USD"), "r"
        )


def test_a_success_with_an_id_is_a_receipt_without_a_time_of_its_own() -> None:
    receipt = _submitted(httpx.Response(200, content=cxml(200, "OK", "Successful - invoice id: 90125")))
    assert (receipt.outcome, receipt.portal_reference) == (Outcome.receipted, "90125")
    assert (receipt.verdict.status, receipt.verdict.level, receipt.verdict.at) == (Status.received, Level.portal, None)


@pytest.mark.parametrize(
    ("http", "body", "error"),
    [
        (200, cxml(200, "OK", ""), MaybeSent),
        (200, cxml(200, "OK", "Successful"), MaybeSent),
        (200, cxml(200, "OK", "Successful - invoice id:"), MaybeSent),
        (201, cxml(201, "Accepted", "Accepted for forwarding"), MaybeSent),
        (200, cxml(401, "Unauthorized", "Invalid credentials"), SignInRefused),
        (401, cxml(401, "Unauthorized", "Invalid credentials. Bad credentials"), SignInRefused),
        (500, cxml(500, "Internal Server Error", "Unexpected server error."), MaybeSent),
        (200, cxml(500, "Internal Server Error", "server could not create invoice"), MaybeSent),
        (200, cxml(560, "Temporary server error", "maintenance"), MaybeSent),
        (408, cxml(408, "Timeout", "too slow"), MaybeSent),
        (429, cxml(429, "Too Many Requests", "slow down"), NotSent),
        (200, b"", MaybeSent),
        (200, b"<html>fine</html>", MaybeSent),
        (200, cxml(200, "OK", "Successful - invoice id: 5")[:-30], MaybeSent),
        (302, b"", MaybeSent),
        (401, b"<html/>", SignInRefused),
        (404, b"not here", NotSent),
        (408, b"", MaybeSent),
        (429, b"", NotSent),
        (500, b"", MaybeSent),
        (502, b"<html>Bad Gateway</html>", MaybeSent),
        (503, b"", MaybeSent),
    ],
)
def test_nothing_is_claimed_that_was_not_seen(http: int, body: bytes, error: type[PortalError]) -> None:
    with pytest.raises(error):
        _submitted(httpx.Response(http, content=body))


def test_the_portals_words_travel_with_the_doubt() -> None:
    with pytest.raises(MaybeSent) as doubt:
        _submitted(httpx.Response(500, content=cxml(500, "Internal Server Error", "Unexpected server error.")))
    assert doubt.value.said == "Unexpected server error."
    with pytest.raises(MaybeSent) as doubt:
        _submitted(httpx.Response(502, content=b"<html><h1>Bad</h1> Gateway</html>"))
    assert doubt.value.said == "Bad Gateway"


@pytest.mark.parametrize("http", [200, 417, 500])
def test_the_code_in_the_body_wins_over_http(http: int) -> None:
    receipt = _submitted(
        httpx.Response(http, content=cxml(417, "Expectation Failed", "Invalid order/document reference."))
    )
    assert receipt.outcome is Outcome.refused
    assert [reason.code for reason in receipt.verdict.reasons] == [ReasonCode.po_unknown]


def test_a_web_servers_own_413_says_that_the_invoice_is_too_large() -> None:
    receipt = _submitted(httpx.Response(413, content=b"<html><h1>413 Request Entity Too Large</h1></html>"))
    assert [reason.code for reason in receipt.verdict.reasons] == [ReasonCode.too_many_lines]
    assert receipt.verdict.reasons[0].portal_text == "413 Request Entity Too Large"


@pytest.mark.parametrize(
    "words",
    [
        "Invalid attributes in document. [Validation failed: " + " " * 300_000 + "x",
        "Invalid attributes in document. [Validation failed: " + "po " * 100_000,
        "Invalid attributes in document. [Validation failed: Invoice line " + "9" * 5_000 + ": Price is invalid]",
    ],
)
def test_a_refusal_of_any_length_is_read(words: str) -> None:
    receipt = _submitted(httpx.Response(417, content=cxml(417, "Expectation Failed", words)))
    assert receipt.outcome is Outcome.refused
    assert receipt.verdict.reasons
    assert len(receipt.verdict.reasons[0].portal_text) <= 4_000


def test_a_portal_that_echoes_our_secret_does_not_put_it_into_our_books() -> None:
    words = "Invalid secret s3cret&lt;&amp;&gt;shared for supplier"
    receipt = _submitted(httpx.Response(417, content=cxml(417, "Expectation Failed", words)))
    assert b"s3cret" not in receipt.raw
    assert "s3cret" not in repr(receipt)


@pytest.mark.parametrize("header", ["120", "Mon, 09 Mar 2026 12:02:00 GMT"])
def test_the_portals_wish_when_to_come_back_is_passed_on(header: str) -> None:
    with pytest.raises(NotSent) as refused:
        _submitted(httpx.Response(429, headers={"Retry-After": header}))
    assert refused.value.retry_at == START + timedelta(seconds=120)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode), st.sampled_from([200, 201, 400, 417, 500]))
@settings(max_examples=60, deadline=None)
def test_no_answer_whatsoever_is_taken_for_a_receipt(body: bytes, status: int) -> None:
    with pytest.raises((MaybeSent, NotSent)):
        _submitted(httpx.Response(status, content=body))


# --- tokens -----------------------------------------------------------------------------------------------------


def _rows(count: int = 20) -> list[httpx.Response]:
    return [httpx.Response(200, json=[]) for _ in range(count)]


def test_a_new_token_is_left_alone_for_its_first_seconds_and_then_kept() -> None:
    script, clock = Script(_rows()), Clock()
    adapter = adapter_for(script, clock)
    adapter.find("A")
    adapter.find("A")
    assert clock.waits == [5.0]
    assert len(script.sign_ins) == 1
    assert script.requests[0].headers["authorization"] == "Bearer token-1"


def test_a_token_is_renewed_after_twenty_hours_or_most_of_its_life() -> None:
    script, clock = Script(_rows()), Clock()
    adapter = adapter_for(script, clock)
    adapter.find("A")
    clock.at = START + timedelta(hours=19, minutes=59)
    adapter.find("A")
    assert len(script.sign_ins) == 1
    clock.at = START + timedelta(hours=20)
    adapter.find("A")
    assert len(script.sign_ins) == 2
    assert script.requests[-1].headers["authorization"] == "Bearer token-2"

    script, clock = Script(_rows()), Clock()
    script.tokens = [token("short", expires_in=600), token("next")]
    adapter = adapter_for(script, clock)
    adapter.find("A")
    clock.at += timedelta(seconds=550)
    adapter.find("A")
    assert len(script.sign_ins) == 2


@pytest.mark.parametrize("auth", ["body", "basic"])
def test_the_client_signs_in_by_body_or_by_basic(auth: str) -> None:
    script = Script(_rows())
    adapter_for(script, client_auth=auth).find("A")
    (request,) = script.sign_ins
    form = dict(httpx.QueryParams(request.content.decode()))
    assert form["grant_type"] == "client_credentials"
    assert form["scope"] == "core.invoice.read core.purchase_order.read"
    assert ("client_secret" in form) == (auth == "body")
    assert ("authorization" in request.headers) == (auth == "basic")


def test_a_token_that_is_no_longer_taken_is_renewed_once() -> None:
    script = Script([httpx.Response(401), *_rows()])
    adapter_for(script).find("A")
    assert [request.headers["authorization"] for request in script.requests] == ["Bearer token-1", "Bearer token-2"]

    script = Script([httpx.Response(401), httpx.Response(401), *_rows()])
    with pytest.raises(SignInRefused):
        adapter_for(script).find("A")
    assert (len(script.requests), len(script.sign_ins)) == (2, 2)


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (httpx.Response(400, json={"error": "invalid_scope"}), SignInRefused, "setting scopes"),
        (httpx.Response(401, json={"error": "invalid_client"}), SignInRefused, "client_id and client_secret"),
        (httpx.Response(400, json={"error": "invalid_client"}), SignInRefused, "client_id and client_secret"),
        (httpx.Response(403, content=b"no"), SignInRefused, "refused our credentials"),
        (httpx.Response(500, content=b""), PortalUnavailable, "HTTP 500"),
        (httpx.Response(429, headers={"Retry-After": "9"}), PortalUnavailable, "HTTP 429"),
        (httpx.Response(200, content=b"welcome"), PortalUnavailable, "usable access token"),
        (httpx.Response(200, json={"access_token": "a\r\nX: b"}), PortalUnavailable, "usable access token"),
        (httpx.Response(200, json={"access_token": None}), PortalUnavailable, "usable access token"),
        (httpx.Response(200, json=["token"]), PortalUnavailable, "usable access token"),
    ],
)
def test_a_refused_sign_in_says_what_to_correct_and_is_tried_once(
    answer: httpx.Response, error: type[PortalError], words: str
) -> None:
    script = Script()
    script.tokens = [answer]
    with pytest.raises(error, match=words):
        adapter_for(script).find("A")
    assert len(script.sign_ins) == 1
    assert script.requests == []


def test_a_sign_in_that_echoes_the_secret_is_scrubbed() -> None:
    script = Script()
    said = f"client {SECRETS['client_id']} gave {SECRETS['client_secret']}"
    script.tokens = [httpx.Response(401, json={"error": "invalid_client", "error_description": said})]
    with pytest.raises(SignInRefused) as refused:
        adapter_for(script).find("A")
    assert "s3cret" not in str(refused.value)
    assert "client-0017" not in refused.value.said


def test_a_scope_that_the_client_lacks_names_the_setting() -> None:
    with pytest.raises(SignInRefused, match="setting scopes"):
        adapter_for(Script([httpx.Response(403, json={"error": "Insufficient scope"})])).find("A")


# --- find -------------------------------------------------------------------------------------------------------


def test_find_asks_for_the_number_among_our_own_invoices_only() -> None:
    script = Script(_rows())
    adapter_for(script).find("A&B=1")
    params = script.requests[0].url.params
    assert params["invoice-number"] == "A&B=1"
    assert params["supplier[id]"] == "101"
    assert "status" in json.loads(params["fields"])


def test_only_an_exact_match_counts_whatever_the_portal_takes_for_equal() -> None:
    numbers = ["INV-7", "inv-7", "INV-7 ", " INV-7", "INV-70", "INV-07", 7, None, ["INV-7"]]
    rows = [{"id": count, "invoice-number": number, "status": "new"} for count, number in enumerate(numbers, start=1)]
    found = adapter_for(Script([httpx.Response(200, json=rows)])).find("INV-7")
    assert [row.portal_reference for row in found] == ["1"]


def test_find_concludes_nothing_from_a_list_that_was_not_filtered() -> None:
    rows = [{"id": number, "invoice-number": f"A-{number}", "status": "draft"} for number in range(50)]
    with pytest.raises(PortalUnavailable, match="full page"):
        adapter_for(Script([httpx.Response(200, json=rows)])).find("A-7")


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b"[1]", b"<html/>", b"[" * 100_000, b"[" * 900 + b"]" * 900, b'[{"id": NaN']
)
def test_find_concludes_nothing_from_what_is_no_list_of_rows(body: bytes) -> None:
    with pytest.raises(PortalUnavailable):
        adapter_for(Script([httpx.Response(200, content=body)])).find("A")


def test_an_error_body_nested_to_make_us_stumble_is_no_words() -> None:
    body = b'{"errors": ' + b'{"a": ' * 900 + b"1" + b"}" * 901
    with pytest.raises(PortalUnavailable) as unavailable:
        adapter_for(Script([httpx.Response(500, content=body)])).find("A")
    assert unavailable.value.said == ""


# --- REST submission --------------------------------------------------------------------------------------------

REST = {"transport": "rest"}
DRAFT = {"id": 7, "invoice-number": "INV-1001", "status": "draft"}


def _draft_row(**changes: Any) -> dict[str, Any]:
    """Our own draft as the portal would show it."""
    body = json.loads(_document(**REST).body)
    lines = [{"id": 70 + index, **line} for index, line in enumerate(body["invoice-lines"])]
    shown = {**DRAFT, "gross-total": body["supplier-total"], "currency": {"code": "USD"}, "invoice-lines": lines}
    return {**shown, "invoice-date": "2026-03-09T00:00:00+00:00", **changes}


def _sent(script: Script) -> list[str]:
    return [f"{request.method} {request.url.path}" for request in script.requests]


def test_the_steps_of_a_rest_submission() -> None:
    answers = [ANYTHING, httpx.Response(201, json=DRAFT), *(httpx.Response(200, json={"id": 7}) for _ in range(2))]
    script = Script([*answers, httpx.Response(200, json={**DRAFT, "status": "pending_approval"})])
    adapter = adapter_for(script, **REST)
    document = adapter.render(packet(), [paper(), paper("invoice.pdf", "invoice_pdf")], PLAIN, STAMP)
    receipt = adapter.submit(document, "r")
    assert (receipt.outcome, receipt.portal_reference) == (Outcome.receipted, "7")
    assert receipt.verdict.portal_status == "pending_approval"
    assert _sent(script) == [
        "GET /api/invoices",
        "POST /api/invoices",
        "PUT /api/invoices/7/image_scan",
        "POST /api/invoices/7/attachments",
        "PUT /api/invoices/7/submit",
    ]
    assert script.requests[1].content == document.body
    assert b'name="attachment[intent]"\r\n\r\nSupplier' in script.requests[3].content
    assert PDF in script.requests[3].content


def test_an_own_draft_is_finished_with_only_the_papers_it_lacks() -> None:
    held = [{"id": 1, "file": "/attachments/1/timesheet.pdf?x=1"}]
    answers = [httpx.Response(200, json=[_draft_row()]), httpx.Response(200, json=held)]
    script = Script([*answers, httpx.Response(200, json={**DRAFT, "status": "new"})])
    adapter_for(script, **REST).submit(_document(**REST), "r")
    assert _sent(script) == ["GET /api/invoices", "GET /api/invoices/7/attachments", "PUT /api/invoices/7/submit"]


def test_an_own_draft_of_an_earlier_revision_is_corrected_line_by_line() -> None:
    earlier = _draft_row()
    earlier["invoice-lines"][1]["order-line-num"] = "9"
    answers = [httpx.Response(200, json=[earlier]), httpx.Response(200, json=_draft_row()), ANYTHING]
    script = Script(
        [*answers, httpx.Response(201, json={"id": 1}), httpx.Response(200, json={**DRAFT, "status": "new"})]
    )
    adapter_for(script, **REST).submit(_document(**REST), "r")
    assert _sent(script)[1] == "PUT /api/invoices/7"
    assert [line["id"] for line in json.loads(script.requests[1].content)["invoice-lines"]] == ["70", "71"]


@pytest.mark.parametrize(
    "changes",
    [
        {"gross-total": "1.00"},
        {"currency": {"code": "EUR"}},
        {"invoice-lines": []},
        {"invoice-lines": [{"line-num": 1}]},
        {"invoice-date": "2026-03-10", "invoice-lines": None},
    ],
)
def test_a_draft_with_other_content_is_left_to_a_person(changes: dict[str, Any]) -> None:
    script = Script([httpx.Response(200, json=[_draft_row(**changes)])])
    with pytest.raises(PersonNeeded) as needed:
        adapter_for(script, **REST).submit(_document(**REST), "r")
    assert needed.value.url == "https://buyer.coupahost.example/invoices/7"
    assert _sent(script) == ["GET /api/invoices"]


def test_two_drafts_under_one_number_are_left_to_a_person() -> None:
    script = Script([httpx.Response(200, json=[_draft_row(), _draft_row(id=8)])])
    with pytest.raises(PersonNeeded, match="2 drafts"):
        adapter_for(script, **REST).submit(_document(**REST), "r")


@pytest.mark.parametrize(
    ("broken", "answer", "error"),
    [
        (0, httpx.Response(500), NotSent),
        (0, httpx.Response(200, content=b"garbage"), NotSent),
        (1, httpx.Response(500), MaybeSent),
        (1, httpx.Response(201, content=b"garbage"), MaybeSent),
        (1, httpx.Response(201, json={"status": "draft"}), MaybeSent),
        (1, httpx.Response(429), NotSent),
        (2, httpx.Response(200, content=b"garbage"), MaybeSent),
        (2, httpx.Response(502), MaybeSent),
        (3, httpx.Response(200, json={"id": 8}), MaybeSent),
        (3, httpx.Response(503), MaybeSent),
    ],
)
def test_a_break_at_any_step_is_never_a_receipt(broken: int, answer: httpx.Response, error: type[PortalError]) -> None:
    answers = [ANYTHING, httpx.Response(201, json=DRAFT), httpx.Response(201, json={"id": 1})]
    with pytest.raises(error):
        adapter_for(Script([*answers[:broken], answer]), **REST).submit(_document(**REST), "r")


def test_a_refused_step_keeps_the_reference_of_the_draft_it_leaves() -> None:
    refusal = httpx.Response(400, json={"errors": {"invoice_header": ["Tax code is invalid", "Currency is invalid"]}})
    answers = [ANYTHING, httpx.Response(201, json=DRAFT), httpx.Response(201, json={"id": 1}), refusal]
    answers.append(httpx.Response(200, json=DRAFT))
    receipt = adapter_for(Script(answers), **REST).submit(_document(**REST), "r")
    assert (receipt.outcome, receipt.portal_reference) == (Outcome.refused, "7")
    assert [reason.code for reason in receipt.verdict.reasons] == [
        ReasonCode.tax_mismatch,
        ReasonCode.currency_mismatch,
    ]


def test_an_invoice_that_the_tenant_submitted_on_creation_is_not_called_refused() -> None:
    refusal = httpx.Response(400, json={"errors": ["Invoice in status pending_approval can't be changed by submit"]})
    answers = [ANYTHING, httpx.Response(201, json=DRAFT), httpx.Response(201, json={"id": 1}), refusal]
    answers.append(httpx.Response(200, json={**DRAFT, "status": "pending_approval"}))
    receipt = adapter_for(Script(answers), **REST).submit(_document(**REST), "r")
    assert (receipt.outcome, receipt.portal_reference) == (Outcome.receipted, "7")
    assert receipt.verdict.status is Status.in_process


def test_an_unsubmitted_draft_of_ours_is_found_as_incomplete() -> None:
    (found,) = adapter_for(Script([httpx.Response(200, json=[_draft_row()])]), **REST).find("INV-1001")
    assert not found.complete
    (found,) = adapter_for(Script([httpx.Response(200, json=[_draft_row()])])).find("INV-1001")
    assert found.complete, "a draft made from cXML waits for the buyer, not for us"


# --- void -------------------------------------------------------------------------------------------------------

WRITER = {"scopes": ["core.invoice.read", "core.invoice.write"]}


def test_void_leaves_the_reason_and_answers_what_became_of_it() -> None:
    script = Script([httpx.Response(201, json={"id": 1}), httpx.Response(200, json={**DRAFT, "status": "voided"})])
    verdict = adapter_for(script, **WRITER).void("7", "billed to the wrong client")
    assert verdict.status is Status.cancelled
    assert _sent(script) == ["POST /api/invoices/7/comments", "PUT /api/invoices/7/void"]
    assert b"billed to the wrong client" in script.requests[0].content


def test_a_refused_void_says_why_and_how_the_invoice_stands() -> None:
    refusal = httpx.Response(400, json={"errors": ["Invoice in status disputed can't be changed by void"]})
    answers = [httpx.Response(201, json={"id": 1}), refusal, httpx.Response(200, json={**DRAFT, "status": "disputed"})]
    verdict = adapter_for(Script(answers), **WRITER).void("7", "why")
    assert verdict.status is Status.under_query
    assert [reason.portal_text for reason in verdict.reasons] == ["Invoice in status disputed can't be changed by void"]


def test_a_void_without_an_answer_may_have_happened() -> None:
    with pytest.raises(MaybeSent):
        adapter_for(Script([httpx.Response(201, json={"id": 1}), httpx.Response(502)]), **WRITER).void("7", "why")

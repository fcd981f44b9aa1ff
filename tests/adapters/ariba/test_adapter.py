"""The verbs before a network that answers from a script."""

from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from lxml import etree

from adapters.ariba.position import queue_position_from
from gateway.adapter import Ability, Document
from gateway.errors import MaybeSent, NotSent, PortalUnavailable, SettingWrong, SignInRefused
from gateway.verdict import Level, Outcome, ReasonCode, Status
from tests.adapters.ariba.scripted import (
    BUYER,
    NETWORK,
    SECRETS,
    START,
    SUPPLIER,
    Script,
    adapter_for,
    document,
    invoice_status,
    queue,
    response,
    row,
    rows,
    update,
)
from tests.packets import PLAIN, STAMP, labour, packet

ORDER = (
    '<OrderRequest><OrderRequestHeader orderID="{}" orderDate="2026-01-05T09:00:00-06:00" type="{}"/></OrderRequest>'
)


def sent(script: Script, **settings: Any) -> tuple[Any, Document]:
    adapter = adapter_for(script, **settings)
    return adapter, adapter.render(packet(), [], PLAIN, STAMP)


@pytest.mark.parametrize("code", [200, 201, 280, 281])
def test_a_taken_invoice_is_receipted_under_our_payload_id(code: int) -> None:
    adapter, written = sent(Script(response(code, "Accepted")))
    receipt = adapter.submit(written, STAMP.reference)
    assert (receipt.outcome, receipt.portal_reference) == (Outcome.receipted, STAMP.reference)
    assert (receipt.verdict.status, receipt.verdict.level) == (Status.received, Level.transport)
    assert receipt.verdict.at is None


@pytest.mark.parametrize(
    "answer",
    [
        response(201, "Accepted", payload=""),
        response(204, "No Content"),
        response(211, "OK"),
        response(408, "Timeout"),
        response(500, "Internal Server Error"),
        response(560, "Temporary server error"),
        response(301, "Moved"),
        httpx.Response(200, content=b"<html>fine</html>"),
        httpx.Response(502, content=b"bad gateway"),
    ],
)
def test_an_answer_that_is_neither_receipt_nor_refusal_is_maybe_sent(answer: httpx.Response) -> None:
    adapter, written = sent(Script(answer))
    with pytest.raises(MaybeSent):
        adapter.submit(written, STAMP.reference)


def test_the_code_in_the_body_wins_over_http() -> None:
    refused = response(417, "Expectation Failed", "INV-15: This customer does not accept invoices.", http=200)
    adapter, written = sent(Script(refused, response(201, "Accepted", http=500)))
    receipt = adapter.submit(written, STAMP.reference)
    assert (receipt.outcome, receipt.verdict.reasons[0].code) == (Outcome.refused, ReasonCode.po_unknown)
    assert adapter.submit(written, STAMP.reference).outcome is Outcome.receipted


def test_a_web_servers_413_is_a_refusal_and_its_429_is_not_sent() -> None:
    slow = httpx.Response(429, headers={"retry-after": "7"})
    adapter, written = sent(Script(httpx.Response(413, content=b"too large"), slow))
    assert adapter.submit(written, STAMP.reference).outcome is Outcome.refused
    with pytest.raises(NotSent) as later:
        adapter.submit(written, STAMP.reference)
    assert later.value.retry_at is not None


@pytest.mark.parametrize("http", [200, 401])
def test_refused_credentials_are_said_so_with_what_to_look_at(http: int) -> None:
    adapter, written = sent(Script(response(401, "Unauthorized", http=http)))
    with pytest.raises(SignInRefused, match="supplier_identity"):
        adapter.submit(written, STAMP.reference)


def test_the_secret_goes_in_as_the_bytes_leave_and_comes_out_of_what_returns() -> None:
    script = Script(response(406, "Not Acceptable", f"you said {SECRETS['shared_secret']}"))
    adapter, written = sent(script)
    receipt = adapter.submit(written, STAMP.reference)
    assert b"<SharedSecret>s3cret&lt;&amp;&gt;shared</SharedSecret>" in script.requests[0].content
    assert b"s3cret&lt;" not in receipt.raw
    assert SECRETS["shared_secret"] not in repr(receipt)


def test_a_certificate_needs_no_secret_in_the_document() -> None:
    script = Script(response(201, "Accepted"))
    adapter, written = sent(script, proof="certificate")
    assert adapter.submit(written, STAMP.reference).outcome is Outcome.receipted
    assert b"SharedSecret" not in script.requests[0].content


@pytest.mark.parametrize("version", ["1.2.020", "1.2.037", "1.2.069"])
def test_the_account_chooses_version_mode_and_pay_codes(version: str) -> None:
    test = {"supplier_anid": SUPPLIER + "-T", "buyer_anid": BUYER + "-T"}
    adapter = adapter_for(Script(), version=version, pay_codes={"ST": "REG1"}, **test)
    body = adapter.render(packet(lines=[labour()]), [], PLAIN, STAMP).body
    assert f"cXML/{version}/InvoiceDetail.dtd".encode() in body
    assert b'deploymentMode="test"' in body
    assert b"REG1" in body
    assert b'payloadID="' + STAMP.reference.encode() + b'"' in body


# --- the queue ----------------------------------------------------------------------------------------------------


def asked(request: httpx.Request) -> etree._Element:
    content = request.content.split(b"\n", 2)[2]
    found = etree.fromstring(content).find("Request/GetPendingRequest")
    assert found is not None
    return found


def test_reading_the_queue_asks_the_network_itself_and_gives_up_only_what_was_stored() -> None:
    both = update(invoice_status("processing")), update(invoice_status("paid"), payload="u-2", seconds=5)
    again = queue(both[1])
    script = Script(queue(*both), again, response(204, "No Content"))
    adapter = adapter_for(script)
    page = adapter.poll("")
    assert [one.verdict.status for one in page.notices] == [Status.in_process, Status.paid]
    assert asked(script.requests[0]).get("lastReceivedTimestamp") is None
    assert NETWORK.encode() in script.requests[0].content
    second = adapter.poll(page.cursor)
    assert second.notices == ()
    assert asked(script.requests[1]).get("lastReceivedTimestamp") == START.isoformat()
    assert adapter.poll(second.cursor).notices == ()


def test_a_page_that_was_not_stored_comes_again() -> None:
    one = queue(update(invoice_status("paid")))
    adapter = adapter_for(Script(one, one))
    assert adapter.poll("").notices == adapter.poll("").notices != ()


def test_a_full_page_is_asked_for_more_at_once() -> None:
    documents = [update(invoice_status("paid"), payload=f"u-{count}", seconds=count) for count in range(3)]
    page = adapter_for(Script(queue(*documents)), max_messages=3).poll("")
    assert page.more
    assert queue_position_from(page.cursor).seen == ("u-0", "u-1", "u-2")


@pytest.mark.parametrize("code", [401, 403])
def test_a_queue_that_does_not_know_us_stops_the_account(code: int) -> None:
    with pytest.raises(SignInRefused):
        adapter_for(Script(response(code, "no"))).poll("")


@pytest.mark.parametrize(
    "answer",
    [
        response(500, "Internal Server Error"),
        response(450, "Not Implemented"),
        httpx.Response(200, content=b"nothing"),
    ],
)
def test_a_queue_that_cannot_be_read_is_never_given_up(answer: httpx.Response) -> None:
    with pytest.raises(PortalUnavailable):
        adapter_for(Script(*[answer] * 5)).poll("")


def test_everything_in_the_queue_is_delivered_whoever_it_concerns_and_whatever_it_is() -> None:
    page = queue(
        update(invoice_status("paid")),
        update(invoice_status("paid", number="INV-7"), payload="u-2", sender="AN01777777777"),
        update(invoice_status("rejected"), payload="u-3", sender=NETWORK),
        document(ORDER.format("4500", "new"), "o-1"),
        document("<OrderRequest/>", "o-2"),
        document("<CatalogUploadRequest/>", "c-1"),
        "<cXML/>",
    )
    script = Script(page)
    told = adapter_for(script, orders_from="pending").poll("")
    assert [one.text for one in asked(script.requests[0])] == ["StatusUpdateRequest", "OrderRequest"]
    assert [(one.kind, one.party, one.notice is not None, one.order is not None) for one in told.deliveries] == [
        ("StatusUpdateRequest", BUYER, True, False),
        ("StatusUpdateRequest", "AN01777777777", True, False),
        ("StatusUpdateRequest", "", True, False),
        ("OrderRequest", BUYER, False, True),
        ("OrderRequest", BUYER, False, True),
        ("CatalogUploadRequest", BUYER, False, False),
        ("", "", False, False),
    ]
    assert all(one.unread for one in told.deliveries if one.notice is None and one.order is None)
    assert not any(b"pushed-s3cret" in one.raw for one in told.deliveries)
    for each in told.deliveries[:6]:
        assert adapter_for(Script()).read(each.raw) == each


def test_two_documents_of_one_payload_id_are_both_delivered() -> None:
    page = queue(update(invoice_status("processing")), update(invoice_status("paid")))
    assert len(adapter_for(Script(page)).poll("").deliveries) == 2


def test_accounts_of_one_supplier_share_a_line_and_have_parties_of_their_own() -> None:
    one, other = adapter_for(Script()), adapter_for(Script(), buyer_anid="AN01777777777")
    assert (one.line, one.party, other.party) == (other.line, BUYER, "AN01777777777")
    assert adapter_for(Script(), supplier_anid="AN02000000010").line != one.line
    assert adapter_for(Script(), url="https://elsewhere.example/service/transaction/cxml.asp").line != one.line


def test_every_version_of_our_orders_is_told_and_another_buyers_are_not() -> None:
    page = queue(
        document(ORDER.format("4500", "delete"), "o-2", 9),
        document(ORDER.format("4500", "new"), "o-1", 1),
        document(ORDER.format("4501", "new"), "o-3", 2),
        document(ORDER.format("77", "new"), "o-4", 3, sender="AN01777777777"),
    )
    told = adapter_for(Script(page)).orders("").orders
    assert [(order.number, order.state.value, order.payload_id) for order in told] == [
        ("4500", "closed", "o-2"),
        ("4500", "open", "o-1"),
        ("4501", "open", "o-3"),
    ]


def test_an_order_that_cannot_be_read_does_not_keep_the_others_back() -> None:
    page = queue(document(ORDER.format("", "new"), "o-9"), document(ORDER.format("4501", "new"), "o-3", 2))
    told = adapter_for(Script(page)).orders("")
    assert [order.number for order in told.orders] == ["4501"]
    (unread,) = told.unread
    assert (unread.payload_id, unread.why) == ("o-9", "the OrderRequest has no orderID")
    assert b"o-9" in unread.raw


# --- the look-up --------------------------------------------------------------------------------------------------


def test_looking_up_reads_every_page_and_compares_to_the_letter() -> None:
    other = row(invoiceNumber="inv-1001")
    script = Script(rows(other, following="p2"), rows(row()))
    (found,) = adapter_for(script).find("INV-1001")
    assert found.number == "INV-1001"
    query = parse_qs(script.requests[1].url.query.decode())
    assert (query["invoiceNumber"], query["pageToken"], query["buyer"]) == (["INV-1001"], ["p2"], [BUYER])
    assert script.requests[0].headers["apikey"] == SECRETS["api_key"]
    assert len(script.sign_ins) == 1


def test_an_expired_token_is_renewed_once() -> None:
    script = Script(httpx.Response(401), rows(row()))
    assert adapter_for(script).find("INV-1001")
    assert len(script.sign_ins) == 2
    with pytest.raises(SignInRefused):
        adapter_for(Script(httpx.Response(401), httpx.Response(401))).find("INV-1001")


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"content": 7}', b'{"content": [7]}', b"<html/>"])
def test_a_look_up_that_is_no_list_is_unavailable(body: bytes) -> None:
    with pytest.raises(PortalUnavailable):
        adapter_for(Script(httpx.Response(200, content=body))).find("INV-1001")


def test_polling_the_look_up_goes_on_where_the_last_pass_ended() -> None:
    second = row(invoiceNumber="INV-2", documentReference="p-2", updatedAt="2026-03-09T12:00:05+00:00")
    changed = {**row(status="approved"), "updatedAt": "2026-03-09T12:00:09+00:00"}
    script = Script(rows(row(), following="p2"), rows(second), rows(second, changed))
    adapter = adapter_for(script, delivery="lookup")
    page = adapter.poll("")
    assert page.more
    page = adapter.poll(page.cursor)
    assert ([one.number for one in page.notices], page.more) == (["INV-2"], False)
    page = adapter.poll(page.cursor)
    assert [(one.number, one.verdict.status) for one in page.notices] == [("INV-1001", Status.accepted)]
    assert parse_qs(script.requests[2].url.query.decode())["updatedFrom"] == ["2026-03-09T12:00:05+00:00"]


def test_a_page_that_is_gone_starts_the_pass_over() -> None:
    gone = httpx.Response(400, json={"error": "pageToken is not one of ours"})
    script = Script(rows(row(), following="p2"), gone, rows(row()))
    adapter = adapter_for(script, delivery="lookup")
    page = adapter.poll(adapter.poll("").cursor)
    assert (page.notices, page.more) == ((), True)
    page = adapter.poll(page.cursor)
    assert (page.notices, page.more) == ((), False)
    assert "pageToken" not in script.requests[2].url.query.decode()


def test_a_look_up_without_end_is_unavailable() -> None:
    script = Script(*[rows(row(), following="again")] * 60)
    with pytest.raises(PortalUnavailable, match="pages"):
        adapter_for(script).find("INV-1001")


def test_what_an_account_cannot_do_is_said_with_the_setting_to_mend() -> None:
    bare = adapter_for(Script(), delivery="none", lookup_url=None, token_url=None)
    assert bare.abilities == frozenset({Ability.cancel})
    for verb, setting in (
        (lambda: bare.find("1"), "lookup_url"),
        (lambda: bare.poll(""), "delivery"),
        (lambda: bare.orders(""), "orders_from"),
        (lambda: bare.void("p-1", "why"), "delivery"),
    ):
        with pytest.raises(SettingWrong) as wrong:
            verb()
        assert wrong.value.setting == setting
    assert Ability.void not in adapter_for(Script()).abilities
    assert Ability.cancel in adapter_for(Script()).abilities


def test_a_check_that_gets_no_profile_says_so() -> None:
    with pytest.raises(PortalUnavailable, match="profile"):
        adapter_for(Script(response(200, "OK"))).check()

"""Reading changes: rows as tenants write them, page by page, and never past what might still come."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.adapter import Ability, Notices
from gateway.buyer_words import named
from gateway.errors import PortalUnavailable, SettingWrong, SignInRefused
from gateway.order import Orders
from gateway.verdict import Actor, ReasonCode, Status
from tests.adapters.coupa.scripted import START, Clock, Script, adapter_for

ROW = {
    "id": 7,
    "invoice-number": "INV-7",
    "status": "pending_approval",
    "updated-at": "2026-03-09T11:59:00-05:00",
    "gross-total": "1234.50",
    "currency": {"code": "USD"},
}


def _page(rows: list[dict[str, Any]], at: datetime | None = None) -> httpx.Response:
    headers = {"Date": format_datetime(at, usegmt=True)} if at else {}
    return httpx.Response(200, json=rows, headers=headers)


def _polled(row: dict[str, Any], *more: httpx.Response) -> Notices:
    return adapter_for(Script([_page([row]), *more])).poll("")


def _rows(first: int, count: int = 50) -> list[dict[str, Any]]:
    return [{**ROW, "id": number, "invoice-number": f"INV-{number}"} for number in range(first, first + count)]


# --- paging -----------------------------------------------------------------------------------------------------


def test_the_first_pass_asks_for_everything_of_ours_in_the_order_of_ids() -> None:
    script = Script([_page([])])
    adapter_for(script).poll("")
    params = script.requests[0].url.params
    assert (params["order_by"], params["dir"], params["limit"]) == ("id", "asc", "50")
    assert params["supplier[id]"] == "101"
    assert "updated-at[gt]" not in params
    assert "exported" not in str(script.requests[0].url)


def test_a_first_pass_can_be_told_where_to_start() -> None:
    script = Script([_page([])])
    adapter_for(script, poll_from="2026-01-01T00:00:00+01:00").poll("")
    assert script.requests[0].url.params["updated-at[gt]"] == "2025-12-31T23:00:00Z"


def test_a_pass_goes_on_by_id_and_the_next_starts_before_this_one_did_on_the_servers_clock() -> None:
    behind = START - timedelta(minutes=3)
    script = Script([_page(_rows(1), behind), _page(_rows(60, 4), START), _page([], START)])
    adapter = adapter_for(script)
    first = adapter.poll("")
    assert first.more
    second = adapter.poll(first.cursor)
    assert not second.more
    adapter.poll(second.cursor)
    asked = [request.url.params for request in script.requests]
    assert asked[1]["id[gt]"] == "50"
    assert "updated-at[gt]" not in asked[1]
    assert "id[gt]" not in asked[2]
    assert asked[2]["updated-at[gt]"] == "2026-03-09T11:56:00Z"  # the first answer's Date less a minute of overlap


@pytest.mark.parametrize("ahead", [START + timedelta(days=300), None])
def test_a_servers_clock_that_runs_ahead_or_is_missing_does_not_make_us_skip(ahead: datetime | None) -> None:
    script = Script([_page([], ahead), _page([])])
    adapter = adapter_for(script, poll_overlap_seconds=90)
    adapter.poll(adapter.poll("").cursor)
    # Signing in took the five seconds that a token needs before its first use.
    assert script.requests[1].url.params["updated-at[gt]"] in {"2026-03-09T11:58:30Z", "2026-03-09T11:58:35Z"}


def test_a_page_out_of_order_is_not_believed() -> None:
    for rows in ([*_rows(10, 2), *_rows(5, 1)], [*_rows(10, 1), *_rows(10, 1)]):
        with pytest.raises(PortalUnavailable, match="order of their ids"):
            adapter_for(Script([_page(rows)])).poll("")
    script = Script([_page(_rows(1)), _page(_rows(40))])
    adapter = adapter_for(script)
    with pytest.raises(PortalUnavailable, match="order of their ids"):
        adapter.poll(adapter.poll("").cursor)


def test_a_full_page_without_ids_cannot_be_passed() -> None:
    rows = [{"invoice-number": f"INV-{number}", "status": "new"} for number in range(50)]
    with pytest.raises(PortalUnavailable, match="without ids"):
        adapter_for(Script([_page(rows)])).poll("")


def test_a_pass_cut_off_in_the_middle_goes_on_from_its_cursor() -> None:
    first = adapter_for(Script([_page(_rows(1), START)])).poll("")
    clock = Clock()
    clock.at += timedelta(hours=2)
    script = Script([_page(_rows(51, 1)), _page([])])
    adapter = adapter_for(script, clock)
    rest = adapter.poll(first.cursor)
    adapter.poll(rest.cursor)
    assert script.requests[0].url.params["id[gt]"] == "50"
    assert script.requests[1].url.params["updated-at[gt]"] == "2026-03-09T11:59:00Z"


# --- rows -------------------------------------------------------------------------------------------------------


def test_a_row_may_write_its_names_with_underscores() -> None:
    row = {name.replace("-", "_"): value for name, value in ROW.items()}
    (notice,) = _polled(row).notices
    assert (notice.number, notice.portal_reference) == ("INV-7", "7")
    assert notice.verdict.at == datetime(2026, 3, 9, 16, 59, tzinfo=UTC)
    assert json.loads(notice.raw) == row


@pytest.mark.parametrize("status", [None, "", 7, ["approved"], {"name": "approved"}, "APPROVED BY NOBODY", "paid?"])
def test_a_status_that_cannot_be_read_is_unknown_and_for_a_person(status: object) -> None:
    (notice,) = _polled({**ROW, "status": status}).notices
    assert (notice.verdict.status, notice.verdict.who_acts) == (Status.unknown, Actor.us)


def test_an_approved_and_paid_invoice_is_paid_and_a_paid_flag_alone_is_nothing() -> None:
    assert _polled({**ROW, "status": "approved", "paid": True}).notices[0].verdict.status is Status.paid
    assert _polled({**ROW, "status": "approved", "paid": "false"}).notices[0].verdict.status is Status.accepted
    assert (
        _polled({**ROW, "status": "disputed", "paid": True}, _page([])).notices[0].verdict.status is Status.under_query
    )


def test_a_row_that_names_no_invoice_is_an_error_and_not_passed_over() -> None:
    with pytest.raises(PortalUnavailable, match="neither id nor invoice number"):
        _polled({"status": "approved"})


def test_a_dispute_carries_the_tenants_reason_and_the_comments_meant_for_us() -> None:
    disputed = {**ROW, "status": "disputed", "dispute-reasons": [{"code": "OTHER", "description": "Other"}]}
    comments = [
        {"comments": "Time sheet of 3 March is not signed.", "to-supplier": True},
        {"comments": "Ask Pat about the rate", "to-supplier": False},
    ]
    script = Script([_page([ROW | {"id": 6}, disputed]), httpx.Response(200, json=comments)])
    _, notice = adapter_for(script).poll("").notices
    assert [(reason.code, reason.portal_code, reason.portal_text) for reason in notice.verdict.reasons] == [
        (ReasonCode.other, "OTHER", "Other"),
        (ReasonCode.other, "", "Time sheet of 3 March is not signed."),
    ]
    assert [reason.code for reason in named(notice.verdict).reasons] == [
        ReasonCode.other,
        ReasonCode.timesheet_unsigned,
    ]
    assert [request.url.path for request in script.requests] == ["/api/invoices", "/api/invoices/7/comments"]


def test_what_only_the_crew_can_bring_is_asked_of_the_field() -> None:
    disputed = {**ROW, "status": "disputed", "dispute-reasons": [{"code": "TIMESHEET", "description": "Unsigned"}]}
    (notice,) = _polled(disputed, _page([])).notices
    assert named(notice.verdict).who_acts is Actor.field


def test_what_a_tenants_own_code_seems_to_mean_is_marked_as_read_by_a_rule() -> None:
    disputed = {**ROW, "status": "disputed", "dispute-reasons": [{"code": "INCORRECT_PRICE"}]}
    (notice,) = _polled(disputed, httpx.Response(200, json=[{"comments": "Please see above."}])).notices
    read = [(reason.code, bool(reason.read_by)) for reason in named(notice.verdict).reasons]
    assert read == [(ReasonCode.price_mismatch, True), (ReasonCode.other, False)]


def test_a_dispute_without_comments_to_read_is_still_a_dispute() -> None:
    (notice,) = _polled({**ROW, "status": "disputed"}, httpx.Response(404, content=b"")).notices
    assert notice.verdict.status is Status.under_query
    assert [reason.portal_code for reason in notice.verdict.reasons] == ["disputed"]


def test_a_rejection_is_explained_in_the_comments() -> None:
    rejected = {**ROW, "status": "rejected"}
    words = "PO line does not exist any more. Please bill the current PO lines."
    (notice,) = _polled(rejected, httpx.Response(200, json=[{"comments": words, "to-supplier": True}])).notices
    assert notice.verdict.status is Status.rejected
    assert [(reason.code, reason.portal_text, bool(reason.read_by)) for reason in named(notice.verdict).reasons] == [
        (ReasonCode.po_line_unknown, words, True)
    ]


def test_a_rejection_without_a_word_is_for_a_person() -> None:
    (notice,) = _polled({**ROW, "status": "rejected"}, httpx.Response(200, json=[])).notices
    assert [(reason.code, reason.portal_code) for reason in notice.verdict.reasons] == [(ReasonCode.other, "rejected")]


def test_comments_can_be_left_unread() -> None:
    script = Script([_page([{**ROW, "status": "disputed"}])])
    (notice,) = adapter_for(script, dispute_comments=False).poll("").notices
    assert notice.verdict.status is Status.under_query
    assert len(script.requests) == 1


def test_a_hold_says_what_is_out_of_tolerance() -> None:
    (notice,) = _polled({**ROW, "status": "on_hold", "tolerance-failures": "Line 1: quantity above order"}).notices
    assert notice.verdict.status is Status.in_process
    assert [reason.portal_text for reason in notice.verdict.reasons] == ["Line 1: quantity above order"]
    assert [reason.code for reason in named(notice.verdict).reasons] == [ReasonCode.quantity_mismatch]


def test_characters_that_no_database_takes_are_replaced() -> None:
    body = b'[{"id": 7, "invoice-number": "INV-7", "status": "a\\u0000b\\ud800"}]'
    (notice,) = adapter_for(Script([httpx.Response(200, content=body)])).poll("").notices
    assert notice.verdict.portal_status == "a\ufffdb\ufffd"
    assert notice.raw.isascii()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=5), part, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from([*ROW, "dispute-reasons", "dispute_reasons", "paid", "po-number", "order-lines", "line-num"])


@given(st.lists(st.dictionaries(NAMES, JSON, max_size=6), max_size=3))
@settings(max_examples=80, deadline=None)
def test_no_row_breaks_a_worker(rows: list[dict[str, Any]]) -> None:
    body = json.dumps(rows).encode()
    for read in ("poll", "orders"):
        script = Script([httpx.Response(200, content=body), *(_page([]) for _ in rows)])
        try:
            answer = getattr(adapter_for(script), read)("")
        except PortalUnavailable:
            continue
        assert isinstance(answer, Notices | Orders)


# --- orders -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "line", "state", "line_state"),
    [
        ({"status": "issued"}, {"status": "created"}, "open", "open"),
        ({"status": "issued"}, {}, "open", "open"),
        ({"status": "issued"}, {"status": "soft_closed_for_receiving"}, "open", "open"),
        ({"status": "issued"}, {"status": "soft_closed_for_invoicing"}, "open", "closed"),
        ({"status": "issued"}, {"status": "something new"}, "open", "unknown"),
        ({"status": "issued", "invoice-stop": True}, {"status": "created"}, "stopped", "open"),
        ({"status": "issued"}, {"status": "created", "invoice-stop": "true"}, "open", "stopped"),
        ({"status": "closed"}, {}, "closed", "closed"),
        ({"status": "cancelled"}, {}, "closed", "closed"),
        ({"status": "supplier_hold"}, {}, "stopped", "stopped"),
        ({"status": "currency_hold"}, {}, "stopped", "stopped"),
        ({"status": "exported"}, {}, "unknown", "unknown"),
    ],
)
def test_an_orders_state_is_read_as_may_it_be_invoiced(
    order: dict[str, Any], line: dict[str, Any], state: str, line_state: str
) -> None:
    row = {"id": 1, "po-number": 4500012345, **order, "order-lines": [{"line-num": 1, **line}]}
    (read,) = adapter_for(Script([_page([row])])).orders("").orders
    assert (read.number, read.state.value, read.lines[0].state.value) == ("4500012345", state, line_state)


def test_an_orders_lines_keep_their_kind_and_what_is_invoiced() -> None:
    lines = [
        {"line-num": "2", "type": "OrderAmountLine", "price": "500.00", "invoiced": "120.00", "total": "500.00"},
        {
            "line-num": 1,
            "type": "OrderQuantityLine",
            "price": "98.50",
            "quantity": "10",
            "invoiced": "4",
            "uom": {"code": "HUR"},
            "description": "Lineman",
        },
        {"line-num": "none", "type": "OrderAmountLine"},
    ]
    row = {"id": 1, "po-number": "45", "status": "issued", "currency": {"code": "USD"}, "order-lines": lines}
    (order,) = adapter_for(Script([_page([row])])).orders("").orders
    first, second = order.lines
    assert (first.number, first.kind.value, first.unit, first.quantity) == (1, "quantity", "HUR", Decimal(10))
    assert (first.amount, first.invoiced_quantity, first.invoiced_amount) == (Decimal(985), Decimal(4), Decimal(394))
    assert (second.kind.value, second.amount, second.invoiced_amount) == ("amount", Decimal(500), Decimal(120))
    assert second.quantity is None


def test_an_order_without_a_number_is_an_error() -> None:
    with pytest.raises(PortalUnavailable, match="po-number"):
        adapter_for(Script([_page([{"id": 1}])])).orders("")


# --- CSP --------------------------------------------------------------------------------------------------------

CSP = {"status_source": "csp_rest", "supplier_id": None}
CSP_ROW = {
    "id": "49319f60-4553-5532-87c1-283dbd33f301",
    "invoice_number": "INV-7",
    "status": "Pending Approval",
    "total_with_taxes": "10.00",
    "currency": "USD",
    "enterprise_instance_url": "https://buyer.coupahost.example/",
    "updated_at": "2026-03-09T11:00:00Z",
}


def _csp_page(rows: list[dict[str, Any]], current: int = 1, pages: int = 1) -> httpx.Response:
    return httpx.Response(200, json={"data": rows, "total": 9, "limit": 100, "current": current, "num_pages": pages})


def test_the_csp_is_read_page_by_page_and_only_for_our_buyer() -> None:
    other = {**CSP_ROW, "enterprise_instance_url": "https://other.coupahost.example"}
    nobody = {**CSP_ROW, "enterprise_instance_url": None}
    script = Script([_csp_page([CSP_ROW, other, nobody], 1, 2), _csp_page([CSP_ROW], 2, 2), _csp_page([])])
    adapter = adapter_for(script, **CSP)
    assert adapter.abilities == {Ability.find, Ability.poll}
    first = adapter.poll("")
    (notice,) = first.notices
    assert (notice.number, notice.portal_reference, notice.verdict.status) == ("INV-7", "", Status.in_process)
    second = adapter.poll(first.cursor)
    assert (first.more, second.more) == (True, False)
    adapter.poll(second.cursor)
    assert [request.url.params["page"] for request in script.requests] == ["1", "2", "1"]
    assert script.sign_ins[0].url == "https://supplier.coupahost.com/oauth2/token"
    assert b"csp-client-0018" in script.sign_ins[0].content


def test_a_number_is_looked_for_on_every_page_of_the_csp() -> None:
    script = Script([_csp_page([{**CSP_ROW, "invoice_number": "inv-7"}], 1, 2), _csp_page([CSP_ROW], 2, 2)])
    (found,) = adapter_for(script, **CSP).find("INV-7")
    assert (found.number, found.total, found.currency) == ("INV-7", Decimal("10.00"), "USD")


@pytest.mark.parametrize("answer", [[], {}, {"data": {}}, {"data": [1]}, {"data": [], "num_pages": None}])
def test_a_page_of_the_csp_that_cannot_be_read_is_unavailable(answer: object) -> None:
    with pytest.raises(PortalUnavailable):
        adapter_for(Script([httpx.Response(200, json=answer)]), **CSP).poll("")


# --- what an account cannot do ------------------------------------------------------------------------------------


def test_an_account_without_a_source_of_statuses_says_so() -> None:
    adapter = adapter_for(Script(), status_source="none")
    assert adapter.abilities == frozenset()
    for verb in (lambda: adapter.find("A"), lambda: adapter.poll(""), lambda: adapter.orders("")):
        with pytest.raises(SettingWrong, match="status_source"):
            verb()
    assert "nothing can be checked without sending an invoice" in adapter.check()


def test_abilities_follow_the_scopes() -> None:
    assert adapter_for(Script(), scopes="core.invoice.read").abilities == {Ability.find, Ability.poll}
    assert Ability.void in adapter_for(Script(), scopes="core.invoice.read core.invoice.write").abilities


def test_a_refused_read_of_comments_stops_the_account_and_names_the_scopes() -> None:
    with pytest.raises(SignInRefused, match="setting scopes"):
        _polled({**ROW, "status": "disputed"}, httpx.Response(403))

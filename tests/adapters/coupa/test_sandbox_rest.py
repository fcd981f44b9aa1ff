"""The token, Core REST and Supplier Portal doors of the Coupa sandbox."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from adapters.coupa.sandbox import Portal
from gateway.standin.throttle import Throttle

from .sandbox_papers import ORDER, bearer, connect, invoice, post


@pytest.fixture
def portal() -> Iterator[Portal]:
    with Portal() as portal:
        portal.orders([ORDER])
        portal.knobs(throttle=False)
        yield portal


@pytest.fixture
def client(portal: Portal) -> Iterator[httpx.Client]:
    with connect(portal.url) as client:
        client.headers.update(bearer(client))
        yield client


def draft(number: str = "R-1", **changes: Any) -> dict[str, Any]:
    """A domestic draft as clients post it."""
    line = {
        "type": "InvoiceQuantityLine",
        "description": "Lineman",
        "quantity": "2",
        "uom": {"code": "HUR"},
        "price": "95.00",
        "order-header-num": "PO-1",
        "order-line-num": 1,
    }
    return {
        "invoice-number": number,
        "invoice-date": "2026-11-20",
        "supplier": {"number": "SUP-1"},
        "currency": {"code": "USD"},
        "line-level-taxation": False,
        "invoice-lines": [line],
    } | changes


def created(client: httpx.Client, number: str = "R-1", **changes: Any) -> dict[str, Any]:
    """A draft that was taken."""
    answer = client.post("/api/invoices", json=draft(number, **changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def numbers(client: httpx.Client, query: str) -> list[str]:
    """Invoice numbers a list request answers."""
    answer = client.get(f"/api/invoices?{query}")
    assert answer.status_code == 200, answer.text
    return [row["invoice-number"] for row in answer.json()]


# Tokens


def test_a_token_is_given_for_form_or_basic_credentials(portal: Portal) -> None:
    with connect(portal.url) as client:
        form = {"grant_type": "client_credentials", "client_id": "sandbox-client-default"}
        first = client.post("/oauth2/token", data=form | {"client_secret": "sandbox-client-secret"})
        auth = ("sandbox-client-default", "sandbox-client-secret")
        second = client.post("/oauth2/token", data={"grant_type": "client_credentials"}, auth=auth)
        for answer in (first, second):
            assert (answer.status_code, answer.json()["expires_in"]) == (200, 86399)
            headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            assert client.get("/api/invoices", headers=headers).status_code == 200


def test_a_scope_the_client_does_not_hold_is_refused(portal: Portal) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": "sandbox-client-default",
        "client_secret": "sandbox-client-secret",
    }
    answer = httpx.post(f"{portal.url}/oauth2/token", data=form | {"scope": "core.invoice.read core.user.write"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    answer = httpx.post(f"{portal.url}/oauth2/token", data=form | {"grant_type": "password"})
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
    answer = httpx.post(f"{portal.url}/oauth2/token", data=form | {"client_secret": "wrong"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_token_works_only_once_active_and_until_it_expires(portal: Portal) -> None:
    with connect(portal.url) as client:
        portal.knobs(token_activation_ms=60_000)
        assert client.get("/api/invoices", headers=bearer(client)).status_code == 401
        portal.knobs(token_activation_ms=0, token_seconds=0)
        assert client.get("/api/invoices", headers=bearer(client)).status_code == 401
        portal.knobs(token_seconds=60)
        good = bearer(client)
        assert client.get("/api/invoices", headers=good).status_code == 200
        portal.reset()
        assert client.get("/api/invoices", headers=good).status_code == 401


def test_what_a_scope_does_not_cover_is_refused(portal: Portal, client: httpx.Client) -> None:
    reader = bearer(client, "core.invoice.read")
    assert client.get("/api/invoices", headers=reader).status_code == 200
    assert client.post("/api/invoices", json=draft(), headers=reader).status_code == 403
    assert client.get("/api/purchase_orders", headers=reader).status_code == 403
    assert client.get("/api/invoices", headers={"Authorization": "Bearer made-up"}).status_code == 401
    assert portal.documents() == []


# Drafts and their way


def test_a_draft_gets_its_papers_and_is_submitted(portal: Portal, client: httpx.Client) -> None:
    row = created(client)
    assert (row["status"], row["total-with-taxes"]) == ("draft", "190.00")
    here, pdf = f"/api/invoices/{row['id']}", b"%PDF-1.7"
    assert client.put(f"{here}/image_scan", files={"file": ("R-1.pdf", pdf, "application/pdf")}).status_code == 200
    files = {"attachment[file]": ("sheet.pdf", pdf * 2, "application/pdf")}
    data = {"attachment[type]": "file", "attachment[intent]": "Supplier"}
    assert client.post(f"{here}/attachments", files=files, data=data).status_code == 201
    assert client.post(f"{here}/attachments", data={"attachment[url]": "https://x.invalid/a"}).status_code == 201
    assert [each["file-name"] for each in client.get(f"{here}/attachments").json()] == [
        "sheet.pdf",
        "https://x.invalid/a",
    ]
    assert client.put(f"{here}/submit").json()["status"] == "pending_approval"
    document = portal.documents()[0]
    assert [each["kind"] for each in document["attachments"]] == ["image_scan", "file", "url"]
    assert document["attachments"][0]["sha256"] == hashlib.sha256(pdf).hexdigest()
    assert (document["submitted"], document["channel"]) == (True, "api")


@pytest.mark.parametrize(("contract", "status"), [("C-1", "pending_approval"), ("C-2", "draft")])
def test_a_header_contract_backs_the_lines_that_name_no_order(contract: str, status: str) -> None:
    with Portal({"default": {"contracts": ["C-1"]}}) as portal, connect(portal.url) as client:
        client.headers.update(bearer(client))
        line = {"type": "InvoiceQuantityLine", "description": "Storm work", "quantity": "2", "price": "95.00"}
        row = created(client, contract={"number": contract}, **{"invoice-lines": [line]})
        assert [each["contract"] for each in row["invoice-lines"]] == [{"number": contract}]
        assert client.put(f"/api/invoices/{row['id']}/submit").json()["status"] == status


def test_a_used_number_is_refused_under_the_error_key(portal: Portal, client: httpx.Client) -> None:
    created(client)
    answer = client.post("/api/invoices", json=draft())
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["invoice_header"])
    portal.knobs(rest_error_key="invoice")
    assert list(client.post("/api/invoices", json=draft()).json()["errors"]) == ["invoice"]
    as_xml = client.post("/api/invoices", json=draft(), headers={"Accept": "application/xml"})
    assert [each.tag for each in ElementTree.fromstring(as_xml.content)] == ["error"]  # noqa: S314


def test_a_draft_is_changed_by_put_and_a_submitted_invoice_is_not(client: httpx.Client) -> None:
    row = created(client)
    here = f"/api/invoices/{row['id']}"
    line = {"id": row["invoice-lines"][0]["id"], "quantity": "3"}
    changed = client.put(here, json={"invoice-number": "R-9", "invoice-lines": [line]}).json()
    assert (changed["invoice-number"], changed["total-with-taxes"]) == ("R-9", "285.00")
    assert numbers(client, "invoice-number=R-9") == ["R-9"]
    assert numbers(client, "invoice-number=R-1") == []
    assert client.put(f"{here}/submit").status_code == 200
    assert client.put(here, json={"supplier-note": "late"}).status_code == 400
    assert client.put(f"{here}/submit").status_code == 400


def test_submit_checks_the_model_unless_the_tenant_does_not(portal: Portal, client: httpx.Client) -> None:
    row = created(client, currency={"code": "EUR"})
    here = f"/api/invoices/{row['id']}"
    assert client.put(f"{here}/submit").status_code == 400
    assert client.get(here).json()["status"] == "draft"
    portal.knobs(rest_enforce_validations=False)
    assert client.put(f"{here}/submit").status_code == 200


def test_a_tenant_without_create_answers_404(portal: Portal, client: httpx.Client) -> None:
    portal.knobs(rest_create=False)
    assert client.post("/api/invoices", json=draft()).status_code == 404


def test_a_dispute_carries_reason_and_comment_and_is_withdrawn(client: httpx.Client) -> None:
    post(client, invoice())
    here = "/api/invoices/1001"
    assert client.put(f"{here}/dispute", json={"dispute-reason": {"code": "NO_SUCH"}}).status_code == 400
    body = {"dispute-reason": {"code": "INCORRECT_QUANTITY"}, "comment": "Forty hours, not two"}
    row = client.put(f"{here}/dispute", json=body).json()
    assert (row["status"], row["dispute-reasons"][0]["code"]) == ("disputed", "INCORRECT_QUANTITY")
    comment = client.get(f"{here}/comments").json()[0]
    assert (comment["comments"], comment["reason-code"]) == ("Forty hours, not two", "INCORRECT_QUANTITY")
    assert client.put(f"{here}/dispute", json=body).status_code == 400
    assert client.put(f"{here}/withdraw_dispute").json()["status"] == "pending_approval"
    assert client.put(f"{here}/withdraw_dispute").status_code == 400


def test_a_disputed_invoice_is_corrected_and_resubmitted_where_the_tenant_lets_it(
    portal: Portal, client: httpx.Client
) -> None:
    post(client, invoice())
    portal.disputes("INV-1", "INCORRECT_PRICE")
    here = "/api/invoices/1001"
    portal.knobs(edit_disputed=False)
    assert client.put(here, json={"supplier-note": "n"}).status_code == 400
    portal.knobs(edit_disputed=True)
    assert client.put(here, json={"supplier-note": "n"}).status_code == 200
    assert client.put(f"{here}/submit").json()["status"] == "pending_approval"


@pytest.mark.parametrize(
    ("role", "status", "code"),
    [
        ("buyer", "pending_receipt", 200),
        ("buyer", "approved", 200),
        ("buyer", "draft", 200),
        ("supplier", "draft", 400),
        ("supplier", "approved", 200),
        ("supplier", "pending_approval", 400),
        ("buyer", "voided", 400),
    ],
)
def test_who_may_void_from_where_is_a_matrix(
    role: str, status: str, code: int, portal: Portal, client: httpx.Client
) -> None:
    post(client, invoice())
    portal.says("INV-1", status)
    portal.knobs(rest_role=role)
    assert client.put("/api/invoices/1001/void").status_code == code


def test_the_void_matrix_is_a_knob(portal: Portal, client: httpx.Client) -> None:
    post(client, invoice())
    portal.disputes("INV-1")
    portal.knobs(rest_role="supplier", void_supplier="disputed")
    assert client.put("/api/invoices/1001/void").json()["status"] == "voided"


def test_an_invoice_is_abandoned_with_a_reason(client: httpx.Client) -> None:
    row = created(client)
    answer = client.put(f"/api/invoices/{row['id']}/abandon", json={"abandon-reason": "typo"}).json()
    assert (answer["status"], answer["abandon-reason"]) == ("abandoned", "typo")


def test_only_a_new_invoice_is_deleted_and_its_number_is_free_again(portal: Portal, client: httpx.Client) -> None:
    row = created(client)
    here = f"/api/invoices/{row['id']}"
    assert client.delete(here).status_code == 400
    portal.says("R-1", "new")
    assert client.delete(here).status_code == 200
    assert client.get(here).status_code == 404
    created(client)


def test_a_hold_ends_when_the_tolerance_is_kept(portal: Portal, client: httpx.Client) -> None:
    portal.knobs(status_after_submit="by_rules")
    row = created(client, **{"invoice-lines": [draft()["invoice-lines"][0] | {"price": "96.00"}]})
    here = f"/api/invoices/{row['id']}"
    held = client.put(f"{here}/submit").json()
    assert (held["status"], held["failed-tolerances"][0]["breach-amount"]) == ("on_hold", "1.00")
    portal.knobs(tolerance_percent="5")
    assert client.put(f"{here}/revalidate_tolerances").json()["status"] == "pending_approval"


def test_xml_is_read_and_written_with_a_root(client: httpx.Client) -> None:
    body = (
        '<?xml version="1.0"?><invoice-header><invoice-number>X-1</invoice-number>'
        "<invoice-date>2026-11-20</invoice-date><supplier><id>101</id></supplier><currency><code>USD</code></currency><invoice-lines><invoice-line>"
        "<type>InvoiceAmountLine</type><description>Work</description><price>500</price><po-number>PO-1</po-number>"
        "<order-line-num>2</order-line-num></invoice-line></invoice-lines></invoice-header>"
    )
    headers = {"Content-Type": "application/xml", "Accept": "application/xml"}
    answer = client.post("/api/invoices", content=body, headers=headers)
    assert answer.status_code == 201, answer.text
    root = ElementTree.fromstring(answer.content)  # noqa: S314
    total = root.find("total-with-taxes")
    assert root.tag == "invoice-header"
    assert total is not None
    assert (total.get("type"), total.text) == ("decimal", "500")
    listed = client.get("/api/invoices", headers={"Accept": "application/xml"})
    assert ElementTree.fromstring(listed.content).tag == "invoice-headers"  # noqa: S314


def test_no_rows_are_200_in_json_and_404_in_xml(client: httpx.Client) -> None:
    assert client.get("/api/invoices?status=voided").json() == []
    answer = client.get("/api/invoices?status=voided", headers={"Accept": "application/xml"})
    assert answer.status_code == 404
    assert "<errors><error>No results match your search criteria.</error></errors>" in answer.text


@pytest.mark.parametrize("body", [b"{", b"[1]", b'{"invoice-lines": 3}', b"[" * 100_000, b'{"tax-amount": "x"}'])
def test_a_body_that_cannot_be_read_is_a_400(body: bytes, portal: Portal, client: httpx.Client) -> None:
    if body.startswith(b'{"'):
        body = json.dumps(draft() | json.loads(body)).encode()
    answer = client.post("/api/invoices", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert portal.documents() == []


def test_entities_in_a_body_are_not_resolved(client: httpx.Client) -> None:
    doctype = '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    body = f"{doctype}<invoice-header><supplier-note>&f;</supplier-note></invoice-header>"
    row = created(client)
    answer = client.put(f"/api/invoices/{row['id']}", content=body, headers={"Content-Type": "application/xml"})
    assert "root:" not in answer.text


# Queries


@pytest.fixture
def stocked(portal: Portal, client: httpx.Client) -> httpx.Client:
    """Ten invoices S-1 to S-10, ids 1001 to 1010; S-1 approved, S-2 voided, S-3 disputed."""
    for number in range(1, 11):
        assert post(client, invoice(f"S-{number}")).status_code == 200
    portal.says("S-1", "approved")
    portal.says("S-2", "voided")
    portal.disputes("S-3")
    return client


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=approved&status=voided", "1 2"),
        ("status[in]=approved,disputed", "1 3"),
        ("status[not_eq]=pending_approval", "1 2 3"),
        ("status[not_in]=pending_approval,voided", "1 3"),
        ("id[gt]=1008", "9 10"),
        ("id[gt_or_eq]=1009", "9 10"),
        ("id[lt]=1003", "1 2"),
        ("id[lt_or_eq]=1002", "1 2"),
        ("id[in]=1004,1002,9999", "2 4"),
        ("id=1004", "4"),
        ("invoice-number=S-7", "7"),
        ("invoice_number=S-7", "7"),
        ("invoice_number[in]=S-7,S-8", "7 8"),
        ("invoice-number[ends_with]=10", "10"),
        ("invoice-number[starts_with]=S-1", "1 10"),
        ("invoice-number[contains]=-1", "1 10"),
        ("supplier[name]=Sandbox%20Supplier&id[gt]=1009", "10"),
        ("supplier[number]=other", ""),
        ("supplier_id=101&invoice_number=S-2", "2"),
        ("currency[code]=USD&limit=1", "1"),
        ("invoice-lines[po-number]=PO-1&id[gt]=1009", "10"),
        ("invoice-lines[uom][code]=EA", ""),
        ("dispute-method[blank]=false", "3"),
        ("dispute_reasons[code]=INCORRECT_QUANTITY", "3"),
        ("total-with-taxes[gt]=190.00", ""),
        ("total-with-taxes[gt_or_eq]=190&limit=2&offset=1", "2 3"),
        ("paid=false&limit=1", "1"),
        ("invoice-date=2026-11-20&limit=1", "1"),
        ("invoice-date[gt]=2026-11-20", ""),
        ("order_by=id&dir=desc&limit=2", "10 9"),
        ("created-at[gt]=2100-01-01T00%3A00%3A00%2B00%3A00", ""),
    ],
)
def test_operators_find_what_they_should(query: str, found: str, stocked: httpx.Client) -> None:
    assert numbers(stocked, query) == [f"S-{each}" for each in found.split()]


@pytest.mark.parametrize(
    "query",
    [
        "no-such-field=1",
        "supplier[blank]=true",
        "supplier=1",
        "updated-at[contains]=2026",
        "updated-at[gt]=yesterday",
        "updated-at[gt]=2026-11-20T00:00:00+00:00",
        "id[gt]=x",
        "limit=x",
        "offset=-1",
        "dir=up",
        "order_by=nothing",
        "order_by=attachments",
        "total-with-taxes[gt]=NaN",
        "fields=[",
        "fields={}",
    ],
)
def test_a_query_that_makes_no_sense_is_a_400(query: str, stocked: httpx.Client) -> None:
    assert stocked.get(f"/api/invoices?{query}").status_code == 400


def test_what_changed_since_is_found_by_its_time(portal: Portal, stocked: httpx.Client) -> None:
    portal.knobs(time_resolution="microsecond")
    portal.says("S-9", "approved")
    mark = stocked.get("/api/invoices/1009").json()["updated-at"]
    portal.says("S-5", "approved")
    portal.says("S-4", "approved")
    since = stocked.get("/api/invoices", params={"updated-at[gt]": mark, "order_by": "id"}).json()
    assert [row["invoice-number"] for row in since] == ["S-4", "S-5"]
    inclusive = stocked.get("/api/invoices", params={"updated_at[gt_or_eq]": mark, "order_by": "id"}).json()
    assert [row["invoice-number"] for row in inclusive] == ["S-4", "S-5", "S-9"]


def test_times_are_whole_seconds_unless_the_knob_says_otherwise(portal: Portal, stocked: httpx.Client) -> None:
    assert "." not in stocked.get("/api/invoices/1001").json()["updated-at"]


def test_a_page_holds_fifty_at_most_and_pages_by_id_lose_nothing_under_change(
    portal: Portal, client: httpx.Client
) -> None:
    portal.seed(120)
    seen: list[int] = []
    while rows := client.get(f"/api/invoices?id[gt]={seen[-1] if seen else 0}&order_by=id&limit=500").json():
        assert len(rows) <= 50
        seen += [row["id"] for row in rows]
        # What moves in another order while the pages are read.
        portal.says(rows[0]["invoice-number"], "approved")
    assert seen == list(range(1001, 1121))


def test_offset_pages_over_equal_times_lose_and_repeat_rows(portal: Portal, client: httpx.Client) -> None:
    for number in range(60):
        client.post("/api/invoices", json=draft(f"T-{number}", **{"invoice-date": "2026-11-20"}))
    pages = [
        [row["id"] for row in client.get(f"/api/invoices?order_by=invoice-date&limit=30&offset={offset}").json()]
        for offset in (0, 30)
    ]
    assert len(set(pages[0] + pages[1])) < 60
    portal.knobs(unstable_sort=False)
    pages = [
        [row["id"] for row in client.get(f"/api/invoices?order_by=invoice-date&limit=30&offset={offset}").json()]
        for offset in (0, 30)
    ]
    assert len(set(pages[0] + pages[1])) == 60


def test_a_poll_for_changes_looks_at_what_changed_only(portal: Portal, client: httpx.Client) -> None:
    portal.seed(2000)
    instance = portal._site.buyers["default"].instance
    looked_at: list[int] = []
    get = instance.invoices.get

    def counted(invoice_id: int) -> Any:
        looked_at.append(invoice_id)
        return get(invoice_id)

    post(client, invoice())
    instance.invoices.get = counted  # type: ignore[method-assign]
    document = portal.documents()[-1]
    rows = client.get("/api/invoices", params={"updated-at[gt_or_eq]": document["updated_at"], "order_by": "id"}).json()
    assert [row["invoice-number"] for row in rows] == ["INV-1"]
    assert looked_at == [document["id"]]


def test_fields_and_return_object_trim_the_answer(stocked: httpx.Client) -> None:
    fields = json.dumps(["id", "status", {"supplier": ["name"]}, {"invoice_lines": ["po_number"]}, "nonsense"])
    row = stocked.get("/api/invoices", params={"fields": fields, "id": "1001"}).json()[0]
    assert row == {
        "id": 1001,
        "status": "approved",
        "supplier": {"name": "Sandbox Supplier"},
        "invoice-lines": [{"po-number": "PO-1"}],
    }
    assert stocked.get("/api/invoices/1001?return_object=limited").json() == {
        "id": 1001,
        "invoice-number": "S-1",
        "status": "approved",
    }
    assert stocked.get("/api/invoices/1001?return_object=shallow").json()["supplier"] == {"id": 101}
    assert stocked.put("/api/invoices/1001/void?return_object=none").content == b""


def test_the_export_flag_is_a_request_of_its_own(client: httpx.Client) -> None:
    row = created(client)
    here = f"/api/invoices/{row['id']}"
    answer = client.put(f"{here}?exported=true", json={"invoice-number": "dropped"}).json()
    assert (answer["exported"], answer["invoice-number"]) == (True, "R-1")


def test_orders_are_listed_with_their_lines(portal: Portal, client: httpx.Client) -> None:
    portal.orders([ORDER | {"number": "PO-2", "status": "closed"}])
    post(client, invoice())
    rows = client.get("/api/purchase_orders?status=issued").json()
    assert [row["po-number"] for row in rows] == ["PO-1"]
    line = rows[0]["order-lines"][0]
    assert (line["type"], line["uom"], line["price"], line["invoiced"]) == (
        "OrderQuantityLine",
        {"code": "HUR"},
        "95.00",
        "2",
    )
    assert client.get(f"/api/purchase_orders/{rows[0]['id']}").json()["po-number"] == "PO-1"
    assert client.get("/api/purchase_orders?po_number=PO-2").json()[0]["status"] == "closed"
    assert client.get("/api/purchase_orders/999999").status_code == 404
    both = client.get("/api/purchase_orders?order-lines[uom][code]=HUR&order_by=id").json()
    assert [row["po-number"] for row in both] == ["PO-1", "PO-2"]


def test_dispute_reasons_are_listed(client: httpx.Client) -> None:
    assert "INCORRECT_QUANTITY" in [row["code"] for row in client.get("/api/dispute_reasons").json()]


def test_the_rate_is_limited_after_the_burst(portal: Portal, client: httpx.Client) -> None:
    portal.knobs(throttle=True, throttle_rate=1, throttle_burst=3)
    answers = [client.get("/api/invoices") for _ in range(8)]
    codes = [answer.status_code for answer in answers]
    assert codes[:3] == [200, 200, 200]
    assert 429 in codes
    assert "Retry-After" not in answers[codes.index(429)].headers
    portal.knobs(throttle=False)
    assert client.get("/api/invoices").status_code == 200


def test_the_throttle_refills_at_its_rate() -> None:
    clock = [100.0]
    throttle = Throttle(lambda: clock[0])
    assert [throttle.admits(25, 20) for _ in range(21)] == [True] * 20 + [False]
    clock[0] += 0.2
    assert [throttle.admits(25, 20) for _ in range(6)] == [True] * 5 + [False]
    clock[0] += 100
    assert [throttle.admits(25, 20) for _ in range(21)] == [True] * 20 + [False]


# The Supplier Portal's REST


def csp(client: httpx.Client) -> dict[str, str]:
    return bearer(client, path="/csp/oauth2/token", client_id="sandbox-csp-client", client_secret="sandbox-csp-secret")


def test_the_supplier_portal_lists_all_buyers_in_its_own_dialect(portal: Portal, client: httpx.Client) -> None:
    portal.add_buyer("north")
    portal.orders([ORDER], buyer="north")
    post(client, invoice())
    post(client, invoice("INV-2", buyer="buyer-north"))
    portal.says("INV-2", "on_hold", buyer="north")
    body = client.get("/csp/api/v1/invoices?sort_by=invoice_number:DESC", headers=csp(client)).json()
    assert {name: body[name] for name in ("total", "limit", "current", "num_pages")} == {
        "total": 2,
        "limit": 100,
        "current": 1,
        "num_pages": 1,
    }
    first = body["data"][0]
    assert (first["invoice_number"], first["status"]) == ("INV-2", "processing")
    assert first["enterprise_instance_url"] == portal.account("north")["csp_instance_url"]
    assert client.get(f"/csp/api/v1/invoice/{first['id']}", headers=csp(client)).json() == first
    assert client.get("/csp/api/v1/invoices").status_code == 401
    portal.knobs(buyer="north", csp_statuses="core")
    assert client.get(f"/csp/api/v1/invoice/{first['id']}", headers=csp(client)).json()["status"] == "on_hold"


def test_the_supplier_portal_counts_its_pages(portal: Portal, client: httpx.Client) -> None:
    portal.seed(25)
    pages = [
        client.get(f"/csp/api/v1/invoices?limit=10&page={page}", headers=csp(client)).json() for page in (1, 2, 3, 4)
    ]
    assert [len(page["data"]) for page in pages] == [10, 10, 5, 0]
    assert pages[0]["num_pages"] == 3
    assert client.get("/csp/api/v1/invoices?page=0", headers=csp(client)).status_code == 400


def test_a_hundred_thousand_invoices_can_be_seeded(portal: Portal, client: httpx.Client) -> None:
    portal.seed(100_000)
    rows = client.get("/api/invoices", params={"id[gt]": "50000", "order_by": "id", "limit": "3"}).json()
    assert [row["id"] for row in rows] == [50001, 50002, 50003]

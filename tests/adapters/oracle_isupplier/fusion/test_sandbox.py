"""Fusion's stand-in by bare HTTP: what the facts say of the resource, and what they leave open."""

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from adapters.oracle_isupplier import sandbox
from adapters.oracle_isupplier.sandbox.fusion import Portal
from tests.packets import ORDER, ORDER_AT_PORTAL

ROOT = "/fscmRestApi/resources/11.13.18.05"
INVOICES = f"{ROOT}/payablesInvoicesInSupplierPortal"
ITEM = {"Content-Type": "application/vnd.oracle.adf.resourceitem+json"}
ACTION = {"Content-Type": "application/vnd.oracle.adf.action+json"}
LINE = {"LineNumber": 1, "LineType": "Item", "Quantity": 2, "UnitPrice": 98.5}
ON_ORDER = {"PurchaseOrderNumber": ORDER, "PurchaseOrderLineNumber": 1}


@pytest.fixture
def portal() -> Iterator[Portal]:
    with Portal() as running:
        running.orders([ORDER_AT_PORTAL])
        yield running


@pytest.fixture
def http(portal: Portal) -> Iterator[httpx.Client]:
    secrets = portal.account()["secrets"]
    with httpx.Client(base_url=portal.url, auth=(secrets["user"], secrets["password"]), trust_env=False) as client:
        yield client


def _header(number: str = "A-1", **changes: Any) -> dict[str, Any]:
    header = {"BusinessUnit": "Example Power BU", "InvoiceNumber": number, "InvoiceDate": "2026-03-09"}
    return {**header, "InvoiceCurrency": "USD", "ispInvoiceRestLines": [{**LINE, **ON_ORDER}], **changes}


def _saved(http: httpx.Client, number: str = "A-1", **changes: Any) -> dict[str, Any]:
    answer = http.post(INVOICES, json=_header(number, **changes), headers=ITEM)
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()
    return row


def _messages(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(row.get("o:errorCode", ""), row["detail"]) for row in answer.json()["o:errorDetails"]]


def test_what_is_saved_is_incomplete_until_it_is_submitted(http: httpx.Client) -> None:
    row = _saved(http)
    assert (row["ValidationStatus"], row["InvoiceAmount"]) == ("Incomplete", 197)
    answer = http.post(f"{INVOICES}/{row['InvoiceId']}/action/submitInvoice", json={}, headers=ACTION)
    assert isinstance(answer.json()["result"], str)
    assert http.get(f"{INVOICES}/{row['InvoiceId']}").json()["ValidationStatus"] == "Not Validated"
    again = http.post(f"{INVOICES}/{row['InvoiceId']}/action/submitInvoice", json={}, headers=ACTION)
    assert again.status_code == 400


def test_lists_are_filtered_ordered_and_paged(http: httpx.Client, portal: Portal) -> None:
    portal.seed(30)
    first = http.get(INVOICES, params={"orderBy": "InvoiceId:asc", "onlyData": "true"}).json()
    assert (first["count"], first["hasMore"], first["limit"]) == (25, True, 25)
    assert "links" not in first["items"][0]
    rest = http.get(INVOICES, params={"orderBy": "InvoiceId:asc", "offset": "25", "fields": "InvoiceId"}).json()
    assert (rest["count"], rest["hasMore"]) == (5, False)
    ids = [row["InvoiceId"] for row in first["items"] + rest["items"]]
    assert ids == sorted(ids)
    later = http.get(INVOICES, params={"q": f"InvoiceId>{ids[-3]};BusinessUnit='Example Power BU'"}).json()
    assert later["count"] == 2


@pytest.mark.parametrize("number", ["it's", 'say "so"', "a;b", "x' or '1'='1"])
def test_a_quoted_value_is_one_value(http: httpx.Client, number: str) -> None:
    _saved(http, number)
    _saved(http, "other")
    doubled = number.replace("'", "''")
    found = http.get(INVOICES, params={"q": f"InvoiceNumber='{doubled}'"}).json()
    assert [row["InvoiceNumber"] for row in found["items"]] == [number]


@pytest.mark.parametrize("q", ["InvoiceNumber", "Nothing='A'", "InvoiceNumber='A", "InvoiceId>x", "InvoiceNumber="])
def test_a_bad_expression_has_its_bare_number(http: httpx.Client, q: str) -> None:
    _saved(http)
    answer = http.get(INVOICES, params={"q": q})
    assert (answer.status_code, _messages(answer)[0][0]) == (400, "29140")


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"BusinessUnit": "Other"}, "", "BusinessUnit"),
        ({"InvoiceNumber": ""}, "", "You must enter a value."),
        ({"InvoiceNumber": "x" * 51}, "", "maximum length"),
        ({"InvoiceCurrency": "CAD"}, "", "currency differs"),
        ({"Surprise": "1"}, "", "Surprise"),
        ({"InvoiceDate": "09-MAR-2026"}, "", "InvoiceDate"),
        ({"ispInvoiceRestLines": [{"LineNumber": 4, **ON_ORDER}]}, "AP-810879", "for line 4"),
        ({"ispInvoiceRestLines": [{**LINE, **ON_ORDER, "PurchaseOrderLineNumber": 77}]}, "AP-810667", "Order Line"),
        ({"ispInvoiceRestLines": [{**LINE, "PurchaseOrderNumber": "9"}]}, "", "does not exist"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_saved(
    http: httpx.Client, portal: Portal, changes: dict[str, Any], code: str, words: str
) -> None:
    answer = http.post(INVOICES, json=_header(**changes), headers=ITEM)
    assert answer.status_code == 400
    assert [(found, words in said) for found, said in _messages(answer)] == [(code, True)]
    assert portal.documents() == []


def test_a_number_is_taken_by_whatever_bears_it(http: httpx.Client, portal: Portal) -> None:
    _saved(http)
    portal.says("A-1", "cancelled")
    answer = http.post(INVOICES, json=_header(), headers=ITEM)
    assert _messages(answer) == [
        ("AP-810776", "This invoice number already exists. You must provide a unique invoice number.")
    ]
    assert http.post(INVOICES, json=_header("a-1"), headers=ITEM).status_code == 201


def test_a_refused_change_leaves_everything_as_it_was(http: httpx.Client, portal: Portal) -> None:
    row = _saved(http)
    before = portal.documents()
    answer = http.patch(f"{INVOICES}/{row['InvoiceId']}", json={"InvoiceNumber": "x" * 60}, headers=ITEM)
    assert answer.status_code == 400
    assert portal.documents() == before
    assert http.patch(f"{INVOICES}/{row['InvoiceId']}", json={"InvoiceNumber": "A-2"}, headers=ITEM).status_code == 200
    assert http.get(INVOICES, params={"q": "InvoiceNumber='A-1'"}).json()["count"] == 0
    assert http.get(INVOICES, params={"q": "InvoiceNumber='A-2'"}).json()["count"] == 1


def test_an_old_tag_is_refused(http: httpx.Client) -> None:
    row = _saved(http)
    path = f"{INVOICES}/{row['InvoiceId']}"
    tag = http.get(path).headers["etag"]
    assert http.patch(path, json={"Description": "a"}, headers={**ITEM, "If-Match": tag}).status_code == 200
    answer = http.patch(path, json={"Description": "b"}, headers={**ITEM, "If-Match": tag})
    assert (answer.status_code, _messages(answer)[0][0]) == (412, "JBO-25014")


def test_order_lines_cannot_be_deleted_once_saved(http: httpx.Client) -> None:
    matched, plain = _saved(http), _saved(http, "A-2", ispInvoiceRestLines=[LINE])
    assert http.delete(f"{INVOICES}/{matched['InvoiceId']}").status_code == 400
    assert http.delete(f"{INVOICES}/{plain['InvoiceId']}").status_code == 204


def test_a_paper_is_kept_by_what_identifies_it(http: httpx.Client, portal: Portal) -> None:
    row = _saved(http)
    path = f"{INVOICES}/{row['InvoiceId']}/child/attachments"
    body = {"Type": "File", "Category": "From Supplier", "FileName": "a.pdf"}
    body["FileContents"] = base64.b64encode(b"%PDF-").decode()
    assert http.post(path, json=body, headers=ITEM).status_code == 201
    assert http.post(path, json={**body, "FileContents": "not base 64!"}, headers=ITEM).status_code == 400
    assert http.post(path, json={**body, "DatatypeCode": "FILE"}, headers=ITEM).status_code == 400
    assert [paper["size"] for paper in portal.documents()[0]["attachments"]] == [5]
    assert [paper["FileName"] for paper in http.get(path).json()["items"]] == ["a.pdf"]


def test_validation_places_a_hold_for_each_mismatch(http: httpx.Client, portal: Portal) -> None:
    portal.orders([{"number": "P", "lines": [{"quantity": "1", "price": "5", "received": "0"}]}])
    line = {**LINE, "PurchaseOrderNumber": "P", "PurchaseOrderLineNumber": 1}
    row = _saved(http, ispInvoiceRestLines=[line])
    http.post(f"{INVOICES}/{row['InvoiceId']}/action/submitInvoice", json={}, headers=ACTION)
    portal.validates("A-1")
    found = http.get(f"{ROOT}/invoiceHolds", params={"q": "InvoiceNumber='A-1'"}).json()["items"]
    assert [hold["HoldName"] for hold in found] == ["Qty Ord", "Qty Rec", "Price"]
    portal.releases("A-1", "Price")
    found = http.get(f"{ROOT}/invoiceHolds", params={"q": "InvoiceNumber='A-1'"}).json()["items"]
    assert [hold["ReleaseName"] for hold in found] == [None, None, "Holds Quick Release"]


def test_asking_for_the_fourth_error_type_gives_nothing_at_all(http: httpx.Client) -> None:
    accept = {"Accept": "application/vnd.oracle.adf.error+json;version=4"}
    answer = http.get(f"{INVOICES}/1", headers=accept)
    assert (answer.status_code, answer.content) == (406, b"")


def test_errors_may_come_as_text_with_the_code_in_brackets(http: httpx.Client, portal: Portal) -> None:
    portal.knobs(error_form="text")
    portal.rejects("duplicate_number")
    answer = http.post(INVOICES, json=_header(), headers=ITEM)
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.endswith("(AP-810776)")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{ROOT}/invoices", 404),
        ("GET", f"{INVOICES}/77", 404),
        ("GET", f"{INVOICES}/x", 404),
        ("PUT", INVOICES, 404),
        ("POST", f"{INVOICES}/action/submitInvoice", 404),
        ("GET", "/somewhere", 404),
    ],
)
def test_there_is_nothing_elsewhere(http: httpx.Client, method: str, path: str, status: int) -> None:
    assert http.request(method, path).status_code == status


def test_nobody_is_let_in_without_a_password(portal: Portal) -> None:
    for header in ({}, {"Authorization": "Basic !"}, {"Authorization": "Bearer x"}):
        answer = httpx.get(f"{portal.url}{INVOICES}", headers=header, trust_env=False)
        assert answer.status_code == 401
        assert "Unauthorized Access" in answer.text


def test_the_control_api_speaks_the_common_language(http: httpx.Client, portal: Portal) -> None:
    _saved(http)
    assert http.get("/_sandbox/health").json()["ok"]
    assert [row["number"] for row in http.get("/_sandbox/invoices").json()["invoices"]] == ["A-1"]
    assert http.post("/_sandbox/invoices/A-1/status", json={"status": "approved"}).json()["status"] == "approved"
    held = http.post("/_sandbox/invoices/A-1/holds", json={"name": "Price"}).json()
    assert [hold["name"] for hold in held["holds"]] == ["Price"]
    assert http.post("/_sandbox/invoices/A-1/release", json={"name": "Price"}).json()["status"] == "approved"
    assert http.post("/_sandbox/invoices/A-1/dispute", json={"code": "INCORRECT_PRICE"}).status_code == 200
    assert http.post("/_sandbox/refusals", json={"kind": "submit:no_lines"}).status_code == 200
    assert http.post("/_sandbox/seed", json={"invoices": 3}).json()["last_id"] > 0
    assert http.post(f"/_sandbox/orders/{ORDER}/close").json()["status"] == "closed"
    assert http.post("/_sandbox/knobs", json={"tax_percent": "5"}).status_code == 200
    assert http.get("/_sandbox/knobs").json()["tax_percent"] == "5"
    assert http.post("/_sandbox/faults", json={"kind": "http_500", "door": "rest"}).status_code == 200
    assert http.get(INVOICES).status_code == 500
    assert len(http.get("/_sandbox/received").json()["requests"]) == 2
    assert http.post("/_sandbox/reset").status_code == 200
    assert portal.documents() == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/_sandbox/nothing", {}, 404),
        ("/_sandbox/invoices/none/status", {"status": "paid"}, 404),
        ("/_sandbox/knobs", {"colour": "blue"}, 400),
        ("/_sandbox/refusals", {"kind": "nothing"}, 400),
        ("/_sandbox/refusals", {"kind": "no_lines", "times": 0}, 400),
        ("/_sandbox/seed", {"invoices": -1}, 400),
        ("/_sandbox/orders", {"orders": [{"number": "1"}]}, 400),
        ("/_sandbox/orders/none/close", {}, 404),
        ("/_sandbox/orders/none/burn", {}, 404),
    ],
)
def test_the_control_api_says_what_it_cannot_do(http: httpx.Client, path: str, body: object, status: int) -> None:
    answer = http.post(path, json=body)
    assert (answer.status_code, bool(answer.json()["error"])) == (status, True)


def test_a_configuration_with_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        Portal({"colour": "blue"})


def test_fusion_stands_beside_the_pages_on_one_server() -> None:
    with sandbox.Portal({"fusion": {"orders": [ORDER_AT_PORTAL]}}) as both:
        given = httpx.get(f"{both.url}/fusion/_sandbox/account", trust_env=False).json()
        assert given["url"] == both.url
        secrets = given["secrets"]
        with httpx.Client(base_url=given["url"], auth=(secrets["user"], secrets["password"]), trust_env=False) as http:
            _saved(http)
            assert len(http.get("/fusion/_sandbox/invoices").json()["invoices"]) == 1
            assert http.get("/_sandbox/invoices").json()["invoices"] == []
            assert http.post("/oauth2/v1/token", auth=("nobody", "x")).status_code == 401

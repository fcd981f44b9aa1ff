"""Faults, the control API, the `Portal` menu, REST and the sandbox as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.ariba.sandbox import Portal
from adapters.ariba.sandbox.doors import DOORS
from adapters.ariba.sandbox.knobs import KNOBS
from adapters.ariba.sandbox.lifecycle import FOLLOWS, ROUTING, STATUSES
from adapters.ariba.sandbox.rulebook import RULE_SETS, RULES
from adapters.ariba.sandbox.scenarios import SCENARIOS
from adapters.ariba.sandbox.scripts import SCRIPTS
from adapters.ariba.sandbox.texts import CXML, NETWORK
from gateway.standin.faults import KINDS

from .sandbox_papers import ORDER, PATH, bearer, connect, fetched, invoice, pending, post, status_of, update_of, wrapped

ROOT = Path(__file__).resolve().parents[3]
SECRETS = ("sandbox-shared-secret", "sandbox-client-secret", "sandbox-push-secret", "sandbox-application-key")
ROWS = "/api/invoice-header-data-extraction/v1/prod/invoices"
Bill = Callable[..., bytes]


# Faults


@pytest.mark.parametrize(
    ("kind", "there"),
    [("lost_answer", 1), ("cut", 0), ("cut_mid_answer", 1)],
)
def test_a_connection_is_cut_before_or_after_the_invoice_is_kept(
    kind: str, there: int, portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    portal.fault(kind, door="submit")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)):
        post(client, bill())
    assert len(portal.documents()) == there
    assert portal.requests()[0]["status"] is None
    assert status_of(post(client, bill()))[0] == "201"
    assert len(portal.documents()) == 1


@pytest.mark.parametrize(
    ("kind", "status", "there"),
    [("http_500", 500, 0), ("http_502", 502, 1), ("http_503", 503, 0), ("http_429", 429, 0), ("garbage", 200, 0)],
)
def test_a_bare_answer_is_no_cxml(
    kind: str, status: int, there: int, portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    portal.fault(kind, door="submit")
    answer = post(client, bill())
    assert answer.status_code == status
    assert b"<Response" not in answer.content
    assert len(portal.documents()) == there


def test_a_fault_hits_the_door_it_names_though_all_share_one_url(
    portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    portal.fault("http_503", door="invoice", times=0)
    portal.fault("http_500", door="profile")
    assert status_of(post(client, pending()))[0] == "204"
    assert post(client, bill()).status_code == 503
    assert post(client, wrapped("<ProfileRequest/>", doctype="")).status_code == 500
    assert [(each["door"], each["status"]) for each in portal.requests()] == [
        ("poll", 200),
        ("invoice", 503),
        ("profile", 500),
    ]
    portal.accepts()
    portal.fault("http_500", door="cxml", times=2)
    assert [post(client, each).status_code for each in (bill(), pending(), pending())] == [500, 500, 200]


def test_a_refused_password_is_worded_by_each_door(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    headers = bearer(client)
    portal.refuses_the_password()
    assert status_of(post(client, bill()))[0] == "401"
    assert client.post("/v2/oauth/token").json()["error"] == "invalid_client"
    assert client.get(ROWS, headers=headers).status_code == 401
    portal.accepts()
    assert client.get(ROWS, headers=headers).status_code == 200


def test_faults_and_logs_belong_to_the_buyer_a_request_is_for(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.add_buyer("north")
    north = portal.account("north")
    portal.fault("http_503", door="any", times=0, buyer="north")
    assert post(client, bill()).status_code == 200
    assert post(client, invoice(buyer=north["buyer_identity"])).status_code == 503
    assert post(client, pending(), "/north" + PATH).status_code == 503
    assert (len(portal.requests()), len(portal.requests(buyer="north"))) == (1, 2)


def test_a_portal_that_is_down_refuses_connections_and_comes_back_with_its_books(
    portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    post(client, bill())
    portal.is_down()
    with pytest.raises(httpx.ConnectError), connect(portal.url) as fresh:
        post(fresh, bill())
    portal.is_up()
    with connect(portal.url) as fresh:
        assert status_of(post(fresh, bill()))[0] == "201"
    assert len(portal.documents()) == 1


# REST


def test_rest_needs_a_token_and_an_application_key(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    headers = bearer(client)
    assert client.get(ROWS).status_code == 401
    assert client.get(ROWS, headers=headers | {"Authorization": "Bearer nonsense"}).status_code == 401
    assert client.get(ROWS, headers=headers | {"apiKey": "wrong"}).status_code == 403
    assert client.get(ROWS, headers=headers).json() == {"content": [], "nextPageToken": None}
    assert client.post("/v2/oauth/token", data={"grant_type": "client_credentials"}).status_code == 401
    wrong = client.post("/v2/oauth/token", data={"grant_type": "client_credentials"}, auth=("nobody", "\0"))
    assert wrong.status_code == 401


def test_rest_tells_both_statuses_of_an_invoice(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    post(client, bill("A/B=%?"))
    post(client, bill("INV-2"))
    portal.disputes("INV-2", "WHO", "Which crew?")
    headers = bearer(client)
    (row,) = client.get(ROWS, headers=headers, params={"invoiceNumber": "A/B=%?"}).json()["content"]
    assert (row["status"], row["routingStatus"], row["amount"]) == ("sent", "acknowledged", "760.00")
    assert row["documentReference"] == "A/B=%?@supplier.example"
    (row,) = client.get(ROWS, headers=headers, params={"documentReference": "INV-2@supplier.example"}).json()["content"]
    assert row["comments"][-1] == {"type": "Action", "text": "Provide information"}
    assert client.get(ROWS, headers=headers, params={"invoiceNumber": "inv-2"}).json()["content"] == []
    assert client.get(ROWS, headers=headers, params={"number": "INV-2"}).status_code == 400
    assert client.get(ROWS.replace("/prod/", "/test/"), headers=headers).json()["content"] == []


def test_rest_pages_lose_nothing_while_rows_change(portal: Portal, client: httpx.Client) -> None:
    portal.knobs(throttle=False)
    portal.seed(120)
    headers, seen, token = bearer(client), [], ""
    while True:
        query = {"limit": "50"} | ({"pageToken": token} if token else {})
        page = client.get(ROWS, headers=headers, params=query).json()
        seen += [row["invoiceNumber"] for row in page["content"]]
        portal.says(page["content"][0]["invoiceNumber"], "approved")
        if not page["nextPageToken"]:
            break
        token = page["nextPageToken"]
    assert {f"SEED-{number}" for number in range(1, 121)} == set(seen)
    since = portal.documents()[0]["updated_at"]
    changed = client.get(ROWS, headers=headers, params={"updatedFrom": since}).json()["content"]
    assert "approved" in {row["status"] for row in changed}
    assert client.get(ROWS, headers=headers, params={"pageToken": "nonsense"}).status_code == 400


def test_rest_is_limited_by_the_minute_the_hour_and_the_day(portal: Portal, client: httpx.Client) -> None:
    portal.knobs(rate_minute=2, rate_hour=3, clock="stepped")
    headers = bearer(client)
    first = client.get(ROWS, headers=headers)
    assert (first.headers["X-RateLimit-Limit-minute"], first.headers["X-RateLimit-Remaining-minute"]) == ("2", "1")
    assert first.headers["X-RateLimit-Remaining-day"] == "9999"
    client.get(ROWS, headers=headers)
    refused = client.get(ROWS, headers=headers)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    portal.steps(61)
    assert client.get(ROWS, headers=headers).status_code == 200
    assert client.get(ROWS, headers=headers).headers["Retry-After"] == "3600"
    portal.steps(3600)
    assert client.get(ROWS, headers=headers).status_code == 200


# The control API


def test_health_and_errors_are_json(client: httpx.Client) -> None:
    assert client.get("/_sandbox/health").json() == {"portal": "ariba", "ok": True}
    for method, path, body, status in (
        ("GET", "/_sandbox/nothing", None, 404),
        ("POST", "/_sandbox/knobs", {"nothing": 1}, 400),
        ("POST", "/_sandbox/rules", {"allow_non_po": "maybe"}, 400),
        ("POST", "/_sandbox/rules", {"rule_set": "nobody"}, 400),
        ("POST", "/_sandbox/faults", {"kind": "nothing"}, 400),
        ("POST", "/_sandbox/faults", {"kind": "cut", "door": "csp"}, 400),
        ("POST", "/_sandbox/invoices/INV-9/status", {"status": "paid"}, 404),
        ("POST", "/_sandbox/orders/PO-9/close", {}, 404),
        ("POST", "/_sandbox/orders/450001234/paint", {}, 404),
        ("POST", "/_sandbox/orders", {"orders": [{"number": "X"}]}, 400),
        ("POST", "/_sandbox/seed", {"invoices": -1}, 400),
        ("POST", "/_sandbox/clock/step", {"seconds": "x"}, 400),
        ("POST", "/_sandbox/deliver", {"repeat": -1}, 400),
        ("POST", "/_sandbox/updates", {"invoice": "INV-9"}, 400),
        ("POST", "/_sandbox/updates", {"nonsense": 1}, 400),
        ("POST", "/_sandbox/suppliers/AN02000000001", {"push_url": "http://x.example/"}, 400),
        ("POST", "/_sandbox/suppliers/AN02999999999", {}, 404),
        ("POST", "/_sandbox/refusals", {"kind": "nothing"}, 400),
        ("POST", "/_sandbox/buyers", {"name": "service"}, 400),
        ("POST", "/_sandbox/buyers", {"name": "x", "config": {"nonsense": 1}}, 400),
    ):
        answer = client.request(method, path, json=body)
        assert (answer.status_code, list(answer.json())) == (status, ["error"]), path


def test_a_status_goes_only_where_the_network_knows_a_way_unless_forced(
    portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    post(client, bill())
    assert client.post("/_sandbox/invoices/INV-1/status", json={"status": "paid"}).json()["status"] == "paid"
    refused = client.post("/_sandbox/invoices/INV-1/status", json={"status": "processing"})
    assert refused.status_code == 409
    assert "it cannot become processing" in refused.json()["error"]
    forced = client.post("/_sandbox/invoices/INV-1/status", json={"status": "processing", "force": True})
    assert forced.json()["status"] == "processing"
    assert client.post("/_sandbox/invoices/INV-1/status", json={"status": "failed"}).status_code == 409
    assert set(FOLLOWS) == set(STATUSES)


def test_a_status_can_be_set_without_telling_the_supplier(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    post(client, bill())
    row = client.post("/_sandbox/invoices/INV-1/status", json={"status": "approved", "quiet": True}).json()
    assert row["status"] == "approved"
    assert status_of(post(client, pending()))[0] == "204"


def test_a_word_of_routing_or_a_failure_is_told_as_the_network_would(
    portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    post(client, bill())
    client.post("/_sandbox/invoices/INV-1/status", json={"status": "queued"})
    assert portal.documents()[0]["routing_status"] == "queued"
    portal.says("INV-1", "sent")
    assert status_of(post(client, pending()))[0] == "204"
    portal.says("INV-1", "failed", comment="INV-98: Your Tax ID value is missing.")
    (held,) = portal.documents()
    assert (held["routing_status"], held["errors"]) == ("failed", ["INV-98: Your Tax ID value is missing."])
    said = update_of(fetched(client)[0])
    assert (said["code"], said["words"]) == ("500", "Network Rejection: validation failed")
    line = client.get("/_sandbox/orders").json()["orders"][0]["lines"][0]
    assert line["invoiced_quantity"] == "0"


def test_test_orders_are_listed_apart(portal: Portal, client: httpx.Client) -> None:
    portal.orders([{"number": "T-1", "mode": "test", "lines": [{"type": "amount", "amount": "1"}]}])
    production, test = (client.get("/_sandbox/orders", params={"mode": mode}) for mode in ("production", "test"))
    assert [each["number"] for each in production.json()["orders"]] == ["450001234"]
    assert [each["number"] for each in test.json()["orders"]] == ["450001234", "T-1"]


def test_a_status_carries_code_words_and_number_of_the_buyers_erp(
    portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    post(client, bill())
    values: dict[str, Any] = {"status": "canceled", "code": "423", "comments": ["FAILED"], "erp_number": "51001"}
    client.post("/_sandbox/invoices/INV-1/status", json=values)
    (document,) = fetched(client)
    said = update_of(document)
    assert (said["type"], said["code"], said["text"], said["comments"]) == ("canceled", "423", "OK", [("", "FAILED")])
    extrinsic = document.find("Request/StatusUpdateRequest/Extrinsic")
    assert extrinsic is not None
    assert (extrinsic.get("name"), extrinsic.text) == ("Ariba.ERPInvoiceNumber", "51001")


def test_an_invoice_is_named_by_number_payload_id_or_record(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    post(client, bill("A B/C"))
    (held,) = portal.documents()
    for name in ("A%20B%2FC", "A%20B%2FC%40supplier.example", str(held["record"])):
        assert client.get(f"/_sandbox/invoices/{name}").json()["number"] == "A B/C"
    assert client.post("/_sandbox/invoices/A%20B%2FC/dispute", json={"code": "X"}).json()["dispute_reason"] == "X"
    assert client.post("/_sandbox/invoices/A%20B%2FC/script", json={"script": "nothing"}).status_code == 400
    assert client.post("/_sandbox/invoices/A%20B%2FC/resubmit", json={}).status_code == 409


def test_a_buyer_and_its_supplier_are_set_up_by_the_control_api(portal: Portal, client: httpx.Client) -> None:
    config = {
        "buyer_identity": "AN01900000077",
        "supplier": {"identity": "AN02000000077", "shared_secret": "another"},
        "rule_set": "utility",
        "knobs": {"script": "approve"},
        "orders": [ORDER],
    }
    assert client.post("/_sandbox/buyers", json={"name": "grid", "config": config}).status_code == 201
    assert client.post("/_sandbox/buyers", json={"name": "grid", "config": config}).status_code == 400
    account = portal.account("grid")
    assert (account["buyer_identity"], account["supplier_identity"]) == ("AN01900000077", "AN02000000077")
    assert account["secrets"]["shared_secret"] == "another"
    assert client.get("/grid/_sandbox/rules").json()["max_price_decimals"] == 3
    client.post("/grid/_sandbox/timecards", json={"timecards": [{"id": "TC-1", "hours": {"Regular": 40}}]})
    document = invoice(buyer="AN01900000077", supplier="AN02000000077", secret="another")
    assert status_of(post(client, document))[0] == "201"
    assert portal.documents(buyer="grid")[0]["status"] == "approved"


def test_reset_brings_back_the_start(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.add_buyer("north")
    north = portal.account("north")["buyer_identity"]
    post(client, bill())
    post(client, invoice(buyer=north, payload="n"))
    portal.knobs(accepted_code="200")
    portal.rules("utility")
    client.post("/north/_sandbox/reset")
    assert (len(portal.documents()), len(portal.documents(buyer="north"))) == (1, 0)
    client.post("/_sandbox/reset")
    assert portal.documents() == portal.requests() == portal.messages() == []
    assert client.get("/_sandbox/knobs").json()["accepted_code"] == "201"
    assert client.get("/_sandbox/rules").json()["max_price_decimals"] == 0
    assert client.get("/_sandbox/orders").json() == {"orders": []}


def test_seeded_invoices_are_there_with_their_updates(portal: Portal, client: httpx.Client) -> None:
    answer = client.post("/_sandbox/seed", json={"invoices": 250, "status": "approved"})
    assert answer.json()["last_id"] - answer.json()["first_id"] == 249
    assert {each["status"] for each in portal.documents()} == {"approved"}
    assert len(fetched(client)) == 100
    assert update_of(fetched(client)[0])["type"] == "reconciled"


def test_no_secret_is_in_a_log_a_listing_or_a_repr(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    post(client, bill())
    post(client, bill("INV-2", secret="a-wrong-secret"))
    bearer(client)
    portal.says("INV-1", "approved")
    pages = ["invoices", "received", "messages", "buyers", "suppliers", "knobs", "texts", "orders"]
    seen = "".join(client.get(f"/_sandbox/{page}").text for page in pages)
    network = portal._site.network
    seen += repr(network.suppliers) + repr(network.buyers) + repr(list(network.invoices))
    assert [secret for secret in (*SECRETS, "a-wrong-secret") if secret in seen] == []


# The process


def test_the_sandbox_runs_as_a_process_and_stops_cleanly(tmp_path: Path) -> None:
    config, portfile = tmp_path / "config.json", tmp_path / "port"
    config.write_text(json.dumps({"buyers": {"north": {"rule_set": "university"}}}), encoding="utf-8")
    command = [sys.executable, "-m", "adapters.ariba.sandbox", "--config", str(config), "--portfile", str(portfile)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        with connect(f"http://127.0.0.1:{portfile.read_text(encoding='ascii').strip()}") as client:
            assert client.get("/north/_sandbox/rules").json()["allow_non_po"] is False
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert said.startswith("Ariba sandbox at http://127.0.0.1:")


def test_the_page_about_the_sandbox_names_everything_that_can_be_set() -> None:
    page = (ROOT / "adapters/ariba/sandbox/README.md").read_text(encoding="utf-8")
    names = {*KNOBS, *RULES, *RULE_SETS, *SCRIPTS, *SCENARIOS, *STATUSES, *ROUTING, *KINDS, *DOORS.names}
    names |= {text.code for text in NETWORK.values()} | {text.code for text in CXML.values()}
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []

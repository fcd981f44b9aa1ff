"""Faults on order, the control API, the `Portal` menu and the sandbox as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.coupa.sandbox import Portal
from adapters.coupa.sandbox.doors import DOORS
from adapters.coupa.sandbox.knobs import KNOBS
from adapters.coupa.sandbox.statuses import STATUSES, TRANSITIONS
from adapters.coupa.sandbox.texts import COMPLAINTS, TEXTS, kinds
from gateway.standin.faults import KINDS

from .sandbox_papers import ORDER, bearer, connect, invoice, post, status_of

ROOT = Path(__file__).resolve().parents[3]
SECRETS = ("sandbox-shared-secret", "sandbox-client-secret", "sandbox-csp-secret")


@pytest.fixture
def portal() -> Iterator[Portal]:
    with Portal() as portal:
        portal.orders([ORDER])
        yield portal


@pytest.fixture
def client(portal: Portal) -> Iterator[httpx.Client]:
    with connect(portal.url) as client:
        yield client


def arm(client: httpx.Client, kind: str, **values: Any) -> None:
    """Arm a fault by the control API."""
    answer = client.post("/_sandbox/faults", json={"kind": kind, "door": "cxml"} | values)
    assert answer.status_code == 200, answer.text


# What a fault does, and whether the invoice is there afterwards


@pytest.mark.parametrize(("kind", "there"), [("lost_answer", 1), ("cut", 0), ("cut_mid_answer", 1)])
def test_a_connection_is_cut_before_or_after_the_commit(
    kind: str, there: int, portal: Portal, client: httpx.Client
) -> None:
    arm(client, kind)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)):
        post(client, invoice())
    assert len(portal.documents()) == there
    assert portal.requests()[0]["status"] is None
    assert post(client, invoice()).status_code == (417 if there else 200)


@pytest.mark.parametrize(
    ("kind", "status", "there"),
    [("http_500", 500, 0), ("http_502", 502, 1), ("http_503", 503, 0), ("http_429", 429, 0)],
)
def test_a_bare_http_error_commits_only_where_it_says(
    kind: str, status: int, there: int, portal: Portal, client: httpx.Client
) -> None:
    arm(client, kind, seconds=7)
    answer = post(client, invoice())
    assert answer.status_code == status
    assert b"<cXML" not in answer.content
    assert answer.headers.get("Retry-After") == ("7" if status == 429 else None)
    assert len(portal.documents()) == there
    assert portal.requests()[0]["status"] == status


@pytest.mark.parametrize(("kind", "there"), [("garbage", 0), ("garbage_after_commit", 1)])
def test_garbage_is_a_200_that_cannot_be_read(kind: str, there: int, portal: Portal, client: httpx.Client) -> None:
    arm(client, kind)
    answer = post(client, invoice())
    assert answer.status_code == 200
    assert b"<Response" not in answer.content
    assert len(portal.documents()) == there


def test_a_hostile_answer_holds_an_entity_bomb(portal: Portal, client: httpx.Client) -> None:
    arm(client, "hostile_xml")
    answer = post(client, invoice())
    assert b'<!ENTITY j "&i;&i;' in answer.content
    assert b"SYSTEM" in answer.content
    assert portal.documents() == []


def test_a_huge_answer_does_not_end_soon(client: httpx.Client) -> None:
    arm(client, "huge")
    taken = 0
    with client.stream("POST", "/cxml/invoices", content=invoice()) as answer:
        for piece in answer.iter_raw():
            taken += len(piece)
            if taken > 5_000_000:
                break
    assert taken > 5_000_000


def test_a_slow_answer_comes_after_the_commit(portal: Portal, client: httpx.Client) -> None:
    arm(client, "slow", seconds=600)
    with pytest.raises(httpx.ReadTimeout):
        client.post("/cxml/invoices", content=invoice(), timeout=0.3)
    assert len(portal.documents()) == 1
    arm(client, "slow", seconds=0.01)
    assert post(client, invoice("INV-2")).status_code == 200


def test_closing_the_portal_ends_a_slow_answer() -> None:
    portal = Portal()
    portal.fault("slow", door="rest", seconds=600)
    caught: list[BaseException] = []

    def wait() -> None:
        try:
            httpx.get(f"{portal.url}/api/invoices", timeout=60)
        except httpx.TransportError as error:
            caught.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    arrived = threading.Event()
    while not portal.requests():
        arrived.wait(0.01)
    portal.close()
    waiting.join(timeout=30)
    assert len(caught) == 1


def test_a_refused_password_is_worded_by_each_door(client: httpx.Client) -> None:
    client.post("/_sandbox/faults", json={"kind": "refuse_password", "times": 0})
    answer = post(client, invoice())
    assert (answer.status_code, status_of(answer)[2]) == (401, "Invalid credentials. Bad credentials")
    answer = client.post("/oauth2/token")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert client.get("/api/invoices").status_code == 401
    assert client.delete("/_sandbox/faults").status_code == 200
    assert post(client, invoice()).status_code == 200


def test_faults_count_times_every_and_after(client: httpx.Client) -> None:
    arm(client, "http_503", after=1, every=2, times=2)
    assert [client.post("/cxml/invoices").status_code for _ in range(7)] == [406, 406, 503, 406, 503, 406, 406]


def test_a_fault_hits_its_door_only(client: httpx.Client) -> None:
    arm(client, "http_503", door="token", times=0)
    assert post(client, invoice()).status_code == 200
    assert client.post("/oauth2/token").status_code == 503
    assert client.get("/_sandbox/faults").json()["faults"][0]["times"] == 0
    client.delete("/_sandbox/faults")
    arm(client, "http_503", door="submit")
    headers = bearer(client)
    assert client.get("/api/invoices", headers=headers).status_code == 200
    assert client.post("/api/invoices", headers=headers, json={}).status_code == 503


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"kind": "nonsense"},
        {"kind": "cut", "door": "window"},
        {"kind": "cut", "times": -1},
        {"kind": "cut", "every": 0},
        {"kind": "cut", "times": True},
        {"kind": "slow", "seconds": "x"},
        {"kind": "cut", "colour": "red"},
    ],
)
def test_a_fault_that_makes_no_sense_is_a_400_that_says_why(fault: dict[str, Any], client: httpx.Client) -> None:
    answer = client.post("/_sandbox/faults", json=fault)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert client.get("/_sandbox/faults").json() == {"faults": []}


# The control API


def test_the_sandbox_is_healthy_and_says_what_it_is(client: httpx.Client) -> None:
    assert client.get("/_sandbox/health").json() == {"portal": "coupa", "ok": True}
    assert "GET health" in client.get("/_sandbox/nothing").json()["error"]
    assert client.get("/somewhere").status_code == 404


def test_what_was_received_is_listed_without_bodies_and_secrets(portal: Portal, client: httpx.Client) -> None:
    post(client, invoice())
    bearer(client)
    client.post("/oauth2/token?client_secret=sandbox-client-secret")
    client.get("/api/invoices?limit=1")
    log = client.get("/_sandbox/received")
    rows = log.json()["requests"]
    assert [(row["n"], row["door"], row["status"]) for row in rows] == [
        (1, "cxml", 200),
        (2, "token", 200),
        (3, "token", 401),
        (4, "rest", 401),
    ]
    assert set(rows[0]) == {"n", "at", "method", "path", "status", "door", "size", "sha256"}
    assert rows[3]["path"] == "/api/invoices?limit=1"
    assert not any(secret in log.text for secret in SECRETS)
    client.delete("/_sandbox/received")
    assert portal.requests() == []


def test_no_secret_shows_in_a_repr(portal: Portal) -> None:
    site = portal._site
    shown = repr([site.buyers, site.buyers["default"].instance.config, site.csp, site._csp_client])
    assert not any(secret in shown for secret in SECRETS)


def test_a_status_is_advanced_along_the_graph_or_by_force(client: httpx.Client) -> None:
    post(client, invoice("INV/1 %"))
    here = "/_sandbox/invoices/INV%2F1%20%25/status"
    assert client.post(here, json={"status": "approved"}).json()["status"] == "approved"
    refused = client.post(here, json={"status": "draft"})
    assert refused.status_code == 409
    assert "force" in refused.json()["error"]
    assert client.post(here, json={"status": "draft", "force": True}).status_code == 200
    assert client.post("/_sandbox/invoices/1001/status", json={"status": "approved_by_moon"}).status_code == 200
    assert (
        client.post("/_sandbox/invoices/1001/status", json={"status": "approved", "paid": True}).json()["paid"] is True
    )
    assert client.post("/_sandbox/invoices/none/status", json={"status": "approved"}).status_code == 404
    assert client.post(here, json={"status": ""}).status_code == 400
    assert client.post(here, json={}).status_code == 400


def test_every_status_has_its_row_in_the_graph() -> None:
    assert set(TRANSITIONS) == set(STATUSES)
    assert {after for row in TRANSITIONS.values() for after in row} <= set(STATUSES)
    assert not TRANSITIONS["voided"]
    assert not TRANSITIONS["abandoned"]


def test_a_dispute_needs_a_reason_of_the_buyer(client: httpx.Client) -> None:
    post(client, invoice())
    here = "/_sandbox/invoices/INV-1/dispute"
    unknown = client.post(here, json={"code": "MOON"})
    assert unknown.status_code == 409
    assert "INCORRECT_QUANTITY" in unknown.json()["error"]
    row = client.post(here, json={"code": "OTHER", "comment": "see mail"}).json()
    assert (row["status"], row["dispute_reason"], row["comments"]) == ("disputed", "OTHER", ["see mail"])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("orders", {}),
        ("orders", {"orders": [{}]}),
        ("orders", {"orders": [{"number": "X"}]}),
        ("orders", {"orders": [{"number": "X", "lines": ["x"]}]}),
        ("buyers", {"name": "x", "config": 3}),
        ("orders", {"orders": [{"number": "X", "lines": [{"type": "odd", "price": 1}]}]}),
        ("orders", {"orders": [{"number": "X", "lines": [{"price": "much"}]}]}),
        ("orders", {"orders": [{"number": "X", "lines": [{}]}]}),
        ("knobs", {"no_such_knob": 1}),
        ("knobs", {"http_status": "sometimes"}),
        ("knobs", {"throttle": 1}),
        ("knobs", {"max_lines": -1}),
        ("knobs", {"tolerance_percent": "NaN"}),
        ("seed", {}),
        ("seed", {"invoices": 0}),
        ("refusals", {"kind": "nonsense"}),
        ("buyers", {"name": "api"}),
        ("buyers", {"name": "default"}),
        ("buyers", {"name": "x", "config": {"colour": "red"}}),
        ("buyers", {"name": "x", "config": {"knobs": {"no_such_knob": 1}}}),
    ],
)
def test_what_the_control_api_cannot_do_is_a_400_that_says_why(
    path: str, body: dict[str, Any], client: httpx.Client
) -> None:
    answer = client.post(f"/_sandbox/{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_body_that_is_not_json_is_a_400(client: httpx.Client) -> None:
    for body in (b"{", b"[]", b"[" * 100_000):
        assert client.post("/_sandbox/knobs", content=body).status_code == 400


def test_knobs_are_read_changed_and_reset(client: httpx.Client) -> None:
    assert set(client.get("/_sandbox/knobs").json()) == set(KNOBS)
    assert client.post("/_sandbox/knobs", json={"tolerance_percent": 2.5}).json()["tolerance_percent"] == "2.5"
    client.post("/_sandbox/reset")
    assert client.get("/_sandbox/knobs").json()["tolerance_percent"] == "0"


def test_orders_are_closed_by_number_and_unknown_ones_are_404(client: httpx.Client) -> None:
    client.post("/_sandbox/orders", json={"orders": [ORDER | {"number": "PO/2"}]})
    assert client.post("/_sandbox/orders/PO%2F2/close").json()["status"] == "closed"
    assert client.post("/_sandbox/orders/PO-9/close").status_code == 404
    assert client.post("/_sandbox/orders/PO-1/burn").status_code == 404


def test_reset_forgets_everything_but_the_configuration(client: httpx.Client) -> None:
    post(client, invoice())
    arm(client, "cut", times=0)
    client.post("/_sandbox/reset")
    assert client.get("/_sandbox/invoices").json() == {"invoices": []}
    assert client.get("/_sandbox/orders").json() == {"orders": []}
    client.post("/_sandbox/orders", json={"orders": [ORDER]})
    assert post(client, invoice()).status_code == 200


def test_buyers_have_their_own_books_knobs_and_faults(portal: Portal, client: httpx.Client) -> None:
    made = client.post("/_sandbox/buyers", json={"name": "north", "config": {"knobs": {"max_lines": 1}}})
    assert made.status_code == 201
    assert [each["name"] for each in client.get("/_sandbox/buyers").json()["buyers"]] == ["default", "north"]
    client.post("/north/_sandbox/orders", json={"orders": [ORDER]})
    client.post("/north/_sandbox/faults", json={"kind": "http_503"})
    document = invoice(buyer="buyer-north")
    assert post(client, invoice()).status_code == 200
    assert post(client, document, "/north/cxml/invoices").status_code == 503
    assert post(client, document, "/north/cxml/invoices").status_code == 200
    headers = bearer(client, path="/north/oauth2/token", client_id="sandbox-client-north")
    assert len(client.get("/north/api/invoices", headers=headers).json()) == 1
    assert client.get("/api/invoices", headers=headers).status_code == 401
    assert (len(portal.documents()), len(portal.documents(buyer="north"))) == (1, 1)
    assert client.get("/north/_sandbox/knobs").json()["max_lines"] == 1


def test_every_text_can_be_scripted_and_says_its_mark(portal: Portal, client: httpx.Client) -> None:
    listed = client.get("/_sandbox/texts").json()
    assert set(listed["cxml"]) == set(TEXTS)
    assert {each["mark"] for each in listed["cxml"].values()} <= {"documented", "partial", "placeholder"}
    for kind in kinds():
        assert client.post("/_sandbox/refusals", json={"kind": kind}).status_code == 200
        code, _, words = status_of(post(client, invoice()))
        assert code == (417 if kind in COMPLAINTS else TEXTS[kind].code)
        assert words
    assert portal.documents() == []
    assert post(client, invoice()).status_code == 200


# The menu


def test_the_menu_refuses_and_accepts(portal: Portal, client: httpx.Client) -> None:
    portal.rejects("charges_not_permitted")
    assert status_of(post(client, invoice()))[2].endswith("Extra shipping/handling/misc charges are not permitted")
    portal.refuses("417", times=2)
    assert status_of(post(client, invoice()))[0] == 417
    portal.refuses_the_password()
    assert post(client, invoice()).status_code == 401
    portal.accepts()
    assert post(client, invoice()).status_code == 200
    with pytest.raises(KeyError):
        portal.rejects("nonsense")


def test_the_menu_says_disputes_and_pays(portal: Portal, client: httpx.Client) -> None:
    post(client, invoice())
    portal.says("INV-1", "some_new_word")
    assert portal.documents()[0]["status"] == "some_new_word"
    portal.disputes("INV-1", "A_REASON_OF_OURS", "why")
    assert (portal.documents()[0]["status"], portal.documents()[0]["dispute_reason"]) == (
        "disputed",
        "A_REASON_OF_OURS",
    )
    portal.says("INV-1", "approved")
    portal.pays("INV-1")
    assert (portal.documents()[0]["paid"], portal.documents()[0]["dispute_reason"]) == (True, None)
    with pytest.raises(LookupError):
        portal.says("INV-404", "approved")


def test_the_menu_spoils_the_next_submission(portal: Portal, client: httpx.Client) -> None:
    portal.goes_silent_after_receipt()
    with pytest.raises(httpx.RemoteProtocolError):
        post(client, invoice())
    portal.cuts_before_receipt()
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)):
        post(client, invoice("INV-2"))
    portal.throttles(seconds=3)
    assert post(client, invoice("INV-2")).headers["Retry-After"] == "3"
    portal.answers_garbage()
    assert b"cXML" not in post(client, invoice("INV-2")).content
    portal.answers_hostile_xml()
    assert b"ENTITY" in post(client, invoice("INV-2")).content
    assert [each["number"] for each in portal.documents()] == ["INV-1"]


def test_a_portal_that_is_down_refuses_connections_and_keeps_its_books(portal: Portal, client: httpx.Client) -> None:
    post(client, invoice())
    url = portal.url
    portal.is_down()
    with pytest.raises(httpx.TransportError):
        post(client, invoice("INV-2"))
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/_sandbox/health")
    portal.is_up()
    assert portal.url == url
    assert post(client, invoice("INV-2")).status_code == 200
    assert [each["number"] for each in portal.documents()] == ["INV-1", "INV-2"]


def test_the_account_is_enough_to_connect(portal: Portal) -> None:
    account = portal.account()
    secrets = account["secrets"]
    with connect(account["url"]) as client:
        document = invoice(
            secret=secrets["shared_secret"], supplier=account["supplier_identity"], buyer=account["buyer_identity"]
        )
        assert post(client, document).status_code == 200
        changes = {"client_id": secrets["client_id"], "client_secret": secrets["client_secret"]}
        assert client.get("/api/invoices", headers=bearer(client, **changes)).status_code == 200


def test_many_clients_at_once_create_each_invoice_once(portal: Portal) -> None:
    created: list[int] = []

    def work() -> None:
        with connect(portal.url) as client:
            for number in range(20):
                created.append(post(client, invoice(f"N-{number}", blocks="")).status_code)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(created) == [200] * 20 + [417] * 60
    assert len({each["number"] for each in portal.documents()}) == len(portal.documents()) == 20


# A process of its own


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_sandbox_runs_as_a_process_and_stops_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    config, portfile = tmp_path / "config.json", tmp_path / "port"
    config.write_text(json.dumps({"default": {"orders": [ORDER]}, "buyers": {"north": {}}}))
    command = [
        sys.executable,
        "-m",
        "adapters.coupa.sandbox",
        "--port",
        "0",
        "--portfile",
        portfile,
        "--config",
        config,
    ]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            words = process.stdout.readline().decode()
            url = f"http://127.0.0.1:{int(portfile.read_text())}"
            assert url in words
            with connect(url) as client:
                assert post(client, invoice()).status_code == 200
                assert client.get("/north/_sandbox/health").json()["ok"] is True
                process.send_signal(number)
                assert process.wait(timeout=30) == 0
        finally:
            process.kill()
        assert process.stderr.read() == b""


def test_a_wrong_configuration_is_explained(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"default": {"knobs": {"no_such_knob": 1}}}))
    command = [sys.executable, "-m", "adapters.coupa.sandbox", "--config", config]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert b"no_such_knob" in done.stderr


# The words about it


def test_the_readme_names_every_knob_fault_door_and_text() -> None:
    words = (ROOT / "adapters" / "coupa" / "sandbox" / "README.md").read_text(encoding="utf-8")
    names = {*KNOBS, *KINDS, *DOORS.names, "any", *TEXTS, *COMPLAINTS}
    assert {name for name in names if f"`{name}`" not in words} == set()

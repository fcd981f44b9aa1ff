"""What a network pushes: stored before it is acknowledged, refused in its own dialect, never believed unproved."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy as sa
import structlog
from lxml import etree
from structlog.testing import capture_logs

import gateway.web.push as door
from formats.cxml.schema import dtd_for
from gateway.doctor import Health, examine
from gateway.house import open_house
from gateway.store import inbox, orders, tables
from gateway.verdict import Stage
from tests.inbox.doors import SECRET, listening, request, status_update
from tests.inbox.network import BUYERS, NORTH, SOUTH, Network, network_settings, open_network, portal_of_two_buyers


class Pushed:
    """A network that pushes to a house's own door, and the door."""

    def __init__(self, network: Network, url: str) -> None:
        self.network, self.url = network, url
        self.client = httpx.Client(base_url=url, trust_env=False, timeout=30)
        account = network.house.account_settings(NORTH).settings
        self.supplier, self.buyer = account["supplier_identity"], account["buyer_identity"]

    def document(self, inner: str, **changes: Any) -> bytes:
        return request(inner, **{"buyer": self.buyer, "supplier": self.supplier, **changes})

    def post(self, body: bytes, key: str = NORTH, **headers: str) -> tuple[int, int, str]:
        """(HTTP status, cXML code, the Status's text and words); every answer is valid cXML."""
        answer = self.client.post(f"/cxml/{key}", content=body, headers={"Content-Type": "text/xml", **headers})
        return answer.status_code, *code_in(answer.content)


def code_in(content: bytes) -> tuple[int, str]:
    """The code of a valid Response, and what it says."""
    root = etree.fromstring(content.split(b"\n", 2)[2])
    dtd = dtd_for("1.2.069", "cXML")
    assert dtd.validate(root), dtd.error_log
    assert root.get("payloadID")
    status = root.find("Response/Status")
    assert status is not None
    return int(status.get("code", "")), f"{status.get('text')}: {status.text or ''}"


@pytest.fixture
def pushed(database_url: str, tmp_path: Path) -> Iterator[Pushed]:
    """Both buyers' documents are pushed to the door of the first account."""
    with _opened(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def lite(sqlite_url: str, tmp_path: Path) -> Iterator[Pushed]:
    """The same on SQLite alone."""
    with _opened(sqlite_url, tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def _one_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pushed]:
    folder = tmp_path_factory.mktemp("door")
    with _opened(f"sqlite:///{folder / 'clearbill.sqlite'}", folder) as opened:
        yield opened


@pytest.fixture
def shut(_one_door: Pushed) -> Iterator[Pushed]:
    """A door at which everything is refused: nothing is stored."""
    before = documents_kept(_one_door.network)
    yield _one_door
    assert documents_kept(_one_door.network) == before


@contextmanager
def _opened(url: str, folder: Path) -> Iterator[Pushed]:
    with (
        portal_of_two_buyers(push_secret=SECRET) as portal,
        open_house(network_settings(portal, url, folder, abilities=["push"]), upgrade=True) as house,
        listening(house) as address,
    ):
        for buyer in BUYERS:
            portal.pushes_to(f"{address}/cxml/{NORTH}", buyer=buyer)
        portal.knobs(push_retry_delay=0.05)
        pushed = Pushed(Network(house, portal), address)
        with pushed.client:
            yield pushed


def documents_kept(network: Network) -> int:
    with network.house.database.read() as tx:
        return int(tx.execute(sa.select(sa.func.count()).select_from(tables.delivery)).scalar_one())


def test_what_is_pushed_lands_with_whichever_buyer_it_concerns(pushed: Pushed) -> None:
    network = pushed.network
    ids = {buyer: network.sent("INV-1001", buyer) for buyer in BUYERS}
    for buyer in BUYERS:
        network.portal.says("INV-1001", "approved", buyer=buyer)
        network.portal.delivers(buyer=buyer, repeat=2, shuffle=1, again=True)
    network.portal.waits_until_pushed()
    network.work()
    assert {network.record(one).stage for one in ids.values()} == {Stage.accepted}
    assert {one["pushed"] for one in network.portal.messages()} <= {"acknowledged", ""}
    assert network.unplaced() == {}


def test_purchase_orders_that_are_pushed_enter_the_register_of_their_buyer(lite: Pushed) -> None:
    number = "4600000001"
    lite.network.portal.orders([{"number": number, "lines": [{"type": "amount", "amount": "10"}]}], buyer=SOUTH)
    lite.network.portal.waits_until_pushed()
    lite.network.work()
    with lite.network.house.database.read() as tx:
        assert orders.known(tx, SOUTH, [number])
        assert not orders.known(tx, NORTH, [number])


def test_the_doctor_does_not_miss_polls_where_statuses_are_pushed(lite: Pushed) -> None:
    lite.network.work()
    found = list(examine(lite.network.house.settings, ask_portals=False))
    told = [line for line in found if line.subject == f"account {NORTH}" and "pushes statuses" in line.says]
    assert [line.health for line in told] == [Health.ok]


def test_what_was_not_stored_is_not_acknowledged_and_comes_again(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, failures = door.keep, [sa.exc.OperationalError("INSERT", {}, Exception("the disk is full"))] * 2

    def failing(*given: Any) -> int:
        if failures:
            raise failures.pop()
        return keep(*given)

    packet_id = pushed.network.sent()
    pushed.network.portal.waits_until_pushed()
    monkeypatch.setattr(door, "keep", failing)
    assert pushed.post(pushed.document(status_update("processing", number="INV-1001")))[:2] == (500, 500)
    pushed.network.portal.says("INV-1001", "approved", buyer=NORTH)
    for _ in range(600):
        pushed.network.portal.waits_until_pushed()
        told = [one for one in pushed.network.portal.messages(buyer=NORTH) if one["kind"] == "StatusUpdateRequest"]
        if told and all(one["pushed"] == "acknowledged" for one in told):
            break
        threading.Event().wait(0.05)
    assert failures == []
    pushed.network.work()
    assert pushed.network.record(packet_id).stage is Stage.accepted


def test_the_same_document_is_acknowledged_again_and_kept_once(pushed: Pushed) -> None:
    body = pushed.document(status_update("paid", number="SOMEBODY-ELSES"))
    before = documents_kept(pushed.network)
    assert [pushed.post(body)[:2] for _ in range(3)] == [(200, 200)] * 3
    pushed.network.work()
    assert pushed.post(body)[:2] == (200, 200)
    pushed.network.work()
    assert documents_kept(pushed.network) == before + 1
    assert pushed.network.unplaced() == {NORTH: 1}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_the_secret_of_a_push_is_kept_nowhere(lite: Pushed, encoding: str) -> None:
    text = lite.document(status_update("rejected", number="INV-7", comment="Größe")).decode()
    body = f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding)
    assert lite.post(body)[:2] == (200, 200)
    assert lite.post(body.replace(b"u-1", b"u-2"))[:2] == (200, 200) or encoding == "utf-16"
    lite.network.work()
    with lite.network.house.database.read() as tx:
        for table in tables.metadata.sorted_tables:
            for row in tx.execute(sa.select(table)):
                for cell in row:
                    text = cell.decode("latin-1") if isinstance(cell, bytes) else str(cell)
                    for seen in (text, text.replace("\x00", "")):
                        assert "s3cret-of-the-supplier" not in seen, table.name
        waiting = inbox.unplaced_before(tx, lite.network.house.database.now(tx), 5)
    assert waiting[0].told == "rejected: Größe"


def test_a_profile_says_what_is_taken_and_where(lite: Pushed) -> None:
    answer = lite.client.post(f"/cxml/{NORTH}", content=lite.document("<ProfileRequest/>"))
    assert code_in(answer.content)[0] == 200
    for words in (b'requestName="StatusUpdateRequest"', b'requestName="OrderRequest"', f"/cxml/{NORTH}<".encode()):
        assert words in answer.content
    assert documents_kept(lite.network) == 0


def _bomb(rounds: int = 30) -> str:
    entities = "".join(f'<!ENTITY e{n} "&e{n - 1};&e{n - 1};">' for n in range(1, rounds))
    return f'<?xml version="1.0"?><!DOCTYPE cXML [<!ENTITY e0 "lol">{entities}]>'


UPDATE = status_update("paid", number="INV-1001")
HOSTILE: dict[str, tuple[int, Any]] = {
    "a wrong secret": (401, lambda at: at.document(UPDATE, secret="guess")),
    "no secret": (401, lambda at: at.document(UPDATE, secret="")),
    "a secret with odd letters": (401, lambda at: at.document(UPDATE, secret="\ue000é" * 50)),
    "another supplier": (403, lambda at: at.document(UPDATE, supplier="AN02777777777")),
    "the test account": (403, lambda at: at.document(UPDATE, mode="test")),
    "an unknown request": (450, lambda at: at.document("<CatalogUploadRequest/>")),
    "an invoice": (450, lambda at: at.document("<InvoiceDetailRequest/>")),
    "an empty request": (400, lambda at: at.document("")),
    "nothing": (406, lambda at: b""),
    "nonsense": (406, lambda at: b"\x00\xff not xml"),
    "half a document": (406, lambda at: at.document(UPDATE)[:-30]),
    "html": (406, lambda at: b"<html><body>hello</body></html>"),
    "an answer": (401, lambda at: b'<cXML payloadID="x"><Response><Status code="200" text="OK"/></Response></cXML>'),
    "an entity bomb": (406, lambda at: at.document(UPDATE, head=_bomb()).replace(b"Supplier", b"&e29;")),
    "an outside entity": (
        406,
        lambda at: at.document(UPDATE, head='<!DOCTYPE cXML [<!ENTITY x SYSTEM "file:///etc/passwd">]>').replace(
            b"Supplier", b"&x;"
        ),
    ),
    "deep nesting": (406, lambda at: at.document("<a>" * 5000 + "</a>" * 5000)),
    "an odd encoding": (406, lambda at: b'<?xml version="1.0" encoding="utf-7"?>' + at.document(UPDATE)),
    "mixed encodings": (406, lambda at: at.document(UPDATE).decode().encode("utf-16-le")),
    "a form": (406, lambda at: b"a=b&c=d"),
    "two megabytes": (400, lambda at: at.document(UPDATE + " " * 2_000_000)),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_must_not_be_believed_is_refused_with_its_status_and_leaves_nothing(shut: Pushed, what: str) -> None:
    code, make = HOSTILE[what]
    structlog.reset_defaults()
    with capture_logs() as told:
        assert shut.post(make(shut))[:2] == (code, code)
    (line,) = [one for one in told if one["event"] == "push_refused"]
    assert (line["account"], line["code"]) == (NORTH, code)
    for secret in (SECRET, "s3cret-of-the-supplier", "guess", "INV-1001"):
        assert secret not in str(told)


@pytest.mark.parametrize("key", ["nobody", "", "north%00", "x" * 300, "north'--", "coupa"])
def test_a_stranger_is_not_told_which_accounts_there_are(shut: Pushed, key: str) -> None:
    with capture_logs() as told:
        right = shut.post(shut.document(UPDATE), key)
        wrong = shut.post(shut.document(UPDATE, secret="guess"), NORTH)
    assert right == wrong == (401, 401, wrong[2])
    assert told[0]["account"] == "(unknown)"


def test_other_methods_and_bearers_open_nothing(shut: Pushed) -> None:
    for method in ("GET", "PUT", "DELETE", "HEAD"):
        assert shut.client.request(method, f"/cxml/{NORTH}").status_code == 405
    bearer = {"Authorization": "Bearer nothing"}
    assert shut.post(shut.document(UPDATE, secret="x"), **bearer)[1] == 401
    assert shut.client.post("/cxmls", content=b"").status_code == 401


def test_fifty_megabytes_are_refused_before_they_are_read(shut: Pushed) -> None:
    address = urlsplit(shut.url)
    assert address.port is not None
    head = f"POST /cxml/{NORTH} HTTP/1.1\r\nHost: x\r\nContent-Length: 52428800\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", address.port), timeout=30) as connection:
        connection.sendall(head)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert (answer.status, code_in(answer.read())[0]) == (400, 400)


def test_a_body_that_grows_without_saying_so_is_cut_off(shut: Pushed) -> None:
    address = urlsplit(shut.url)
    assert address.port is not None
    head = f"POST /cxml/{NORTH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", address.port), timeout=30) as connection:
        connection.sendall(head)
        for _ in range(18):
            connection.sendall(b"%x\r\n%b\r\n" % (65536, b" " * 65536))
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert (answer.status, code_in(answer.read())[0]) == (400, 400)


def test_a_push_and_the_queue_say_the_same(tmp_path: Path, lite: Pushed) -> None:
    """The same life of the same invoice, once by each way: the same verdicts."""
    found = []
    queue_folder = tmp_path / "queue"
    queue_folder.mkdir()
    with open_network(f"sqlite:///{queue_folder / 'clearbill.sqlite'}", queue_folder) as by_queue:
        for network in (by_queue, lite.network):
            packet_id = network.sent()
            for word in ("processing", "approved", "paid"):
                network.portal.says("INV-1001", word, buyer=NORTH)
            network.portal.waits_until_pushed()
            network.poll()
            with network.house.database.read() as tx:
                rows = tx.execute(sa.select(tables.verdict).where(tables.verdict.c.packet_id == packet_id)).all()
            found.append(sorted((row.level, row.status, row.portal_status, row.reasons) for row in rows))
    assert found[0] == found[1]
    assert len(found[0]) == 4

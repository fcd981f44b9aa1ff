"""The HTTP doors: every bad request is a 4xx that names the field and the cure, and leaves nothing behind."""

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from gateway.verdict import ReasonCode, Stage
from gateway.web.app import app_for
from tests.gateway import hostile_papers as papers
from tests.gateway.stage import CLIENTS, Scene, handed, open_scene
from tests.packets import labour

TOKEN = "a-long-invented-token"
AUTH = {"Authorization": f"Bearer {TOKEN}"}
Part = tuple[str, bytes, str]


def as_json(value: object) -> bytes:
    """A hand-over as text; half surrogate pairs and exact decimals pass as they are."""
    return json.dumps(value).encode()


class Doors:
    """The doors of one scene, behind a real server."""

    def __init__(self, scene: Scene, port: int) -> None:
        self.scene = scene
        self.port = port
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=AUTH, trust_env=False, timeout=30)

    def post(self, body: bytes, kind: str = "application/json", **headers: str) -> Any:
        return self.client.post("/v1/packets", content=body, headers={"Content-Type": kind, **headers})

    def refuses(self, answer: Any, *statuses: int) -> str:
        """The answer is one of these 4xx and says what and where; answers its words."""
        assert answer.status_code in (statuses or (400, 422)), (answer.status_code, answer.text[:500])
        told = answer.json()
        assert told["problems"], told
        assert all(problem["message"] for problem in told["problems"])
        return str(told)


@pytest.fixture
def doors(scene_url: str, tmp_path: Path) -> Iterator[Doors]:
    """Doors of a house of this test's own, on each database."""
    with _opened(scene_url, tmp_path) as opened:
        yield opened
        opened.scene.look_over()


@pytest.fixture(scope="module")
def _one_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("doors")
    with _opened(f"sqlite:///{folder / 'clearbill.sqlite'}", folder) as opened:
        yield opened


@pytest.fixture
def shut(_one_house: Doors) -> Iterator[Doors]:
    """Doors at which everything is refused: not one row more may be there afterwards."""
    before = _one_house.scene.counts()
    yield _one_house
    assert _one_house.scene.counts() == before


@contextmanager
def _opened(url: str, folder: Path, **settings: Any) -> Iterator[Doors]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("TEST_WEB_TOKEN", TOKEN)
        tokens = [{"name": "billing", "secret": "env:TEST_WEB_TOKEN"}]
        with open_scene(url, folder, clients=CLIENTS, tokens=tokens, **settings) as scene, _listening(scene) as port:
            doors = Doors(scene, port)
            with doors.client:
                yield doors


@contextmanager
def _listening(scene: Scene) -> Iterator[int]:
    config = uvicorn.Config(app_for(scene.house), log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)


def multipart(parts: Mapping[str, Part] | list[tuple[str, Part]], boundary: str = "b0undary") -> tuple[bytes, str]:
    """A multipart/form-data body written by hand, so that its names may be anything. An empty file name leaves it
    out."""
    body = b""
    for name, (filename, content, kind) in parts.items() if isinstance(parts, Mapping) else parts:
        shown = f'; filename="{filename}"' if filename else ""
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{shown}\r\nContent-Type: {kind}\r\n\r\n'
        body += head.encode("utf-8", "surrogatepass") + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def with_paper(name: str = "sheet.pdf", media_type: str = papers.PDF) -> Any:
    whole = handed()
    whole["documents"] = [{"kind": "timesheet", "name": name, "media_type": media_type}]
    return whole


def handed_with(content: bytes, name: str = "sheet.pdf", media_type: str = papers.PDF) -> tuple[bytes, str]:
    packet = ("", as_json(with_paper(name, media_type)), "application/json")
    return multipart({"packet": packet, "file": (name, content, media_type)})


# --- what is right ------------------------------------------------------------------------------------------------


def test_a_packet_is_accepted_once_and_found_again(doors: Doors) -> None:
    first = doors.post(as_json(handed()))
    assert (first.status_code, first.json()["repeated"]) == (201, False)
    again = doors.post(as_json(handed()))
    assert (again.status_code, again.json()) == (200, {"id": first.json()["id"], "repeated": True})
    doors.scene.work()
    found = doors.client.get(first.headers["Location"]).json()
    assert (found["stage"], found["attempts"][0]["outcome"]) == ("waiting", "receipted")
    assert [event["kind"] for event in found["events"]] == ["received", "built", "sending", "verdict"]


def test_a_packet_with_papers_is_accepted(doors: Doors) -> None:
    before = doors.scene.counts()["blob"]
    answer = doors.post(*handed_with(papers.pdf()))
    assert answer.status_code == 201, answer.text
    assert doors.scene.counts()["blob"] - before == 1


def test_another_content_under_the_same_source_id_is_a_conflict(doors: Doors) -> None:
    first = doors.post(as_json(handed()))
    told = doors.post(as_json(handed(note="other")))
    assert (told.status_code, told.json()["packet_id"]) == (409, first.json()["id"])
    doors.refuses(told, 409)


def test_a_held_packet_says_who_what_and_by_when(doors: Doors) -> None:
    doors.scene.portal.next_time(doors.scene.portal.refuses(ReasonCode.hours_mismatch, text="8 h, not 10 h"))
    packet_id = doors.post(as_json(handed())).json()["id"]
    doors.scene.work()
    assert doors.scene.stage(packet_id) is Stage.held
    found = doors.client.get(f"/v1/packets/{packet_id}").json()
    assert (found["who_acts"], found["why"][0]["portal_text"]) == ("field", "8 h, not 10 h")
    assert found["action"]
    assert found["act_by"]


def test_figures_and_health_are_there(doors: Doors) -> None:
    doors.post(as_json(handed()))
    doors.scene.work()
    assert doors.client.get("/v1/metrics").status_code == 200
    assert b"clearbill_packets" in doors.client.get("/metrics").content
    assert b"clearbill_first_pass_packets" in doors.client.get("/metrics").content  # reckoned after the one before
    for path in ("/healthz", "/readyz"):
        assert doors.client.get(path, headers={"Authorization": ""}).json() == {"ok": True}


# --- who is asking ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer \xff"]
)
def test_without_the_right_token_every_door_but_health_is_shut(shut: Doors, header: str) -> None:
    for method, path in (
        ("POST", "/v1/packets"),
        ("GET", "/v1/packets/p0"),
        ("GET", "/metrics"),
        ("GET", "/v1/metrics"),
    ):
        answer = shut.client.request(method, path, headers={"Authorization": header.encode("latin-1")})
        shut.refuses(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert TOKEN not in answer.text


def test_the_list_of_doors_needs_a_token_as_well(shut: Doors) -> None:
    for path in ("/openapi.json", "/docs", "/nowhere"):
        assert shut.client.get(path, headers={"Authorization": ""}).status_code == 401


# --- bad input ----------------------------------------------------------------------------------------------------

BAD_JSON: dict[str, bytes] = {
    "nothing": b"",
    "cut off": b'{"client": ',
    "not an object": b"[]",
    "null": b"null",
    "a text": b'"packet"',
    "NaN": as_json(handed()).replace(b'"40"', b"NaN"),
    "Infinity": as_json(handed()).replace(b'"40"', b"Infinity"),
    "monstrous number": as_json(handed()).replace(b'"40"', b"1e1000000000000000000"),
    "huge number": as_json(handed()).replace(b'"40"', b"1e999999999"),
    "1e30": as_json(handed()).replace(b'"40"', b"1e30"),
    "1e30 as a line number": as_json(handed()).replace(b'"number": 1,', b'"number": 1e30,'),
    "long integer": as_json(handed()).replace(b'"40"', b"9" * 5000),
    "deep": b'{"client":' * 20_000,
    "deep list": b"[" * 500_000,
    "a key twice": b'{"client": "a", "client": "b"}',
    "not UTF-8": b'{"client": "\xff"}',
    "half a surrogate pair in a value": as_json(handed() | {"source_id": "\ud800"}),
    "half a surrogate pair in a key": as_json(handed() | {"\ud800": 1}),
    "half a surrogate pair in a client": as_json(handed() | {"client": "\ud800"}),
    "half a surrogate pair in a file name": as_json(handed() | {"documents": [{"name": "\udc00.pdf"}]}),
    "control characters": as_json(handed(note="a\x00b".replace("\x00", "")) | {"source_id": "a\x00b"}),
    "unknown field": as_json(handed() | {"iban": "DE00"}),
    "missing field": as_json({"client": "example-power"}),
    "wrong sum": as_json(handed()).replace(b'"payable": "4020.4"', b'"payable": "4020.41"'),
    "wrong type": as_json(handed() | {"invoice": 7}),
    "unknown client": as_json(handed(client="nobody")),
    "unknown currency": as_json(handed(currency="XYZ")),
    "10,000 lines": as_json(handed()).replace(b'"lines": [', b'"lines": [' + b'{"number": 9},' * 10_000),
    "year nought": as_json(handed() | {"generated_at": "0001-01-01T00:00:00+23:00"}),
    "a path as client": as_json(handed(client="../../etc/passwd")),
}


@pytest.mark.parametrize("what", BAD_JSON)
def test_a_bad_packet_is_refused_with_what_is_wrong_and_where(shut: Doors, what: str) -> None:
    shut.refuses(shut.post(BAD_JSON[what]))


def test_a_refusal_names_the_field_and_the_cure(shut: Doors) -> None:
    whole = handed()
    del whole["invoice"]["currency"]
    told = shut.post(as_json(whole)).json()
    assert told["error"] == "packet_refused"
    assert told["problems"] == [{"path": "/invoice/currency", "message": "field required.", "cure": "Supply it."}]


def test_more_json_than_any_packet_has_is_refused(shut: Doors) -> None:
    shut.refuses(shut.post(b'{"a": "' + b"x" * (17 * 1024 * 1024) + b'"}'))


def test_five_thousand_right_lines_are_taken(doors: Doors) -> None:
    lines = [labour(n, hours="1", rate="1") for n in range(1, 5_001)]
    answer = doors.post(as_json(handed(lines=lines)))
    assert answer.status_code == 201, answer.text[:300]


@pytest.mark.parametrize("kind", ["", "text/plain", "application/xml", "application/x-www-form-urlencoded", "json"])
def test_another_media_type_is_refused_with_those_that_are_taken(shut: Doors, kind: str) -> None:
    assert "multipart/form-data" in shut.refuses(shut.post(as_json(handed()), kind), 415)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"", papers.PDF),
        (papers.encrypted_pdf(), papers.PDF),
        (papers.pdf_under_aes(), papers.PDF),
        (papers.pdf()[:-40], papers.PDF),
        (papers.pdf_with_pages_in_a_ring(), papers.PDF),
        (b"MZ\x90", papers.PDF),
        (papers.zip_bomb(), papers.XLSX),
        (b"MZ\x90", "application/x-msdownload"),
    ],
    ids=["empty", "encrypted", "aes", "truncated", "ring", "no pdf", "zip bomb", "program"],
)
def test_a_bad_paper_is_refused_by_its_name(shut: Doors, content: bytes, media_type: str) -> None:
    assert "paper.x" in shut.refuses(shut.post(*handed_with(content, "paper.x", media_type)))


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "/abs.pdf", "a\x00.pdf", "CON:", "ä" * 300])
def test_path_tricks_in_file_names_are_refused(shut: Doors, name: str) -> None:
    shut.refuses(shut.post(*handed_with(papers.pdf(), name)))


PACKET: Part = ("", as_json(with_paper()), "application/json")
SHEET: Part = ("sheet.pdf", papers.pdf(), papers.PDF)
BAD_FORMS: dict[str, tuple[bytes, str]] = {
    "no packet": multipart({"file": SHEET}),
    "packet twice": multipart([("packet", PACKET), ("packet", PACKET), ("file", SHEET)]),
    "the same file twice": multipart([("packet", PACKET), ("a", SHEET), ("b", SHEET)]),
    "a file without a name": multipart([("packet", PACKET), ("file", ("", b"x", papers.PDF))]),
    "a file that is not listed": multipart([("packet", PACKET), ("a", SHEET), ("b", ("b.pdf", b"x", papers.PDF))]),
    "a listed file that is missing": multipart({"packet": PACKET}),
    "too many files": multipart([("packet", PACKET)] + [(f"f{n}", (f"{n}.pdf", b"x", "x/y")) for n in range(150)]),
    "too many fields": multipart([("packet", PACKET)] + [(f"f{n}", ("", b"x", "text/plain")) for n in range(50)]),
    "no boundary": (multipart({"packet": PACKET})[0], "multipart/form-data"),
    "another boundary": (multipart({"packet": PACKET})[0], "multipart/form-data; boundary=other"),
    "cut off": (multipart({"packet": PACKET, "file": SHEET})[0][:-200], "multipart/form-data; boundary=b0undary"),
    "no end": (b"--b0undary\r\nContent-Disposition: form-data", "multipart/form-data; boundary=b0undary"),
    "no header": (b"--b0undary\r\n\r\nx\r\n--b0undary--\r\n", "multipart/form-data; boundary=b0undary"),
    "empty": (b"", "multipart/form-data; boundary=b0undary"),
    "a boundary of nothing": (b"----\r\n", "multipart/form-data; boundary="),
    "an endless boundary": (b"x", "multipart/form-data; boundary=" + "b" * 5000),
}
for charset in ("unicode_escape", "undefined", "utf-7", "no-such", "idna", "rot13"):
    BAD_FORMS[f"charset {charset}"] = (
        multipart({"packet": ("", rb'{"a": "\ud800"}', "application/json"), "\\ud800": SHEET})[0],
        f"multipart/form-data; boundary=b0undary; charset={charset}",
    )


# Starlette leaves the spooled file of a part that never ends to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("what", BAD_FORMS)
def test_a_bad_form_is_refused_in_words(shut: Doors, what: str) -> None:
    shut.refuses(shut.post(*BAD_FORMS[what]))


@pytest.mark.parametrize("packet_id", ["p0", "%00", "%FF", "a" * 4000, "..%2F..", "%ED%A0%80", "'; DROP TABLE packet"])
def test_an_unknown_packet_is_not_found_whatever_it_is_called(doors: Doors, packet_id: str) -> None:
    doors.refuses(doors.client.get(f"/v1/packets/{packet_id}"), 404)


@pytest.mark.parametrize(
    "query", ["month=2026-13", "month=%00", "client=%00", "account=%ED%A0%80", "month=x" + "y" * 900]
)
def test_odd_questions_for_figures_are_no_faults_of_ours(doors: Doors, query: str) -> None:
    answer = doors.client.get(f"/v1/metrics?{query}")
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/packets", 405), ("DELETE", "/v1/metrics", 405)])
def test_another_verb_is_refused(shut: Doors, method: str, path: str, status: int) -> None:
    shut.refuses(shut.client.request(method, path), status)


def test_a_path_that_is_no_door_is_not_found(shut: Doors) -> None:
    shut.refuses(shut.client.get("/v2/anything"), 404)


def test_no_answer_of_a_door_is_kept_by_others_or_guessed_at(doors: Doors) -> None:
    answer = doors.client.get("/v1/metrics")
    assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


# --- over a real socket -------------------------------------------------------------------------------------------


@pytest.fixture
def narrow(sqlite_url: str, tmp_path: Path) -> Iterator[Doors]:
    """Doors that take 2 MB at most."""
    with _opened(sqlite_url, tmp_path, max_upload_mb=2) as opened:
        yield opened


def _answer(port: int, head: str, chunks: Iterator[bytes]) -> bytes:
    """What the server says to a request that is sent until it says something."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head.encode())
        try:
            for chunk in chunks:
                connection.sendall(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass
        said = b""
        try:
            while b"\r\n\r\n" not in said or b"problems" not in said:
                part = connection.recv(65536)
                if not part:
                    break
                said += part
        except ConnectionResetError:
            pass
        return said


def test_an_upload_that_announces_200_megabytes_is_refused_before_it_is_sent(narrow: Doors) -> None:
    before = narrow.scene.counts()
    head = (
        f"POST /v1/packets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
        "Content-Length: 200000000\r\n\r\n"
    )
    said = _answer(narrow.port, head, iter(()))
    assert b" 413 " in said.split(b"\r\n")[0]
    assert b"2 MB" in said
    assert narrow.scene.counts() == before


def test_an_upload_that_grows_beyond_the_limit_in_chunks_is_refused(narrow: Doors) -> None:
    before = narrow.scene.counts()
    head = (
        f"POST /v1/packets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    opening = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f.pdf"\r\n\r\n'

    def chunks() -> Iterator[bytes]:
        yield b"%x\r\n%b\r\n" % (len(opening), opening)
        for _ in range(4):  # just beyond the limit: more would only be thrown away
            yield b"%x\r\n%b\r\n" % (1_000_000, b"x" * 1_000_000)

    said = _answer(narrow.port, head, chunks())
    assert b" 413 " in said.split(b"\r\n")[0], said[:300]
    assert narrow.scene.counts() == before

"""Tokens that were made: each opens what it is for and nothing else, until it is ended."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gateway.commands.terminal import DONE, REFUSED
from gateway.store import api_tokens
from gateway.web import tokens
from gateway.web.app import app_for
from gateway.web.tokens import ANY, SCOPES, digest_of, methods_of, new_token
from gateway.web.tokens import DOORS as SCOPES_OF_DOORS
from tests.gateway.desk.stage import Desk
from tests.gateway.desk.test_roles import DOORS, OPEN, TOKEN, doors_of
from tests.gateway.office import Office, open_office
from tests.gateway.stage import Scene

WANTS = {
    ("POST", "/v1/packets"): "packets:write",
    ("GET", "/v1/packets/{packet_id}"): "packets:read",
    ("GET", "/v1/metrics"): "metrics:read",
    ("GET", "/metrics"): "metrics:read",
    ("GET", "/openapi.json"): ANY,
}


def made(scene: Scene, name: str, *scopes: str) -> str:
    token = new_token()
    with scene.house.database.write() as tx:
        assert api_tokens.insert(tx, name, digest_of(token), scopes, scene.house.database.now(tx), "tests")
    return token


def knock(desk: Desk, door: tuple[str, str], token: str) -> int:
    client: httpx.Client = desk.stranger().client
    headers = {"Authorization": f"Bearer {token}"}
    return client.request(door[0], door[1].replace("{packet_id}", "p0"), headers=headers).status_code


def test_every_door_for_programs_asks_for_a_scope_that_is_written_down() -> None:
    assert WANTS.keys() == {door for door, least in DOORS.items() if least == TOKEN}
    named = {(method, path): scope for path, methods in SCOPES_OF_DOORS.items() for method, scope in methods.items()}
    assert named == WANTS


def test_every_door_of_the_app_is_in_the_table_of_scopes_or_open_to_all(lite: Scene) -> None:
    for method, path in doors_of(app_for(lite.house).routes):
        assert method in methods_of(path) or DOORS[method, path] == OPEN, (method, path)


def test_a_door_that_the_table_of_scopes_does_not_have_opens_to_no_token(
    lite_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, door = made(lite_desk.scene, "invoicing", *SCOPES), ("GET", "/v1/metrics")
    for patterns, answer in (
        (((re.compile("/v1/metrics"), {"GET": "metrics:read"}),), 200),
        (((re.compile("/v1/metrics"), {"POST": "metrics:read"}),), 405),
        (((re.compile("/v1/packets"), {"GET": "metrics:read"}),), 404),
    ):
        monkeypatch.setattr(tokens, "_PATTERNS", patterns)
        assert knock(lite_desk, door, token) == answer


@pytest.mark.parametrize("scope", SCOPES)
def test_a_token_opens_what_it_is_for(desk: Desk, scope: str) -> None:
    token = made(desk.scene, "invoicing", scope)
    for door, wanted in WANTS.items():
        assert (knock(desk, door, token) in (401, 403)) is (wanted not in ("", scope)), door


def test_a_token_that_is_ended_mistyped_or_a_hash_opens_nothing(lite_desk: Desk) -> None:
    token, door = made(lite_desk.scene, "invoicing", *SCOPES), ("GET", "/v1/metrics")
    assert knock(lite_desk, door, token) == 200
    for wrong in (token[:-1], f"{token}x", digest_of(token), "clearbill_", "x"):
        assert knock(lite_desk, door, wrong) == 401
    with lite_desk.scene.house.database.write() as tx:
        known = api_tokens.load(tx, "invoicing", lock=True)
        assert known
        api_tokens.end(tx, known, lite_desk.scene.house.database.now(tx), "tests")
    assert knock(lite_desk, door, token) == 401
    assert lite_desk.scene.kinds("token:invoicing") == ["token_added", "token_ended"]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


def test_a_token_is_made_shown_once_and_ended_from_the_command_line(office: Office) -> None:
    ran = office.run("token", "add", "invoicing", "--scope", "packets:write", "--json")
    token = ran.json["token"]
    assert token.startswith("clearbill_")
    assert token not in office.run("token", "list").out
    assert office.run("token", "list", "--json").json["tokens"][0]["scopes"] == ["packets:write"]
    assert office.run("token", "add", "invoicing", "--scope", "packets:read").code == REFUSED
    assert office.run("token", "add", "other", "--scope", "everything").code == REFUSED
    assert office.run("token", "add", "A b", "--scope", "packets:read").code == REFUSED
    assert office.run("token", "end", "nobody").code == REFUSED
    assert office.run("token", "end", "invoicing").code == DONE

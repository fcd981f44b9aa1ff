"""Every door of the app, with every role and with none: a door that is missing from the table fails."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute, Mount

from gateway.adapter import Delivery
from gateway.errors import Evidence
from gateway.order import UnreadOrder
from gateway.store import accounts, api_tokens, evidence, inbox, orders, proposals, tables
from gateway.store.database import Tx
from gateway.store.people import Role
from gateway.web.app import app_for
from tests.gateway.desk.stage import Browser, Desk, open_desk
from tests.gateway.stage import open_scene

OPEN, TOKEN = "open to all", "asks for a bearer token"

DOORS: dict[tuple[str, str], Role | str] = {
    ("POST", "/v1/packets"): TOKEN,
    ("GET", "/v1/packets/{packet_id}"): TOKEN,
    ("GET", "/v1/metrics"): TOKEN,
    ("GET", "/metrics"): TOKEN,
    ("GET", "/openapi.json"): TOKEN,
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/sign-in"): OPEN,
    ("GET", "/static/desk.css"): OPEN,
    ("POST", "/sign-out"): Role.viewer,
    ("GET", "/"): Role.viewer,
    ("GET", "/progress"): Role.viewer,
    ("GET", "/keys"): Role.viewer,
    ("GET", "/live/list"): Role.viewer,
    ("GET", "/live/packets/{packet_id}"): Role.viewer,
    ("GET", "/live/progress"): Role.viewer,
    ("POST", "/bulk"): Role.coordinator,
    ("POST", "/bulk/do"): Role.coordinator,
    ("GET", "/find"): Role.viewer,
    ("GET", "/asked"): Role.viewer,
    ("POST", "/packets/{packet_id}/asked/{no}/agree"): Role.approver,
    ("POST", "/packets/{packet_id}/asked/{no}/decline"): Role.approver,
    ("POST", "/packets/{packet_id}/asked/{no}/withdraw"): Role.coordinator,
    ("GET", "/clients"): Role.viewer,
    ("GET", "/clients/{client}"): Role.viewer,
    ("POST", "/clients/{client}/pause"): Role.coordinator,
    ("POST", "/clients/{client}/resume"): Role.coordinator,
    ("GET", "/admin"): Role.coordinator,
    ("GET", "/admin/accounts"): Role.coordinator,
    ("GET", "/admin/accounts/{account}"): Role.coordinator,
    ("GET", "/admin/accounts/{account}/kept/{sha256}"): Role.coordinator,
    ("POST", "/admin/accounts/{account}/{order}"): Role.admin,
    ("GET", "/admin/queue"): Role.coordinator,
    ("POST", "/admin/queue/{job}/{order}"): Role.admin,
    ("GET", "/password"): Role.viewer,
    ("POST", "/password"): Role.viewer,
    ("GET", "/admin/users"): Role.admin,
    ("POST", "/admin/users"): Role.admin,
    ("POST", "/admin/users/{name}/{order}"): Role.admin,
    ("GET", "/admin/tokens"): Role.admin,
    ("POST", "/admin/tokens"): Role.admin,
    ("POST", "/admin/tokens/{name}/end"): Role.admin,
    ("GET", "/admin/secrets"): Role.admin,
    ("GET", "/admin/unplaced"): Role.coordinator,
    ("GET", "/admin/unplaced/{key}"): Role.coordinator,
    ("GET", "/admin/unread-orders"): Role.coordinator,
    ("GET", "/admin/unread-orders/{account}/{sha256}"): Role.coordinator,
    ("GET", "/proposals"): Role.viewer,
    ("POST", "/proposals/{number}/decide"): Role.approver,
    ("GET", "/reports"): Role.viewer,
    ("GET", "/reports/{name}"): Role.viewer,
    ("GET", "/reports/charts/{name}"): Role.viewer,
    ("GET", "/packets/{packet_id}"): Role.viewer,
    ("POST", "/packets/{packet_id}/decide"): Role.coordinator,
    ("POST", "/packets/{packet_id}/pack"): Role.viewer,
    ("GET", "/packets/{packet_id}/compare"): Role.viewer,
    ("GET", "/packets/{packet_id}/edit"): Role.coordinator,
    ("POST", "/packets/{packet_id}/edit"): Role.coordinator,
    ("GET", "/submit"): Role.coordinator,
    ("POST", "/submit/packet"): Role.coordinator,
    ("POST", "/submit/ubl"): Role.coordinator,
    ("POST", "/submit/form"): Role.coordinator,
    ("GET", "/submit/{draft_id}"): Role.coordinator,
    ("POST", "/submit/{draft_id}"): Role.coordinator,
    ("GET", "/submit/{draft_id}/form"): Role.coordinator,
    ("POST", "/submit/{draft_id}/form"): Role.coordinator,
    ("GET", "/packets/{packet_id}/files/{sha256}"): Role.viewer,
    ("GET", "/packets/{packet_id}/view/{sha256}"): Role.viewer,
}
SIGN_IN = {("POST", "/sign-in"), *(("GET", f"/sign-in/openid{more}") for more in ("", "/done", "/out"))}
"""Open to all as well, and tried in the tests of signing in."""


def doors_of(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Method and path of every route; what is mounted is known by its style sheet."""
    for route in routes:
        if isinstance(route, Mount):
            yield "GET", f"{route.path}/desk.css"
        else:
            known: Any = route
            yield from ((method, known.path) for method in known.methods - {"HEAD"})


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, dict[str, Browser], str]]:
    folder: Path = tmp_path_factory.mktemp("roles")
    with open_scene(f"sqlite:///{folder / 'clearbill.sqlite'}", folder) as scene, open_desk(scene) as desk:
        packet_id = scene.sent()
        with scene.house.database.write() as tx:
            proposals.propose(tx, "example-power", "bill_to", ("/invoice/bill_to",), scene.house.database.now(tx))
            leave_behind(tx, scene.house.database.now(tx))
        yield desk, {role.value: desk.signed_in(role) for role in Role} | {"": desk.stranger()}, packet_id


def test_every_door_stands_in_the_table(walked: tuple[Desk, dict[str, Browser], str]) -> None:
    app = app_for(walked[0].scene.house)
    found = {*doors_of(app.routes), *doors_of(app.state.desk.routes)}
    assert found == DOORS.keys() | SIGN_IN


@pytest.mark.parametrize("who", ["", *(role.value for role in Role)])
@pytest.mark.parametrize("door", [pytest.param(door, id=" ".join(door)) for door in DOORS])
def test_a_door_opens_to_those_it_is_for_and_to_no_others(
    door: tuple[str, str], who: str, walked: tuple[Desk, dict[str, Browser], str]
) -> None:
    desk, browsers, packet_id = walked
    browser = desk.signed_in(Role(who), f"leaves-{who}") if door == ("POST", "/sign-out") and who else browsers[who]
    answer = knock(browser, door, packet_id)
    least = DOORS[door]
    if least == TOKEN:
        assert answer.status_code == 401, "a session is no bearer token"
    elif least == OPEN:
        assert answer.status_code == 200
    elif not who:
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/sign-in")
    elif Role(who).reaches(Role(least)):
        assert answer.status_code not in (401, 403, 404, 405), answer.text
        assert answer.status_code < 500, answer.text
    else:
        assert answer.status_code == 403


@pytest.mark.parametrize("door", [door for door, least in DOORS.items() if door[0] == "POST" and least != TOKEN])
@pytest.mark.parametrize("csrf", ["", "0" * 64, "\u00e9"])
def test_nothing_is_changed_by_a_form_that_is_not_ours(
    door: tuple[str, str], csrf: str, walked: tuple[Desk, dict[str, Browser], str]
) -> None:
    desk, browsers, packet_id = walked
    before = desk.scene.counts()
    admin = browsers[Role.admin.value]
    assert knock(Browser(admin.client, csrf), door, packet_id).status_code == 403
    assert desk.scene.counts() == before


def test_a_form_that_another_site_sends_is_refused(walked: tuple[Desk, dict[str, Browser], str]) -> None:
    admin = walked[1][Role.admin.value]
    answer = admin.client.post("/sign-out", data={"csrf": admin.csrf}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def leave_behind(tx: Tx, now: datetime) -> None:
    """Something behind each door that shows bytes: all are the same few."""
    raw = b"<ok/>"
    accounts.load(tx, "north", lock=True)
    orders.keep_unread(tx, "north", UnreadOrder("p", "45", "no line", raw), now)
    evidence.keep(tx, "account:north", now, (Evidence("page.txt", "text/plain", raw),), "health")
    inbox.keep(tx, "north", Delivery("Status", "", raw), now)
    api_tokens.insert(tx, "erp", "no token fits", ("packets:read",), now, "tests")
    tx.execute(tables.delivery.update().values(id="d0"))


def knock(browser: Browser, door: tuple[str, str], packet_id: str) -> httpx.Response:
    method, path = door
    path = path.replace("{packet_id}", packet_id).replace("{sha256}", hashlib.sha256(b"<ok/>").hexdigest())
    if "{draft_id}" in path:  # everybody sees drafts of their own alone
        made = browser.order("/submit/form").headers.get("location", "")
        path = path.replace("{draft_id}", made.split("/")[2] if made.startswith("/submit/") else "d0")
    path = path.replace("{no}", "1").replace("{number}", "1")
    path = path.replace("/users/{name}", "/users/viewer").replace("/tokens/{name}", "/tokens/erp")
    path = path.replace("{account}", "north").replace("{order}", "stop").replace("{key}", "d0").replace("{job}", "1")
    path = (
        path.replace("{client}", "example-power")
        .replace("charts/{name}", "charts/ageing.svg")
        .replace("{name}", "rejections.csv")
    )
    return browser.see(path) if method == "GET" else browser.order(path)

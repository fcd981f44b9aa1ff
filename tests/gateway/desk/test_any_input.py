"""Every door of the desk, described from its routes, with every role and any input: told to be wrong, never a fault."""

import gc
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from fastapi.openapi.utils import get_openapi
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.python.asgi import ASGIClient, get_client

from gateway import identity
from gateway.desk import invoice_form
from gateway.desk.deciding import ORDERS
from gateway.desk.site import desk_for
from gateway.store import people
from gateway.store.people import Role
from gateway.web.app import app_for
from tests.gateway.desk.stage import COOKIE
from tests.gateway.desk.test_hostile_input import NOBODY_MEANS
from tests.gateway.stage import Scene, open_scene
from tests.gateway.test_decisions import held_by_checklist

# Starlette's parser leaves the file of a part that was cut off to the garbage collector (1.10, formparsers.py).
pytestmark = pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning")

BOUNDARY = b"a-boundary"
OF_FORMS = ("/client", "/invoice/number", "/invoice/issued_on", "/invoice/currency", "/invoice/totals/payable")
OF_LINES = tuple(box.on_line(0) for box in (*invoice_form.LINE, *invoice_form.LABOUR))
ORDERED = (*ORDERS, "look", "line", "drop-0", "parties", "papers", "hand-over", "discard", "reckon")
NAMES = ("do", "seen", "drop-1", "kind-1", "new-kind", "line-kind", "client", "line", "why", "sure", "looked_at")
FILES = ("packet", "ubl", "files", "paper")


class Door(NamedTuple):
    method: str
    path: str
    query: tuple[str, ...]
    fields: tuple[str, ...]


class House(NamedTuple):
    scene: Scene
    client: ASGIClient
    packet_id: str
    doors: Mapping[str, Door]
    numbers: Iterator[int]


def doors_of(scene: Scene) -> dict[str, Door]:
    """What the routes themselves say that they take."""
    desk = desk_for(scene.house)
    whole = get_openapi(title="desk", version="1", routes=desk.routes)
    found = {}
    for path, methods in whole["paths"].items():
        for method, door in methods.items():
            query = tuple(one["name"] for one in door.get("parameters", ()) if one["in"] == "query")
            bodies = door.get("requestBody", {}).get("content", {}).values()
            fields = {name for body in bodies for name in _properties(whole, body["schema"])}
            found[f"{method.upper()} {path}"] = Door(method.upper(), path, query, tuple(sorted(fields - {"csrf"})))
    return found


def _properties(whole: Any, schema: Any) -> list[str]:
    if "$ref" in schema:
        schema = whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    nested = [name for part in schema.get("allOf", ()) for name in _properties(whole, part)]
    return [*schema.get("properties", {}), *nested]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("anything")
    with open_scene(f"sqlite:///{folder / 'clearbill.sqlite'}", folder) as scene:
        packet_id = held_by_checklist(scene)
        with get_client(app_for(scene.house)) as client:
            yield House(scene, client, packet_id, doors_of(scene), itertools.count())


def signed_in(house: House, role: Role | None) -> tuple[dict[str, str], str]:
    """(headers, proof) of somebody who has signed in just now: what is ordered may end a session or a user."""
    if role is None:
        return {}, ""
    name = f"{role.value}-{next(house.numbers)}"
    token = f"session-{name}"
    with house.scene.house.database.write() as tx:
        now = house.scene.house.database.now(tx)
        people.insert(tx, name, role, "no password fits", now)
        people.begin_session(tx, identity.digest(token), name, now)
    return {"Cookie": f"{COOKIE}={token}"}, identity.csrf_of(token)


values = st.one_of(
    st.sampled_from([*NOBODY_MEANS, *ORDERED, "", "1", "example-power", "2026-03-09"]), st.text(max_size=12)
)
pairs = st.lists(st.tuples(st.integers(0, 60), values), max_size=8)
shapes = st.sampled_from(["urlencoded", "multipart", "multipart", "torn", "json", "nothing", "charset"])
"""Half of what comes is what a browser sends; the rest is not."""


def written(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def body_of(shape: str, fields: list[tuple[str, str]], file: str) -> tuple[bytes, str]:
    """(body, content type)."""
    if shape == "urlencoded":
        pieces = [f"{quote(written(name))}={quote(written(value))}" for name, value in fields]
        return "&".join(pieces).encode(), "application/x-www-form-urlencoded"
    if shape == "json":
        return b'{"csrf": 1}', "application/json"
    if shape == "nothing":
        return b"", ""
    parts = [(f'form-data; name="{name}"', written(value)) for name, value in fields]
    parts += [(f'form-data; name="{name}"; filename="{name}.pdf"', written(file)) for name in FILES]
    body = b"".join(
        b"--" + BOUNDARY + b"\r\nContent-Disposition: " + written(head) + b"\r\n\r\n" + value + b"\r\n"
        for head, value in parts
    )
    kind = f"multipart/form-data; boundary={BOUNDARY.decode()}"
    if shape == "torn":
        return body, kind
    return body + b"--" + BOUNDARY + b"--\r\n", f"{kind}; charset=utf-99" if shape == "charset" else kind


def ask(house: House, door: Door, data: st.DataObject) -> None:
    headers, csrf = signed_in(house, data.draw(st.sampled_from([*Role, None])))
    path = door.path.replace("{packet_id}", data.draw(st.sampled_from([house.packet_id, "p0", "{packet_id}"])))
    if "{draft_id}" in path and csrf:
        made = house.client.post("/submit/form", data={"csrf": csrf}, headers=headers, allow_redirects=False)
        at = made.headers.get("location", "")
        path = path.replace("{draft_id}", at.split("/")[2] if at.startswith("/submit/") else "d0")
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + quote(written(data.draw(values)) or b"0", safe="") + rest.partition("}")[2]
    query = "&".join(f"{name}={quote(written(data.draw(values)))}" for name in door.query)
    names = (*door.fields, *NAMES, *OF_FORMS, *OF_LINES)
    fields = [(names[n % len(names)], value) for n, value in data.draw(pairs)]
    if data.draw(st.integers(0, 9)):
        fields.append(("csrf", csrf))
    body, kind = body_of(data.draw(shapes), fields, data.draw(values)) if door.method == "POST" else (b"", "")
    if kind:
        headers["Content-Type"] = kind
    answer = house.client.request(door.method, f"{path}?{query}", data=body, headers=headers, allow_redirects=False)
    assert answer.status_code < 500, answer.text[:500]


def tried(house: House, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data(), name=st.sampled_from(sorted(house.doors)))
    def one(data: st.DataObject, name: str) -> None:
        ask(house, house.doors[name], data)

    one()
    gc.collect()  # here, where the warnings about it are passed over


def test_no_door_of_the_desk_answers_any_input_with_a_fault_of_ours(house: House) -> None:
    assert len(house.doors) > 20
    tried(house, 120)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_no_door_of_the_desk_answers_any_input_with_a_fault_of_ours_for_long(house: House) -> None:
    tried(house, 5_000)

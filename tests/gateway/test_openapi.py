"""The description of the doors is true: each door is in it, and whatever it is sent, each answers as it says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.python.asgi import get_client
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from gateway.web.app import app_for
from gateway.web.openapi import document
from gateway.web.push import PATH
from gateway.web.tokens import DOORS
from tests.gateway.stage import Scene, handed, open_scene

TOKEN = "a-long-invented-token"
AUTH = {"Authorization": f"Bearer {TOKEN}"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    missing_required_header,
    unsupported_method,
    allow_header_conformance,
    ignored_auth,
]
"""All but the one that wants whatever fits the schema to be taken: no schema says that sums must add up."""
OPERATIONS = [(path, method) for path, methods in document()["paths"].items() for method in methods]
BOTH_WAYS = [
    pytest.param(path, method, mode, id=f"{method}-{path}-{mode.value}")
    for path, method in OPERATIONS
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if mode is GenerationMode.POSITIVE or path in ("/v1/packets", "/v1/packets/{packet_id}", "/v1/metrics")
]
"""What takes nothing can be asked in no wrong way; what networks push is told by cXML, whose tests are its own."""


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scene, Any, Any]]:
    """A house, its doors, and Schemathesis' view of them, all in this process."""
    folder: Path = tmp_path_factory.mktemp("openapi")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAPI_TEST_TOKEN", TOKEN)
        tokens = [{"name": "tests", "secret": "env:OPENAPI_TEST_TOKEN"}]
        with open_scene(f"sqlite:///{folder / 'c.sqlite'}", folder, tokens=tokens) as scene:
            app = app_for(scene.house)
            with get_client(app) as client:
                yield scene, client, schemathesis.openapi.from_asgi("/openapi.json", app, headers=AUTH)


def search(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


def tried(described: tuple[Scene, Any, Any], path: str, method: str, mode: GenerationMode, examples: int) -> None:
    scene, _, schema = described
    operation = schema[path][method.upper()]
    packet_id = scene.sent(f"INV-{path}-{mode.value}-{examples}") if path.endswith("{packet_id}") else ""
    cases = operation.as_strategy(generation_mode=mode)

    @search(examples)
    @given(case=cases, known=st.booleans())
    def one(case: Case, known: bool) -> None:
        if packet_id and known and mode is GenerationMode.POSITIVE:
            case.path_parameters = {"packet_id": packet_id}
        assume(mode is GenerationMode.POSITIVE or _is_wrong_beside_its_token(case))
        case.call_and_validate(headers=AUTH, checks=CHECKS)

    one()


def _is_wrong_beside_its_token(case: Case) -> bool:
    """Whether anything but the headers breaks the description: the token is put right before a request leaves."""
    wrong = [at for at, part in case.meta.components.items() if part.mode is GenerationMode.NEGATIVE]
    vanishes = any(_is_nothing(value) for value in (case.query or {}).values())
    return any(
        at is not ParameterLocation.HEADER and (at is not ParameterLocation.QUERY or not vanishes) for at in wrong
    )


def _is_nothing(value: Any) -> bool:
    """Whether a query's value leaves no trace in an address: nothing, or what holds nothing."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or (isinstance(value, dict | list) and all(_is_nothing(one) for one in inner))


def test_every_door_is_described_with_its_methods_and_no_other() -> None:
    described = {path: {method.upper() for method in methods} for path, methods in document()["paths"].items()}
    doors = {path: set(methods) for path, methods in DOORS.items()}
    assert described == {**doors, "/healthz": {"GET"}, "/readyz": {"GET"}, f"{PATH}{{account}}": {"POST"}}


def test_every_answer_has_a_schema_and_every_door_for_tokens_names_its_scope() -> None:
    whole = document()
    for path, methods in whole["paths"].items():
        for method, door in methods.items():
            assert all(answer["content"] for answer in door["responses"].values()), path
            scope = DOORS.get(path, {}).get(method.upper(), "")
            assert door["security"] == ([{"token": []}] if path in DOORS else [])
            assert not scope or f"`{scope}`" in door["description"]
    named = {part["$ref"].rpartition("/")[2] for part in _refs(whole)}
    assert named <= whole["components"]["schemas"].keys()


def _refs(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value
        for inner in value.values():
            yield from _refs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _refs(inner)


@pytest.mark.parametrize(("path", "method", "mode"), BOTH_WAYS)
def test_each_door_answers_as_it_is_described(
    path: str, method: str, mode: GenerationMode, described: tuple[Scene, Any, Any]
) -> None:
    tried(described, path, method, mode, 6)


@pytest.mark.soak
@pytest.mark.parametrize(("path", "method", "mode"), BOTH_WAYS)
def test_each_door_answers_as_it_is_described_for_long(
    path: str, method: str, mode: GenerationMode, described: tuple[Scene, Any, Any]
) -> None:
    tried(described, path, method, mode, 500)


def test_a_packet_that_is_right_is_answered_as_described(described: tuple[Scene, Any, Any]) -> None:
    _, client, schema = described
    content = json.dumps(handed("INV-OPENAPI"), default=str).encode()
    kind = {"Content-Type": "application/json"}
    operation = schema["/v1/packets"]["POST"]
    for wanted in (201, 200):
        answer = client.post("/v1/packets", data=content, headers=AUTH | kind)
        assert answer.status_code == wanted
        operation.Case(body={}, media_type="application/json").validate_response(
            answer, checks=[status_code_conformance, response_schema_conformance, response_headers_conformance]
        )


@pytest.mark.parametrize(
    "query", ["client=A%20B", "account=%00", "month=2026-13", "month=x", "clinet=a", "month=&month=", "=a"]
)
def test_a_filter_that_cannot_be_meant_is_refused_by_its_name(query: str, described: tuple[Scene, Any, Any]) -> None:
    answer = described[1].get(f"/v1/metrics?{query}", headers=AUTH)
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == query.partition("=")[0]

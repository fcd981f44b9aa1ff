"""The description of the doors for programs, as OpenAPI 3.1: what each takes, and every answer that it gives.

It is written here in one piece, so that it is read as a whole; tests hold it against the doors and against what they
answer. Whoever has a token, for whatever, may read it at `/openapi.json`.
"""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from gateway.exposition import CONTENT_TYPE
from gateway.metrics import FIELDS
from gateway.packet import MAX_DOCUMENTS, Packet
from gateway.web.tokens import SCOPES

Schema = dict[str, Any]

_KEY = "[a-z0-9][a-z0-9_-]{0,62}"
CLIENT = f"^(?:{_KEY})?$"
"""A client's or an account's key, or nothing."""
MONTH = r"^(?:[0-9]{4}-(?:0[1-9]|1[0-2]))?$"
PACKET_ID = r"^p[0-9a-f]{27}$"
_TIME: Schema = {"type": "string", "format": "date-time"}
_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}


def document() -> Schema:
    """The whole description. A new value each time."""
    packet = Packet.model_json_schema(mode="validation", ref_template="#/components/schemas/{model}")
    parts: dict[str, Schema] = packet.pop("$defs")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Clearbill",
            "version": version("clearbill"),
            "description": "Invoice packets are handed over here, and asked after. Every refusal names the place and "
            "the cure, and leaves nothing behind.",
        },
        "paths": _paths(),
        "components": {
            "schemas": {**parts, "Packet": packet, **_schemas()},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"Made by `clearbill token add NAME --scope SCOPE`; scopes: {', '.join(SCOPES)}.",
                }
            },
        },
    }


def _paths() -> dict[str, Schema]:
    return {
        "/v1/packets": {"post": _post_packet()},
        "/v1/packets/{packet_id}": {"get": _get_packet()},
        "/v1/metrics": {"get": _get_metrics()},
        "/metrics": {
            "get": _for_tokens(
                "metrics:read",
                {"200": {"description": "Prometheus' text format.", "content": {CONTENT_TYPE: {"schema": _TEXT}}}},
                operationId="exposition",
                summary="The figures for Prometheus",
            )
        },
        "/openapi.json": {
            "get": _for_tokens(
                "",
                {"200": _answer("This description.", {"type": "object", "required": ["openapi", "paths"]})},
                operationId="description",
                summary="These doors",
            )
        },
        "/healthz": {"get": _open("health", "Does this process live?", {})},
        "/readyz": {"get": _open("readiness", "Can it work?", {"503": _refusal("Not yet, or not any more.")})},
        "/cxml/{account}": {"post": _push()},
    }


# --- doors --------------------------------------------------------------------------------------------------------


def _post_packet() -> Schema:
    location = {"Location": {"description": "Where the packet is asked after.", "required": True, "schema": _TEXT}}
    body = {
        "application/json": {"schema": _ref("Packet")},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["packet"],
                "properties": {
                    "packet": {"type": "string", "description": "The packet's JSON, as `Packet` has it."},
                    "files": {
                        "type": "array",
                        "maxItems": MAX_DOCUMENTS,
                        "items": {"type": "string", "format": "binary"},
                        "description": "Its papers, under the names that `documents` lists.",
                    },
                },
            }
        },
    }
    accepted = _ref("Accepted")
    answers = {
        "201": {**_answer("Stored; it will be checked and sent.", accepted), "headers": location},
        "200": {**_answer("This very hand-over was stored before.", accepted), "headers": location},
        "400": _refusal("The body cannot be read."),
        "409": _refusal("The source id was used for other content; `packet_id` has it."),
        "413": _refusal("Larger than the installation takes."),
        "415": _refusal("Neither JSON nor multipart/form-data."),
        "422": _refusal("The packet is incomplete or contradicts itself: every problem found, with place and cure."),
    }
    return _for_tokens(
        "packets:write",
        answers,
        operationId="hand_over",
        summary="Hand a packet over",
        requestBody={"required": True, "content": body},
    )


def _get_packet() -> Schema:
    at = {"name": "packet_id", "in": "path", "required": True, "schema": {"type": "string", "pattern": PACKET_ID}}
    return _for_tokens(
        "packets:read",
        {"200": _answer("Its state, story and transmissions.", _ref("PacketView")), "404": _refusal("No such packet.")},
        operationId="packet",
        summary="Where a packet stands",
        parameters=[at],
    )


def _get_metrics() -> Schema:
    patterns = {"client": CLIENT, "account": CLIENT, "month": MONTH}
    parameters = [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string", "pattern": pattern}}
        for name, pattern in patterns.items()
    ]
    return _for_tokens(
        "metrics:read",
        {"200": _answer("The figures.", _ref("Metrics")), "400": _refusal("A filter cannot be read.")},
        operationId="metrics",
        summary="The figures",
        parameters=parameters,
    )


def _push() -> Schema:
    """Networks push here; the secret in the document is the proof."""
    told = {
        "200": "Stored, or stored before; or a ProfileRequest, answered.",
        "400": "Too large, too slow, or no request.",
        "401": "A wrong secret, or no account by this name that is pushed to.",
        "403": "Meant for another supplier, or for the test account where this is the other.",
        "406": "Cannot be read as XML that is read here.",
        "450": "A request that is not taken here.",
        "500": "Not stored: send it again.",
    }
    said = {"text/xml; charset=UTF-8": {"schema": _TEXT}}
    return {
        "operationId": "push",
        "summary": "One cXML document in, one cXML Response out",
        "security": [],
        "parameters": [
            {"name": "account", "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^{_KEY}$"}}
        ],
        "requestBody": {"required": True, "content": {"text/xml": {"schema": _TEXT}}},
        "responses": {status: {"description": words, "content": said} for status, words in told.items()},
    }


def _open(name: str, summary: str, more: Mapping[str, Schema]) -> Schema:
    fine = {"type": "object", "required": ["ok"], "properties": {"ok": {"const": True}}}
    answers = {"200": _answer("Yes.", fine), **more}
    return {"operationId": name, "summary": summary, "security": [], "responses": answers}


def _for_tokens(scope: str, answers: Mapping[str, Schema], **described: Any) -> Schema:
    """A door that asks for a token; `scope` "" means any."""
    of_all = {"401": _refusal("No token, or nobody's."), "503": _refusal("The database does not answer.")}
    of_all["401"]["headers"] = {"WWW-Authenticate": {"required": True, "schema": {"const": "Bearer"}}}
    of_all["503"]["headers"] = {"Retry-After": {"required": False, "schema": _TEXT}}
    if scope:
        of_all["403"] = _refusal(f"The token is not for {scope}.")
    asks = {"description": f"Asks for a token with the scope `{scope}`."} if scope else {}
    return {**described, **asks, "security": [{"token": []}], "responses": {**answers, **of_all}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(words: str, schema: Schema) -> Schema:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _refusal(words: str) -> Schema:
    return _answer(words, _ref("Refusal"))


# --- schemas ------------------------------------------------------------------------------------------------------


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "required": list(properties), "properties": properties}


def _schemas() -> dict[str, Schema]:
    problem = _object(path=_TEXT, message=_TEXT, cure=_TEXT)
    problem["description"] = "`path` is a JSON pointer into the packet, or names a part of the request."
    refusal = _object(error=_TEXT, problems={"type": "array", "minItems": 1, "items": _ref("Problem")})
    refusal["properties"] |= {"packet_id": _TEXT}
    return {
        "Problem": problem,
        "Refusal": refusal,
        "Accepted": _object(id={"type": "string", "pattern": PACKET_ID}, repeated={"type": "boolean"}),
        "PacketView": _packet_view(),
        "Metrics": _metrics(),
    }


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _list_of(**properties: Schema) -> Schema:
    return {"type": "array", "items": _object(**properties)}


def _packet_view() -> Schema:
    whole = {"type": "array", "items": {"type": "object"}}
    return _object(
        **dict.fromkeys(("id", "source_system", "source_id", "client", "account", "invoice_number"), _TEXT),
        **dict.fromkeys(("total", "currency", "stage", "status", "portal_status", "who_acts", "action"), _TEXT),
        stage_since=_TIME,
        act_by=_or_null(_TIME),
        why=whole,
        proposed=_or_null({"type": "object"}),
        revision={"type": "integer", "minimum": 1},
        generated_at=_TIME,
        received_at=_TIME,
        accepted_at=_or_null(_TIME),
        revisions=_list_of(
            n=_COUNT, at=_TIME, author=_TEXT, rule=_TEXT, reason=_TEXT, diff=whole, document_sha256=_or_null(_TEXT)
        ),
        attempts=_list_of(
            n=_COUNT,
            revision=_COUNT,
            started_at=_TIME,
            finished_at=_or_null(_TIME),
            **dict.fromkeys(("invoice_number", "reference", "document_sha256", "outcome"), _TEXT),
            **dict.fromkeys(("portal_reference", "note", "by_hand"), _TEXT),
        ),
        events=_list_of(n=_COUNT, at=_TIME, kind=_TEXT, who=_TEXT, data={"type": "object"}),
    )


def _metrics() -> Schema:
    """The fields of `gateway.metrics.FIELDS`: tallies by name, shares and times that may be of nothing, and counts."""
    by_name = {"by_stage", "corrections", "money_held"}
    described: dict[str, Schema] = {}
    for name, words in FIELDS.items():
        if name in by_name:
            kind: Schema = {"type": "object"}
        elif name.endswith(("_rate", "_share", "_s")) or name.startswith("seconds_"):
            kind = {"type": ["number", "null"]}
        else:
            kind = dict(_COUNT)
        described[name] = {**kind, "description": words}
    return _object(**described)

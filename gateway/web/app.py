"""The HTTP doors: packets come in, states and figures go out. Everything but health asks for a bearer token, and what
networks push (`gateway.web.push`) for the secret in the document.

| door | answers |
|---|---|
| POST /v1/packets | 201 accepted, 200 accepted before, 4xx with every problem found |
| GET /v1/packets/{id} | where a packet stands, who must act, its transmissions |
| GET /v1/metrics | the figures of `gateway.metrics`, as JSON |
| GET /metrics | the same for Prometheus |
| POST /cxml/{account} | what a network pushes, by cXML |
| GET /openapi.json | these doors, described (`gateway.web.openapi`) |
| GET /healthz, /readyz | this process lives; database and schema are usable |
| GET / and what it leads to | the coordinators' pages (`gateway.desk`), for people who sign in |

The caller's faults are 4xx and name the field and the cure; nothing is kept of a request that was refused.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict

import structlog
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from starlette.background import BackgroundTask
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from gateway.desk.site import DeskDoor, desk_for
from gateway.errors import (
    ClearbillError,
    NotFound,
    NotPossible,
    PacketRefused,
    Problem,
    SettingWrong,
    SourceIdTaken,
    legible,
)
from gateway.exposition import CONTENT_TYPE, scrape
from gateway.house import House
from gateway.intake import accept
from gateway.metrics import counted, measure, silence_limits
from gateway.monitoring.figures import Figures
from gateway.packet import MAX_DOCUMENTS, MAX_JSON_BYTES, json_from
from gateway.secrets import scrub
from gateway.store import packets
from gateway.store.database import DatabaseTrouble
from gateway.views import packet_view
from gateway.web.limits import BodyLimit
from gateway.web.openapi import CLIENT, MONTH, document
from gateway.web.push import PushDoor
from gateway.web.tokens import Gate, Tokens

log = structlog.get_logger("clearbill.web")

_FILTERS = ("client", "account", "month")
_OPEN = frozenset({"/healthz", "/readyz"})


def app_for(house: House) -> FastAPI:
    """The doors of one installation."""
    tokens = Tokens(house.settings.tokens, house.database)
    app = FastAPI(title="Clearbill", docs_url=None, redoc_url=None)
    app.openapi = document  # type: ignore[method-assign]

    app.add_middleware(Gate, tokens=tokens, open_to_all=_OPEN)
    app.add_middleware(BodyLimit, most=house.settings.max_upload_mb * 1_000_000)
    app.state.desk = desk_for(house)
    app.add_middleware(DeskDoor, desk=app.state.desk)  # people come with a session instead of a token
    app.add_middleware(PushDoor, house=house)  # the outermost: it has a limit and a proof of its own
    _add_doors(app, house)
    _add_refusals(app)
    return app


def _add_doors(app: FastAPI, house: House) -> None:
    @app.post("/v1/packets", status_code=201, summary="Hand a packet over")
    async def post_packet(request: Request) -> Response:
        packet, files = await _handed_over(request)
        accepted = await run_in_threadpool(lambda: accept(house, json_from(packet), files))
        return JSONResponse(
            {"id": accepted.packet_id, "repeated": accepted.repeated},
            status_code=200 if accepted.repeated else 201,
            headers={"Location": f"/v1/packets/{accepted.packet_id}"},
        )

    @app.get("/v1/packets/{packet_id}", summary="Where a packet stands")
    def get_packet(packet_id: str) -> JSONResponse:
        with house.database.read() as tx:
            record = packets.load(tx, legible(packet_id))
            if record is None:
                raise HTTPException(404, f"There is no packet {packet_id!r}.")
            return JSONResponse(packet_view(tx, record))

    @app.get("/v1/metrics", summary="The figures")
    def get_metrics(request: Request, client: str = "", account: str = "", month: str = "") -> JSONResponse:
        names = [name for name, _ in request.query_params.multi_items()]
        odd = [name[:80] for name in names if name not in _FILTERS or names.count(name) > 1]
        if odd:
            return _no(400, "bad_request", f"{odd[0]!r} is no filter here, or stands there twice.", path=odd[0])
        for name, text, form in (("client", client, CLIENT), ("account", account, CLIENT), ("month", month, MONTH)):
            if not re.fullmatch(form, text):
                return _no(400, "bad_request", f"{text[:80]!r} is no {name}.", path=name)
        with counted(house.database) as tx:
            limits = silence_limits(house.settings)
            found = measure(tx, house.database.now(tx), client=client, account=account, month=month, silence=limits)
        return JSONResponse(found.as_json())

    figures = Figures(house)

    @app.get("/metrics", summary="The figures for Prometheus")
    def get_exposition() -> Response:
        told = scrape(house, figures=figures)
        return Response(told, media_type=CONTENT_TYPE, background=BackgroundTask(figures.renew))

    @app.get("/healthz", summary="Does this process live?")
    def get_health() -> JSONResponse:
        return JSONResponse({"ok": True})

    @app.get("/readyz", summary="Can it work?")
    def get_ready() -> JSONResponse:
        if not house.database.schema_is_current():
            return _no(503, "not_ready", "The database has another version's schema. Run `clearbill db upgrade`.")
        return JSONResponse({"ok": True})


async def _handed_over(request: Request) -> tuple[bytes, Mapping[str, bytes]]:
    """The packet's JSON and its files, from JSON alone or multipart/form-data with the JSON in the part `packet`."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "application/json":
        return await request.body(), {}
    if kind != "multipart/form-data":
        raise HTTPException(415, "Send application/json, or multipart/form-data with the JSON in the part `packet`.")
    try:
        async with request.form(max_files=MAX_DOCUMENTS + 1, max_fields=10, max_part_size=MAX_JSON_BYTES) as form:
            return await _parts_of(form)
    except MultiPartException as fault:
        raise HTTPException(400, f"The multipart body cannot be read: {fault.message}") from None
    except UnicodeError:  # the header names a character set in which nothing can be read
        raise HTTPException(
            400, "The multipart body cannot be read in its charset. Leave it out, or use UTF-8."
        ) from None


async def _parts_of(form: FormData) -> tuple[bytes, Mapping[str, bytes]]:
    packet: bytes | None = None
    files: dict[str, bytes] = {}
    for name, part in form.multi_items():
        content = await part.read() if isinstance(part, UploadFile) else part.encode("utf-8", "surrogatepass")
        if name == "packet" and packet is None:
            packet = content
        elif isinstance(part, UploadFile) and part.filename and part.filename not in files:
            files[part.filename] = content
        else:
            raise HTTPException(400, f"The part {name!r} has no file name, or one that another part has.")
    if packet is None:
        raise HTTPException(400, "The part `packet` with the packet's JSON is missing.")
    return packet, files


def _add_refusals(app: FastAPI) -> None:
    """How each kind of fault is told: always JSON, always what and how to mend it."""

    @app.exception_handler(PacketRefused)
    def refused(request: Request, fault: PacketRefused) -> JSONResponse:
        return JSONResponse(
            {"error": "packet_refused", "problems": [asdict(problem) for problem in fault.problems]}, status_code=422
        )

    @app.exception_handler(SourceIdTaken)
    def taken(request: Request, fault: SourceIdTaken) -> JSONResponse:
        return _no(409, "source_id_taken", str(fault), packet_id=fault.packet_id)

    @app.exception_handler(NotFound)
    def not_found(request: Request, fault: NotFound) -> JSONResponse:
        return _no(422, "not_found", str(fault), path="/client")

    @app.exception_handler(NotPossible)
    def not_possible(request: Request, fault: NotPossible) -> JSONResponse:
        return _no(400 if request.method == "GET" else 409, "not_possible", str(fault))

    @app.exception_handler(HTTPException)
    def http(request: Request, fault: HTTPException) -> JSONResponse:
        return _no(fault.status_code, "bad_request", str(fault.detail), headers=fault.headers)

    @app.exception_handler(DatabaseTrouble)
    def database(request: Request, fault: Exception) -> JSONResponse:
        log.error("database_trouble", path=request.url.path, error=scrub(str(fault)))
        words = "The database does not answer; nothing was kept. Send the same request again."
        return _no(503, "database_unavailable", words, headers={"Retry-After": "10"})

    @app.exception_handler(SettingWrong)
    def setting(request: Request, fault: ClearbillError) -> JSONResponse:
        log.error("setting_wrong", path=request.url.path, error=scrub(str(fault)))
        return _no(503, "setting_wrong", scrub(str(fault)))


def _no(
    status: int,
    error: str,
    message: str,
    *,
    path: str = "",
    headers: Mapping[str, str] | None = None,
    **more: str,
) -> JSONResponse:
    problem = Problem(path, message)
    content = {"error": error, "problems": [asdict(problem)], **more}
    return JSONResponse(content, status_code=status, headers=dict(headers or {}))

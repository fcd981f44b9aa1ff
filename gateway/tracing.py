"""Traces by OpenTelemetry, where an installation asks for them; off, and not even imported, unless the settings say so.

All work on a packet is one trace, whoever does it and when: its id is made from the packet's, so that intake, each
step, each call at a portal and each wait in the queue stand together, and are sampled together or not at all. A span
says what was done, for which account, how it ended and how long it took; never what an invoice or a portal says, nor a
secret, and of an error only its kind. Spans leave in a thread of their own and are dropped where nobody takes them: a
dead collector slows nothing.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog

from gateway.connection import Exchange
from gateway.errors import SettingWrong
from gateway.secrets import scrub, value_of
from gateway.settings import LOOPBACK, TracingSettings

if TYPE_CHECKING:  # the extra `tracing` brings it
    from opentelemetry.sdk.trace.export import SpanExporter

log = structlog.get_logger("clearbill.tracing")

Value = str | int | float | bool
_MOST_WAITING = 2048  # spans that wait for the collector; what is beyond is dropped
_EVERY_MS = 2_000
_TAKE_SECONDS = 5.0  # for one export, and for what is left when the program ends
_ROUND = 1_000_000_000


class _Off:
    """Where nothing is traced."""

    @contextmanager
    def span(self, name: str, packet_id: str, values: dict[str, Value]) -> Iterator[None]:
        yield

    def past(self, name: str, packet_id: str, seconds: float, values: dict[str, Value], failed: bool) -> None:
        """Nothing."""


class _On:
    """Spans by the SDK's own tracer."""

    def __init__(self, tracer: Any) -> None:
        from opentelemetry import trace

        self._trace, self._tracer = trace, tracer

    @contextmanager
    def span(self, name: str, packet_id: str, values: dict[str, Value]) -> Iterator[None]:
        with self._tracer.start_as_current_span(
            name, self._above(packet_id), attributes=values, record_exception=False, set_status_on_exception=False
        ) as opened:
            try:
                yield
            except BaseException as fault:
                opened.set_attribute("error.type", type(fault).__name__)
                opened.set_status(self._trace.StatusCode.ERROR)
                raise

    def past(self, name: str, packet_id: str, seconds: float, values: dict[str, Value], failed: bool) -> None:
        now = time.time_ns()
        began = now - round(seconds * _ROUND)
        made = self._tracer.start_span(name, self._above(packet_id), attributes=values, start_time=began)
        if failed:
            made.set_status(self._trace.StatusCode.ERROR)
        made.end(now)

    def _above(self, packet_id: str) -> Any:
        """What a new span belongs to: the span under way, else the packet's own trace."""
        if not packet_id or self._trace.get_current_span().get_span_context().is_valid:
            return None
        digest = hashlib.sha256(packet_id.encode()).digest()
        trace_id, span_id = int.from_bytes(digest[:16], "big"), int.from_bytes(digest[16:24], "big")
        flags = self._trace.TraceFlags(self._trace.TraceFlags.SAMPLED)
        above = self._trace.SpanContext(trace_id or 1, span_id or 1, is_remote=True, trace_flags=flags)
        return self._trace.set_span_in_context(self._trace.NonRecordingSpan(above))


_recorder: _Off | _On = _Off()


@contextmanager
def span(name: str, packet_id: str = "", **values: Value) -> Iterator[None]:
    """What is done inside the block, as a span; an error that passes marks it as failed."""
    with _recorder.span(name, packet_id, _named(packet_id, values)):
        yield


def past(name: str, seconds: float, packet_id: str = "", *, failed: bool = False, **values: Value) -> None:
    """Something that took so long and has just ended, as a span."""
    _recorder.past(name, packet_id, seconds, _named(packet_id, values), failed)


def exchange(one: Exchange) -> None:
    """One request to a portal and its answer; an observer for `gateway.connection`. Its address is not told: it may
    name an invoice."""
    failed = one.status == 0 or one.status >= 500
    told: dict[str, Value] = {"http.request.method": one.method, "http.response.status_code": one.status}
    told |= {"clearbill.account": one.account, "clearbill.intent": one.intent, "clearbill.bytes_out": one.bytes_out}
    _recorder.past("portal", "", one.seconds, told, failed)


def _named(packet_id: str, values: dict[str, Value]) -> dict[str, Value]:
    told = {f"clearbill.{name}": value for name, value in values.items()}
    return {**told, "clearbill.packet": packet_id} if packet_id else told


# --- on and off ---------------------------------------------------------------------------------------------------


@contextmanager
def traced(settings: TracingSettings | None, exporter: "SpanExporter | None" = None) -> Iterator[None]:
    """Traces are kept inside the block, where the settings ask for them. Raises SettingWrong."""
    global _recorder
    if settings is None:
        yield
        return
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
    except ImportError:
        cure = "wants packages that are not installed. Run `pip install 'clearbill[tracing]'`, or take the section out."
        raise SettingWrong("tracing", cure) from None
    resource = Resource({"service.name": "clearbill", "service.version": version("clearbill")})
    sampler = TraceIdRatioBased(settings.sample_ratio)
    provider = TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(
        BatchSpanProcessor(
            exporter or _exporter(settings), max_queue_size=_MOST_WAITING, schedule_delay_millis=_EVERY_MS
        )
    )
    _recorder = _On(provider.get_tracer("clearbill"))
    try:
        yield
    finally:
        _recorder = _Off()
        # It waits for the collector, who may be dead; the program's end does not.
        ending = threading.Thread(target=provider.shutdown, name="tracing-ends", daemon=True)
        ending.start()
        ending.join(_TAKE_SECONDS)


def _exporter(settings: TracingSettings) -> "SpanExporter":
    import requests
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    parts = urlsplit(settings.endpoint)
    if settings.headers and parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise SettingWrong("tracing.endpoint", "must begin with https:// where secrets go with it in `headers`.")
    headers = {name: value_of(secret, f"tracing.headers.{name}") for name, secret in settings.headers.items()}
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = 0  # what goes with it is for this address alone
    their = logging.getLogger("opentelemetry")
    their.handlers, their.propagate = [_ToOurLog()], False
    return OTLPSpanExporter(endpoint=settings.endpoint, headers=headers, timeout=_TAKE_SECONDS, session=session)


class _ToOurLog(logging.Handler):
    """What the SDK has to say goes the way of every log line, without secrets."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        log.warning("tracing_trouble", what=scrub(record.getMessage())[:300])

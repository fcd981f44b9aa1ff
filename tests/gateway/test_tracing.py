"""Traces: off unless asked for, one for all work on a packet, nothing confidential, and no harm by a dead collector."""

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway import tracing
from gateway.connection import Exchange
from gateway.errors import SettingWrong
from gateway.settings import TracingSettings, settings_from
from gateway.verdict import ReasonCode, Status
from tests.gateway.stage import NORTH, Scene

ANYWHERE = TracingSettings(endpoint="http://127.0.0.1:9/v1/traces")
EXCHANGE = Exchange(NORTH, "POST", "/invoices/INV-1?token=SECRET", "write", 200, 0.3, 1000, 200, "IT-FAILED")


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


def named(exporter: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [one for one in exporter.get_finished_spans() if one.name == name]


def test_nothing_is_imported_where_nobody_asks() -> None:
    code = "import sys, gateway.runtime; print([m for m in sys.modules if m.startswith('opentelemetry.sdk')])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert ran.stdout.strip() == "[]", ran.stderr


def test_all_work_on_a_packet_is_one_trace(lite: Scene, spans: InMemorySpanExporter) -> None:
    with tracing.traced(ANYWHERE, spans):
        first = lite.sent("A-1")
        lite.sent("A-2")
    ours = [one for one in spans.get_finished_spans() if (one.attributes or {}).get("clearbill.packet") == first]
    names = [one.name for one in ours]
    assert {"intake", "queue wait", "job advance", "step prepare", "step send"} <= set(names)
    assert len({one.context.trace_id for one in ours}) == 1
    assert len({one.context.trace_id for one in spans.get_finished_spans()}) == 2
    (step,) = (one for one in ours if one.name == "step send")
    jobs = {one.context.span_id for one in ours if one.name == "job advance"}
    assert step.parent is not None
    assert step.parent.span_id in jobs


def test_a_call_at_a_portal_belongs_to_the_step_that_makes_it(spans: InMemorySpanExporter) -> None:
    with tracing.traced(ANYWHERE, spans), tracing.span("step send", "p1"):
        tracing.exchange(EXCHANGE)
    (call,), (step,) = named(spans, "portal"), named(spans, "step send")
    assert call.parent is not None
    assert call.parent.span_id == step.context.span_id
    assert call.start_time is not None
    assert call.end_time is not None
    assert abs((call.end_time - call.start_time) / 1e9 - 0.3) < 0.01


def test_a_wait_in_the_queue_is_as_long_as_it_was(lite: Scene, spans: InMemorySpanExporter) -> None:
    with tracing.traced(ANYWHERE, spans):
        lite.hand_over("A-1")
        lite.later(90)
    wait = named(spans, "queue wait")[0]
    assert wait.start_time is not None
    assert wait.end_time is not None
    assert round((wait.end_time - wait.start_time) / 1e9) == 90


def test_a_span_holds_no_word_from_outside(lite: Scene, spans: InMemorySpanExporter) -> None:
    lite.portal.next_time(lite.portal.refuses(ReasonCode.po_closed, text="WORDS-OF-THE-PORTAL"))
    with tracing.traced(ANYWHERE, spans):
        lite.hand_over("NUMBER-7")
        lite.work()
        tracing.exchange(EXCHANGE)
        with pytest.raises(ValueError, match="FROM-AN-ERROR"), tracing.span("step", "p1"):
            raise ValueError("FROM-AN-ERROR")
    told = " ".join(one.to_json() for one in spans.get_finished_spans())
    for word in ("WORDS-OF-THE-PORTAL", "NUMBER-7", "SECRET", "INV-1", "IT-FAILED", "FROM-AN-ERROR", "USD"):
        assert word not in told
    (failed,) = named(spans, "step")
    assert not failed.status.is_ok
    assert (failed.attributes or {})["error.type"] == "ValueError"


def test_a_share_is_traced_and_the_same_packets_by_everybody() -> None:
    traced: list[set[int]] = []
    for _ in range(2):
        spans = InMemorySpanExporter()
        with tracing.traced(ANYWHERE.model_copy(update={"sample_ratio": 0.3}), spans):
            for n in range(200):
                tracing.past("intake", 0.1, f"p{n}")
        traced.append({one.context.trace_id for one in spans.get_finished_spans()})
    assert 20 < len(traced[0]) < 120
    assert traced[0] == traced[1]


def test_a_collector_that_never_answers_slows_and_stops_nothing(
    lite: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "_TAKE_SECONDS", 0.5)
    (tmp_path / "token").write_text("a-token-of-the-collector", "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as dead:  # connections are taken, and nothing is ever said
        port = dead.getsockname()[1]
        settings = TracingSettings(
            endpoint=f"http://127.0.0.1:{port}/v1/traces", headers={"Authorization": f"file:{tmp_path}/token"}
        )
        with tracing.traced(settings):
            for n in range(3000):  # more than may wait
                tracing.past("intake", 0.1, f"p{n}")
            lite.sent("A-1")
            lite.says("A-1", Status.accepted)
    ended = [thread for thread in threading.enumerate() if thread.name == "tracing-ends"]
    for thread in ended:
        thread.join(30)


def test_secrets_do_not_leave_in_the_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = TracingSettings(endpoint="http://collector.example/v1/traces", headers={"X-Token": "env:TOKEN"})
    with pytest.raises(SettingWrong, match="https"), tracing.traced(settings):
        pass


@pytest.mark.parametrize(
    "section", [{"endpoint": "https://user:word@collector.example"}, {"endpoint": "x"}, {"headers": {"a": "b"}}]
)
def test_a_wrong_section_is_refused(section: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(SettingWrong, match="tracing"):
        settings_from({"tracing": section}, tmp_path / "clearbill.yaml")

"""What Prometheus is told: documented, bounded, true at the moment of the scrape."""

import re
import threading
from collections.abc import Mapping
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway import exposition
from gateway.connection import Exchange
from gateway.exposition import DESK_LABEL, Exchanges, scrape, status_class
from gateway.health import pause_account
from gateway.verdict import ReasonCode, Status
from tests.gateway.stage import NORTH, SETTLING, SOUTH, Scene

EXCHANGE = Exchange(NORTH, "POST", "/cxml", "write", 200, 0.3, 1000, 200)
_ROW = re.compile(r"^    (clearbill_\w+)\{([\w, ]+)\} +\S", re.MULTILINE)


def samples(scene: Scene, exchanges: Exchanges | None = None) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = scrape(scene.house, exchanges or Exchanges()).decode()
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def value(scene: Scene, name: str, **labels: str) -> float | None:
    return samples(scene).get((name, frozenset(labels.items())))


def test_a_new_house_says_what_an_alarm_needs_to_rise_from(scene: Scene) -> None:
    found = samples(scene)
    for account in (NORTH, SOUTH):
        label = ("account", account)
        assert found["clearbill_account_paused", frozenset({label})] == 0
        assert found["clearbill_account_failures", frozenset({label})] == 0
        assert found["clearbill_packets_silent", frozenset({label})] == 0
        assert found["clearbill_queue_jobs", frozenset({label, ("state", "dead")})] == 0
    assert found["clearbill_queue_jobs", frozenset({("account", DESK_LABEL), ("state", "ready")})] == 0


def test_packets_are_counted_by_account_and_stage(scene: Scene) -> None:
    scene.sent("A-1")
    scene.sent("A-2")
    scene.says("A-2", Status.accepted)
    scene.hand_over("A-3", client="southern-grid")
    assert value(scene, "clearbill_packets", account=NORTH, stage="waiting") == 1
    assert value(scene, "clearbill_packets", account=NORTH, stage="accepted") == 1
    assert value(scene, "clearbill_packets", account=SOUTH, stage="received") == 1
    assert value(scene, "clearbill_queue_jobs", account=DESK_LABEL, state="ready") == 1


def test_the_oldest_undecided_money_held_and_doubt_are_told(scene: Scene) -> None:
    scene.hand_over("A-1", orders=[{"number": "99"}])
    scene.portal.next_time(scene.portal.loses_the_answer)
    scene.hand_over("A-2")
    scene.work()
    assert value(scene, "clearbill_oldest_undecided_seconds", account=NORTH) == 28 * 3600
    assert value(scene, "clearbill_oldest_undecided_seconds", account=SOUTH) is None
    held = {"account": NORTH, "client": "example-power", "currency": "USD"}
    assert value(scene, "clearbill_money_held", **held) == 4020.4
    assert value(scene, "clearbill_attempts", account=NORTH, outcome="maybe_sent") == 1
    scene.later(SETTLING)
    assert value(scene, "clearbill_attempts", account=NORTH, outcome="maybe_sent") is None
    assert value(scene, "clearbill_attempts", account=NORTH, outcome="receipted") == 1


def test_a_line_that_nobody_works_on_is_told_by_its_oldest_job(scene: Scene) -> None:
    scene.hand_over()
    scene.clock.passes(90)
    assert value(scene, "clearbill_queue_overdue_seconds", account=DESK_LABEL) == pytest.approx(90)
    scene.work()
    assert value(scene, "clearbill_queue_overdue_seconds", account=DESK_LABEL) is None


def test_silence_is_told_by_account(scene: Scene) -> None:
    scene.sent()
    scene.clock.passes(121 * 3600)
    assert value(scene, "clearbill_packets_silent", account=NORTH) == 1
    assert value(scene, "clearbill_packets_silent", account=SOUTH) == 0


def test_a_paused_and_a_failing_account_are_told(scene: Scene) -> None:
    scene.poll()
    scene.portals[SOUTH].down = True
    scene.poll(SOUTH)
    with scene.house.queue.write() as tx:
        pause_account(scene.house, tx, NORTH, "It refused us.")
    scene.clock.passes(30)
    assert value(scene, "clearbill_account_paused", account=NORTH) == 1
    assert value(scene, "clearbill_account_paused", account=SOUTH) == 0
    assert value(scene, "clearbill_account_failures", account=SOUTH) == 1
    assert value(scene, "clearbill_account_failing_seconds", account=SOUTH) == 30
    assert value(scene, "clearbill_account_polled_seconds", account=NORTH) == 30
    assert value(scene, "clearbill_account_polled_seconds", account=SOUTH) is None


def test_dead_letters_are_told(scene: Scene) -> None:
    with scene.house.queue.write() as tx:
        scene.house.queue.enqueue(tx, "no such work", "", "strange", max_attempts=1)
    scene.work()
    assert value(scene, "clearbill_queue_jobs", account=DESK_LABEL, state="dead") == 1


def test_exchanges_are_counted_by_status_class(scene: Scene) -> None:
    exchanges = Exchanges()
    for status in (200, 201, 429, 502, 0):
        exchanges.observe(replace(EXCHANGE, status=status))
    found = samples(scene, exchanges)

    def requests(status: str) -> float:
        labels = {("account", NORTH), ("intent", "write"), ("status", status)}
        return found["clearbill_portal_requests_total", frozenset(labels)]

    assert [requests(status) for status in ("2xx", "4xx", "5xx", "none")] == [2, 1, 1, 1]
    both = frozenset({("account", NORTH), ("intent", "write")})
    assert found["clearbill_portal_request_seconds_count", both] == 5
    assert found["clearbill_portal_request_seconds_sum", both] == pytest.approx(1.5)
    assert found["clearbill_portal_sent_bytes_total", frozenset({("account", NORTH)})] == 5000
    assert found["clearbill_portal_received_bytes_total", frozenset({("account", NORTH)})] == 1000


def test_no_exchange_is_lost_between_threads() -> None:
    exchanges = Exchanges()

    def many() -> None:
        for _ in range(500):
            exchanges.observe(EXCHANGE)

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    labels = {"account": NORTH, "intent": "write", "status": "2xx"}
    assert exchanges.registry.get_sample_value("clearbill_portal_requests_total", labels) == 2000


@pytest.mark.parametrize(
    ("status", "label"), [(0, "none"), (100, "1xx"), (204, "2xx"), (599, "5xx"), (600, "other"), (42, "other")]
)
def test_a_status_becomes_one_of_a_few_words(status: int, label: str) -> None:
    assert status_class(status) == label


def test_no_label_carries_an_id_or_a_text_from_outside(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.refuses(ReasonCode.po_closed, text="TEXT-FROM-OUTSIDE"))
    packet_id = scene.hand_over("NUMBER-7")
    scene.work()
    exchanges = Exchanges()
    exchanges.observe(replace(EXCHANGE, path="/secret/path", failure="FAILED-BECAUSE"))
    text = scrape(scene.house, exchanges).decode()
    for word in (packet_id, "NUMBER-7", "TEXT-FROM-OUTSIDE", "/secret/path", "FAILED-BECAUSE"):
        assert word not in text


def documented() -> Mapping[str, frozenset[str]]:
    return {name: frozenset(labels.split(", ")) for name, labels in _ROW.findall(exposition.__doc__ or "")}


def test_every_family_and_its_labels_are_in_the_documented_table(scene: Scene) -> None:
    scene.sent("A-1")
    scene.hand_over("A-2", orders=[{"number": "99"}])
    scene.work()
    scene.poll()
    scene.hand_over("A-3")
    scene.clock.passes(5)
    exchanges = Exchanges()
    exchanges.observe(EXCHANGE)
    seen: dict[str, frozenset[str]] = {}
    for family in text_string_to_metric_families(scrape(scene.house, exchanges).decode()):
        if family.name.endswith("_created"):
            continue  # the client library's own, when a counter began
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert family.documentation, name
        seen[name] = frozenset().union(*(one.labels for one in family.samples)) - {"le"}
    assert seen == documented()


def test_the_process_has_one_observer_ready_to_be_given_to_the_house() -> None:
    before = exposition.OF_THIS_PROCESS.registry.get_sample_value(
        "clearbill_portal_sent_bytes_total", {"account": "test-only"}
    )
    exposition.observe(replace(EXCHANGE, account="test-only", bytes_out=7))
    after = exposition.OF_THIS_PROCESS.registry.get_sample_value(
        "clearbill_portal_sent_bytes_total", {"account": "test-only"}
    )
    assert (after or 0) - (before or 0) == 7

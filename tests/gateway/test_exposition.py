"""What Prometheus is told: documented, bounded, true at the moment of the scrape."""

import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway import exposition
from gateway.connection import Exchange
from gateway.exposition import DESK_LABEL, scrape
from gateway.health import pause_account
from gateway.monitoring import catalogue
from gateway.monitoring.catalogue import FAMILIES
from gateway.monitoring.figures import EVERY, Figures
from gateway.monitoring.tally import KINDS, Tally, status_class
from gateway.settings import NoticeChannel
from gateway.verdict import ReasonCode, Status
from gateway.worker import _KINDS
from tests.gateway.stage import NORTH, SETTLING, SOUTH, Scene

EXCHANGE = Exchange(NORTH, "POST", "/cxml", "write", 200, 0.3, 1000, 200)


def samples(scene: Scene, exchanges: Tally | None = None) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = scrape(scene.house, exchanges or Tally()).decode()
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
        assert found["clearbill_queue_jobs", frozenset({label, ("kind", "poll"), ("state", "dead")})] == 0
    assert (
        found["clearbill_queue_jobs", frozenset({("account", DESK_LABEL), ("kind", "advance"), ("state", "ready")})]
        == 0
    )


def test_packets_are_counted_by_account_and_stage(scene: Scene) -> None:
    scene.sent("A-1")
    scene.sent("A-2")
    scene.says("A-2", Status.accepted)
    scene.hand_over("A-3", client="southern-grid")
    assert value(scene, "clearbill_packets", account=NORTH, stage="waiting") == 1
    assert value(scene, "clearbill_packets", account=NORTH, stage="accepted") == 1
    assert value(scene, "clearbill_packets", account=SOUTH, stage="received") == 1
    assert value(scene, "clearbill_queue_jobs", account=DESK_LABEL, kind="advance", state="ready") == 1


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
    assert value(scene, "clearbill_queue_overdue_seconds", account=DESK_LABEL, kind="advance") == pytest.approx(90)
    scene.work()
    assert value(scene, "clearbill_queue_overdue_seconds", account=DESK_LABEL, kind="advance") is None


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
    assert value(scene, "clearbill_queue_jobs", account=DESK_LABEL, kind="other", state="dead") == 1


def test_exchanges_are_counted_by_status_class(scene: Scene) -> None:
    exchanges = Tally()
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
    exchanges = Tally()

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
    exchanges = Tally()
    exchanges.observe(replace(EXCHANGE, path="/secret/path", failure="FAILED-BECAUSE"))
    text = scrape(scene.house, exchanges).decode()
    for word in (packet_id, "NUMBER-7", "TEXT-FROM-OUTSIDE", "/secret/path", "FAILED-BECAUSE"):
        assert word not in text


def everything(scene: Scene) -> str:
    """A scrape in which every family has something to say."""
    scene.sent("A-1")
    scene.says("A-1", Status.accepted)
    scene.hand_over("A-2", orders=[{"number": "99"}])
    scene.work()
    scene.poll()
    scene.hand_over("A-3")
    scene.clock.passes(5)
    tally = Tally()
    tally.observe(EXCHANGE)
    tally.job("", "advance", "done", 0.1, 2.0)
    tally.notice("desk", "sent")
    tally.sign_in("refused")
    told = scene.house.settings.notices.model_copy(update={"channels": {"desk": NoticeChannel(chat="env:ROOM")}})
    house = replace(scene.house, settings=scene.house.settings.model_copy(update={"notices": told}))
    figures = Figures(scene.house)
    figures.renew()
    return scrape(house, tally, figures).decode()


def test_every_family_is_documented_with_its_labels_and_every_documented_one_is_told(scene: Scene) -> None:
    seen: dict[str, tuple[str, frozenset[str]]] = {}
    for family in text_string_to_metric_families(everything(scene)):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert family.documentation == FAMILIES[name].says
        labels = frozenset().union(*(one.labels for one in family.samples)) - {"le"}
        seen[name] = (family.type, labels)
    assert seen == {name: (family.kind, frozenset(family.labels)) for name, family in FAMILIES.items()}


def test_the_page_is_the_catalogue() -> None:
    page = Path(catalogue.__file__).parent / "METRICS.md"
    assert page.read_text("utf-8") == catalogue.as_markdown(), "write catalogue.as_markdown() to METRICS.md"


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_name_follows_the_rules(family: catalogue.Family) -> None:
    """Prometheus, "Metric and label naming": a base unit, and `_total` for counters alone."""
    assert re.fullmatch(r"clearbill(_[a-z]+)+", family.name)
    assert family.name.endswith("_total") is (family.kind == "counter")
    assert not re.search(r"_(minutes|hours|days|milliseconds|kilobytes|percent)(_|$)", family.name)
    assert all(re.fullmatch(r"[a-z]+", label) for label in family.labels)
    assert family.says.endswith(".")


def test_the_kinds_of_jobs_are_those_that_workers_know() -> None:
    assert set(_KINDS) == KINDS


def test_a_strange_kind_of_work_adds_no_label() -> None:
    tally = Tally()
    for n in range(50):
        tally.job("", f"invented-{n}", "failed", 0.1, 0.0)
    labels = {"account": DESK_LABEL, "kind": "other", "result": "failed"}
    assert tally.registry.get_sample_value("clearbill_jobs_total", labels) == 50


def test_shares_are_reckoned_now_and_then_and_tell_their_age(lite: Scene) -> None:
    clock = [0.0]
    figures = Figures(lite.house, lambda: clock[0])

    def told(name: str, **labels: str) -> float | None:
        text = scrape(lite.house, Tally(), figures).decode()
        figures.renew()  # as after every scrape
        found = {
            (one.name, frozenset(one.labels.items())): one.value
            for family in text_string_to_metric_families(text)
            for one in family.samples
        }
        return found.get((name, frozenset(labels.items())))

    packets = {"account": NORTH, "level": "portal", "period": "month"}
    assert told("clearbill_figures_age_seconds") is None
    lite.sent("A-1")
    clock[0] = 300.0
    assert told("clearbill_first_pass_packets", **packets) is None
    assert told("clearbill_figures_age_seconds") == 300
    clock[0] = EVERY.total_seconds() + 1
    assert told("clearbill_figures_age_seconds") == EVERY.total_seconds() + 1
    assert told("clearbill_first_pass_packets", **packets) == 1
    assert told("clearbill_first_pass_ratio", **packets) == 1
    assert told("clearbill_figures_age_seconds") == 0


def test_jobs_are_counted_by_what_became_of_them(lite: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    tally = Tally()
    monkeypatch.setattr("gateway.worker.OF_THIS_PROCESS", tally)
    lite.sent("A-1")
    with lite.house.queue.write() as tx:
        lite.house.queue.enqueue(tx, "no such work", "", "strange", max_attempts=2)
    lite.much_later(3)

    def jobs(account: str, kind: str, result: str) -> float | None:
        labels = {"account": account, "kind": kind, "result": result}
        return tally.registry.get_sample_value("clearbill_jobs_total", labels)

    assert jobs(DESK_LABEL, "advance", "done") == 1
    assert jobs(NORTH, "advance", "done") == 1
    assert (jobs(DESK_LABEL, "other", "failed"), jobs(DESK_LABEL, "other", "dead")) == (1, 1)
    assert tally.registry.get_sample_value("clearbill_job_wait_seconds_count", {"kind": "advance"}) == 2


def test_the_process_has_one_observer_ready_to_be_given_to_the_house() -> None:
    before = exposition.OF_THIS_PROCESS.registry.get_sample_value(
        "clearbill_portal_sent_bytes_total", {"account": "test-only"}
    )
    exposition.observe(replace(EXCHANGE, account="test-only", bytes_out=7))
    after = exposition.OF_THIS_PROCESS.registry.get_sample_value(
        "clearbill_portal_sent_bytes_total", {"account": "test-only"}
    )
    assert (after or 0) - (before or 0) == 7

"""The figures: reckoned twice and compared, and each definition held against the case it was written for."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway import decisions
from gateway.errors import NotPossible
from gateway.intake import accept
from gateway.metrics import FIELDS, Metrics, bounds_of_month, breakdown, counted, measure, silence_limits
from gateway.packet import canonical_json, json_from
from gateway.store import packets
from gateway.verdict import Level, Reason, ReasonCode, Stage, Status, Verdict
from tests.gateway.random_history import Past
from tests.gateway.reckoning import Story, figures_of, story_of
from tests.gateway.stage import BEGIN, NORTH, SETTLING, SOUTH, Scene, handed, open_scene
from tests.packets import labour

LIMITS = {NORTH: timedelta(hours=30), SOUTH: timedelta(hours=10)}
STEPS = 80
WORDING = {
    "portal_first_pass_rate": "portal first-pass rate: of packets whose first transmitted attempt has an outcome, the "
    "share whose first attempt the portal took without refusal. An attempt in doubt stays in the denominator.",
    "buyer_first_pass_rate": "buyer first-pass rate: of packets with a final buyer verdict, the share accepted on "
    "their first attempt, with no rejection, query or correction on the way.",
    "preflight_catch_rate": "preflight catch rate: share of packets that a checklist stopped before the first "
    "transmission; never counted as first-pass success.",
}


def figures(scene: Scene, **scope: Any) -> Metrics:
    with counted(scene.house.database) as tx:
        return measure(tx, scene.clock(), silence=LIMITS, **scope)


def known(metrics: Metrics) -> dict[str, Any]:
    """The figures in the shape of `figures_of`."""
    shares = {
        name: (getattr(metrics, name).hits, getattr(metrics, name).of)
        for name in ("portal_first_pass", "buyer_first_pass", "preflight_catch", "touchless")
    }
    plain = {name: getattr(metrics, name) for name in FIELDS if not name.endswith(("_rate", "_share"))}
    return plain | shares | {"by_stage": {stage: number for stage, number in metrics.by_stage.items() if number}}


def same(found: Metrics, expected: dict[str, Any]) -> None:
    shown = known(found)
    for name, value in expected.items():
        if isinstance(value, float):
            value = pytest.approx(value, abs=1e-3)
        assert shown[name] == value, name


# --- the same figures from the events alone -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", [2, 4])
def test_the_figures_are_those_that_the_events_tell(database_url: str, tmp_path: Path, seed: int) -> None:
    patient = {"silence_hours": 8_000}  # the watch stays out of it
    with open_scene(database_url, tmp_path, account_changes={NORTH: patient, SOUTH: patient}) as scene:
        past = Past(scene, random.Random(seed))
        past.goes_on(STEPS)
        now = scene.clock()
        told = [story_of(scene.events(name), given) for name, given in past.handed.items()]
        same(figures(scene), figures_of(told, now, LIMITS))
        with counted(scene.house.database) as tx:
            for by in ("client", "account"):
                split = breakdown(tx, now, by, silence=LIMITS)  # type: ignore[arg-type]
                assert set(split) == {getattr(story, by) for story in told}
                for key, metrics in split.items():
                    mine = [story for story in told if getattr(story, by) == key]
                    same(metrics, figures_of(mine, now, LIMITS))
                    same(figures(scene, **{by: key}), figures_of(mine, now, LIMITS))
        scene.look_over()
    if database_url.startswith("sqlite"):  # the order of what falls due at once is the database's own
        holds_every_case(told, now)


def holds_every_case(told: list[Story], now: datetime) -> None:
    """Raises AssertionError where the past was too tame for the comparison to mean anything."""
    found = figures_of(told, now, LIMITS)
    assert {"accepted", "held", "stopped", "waiting"} <= set(found["by_stage"])
    for name in ("portal_first_pass", "buyer_first_pass", "preflight_catch", "touchless"):
        hits, of = found[name]
        assert 0 < hits < of, name
    for name in ("resubmissions", "rejections", "corrections", "silent", "money_held"):
        assert found[name], name
    assert any(story.arrived[:1] == ["maybe_sent"] or "not_sent" in story.outcomes.values() for story in told)
    assert any(story.taken_back for story in told)
    assert any(story.voided for story in told)


# --- one definition, one case -------------------------------------------------------------------------------------


def test_of_nothing_no_share_is_claimed(scene: Scene) -> None:
    found = figures(scene)
    assert (found.packets, found.open, found.resubmissions, found.rejections) == (0, 0, 0, 0)
    assert found.portal_first_pass_rate is None
    assert found.buyer_first_pass_rate is None
    assert found.preflight_catch_rate is None
    assert found.touchless_share is None
    assert found.cycle_time_p50_s is found.cycle_time_p90_s is found.oldest_undecided_s is None
    assert found.money_held == {}
    with counted(scene.house.database) as tx:
        assert breakdown(tx, scene.clock(), "month") == {}


def test_an_attempt_in_doubt_stays_in_the_denominator(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.takes, scene.portal.loses_the_answer)
    scene.sent("A-1")
    scene.hand_over("A-2")
    scene.work()
    assert figures(scene).portal_first_pass_rate == 0.5
    scene.later(SETTLING)
    assert figures(scene).portal_first_pass_rate == 1.0


def test_a_transmission_that_never_arrived_is_none(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.turns_away)
    scene.hand_over()
    scene.work()
    assert figures(scene).portal_first_pass_rate is None
    scene.much_later()
    found = figures(scene)
    assert (found.portal_first_pass_rate, found.resubmissions) == (1.0, 0)


def test_a_refusal_is_no_first_pass_even_when_the_correction_is_taken(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.refuses(ReasonCode.unit_mismatch))
    scene.hand_over(lines=[labour(unit="HR")])
    scene.work()
    scene.says("INV-1001", Status.accepted)
    found = figures(scene)
    assert (found.accepted, found.portal_first_pass_rate, found.buyer_first_pass_rate) == (1, 0.0, 0.0)
    assert (found.resubmissions, found.rejections, dict(found.corrections)) == (1, 1, {"unit_mapping": 1})
    assert found.touchless_share == 1.0


def test_a_receipt_that_the_portals_own_checks_take_back_is_no_first_pass(scene: Scene) -> None:
    scene.sent()
    scene.portal.says("INV-1001", Status.rejected)
    notice = scene.portal.notices.pop()
    reasons = (Reason(ReasonCode.document_invalid),)
    verdict = Verdict(Status.rejected, Level.portal, reasons, at=scene.clock())
    scene.portal.notices.append(type(notice)(notice.number, notice.portal_reference, verdict))
    scene.poll()
    found = figures(scene)
    assert (found.portal_first_pass_rate, found.buyer_first_pass_rate) == (0.0, None)


def test_a_packet_that_the_checklist_stopped_is_never_a_buyers_first_pass(scene: Scene) -> None:
    packet_id = scene.hand_over(orders=[{"number": "99"}])
    scene.work()
    assert scene.stage(packet_id) is Stage.held
    assert figures(scene).preflight_catch_rate == 1.0
    assert figures(scene).portal_first_pass_rate is None
    with scene.house.database.read() as tx:
        whole: Any = json_from(canonical_json(packets.body(tx, packet_id, 1)))
    whole["invoice"]["orders"] = [{"number": "4500012345"}]
    decisions.amend(scene.house, packet_id, whole, {}, "Ada", "the right order")
    scene.work()
    scene.says("INV-1001", Status.accepted)
    found = figures(scene)
    assert (found.accepted, found.portal_first_pass_rate, found.buyer_first_pass_rate) == (1, 1.0, 0.0)
    assert (found.preflight_catch_rate, found.touchless_share) == (1.0, 0.0)


def test_what_cannot_be_written_is_caught_only_before_the_first_transmission(scene: Scene) -> None:
    scene.portal.cannot_express = "BT-14"
    scene.hand_over("A-1")
    scene.work()
    assert figures(scene).preflight_catch.hits == 1
    scene.portal.cannot_express = ""
    scene.portal.next_time(scene.portal.refuses(ReasonCode.po_closed))
    sent = scene.hand_over("A-2")
    scene.work()
    scene.portal.cannot_express = "BT-14"
    decisions.check_again(scene.house, sent, "Ada")
    scene.work()
    assert scene.stage(sent) is Stage.held
    assert figures(scene).preflight_catch.hits == 1


def test_a_packet_that_waits_for_its_check_is_not_yet_a_share_of_anything(scene: Scene) -> None:
    scene.hand_over()
    found = figures(scene)
    assert (found.packets, found.open, found.preflight_catch_rate) == (1, 1, None)
    scene.work()
    assert figures(scene).preflight_catch_rate == 0.0


@pytest.mark.parametrize("word", [Status.under_query, Status.rejected])
def test_a_buyers_no_on_the_way_is_no_first_pass(scene: Scene, word: Status) -> None:
    packet_id = scene.sent()
    scene.says("INV-1001", word, ReasonCode.price_mismatch)
    assert figures(scene).buyer_first_pass_rate == (0.0 if word is Status.rejected else None)
    assert scene.stage(packet_id) is Stage.held
    scene.clock.passes(60)
    scene.says("INV-1001", Status.accepted)
    assert figures(scene).buyer_first_pass_rate == 0.0


def test_what_is_voided_by_order_has_no_final_verdict_of_the_buyer(scene: Scene) -> None:
    packet_id = scene.sent()
    decisions.void(scene.house, packet_id, "Ada", "billed twice")
    scene.work()
    scene.clock.passes(60)
    scene.says("INV-1001", Status.cancelled)
    found = figures(scene)
    assert (found.stopped, found.buyer_first_pass_rate) == (1, None)


def test_what_is_voided_after_a_query_was_not_accepted(scene: Scene) -> None:
    packet_id = scene.sent()
    scene.says("INV-1001", Status.under_query, ReasonCode.hours_mismatch)
    decisions.void(scene.house, packet_id, "Ada", "to be billed anew")
    scene.work()
    assert figures(scene).buyer_first_pass_rate == 0.0


def test_what_the_buyer_cancels_was_not_accepted(scene: Scene) -> None:
    scene.sent()
    scene.says("INV-1001", Status.cancelled)
    assert figures(scene).buyer_first_pass_rate == 0.0


def test_one_no_is_counted_once_however_often_it_is_said(scene: Scene) -> None:
    scene.sent()
    for _ in range(3):
        scene.clock.passes(60)
        scene.says("INV-1001", Status.under_query, ReasonCode.price_mismatch)
    assert figures(scene).rejections == 1


def test_cycle_time_runs_from_the_packets_making_to_the_portals_time_of_acceptance(scene: Scene) -> None:
    made = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
    for number, hours in (("A-1", 40), ("A-2", 50), ("A-3", 90)):
        scene.sent(number)
        scene.says(number, Status.accepted, at=made + timedelta(hours=hours))
    found = figures(scene)
    assert (found.cycle_time_p50_s, found.cycle_time_p90_s) == (50 * 3600, 90 * 3600)


def test_time_is_told_apart_by_whose_hands_it_passed_in(scene: Scene) -> None:
    packet_id = scene.hand_over()
    scene.clock.passes(7)
    scene.work()
    scene.clock.passes(100)
    scene.says("INV-1001", Status.under_query, ReasonCode.price_mismatch)
    scene.clock.passes(1000)
    decisions.wait(scene.house, packet_id, "Ada")
    scene.clock.passes(10)
    scene.says("INV-1001", Status.accepted)
    found = figures(scene)
    assert (found.seconds_ours, found.seconds_portal, found.seconds_person) == (7, 110, 1000)
    assert found.touchless_share == 0.0


def test_money_held_is_by_currency_and_credit_notes_are_not_set_off(scene: Scene) -> None:
    bad = {"orders": [{"number": "99"}]}
    scene.hand_over("A-1", lines=[labour(hours="10", rate="100")], **bad)
    scene.hand_over("A-2", lines=[labour(hours="1", rate="100")], currency="CAD", **bad)
    preceding = {"number": "A-0", "issued_on": "2026-03-01"}
    credit = {"type": "381", "credit_reason": "wrong rate", "preceding": preceding}
    scene.hand_over("A-3", lines=[labour(hours="1", rate="100")], **credit, **bad)
    scene.work()
    found = figures(scene)
    assert found.held == 3
    assert found.money_held == {"CAD": Decimal(100), "USD": Decimal(1000)}


def test_silence_is_nothing_heard_within_the_accounts_limit(scene: Scene) -> None:
    scene.sent("A-1")
    scene.sent("A-2")
    scene.clock.passes(29 * 3600)
    assert figures(scene).silent == 0
    scene.says("A-2", Status.in_process)
    scene.clock.passes(2 * 3600)
    assert figures(scene).silent == 1
    with counted(scene.house.database) as tx:
        assert measure(tx, scene.clock()).silent == 0
        assert measure(tx, scene.clock(), silence=silence_limits(scene.house.settings)).silent == 0


def test_the_oldest_undecided_is_as_old_as_its_making(scene: Scene) -> None:
    scene.sent()
    assert figures(scene).oldest_undecided_s == (BEGIN - datetime(2026, 3, 9, 8, 0, tzinfo=UTC)).total_seconds()
    scene.says("INV-1001", Status.accepted)
    assert figures(scene).oldest_undecided_s is None


def test_a_month_is_the_utc_month_in_which_the_packet_was_made(scene: Scene) -> None:
    made = {"A-1": "2026-03-01T00:30:00+02:00", "A-2": "2026-03-01T00:00:00Z", "A-3": "2026-03-31T23:59:59.999999Z"}
    for number, when in made.items():
        accept(scene.house, handed(number) | {"generated_at": when}, {})
    with counted(scene.house.database) as tx:
        months = breakdown(tx, scene.clock(), "month")
    assert {month: metrics.packets for month, metrics in months.items()} == {"2026-02": 1, "2026-03": 2}
    assert figures(scene, month="2026-02").packets == 1
    assert figures(scene, month="2026-03", client="example-power").packets == 2
    assert figures(scene, month="2026-04").packets == 0


@pytest.mark.parametrize("month", ["2026", "2026-13", "March", "2026-03-01", "9999-12-1"])
def test_a_month_that_is_none_is_refused(lite: Scene, month: str) -> None:
    with pytest.raises(NotPossible, match="is not a month"):
        figures(lite, month=month)


def test_figures_can_be_broken_down_only_by_what_there_is(lite: Scene) -> None:
    with lite.house.database.read() as tx, pytest.raises(NotPossible, match="client, account, month"):
        breakdown(tx, lite.clock(), "colour")  # type: ignore[arg-type]


def test_a_month_ends_where_the_next_begins() -> None:
    assert bounds_of_month("2026-12") == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert bounds_of_month("2028-02")[1] == datetime(2028, 3, 1, tzinfo=UTC)


# --- words --------------------------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    return " ".join(text.replace("*", "").split()).lower()


@pytest.mark.parametrize("name", WORDING)
def test_the_docstrings_hold_the_wording_of_the_definitions(name: str) -> None:
    assert _plain(WORDING[name]) in _plain(getattr(Metrics, name).__doc__ or "")


def test_the_wording_is_that_of_the_design() -> None:
    design = Path(__file__).parents[3] / "shared" / "DESIGN.md"
    if not design.exists():
        pytest.skip("the design is not beside this checkout")
    text = _plain(design.read_text("utf-8"))
    assert [name for name, wording in WORDING.items() if _plain(wording) not in text] == []


def test_every_figure_has_its_heading_and_is_plain_in_json(scene: Scene) -> None:
    scene.hand_over(orders=[{"number": "99"}])
    scene.work()
    told = figures(scene).as_json()
    assert list(told) == list(FIELDS)
    assert told["money_held"] == {"USD": "4020.4"}
    assert told["by_stage"]["held"] == 1
    assert told["portal_first_pass_rate"] is None

"""One queue for all buyers of a supplier: one account reads it, and what it says finds its invoice wherever it is."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.adapter import Ability
from gateway.cli import app
from gateway.doctor import Health, Line, examine
from gateway.exposition import scrape
from gateway.health import pause_by_person
from gateway.steps.watch import poll
from gateway.store import accounts, inbox, orders, tables
from gateway.verdict import Stage
from gateway.worker import work_once
from tests.inbox.network import BUYERS, NORTH, SOUTH, Network, open_network
from tests.packets import ORDER


@pytest.fixture
def network(database_url: str, tmp_path: Path) -> Iterator[Network]:
    """Both buyers, the supplier's queue, and the look-up."""
    with open_network(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def lite(sqlite_url: str, tmp_path: Path) -> Iterator[Network]:
    """The same on SQLite alone."""
    with open_network(sqlite_url, tmp_path) as opened:
        yield opened


def test_both_buyers_verdicts_and_orders_are_placed_whoever_reads_the_queue(network: Network) -> None:
    ids = {buyer: network.sent("INV-1001", buyer) for buyer in BUYERS}
    for buyer in BUYERS:
        network.portal.says("INV-1001", "approved", buyer=buyer)
    network.poll(SOUTH)
    assert {network.record(one).stage for one in ids.values()} == {Stage.waiting}, "south is not the one who reads"
    network.poll(NORTH)
    assert {network.record(one).stage for one in ids.values()} == {Stage.accepted}
    assert network.unplaced() == {}
    with network.house.database.read() as tx:
        held = [orders.known(tx, buyer, [ORDER])[ORDER].payload_id for buyer in BUYERS]
        states = [accounts.load(tx, buyer) for buyer in BUYERS]
    assert len(set(held)) == 2, "each buyer's own order"
    assert all(state.polled_at and state.orders_read_at for state in states)


def test_another_account_reads_the_queue_while_its_reader_is_stopped(lite: Network) -> None:
    packet_id = lite.sent()
    pause_by_person(lite.house, NORTH, "Ann", "holidays")
    lite.portal.says("INV-1001", "approved", buyer=NORTH)
    lite.poll(SOUTH)
    assert lite.record(packet_id).stage is Stage.accepted


@pytest.mark.parametrize("acknowledged", ["delivered", "older", "through"])
@pytest.mark.parametrize("resolution", ["millisecond", "second"])
def test_reading_orders_gives_up_no_verdicts(lite: Network, acknowledged: str, resolution: str) -> None:
    lite.portal.knobs(pending_acknowledged=acknowledged, timestamp_resolution=resolution)
    ids = [lite.sent(f"INV-{n}") for n in range(4)]
    for n in range(4):
        lite.portal.orders([{"number": f"46{n:08d}", "lines": [{"type": "amount", "amount": "10"}]}], buyer=SOUTH)
        lite.portal.says(f"INV-{n}", "approved", buyer=NORTH)
        lite.ring("orders", SOUTH)
    lite.poll()
    assert {lite.record(one).stage for one in ids} == {Stage.accepted}
    with lite.house.database.read() as tx:
        assert len(orders.known(tx, SOUTH, [f"46{n:08d}" for n in range(4)])) == 4


def test_what_the_queue_says_twice_is_kept_once(lite: Network) -> None:
    packet_id = lite.sent()
    lite.portal.says("INV-1001", "approved", buyer=NORTH)
    lite.poll()
    before = lite.record(packet_id)
    lite.portal.delivers(buyer=NORTH, repeat=2, shuffle=3, again=True)
    with lite.house.database.write() as tx:
        accounts.change(tx, NORTH, notices_cursor="")
    lite.poll()
    assert lite.record(packet_id) == before
    with lite.house.database.read() as tx:
        assert inbox.longest_untried(tx, 10) == ()


def test_what_speaks_of_nothing_known_is_kept_with_its_words_and_placed_when_it_is_known(lite: Network) -> None:
    """The invoice was entered at the portal by hand, and is handed over here later, under the same number."""
    comment = "Hours of Tuesday are missing"
    lite.portal.sends_update(buyer=NORTH, number="INV-1001", type="processing", comment=comment)
    lite.portal.sends_update(buyer=NORTH, number="NEVER", type="rejected", comment=comment)
    lite.poll()
    assert lite.unplaced() == {NORTH: 2}
    with lite.house.database.read() as tx:
        waiting = inbox.unplaced_before(tx, lite.house.database.now(tx), 10)
    told = {"INV-1001": "processing", "NEVER": f"rejected: {comment}"}
    assert {one.number: one.told for one in waiting} == told
    packet_id = lite.sent()
    assert lite.record(packet_id).status == "in_process"
    assert lite.unplaced() == {NORTH: 1}


def test_a_number_that_two_buyers_have_is_not_guessed_at_when_the_network_names_no_buyer(lite: Network) -> None:
    ids = [lite.sent("INV-1001", buyer) for buyer in BUYERS]
    lite.portal.knobs(network_rejection_from="network", status_names="id", buyer=NORTH)
    lite.portal.says("INV-1001", "failed", buyer=NORTH)
    lite.poll()
    assert {lite.record(one).stage for one in ids} == {Stage.waiting}
    assert lite.unplaced() == {NORTH: 1}


def test_a_lost_answer_is_settled_by_the_first_word_where_nobody_can_be_asked(
    database_url: str, tmp_path: Path
) -> None:
    with open_network(database_url, tmp_path, rest_url=None, token_url=None) as network:
        assert Ability.find not in network.house.portals.adapter(NORTH).abilities
        network.portal.goes_silent_after_receipt(buyer=NORTH)
        packet_id = network.hand_over()
        network.work()
        assert (network.record(packet_id).stage, network.attempt(packet_id).outcome) == (Stage.held, "maybe_sent")
        network.portal.says("INV-1001", "approved", buyer=NORTH)
        network.poll()
        attempt = network.attempt(packet_id)
        assert (network.record(packet_id).stage, attempt.outcome) == (Stage.accepted, "receipted")
        assert attempt.portal_reference == attempt.reference
        assert len(network.portal.documents(buyer=NORTH)) == 1


def test_a_word_that_overtakes_a_doubt_settles_it_without_a_question(lite: Network) -> None:
    """It is read between the broken answer and the settling, and lands when the doubt is over."""
    lite.portal.goes_silent_after_receipt(buyer=NORTH)
    packet_id = lite.hand_over()
    lite.portal.knobs(script="approve", buyer=NORTH)
    while lite.record(packet_id).transmissions == 0:
        work_once(lite.house)
    assert lite.record(packet_id).stage is Stage.sending
    poll(lite.house, NORTH)
    asked = [one for one in lite.portal.requests(buyer=NORTH) if one["door"] == "rest"]
    lite.work()
    assert lite.record(packet_id).stage is Stage.accepted
    assert [one for one in lite.portal.requests(buyer=NORTH) if one["door"] == "rest"] == asked


def test_what_found_no_place_is_shown_with_the_portals_words_until_it_has_one(lite: Network, tmp_path: Path) -> None:
    lite.portal.sends_update(buyer=NORTH, number="NEVER", type="rejected", comment="Wrong cost centre")
    lite.poll()
    assert b'clearbill_deliveries_unplaced{account="north"} 1.0' in scrape(lite.house)
    assert b'clearbill_deliveries_unplaced{account="south"} 0.0' in scrape(lite.house)
    typed = ["queue", "unplaced", "--config", str(tmp_path / "clearbill.yaml")]
    shown = CliRunner().invoke(app, typed, env={"COLUMNS": "160"})
    assert "rejected: Wrong cost centre" in shown.stdout
    told = json.loads(CliRunner().invoke(app, [*typed, "--json"]).stdout)
    assert [(one["number"], one["account"]) for one in told["unplaced"]] == [("NEVER", NORTH)]
    assert not _doctors_lines(lite), "it may yet find its place"
    with lite.house.database.write() as tx:
        tx.execute(tables.delivery.update().values(received_at=datetime(2026, 1, 5, tzinfo=UTC)))
    (line,) = _doctors_lines(lite)
    assert "Wrong cost centre" in line.says
    assert (line.health, line.subject) == (Health.warn, f"account {NORTH}")


def _doctors_lines(network: Network) -> list[Line]:
    return [one for one in examine(network.house.settings, ask_portals=False) if "nothing here is known by" in one.says]

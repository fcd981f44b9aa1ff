"""Races that no kill is needed for: each is played step by step, in one process, against the real portal's stand-in."""

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from gateway import decisions
from gateway.holding import hold
from gateway.house import House, open_house
from gateway.intake import accept
from gateway.pipeline import advance
from gateway.settings import load
from gateway.steps.watch import poll
from gateway.store import packets
from gateway.store.database import Database
from gateway.store.packets import PacketRecord
from gateway.store.tables import work
from gateway.verdict import Actor, Outcome, Stage
from gateway.worker import work_once
from tests.crash.papers import RIVER, hand_over
from tests.crash.world import LEASE, World


def take_in(house: House, n: int) -> str:
    """Hands the n-th packet in; its id."""
    return accept(house, *hand_over(n)).packet_id


def record_of(house: House, packet_id: str) -> PacketRecord:
    """The packet as it stands."""
    with house.database.read() as tx:
        record = packets.load(tx, packet_id)
    assert record is not None
    return record


def jobs_of(house: House, packet_id: str) -> list[str]:
    """The jobs there are for a packet, by state."""
    with house.database.read() as tx:
        return [row.state for row in tx.execute(sa.select(work.c.state).where(work.c.packet_id == packet_id))]


def test_an_order_given_while_an_idle_job_ends_is_not_lost_with_it(world: World) -> None:
    """The job had found the packet held, with nothing to do; a person sends it on before the job is written off."""
    with world.house() as house:
        packet_id = take_in(house, 0)
        with house.queue.write() as tx:
            record = packets.load(tx, packet_id, lock=True)
            assert record is not None
            hold(house, tx, record, house.database.now(tx), "test", who=Actor.us, action="Look at it.")
        claim = house.queue.claim(30)
        assert claim is not None
        job = claim.jobs[0]
        result = advance(house, claim, job)
        decisions.check_again(house, packet_id, "a person")
        with house.queue.write() as tx:
            packets.load(tx, packet_id, lock=True)
            house.queue.finish(tx, job)
            result(tx)
            house.queue.free(tx, claim)
        assert record_of(house, packet_id).stage is Stage.received
        assert jobs_of(house, packet_id) == ["ready"]


def test_a_poll_that_meets_a_transmission_in_doubt_leaves_it_to_the_question(world: World) -> None:
    """The portal's list is no receipt: without a reference of its own attempt nothing waits for the portal."""
    with world.house() as house:
        packet_id = take_in(house, 0)
        world.fault(RIVER, "lost_answer")
        assert work_once(house)
        assert work_once(house)
        assert record_of(house, packet_id).stage is Stage.sending
        assert len(world.at_portal()[RIVER]) == 1
        poll(house, RIVER)
        assert record_of(house, packet_id).stage is Stage.sending
        world.worker()
        world.settle_down(house)
        assert record_of(house, packet_id).stage is Stage.waiting
        with house.database.read() as tx:
            attempts = packets.attempts(tx, packet_id)
        assert [(one.outcome, one.portal_reference != "") for one in attempts] == [(Outcome.receipted, True)]


def test_a_packet_that_kills_every_worker_comes_before_a_person(world: World) -> None:
    """Each claim ends in a death; the last one is not followed by another, and the packet is nobody's secret."""
    seconds = datetime.now(UTC).timestamp()
    with open_house(load(world.config), clock=lambda: datetime.fromtimestamp(seconds, UTC)) as house:
        packet_id = take_in(house, 0)
        deaths = 0
        while (claim := house.queue.claim(LEASE)) is not None and claim.jobs[0].attempts <= claim.jobs[0].max_attempts:
            deaths += 1
            seconds += LEASE + 1
        assert deaths == 10
        seconds += LEASE + 1
        assert work_once(house)
        record = record_of(house, packet_id)
        assert (record.stage, record.who_acts) == (Stage.held, Actor.us)
        assert "10 times" in record.action
        assert jobs_of(house, packet_id) == ["dead"]
        decisions.check_again(house, packet_id, "a person")
        assert work_once(house)
        assert record_of(house, packet_id).stage is Stage.built


def test_several_may_make_the_schema_of_a_new_database_at_once(database_url: str) -> None:
    """The one who is first makes it, the others find it made."""
    databases = [Database(database_url) for _ in range(4)]
    try:
        with ThreadPoolExecutor(4) as crew:
            for made in [crew.submit(database.upgrade) for database in databases]:
                made.result()
        assert all(database.schema_is_current() for database in databases)
    finally:
        for database in databases:
            database.close()


def test_hand_overs_that_share_new_papers_in_opposite_orders_do_not_deadlock(world: World) -> None:
    with world.house() as house, ThreadPoolExecutor(6) as crew:
        for round_ in range(12):
            papers = {f"{n}.txt": b"%d of round %d" % (n, round_) * 20_000 for n in range(6)}
            handed = [shared(6 * round_ + n, papers, backwards=bool(n % 2)) for n in range(6)]
            answers = [crew.submit(accept, house, values, papers) for values in handed]
            assert len({answer.result().packet_id for answer in answers}) == 6


def shared(n: int, papers: Mapping[str, bytes], *, backwards: bool) -> dict[str, Any]:
    """The n-th packet with these papers, in one order or the other."""
    values, _ = hand_over(n)
    rows = [
        {
            "kind": "other",
            "name": name,
            "media_type": "text/plain",
            "sha256": hashlib.sha256(papers[name]).hexdigest(),
            "size": len(papers[name]),
        }
        for name in sorted(papers, reverse=backwards)
    ]
    return {**values, "documents": rows}

"""A worker that is asked to stop finishes or gives back what it holds."""

import sqlalchemy as sa

from gateway.house import House
from gateway.store import packets
from gateway.store.tables import slot, work
from gateway.verdict import Stage
from tests.crash.checks import check_promises
from tests.crash.papers import HILL, RIVER
from tests.crash.world import World, stop

PACKETS = 24
_SOON = 1.0  # seconds; a lease would be five


def left_behind(house: House) -> list[str]:
    """What a stopped worker still holds: slots under a lease, jobs that nobody else may have yet, sends in doubt."""
    with house.database.read() as tx:
        now = house.database.epoch(tx)
        slots = tx.execute(sa.select(slot.c.account, slot.c.n).where(slot.c.busy_until > now + _SOON)).all()
        jobs = tx.execute(sa.select(work.c.dedupe).where(work.c.due_at > now + _SOON, work.c.state == "ready")).all()
        doubts = packets.in_stages(tx, [Stage.sending])
    return [
        *(f"slot {row.n} of {row.account or 'the desk'}" for row in slots),
        *(f"job {row.dedupe}" for row in jobs),
        *(f"{record.source_id} in doubt" for record in doubts),
    ]


def test_a_worker_that_is_asked_to_stop_leaves_nothing_leased_and_nothing_in_doubt(world: World) -> None:
    world.hand_in(0, PACKETS)
    for client in (RIVER, HILL):
        world.order(client, "faults", {"kind": "slow", "door": "submit", "times": 0, "seconds": 0.05})
    with world.house() as house:
        for _ in range(4):  # each is stopped in the midst of its work: packets are many, answers slow
            assert stop(world.worker(threads=2)) == 0, world.said()
            assert left_behind(house) == []
        last = world.worker()
        world.settle_down(house)
        assert stop(last) == 0
        stages = check_promises(house, world.at_portal(), world.acknowledged())
        with house.database.read() as tx:
            tries = [len(packets.attempts(tx, id_)) for id_ in world.acknowledged().values()]
    assert stages == {"waiting": PACKETS}
    assert max(tries) <= 2, "only the refused bill-to is a reason to send twice"

"""A worker that freezes for longer than its lease and then goes on finds that others have done its work."""

import signal

from gateway.house import House
from gateway.store import packets
from tests.crash.checks import check_promises
from tests.crash.world import World, stop

PACKETS_EACH = 3
POINTS = (
    "before_the_first_byte",
    "after_the_first_bytes",
    "before_the_answer",
    "after_the_answer",
    "after_the_document",
    "after_asking",
)


def test_workers_that_wake_up_after_their_lease_double_nothing(world: World) -> None:
    sleepers = []
    for index, point in enumerate(POINTS):
        world.hand_in(index * PACKETS_EACH, (index + 1) * PACKETS_EACH)
        for client in world.at_portal():
            if point == "after_asking":
                world.fault(client, "lost_answer")
        sleepers.append(world.sleeper(point))
    heir = world.worker()
    with world.house() as house:
        world.settle_down(house)
        before = {one: _told(house, one) for one in world.acknowledged().values()}
        for sleeper in sleepers:
            sleeper.strike(signal.SIGCONT)
        assert [stop(sleeper) for sleeper in sleepers] == [0] * len(sleepers), world.said()
        world.settle_down(house)
        assert stop(heir) == 0
        stages = check_promises(house, world.at_portal(), world.acknowledged())
        after = {one: _told(house, one) for one in world.acknowledged().values()}
    assert stages == {"waiting": len(POINTS) * PACKETS_EACH}
    assert after == before, "what a sleeper brought home was written although it came too late"


def _told(house: House, packet_id: str) -> list[tuple[int, str, str]]:
    with house.database.read() as tx:
        return [(one.n, one.outcome, one.portal_reference) for one in packets.attempts(tx, packet_id)]

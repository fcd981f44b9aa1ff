"""A worker is killed at every boundary of every step, one after the other, in one house that goes on working."""

import signal

import pytest

from tests.crash.checks import check_promises
from tests.crash.deaths import POINTS_OF_A_WORKER
from tests.crash.papers import HILL, RIVER
from tests.crash.world import World, resume, stop

PASSED_OFTEN = {"before_finishing", "between_finishing_and_the_result", "before_the_first_byte", "within_an_event"}
PACKETS_A_DEATH = 5  # a fifth of them needs a correction, a third goes by REST


@pytest.mark.timeout(300)
def test_a_worker_may_die_at_every_boundary_and_nothing_is_lost_or_doubled(world: World) -> None:
    with world.house() as house:
        for index, point in enumerate(POINTS_OF_A_WORKER):
            first = index * PACKETS_A_DEATH
            world.hand_in(first, first + PACKETS_A_DEATH)
            world.calm()  # what no worker lived to meet would add up to a breaker's worth
            world.fault(RIVER, "lost_answer")  # so that there is something to settle
            world.fault(
                HILL, "http_502", after=index % 3
            )  # committed behind a broken gateway, at one of three requests
            resume(house)
            doomed = world.worker(f"{point}:{2 if point in PASSED_OFTEN else 1}:kill")
            assert doomed.ends(60) == -signal.SIGKILL, f"{point} was not reached\n{world.said()}"
        world.calm()
        heir = world.worker()
        world.settle_down(house)
        assert stop(heir) == 0
        stages = check_promises(house, world.at_portal(), world.acknowledged())
    assert stages.total() == len(POINTS_OF_A_WORKER) * PACKETS_A_DEATH
    assert stages["waiting"] >= stages.total() * 0.8, stages

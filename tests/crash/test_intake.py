"""A supplier is killed before and after the commit of a hand-over, and hands in again what it has no word of."""

import signal

import pytest

from tests.crash.checks import check_promises
from tests.crash.deaths import POINTS_OF_INTAKE
from tests.crash.world import World, stop

PACKETS = 12


@pytest.mark.parametrize("point", POINTS_OF_INTAKE)
def test_a_supplier_that_is_killed_and_repeats_itself_gets_each_packet_in_once(world: World, point: str) -> None:
    for passing in (1, 3):
        assert world.supplier(0, PACKETS, fate=f"{point}:{passing}:kill").ends() == -signal.SIGKILL, world.said()
    known = world.acknowledged()
    world.hand_in(0, PACKETS)
    assert world.acknowledged().items() >= known.items()
    world.journal.unlink()
    world.hand_in(0, PACKETS)  # a supplier that has forgotten everything is told the same
    assert world.acknowledged().items() >= known.items()
    worker = world.worker()
    with world.house() as house:
        world.settle_down(house)
        assert stop(worker) == 0
        stages = check_promises(house, world.at_portal(), world.acknowledged())
    assert stages == {"waiting": PACKETS}

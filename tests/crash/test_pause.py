"""A client is paused and resumed while workers send for it and die: nothing is lost, twice there, or sent too early."""

import signal
import time
from collections import Counter
from threading import Event

import pytest
import sqlalchemy as sa

from gateway.house import House
from gateway.pausing import pause_client, resume_client
from gateway.store.tables import attempt, packet, work
from tests.crash.checks import check_promises
from tests.crash.deaths import POINTS_OF_A_PAUSE
from tests.crash.papers import HILL, RIVER
from tests.crash.world import World, stop

pytestmark = pytest.mark.soak

PACKETS = 10


def begun(house: House) -> int:
    """Transmissions of the paused client that were ever begun."""
    with house.database.read() as tx:
        joined = sa.select(sa.func.count()).select_from(attempt.join(packet)).where(packet.c.client == RIVER)
        return int(tx.execute(joined).scalar_one())


def to_do(house: House) -> Counter[str]:
    """Packets' jobs by state, those of the pages that poll left out."""
    with house.database.read() as tx:
        return Counter(tx.execute(sa.select(work.c.state).where(work.c.kind == "advance")).scalars())


def until_set_aside(world: World, house: House) -> None:
    """Waits until nothing is left to do but what is set aside."""
    end, pause = time.monotonic() + 60, Event()
    while to_do(house).keys() - {"aside"}:
        assert time.monotonic() < end, f"{to_do(house)}\n{world.said()}"
        pause.wait(0.1)


@pytest.mark.timeout(180)
def test_a_pause_outlives_the_workers_that_meet_it(world: World) -> None:
    with world.house() as house:
        pause_client(house, RIVER, "a person", "a test")
        for index, point in enumerate(POINTS_OF_A_PAUSE):
            world.hand_in(index * PACKETS, (index + 1) * PACKETS)
            doomed = world.worker(f"{point}:2:kill")
            assert doomed.ends(60) == -signal.SIGKILL, f"{point} was not reached\n{world.said()}"
        heir = world.worker()
        until_set_aside(world, house)
        assert (begun(house), world.at_portal()[RIVER]) == (0, [])
        assert world.at_portal()[HILL], "the other client is not concerned"
        assert resume_client(house, RIVER, "a person") == to_do(house).total()
        world.settle_down(house)
        assert stop(heir) == 0
        stages = check_promises(house, world.at_portal(), world.acknowledged())
    assert stages.total() == len(POINTS_OF_A_PAUSE) * PACKETS


@pytest.mark.timeout(180)
def test_a_pause_amid_sending_lets_finish_what_has_begun_and_nothing_begin(world: World) -> None:
    with world.house() as house:
        workers = [world.worker(), world.worker()]
        for worker in workers:
            worker.begun()
        supplier = world.supplier(0, 4 * PACKETS)
        at_first = Event()
        while not begun(house):
            at_first.wait(0.02)
        pause_client(house, RIVER, "a person", "a test")
        was = begun(house)
        assert supplier.ends(60) == 0
        until_set_aside(world, house)
        assert begun(house) == was >= len(world.at_portal()[RIVER])
        resume_client(house, RIVER, "a person")
        world.settle_down(house)
        assert [stop(worker) for worker in workers] == [0, 0]
        stages = check_promises(house, world.at_portal(), world.acknowledged())
    assert stages.total() == 4 * PACKETS

"""Workers and supplier are killed at random moments while the portal loses answers, and the buyer decides meanwhile."""

import os
from random import randrange

import pytest

from tests.crash.chance import Chance
from tests.crash.checks import check_promises
from tests.crash.world import World

SECONDS = 8.0
SOAK_SECONDS = float(os.environ.get("SOAK_SECONDS", "60"))


def test_random_deaths_lose_and_double_nothing(world: World) -> None:
    endure(world, seed=20261121, seconds=SECONDS, packets=80, pace=0.05)


@pytest.mark.soak
def test_a_long_run_of_random_deaths_loses_and_doubles_nothing(world: World) -> None:
    seed = randrange(2**32)
    print(f"seed {seed}")
    endure(world, seed=seed, seconds=SOAK_SECONDS / 2, packets=int(SOAK_SECONDS * 10), pace=0.03)


def endure(world: World, seed: int, seconds: float, packets: int, pace: float) -> None:
    """Mishaps, then rest, then the promises."""
    chance = Chance(world, seed, packets, pace)
    chance.run(seconds)
    before = world.acknowledged()
    world.hand_in(0, max(len(before) + 5, 20))
    with world.house() as house:
        world.settle_down(house, within=60 + seconds)
        assert chance.stop() == [0, 0], world.said()
        stages = check_promises(house, world.at_portal(), {**world.acknowledged(), **before})
    print(f"{chance.kills} kills: {dict(stages)}")
    assert stages["waiting"] + stages["accepted"] >= stages.total() / 2

"""The contract suite runs over every folder under `adapters/`, each in all its variants."""

from collections.abc import Iterator

import pytest

from tests.contract.desk import Desk, desks, stand_in
from tests.contract.variants import variants_of


@pytest.fixture(params=list(desks()), ids=lambda named: "-".join(part for part in named if part))
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """An adapter at work against a fresh stand-in."""
    key, name = request.param
    variant = variants_of(key)[name]
    at_work = Desk(stand_in(key, variant.stand_in), key, variant)
    yield at_work
    at_work.close()

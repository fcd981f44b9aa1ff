"""A world for each test, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.world import World, open_world


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    """An empty house and its portal."""
    with open_world(tmp_path, database_url) as opened:
        yield opened

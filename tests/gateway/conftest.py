"""The scene that most tests of the core play on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.stage import Scene, open_scene


@pytest.fixture
def scene(database_url: str, tmp_path: Path) -> Iterator[Scene]:
    """A house with two clients at two portals, on each database; looked over when the test is over."""
    with open_scene(database_url, tmp_path) as opened:
        yield opened
        opened.look_over()


@pytest.fixture
def lite(sqlite_url: str, tmp_path: Path) -> Iterator[Scene]:
    """The same on SQLite alone, for what no database can make different."""
    with open_scene(sqlite_url, tmp_path) as opened:
        yield opened
        opened.look_over()

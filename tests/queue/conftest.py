"""The queue on both databases: `line` on a clock that tests move, `live` on the database's own."""

from collections.abc import Iterator

import pytest

from tests.queue.line import Clock, Line, open_line


@pytest.fixture
def line(database_url: str) -> Iterator[Line]:
    """An empty queue whose time stands still until the test moves it."""
    with open_line(database_url, Clock()) as opened:
        yield opened


@pytest.fixture
def live(database_url: str) -> Iterator[Line]:
    """An empty queue on the database's own clock, for threads."""
    with open_line(database_url) as opened:
        yield opened

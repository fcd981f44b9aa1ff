"""A sandbox with one order, and a visitor who is signed in."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.oracle_isupplier.sandbox import Portal

from .visitor import ORDER, Visitor

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def portal() -> Iterator[Portal]:
    """With the order put at the tenant `default`, on a day that stands still."""
    with Portal(clock=lambda: NOON) as running:
        running.orders([ORDER])
        yield running


@pytest.fixture
def visitor(portal: Portal) -> Iterator[Visitor]:
    """On the supplier portal's home page."""
    at_work = Visitor(portal).home()
    yield at_work
    at_work.http.close()

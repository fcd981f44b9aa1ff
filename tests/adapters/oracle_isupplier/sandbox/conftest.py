"""A sandbox with one order, and a visitor who is signed in."""

from collections.abc import Iterator

import pytest

from adapters.oracle_isupplier.sandbox import Portal

from .visitor import ORDER, Visitor


@pytest.fixture
def portal() -> Iterator[Portal]:
    """With the order put at the tenant `default`."""
    with Portal() as running:
        running.orders([ORDER])
        yield running


@pytest.fixture
def visitor(portal: Portal) -> Iterator[Visitor]:
    """On the supplier portal's home page."""
    at_work = Visitor(portal).home()
    yield at_work
    at_work.http.close()

"""What every test of the inbox has."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def _logs_as_at_the_start() -> Iterator[None]:
    """A command that a test runs sets up logging for its own captured streams, which are closed when it is over."""
    yield
    structlog.reset_defaults()

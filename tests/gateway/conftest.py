"""The scene that most tests of the core play on."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import structlog

from gateway.paperwork import apart
from gateway.paperwork.child import answer
from gateway.paperwork.message import Source, packed, unpacked
from gateway.store import tables
from gateway.store.database import Database
from tests.gateway.stage import Scene, open_scene


@pytest.fixture(autouse=True)
def _logs_as_at_the_start() -> Iterator[None]:
    """A command that a test runs sets up logging for its own captured streams, which are closed when it is over."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def _shared_postgresql(postgresql_server: str, _postgresql_admin: psycopg.Connection[Any]) -> Iterator[str]:
    """One database for all scenes of this process, with its schema; its commits need not wait for the disk."""
    name = f"scenes_{uuid4().hex}"
    _postgresql_admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    _postgresql_admin.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    url = postgresql_server.replace("postgresql://", "postgresql+psycopg://", 1).removesuffix("/postgres") + f"/{name}"
    database = Database(url, pool=1)
    database.upgrade()
    database.close()
    yield url
    _postgresql_admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def emptied_postgresql(_shared_postgresql: str) -> str:
    """A PostgreSQL database with the schema and no row; only a test may switch the events' guard off."""
    emptied = "; ".join(f"DELETE FROM {table.name}" for table in tables.metadata.sorted_tables)
    with psycopg.connect(_shared_postgresql.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(emptied)
    return _shared_postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def scene_url(request: pytest.FixtureRequest) -> str:
    """The test runs twice: on a new SQLite file and on an emptied PostgreSQL database."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "emptied_postgresql"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture
def scene(scene_url: str, tmp_path: Path) -> Iterator[Scene]:
    """A house with two clients at two portals, on each database; looked over when the test is over."""
    with open_scene(scene_url, tmp_path) as opened:
        yield opened
        opened.look_over()


@pytest.fixture
def lite(sqlite_url: str, tmp_path: Path) -> Iterator[Scene]:
    """The same on SQLite alone, for what no database can make different."""
    with open_scene(sqlite_url, tmp_path) as opened:
        yield opened
        opened.look_over()


@pytest.fixture
def papers_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers are worked on in this process: quicker, and the same code."""

    def asked(question: dict[str, Any], papers: Sequence[Source], until: float) -> Any:
        types = [media_type for media_type, _ in papers]
        told, parts = answer({**question, "types": types}, [content for _, content in papers])
        return unpacked(packed(told, parts))

    monkeypatch.setattr(apart, "_asked", asked)

"""Many rows into a database at once, past all that the product does: SQLite by its driver, PostgreSQL by COPY."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.tables import metadata

Row = Sequence[Any]


class Pourer(Protocol):
    """Writes rows of a table; cells are plain values of the columns' types."""

    def pour(self, name: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Appends rows."""

    def end(self, name: str, column: str, last: int) -> None:
        """Says which number a column that counts by itself has come to."""


@contextmanager
def pourer_for(url: str) -> Iterator[Pourer]:
    """A pourer into the database at this SQLAlchemy URL; what it wrote is there when the block ends."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with sqlite3.connect(str(parsed.database), isolation_level=None) as file:
            file.execute("PRAGMA synchronous=OFF")
            file.execute("PRAGMA journal_mode=OFF")  # a run that breaks off leaves a file that nobody calls filled
            file.execute("BEGIN")
            yield _IntoSqlite(file)
            file.execute("COMMIT")
            file.execute("ANALYZE")
        file.close()
        return
    with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
        yield _IntoPostgresql(connection)
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


class _IntoSqlite:
    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file

    def pour(self, name: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        marks = ", ".join("?" * len(columns))
        self._file.executemany(
            f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", _bound(name, columns, rows, "sqlite")
        )

    def end(self, name: str, column: str, last: int) -> None:
        """SQLite looks for itself."""


class _IntoPostgresql:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def pour(self, name: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        asked = f"COPY {name} ({', '.join(columns)}) FROM STDIN"
        with self._connection.cursor() as cursor, cursor.copy(asked.encode()) as copy:
            for row in _bound(name, columns, rows, "postgresql"):
                copy.write_row(row)

    def end(self, name: str, column: str, last: int) -> None:
        self._connection.execute(f"SELECT setval(pg_get_serial_sequence('{name}', '{column}'), {last})".encode())


def _bound(name: str, columns: Sequence[str], rows: Iterable[Row], dialect: str) -> Iterator[Row]:
    """Cells as the driver takes them."""
    turns = [(at, turn) for at, turn in enumerate(_turns(name, tuple(columns), dialect)) if turn is not None]
    for row in rows:
        cells = list(row)
        for at, turn in turns:
            cells[at] = turn(cells[at])
        yield cells


@cache
def _turns(name: str, columns: tuple[str, ...], dialect: str) -> tuple[Callable[[Any], Any] | None, ...]:
    spoken: Any = {"sqlite": sqlite.dialect, "postgresql": postgresql.psycopg.dialect}[dialect]()
    table = metadata.tables[name]
    return tuple(table.c[column].type.dialect_impl(spoken).bind_processor(spoken) for column in columns)

"""Counts what a piece of work asks of the database, at the driver's own cursors: statements, and rows that come."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa


@dataclass
class Tally:
    """What was asked since the last `begin`. `steps`: hundreds of instructions that SQLite's machine went through."""

    statements: int = 0
    rows: int = 0
    steps: int = 0

    def begin(self) -> None:
        """Counts from nothing again."""
        self.statements = self.rows = self.steps = 0

    def step(self) -> int:
        """Another hundred instructions; 0 lets the statement go on."""
        self.steps += 1
        return 0


@contextmanager
def counted(*, steps: bool = False) -> Iterator[Tally]:
    """Every connection that is opened inside the block counts; statements that open and end transactions do not.
    Counting SQLite's `steps` makes it slower."""
    tally = Tally()

    def opening(dialect: Any, record: Any, arguments: list[Any], named: dict[str, Any]) -> None:
        if dialect.name == "sqlite":
            named["factory"] = _sqlite_counting(tally, steps)
        else:
            named["cursor_factory"] = _psycopg_counting(tally)

    sa.event.listen(sa.Engine, "do_connect", opening)
    try:
        yield tally
    finally:
        sa.event.remove(sa.Engine, "do_connect", opening)


_OF_TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SAVEPOINT", "RELEASE")


def _counts(statement: object) -> bool:
    return not str(statement).lstrip().upper().startswith(_OF_TRANSACTIONS)


_INSTRUCTIONS = 100


def _sqlite_counting(tally: Tally, steps: bool) -> type[sqlite3.Connection]:
    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, parameters: Any = (), /) -> "Cursor":
            tally.statements += _counts(sql)
            super().execute(sql, parameters)
            return self

        def __next__(self) -> Any:
            row = super().__next__()
            tally.rows += 1
            return row

        def fetchone(self) -> Any:
            row = super().fetchone()
            tally.rows += row is not None
            return row

        def fetchmany(self, size: int | None = None) -> list[Any]:
            rows = super().fetchmany(self.arraysize if size is None else size)
            tally.rows += len(rows)
            return rows

        def fetchall(self) -> list[Any]:
            rows = super().fetchall()
            tally.rows += len(rows)
            return rows

    class Connection(sqlite3.Connection):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            if steps:
                self.set_progress_handler(tally.step, _INSTRUCTIONS)

        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def execute(self, sql: str, parameters: Any = (), /) -> Any:
            return self.cursor().execute(sql, parameters)

    return Connection


def _psycopg_counting(tally: Tally) -> type[psycopg.Cursor[Any]]:
    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *arguments: Any, **named: Any) -> "Cursor":
            tally.statements += _counts(query)
            super().execute(query, *arguments, **named)
            if self.description is not None:
                tally.rows += max(0, self.rowcount)  # all of them came with the answer
            return self

    return Cursor

"""Statements made once and run on the driver's own cursor: what a packet costs is mostly the making of statements.

A statement is written with SQLAlchemy, compiled once for each database, and from then on only its values change. Values
are turned by the columns' own types both ways, so that nobody sees a difference, and the driver's errors become
SQLAlchemy's. Everything runs on the connection, and thus in the transaction, that is handed in.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

_Statement = sa.Select[Any] | sa.Insert | sa.Update | sa.Delete
_MISSING: Any = object()


class Prepared:
    """One statement; `values` name every bound parameter that has no value of its own. Rows answer to column names.

    Parameters of unknown length (`IN` with `expanding`) are not for this class: see `several`."""

    def __init__(self, statement: _Statement) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def all(self, tx: sa.Connection, values: Mapping[str, Any]) -> list[Any]:
        """Every row."""
        return self._of(tx).rows(tx, values)

    def first(self, tx: sa.Connection, values: Mapping[str, Any]) -> Any:
        """The first row, or None."""
        rows = self._of(tx).rows(tx, values)
        return rows[0] if rows else None

    def scalar(self, tx: sa.Connection, values: Mapping[str, Any]) -> Any:
        """The first column of the first row, or None."""
        rows = self._of(tx).rows(tx, values)
        return rows[0][0] if rows else None

    def run(self, tx: sa.Connection, values: Mapping[str, Any]) -> int:
        """Changes rows; answers how many there were."""
        return int(self._of(tx).cursor(tx, values).rowcount)

    def key(self, tx: sa.Connection, values: Mapping[str, Any]) -> int:
        """Inserts a row; answers the number that the database gave it."""
        cursor = self._of(tx).cursor(tx, values)
        return int(cursor.lastrowid if tx.dialect.name == "sqlite" else cursor.fetchone()[0])

    def _of(self, tx: sa.Connection) -> "_Compiled":
        dialect = tx.dialect
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _Compiled(self._statement, dialect)
        return found


class _Compiled:
    """A statement as one database's driver takes it."""

    def __init__(self, statement: _Statement, dialect: sa.Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._by_position = compiled.positiontup is not None
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        own = _own_values(statement, binds)
        self._binds = [
            (name, binds[name].type.dialect_impl(dialect).bind_processor(dialect), own.get(name, _MISSING))
            for name in (compiled.positiontup if self._by_position else binds)
        ]
        columns = list(statement.selected_columns) if isinstance(statement, sa.Select) else []
        self._dialect = dialect
        self._types = [column.type.dialect_impl(dialect) for column in columns]
        self._turns: list[tuple[int, Callable[[Any], Any]]] | None = None
        self._make = _rows_of(tuple(str(column.key) for column in columns))

    def rows(self, tx: sa.Connection, values: Mapping[str, Any]) -> list[Any]:
        """Every row, its cells turned into what the columns' types say."""
        cursor = self.cursor(tx, values)
        turns = self._turns
        if turns is None:  # the driver names its types with the first answer
            turns = self._turns = _turns(self._types, cursor.description, self._dialect)
        found, make = cursor.fetchall(), self._make
        if not turns:
            return [make(row) for row in found]
        made = []
        for row in found:
            cells = list(row)
            for index, turn in turns:
                cells[index] = turn(cells[index])
            made.append(make(cells))
        return made

    def cursor(self, tx: sa.Connection, values: Mapping[str, Any]) -> Any:
        """The driver's cursor after the statement ran with these values."""
        return execute(tx, self._sql, self._arguments(values))

    def _arguments(self, values: Mapping[str, Any]) -> Sequence[Any] | Mapping[str, Any]:
        cells = []
        for name, turn, own in self._binds:
            value = values.get(name, own)
            if value is _MISSING:
                raise ValueError(f"a statement wants a value for {name}: {self._sql}")
            cells.append(value if turn is None else turn(value))
        if self._by_position:
            return cells
        return {name: cell for (name, _, _), cell in zip(self._binds, cells, strict=True)}


def _turns(
    types: Sequence[sa.types.TypeEngine[Any]], description: Sequence[Sequence[Any]], dialect: sa.Dialect
) -> list[tuple[int, Callable[[Any], Any]]]:
    """How cells become values, where they are not already: position and function."""
    found = (kind.result_processor(dialect, column[1]) for kind, column in zip(types, description, strict=True))
    return [(index, turn) for index, turn in enumerate(found) if turn is not None]


def _rows_of(names: tuple[str, ...]) -> Callable[[Sequence[Any]], Any]:
    """Makes rows that answer to these names."""
    row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
    made: Callable[[Sequence[Any]], Any] = row._make
    return made


def execute(tx: sa.Connection, sql: str, arguments: Sequence[Any] | Mapping[str, Any] = ()) -> Any:
    """Runs SQL on the driver's connection and answers its cursor. Raises what SQLAlchemy would raise."""
    raw: Any = tx.connection.dbapi_connection
    try:
        return raw.execute(sql, arguments)
    except tx.dialect.dbapi.Error as fault:  # type: ignore[union-attr]
        raise _translated(tx, sql, fault) from fault


def _translated(tx: sa.Connection, sql: str, fault: Exception) -> Exception:
    driver: Any = tx.dialect.dbapi
    return DBAPIError.instance(sql, None, fault, driver.Error, dialect=tx.dialect)


def several(make: Callable[[Sequence[sa.BindParameter[str]]], sa.Select[Any]]) -> Callable[[int], Prepared]:
    """For `IN` lists: a statement for each size, of which there are few, for sizes are rounded up to powers of two.

    Fill the list's parameters with `filled`."""

    @lru_cache(maxsize=16)
    def of_size(size: int) -> Prepared:
        return Prepared(make(tuple(sa.bindparam(f"one_{index}", type_=sa.String) for index in range(size))))

    return lambda count: of_size(_rounded(count))


def filled(values: Sequence[str]) -> dict[str, str]:
    """The parameters of a `several` statement; the last value stands again where the list is longer."""
    return {f"one_{index}": values[min(index, len(values) - 1)] for index in range(_rounded(len(values)))}


def put(tx: sa.Connection, table: sa.Table, values: Mapping[str, Any], unless: tuple[str, ...] = ()) -> bool:
    """Inserts one row unless one with the same `unless` columns is there; says whether it did."""
    return bool(_insert_unless(table, tuple(sorted(values)), unless, tx.dialect.name).run(tx, values))


def add(tx: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> None:
    """Inserts one row. Raises IntegrityError where it breaks a rule of the table."""
    _insert(table, tuple(sorted(values))).run(tx, values)


def add_all(tx: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts some rows, all with the same columns, in one statement: there is one for each number of rows."""
    statement = _insert_rows(table, tuple(sorted(rows[0])), len(rows))
    statement.run(tx, {f"{name}_{index}": row[name] for index, row in enumerate(rows) for name in row})


def change(tx: sa.Connection, table: sa.Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    """Sets columns of the rows with this key; answers how many there were."""
    statement = _update(table, tuple(sorted(key)), tuple(sorted(values)))
    return statement.run(tx, {**{f"key_{name}": value for name, value in key.items()}, **values})


def remove(tx: sa.Connection, table: sa.Table, key: Mapping[str, Any]) -> int:
    """Deletes the rows with this key; answers how many there were."""
    return _delete(table, tuple(sorted(key))).run(tx, {f"key_{name}": value for name, value in key.items()})


@lru_cache(maxsize=256)
def _insert_unless(table: sa.Table, columns: tuple[str, ...], unless: tuple[str, ...], dialect: str) -> Prepared:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    statement = insert.values({name: sa.bindparam(name) for name in columns})
    return Prepared(statement.on_conflict_do_nothing(index_elements=list(unless) or None).inline())


@lru_cache(maxsize=256)
def _insert(table: sa.Table, columns: tuple[str, ...]) -> Prepared:
    return Prepared(table.insert().values({name: sa.bindparam(name) for name in columns}).inline())


@lru_cache(maxsize=256)
def _insert_rows(table: sa.Table, columns: tuple[str, ...], count: int) -> Prepared:
    rows = [
        {name: sa.bindparam(f"{name}_{index}", type_=table.c[name].type) for name in columns} for index in range(count)
    ]
    return Prepared(table.insert().values(rows).inline())


@lru_cache(maxsize=1024)
def _update(table: sa.Table, key: tuple[str, ...], columns: tuple[str, ...]) -> Prepared:
    return Prepared(table.update().where(*_matches(table, key)).values({name: sa.bindparam(name) for name in columns}))


@lru_cache(maxsize=256)
def _delete(table: sa.Table, key: tuple[str, ...]) -> Prepared:
    return Prepared(table.delete().where(*_matches(table, key)))


def _matches(table: sa.Table, key: tuple[str, ...]) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == sa.bindparam(f"key_{name}", type_=table.c[name].type) for name in key]


def _own_values(statement: _Statement, binds: Mapping[str, sa.BindParameter[Any]]) -> dict[str, Any]:
    """Parameters that carry their value with them: literals of the statement, and the defaults of a row's columns."""
    own = {name: bind.value for name, bind in binds.items() if not bind.required}
    if isinstance(statement, sa.Insert):
        for column in statement.table.columns:
            if own.get(column.key, _MISSING) is None and isinstance(column.default, sa.ColumnDefault):
                own[column.key] = column.default.arg
    return own


def _rounded(count: int) -> int:
    return 1 << max(0, count - 1).bit_length()

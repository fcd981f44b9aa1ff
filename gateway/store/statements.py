"""Statements built once: what a packet costs is mostly the making of statements, not their running."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def put(tx: sa.Connection, table: sa.Table, values: Mapping[str, Any], unless: tuple[str, ...] = ()) -> bool:
    """Inserts one row unless one with the same `unless` columns is there; says whether it did."""
    statement = _insert_unless(table, unless, tx.dialect.name)
    return bool(tx.execute(statement, dict(values)).rowcount)


def change(tx: sa.Connection, table: sa.Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    """Sets columns of the rows with this key; answers how many there were."""
    statement = _update(table, tuple(sorted(key)), tuple(sorted(values)))
    return tx.execute(statement, {**{f"key_{name}": value for name, value in key.items()}, **values}).rowcount


def remove(tx: sa.Connection, table: sa.Table, key: Mapping[str, Any]) -> int:
    """Deletes the rows with this key; answers how many there were."""
    statement = _delete(table, tuple(sorted(key)))
    return tx.execute(statement, {f"key_{name}": value for name, value in key.items()}).rowcount


@lru_cache(maxsize=256)
def _insert_unless(table: sa.Table, unless: tuple[str, ...], dialect: str) -> sa.Insert:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    # Inline: nobody needs the key back. The count of an INSERT is kept only on request; without it every row is "new".
    statement = insert.on_conflict_do_nothing(index_elements=list(unless) or None).inline()
    return statement.execution_options(preserve_rowcount=True)


@lru_cache(maxsize=1024)
def _update(table: sa.Table, key: tuple[str, ...], columns: tuple[str, ...]) -> sa.Update:
    return table.update().where(*_matches(table, key)).values({name: sa.bindparam(name) for name in columns})


@lru_cache(maxsize=256)
def _delete(table: sa.Table, key: tuple[str, ...]) -> sa.Delete:
    return table.delete().where(*_matches(table, key))


def _matches(table: sa.Table, key: tuple[str, ...]) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == sa.bindparam(f"key_{name}", type_=table.c[name].type) for name in key]

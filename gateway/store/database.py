"""The database behind one URL: transactions, its clock, its schema. SQLite is the default, PostgreSQL is shared.

Both are used the same way: every write transaction on SQLite begins IMMEDIATE (one writer at a time, nobody is
surprised at commit), on PostgreSQL rows are locked where they are read for a change. Durability is never traded:
SQLite runs in WAL with synchronous=FULL. A SQLite file belongs on a local disk, never on a network file system.
"""

import hashlib
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.errors import SettingWrong
from gateway.store import tables
from gateway.store.statements import Prepared, execute, filled, put, several
from gateway.store.together import WritingTogether, end, in_transaction

_MIGRATIONS = Path(__file__).parent / "migrations"
_NOW = "SELECT CAST(extract(epoch FROM clock_timestamp()) AS double precision)"

_PATIENCE = 30.0  # seconds for which a SQLite connection waits for another's lock
_NAP = 0.002

_UPGRADING = 0x636C6561  # PostgreSQL's advisory lock of whoever changes the schema

Tx = sa.Connection
"""An open transaction; functions of the store take one first and never commit."""


class Database:
    """Opens transactions. `clock` replaces the database's clock in tests."""

    def __init__(self, url: str, clock: Callable[[], datetime] | None = None, pool: int = 20) -> None:
        self.url = url
        self._clock = clock
        self.engine = _engine_for(url, pool)
        self._together = WritingTogether(self.engine) if self.engine.dialect.name == "sqlite" else None
        self._readers: deque[sa.Connection] = deque()  # on SQLite: opened once, lent to one thread at a time

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """A transaction that may change things: committed at the end, rolled back on any error."""
        if self._together is not None:
            with self._together.write() as connection:
                yield connection
            return
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Looks that change nothing and wait for nobody. Each statement sees what was committed before it, on both
        databases alike: SQLite, too, opens no transaction around them."""
        if self._together is None:
            with self.engine.connect() as connection:
                try:
                    yield connection
                finally:
                    connection.rollback()
            return
        connection = self._reader()
        try:
            yield connection
            end(connection)
        except BaseException:
            connection.close()
            raise
        self._readers.append(connection)

    def epoch(self, tx: Tx) -> float:
        """Seconds since 1970 by the database's clock, so that all workers agree."""
        if self._clock is not None:
            return self._clock().timestamp()
        if tx.dialect.name == "sqlite":  # its clock is this machine's
            return time.time()
        return float(tx.exec_driver_sql(_NOW).scalar_one())

    def now(self, tx: Tx) -> datetime:
        """The same instant as an aware UTC time."""
        return datetime.fromtimestamp(self.epoch(tx), UTC)

    def upgrade(self) -> None:
        """Brings the schema up to this version of the program; of several who try at once, one does it."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                execute(connection, "BEGIN IMMEDIATE")
            else:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADING})")
            config = _alembic()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()

    def is_new_file(self) -> bool:
        """Whether this is a SQLite database that holds nothing yet."""
        return self.engine.dialect.name == "sqlite" and not sa.inspect(self.engine).get_table_names()

    def schema_is_current(self) -> bool:
        """Whether `upgrade` has nothing left to do."""
        with self.engine.connect() as connection:
            present = MigrationContext.configure(connection).get_current_revision()
        return present == ScriptDirectory.from_config(_alembic()).get_current_head()

    def close(self) -> None:
        """Gives every connection back."""
        if self._together is not None:
            self._together.close()
        while self._readers:
            self._readers.pop().close()
        self.engine.dispose()

    def _reader(self) -> sa.Connection:
        try:
            return self._readers.pop()
        except IndexError:
            return self.engine.connect()


def keep_blob(tx: Tx, content: bytes) -> str:
    """Keeps bytes once, by their hash; answers the SHA-256 in hex."""
    sha256 = hashlib.sha256(content).hexdigest()
    if len(content) < _LARGE or _KNOWN.first(tx, {"sha256": sha256}) is None:
        put(tx, tables.blob, {"sha256": sha256, "size": len(content), "content": content}, unless=("sha256",))
    return sha256


def blob(tx: Tx, sha256: str) -> bytes:
    """The bytes with this hash; raises LookupError where the store never had them."""
    return blobs(tx, (sha256,))[sha256]


def blobs(tx: Tx, hashes: Sequence[str]) -> Mapping[str, bytes]:
    """The bytes with these hashes; raises LookupError where the store never had some."""
    if not hashes:
        return {}
    found = {row.sha256: bytes(row.content) for row in _CONTENT(len(hashes)).all(tx, filled(hashes))}
    for sha256 in hashes:
        if sha256 not in found:
            raise LookupError(f"no bytes with SHA-256 {sha256} are kept")
    return found


_LARGE = 100_000  # bytes from which asking first is cheaper than handing over in vain
_KNOWN = Prepared(sa.select(tables.blob.c.sha256).where(tables.blob.c.sha256 == sa.bindparam("sha256")))
_CONTENT = several(
    lambda hashes: sa.select(tables.blob.c.sha256, tables.blob.c.content).where(tables.blob.c.sha256.in_(hashes))
)


def _engine_for(url: str, pool: int) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise SettingWrong(
            "database", "is not a database URL. Use sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME."
        ) from None
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "postgresql":
        # Statements here are many and small: compiling them just in time costs more than it saves.
        # A process that froze inside a transaction must not hold its locks for ever.
        plain = {"options": "-c jit=off -c idle_in_transaction_session_timeout=60000"}
        return sa.create_engine(parsed, pool_size=pool, max_overflow=pool, pool_pre_ping=True, connect_args=plain)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise SettingWrong("database", "must be sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME.")
    engine = sa.create_engine(
        parsed,
        pool_size=pool,
        max_overflow=pool,
        connect_args={
            "timeout": _PATIENCE,
            "isolation_level": None,
            "check_same_thread": False,
            "cached_statements": 256,
        },
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    _write_ahead(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    """Sets WAL. A file that is new to several at once is switched by one of them, and SQLite tells the others that it
    is busy without the wait that it grants elsewhere (a wait there could deadlock): so the wait is here."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as fault:
            if not fault.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > until:
                raise
        time.sleep(_NAP)


def _begin_sqlite(connection: sa.Connection) -> None:
    """SQLAlchemy begins with the first statement that it runs itself; `read` and `write` have begun before."""
    if not in_transaction(connection):
        connection.exec_driver_sql("BEGIN")


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


DatabaseTrouble = SQLAlchemyError
"""What the database raises: it is busy, gone, or refused a change."""
